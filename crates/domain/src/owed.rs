//! What is owed for a passage, and what of it is overdue. Computed anew from the state every time.

use crate::agency::Agency;
use crate::fact::{Decision, Escalation};
use crate::limits;
use crate::obligation::Obligation;
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::release::{self, Standing};
use crate::stage::{Stage, entry, exit};
use crate::unit::UtcMs;

pub(crate) fn obligations(passage: &Passage, procedure: &Procedure, now: UtcMs) -> Vec<Obligation> {
    let mut owed = Vec::new();
    if passage.arrived_at.is_none() || passage.ended.is_some() {
        return owed;
    }
    let refused = passage
        .decisions
        .iter()
        .any(|it| it.made.decision == Decision::Refuse);
    if passage.matched_at.is_none() && entry::can_match(passage) {
        owed.push(Obligation::MatchIdentity);
    }
    let started = |it: &Stage| {
        passage
            .stages
            .get(it)
            .is_some_and(|it| it.started_at.is_some())
    };
    if !refused {
        let open = passage
            .open_stages()
            .filter(|it| procedure.applies(*it))
            .filter(started);
        owed.extend(open.map(|stage| Obligation::Perform { stage }));
    }
    for agency in Agency::ALL {
        match release::standing(passage, agency, procedure) {
            Standing::AwaitingDecision { findings, due_at } if !refused => {
                owed.push(Obligation::AskDecision {
                    agency,
                    findings,
                    due_at,
                });
            }
            Standing::Held { until, for_whom } if !refused => {
                owed.push(Obligation::AwaitRelease {
                    agency,
                    until,
                    for_whom,
                });
            }
            _ => (),
        }
    }
    for it in passage.orders.iter().filter(|it| it.completed.is_none()) {
        owed.push(Obligation::PerformOrder {
            order: it.order.id.clone(),
            kind: it.order.kind,
            due_at: it.accepted_at.plus_ms(procedure.order_ms(it.order.kind)),
        });
    }
    if passage.manual.is_some() {
        owed.push(Obligation::Perform { stage: Stage::Exit });
    } else if let Some(permit) = passage.valid_permit(now) {
        let down = passage
            .stages
            .get(&Stage::Exit)
            .is_some_and(|it| it.unavailable.is_some());
        owed.push(match down {
            false => Obligation::OpenBarrier {
                permit: permit.number,
            },
            true => Obligation::Perform { stage: Stage::Exit },
        });
    }
    if refused {
        owed.push(Obligation::TurnBack);
    }
    owed.extend(
        overdue(passage, procedure, now)
            .into_iter()
            .map(|what| Obligation::Escalate { what }),
    );
    owed
}

/// Every deadline of the passage that runs.
fn deadlines(passage: &Passage, procedure: &Procedure) -> Vec<(UtcMs, Escalation)> {
    let mut due = Vec::new();
    // No more can be recorded: a deadline that stays over would be looked at for ever.
    if passage.escalations.len() >= limits::ESCALATIONS {
        return due;
    }
    for agency in Agency::ALL {
        match release::standing(passage, agency, procedure) {
            Standing::AwaitingDecision { due_at, .. } => {
                due.push((due_at, Escalation::DecisionOverdue { agency }));
            }
            Standing::Held { until, .. } => due.push((until, Escalation::HoldOver { agency })),
            _ => (),
        }
    }
    for it in passage.orders.iter().filter(|it| it.completed.is_none()) {
        let due_at = it.accepted_at.plus_ms(procedure.order_ms(it.order.kind));
        due.push((
            due_at,
            Escalation::OrderOverdue {
                order: it.order.id.clone(),
            },
        ));
    }
    // While the lane carries out an order the vehicle cannot be at its next stage.
    let busy = passage.orders.iter().any(|it| it.completed.is_none());
    let freed = passage
        .orders
        .iter()
        .filter_map(|it| it.completed.as_ref())
        .map(|it| it.at)
        .max();
    for stage in passage.open_stages().filter(|_| !busy) {
        let started_at = passage.stages.get(&stage).and_then(|it| it.started_at);
        if let Some(started_at) = started_at {
            let due_at = Some(started_at).max(freed).unwrap_or(started_at);
            let due_at = due_at.plus_ms(procedure.stage_ms(stage));
            due.push((due_at, Escalation::StageOverdue { stage }));
        }
    }
    // Let go, and still there.
    if let Some(opened_at) = passage.barrier.opened_at {
        let due_at = opened_at.plus_ms(procedure.stage_ms(Stage::Exit));
        due.push((due_at, Escalation::StageOverdue { stage: Stage::Exit }));
    }
    due.retain(|(due_at, what)| {
        !passage
            .escalations
            .iter()
            .any(|it| it.what == *what && *due_at <= it.at)
    });
    due
}

/// Escalations of this passage whose cause still stands, the oldest first: somebody has to act.
pub fn standing_escalations<'a>(
    passage: &'a Passage,
    procedure: &Procedure,
) -> Vec<&'a crate::passage::Escalated> {
    let stands = |what: &Escalation| match what {
        Escalation::DecisionOverdue { agency } => matches!(
            release::standing(passage, *agency, procedure),
            Standing::AwaitingDecision { .. }
        ),
        Escalation::HoldOver { agency } => release::hold(passage, *agency)
            .is_some_and(|(until, _)| release::is_over(passage, *agency, until)),
        Escalation::OrderOverdue { order } => {
            let mut open = passage.orders.iter().filter(|it| it.completed.is_none());
            open.any(|it| it.order.id == *order)
        }
        Escalation::StageOverdue { stage: Stage::Exit } => true,
        Escalation::StageOverdue { stage } => passage.open_stages().any(|it| it == *stage),
        Escalation::BarrierUnpermitted | Escalation::DepartedUnpermitted => true,
    };
    let all = passage.escalations.iter();
    all.filter(|it| passage.ended.is_none() && stands(&it.what))
        .collect()
}

/// Deadlines that are over and not yet recorded as escalated.
pub(crate) fn overdue(passage: &Passage, procedure: &Procedure, now: UtcMs) -> Vec<Escalation> {
    if passage.arrived_at.is_none() || passage.ended.is_some() {
        return Vec::new();
    }
    let due = deadlines(passage, procedure).into_iter();
    due.filter(|(due_at, _)| *due_at <= now)
        .map(|(_, what)| what)
        .collect()
}

impl Passage {
    /// The next instant at which `Input::TimePassed` concludes something. A main loop needs no
    /// other timer for a passage.
    pub fn next_due(&self, procedure: &Procedure) -> Option<UtcMs> {
        if self.arrived_at.is_none() || self.ended.is_some() {
            return None;
        }
        let mut due: Vec<UtcMs> = deadlines(self, procedure)
            .into_iter()
            .map(|(at, _)| at)
            .collect();
        if let Some(it) = &self.permit
            && it.state == crate::passage::PermitState::Valid
        {
            due.push(it.permit.expires_at);
        }
        due.extend(exit::pulse_due(self, procedure));
        if !self.is_complete(Stage::Entry) && self.identified_by.is_none() {
            let cameras = entry::cameras_due(self, procedure);
            due.extend(cameras.filter(|it| self.last_at.is_none_or(|last| last < *it)));
        }
        due.into_iter().min()
    }
}
