//! The bytes of a parcel.
//!
//! ```text
//! "beket-parcel-1\n"
//! length (4 bytes, high ones first), header (JSON): from, to, made_at, certificate, key
//! chunks: length with the highest bit set on the last one (4 bytes), that many bytes encrypted
//! length (2 bytes), signature (ECDSA P-256, DER) over "beket parcel 1" and the BLAKE3 of all before
//! ```
//!
//! The chunks are the link's frames, each with its length before it as in a stream, cut wherever
//! a chunk is full. A file is read twice: first to its end, so that nothing of a damaged or
//! cut one is taken, then chunk by chunk. The second reading believes nothing of the first but
//! the header: each chunk is authenticated by the key that the signed header brought.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::unit::{BlobHash, UtcMs};
use rustls::SignatureScheme;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use serde::{Deserialize, Serialize};

use super::keys::{self, Opening, Sealing};
use super::{Opener, ParcelError, PublicKey, file};
use crate::enrol::{CENTRE_NAME, Ca, Identity, Named, hex, unhex};
use crate::frame::{Deframer, Frame, delimit};
use crate::limits::{PARCEL_CHUNK_BYTES, PARCEL_HEADER_BYTES, PARCEL_SIGNATURE_BYTES};

const MAGIC: &[u8] = b"beket-parcel-1\n";
const SIGNED: &[u8] = b"beket parcel 1";
const LAST: u32 = 1 << 31;
/// What authentication adds to a chunk.
const TAG_BYTES: usize = 16;

/// What stands readable at the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Node that made it: a checkpoint's code, or `centre`.
    pub from: String,
    pub to: String,
    pub made_at: UtcMs,
    /// The sender's, DER in hexadecimal.
    certificate: String,
    /// Encapsulated key of RFC 9180, in hexadecimal.
    key: String,
}

fn info(from: &str, to: &str) -> Vec<u8> {
    format!("beket parcel 1 {from} {to}").into_bytes()
}

/// Writes a parcel: beside its place first, and under its name when it is whole and synced.
pub struct Writer<'a> {
    path: PathBuf,
    out: BufWriter<File>,
    hasher: blake3::Hasher,
    sealing: Sealing,
    buffer: Vec<u8>,
    identity: &'a Identity,
    bytes: u64,
}

impl<'a> Writer<'a> {
    pub fn create(
        path: &Path,
        identity: &'a Identity,
        to: &str,
        key: &PublicKey,
        made_at: UtcMs,
    ) -> Result<Writer<'a>, ParcelError> {
        let (encapsulated, sealing) = keys::seal(key, &info(&identity.node, to))?;
        let header = Header {
            from: identity.node.clone(),
            to: to.to_owned(),
            made_at,
            certificate: hex(&identity.certificate),
            key: hex(&encapsulated),
        };
        let header =
            serde_json::to_vec(&header).map_err(|e| ParcelError::Refused(e.to_string()))?;
        let out = File::create(beside(path)).map_err(file(path))?;
        let mut writer = Writer {
            path: path.to_owned(),
            out: BufWriter::new(out),
            hasher: blake3::Hasher::new(),
            sealing,
            buffer: Vec::new(),
            identity,
            bytes: 0,
        };
        writer.put(MAGIC)?;
        writer.put(&(header.len() as u32).to_be_bytes())?;
        writer.put(&header)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ParcelError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(file(&self.path))
    }

    pub fn frame(&mut self, frame: &Frame) -> Result<(), ParcelError> {
        self.buffer.extend_from_slice(&delimit(&frame.encode()));
        while self.buffer.len() > PARCEL_CHUNK_BYTES {
            let rest = self.buffer.split_off(PARCEL_CHUNK_BYTES);
            let chunk = std::mem::replace(&mut self.buffer, rest);
            self.chunk(&chunk, 0)?;
        }
        Ok(())
    }

    fn chunk(&mut self, plain: &[u8], flag: u32) -> Result<(), ParcelError> {
        let sealed = self.sealing.seal(plain, &flag.to_be_bytes());
        let sealed = sealed.map_err(|e| ParcelError::Refused(format!("encrypting: {e}")))?;
        self.put(&(sealed.len() as u32 | flag).to_be_bytes())?;
        self.put(&sealed)
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Signs and closes it. The parcel's name, and its size.
    pub fn finish(mut self) -> Result<(BlobHash, u64), ParcelError> {
        let last = std::mem::take(&mut self.buffer);
        self.chunk(&last, LAST)?;
        let hash = self.hasher.finalize();
        let signature = self.identity.sign(&signed(&hash))?;
        let length = (signature.len() as u16).to_be_bytes();
        let written = self.out.write_all(&length);
        let written = written.and_then(|()| self.out.write_all(&signature));
        written
            .and_then(|()| self.out.flush())
            .and_then(|()| self.out.get_ref().sync_all())
            .and_then(|()| std::fs::rename(beside(&self.path), &self.path))
            .map_err(file(&self.path))?;
        let bytes = self.bytes + 2 + signature.len() as u64;
        Ok((BlobHash(*hash.as_bytes()), bytes))
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

fn signed(hash: &blake3::Hash) -> Vec<u8> {
    [SIGNED, hash.as_bytes().as_slice()].concat()
}

/// Who receives, and whom it believes.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// A checkpoint's code, or `centre`.
    pub node: String,
    pub opener: Opener,
    /// The authority's certificate, DER.
    pub authority: Vec<u8>,
    /// At the centre: who is allowed now. A checkpoint believes its one centre.
    pub list: Option<Ca>,
}

impl Receiver {
    pub fn checkpoint(identity: &Identity) -> Receiver {
        Receiver {
            node: identity.node.clone(),
            opener: identity.opener(),
            authority: identity.authority.clone(),
            list: None,
        }
    }

    pub fn centre(ca: &Ca) -> Receiver {
        Receiver {
            node: "centre".into(),
            opener: ca.opener(),
            authority: ca.certificate().to_vec(),
            list: Some(ca.clone()),
        }
    }

    /// Whom this certificate names, if it was theirs when the parcel was made.
    fn believe(&self, certificate: &[u8], made_at: UtcMs) -> Result<Named, ParcelError> {
        let stranger = |why: String| ParcelError::Stranger(why);
        let shown = CertificateDer::from(certificate);
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from(self.authority.as_slice()).into_owned())
            .map_err(|e| stranger(e.to_string()))?;
        let roots = std::sync::Arc::new(roots);
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let seconds = u64::try_from(made_at.0.div_euclid(1_000)).unwrap_or(0);
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        if self.list.is_some() {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            let verifier = verifier.map_err(|e| stranger(e.to_string()))?;
            let verified = verifier.verify_client_cert(&shown, &[], at);
            verified.map_err(|e| stranger(e.to_string()))?;
        } else {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
            let verifier = verifier.map_err(|e| stranger(e.to_string()))?;
            let name = ServerName::try_from(CENTRE_NAME).map_err(|e| stranger(e.to_string()))?;
            let verified = verifier.verify_server_cert(&shown, &[], &name, &[], at);
            verified.map_err(|e| stranger(e.to_string()))?;
        }
        let named = Named::read(certificate)?;
        match &self.list {
            Some(list) if !list.allows(&named) => Err(ParcelError::NotAllowed(named.node)),
            _ => Ok(named),
        }
    }
}

/// A parcel that was read to its end: whole, signed, and for this node.
#[derive(Debug)]
pub struct Envelope {
    pub header: Header,
    /// Names the parcel; the same file has the same name.
    pub name: BlobHash,
    pub bytes: u64,
    path: PathBuf,
    body_at: u64,
}

impl Envelope {
    /// Reads the whole file and takes nothing of it.
    pub fn inspect(path: &Path, receiver: &Receiver) -> Result<Envelope, ParcelError> {
        let mut input = Hashed::open(path)?;
        let mut magic = [0; MAGIC.len()];
        match input.fill(&mut magic) {
            Ok(()) if magic == MAGIC => {}
            // A cut one is told apart from another file as long as what is there fits.
            Err(ParcelError::CutShort(bytes)) if MAGIC.starts_with(&magic[..bytes as usize]) => {
                return Err(ParcelError::CutShort(bytes));
            }
            Err(ParcelError::CutShort(_)) | Ok(()) => return Err(ParcelError::NotAParcel),
            Err(error) => return Err(error),
        }
        let length = input.number()? as usize;
        if length > PARCEL_HEADER_BYTES {
            return Err(ParcelError::Damaged(format!("a header of {length} bytes")));
        }
        let header = input.take(length)?;
        let header: Header =
            serde_json::from_slice(&header).map_err(|e| ParcelError::Damaged(e.to_string()))?;
        let certificate = unhex(&header.certificate)
            .ok_or_else(|| ParcelError::Damaged("its certificate".into()))?;
        let body_at = input.bytes;
        loop {
            let length = input.number()?;
            let bytes = (length & !LAST) as usize;
            if !(TAG_BYTES..=PARCEL_CHUNK_BYTES + TAG_BYTES).contains(&bytes) {
                return Err(ParcelError::Damaged(format!("a chunk of {bytes} bytes")));
            }
            input.take(bytes)?;
            if length & LAST != 0 {
                break;
            }
        }
        let hash = input.hasher.finalize();
        let mut length = [0; 2];
        input.fill(&mut length)?;
        let length = usize::from(u16::from_be_bytes(length));
        if length > PARCEL_SIGNATURE_BYTES {
            return Err(ParcelError::Damaged(format!(
                "a signature of {length} bytes"
            )));
        }
        let signature = input.take(length)?;
        if input.input.read(&mut [0]).map_err(file(path))? > 0 {
            return Err(ParcelError::Damaged("bytes stand after its end".into()));
        }
        if !is_signed(&certificate, &signed(&hash), &signature) {
            let why = "its bytes are not those that were signed";
            return Err(ParcelError::Damaged(why.into()));
        }
        // Only now is what it says worth an answer.
        if header.to != receiver.node {
            let (to, here) = (header.to, receiver.node.clone());
            return Err(ParcelError::ForAnother { to, here });
        }
        let named = receiver.believe(&certificate, header.made_at)?;
        if named.node != header.from {
            let why = format!("it says {}, its certificate {}", header.from, named.node);
            return Err(ParcelError::Stranger(why));
        }
        Ok(Envelope {
            header,
            name: BlobHash(*hash.as_bytes()),
            bytes: input.bytes,
            path: path.to_owned(),
            body_at,
        })
    }

    /// Its frames from the beginning.
    pub fn frames(&self, receiver: &Receiver) -> Result<Frames, ParcelError> {
        let mut input = File::open(&self.path).map_err(file(&self.path))?;
        input
            .seek(SeekFrom::Start(self.body_at))
            .map_err(file(&self.path))?;
        let key = unhex(&self.header.key).ok_or_else(|| ParcelError::Damaged("its key".into()))?;
        let info = info(&self.header.from, &self.header.to);
        Ok(Frames {
            opening: receiver.opener.open(&key, &info)?,
            input: BufReader::new(input),
            path: self.path.clone(),
            node: receiver.node.clone(),
            deframer: Deframer::default(),
            bytes: self.body_at,
            chunks: 0,
            ended: false,
        })
    }
}

fn is_signed(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok((_, it)) = x509_parser::parse_x509_certificate(certificate) else {
        return false;
    };
    let public = &it.public_key().subject_public_key.data;
    let provider = rustls::crypto::ring::default_provider();
    let known = provider.signature_verification_algorithms.mapping.iter();
    let ours = |it: &&(SignatureScheme, _)| it.0 == SignatureScheme::ECDSA_NISTP256_SHA256;
    let algorithm = known.clone().find(ours).and_then(|it| it.1.first());
    algorithm.is_some_and(|it| it.verify_signature(public, message, signature).is_ok())
}

/// The frames of a parcel, in order.
pub struct Frames {
    opening: Opening,
    input: BufReader<File>,
    path: PathBuf,
    node: String,
    deframer: Deframer,
    bytes: u64,
    chunks: u64,
    ended: bool,
}

impl Frames {
    /// Bytes of the file read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next frame as it stands on the wire; `None` after the last.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, ParcelError> {
        loop {
            if let Some(frame) = self.deframer.next_frame()? {
                return Ok(Some(frame));
            }
            if self.ended {
                return Ok(None);
            }
            self.chunk()?;
        }
    }

    fn chunk(&mut self) -> Result<(), ParcelError> {
        let changed = || ParcelError::Damaged("it changed while it was read".into());
        let mut length = [0; 4];
        self.input
            .read_exact(&mut length)
            .map_err(file(&self.path))?;
        let length = u32::from_be_bytes(length);
        let bytes = (length & !LAST) as usize;
        if bytes > PARCEL_CHUNK_BYTES + TAG_BYTES {
            return Err(changed());
        }
        let mut sealed = vec![0; bytes];
        self.input
            .read_exact(&mut sealed)
            .map_err(file(&self.path))?;
        let plain = self.opening.open(&sealed, &(length & LAST).to_be_bytes());
        let plain = plain.map_err(|_| match self.chunks {
            0 => ParcelError::OtherKey(self.node.clone()),
            _ => changed(),
        })?;
        self.deframer.push(&plain);
        self.ended = length & LAST != 0;
        self.chunks += 1;
        self.bytes += 4 + bytes as u64;
        Ok(())
    }
}

/// A file that is hashed as it is read.
struct Hashed {
    path: PathBuf,
    input: BufReader<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Hashed {
    fn open(path: &Path) -> Result<Hashed, ParcelError> {
        let input = File::open(path).map_err(file(path))?;
        Ok(Hashed {
            path: path.to_owned(),
            input: BufReader::with_capacity(1 << 16, input),
            hasher: blake3::Hasher::new(),
            bytes: 0,
        })
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ParcelError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|it| !it.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => return Err(ParcelError::CutShort(self.bytes + filled as u64)),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(file(&self.path)(error)),
            }
        }
        self.hasher.update(buffer);
        self.bytes += filled as u64;
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, ParcelError> {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, ParcelError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
}
