//! Every limit of the centre in one place.

/// Connections of a database pool.
pub const DB_CONNECTIONS: u32 = 8;

/// Largest request body, bytes.
pub const BODY_BYTES: usize = 256 * 1024;
/// A request that has no answer by then gets `busy`.
pub const REQUEST_SECONDS: u64 = 30;
/// Open event streams of one session.
pub const STREAMS_TOTAL: usize = 512;
/// Changes within this span travel as one event.
pub const COALESCE_MS: u64 = 120;
/// Comment lines that keep an idle event stream alive.
pub const PING_SECONDS: u64 = 15;
/// How often an open event stream asks whether its session still stands.
pub const STREAM_CHECK_SECONDS: u64 = 30;

/// Life of a session and how long it may lie idle (wall time).
pub const SESSION_MS: i64 = 12 * 3_600_000;
pub const SESSION_IDLE_MS: i64 = 2 * 3_600_000;
/// A session's last use is written down at most this often.
pub const SESSION_TOUCH_MS: i64 = 60_000;
/// Failed logins of one name (and, times ten, of one address) within the span: then 429.
pub const LOGIN_FAILURES: i64 = 5;
pub const LOGIN_SPAN_MS: i64 = 10 * 60_000;
pub const NAME_BYTES: usize = 64;
pub const PASSWORD_BYTES: usize = 256;
pub const PASSWORD_BYTES_MIN: usize = 12;
/// Argon2 runs at the same time; each takes about 19 MiB.
pub const HASHES_AT_ONCE: usize = 2;

/// Texts and lists that people send.
pub const TEXT_BYTES: usize = 400;
pub const ANSWERS: usize = 200;
pub const GOODS: usize = 200;
pub const DECLARED_DOCUMENTS: usize = 100;
pub const CONTAINERS: usize = 20;

/// Rows of one search.
pub const SEARCH_ROWS: i64 = 200;
/// Facts shown with one case.
pub const CASE_FACTS: usize = 5_000;
/// Rows of the wall's lists of overdue cases and alarms.
pub const WALL_ROWS: usize = 100;

/// Widest preview, pixels; and previews kept decoded.
pub const PREVIEW_WIDTH_PX: u32 = 4_096;
pub const PREVIEW_WIDTH_DEFAULT_PX: u32 = 1_400;
pub const PREVIEWS_KEPT: usize = 32;
pub const PREVIEWS_AT_ONCE: usize = 2;

/// Plans that are shown, and bytes of each: a scenario with some twenty questions has 150 KB.
pub const PLANS: usize = 16;
pub const PLAN_BYTES: u64 = 2 << 20;

/// Commands that wait for the main loop.
pub const LOOP_QUEUE: usize = 256;
/// Records folded in one step.
pub const RECORDS_AT_ONCE: usize = 1_000;
/// The main loop looks at deadlines this often (wall time).
pub const TICK_MS: u64 = 250;
/// Figures of the links are looked at this often (wall time).
pub const LINK_LOOK_MS: u64 = 2_000;
/// An ended passage leaves memory after this long; it is folded anew when somebody asks.
pub const ENDED_KEPT_MS: i64 = 26 * 3_600_000;
/// Its single facts leave earlier; the figures stay.
pub const FACTS_KEPT_MS: i64 = 2 * 3_600_000;
/// A notification nobody came with is shown to its carrier for so long.
pub const NOTIFICATION_KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Drawn and not opened within this: drawn again (unless the configuration says otherwise).
pub const OPEN_WITHIN_MS: i64 = 10 * 60_000;
/// How often a supervisor may have one case drawn again while the same is asked. Each round's
/// officer can be computed beforehand, so more than one would let a supervisor choose.
pub const REDRAWS: usize = 1;
/// Rounds of one case after which nobody is passed over any more.
pub const DRAW_ROUNDS: u32 = 1_000;

const _: () = assert!(PREVIEW_WIDTH_DEFAULT_PX <= PREVIEW_WIDTH_PX);
const _: () = assert!(FACTS_KEPT_MS <= ENDED_KEPT_MS);
const _: () = assert!(SESSION_IDLE_MS <= SESSION_MS);
const _: () = assert!(SESSION_TOUCH_MS < SESSION_IDLE_MS);
const _: () = assert!(PASSWORD_BYTES_MIN < PASSWORD_BYTES);
