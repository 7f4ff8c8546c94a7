//! Orders to the lane and their results: second pass, hand-held check, re-weighing, re-image,
//! sample, inspection, a further document. A device's reading completes the order that asked for
//! it (`stage::measured`); people report the others.

use crate::fact::{Decision, Fact, Order, OrderOutcome};
use crate::limits;
use crate::passage::{Passage, PermitState};
use crate::procedure::Procedure;
use crate::rule::{self, Raise};
use crate::stage::disregarded;
use crate::unit::{OrderId, UtcMs};

pub(crate) fn conclude(
    passage: &Passage,
    given: &Order,
    now: UtcMs,
    procedure: &Procedure,
) -> Vec<Fact> {
    if let Some(reason) = refusal(passage, given, now, procedure) {
        return disregarded("order", reason);
    }
    let permitted = passage
        .permit
        .as_ref()
        .is_some_and(|it| it.state == PermitState::Valid);
    let raise = Raise::finding(given.agency).value("order", given.id.as_str());
    let finding = match permitted {
        true => rule::raise(passage, "exit.order_after_permit", raise),
        false => None,
    };
    let mut order = given.clone();
    order.about.extend(finding.iter().map(|it| it.id));
    finding
        .map(Fact::FindingRaised)
        .into_iter()
        .chain([Fact::OrderAccepted(order)])
        .collect()
}

fn refusal(
    passage: &Passage,
    given: &Order,
    now: UtcMs,
    procedure: &Procedure,
) -> Option<&'static str> {
    if given.passage != passage.id {
        return Some("order.other_passage");
    }
    if passage.orders.iter().any(|it| it.order.id == given.id) {
        return Some("order.repeated");
    }
    // Two orders for one thing would have to be carried out twice before a release.
    let same = |it: &crate::passage::LaneOrder| {
        it.completed.is_none()
            && it.order.agency == given.agency
            && it.order.kind == given.kind
            && given.about.iter().all(|id| it.order.about.contains(id))
    };
    if passage.orders.iter().any(same) {
        return Some("order.already_out");
    }
    if passage.orders.len() >= limits::ORDERS {
        return Some("limit.orders");
    }
    if procedure
        .competence(given.agency, &passage.id.checkpoint, now)
        .is_none()
    {
        return Some("order.agency_not_competent");
    }
    if passage
        .decisions
        .iter()
        .any(|it| it.made.decision == Decision::Refuse)
    {
        return Some("decision.already_refused");
    }
    let own = |id| {
        passage
            .finding(id)
            .is_some_and(|it| it.finding.agency == given.agency)
    };
    (!given.about.iter().all(|id| own(*id))).then_some("order.finding_unknown")
}

pub(crate) fn result(passage: &Passage, order: &OrderId, outcome: &OrderOutcome) -> Vec<Fact> {
    match passage.orders.iter().find(|it| it.order.id == *order) {
        None => disregarded("order_result", "order.unknown"),
        Some(it) if it.completed.is_some() => {
            disregarded("order_result", "order.already_completed")
        }
        Some(_) => {
            vec![Fact::OrderCompleted {
                order: order.clone(),
                outcome: outcome.clone(),
            }]
        }
    }
}

pub(crate) fn started(passage: &Passage, order: &OrderId) -> Vec<Fact> {
    match passage.orders.iter().find(|it| it.order.id == *order) {
        None => disregarded("order_started", "order.unknown"),
        Some(it) if it.completed.is_some() => {
            disregarded("order_started", "order.already_completed")
        }
        Some(it) if it.started_at.is_some() => {
            disregarded("order_started", "order.already_started")
        }
        Some(_) => vec![Fact::OrderStarted {
            order: order.clone(),
        }],
    }
}
