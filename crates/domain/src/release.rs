//! When a body counts as having released, by whom, and what else may release without a person.
//!
//! A body has released a passage when every finding of its own was answered by a release, and its
//! last word is a release said after all stages its rules depend on were complete. That last word
//! may be an officer's, a named rule's, or, while the link is down, two people's at the lane.
//!
//! Not here: whether a decision may be taken at all (`decision`).

use serde::Serialize;

use crate::agency::{Agency, customs};
use crate::fact::{
    Completion, DecidedBy, Decision, DecisionMade, Escalation, Fact, Finding, FindingId, LinkState,
};
use crate::goods;
use crate::limits;
use crate::passage::{Passage, RaisedFinding, TakenDecision};
use crate::procedure::{AutoCondition, AutoRelease, Concern, OfflineUse, Procedure};
use crate::rule::View;
use crate::stage::{Stage, StageState, imaging};
use crate::unit::{OrderId, UtcMs};

/// Where one finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nobody answered, or an inspection is over and its result waits for a decision.
    Open,
    Released,
    Held,
    /// An order about it is out, or its inspection has not been done yet.
    Inspecting,
    Refused,
}

/// Where one body stands with one passage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum Standing {
    NotConcerned,
    /// Nothing to say before these stages are complete.
    AwaitingStages {
        stages: Vec<Stage>,
    },
    /// Empty `findings`: nothing was found, its release is required all the same.
    AwaitingDecision {
        findings: Vec<FindingId>,
        due_at: UtcMs,
    },
    Released {
        by: DecidedBy,
        reason: String,
        at: UtcMs,
    },
    Held {
        until: UtcMs,
        for_whom: Agency,
    },
    Inspecting {
        orders: Vec<OrderId>,
    },
    Refused {
        reason: String,
        at: UtcMs,
    },
}

fn of_agency(passage: &Passage, agency: Agency) -> impl DoubleEndedIterator<Item = &TakenDecision> {
    passage
        .decisions
        .iter()
        .filter(move |it| it.made.agency == agency)
}

/// The first finding that nobody has released: while it stands no arm is to rise.
pub(crate) fn unreleased(passage: &Passage) -> Option<&RaisedFinding> {
    let mut findings = passage.findings.iter();
    findings.find(|it| answer(passage, &it.finding) != Answer::Released)
}

/// The last decision that names the finding decides about it.
pub fn answer(passage: &Passage, finding: &Finding) -> Answer {
    let mut naming = of_agency(passage, finding.agency).rev();
    match naming.find(|it| it.made.answers.contains(&finding.id)) {
        Some(taken) => match taken.made.decision {
            Decision::Release => Answer::Released,
            Decision::Hold { .. } => Answer::Held,
            Decision::Inspect if is_inspected(passage, taken) => Answer::Open,
            Decision::Inspect => Answer::Inspecting,
            Decision::Refuse => Answer::Refused,
        },
        None if is_under_order(passage, finding) => Answer::Inspecting,
        None => Answer::Open,
    }
}

fn is_under_order(passage: &Passage, finding: &Finding) -> bool {
    passage.orders.iter().any(|it| {
        it.completed.is_none()
            && it.order.agency == finding.agency
            && it.order.about.contains(&finding.id)
    })
}

/// Whether the lane has done something for this body since it said "inspect", and nothing is out.
fn is_inspected(passage: &Passage, taken: &TakenDecision) -> bool {
    let orders = || {
        passage
            .orders
            .iter()
            .filter(|it| it.order.agency == taken.made.agency)
    };
    orders().all(|it| it.completed.is_some())
        && orders()
            .filter_map(|it| it.completed.as_ref())
            .any(|it| taken.at <= it.at)
}

/// Findings of a body that wait for its decision.
pub fn open_findings(passage: &Passage, agency: Agency) -> Vec<FindingId> {
    let own = passage
        .findings
        .iter()
        .filter(|it| it.finding.agency == agency);
    own.filter(|it| answer(passage, &it.finding) == Answer::Open)
        .map(|it| it.finding.id)
        .collect()
}

/// Whether the body has anything to do with this passage.
pub fn is_concerned(passage: &Passage, agency: Agency, procedure: &Procedure) -> bool {
    let by_findings = passage
        .findings
        .iter()
        .any(|it| it.finding.agency == agency)
        || of_agency(passage, agency).any(|it| it.made.decision != Decision::Release)
        || passage.orders.iter().any(|it| it.order.agency == agency);
    let concern = procedure
        .agencies
        .get(&agency)
        .map_or(Concern::Findings, |it| it.concerned);
    by_findings
        || match concern {
            Concern::Always => true,
            Concern::Goods => goods::on_list(passage, procedure.goods_list(agency)).is_some(),
            Concern::Findings => false,
        }
}

/// Stages whose result the body still waits for.
fn missing_stages(passage: &Passage, agency: Agency, procedure: &Procedure) -> Vec<Stage> {
    let needed = procedure.stages_of(agency);
    passage
        .open_stages()
        .filter(|it| needed.contains(it))
        .collect()
}

/// Said after all the body's stages were complete, or by a rule, which waits for them itself.
fn covers(taken: &TakenDecision, procedure: &Procedure) -> bool {
    let needed = procedure.stages_of(taken.made.agency);
    taken.made.decision == Decision::Release && !taken.before.iter().any(|it| needed.contains(it))
}

pub fn standing(passage: &Passage, agency: Agency, procedure: &Procedure) -> Standing {
    if passage.arrived_at.is_none() || !is_concerned(passage, agency, procedure) {
        return Standing::NotConcerned;
    }
    let last = of_agency(passage, agency).next_back();
    let refused = of_agency(passage, agency).find(|it| it.made.decision == Decision::Refuse);
    if let Some(it) = refused {
        return Standing::Refused {
            reason: it.made.reason.clone(),
            at: it.at,
        };
    }
    let findings = open_findings(passage, agency);
    if !findings.is_empty() {
        let due_at = due_at(passage, agency, &findings, procedure);
        return Standing::AwaitingDecision { findings, due_at };
    }
    let open_orders = passage
        .orders
        .iter()
        .filter(|it| it.completed.is_none() && it.order.agency == agency);
    let orders: Vec<OrderId> = open_orders.map(|it| it.order.id.clone()).collect();
    let inspecting =
        last.is_some_and(|it| it.made.decision == Decision::Inspect && !is_inspected(passage, it));
    let own = passage
        .findings
        .iter()
        .filter(|it| it.finding.agency == agency);
    let any = |wanted| own.clone().any(|it| answer(passage, &it.finding) == wanted);
    if !orders.is_empty() || inspecting || any(Answer::Inspecting) {
        return Standing::Inspecting { orders };
    }
    if let Some((until, for_whom)) = hold(passage, agency) {
        if !is_over(passage, agency, until) {
            return Standing::Held { until, for_whom };
        }
        let held = own.filter(|it| answer(passage, &it.finding) == Answer::Held);
        return Standing::AwaitingDecision {
            findings: held.map(|it| it.finding.id).collect(),
            due_at: until.plus_ms(procedure.decision_ms(agency)),
        };
    }
    let stages = missing_stages(passage, agency, procedure);
    if !stages.is_empty() {
        return Standing::AwaitingStages { stages };
    }
    match last.filter(|it| covers(it, procedure)) {
        Some(it) => Standing::Released {
            by: it.made.by.clone(),
            reason: it.made.reason.clone(),
            at: it.at,
        },
        None => {
            let due_at = due_at(passage, agency, &[], procedure);
            Standing::AwaitingDecision {
                findings: Vec::new(),
                due_at,
            }
        }
    }
}

/// The hold that is this body's last word, or under which a finding of its own still stands.
pub(crate) fn hold(passage: &Passage, agency: Agency) -> Option<(UtcMs, Agency)> {
    let until_when = |it: &TakenDecision| match it.made.decision {
        Decision::Hold { until, for_whom } => Some((until, for_whom)),
        _ => None,
    };
    let mut own = of_agency(passage, agency).rev();
    let last = own.next()?;
    let held = || {
        let mut findings = passage.findings.iter();
        findings
            .any(|it| it.finding.agency == agency && answer(passage, &it.finding) == Answer::Held)
    };
    match until_when(last) {
        Some(hold) => Some(hold),
        None => own.find_map(until_when).filter(|_| held()),
    }
}

/// The hold's time has passed, and that was recorded: the body has to come back to it.
pub(crate) fn is_over(passage: &Passage, agency: Agency, until: UtcMs) -> bool {
    let what = Escalation::HoldOver { agency };
    let mut said = passage.escalations.iter();
    said.any(|it| it.what == what && until <= it.at)
}

/// A body has its time from the moment it could decide: the first open finding, the end of the
/// last stage it needs, or the result of its last order.
fn due_at(
    passage: &Passage,
    agency: Agency,
    findings: &[FindingId],
    procedure: &Procedure,
) -> UtcMs {
    let raised = findings
        .iter()
        .filter_map(|id| passage.finding(*id))
        .map(|it| it.raised_at)
        .min();
    let needed = procedure.stages_of(agency);
    let stages = passage
        .stages
        .iter()
        .filter(|(stage, _)| needed.contains(stage));
    let completed = stages.filter_map(|(_, it)| it.completed_at).max();
    let own_orders = passage.orders.iter().filter(|it| it.order.agency == agency);
    let ordered = own_orders
        .filter_map(|it| it.completed.as_ref())
        .map(|it| it.at)
        .max();
    let redrawn = passage
        .rechecks
        .iter()
        .filter(|it| it.agency == agency)
        .map(|it| it.at)
        .max();
    let from = raised.or(completed.max(redrawn)).max(ordered);
    from.or(passage.arrived_at)
        .unwrap_or_default()
        .plus_ms(procedure.decision_ms(agency))
}

/// Every concerned body, when all have released and nothing else is open; else `None`.
pub(crate) fn complete(view: View) -> Option<Vec<Agency>> {
    let View {
        passage, procedure, ..
    } = view;
    let open = |it: Stage| {
        procedure.applies(it) && passage.stages.get(&it).is_none_or(StageState::is_open)
    };
    let stages = Stage::ALL.into_iter().filter(|it| *it != Stage::Exit);
    if stages.into_iter().any(open)
        || passage.matched_at.is_none()
        || passage.orders.iter().any(|it| it.completed.is_none())
        || unreleased(passage).is_some()
    {
        return None;
    }
    let mut releases = Vec::new();
    for agency in Agency::ALL {
        match standing(passage, agency, procedure) {
            Standing::NotConcerned => (),
            Standing::Released { .. } => releases.push(agency),
            _ => return None,
        }
    }
    Some(releases)
}

/// What named rules release, and what the draw sends to a person instead. Nothing for a vehicle
/// that was refused.
pub(crate) fn automatic(view: View) -> Vec<Fact> {
    let mut decisions = view.passage.decisions.iter();
    if decisions.any(|it| it.made.decision == Decision::Refuse) {
        return Vec::new();
    }
    Agency::ALL
        .into_iter()
        .filter_map(|agency| automatic_of(view, agency))
        .collect()
}

fn automatic_of(view: View, agency: Agency) -> Option<Fact> {
    let View {
        passage, procedure, ..
    } = view;
    let standing = standing(passage, agency, procedure);
    let waits =
        matches!(&standing, Standing::AwaitingDecision { findings, .. } if findings.is_empty());
    let spoken = of_agency(passage, agency).any(|it| it.made.decision != Decision::Release);
    let drawn = passage.rechecks.iter().any(|it| it.agency == agency);
    if !waits
        || spoken
        || drawn
        || passage.manual.is_some()
        || passage.decisions.len() >= limits::DECISIONS
    {
        return None;
    }
    procedure.competence(agency, &passage.id.checkpoint, view.now)?;
    let rule = procedure
        .auto_rules(agency)
        .find(|it| may_release(view, it))?;
    if is_drawn(passage.seed, &rule.rule, rule.recheck_per_mille) {
        return Some(Fact::RecheckSelected {
            agency,
            rule: rule.rule.clone(),
        });
    }
    Some(Fact::DecisionMade(DecisionMade {
        agency,
        decision: Decision::Release,
        answers: Vec::new(),
        reason: rule.reason.clone(),
        un9417: procedure
            .reason(agency, &rule.reason)
            .map_or(1, |it| it.un9417),
        by: DecidedBy::Rule {
            rule: rule.rule.clone(),
            edition: procedure.edition.clone(),
        },
    }))
}

fn may_release(view: View, rule: &AutoRelease) -> bool {
    let passage = view.passage;
    let done = rule
        .after
        .iter()
        .all(|it| !view.procedure.applies(*it) || passage.is_complete(*it));
    let online = rule.offline == OfflineUse::Allowed || passage.link == LinkState::Up;
    done && online && rule.conditions.iter().all(|it| holds(view, rule, *it))
}

fn holds(view: View, rule: &AutoRelease, condition: AutoCondition) -> bool {
    let View {
        passage, procedure, ..
    } = view;
    match condition {
        AutoCondition::NothingFound => !passage
            .findings
            .iter()
            .any(|it| it.finding.agency == rule.agency),
        AutoCondition::Notified => passage.notification.is_some(),
        AutoCondition::ImageClear => {
            imaging::deciding(&passage.images).is_some_and(|it| imaging::is_clear(it, procedure))
        }
        AutoCondition::MassAgrees => customs::mass_agrees(view),
        AutoCondition::LowRiskGoods => !goods::is_high_risk(passage, procedure),
        AutoCondition::NoFailSafe => {
            let fail_safe = |it: &StageState| matches!(it.how, Some(Completion::FailSafe { .. }));
            let own = rule.after.iter().filter_map(|it| passage.stages.get(it));
            !own.into_iter().any(fail_safe)
        }
    }
}

/// The random re-check, for anyone to repeat: the passage's seed and the rule's name settle it.
///
/// `h` is FNV-1a (64 bit) over the rule's UTF-8 bytes, `x = splitmix64(seed XOR h)`, and the rule's
/// release is re-checked by a person when `x mod 1000 < per_mille`.
pub fn is_drawn(seed: u64, rule: &str, per_mille: u32) -> bool {
    let hash = rule.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut x = (seed ^ hash).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    x % 1000 < u64::from(per_mille)
}

#[cfg(test)]
mod tests {
    use super::is_drawn;

    /// Golden: an auditor's own program must find the same.
    #[test]
    fn the_draw_never_changes() {
        let rule = "customs.image_clear_low_risk";
        let drawn: Vec<u64> = (0..100).filter(|seed| is_drawn(*seed, rule, 50)).collect();
        assert_eq!(drawn, GOLDEN);
        assert!((0..1000).all(|seed| !is_drawn(seed, rule, 0) && is_drawn(seed, rule, 1000)));
    }

    #[test]
    fn the_share_is_kept_and_rules_are_drawn_apart() {
        let share = |rule| {
            (0..100_000)
                .filter(|seed| is_drawn(*seed, rule, 50))
                .count()
        };
        assert!((4_700..5_300).contains(&share("customs.image_clear_low_risk")));
        let both = |seed: &u64| is_drawn(*seed, "a", 500) && is_drawn(*seed, "b", 500);
        assert!((24_000..26_000).contains(&(0..100_000).filter(both).count()));
    }

    const GOLDEN: [u64; 3] = [17, 45, 60];
}
