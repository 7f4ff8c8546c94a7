//! The planner's twin: a day of a whole border in virtual time. Every truck of the electronic
//! scheme goes through the real domain core, which decides what is found, released by rule, asked
//! of whom and permitted; the twin adds only places, people, lines and the time that things take.
//! Minutes are taken off the facts by the crate that measures the real thing (`measure`).
//!
//! The old scheme (paper, broker, one control after the other) has no core: it is a row of
//! windows, calibrated on the figures of the order. Not here: disks, links and crashes
//! ([`crate::country`]).

mod arrivals;
mod clock;
mod electronic;
mod paper;
pub mod report;
pub mod scenario;
pub mod search;
pub mod seats;
mod station;
mod truck;

use std::collections::BTreeMap;

use domain::unit::CheckpointId;
use measure::survey::Survey;
use serde::Serialize;

use scenario::{Scenario, Scheme};

/// What one run of a scenario gave.
#[derive(Debug, Default)]
pub struct Day {
    /// Trucks that came after the warm-up and have left.
    pub survey: Survey,
    /// All that arrived at the queue before a gate, warm-up included.
    pub arrived: u64,
    /// Before the gate, of those in `survey`: outside the post, so outside its minutes.
    pub gate_ms: BTreeMap<CheckpointId, Vec<i64>>,
    /// Facts that the core concluded.
    pub facts: u64,
    /// Inputs that the core disregarded; many of them would mean a twin out of step with it.
    pub disregarded: u64,
    /// Decisions that a rule took, and that people took.
    pub by_rule: u64,
    pub by_people: u64,
    pub turned_back: u64,
    pub worked: Vec<seats::Worked>,
    /// Trucks inside posts, trucks before gates, seats at work: at the end of every hour.
    pub hours: Vec<Hour>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Hour {
    pub inside: u64,
    pub before_gates: u64,
    pub seats_busy: u64,
    pub cases_waiting: u64,
}

/// Runs one scenario from one seed; the same two give the same day.
pub fn run(scenario: &Scenario, seed: u64) -> Result<Day, String> {
    match scenario.scheme {
        Scheme::Electronic => electronic::run(scenario, seed),
        Scheme::Paper => paper::run(scenario, seed),
    }
}

#[cfg(test)]
mod tests;
