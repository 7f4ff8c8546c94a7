//! How much may stand in the modem: a congestion controller of our own, found by delay.
//!
//! What a decision waits for on a narrow line is the bulk that was sent before it and stands in the
//! modem's queue, where no priority reaches. So bulk may have only so many bytes in flight as the
//! line itself holds and [`QUEUE_PACKETS`] more: once a round trip `window = window * base / rtt +
//! queue` (the form of FAST TCP, Wei and others 2006), `base` being the shortest round trip seen.
//! Single losses change nothing (a radio line loses without being full); many in one round trip do.
//!
//! Two readers: quinn asks [`Controller::window`] and gets [`HEADROOM_PACKETS`] more, so that
//! what is urgent never waits for an acknowledgement; the session asks [`Gate::room`] for bulk,
//! and gets a packet at a time, so that nothing stands in quinn's buffer that an urgent frame
//! would have to share a packet with.
//!
//! In an outage quinn would repeat at doubling intervals and take as long again to notice that the line is
//! back. [`Gate::probe`] says when to send a packet all the same.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use quinn::congestion::{Controller, ControllerFactory};
use quinn_proto::RttEstimator;
use tokio::sync::Notify;

/// Full packets that may stand in the modem, the one being sent among them.
const QUEUE_PACKETS: f64 = 1.6;
/// On a fast line that is no time at all: at least so much, against the jitter of timers.
const QUEUE_MS: f64 = 60.0;
/// Beyond bulk's window, for records and control.
const HEADROOM_PACKETS: u64 = 4;
/// The window is never below; a smaller one would leave the line idle between acknowledgements.
const LEAST_PACKETS: u64 = 2;
const FIRST_PACKETS: u64 = 3;
/// A burst keeps its own last packets waiting: so many round trips before a queue is believed.
const START_SAMPLES: u32 = 3;
/// What a packet has besides a frame's bytes: short header (23, with the seal), stream header (6), eight that quinn
/// keeps for the stream's length, and the acknowledgement that quinn puts into each packet (10). One byte more
/// of a part goes into a packet of its own.
const PACKET_OVERHEAD: u64 = 47;
/// Packets of acknowledgements only are not in flight; a controller is not told which they are.
const SMALLEST: u64 = 64;
/// How long a shortest round trip is believed: two of these. A longer path is learned after it.
const BASE_FOR: Duration = Duration::from_secs(300);
/// More than this share lost in a round trip is a full queue and no weather.
const FULL_SHARE: f64 = 0.2;
/// Nothing acknowledged for so long, or for so many round trips: the line may be dead.
const SILENT: Duration = Duration::from_millis(2_500);
const SILENT_ROUND_TRIPS: u32 = 3;
/// Between probes, early in an outage and later.
const PROBE_EVERY: Duration = Duration::from_millis(700);
const PROBE_LATER: Duration = Duration::from_millis(1_500);
const PROBE_LATER_AFTER: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct State {
    /// Bytes of bulk that may be in flight, with packet headers.
    window: f64,
    in_flight: u64,
    /// Given to quinn and not sent yet, without packet headers.
    unsent: u64,
    packet: u64,
    cap_bps: Option<u64>,
    /// Shortest round trip of this span and of the one before it.
    base: [Option<Duration>; 2],
    base_since: Instant,
    starting: bool,
    /// Since when there is something in flight and nothing comes back.
    waiting_since: Option<Instant>,
    heard_at: Instant,
    probed_at: Instant,
    round: Round,
    rate_bps: Option<f64>,
    smooth_rtt: Option<Duration>,
    /// The window before it was made small to see the line's own round trip.
    settled: Option<f64>,
}

#[derive(Debug)]
struct Round {
    began: Instant,
    acked: u64,
    /// Of these, by the acknowledgement at hand.
    batch: u64,
    lost: u64,
    shortest: Option<Duration>,
    /// Bulk was held back: the window was the limit.
    full: bool,
    /// The batch of acknowledgements at hand: when the last of its packets was sent, how long ago.
    newest: Option<(Instant, Duration, u64)>,
    samples: u32,
}

impl Round {
    fn new(now: Instant) -> Round {
        Round {
            began: now,
            acked: 0,
            batch: 0,
            lost: 0,
            shortest: None,
            full: false,
            newest: None,
            samples: 0,
        }
    }
}

/// Shared by quinn's connection and the session's loop.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

/// What the line is like now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes of bulk frames that may be given to the wire now.
    pub bytes: u64,
    /// The most that fits one packet.
    pub part: u64,
    pub rate_bps: Option<u64>,
    pub rtt_ms: Option<u64>,
}

impl Gate {
    fn new(now: Instant, packet: u64, cap_bps: Option<u64>) -> Gate {
        let state = State {
            window: (FIRST_PACKETS * packet) as f64,
            in_flight: 0,
            unsent: 0,
            packet,
            cap_bps,
            base: [None, None],
            base_since: now,
            starting: true,
            waiting_since: None,
            heard_at: now,
            probed_at: now,
            round: Round::new(now),
            rate_bps: None,
            smooth_rtt: None,
            settled: None,
        };
        Gate {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        match self.state.lock() {
            Ok(it) => it,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// Wakes when there may be more room than before.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn room(&self, now: Instant) -> Room {
        let mut it = self.state();
        let part = it.packet.saturating_sub(PACKET_OVERHEAD);
        let used = it.in_flight + it.packet;
        let fits = it.in_flight == 0 || used <= it.window as u64;
        let bytes = if it.unsent > 0 || it.is_silent(now) {
            0
        } else if fits {
            // Several packets at once where the window is wide.
            let free = (it.window as u64).saturating_sub(it.in_flight) / it.packet;
            part * free.max(1)
        } else {
            it.round.full = true;
            0
        };
        Room {
            bytes,
            part,
            rate_bps: it.rate_bps.map(|it| it as u64),
            rtt_ms: it.smooth_rtt.map(|it| it.as_millis() as u64),
        }
    }

    /// Bytes were given to quinn.
    pub fn gave(&self, bytes: u64) {
        self.state().unsent += bytes;
    }

    /// Whether to send a packet although quinn would wait.
    pub fn probe(&self, now: Instant) -> bool {
        let mut it = self.state();
        if !it.is_silent(now) {
            return false;
        }
        let long = now - it.heard_at > PROBE_LATER_AFTER;
        let every = if long { PROBE_LATER } else { PROBE_EVERY };
        let due = now - it.probed_at >= every;
        if due {
            it.probed_at = now;
        }
        due
    }
}

impl State {
    fn is_silent(&self, now: Instant) -> bool {
        let patience = self.smooth_rtt.unwrap_or_default() * SILENT_ROUND_TRIPS;
        let waits = |since: Instant| now.saturating_duration_since(since) > SILENT.max(patience);
        self.smooth_rtt.is_some() && self.waiting_since.is_some_and(waits)
    }

    fn base(&self) -> Option<Duration> {
        self.base.into_iter().flatten().min()
    }

    fn sample(&mut self, rtt: Duration, bytes: u64, now: Instant) {
        if now.saturating_duration_since(self.base_since) > BASE_FOR {
            self.base = [None, self.base[0]];
            self.base_since = now;
            // For one round trip nothing shall stand in the modem: else the queue that is always
            // there would be taken for the line's length.
            self.settled = Some(self.window);
        }
        self.base[0] = Some(self.base[0].map_or(rtt, |it| it.min(rtt)));
        let smooth = self.smooth_rtt.map_or(rtt, |it| (it * 7 + rtt) / 8);
        self.smooth_rtt = Some(smooth);
        // What a small packet tells of the queue is not what the next full one will find.
        if bytes > self.packet / 2 {
            self.round.shortest = Some(self.round.shortest.map_or(rtt, |it| it.min(rtt)));
            self.round.samples += 1;
        }
    }

    /// At the beginning the window doubles each round trip, until something stands in the modem.
    fn start(&mut self, acked: u64) {
        if !self.starting {
            return;
        }
        let standing = self.standing().unwrap_or(0.0);
        if self.round.samples >= START_SAMPLES && standing > self.queue() {
            self.starting = false;
            self.window = self.window - standing + self.queue();
        } else if self.round.full {
            self.window += acked as f64;
        }
    }

    /// Bytes of this round trip that stood in the modem.
    fn standing(&self) -> Option<f64> {
        let ratio = self.base()?.as_secs_f64() / self.round.shortest?.as_secs_f64();
        Some(self.window * (1.0 - ratio.min(1.0)))
    }

    /// Bytes we accept to have standing in the modem.
    fn queue(&self) -> f64 {
        let by_time = self.rate_bps.unwrap_or(0.0) / 8.0 * QUEUE_MS / 1e3;
        (QUEUE_PACKETS * self.packet as f64).max(by_time)
    }

    /// A round trip is over.
    fn turn(&mut self, now: Instant) {
        let round = std::mem::replace(&mut self.round, Round::new(now));
        let (Some(base), Some(rtt)) = (self.base(), round.shortest) else {
            return;
        };
        if let Some(window) = self.settled {
            if self.window < window {
                self.settled = None;
                self.window = window;
            } else {
                let ratio = base.as_secs_f64() / rtt.as_secs_f64();
                self.window = window * ratio.min(1.0) * 0.75;
            }
            return;
        }
        let took = now.saturating_duration_since(round.began).as_secs_f64();
        if round.full && took > 0.0 {
            let rate = round.acked as f64 * 8.0 / took;
            self.rate_bps = Some(self.rate_bps.map_or(rate, |it| it + (rate - it) / 4.0));
        }
        let lost = round.lost as f64 / (round.lost + round.acked).max(1) as f64;
        if lost > FULL_SHARE && round.acked > 4 * self.packet {
            self.starting = false;
            self.window *= 0.7;
        } else {
            let ratio = (base.as_secs_f64() / rtt.as_secs_f64()).min(1.0);
            let next = self.window * ratio + self.queue();
            // Without having been at its limit the window proves nothing about the line.
            if !self.starting && (next < self.window || round.full) {
                self.window = next;
            }
        }
        if let Some(bps) = self.cap_bps {
            let most = bps as f64 / 8.0 * base.as_secs_f64() + self.queue();
            self.window = self.window.min(most);
        }
        self.window = self.window.max((LEAST_PACKETS * self.packet) as f64);
        tracing::trace!(
            window = self.window as u64,
            full = round.full,
            starting = self.starting,
            base_ms = base.as_millis() as u64,
            rtt_ms = rtt.as_millis() as u64,
            rate_bps = self.rate_bps.unwrap_or(0.0) as u64,
            lost,
            "a round trip"
        );
    }
}

/// Makes one controller for each connection.
#[derive(Debug)]
pub(super) struct ByDelay {
    pub cap_bps: Option<u64>,
}

impl ControllerFactory for ByDelay {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        let gate = Gate::new(now, u64::from(current_mtu), self.cap_bps);
        Box::new(Paced(Arc::new(gate)))
    }
}

/// The gate, as quinn sees it.
#[derive(Debug, Clone)]
pub(super) struct Paced(pub Arc<Gate>);

impl Controller for Paced {
    fn on_sent(&mut self, now: Instant, bytes: u64, _last_packet_number: u64) {
        let mut it = self.0.state();
        it.unsent = it.unsent.saturating_sub(bytes);
        if bytes >= SMALLEST {
            it.in_flight += bytes;
            it.waiting_since.get_or_insert(now);
        }
        let free = it.unsent == 0;
        drop(it);
        if free {
            self.0.changed.notify_one();
        }
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        _app_limited: bool,
        _rtt: &RttEstimator,
    ) {
        let mut it = self.0.state();
        it.in_flight = it.in_flight.saturating_sub(bytes);
        it.round.acked += bytes;
        it.round.batch += bytes;
        let rtt = now.saturating_duration_since(sent);
        // Of a batch only the last packet was not kept waiting by the others.
        if it.round.newest.is_none_or(|(newest, ..)| sent >= newest) {
            it.round.newest = Some((sent, rtt, bytes));
        }
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        _app_limited: bool,
        _largest_packet_num_acked: Option<u64>,
    ) {
        let mut it = self.0.state();
        let was_silent = it.is_silent(now);
        let acked = std::mem::take(&mut it.round.batch);
        it.in_flight = in_flight;
        it.heard_at = now;
        it.waiting_since = (in_flight > 0).then_some(now);
        if let Some((sent, rtt, bytes)) = it.round.newest.take() {
            if was_silent {
                it.round = Round::new(now);
            } else {
                it.sample(rtt, bytes, now);
                it.start(acked);
            }
            if sent >= it.round.began {
                it.turn(now);
            }
        }
        drop(it);
        self.0.changed.notify_one();
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        _sent: Instant,
        _is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        let mut it = self.0.state();
        it.in_flight = it.in_flight.saturating_sub(lost_bytes);
        it.round.lost += lost_bytes;
        it.waiting_since = (it.in_flight > 0).then_some(now);
        drop(it);
        self.0.changed.notify_one();
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.0.state().packet = u64::from(new_mtu);
    }

    fn window(&self) -> u64 {
        let it = self.0.state();
        if it.is_silent(Instant::now()) {
            return u64::from(u32::MAX);
        }
        it.window as u64 + HEADROOM_PACKETS * it.packet
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        (FIRST_PACKETS + HEADROOM_PACKETS) * self.0.state().packet
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
