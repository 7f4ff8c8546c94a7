//! Stage 6, exit permit: one permit opens the barrier once. Whatever the arm does is recorded and
//! held against the permit. Not here: when a permit is due (`release`).

use crate::agency::Agency;
use crate::fact::{Completion, Escalation, Fact};
use crate::passage::{Arm, EndedHow, Passage, PermitState};
use crate::procedure::Procedure;
use crate::reading::CameraPosition;
use crate::release;
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::{Stage, disregarded, entry};
use crate::unit::{LaneId, OfficerId, UtcMs};

pub(crate) fn barrier_command(passage: &Passage, permit: u32, now: UtcMs) -> Vec<Fact> {
    match refused(passage, permit, now) {
        None => vec![Fact::BarrierCommanded { permit }],
        Some(reason) => disregarded("barrier_command", reason),
    }
}

/// Why `permit` may not open the barrier at `now`.
fn refused(passage: &Passage, permit: u32, now: UtcMs) -> Option<&'static str> {
    let Some(last) = &passage.permit else {
        return Some("permit.none");
    };
    if last.permit.number != permit {
        return Some("permit.other_number");
    }
    match last.state {
        PermitState::Valid if now < last.permit.expires_at => None,
        PermitState::Valid | PermitState::Expired => Some("permit.expired"),
        PermitState::Revoked { .. } => Some("permit.revoked"),
        PermitState::Commanded | PermitState::Failed | PermitState::Used => {
            Some("permit.already_commanded")
        }
    }
}

pub(crate) fn barrier_opened(
    passage: &Passage,
    lane: LaneId,
    permit: Option<u32>,
    now: UtcMs,
) -> Vec<Fact> {
    let here = passage.ended.is_none() && passage.lane == Some(lane);
    if let Some(number) = permit.filter(|it| here && answers_pulse(passage, *it, now)) {
        // The arm answers an old pulse late: the permit given meanwhile must not open it again.
        let newer = passage.valid_permit(now).map(|it| it.number);
        let expired = newer.map(|permit| Fact::ExitPermitExpired { permit });
        let opened = [
            Fact::BarrierOpened { permit: number },
            Fact::StageCompleted {
                stage: Stage::Exit,
                how: Completion::ByDevice,
            },
        ];
        return expired.into_iter().chain(opened).collect();
    }
    if passage.barrier.arm == Arm::Up && passage.lane == Some(lane) {
        return disregarded("barrier_opened", "barrier.already_open");
    }
    vec![
        Fact::BarrierOpenedUnpermitted { lane },
        Fact::Escalated {
            what: Escalation::BarrierUnpermitted,
        },
    ]
}

/// Whether the arm may rise now for a pulse that was sent for this permit: the pulse is out, or it
/// seemed to have failed and the vehicle may still go.
fn answers_pulse(passage: &Passage, number: u32, now: UtcMs) -> bool {
    let Some(last) = &passage.permit else {
        return false;
    };
    if last.permit.number == number && last.state == PermitState::Commanded {
        return true;
    }
    let newer_stands = last.state == PermitState::Commanded || passage.valid_permit(now).is_some();
    passage.barrier.failed == Some(number) && (last.state == PermitState::Failed || newer_stands)
}

/// A pulse that brought no movement in time has failed, whatever became of it.
pub(crate) fn pulse_due(passage: &Passage, procedure: &Procedure) -> Option<UtcMs> {
    let permit = passage.permit.as_ref()?;
    let commanded_at = permit
        .commanded_at
        .filter(|_| permit.state == PermitState::Commanded)?;
    let wait_ms = i64::from(procedure.exit.barrier_answer_sec) * 1000;
    Some(commanded_at.plus_ms(wait_ms))
}

impl Passage {
    /// The permit whose pulse may be sent again: it is out, unanswered, was not yet waited for
    /// long enough, and nothing was found since that nobody has released.
    pub fn pulse_owed(&self, procedure: &Procedure, now: UtcMs) -> Option<u32> {
        let due = pulse_due(self, procedure)?;
        let permit = self.permit.as_ref()?.permit.number;
        let may_go = now < due && release::unreleased(self).is_none();
        may_go.then_some(permit)
    }
}

/// `BarrierFailed` for a pulse that was waited for long enough, e.g. because the node stopped
/// between the record and the pulse.
pub(crate) fn unanswered(passage: &Passage, now: UtcMs, procedure: &Procedure) -> Vec<Fact> {
    match (&passage.permit, pulse_due(passage, procedure)) {
        (Some(permit), Some(due)) if due <= now => {
            barrier_failed(passage, permit.permit.number, "no_answer", procedure)
        }
        _ => Vec::new(),
    }
}

pub(crate) fn barrier_closed(passage: &Passage) -> Vec<Fact> {
    match passage.barrier.arm {
        Arm::Up => vec![Fact::BarrierClosed],
        Arm::Down => disregarded("barrier_closed", "barrier.not_open"),
    }
}

pub(crate) fn barrier_failed(
    passage: &Passage,
    permit: u32,
    why: &str,
    procedure: &Procedure,
) -> Vec<Fact> {
    let commanded = passage
        .permit
        .as_ref()
        .filter(|it| it.state == PermitState::Commanded);
    if commanded.is_none_or(|it| it.permit.number != permit) {
        return disregarded("barrier_failed", "permit.not_commanded");
    }
    let mut facts = vec![Fact::BarrierFailed {
        permit,
        why: why.to_owned(),
    }];
    let down = passage
        .stages
        .get(&Stage::Exit)
        .is_some_and(|it| it.unavailable.is_some());
    if !down && passage.barrier.failures.saturating_add(1) >= procedure.exit.barrier_failures_max {
        facts.push(Fact::StageUnavailable {
            stage: Stage::Exit,
            why: why.to_owned(),
        });
    }
    facts
}

/// Out of the lane; without an opened barrier that is an escalation besides its finding.
pub(crate) fn departed(passage: &Passage) -> Vec<Fact> {
    let mut facts = vec![Fact::Departed];
    if passage.barrier.opened_at.is_none() {
        let what = Escalation::DepartedUnpermitted;
        facts.push(Fact::Escalated { what });
    }
    facts
}

/// Two hands on the arm: only with a valid permit, only when the barrier is known to be down.
pub(crate) fn by_hand(passage: &Passage, by: &OfficerId, means: &str, now: UtcMs) -> Vec<Fact> {
    let Some(permit) = passage.valid_permit(now) else {
        return disregarded("entered_by_hand", "permit.none");
    };
    let permit = permit.number;
    vec![
        Fact::EnteredByHand {
            by: by.clone(),
            what: means.to_owned(),
        },
        Fact::BarrierCommanded { permit },
        Fact::BarrierOpened { permit },
        Fact::StageCompleted {
            stage: Stage::Exit,
            how: Completion::ByHand { by: by.clone() },
        },
    ]
}

/// The vehicle at the exit is not the one that was controlled.
pub(crate) fn plate_disagrees(view: View) -> Vec<Raise> {
    let View {
        passage, procedure, ..
    } = view;
    let identity = passage.identity.as_ref();
    let Some(expected) = identity.and_then(|it| it.tractor_plate.as_deref()) else {
        return Vec::new();
    };
    let trailer = identity.and_then(|it| it.trailer_plate.as_deref());
    let reads = entry::good_reads(passage, CameraPosition::Exit, procedure);
    reads
        .filter_map(|it| it.plate.as_deref())
        .filter(|it| *it != expected && Some(*it) != trailer)
        .map(|it| {
            Raise::alarm(Agency::Customs)
                .value("read", it)
                .value("expected", expected)
        })
        .collect()
}

/// The barrier rose and nothing allowed it.
pub(crate) fn barrier_unpermitted(view: View) -> Vec<Raise> {
    let opened_at = view.passage.barrier.unpermitted_at;
    opened_at
        .map(|at| Raise::alarm(Agency::Customs).value("opened_at_ms", at.0))
        .into_iter()
        .collect()
}

/// The vehicle left and the barrier had never opened for it.
pub(crate) fn departed_unpermitted(view: View) -> Vec<Raise> {
    let left = view
        .passage
        .ended
        .as_ref()
        .is_some_and(|it| it.how == EndedHow::Departed);
    match left && view.passage.barrier.opened_at.is_none() {
        true => vec![Raise::alarm(Agency::Customs)],
        false => Vec::new(),
    }
}

/// The barrier does not obey: people raise the arm, with a permit all the same.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Exit)
}
