//! The demo with things going wrong: its processes are killed fifty times, its narrow line is cut
//! for an hour of its clock. Afterwards the demo's own witness holds the ledgers against
//! everything that was acknowledged; here its figures are checked.

use std::process::Command;

use serde_json::Value;

use crate::{demo, root, setup};

const KILLS: u64 = 50;
const CUT_MINUTES: u64 = 60;
/// How much faster than the wall the demo's clock runs here.
const RATE: &str = "90";

pub fn killed() -> Result<(), String> {
    let kills = KILLS.to_string();
    let said = demo("kills", &["--once", "8", "--kills", &kills])?;
    demo::expect(said["kills"] == KILLS, "as many kills", &said)?;
    demo::expect(said["passages"].as_u64() >= Some(8), "passages", &said)
}

pub fn cut() -> Result<(), String> {
    let minutes = CUT_MINUTES.to_string();
    let said = demo("cut", &["--once", "6", "--cut", &minutes])?;
    demo::expect(said["cut_minutes"] == CUT_MINUTES, "a cut", &said)?;
    let during = said["passages_during_cut"].as_u64();
    demo::expect(during >= Some(1), "passages that left meanwhile", &said)
}

fn demo(name: &str, words: &[&str]) -> Result<Value, String> {
    let beket = setup::beket()?;
    let data = demo::fresh(name)?;
    let words = [&["demo", "--rate", RATE], words].concat();
    let said = demo::last_line(&beket, &words, &data)?;
    nothing_is_wrong(&said)?;
    Ok(said)
}

fn nothing_is_wrong(said: &Value) -> Result<(), String> {
    for name in [
        "lost",
        "duplicated",
        "stuck",
        "broken",
        "behind_after",
        "barrier_unpermitted",
    ] {
        demo::expect(said[name] == 0, &format!("{name} 0"), said)?;
    }
    // What was seen to hold must have been there to be lost.
    demo::expect(said["acknowledged"].as_u64() > Some(100), "a log", said)?;
    demo::expect(said["verified"] == true, "verified ledgers", said)
}

/// `cargo xtask faults`: simulated disks from seeds, by `beket sim`. Its debug build has the
/// planted mistakes; a release build has none.
pub fn simulated(rest: &[String]) -> Result<(), String> {
    let beket = setup::beket()?;
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let counted = words
        .iter()
        .any(|it| *it == "--seeds" || *it == "--planted");
    let more: &[&str] = if counted { &[] } else { &["--seeds", "100"] };
    let mut command = Command::new(&beket);
    command.arg("sim").args(&words).args(more);
    let status = command.current_dir(root()).status();
    let status = status.map_err(|why| format!("{}: {why}", beket.display()))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("beket sim ended with {status}")),
    }
}

/// Seeds of simulated disks: none breaks a promise, every planted mistake is found.
pub fn country() -> Result<(), String> {
    let beket = setup::beket()?;
    let run = |words: &[&str]| -> Result<String, String> {
        let ran = Command::new(&beket).arg("sim").args(words).output();
        let ran = ran.map_err(|why| format!("{}: {why}", beket.display()))?;
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        println!("{said}");
        let last = said.lines().last().unwrap_or_default().to_owned();
        match ran.status.success() {
            true => Ok(last),
            false => Err(format!("beket sim ended with {}: {last}", ran.status)),
        }
    };
    let last = run(&["--seeds", "100"])?;
    let said: Value = serde_json::from_str(&last).map_err(|why| format!("{why}: {last}"))?;
    demo::expect(said["violations"] == 0, "no violation", &said)?;
    let faults = said["faults"].as_u64();
    demo::expect(faults >= Some(20_000), "faults", &said)?;
    match run(&["--planted"])?.as_str() {
        "planted 5 found 5" => Ok(()),
        other => Err(format!("planted mistakes: {other}")),
    }
}
