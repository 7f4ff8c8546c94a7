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

mod vocabulary;

use std::collections::{BTreeMap, VecDeque};

use domain::unit::BlobHash;

use crate::blobs::{Ask, Inbox, Outbox, Progress};
use crate::credit::Credit;
use crate::dictionary::Packer;
use crate::frame::{Chain, Class, Frame, Held, Hello, Offer, split_records};
use crate::limits::{CHAINS, EARLY_FRAMES, EARLY_PARTS_BYTES, PART_BYTES};
use crate::records::{Receiving, Sending};

pub use self::vocabulary::{
    At, Beginning, BlobPlan, Channel, Closing, Control, Event, Input, Outgoing, Plan, PlanLine,
    Received, Rules, Segment, Transmit, Wire,
};

/// Between two words to the peer about what waits here: about 40 bytes.
const PLAN_EVERY_MS: u64 = 15_000;

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
    /// When the peer was last told what waits here, and what.
    told_at: At,
    told: Option<Frame>,
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
            told_at: now,
            told: None,
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
        if let Some(at) = self.inbox.want_due_at(self.rules.want_every_ms) {
            next = next.min(at);
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
        if let Some((handle, offset)) = self.inbox.want(now, self.rules.want_every_ms) {
            return Some(control(Frame::BlobWant { handle, offset }));
        }
        if let Some(frame) = self.outbox.pause(&mut self.credit) {
            return Some(control(frame));
        }
        if let Some(frame) = self.outbox.announce(now) {
            return Some(control(frame));
        }
        if let Some(frame) = self.tell_plan(now) {
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
        Plan {
            lines,
            rate_bps: self.credit.rate_bps(),
            rtt_ms: self.credit.rtt_ms(),
            unasked: self.outbox.unasked(),
        }
        .timed()
    }

    /// Tells the peer what waits here, when it changed and the last time was long enough ago.
    fn tell_plan(&mut self, now: At) -> Option<Frame> {
        if now < self.told_at.plus_ms(PLAN_EVERY_MS) {
            return None;
        }
        let plan = self.plan();
        let frame = Frame::Waits {
            lines: plan.lines.map(|it| (it.count, it.bytes)),
            unasked: plan.unasked.unwrap_or(Class::Bulk),
            rate_bps: plan.rate_bps.unwrap_or(0),
        };
        if self.told.as_ref() == Some(&frame) {
            return None;
        }
        self.told_at = now;
        self.told = Some(frame.clone());
        Some(frame)
    }

    pub fn received(&self) -> Vec<Received> {
        let line = |(chain, it): (&Chain, &Receiving)| Received {
            chain: chain.clone(),
            stored: it.stored,
            duplicates: it.duplicates,
        };
        self.receiving.iter().map(line).collect()
    }

    /// The wire's own measure of itself; from now on it counts, and not the window computed here.
    pub fn measured(&mut self, wire: Wire) {
        self.credit.measured(wire);
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
                        self.control.push_back(Frame::BlobPause { handle });
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
            Frame::BlobPause { handle } => self.inbox.pause(handle),
            Frame::BlobAbsent { hash, why } => {
                self.promotions.remove(&hash);
                self.events.push_back(Event::PeerHasNot { hash, why });
            }
            Frame::Waits {
                lines,
                unasked,
                rate_bps,
            } => {
                let line = |(count, bytes)| PlanLine {
                    count,
                    bytes,
                    seconds_to_drain: None,
                };
                let plan = Plan {
                    lines: lines.map(line),
                    rate_bps: Some(rate_bps).filter(|it| *it > 0),
                    rtt_ms: None,
                    unasked: Some(unasked).filter(|it| *it < Class::Bulk),
                };
                self.events.push_back(Event::PeerWaits(plan.timed()));
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
            Input::Absent { hash, why } => {
                self.control.push_back(Frame::BlobAbsent { hash, why });
            }
            Input::Unasked { upto } => self.outbox.send_unasked(upto),
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
        let part = match self.credit.wire() {
            // Whole packets: half a one costs a header, and an acknowledgement, as a whole one does.
            Some(wire) => {
                let packet = wire.part_bytes.max(1);
                by_rate.min(wire.room_bytes) / packet * packet
            }
            None => by_rate.min(self.credit.window() / 4),
        };
        let least = self.credit.wire().map(|it| it.part_bytes as usize);
        let least = least.unwrap_or(self.rules.part_bytes).min(PART_BYTES);
        let part = (part as usize).clamp(least, PART_BYTES);
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
        // A wire that repeats by itself still has the last ping; more would all arrive at once.
        if self.pinged_at > self.heard_at && self.rules.resend_after_ms.is_none() {
            return self.pinged_at.plus_ms(30 * self.rules.ping_every_ms);
        }
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
