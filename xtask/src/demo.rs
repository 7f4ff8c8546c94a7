//! The demo as a test: it runs without a person, its figures hold, its ledgers verify, and one
//! changed byte is named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{root, setup};

/// Passages that must leave, and how much faster than the wall the demo's clock runs here.
const PASSAGES: u64 = 20;
const RATE: &str = "150";

pub fn once() -> Result<(), String> {
    let beket = setup::beket()?;
    let data = fresh("demo")?;
    let passages = PASSAGES.to_string();
    let words = ["demo", "--once", &passages, "--rate", RATE];
    let said = last_line(&beket, &words, &data)?;
    let number = |name: &str| said[name].as_u64().ok_or(format!("no {name} in {said}"));
    let parts = &said["components"];
    let part = |name: &str| parts[name].as_i64().ok_or(format!("no {name} in {said}"));
    let sum = part("clear_control_ms")? + part("documents_ms")? + part("technological_ms")?;
    expect(number("passages")? >= PASSAGES, "passages", &said)?;
    expect(
        sum == part("whole_ms")? && sum > 0,
        "components that sum",
        &said,
    )?;
    expect(
        number("barrier_unpermitted")? == 0,
        "no unpermitted opening",
        &said,
    )?;
    expect(
        number("records")? > 0 && said["verified"] == true,
        "verified ledgers",
        &said,
    )?;
    changed_bytes(&beket, &data)
}

/// Every ledger verifies; with a byte of a record changed, verify fails and names the record.
fn changed_bytes(beket: &Path, data: &Path) -> Result<(), String> {
    let ledger = data.join("CN05/ledger");
    verify(beket, &ledger)?.map_err(|said| format!("the untouched ledger: {said}"))?;
    let file = ledger.join("ledger.db");
    let whole = fs::read(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    for fact in ["\"arrived\"", "\"exit_permitted\"", "\"departed\""] {
        let places = whole.windows(fact.len()).enumerate();
        let places = places.filter(|(_, it)| *it == fact.as_bytes());
        // A page that SQLite has split keeps old bytes in its unused space: a change there must be
        // seen as well, but no record is to be named for it.
        let mut named = false;
        for (at, _) in places {
            let mut changed = whole.clone();
            changed[at + 1] ^= 1;
            fs::write(&file, &changed).map_err(|why| why.to_string())?;
            let verdict = verify(beket, &ledger);
            fs::write(&file, &whole).map_err(|why| why.to_string())?;
            match verdict? {
                Ok(()) => return Err(format!("a changed {fact} at byte {at} was not seen")),
                Err(said) if said.contains("CN05/1/") => {
                    named = true;
                    break;
                }
                Err(said) if said.contains("none is affected") => (),
                Err(said) => return Err(format!("a changed {fact} is not named: {said}")),
            }
        }
        if !named {
            return Err(format!("no changed {fact} of {} was named", file.display()));
        }
    }
    verify(beket, &ledger)?.map_err(|said| format!("the ledger put back: {said}"))
}

/// `Ok(Err(said))` when the ledger is not whole.
fn verify(beket: &Path, ledger: &Path) -> Result<Result<(), String>, String> {
    let ran = Command::new(beket).arg("verify").arg(ledger).output();
    let ran = ran.map_err(|why| format!("beket verify: {why}"))?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    Ok(if ran.status.success() {
        Ok(())
    } else {
        Err(said)
    })
}

/// Runs the demo and reads the JSON object on its last line.
pub fn last_line(beket: &Path, words: &[&str], data: &Path) -> Result<Value, String> {
    eprintln!("==> beket {} --data {}", words.join(" "), data.display());
    let ran = Command::new(beket)
        .args(words)
        .arg("--data")
        .arg(data)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|why| format!("beket: {why}"))?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let last = said.lines().last().unwrap_or_default();
    println!("{last}");
    match (ran.status.success(), serde_json::from_str(last)) {
        (true, Ok(said)) => Ok(said),
        (false, _) => Err(format!("the demo ended with {}: {last}", ran.status)),
        (true, Err(why)) => Err(format!("the last line is no JSON ({why}): {last}")),
    }
}

/// An empty folder below the target folder.
pub fn fresh(name: &str) -> Result<PathBuf, String> {
    let folder = setup::target().join("xtask").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(folder)
}

pub fn expect(holds: bool, what: &str, said: &Value) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("expected {what}; the demo said {said}"))
    }
}
