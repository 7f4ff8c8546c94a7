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
use tokio::io::AsyncReadExt;

#[derive(Args)]
pub struct Role {
    /// TOML
    #[arg(long)]
    config: PathBuf,
    /// Stop when stdin ends: whoever started this is gone
    #[arg(long)]
    with_parent: bool,
}

/// Ctrl-C, or the end of the parent where that is asked for.
async fn asked_to_stop(with_parent: bool) -> std::io::Result<()> {
    if !with_parent {
        return tokio::signal::ctrl_c().await;
    }
    let mut nothing = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        signal = tokio::signal::ctrl_c() => signal,
        ended = stdin.read_to_end(&mut nothing) => ended.map(drop),
    }
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
        asked = asked_to_stop(role.with_parent) => asked.context("waiting to be stopped")?,
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
    tokio::select! {
        // Its loop failed: whoever supervises this starts it again.
        () = running.stopped() => anyhow::bail!("the centre stopped itself; see its log"),
        asked = asked_to_stop(role.with_parent) => asked.context("waiting to be stopped")?,
    }
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
