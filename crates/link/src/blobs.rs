//! Blobs on their way: which one is next, where it goes on, what arrived before its turn.
//!
//! The receiver's store alone knows how far a blob came; the sender asks by offering it and goes
//! on from the offset that is wanted. Nothing here reads or writes a blob.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::unit::BlobHash;

use crate::credit::{Credit, Stamp};
use crate::frame::{Class, Frame};
use crate::limits::{
    BLOB_READ_BYTES, BLOBS_ANNOUNCED, BLOBS_ARRIVING, BLOBS_WAITING, EARLY_PARTS_BYTES, PART_BYTES,
};
use crate::session::{At, BlobPlan, Segment};

/// Finished blobs remembered, for a part that comes again.
const FINISHED_KEPT: usize = 256;

impl BlobPlan {
    fn planned(&self) -> u64 {
        self.segments.last().map_or(0, |it| it.upto).min(self.total)
    }

    fn class_at(&self, offset: u64) -> Option<&Segment> {
        self.segments.iter().find(|it| it.upto > offset)
    }

    /// The first `upto` bytes are of this class or a more urgent one.
    pub(crate) fn raise(&mut self, upto: u64, class: Class) {
        let upto = upto.min(self.total);
        let old = std::mem::take(&mut self.segments);
        let mut at = 0;
        for segment in old {
            if at < upto {
                let end = segment.upto.min(upto);
                self.segments.push(Segment {
                    upto: end,
                    class: segment.class.min(class),
                });
            }
            if segment.upto > upto {
                self.segments.push(segment);
            }
            at = segment.upto;
        }
        if at < upto {
            self.segments.push(Segment { upto, class });
        }
        self.segments.dedup_by(|later, earlier| {
            let same = later.class == earlier.class;
            if same {
                earlier.upto = later.upto;
            }
            same
        });
    }
}

/// A blob the peer was told of.
#[derive(Debug)]
struct Open {
    plan: BlobPlan,
    order: u64,
    offered_at: At,
    wanted: bool,
    acked: u64,
    sent: u64,
    /// The furthest byte ever sent; after a repetition it is beyond `sent`.
    reached: u64,
    /// Bytes read ahead; the first of them stands at `buffer_at`.
    buffer: Vec<u8>,
    buffer_at: u64,
    asked: bool,
    flight: VecDeque<(u64, Stamp)>,
}

impl Open {
    fn buffered(&self) -> &[u8] {
        let skip = self.sent.saturating_sub(self.buffer_at) as usize;
        if self.sent < self.buffer_at {
            &[]
        } else {
            self.buffer.get(skip..).unwrap_or(&[])
        }
    }

    fn rewind(&mut self, offset: u64, credit: &mut Credit) {
        self.flight
            .drain(..)
            .for_each(|(_, stamp)| credit.forget(stamp));
        self.sent = offset;
    }
}

/// What the peer acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Nothing,
    Further,
    /// Everything planned is there; the whole blob when `whole`.
    Finished {
        hash: BlobHash,
        whole: bool,
    },
}

/// A blob the peer is not told of now.
#[derive(Debug)]
struct Waiting {
    order: u64,
    plan: BlobPlan,
    /// Of a paused one: bytes at the peer. Its plan begins behind them.
    done: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<BlobHash, Waiting>,
    /// Bytes of later classes go only when they are asked for; nothing is held when `None`.
    unasked: Option<Class>,
    queue: BTreeSet<(Class, u64, BlobHash)>,
    open: BTreeMap<u32, Open>,
    handles: BTreeMap<BlobHash, u32>,
    last_handle: u32,
    last_order: u64,
}

impl Outbox {
    /// Takes a blob in; raises what is already on its way. False when there is no more room.
    pub fn offer(&mut self, plan: BlobPlan) -> bool {
        if self.promote_all(plan.hash, &plan.segments) {
            return true;
        }
        if self.waiting.len() >= BLOBS_WAITING {
            return false;
        }
        let Some(first) = plan.segments.first() else {
            return true;
        };
        self.last_order += 1;
        self.queue.insert((first.class, self.last_order, plan.hash));
        let waiting = Waiting {
            order: self.last_order,
            plan,
            done: 0,
        };
        self.waiting.insert(waiting.plan.hash, waiting);
        true
    }

    /// From now on only classes up to this one go without being asked for.
    pub fn send_unasked(&mut self, upto: Class) {
        self.unasked = Some(upto).filter(|it| *it < Class::Bulk);
    }

    pub fn unasked(&self) -> Option<Class> {
        self.unasked
    }

    fn may_go(&self, class: Class) -> bool {
        self.unasked.is_none_or(|last| class <= last)
    }

    /// Takes a blob back whose next bytes may not go, once all that was sent of it has arrived:
    /// it would hold a place that others need.
    pub fn pause(&mut self, credit: &mut Credit) -> Option<Frame> {
        self.unasked?;
        let held = self.open.iter().find(|(_, it)| {
            let next = it.plan.class_at(it.sent).map(|it| it.class);
            it.wanted && it.acked == it.sent && next.is_some_and(|it| !self.may_go(it))
        });
        let handle = *held?.0;
        let mut open = self.open.remove(&handle)?;
        open.rewind(open.acked, credit);
        self.handles.remove(&open.plan.hash);
        let (hash, done) = (open.plan.hash, open.acked);
        open.plan.segments.retain(|it| it.upto > done);
        let class = open.plan.segments.first()?.class;
        self.queue.insert((class, open.order, hash));
        let waiting = Waiting {
            order: open.order,
            plan: open.plan,
            done,
        };
        self.waiting.insert(hash, waiting);
        Some(Frame::BlobPause { handle })
    }

    /// False when the blob is not among those on their way.
    pub fn promote(&mut self, hash: BlobHash, upto: u64, class: Class) -> bool {
        self.promote_all(hash, &[Segment { upto, class }])
    }

    fn promote_all(&mut self, hash: BlobHash, segments: &[Segment]) -> bool {
        if let Some(open) = self.handles.get(&hash).and_then(|it| self.open.get_mut(it)) {
            segments
                .iter()
                .for_each(|it| open.plan.raise(it.upto, it.class));
            return true;
        }
        let Some(Waiting { order, plan, .. }) = self.waiting.get_mut(&hash) else {
            return false;
        };
        let before = plan.segments.first().map(|it| it.class);
        segments.iter().for_each(|it| plan.raise(it.upto, it.class));
        let after = plan.segments.first().map(|it| it.class);
        if let (Some(before), Some(after)) = (before, after) {
            self.queue.remove(&(before, *order, hash));
            self.queue.insert((after, *order, hash));
        }
        true
    }

    /// The next blob the peer should be told of.
    pub fn announce(&mut self, now: At) -> Option<Frame> {
        let first = self.queue.first().copied()?;
        if !self.may_go(first.0) {
            return None;
        }
        // What is waited for does not queue behind announced bulk.
        let room = if first.0 <= Class::Awaited {
            BLOBS_ARRIVING
        } else {
            BLOBS_ANNOUNCED
        };
        if self.open.len() >= room {
            return None;
        }
        self.queue.pop_first();
        let Waiting { order, plan, .. } = self.waiting.remove(&first.2)?;
        self.last_handle = self.last_handle.checked_add(1)?;
        let handle = self.last_handle;
        let (hash, total) = (plan.hash, plan.total);
        self.handles.insert(hash, handle);
        let open = Open {
            plan,
            order,
            offered_at: now,
            wanted: false,
            acked: 0,
            sent: 0,
            reached: 0,
            buffer: Vec::new(),
            buffer_at: 0,
            asked: false,
            flight: VecDeque::new(),
        };
        self.open.insert(handle, open);
        Some(Frame::BlobOffer {
            handle,
            hash,
            total,
        })
    }

    /// The peer holds the first `offset` bytes and wants the rest.
    pub fn wanted(
        &mut self,
        handle: u32,
        offset: u64,
        now: At,
        credit: &mut Credit,
    ) -> Result<Progress, String> {
        let Some(open) = self.open.get_mut(&handle) else {
            // A late repetition for a blob that is finished.
            if handle <= self.last_handle {
                return Ok(Progress::Nothing);
            }
            return Err(format!("blob {handle} is wanted, but was never offered"));
        };
        if offset > open.plan.total || (open.wanted && offset > open.reached.max(open.acked)) {
            return Err(format!(
                "byte {offset} of blob {handle} is acknowledged, but was not sent"
            ));
        }
        if !open.wanted {
            open.wanted = true;
            open.acked = offset;
            open.sent = offset;
        }
        while open.flight.front().is_some_and(|(end, _)| *end <= offset) {
            if let Some((_, stamp)) = open.flight.pop_front() {
                credit.acknowledged(stamp, now);
            }
        }
        let further = offset > open.acked;
        open.acked = open.acked.max(offset);
        open.sent = open.sent.max(open.acked);
        if open.acked < open.plan.planned() {
            return Ok(if further {
                Progress::Further
            } else {
                Progress::Nothing
            });
        }
        let (hash, whole) = (open.plan.hash, open.acked == open.plan.total);
        self.close(handle, credit);
        Ok(Progress::Finished { hash, whole })
    }

    /// Gives up on a blob for this session.
    pub fn close(&mut self, handle: u32, credit: &mut Credit) -> Option<BlobHash> {
        let mut open = self.open.remove(&handle)?;
        open.rewind(0, credit);
        self.handles.remove(&open.plan.hash);
        Some(open.plan.hash)
    }

    pub fn handle_of(&self, hash: &BlobHash) -> Option<u32> {
        self.handles.get(hash).copied()
    }

    /// What to read from the own store: of the one or two blobs that are next.
    pub fn next_read(&mut self) -> Option<(BlobHash, u64, usize)> {
        for handle in self.in_order().into_iter().take(2) {
            let open = self.open.get_mut(&handle)?;
            let end = open.sent + open.buffered().len() as u64;
            let short = open.buffered().len() < BLOB_READ_BYTES / 2;
            if !open.asked && short && end < open.plan.planned() {
                open.asked = true;
                let length = (open.plan.planned() - end).min(BLOB_READ_BYTES as u64);
                return Some((open.plan.hash, end, length as usize));
            }
        }
        None
    }

    pub fn was_read(&mut self, hash: &BlobHash, offset: u64, bytes: &[u8]) {
        let Some(open) = self.handles.get(hash).and_then(|it| self.open.get_mut(it)) else {
            return;
        };
        open.asked = false;
        let left = open.buffered().to_vec();
        if offset == open.sent + left.len() as u64 {
            open.buffer_at = open.sent;
            open.buffer = left;
            open.buffer.extend_from_slice(bytes);
        } else {
            open.buffer_at = offset;
            open.buffer = bytes.to_vec();
        }
    }

    /// Handles with something to send, the most urgent first, then the oldest.
    fn in_order(&self) -> Vec<u32> {
        let mut order: Vec<(Class, u64, u32)> = self
            .open
            .iter()
            .filter(|(_, it)| it.wanted && it.sent < it.plan.planned())
            .filter_map(|(handle, it)| Some((it.plan.class_at(it.sent)?.class, it.order, *handle)))
            .filter(|(class, ..)| self.may_go(*class))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|it| it.2).collect()
    }

    /// The next part, when the credit has room for it.
    pub fn part(
        &mut self,
        now: At,
        credit: &mut Credit,
        part_bytes: usize,
    ) -> Option<(Class, Frame)> {
        for handle in self.in_order() {
            let open = self.open.get_mut(&handle)?;
            let Some(segment) = open.plan.class_at(open.sent).copied() else {
                continue;
            };
            let room = (segment.upto.min(open.plan.total) - open.sent).min(PART_BYTES as u64);
            let length = open.buffered().len().min(part_bytes).min(room as usize);
            if length == 0 {
                continue;
            }
            if !credit.has_room(length as u64) {
                return None;
            }
            let bytes = open.buffered().get(..length)?.to_vec();
            let offset = open.sent;
            open.sent += length as u64;
            open.reached = open.reached.max(open.sent);
            open.flight
                .push_back((open.sent, credit.sent(length as u64, now, true)));
            return Some((
                segment.class,
                Frame::BlobPart {
                    handle,
                    offset,
                    bytes,
                },
            ));
        }
        None
    }

    /// When the oldest unanswered frame of each blob was sent.
    pub fn waiting_since(&self) -> Option<At> {
        self.open.values().filter_map(since).min()
    }

    /// Repeats offers and goes back to the acknowledged offsets where nothing came since `before`.
    pub fn resend(&mut self, before: At, now: At, credit: &mut Credit) -> Vec<Frame> {
        let mut frames = Vec::new();
        for (handle, open) in &mut self.open {
            if since(open).is_none_or(|at| at > before) {
                continue;
            }
            if open.wanted {
                let acked = open.acked;
                open.rewind(acked, credit);
            } else {
                open.offered_at = now;
                let (hash, total) = (open.plan.hash, open.plan.total);
                frames.push(Frame::BlobOffer {
                    handle: *handle,
                    hash,
                    total,
                });
            }
        }
        frames
    }

    /// Bytes and blobs not acknowledged, by class.
    pub fn backlog(&self) -> [(u64, u64); 5] {
        let mut sums = [(0, 0); 5];
        let open = self.open.values().map(|it| (&it.plan, it.acked));
        let waiting = self.waiting.values().map(|it| (&it.plan, it.done));
        for (plan, acked) in open.chain(waiting) {
            let mut at = acked;
            for segment in &plan.segments {
                let end = segment.upto.min(plan.total);
                if end > at {
                    let sum = &mut sums[segment.class as usize];
                    *sum = (sum.0 + 1, sum.1 + end - at);
                    at = end;
                }
            }
        }
        sums
    }
}

fn since(open: &Open) -> Option<At> {
    if open.wanted {
        open.flight.front().map(|(_, stamp)| stamp.at)
    } else {
        Some(open.offered_at)
    }
}

/// A blob that is arriving.
#[derive(Debug)]
struct Incoming {
    hash: BlobHash,
    total: u64,
    /// The store's answer; `None` until it came.
    have: Option<u64>,
    /// Bytes given to the store.
    handed: u64,
    early: BTreeMap<u64, Vec<u8>>,
}

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    arriving: BTreeMap<u32, Incoming>,
    /// Of all blobs together.
    early_bytes: usize,
    handles: BTreeMap<BlobHash, u32>,
    last_handle: u32,
    /// Blobs that are whole: their last acknowledgement may have been lost.
    finished: BTreeMap<u32, u64>,
    /// Offsets to tell the sender, the newest for each blob.
    wants: BTreeMap<u32, u64>,
    /// Blobs of which the sender shall hear at once: it waits for the word.
    prompt: BTreeSet<u32>,
    wanted_at: Option<At>,
}

/// What an offer or a part asks of the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Nothing,
    Find {
        hash: BlobHash,
        total: u64,
    },
    Write {
        hash: BlobHash,
        total: u64,
        writes: Vec<(u64, Vec<u8>)>,
    },
    Refuse {
        why: String,
    },
}

impl Inbox {
    /// What to tell the sender: where a blob begins or ends at once, how far it came now and then.
    pub fn want(&mut self, now: At, every_ms: u64) -> Option<(u32, u64)> {
        if let Some(handle) = self.prompt.pop_first()
            && let Some(offset) = self.wants.remove(&handle)
        {
            return Some((handle, offset));
        }
        if self.want_due_at(every_ms).is_none_or(|at| at > now) {
            return None;
        }
        let next = self.wants.pop_first();
        if self.wants.is_empty() {
            self.wanted_at = Some(now);
        }
        next
    }

    pub fn want_due_at(&self, every_ms: u64) -> Option<At> {
        if self.wants.is_empty() {
            return None;
        }
        Some(self.wanted_at.map_or(At(0), |at| at.plus_ms(every_ms)))
    }

    pub fn offered(&mut self, handle: u32, hash: BlobHash, total: u64) -> Result<Ask, String> {
        if let Some(known) = self.arriving.get(&handle) {
            if known.hash != hash || known.total != total {
                return Err(format!(
                    "blob {handle} is offered twice, as two different blobs"
                ));
            }
            if let Some(have) = known.have {
                self.wants.insert(handle, have);
                self.prompt.insert(handle);
            }
            return Ok(Ask::Nothing);
        }
        match self.handles.get(&hash) {
            // It was paused, and the word of that was lost.
            Some(earlier) if *earlier < handle => drop(self.remove(&hash)),
            Some(_) => {
                return Ok(Ask::Refuse {
                    why: "the same blob is arriving already".into(),
                });
            }
            None => {}
        }
        if self.arriving.len() >= BLOBS_ARRIVING {
            return Err(format!(
                "more than {BLOBS_ARRIVING} blobs are offered at a time"
            ));
        }
        self.last_handle = self.last_handle.max(handle);
        let early = BTreeMap::new();
        let incoming = Incoming {
            hash,
            total,
            have: None,
            handed: 0,
            early,
        };
        self.arriving.insert(handle, incoming);
        self.handles.insert(hash, handle);
        Ok(Ask::Find { hash, total })
    }

    /// The store holds the first `have` bytes. True when the blob is whole with this.
    pub fn stored(&mut self, hash: &BlobHash, have: u64) -> bool {
        let Some(handle) = self.handles.get(hash).copied() else {
            return false;
        };
        let Some(blob) = self.arriving.get_mut(&handle) else {
            return false;
        };
        let have = have.min(blob.total).max(blob.have.unwrap_or(0));
        if blob.have.is_none() || have == blob.total {
            self.prompt.insert(handle);
        }
        blob.have = Some(have);
        blob.handed = blob.handed.max(have);
        self.wants.insert(handle, have);
        let whole = have == blob.total;
        if whole {
            self.finished.insert(handle, have);
            if self.finished.len() > FINISHED_KEPT {
                self.finished.pop_first();
            }
            self.remove(hash);
        }
        whole
    }

    pub fn part(&mut self, handle: u32, offset: u64, bytes: Vec<u8>) -> Result<Ask, String> {
        let Some(blob) = self.arriving.get_mut(&handle) else {
            if let Some(total) = self.finished.get(&handle) {
                self.wants.insert(handle, *total);
                self.prompt.insert(handle);
            }
            if handle <= self.last_handle {
                return Ok(Ask::Nothing);
            }
            return Err(format!("a part of blob {handle}, which was never offered"));
        };
        let end = offset + bytes.len() as u64;
        if end > blob.total || bytes.is_empty() {
            let total = blob.total;
            return Err(format!(
                "bytes {offset} to {end} of blob {handle}, which has {total}"
            ));
        }
        let Some(have) = blob.have else {
            return Err(format!(
                "a part of blob {handle}, which was not asked for yet"
            ));
        };
        if end <= blob.handed {
            self.wants.insert(handle, have);
            return Ok(Ask::Nothing);
        }
        if offset > blob.handed {
            if self.early_bytes + bytes.len() > EARLY_PARTS_BYTES {
                return Err(format!(
                    "more than {EARLY_PARTS_BYTES} bytes of blobs before their turn"
                ));
            }
            self.early_bytes += bytes.len();
            if let Some(old) = blob.early.insert(offset, bytes) {
                self.early_bytes -= old.len();
            }
            return Ok(Ask::Nothing);
        }
        let mut writes = Vec::new();
        let mut next = Some((offset, bytes));
        while let Some((offset, bytes)) = next {
            let end = offset + bytes.len() as u64;
            if end > blob.handed {
                writes.push((offset, bytes));
                blob.handed = end;
            }
            next = match blob.early.first_key_value() {
                Some((first, _)) if *first <= blob.handed => blob.early.pop_first(),
                _ => None,
            };
            if let Some((_, early)) = &next {
                self.early_bytes -= early.len();
            }
        }
        Ok(Ask::Write {
            hash: blob.hash,
            total: blob.total,
            writes,
        })
    }

    /// The sender goes on with it later, under another handle.
    pub fn pause(&mut self, handle: u32) {
        if let Some(hash) = self.arriving.get(&handle).map(|it| it.hash) {
            self.remove(&hash);
        }
    }

    /// The blob cannot be taken; its handle, to tell the sender.
    pub fn remove(&mut self, hash: &BlobHash) -> Option<u32> {
        let handle = self.handles.remove(hash)?;
        let blob = self.arriving.remove(&handle)?;
        self.early_bytes -= blob.early.values().map(Vec::len).sum::<usize>();
        Some(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(segments: &[(u64, Class)]) -> BlobPlan {
        let segments = segments.iter().map(|(upto, class)| Segment {
            upto: *upto,
            class: *class,
        });
        BlobPlan {
            hash: BlobHash([1; 32]),
            total: 1_000,
            segments: segments.collect(),
        }
    }

    #[test]
    fn a_promotion_raises_the_first_bytes_only() {
        let mut it = plan(&[(100, Class::Awaited), (1_000, Class::Bulk)]);
        it.raise(400, Class::Pages);
        assert_eq!(
            it,
            plan(&[
                (100, Class::Awaited),
                (400, Class::Pages),
                (1_000, Class::Bulk)
            ])
        );
        it.raise(5_000, Class::Urgent);
        assert_eq!(it, plan(&[(1_000, Class::Urgent)]));
    }

    #[test]
    fn a_promotion_beyond_the_plan_extends_it() {
        let mut it = plan(&[(100, Class::Awaited)]);
        assert_eq!(it.planned(), 100);
        it.raise(300, Class::Pages);
        assert_eq!(it, plan(&[(100, Class::Awaited), (300, Class::Pages)]));
    }

    #[test]
    fn parts_before_their_turn_wait() {
        let mut inbox = Inbox::default();
        let hash = BlobHash([7; 32]);
        assert_eq!(inbox.offered(1, hash, 6), Ok(Ask::Find { hash, total: 6 }));
        assert!(!inbox.stored(&hash, 0));
        assert_eq!(inbox.part(1, 4, b"ef".to_vec()), Ok(Ask::Nothing));
        assert_eq!(inbox.part(1, 2, b"cd".to_vec()), Ok(Ask::Nothing));
        let writes = vec![
            (0, b"ab".to_vec()),
            (2, b"cd".to_vec()),
            (4, b"ef".to_vec()),
        ];
        assert_eq!(
            inbox.part(1, 0, b"ab".to_vec()),
            Ok(Ask::Write {
                hash,
                total: 6,
                writes
            })
        );
        assert_eq!(inbox.part(1, 0, b"ab".to_vec()), Ok(Ask::Nothing));
        assert!(inbox.part(1, 5, b"xx".to_vec()).is_err());
        assert!(inbox.stored(&hash, 6));
    }
}
