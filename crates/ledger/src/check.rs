//! The chain of one stream from its first record to its signed head, read and computed anew.
//!
//! The start of a ledger and `verify` from outside both run this. It changes nothing and goes on
//! after the first damage, so that all of it is named. It does not judge blobs (`verify` does).

use std::collections::BTreeMap;

use domain::unit::BlobHash;
use thiserror::Error;

use crate::error::{Error, Result};
use crate::head::{SignedHead, origin_line};
use crate::limits::{DAMAGES_LISTED, TILE_LEAVES};
use crate::note::VerifierKey;
use crate::record::{Envelope, RawRecord};
use crate::store::{RecordRow, Rows, StreamRow};
use crate::tree::{Frontier, Hash};

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    #[error("record {origin}/{epoch}/{sequence} was changed: {why}")]
    Record {
        origin: String,
        epoch: u32,
        sequence: u64,
        why: String,
    },
    #[error("record {origin}/{epoch}/{sequence} cannot be read: {why}")]
    Unreadable {
        origin: String,
        epoch: u32,
        sequence: u64,
        why: String,
    },
    /// `last` is included.
    #[error("{}", missing_text(.origin, *.epoch, *.first, *.last))]
    Missing {
        origin: String,
        epoch: u32,
        first: u64,
        last: u64,
    },
    #[error("record {origin}/{epoch}/{sequence} stands after the last one that was signed")]
    Surplus {
        origin: String,
        epoch: u32,
        sequence: u64,
    },
    /// Records that each agree with the hash stored beside them, and not with the tree.
    #[error("records {origin}/{epoch}/{first} to {last} are not those that were signed: {why}")]
    Tree {
        origin: String,
        epoch: u32,
        first: u64,
        last: u64,
        why: String,
    },
    #[error("the head of {origin}/{epoch} ({which}) was changed: {why}")]
    Head {
        origin: String,
        epoch: u32,
        which: &'static str,
        why: String,
    },
    #[error("blob {hash} was changed: {why}")]
    Blob { hash: BlobHash, why: String },
    #[error("{file} was changed: {why}")]
    File { file: String, why: String },
    /// The database itself; `why` says what could still be read.
    #[error("ledger.db: {why}")]
    Database { why: String },
}

fn missing_text(origin: &str, epoch: u32, first: u64, last: u64) -> String {
    if first == last {
        format!("record {origin}/{epoch}/{first} is missing")
    } else {
        format!("records {origin}/{epoch}/{first} to {last} are missing")
    }
}

/// Damages, listed up to a limit and counted beyond it.
#[derive(Debug, Clone, Default)]
pub struct Damages {
    pub listed: Vec<Damage>,
    pub count: usize,
}

impl Damages {
    pub fn add(&mut self, damage: Damage) {
        self.count += 1;
        if self.listed.len() < DAMAGES_LISTED {
            self.listed.push(damage);
        }
    }
}

/// All rows; one that cannot be read is a damage.
pub(crate) async fn stream_rows(
    rows: &mut impl Rows,
    damages: &mut Damages,
) -> Result<Vec<StreamRow>> {
    let mut streams = Vec::new();
    for row in rows.streams().await? {
        match row {
            Ok(row) => streams.push(row),
            Err(error) => {
                damages.add(Damage::Database {
                    why: format!("a row of `stream`: {error}"),
                });
            }
        }
    }
    Ok(streams)
}

/// The row as the record that is expected there.
pub(crate) fn whole(origin: &str, epoch: u32, expected: u64, row: RecordRow) -> Result<RawRecord> {
    let RecordRow {
        sequence,
        leaf,
        bytes,
        ..
    } = row;
    let origin = origin.to_owned();
    if sequence != expected {
        let last = sequence.saturating_sub(1);
        return Err(Error::damaged(Damage::Missing {
            origin,
            epoch,
            first: expected,
            last,
        }));
    }
    let record = RawRecord {
        origin,
        epoch,
        sequence,
        bytes,
    };
    hashed(record, &leaf)
}

/// The record, if its bytes are those that were hashed.
pub(crate) fn hashed(record: RawRecord, leaf: &[u8]) -> Result<RawRecord> {
    if record.leaf().0.as_slice() == leaf {
        return Ok(record);
    }
    let RawRecord {
        origin,
        epoch,
        sequence,
        ..
    } = record;
    let why = "its bytes do not hash to the leaf stored beside them".to_owned();
    Err(Error::damaged(Damage::Record {
        origin,
        epoch,
        sequence,
        why,
    }))
}

/// What a whole pass over a stream found.
#[derive(Debug)]
pub(crate) struct Checked {
    pub frontier: Frontier,
    pub key: Option<VerifierKey>,
    pub held: Option<SignedHead>,
    pub head: Option<SignedHead>,
    pub announced: Option<SignedHead>,
    /// Records whose bytes could be read.
    pub records: u64,
}

/// A head that the records must agree with.
struct Expected {
    which: &'static str,
    head: SignedHead,
}

/// Records read at a time.
const PAGE: usize = 512;
/// A longer row of missing records ends the pass over its stream.
const MAX_HOLE: u64 = 100_000;

/// Reads and computes the whole stream.
///
/// `holders` are the keys by which this node may have signed `held` (its own, of any epoch);
/// `beside` is the note of the stream's head file, when there is one.
pub(crate) async fn check_stream(
    rows: &mut impl Rows,
    row: &StreamRow,
    holders: &[VerifierKey],
    beside: Option<&str>,
    blobs: Option<&mut BlobNames>,
    damages: &mut Damages,
) -> Result<Checked> {
    let StreamRow { origin, epoch, .. } = row;
    let head_damage = |which, why: String| Damage::Head {
        origin: origin.clone(),
        epoch: *epoch,
        which,
        why,
    };

    let key = match row.key.parse::<VerifierKey>() {
        Ok(key) if key.name() == origin_line(origin, *epoch) => Some(key),
        Ok(key) => {
            damages.add(head_damage(
                "key",
                format!("the key is named {}", key.name()),
            ));
            None
        }
        Err(error) => {
            damages.add(head_damage("key", error.to_string()));
            None
        }
    };
    let parse = |which, note: &str, keys: &[VerifierKey], damages: &mut Damages| {
        let head: SignedHead = match note.parse() {
            Ok(head) => head,
            Err(error) => {
                damages.add(head_damage(which, error.to_string()));
                return None;
            }
        };
        if (&head.origin, head.epoch) != (origin, *epoch) {
            let why = format!("it names {}/{}", head.origin, head.epoch);
            damages.add(head_damage(which, why));
            return None;
        }
        let mut last = None;
        for key in keys {
            match head.verify(key) {
                Ok(()) => return Some(head),
                Err(error) => last = Some(error.to_string()),
            }
        }
        let why = last.unwrap_or_else(|| "there is no key to verify it with".to_owned());
        damages.add(head_damage(which, why));
        None
    };
    let own: Vec<VerifierKey> = key.iter().cloned().collect();
    let held = parse("held", &row.held, holders, damages);
    let head = row
        .head
        .as_deref()
        .and_then(|it| parse("signed", it, &own, damages));
    let announced = row
        .announced
        .as_deref()
        .and_then(|it| parse("announced", it, &own, damages));
    let beside = beside.and_then(|it| parse("file", it, holders, damages));

    let mut expected = Vec::new();
    let all = [
        ("held", &held),
        ("signed", &head),
        ("announced", &announced),
        ("file", &beside),
    ];
    for (which, head) in all {
        if let Some(head) = head {
            expected.push(Expected {
                which,
                head: head.clone(),
            });
        }
    }
    // The announced head may be of records that are still to come; the others may not.
    let signed_size = [&held, &head, &beside]
        .into_iter()
        .flatten()
        .map(|it| it.size)
        .max();

    let mut pass = Pass {
        row,
        frontier: Frontier::new(),
        expected,
        blobs,
        tiles: Vec::new(),
        named_in_tile: false,
        tile_damaged: false,
        tree_damaged: false,
        records: 0,
        named: 0,
    };
    pass.run(rows, signed_size, damages).await?;
    Ok(Checked {
        frontier: pass.frontier,
        key,
        held,
        head,
        announced,
        records: pass.records,
    })
}

struct Pass<'a> {
    row: &'a StreamRow,
    frontier: Frontier,
    expected: Vec<Expected>,
    blobs: Option<&'a mut BlobNames>,
    /// Stored tile roots of the page at hand: number and root.
    tiles: Vec<(u64, Option<Hash>)>,
    named_in_tile: bool,
    tile_damaged: bool,
    tree_damaged: bool,
    records: u64,
    /// Damages named in this stream so far: a root that differs because of one is not news.
    named: usize,
}

fn passage_text(envelope: &Envelope) -> Option<String> {
    envelope.passage.as_ref().map(ToString::to_string)
}

impl Pass<'_> {
    async fn run(
        &mut self,
        rows: &mut impl Rows,
        signed_size: Option<u64>,
        damages: &mut Damages,
    ) -> Result<()> {
        self.meet_heads(damages);
        let mut unreadable = false;
        loop {
            let next = self.frontier.size();
            match rows.page(self.row.id, next, PAGE).await {
                Ok(page) if page.is_empty() => break,
                Ok(page) => {
                    self.load_tiles(rows, next, next + PAGE as u64, damages)
                        .await;
                    for row in page {
                        self.take(row, damages);
                    }
                    if self.frontier.size() == next {
                        break;
                    }
                }
                Err(error) => {
                    unreadable = true;
                    let end = signed_size
                        .unwrap_or(0)
                        .max(next + 1)
                        .min(next + PAGE as u64);
                    self.load_tiles(rows, next, end, damages).await;
                    self.one_by_one(rows, next, end, &error, damages).await;
                    if signed_size.is_none_or(|signed| end >= signed) {
                        break;
                    }
                }
            }
        }
        let size = self.frontier.size();
        if let Some(signed) = signed_size.filter(|signed| size < *signed) {
            self.missing(size, signed - 1, damages);
        }
        if let Some(held) = self.expected.iter().find(|it| it.which == "held") {
            let sequence = held.head.size;
            // The head file may be behind, never the head in the same transaction.
            if size > sequence {
                self.name(damages, |origin, epoch| Damage::Surplus {
                    origin,
                    epoch,
                    sequence,
                });
            }
        }
        if self.tree_damaged && self.named == 0 && !self.tile_damaged && !unreadable {
            let last = size.saturating_sub(1);
            let why = "the root over them differs from the signed one".to_owned();
            self.name(damages, |origin, epoch| Damage::Tree {
                origin,
                epoch,
                first: 0,
                last,
                why,
            });
        }
        Ok(())
    }

    fn name(&mut self, damages: &mut Damages, damage: impl FnOnce(String, u32) -> Damage) {
        self.named += 1;
        self.named_in_tile = true;
        damages.add(damage(self.row.origin.clone(), self.row.epoch));
    }

    fn missing(&mut self, first: u64, last: u64, damages: &mut Damages) {
        self.name(damages, |origin, epoch| Damage::Missing {
            origin,
            epoch,
            first,
            last,
        });
    }

    /// A page could not be read: read what can be read of the records up to `end`, singly.
    async fn one_by_one(
        &mut self,
        rows: &mut impl Rows,
        from: u64,
        end: u64,
        error: &Error,
        damages: &mut Damages,
    ) {
        for sequence in from..end {
            match rows.row(self.row.id, sequence).await {
                Ok(Some(row)) => self.take(row, damages),
                Ok(None) => {
                    self.missing(sequence, sequence, damages);
                    self.hole(damages);
                }
                Err(one) => {
                    let why = format!("{one} (reading on from the record before: {error})");
                    self.name(damages, |origin, epoch| Damage::Unreadable {
                        origin,
                        epoch,
                        sequence,
                        why,
                    });
                    self.hole(damages);
                }
            }
        }
    }

    /// A record that is not there keeps its place in the tree, or all later ones would be wrong.
    fn hole(&mut self, damages: &mut Damages) {
        self.grow(Hash([0; 32]), damages);
    }

    async fn load_tiles(
        &mut self,
        rows: &mut impl Rows,
        first: u64,
        last: u64,
        damages: &mut Damages,
    ) {
        let read = rows.tiles(self.row.id, first / TILE_LEAVES..last / TILE_LEAVES + 1);
        match read.await {
            Ok(tiles) => self.tiles = tiles,
            Err(error) => {
                self.tiles.clear();
                damages.add(Damage::Database {
                    why: format!("stored subtree roots: {error}"),
                });
            }
        }
    }

    /// A row in the order of the table. Which record it is, its bytes say as well as its place.
    fn take(&mut self, row: RecordRow, damages: &mut Damages) {
        let expected = self.frontier.size();
        let filed = row.sequence;
        let mut raw = RawRecord {
            origin: self.row.origin.clone(),
            epoch: self.row.epoch,
            sequence: expected,
            bytes: row.bytes,
        };
        if filed != expected && raw.check().is_err() {
            // Not the expected record by either token.
            if filed < expected {
                let why = format!("it stands behind record {}", expected - 1);
                self.name(damages, |origin, epoch| Damage::Record {
                    origin,
                    epoch,
                    sequence: filed,
                    why,
                });
                return;
            }
            self.missing(expected, filed - 1, damages);
            if filed - expected > MAX_HOLE {
                // A number far away is a changed number, not a hole worth walking through.
                return;
            }
            while self.frontier.size() < filed {
                self.hole(damages);
            }
            raw.sequence = filed;
        }
        self.records += 1;
        let sequence = raw.sequence;
        let leaf = raw.leaf();
        let stored = Hash::from_slice(&row.leaf);
        let why = if stored != Some(leaf) {
            Some("its bytes do not hash to the leaf stored beside them".to_owned())
        } else if filed != sequence {
            Some(format!("it is filed as number {filed}"))
        } else {
            match raw.check() {
                Err(error) => Some(error.to_string()),
                Ok(envelope) if envelope.at.0 != row.at => {
                    Some("its column `at` is not its time".to_owned())
                }
                Ok(envelope)
                    if passage_text(&envelope).as_deref().map(str::as_bytes)
                        != row.passage.as_deref() =>
                {
                    Some("its column `passage` is not its passage".to_owned())
                }
                Ok(_) => None,
            }
        };
        if let Some(why) = why {
            self.name(damages, |origin, epoch| Damage::Record {
                origin,
                epoch,
                sequence,
                why,
            });
        }
        if let Some(blobs) = &mut self.blobs {
            blobs.find(&raw);
        }
        self.grow(stored.unwrap_or(leaf), damages);
    }

    fn grow(&mut self, leaf: Hash, damages: &mut Damages) {
        if let Some(root) = self.frontier.push(leaf) {
            let number = self.frontier.size() / TILE_LEAVES - 1;
            let stored = self
                .tiles
                .iter()
                .find(|it| it.0 == number)
                .and_then(|it| it.1);
            if stored != Some(root) && !self.named_in_tile {
                self.tile_damaged = true;
                let first = number * TILE_LEAVES;
                let why = match stored {
                    Some(_) => "their subtree's root differs from the one stored beside them",
                    None => "the root of their subtree is not stored beside them",
                };
                let (last, why) = (first + TILE_LEAVES - 1, why.to_owned());
                self.name(damages, |origin, epoch| Damage::Tree {
                    origin,
                    epoch,
                    first,
                    last,
                    why,
                });
            }
            self.named_in_tile = false;
        }
        self.meet_heads(damages);
    }

    /// Compares the root with every head of just this size.
    fn meet_heads(&mut self, damages: &mut Damages) {
        let size = self.frontier.size();
        if self.expected.iter().all(|it| it.head.size != size) {
            return;
        }
        let root = self.frontier.root();
        let wrong: Vec<&'static str> = self
            .expected
            .iter()
            .filter(|it| it.head.size == size && it.head.root != root)
            .map(|it| it.which)
            .collect();
        if wrong.contains(&"announced") && self.named == 0 {
            let why = "its root is not the root over the records".to_owned();
            let which = "announced";
            self.name(damages, |origin, epoch| Damage::Head {
                origin,
                epoch,
                which,
                why,
            });
        }
        self.tree_damaged |= !wrong.is_empty();
    }
}

/// Blobs that records name: every JSON string of 64 hexadecimal digits, with the first record
/// that holds it.
#[derive(Debug, Default)]
pub(crate) struct BlobNames {
    pub named: BTreeMap<BlobHash, String>,
}

impl BlobNames {
    fn find(&mut self, record: &RawRecord) {
        // Digits never need an escape, so a string of them stands in the bytes as it is.
        for (start, _) in record
            .bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'"')
        {
            let Some(digits) = record.bytes.get(start + 1..start + 65) else {
                continue;
            };
            if record.bytes.get(start + 65) != Some(&b'"') {
                continue;
            }
            let hash = std::str::from_utf8(digits)
                .ok()
                .and_then(|it| it.parse().ok());
            if let Some(hash) = hash {
                self.named.entry(hash).or_insert_with(|| record.name());
            }
        }
    }
}
