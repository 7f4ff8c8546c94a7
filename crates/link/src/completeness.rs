//! The completeness statement: for each origin, received 1..n, gaps, duplicates, head signed.
//! Counted by reading every record, not taken from any counter. Not here: verifying hashes and
//! signatures from outside (`ledger`).

use std::collections::BTreeMap;
use std::path::Path;

use ledger::tree::{Frontier, empty_root};
use ledger::verify::{Report, verify};
use ledger::{Error, Hash, Ledger, RawRecord, Reading, Stream, VerifierKey};

use crate::limits::RECORDS_READ;

/// One ledger as this node holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginLine {
    pub origin: String,
    pub epoch: u32,
    /// Records held; their sequences are 0 to one less when `gaps` is 0.
    pub received: u64,
    /// Records known to exist before the newest one known, and not held.
    pub gaps: u64,
    /// Sequences that are held more than once.
    pub duplicates: u64,
    /// The origin's own signature covers every record held, and none signed for is missing.
    pub head_signed: bool,
}

/// Counts the records of one chain, page by page.
#[derive(Default)]
struct Count {
    next: u64,
    received: u64,
    twice: u64,
    missing: u64,
}

impl Count {
    fn page(&mut self, records: &[RawRecord]) {
        let Some(last) = records.last() else { return };
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        for record in records {
            *seen.entry(record.sequence).or_insert(0) += 1;
            // The number in the signed bytes, not the one it is filed under.
            let said = record.check().map_or(u64::MAX, |it| it.sequence);
            self.missing += u64::from(said != record.sequence);
        }
        self.received += seen.len() as u64;
        self.twice += seen.values().filter(|it| **it > 1).count() as u64;
        let span = last.sequence + 1 - self.next;
        self.missing += span.saturating_sub(seen.len() as u64);
        self.next = last.sequence + 1;
    }
}

/// What is held of every origin and epoch, own ledger included.
pub async fn completeness(ledger: &Ledger) -> Result<Vec<OriginLine>, Error> {
    let mut lines = Vec::new();
    for status in ledger.status() {
        let mut count = Count::default();
        while count.next < status.size {
            let (origin, epoch) = (&status.origin, status.epoch);
            let page = ledger.read(origin, epoch, count.next, RECORDS_READ).await?;
            if page.is_empty() {
                break;
            }
            count.page(&page);
        }
        let announced = status.announced.as_ref().map_or(0, |it| it.size);
        let gaps = count.missing + announced.max(status.size).saturating_sub(count.next);
        lines.push(OriginLine {
            origin: status.origin,
            epoch: status.epoch,
            received: count.received,
            gaps,
            duplicates: count.twice,
            head_signed: status.complete && gaps == 0,
        });
    }
    Ok(lines)
}

/// The same of a folder, from outside, beside a running program or not; every record, head and
/// blob is verified as well. `key` is the own ledger's, from elsewhere.
pub async fn of_folder(
    folder: &Path,
    key: Option<&VerifierKey>,
) -> Result<(Vec<OriginLine>, Report), Error> {
    let report = verify(folder, key).await?;
    let reading = Reading::open(folder).await?;
    let mut lines = Vec::new();
    for stream in reading.streams().await? {
        // Of one moment, although the ledger may grow.
        let verified = report
            .streams
            .iter()
            .find(|it| it.origin == stream.origin && it.epoch == stream.epoch);
        let (size, signed, awaited) =
            verified.map_or((0, 0, 0), |it| (it.size, it.signed, it.awaited));
        let mut count = Count::default();
        while count.next < size {
            let limit = (size - count.next).min(RECORDS_READ as u64) as usize;
            let page = reading.read(&stream, count.next, limit).await?;
            if page.is_empty() {
                break;
            }
            count.page(&page);
        }
        let gaps = count.missing + size.saturating_sub(count.next) + awaited;
        lines.push(OriginLine {
            origin: stream.origin,
            epoch: stream.epoch,
            received: count.received,
            gaps,
            duplicates: count.twice,
            head_signed: signed == size && gaps == 0,
        });
    }
    Ok((lines, report))
}

/// One ledger in two folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    pub origin: String,
    pub epoch: u32,
    /// Records in each folder.
    pub sizes: [u64; 2],
    /// Records that the origin's own signature covers in each folder, each signature verified
    /// against the records that lie there.
    pub signed: [u64; 2],
    /// The first record that is not the same in both.
    pub differs_at: Option<u64>,
    /// Root over the records that both have.
    pub root: Hash,
    /// Both believe the same key of the origin.
    pub same_key: bool,
}

impl Compared {
    /// What is in both is the same, under one key.
    pub fn agrees(&self) -> bool {
        self.differs_at.is_none() && self.same_key
    }
}

/// Holds two folders against each other, record for record: any third party can, with read access
/// and no key. Ledgers that are in one of them only are left out.
pub async fn compare(folders: [&Path; 2]) -> Result<Vec<Compared>, Error> {
    let (one, other) = (
        Reading::open(folders[0]).await?,
        Reading::open(folders[1]).await?,
    );
    let others = other.streams().await?;
    let mut all = Vec::new();
    for a in one.streams().await? {
        let same = |it: &&Stream| it.origin == a.origin && it.epoch == a.epoch;
        if let Some(b) = others.iter().find(same) {
            all.push(compare_one((&one, &a), (&other, b)).await?);
        }
    }
    Ok(all)
}

async fn compare_one(
    (one, a): (&Reading, &Stream),
    (other, b): (&Reading, &Stream),
) -> Result<Compared, Error> {
    let both = a.size.min(b.size);
    let (mut at, mut differs_at) = (0, None);
    while at < both && differs_at.is_none() {
        let limit = (both - at).min(RECORDS_READ as u64) as usize;
        let (left, right) = (
            one.read(a, at, limit).await?,
            other.read(b, at, limit).await?,
        );
        let pairs = left.iter().zip(&right);
        let differing = pairs
            .clone()
            .find(|(left, right)| left.bytes != right.bytes);
        differs_at = differing.map(|(left, _)| left.sequence);
        at += pairs.len().max(1) as u64;
    }
    let (root, signed_a) = signed(one, a, both).await?;
    let (_, signed_b) = signed(other, b, both).await?;
    Ok(Compared {
        origin: a.origin.clone(),
        epoch: a.epoch,
        sizes: [a.size, b.size],
        signed: [signed_a, signed_b],
        differs_at,
        root,
        same_key: a.key == b.key,
    })
}

/// The root over the first `upto` records, and how many the newest head of the origin covers: its
/// signature and its root are verified here.
async fn signed(reading: &Reading, stream: &Stream, upto: u64) -> Result<(Hash, u64), Error> {
    let (mut tree, mut root) = (Frontier::new(), empty_root());
    let mut covered = 0;
    let head = stream.head.as_ref();
    let head = head.filter(|it| it.verify(&stream.key).is_ok());
    while tree.size() < stream.size {
        let page = reading.read(stream, tree.size(), RECORDS_READ).await?;
        if page.is_empty() {
            break;
        }
        for record in page.iter().take((stream.size - tree.size()) as usize) {
            tree.push(record.leaf());
            if tree.size() == upto {
                root = tree.root();
            }
            if head.is_some_and(|it| it.size == tree.size() && it.root == tree.root()) {
                covered = tree.size();
            }
        }
    }
    Ok((root, covered))
}
