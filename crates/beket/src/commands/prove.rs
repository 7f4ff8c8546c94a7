//! `beket verify` and `beket replay`: a ledger from outside, of production or of a test.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use domain::unit::PassageId;
use ledger::VerifierKey;

#[derive(Args)]
pub struct Verify {
    /// Folder of the ledger
    ledger: PathBuf,
    /// Public key of the origin, from elsewhere; without it the one in the folder is believed
    #[arg(long)]
    key: Option<String>,
}

#[derive(Args)]
pub struct Replay {
    /// Folder of the ledger
    ledger: PathBuf,
    /// As CN05-18204; without it the passages are listed
    passage: Option<String>,
    /// Folder of the procedures, for what is owed and waited for
    #[arg(long, default_value = "procedures")]
    procedures: PathBuf,
}

pub async fn verify(asked: Verify) -> anyhow::Result<ExitCode> {
    let key = asked
        .key
        .as_deref()
        .map(str::parse::<VerifierKey>)
        .transpose();
    let key = key.map_err(|why| anyhow!("the key: {why}"))?;
    let mut whole = true;
    for folder in ledgers_in(&asked.ledger) {
        let report = ledger::verify::verify(&folder, key.as_ref()).await?;
        println!("{}\n{report}", folder.display());
        whole &= report.is_valid();
    }
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The folder itself, or every ledger below it: a node's data folder holds several.
pub fn ledgers_in(folder: &Path) -> Vec<PathBuf> {
    if folder.join("ledger.db").exists() {
        return vec![folder.to_owned()];
    }
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.map(|it| it.path()).filter(|it| it.is_dir());
    for below in folders {
        found.extend(
            ledgers_in(&below)
                .into_iter()
                .filter(|it| it.join("ledger.db").exists()),
        );
    }
    if found.is_empty() {
        found.push(folder.to_owned());
    }
    found.sort();
    found
}

pub async fn replay(asked: Replay) -> anyhow::Result<ExitCode> {
    let Some(passage) = &asked.passage else {
        for told in ledger::replay::passages(&asked.ledger).await? {
            println!("{told}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let passage: PassageId = passage.parse().map_err(|why: String| anyhow!(why))?;
    let procedures = centre::config::read_procedures(&asked.procedures)
        .map_err(|why| anyhow!(why))
        .context("the procedures")?;
    let replay = ledger::replay::replay(&asked.ledger, &passage, &procedures).await?;
    println!("{replay}");
    Ok(ExitCode::SUCCESS)
}
