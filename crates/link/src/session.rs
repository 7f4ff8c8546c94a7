//! The protocol of the link: two ledgers grow equal, urgent things first, over any wire.
//!
//! Five verbs and no clock, socket, file or random number: [`Session::handle`] takes what
//! happened, [`Session::handle_timeout`] takes the time, [`Session::poll_transmit`] gives the next
//! frame, [`Session::poll_timeout`] says when to come back, [`Session::poll`] gives what the shell
//! must do. A session lives as long as one connection and is rebuilt from what the stores hold.
//!
//! The promises: a record is acknowledged only after the receiver's store said it is durable; a
//! record is given to the store once, in order, whatever the wire repeats; no byte of a blob goes
//! while a record may go, and never more of them than the credit allows. Not here: compression
//! ([`crate::dictionary`]), the bytes ([`crate::frame`]), the window ([`crate::credit`]).

use std::collections::{BTreeMap, VecDeque};

use domain::unit::BlobHash;
use thiserror::Error;

use crate::blobs::{Ask, Inbox, Outbox, Progress};
use crate::credit::Credit;
use crate::dictionary::Packer;
use crate::frame::{Chain, Class, Frame, FrameError, Held, Hello, Offer, split_records};
use crate::limits::{CHAINS, EARLY_FRAMES, EARLY_PARTS_BYTES, PART_BYTES};
use crate::records::{Receiving, Sending};

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

    fn of(class: Class) -> Channel {
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
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanLine {
    /// Records, or blobs with bytes of this class.
    pub count: u64,
    pub bytes: u64,
    /// Until this class and all before it are through; `None` without a measured rate.
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

/// Mistakes made on purpose, to see that the tests find them.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    AcknowledgeBeforeDurable,
    TakeDuplicates,
    IgnoreCredit,
    ForgetTheGap,
}

enum Phase {
    /// Frames that overtook the Hello on another stream.
    Waiting {
        early: VecDeque<Frame>,
    },
    Open,
    Closed,
}

pub struct Session {
    rules: Rules,
    beginning: Beginning,
    phase: Phase,
    sending: BTreeMap<Chain, Sending>,
    receiving: BTreeMap<Chain, Receiving>,
    outbox: Outbox,
    inbox: Inbox,
    credit: Credit,
    packer: Packer,
    control: VecDeque<Frame>,
    acks: BTreeMap<Chain, u64>,
    events: VecDeque<Event>,
    promotions: BTreeMap<BlobHash, (u64, Class)>,
    heard_at: At,
    pinged_at: At,
    hello_at: At,
    resent_at: At,
    /// Repetitions in a row without anything acknowledged.
    fruitless: u32,
    #[cfg(test)]
    pub(crate) planted: Option<Planted>,
}

impl Session {
    pub fn new(rules: Rules, beginning: Beginning, now: At) -> Session {
        let receiving = beginning
            .holds
            .iter()
            .filter(|it| beginning.accepts.contains(&it.chain.origin))
            .take(CHAINS)
            .map(|it| (it.chain.clone(), Receiving::from(it.count)))
            .collect();
        let mut session = Session {
            credit: Credit::new(&rules, now),
            rules,
            beginning,
            phase: Phase::Waiting {
                early: VecDeque::new(),
            },
            sending: BTreeMap::new(),
            receiving,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            packer: Packer::new(),
            control: VecDeque::new(),
            acks: BTreeMap::new(),
            events: VecDeque::new(),
            promotions: BTreeMap::new(),
            heard_at: now,
            pinged_at: now,
            hello_at: now,
            resent_at: now,
            fruitless: 0,
            #[cfg(test)]
            planted: None,
        };
        session.say_hello(now);
        session
    }

    /// Something happened.
    pub fn handle(&mut self, input: Input, now: At) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        let handled = match input {
            Input::Frame(bytes) => self.heard(&bytes, now),
            Input::Grew { chain, size } => {
                self.grew(chain, size, now);
                Ok(())
            }
            other => {
                self.told(other, now);
                Ok(())
            }
        };
        if let Err(why) = handled {
            self.close(why);
        }
        self.ask();
    }

    /// Time passed; call it when [`Session::poll_timeout`] says so, or oftener.
    pub fn handle_timeout(&mut self, now: At) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        let quiet_ms = now.since_ms(self.heard_at);
        if quiet_ms >= self.rules.silent_after_ms {
            self.close(Closing::Silent(quiet_ms));
            return;
        }
        if now >= self.ping_at() {
            self.pinged_at = now;
            self.control.push_back(Frame::Ping { stamp: now.0 });
        }
        let Some(after_ms) = self.resend_after_ms() else {
            return;
        };
        if matches!(self.phase, Phase::Waiting { .. }) {
            if now.since_ms(self.hello_at) >= after_ms {
                self.say_hello(now);
            }
            return;
        }
        if self.resend_at().is_some_and(|at| now >= at) {
            self.resend(At(now.0.saturating_sub(after_ms)), now);
        }
        self.ask();
    }

    /// When [`Session::handle_timeout`] and then [`Session::poll_transmit`] have something to do
    /// although nothing happened. `None` when the session is over.
    pub fn poll_timeout(&self) -> Option<At> {
        if matches!(self.phase, Phase::Closed) {
            return None;
        }
        let mut next = self
            .ping_at()
            .min(self.heard_at.plus_ms(self.rules.silent_after_ms));
        if let Phase::Waiting { .. } = self.phase {
            let hello = self.resend_after_ms().map(|ms| self.hello_at.plus_ms(ms));
            return Some(hello.map_or(next, |at| next.min(at)));
        }
        for sending in self.sending.values() {
            let due = sending.due_at(self.rules.linger_ms);
            let head = sending.head_due_at(self.rules.head_every_ms);
            next = [due, head].into_iter().flatten().fold(next, At::min);
        }
        Some(self.resend_at().map_or(next, |at| next.min(at)))
    }

    /// The next frame for the wire: control, urgent records, other records, blobs by class.
    pub fn poll_transmit(&mut self, now: At) -> Option<Transmit> {
        let control = |frame: Frame| Transmit {
            channel: Channel::Control,
            frame: frame.encode(),
        };
        if let Some(frame) = self.control.pop_front() {
            return Some(control(frame));
        }
        if !matches!(self.phase, Phase::Open) {
            return None;
        }
        if let Some((chain, upto)) = self.acks.pop_first() {
            return Some(control(Frame::Ack { chain, upto }));
        }
        if let Some(transmit) = self.transmit_records(now) {
            return Some(transmit);
        }
        if let Some((handle, offset)) = self.inbox.wants.pop_first() {
            return Some(control(Frame::BlobWant { handle, offset }));
        }
        if let Some(frame) = self.outbox.announce(now) {
            return Some(control(frame));
        }
        self.transmit_blob(now)
    }

    /// What the shell must do next.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What waits at this side.
    pub fn plan(&self) -> Plan {
        let mut lines = [PlanLine::default(); 5];
        for sending in self.sending.values() {
            let (urgent, facts, each) = sending.backlog();
            for (class, count) in [(Class::Urgent, urgent), (Class::Facts, facts)] {
                lines[class as usize].count += count;
                lines[class as usize].bytes += count * each;
            }
        }
        for (line, (count, bytes)) in lines.iter_mut().zip(self.outbox.backlog()) {
            line.count += count;
            line.bytes += bytes;
        }
        let rate_bps = self.credit.rate_bps();
        let mut before = 0;
        for line in &mut lines {
            before += line.bytes;
            let bits = before * 8;
            line.seconds_to_drain = rate_bps.filter(|it| *it > 0).map(|it| bits.div_ceil(it));
        }
        Plan {
            lines,
            rate_bps,
            rtt_ms: self.credit.rtt_ms(),
        }
    }

    pub fn received(&self) -> Vec<Received> {
        let line = |(chain, it): (&Chain, &Receiving)| Received {
            chain: chain.clone(),
            stored: it.stored,
            duplicates: it.duplicates,
        };
        self.receiving.iter().map(line).collect()
    }

    /// Unacknowledged bytes, and how many of them bulk may have.
    pub fn credit(&self) -> (u64, u64) {
        (self.credit.in_flight(), self.credit.window())
    }

    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    // ---- frames ---------------------------------------------------------------------------------

    fn heard(&mut self, bytes: &[u8], now: At) -> Result<(), Closing> {
        let frame = Frame::decode(bytes)?;
        self.heard_at = now;
        match (&mut self.phase, frame) {
            (_, Frame::Close { why }) => Err(Closing::ByPeer(why)),
            (Phase::Waiting { .. }, Frame::Hello(hello)) => self.open(hello, now),
            (Phase::Waiting { early }, frame) => {
                if early.len() == EARLY_FRAMES {
                    let why = format!("more than {EARLY_FRAMES} frames before the Hello");
                    return Err(Closing::Violation(why));
                }
                early.push_back(frame);
                Ok(())
            }
            (_, frame) => self.take(frame, now),
        }
    }

    fn open(&mut self, hello: Hello, now: At) -> Result<(), Closing> {
        if hello.node != self.beginning.peer {
            let is = self.beginning.peer.clone();
            return Err(Closing::WrongPeer {
                said: hello.node,
                is,
            });
        }
        for Offer { chain, key, .. } in hello.offers {
            self.allow(&chain)?;
            self.events.push_back(Event::Trust { chain, key });
        }
        for own in &self.beginning.offers {
            let held = hello.holds.iter().find(|it| it.chain == own.chain);
            let held = held.map_or(0, |it| it.count);
            if held > own.count {
                let (chain, size) = (own.chain.clone(), own.count);
                return Err(Closing::SetBack { chain, held, size });
            }
            let mut sending = Sending::from(own.count, held);
            if let Some(earlier) = self.sending.remove(&own.chain) {
                sending.take_heads_of(earlier);
            }
            self.events.push_back(Event::Acknowledged {
                chain: own.chain.clone(),
                upto: held,
            });
            self.sending.insert(own.chain.clone(), sending);
        }
        self.packer.choose(&hello.dictionaries);
        let phase = std::mem::replace(&mut self.phase, Phase::Open);
        self.events.push_back(Event::Opened {
            software: hello.software,
        });
        if hello.answer_wanted && self.rules.resend_after_ms.is_some() {
            self.say_hello(now);
        }
        // A round trip of a small frame, as early as possible.
        self.pinged_at = now;
        self.control.push_back(Frame::Ping { stamp: now.0 });
        if let Phase::Waiting { early } = phase {
            early
                .into_iter()
                .try_for_each(|frame| self.take(frame, now))?;
        }
        Ok(())
    }

    fn take(&mut self, frame: Frame, now: At) -> Result<(), Closing> {
        match frame {
            // The first one counts; a repeated one only asks for ours.
            Frame::Hello(hello) => {
                if hello.answer_wanted && now > self.hello_at {
                    self.say_hello(now);
                }
            }
            Frame::Records {
                chain,
                from,
                dictionary,
                packed,
            } => {
                self.take_records(chain, from, dictionary, &packed)?;
            }
            Frame::Ack { chain, upto } => {
                let Some(sending) = self.sending.get_mut(&chain) else {
                    let why = format!("{chain} is acknowledged, but is not sent here");
                    return Err(Closing::Violation(why));
                };
                let news = sending.acknowledged(upto, now, &mut self.credit);
                if news.map_err(Closing::Violation)? {
                    self.fruitless = 0;
                    self.events.push_back(Event::Acknowledged { chain, upto });
                }
            }
            Frame::Head {
                chain,
                size,
                signed,
            } => {
                self.allow(&chain)?;
                let receiving = self.receiving.entry(chain.clone()).or_default();
                receiving.head(size, signed);
                self.give_head(chain);
            }
            Frame::BlobOffer {
                handle,
                hash,
                total,
            } => {
                match self
                    .inbox
                    .offered(handle, hash, total)
                    .map_err(Closing::Violation)?
                {
                    Ask::Find { hash, total } => {
                        self.events.push_back(Event::FindBlob { hash, total });
                    }
                    Ask::Refuse { why } => {
                        self.control.push_back(Frame::BlobRefused { handle, why });
                    }
                    Ask::Nothing | Ask::Write { .. } => {}
                }
            }
            Frame::BlobWant { handle, offset } => {
                let progress = self.outbox.wanted(handle, offset, now, &mut self.credit);
                match progress.map_err(Closing::Violation)? {
                    Progress::Nothing => {}
                    Progress::Further => self.fruitless = 0,
                    Progress::Finished { hash, whole: true } => {
                        self.fruitless = 0;
                        self.events.push_back(Event::BlobDelivered { hash });
                    }
                    Progress::Finished { hash, whole: false } => {
                        self.fruitless = 0;
                        self.events.push_back(Event::BlobSent { hash });
                    }
                }
            }
            Frame::BlobPart {
                handle,
                offset,
                bytes,
            } => {
                let ask = self
                    .inbox
                    .part(handle, offset, bytes)
                    .map_err(Closing::Violation)?;
                if let Ask::Write {
                    hash,
                    total,
                    writes,
                } = ask
                {
                    for (offset, bytes) in writes {
                        self.events.push_back(Event::WriteBlob {
                            hash,
                            total,
                            offset,
                            bytes,
                        });
                    }
                }
            }
            Frame::BlobRefused { handle, why } => {
                if let Some(hash) = self.outbox.close(handle, &mut self.credit) {
                    self.events.push_back(Event::PeerRefusedBlob { hash, why });
                }
            }
            Frame::Promote { hash, upto, class } => {
                // The urgent classes are for records; a blob is at most awaited.
                let class = class.max(Class::Awaited);
                if !self.outbox.promote(hash, upto, class) {
                    self.events.push_back(Event::Promoted { hash, upto, class });
                }
            }
            Frame::Ping { stamp } => self.control.push_back(Frame::Pong { stamp }),
            Frame::Pong { stamp } => {
                if stamp <= now.0 {
                    self.credit.round_trip(now.since_ms(At(stamp)).max(1), now);
                }
            }
            Frame::Renew { request } => self.events.push_back(Event::Renew { request }),
            Frame::Renewed { certificate } => {
                self.events.push_back(Event::Renewed { certificate });
            }
            Frame::Close { why } => return Err(Closing::ByPeer(why)),
        }
        Ok(())
    }

    fn take_records(
        &mut self,
        chain: Chain,
        from: u64,
        dictionary: u32,
        packed: &[u8],
    ) -> Result<(), Closing> {
        self.allow(&chain)?;
        let joined = self
            .packer
            .unpack(dictionary, packed)
            .map_err(Closing::Violation)?;
        let records = split_records(&joined)?;
        let count = records.len() as u64;
        let Some(end) = from.checked_add(count).filter(|_| count > 0) else {
            return Err(Closing::Violation(format!(
                "{count} records of {chain} from {from}"
            )));
        };
        let receiving = self.receiving.entry(chain.clone()).or_default();
        let handed = receiving.handed;
        #[cfg(test)]
        let handed = match self.planted {
            Some(Planted::TakeDuplicates) => from,
            Some(Planted::ForgetTheGap) => handed.max(from),
            _ => handed,
        };
        if from > handed {
            // Something before it was lost and will be repeated, then this too.
            if self.rules.resend_after_ms.is_none() {
                let why = format!("gap: {chain} goes on at {from}, {handed} were received");
                return Err(Closing::Violation(why));
            }
            return Ok(());
        }
        let known = (handed - from).min(count);
        receiving.duplicates += known;
        if end > handed {
            let fresh: Vec<Vec<u8>> = records.into_iter().skip(known as usize).collect();
            let bytes = fresh.iter().map(Vec::len).sum();
            receiving.handed = end;
            receiving.unstored.push_back((end, bytes));
            if receiving.unstored_bytes() > EARLY_PARTS_BYTES {
                let why = format!("more than {EARLY_PARTS_BYTES} bytes of records unacknowledged");
                return Err(Closing::Violation(why));
            }
            let copy = Event::Copy {
                chain: chain.clone(),
                from: handed,
                records: fresh,
            };
            self.events.push_back(copy);
            #[cfg(test)]
            if self.planted == Some(Planted::AcknowledgeBeforeDurable) {
                self.acks.insert(chain.clone(), end);
            }
            self.give_head(chain);
        } else {
            self.acks.insert(chain, receiving.stored);
        }
        Ok(())
    }

    /// Whether the peer may send this chain.
    fn allow(&self, chain: &Chain) -> Result<(), Closing> {
        if !self.beginning.accepts.contains(&chain.origin) {
            let peer = self.beginning.peer.clone();
            return Err(Closing::ForeignOrigin {
                peer,
                chain: chain.clone(),
            });
        }
        if !self.receiving.contains_key(chain) && self.receiving.len() >= CHAINS {
            return Err(Closing::Violation(format!("more than {CHAINS} chains")));
        }
        Ok(())
    }

    fn give_head(&mut self, chain: Chain) {
        let Some(receiving) = self.receiving.get_mut(&chain) else {
            return;
        };
        if let Some((size, signed)) = receiving.ready_head() {
            self.events.push_back(Event::CopyHead {
                chain,
                size,
                signed,
            });
        }
    }

    // ---- the shell's answers --------------------------------------------------------------------

    fn grew(&mut self, chain: Chain, size: u64, now: At) {
        let offers = &mut self.beginning.offers;
        if let Some(it) = offers.iter_mut().find(|it| it.chain == chain) {
            it.count = it.count.max(size);
        } else {
            return;
        }
        if self.is_open() {
            self.sending.entry(chain).or_default().grew(size, now);
        }
    }

    fn told(&mut self, input: Input, now: At) {
        match input {
            Input::RecordsRead {
                chain,
                from,
                records,
            } => {
                if let Some(sending) = self.sending.get_mut(&chain) {
                    sending.were_read(from, records, now);
                }
            }
            Input::Signed {
                chain,
                size,
                signed,
            } => {
                self.sending.entry(chain).or_default().signed(size, signed);
            }
            Input::Copied { chain, upto } => {
                if let Some(receiving) = self.receiving.get_mut(&chain) {
                    receiving.stored_upto(upto);
                    self.acks.insert(chain, receiving.stored);
                }
            }
            Input::Refused { why } => self.close(Closing::Refused(why)),
            Input::Offer(plan) => {
                self.outbox.offer(plan);
            }
            Input::BlobRead {
                hash,
                offset,
                bytes,
            } => self.outbox.was_read(&hash, offset, &bytes),
            Input::BlobGone { hash } => {
                if let Some(handle) = self.outbox.handle_of(&hash) {
                    self.outbox.close(handle, &mut self.credit);
                }
            }
            Input::BlobStored { hash, have } => {
                if let Some((upto, _)) = self.promotions.get(&hash)
                    && have >= *upto
                {
                    self.promotions.remove(&hash);
                }
                if self.inbox.stored(&hash, have) {
                    self.promotions.remove(&hash);
                }
            }
            Input::BlobRefused { hash, why } => {
                if let Some(handle) = self.inbox.remove(&hash) {
                    self.control.push_back(Frame::BlobRefused { handle, why });
                }
            }
            Input::Promote { hash, upto, class } => {
                self.promotions.insert(hash, (upto, class));
                self.control.push_back(Frame::Promote { hash, upto, class });
            }
            Input::Renew { request } => self.control.push_back(Frame::Renew { request }),
            Input::Renewed { certificate } => {
                self.control.push_back(Frame::Renewed { certificate });
            }
            Input::Close { why } => self.close(Closing::Here(why)),
            Input::Frame(_) | Input::Grew { .. } => {}
        }
    }

    /// Asks the own stores for what may be sent next.
    fn ask(&mut self) {
        if !self.is_open() {
            return;
        }
        for (chain, sending) in &mut self.sending {
            if let Some((from, limit)) = sending.next_read() {
                self.events.push_back(Event::ReadRecords {
                    chain: chain.clone(),
                    from,
                    limit,
                });
            }
        }
        while let Some((hash, offset, length)) = self.outbox.next_read() {
            self.events.push_back(Event::ReadBlob {
                hash,
                offset,
                length,
            });
        }
    }

    // ---- sending --------------------------------------------------------------------------------

    fn say_hello(&mut self, now: At) {
        self.hello_at = now;
        let holds = self.receiving.iter();
        self.control.push_back(Frame::Hello(Hello {
            node: self.beginning.node.clone(),
            software: self.beginning.software.clone(),
            answer_wanted: matches!(self.phase, Phase::Waiting { .. }),
            offers: self.beginning.offers.clone(),
            holds: holds
                .map(|(chain, it)| Held {
                    chain: chain.clone(),
                    count: it.stored,
                })
                .collect(),
            dictionaries: self.packer.names(),
        }));
    }

    fn transmit_records(&mut self, now: At) -> Option<Transmit> {
        let linger_ms = self.rules.linger_ms;
        let due = |it: &(&Chain, &mut Sending)| it.1.due(now, linger_ms);
        let first = self
            .sending
            .iter_mut()
            .filter_map(|it| Some((due(&it)?, it)))
            .min_by_key(|(class, _)| *class);
        if let Some((_, (chain, sending))) = first {
            let frame = sending.take(chain, now, &mut self.packer, &mut self.credit);
            self.ask();
            return match frame {
                Ok(frame) => Some(Transmit {
                    channel: Channel::Records,
                    frame: frame.encode(),
                }),
                Err(error) => {
                    self.close(Closing::Here(format!("records cannot be packed: {error}")));
                    let close = self.control.pop_front()?;
                    Some(Transmit {
                        channel: Channel::Control,
                        frame: close.encode(),
                    })
                }
            };
        }
        let every_ms = self.rules.head_every_ms;
        let due = |it: &Sending| it.head_due_at(every_ms).is_some_and(|at| at <= now);
        let (chain, sending) = self.sending.iter_mut().find(|(_, it)| due(it))?;
        let frame = sending.take_head(chain, now)?.encode();
        Some(Transmit {
            channel: Channel::Control,
            frame,
        })
    }

    fn transmit_blob(&mut self, now: At) -> Option<Transmit> {
        // On a fast line larger parts, of at most a twentieth of a second and of the window.
        let by_rate = self.credit.rate_bps().unwrap_or(0) / 8 / 20;
        let part = by_rate.min(self.credit.window() / 4) as usize;
        let part = part.clamp(self.rules.part_bytes, PART_BYTES);
        #[cfg(test)]
        if self.planted == Some(Planted::IgnoreCredit) {
            let mut unbounded = Credit::new(&self.rules, now);
            let (class, frame) = self.outbox.part(now, &mut unbounded, part)?;
            self.ask();
            return Some(Transmit {
                channel: Channel::of(class),
                frame: frame.encode(),
            });
        }
        let (class, frame) = self.outbox.part(now, &mut self.credit, part)?;
        self.ask();
        Some(Transmit {
            channel: Channel::of(class),
            frame: frame.encode(),
        })
    }

    fn ping_at(&self) -> At {
        self.heard_at
            .max(self.pinged_at)
            .plus_ms(self.rules.ping_every_ms)
    }

    fn resend_after_ms(&self) -> Option<u64> {
        let after_ms = self.rules.resend_after_ms?;
        let patient_ms = after_ms.max(3 * self.credit.rtt_ms().unwrap_or(0));
        Some(patient_ms << self.fruitless.min(4))
    }

    fn resend_at(&self) -> Option<At> {
        let after_ms = self.resend_after_ms()?;
        let records = self.sending.values().filter_map(Sending::waiting_since);
        let promoted = (!self.promotions.is_empty()).then_some(self.resent_at);
        let oldest = records
            .chain(self.outbox.waiting_since())
            .chain(promoted)
            .min()?;
        Some(
            oldest
                .plus_ms(after_ms)
                .max(self.resent_at.plus_ms(after_ms)),
        )
    }

    fn resend(&mut self, before: At, now: At) {
        self.resent_at = now;
        self.fruitless += 1;
        self.credit.lost();
        for sending in self.sending.values_mut() {
            if sending.waiting_since().is_some_and(|at| at <= before) {
                sending.resend(&mut self.credit);
            }
        }
        let again = self.outbox.resend(before, now, &mut self.credit);
        self.control.extend(again);
        for (hash, (upto, class)) in &self.promotions {
            let (hash, upto, class) = (*hash, *upto, *class);
            self.control.push_back(Frame::Promote { hash, upto, class });
        }
    }

    fn close(&mut self, why: Closing) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        self.phase = Phase::Closed;
        self.control.clear();
        match &why {
            Closing::ByPeer(_) | Closing::Silent(_) => {}
            other => self.control.push_back(Frame::Close {
                why: other.to_string(),
            }),
        }
        self.events.push_back(Event::Closed { why });
    }
}
