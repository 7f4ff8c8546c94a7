//! `beket decode KIND FILE`: the reading as JSON, or the refusal by name.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use domain::procedure::Procedure;
use domain::reading::RadiationReading;
use domain::stage::radiation::if_declared;
use serde_json::{Value, json};

const PROCEDURE: &str = include_str!("../../../../procedures/external-2026.toml");

#[derive(Args)]
pub struct Decode {
    kind: Kind,
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// ANSI N42.42, 2006 or 2012
    N42,
    /// A camera's message, of any maker
    Plate,
    /// VM250/Rapiscan portal lines
    Vm250,
    /// Aspect portal registers, a JSON object a line
    Aspect,
    /// Machine-readable zones (ICAO 9303)
    Mrz,
    /// Container numbers
    Iso6346,
    /// Weigh-in-motion records
    Wim,
}

/// A refusal is an answer too: JSON on stdout with its name, and exit code 2.
pub fn run(asked: &Decode) -> anyhow::Result<ExitCode> {
    let file = &asked.file;
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let decoded = match asked.kind {
        Kind::N42 => devices::decode::n42(&bytes),
        Kind::Plate => devices::decode::plate(&bytes),
        Kind::Vm250 => devices::decode::vm250(&bytes),
        Kind::Aspect => devices::decode::aspect(&bytes),
        Kind::Mrz => devices::decode::mrz(&bytes),
        Kind::Iso6346 => devices::decode::iso6346(&bytes),
        Kind::Wim => devices::decode::wim(&bytes),
    };
    match decoded {
        Ok(reading) => {
            if matches!(asked.kind, Kind::Vm250) {
                natural_goods(&reading)?;
            }
            println!("{reading:#}");
            Ok(ExitCode::SUCCESS)
        }
        Err(garbled) => {
            println!(
                "{:#}",
                json!({"refused": {"at": garbled.at, "why": garbled.why}})
            );
            Ok(ExitCode::from(2))
        }
    }
}

/// On stderr, beside the JSON: which readings declared natural goods would explain by the shipped rule. What
/// stood in the portal is not known here; `beket bench filter` has the truth.
fn natural_goods(decoded: &Value) -> anyhow::Result<()> {
    let procedure = Procedure::parse(PROCEDURE).map_err(anyhow::Error::msg)?;
    let mut verdicts = std::collections::BTreeMap::<&str, u32>::new();
    for it in decoded["readings"].as_array().into_iter().flatten() {
        let reading: RadiationReading = serde_json::from_value(it["reading"].clone())?;
        let verdict = if_declared(&reading, &procedure).code();
        *verdicts.entry(verdict).or_default() += 1;
    }
    eprintln!("were natural goods declared ({}):", procedure.edition);
    for (verdict, count) in verdicts {
        eprintln!("{verdict:<14} {count:>6}");
    }
    Ok(())
}
