//! A ledger read from outside, beside the program that writes it or when none runs: records, heads
//! and blobs, for copies that travel by other ways than the link. Changes nothing, takes no lock,
//! and verifies no more than each record's hash; the whole check is `verify`.

use std::path::{Path, PathBuf};

use domain::unit::BlobHash;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Row, SqlitePool};

use crate::blob::{BlobStatus, Blobs};
use crate::error::{Error, Refusal, Result};
use crate::head::{SignedHead, parse_origin_line};
use crate::ledger::read_records;
use crate::note::VerifierKey;
use crate::record::RawRecord;
use crate::schema;

/// One origin's ledger as it lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub origin: String,
    pub epoch: u32,
    pub key: VerifierKey,
    /// Records in the folder.
    pub size: u64,
    /// The newest head signed by the origin itself over records that are here.
    pub head: Option<SignedHead>,
    /// Written by this node.
    pub own: bool,
    id: i64,
}

/// The folder, opened for reading.
#[derive(Debug)]
pub struct Reading {
    folder: PathBuf,
    db: SqlitePool,
    blobs: Blobs,
    own: Option<String>,
}

impl Reading {
    /// # Errors
    /// There is no ledger in the folder.
    pub async fn open(folder: &Path) -> Result<Reading> {
        if !folder.join(schema::DATABASE).is_file() {
            let what = format!("ledger in {}", folder.display());
            return Err(Refusal::Unknown(what).into());
        }
        let db = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(schema::reading(folder));
        let public = std::fs::read_to_string(folder.join("key.pub")).unwrap_or_default();
        let public = public.trim_end().parse::<VerifierKey>().ok();
        let own = public.and_then(|it| parse_origin_line(it.name()));
        Ok(Reading {
            folder: folder.to_owned(),
            db,
            blobs: Blobs::beside(folder.join("blobs")),
            own: own.map(|(origin, _)| origin),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose ledger this is, where its public key says so.
    pub fn origin(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// Every origin and epoch, in that order, as of now.
    pub async fn streams(&self) -> Result<Vec<Stream>> {
        let sql = "SELECT id, origin, epoch, key, held, head,
                (SELECT count(*) FROM record WHERE record.stream = stream.id)
             FROM stream ORDER BY origin, epoch";
        let rows = sqlx::query(sql).fetch_all(&self.db).await?;
        let mut streams = Vec::with_capacity(rows.len());
        for row in &rows {
            let (origin, epoch): (String, u32) = (row.try_get(1)?, row.try_get(2)?);
            let unreadable = |why: String| Error::Fatal(format!("{origin}/{epoch}: {why}"));
            let key = row.try_get::<String, _>(3)?;
            let key = key.parse().map_err(|e| unreadable(format!("key: {e}")))?;
            let own = self.own.as_deref() == Some(origin.as_str());
            let note: Option<String> = if own {
                row.try_get(4)?
            } else {
                row.try_get(5)?
            };
            let head = note.map(|it| it.parse::<SignedHead>()).transpose();
            let head = head.map_err(|e| unreadable(format!("head: {e}")))?;
            streams.push(Stream {
                id: row.try_get(0)?,
                size: row.try_get::<i64, _>(6)? as u64,
                origin,
                epoch,
                key,
                head,
                own,
            });
        }
        Ok(streams)
    }

    /// As [`crate::Ledger::read`].
    pub async fn read(&self, stream: &Stream, from: u64, limit: usize) -> Result<Vec<RawRecord>> {
        let name = (stream.origin.as_str(), stream.epoch);
        read_records(&self.db, stream.id, name, from, limit).await
    }

    pub fn blob_status(&self, hash: &BlobHash) -> Result<BlobStatus> {
        self.blobs.status(hash)
    }

    /// As [`crate::Ledger::blob_range`].
    pub fn blob_range(&self, hash: &BlobHash, offset: u64, len: usize) -> Result<Option<Vec<u8>>> {
        self.blobs.range(hash, offset, len)
    }

    /// Whether the peer is known to hold this blob.
    pub fn is_delivered(&self, hash: &BlobHash) -> bool {
        self.blobs.is_delivered(hash)
    }
}
