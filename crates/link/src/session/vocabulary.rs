//! What a session is told and what it says: rules, inputs, events, closings, the plan. Words
//! only; what they do to each other is in [`super::Session`].

use domain::unit::BlobHash;
use thiserror::Error;

use crate::frame::{Chain, Class, FrameError, Held, Offer};

/// Milliseconds on the caller's own steady clock; its beginning means nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub u64);

impl At {
    pub fn plus_ms(self, span_ms: u64) -> At {
        At(self.0.saturating_add(span_ms))
    }

    /// 0 when `earlier` is not earlier.
    pub fn since_ms(self, earlier: At) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Figures of the protocol; both sides may use different ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long a fact that is not urgent waits for others to be packed with.
    pub linger_ms: u64,
    /// A ping when nothing was heard for so long.
    pub ping_every_ms: u64,
    /// The session ends when nothing was heard for so long.
    pub silent_after_ms: u64,
    /// Repeat what was not acknowledged for so long. `None` on a wire that repeats by itself
    /// (QUIC, TCP); set on one that loses frames.
    pub resend_after_ms: Option<u64>,
    /// Between two signed heads of one chain.
    pub head_every_ms: u64,
    /// Bulk that may stand in the modem's queue, as time.
    pub bulk_queue_ms: u64,
    /// A rate that bulk may not exceed, where the line is shared.
    pub rate_cap_bps: Option<u64>,
    /// Bytes of a blob in one part: with its headers one QUIC packet of 1200 bytes.
    pub part_bytes: usize,
    /// How long a receiver may keep to itself how far a blob came, where nobody's credit hangs on
    /// it: each such word costs a packet, and its acknowledgement another on the full side.
    pub want_every_ms: u64,
    /// What keeps bulk back where the wire has a controller.
    pub control: Control,
}

/// The congestion controller of a QUIC wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Control {
    /// Our own, by delay: little stands in the modem.
    #[default]
    Delay,
    /// For a line shared with others that fill every queue: keeps its share, and decisions wait.
    Cubic,
}

/// What a wire that measures itself says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// Bytes of bulk that may go now.
    pub room_bytes: u64,
    /// Bytes of a blob that with their headers fill a packet.
    pub part_bytes: u64,
    pub rate_bps: Option<u64>,
    pub rtt_ms: Option<u64>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            linger_ms: 300,
            ping_every_ms: 10_000,
            silent_after_ms: 45_000,
            resend_after_ms: None,
            head_every_ms: 10_000,
            bulk_queue_ms: 250,
            rate_cap_bps: None,
            part_bytes: 1_100,
            want_every_ms: 0,
            control: Control::Delay,
        }
    }
}

/// What a session is built from: who speaks, and what the stores hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// This side's checkpoint code, or `centre`.
    pub node: String,
    pub software: String,
    /// Who the other side is, as its certificate says.
    pub peer: String,
    /// Origins the other side may send; any other ends the session.
    pub accepts: Vec<String>,
    /// Chains this side writes and their sizes.
    pub offers: Vec<Offer>,
    /// Durable copies this side holds.
    pub holds: Vec<Held>,
}

/// A record read from the own ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub bytes: Vec<u8>,
    /// [`Class::Urgent`] or [`Class::Facts`].
    pub class: Class,
}

/// The bytes of a blob up to `upto` (from where the segment before ends) are of this class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub upto: u64,
    pub class: Class,
}

/// What is to be sent of a blob. Bytes beyond the last segment stay here until promoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPlan {
    pub hash: BlobHash,
    pub total: u64,
    /// Ascending.
    pub segments: Vec<Segment>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A whole frame came over the wire.
    Frame(Vec<u8>),
    /// The own ledger has so many durable records of a chain that was offered.
    Grew { chain: Chain, size: u64 },
    /// Answer to [`Event::ReadRecords`]; at least one record.
    RecordsRead {
        chain: Chain,
        from: u64,
        records: Vec<Outgoing>,
    },
    /// The own ledger signed a head.
    Signed {
        chain: Chain,
        size: u64,
        signed: Vec<u8>,
    },
    /// The store durably holds the first `upto` records. Answer to [`Event::Copy`].
    Copied { chain: Chain, upto: u64 },
    /// The store will not take what the peer sent: a fork, a false head, no trust.
    Refused { why: String },
    /// The own store holds this blob; send it.
    Offer(BlobPlan),
    /// Answer to [`Event::ReadBlob`].
    BlobRead {
        hash: BlobHash,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// The own store does not hold what it offered.
    BlobGone { hash: BlobHash },
    /// The store holds the first `have` bytes. Answer to [`Event::FindBlob`], [`Event::WriteBlob`].
    BlobStored { hash: BlobHash, have: u64 },
    /// The store will not take this blob now.
    BlobRefused { hash: BlobHash, why: String },
    /// Ask the peer for the first `upto` bytes of a blob as this class.
    Promote {
        hash: BlobHash,
        upto: u64,
        class: Class,
    },
    /// The peer asked for a blob that is not here (any more).
    Absent { hash: BlobHash, why: String },
    /// The last class whose bytes go without being asked for.
    Unasked { upto: Class },
    /// Ask the peer for a certificate of this request (DER).
    Renew { request: Vec<u8> },
    /// Answer to [`Event::Renew`].
    Renewed { certificate: Vec<u8> },
    /// End it, and tell the peer why.
    Close { why: String },
}

/// What the shell must do. Answers to reads and writes come back as [`Input`]s, in any order
/// between chains and blobs, in the order asked within one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The peer says that this key signs the heads of its chain. Trust it before any `Copy`,
    /// unless another key is trusted already: then answer [`Input::Refused`].
    Trust {
        chain: Chain,
        key: String,
    },
    /// The peer's Hello was accepted.
    Opened {
        software: String,
    },
    ReadRecords {
        chain: Chain,
        from: u64,
        limit: usize,
    },
    /// Commit these records, then say [`Input::Copied`].
    Copy {
        chain: Chain,
        from: u64,
        records: Vec<Vec<u8>>,
    },
    /// A signed head whose records were all given to the store before.
    CopyHead {
        chain: Chain,
        size: u64,
        signed: Vec<u8>,
    },
    /// The peer durably holds the first `upto` records.
    Acknowledged {
        chain: Chain,
        upto: u64,
    },
    FindBlob {
        hash: BlobHash,
        total: u64,
    },
    ReadBlob {
        hash: BlobHash,
        offset: u64,
        length: usize,
    },
    WriteBlob {
        hash: BlobHash,
        total: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// The peer holds the whole blob, verified and durable.
    BlobDelivered {
        hash: BlobHash,
    },
    /// The peer holds what was planned of it.
    BlobSent {
        hash: BlobHash,
    },
    /// The peer would not take it; it may be offered again in another session.
    PeerRefusedBlob {
        hash: BlobHash,
        why: String,
    },
    /// The peer waits for a blob that is not on its way.
    Promoted {
        hash: BlobHash,
        upto: u64,
        class: Class,
    },
    /// The peer does not hold what it was asked for.
    PeerHasNot {
        hash: BlobHash,
        why: String,
    },
    /// What waits at the peer.
    PeerWaits(Plan),
    Renew {
        request: Vec<u8>,
    },
    Renewed {
        certificate: Vec<u8>,
    },
    /// The session is over. Nothing is transmitted after the frame that says so.
    Closed {
        why: Closing,
    },
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Closing {
    #[error("nothing was heard for {0} ms")]
    Silent(u64),
    #[error("the peer closed: {0}")]
    ByPeer(String),
    #[error("closed here: {0}")]
    Here(String),
    #[error("the peer's frame is not readable: {0}")]
    Frame(#[from] FrameError),
    #[error("the peer broke the protocol: {0}")]
    Violation(String),
    #[error("the peer says it is {said:?}, its certificate says {is:?}")]
    WrongPeer { said: String, is: String },
    #[error("{peer} may not send records of {chain}")]
    ForeignOrigin { peer: String, chain: Chain },
    /// This ledger lost records that the peer holds: it was set back. Never write on.
    #[error("the peer holds {held} records of {chain}, this side wrote {size}: set back?")]
    SetBack { chain: Chain, held: u64, size: u64 },
    #[error("the store refused what the peer sent: {0}")]
    Refused(String),
}

/// Which stream a frame goes in. Frames of one channel stay in order; a lower channel goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Control = 0,
    Records = 1,
    Awaited = 2,
    Pages = 3,
    Bulk = 4,
}

impl Channel {
    pub const ALL: [Channel; 5] = [
        Channel::Control,
        Channel::Records,
        Channel::Awaited,
        Channel::Pages,
        Channel::Bulk,
    ];

    pub(super) fn of(class: Class) -> Channel {
        match class {
            Class::Urgent | Class::Facts => Channel::Records,
            Class::Awaited => Channel::Awaited,
            Class::Pages => Channel::Pages,
            Class::Bulk => Channel::Bulk,
        }
    }
}

/// A frame to put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    pub channel: Channel,
    pub frame: Vec<u8>,
}

/// What waits, by class, and how long it would take if nothing were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub lines: [PlanLine; 5],
    /// As measured; `None` before anything was acknowledged.
    pub rate_bps: Option<u64>,
    pub rtt_ms: Option<u64>,
    /// The last class that goes without being asked for; what waits behind it stays until somebody
    /// asks or the step of the procedure changes.
    pub unasked: Option<Class>,
}

impl Plan {
    /// Fills in the times, from bytes and rate. What does not go unasked has none.
    pub(crate) fn timed(mut self) -> Plan {
        let mut before = 0;
        let rate_bps = self.rate_bps.filter(|it| *it > 0);
        for (class, line) in Class::ALL.into_iter().zip(&mut self.lines) {
            let goes = self.unasked.is_none_or(|last| class <= last);
            before += line.bytes;
            let bits = before.saturating_mul(8);
            let seconds = rate_bps.map(|it| bits.div_ceil(it));
            line.seconds_to_drain = seconds.filter(|_| goes);
        }
        self
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanLine {
    /// Records, or blobs with bytes of this class.
    pub count: u64,
    pub bytes: u64,
    /// Until this class and all before it are through; `None` without a measured rate, and for
    /// what does not go unasked.
    pub seconds_to_drain: Option<u64>,
}

/// What one chain received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub chain: Chain,
    pub stored: u64,
    /// Records that came again and were dropped.
    pub duplicates: u64,
}
