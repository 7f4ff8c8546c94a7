//! What a ledger's records are kept in: the words between the arithmetic ([`crate::keeper`]) and
//! the disk. Two implementations, and only for this reason a trait: SQLite ([`crate::sqlite`]), and
//! the simulator's disk, which forgets or tears what was not synced.
//!
//! Methods return futures that the simulator's disk has ready at once, so that a whole country
//! runs in one thread; no future here waits for anything but the disk.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Range;

use crate::error::Result;
use crate::keeper::Stream;
use crate::tree::Hash;

/// A row of `stream` as it stands in the store, unverified.
#[derive(Debug, Clone)]
pub struct StreamRow {
    pub id: i64,
    pub origin: String,
    pub epoch: u32,
    pub key: String,
    pub held: String,
    pub head: Option<String>,
    pub announced: Option<String>,
}

/// A record as it stands in the store, unverified.
#[derive(Debug, Clone)]
pub struct RecordRow {
    pub sequence: u64,
    pub at: i64,
    pub passage: Option<Vec<u8>>,
    pub leaf: Vec<u8>,
    pub bytes: Vec<u8>,
}

/// Reading. Nothing is verified here.
pub trait Rows: Send {
    /// Every stream, in the order in which they were begun; one that cannot be read is an error
    /// in its place.
    fn streams(&mut self) -> impl Future<Output = Result<Vec<Result<StreamRow>>>> + Send;
    /// Records from a sequence on, in order, at most `limit`.
    fn page(
        &mut self,
        stream: i64,
        from: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordRow>>> + Send;
    /// The record filed under just this sequence.
    fn row(
        &mut self,
        stream: i64,
        sequence: u64,
    ) -> impl Future<Output = Result<Option<RecordRow>>> + Send;
    /// The leaves stored beside these records; fewer where some are gone.
    fn leaves(
        &mut self,
        stream: i64,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Vec<Hash>>> + Send;
    /// The stored roots of these whole subtrees, by their number.
    fn tiles(
        &mut self,
        stream: i64,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Vec<(u64, Option<Hash>)>>> + Send;
}

/// Everything one transaction writes.
#[derive(Debug, Default)]
pub struct Group {
    pub rows: Vec<NewRow>,
    pub tiles: Vec<NewTile>,
    pub evidence: Vec<NewEvidence>,
    /// Streams that changed, by index; new ones stand beyond the committed ones.
    pub changed: BTreeMap<usize, Stream>,
}

impl Group {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.evidence.is_empty() && self.changed.is_empty()
    }
}

#[derive(Debug)]
pub struct NewRow {
    pub stream: i64,
    pub sequence: u64,
    pub at: i64,
    pub passage: Option<String>,
    pub leaf: Hash,
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
pub struct NewTile {
    pub stream: i64,
    pub number: u64,
    pub root: Hash,
}

#[derive(Debug)]
pub struct NewEvidence {
    pub stream: i64,
    pub sequence: u64,
    pub why: &'static str,
    pub head: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

/// The file beside the records that holds the secret of the current epoch; as text.
pub const KEY_FILE: &str = "key";

/// Writing, by the one writer.
pub trait Store: Rows {
    /// One transaction: written, and not yet durable. All of it or nothing.
    ///
    /// # Errors
    /// Retry: nothing was written. Fatal: the next start knows what is there.
    fn stage(&mut self, group: &Group) -> impl Future<Output = Result<()>> + Send;
    /// What was staged is durable when it returns.
    ///
    /// # Errors
    /// Retry: nothing of it is there. Fatal: whether it is there is known after the next start.
    fn sync(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// A whole small file beside the records, durable and never half; `None` when it is not there.
    fn file(&mut self, name: &str) -> Result<Option<String>>;
    fn write_file(&mut self, name: &str, text: &str) -> Result<()>;
    /// Whether anything was ever written here.
    fn existed(&self) -> bool;
    /// The newest note of a stream, kept outside the records; may be older, unreadable, or gone.
    fn note(&mut self, origin: &str, epoch: u32) -> Result<Option<String>>;
    fn write_note(&mut self, origin: &str, epoch: u32, note: &str) -> Result<()>;
}
