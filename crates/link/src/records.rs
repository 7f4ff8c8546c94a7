//! One chain of records on its way: out of the own ledger, into the other's. What is durable is
//! told by the ledgers; these structures only remember what stands between them.

use std::collections::{BTreeMap, VecDeque};

use crate::credit::{Credit, Stamp};
use crate::dictionary::Packer;
use crate::frame::{Chain, Class, Frame, join_records};
use crate::limits::{BATCH_BYTES, RECORDS_IN_FLIGHT_BYTES, RECORDS_PER_FRAME, RECORDS_READ};
use crate::session::{At, Outgoing};

/// Heads kept until the records they cover have come.
const HEADS_KEPT: usize = 4;
/// Packed bytes of a record, before any was packed.
const TYPICAL_RECORD_BYTES: u64 = 35;

#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Records durable here.
    pub size: u64,
    /// Records durable at the peer.
    pub acked: u64,
    /// Records that were put into frames.
    framed: u64,
    /// Records that were read from the ledger.
    read: u64,
    asked: bool,
    pending: VecDeque<Outgoing>,
    /// Since when the first of `pending` waits for company.
    oldest_at: At,
    urgent: usize,
    flight: VecDeque<(u64, Stamp)>,
    flight_bytes: u64,
    packed: (u64, u64),
    /// The head to send next, and the newest one known.
    head: Option<(u64, Vec<u8>)>,
    newest_head: Option<(u64, Vec<u8>)>,
    head_sent: Option<At>,
}

impl Sending {
    /// Starts where the peer's ledger ends.
    pub fn from(size: u64, held: u64) -> Sending {
        Sending {
            size,
            acked: held,
            framed: held,
            read: held,
            ..Sending::default()
        }
    }

    pub fn grew(&mut self, size: u64, now: At) {
        if self.pending.is_empty() && self.read == self.size {
            self.oldest_at = now;
        }
        self.size = self.size.max(size);
    }

    /// What to read next from the own ledger.
    pub fn next_read(&mut self) -> Option<(u64, usize)> {
        let enough = self.pending.len() >= RECORDS_READ;
        if self.asked || enough || self.read >= self.size {
            return None;
        }
        self.asked = true;
        Some((self.read, RECORDS_READ))
    }

    /// The answer. One that is not the one awaited (the session had started over) is dropped.
    pub fn were_read(&mut self, from: u64, records: Vec<Outgoing>, now: At) {
        self.asked = false;
        if from != self.read {
            return;
        }
        if self.pending.is_empty() && self.oldest_at == At(0) {
            self.oldest_at = now;
        }
        self.read += records.len() as u64;
        self.urgent += records
            .iter()
            .filter(|it| it.class == Class::Urgent)
            .count();
        self.pending.extend(records);
    }

    fn has_room(&self) -> bool {
        self.flight_bytes < RECORDS_IN_FLIGHT_BYTES
    }

    fn is_full(&self) -> bool {
        self.pending.len() >= RECORDS_PER_FRAME
    }

    /// The class of the frame that may go now.
    pub fn due(&self, now: At, linger_ms: u64) -> Option<Class> {
        if self.pending.is_empty() || !self.has_room() {
            None
        } else if self.urgent > 0 {
            Some(Class::Urgent)
        } else if self.is_full() || now.since_ms(self.oldest_at) >= linger_ms {
            Some(Class::Facts)
        } else {
            None
        }
    }

    /// When a frame becomes due without anything else happening.
    pub fn due_at(&self, linger_ms: u64) -> Option<At> {
        let waits = !self.pending.is_empty() && self.has_room();
        waits.then(|| self.oldest_at.plus_ms(linger_ms))
    }

    /// The next frame of this chain.
    pub fn take(
        &mut self,
        chain: &Chain,
        now: At,
        packer: &mut Packer,
        credit: &mut Credit,
    ) -> std::io::Result<Frame> {
        let from = self.framed;
        let (mut count, mut bytes) = (0, 0);
        for record in self.pending.iter().take(RECORDS_PER_FRAME) {
            if count > 0 && bytes + record.bytes.len() + 3 > BATCH_BYTES {
                break;
            }
            bytes += record.bytes.len() + 3;
            count += 1;
        }
        let batch: Vec<Outgoing> = self.pending.drain(..count).collect();
        self.urgent -= batch.iter().filter(|it| it.class == Class::Urgent).count();
        self.framed += count as u64;
        self.oldest_at = now;
        let joined = join_records(batch.iter().map(|it| it.bytes.as_slice()));
        let (dictionary, packed) = packer.pack(&joined)?;
        let size = packed.len() as u64;
        self.packed = (self.packed.0 + count as u64, self.packed.1 + size);
        self.flight_bytes += size;
        self.flight
            .push_back((self.framed, credit.sent(size, now, false)));
        Ok(Frame::Records {
            chain: chain.clone(),
            from,
            dictionary,
            packed,
        })
    }

    /// The peer holds the first `upto` durably. True when that is news.
    pub fn acknowledged(
        &mut self,
        upto: u64,
        now: At,
        credit: &mut Credit,
    ) -> Result<bool, String> {
        // After a repetition the peer may acknowledge what this side has not framed again yet.
        if upto > self.size {
            let size = self.size;
            return Err(format!(
                "{upto} records acknowledged, only {size} were ever written"
            ));
        }
        while self.flight.front().is_some_and(|(end, _)| *end <= upto) {
            if let Some((_, stamp)) = self.flight.pop_front() {
                self.flight_bytes = self.flight_bytes.saturating_sub(stamp.bytes);
                credit.acknowledged(stamp, now);
            }
        }
        let news = upto > self.acked;
        self.acked = self.acked.max(upto);
        if self.acked > self.framed {
            self.restart();
        }
        Ok(news)
    }

    /// When the oldest unacknowledged frame was sent.
    pub fn waiting_since(&self) -> Option<At> {
        self.flight.front().map(|(_, stamp)| stamp.at)
    }

    /// Everything unacknowledged again, from the ledger.
    pub fn resend(&mut self, credit: &mut Credit) {
        self.flight
            .drain(..)
            .for_each(|(_, stamp)| credit.forget(stamp));
        self.flight_bytes = 0;
        self.restart();
    }

    fn restart(&mut self) {
        self.pending.clear();
        self.urgent = 0;
        self.framed = self.acked;
        self.read = self.acked;
    }

    pub fn take_heads_of(&mut self, other: Sending) {
        self.head = other.head;
        self.newest_head = other.newest_head;
    }

    pub fn signed(&mut self, size: u64, signed: Vec<u8>) {
        if self.head.is_none() {
            self.head = Some((size, signed));
        } else {
            self.newest_head = Some((size, signed));
        }
    }

    /// When the waiting head may go, if its records went before it.
    pub fn head_due_at(&self, every_ms: u64) -> Option<At> {
        let (size, _) = self.head.as_ref()?;
        (*size <= self.framed).then(|| self.head_sent.map_or(At(0), |at| at.plus_ms(every_ms)))
    }

    pub fn take_head(&mut self, chain: &Chain, now: At) -> Option<Frame> {
        let (mut size, mut signed) = self.head.take()?;
        match self.newest_head.take() {
            // It covers the other.
            Some(newest) if newest.0 <= self.framed => (size, signed) = newest,
            newest => self.head = newest,
        }
        self.head_sent = Some(now);
        Some(Frame::Head {
            chain: chain.clone(),
            size,
            signed,
        })
    }

    /// Unacknowledged records: urgent ones known, others, and the bytes they may take.
    pub fn backlog(&self) -> (u64, u64, u64) {
        let all = self.size.saturating_sub(self.acked);
        let urgent = self.urgent as u64;
        let each = match self.packed {
            (0, _) => TYPICAL_RECORD_BYTES,
            (records, bytes) => bytes.div_ceil(records),
        };
        (urgent, all.saturating_sub(urgent), each)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Receiving {
    /// Records durable here.
    pub stored: u64,
    /// Records given to the store.
    pub handed: u64,
    /// Bytes given to the store and not durable yet.
    pub unstored: VecDeque<(u64, usize)>,
    pub duplicates: u64,
    heads: BTreeMap<u64, Vec<u8>>,
}

impl Receiving {
    pub fn from(held: u64) -> Receiving {
        Receiving {
            stored: held,
            handed: held,
            ..Receiving::default()
        }
    }

    pub fn unstored_bytes(&self) -> usize {
        self.unstored.iter().map(|(_, bytes)| bytes).sum()
    }

    pub fn stored_upto(&mut self, upto: u64) {
        self.stored = self.stored.max(upto);
        while self.unstored.front().is_some_and(|(end, _)| *end <= upto) {
            self.unstored.pop_front();
        }
    }

    pub fn head(&mut self, size: u64, signed: Vec<u8>) {
        if self.heads.len() == HEADS_KEPT {
            self.heads.pop_last();
        }
        self.heads.insert(size, signed);
    }

    /// The newest head whose records were given to the store.
    pub fn ready_head(&mut self) -> Option<(u64, Vec<u8>)> {
        let later = self.heads.split_off(&self.handed.saturating_add(1));
        std::mem::replace(&mut self.heads, later).pop_last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_head_goes_that_covers_no_more_than_went() {
        let chain = Chain::new("CN05", 1);
        let mut sending = Sending {
            framed: 50,
            ..Sending::default()
        };
        let take = |it: &mut Sending| match it.take_head(&chain, At(0)) {
            Some(Frame::Head { size, .. }) => Some(size),
            _ => None,
        };
        for size in [1, 2, 40] {
            sending.signed(size, vec![]);
        }
        assert_eq!(take(&mut sending), Some(40));
        assert_eq!(take(&mut sending), None);
        for size in [45, 60] {
            sending.signed(size, vec![]);
        }
        assert_eq!(take(&mut sending), Some(45), "60 would have to wait");
        assert_eq!(sending.head_due_at(0), None);
        sending.framed = 60;
        assert_eq!(take(&mut sending), Some(60));
    }
}
