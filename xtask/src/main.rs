//! `cargo xtask demo` and `cargo xtask test`: the two commands a newcomer needs.
//!
//! Checks what is missing and installs it where it can (Debian's packages as root, npm's by lock
//! file), or says exactly what to install. No dependencies, so that it starts at once. What is
//! tested and how is in `test.rs`; this file holds no test.

mod browser;
mod demo;
mod faults;
mod parts;
mod setup;
mod test;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask demo [--once] [--rate N] [--port N] ...   the whole system on loopback, with simulated lanes
cargo xtask test [PART...]                            everything that must pass, or these parts of it
cargo xtask faults [--seeds N] [--minutes M] [--planted]   the ledgers over failing simulated disks, from seeds
cargo xtask web                                       only build the workstation";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let verb = words.next();
    let rest: Vec<String> = words.collect();
    let done = match verb.as_deref() {
        Some("demo") => show(&rest),
        Some("test") => test::everything(&rest),
        Some("faults") => faults::simulated(&rest),
        Some("web") => setup::web().map(|_| ()),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn show(rest: &[String]) -> Result<(), String> {
    let beket = setup::beket()?;
    // The demo's last line is for machines; everything else it says goes to stderr.
    let status = Command::new(&beket)
        .arg("demo")
        .args(rest)
        .current_dir(root())
        .status()
        .map_err(|why| format!("{}: {why}", beket.display()))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the demo ended with {status}")),
    }
}

/// The workspace's folder.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Runs a command in `folder`, its output to ours; an error names the command.
pub fn run(folder: &std::path::Path, program: &str, words: &[&str]) -> Result<(), String> {
    let said = format!("{program} {}", words.join(" "));
    eprintln!("==> {said}");
    let status = Command::new(program)
        .args(words)
        .current_dir(folder)
        .status()
        .map_err(|why| format!("{said}: {why}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{said}: {status}")),
    }
}
