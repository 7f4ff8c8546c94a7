//! The demo with things going wrong: its processes are killed fifty times, its narrow line is cut
//! for an hour of its clock. Afterwards the demo's own witness holds the ledgers against
//! everything that was acknowledged; here its figures are checked. Both run side by side: they
//! wait more than they work.

use serde_json::Value;

use crate::{demo, setup};

const KILLS: u64 = 50;
const CUT_MINUTES: u64 = 60;
/// How much faster than the wall the demo's clock runs here.
const RATE: &str = "90";
/// Minutes of the wall's clock until a run is given up.
const LIMIT: &str = "6";

pub fn killed_and_cut() -> Result<(), String> {
    let beket = setup::beket()?;
    let run = |name: &str, words: &[&str]| {
        let data = demo::fresh(name)?;
        let words = [&["demo", "--rate", RATE, "--limit", LIMIT], words].concat();
        let said = demo::last_line(&beket, &words, &data)?;
        nothing_is_wrong(&said)?;
        Ok::<Value, String>(said)
    };
    let (killed, cut) = std::thread::scope(|scope| {
        let kills = KILLS.to_string();
        let killed = scope.spawn(move || run("kills", &["--once", "8", "--kills", &kills]));
        let minutes = CUT_MINUTES.to_string();
        let cut = run("cut", &["--once", "6", "--cut", &minutes]);
        let killed = killed.join();
        (
            killed.unwrap_or_else(|_| Err("it panicked".to_owned())),
            cut,
        )
    });
    let killed = killed.map_err(|why| format!("killed: {why}"))?;
    let cut = cut.map_err(|why| format!("cut: {why}"))?;
    demo::expect(killed["kills"] == KILLS, "as many kills", &killed)?;
    demo::expect(killed["passages"].as_u64() >= Some(8), "passages", &killed)?;
    demo::expect(cut["cut_minutes"] == CUT_MINUTES, "a cut", &cut)?;
    let during = cut["passages_during_cut"].as_u64();
    demo::expect(during >= Some(1), "passages that left meanwhile", &cut)
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
