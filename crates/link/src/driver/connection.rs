//! One connection and its session: frames in and out of five streams, asks to the stores, time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::unit::BlobHash;
use ledger::Ledger;
use quinn::{Connection, RecvStream, VarInt};
use tokio::sync::{broadcast, mpsc, watch};

use super::congestion::{Gate, Paced};
use super::stores::{Delivery, Job, Stores};
use super::{LinkEvent, LinkStatus, SOFTWARE, utc_now};
use crate::enrol::{Ca, Identity, Named};
use crate::frame::{Chain, Class, Deframer, Held, Offer, delimit};
use crate::limits::CHAINS;
use crate::session::{At, Beginning, Channel, Event, Input, Rules, Session, Wire};

/// Frames that wait for the session's loop; more stand in quinn, whose windows hold the peer.
const FRAMES_WAITING: usize = 64;
const ANSWERS_WAITING: usize = 64;
/// No session of a QUIC connection ends by silence.
const NEVER_MS: u64 = u64::MAX / 4;
/// With a controller the receiver's word of a blob's progress is not awaited.
const WANT_EVERY_MS: u64 = 4_000;
/// A frame of a blob's part without its bytes, and its length before it.
const PART_HEADER_BYTES: u64 = 10;
/// How often it is looked whether the line is dead.
const PULSE: Duration = Duration::from_millis(250);
/// Silence after which another connection is tried: longer than a ping's interval and its answer.
const QUIET_AFTER: Duration = Duration::from_secs(13);
/// For the last frames of a closing session.
const GOODBYE_MS: u64 = 300;

/// What somebody wants of a running session.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Promote {
        hash: BlobHash,
        upto: u64,
        class: Class,
    },
    Close {
        why: String,
    },
}

/// What differs between the two ends.
pub(super) enum Side {
    Checkpoint {
        identity: Arc<Mutex<Identity>>,
        folder: Option<std::path::PathBuf>,
    },
    Centre {
        ca: Ca,
        peer: Named,
    },
}

/// What the two stores hold, as a session begins with it.
pub(crate) fn beginning(
    node: &str,
    peer: &str,
    accepts: &[String],
    own: &Ledger,
    copies: &Ledger,
) -> Beginning {
    let mut offers = Vec::new();
    for it in own.status() {
        if it.origin == own.origin() {
            let current = it.epoch == own.epoch();
            let key = if current {
                own.key().to_string()
            } else {
                String::new()
            };
            offers.push(Offer {
                chain: Chain::new(it.origin, it.epoch),
                count: it.size,
                key,
            });
        }
    }
    // The newest lives, if there are more than fit.
    offers.reverse();
    offers.truncate(CHAINS);
    let mut holds: Vec<Held> = Vec::new();
    for it in copies.status() {
        if accepts.contains(&it.origin) {
            holds.push(Held {
                chain: Chain::new(it.origin, it.epoch),
                count: it.size,
            });
        }
    }
    holds.reverse();
    holds.truncate(CHAINS);
    Beginning {
        node: node.to_owned(),
        software: SOFTWARE.to_owned(),
        peer: peer.to_owned(),
        accepts: accepts.to_vec(),
        offers,
        holds,
    }
}

pub(super) struct Running {
    pub rules: Rules,
    pub node: String,
    pub peer: String,
    pub accepts: Vec<String>,
    pub own: Ledger,
    pub copies: Ledger,
    pub side: Side,
    pub events: broadcast::Sender<LinkEvent>,
    pub status: watch::Sender<LinkStatus>,
    pub commands: mpsc::Receiver<Command>,
    /// The last class that goes unasked.
    pub unasked: watch::Receiver<Class>,
    /// Nothing was heard for a while.
    pub quiet: watch::Sender<bool>,
}

impl Running {
    fn beginning(&self) -> Beginning {
        beginning(
            &self.node,
            &self.peer,
            &self.accepts,
            &self.own,
            &self.copies,
        )
    }

    /// Runs until the session or the connection ends; says why.
    pub async fn run(mut self, connection: &Connection) -> String {
        let began = Instant::now();
        let now = || At(began.elapsed().as_millis() as u64);
        let mut growth = self.own.subscribe();
        let mut rules = self.rules.clone();
        // The connection outlives the silence; the status tells it.
        rules.silent_after_ms = NEVER_MS;
        let mut gate = gate(connection);
        if gate.is_some() {
            rules.want_every_ms = rules.want_every_ms.max(WANT_EVERY_MS);
        }
        let mut session = Session::new(rules, self.beginning(), now());
        let mut silence = Silence::new(connection);
        let (answers, mut answered) = mpsc::channel(ANSWERS_WAITING);
        let delivery = Delivery::for_peer(self.own.folder(), &self.peer);
        let delivery = Arc::new(Mutex::new(delivery));
        let stores = Stores {
            own: self.own.clone(),
            copies: self.copies.clone(),
            events: self.events.clone(),
            answers,
            delivery,
        };
        let queues = Queues {
            copies: stores.queue(),
            reads: stores.queue(),
            blobs_in: stores.queue(),
            blobs_out: stores.queue(),
            backfill: stores.queue(),
        };
        let mut wires = Wires::new(connection.clone());
        let (frames, mut framed) = mpsc::channel(FRAMES_WAITING);
        let acceptor = tokio::spawn(accept(connection.clone(), frames));
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.tell_heads(&mut session, now());
        let upto = *self.unasked.borrow_and_update();
        session.handle(Input::Unasked { upto }, now());

        let why = loop {
            // Everything that can be done now, before anything is waited for.
            let mut ended = None;
            loop {
                let mut idle = true;
                while let Some(event) = session.poll() {
                    idle = false;
                    if let Event::Closed { why } = event {
                        ended = Some(why.to_string());
                    } else {
                        self.perform(event, &mut session, &stores, &queues, now());
                    }
                }
                if let Some(gate) = &gate {
                    session.measured(wire(gate));
                }
                while let Some(transmit) = session.poll_transmit(now()) {
                    idle = false;
                    if let Some(gate) = &gate {
                        gate.gave(transmit.frame.len() as u64);
                    }
                    wires.send(transmit.channel, &transmit.frame);
                }
                if idle {
                    break;
                }
            }
            if let Some(why) = ended {
                break why;
            }
            let wake = session.poll_timeout().unwrap_or(now());
            let wake = began + Duration::from_millis(wake.0);
            tokio::select! {
                biased;
                error = connection.closed() => break closed_text(&error),
                Some(frame) = framed.recv() => match frame {
                    Ok(frame) => session.handle(Input::Frame(frame), now()),
                    Err(why) => session.handle(Input::Close { why }, now()),
                },
                Some(answer) = answered.recv() => session.handle(answer, now()),
                grown = growth.recv() => self.grew(grown, &mut session, now()),
                Some(command) = self.commands.recv() => match command {
                    Command::Promote { hash, upto, class } => {
                        session.handle(Input::Promote { hash, upto, class }, now());
                    }
                    Command::Close { why } => session.handle(Input::Close { why }, now()),
                },
                Ok(()) = self.unasked.changed() => {
                    let upto = *self.unasked.borrow_and_update();
                    session.handle(Input::Unasked { upto }, now());
                }
                _ = tick.tick() => {
                    self.check(&mut session, now());
                    // A path that changed has a controller of its own.
                    gate = self::gate(connection);
                    stores.with_delivery(Delivery::save);
                    self.status.send_modify(|it| {
                        it.plan = session.plan();
                        it.received = session.received();
                    });
                }
                () = room(gate.as_ref()) => {}
                _ = pulse.tick() => {
                    self.listen_for_silence(&mut silence, connection, &session);
                    if gate.as_ref().is_some_and(|it| it.probe(Instant::now())) {
                        // A peer of earlier software takes no datagrams; then quinn's own probes must do.
                        let _ = connection.send_datagram(vec![0].into());
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => session.handle_timeout(now()),
            }
        };
        acceptor.abort();
        stores.with_delivery(Delivery::save);
        if connection.close_reason().is_none() {
            wires.finish().await;
            connection.close(VarInt::from_u32(0), why.as_bytes());
        }
        why
    }

    /// Tells who watches that the link is down, or up again, while the connection stands.
    fn listen_for_silence(
        &self,
        silence: &mut Silence,
        connection: &Connection,
        session: &Session,
    ) {
        let quiet = silence.lasts(connection);
        let is_quiet = quiet >= QUIET_AFTER.min(Duration::from_millis(self.rules.silent_after_ms));
        self.quiet
            .send_if_modified(|it| std::mem::replace(it, is_quiet) != is_quiet);
        let up = self.status.borrow().up;
        if up && quiet >= Duration::from_millis(self.rules.silent_after_ms) {
            let why = format!("nothing was heard for {} s", quiet.as_secs());
            super::went_down(&self.status, &self.events, &why);
        } else if !up && !is_quiet && session.is_open() {
            self.status.send_modify(|it| {
                it.up = true;
                it.since = utc_now();
                it.why = None;
            });
            let _ = self.events.send(LinkEvent::Up {
                peer: self.peer.clone(),
            });
        }
    }

    /// Own chains' newest heads.
    fn tell_heads(&self, session: &mut Session, now: At) {
        for it in self.own.status() {
            if it.origin == self.own.origin()
                && let Some(head) = it.head
            {
                let chain = Chain::new(it.origin, it.epoch);
                let signed = head.as_str().as_bytes().to_vec();
                session.handle(
                    Input::Signed {
                        chain,
                        size: head.size,
                        signed,
                    },
                    now,
                );
            }
        }
    }

    fn grew(
        &self,
        grown: Result<ledger::Growth, broadcast::error::RecvError>,
        session: &mut Session,
        now: At,
    ) {
        match grown {
            Ok(it) if *it.origin == *self.own.origin() => {
                let chain = Chain::new(it.origin.to_string(), it.epoch);
                session.handle(
                    Input::Grew {
                        chain,
                        size: it.size,
                    },
                    now,
                );
                self.tell_heads(session, now);
            }
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => {
                for it in self.own.status() {
                    let chain = Chain::new(it.origin, it.epoch);
                    session.handle(
                        Input::Grew {
                            chain,
                            size: it.size,
                        },
                        now,
                    );
                }
                self.tell_heads(session, now);
            }
            Err(broadcast::error::RecvError::Closed) => {
                session.handle(
                    Input::Close {
                        why: "the ledger was closed".into(),
                    },
                    now,
                );
            }
        }
    }

    fn perform(
        &self,
        event: Event,
        session: &mut Session,
        stores: &Stores,
        queues: &Queues,
        now: At,
    ) {
        match event {
            Event::Trust { .. } | Event::Copy { .. } | Event::CopyHead { .. } => {
                let _ = queues.copies.send(Job::Session(event));
            }
            Event::ReadRecords { .. } => {
                let _ = queues.reads.send(Job::Session(event));
            }
            Event::FindBlob { .. } | Event::WriteBlob { .. } => {
                let _ = queues.blobs_in.send(Job::Session(event));
            }
            Event::ReadBlob { .. } => {
                let _ = queues.blobs_out.send(Job::Session(event));
            }
            Event::Acknowledged { chain, upto } => {
                // The first one of a chain says what the peer held before this session.
                if stores.with_delivery(|it| it.begin(&chain, upto)) {
                    let _ = queues.backfill.send(Job::Backfill {
                        chain: chain.clone(),
                    });
                }
                let Chain { origin, epoch } = chain;
                let _ = self.events.send(LinkEvent::Acknowledged {
                    origin,
                    epoch,
                    upto,
                });
            }
            Event::Opened { software } => {
                self.status.send_modify(|it| {
                    it.up = true;
                    it.since = utc_now();
                    it.why = None;
                    it.peer_software = Some(software);
                });
                let _ = self.events.send(LinkEvent::Up {
                    peer: self.peer.clone(),
                });
                if let Side::Checkpoint { identity, .. } = &self.side
                    && let Some(request) = renewal(identity)
                {
                    session.handle(Input::Renew { request }, now);
                }
            }
            Event::BlobDelivered { hash } => {
                stores.with_delivery(|it| it.done(&hash));
                if let Side::Checkpoint { .. } = &self.side {
                    let stores = stores.clone();
                    tokio::spawn(async move { stores.delivered(hash).await });
                }
                let _ = self.events.send(LinkEvent::BlobDelivered { hash });
            }
            Event::BlobSent { hash } => stores.with_delivery(|it| it.done(&hash)),
            Event::PeerRefusedBlob { hash, why } => {
                tracing::warn!(peer = self.peer, %hash, why, "blob refused");
            }
            Event::Promoted { hash, upto, class } => {
                let stores = stores.clone();
                tokio::spawn(async move { stores.offer_on_demand(hash, upto, class).await });
            }
            Event::PeerHasNot { hash, why } => {
                tracing::warn!(peer = self.peer, %hash, why, "the peer has not what was asked for");
                let _ = self.events.send(LinkEvent::BlobAbsent { hash, why });
            }
            Event::PeerWaits(plan) => {
                self.status
                    .send_modify(|it| it.peer_plan = Some((utc_now(), plan)));
            }
            Event::Renew { request } => {
                if let Side::Centre { ca, peer } = &self.side {
                    let answer = match ca.renew(peer, &request, utc_now()) {
                        Ok(certificate) => Input::Renewed { certificate },
                        Err(error) => Input::Close {
                            why: error.to_string(),
                        },
                    };
                    session.handle(answer, now);
                }
            }
            Event::Renewed { certificate } => self.renewed(certificate),
            Event::Closed { .. } => {}
        }
    }

    fn renewed(&self, certificate: Vec<u8>) {
        let Side::Checkpoint { identity, folder } = &self.side else {
            return;
        };
        let mut identity = match identity.lock() {
            Ok(it) => it,
            Err(poisoned) => poisoned.into_inner(),
        };
        let renewed = identity.renewed(certificate).and_then(|new| {
            folder.as_ref().map_or(Ok(()), |folder| new.save(folder))?;
            Ok(new)
        });
        match renewed {
            Ok(new) => *identity = new,
            Err(error) => tracing::warn!(%error, "the renewed certificate is not used"),
        }
    }

    /// Whether the peer may still speak.
    fn check(&self, session: &mut Session, now: At) {
        if let Side::Centre { ca, peer } = &self.side
            && !ca.allows(peer)
        {
            let why = format!("{} is not enrolled, or its key was revoked", peer.node);
            session.handle(Input::Close { why }, now);
        }
    }
}

fn gate(connection: &Connection) -> Option<Arc<Gate>> {
    let controller = connection.congestion_state().into_any();
    controller.downcast::<Paced>().ok().map(|it| it.0.clone())
}

async fn room(gate: Option<&Arc<Gate>>) {
    match gate {
        Some(gate) => gate.changed().await,
        None => std::future::pending().await,
    }
}

fn wire(gate: &Gate) -> Wire {
    let room = gate.room(Instant::now());
    Wire {
        room_bytes: room.bytes,
        part_bytes: room.part.saturating_sub(PART_HEADER_BYTES),
        rate_bps: room.rate_bps,
        rtt_ms: room.rtt_ms,
    }
}

/// Since when nothing came over a connection.
struct Silence {
    datagrams: u64,
    since: Instant,
}

impl Silence {
    fn new(connection: &Connection) -> Silence {
        Silence {
            datagrams: connection.stats().udp_rx.datagrams,
            since: Instant::now(),
        }
    }

    fn lasts(&mut self, connection: &Connection) -> Duration {
        let datagrams = connection.stats().udp_rx.datagrams;
        if datagrams != self.datagrams {
            self.datagrams = datagrams;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}

fn renewal(identity: &Mutex<Identity>) -> Option<Vec<u8>> {
    let identity = identity.lock().ok()?;
    let due = identity.is_renewal_due(utc_now());
    due.then(|| identity.renewal_request().ok()).flatten()
}

fn closed_text(error: &quinn::ConnectionError) -> String {
    match error {
        quinn::ConnectionError::ApplicationClosed(it) => {
            let why = String::from_utf8_lossy(&it.reason);
            format!(
                "the peer closed: {}",
                why.chars().take(200).collect::<String>()
            )
        }
        other => other.to_string(),
    }
}

struct Queues {
    copies: mpsc::UnboundedSender<Job>,
    reads: mpsc::UnboundedSender<Job>,
    blobs_in: mpsc::UnboundedSender<Job>,
    blobs_out: mpsc::UnboundedSender<Job>,
    backfill: mpsc::UnboundedSender<Job>,
}

/// One stream a channel, opened with its first frame. What waits here is what the session let
/// out, and that is bounded by its credit.
struct Wires {
    connection: Connection,
    channels: [Option<mpsc::UnboundedSender<Vec<u8>>>; 5],
    writers: tokio::task::JoinSet<()>,
}

impl Wires {
    fn new(connection: Connection) -> Wires {
        Wires {
            connection,
            channels: Default::default(),
            writers: tokio::task::JoinSet::new(),
        }
    }

    fn send(&mut self, channel: Channel, frame: &[u8]) {
        let Some(slot) = self.channels.get_mut(channel as usize) else {
            return;
        };
        let sender = slot.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            self.writers
                .spawn(write(self.connection.clone(), channel, receiver));
            sender
        });
        let _ = sender.send(delimit(frame));
    }

    /// Lets the last frames out, for a moment.
    async fn finish(mut self) {
        self.channels = Default::default();
        let all = async { while self.writers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_millis(GOODBYE_MS), all).await;
    }
}

async fn write(
    connection: Connection,
    channel: Channel,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    let Ok(mut stream) = connection.open_uni().await else {
        return;
    };
    let lowest = Channel::Bulk as i32;
    if stream.set_priority(lowest - channel as i32).is_err() {
        return;
    }
    while let Some(frame) = frames.recv().await {
        if stream.write_all(&frame).await.is_err() {
            return;
        }
    }
    if stream.finish().is_ok() {
        let _ = stream.stopped().await;
    }
}

/// Frames of all streams, each stream in its order.
async fn accept(connection: Connection, frames: mpsc::Sender<Result<Vec<u8>, String>>) {
    let mut readers = tokio::task::JoinSet::new();
    while let Ok(stream) = connection.accept_uni().await {
        readers.spawn(read(stream, frames.clone()));
    }
}

async fn read(mut stream: RecvStream, frames: mpsc::Sender<Result<Vec<u8>, String>>) {
    let mut cut = Deframer::default();
    while let Ok(Some(chunk)) = stream.read_chunk(16 * 1024, true).await {
        cut.push(&chunk.bytes);
        loop {
            let frame = match cut.next_frame() {
                Ok(Some(frame)) => Ok(frame),
                Ok(None) => break,
                Err(error) => Err(format!("the peer's stream is not readable: {error}")),
            };
            let broken = frame.is_err();
            if frames.send(frame).await.is_err() || broken {
                return;
            }
        }
    }
}
