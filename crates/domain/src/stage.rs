//! The six stages of the electronic checkpoint, in the order of the procedure.
//!
//! One file a stage. Each says which inputs are its own and what facts follow; its rules stand
//! beside. Not here: who answers a finding and when (`release`).

pub mod dimensions;
pub mod documents;
pub mod entry;
pub mod exit;
pub mod imaging;
pub mod radiation;
mod unavailable;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fact::{Completion, Fact, OrderKind, OrderOutcome};
use crate::passage::Passage;
use crate::unit::UtcMs;

pub(crate) use crate::disregard::disregarded;
pub(crate) use unavailable::unavailable;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Entry,
    Radiation,
    Dimensions,
    Imaging,
    Documents,
    Exit,
}

impl Stage {
    pub const ALL: [Stage; 6] = [
        Stage::Entry,
        Stage::Radiation,
        Stage::Dimensions,
        Stage::Imaging,
        Stage::Documents,
        Stage::Exit,
    ];

    /// The stable code used in data, addresses and catalogues.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Entry => "entry",
            Stage::Radiation => "radiation",
            Stage::Dimensions => "dimensions",
            Stage::Imaging => "imaging",
            Stage::Documents => "documents",
            Stage::Exit => "exit",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How far one stage of one passage is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StageState {
    pub required: Required,
    pub started_at: Option<UtcMs>,
    pub completed_at: Option<UtcMs>,
    pub how: Option<Completion>,
    /// Why its device cannot do it.
    pub unavailable: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    #[default]
    Yes,
    /// Waived by the regime.
    No,
}

impl StageState {
    pub fn is_open(&self) -> bool {
        self.required == Required::Yes && self.completed_at.is_none()
    }
}

/// `StageStarted` unless it has, or nothing asks for the stage.
pub(crate) fn start(passage: &Passage, stage: Stage) -> Option<Fact> {
    let state = passage.stages.get(&stage);
    let fresh = state.is_none_or(|it| it.started_at.is_none() && it.required == Required::Yes);
    fresh.then_some(Fact::StageStarted { stage })
}

/// What a device's reading brings besides itself: the stage's start, its completion, and the
/// completion of an order that asked for the reading.
pub(crate) fn measured(
    passage: &Passage,
    stage: Stage,
    reading: Fact,
    answers: &[OrderKind],
    how: Completion,
) -> Vec<Fact> {
    let mut facts: Vec<Fact> = start(passage, stage).into_iter().collect();
    facts.push(reading);
    let ordered = passage
        .orders
        .iter()
        .filter(|it| it.completed.is_none() && answers.contains(&it.order.kind));
    facts.extend(ordered.map(|it| Fact::OrderCompleted {
        order: it.order.id.clone(),
        outcome: OrderOutcome::Measured,
    }));
    if passage.stages.get(&stage).is_none_or(StageState::is_open) {
        facts.push(Fact::StageCompleted { stage, how });
    }
    facts
}
