//! The checkpoint's configuration, as TOML. Secrets are not in it: keys lie in the identity's
//! folder, PINs are argon2 hashes.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::agency::Agency;
use domain::fact::Direction;
use domain::procedure::Regime;
use serde::{Deserialize, Serialize};

use served::clock::Clock;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Code of the checkpoint, also the origin of its ledger: `CN05`.
    pub checkpoint: String,
    pub name: Names,
    /// Holds the ledger, its blobs and the journal of raw device bytes.
    pub data: PathBuf,
    /// The local screen and the devices that call us.
    pub http: SocketAddr,
    /// Folder of `*.toml` procedures.
    pub procedures: PathBuf,
    /// Profile of the checkpoint: an internal border has fewer stages and bodies.
    #[serde(default = "external")]
    pub regime: Regime,
    /// The wall's; a demo starts its programs with another.
    #[serde(skip)]
    pub clock: Clock,
    #[serde(default)]
    pub link: Option<LinkConfig>,
    pub lanes: Vec<LaneConfig>,
    #[serde(default)]
    pub people: Vec<Person>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Names {
    pub kk: String,
    pub ru: String,
    pub en: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkConfig {
    pub centre: SocketAddr,
    /// Folder that `beket enrol` filled: key, certificate, the authority's certificate.
    pub identity: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneConfig {
    pub number: u8,
    pub direction: Direction,
    #[serde(default)]
    pub portal: Option<PortalConfig>,
    /// Axle scales and dimension frame: JSON lines over TCP (`docs/devices/weighing.md`).
    #[serde(default)]
    pub scale: Option<SocketAddr>,
    /// Barrier, light and loops: Modbus TCP (`docs/devices/barrier.md`).
    #[serde(default)]
    pub barrier: Option<SocketAddr>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    pub kind: PortalKind,
    pub address: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalKind {
    Vm250,
    Aspect,
}

/// Somebody who may enter things at the lane.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub agency: Agency,
    /// argon2 in PHC form.
    pub pin: String,
}

fn external() -> Regime {
    Regime::External
}
