//! `beket openapi`: the centre's contract.

use std::process::ExitCode;

pub fn run() -> anyhow::Result<ExitCode> {
    println!("{}", centre::openapi());
    Ok(ExitCode::SUCCESS)
}
