//! `beket centre` and `beket checkpoint`: a role, from its configuration until it is stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use checkpoint::clock::ClockConfig;
use clap::Args;
use domain::unit::UtcMs;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Args)]
pub struct Role {
    /// TOML
    #[arg(long)]
    config: PathBuf,
}

fn config<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}

pub async fn checkpoint(role: Role) -> anyhow::Result<ExitCode> {
    super::log_to_stderr("warn");
    let mut running = checkpoint::program::run(config(&role.config)?).await?;
    // Whoever started us waits for this line.
    println!("listening http={}", running.http);
    tokio::select! {
        why = running.ended() => anyhow::bail!("the checkpoint stopped: {why}"),
        _ = tokio::signal::ctrl_c() => (),
    }
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The centre's configuration on disk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CentreFile {
    http: SocketAddr,
    /// Where checkpoints dial (QUIC, UDP).
    link: Option<SocketAddr>,
    data: PathBuf,
    /// `postgres://...`; SQLite in `data` without it.
    database: Option<String>,
    /// Folder of procedures and `checkpoints.toml`.
    procedures: PathBuf,
    #[serde(default)]
    clock: ClockConfig,
    /// Demo accounts with a known password. Never in service.
    #[serde(default)]
    demo: bool,
}

pub async fn centre(role: Role) -> anyhow::Result<ExitCode> {
    super::log_to_stderr("warn");
    let file: CentreFile = config(&role.config)?;
    let mut config = centre::Config::with(file.data, &file.procedures).map_err(|it| anyhow!(it))?;
    let ClockConfig {
        wall_ms,
        shown_ms,
        rate,
    } = file.clock;
    config.http = file.http;
    config.link = file.link;
    config.database = file.database;
    config.clock = centre::Clock::anchored(UtcMs(shown_ms), UtcMs(wall_ms), rate);
    config.demo = file.demo;
    let running = centre::run(config).await?;
    println!("listening http={}", running.http);
    tokio::signal::ctrl_c()
        .await
        .context("waiting for the signal to stop")?;
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
