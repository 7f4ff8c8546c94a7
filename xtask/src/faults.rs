//! The demo with things going wrong: its processes are killed fifty times, its narrow line is cut
//! for an hour of its clock. Afterwards the demo's own witness holds the ledgers against
//! everything that was acknowledged; here its figures are checked.

use serde_json::Value;

use crate::{demo, setup};

const KILLS: u64 = 50;
const CUT_MINUTES: u64 = 60;
/// How much faster than the wall the demo's clock runs here.
const RATE: &str = "90";
/// Minutes of the wall's clock until a run is given up.
const LIMIT: &str = "6";

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
    let words = [&["demo", "--rate", RATE, "--limit", LIMIT], words].concat();
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
