//! A ledger's store in SQLite (`schema`): write-ahead log, `synchronous=FULL`; small files beside
//! the database. Queries only; what they must say is `keeper`'s and `check`'s business.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use crate::disk;
use crate::error::{Error, Result};
use crate::head::SignedHead;
use crate::keeper::Stream;
use crate::limits::HEAD_FILE_BYTES;
use crate::store::{Group, NewRow, RecordRow, Rows, Store, StreamRow};
use crate::tree::Hash;

/// Where head files lie, below the ledger's folder.
pub(crate) const HEADS: &str = "heads";

fn stream_row(row: &SqliteRow) -> Result<StreamRow, sqlx::Error> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(StreamRow {
        id: row.try_get(0)?,
        origin: text(row.try_get(1)?),
        epoch: row.try_get(2)?,
        key: text(row.try_get(3)?),
        held: text(row.try_get(4)?),
        head: row.try_get::<Option<_>, _>(5)?.map(text),
        announced: row.try_get::<Option<_>, _>(6)?.map(text),
    })
}

const COLUMNS_FROM: &str = "SELECT sequence, at, CAST(passage AS BLOB), leaf, bytes FROM record
     WHERE stream = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3";
const COLUMNS_OF: &str = "SELECT sequence, at, CAST(passage AS BLOB), leaf, bytes FROM record WHERE stream = $1 AND sequence = $2";

fn record_row(row: &SqliteRow) -> Result<RecordRow, sqlx::Error> {
    Ok(RecordRow {
        sequence: row.try_get::<i64, _>(0)? as u64,
        at: row.try_get(1)?,
        passage: row.try_get(2)?,
        leaf: row.try_get(3)?,
        bytes: row.try_get(4)?,
    })
}

impl Rows for SqliteConnection {
    async fn streams(&mut self) -> Result<Vec<Result<StreamRow>>> {
        // As bytes: a changed byte need not leave a text.
        let sql = "SELECT id, CAST(origin AS BLOB), epoch, CAST(key AS BLOB), CAST(held AS BLOB),
                CAST(head AS BLOB), CAST(announced AS BLOB)
             FROM stream ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(self).await?;
        Ok(rows.iter().map(|it| Ok(stream_row(it)?)).collect())
    }

    async fn page(&mut self, stream: i64, from: u64, limit: usize) -> Result<Vec<RecordRow>> {
        let rows = sqlx::query(COLUMNS_FROM)
            .bind(stream)
            .bind(from as i64)
            .bind(limit as i64)
            .fetch_all(self)
            .await?;
        rows.iter().map(|it| Ok(record_row(it)?)).collect()
    }

    async fn row(&mut self, stream: i64, sequence: u64) -> Result<Option<RecordRow>> {
        let row = sqlx::query(COLUMNS_OF)
            .bind(stream)
            .bind(sequence as i64)
            .fetch_optional(self)
            .await?;
        Ok(row.as_ref().map(record_row).transpose()?)
    }

    async fn leaves(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<Hash>> {
        let sql = "SELECT leaf FROM record WHERE stream = $1 AND sequence >= $2 AND sequence < $3
             ORDER BY sequence";
        let rows = sqlx::query(sql)
            .bind(stream)
            .bind(range.start as i64)
            .bind(range.end as i64)
            .fetch_all(self)
            .await?;
        let mut leaves = Vec::with_capacity(rows.len());
        for row in rows {
            let leaf: Vec<u8> = row.try_get(0)?;
            leaves.push(Hash::from_slice(&leaf).unwrap_or(Hash([0; 32])));
        }
        Ok(leaves)
    }

    async fn tiles(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<(u64, Option<Hash>)>> {
        let sql = "SELECT number, root FROM tile WHERE stream = $1 AND number >= $2 AND number < $3
             ORDER BY number";
        let rows = sqlx::query(sql)
            .bind(stream)
            .bind(range.start as i64)
            .bind(range.end as i64)
            .fetch_all(self)
            .await?;
        let tile = |row: &SqliteRow| {
            let root: Vec<u8> = row.try_get(1)?;
            Ok((row.try_get::<i64, _>(0)? as u64, Hash::from_slice(&root)))
        };
        rows.iter().map(tile).collect()
    }
}

/// The writer's connection and the small files of a ledger's folder.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub db: SqliteConnection,
    folder: PathBuf,
    existed: bool,
    heads: HeadFiles,
}

impl Sqlite {
    /// `existed`: the database was there before the connection made it.
    pub fn new(db: SqliteConnection, folder: &Path, existed: bool) -> Sqlite {
        Sqlite {
            db,
            folder: folder.to_owned(),
            existed,
            heads: HeadFiles::new(folder.join(HEADS)),
        }
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.db.close().await?)
    }

    pub async fn page_bytes(&mut self) -> Result<u64> {
        let row = sqlx::query("PRAGMA page_size")
            .fetch_one(&mut self.db)
            .await?;
        Ok(row.try_get::<i64, _>(0)?.max(512) as u64)
    }

    pub async fn set_max_pages(&mut self, pages: u64) -> Result<()> {
        // The only SQL with a number in its text: a pragma takes no parameter.
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(sql).execute(&mut self.db).await?;
        Ok(())
    }

    async fn roll_back(&mut self) {
        // It says so when there is nothing left to roll back; if it fails otherwise, the next
        // BEGIN fails too, and that is fatal.
        let _ = sqlx::query("ROLLBACK").execute(&mut self.db).await;
    }

    async fn write_rows(&mut self, group: &Group) -> Result<(), sqlx::Error> {
        let db = &mut self.db;
        for stream in group.changed.values() {
            let Stream {
                id,
                origin,
                epoch,
                key,
                held,
                head,
                announced,
                ..
            } = stream;
            let sql = "INSERT INTO stream (id, held, head, announced, origin, epoch, key)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE
                 SET held = excluded.held, head = excluded.head, announced = excluded.announced";
            sqlx::query(sql)
                .bind(id)
                .bind(held.as_str())
                .bind(head.as_ref().map(SignedHead::as_str))
                .bind(announced.as_ref().map(SignedHead::as_str))
                .bind(&**origin)
                .bind(epoch)
                .bind(key.to_string())
                .execute(&mut *db)
                .await?;
        }
        // Several rows a statement: each statement is a message to the connection's thread.
        let (chunks, rest) = group.rows.as_chunks::<INSERT_ROWS>();
        for rows in chunks {
            let all = rows.iter().fold(sqlx::query(INSERT_MANY), bind_row);
            all.execute(&mut *db).await?;
        }
        for row in rest {
            bind_row(sqlx::query(INSERT_ONE), row)
                .execute(&mut *db)
                .await?;
        }
        for tile in &group.tiles {
            let sql = "INSERT INTO tile (stream, number, root) VALUES ($1, $2, $3)";
            sqlx::query(sql)
                .bind(tile.stream)
                .bind(tile.number as i64)
                .bind(tile.root.0.as_slice())
                .execute(&mut *db)
                .await?;
        }
        for evidence in &group.evidence {
            let sql = "INSERT INTO evidence (stream, sequence, why, head, bytes)
                 SELECT $1, $2, $3, $4, $5
                 WHERE (SELECT count(*) FROM evidence WHERE stream = $1) < 100";
            sqlx::query(sql)
                .bind(evidence.stream)
                .bind(evidence.sequence as i64)
                .bind(evidence.why)
                .bind(evidence.head.as_deref())
                .bind(evidence.bytes.as_deref())
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

impl Rows for Sqlite {
    async fn streams(&mut self) -> Result<Vec<Result<StreamRow>>> {
        self.db.streams().await
    }

    async fn page(&mut self, stream: i64, from: u64, limit: usize) -> Result<Vec<RecordRow>> {
        self.db.page(stream, from, limit).await
    }

    async fn row(&mut self, stream: i64, sequence: u64) -> Result<Option<RecordRow>> {
        Rows::row(&mut self.db, stream, sequence).await
    }

    async fn leaves(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<Hash>> {
        self.db.leaves(stream, range).await
    }

    async fn tiles(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<(u64, Option<Hash>)>> {
        self.db.tiles(stream, range).await
    }
}

impl Store for Sqlite {
    async fn stage(&mut self, group: &Group) -> Result<()> {
        // By hand: SQLite ends a transaction by itself on some errors (a full disk is one), and
        // the library's own count of open transactions does not follow it there.
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.db).await?;
        let written = self.write_rows(group).await;
        if written.is_err() {
            self.roll_back().await;
        }
        Ok(written?)
    }

    async fn sync(&mut self) -> Result<()> {
        let committed = sqlx::query("COMMIT").execute(&mut self.db).await;
        if committed.is_err() {
            self.roll_back().await;
        }
        Ok(committed.map(drop)?)
    }

    fn file(&mut self, name: &str) -> Result<Option<String>> {
        match fs::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::file(name, e)),
        }
    }

    fn write_file(&mut self, name: &str, text: &str) -> Result<()> {
        let mode = if name.ends_with(".pub") { 0o644 } else { 0o600 };
        let temporary = self.folder.join(format!("{name}.new"));
        disk::write_whole(&self.folder.join(name), &temporary, text.as_bytes(), mode)
            .map_err(|e| Error::file(name, e))
    }

    fn existed(&self) -> bool {
        self.existed
    }

    fn note(&mut self, origin: &str, epoch: u32) -> Result<Option<String>> {
        read_head_file(&self.folder, origin, epoch)
    }

    fn write_note(&mut self, origin: &str, epoch: u32, note: &str) -> Result<()> {
        self.heads
            .write(origin, epoch, note)
            .map_err(|e| Error::file("a head file", e))
    }
}

const INSERT_ROWS: usize = 16;
const INSERT_ONE: &str =
    "INSERT INTO record (stream, sequence, at, passage, leaf, bytes) VALUES (?, ?, ?, ?, ?, ?)";
const INSERT_MANY: &str = "INSERT INTO record (stream, sequence, at, passage, leaf, bytes) VALUES
     (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?),
     (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?),
     (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?),
     (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)";

type Insert<'a> = sqlx::query::Query<'a, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind_row<'a>(insert: Insert<'a>, row: &'a NewRow) -> Insert<'a> {
    insert
        .bind(row.stream)
        .bind(row.sequence as i64)
        .bind(row.at)
        .bind(row.passage.as_deref())
        .bind(row.leaf.0.as_slice())
        .bind(row.bytes.as_slice())
}

/// `heads/<origin>.<epoch>`: the newest note of each stream once more, outside the database, so
/// that a database which lost its last transactions is seen to have lost them.
#[derive(Debug)]
pub(crate) struct HeadFiles {
    folder: PathBuf,
    open: BTreeMap<(String, u32), File>,
}

impl HeadFiles {
    pub(crate) fn new(folder: PathBuf) -> HeadFiles {
        HeadFiles {
            folder,
            open: BTreeMap::new(),
        }
    }

    /// Overwrites one sector in place, not synced: a power cut may leave an older head, which
    /// the check accepts, and never one newer than the database.
    pub(crate) fn write(&mut self, origin: &str, epoch: u32, note: &str) -> std::io::Result<()> {
        let key = (origin.to_owned(), epoch);
        let mut bytes = note.as_bytes().to_vec();
        bytes.resize(HEAD_FILE_BYTES, b' ');
        let file = match self.open.entry(key) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let path = self.folder.join(file_name(origin, epoch));
                let file = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(path)?;
                entry.insert(file)
            }
        };
        file.write_all_at(&bytes, 0)
    }
}

pub(crate) fn file_name(origin: &str, epoch: u32) -> String {
    format!("{origin}.{epoch}")
}

/// The note in a head file without its padding; `None` when there is no file.
pub(crate) fn read_head_file(folder: &Path, origin: &str, epoch: u32) -> Result<Option<String>> {
    match fs::read(folder.join(HEADS).join(file_name(origin, epoch))) {
        Ok(bytes) => Ok(Some(
            String::from_utf8_lossy(&bytes)
                .trim_end_matches(' ')
                .to_owned(),
        )),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file("a head file", e)),
    }
}
