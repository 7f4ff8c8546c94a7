//! Events in virtual time: the earliest first, those of one instant in the order they were set.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use domain::unit::UtcMs;

#[derive(Debug)]
pub struct Clock<E> {
    pub now: UtcMs,
    heap: BinaryHeap<Reverse<(i64, u64)>>,
    events: HashMap<u64, E>,
    next: u64,
}

impl<E> Clock<E> {
    pub fn new(now: UtcMs) -> Clock<E> {
        Clock {
            now,
            heap: BinaryHeap::new(),
            events: HashMap::new(),
            next: 0,
        }
    }

    pub fn at(&mut self, at: UtcMs, event: E) {
        self.heap.push(Reverse((at.0.max(self.now.0), self.next)));
        self.events.insert(self.next, event);
        self.next += 1;
    }

    pub fn after(&mut self, ms: i64, event: E) {
        self.at(self.now.plus_ms(ms.max(0)), event);
    }

    /// The next event; time goes on to it.
    pub fn next(&mut self) -> Option<E> {
        let Reverse((at, number)) = self.heap.pop()?;
        self.now = UtcMs(at);
        self.events.remove(&number)
    }
}
