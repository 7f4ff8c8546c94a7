//! Every limit of the ledger in one place, with the relations between them asserted.

/// A record's bytes. The entry length of C2SP tlog-tiles is a `u16`, so no record may be longer.
pub const RECORD_BYTES: usize = 65_535;
/// An origin is part of key names, paths and every record; short, and plain ASCII.
pub const ORIGIN_BYTES: usize = 64;
/// Drafts in one `append`, records in one `copy`.
pub const BATCH_RECORDS: usize = 10_000;
/// Records of one transaction of the writer; callers beyond it wait for the next one.
pub const GROUP_RECORDS: usize = 20_000;
/// Calls waiting for the writer; the next caller waits before it is queued.
pub const QUEUE_CALLS: usize = 1_024;
/// Records of one `read`.
pub const READ_RECORDS: usize = 10_000;
/// Record bytes of one `read`; at least one record is always returned.
pub const READ_BYTES: usize = 4 << 20;
/// Records of one passage; a passage beyond it is told so, never cut silently.
pub const PASSAGE_RECORDS: usize = 100_000;
/// A signed note, and the signature lines on it.
pub const NOTE_BYTES: usize = 4_096;
pub const NOTE_SIGNATURES: usize = 16;
/// The file that repeats the newest head: one sector, so that it is written whole or not at all.
pub const HEAD_FILE_BYTES: usize = 512;
/// A tree never grows beyond this; sequences also have to fit SQLite's `i64`.
pub const TREE_SIZE: u64 = 1 << 48;
/// A proof has at most one hash for each level of the tree, and one more.
pub const PROOF_HASHES: usize = 64;
/// Leaves of one stored subtree (C2SP's tile height 8).
pub const TILE_LEAVES: u64 = 1 << TILE_LEVEL;
pub const TILE_LEVEL: u32 = 8;
/// One blob: an X-ray picture of full depth has about 10 MB.
pub const BLOB_BYTES: u64 = 256 << 20;
/// Bytes of one `write_blob_at`.
pub const BLOB_CHUNK_BYTES: usize = 4 << 20;
/// Below this much free space no blob and no new vehicle is taken in.
pub const LOW_WATER_BYTES: u64 = 256 << 20;
/// Preallocated, released when the disk is full: about 100,000 records of a barrier log.
pub const RESERVE_BYTES: u64 = 32 << 20;
/// Places of `subscribe` before a slow reader is told that it missed some.
pub const GROWTH_PLACES: usize = 1_024;
/// What a check lists before it only counts.
pub const DAMAGES_LISTED: usize = 1_000;
/// Read-only connections.
pub const READERS: u32 = 4;

const _: () = {
    assert!(BATCH_RECORDS <= GROUP_RECORDS);
    assert!(READ_BYTES >= RECORD_BYTES);
    assert!(TREE_SIZE <= i64::MAX as u64);
    assert!(PROOF_HASHES > 48 + 1);
    assert!(HEAD_FILE_BYTES <= NOTE_BYTES);
    // Two origin lines, a size, a root and one signature line fit the head file.
    assert!(2 * (ORIGIN_BYTES + 17) + 16 + 45 + 100 < HEAD_FILE_BYTES);
    assert!(LOW_WATER_BYTES > RESERVE_BYTES);
    assert!(BLOB_CHUNK_BYTES as u64 <= BLOB_BYTES);
};
