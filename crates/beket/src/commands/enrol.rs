//! `beket enrol`: a checkpoint gets its certificate by a one-time code; the centre can take it back.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use domain::unit::{CheckpointId, UtcMs};
use ledger::VerifierKey;
use link::enrol::{Ca, Code};

/// Folder of the small authority, in the centre's data.
const AUTHORITY: &str = "authority";
/// A code is carried to the checkpoint by hand; a day is enough.
const CODE_VALID_MS: i64 = 24 * 3600 * 1000;

#[derive(Args)]
pub struct Enrol {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// At the centre: make a one-time code for a checkpoint
    Code {
        checkpoint: String,
        /// Data folder of the centre
        #[arg(long)]
        data: PathBuf,
    },
    /// At the checkpoint: use the code
    Join {
        code: String,
        /// Address of the centre's link
        #[arg(long)]
        centre: SocketAddr,
        /// Where key and certificates are kept
        #[arg(long)]
        identity: PathBuf,
        /// Folder of the checkpoint's ledger, when it has one: its public key goes along
        #[arg(long)]
        ledger: Option<PathBuf>,
    },
    /// At the centre: take a checkpoint off the list of who is allowed
    Revoke {
        checkpoint: String,
        #[arg(long)]
        data: PathBuf,
    },
}

pub fn now() -> UtcMs {
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UtcMs(wall.as_millis() as i64)
}

pub async fn run(asked: Enrol) -> anyhow::Result<ExitCode> {
    match asked.command {
        Command::Code { checkpoint, data } => {
            let ca = Ca::open_or_create(&data.join(AUTHORITY), now())?;
            println!(
                "{}",
                ca.code(&CheckpointId::new(checkpoint), CODE_VALID_MS, now())?
            );
        }
        Command::Join {
            code,
            centre,
            identity,
            ledger,
        } => {
            let code: Code = code.parse()?;
            let key = ledger.map(|folder| {
                let file = folder.join("key.pub");
                let text =
                    std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                text.trim()
                    .parse::<VerifierKey>()
                    .map_err(|why| anyhow!("{}: {why}", file.display()))
            });
            let given = link::driver::enrol(centre, &code, key.transpose()?.as_ref()).await?;
            given.save(&identity)?;
            println!(
                "{} is enrolled; its identity is in {}",
                code.checkpoint,
                identity.display()
            );
        }
        Command::Revoke { checkpoint, data } => {
            let ca = Ca::open(&data.join(AUTHORITY))?;
            if !ca.revoke(&CheckpointId::new(&checkpoint), now())? {
                anyhow::bail!("{checkpoint} was not enrolled");
            }
            println!("{checkpoint} is no longer allowed; a live link ends at its next look");
        }
    }
    Ok(ExitCode::SUCCESS)
}
