//! The one writer of `ledger.db`: takes calls in order, writes all that wait in one transaction,
//! and answers when the disk has it.
//!
//! A call is first *prepared* against the state that the calls before it will leave (sequences,
//! hashes, gaps, forks, signatures); a refusal answers that call alone. Then everything prepared
//! is written and committed, and only then does the state change and are the callers answered.
//! After an error of unknown effect the writer answers nothing but that error: start again.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::disk::Reserve;
use crate::error::{Class, Error, Refusal, Result};
use crate::head::{SignedHead, origin_line};
use crate::ledger::{Growth, OriginStatus, Shared};
use crate::limits::{BATCH_RECORDS, GROUP_RECORDS, HEAD_FILE_BYTES, TILE_LEAVES, TREE_SIZE};
use crate::note::{SignerKey, VerifierKey};
use crate::record::{Draft, RawRecord, Record};
use crate::tree::{Frontier, Hash, leaf_hash};

/// What a `copy` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyOutcome {
    pub new: u64,
    /// Records that were here already, with the same bytes.
    pub duplicates: u64,
    /// Records of this origin and epoch that are here now, and durable.
    pub size: u64,
}

pub(crate) enum Call {
    Append {
        drafts: Vec<Draft>,
        reply: oneshot::Sender<Result<Vec<Record>>>,
    },
    Copy {
        origin: String,
        epoch: u32,
        records: Vec<RawRecord>,
        head: Option<SignedHead>,
        reply: oneshot::Sender<Result<CopyOutcome>>,
    },
    Trust {
        origin: String,
        epoch: u32,
        key: VerifierKey,
        reply: oneshot::Sender<Result<()>>,
    },
    Close {
        reply: oneshot::Sender<Result<()>>,
    },
}

impl Call {
    fn records(&self) -> usize {
        match self {
            Call::Append { drafts, .. } => drafts.len(),
            Call::Copy { records, .. } => records.len(),
            Call::Trust { .. } | Call::Close { .. } => 0,
        }
    }
}

/// A stream as of the last commit (or, in a group, as of the calls before).
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub id: i64,
    pub origin: Arc<str>,
    pub epoch: u32,
    pub key: VerifierKey,
    pub frontier: Frontier,
    pub held: SignedHead,
    pub head: Option<SignedHead>,
    pub announced: Option<SignedHead>,
}

impl Stream {
    pub(crate) fn status(&self, own: bool) -> OriginStatus {
        let size = self.frontier.size();
        let head = if own {
            Some(self.held.clone())
        } else {
            self.head.clone()
        };
        let proven = head.as_ref().map_or(0, |it| it.size);
        OriginStatus {
            origin: self.origin.to_string(),
            epoch: self.epoch,
            size,
            head,
            held: self.held.clone(),
            announced: self.announced.clone(),
            complete: proven == size && self.announced.is_none(),
        }
    }
}

pub(crate) struct Writer {
    pub db: SqliteConnection,
    pub signer: SignerKey,
    /// Index of the own stream of the current epoch.
    pub own: usize,
    pub streams: Vec<Stream>,
    pub head_files: HeadFiles,
    pub reserve: Reserve,
    /// Pages the database may have: while the reserve is held, and in all.
    pub quota: Option<Quota>,
    pub shared: Arc<Shared>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub usual_pages: u64,
    pub all_pages: u64,
}

struct NewRow {
    stream: i64,
    sequence: u64,
    at: i64,
    passage: Option<String>,
    leaf: Hash,
    bytes: Vec<u8>,
}

struct Tile {
    stream: i64,
    number: u64,
    root: Hash,
}

struct Evidence {
    stream: i64,
    sequence: u64,
    why: &'static str,
    head: Option<String>,
    bytes: Option<Vec<u8>>,
}

/// Everything one transaction writes.
#[derive(Default)]
struct Group {
    rows: Vec<NewRow>,
    tiles: Vec<Tile>,
    evidence: Vec<Evidence>,
    /// Streams that changed, by index; new ones stand beyond the committed ones.
    changed: BTreeMap<usize, Stream>,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.evidence.is_empty() && self.changed.is_empty()
    }
}

/// An answer that is given when the group is durable.
enum Answer {
    Append(Result<Vec<Record>>, oneshot::Sender<Result<Vec<Record>>>),
    Copy(Result<CopyOutcome>, oneshot::Sender<Result<CopyOutcome>>),
    Trust(Result<()>, oneshot::Sender<Result<()>>),
}

impl Answer {
    fn give(self, failure: Option<&Error>) {
        // A caller that went away wants no answer.
        match (self, failure) {
            (Answer::Append(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Append(it, to), _) => drop(to.send(it)),
            (Answer::Copy(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Copy(it, to), _) => drop(to.send(it)),
            (Answer::Trust(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Trust(it, to), _) => drop(to.send(it)),
        }
    }
}

impl Writer {
    pub(crate) async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        let mut waiting: VecDeque<Call> = VecDeque::new();
        let mut dead: Option<Error> = None;
        loop {
            if waiting.is_empty() {
                match calls.recv().await {
                    Some(call) => waiting.push_back(call),
                    None => break,
                }
            }
            while waiting.len() < calls.max_capacity() {
                match calls.try_recv() {
                    Ok(call) => waiting.push_back(call),
                    Err(_) => break,
                }
            }
            let (group, closing) = take_group(&mut waiting);
            if !group.is_empty() {
                dead = match dead {
                    Some(error) => {
                        refuse_all(group, &error);
                        Some(error)
                    }
                    None => self.group(group).await.err(),
                };
                if let Some(error) = &dead {
                    tracing::error!(%error, "the ledger's writer has stopped");
                }
            }
            if let Some(reply) = closing {
                calls.close();
                let _ = reply.send(self.close().await);
                for call in waiting {
                    refuse_all(vec![call], &closed());
                }
                while let Some(call) = calls.recv().await {
                    refuse_all(vec![call], &closed());
                }
                return;
            }
        }
        if let Err(error) = self.close().await {
            tracing::warn!(%error, "closing the ledger");
        }
    }

    async fn close(self) -> Result<()> {
        self.shared.readers.close().await;
        self.db.close().await?;
        let shared = self.shared;
        let noted = tokio::task::spawn_blocking(move || {
            let noted = crate::closed::note(shared.folder());
            shared.unlock();
            noted
        });
        match noted.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "noting how the ledger was closed"),
            Err(error) => tracing::warn!(%error, "noting how the ledger was closed"),
        }
        Ok(())
    }

    /// Prepares, writes and answers one group. An error ends this writer.
    async fn group(&mut self, calls: Vec<Call>) -> Result<()> {
        let mut group = Group::default();
        let mut answers = Vec::with_capacity(calls.len());
        let mut broken = None;
        for call in calls {
            if let Some(error) = &broken {
                refuse_all(vec![call], error);
                continue;
            }
            match self.prepare(call, &mut group).await {
                Ok(answer) => answers.push(answer),
                Err(error) => broken = Some(error),
            }
        }
        let written = match broken {
            Some(error) => Err(error),
            None if group.is_empty() => Ok(()),
            None => self.write_with_reserve(&mut group).await,
        };
        match written {
            Ok(()) => {
                self.commit(group);
                answers.into_iter().for_each(|it| it.give(None));
                Ok(())
            }
            Err(error) => {
                answers.into_iter().for_each(|it| it.give(Some(&error)));
                if error.class() == Class::Fatal {
                    Err(error)
                } else {
                    Ok(())
                }
            }
        }
    }

    async fn prepare(&mut self, call: Call, group: &mut Group) -> Result<Answer> {
        Ok(match call {
            Call::Append { drafts, reply } => {
                Answer::Append(self.prepare_append(drafts, group), reply)
            }
            Call::Copy {
                origin,
                epoch,
                records,
                head,
                reply,
            } => {
                match self
                    .prepare_copy(&origin, epoch, records, head, group)
                    .await
                {
                    Ok(outcome) => Answer::Copy(Ok(outcome), reply),
                    Err(error) if error.class() == Class::Refused => {
                        Answer::Copy(Err(error), reply)
                    }
                    Err(error) => {
                        let _ = reply.send(Err(error.clone()));
                        return Err(error);
                    }
                }
            }
            Call::Trust {
                origin,
                epoch,
                key,
                reply,
            } => Answer::Trust(self.prepare_trust(&origin, epoch, key, group), reply),
            Call::Close { reply } => Answer::Trust(Ok(()), reply),
        })
    }

    fn staged(&self, at: usize, group: &Group) -> Option<Stream> {
        group
            .changed
            .get(&at)
            .or_else(|| self.streams.get(at))
            .cloned()
    }

    fn find(&self, origin: &str, epoch: u32, group: &Group) -> Option<usize> {
        let is = |it: &Stream| &*it.origin == origin && it.epoch == epoch;
        let fresh = group
            .changed
            .iter()
            .find(|(_, it)| is(it))
            .map(|(at, _)| *at);
        self.streams.iter().position(is).or(fresh)
    }

    fn prepare_append(&self, drafts: Vec<Draft>, group: &mut Group) -> Result<Vec<Record>> {
        let Some(mut own) = self.staged(self.own, group) else {
            return Err(Error::Fatal("the own stream is not there".to_owned()));
        };
        let mut records = Vec::with_capacity(drafts.len());
        let mut rows = Vec::with_capacity(drafts.len());
        let mut tiles = Vec::new();
        for Draft { at, passage, fact } in drafts {
            let sequence = own.frontier.size();
            let record = Record {
                origin: own.origin.to_string(),
                epoch: own.epoch,
                sequence,
                at,
                passage,
                fact,
            };
            let bytes = record.bytes().map_err(|error| Refusal::Record {
                name: format!("{}/{}/{sequence}", own.origin, own.epoch),
                why: error.to_string(),
            })?;
            let leaf = leaf_hash(&bytes);
            push(&mut own, leaf, &mut tiles)?;
            let passage = record.passage.as_ref().map(ToString::to_string);
            rows.push(NewRow {
                stream: own.id,
                sequence,
                at: at.0,
                passage,
                leaf,
                bytes,
            });
            records.push(record);
        }
        if !rows.is_empty() {
            group.rows.append(&mut rows);
            group.tiles.append(&mut tiles);
            group.changed.insert(self.own, own);
        }
        Ok(records)
    }

    async fn prepare_copy(
        &mut self,
        origin: &str,
        epoch: u32,
        records: Vec<RawRecord>,
        head: Option<SignedHead>,
        group: &mut Group,
    ) -> Result<CopyOutcome> {
        let name = || (origin.to_owned(), epoch);
        let at = self.find(origin, epoch, group);
        let Some((at, mut stream)) = at.and_then(|at| Some((at, self.staged(at, group)?))) else {
            let (origin, epoch) = name();
            return Err(Refusal::UnknownOrigin { origin, epoch }.into());
        };
        if self
            .streams
            .get(self.own)
            .is_some_and(|own| *own.origin == *origin)
        {
            let (origin, epoch) = name();
            return Err(Refusal::OwnOrigin { origin, epoch }.into());
        }
        if let Some(head) = &head {
            let named = (head.origin.as_str(), head.epoch) == (origin, epoch);
            let verified = head.verify(&stream.key).map_err(|e| e.to_string());
            let why = if named {
                verified
            } else {
                Err("it names another ledger".to_owned())
            };
            why.map_err(|why| Refusal::Head {
                origin: origin.to_owned(),
                epoch,
                why,
            })?;
        }
        let size = stream.frontier.size();
        let Some((first, envelopes)) = check_records(origin, epoch, &records)? else {
            return self.prepare_head(at, stream, head, group).await;
        };
        if first > size {
            let (origin, epoch) = name();
            return Err(Refusal::Gap {
                origin,
                epoch,
                expected: size,
                got: first,
            }
            .into());
        }

        let duplicates = records.len().min((size - first) as usize);
        let until = first + duplicates as u64;
        let held = self.leaves(stream.id, first..until, group).await?;
        for (record, leaf) in records.iter().zip(held) {
            if leaf != record.leaf() {
                let sequence = record.sequence;
                group.evidence.push(Evidence {
                    stream: stream.id,
                    sequence,
                    why: "another record is held",
                    head: head.as_ref().map(|it| it.as_str().to_owned()),
                    bytes: Some(record.bytes.clone()),
                });
                let (origin, epoch) = name();
                return Err(Refusal::Forked {
                    origin,
                    epoch,
                    sequence,
                }
                .into());
            }
        }

        let mut rows = Vec::new();
        let mut tiles = Vec::new();
        let signed: Vec<SignedHead> = head.iter().chain(&stream.announced).cloned().collect();
        let id = stream.id;
        for (record, envelope) in records.into_iter().zip(envelopes).skip(duplicates) {
            let leaf = record.leaf();
            let (sequence, at) = (record.sequence, envelope.at.0);
            let passage = envelope.passage.map(|it| it.to_string());
            push(&mut stream, leaf, &mut tiles)?;
            rows.push(NewRow {
                stream: id,
                sequence,
                at,
                passage,
                leaf,
                bytes: record.bytes,
            });
            let size = stream.frontier.size();
            for signed in signed.iter().filter(|it| it.size == size) {
                meet(&mut stream, signed, group)?;
            }
        }
        // Nothing stays in the group unless all of it does.
        let new = rows.len() as u64;
        let size = stream.frontier.size();
        let before = (
            group.rows.len(),
            group.tiles.len(),
            group.changed.get(&at).cloned(),
        );
        group.rows.append(&mut rows);
        group.tiles.append(&mut tiles);
        if new > 0 {
            group.changed.insert(at, stream.clone());
        }
        if let Err(error) = self.prepare_head(at, stream, head, group).await {
            group.rows.truncate(before.0);
            group.tiles.truncate(before.1);
            match before.2 {
                Some(stream) => group.changed.insert(at, stream),
                None => group.changed.remove(&at),
            };
            return Err(error);
        }
        Ok(CopyOutcome {
            new,
            duplicates: duplicates as u64,
            size,
        })
    }

    /// Takes a head that is not of a size passed just now: an older one, one of the size at
    /// hand, or one of records still to come.
    async fn prepare_head(
        &mut self,
        at: usize,
        mut stream: Stream,
        head: Option<SignedHead>,
        group: &mut Group,
    ) -> Result<CopyOutcome> {
        let size = stream.frontier.size();
        let before = (stream.head.clone(), stream.announced.clone());
        if let Some(head) = head {
            let known = stream.head.as_ref().is_some_and(|it| it.size >= head.size);
            if head.size > size {
                if stream
                    .announced
                    .as_ref()
                    .is_none_or(|it| it.size < head.size)
                {
                    stream.announced = Some(head);
                }
            } else if head.size == size {
                meet(&mut stream, &head, group)?;
            } else if stream.head.as_ref().is_none_or(|it| it.root != head.root) {
                // Covers a part of what is held. An equal older head may come again and again.
                let root = self.root_at(&stream, head.size, group).await?;
                if root != head.root {
                    return Err(forked_head(&stream, &head, group));
                }
                if !known {
                    stream.head = Some(head);
                }
            }
        }
        if before != (stream.head.clone(), stream.announced.clone()) {
            group.changed.insert(at, stream);
        }
        Ok(CopyOutcome {
            new: 0,
            duplicates: 0,
            size,
        })
    }

    fn prepare_trust(
        &self,
        origin: &str,
        epoch: u32,
        key: VerifierKey,
        group: &mut Group,
    ) -> Result<()> {
        let named = (origin.to_owned(), epoch);
        if !crate::head::is_origin(origin) {
            return Err(Refusal::Origin(origin.to_owned()).into());
        }
        if key.name() != origin_line(origin, epoch) {
            let (origin, epoch) = named;
            let name = key.name().to_owned();
            return Err(Refusal::KeyName {
                origin,
                epoch,
                name,
            }
            .into());
        }
        if let Some(known) = self
            .find(origin, epoch, group)
            .and_then(|at| self.staged(at, group))
        {
            let (origin, epoch) = named;
            return match known.key == key {
                true => Ok(()),
                false => Err(Refusal::KeyConflict { origin, epoch }.into()),
            };
        }
        if self
            .streams
            .get(self.own)
            .is_some_and(|own| *own.origin == *origin)
        {
            let (origin, epoch) = named;
            return Err(Refusal::OwnOrigin { origin, epoch }.into());
        }
        let fresh = group
            .changed
            .keys()
            .filter(|at| **at >= self.streams.len())
            .count();
        let last = self.streams.iter().map(|it| it.id).max().unwrap_or(0);
        let at = self.streams.len() + fresh;
        let frontier = Frontier::new();
        let held = SignedHead::sign(&self.signer, origin, epoch, 0, frontier.root());
        group.changed.insert(
            at,
            Stream {
                id: last + 1 + fresh as i64,
                origin: origin.into(),
                epoch,
                key,
                frontier,
                held,
                head: None,
                announced: None,
            },
        );
        Ok(())
    }

    /// The leaves of records that are held, committed or in this group.
    async fn leaves(
        &mut self,
        stream: i64,
        range: std::ops::Range<u64>,
        group: &Group,
    ) -> Result<Vec<Hash>> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let sql = "SELECT leaf FROM record WHERE stream = $1 AND sequence >= $2 AND sequence < $3
             ORDER BY sequence";
        let rows = sqlx::query(sql)
            .bind(stream)
            .bind(range.start as i64)
            .bind(range.end as i64)
            .fetch_all(&mut self.db)
            .await?;
        let mut leaves = Vec::with_capacity((range.end - range.start) as usize);
        for row in rows {
            let leaf: Vec<u8> = row.try_get(0)?;
            leaves.push(Hash::from_slice(&leaf).unwrap_or(Hash([0; 32])));
        }
        let staged = group.rows.iter().filter(|it| it.stream == stream);
        leaves.extend(
            staged
                .filter(|it| range.contains(&it.sequence))
                .map(|it| it.leaf),
        );
        if leaves.len() as u64 != range.end - range.start {
            let why = format!("of records {} to {} some are gone", range.start, range.end);
            return Err(Error::damaged(crate::check::Damage::Database { why }));
        }
        Ok(leaves)
    }

    /// The root over the first `size` records of a stream of which more are held.
    async fn root_at(&mut self, stream: &Stream, size: u64, group: &Group) -> Result<Hash> {
        let committed = self.streams.iter().find(|it| it.id == stream.id);
        let committed = committed.map_or(0, |it| it.frontier.size());
        let stored = size.min(committed);
        let mut frontier = range(&mut self.db, stream.id, 0..stored).await?;
        let staged = group.rows.iter().filter(|it| it.stream == stream.id);
        for row in staged.filter(|it| (stored..size).contains(&it.sequence)) {
            frontier.push(row.leaf);
        }
        if frontier.size() != size {
            return Err(Error::Fatal(format!(
                "{}/{} is short",
                stream.origin, stream.epoch
            )));
        }
        Ok(frontier.root())
    }

    async fn write_with_reserve(&mut self, group: &mut Group) -> Result<()> {
        for stream in group.changed.values_mut() {
            let (size, root) = (stream.frontier.size(), stream.frontier.root());
            if (stream.held.size, stream.held.root) != (size, root) {
                let Stream { origin, epoch, .. } = &*stream;
                stream.held = SignedHead::sign(&self.signer, origin, *epoch, size, root);
            }
        }
        match self.write(group).await {
            Err(Error::DiskFull(why)) if self.reserve.release() => {
                tracing::error!(%why, "the disk is full: the ledger's reserve is released");
                self.shared.reserve_released();
                if let Some(quota) = self.quota {
                    set_max_pages(&mut self.db, quota.all_pages).await?;
                }
                self.write(group).await
            }
            Ok(()) => {
                if !self.reserve.is_held() && self.shared.has_room_for_reserve() {
                    self.reserve.hold();
                    if self.reserve.is_held() && self.quota.is_none() {
                        self.shared.reserve_held();
                    }
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&mut self, group: &Group) -> Result<()> {
        // By hand: SQLite ends a transaction by itself on some errors (a full disk is one), and
        // the library's own count of open transactions does not follow it there.
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.db).await?;
        let written = match self.write_rows(group).await {
            Ok(()) => sqlx::query("COMMIT").execute(&mut self.db).await.map(drop),
            Err(error) => Err(error),
        };
        if written.is_err() {
            // It says so when there is nothing left to roll back; if it fails otherwise, the next
            // BEGIN fails too, and that is fatal.
            let _ = sqlx::query("ROLLBACK").execute(&mut self.db).await;
        }
        Ok(written?)
    }

    async fn write_rows(&mut self, group: &Group) -> Result<(), sqlx::Error> {
        let db = &mut self.db;
        for (at, stream) in &group.changed {
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
            let head = head.as_ref().map(SignedHead::as_str);
            let announced = announced.as_ref().map(SignedHead::as_str);
            if *at < self.streams.len() {
                let sql = "UPDATE stream SET held = $2, head = $3, announced = $4 WHERE id = $1";
                sqlx::query(sql)
                    .bind(id)
                    .bind(held.as_str())
                    .bind(head)
                    .bind(announced)
            } else {
                let sql = "INSERT INTO stream (id, held, head, announced, origin, epoch, key)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";
                sqlx::query(sql)
                    .bind(id)
                    .bind(held.as_str())
                    .bind(head)
                    .bind(announced)
                    .bind(&**origin)
                    .bind(epoch)
                    .bind(key.to_string())
            }
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

    /// The group is durable: it becomes the state, and the world may know.
    fn commit(&mut self, group: Group) {
        for (at, stream) in group.changed {
            // Repeats what is durable already; a head file that cannot be written is no reason to
            // fail, and the next one mends it.
            if let Err(error) = self.head_files.write(&stream.held) {
                tracing::warn!(%error, "head file of {}/{}", stream.origin, stream.epoch);
            }
            let grown =
                self.streams.get(at).map(|it| it.frontier.size()) != Some(stream.frontier.size());
            let growth = Growth {
                origin: stream.origin.clone(),
                epoch: stream.epoch,
                size: stream.frontier.size(),
            };
            self.shared
                .set_status(stream.id, stream.status(at == self.own));
            match self.streams.get_mut(at) {
                Some(committed) => *committed = stream,
                None => self.streams.push(stream),
            }
            if grown {
                self.shared.grown(growth);
            }
        }
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

fn closed() -> Error {
    Error::Fatal("it was closed".to_owned())
}

fn refuse_all(calls: Vec<Call>, error: &Error) {
    for call in calls {
        match call {
            Call::Append { reply, .. } => drop(reply.send(Err(error.clone()))),
            Call::Copy { reply, .. } => drop(reply.send(Err(error.clone()))),
            Call::Trust { reply, .. } | Call::Close { reply } => {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

/// The calls of the next transaction, and who asked to close after them.
fn take_group(waiting: &mut VecDeque<Call>) -> (Vec<Call>, Option<oneshot::Sender<Result<()>>>) {
    let mut group = Vec::new();
    let mut records = 0;
    while let Some(call) = waiting.pop_front() {
        match call {
            Call::Close { reply } => return (group, Some(reply)),
            call if !group.is_empty() && records + call.records() > GROUP_RECORDS => {
                waiting.push_front(call);
                break;
            }
            call => {
                records += call.records();
                group.push(call);
            }
        }
    }
    (group, None)
}

/// The first sequence and all envelopes of records that follow each other; `None` for none.
fn check_records(
    origin: &str,
    epoch: u32,
    records: &[RawRecord],
) -> Result<Option<(u64, Vec<crate::record::Envelope>)>> {
    if records.len() > BATCH_RECORDS {
        let what = format!("{} records to copy", records.len());
        return Err(Refusal::TooMuch {
            what,
            limit: BATCH_RECORDS as u64,
        }
        .into());
    }
    let Some(first) = records.first().map(|it| it.sequence) else {
        return Ok(None);
    };
    let mut envelopes = Vec::with_capacity(records.len());
    let mut expected = first;
    for record in records {
        let refused = |why: String| Refusal::Record {
            name: record.name(),
            why,
        };
        if (record.origin.as_str(), record.epoch) != (origin, epoch) {
            return Err(refused(format!("not a record of {origin}/{epoch}")).into());
        }
        if record.sequence != expected {
            let (origin, got) = (origin.to_owned(), record.sequence);
            return Err(Refusal::Gap {
                origin,
                epoch,
                expected,
                got,
            }
            .into());
        }
        envelopes.push(record.check().map_err(|e| refused(e.to_string()))?);
        expected = expected.saturating_add(1);
    }
    Ok(Some((first, envelopes)))
}

fn push(stream: &mut Stream, leaf: Hash, tiles: &mut Vec<Tile>) -> Result<()> {
    if stream.frontier.size() >= TREE_SIZE {
        return Err(Error::Fatal(format!(
            "{}/{} is at its end",
            stream.origin, stream.epoch
        )));
    }
    if let Some(root) = stream.frontier.push(leaf) {
        let number = stream.frontier.size() / TILE_LEAVES - 1;
        tiles.push(Tile {
            stream: stream.id,
            number,
            root,
        });
    }
    Ok(())
}

/// The stream has just as many records as `head` was signed for.
fn meet(stream: &mut Stream, head: &SignedHead, group: &mut Group) -> Result<()> {
    if stream.frontier.root() != head.root {
        return Err(forked_head(stream, head, group));
    }
    if stream.head.as_ref().is_none_or(|it| it.size < head.size) {
        stream.head = Some(head.clone());
    }
    if stream
        .announced
        .as_ref()
        .is_some_and(|it| it.size <= head.size)
    {
        stream.announced = None;
    }
    Ok(())
}

fn forked_head(stream: &Stream, head: &SignedHead, group: &mut Group) -> Error {
    group.evidence.push(Evidence {
        stream: stream.id,
        sequence: head.size,
        why: "the signed head does not cover the records",
        head: Some(head.as_str().to_owned()),
        bytes: None,
    });
    let origin = stream.origin.to_string();
    Refusal::HeadForked {
        origin,
        epoch: stream.epoch,
        size: head.size,
    }
    .into()
}

/// The subtree over stored records `range`, which begins at a multiple of a tile or lies within
/// one. Reads whole tiles' roots where it can.
pub(crate) async fn range(
    db: &mut SqliteConnection,
    stream: i64,
    range: std::ops::Range<u64>,
) -> Result<Frontier> {
    let mut frontier = Frontier::new();
    let mut at = range.start;
    let whole = if at.is_multiple_of(TILE_LEAVES) {
        (range.end - at) / TILE_LEAVES
    } else {
        0
    };
    if whole > 0 {
        let first = at / TILE_LEAVES;
        let sql = "SELECT root FROM tile WHERE stream = $1 AND number >= $2 AND number < $3
             ORDER BY number";
        let rows = sqlx::query(sql)
            .bind(stream)
            .bind(first as i64)
            .bind((first + whole) as i64)
            .fetch_all(&mut *db)
            .await?;
        for row in rows {
            let root: Vec<u8> = row.try_get(0)?;
            let root = Hash::from_slice(&root).unwrap_or(Hash([0; 32]));
            if !frontier.push_tile(root) {
                break;
            }
        }
        at += whole * TILE_LEAVES;
    }
    let sql = "SELECT leaf FROM record WHERE stream = $1 AND sequence >= $2 AND sequence < $3
         ORDER BY sequence";
    let rows = sqlx::query(sql)
        .bind(stream)
        .bind(at as i64)
        .bind(range.end as i64)
        .fetch_all(db)
        .await?;
    for row in rows {
        let leaf: Vec<u8> = row.try_get(0)?;
        frontier.push(Hash::from_slice(&leaf).unwrap_or(Hash([0; 32])));
    }
    if frontier.size() != range.end - range.start {
        let why = format!(
            "hashes of records {} to {} are missing",
            range.start, range.end
        );
        return Err(Error::damaged(crate::check::Damage::Database { why }));
    }
    Ok(frontier)
}

pub(crate) async fn set_max_pages(db: &mut SqliteConnection, pages: u64) -> Result<()> {
    // The only SQL with a number in its text: a pragma takes no parameter.
    let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::query(sql).execute(db).await?;
    Ok(())
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
    pub(crate) fn write(&mut self, head: &SignedHead) -> std::io::Result<()> {
        let key = (head.origin.clone(), head.epoch);
        let mut bytes = head.as_str().as_bytes().to_vec();
        bytes.resize(HEAD_FILE_BYTES, b' ');
        let file = match self.open.entry(key) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let path = self.folder.join(file_name(&head.origin, head.epoch));
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
