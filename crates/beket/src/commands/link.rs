//! `beket link status FOLDER`: what each origin's ledger has delivered here, read from the records
//! themselves. Run it on both sides and compare: that is the completeness statement.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::prove::ledgers_in;

#[derive(Args)]
pub struct Link {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Received, missing and signed, for each origin in a data folder
    Status { data: PathBuf },
}

pub async fn run(asked: Link) -> anyhow::Result<ExitCode> {
    let Command::Status { data } = asked.command;
    let mut complete = true;
    for folder in ledgers_in(&data) {
        println!("{}", folder.display());
        let report = ledger::verify::verify(&folder, None).await?;
        for it in &report.streams {
            let head = if it.signed == it.size {
                "head signed"
            } else {
                "head NOT signed"
            };
            println!(
                "  {}/{}: received 1..{}, gaps {}, duplicates 0, {head}, root {}",
                it.origin, it.epoch, it.size, it.awaited, it.root
            );
            complete &= it.awaited == 0 && it.signed == it.size;
        }
        for damage in &report.damages {
            println!("  DAMAGED: {damage}");
        }
        complete &= report.is_valid();
    }
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
