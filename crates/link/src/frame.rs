//! The bytes of a frame, and back. What a frame *does* is the session's business.
//!
//! `docs/link.md` draws every frame. Integers are LEB128 (7 bits a byte, low ones first), byte
//! strings are a length and their bytes. Everything read here is hostile until it is parsed.

use std::fmt;

use domain::unit::BlobHash;
use thiserror::Error;

use crate::limits::{
    BLOB_BYTES, CERTIFICATE_BYTES, CHAINS, DICTIONARIES, FRAME_BYTES, HEAD_BYTES, KEY_BYTES,
    ORIGIN_BYTES, PART_BYTES, REASON_BYTES, SOFTWARE_BYTES,
};

/// Version of the frames in this file; a Hello of another one is refused.
pub const PROTOCOL: u64 = 1;

/// One ledger of one life of its writer; its records are numbered from 0 without gaps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    pub origin: String,
    pub epoch: u32,
}

impl Chain {
    pub fn new(origin: impl Into<String>, epoch: u32) -> Chain {
        Chain {
            origin: origin.into(),
            epoch,
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.origin, self.epoch)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How urgent; the lower goes first, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Decisions, orders, findings, permits, what asks for a decision. Never lingers.
    Urgent = 0,
    /// All other facts. Linger a little to be packed together.
    Facts = 1,
    /// Previews and whatever an officer is waiting for.
    Awaited = 2,
    /// Document pages.
    Pages = 3,
    /// Full images and the rest.
    Bulk = 4,
}

impl Class {
    pub const ALL: [Class; 5] = [
        Class::Urgent,
        Class::Facts,
        Class::Awaited,
        Class::Pages,
        Class::Bulk,
    ];

    pub fn from_number(number: u8) -> Option<Class> {
        Class::ALL.get(usize::from(number)).copied()
    }
}

/// A chain and how many of its records somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub chain: Chain,
    pub count: u64,
}

/// A chain its writer has to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub chain: Chain,
    pub count: u64,
    /// The verifier key of the chain's signed heads, as text. Believed because the certificate
    /// of this connection may speak for the origin, and only where no other key is known yet.
    pub key: String,
}

/// First frame each way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The checkpoint's code, or `centre`. Must be what the certificate says.
    pub node: String,
    pub software: String,
    /// Set while the sender has not heard the other's Hello: it wants one.
    pub answer_wanted: bool,
    /// What this side has to send, and how much there is.
    pub offers: Vec<Offer>,
    /// What this side holds of the other's, durably. The other goes on from there.
    pub holds: Vec<Held>,
    /// Dictionaries this side can unpack, by the first four bytes of their BLAKE3.
    pub dictionaries: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Hello(Hello),
    /// Records from `from` on, packed with the dictionary named (0: none).
    Records {
        chain: Chain,
        from: u64,
        dictionary: u32,
        packed: Vec<u8>,
    },
    /// The sender holds the first `upto` records *durably*.
    Ack {
        chain: Chain,
        upto: u64,
    },
    /// The writer's signed head over its first `size` records.
    Head {
        chain: Chain,
        size: u64,
        signed: Vec<u8>,
    },
    /// "I have this blob; call it `handle`."
    BlobOffer {
        handle: u32,
        hash: BlobHash,
        total: u64,
    },
    /// "I hold the first `offset` bytes; go on from there." Also acknowledges them.
    BlobWant {
        handle: u32,
        offset: u64,
    },
    BlobPart {
        handle: u32,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// The receiver cannot take this blob now; the sender stops for this session.
    BlobRefused {
        handle: u32,
        why: String,
    },
    /// The first `upto` bytes of a blob are waited for: send them as this class.
    Promote {
        hash: BlobHash,
        upto: u64,
        class: Class,
    },
    Ping {
        stamp: u64,
    },
    Pong {
        stamp: u64,
    },
    /// Certificate signing request (DER) for the key of the certificate in use.
    Renew {
        request: Vec<u8>,
    },
    /// The new certificate (DER).
    Renewed {
        certificate: Vec<u8>,
    },
    Close {
        why: String,
    },
    /// The sender goes on with this blob when its next bytes may go or are asked for: forget the
    /// handle, keep the bytes.
    BlobPause {
        handle: u32,
    },
    /// Answer to a Promote: the blob is not here (any more).
    BlobAbsent {
        hash: BlobHash,
        why: String,
    },
    /// What waits at the sender by class (records or blobs, bytes), the last class that goes
    /// unasked, and the rate it measured (0: none yet). For people; nothing depends on it.
    Waits {
        lines: [(u64, u64); 5],
        unasked: Class,
        rate_bps: u64,
    },
}

/// Bytes that are no frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("a frame has at most {FRAME_BYTES} bytes, not {0}")]
    TooLong(u64),
    #[error("the frame ends inside its {0}")]
    Short(&'static str),
    #[error("{0} bytes stand after the frame's end")]
    Trailing(usize),
    #[error("no frame has the kind {0}")]
    Kind(u8),
    #[error("{what} is {said}, the limit is {limit}")]
    Limit {
        what: &'static str,
        said: u64,
        limit: u64,
    },
    #[error("{0} is not text")]
    Text(&'static str),
    #[error("{0} is no number of 64 bits")]
    Number(&'static str),
}

impl Frame {
    /// Kind and body.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        match self {
            Frame::Hello(it) => {
                out.push(1);
                number(&mut out, PROTOCOL);
                string(&mut out, it.node.as_bytes());
                string(&mut out, it.software.as_bytes());
                out.push(u8::from(it.answer_wanted));
                number(&mut out, it.offers.len() as u64);
                for offer in &it.offers {
                    chain(&mut out, &offer.chain);
                    number(&mut out, offer.count);
                    string(&mut out, offer.key.as_bytes());
                }
                number(&mut out, it.holds.len() as u64);
                for held in &it.holds {
                    chain(&mut out, &held.chain);
                    number(&mut out, held.count);
                }
                number(&mut out, it.dictionaries.len() as u64);
                for id in &it.dictionaries {
                    out.extend_from_slice(&id.to_be_bytes());
                }
            }
            Frame::Records {
                chain: it,
                from,
                dictionary,
                packed,
            } => {
                out.push(2);
                chain(&mut out, it);
                number(&mut out, *from);
                out.extend_from_slice(&dictionary.to_be_bytes());
                string(&mut out, packed);
            }
            Frame::Ack { chain: it, upto } => {
                out.push(3);
                chain(&mut out, it);
                number(&mut out, *upto);
            }
            Frame::Head {
                chain: it,
                size,
                signed,
            } => {
                out.push(4);
                chain(&mut out, it);
                number(&mut out, *size);
                string(&mut out, signed);
            }
            Frame::BlobOffer {
                handle,
                hash,
                total,
            } => {
                out.push(5);
                number(&mut out, u64::from(*handle));
                out.extend_from_slice(&hash.0);
                number(&mut out, *total);
            }
            Frame::BlobWant { handle, offset } => {
                out.push(6);
                number(&mut out, u64::from(*handle));
                number(&mut out, *offset);
            }
            Frame::BlobPart {
                handle,
                offset,
                bytes,
            } => {
                out.push(7);
                number(&mut out, u64::from(*handle));
                number(&mut out, *offset);
                string(&mut out, bytes);
            }
            Frame::BlobRefused { handle, why } => {
                out.push(8);
                number(&mut out, u64::from(*handle));
                string(&mut out, shortened(why).as_bytes());
            }
            Frame::Promote { hash, upto, class } => {
                out.push(9);
                out.extend_from_slice(&hash.0);
                number(&mut out, *upto);
                out.push(*class as u8);
            }
            Frame::Ping { stamp } => {
                out.push(10);
                number(&mut out, *stamp);
            }
            Frame::Pong { stamp } => {
                out.push(11);
                number(&mut out, *stamp);
            }
            Frame::Renew { request } => {
                out.push(12);
                string(&mut out, request);
            }
            Frame::Renewed { certificate } => {
                out.push(13);
                string(&mut out, certificate);
            }
            Frame::Close { why } => {
                out.push(14);
                string(&mut out, shortened(why).as_bytes());
            }
            Frame::BlobPause { handle } => {
                out.push(15);
                number(&mut out, u64::from(*handle));
            }
            Frame::BlobAbsent { hash, why } => {
                out.push(16);
                out.extend_from_slice(&hash.0);
                string(&mut out, shortened(why).as_bytes());
            }
            Frame::Waits {
                lines,
                unasked,
                rate_bps,
            } => {
                out.push(17);
                for (count, bytes) in lines {
                    number(&mut out, *count);
                    number(&mut out, *bytes);
                }
                out.push(*unasked as u8);
                number(&mut out, *rate_bps);
            }
        }
        out
    }

    /// The frame in exactly these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
        if bytes.len() > FRAME_BYTES {
            return Err(FrameError::TooLong(bytes.len() as u64));
        }
        let mut rest = Reader(bytes);
        let kind = rest.byte("kind")?;
        let frame = match kind {
            1 => {
                let protocol = rest.number("protocol")?;
                if protocol != PROTOCOL {
                    let limit = PROTOCOL;
                    return Err(FrameError::Limit {
                        what: "protocol",
                        said: protocol,
                        limit,
                    });
                }
                let node = rest.text("node", ORIGIN_BYTES)?;
                let software = rest.text("software", SOFTWARE_BYTES)?;
                let answer_wanted = rest.byte("flag")? != 0;
                let offers = rest.offers()?;
                let holds = rest.held()?;
                let count = rest.bounded("dictionaries", DICTIONARIES as u64)?;
                let mut dictionaries = Vec::new();
                for _ in 0..count {
                    dictionaries.push(rest.word("dictionary")?);
                }
                Frame::Hello(Hello {
                    node,
                    software,
                    answer_wanted,
                    offers,
                    holds,
                    dictionaries,
                })
            }
            2 => Frame::Records {
                chain: rest.chain()?,
                from: rest.number("sequence")?,
                dictionary: rest.word("dictionary")?,
                packed: rest.string("records", FRAME_BYTES)?.to_vec(),
            },
            3 => Frame::Ack {
                chain: rest.chain()?,
                upto: rest.number("count")?,
            },
            4 => Frame::Head {
                chain: rest.chain()?,
                size: rest.number("size")?,
                signed: rest.string("head", HEAD_BYTES)?.to_vec(),
            },
            5 => Frame::BlobOffer {
                handle: rest.handle()?,
                hash: rest.hash()?,
                total: rest.bounded("blob", BLOB_BYTES)?,
            },
            6 => Frame::BlobWant {
                handle: rest.handle()?,
                offset: rest.bounded("offset", BLOB_BYTES)?,
            },
            7 => Frame::BlobPart {
                handle: rest.handle()?,
                offset: rest.bounded("offset", BLOB_BYTES)?,
                bytes: rest.string("part", PART_BYTES)?.to_vec(),
            },
            8 => Frame::BlobRefused {
                handle: rest.handle()?,
                why: rest.text("reason", REASON_BYTES)?,
            },
            9 => {
                let hash = rest.hash()?;
                let upto = rest.bounded("offset", BLOB_BYTES)?;
                let class = rest.class()?;
                Frame::Promote { hash, upto, class }
            }
            10 => Frame::Ping {
                stamp: rest.number("stamp")?,
            },
            11 => Frame::Pong {
                stamp: rest.number("stamp")?,
            },
            12 => Frame::Renew {
                request: rest.string("request", CERTIFICATE_BYTES)?.to_vec(),
            },
            13 => {
                let certificate = rest.string("certificate", CERTIFICATE_BYTES)?.to_vec();
                Frame::Renewed { certificate }
            }
            14 => Frame::Close {
                why: rest.text("reason", REASON_BYTES)?,
            },
            15 => Frame::BlobPause {
                handle: rest.handle()?,
            },
            16 => Frame::BlobAbsent {
                hash: rest.hash()?,
                why: rest.text("reason", REASON_BYTES)?,
            },
            17 => {
                let mut lines = [(0, 0); 5];
                for line in &mut lines {
                    *line = (rest.number("count")?, rest.number("bytes")?);
                }
                Frame::Waits {
                    lines,
                    unasked: rest.class()?,
                    rate_bps: rest.number("rate")?,
                }
            }
            other => return Err(FrameError::Kind(other)),
        };
        match rest.0.len() {
            0 => Ok(frame),
            left => Err(FrameError::Trailing(left)),
        }
    }
}

/// Puts the length before a frame, as it stands in a stream.
pub fn delimit(frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(frame.len() + 3);
    number(&mut out, frame.len() as u64);
    out.extend_from_slice(frame);
    out
}

/// Cuts a stream's bytes back into frames.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
}

impl Deframer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until more bytes came.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let mut rest = Reader(&self.buffer);
        let length = match rest.number("length") {
            Ok(it) => it,
            Err(FrameError::Short(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        if length > FRAME_BYTES as u64 {
            return Err(FrameError::TooLong(length));
        }
        let length = length as usize;
        let Some(frame) = rest.0.get(..length) else {
            return Ok(None);
        };
        let frame = frame.to_vec();
        let used = self.buffer.len() - rest.0.len() + length;
        self.buffer.drain(..used);
        Ok(Some(frame))
    }
}

/// Records of one batch: each a length and its bytes.
pub(crate) fn join_records<'a>(records: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    records.for_each(|record| string(&mut out, record));
    out
}

/// The opposite of [`join_records`].
pub(crate) fn split_records(joined: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
    use crate::limits::{RECORD_BYTES, RECORDS_PER_FRAME};
    let mut rest = Reader(joined);
    let mut records = Vec::new();
    while !rest.0.is_empty() {
        if records.len() == RECORDS_PER_FRAME {
            let limit = RECORDS_PER_FRAME as u64;
            return Err(FrameError::Limit {
                what: "records",
                said: limit + 1,
                limit,
            });
        }
        records.push(rest.string("record", RECORD_BYTES)?.to_vec());
    }
    Ok(records)
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn chain(out: &mut Vec<u8>, chain: &Chain) {
    string(out, chain.origin.as_bytes());
    number(out, u64::from(chain.epoch));
}

/// A reason cut to its limit at a character's edge.
fn shortened(text: &str) -> &str {
    let mut end = text.len().min(REASON_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self, what: &'static str) -> Result<u8, FrameError> {
        let (first, rest) = self.0.split_first().ok_or(FrameError::Short(what))?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self, what: &'static str) -> Result<u64, FrameError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(FrameError::Number(what));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FrameError::Number(what))
    }

    fn bounded(&mut self, what: &'static str, limit: u64) -> Result<u64, FrameError> {
        let said = self.number(what)?;
        if said > limit {
            return Err(FrameError::Limit { what, said, limit });
        }
        Ok(said)
    }

    fn take(&mut self, what: &'static str, length: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(FrameError::Short(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn string(&mut self, what: &'static str, limit: usize) -> Result<&'a [u8], FrameError> {
        let length = self.bounded(what, limit as u64)?;
        self.take(what, length as usize)
    }

    fn text(&mut self, what: &'static str, limit: usize) -> Result<String, FrameError> {
        let bytes = self.string(what, limit)?;
        let text = std::str::from_utf8(bytes).map_err(|_| FrameError::Text(what))?;
        Ok(text.to_owned())
    }

    fn word(&mut self, what: &'static str) -> Result<u32, FrameError> {
        let bytes = self.take(what, 4)?;
        Ok(bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte)))
    }

    fn class(&mut self) -> Result<Class, FrameError> {
        let class = self.byte("class")?;
        let limit = Class::Bulk as u64;
        Class::from_number(class).ok_or(FrameError::Limit {
            what: "class",
            said: u64::from(class),
            limit,
        })
    }

    fn handle(&mut self) -> Result<u32, FrameError> {
        Ok(self.bounded("handle", u64::from(u32::MAX))? as u32)
    }

    fn hash(&mut self) -> Result<BlobHash, FrameError> {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.take("hash", 32)?);
        Ok(BlobHash(hash))
    }

    fn chain(&mut self) -> Result<Chain, FrameError> {
        let origin = self.text("origin", ORIGIN_BYTES)?;
        let epoch = self.bounded("epoch", u64::from(u32::MAX))? as u32;
        Ok(Chain { origin, epoch })
    }

    fn held(&mut self) -> Result<Vec<Held>, FrameError> {
        let count = self.bounded("holds", CHAINS as u64)?;
        let mut held = Vec::new();
        for _ in 0..count {
            held.push(Held {
                chain: self.chain()?,
                count: self.number("count")?,
            });
        }
        Ok(held)
    }

    fn offers(&mut self) -> Result<Vec<Offer>, FrameError> {
        let count = self.bounded("offers", CHAINS as u64)?;
        let mut offers = Vec::new();
        for _ in 0..count {
            let (chain, count) = (self.chain()?, self.number("count")?);
            offers.push(Offer {
                chain,
                count,
                key: self.text("key", KEY_BYTES)?,
            });
        }
        Ok(offers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> Vec<Frame> {
        let chain = Chain::new("CN05", 3);
        vec![
            Frame::Hello(Hello {
                node: "CN05".into(),
                software: "beket 0.1.0".into(),
                answer_wanted: true,
                offers: vec![Offer {
                    chain: chain.clone(),
                    count: 20_852,
                    key: "k".into(),
                }],
                holds: vec![Held {
                    chain: Chain::new("centre.CN05", 1),
                    count: 977,
                }],
                dictionaries: vec![0xdead_beef],
            }),
            Frame::Records {
                chain: chain.clone(),
                from: u64::MAX,
                dictionary: 7,
                packed: vec![1, 2, 3],
            },
            Frame::Ack {
                chain: chain.clone(),
                upto: 300,
            },
            Frame::Head {
                chain,
                size: 12,
                signed: b"beket/CN05/3".to_vec(),
            },
            Frame::BlobOffer {
                handle: 9,
                hash: BlobHash([5; 32]),
                total: 60_000,
            },
            Frame::BlobWant {
                handle: 9,
                offset: 55_158,
            },
            Frame::BlobPart {
                handle: 9,
                offset: 55_158,
                bytes: vec![0; 1_100],
            },
            Frame::BlobRefused {
                handle: 9,
                why: "disk low".into(),
            },
            Frame::Promote {
                hash: BlobHash([5; 32]),
                upto: 80_000,
                class: Class::Awaited,
            },
            Frame::Ping { stamp: 1 },
            Frame::Pong { stamp: 1 },
            Frame::Renew {
                request: vec![0x30],
            },
            Frame::Renewed {
                certificate: vec![0x30],
            },
            Frame::Close {
                why: "revoked".into(),
            },
            Frame::BlobPause { handle: 9 },
            Frame::BlobAbsent {
                hash: BlobHash([5; 32]),
                why: "evicted".into(),
            },
            Frame::Waits {
                lines: [(1, 35), (300, 10_500), (2, 60_000), (0, 0), (7, u64::MAX)],
                unasked: Class::Pages,
                rate_bps: 18_400,
            },
        ]
    }

    #[test]
    fn every_frame_reads_back_and_no_shorter_one_does() {
        for frame in frames() {
            let bytes = frame.encode();
            assert_eq!(Frame::decode(&bytes).as_ref(), Ok(&frame));
            for end in 0..bytes.len() {
                assert!(
                    Frame::decode(&bytes[..end]).is_err(),
                    "{frame:?} cut at {end}"
                );
            }
        }
    }

    /// These bytes are the protocol. A change here is a new `PROTOCOL`.
    #[test]
    fn golden_bytes() {
        let ack = Frame::Ack {
            chain: Chain::new("CN05", 3),
            upto: 300,
        };
        assert_eq!(ack.encode(), b"\x03\x04CN05\x03\xac\x02");
        let want = Frame::BlobWant {
            handle: 9,
            offset: 55_158,
        };
        assert_eq!(want.encode(), b"\x06\x09\xf6\xae\x03");
        let part = Frame::BlobPart {
            handle: 1,
            offset: 0,
            bytes: b"ab".to_vec(),
        };
        assert_eq!(part.encode(), b"\x07\x01\x00\x02ab");
        assert_eq!(delimit(&part.encode()), b"\x06\x07\x01\x00\x02ab");
    }

    #[test]
    fn limits_are_named() {
        let mut long = vec![2];
        string(&mut long, &[b'x'; 65]);
        let error = Frame::decode(&long).unwrap_err();
        assert_eq!(error.to_string(), "origin is 65, the limit is 64");
        let mut stream = Deframer::default();
        stream.push(&[0xff, 0xff, 0xff, 0x7f]);
        assert!(matches!(stream.next_frame(), Err(FrameError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
            let _ = split_records(&bytes);
        }

        #[test]
        fn a_stream_cut_anywhere_gives_the_same_frames(cuts in proptest::collection::vec(1usize..40, 1..60)) {
            let mut all = Vec::new();
            frames().iter().for_each(|it| all.extend(delimit(&it.encode())));
            let (mut stream, mut got, mut at) = (Deframer::default(), Vec::new(), 0);
            let mut cuts = cuts.into_iter().cycle();
            while at < all.len() {
                let end = (at + cuts.next().unwrap_or(1)).min(all.len());
                stream.push(&all[at..end]);
                at = end;
                while let Some(frame) = stream.next_frame().unwrap() {
                    got.push(Frame::decode(&frame).unwrap());
                }
            }
            prop_assert_eq!(got, frames());
        }
    }
}
