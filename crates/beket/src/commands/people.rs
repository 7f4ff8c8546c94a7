//! `beket people add`: who may log in at the centre. Run on the centre's own machine; there is
//! no account, and no password, before this.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use centre::authority::Role;
use centre::db::Db;
use centre::people::NewPerson;
use clap::{Args, Subcommand};
use domain::agency::Agency;

#[derive(Args)]
pub struct People {
    /// Data folder of the centre
    #[arg(long)]
    data: PathBuf,
    /// `postgres://...` where the centre uses it
    #[arg(long)]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a person; prints the password, once
    Add {
        name: String,
        #[arg(long)]
        display_name: String,
        /// officer, supervisor, carrier, auditor, administrator
        #[arg(long)]
        role: String,
        /// Body of an officer: customs, transport_control, road_police, veterinary,
        /// phytosanitary, sanitary_quarantine
        #[arg(long)]
        agency: Option<String>,
    },
}

pub async fn run(asked: People) -> anyhow::Result<ExitCode> {
    let db = Db::open(asked.database.as_deref(), &asked.data)
        .await
        .context("the centre's tables")?;
    let Command::Add {
        name,
        display_name,
        role,
        agency,
    } = asked.command;
    let role = serde_json::from_value::<Role>(role.clone().into())
        .map_err(|_| anyhow!("no role {role:?}"))?;
    let agency = agency
        .map(|it| Agency::from_code(&it).ok_or_else(|| anyhow!("no body {it:?}")))
        .transpose()?;
    let person = NewPerson {
        name,
        officer: None,
        display_name,
        role,
        agency,
        password: None,
    };
    let password = centre::people::add(&db, person).await?;
    println!("{password}");
    Ok(ExitCode::SUCCESS)
}
