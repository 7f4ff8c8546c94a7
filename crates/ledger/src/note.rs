//! C2SP signed-note: text with Ed25519 signature lines, and the keys in their text forms.
//!
//! A note is its text (ending in a newline), an empty line, and one line for each signature:
//! `— <key name> base64(key id || signature)`. The key id is the first four bytes of
//! `SHA-256(name || 0x0A || 0x01 || public key)`. Signatures by unknown keys are kept and ignored.
//! Not here: where keys come from; a signer is made from 32 bytes that the caller draws.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::limits::{NOTE_BYTES, NOTE_SIGNATURES};

const ED25519: u8 = 1;
const SECRET_PREFIX: &str = "PRIVATE+KEY+";

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteError {
    #[error("a note has at most {NOTE_BYTES} bytes, not {0}")]
    TooLong(usize),
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    #[error("not a note key: {0}")]
    Key(&'static str),
    #[error("the signature by {0} does not fit the text")]
    BadSignature(String),
    #[error("no signature by {0}")]
    NotSigned(String),
}

/// A public key with its name: `<name>+<key id, 8 hex digits>+base64(0x01 || public key)`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A secret key with its name: `PRIVATE+KEY+<name>+<key id>+base64(0x01 || seed)`.
#[derive(Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let mut sha = Sha256::new();
    sha.update(name.as_bytes());
    sha.update([b'\n', ED25519]);
    sha.update(key.as_bytes());
    let digest: [u8; 32] = sha.finalize().into();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// A name has no white space, no control character and no plus sign, and is not empty.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// Name, id as written, 32 bytes of key.
fn split_key(text: &str) -> Result<(&str, &str, [u8; 32]), NoteError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::Key("expected <name>+<id>+<key>"));
    };
    if !is_name(name) {
        return Err(NoteError::Key(
            "the name is empty or holds a space or a control character",
        ));
    }
    let data = STANDARD
        .decode(data)
        .map_err(|_| NoteError::Key("the key is not base64"))?;
    match data.split_first() {
        Some((&ED25519, key)) => {
            let key = key
                .try_into()
                .map_err(|_| NoteError::Key("an Ed25519 key has 32 bytes"))?;
            Ok((name, id, key))
        }
        _ => Err(NoteError::Key("not an Ed25519 key (first byte 0x01)")),
    }
}

impl VerifierKey {
    /// Who signs: for a ledger `beket/<origin>/<epoch>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    fn new(name: &str, key: VerifyingKey) -> VerifierKey {
        VerifierKey {
            name: name.to_owned(),
            id: key_id(name, &key),
            key,
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut data = vec![ED25519];
        data.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex(self.id),
            STANDARD.encode(data)
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<VerifierKey, NoteError> {
        let (name, id, key) = split_key(text)?;
        let key = VerifyingKey::from_bytes(&key)
            .map_err(|_| NoteError::Key("the bytes are no Ed25519 public key"))?;
        let verifier = VerifierKey::new(name, key);
        if hex(verifier.id) != id {
            return Err(NoteError::Key(
                "the id does not belong to this name and key",
            ));
        }
        Ok(verifier)
    }
}

impl SignerKey {
    /// `seed` is 32 bytes from the caller's random source.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<SignerKey, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key(
                "the name is empty or holds a space, a plus or a control",
            ));
        }
        let key = SigningKey::from_bytes(seed);
        Ok(SignerKey {
            verifier: VerifierKey::new(name, key.verifying_key()),
            key,
        })
    }

    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The text form, secret; the opposite of `parse`.
    pub fn to_secret_text(&self) -> String {
        let mut data = vec![ED25519];
        data.extend_from_slice(&self.key.to_bytes());
        let VerifierKey { name, id, .. } = &self.verifier;
        format!(
            "{SECRET_PREFIX}{name}+{}+{}",
            hex(*id),
            STANDARD.encode(data)
        )
    }

    /// The note made of `text`, which must end in a newline and not hold an empty line at its end.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let mut data = self.verifier.id.to_vec();
        data.extend_from_slice(&signature.to_bytes());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.verifier.name,
            STANDARD.encode(data)
        )
    }
}

impl FromStr for SignerKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<SignerKey, NoteError> {
        let text = text
            .strip_prefix(SECRET_PREFIX)
            .ok_or(NoteError::Key("a secret key begins with PRIVATE+KEY+"))?;
        let (name, id, seed) = split_key(text)?;
        let signer = SignerKey::from_seed(name, &seed)?;
        if hex(signer.verifier.id) != id {
            return Err(NoteError::Key(
                "the id does not belong to this name and key",
            ));
        }
        Ok(signer)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}, secret)", self.verifier)
    }
}

struct Line<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// The signed text (with its last newline) and the signature lines.
fn split_note(note: &str) -> Result<(&str, Vec<Line<'_>>), NoteError> {
    if note.len() > NOTE_BYTES {
        return Err(NoteError::TooLong(note.len()));
    }
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(NoteError::Malformed("it holds a control character"));
    }
    let at = note
        .rfind("\n\n")
        .ok_or(NoteError::Malformed("no empty line before signatures"))?;
    let (text, signatures) = (&note[..at + 1], &note[at + 2..]);
    let signatures = signatures
        .strip_suffix('\n')
        .ok_or(NoteError::Malformed("no newline after the last signature"))?;
    let mut lines = Vec::new();
    for line in signatures.split('\n') {
        if lines.len() == NOTE_SIGNATURES {
            return Err(NoteError::Malformed("too many signatures"));
        }
        let (name, data) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Malformed(
                "a signature line is: \u{2014} <name> <base64>",
            ))?;
        if !is_name(name) {
            return Err(NoteError::Malformed(
                "a signature without a proper key name",
            ));
        }
        let data = STANDARD
            .decode(data)
            .map_err(|_| NoteError::Malformed("a signature that is not base64"))?;
        let Some((id, signature)) = data.split_first_chunk::<4>() else {
            return Err(NoteError::Malformed("a signature shorter than its key id"));
        };
        if signature.is_empty() {
            return Err(NoteError::Malformed("an empty signature"));
        }
        lines.push(Line {
            name,
            id: *id,
            signature: signature.to_vec(),
        });
    }
    Ok((text, lines))
}

/// The text of a note, whoever signed it. Nothing is verified.
pub fn text(note: &str) -> Result<&str, NoteError> {
    split_note(note).map(|(text, _)| text)
}

/// The text of a note that `key` signed.
///
/// # Errors
/// Not a note; not signed by this key; a line with this key's name and id whose signature is wrong.
pub fn open<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, NoteError> {
    let (text, lines) = split_note(note)?;
    let by_key = |line: &&Line<'_>| line.name == key.name && line.id == key.id;
    let Some(line) = lines.iter().find(by_key) else {
        return Err(NoteError::NotSigned(key.name.clone()));
    };
    Signature::from_slice(&line.signature)
        .and_then(|signature| key.key.verify_strict(text.as_bytes(), &signature))
        .map(|()| text)
        .map_err(|_| NoteError::BadSignature(key.name.clone()))
}
