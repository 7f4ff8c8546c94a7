//! A fact in its envelope, and the envelope's bytes: lean JSON, exactly as hashed and stored.
//!
//! `{"o":"CN05","e":1,"n":42,"t":1767225600000,"p":"CN05-7","k":"stage_started","d":{...}}`:
//! origin, epoch, sequence, milliseconds UTC, passage (when there is one), kind, data (when the
//! kind has any). Bytes are written once and never written again from their parts: a record of a
//! kind that this software does not know travels, is stored and is proved like any other.

use domain::fact::Fact;
use domain::unit::{PassageId, UtcMs};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::RECORD_BYTES;
use crate::tree::{Hash, leaf_hash};

/// What a caller wants recorded; the ledger gives it origin, epoch and sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub at: UtcMs,
    pub passage: Option<PassageId>,
    pub fact: Fact,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub origin: String,
    pub epoch: u32,
    /// From 0; the index of its leaf in the tree of this origin and epoch.
    pub sequence: u64,
    pub at: UtcMs,
    pub passage: Option<PassageId>,
    pub fact: Fact,
}

/// A record as bytes, with the name under which it is filed. The name is a claim until
/// [`RawRecord::check`] has found it in the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    pub origin: String,
    pub epoch: u32,
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

/// The envelope without the data; readable whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    #[serde(rename = "o")]
    pub origin: String,
    #[serde(rename = "e")]
    pub epoch: u32,
    #[serde(rename = "n")]
    pub sequence: u64,
    #[serde(rename = "t")]
    pub at: UtcMs,
    #[serde(rename = "p", default)]
    pub passage: Option<PassageId>,
    #[serde(rename = "k")]
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    #[error("a record has at most {RECORD_BYTES} bytes, not {0}")]
    TooLong(usize),
    #[error("not a record: {0}")]
    Malformed(String),
    /// The record is whole; this software cannot read what it says. Keep it.
    #[error("a record of the kind {kind:?} that this software cannot read: {why}")]
    UnknownKind { kind: String, why: String },
    #[error("filed as {filed}, but its bytes say {said}")]
    Misfiled { filed: String, said: String },
}

#[derive(Serialize)]
struct Bytes<'a> {
    o: &'a str,
    e: u32,
    n: u64,
    t: UtcMs,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<&'a PassageId>,
    #[serde(flatten)]
    fact: &'a Fact,
}

impl Record {
    /// The bytes of this record, as a writer makes them once.
    ///
    /// # Errors
    /// A fact that JSON cannot hold (none is known), or one longer than a record may be.
    pub fn bytes(&self) -> Result<Vec<u8>, ParseError> {
        let bytes = serde_json::to_vec(&Bytes {
            o: &self.origin,
            e: self.epoch,
            n: self.sequence,
            t: self.at,
            p: self.passage.as_ref(),
            fact: &self.fact,
        })
        .map_err(|e| ParseError::Malformed(e.to_string()))?;
        if bytes.len() > RECORD_BYTES {
            return Err(ParseError::TooLong(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads a record of a known kind.
    pub fn parse(bytes: &[u8]) -> Result<Record, ParseError> {
        let Envelope {
            origin,
            epoch,
            sequence,
            at,
            passage,
            kind,
        } = Envelope::parse(bytes)?;
        let fact = serde_json::from_slice(bytes).map_err(|e| ParseError::UnknownKind {
            kind,
            why: e.to_string(),
        })?;
        Ok(Record {
            origin,
            epoch,
            sequence,
            at,
            passage,
            fact,
        })
    }
}

impl Envelope {
    pub fn parse(bytes: &[u8]) -> Result<Envelope, ParseError> {
        if bytes.len() > RECORD_BYTES {
            return Err(ParseError::TooLong(bytes.len()));
        }
        serde_json::from_slice(bytes).map_err(|e| ParseError::Malformed(e.to_string()))
    }
}

impl RawRecord {
    /// The envelope, when the bytes are a record and carry the name it is filed under.
    pub fn check(&self) -> Result<Envelope, ParseError> {
        let envelope = Envelope::parse(&self.bytes)?;
        let Envelope {
            origin,
            epoch,
            sequence,
            ..
        } = &envelope;
        if (origin, *epoch, *sequence) != (&self.origin, self.epoch, self.sequence) {
            return Err(ParseError::Misfiled {
                filed: self.name(),
                said: format!("{origin}/{epoch}/{sequence}"),
            });
        }
        Ok(envelope)
    }

    pub fn parse(&self) -> Result<Record, ParseError> {
        self.check()?;
        Record::parse(&self.bytes)
    }

    /// `<origin>/<epoch>/<sequence>`.
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.origin, self.epoch, self.sequence)
    }

    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.bytes)
    }
}
