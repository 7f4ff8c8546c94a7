//! The streams of a ledger and how they grow: plans what one transaction writes, and takes it
//! into the state when the store has it. Also the start: verifies what the store holds, and says
//! which epoch is written from now on.
//!
//! The order is the promise: *plan* against the state that the calls before will leave, [`write`]
//! until it is durable, then [`commit`]; nobody is answered before. The program's writer and the
//! simulator run this same code. Not here: who calls and who is answered (`writer`), the disk
//! ([`Store`]), a clock, a thread, randomness (it comes in as a seed).
//!
//! [`write`]: Keeper::write
//! [`commit`]: Keeper::commit

mod start;

use std::sync::Arc;

use domain::planted::{self, Bug};

use self::start::{begin_epoch, check_all, start_epoch};
use crate::check::{self, Damage};
use crate::error::{Error, Refusal, Result};
use crate::head::{SignedHead, origin_line};
use crate::ledger::OriginStatus;
use crate::limits::{BATCH_RECORDS, TILE_LEAVES, TREE_SIZE};
use crate::note::{SignerKey, VerifierKey};
use crate::record::{Draft, RawRecord, Record};
use crate::store::{Group, NewEvidence, NewRow, NewTile, Rows, Store};
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

/// A stream as of the last commit (or, in a group, as of the calls before).
#[derive(Debug, Clone)]
pub struct Stream {
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
    pub fn status(&self, own: bool) -> OriginStatus {
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

/// How a ledger is opened, beside where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// See [`crate::Options::after_epoch`].
    pub after_epoch: u32,
    /// 32 bytes from a secure random source: the secret of an epoch that may have to begin.
    pub seed: [u8; 32],
}

/// What the start found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub epoch: u32,
    pub new_epoch: Option<String>,
    pub verified_records: u64,
    pub warnings: Vec<String>,
}

/// What [`Keeper::commit`] made true of one stream.
#[derive(Debug)]
pub struct Changed {
    /// Index of the stream.
    pub at: usize,
    /// Records came to it, not only a head.
    pub grew: bool,
}

#[derive(Debug)]
pub struct Keeper<S> {
    pub store: S,
    signer: SignerKey,
    /// Index of the own stream of the current epoch.
    own: usize,
    streams: Vec<Stream>,
}

impl<S: Store> Keeper<S> {
    /// Verifies every record of every stream against its signed heads and begins an epoch where
    /// one must begin.
    ///
    /// # Errors
    /// [`Error::Damaged`] names the first record that was changed or is missing. Refused when the
    /// key is another origin's.
    pub async fn open(mut store: S, origin: &str, opening: Opening) -> Result<(Keeper<S>, Opened)> {
        let mut warnings = Vec::new();
        let (mut streams, verified_records) = check_all(&mut store, origin, &mut warnings).await?;
        let start = start_epoch(&mut store, origin, &opening, &streams)?;
        let signer = start.signer;
        let is_own = |it: &Stream| *it.origin == *origin && it.epoch == start.epoch;
        let own = match streams.iter().position(is_own) {
            Some(own) => own,
            None => {
                begin_epoch(&mut store, &signer, origin, start.epoch, &mut streams).await?;
                streams.len() - 1
            }
        };
        for stream in &streams {
            store.write_note(&stream.origin, stream.epoch, stream.held.as_str())?;
        }
        let opened = Opened {
            epoch: start.epoch,
            new_epoch: start.why,
            verified_records,
            warnings,
        };
        let keeper = Keeper {
            store,
            signer,
            own,
            streams,
        };
        Ok((keeper, opened))
    }

    /// Of the current epoch; for others to trust.
    pub fn key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    pub fn own(&self) -> usize {
        self.own
    }

    /// What is here of every origin and epoch, in the order in which they were begun.
    pub fn status(&self) -> impl Iterator<Item = OriginStatus> + '_ {
        let streams = self.streams.iter().enumerate();
        streams.map(|(at, it)| it.status(at == self.own))
    }

    pub fn stream(&self, origin: &str, epoch: u32) -> Option<&Stream> {
        let mut streams = self.streams.iter();
        streams.find(|it| *it.origin == *origin && it.epoch == epoch)
    }

    /// Signs what the group makes of each stream and makes all of it durable.
    pub async fn write(&mut self, group: &mut Group) -> Result<()> {
        for stream in group.changed.values_mut() {
            let (size, root) = (stream.frontier.size(), stream.frontier.root());
            let covers = (stream.held.size, stream.held.root) == (size, root);
            if !covers && !planted::is(Bug::SignTheHeadBefore) {
                let Stream { origin, epoch, .. } = &*stream;
                stream.held = SignedHead::sign(&self.signer, origin, *epoch, size, root);
            }
        }
        match self.store.stage(group).await {
            Err(Error::DiskFull(_)) if planted::is(Bug::AckAlthoughFull) => return Ok(()),
            staged => staged?,
        }
        if planted::is(Bug::AckBeforeSync) {
            return Ok(());
        }
        self.store.sync().await
    }

    /// The group is durable: it becomes the state.
    pub fn commit(&mut self, group: Group) -> Vec<Changed> {
        let mut all = Vec::with_capacity(group.changed.len());
        for (at, stream) in group.changed {
            // Repeats what is durable already; a head file that cannot be written is no reason to
            // fail, and the next one mends it.
            let Stream { origin, epoch, .. } = &stream;
            if let Err(error) = self.store.write_note(origin, *epoch, stream.held.as_str()) {
                tracing::warn!(%error, "head file of {origin}/{epoch}");
            }
            let before = self.streams.get(at).map(|it| it.frontier.size());
            let grew = before != Some(stream.frontier.size());
            match self.streams.get_mut(at) {
                Some(committed) => *committed = stream,
                None => self.streams.push(stream),
            }
            all.push(Changed { at, grew });
        }
        all
    }

    /// The root over the first `size` records held of a stream.
    pub async fn root(&mut self, origin: &str, epoch: u32, size: u64) -> Result<Hash> {
        let stream = self.stream(origin, epoch).map(|it| it.id);
        let stream = stream.ok_or_else(|| Refusal::Unknown(format!("ledger {origin}/{epoch}")))?;
        Ok(range(&mut self.store, stream, 0..size).await?.root())
    }

    /// Records from a sequence on, at most `limit`; each is checked against its hash.
    pub async fn read(
        &mut self,
        origin: &str,
        epoch: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<RawRecord>> {
        let stream = self.stream(origin, epoch).map(|it| it.id);
        let stream = stream.ok_or_else(|| Refusal::Unknown(format!("ledger {origin}/{epoch}")))?;
        let rows = self.store.page(stream, from, limit).await?;
        let records = (from..).zip(rows);
        records
            .map(|(expected, row)| check::whole(origin, epoch, expected, row))
            .collect()
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

    /// Plans new own records behind what the group already holds.
    pub fn append(&self, drafts: Vec<Draft>, group: &mut Group) -> Result<Vec<Record>> {
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

    /// Plans copies of another ledger's records, and its signed head.
    ///
    /// # Errors
    /// Refused: nothing of this call stays in the group, except what proves a fork. Fatal: the
    /// store could not be read.
    pub async fn copy(
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
        if first > size && !planted::is(Bug::CopyOverGap) {
            let (origin, epoch) = name();
            return Err(Refusal::Gap {
                origin,
                epoch,
                expected: size,
                got: first,
            }
            .into());
        }

        let duplicates = match planted::is(Bug::CopyTwice) {
            true => 0,
            false => records.len().min(size.saturating_sub(first) as usize),
        };
        let until = first + duplicates as u64;
        let held = self.leaves(stream.id, first..until, group).await?;
        for (record, leaf) in records.iter().zip(held) {
            if leaf != record.leaf() {
                let sequence = record.sequence;
                group.evidence.push(NewEvidence {
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

    /// Plans to believe heads of `origin`'s `epoch` that this key signed.
    pub fn trust(
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
        let mut leaves = self.store.leaves(stream, range.clone()).await?;
        let staged = group.rows.iter().filter(|it| it.stream == stream);
        leaves.extend(
            staged
                .filter(|it| range.contains(&it.sequence))
                .map(|it| it.leaf),
        );
        if leaves.len() as u64 != range.end - range.start {
            let why = format!("of records {} to {} some are gone", range.start, range.end);
            return Err(Error::damaged(Damage::Database { why }));
        }
        Ok(leaves)
    }

    /// The root over the first `size` records of a stream of which more are held.
    async fn root_at(&mut self, stream: &Stream, size: u64, group: &Group) -> Result<Hash> {
        let committed = self.streams.iter().find(|it| it.id == stream.id);
        let committed = committed.map_or(0, |it| it.frontier.size());
        let stored = size.min(committed);
        let mut frontier = range(&mut self.store, stream.id, 0..stored).await?;
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

fn push(stream: &mut Stream, leaf: Hash, tiles: &mut Vec<NewTile>) -> Result<()> {
    if stream.frontier.size() >= TREE_SIZE {
        return Err(Error::Fatal(format!(
            "{}/{} is at its end",
            stream.origin, stream.epoch
        )));
    }
    if let Some(root) = stream.frontier.push(leaf) {
        let number = stream.frontier.size() / TILE_LEAVES - 1;
        tiles.push(NewTile {
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
    group.evidence.push(NewEvidence {
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
    rows: &mut impl Rows,
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
        for (_, root) in rows.tiles(stream, first..first + whole).await? {
            if !frontier.push_tile(root.unwrap_or(Hash([0; 32]))) {
                break;
            }
        }
        at += whole * TILE_LEAVES;
    }
    for leaf in rows.leaves(stream, at..range.end).await? {
        frontier.push(leaf);
    }
    if frontier.size() != range.end - range.start {
        let why = format!(
            "hashes of records {} to {} are missing",
            range.start, range.end
        );
        return Err(Error::damaged(Damage::Database { why }));
    }
    Ok(frontier)
}
