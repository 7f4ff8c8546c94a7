//! The parts of the test: first those that keep every core busy, one after another; then those
//! that mostly wait, side by side, each a process of its own with a log of its own. Each is printed
//! with the time it took. A part that could not run is named loudly and fails under `CI=true`; it is
//! never silently passed over.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::setup;

/// One part. `cargo xtask test NAME` runs it alone, in this process.
pub struct Part {
    pub name: &'static str,
    pub what: &'static str,
    /// Brings what the machine lacks, or says what to install.
    pub needs: fn() -> Result<(), String>,
    pub work: fn() -> Result<(), String>,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

type Done = (&'static str, &'static str, Outcome, Duration);

/// Runs what is wanted, everything when nothing is named. `build` makes what `beside` stands on.
pub fn run(
    first: &[Part],
    build: fn() -> Result<(), String>,
    beside: &[Part],
    wanted: &[String],
) -> Result<(), String> {
    let known = |name: &String| first.iter().chain(beside).any(|it| it.name == name);
    if let Some(name) = wanted.iter().find(|it| !known(it)) {
        let names: Vec<&str> = first.iter().chain(beside).map(|it| it.name).collect();
        return Err(format!(
            "no part is called {name}; there are {}",
            names.join(", ")
        ));
    }
    let is_wanted = |it: &&Part| wanted.is_empty() || wanted.iter().any(|name| name == it.name);
    let mut done: Vec<Done> = Vec::new();
    for part in first.iter().filter(is_wanted) {
        eprintln!("\n=== {}: {}", part.name, part.what);
        done.push(here(part));
    }
    let beside: Vec<&Part> = beside.iter().filter(is_wanted).collect();
    if beside.len() == 1 {
        done.push(here(beside[0]));
    } else if !beside.is_empty() {
        done.extend(side_by_side(&beside, build)?);
    }
    close(&done)
}

fn here(part: &Part) -> Done {
    let started = Instant::now();
    let outcome = match (part.needs)() {
        Err(why) => Outcome::Skipped(why),
        Ok(()) => match (part.work)() {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        },
    };
    (part.name, part.what, outcome, started.elapsed())
}

fn side_by_side(parts: &[&Part], build: fn() -> Result<(), String>) -> Result<Vec<Done>, String> {
    // One after another: two installations at a time would lock each other out.
    let needs: Vec<Result<(), String>> = parts.iter().map(|it| (it.needs)()).collect();
    eprintln!("\n=== building what the other parts run");
    build()?;
    let logs = setup::target().join("xtask/logs");
    fs::create_dir_all(&logs).map_err(|why| format!("{}: {why}", logs.display()))?;
    eprintln!("\n=== side by side; their words go to {}", logs.display());
    let finished = AtomicUsize::new(0);
    let one = |part: &Part, needs: Result<(), String>| -> Done {
        let started = Instant::now();
        if let Err(why) = needs {
            let outcome = Outcome::Skipped(why);
            return (part.name, part.what, outcome, started.elapsed());
        }
        let log = logs.join(format!("{}.log", part.name));
        let ended = child(part.name, &log).and_then(|mut it| it.wait());
        let outcome = match ended {
            Ok(status) if status.success() => Outcome::Passed,
            Ok(status) => Outcome::Failed(format!("{status}; {}", log.display())),
            Err(why) => Outcome::Failed(format!("{}: {why}", log.display())),
        };
        let so_far = finished.fetch_add(1, Ordering::Relaxed) + 1;
        let (took, all) = (started.elapsed().as_secs(), parts.len());
        eprintln!("    {so_far} of {all} ended: {} after {took} s", part.name);
        (part.name, part.what, outcome, started.elapsed())
    };
    // One more than there are cores: the parts wait about half of their time, and their trucks and
    // pages have deadlines that a machine overrun would miss.
    let cores = std::thread::available_parallelism().map_or(2, |it| it.get());
    let next = Mutex::new(parts.iter().zip(needs));
    let done = Mutex::new(Vec::new());
    let take = || next.lock().map(|mut it| it.next()).unwrap_or_default();
    std::thread::scope(|scope| {
        for _ in 0..=cores {
            scope.spawn(|| {
                while let Some((part, needs)) = take() {
                    let outcome = one(part, needs);
                    done.lock().map(|mut it| it.push(outcome)).ok();
                }
            });
        }
    });
    let done: Vec<Done> = done.into_inner().map_err(|why| why.to_string())?;
    if done.len() != parts.len() {
        return Err("a part's thread panicked".to_owned());
    }
    // What a failed part said, whole: on a machine that is gone afterwards this is all there is.
    for (name, _, outcome, _) in &done {
        if matches!(outcome, Outcome::Failed(_)) {
            let said = fs::read(logs.join(format!("{name}.log"))).unwrap_or_default();
            eprintln!("\n=== {name} said\n{}", String::from_utf8_lossy(&said));
        }
    }
    Ok(done)
}

/// This program again, for one part.
fn child(name: &str, log: &std::path::Path) -> std::io::Result<Child> {
    let log = File::create(log)?;
    Command::new(std::env::current_exe()?)
        .args(["test", name])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// Prints one line a part, and the count that closes the run.
fn close(done: &[Done]) -> Result<(), String> {
    let strict = std::env::var("CI").is_ok_and(|it| it == "true");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    println!();
    for (name, what, outcome, took) in done {
        let seconds = took.as_secs();
        match outcome {
            Outcome::Passed => {
                passed += 1;
                println!("passed   {seconds:>4} s  {name}: {what}");
            }
            Outcome::Failed(why) => {
                failed += 1;
                println!("FAILED   {seconds:>4} s  {name}: {what}: {why}");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("SKIPPED  {seconds:>4} s  {name}: {what}: {why}");
            }
        }
    }
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    match (failed, skipped) {
        (0, 0) => Ok(()),
        (0, _) if !strict => Ok(()),
        (0, _) => Err("a part was skipped, and CI=true".to_owned()),
        _ => Err("not green".to_owned()),
    }
}
