//! Every limit of the link in one place, with the relations between them asserted. A peer that
//! goes beyond one is refused with the limit's name; nothing here is a tuning knob (those are
//! [`crate::session::Rules`]).

/// Bytes of one frame: kind and body, without the length in front.
pub const FRAME_BYTES: usize = 128 * 1024;
/// Name of a ledger's writer.
pub const ORIGIN_BYTES: usize = 64;
/// `software` in a Hello.
pub const SOFTWARE_BYTES: usize = 64;
/// Reason in a Close or a BlobRefused.
pub const REASON_BYTES: usize = 400;
/// A verifier key as text.
pub const KEY_BYTES: usize = 256;
/// Chains (origin, epoch) of one direction in a Hello.
pub const CHAINS: usize = 64;
/// Dictionaries named in a Hello.
pub const DICTIONARIES: usize = 16;
/// One record's bytes (the ledger's own limit).
pub const RECORD_BYTES: usize = 65_535;
/// Records in one frame.
pub const RECORDS_PER_FRAME: usize = 100;
/// Bytes of a frame's records before compression; more than one record only while they fit.
pub const BATCH_BYTES: usize = 64 * 1024;
/// What a packed batch may become: the largest record alone, with its length, fits.
pub const UNPACKED_BYTES: usize = BATCH_BYTES + 3;
/// Compressed bytes of records that may be unacknowledged. Only bounds memory: records never
/// wait for credit.
pub const RECORDS_IN_FLIGHT_BYTES: u64 = 24 * 1024;
/// Records asked of the own ledger at a time.
pub const RECORDS_READ: usize = 200;
/// A signed head, as text.
pub const HEAD_BYTES: usize = 4 * 1024;
/// Certificate or request in a renewal.
pub const CERTIFICATE_BYTES: usize = 8 * 1024;
/// One blob.
pub const BLOB_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of a blob in one part.
pub const PART_BYTES: usize = 32 * 1024;
/// Bytes of a blob read ahead of sending, from the own store.
pub const BLOB_READ_BYTES: usize = 64 * 1024;
/// Blobs announced to the peer and not finished.
pub const BLOBS_ANNOUNCED: usize = 32;
/// Blobs a peer may have announced to us and not finished.
pub const BLOBS_ARRIVING: usize = 64;
/// Blobs waiting at the sender, announced or not.
pub const BLOBS_WAITING: usize = 100_000;
/// Parts of one blob that arrived before their turn.
pub const EARLY_PARTS_BYTES: usize = 8 * 1024 * 1024;
/// Frames that arrived before the Hello.
pub const EARLY_FRAMES: usize = 64;
/// Unacknowledged bytes of bulk, whatever the controller computes.
pub const WINDOW_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of a code, a checkpoint's name, a request in enrolment.
pub const ENROL_BYTES: usize = 32 * 1024;
/// A checkpoint's code as it stands in a certificate.
pub const CHECKPOINT_BYTES: usize = 16;
/// Wrong codes for a checkpoint before its code is void.
pub const CODE_ATTEMPTS: u32 = 5;
/// Plain bytes of a parcel's chunk.
pub const PARCEL_CHUNK_BYTES: usize = 64 * 1024;
pub const PARCEL_HEADER_BYTES: usize = 16 * 1024;
/// ECDSA P-256 in DER has at most 72.
pub const PARCEL_SIGNATURE_BYTES: usize = 128;
/// The newest records of the receiver whose blobs a parcel says are here: about two days.
pub const PARCEL_RECEIPT_RECORDS: u64 = 50_000;

const _: () = {
    // Even records that do not compress fit a frame.
    assert!(UNPACKED_BYTES + 1024 < FRAME_BYTES);
    assert!(RECORD_BYTES + 3 <= UNPACKED_BYTES);
    assert!(PART_BYTES + 64 < FRAME_BYTES);
    assert!(PART_BYTES <= BLOB_READ_BYTES);
    assert!(HEAD_BYTES < FRAME_BYTES && CERTIFICATE_BYTES < FRAME_BYTES);
    assert!(BLOBS_ANNOUNCED <= BLOBS_ARRIVING);
    assert!(WINDOW_BYTES as usize <= EARLY_PARTS_BYTES);
    assert!(2 * CHAINS * (ORIGIN_BYTES + KEY_BYTES + 20) < FRAME_BYTES);
};
