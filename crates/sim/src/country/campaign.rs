//! Many seeds, and the proof of the harness: mistakes planted on purpose, each of which must be
//! found. What one seed does is in [`super::ledgers`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::planted::{self, Bug};
use serde::Serialize;

use super::checker::Violation;
use super::ledgers::{self, FAULTS};

/// Steps of one seed.
pub const STEPS: u32 = 400;
/// Seeds in which a planted mistake must be found.
const HUNT: u64 = 200;
/// Seeds from which on every kind of fault must have happened.
const ALL_KINDS: u64 = 20;

/// What many seeds did; the last line of `beket sim`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub seeds: u64,
    pub faults: u64,
    pub checkpoint_hours: f64,
    pub cpu_s: f64,
    pub violations: u64,
    pub acknowledged: u64,
    pub restarts: u64,
    pub by_fault: BTreeMap<&'static str, u64>,
    /// Kinds of faults that never happened although there were seeds enough for all.
    pub missing: Vec<&'static str>,
}

/// Runs seeds from `first` on, until there are enough or the time is over. `failed` hears of each
/// seed that broke a promise.
pub fn run(
    first: u64,
    seeds: u64,
    within: Option<Duration>,
    mut failed: impl FnMut(u64, &Violation),
) -> Summary {
    let began = Instant::now();
    let mut sum = Summary::default();
    for seed in first..first.saturating_add(seeds) {
        if within.is_some_and(|it| began.elapsed() >= it) {
            break;
        }
        sum.seeds += 1;
        match ledgers::run(seed, STEPS, None) {
            Ok(report) => {
                sum.checkpoint_hours += report.hours;
                sum.acknowledged += report.acknowledged;
                sum.restarts += report.restarts;
                for (name, times) in report.faults {
                    sum.faults += times;
                    *sum.by_fault.entry(name).or_default() += times;
                }
            }
            Err(why) => {
                sum.violations += 1;
                failed(seed, &why);
            }
        }
    }
    // One thread, and it never waits: its time is the processor's.
    sum.cpu_s = began.elapsed().as_secs_f64();
    let happened = |it: &&str| sum.by_fault.contains_key(*it);
    if sum.seeds >= ALL_KINDS {
        sum.missing = FAULTS.into_iter().filter(|it| !happened(it)).collect();
    }
    sum
}

/// A mistake, and the first seed that showed it.
#[derive(Debug)]
pub struct Found {
    pub bug: Bug,
    pub seed: Option<u64>,
}

/// Plants each mistake in turn. `None`: this build has none to plant. A seed that fails without
/// the mistake has not found it.
pub fn hunt(first: u64) -> Option<Vec<Found>> {
    let shows = |bug: Bug, seed: u64| {
        planted::plant(Some(bug));
        let with = ledgers::run(seed, STEPS, None);
        planted::plant(None);
        with.is_err() && ledgers::run(seed, STEPS, None).is_ok()
    };
    let can = planted::plant(None);
    can.then(|| {
        let found = Bug::ALL.into_iter().map(|bug| Found {
            bug,
            seed: (first..first.saturating_add(HUNT)).find(|seed| shows(bug, *seed)),
        });
        found.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planted_bug_is_found() {
        let hunted = hunt(0).expect("a test build has them");
        assert_eq!(hunted.len(), Bug::ALL.len());
        for it in hunted {
            assert!(it.seed.is_some(), "{:?} was not found", it.bug);
        }
    }

    /// The canary: with a mistake in it, a campaign is not green.
    #[test]
    fn a_campaign_with_a_mistake_fails() {
        assert!(planted::plant(Some(Bug::AckBeforeSync)));
        let mut seeds = Vec::new();
        let sum = run(0, 20, None, |seed, _| seeds.push(seed));
        planted::plant(None);
        assert!(sum.violations > 0);
        assert_eq!(seeds.len() as u64, sum.violations);
    }

    #[test]
    fn a_campaign_names_what_it_never_did() {
        let sum = run(0, ALL_KINDS, None, |seed, why| panic!("seed {seed}: {why}"));
        assert_eq!(sum.missing, [""; 0]);
        assert_eq!(sum.seeds, ALL_KINDS);
    }
}
