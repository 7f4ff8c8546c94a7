//! Whether a decision may be taken: by a competent body, about its own findings, with a reason it
//! has, within its limits, in time. What it then means is in `release`.

use crate::agency::Agency;
use crate::fact::{
    DecidedBy, Decision, DecisionMade, Fact, FindingId, LinkState, Order, OrderKind,
};
use crate::goods;
use crate::limits;
use crate::passage::{Passage, PermitState};
use crate::procedure::{DecisionKind, MS_PER_MIN, Procedure};
use crate::release::{self, Answer, Standing};
use crate::rule::{self, Raise};
use crate::stage::disregarded;
use crate::unit::{OfficerId, OrderId, UtcMs};

pub(crate) fn conclude(
    passage: &Passage,
    made: &DecisionMade,
    now: UtcMs,
    procedure: &Procedure,
) -> Vec<Fact> {
    let refusal = refusal(passage, made, now, procedure)
        .or_else(|| not_an_officer(&made.by))
        .or_else(|| second_reader_missing(passage, made, procedure));
    match refusal {
        Some(reason) => disregarded("decision", reason),
        None => taken(passage, made.clone(), procedure),
    }
}

/// What two people at the lane want to decide.
pub(crate) struct AtLane<'a> {
    pub agency: Agency,
    pub decision: &'a Decision,
    pub answers: &'a [FindingId],
    pub reason: &'a str,
    pub first: &'a OfficerId,
    pub second: &'a OfficerId,
}

pub(crate) fn conclude_at_lane(
    passage: &Passage,
    asked: AtLane,
    now: UtcMs,
    procedure: &Procedure,
) -> Vec<Fact> {
    let made = DecisionMade {
        agency: asked.agency,
        decision: asked.decision.clone(),
        answers: asked.answers.to_vec(),
        reason: asked.reason.to_owned(),
        un9417: 0,
        by: DecidedBy::Lane {
            first: asked.first.clone(),
            second: asked.second.clone(),
        },
    };
    let refusal = not_granted(passage, &asked, now, procedure)
        .or_else(|| refusal(passage, &made, now, procedure));
    match refusal {
        Some(reason) => disregarded("lane_decision", reason),
        None => taken(passage, made, procedure),
    }
}

/// The fact, with the procedure's international code. A body that takes its word back while a
/// permit is out gets a finding for it, so that the permit falls like any other. "Inspect" without
/// an order of the same body orders the inspection itself, so that no vehicle waits for nothing.
fn taken(passage: &Passage, mut made: DecisionMade, procedure: &Procedure) -> Vec<Fact> {
    if let Some(reason) = procedure.reason(made.agency, &made.reason) {
        made.un9417 = reason.un9417;
    }
    let mut facts = Vec::new();
    let permitted = passage
        .permit
        .as_ref()
        .is_some_and(|it| it.state == PermitState::Valid);
    if permitted && made.decision != Decision::Release {
        let raise = Raise::finding(made.agency).value("reason", made.reason.as_str());
        let withdrawn = rule::raise(passage, "exit.release_withdrawn", raise);
        made.answers.extend(withdrawn.iter().map(|it| it.id));
        facts.extend(withdrawn.map(Fact::FindingRaised));
    }
    let order = implied_order(passage, &made);
    facts.push(Fact::DecisionMade(made));
    facts.extend(order.map(Fact::OrderAccepted));
    facts
}

fn implied_order(passage: &Passage, made: &DecisionMade) -> Option<Order> {
    let ordered =
        |it: &crate::passage::LaneOrder| it.completed.is_none() && it.order.agency == made.agency;
    let DecidedBy::Officer { officer, .. } = &made.by else {
        return None;
    };
    if made.decision != Decision::Inspect
        || passage.orders.iter().any(ordered)
        || passage.orders.len() >= limits::ORDERS
    {
        return None;
    }
    Some(Order {
        id: OrderId::new(format!(
            "{}/inspect-{}",
            passage.id,
            passage.orders.len() + 1
        )),
        passage: passage.id.clone(),
        agency: made.agency,
        kind: OrderKind::Inspect,
        by: officer.clone(),
        about: made.answers.clone(),
    })
}

fn kind(decision: &Decision) -> DecisionKind {
    match decision {
        Decision::Release => DecisionKind::Release,
        Decision::Hold { .. } => DecisionKind::Hold,
        Decision::Inspect => DecisionKind::Inspect,
        Decision::Refuse => DecisionKind::Refuse,
    }
}

/// Why this decision cannot count; a catalogue key.
fn refusal(
    passage: &Passage,
    made: &DecisionMade,
    now: UtcMs,
    procedure: &Procedure,
) -> Option<&'static str> {
    if passage.decisions.len() >= limits::DECISIONS {
        return Some("limit.decisions");
    }
    if procedure
        .competence(made.agency, &passage.id.checkpoint, now)
        .is_none()
    {
        return Some("decision.agency_not_competent");
    }
    if passage
        .decisions
        .iter()
        .any(|it| it.made.decision == Decision::Refuse)
    {
        return Some("decision.already_refused");
    }
    for id in &made.answers {
        match passage.finding(*id) {
            None => return Some("decision.finding_unknown"),
            Some(it) if it.finding.agency != made.agency => {
                return Some("decision.finding_of_another_agency");
            }
            Some(_) => (),
        }
    }
    let reason = procedure.reason(made.agency, &made.reason);
    if reason.is_none_or(|it| it.decision != kind(&made.decision)) {
        return Some("decision.reason_unknown");
    }
    if reason.is_some_and(|it| procedure.is_for_rules(it)) {
        return Some("decision.reason_of_a_rule");
    }
    match &made.decision {
        Decision::Hold { until, .. } if *until <= now => Some("decision.hold_in_the_past"),
        Decision::Hold { until, .. } if until.since_ms(now) > procedure.hold_max_ms() => {
            Some("decision.hold_too_long")
        }
        Decision::Release => release_refusal(passage, made, procedure),
        // It orders an inspection by itself, and there is no room for the order.
        Decision::Inspect if passage.orders.len() >= limits::ORDERS => Some("limit.orders"),
        _ => None,
    }
}

/// A release waits for what the same body asked of the lane, and is said once.
fn release_refusal(
    passage: &Passage,
    made: &DecisionMade,
    procedure: &Procedure,
) -> Option<&'static str> {
    let own = |it: &&crate::passage::LaneOrder| it.order.agency == made.agency;
    if passage
        .orders
        .iter()
        .filter(own)
        .any(|it| it.completed.is_none())
    {
        return Some("decision.order_open");
    }
    let answered = |id: &FindingId| {
        passage
            .finding(*id)
            .map(|it| release::answer(passage, &it.finding))
    };
    if made
        .answers
        .iter()
        .any(|id| answered(id) == Some(Answer::Inspecting))
    {
        return Some("decision.order_open");
    }
    let standing = release::standing(passage, made.agency, procedure);
    match standing {
        Standing::Inspecting { .. } => Some("decision.order_open"),
        Standing::Released { .. } => Some("decision.already_released"),
        _ => None,
    }
}

/// From the centre come officers' decisions; rules decide at the checkpoint, by its own fold.
fn not_an_officer(by: &DecidedBy) -> Option<&'static str> {
    match by {
        DecidedBy::Officer { .. } => None,
        DecidedBy::Rule { .. } | DecidedBy::Lane { .. } => Some("decision.not_by_an_officer"),
    }
}

fn second_reader_missing(
    passage: &Passage,
    made: &DecisionMade,
    procedure: &Procedure,
) -> Option<&'static str> {
    match takes_two(
        passage,
        made.agency,
        &made.decision,
        &made.answers,
        procedure,
    ) {
        true => second_missing(&made.by),
        false => None,
    }
}

/// Some alarms, and pictures of high-risk goods with a finding, take two readers; so do the
/// decisions that the procedure names. That the second is of another body is the centre's to see:
/// it knows the people.
pub fn takes_two(
    passage: &Passage,
    agency: Agency,
    decision: &Decision,
    answers: &[FindingId],
    procedure: &Procedure,
) -> bool {
    let rules = &procedure.second_reader;
    if rules.decisions.contains(&kind(decision)) {
        return true;
    }
    if *decision != Decision::Release || !rules.agencies.contains(&agency) {
        return false;
    }
    let named = answers.iter().filter_map(|id| passage.finding(*id));
    let mut named = named.map(|it| it.finding.rule.as_str());
    let high_risk = goods::is_high_risk(passage, procedure);
    named.any(|it| {
        rules.rules.iter().any(|rule| rule == it) || (high_risk && it.starts_with("imaging."))
    })
}

fn second_missing(by: &DecidedBy) -> Option<&'static str> {
    match by {
        DecidedBy::Officer { second: None, .. } => Some("decision.second_reader_missing"),
        DecidedBy::Officer {
            officer,
            second: Some(second),
        } if officer == second => Some("decision.second_reader_is_the_first"),
        _ => None,
    }
}

/// Whether the procedure lets two people at the lane decide this now.
fn not_granted(
    passage: &Passage,
    asked: &AtLane,
    now: UtcMs,
    procedure: &Procedure,
) -> Option<&'static str> {
    if passage.link == LinkState::Up {
        return Some("lane.link_is_up");
    }
    if asked.first == asked.second {
        return Some("lane.two_people_needed");
    }
    let Some(grant) = procedure
        .lane_grants
        .iter()
        .find(|it| it.agency == asked.agency)
    else {
        return Some("lane.not_granted");
    };
    let wait_ms = i64::from(grant.after_link_down_min) * MS_PER_MIN;
    if passage
        .link_since
        .is_none_or(|it| now.since_ms(it) < wait_ms)
    {
        return Some("lane.outage_too_short");
    }
    // Holding is always safe; what lets a vehicle go must be granted.
    if matches!(asked.decision, Decision::Hold { .. }) {
        return None;
    }
    if *asked.decision != Decision::Release {
        return Some("lane.not_granted");
    }
    let granted = |id: &FindingId| {
        passage.finding(*id).is_none_or(|it| {
            grant.severities.contains(&it.finding.severity)
                && grant
                    .rules
                    .iter()
                    .any(|rule| rule == "*" || *rule == it.finding.rule)
        })
    };
    match asked.answers.iter().all(granted) {
        true => None,
        false => Some("lane.not_granted"),
    }
}
