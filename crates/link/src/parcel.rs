//! The link's frames in a file, carried by hand where the line is dead for days: the same Hello,
//! records, heads and blobs, signed by the sender's enrolled key and encrypted to the receiver.
//!
//! [`envelope`] has the bytes of the file, [`export`] fills one from a ledger folder (a running
//! program is not disturbed), [`import`] takes one into the ledgers, [`inbox`] hands one to the
//! program that holds them. Whatever may be wrong with a file is a [`ParcelError`] with a code.
//! Not here: a second way to be delivered. A parcel only makes copies grow as the link does, so a
//! link that comes back goes on from what the copies hold.

pub mod envelope;
pub mod export;
pub mod import;
pub mod inbox;
mod keys;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use thiserror::Error;

use crate::enrol::EnrolError;
use crate::frame::{Chain, FrameError};

pub use self::keys::{Opener, PublicKey};
pub(crate) use self::keys::{extension, read_extension};

/// Why a parcel is not taken, or cannot be made. [`ParcelError::code`] names it for catalogues.
#[derive(Debug, Error)]
pub enum ParcelError {
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("this file is no parcel")]
    NotAParcel,
    #[error("the parcel is cut short after {0} bytes: copy it again")]
    CutShort(u64),
    #[error("the parcel is damaged: {0}")]
    Damaged(String),
    #[error("the parcel is for {to}, this is {here}")]
    ForAnother { to: String, here: String },
    #[error("the parcel's sender is not of our authority: {0}")]
    Stranger(String),
    #[error("{0} is not enrolled, or its key was revoked")]
    NotAllowed(String),
    #[error("the parcel is encrypted to a key that {0} has no longer: make it again")]
    OtherKey(String),
    #[error("{from} may not send records of {chain}")]
    OtherOrigin { from: String, chain: Chain },
    #[error(
        "the parcel begins at record {from} of {chain}, only {held} are here: an earlier one is missing, or export with --from {held}"
    )]
    Gap { chain: Chain, held: u64, from: u64 },
    #[error("the ledger refused it: {0}")]
    Refused(String),
    #[error("{0} has no key for parcels: enrol it again")]
    NoKey(String),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

impl ParcelError {
    /// Stable; the text may change.
    pub fn code(&self) -> &'static str {
        match self {
            ParcelError::File { .. } => "parcel.file",
            ParcelError::NotAParcel => "parcel.not_one",
            ParcelError::CutShort(_) => "parcel.cut_short",
            ParcelError::Damaged(_) => "parcel.damaged",
            ParcelError::ForAnother { .. } => "parcel.for_another",
            ParcelError::Stranger(_) => "parcel.stranger",
            ParcelError::NotAllowed(_) => "parcel.not_allowed",
            ParcelError::OtherKey(_) => "parcel.other_key",
            ParcelError::OtherOrigin { .. } => "parcel.other_origin",
            ParcelError::Gap { .. } => "parcel.gap",
            ParcelError::Refused(_) => "parcel.refused",
            ParcelError::NoKey(_) => "parcel.no_key",
            ParcelError::Ledger(_) => "parcel.ledger",
            ParcelError::Enrol(_) => "parcel.identity",
        }
    }
}

impl From<FrameError> for ParcelError {
    fn from(error: FrameError) -> ParcelError {
        ParcelError::Damaged(error.to_string())
    }
}

fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> ParcelError {
    let path = path.to_owned();
    move |source| ParcelError::File { path, source }
}
