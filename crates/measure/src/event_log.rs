//! What happened, as process mining wants it: cases, activities, instants. One event a fact from
//! the arrival to the end of a passage, so that a case's duration in a foreign tool is the span
//! that `survey` measures. Neither plates nor names of carriers leave by this door; officers are
//! pseudonyms already. Not here: file formats (`ocel`, `xes`).

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, Direction, Fact, OrderOutcome};
use domain::unit::{LaneId, OfficerId, PassageId, UtcMs};

use crate::ledgers::Passages;

/// One passage from its arrival to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub passage: PassageId,
    pub lane: LaneId,
    pub direction: Direction,
    pub edition: String,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: UtcMs,
    /// A code: the fact's kind, with the stage, decision or order it is about.
    pub activity: String,
    pub agency: Option<Agency>,
    /// Who did it, by pseudonym; `None` for devices and rules.
    pub officer: Option<OfficerId>,
}

impl Case {
    /// From the first event to the last, milliseconds.
    pub fn duration_ms(&self) -> i64 {
        match (self.events.first(), self.events.last()) {
            (Some(first), Some(last)) => last.at.since_ms(first.at),
            _ => 0,
        }
    }
}

/// The cases of all passages that have ended. A clock that stepped back makes no event earlier
/// than the one before it.
pub fn cases(passages: &Passages) -> Vec<Case> {
    passages
        .iter()
        .filter_map(|(id, facts)| case(id, facts))
        .collect()
}

fn case(id: &PassageId, facts: &[(UtcMs, Fact)]) -> Option<Case> {
    let begin = facts
        .iter()
        .position(|(_, it)| matches!(it, Fact::Arrived { .. }))?;
    let ends = |(_, it): &(UtcMs, Fact)| matches!(it, Fact::Departed | Fact::BackedOut);
    let end = begin + facts[begin..].iter().position(ends)?;
    let Fact::Arrived {
        lane,
        direction,
        edition,
        ..
    } = &facts[begin].1
    else {
        return None;
    };
    let mut latest = facts[begin].0;
    let events = facts[begin..=end].iter().filter_map(|(at, fact)| {
        latest = latest.max(*at);
        event(fact, latest)
    });
    Some(Case {
        passage: id.clone(),
        lane: *lane,
        direction: *direction,
        edition: edition.clone(),
        events: events.collect(),
    })
}

fn event(fact: &Fact, at: UtcMs) -> Option<Event> {
    let plain = |activity: &str| Event {
        at,
        activity: activity.to_owned(),
        agency: None,
        officer: None,
    };
    let of = |activity: String, agency: Agency, officer: Option<&OfficerId>| Event {
        at,
        activity,
        agency: Some(agency),
        officer: officer.cloned(),
    };
    Some(match fact {
        Fact::StageStarted { stage } => plain(&format!("stage_started:{stage}")),
        Fact::StageCompleted { stage, .. } => plain(&format!("stage_completed:{stage}")),
        Fact::StageUnavailable { stage, .. } => plain(&format!("stage_unavailable:{stage}")),
        Fact::FindingRaised(it) => of("finding_raised".to_owned(), it.agency, None),
        Fact::DecisionMade(it) => {
            let (officer, how) = match &it.by {
                DecidedBy::Officer { officer, .. } => (Some(officer), ""),
                DecidedBy::Rule { .. } => (None, ":by_rule"),
                DecidedBy::Lane { first, .. } => (Some(first), ":at_lane"),
            };
            let decision = match it.decision {
                Decision::Release => "release",
                Decision::Hold { .. } => "hold",
                Decision::Inspect => "inspect",
                Decision::Refuse => "refuse",
            };
            of(format!("{decision}{how}"), it.agency, officer)
        }
        Fact::CaseDrawn(it) => of("case_drawn".to_owned(), it.agency, Some(&it.officer)),
        Fact::CaseOpened {
            agency, officer, ..
        } => of("case_opened".to_owned(), *agency, Some(officer)),
        Fact::CaseReturned {
            agency, officer, ..
        } => of("case_returned".to_owned(), *agency, Some(officer)),
        Fact::OrderAccepted(it) => of(
            format!("order_accepted:{}", it.kind),
            it.agency,
            Some(&it.by),
        ),
        Fact::OrderCompleted { outcome, .. } => {
            let mut event = plain("order_completed");
            event.officer = match outcome {
                OrderOutcome::NothingFound { by } | OrderOutcome::Found { by, .. } => {
                    Some(by.clone())
                }
                OrderOutcome::Measured | OrderOutcome::Failed { .. } => None,
            };
            event
        }
        Fact::RecheckSelected { agency, .. } => of("recheck_selected".to_owned(), *agency, None),
        // The centre's own record of what the checkpoint then concludes: told once.
        Fact::DecisionGiven { .. } | Fact::OrderGiven(_) | Fact::Heard { .. } => return None,
        other => plain(&other.kind()),
    })
}
