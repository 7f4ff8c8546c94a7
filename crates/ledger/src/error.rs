//! What can go wrong with a ledger: refused (the caller's input is at fault), retry (nothing was
//! written, the same call may succeed later) and fatal (stop; the next start checks and repairs).

use domain::unit::BlobHash;
use thiserror::Error;

use crate::check::Damage;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The input was wrong. The same call will fail again; the ledger goes on.
    Refused,
    /// Nothing was written; try again when the cause is gone.
    Retry,
    /// This handle writes nothing any more. Stop the process; starting again checks the ledger.
    Fatal,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    #[error("disk full: {0}; nothing was written")]
    DiskFull(String),
    #[error("only {free_bytes} bytes are free: no blobs are taken in until there is more room")]
    DiskLow { free_bytes: u64 },
    #[error("busy: {0}; nothing was written")]
    Busy(String),
    /// The first damage found, and how many there are.
    #[error("the ledger is damaged: {first}{}", and_more(*.count))]
    Damaged { first: Box<Damage>, count: usize },
    #[error("the ledger must stop: {0}")]
    Fatal(String),
}

fn and_more(count: usize) -> String {
    if count > 1 {
        format!(" (and {} more)", count - 1)
    } else {
        String::new()
    }
}

impl Error {
    pub fn class(&self) -> Class {
        match self {
            Error::Refused(_) => Class::Refused,
            Error::DiskFull(_) | Error::DiskLow { .. } | Error::Busy(_) => Class::Retry,
            Error::Damaged { .. } | Error::Fatal(_) => Class::Fatal,
        }
    }

    pub(crate) fn damaged(damage: Damage) -> Error {
        Error::Damaged {
            first: Box::new(damage),
            count: 1,
        }
    }

    /// An error of a file, in the class that its cause deserves.
    pub(crate) fn file(what: &str, error: std::io::Error) -> Error {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Error::DiskFull(format!("{what}: {error}")),
            _ => Error::Fatal(format!("{what}: {error}")),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<i32>().ok());
        // https://www.sqlite.org/rescode.html: the low byte is the primary code.
        match code.map(|code| (code & 0xff, code)) {
            // SQLITE_FULL; SQLITE_IOERR_SHMSIZE: no room to grow the WAL's index.
            Some((13, _) | (_, 4874)) => Error::DiskFull(error.to_string()),
            // SQLITE_BUSY, SQLITE_LOCKED.
            Some((5 | 6, _)) => Error::Busy(error.to_string()),
            _ => Error::Fatal(format!("database: {error}")),
        }
    }
}

/// Why an input was refused. Nothing of it was written, unless the text says so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("{0:?} cannot name a ledger: 1 to 64 of A-Z a-z 0-9 . _ -")]
    Origin(String),
    #[error("no key is trusted for {origin}/{epoch}")]
    UnknownOrigin { origin: String, epoch: u32 },
    #[error("another key is trusted for {origin}/{epoch} already")]
    KeyConflict { origin: String, epoch: u32 },
    #[error("the key is named {name:?}, which is not the name of {origin}/{epoch}")]
    KeyName {
        origin: String,
        epoch: u32,
        name: String,
    },
    #[error("{origin}/{epoch} is written here and is not copied from elsewhere")]
    OwnOrigin { origin: String, epoch: u32 },
    #[error("gap: the next record of {origin}/{epoch} is {expected}, not {got}")]
    Gap {
        origin: String,
        epoch: u32,
        expected: u64,
        got: u64,
    },
    #[error("fork: another record {origin}/{epoch}/{sequence} is held already; evidence kept")]
    Forked {
        origin: String,
        epoch: u32,
        sequence: u64,
    },
    #[error(
        "fork: the head signed by {origin}/{epoch} for size {size} does not cover the records; evidence kept"
    )]
    HeadForked {
        origin: String,
        epoch: u32,
        size: u64,
    },
    #[error("rolled back: {origin}/{epoch} has {size} records here, but signed a head of {signed}")]
    RolledBack {
        origin: String,
        epoch: u32,
        size: u64,
        signed: u64,
    },
    #[error("the head of {origin}/{epoch}: {why}")]
    Head {
        origin: String,
        epoch: u32,
        why: String,
    },
    #[error("record {name}: {why}")]
    Record { name: String, why: String },
    #[error("too much at once: {what}, at most {limit}")]
    TooMuch { what: String, limit: u64 },
    #[error("there is no {0}")]
    Unknown(String),
    #[error("blob {hash}: {have} of {total} bytes are here, so the next are not from {offset}")]
    BlobGap {
        hash: BlobHash,
        have: u64,
        total: u64,
        offset: u64,
    },
    #[error("blob {hash}: said to have {said} bytes, now {total}")]
    BlobTotal {
        hash: BlobHash,
        said: u64,
        total: u64,
    },
    #[error("blob {hash}: the bytes received hash to {found}; they were discarded")]
    BlobMismatch { hash: BlobHash, found: BlobHash },
}
