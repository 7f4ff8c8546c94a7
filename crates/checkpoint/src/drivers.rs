//! One file a kind of device: its socket, its reconnects, its health. Decoding is `devices`';
//! what a reading means is `domain`'s.

pub mod arm;
pub mod portal;
pub mod scale;

use std::time::Duration;

/// How long to wait before dialling a device again, on the wall's clock.
pub(crate) const REDIAL: Duration = Duration::from_millis(500);
/// A device that does not take a connection for so long is down.
pub(crate) const DIAL_LIMIT: Duration = Duration::from_secs(5);
