//! The one error of every decoder: which byte, and why. It is *not* a verdict about the device
//! or the vehicle; the bytes are kept by whoever called and the fact `Garbled` is recorded.

use serde::{Deserialize, Serialize};

/// Bytes that are not what their format allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct Garbled {
    /// Offset in the bytes given to the decoder at which reading stopped.
    pub at: u64,
    /// What was wrong there, in words a technician understands.
    pub why: String,
}

impl Garbled {
    /// At byte `at` of the input.
    pub fn at(at: usize, why: impl Into<String>) -> Self {
        Garbled {
            at: at as u64,
            why: why.into(),
        }
    }

    /// The whole input is at fault, not one byte of it.
    pub fn whole(why: impl Into<String>) -> Self {
        Garbled {
            at: 0,
            why: why.into(),
        }
    }

    /// The same fault, seen by a reader whose input began `base` bytes before this one's.
    pub fn shifted(self, base: usize) -> Self {
        Garbled {
            at: self.at.saturating_add(base as u64),
            why: self.why,
        }
    }

    /// The offset brought inside an input of `length` bytes: text that had to be re-encoded
    /// (UTF-16, broken UTF-8) counts other bytes than the wire's.
    pub fn within(self, length: usize) -> Self {
        Garbled {
            at: self.at.min(length as u64),
            why: self.why,
        }
    }
}
