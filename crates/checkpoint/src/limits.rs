//! Every limit of the checkpoint's program, enforced where it is named.

/// An ended passage still answers decisions that come late: a day.
pub const ENDED_PASSAGES_KEPT_MS: i64 = 24 * 3600 * 1000;

/// Notifications held for matching; the oldest go first.
pub const NOTIFICATIONS_KEPT: usize = 20_000;

/// Largest body of a device's message; pages and radiographs have their own, smaller limits.
pub const DEVICE_MESSAGE_BYTES: usize = 32 * 1024 * 1024;

/// Uploads of radiographs under way at one lane.
pub const UPLOADS_AT_ONCE: usize = 8;

/// Longest line a portal or a scale may send.
pub const LINE_BYTES: usize = 64 * 1024;

/// Events that wait for the main loop; a device that is faster waits for a place.
pub const EVENTS_WAITING: usize = 1_024;

/// A PIN may be tried wrong so often in [`PIN_WINDOW_MS`].
pub const PIN_FAILURES: usize = 5;
pub const PIN_WINDOW_MS: i64 = 60_000;

/// Openings that a controller counted unheard, each told as a fact of its own up to here.
pub const OPENINGS_TOLD: u32 = 100;

/// A device's own numbers of its messages, by which a repeat is known.
pub const REPEATS_REMEMBERED: usize = 256;

/// A device that is down for less may come back by itself; after this the fail-safe of its stage
/// applies to the vehicle that waits for it.
pub const DEVICE_MAY_RETURN_MS: i64 = 180_000;

/// What a device says about its own state is kept up to here.
pub const WHY_CHARS: usize = 256;
