//! The officers' seats of the centre: one pool a body over all checkpoints; whose time runs out
//! first is seen first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use domain::agency::Agency;
use domain::unit::UtcMs;

/// A body's decision that a truck waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub truck: usize,
    /// In whose name.
    pub agency: Agency,
}

#[derive(Debug, Default, Clone)]
struct Pool {
    seats: u32,
    most: u32,
    busy: u32,
    waiting: BinaryHeap<Reverse<(UtcMs, u64, Case)>>,
    cases: u64,
    worked_ms: i64,
    paid_ms: i64,
    paid_to: UtcMs,
}

/// What the seats of one body did; milliseconds of all its seats together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worked {
    pub agency: Agency,
    /// The most in any shift.
    pub seats: u32,
    pub cases: u64,
    pub worked_ms: i64,
    pub paid_ms: i64,
}

impl Pool {
    fn paid(&mut self, now: UtcMs) {
        self.paid_ms += i64::from(self.seats) * now.since_ms(self.paid_to).max(0);
        self.paid_to = now;
    }
}

#[derive(Debug)]
pub struct Seats {
    pools: BTreeMap<Agency, Pool>,
    asked: u64,
}

impl Seats {
    pub fn new(now: UtcMs) -> Seats {
        let pool = Pool {
            paid_to: now,
            ..Pool::default()
        };
        Seats {
            pools: Agency::ALL.map(|it| (it, pool.clone())).into(),
            asked: 0,
        }
    }

    /// A shift begins; who looks at a case ends it.
    pub fn shift(&mut self, seats: &BTreeMap<Agency, u32>, now: UtcMs) {
        for (agency, pool) in &mut self.pools {
            pool.paid(now);
            pool.seats = seats.get(agency).copied().unwrap_or(0);
            pool.most = pool.most.max(pool.seats);
        }
    }

    pub fn ask(&mut self, body: Agency, due_at: UtcMs, case: Case) {
        self.asked += 1;
        let number = self.asked;
        if let Some(pool) = self.pools.get_mut(&body) {
            pool.waiting.push(Reverse((due_at, number, case)));
        }
    }

    /// The next case of a body, when one of its seats is free.
    pub fn take(&mut self, body: Agency) -> Option<Case> {
        let pool = self.pools.get_mut(&body)?;
        if pool.busy >= pool.seats {
            return None;
        }
        let Reverse((_, _, case)) = pool.waiting.pop()?;
        pool.busy += 1;
        Some(case)
    }

    /// A case that was taken takes so long.
    pub fn works(&mut self, body: Agency, ms: i64) {
        if let Some(pool) = self.pools.get_mut(&body) {
            pool.cases += 1;
            pool.worked_ms += ms;
        }
    }

    pub fn free(&mut self, body: Agency) {
        if let Some(pool) = self.pools.get_mut(&body) {
            pool.busy = pool.busy.saturating_sub(1);
        }
    }

    pub fn busy(&self) -> u64 {
        self.pools.values().map(|it| u64::from(it.busy)).sum()
    }

    pub fn worked(&mut self, now: UtcMs) -> Vec<Worked> {
        let pools = self.pools.iter_mut();
        let worked = pools.map(|(agency, pool)| {
            pool.paid(now);
            Worked {
                agency: *agency,
                seats: pool.most,
                cases: pool.cases,
                worked_ms: pool.worked_ms,
                paid_ms: pool.paid_ms,
            }
        });
        worked.collect()
    }

    pub fn waiting(&self) -> u64 {
        self.pools.values().map(|it| it.waiting.len() as u64).sum()
    }
}
