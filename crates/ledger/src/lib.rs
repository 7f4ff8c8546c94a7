//! Facts as records: durable, in one order, provable; and the bytes they name.
//!
//! A ledger has one writer and only grows. [`Ledger`] is the handle everybody clones: it appends
//! this node's facts, keeps copies of other ledgers, and serves both. The modules `tree`, `note`,
//! `head` and `record` are arithmetic only: no clock, no file, no randomness.
//!
//! What is *not* here: what a fact means (`domain`), how records travel (`link`), any table that
//! could be computed from the records (the programs fold those themselves).

pub mod bench;
pub mod error;
pub mod head;
pub mod keeper;
pub mod limits;
pub mod note;
pub mod record;
pub mod replay;
pub mod store;
pub mod tree;
pub mod verify;

mod blob;
mod check;
mod closed;
mod disk;
mod ledger;
mod reading;
mod schema;
mod sqlite;
mod writer;

pub use crate::blob::{BlobStatus, Evicted};
pub use crate::check::Damage;
pub use crate::disk::{Room, Space};
pub use crate::error::{Class, Error, Refusal, Result};
pub use crate::head::SignedHead;
pub use crate::keeper::CopyOutcome;
pub use crate::ledger::{Evidence, Growth, Ledger, Options, OriginStatus, StartReport};
pub use crate::note::{SignerKey, VerifierKey};
pub use crate::reading::{Reading, Stream};
pub use crate::record::{Draft, ParseError, RawRecord, Record};
pub use crate::tree::Hash;
