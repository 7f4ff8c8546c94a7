//! Every bound a decoder enforces on bytes from a wire, in one place. Reaching one is a
//! `Garbled` with the limit's name in its reason, never a truncation in silence. These are
//! *not* thresholds of a procedure: those are dated data.

/// Largest message of one plate camera, pictures included: three full-size JPEGs and their text.
pub const PLATE_MESSAGE_BYTES: usize = 16 << 20;
/// Largest text part (XML, JSON, key=value) of a plate message.
pub const PLATE_TEXT_BYTES: usize = 1 << 20;
/// Parts of one multipart body.
pub const MULTIPART_PARTS: usize = 64;
/// Bytes of the header block of one part.
pub const MULTIPART_HEADER_BYTES: usize = 8 << 10;
/// Reads carried by one message (a log of LILIN, results of Plate Recognizer, Dahua events).
pub const PLATE_READS: usize = 1024;
/// Candidates kept of one read, best first.
pub const PLATE_CANDIDATES: usize = 32;
/// Characters of one plate as a camera writes it.
pub const PLATE_CHARS: usize = 32;
/// Characters of any other text field kept from a camera.
pub const FIELD_CHARS: usize = 256;

/// Elements within elements of an XML document.
pub const XML_DEPTH: usize = 64;
/// Elements of one camera's XML document.
pub const XML_ELEMENTS: usize = 20_000;
/// Attributes of one element.
pub const XML_ATTRIBUTES: usize = 64;

/// Bytes of pictures handed out by one message, copies for its several reads included; beyond it
/// only the first read carries the bytes and the others their hash.
pub const PLATE_PICTURE_COPIES_BYTES: usize = 32 << 20;
/// Values (numbers, texts, members) of one JSON message: pictures inside are long, not many.
pub const JSON_VALUES: usize = 100_000;

/// Bytes of a file or message of machine-readable zones, container numbers, VINs or TIR numbers.
pub const CODES_BYTES: usize = 4 << 20;
/// Codes in one such file.
pub const CODES: usize = 20_000;
/// Characters of one line that may be a machine-readable zone.
pub const MRZ_LINE_CHARS: usize = 128;

/// One document message with its pages inside.
pub const DOCUMENT_MESSAGE_BYTES: usize = 32 << 20;
/// Pages of one document.
pub const DOCUMENT_PAGES: usize = 64;
/// A page's bilevel preview: A4 at 150 dots an inch, and longer papers.
pub const BILEVEL_WIDTH_PX: u32 = 1240;
pub const BILEVEL_HEIGHT_PX: u32 = 3508;
/// A scanned page: A3 at 600 dots an inch, and what its decoder may allocate.
pub const PAGE_SIDE_PX: u32 = 10_000;
pub const PAGE_DECODED_BYTES: u64 = 320 << 20;
/// Fields of one document.
pub const DOCUMENT_FIELDS: usize = 512;
/// Characters of one field's value.
pub const DOCUMENT_VALUE_CHARS: usize = 4096;

/// One line of a scale or a profiler.
pub const WEIGH_LINE_BYTES: usize = 64 << 10;
/// Axles of one vehicle; the longest special transporters have fewer.
pub const AXLES: usize = 64;
/// Heaviest axle a reading may claim, kg.
pub const AXLE_KG: u32 = 100_000;
/// Heaviest vehicle a reading may claim, kg.
pub const GROSS_KG: u32 = 2_000_000;
/// Longest vehicle a reading may claim, metres.
pub const VEHICLE_M: f64 = 200.0;
/// Fastest vehicle a reading may claim, km/h.
pub const SPEED_KMH: f64 = 300.0;
/// Records of one weigh-in-motion file.
pub const WIM_RECORDS: usize = 20_000;

/// One line of a VM250 portal; the longest the maker defines has about 60.
pub const VM250_LINE_BYTES: usize = 1024;
/// Greatest count of one panel in one line: six digits.
pub const PANEL_COUNTS: u32 = 999_999;
/// Longest alarm window a portal may set, in samples.
pub const ALARM_INTERVALS: u32 = 250;
/// Gamma samples of one occupancy: an hour of 200 ms. A longer one is read in parts.
pub const OCCUPANCY_SAMPLES: usize = 18_000;
/// Spectra kept of one N42 document: detectors, occupied and vacant apart.
pub const SPECTRA: usize = 16;
/// Channels of a spectrum as the case keeps it.
pub const SPECTRUM_CHANNELS: usize = 1024;
/// Energy windows kept of one N42 document.
pub const ENERGY_WINDOWS: usize = 32;
/// Longest occupancy that the second opinion fits: ten minutes of 200 ms.
pub const FILTER_SAMPLES: usize = 3_000;
/// A portal with a vehicle inside that says nothing for so long is taken as interrupted.
pub const PORTAL_SILENCE_MS: i64 = 10_000;
/// A recorded stream of a portal given to `decode` as one file.
pub const PORTAL_FILE_BYTES: usize = 64 << 20;

/// Readings, messages and refused lines together that one such file may give.
pub const PORTAL_FILE_ENTRIES: usize = 50_000;
/// Register blocks of one such file: eleven days of a poll every five seconds.
pub const PORTAL_FILE_POLLS: usize = 200_000;

/// One radiograph's code stream: four times the largest seen.
pub const IMAGE_BYTES: usize = 16 << 20;
/// Longer side of a radiograph.
pub const IMAGE_SIDE_PX: u32 = 16_384;
/// Pixels of a radiograph: decoding takes eight bytes for each.
pub const IMAGE_PIXELS: u64 = 32 << 20;
/// Marker segments before the first tile-part.
pub const IMAGE_SEGMENTS: usize = 256;
/// Tiles of a code stream.
pub const IMAGE_TILES: u32 = 1024;
/// Tile-parts of a code stream, all tiles together.
pub const IMAGE_TILE_PARTS: usize = 16_384;
/// Quality layers of a code stream.
pub const IMAGE_LAYERS: u16 = 64;
/// The JSON beside a radiograph.
pub const IMAGE_METADATA_BYTES: usize = 1 << 20;
/// Regions a scanner may mark in one image.
pub const IMAGE_REGIONS: usize = 1024;

/// One N42 file or message; the largest seen, a spectroscopic portal pass, has 3 MB.
pub const N42_BYTES: usize = 64 << 20;
/// XML elements of one N42 document.
pub const N42_ELEMENTS: usize = 500_000;
/// N42 documents of one stream given at once.
pub const N42_DOCUMENTS: usize = 4_096;
/// Parts of one stream that are refused before the rest of it is not read any more.
pub const N42_REFUSED: usize = 64;
/// Channels of one spectrum once its zeros are written out.
pub const N42_CHANNELS: usize = 1 << 17;
/// Numbers of one list (counts, energies, coefficients) as written.
pub const N42_VALUES: usize = 1 << 18;
/// Greatest count of one channel or window: 10^12 in one interval is no detector's.
pub const N42_COUNT: f64 = 1e12;
/// Warnings kept of one document; further ones are counted.
pub const N42_WARNINGS: usize = 100;
/// Longest interval a document may claim, seconds: ten years.
pub const N42_DURATION_S: f64 = 10.0 * 366.0 * 86_400.0;
/// Papers that one message says were presented.
pub const PAPERS: usize = 256;
