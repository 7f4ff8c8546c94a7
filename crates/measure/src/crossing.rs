//! One passage as a survey sees it: its two spans, its parts, and the instants that other
//! people's tables ask for. Not here: how an instant is attributed (`domain::measure`).

use std::collections::BTreeMap;

use domain::fact::{Direction, Fact};
use domain::measure::{Measure, Totals};
use domain::passage::{EndedHow, Passage};
use domain::stage::Stage;
use domain::unit::{PassageId, UtcMs};

/// A carrier's expected time counts as the time of joining the queue only when the vehicle came
/// to the gate within this after it; a notification is a claim.
pub const QUEUE_CLAIM_MAX_MS: i64 = 7 * 24 * 3_600_000;

/// A passage that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossing {
    pub passage: PassageId,
    pub direction: Option<Direction>,
    pub arrived_at: UtcMs,
    pub ended_at: UtcMs,
    pub how: EndedHow,
    /// The control at this post, arrival at the gate to the end; the parts sum to the whole.
    pub totals: Totals,
    /// From the start of a stage to its completion, milliseconds.
    pub stage_ms: BTreeMap<Stage, i64>,
    pub milestones: Milestones,
    /// Waiting before the gate, by the time the carrier had notified; `None` when no fact says.
    pub queue_claimed_ms: Option<i64>,
}

/// Instants that the tables of the World Customs Organization and of CAREC ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Milestones {
    pub identified_at: Option<UtcMs>,
    pub stage_completed_at: BTreeMap<Stage, UtcMs>,
    /// All released: the exit permit in force at the end.
    pub permitted_at: Option<UtcMs>,
    pub opened_at: Option<UtcMs>,
}

impl Crossing {
    /// `facts` as for [`Measure::of`]; `None` while the passage has not ended.
    pub fn of(id: &PassageId, facts: &[(UtcMs, Fact)]) -> Option<Crossing> {
        let mut passage = Passage::new(id.clone());
        let mut milestones = Milestones::default();
        for (at, fact) in facts {
            passage.apply(fact, *at);
            match fact {
                Fact::Identified(_) => _ = milestones.identified_at.get_or_insert(*at),
                Fact::ExitPermitted(_) => milestones.permitted_at = Some(*at),
                Fact::ExitPermitRevoked { .. } | Fact::ExitPermitExpired { .. } => {
                    milestones.permitted_at = None;
                }
                Fact::BarrierOpened { .. } => milestones.opened_at = Some(*at),
                _ => (),
            }
            if passage.ended.is_some() {
                break;
            }
        }
        let totals = Measure::of(facts).totals;
        Crossing::folded(&passage, totals, milestones)
    }

    /// From a passage that was folded already, as the centre holds it.
    pub fn folded(passage: &Passage, totals: Totals, milestones: Milestones) -> Option<Crossing> {
        let ended = passage.ended.as_ref()?;
        Crossing::seen(passage, totals, milestones, ended.at, ended.how)
    }

    /// One that still stands, at its age: what will be at least. For a view of the moment; a
    /// figure that is published counts what has ended.
    pub fn at_least(passage: &Passage, totals: Totals, now: UtcMs) -> Option<Crossing> {
        let milestones = Milestones::default();
        Crossing::seen(passage, totals, milestones, now, EndedHow::Departed)
    }

    fn seen(
        passage: &Passage,
        totals: Totals,
        mut milestones: Milestones,
        ended_at: UtcMs,
        how: EndedHow,
    ) -> Option<Crossing> {
        let arrived_at = passage.arrived_at?;
        let mut stage_ms = BTreeMap::new();
        for (stage, state) in &passage.stages {
            if let (Some(from), Some(to)) = (state.started_at, state.completed_at) {
                stage_ms.insert(*stage, to.since_ms(from).max(0));
                milestones.stage_completed_at.insert(*stage, to);
            }
        }
        // Exit has no completion of its own: from the permit to the end.
        if let Some(from) = milestones.permitted_at {
            stage_ms.insert(Stage::Exit, ended_at.since_ms(from).max(0));
        }
        let expected = passage.notification.as_ref().and_then(|it| it.expected_at);
        let queued = expected.map(|it| arrived_at.since_ms(it));
        Some(Crossing {
            passage: passage.id.clone(),
            direction: passage.direction,
            arrived_at,
            ended_at,
            how,
            totals,
            stage_ms,
            milestones,
            queue_claimed_ms: queued.filter(|it| (0..=QUEUE_CLAIM_MAX_MS).contains(it)),
        })
    }
}
