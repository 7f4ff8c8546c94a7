//! How many bytes of bulk may be unacknowledged: about what the wire holds, and a quarter second.
//!
//! Every byte of bulk between here and the peer is a byte that a decision must wait for, in the
//! modem's queue where no priority reaches. So the window is found by delay, not by loss: once
//! a round trip, `window = window * base / rtt + queue` (the form of FAST TCP, Wei and others
//! 2006), where `base` is the shortest round trip seen and `queue` the bytes we accept to have
//! standing in the modem. Says nothing about what is sent next.

use crate::limits::WINDOW_BYTES;
use crate::session::{At, Rules, Wire};

/// How long a shortest round trip is believed: two of these. A longer path is learned after it.
const BASE_FOR_MS: u64 = 5 * 60 * 1000;

/// What was sent when; given back when it is acknowledged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub bytes: u64,
    pub at: At,
    delivered: u64,
    bulk: bool,
}

#[derive(Debug)]
pub(crate) struct Credit {
    window: u64,
    part: u64,
    target_ms: u64,
    cap_bps: Option<u64>,
    in_flight: u64,
    delivered: u64,
    /// Shortest round trip of this span and of the one before it.
    base: [Option<u64>; 2],
    base_since: At,
    round_ends: u64,
    round_rtt_ms: u64,
    /// The window held something back in this round.
    held_back: bool,
    rtt_ms: Option<u64>,
    rate_bps: Option<u64>,
    /// Where the wire measures by itself, its word counts.
    wire: Option<Wire>,
}

impl Credit {
    pub fn new(rules: &Rules, now: At) -> Credit {
        let part = rules.part_bytes as u64;
        Credit {
            window: 2 * part,
            part,
            target_ms: rules.bulk_queue_ms,
            cap_bps: rules.rate_cap_bps,
            in_flight: 0,
            delivered: 0,
            base: [None, None],
            base_since: now,
            round_ends: 0,
            round_rtt_ms: u64::MAX,
            held_back: false,
            rtt_ms: None,
            rate_bps: None,
            wire: None,
        }
    }

    pub fn measured(&mut self, wire: Wire) {
        self.wire = Some(wire);
    }

    /// What the wire says of itself, where it measures.
    pub fn wire(&self) -> Option<Wire> {
        self.wire
    }

    /// Whether another part of bulk may go.
    pub fn has_room(&mut self, bytes: u64) -> bool {
        if let Some(wire) = self.wire {
            return bytes <= wire.room_bytes;
        }
        let fits = self.in_flight == 0 || self.in_flight + bytes <= self.window;
        self.held_back |= !fits;
        fits
    }

    pub fn sent(&mut self, bytes: u64, now: At, bulk: bool) -> Stamp {
        if let Some(wire) = &mut self.wire {
            // What is urgent takes bulk's room, too: it goes first, alone.
            wire.room_bytes = match bulk {
                true => wire.room_bytes.saturating_sub(bytes),
                false => 0,
            };
        }
        self.in_flight += bytes;
        Stamp {
            bytes,
            at: now,
            delivered: self.delivered,
            bulk,
        }
    }

    pub fn acknowledged(&mut self, stamp: Stamp, now: At) {
        self.in_flight = self.in_flight.saturating_sub(stamp.bytes);
        self.delivered += stamp.bytes;
        let rtt_ms = now.since_ms(stamp.at).max(1);
        let rate = (self.delivered - stamp.delivered) * 8_000 / rtt_ms;
        self.round_trip(rtt_ms, now);
        self.rate_bps = Some(match self.rate_bps {
            Some(old) if rate > old => (old + rate) / 2,
            // A sample of a line that had nothing to carry says nothing.
            Some(old) if self.held_back || !stamp.bulk => (7 * old + rate) / 8,
            Some(old) => old,
            None => rate,
        });
        if !stamp.bulk {
            return;
        }
        self.round_rtt_ms = self.round_rtt_ms.min(rtt_ms);
        if stamp.delivered >= self.round_ends {
            self.turn(self.round_rtt_ms, rate);
            self.round_ends = self.delivered;
            self.round_rtt_ms = u64::MAX;
            self.held_back = false;
        }
    }

    /// Something that was sent will not be acknowledged: sent again, or given up.
    pub fn forget(&mut self, stamp: Stamp) {
        self.in_flight = self.in_flight.saturating_sub(stamp.bytes);
    }

    /// The wire lost something (only a wire without retransmission of its own says so).
    pub fn lost(&mut self) {
        self.window = (self.window / 2).max(2 * self.part);
    }

    /// A round trip, of bulk or of a ping.
    pub fn round_trip(&mut self, rtt_ms: u64, now: At) {
        if now.since_ms(self.base_since) > BASE_FOR_MS {
            self.base = [None, self.base[0]];
            self.base_since = now;
        }
        self.base[0] = Some(self.base[0].map_or(rtt_ms, |base| base.min(rtt_ms)));
        self.rtt_ms = Some(self.rtt_ms.map_or(rtt_ms, |old| (7 * old + rtt_ms) / 8));
    }

    fn base_ms(&self) -> Option<u64> {
        self.base.into_iter().flatten().min()
    }

    fn turn(&mut self, rtt_ms: u64, rate_bps: u64) {
        let Some(base_ms) = self.base_ms() else {
            return;
        };
        let queue = (rate_bps / 8 * self.target_ms / 1000).max(self.part * 3 / 2);
        let next = self.window * base_ms / rtt_ms.max(1) + queue;
        // Without having been at its limit the window proves nothing about the wire.
        if next > self.window && !self.held_back {
            return;
        }
        let next = next.min(2 * self.window);
        let cap = self.cap_bps.map_or(WINDOW_BYTES, |bps| {
            bps / 8 * (base_ms + self.target_ms) / 1000
        });
        self.window = ((self.window + next) / 2)
            .min(cap)
            .clamp(2 * self.part, WINDOW_BYTES);
    }

    pub fn window(&self) -> u64 {
        self.window
    }

    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    pub fn rtt_ms(&self) -> Option<u64> {
        self.wire.map_or(self.rtt_ms, |it| it.rtt_ms)
    }

    pub fn rate_bps(&self) -> Option<u64> {
        self.wire.map_or(self.rate_bps, |it| it.rate_bps)
    }
}
