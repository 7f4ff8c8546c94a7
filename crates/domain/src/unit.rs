//! Identifiers and units. Units stand last in a field's name (`gross_kg`, `due_at`); a bare
//! pair of numbers never crosses a public signature. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// This instant and `span_ms` later; saturates at the ends of `i64`.
    pub fn plus_ms(self, span_ms: i64) -> UtcMs {
        UtcMs(self.0.saturating_add(span_ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when it is not earlier.
    pub fn since_ms(self, earlier: UtcMs) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// Code of a checkpoint, e.g. `CN05`; never translated. Also the origin of its ledger.
    CheckpointId
}
text_id! {
    /// A state official, by pseudonym (`o-17`); names live at the centre only.
    OfficerId
}
text_id! {
    /// An order to a lane, named by who gave it: `<origin>/<sequence>`; unique in the country.
    OrderId
}
text_id! {
    /// A device at a lane, e.g. `L1/plate-front`.
    DeviceId
}
text_id! {
    /// The reference of a notification, as the carrier holds it (`N-000123`).
    NotificationId
}

/// Number of a lane at its checkpoint, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(pub u8);

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

/// One conveyance through one checkpoint: `CN05-18204`. Numbers are given by the checkpoint,
/// from 1, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassageId {
    pub checkpoint: CheckpointId,
    pub number: u64,
}

impl fmt::Display for PassageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.checkpoint, self.number)
    }
}

impl FromStr for PassageId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (checkpoint, number) = text
            .rsplit_once('-')
            .ok_or_else(|| format!("a passage is named like CN05-18204, not {text:?}"))?;
        let number = number
            .parse()
            .map_err(|_| format!("a passage's number is digits, not {number:?}"))?;
        Ok(PassageId {
            checkpoint: CheckpointId::new(checkpoint),
            number,
        })
    }
}

impl Serialize for PassageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PassageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// BLAKE3 of a blob's bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(pub [u8; 32]);

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for BlobHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a blob is named by 64 hexadecimal digits, not {text:?}");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(BlobHash(hash))
    }
}

impl Serialize for BlobHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
