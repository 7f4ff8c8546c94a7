//! Facts, obligations and outcomes in a story's words.

use domain::fact::{Completion, DecidedBy, Decision, DecisionMade, Escalation, Fact, FindingId};
use domain::measure::{Attribution, WaitedFor};
use domain::obligation::Obligation;
use domain::outcome::{Merged, Outcome, WaitingFor};
use domain::release::Standing;
use domain::unit::UtcMs;

use super::START;

/// Hours and minutes of the story's day, which begins at 09:00; seconds where there are any.
pub fn clock(at: UtcMs) -> String {
    let seconds = at.since_ms(START).div_euclid(1000) + 9 * 3600;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut text = format!("{:02}:{:02}", rest / 3600, rest / 60 % 60);
    if rest % 60 != 0 {
        text += &format!(":{:02}", rest % 60);
    }
    if days != 0 {
        text += &format!(" ({days:+} days)");
    }
    text
}

fn span(ms: i64) -> String {
    format!("{}:{:02}", ms / 60_000, ms / 1000 % 60)
}

fn word<T: serde::Serialize>(it: &T) -> String {
    serde_json::to_value(it)
        .unwrap()
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn ids(ids: &[FindingId]) -> String {
    ids.iter()
        .map(|it| it.0.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Arrived {
            lane,
            direction,
            edition,
            ..
        } => {
            format!("arrived in {lane}, {}, under {edition}", word(direction))
        }
        Fact::StageStarted { stage } => format!("{stage} begins"),
        Fact::StageCompleted { stage, how } => match how {
            Completion::ByDevice => format!("{stage} complete"),
            Completion::ByHand { by } => format!("{stage} complete by hand of {by}"),
            Completion::FailSafe { rule } => format!("{stage} complete by fail-safe {rule}"),
        },
        Fact::StageUnavailable { stage, why } => format!("{stage} not possible: {why}"),
        Fact::StageNotRequired { stage } => format!("{stage} not required here"),
        Fact::PlateRead(it) => {
            let plate = it.plate.as_deref().unwrap_or("unread");
            format!("{} plate {plate}", word(&it.position))
        }
        Fact::ContainerRead(it) => format!("container {} ({})", it.code, word(&it.check_digit)),
        Fact::Identified(it) => {
            let mut text = format!("identified {}", it.tractor_plate.as_deref().unwrap_or("-"));
            if let Some(trailer) = &it.trailer_plate {
                text += &format!(" with trailer {trailer}");
            }
            if !it.containers.is_empty() {
                text += &format!(" with {}", it.containers.join(", "));
            }
            text
        }
        Fact::NotificationMatched { notification: it } => {
            let goods: Vec<_> = it
                .goods
                .iter()
                .map(|it| format!("{} {} kg", it.hs, it.gross_kg))
                .collect();
            format!("notice {} found: {}", it.id, goods.join(", "))
        }
        Fact::NotificationMissing => "no notice found".into(),
        Fact::NotificationUnfit(it) => {
            format!("notice {} is not for this: {:?}", it.notification, it.why)
        }
        Fact::WantedMatched { entry } => {
            format!("{} wants {}: {}", entry.agency, entry.plate, entry.reason)
        }
        Fact::RadiationMeasured(it) => {
            format!(
                "radiation measured: gamma {:.1} sigma, neutrons {}",
                it.gamma_max_sigma, it.neutron_max
            )
        }
        Fact::VehicleMeasured(it) => {
            format!(
                "vehicle measured: {} kg on {} axles",
                it.gross_kg,
                it.axles.len()
            )
        }
        Fact::ImageTaken(it) => match it.mass_kg {
            Some(mass_kg) => format!("image taken: {mass_kg} kg of cargo"),
            None => "image taken".into(),
        },
        Fact::DocumentRead(it) => format!(
            "document {} {}",
            word(&it.kind),
            it.number.as_deref().unwrap_or("")
        )
        .trim_end()
        .into(),
        Fact::FindingRaised(it) => {
            let values: Vec<String> = it
                .values
                .iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    (name, value) if name.ends_with("_at_ms") => {
                        format!(
                            "{} {}",
                            &name[..name.len() - 3],
                            clock(UtcMs(value.as_i64().unwrap()))
                        )
                    }
                    (name, serde_json::Value::String(text)) => format!("{name} {text}"),
                    (name, value) => format!("{name} {value}"),
                })
                .collect();
            let text = format!(
                "{} {} for {}: {}",
                word(&it.severity).to_uppercase(),
                it.id.0,
                it.agency,
                it.rule
            );
            match values.is_empty() {
                true => text,
                false => format!("{text} ({})", values.join(", ")),
            }
        }
        Fact::DecisionMade(it) => decision(it),
        Fact::OrderAccepted(it) => {
            format!("order {}: {} orders {}", it.id, it.agency, word(&it.kind))
        }
        Fact::OrderStarted { order } => format!("order {order} begins"),
        Fact::OrderCompleted { order, outcome } => {
            format!(
                "order {order} done: {}",
                serde_json::to_string(outcome).unwrap()
            )
        }
        Fact::RecheckSelected { agency, rule } => {
            format!("drawn for re-check: {agency}, instead of {rule}")
        }
        Fact::ExitPermitted(it) => {
            let bodies: Vec<_> = it.releases.iter().map(|it| it.code()).collect();
            format!(
                "EXIT PERMIT {} until {} on {}",
                it.number,
                clock(it.expires_at),
                bodies.join(", ")
            )
        }
        Fact::ExitPermitRevoked { permit, because } => {
            format!("EXIT PERMIT {permit} REVOKED because of {}", because.0)
        }
        Fact::ExitPermitExpired { permit } => format!("exit permit {permit} expired"),
        Fact::BarrierCommanded { permit } => format!("barrier commanded on permit {permit}"),
        Fact::BarrierOpened { permit } => format!("barrier open on permit {permit}"),
        Fact::BarrierOpenedUnpermitted { lane } => format!("BARRIER OF {lane} OPEN WITHOUT PERMIT"),
        Fact::BarrierClosed => "barrier closed".into(),
        Fact::BarrierFailed { permit, why } => format!("barrier failed on permit {permit}: {why}"),
        Fact::Departed => "departed".into(),
        Fact::BackedOut => "backed out".into(),
        Fact::MovedAside => "moved aside".into(),
        Fact::Escalated { what } => format!("escalated: {}", escalation(what)),
        Fact::EnteredByHand { by, what } => format!("{by} enters {what}"),
        Fact::ManualHandlingRequired { why } => format!("people take over: {why}"),
        Fact::LinkChanged { state } => format!("link {}", word(state)),
        Fact::Disregarded { input, reason } => format!("{input} disregarded: {reason}"),
        other => format!("{other:?}"),
    }
}

fn decision(it: &DecisionMade) -> String {
    let about = if it.answers.is_empty() {
        String::new()
    } else {
        format!(" {}", ids(&it.answers))
    };
    let what = match &it.decision {
        Decision::Release => "releases".to_owned(),
        Decision::Inspect => "inspects".to_owned(),
        Decision::Refuse => "REFUSES".to_owned(),
        Decision::Hold { .. } => "holds".to_owned(),
    };
    let until = match &it.decision {
        Decision::Hold { until, for_whom } => format!(" until {} for {for_whom}", clock(*until)),
        _ => String::new(),
    };
    format!(
        "{} {what}{about}{until} ({}, code {}) by {}",
        it.agency,
        it.reason,
        it.un9417,
        by(&it.by)
    )
}

fn by(by: &DecidedBy) -> String {
    match by {
        DecidedBy::Officer {
            officer,
            second: None,
        } => officer.to_string(),
        DecidedBy::Officer {
            officer,
            second: Some(second),
        } => format!("{officer} and {second}"),
        DecidedBy::Rule { rule, .. } => format!("rule {rule}"),
        DecidedBy::Lane { first, second } => format!("{first} and {second} at the lane"),
    }
}

fn escalation(what: &Escalation) -> String {
    match what {
        Escalation::DecisionOverdue { agency } => format!("decision of {agency} overdue"),
        Escalation::HoldOver { agency } => format!("hold of {agency} is over"),
        Escalation::OrderOverdue { order } => format!("order {order} overdue"),
        Escalation::StageOverdue { stage } => format!("{stage} overdue"),
        Escalation::BarrierUnpermitted => "barrier without permit".into(),
        Escalation::DepartedUnpermitted => "gone without permit".into(),
    }
}

pub fn obligation(it: &Obligation) -> String {
    match it {
        Obligation::Perform { stage } => format!("perform {stage}"),
        Obligation::MatchIdentity => "look up the vehicle".into(),
        Obligation::AskDecision {
            agency,
            findings,
            due_at,
        } if findings.is_empty() => {
            format!("ask {agency} to release by {}", clock(*due_at))
        }
        Obligation::AskDecision {
            agency,
            findings,
            due_at,
        } => {
            format!("ask {agency} about {} by {}", ids(findings), clock(*due_at))
        }
        Obligation::AwaitRelease {
            agency,
            until,
            for_whom,
        } => {
            format!(
                "{agency} comes back by {}, waits for {for_whom}",
                clock(*until)
            )
        }
        Obligation::PerformOrder {
            order,
            kind,
            due_at,
        } => {
            format!("carry out {} ({order}) by {}", word(kind), clock(*due_at))
        }
        Obligation::OpenBarrier { permit } => format!("open the barrier on permit {permit}"),
        Obligation::TurnBack => "turn the vehicle back".into(),
        Obligation::Escalate { what } => format!("escalate: {}", escalation(what)),
    }
}

pub fn outcome(it: &Outcome) -> String {
    let merged = match &it.merged {
        Merged::NotArrived => "not arrived".into(),
        Merged::InProgress => "in progress".into(),
        Merged::Held => "held".into(),
        Merged::Inspecting => "inspecting".into(),
        Merged::Refused => "REFUSED".into(),
        Merged::Permitted { permit, expires_at } => {
            format!("permitted ({permit}) until {}", clock(*expires_at))
        }
        Merged::Departed { at, .. } => format!("departed at {}", clock(*at)),
        Merged::BackedOut { at } => format!("backed out at {}", clock(*at)),
        Merged::ManualHandling { why } => format!("in people's hands: {why}"),
    };
    let mut text = format!("    = {merged}\n");
    for it in &it.agencies {
        let standing = match &it.standing {
            Standing::NotConcerned => continue,
            Standing::AwaitingStages { stages } => {
                let stages: Vec<_> = stages.iter().map(|it| it.code()).collect();
                format!("waits for {}", stages.join(", "))
            }
            Standing::AwaitingDecision { findings, due_at } => {
                format!(
                    "owes a decision about [{}] by {}",
                    ids(findings),
                    clock(*due_at)
                )
            }
            Standing::Released { by: who, .. } => format!("released by {}", by(who)),
            Standing::Held { until, for_whom } => {
                format!("holds until {} for {for_whom}", clock(*until))
            }
            Standing::Inspecting { orders } => format!("inspects, {} orders out", orders.len()),
            Standing::Refused { reason, .. } => format!("refused ({reason})"),
        };
        let through = match it.decided_by {
            Some(other) if other != it.agency => format!(" (through {other})"),
            None => " (nobody is competent)".into(),
            _ => String::new(),
        };
        text += &format!("    = {}{through} {standing}\n", it.agency);
    }
    for it in &it.waiting_for {
        text += &format!("    = waits for {}\n", waiting(it));
    }
    text
}

fn waiting(it: &WaitingFor) -> String {
    match it {
        WaitingFor::Agency {
            agency, decided_by, ..
        } if agency != decided_by => {
            format!("{agency}, decided by {decided_by}")
        }
        WaitingFor::Agency { agency, .. } => agency.to_string(),
        WaitingFor::Hold {
            agency, for_whom, ..
        } => format!("{for_whom}, held by {agency}"),
        WaitingFor::Device { stage } => format!("the device of {stage}"),
        WaitingFor::Hands { stage } => format!("people to do {stage}"),
        WaitingFor::Driver { .. } => "the driver".into(),
        WaitingFor::Lane { kind, agency, .. } => {
            format!("the lane to do {} for {agency}", word(kind))
        }
        WaitingFor::Link { agency, .. } => format!("the link to {agency}"),
        WaitingFor::Barrier { .. } => "the barrier".into(),
        WaitingFor::TurnBack => "turning back".into(),
        WaitingFor::Leaving => "driving out".into(),
    }
}

pub fn times(it: &Attribution) -> String {
    let totals = &it.totals;
    let mut text = format!(
        "    = {} in all: clear control {}, documents {}, technological {}\n",
        span(totals.whole_ms),
        span(totals.clear_control_ms),
        span(totals.documents_ms),
        span(totals.technological_ms)
    );
    for it in &totals.waited_for {
        let whom = match it.waited_for {
            WaitedFor::Device { stage } => format!("device of {stage}"),
            WaitedFor::Machine { stage } => format!("{stage}, whose device is down"),
            WaitedFor::Officer { agency } => format!("officer of {agency}"),
            WaitedFor::Seat { agency } => format!("free seat of {agency}"),
            WaitedFor::Hold { for_whom } => format!("hold for {for_whom}"),
            WaitedFor::Link => "link".into(),
            WaitedFor::Lane { kind } => format!("lane: {}", word(&kind)),
            WaitedFor::Driver => "driver".into(),
            WaitedFor::Barrier => "barrier".into(),
        };
        text += &format!("    = {} {whom}\n", span(it.ms));
    }
    text
}
