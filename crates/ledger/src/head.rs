//! A signed head: C2SP tlog-checkpoint, the signed statement "this ledger has so many records,
//! and this is their root".
//!
//! ```text
//! beket/CN05/1
//! 20852
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — beket/CN05/1 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! ```
//! Said "checkpoint" by the standard; here that word is the border post.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::limits::{ORIGIN_BYTES, TREE_SIZE};
use crate::note::{self, NoteError, SignerKey, VerifierKey};
use crate::tree::Hash;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeadError {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("not a head: {0}")]
    Malformed(&'static str),
}

/// Whether `origin` may name a ledger: 1 to 64 of `A-Z a-z 0-9 . _ -`.
pub fn is_origin(origin: &str) -> bool {
    (1..=ORIGIN_BYTES).contains(&origin.len())
        && origin
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The first line of a head, and the name of the key that signs it: `beket/<origin>/<epoch>`.
pub fn origin_line(origin: &str, epoch: u32) -> String {
    format!("beket/{origin}/{epoch}")
}

/// The opposite of [`origin_line`].
pub fn parse_origin_line(line: &str) -> Option<(String, u32)> {
    let (origin, epoch) = line.strip_prefix("beket/")?.split_once('/')?;
    let number: u32 = epoch.parse().ok()?;
    (is_origin(origin) && number.to_string() == epoch).then(|| (origin.to_owned(), number))
}

/// A parsed head with the note it stands in. Parsing verifies no signature: [`SignedHead::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    pub origin: String,
    pub epoch: u32,
    pub size: u64,
    pub root: Hash,
    note: String,
}

impl SignedHead {
    /// Signs that the ledger (`origin`, `epoch`) has `size` records under `root`.
    /// The signer need not be the ledger's own: a holder of a copy signs what it holds.
    pub fn sign(signer: &SignerKey, origin: &str, epoch: u32, size: u64, root: Hash) -> SignedHead {
        let note = signer.sign(&format!("{}\n{size}\n{root}\n", origin_line(origin, epoch)));
        SignedHead {
            origin: origin.to_owned(),
            epoch,
            size,
            root,
            note,
        }
    }

    /// The note, as it travels and as it is stored.
    pub fn as_str(&self) -> &str {
        &self.note
    }

    /// Whether `key` signed exactly this note.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), HeadError> {
        note::open(&self.note, key)?;
        Ok(())
    }
}

impl FromStr for SignedHead {
    type Err = HeadError;

    fn from_str(note: &str) -> Result<SignedHead, HeadError> {
        let text = note::text(note)?;
        let mut lines = text.split('\n');
        let (Some(first), Some(size), Some(root), Some("")) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(HeadError::Malformed(
                "expected the lines origin, size, root",
            ));
        };
        // Extension lines are allowed by the standard; this system writes and takes none.
        if lines.next().is_some() {
            return Err(HeadError::Malformed("more lines than origin, size, root"));
        }
        let (origin, epoch) = parse_origin_line(first).ok_or(HeadError::Malformed(
            "the first line is not beket/<origin>/<epoch>",
        ))?;
        let number: u64 = size.parse().map_err(|_| HeadError::Malformed("the size"))?;
        if number.to_string() != size || number > TREE_SIZE {
            return Err(HeadError::Malformed("the size"));
        }
        let root = Hash::from_base64(root)
            .ok_or(HeadError::Malformed("the root is not 32 bytes in base64"))?;
        Ok(SignedHead {
            origin,
            epoch,
            size: number,
            root,
            note: note.to_owned(),
        })
    }
}

impl fmt::Display for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

impl Serialize for SignedHead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.note)
    }
}

impl<'de> Deserialize<'de> for SignedHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
