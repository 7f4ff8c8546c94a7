//! The tables of `ledger.db`, and how connections to it are opened.
//!
//! What is true stands in `record.bytes` and in the signed heads of `stream`. Every other column
//! can be computed from these and is checked against them.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

pub(crate) const VERSION: i64 = 1;

/// `held`: what this node holds of the stream, signed by this node. `head`: the newest head by the
/// stream's own writer that was verified against the records. `announced`: one for records that
/// are still to come.
pub(crate) const SCHEMA: &str = "
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    key TEXT NOT NULL,
    held TEXT NOT NULL,
    head TEXT,
    announced TEXT,
    UNIQUE (origin, epoch)
) STRICT;
CREATE TABLE record (
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    passage TEXT,
    leaf BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_passage ON record (passage) WHERE passage IS NOT NULL;
CREATE TABLE tile (
    stream INTEGER NOT NULL,
    number INTEGER NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY (stream, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    why TEXT NOT NULL,
    head TEXT,
    bytes BLOB
) STRICT;
";

pub(crate) const DATABASE: &str = "ledger.db";

pub(crate) fn writing(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(DATABASE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // On a full disk the log cannot be emptied into the database: what it holds is room that
        // is needed twice. 2 MiB instead of the usual 4.
        .pragma("wal_autocheckpoint", "512")
        .busy_timeout(Duration::from_secs(5))
}

pub(crate) fn reading(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(DATABASE))
        .create_if_missing(false)
        .read_only(true)
        .busy_timeout(Duration::from_secs(5))
}
