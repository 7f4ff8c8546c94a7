//! The handle that everybody clones: open, append, copy, read, and the blobs.
//!
//! Nothing here writes the database; calls go to the one writer and come back when they are
//! durable. Reads go to read-only connections and see what was committed.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use domain::unit::{BlobHash, PassageId, UtcMs};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, Row, SqliteConnection, SqlitePool};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::blob::{BlobStatus, Blobs, Evicted};
use crate::check::{self, Damage};
use crate::closed;
use crate::disk::{self, Reserve, Room, Space};
use crate::error::{Error, Refusal, Result};
use crate::head::{SignedHead, is_origin};
use crate::keeper::{self, CopyOutcome, Keeper, Opening};
use crate::limits;
use crate::note::VerifierKey;
use crate::record::{Draft, RawRecord, Record};
use crate::schema;
use crate::sqlite::{HEADS, Sqlite};
use crate::tree::{self, Hash};
use crate::writer::{Call, Quota, Writer};

/// How a ledger is opened. `Options::default()` is right for a node.
#[derive(Debug, Clone)]
pub struct Options {
    /// The newest epoch of this origin that is known elsewhere (at the centre). The ledger
    /// begins a later one unless its own is later already.
    pub after_epoch: u32,
    /// Below this much free space, `space` is low and blobs are refused.
    pub low_water_bytes: u64,
    /// Preallocated for the records that must be written on a full disk.
    pub reserve_bytes: u64,
    /// The most that `ledger.db` may take, the reserve included; no limit but the disk's if
    /// absent.
    pub quota_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            after_epoch: 0,
            low_water_bytes: limits::LOW_WATER_BYTES,
            reserve_bytes: limits::RESERVE_BYTES,
            quota_bytes: None,
        }
    }
}

/// What the start found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartReport {
    pub origin: String,
    pub epoch: u32,
    /// The folder held no ledger before.
    pub created: bool,
    /// Why a new epoch began although there had been an earlier one.
    pub new_epoch: Option<String>,
    /// Records whose bytes, hashes and tree were verified, over all origins.
    pub verified_records: u64,
    pub streams: Vec<OriginStatus>,
    /// Odd, and mended: e.g. a head file that a power cut had left unreadable.
    pub warnings: Vec<String>,
}

/// What is here of one origin's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginStatus {
    pub origin: String,
    pub epoch: u32,
    /// Records held; the next one is this sequence.
    pub size: u64,
    /// Signed by the origin and verified against the records; `None` until one came.
    pub head: Option<SignedHead>,
    /// Signed by this node: it holds, durably, `size` records under this root. A receipt.
    pub held: SignedHead,
    /// Signed by the origin, of more records than are here.
    pub announced: Option<SignedHead>,
    /// Every record here is covered by the origin's signature, and none is known to be missing.
    pub complete: bool,
}

/// A ledger grew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    pub origin: Arc<str>,
    pub epoch: u32,
    pub size: u64,
}

/// What contradicts a copied ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The record, or the size of the head.
    pub sequence: u64,
    pub why: String,
    /// The note, as it came.
    pub head: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

/// The handle. Cheap to clone; the ledger closes when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
    calls: mpsc::Sender<Call>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    folder: PathBuf,
    origin: String,
    epoch: u32,
    key: VerifierKey,
    options: Options,
    pub(crate) readers: SqlitePool,
    statuses: RwLock<BTreeMap<(String, u32), (i64, OriginStatus)>>,
    growth: broadcast::Sender<Growth>,
    blobs: Blobs,
    on_reserve: AtomicBool,
    /// Held as long as anybody may write: one process, one ledger.
    lock: File,
}

impl Shared {
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets another handle open the folder although clones of this one are still around.
    pub(crate) fn unlock(&self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "unlocking the ledger's folder");
        }
    }

    pub(crate) fn set_status(&self, id: i64, status: OriginStatus) {
        let key = (status.origin.clone(), status.epoch);
        match self.statuses.write() {
            Ok(mut statuses) => statuses.insert(key, (id, status)),
            Err(poisoned) => poisoned.into_inner().insert(key, (id, status)),
        };
    }

    fn statuses<T>(
        &self,
        read: impl FnOnce(&BTreeMap<(String, u32), (i64, OriginStatus)>) -> T,
    ) -> T {
        match self.statuses.read() {
            Ok(statuses) => read(&statuses),
            Err(poisoned) => read(&poisoned.into_inner()),
        }
    }

    pub(crate) fn grown(&self, growth: Growth) {
        // Nobody listening is no error.
        let _ = self.growth.send(growth);
    }

    pub(crate) fn reserve_released(&self) {
        self.on_reserve.store(true, Ordering::Relaxed);
    }

    pub(crate) fn reserve_held(&self) {
        self.on_reserve.store(false, Ordering::Relaxed);
    }

    pub(crate) fn has_room_for_reserve(&self) -> bool {
        let wanted = self
            .options
            .low_water_bytes
            .saturating_add(self.options.reserve_bytes);
        disk::free_bytes(&self.folder).is_ok_and(|free| free > wanted)
    }

    fn space(&self) -> Result<Space> {
        let free_bytes = disk::free_bytes(&self.folder)?;
        Ok(if self.on_reserve.load(Ordering::Relaxed) {
            Space::Reserve { free_bytes }
        } else if free_bytes < self.options.low_water_bytes {
            Space::Low { free_bytes }
        } else {
            Space::Ample { free_bytes }
        })
    }
}

const BLOBS: &str = "blobs";

impl Ledger {
    /// Opens the ledger of `origin` in `folder`, creating both if need be, and verifies every
    /// record of every stream against its signed heads.
    ///
    /// # Errors
    /// [`Error::Damaged`] names the first record that was changed or is missing. Refused when the
    /// folder is another origin's, fatal when another process has it open.
    pub async fn open(
        folder: &Path,
        origin: &str,
        options: Options,
    ) -> Result<(Ledger, StartReport)> {
        if !is_origin(origin) {
            return Err(Refusal::Origin(origin.to_owned()).into());
        }
        let lock = make_folders(folder)?;
        take_lock(&lock, folder).await?;
        let blobs = Blobs::open(folder.join(BLOBS))?;
        let existed = folder.join(schema::DATABASE).exists();
        closed::forget(folder).map_err(|e| Error::file("closed", e))?;
        let mut db = SqliteConnection::connect_with(&schema::writing(folder)).await?;
        ensure_schema(&mut db).await?;

        let mut seed = [0_u8; 32];
        rand::fill(&mut seed);
        let opening = Opening {
            after_epoch: options.after_epoch,
            seed,
        };
        let store = Sqlite::new(db, folder, existed);
        let (mut keeper, opened) = Keeper::open(store, origin, opening).await?;
        let reserve = Reserve::new(folder, options.reserve_bytes);
        let quota = quota(&mut keeper.store, &options).await?;
        if let Some(quota) = quota {
            keeper.store.set_max_pages(quota.usual_pages).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(limits::READERS)
            .connect_lazy_with(schema::reading(folder));
        let (growth, _) = broadcast::channel(limits::GROWTH_PLACES);
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            origin: origin.to_owned(),
            epoch: opened.epoch,
            key: keeper.key().clone(),
            on_reserve: AtomicBool::new(!reserve.is_held()),
            options,
            readers,
            statuses: RwLock::default(),
            growth,
            blobs,
            lock,
        });
        for (at, stream) in keeper.streams().iter().enumerate() {
            shared.set_status(stream.id, stream.status(at == keeper.own()));
        }
        let report = StartReport {
            origin: origin.to_owned(),
            epoch: opened.epoch,
            created: !existed,
            new_epoch: opened.new_epoch,
            verified_records: opened.verified_records,
            streams: shared.statuses(|all| all.values().map(|(_, it)| it.clone()).collect()),
            warnings: opened.warnings,
        };
        let (calls, receiver) = mpsc::channel(limits::QUEUE_CALLS);
        let writer = Writer {
            keeper,
            reserve,
            quota,
            shared: shared.clone(),
        };
        tokio::spawn(writer.run(receiver));
        Ok((Ledger { shared, calls }, report))
    }

    /// Whether a program has this folder's ledger open now.
    pub fn is_in_use(folder: &Path) -> bool {
        let lock = File::open(folder.join("lock"));
        lock.is_ok_and(|it| matches!(it.try_lock(), Err(TryLockError::WouldBlock)))
    }

    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// The epoch that `append` writes.
    pub fn epoch(&self) -> u32 {
        self.shared.epoch
    }

    /// The public key of this ledger's current epoch, for others to `trust`.
    pub fn key(&self) -> &VerifierKey {
        &self.shared.key
    }

    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    async fn call<T>(&self, make: impl FnOnce(oneshot::Sender<Result<T>>) -> Call) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let closed = || Error::Fatal("it was closed".to_owned());
        self.calls.send(make(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Records these facts, in this order and one after the other, all or none. They are durable
    /// when it returns. Calls are written in the order in which they were made; those that wait
    /// together share one transaction and one signed head. Giving up waiting does not undo it.
    ///
    /// # Errors
    /// Refused: a fact too long for a record. Retry: disk full or busy, nothing was written.
    /// Fatal: whether it was written is known after the next start.
    pub async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Record>> {
        if drafts.len() > limits::BATCH_RECORDS {
            let what = format!("{} facts", drafts.len());
            return Err(Refusal::TooMuch {
                what,
                limit: limits::BATCH_RECORDS as u64,
            }
            .into());
        }
        self.call(|reply| Call::Append { drafts, reply }).await
    }

    /// Believe heads of `origin`'s `epoch` that this key signed. Necessary before `copy`.
    /// Repeating it is no error; another key for the same epoch is refused.
    pub async fn trust(&self, origin: &str, epoch: u32, key: VerifierKey) -> Result<()> {
        let origin = origin.to_owned();
        self.call(|reply| Call::Trust {
            origin,
            epoch,
            key,
            reply,
        })
        .await
    }

    /// Keeps copies of another ledger's records: durable when it returns, once each however often
    /// they come. `head` is signed by that ledger; it may be of fewer or more records.
    ///
    /// # Errors
    /// Refused, and nothing of the call is kept: no trusted key, a gap, bytes that are no record,
    /// a bad signature. A fork (another record of that number is held, or the signed root is not
    /// that of the records) is refused too, and what proves it is kept: `evidence`.
    pub async fn copy(
        &self,
        origin: &str,
        epoch: u32,
        records: Vec<RawRecord>,
        head: Option<SignedHead>,
    ) -> Result<CopyOutcome> {
        let origin = origin.to_owned();
        self.call(|reply| Call::Copy {
            origin,
            epoch,
            records,
            head,
            reply,
        })
        .await
    }

    /// Stops writing and closes the files. Calls that waited before it are written; later ones
    /// get an error, from every clone of this handle.
    pub async fn close(&self) -> Result<()> {
        self.call(|reply| Call::Close { reply }).await
    }

    /// What is here of every origin and epoch, in that order.
    pub fn status(&self) -> Vec<OriginStatus> {
        self.shared
            .statuses(|all| all.values().map(|(_, it)| it.clone()).collect())
    }

    pub fn status_of(&self, origin: &str, epoch: u32) -> Option<OriginStatus> {
        let key = (origin.to_owned(), epoch);
        self.shared
            .statuses(|all| all.get(&key).map(|(_, it)| it.clone()))
    }

    /// The newest verified head of the newest epoch of `origin`.
    pub fn head(&self, origin: &str) -> Option<SignedHead> {
        self.shared.statuses(|all| {
            all.values()
                .rev()
                .map(|(_, it)| it)
                .find(|it| it.origin == origin)?
                .head
                .clone()
        })
    }

    /// Every growth from now on. A reader that is told it lagged asks `status`.
    pub fn subscribe(&self) -> broadcast::Receiver<Growth> {
        self.shared.growth.subscribe()
    }

    fn stream_id(&self, origin: &str, epoch: u32) -> Result<i64> {
        let key = (origin.to_owned(), epoch);
        self.shared
            .statuses(|all| all.get(&key).map(|(id, _)| *id))
            .ok_or_else(|| Refusal::Unknown(format!("ledger {origin}/{epoch}")).into())
    }

    /// Records from sequence `from` on: at most `limit`, and at most `limits::READ_RECORDS` and
    /// `limits::READ_BYTES`; none at the end. Each is checked against its hash.
    pub async fn read(
        &self,
        origin: &str,
        epoch: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<RawRecord>> {
        let stream = self.stream_id(origin, epoch)?;
        read_records(&self.shared.readers, stream, (origin, epoch), from, limit).await
    }

    /// Every record of a passage, from all origins: by time, and never against the order in which
    /// one origin wrote them.
    pub async fn passage(&self, passage: &PassageId) -> Result<Vec<RawRecord>> {
        let sql = "SELECT record.sequence, record.leaf, record.bytes, record.at, stream.origin,
                stream.epoch
             FROM record JOIN stream ON stream.id = record.stream
             WHERE record.passage = $1
             ORDER BY record.stream, record.sequence LIMIT $2";
        let rows = sqlx::query(sql)
            .bind(passage.to_string())
            .bind(limits::PASSAGE_RECORDS as i64 + 1)
            .fetch_all(&self.shared.readers)
            .await?;
        if rows.len() > limits::PASSAGE_RECORDS {
            let what = format!("the records of passage {passage}");
            return Err(Refusal::TooMuch {
                what,
                limit: limits::PASSAGE_RECORDS as u64,
            }
            .into());
        }
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let (origin, epoch): (String, u32) = (row.try_get(4)?, row.try_get(5)?);
            found.push((row.try_get::<i64, _>(3)?, checked_row(&origin, epoch, row)?));
        }
        Ok(in_time_order(found))
    }

    /// The hashes that show record `sequence` in the tree of the first `size` records.
    pub async fn inclusion_proof(
        &self,
        origin: &str,
        epoch: u32,
        sequence: u64,
        size: u64,
    ) -> Result<Vec<Hash>> {
        let ranges = tree::inclusion_ranges(sequence, size);
        self.proof(origin, epoch, size, ranges).await
    }

    /// The hashes that show the first `old` records as a prefix of the first `new` ones.
    pub async fn consistency_proof(
        &self,
        origin: &str,
        epoch: u32,
        old: u64,
        new: u64,
    ) -> Result<Vec<Hash>> {
        self.proof(origin, epoch, new, tree::consistency_ranges(old, new))
            .await
    }

    async fn proof(
        &self,
        origin: &str,
        epoch: u32,
        size: u64,
        ranges: Option<Vec<std::ops::Range<u64>>>,
    ) -> Result<Vec<Hash>> {
        let stream = self.stream_id(origin, epoch)?;
        let held = self.status_of(origin, epoch).map_or(0, |it| it.size);
        let unknown = || Refusal::Unknown(format!("tree of {size} records of {origin}/{epoch}"));
        let ranges = ranges.filter(|_| size <= held).ok_or_else(unknown)?;
        let mut db = self.shared.readers.acquire().await?;
        let mut proof = Vec::with_capacity(ranges.len());
        for range in ranges {
            proof.push(keeper::range(&mut *db, stream, range).await?.root());
        }
        Ok(proof)
    }

    /// The root over the first `size` records held of a ledger.
    pub async fn root_at(&self, origin: &str, epoch: u32, size: u64) -> Result<Hash> {
        let stream = self.stream_id(origin, epoch)?;
        let held = self.status_of(origin, epoch).map_or(0, |it| it.size);
        if size > held {
            let what = format!("tree of {size} records of {origin}/{epoch}");
            return Err(Refusal::Unknown(what).into());
        }
        let mut db = self.shared.readers.acquire().await?;
        Ok(keeper::range(&mut *db, stream, 0..size).await?.root())
    }

    /// Whether a head that this ledger signed once, and that somebody else kept, still fits it.
    /// It does not after an old backup was restored: then open it again with `after_epoch`.
    pub async fn confirm(&self, head: &SignedHead) -> Result<()> {
        let SignedHead {
            origin,
            epoch,
            size: signed,
            ..
        } = head;
        let Some(status) = self.status_of(origin, *epoch) else {
            return Err(Refusal::Unknown(format!("ledger {origin}/{epoch}")).into());
        };
        if *epoch == self.epoch() && *origin == self.shared.origin {
            head.verify(self.key()).map_err(|e| Refusal::Head {
                origin: origin.clone(),
                epoch: *epoch,
                why: e.to_string(),
            })?;
        }
        let (origin, epoch) = (origin.clone(), *epoch);
        if *signed > status.size {
            let (size, signed) = (status.size, *signed);
            return Err(Refusal::RolledBack {
                origin,
                epoch,
                size,
                signed,
            }
            .into());
        }
        if self.root_at(&origin, epoch, *signed).await? != head.root {
            return Err(Refusal::HeadForked {
                origin,
                epoch,
                size: *signed,
            }
            .into());
        }
        Ok(())
    }

    /// What was kept of forks of a copied ledger, oldest first: bytes and heads that contradict
    /// what is held. At most 100 of a ledger.
    pub async fn evidence(&self, origin: &str, epoch: u32) -> Result<Vec<Evidence>> {
        let stream = self.stream_id(origin, epoch)?;
        let sql = "SELECT sequence, why, head, bytes FROM evidence WHERE stream = $1 ORDER BY id";
        let rows = sqlx::query(sql)
            .bind(stream)
            .fetch_all(&self.shared.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Evidence {
                    sequence: row.try_get::<i64, _>(0)? as u64,
                    why: row.try_get(1)?,
                    head: row.try_get(2)?,
                    bytes: row.try_get(3)?,
                })
            })
            .collect()
    }

    pub fn free_bytes(&self) -> Result<u64> {
        disk::free_bytes(&self.shared.folder)
    }

    /// Whether there is room for new work. Ask before taking in a vehicle; `append` never does.
    pub fn space(&self) -> Result<Space> {
        self.shared.space()
    }

    async fn with_blobs<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Blobs) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = self.shared.clone();
        tokio::task::spawn_blocking(move || work(&shared.blobs))
            .await
            .map_err(|e| Error::Fatal(format!("a blob's file work did not end: {e}")))?
    }

    fn has_room_for_blobs(&self) -> Result<()> {
        match self.space()? {
            Space::Ample { .. } => Ok(()),
            Space::Low { free_bytes } | Space::Reserve { free_bytes } => {
                Err(Error::DiskLow { free_bytes })
            }
        }
    }

    /// Keeps a blob; durable when it returns. The same bytes are kept once.
    pub async fn put_blob(&self, bytes: &[u8]) -> Result<BlobHash> {
        self.has_room_for_blobs()?;
        let bytes = bytes.to_vec();
        self.with_blobs(move |blobs| blobs.put(&bytes)).await
    }

    /// The whole blob, verified against its hash; `None` when it is absent or partial.
    pub async fn blob(&self, hash: BlobHash) -> Result<Option<Vec<u8>>> {
        self.with_blobs(move |blobs| blobs.whole(&hash)).await
    }

    /// Some bytes of a whole blob, at most `limits::BLOB_CHUNK_BYTES`, unverified.
    pub async fn blob_range(
        &self,
        hash: BlobHash,
        offset: u64,
        len: usize,
    ) -> Result<Option<Vec<u8>>> {
        self.with_blobs(move |blobs| blobs.range(&hash, offset, len))
            .await
    }

    pub async fn blob_status(&self, hash: BlobHash) -> Result<BlobStatus> {
        self.with_blobs(move |blobs| blobs.status(&hash)).await
    }

    /// What has arrived of a blob that is still partial, with its total length. Unverified: good
    /// enough to look at, not to decide on.
    pub async fn partial_blob(&self, hash: BlobHash) -> Result<Option<(Vec<u8>, u64)>> {
        self.with_blobs(move |blobs| blobs.prefix(&hash)).await
    }

    /// The next bytes of a blob that arrives in pieces. Bytes that are here are skipped.
    ///
    /// # Errors
    /// Refused: a hole, another total than before, bytes whose hash is wrong in the end (then
    /// everything of it is discarded). Retry: little room.
    pub async fn write_blob_at(
        &self,
        hash: BlobHash,
        total: u64,
        offset: u64,
        bytes: &[u8],
    ) -> Result<BlobStatus> {
        self.has_room_for_blobs()?;
        let bytes = bytes.to_vec();
        self.with_blobs(move |blobs| blobs.write_at(&hash, total, offset, &bytes))
            .await
    }

    /// Removes what is here of a blob: a damaged or partial one, so that it can come again.
    pub async fn forget_blob(&self, hash: BlobHash) -> Result<()> {
        self.with_blobs(move |blobs| blobs.forget(&hash)).await
    }

    /// Free and total bytes of the ledger's disk.
    pub fn room(&self) -> Result<Room> {
        disk::room(&self.shared.folder)
    }

    /// The peer holds this blob, whole and durably: it may be evicted here.
    pub async fn mark_blob_delivered(&self, hash: BlobHash) -> Result<()> {
        self.with_blobs(move |blobs| blobs.mark_delivered(&hash))
            .await
    }

    /// Removes blobs that the peer holds, the longest kept first, until the disk is used to at
    /// most `percent`. What no peer acknowledged is never touched, however full the disk is.
    pub async fn evict_delivered(&self, percent: u8) -> Result<Evicted> {
        let folder = self.shared.folder.clone();
        self.with_blobs(move |blobs| {
            let mut evicted = Evicted::default();
            for it in blobs.delivered()? {
                if disk::room(&folder)?.used_percent() <= percent {
                    break;
                }
                let bytes = blobs.evict(&it.hash)?;
                evicted.blobs += u64::from(bytes > 0);
                evicted.bytes += bytes;
            }
            Ok(evicted)
        })
        .await
    }

    /// When this blob was evicted here; `None` when it is here or never was.
    pub async fn blob_evicted_at(&self, hash: BlobHash) -> Result<Option<UtcMs>> {
        self.with_blobs(move |blobs| {
            let since = blobs
                .evicted_at(&hash)
                .and_then(|it| it.duration_since(std::time::SystemTime::UNIX_EPOCH).ok());
            Ok(since.map(|it| UtcMs(i64::try_from(it.as_millis()).unwrap_or(i64::MAX))))
        })
        .await
    }

    /// Where a whole blob lies, for a program that serves files.
    pub fn blob_path(&self, hash: &BlobHash) -> PathBuf {
        self.shared.blobs.path(hash)
    }
}

/// As [`Ledger::read`], of the stream with this number.
pub(crate) async fn read_records(
    db: &SqlitePool,
    stream: i64,
    (origin, epoch): (&str, u32),
    from: u64,
    limit: usize,
) -> Result<Vec<RawRecord>> {
    let limit = limit.min(limits::READ_RECORDS);
    let mut records: Vec<RawRecord> = Vec::new();
    let mut bytes = 0;
    let mut next = from;
    // In steps: one query of many long records would hold far more than is returned.
    while records.len() < limit && bytes < limits::READ_BYTES {
        let step = (limit - records.len()).min(256);
        let sql = "SELECT sequence, leaf, bytes FROM record
             WHERE stream = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3";
        let rows = sqlx::query(sql)
            .bind(stream)
            .bind(i64::try_from(next).unwrap_or(i64::MAX))
            .bind(step as i64)
            .fetch_all(db)
            .await?;
        let last = rows.len() < step;
        for row in &rows {
            let record = checked_row(origin, epoch, row)?;
            if record.sequence != next {
                let origin = origin.to_owned();
                let last = record.sequence.saturating_sub(1);
                return Err(Error::damaged(Damage::Missing {
                    origin,
                    epoch,
                    first: next,
                    last,
                }));
            }
            bytes += record.bytes.len();
            if bytes > limits::READ_BYTES && !records.is_empty() {
                return Ok(records);
            }
            next += 1;
            records.push(record);
        }
        if last {
            break;
        }
    }
    Ok(records)
}

pub(crate) fn checked_row(
    origin: &str,
    epoch: u32,
    row: &sqlx::sqlite::SqliteRow,
) -> Result<RawRecord> {
    let sequence = row.try_get::<i64, _>(0)? as u64;
    let leaf: Vec<u8> = row.try_get(1)?;
    let bytes: Vec<u8> = row.try_get(2)?;
    let record = RawRecord {
        origin: origin.to_owned(),
        epoch,
        sequence,
        bytes,
    };
    check::hashed(record, &leaf)
}

/// Merges streams (given one after the other, each in sequence order) by time; a clock set back
/// within a stream does not change the order of that stream.
pub(crate) fn in_time_order(found: Vec<(i64, RawRecord)>) -> Vec<RawRecord> {
    let mut latest: Option<(String, u32, i64)> = None;
    let mut timed: Vec<(i64, RawRecord)> = Vec::with_capacity(found.len());
    for (at, record) in found {
        let same = latest
            .take()
            .filter(|(o, e, _)| (o, *e) == (&record.origin, record.epoch));
        let at = same.map_or(at, |(_, _, before)| before.max(at));
        latest = Some((record.origin.clone(), record.epoch, at));
        timed.push((at, record));
    }
    // Stable, so equal times keep the order of streams and sequences.
    timed.sort_by_key(|(at, _)| *at);
    timed.into_iter().map(|(_, record)| record).collect()
}

/// The folders, and the lock that keeps a second process out.
fn make_folders(folder: &Path) -> Result<File> {
    let make = || -> std::io::Result<File> {
        disk::make_folder(folder)?;
        disk::make_folder(&folder.join(HEADS))?;
        File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))
    };
    make().map_err(|e| Error::file(&folder.display().to_string(), e))
}

/// Waits a moment: a handle that was dropped, or a process that was killed, closes its files a
/// little later.
async fn take_lock(lock: &File, folder: &Path) -> Result<()> {
    for _ in 0..50 {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", error)),
        }
    }
    Err(Error::Fatal(format!(
        "another process has {} open",
        folder.display()
    )))
}

async fn ensure_schema(db: &mut SqliteConnection) -> Result<()> {
    let row = sqlx::query("PRAGMA user_version")
        .fetch_one(&mut *db)
        .await?;
    match row.try_get::<i64, _>(0)? {
        schema::VERSION => Ok(()),
        0 => {
            let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::raw_sql(schema::SCHEMA).execute(&mut *tx).await?;
            sqlx::raw_sql("PRAGMA user_version = 1")
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        }
        other => {
            let why = format!(
                "its version is {other}; this software reads {}",
                schema::VERSION
            );
            Err(Error::damaged(Damage::Database { why }))
        }
    }
}

async fn quota(store: &mut Sqlite, options: &Options) -> Result<Option<Quota>> {
    let Some(bytes) = options.quota_bytes else {
        return Ok(None);
    };
    let page = store.page_bytes().await?;
    let usual_pages = bytes.saturating_sub(options.reserve_bytes) / page;
    Ok(Some(Quota {
        usual_pages,
        all_pages: bytes / page,
    }))
}
