//! The parts of the test, each with the time it took. A part that could not run is named loudly
//! and fails under `CI=true`; it is never silently passed over.

use std::time::{Duration, Instant};

pub struct Parts {
    wanted: Vec<String>,
    done: Vec<(String, Outcome, Duration)>,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Parts {
    pub fn new(wanted: &[String]) -> Parts {
        Parts {
            wanted: wanted.to_vec(),
            done: Vec::new(),
        }
    }

    /// Runs a part when it is wanted. `needs` says what the machine lacks for it.
    pub fn part(
        &mut self,
        group: &str,
        name: &str,
        needs: impl FnOnce() -> Result<(), String>,
        work: impl FnOnce() -> Result<(), String>,
    ) {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|it| it == group) {
            return;
        }
        eprintln!("\n=== {name}");
        let started = Instant::now();
        let outcome = match needs() {
            Err(why) => Outcome::Skipped(why),
            Ok(()) => match work() {
                Ok(()) => Outcome::Passed,
                Err(why) => Outcome::Failed(why),
            },
        };
        self.done
            .push((name.to_owned(), outcome, started.elapsed()));
    }

    /// Prints one line a part, and the count that closes the run.
    pub fn close(self) -> Result<(), String> {
        let strict = std::env::var("CI").is_ok_and(|it| it == "true");
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        println!();
        for (name, outcome, took) in &self.done {
            let seconds = took.as_secs();
            match outcome {
                Outcome::Passed => {
                    passed += 1;
                    println!("passed   {seconds:>4} s  {name}");
                }
                Outcome::Failed(why) => {
                    failed += 1;
                    println!("FAILED   {seconds:>4} s  {name}: {why}");
                }
                Outcome::Skipped(why) => {
                    skipped += 1;
                    println!("SKIPPED  {seconds:>4} s  {name}: {why}");
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
}
