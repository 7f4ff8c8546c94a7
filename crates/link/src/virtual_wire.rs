//! A bad line in virtual time: rate, delay, loss, queue and outages as plain fields, the same
//! from the same seed. One direction; frames go in whole and come out whole, late or never.
//!
//! Not QUIC: no priority, no repetition. What a frame damaged on the way would be is not here
//! either, because QUIC drops a packet whose seal does not fit: `loss` is both.

use std::collections::BTreeMap;

use crate::session::At;

/// Bytes of a frame in one packet.
const PACKET_BYTES: usize = 1_160;

#[derive(Debug, Clone)]
pub struct VirtualWire {
    pub rate_bps: u64,
    pub delay_ms: u64,
    /// Share of packets that vanish, 0 to 1.
    pub loss: f64,
    /// Share of frames that come twice.
    pub duplicates: f64,
    /// A frame may come up to so much later than it should: frames overtake each other.
    pub jitter_ms: u64,
    /// What the modem holds; a frame that does not fit is dropped.
    pub queue_bytes: u64,
    /// Headers of a packet: IP, UDP, QUIC.
    pub header_bytes: u64,
    /// Nothing passes from the first of these to the second.
    pub outages: Vec<(At, At)>,
    pub seed: u64,
    pub carried: Carried,
    free_at_us: u64,
    number: u64,
    air: BTreeMap<(At, u64), Vec<u8>>,
}

/// What went over the wire so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    pub frames: u64,
    /// With headers.
    pub bytes: u64,
    pub dropped: u64,
    pub doubled: u64,
}

impl VirtualWire {
    /// A quiet line with the satellite's 300 ms one way and a modem of 32 KiB.
    pub fn new(rate_bps: u64, seed: u64) -> VirtualWire {
        VirtualWire {
            rate_bps,
            delay_ms: 300,
            loss: 0.0,
            duplicates: 0.0,
            jitter_ms: 0,
            queue_bytes: 32 * 1024,
            header_bytes: 60,
            outages: Vec::new(),
            seed,
            carried: Carried::default(),
            free_at_us: 0,
            number: 0,
            air: BTreeMap::new(),
        }
    }

    pub fn send(&mut self, frame: Vec<u8>, now: At) {
        let packets = frame.len().div_ceil(PACKET_BYTES).max(1) as u64;
        let bytes = frame.len() as u64 + packets * self.header_bytes;
        let now_us = now.0 * 1_000;
        let start_us = self.free_at_us.max(now_us);
        let standing = (start_us - now_us) * self.rate_bps / 8_000_000;
        if standing + bytes > self.queue_bytes.max(bytes) {
            self.carried.dropped += 1;
            return;
        }
        self.free_at_us = start_us + bytes * 8_000_000 / self.rate_bps.max(1);
        self.carried.frames += 1;
        self.carried.bytes += bytes;
        let gone_at = At(self.free_at_us / 1_000);
        let out = self
            .outages
            .iter()
            .any(|(from, to)| (*from..*to).contains(&gone_at));
        let lost = (0..packets).filter(|_| self.chance() < self.loss).count() > 0;
        if out || lost {
            self.carried.dropped += 1;
            return;
        }
        if self.chance() < self.duplicates {
            self.carried.doubled += 1;
            self.fly(frame.clone(), gone_at);
        }
        self.fly(frame, gone_at);
    }

    fn fly(&mut self, frame: Vec<u8>, gone_at: At) {
        let late_ms = (self.chance() * self.jitter_ms as f64) as u64;
        self.number += 1;
        self.air.insert(
            (gone_at.plus_ms(self.delay_ms + late_ms), self.number),
            frame,
        );
    }

    /// The next frame that has arrived by `now`.
    pub fn receive(&mut self, now: At) -> Option<Vec<u8>> {
        let first = self.air.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next frame arrives.
    pub fn next_at(&self) -> Option<At> {
        self.air.first_key_value().map(|(key, _)| key.0)
    }

    /// What is in the air is lost, as when a connection begins anew.
    pub fn clear(&mut self) {
        self.air.clear();
    }

    /// A number from 0 to 1 (splitmix64).
    fn chance(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.seed;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (it ^ (it >> 31)) as f64 / u64::MAX as f64
    }
}
