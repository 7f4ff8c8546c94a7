//! Every limit of the domain in one place, with the relations between them asserted. At a limit an
//! input becomes `Disregarded` with a reason `limit.*`: nothing grows without bound, nothing is
//! dropped without a record. Not here: thresholds of the law, which are procedure data.

/// Reads of number plates kept for one passage.
pub const PLATES: usize = 64;
/// Reads of container numbers kept for one passage.
pub const CONTAINERS: usize = 32;
/// Readings of one device stage (first pass and ordered repeats).
pub const READINGS: usize = 16;
/// Documents presented in one passage.
pub const DOCUMENTS: usize = 64;
/// Fields read off one document.
pub const DOCUMENT_FIELDS: usize = 256;
/// Pages of one document.
pub const DOCUMENT_PAGES: usize = 64;
/// Findings of one passage.
pub const FINDINGS: usize = 256;
/// Decisions of one passage.
pub const DECISIONS: usize = 256;
/// Remarks of people about one passage, and nuclides that one of them names.
pub const REMARKS: usize = 256;
pub const ISOTOPES: usize = 8;
/// Orders of one passage.
pub const ORDERS: usize = 64;
/// Exit permits of one passage; then people take over.
pub const PERMITS: u32 = 100;
/// Entries of wanted lists that one vehicle can match.
pub const WANTED: usize = 16;
/// Goods items of one notification.
pub const GOODS_ITEMS: usize = 1000;
/// Declared documents, containers and the like in one notification.
pub const NOTIFICATION_LIST: usize = 200;
/// Axles of one road train.
pub const AXLES: usize = 24;
/// Regions, layers, pictures, candidates, nuclides, faults in one reading.
pub const READING_LIST: usize = 256;
/// Bytes of any one text that comes in from outside.
pub const TEXT_BYTES: usize = 4096;
/// Escalations recorded for one passage.
pub const ESCALATIONS: usize = 256;
/// Bytes of one procedure file.
pub const PROCEDURE_BYTES: usize = 1 << 20;
/// Entries of any one list of a procedure.
pub const PROCEDURE_LIST: usize = 10_000;

/// Bytes of a radiograph after which a first look is possible (equipment measurements: 80 KB).
pub const IMAGE_TRIAGE_BYTES: u64 = 80_000;
/// Bytes of a radiograph after which "clear" may be given; a procedure may ask for more.
pub const IMAGE_DECISION_BYTES: u64 = 640_000;

/// What a fact takes on the line, packed with others: measured 29 to 34.
pub const FACT_LINE_BYTES: u64 = 35;
/// What a preview (a plate picture, a profile, a bilevel page) takes on the line, about.
pub const PREVIEW_LINE_BYTES: u64 = 30_000;

const _: () = {
    assert!(
        FINDINGS <= DECISIONS,
        "every finding can get its own decision"
    );
    assert!(ORDERS >= READINGS, "every repeated reading can be ordered");
    assert!(IMAGE_TRIAGE_BYTES < IMAGE_DECISION_BYTES);
    assert!(DOCUMENTS <= FINDINGS);
};
