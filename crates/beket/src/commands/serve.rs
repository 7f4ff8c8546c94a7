//! `beket centre` and `beket checkpoint`: a role, from its configuration until it is stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use served::clock::{Clock, Pace};
use tokio::io::{AsyncBufReadExt, BufReader};

#[derive(Args)]
pub struct Role {
    /// TOML
    #[arg(long)]
    config: PathBuf,
    /// Stop when stdin ends: whoever started this is gone
    #[arg(long)]
    with_parent: bool,
    /// The demo's time instead of the wall's, WALL_MS:SHOWN_MS:RATE; with --with-parent each line on
    /// stdin sets it anew
    #[arg(long, hide = true)]
    pace: Option<Pace>,
}

impl Role {
    fn clock(&self) -> Clock {
        Clock::paced(self.pace.unwrap_or(Pace::WALL))
    }

    /// Ctrl-C, or the end of the parent where that is asked for.
    async fn asked_to_stop(&self, clock: Clock) -> std::io::Result<()> {
        if !self.with_parent {
            return tokio::signal::ctrl_c().await;
        }
        tokio::select! {
            signal = tokio::signal::ctrl_c() => signal,
            ended = self.heed_parent(clock) => ended,
        }
    }

    /// Until stdin ends. Only a program that was given a pace takes another.
    async fn heed_parent(&self, clock: Clock) -> std::io::Result<()> {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            match line.parse() {
                Ok(pace) if self.pace.is_some() => clock.set_pace(pace),
                Ok(_) => tracing::warn!("a pace on stdin, and none at the start: passed over"),
                Err(why) => tracing::warn!(why, "stdin"),
            }
        }
        Ok(())
    }
}

fn config<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}

pub async fn checkpoint(role: Role) -> anyhow::Result<ExitCode> {
    super::log_to_stderr("warn");
    let clock = role.clock();
    let config = checkpoint::Config {
        clock: clock.clone(),
        ..config(&role.config)?
    };
    let mut running = checkpoint::program::run(config).await?;
    // Whoever started us waits for this line.
    println!("listening http={}", running.http);
    tokio::select! {
        why = running.ended() => anyhow::bail!("the checkpoint stopped: {why}"),
        asked = role.asked_to_stop(clock) => asked.context("waiting to be stopped")?,
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
    /// Demo accounts with a known password. Never in service.
    #[serde(default)]
    demo: bool,
}

pub async fn centre(role: Role) -> anyhow::Result<ExitCode> {
    super::log_to_stderr("warn");
    let file: CentreFile = config(&role.config)?;
    let mut config = centre::Config::with(file.data, &file.procedures).map_err(|it| anyhow!(it))?;
    let clock = role.clock();
    config.http = file.http;
    config.link = file.link;
    config.database = file.database;
    config.clock = clock.clone();
    config.demo = file.demo;
    let running = centre::run(config).await?;
    println!("listening http={}", running.http);
    tokio::select! {
        // Its loop failed: whoever supervises this starts it again.
        () = running.stopped() => anyhow::bail!("the centre stopped itself; see its log"),
        asked = role.asked_to_stop(clock) => asked.context("waiting to be stopped")?,
    }
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
