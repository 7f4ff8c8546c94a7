//! What the centre is started with. Reading it from files and flags is the executable's.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::procedure::Procedure;

use crate::checkpoints::{self, Checkpoint};
use crate::limits;
use served::clock::Clock;

/// Everything [`crate::program::run`] needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// HTTP; port 0 takes a free one.
    pub http: SocketAddr,
    /// The checkpoints' link (QUIC over UDP; port 0 takes a free one); `None` runs without it.
    pub link: Option<SocketAddr>,
    /// Ledgers, blobs and, unless `database` says otherwise, the tables.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://...`; `None` is SQLite in `data`.
    pub database: Option<String>,
    pub checkpoints: Vec<Checkpoint>,
    /// Every edition on file.
    pub procedures: Vec<Procedure>,
    pub clock: Clock,
    /// Demo accounts exist; cookies travel without TLS.
    pub demo: bool,
    /// A drawn case that nobody opens for so long (the clock's time) is drawn again.
    pub open_within_ms: i64,
}

impl Config {
    /// Folder of the small authority that says who may speak for which checkpoint; `beket enrol`
    /// opens it beside a running centre.
    pub fn authority(&self) -> PathBuf {
        self.data.join("authority")
    }

    /// Folder of the plans that `beket twin --keep` writes and `/api/plans` shows.
    pub fn plans(&self) -> PathBuf {
        self.data.join("plans")
    }

    /// A configuration with the checkpoints and procedures of `procedures`, on loopback, without
    /// link and demo, on the wall's clock.
    pub fn with(data: PathBuf, procedures: &Path) -> Result<Config, String> {
        Ok(Config {
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
            link: None,
            data,
            database: None,
            checkpoints: read_checkpoints(&procedures.join("checkpoints.toml"))?,
            procedures: read_procedures(procedures)?,
            clock: Clock::wall(),
            demo: false,
            open_within_ms: limits::OPEN_WITHIN_MS,
        })
    }
}

pub fn read_checkpoints(file: &Path) -> Result<Vec<Checkpoint>, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    checkpoints::parse(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// Every `*.toml` of the folder but the list of checkpoints, by name.
pub fn read_procedures(folder: &Path) -> Result<Vec<Procedure>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_toml = path.extension().is_some_and(|it| it == "toml");
        if is_toml && path.file_name().is_some_and(|it| it != "checkpoints.toml") {
            files.push(path);
        }
    }
    files.sort();
    let mut procedures: Vec<Procedure> = Vec::with_capacity(files.len());
    for file in files {
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let it = Procedure::parse(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        if procedures.iter().any(|other| other.edition == it.edition) {
            return Err(format!(
                "{}: edition {} stands twice",
                file.display(),
                it.edition
            ));
        }
        procedures.push(it);
    }
    Ok(procedures)
}
