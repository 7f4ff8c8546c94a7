//! Measures the link over an emulated line in real time: real QUIC or TLS, real ledgers and blobs at both
//! ends. `beket bench link` prints what this finds; the peers go over the same line with the same load.
//!
//! Three phases: facts alone (bytes a fact); a backlog of passages while decisions are asked for
//! (latency, drain); an outage (recovery). At the end both ledgers are read from their files and
//! compared record by record.

mod count;
mod figures;
mod https;
mod load;
mod ours;
mod road;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

pub use self::figures::{Figures, Peer, Report};
use self::road::Road;
use crate::emulator::Line;

#[derive(Debug, Error)]
pub enum BenchError {
    #[error("line: {0}")]
    Line(#[from] std::io::Error),
    #[error("ledger: {0}")]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Link(#[from] crate::driver::LinkError),
    #[error(transparent)]
    Enrol(#[from] crate::enrol::EnrolError),
    #[error("procedure: {0}")]
    Procedure(String),
    #[error("{0}")]
    Unfinished(String),
}

/// The lines of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    #[serde(rename = "satellite-19k2")]
    Satellite19k2,
    #[serde(rename = "satellite-64k")]
    Satellite64k,
    #[serde(rename = "land-256k")]
    Land256k,
}

impl Profile {
    pub const ALL: [Profile; 3] = [
        Profile::Satellite19k2,
        Profile::Satellite64k,
        Profile::Land256k,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Profile::Satellite19k2 => "satellite-19k2",
            Profile::Satellite64k => "satellite-64k",
            Profile::Land256k => "land-256k",
        }
    }

    pub fn rate_bps(self) -> u64 {
        match self {
            Profile::Satellite19k2 => 19_200,
            Profile::Satellite64k => 64_000,
            Profile::Land256k => 256_000,
        }
    }

    /// 40 passages take an hour of the slowest line: there it is fewer.
    pub fn passages(self) -> usize {
        match self {
            Profile::Satellite19k2 => 8,
            Profile::Satellite64k | Profile::Land256k => 40,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub profile: Profile,
    /// Percent of packets.
    pub loss: f64,
    pub passages: usize,
    /// Facts of the first phase.
    pub facts: usize,
    pub outage: Duration,
    /// Peers that were asked for; the report says of each why it was left out.
    pub against: Vec<String>,
    /// Do not try TUN.
    pub relay: bool,
    pub seed: u64,
    /// For ledgers and blobs; a disk, not memory.
    pub folder: PathBuf,
}

impl Asked {
    pub fn new(profile: Profile, folder: PathBuf) -> Asked {
        Asked {
            profile,
            loss: 0.0,
            passages: profile.passages(),
            facts: 1000,
            outage: Duration::from_secs(60),
            against: Vec::new(),
            relay: false,
            seed: 2026,
            folder,
        }
    }

    /// How many passages this line carries in so much time.
    pub fn passages_in(&self, time: Duration) -> usize {
        let bytes = time.as_secs_f64() * self.profile.rate_bps() as f64 / 8.0 * 0.93;
        ((bytes / load::PASSAGE_BYTES as f64) as usize).max(1)
    }

    fn line(&self) -> Line {
        Line {
            loss: self.loss / 100.0,
            ..Line::satellite(self.profile.rate_bps())
        }
    }

    fn road(&self) -> Road {
        if self.relay {
            return Road::relay(self.line());
        }
        let (road, why) = Road::open(self.line());
        if let Some(why) = why {
            tracing::warn!(%why, "no TUN line");
        }
        road
    }
}

/// Hears of progress.
pub type Say = std::sync::Arc<dyn Fn(String) + Send + Sync>;

/// Programs of a peer that this machine would need.
const PROGRAMS: [(&str, &str); 2] = [("mqtt", "mosquitto"), ("nats", "nats-server")];

/// Measures the link, then the peers. Blocks; not for a thread of an asynchronous runtime.
pub fn run(asked: &Asked, say: &Say) -> Result<Report, BenchError> {
    let mut report = ours::run(asked, say)?;
    for name in &asked.against {
        let peer = match name.as_str() {
            "https" => match https::run(asked, say) {
                Ok(figures) => Peer::Measured(Box::new(figures)),
                Err(why) => Peer::Skipped {
                    skipped: why.to_string(),
                },
            },
            other => Peer::Skipped {
                skipped: absent(other),
            },
        };
        if let Peer::Skipped { skipped } = &peer {
            say(format!("{name} skipped: {skipped}"));
        }
        report.peers.insert(name.clone(), peer);
    }
    Ok(report)
}

fn absent(name: &str) -> String {
    let Some((_, program)) = PROGRAMS.iter().find(|(it, _)| *it == name) else {
        return "unknown; known are https, mqtt, nats".to_owned();
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    match folders.any(|it| it.join(program).is_file()) {
        true => format!("{program} is installed, but there is no client for it here yet"),
        false => format!("{program} is not installed"),
    }
}
