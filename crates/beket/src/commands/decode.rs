//! `beket decode KIND FILE`: the reading as JSON, or the refusal by name.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

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
