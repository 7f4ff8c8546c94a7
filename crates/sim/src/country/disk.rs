//! The simulator's disk: what a ledger is kept in, and what it forgets or tears when the power goes.
//!
//! A write-ahead log with a checksum a transaction, as SQLite keeps one: after a cut, a transaction
//! that was not synced is there whole, or not at all, and then none behind it. Small files are
//! replaced by renaming; the notes beside the records are one sector, never synced, and are the old
//! or the new one after a cut. What must survive is the ledger's business.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::store::{Group, RecordRow, Rows, Store, StreamRow};
use ledger::{Error, Hash, Result};

use crate::chance::Chance;

/// What stays when a process dies.
#[derive(Debug, Default)]
pub struct Platter {
    streams: BTreeMap<i64, StreamRow>,
    records: BTreeMap<i64, Vec<RecordRow>>,
    tiles: BTreeMap<i64, Vec<Hash>>,
    files: BTreeMap<String, String>,
    notes: BTreeMap<(String, u32), Note>,
    /// How to undo what was staged and is not synced, oldest first.
    unsynced: Vec<Undo>,
    pub trouble: Trouble,
}

#[derive(Debug, Default)]
struct Note {
    kept: Option<String>,
    cached: Option<String>,
}

#[derive(Debug)]
struct Undo {
    streams: Vec<(i64, Option<StreamRow>)>,
    records: Vec<(i64, usize)>,
    tiles: Vec<(i64, usize)>,
}

/// What the weather has in store for this disk.
#[derive(Debug, Default)]
pub struct Trouble {
    pub is_full: bool,
    /// The next access of this kind fails.
    pub next: Option<Failure>,
    /// Failures that happened, by name.
    pub happened: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Read,
    /// EIO before anything is written.
    Write,
    /// The sync fails; what it was to keep is there all the same, or not.
    Sync,
    /// The power goes before the write, between write and sync, or after it.
    CutBeforeWrite,
    CutBeforeSync,
    CutAfterSync,
}

/// A process's hold on a platter.
#[derive(Debug, Clone, Default)]
pub struct Disk(pub Arc<Mutex<Platter>>);

impl Disk {
    pub fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platter {
    /// The power goes. Returns what happened to transactions that were not synced: lost, torn.
    pub fn cut(&mut self, chance: &mut Chance) -> (usize, usize) {
        let waiting = self.unsynced.len();
        let kept = chance.below(waiting + 1);
        let mut torn = 0;
        while self.unsynced.len() > kept {
            // A frame that is cut in its middle fails its checksum, like one that is not there.
            torn += usize::from(chance.happens(0.5));
            if let Some(undo) = self.unsynced.pop() {
                self.undo(undo);
            }
        }
        self.unsynced.clear();
        // One sector: whole or not at all, and never synced.
        for note in self.notes.values_mut() {
            if let Some(new) = note.cached.take()
                && chance.happens(0.5)
            {
                note.kept = Some(new);
            }
        }
        (waiting - kept, torn)
    }

    /// Bytes of every record of a stream, as whoever reads the platter finds them.
    pub fn records(&self, origin: &str, epoch: u32) -> &[RecordRow] {
        let is = |it: &&StreamRow| it.origin == origin && it.epoch == epoch;
        let id = self.streams.values().find(is).map(|it| it.id);
        id.and_then(|id| self.records.get(&id))
            .map_or(&[], Vec::as_slice)
    }

    fn undo(&mut self, undo: Undo) {
        for (id, before) in undo.streams {
            match before {
                Some(row) => self.streams.insert(id, row),
                None => self.streams.remove(&id),
            };
        }
        for (id, length) in undo.records {
            self.records.entry(id).or_default().truncate(length);
        }
        for (id, length) in undo.tiles {
            self.tiles.entry(id).or_default().truncate(length);
        }
    }

    fn fails(&mut self, failure: Failure, name: &'static str) -> bool {
        let now = self.trouble.next == Some(failure);
        if now {
            self.trouble.next = None;
            self.trouble.happened.push(name);
        }
        now
    }

    fn read(&mut self) -> Result<()> {
        match self.fails(Failure::Read, "read_error") {
            true => Err(Error::Fatal("input/output error while reading".to_owned())),
            false => Ok(()),
        }
    }

    fn stage(&mut self, group: &Group) -> Result<()> {
        if self.trouble.is_full {
            self.trouble.happened.push("disk_full");
            return Err(Error::DiskFull("no space left on device".to_owned()));
        }
        if self.fails(Failure::Write, "write_error") {
            return Err(Error::Fatal("input/output error while writing".to_owned()));
        }
        if self.fails(Failure::CutBeforeWrite, "cut_before_write") {
            return Err(Error::Fatal("power".to_owned()));
        }
        let mut undo = Undo {
            streams: Vec::new(),
            records: Vec::new(),
            tiles: Vec::new(),
        };
        for stream in group.changed.values() {
            let row = StreamRow {
                id: stream.id,
                origin: stream.origin.to_string(),
                epoch: stream.epoch,
                key: stream.key.to_string(),
                held: stream.held.as_str().to_owned(),
                head: stream.head.as_ref().map(|it| it.as_str().to_owned()),
                announced: stream.announced.as_ref().map(|it| it.as_str().to_owned()),
            };
            undo.streams
                .push((stream.id, self.streams.insert(stream.id, row)));
            undo.records
                .push((stream.id, self.records.get(&stream.id).map_or(0, Vec::len)));
            undo.tiles
                .push((stream.id, self.tiles.get(&stream.id).map_or(0, Vec::len)));
        }
        for row in &group.rows {
            self.records.entry(row.stream).or_default().push(RecordRow {
                sequence: row.sequence,
                at: row.at,
                passage: row.passage.as_ref().map(|it| it.as_bytes().to_vec()),
                leaf: row.leaf.0.to_vec(),
                bytes: row.bytes.clone(),
            });
        }
        for tile in &group.tiles {
            self.tiles.entry(tile.stream).or_default().push(tile.root);
        }
        self.unsynced.push(undo);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        if self.fails(Failure::Sync, "sync_error") {
            // The next start finds out whether it is there.
            return Err(Error::Fatal("input/output error while syncing".to_owned()));
        }
        if self.fails(Failure::CutBeforeSync, "cut_before_sync") {
            return Err(Error::Fatal("power".to_owned()));
        }
        self.unsynced.clear();
        if self.fails(Failure::CutAfterSync, "cut_after_sync") {
            return Err(Error::Fatal("power".to_owned()));
        }
        Ok(())
    }
}

impl Rows for Disk {
    async fn streams(&mut self) -> Result<Vec<Result<StreamRow>>> {
        let mut platter = self.platter();
        platter.read()?;
        Ok(platter.streams.values().cloned().map(Ok).collect())
    }

    async fn page(&mut self, stream: i64, from: u64, limit: usize) -> Result<Vec<RecordRow>> {
        let mut platter = self.platter();
        platter.read()?;
        let all = platter.records.get(&stream).map_or(&[][..], Vec::as_slice);
        let from = (from as usize).min(all.len());
        let end = from.saturating_add(limit).min(all.len());
        Ok(all[from..end].to_vec())
    }

    async fn row(&mut self, stream: i64, sequence: u64) -> Result<Option<RecordRow>> {
        let platter = self.platter();
        let all = platter.records.get(&stream);
        Ok(all.and_then(|it| it.get(sequence as usize)).cloned())
    }

    async fn leaves(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<Hash>> {
        let mut platter = self.platter();
        platter.read()?;
        let all = platter.records.get(&stream).map_or(&[][..], Vec::as_slice);
        let end = (range.end as usize).min(all.len());
        let from = (range.start as usize).min(end);
        let leaf = |it: &RecordRow| Hash::from_slice(&it.leaf).unwrap_or(Hash([0; 32]));
        Ok(all[from..end].iter().map(leaf).collect())
    }

    async fn tiles(&mut self, stream: i64, range: Range<u64>) -> Result<Vec<(u64, Option<Hash>)>> {
        let platter = self.platter();
        let all = platter.tiles.get(&stream).map_or(&[][..], Vec::as_slice);
        let tile = |number: u64| Some((number, Some(*all.get(number as usize)?)));
        Ok(range.filter_map(tile).collect())
    }
}

impl Store for Disk {
    async fn stage(&mut self, group: &Group) -> Result<()> {
        self.platter().stage(group)
    }

    async fn sync(&mut self) -> Result<()> {
        self.platter().sync()
    }

    fn file(&mut self, name: &str) -> Result<Option<String>> {
        Ok(self.platter().files.get(name).cloned())
    }

    fn write_file(&mut self, name: &str, text: &str) -> Result<()> {
        self.platter()
            .files
            .insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    fn existed(&self) -> bool {
        !self.platter().streams.is_empty()
    }

    fn note(&mut self, origin: &str, epoch: u32) -> Result<Option<String>> {
        let platter = self.platter();
        let note = platter.notes.get(&(origin.to_owned(), epoch));
        Ok(note.and_then(|it| it.cached.clone().or(it.kept.clone())))
    }

    fn write_note(&mut self, origin: &str, epoch: u32, note: &str) -> Result<()> {
        let mut platter = self.platter();
        let entry = platter.notes.entry((origin.to_owned(), epoch));
        entry.or_default().cached = Some(note.to_owned());
        Ok(())
    }
}
