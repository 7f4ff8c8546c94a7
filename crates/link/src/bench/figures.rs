//! What is measured, and how it is put into one object.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use serde::Serialize;

/// Times of requests and decisions, by passage. Both ends write into it: they are one process and
/// have one clock.
#[derive(Debug)]
pub struct Log {
    began: Instant,
    requests: Mutex<BTreeMap<u64, Request>>,
}

/// Seconds since the beginning of the log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Given to the checkpoint's ledger.
    pub asked_at: f64,
    /// Durable at the centre.
    pub heard_at: Option<f64>,
    /// Durable at the checkpoint again.
    pub decided_at: Option<f64>,
}

impl Log {
    pub fn new() -> Log {
        Log {
            began: Instant::now(),
            requests: Mutex::default(),
        }
    }

    pub fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Request>) -> T) -> T {
        match self.requests.lock() {
            Ok(mut it) => work(&mut it),
            Err(poisoned) => work(&mut poisoned.into_inner()),
        }
    }

    /// The request became durable; it was made at `at`.
    pub fn asked(&self, number: u64, at: f64) {
        let fresh = Request {
            asked_at: at,
            heard_at: None,
            decided_at: None,
        };
        self.with(|it| it.entry(number).or_insert(fresh).asked_at = at);
    }

    pub fn heard(&self, number: u64) {
        let now = self.now();
        self.with(|it| {
            if let Some(it) = it.get_mut(&number) {
                it.heard_at.get_or_insert(now);
            }
        });
    }

    pub fn decided(&self, number: u64) {
        let now = self.now();
        self.with(|it| {
            if let Some(it) = it.get_mut(&number) {
                it.decided_at.get_or_insert(now);
            }
        });
    }

    /// Whether all that was asked before `at` is decided.
    pub fn all_decided_before(&self, at: f64) -> bool {
        let is_decided = |it: &Request| it.asked_at >= at || it.decided_at.is_some();
        self.with(|it| it.values().all(is_decided))
    }

    /// Seconds from request to decision of what was asked between two times.
    pub fn latencies(&self, from: f64, to: f64) -> Vec<f64> {
        let during = |it: &Request| (from..to).contains(&it.asked_at);
        self.with(|it| {
            let asked = it.values().filter(|it| during(it));
            let mut all: Vec<f64> = asked
                .map(|it| it.decided_at.map_or(f64::INFINITY, |at| at - it.asked_at))
                .collect();
            all.sort_by(f64::total_cmp);
            all
        })
    }

    /// Median way up, for people.
    pub fn up_p50(&self, from: f64, to: f64) -> Option<f64> {
        let during = |it: &&Request| (from..to).contains(&it.asked_at);
        self.with(|it| {
            let asked = it.values().filter(during);
            let mut all: Vec<f64> = asked
                .filter_map(|it| Some(it.heard_at? - it.asked_at))
                .collect();
            all.sort_by(f64::total_cmp);
            percentile(&all, 50)
        })
    }

    /// The first decision that came after `at`.
    pub fn first_decided_after(&self, at: f64) -> Option<f64> {
        self.with(|it| {
            let decided = it.values().filter_map(|it| it.decided_at);
            decided.filter(|it| *it > at).min_by(f64::total_cmp)
        })
    }
}

/// Nearest rank; of a sorted list.
pub fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// One system's figures.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    pub decision_p50_s: Option<f64>,
    pub decision_p99_s: Option<f64>,
    /// Requests behind the two figures above.
    pub decisions: usize,
    /// Time the line alone needs for the blobs / time it took.
    pub drain_ratio: Option<f64>,
    /// IP bytes from checkpoint to centre, of facts alone, all headers, without the handshake.
    pub bytes_per_fact: Option<f64>,
    /// The same with the handshake.
    pub bytes_per_fact_with_handshake: Option<f64>,
    /// From the return of the line to the first decision.
    pub recovery_s: Option<f64>,
    pub lost: u64,
    pub duplicated: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub profile: &'static str,
    pub line: &'static str,
    pub loss_percent: f64,
    pub passages: usize,
    #[serde(flatten)]
    pub figures: Figures,
    pub peers: BTreeMap<String, Peer>,
}

/// A peer's figures, or why it has none.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Peer {
    Measured(Box<Figures>),
    Skipped { skipped: String },
}
