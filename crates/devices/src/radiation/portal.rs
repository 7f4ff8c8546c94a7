//! What any radiation portal says, whichever wire it uses. This is the answer of the state machines
//! in this folder; it is not a fact yet: the checkpoint's driver adds lane and device.

use domain::fact::DeviceHealth;
use domain::reading::{RadiationProfile, RadiationReading};
use domain::unit::UtcMs;
use serde::Serialize;

use crate::garbled::Garbled;

/// One thing a portal said. Times are the node's, on receipt; a portal's clock is not used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalMessage {
    /// A vehicle broke the first beam.
    Occupied { at: UtcMs },
    /// The vehicle is through: one occupancy, complete.
    Reading {
        started_at: UtcMs,
        ended_at: UtcMs,
        reading: Box<RadiationReading>,
        /// What the reading's `profile` blob holds, as JSON.
        profile: Box<RadiationProfile>,
    },
    /// The portal's own opinion of itself changed.
    Health { health: DeviceHealth, why: String },
    /// The cabinet was opened, or closed again.
    Tamper(Tamper),
    /// Bytes that are not what the format allows; what came before and after still counts.
    Refused(Garbled),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    Set,
    Cleared,
}
