//! What a simulated officer makes of a case. Pure: the case as the centre's interface shows it in,
//! one step out. The truth about the truck is not here; a judgement can be wrong, as people's are.

use serde::Deserialize;
use serde_json::Value;

use crate::chance::Chance;

/// The part of `GET /api/cases/{passage}` an officer's judgement rests on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Case {
    pub row: Row,
    pub images: Vec<Image>,
    pub findings: Vec<FindingSeen>,
    pub orders: Vec<OrderSeen>,
    pub remarks: Vec<RemarkSeen>,
    pub compare: Vec<Compared>,
    pub reasons: Vec<Reason>,
    pub can: Can,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Row {
    pub passage: String,
    pub held: Option<Value>,
    /// Bodies whose decision is asked of me: my own, and those delegated to it.
    pub asked: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Image {
    pub reading: Value,
    pub have_bytes: u64,
    pub clear_from_bytes: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FindingSeen {
    pub id: u32,
    pub agency: String,
    pub rule: String,
    pub severity: String,
    pub answered: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrderSeen {
    pub order: OrderBody,
    pub outcome: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrderBody {
    pub kind: String,
    pub agency: String,
    pub about: Vec<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RemarkSeen {
    pub said: Said,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    pub k: String,
    pub answers: Vec<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Compared {
    pub name: String,
    pub sigma: Option<f64>,
    pub verdict: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    pub code: String,
    pub agency: String,
    pub decision: String,
    pub un9417: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Can {
    pub decide: bool,
    pub clear: bool,
    pub needs_second: bool,
}

/// One step of an officer.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Something ordered is still under way, or the image is not all there.
    Wait,
    Order {
        kind: &'static str,
        about: Vec<u32>,
    },
    /// What kind of alarm these findings of the portal were: a code of the eleven.
    Adjudicate {
        answers: Vec<u32>,
        code: u8,
    },
    Decide {
        verdict: Verdict,
        answers: Vec<u32>,
        reason: String,
    },
}

/// Adjudication "other false alarm": looked at again, and nothing there.
const FALSE_ALARM: u8 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Release,
    Hold,
    Inspect,
    Refuse,
}

impl Verdict {
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Release => "release",
            Verdict::Hold => "hold",
            Verdict::Inspect => "inspect",
            Verdict::Refuse => "refuse",
        }
    }
}

/// How the orders about a finding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cleared {
    NotTried,
    NothingFound,
    Found,
}

/// The next step of an officer of `agency`.
pub fn judge(case: &Case, agency: &str, chance: &mut Chance) -> Step {
    // Of my own body first; then of a body whose competence is delegated to mine: its findings
    // stand in the row that was drawn to me.
    let unanswered = |of: &str| -> Vec<&FindingSeen> {
        case.findings
            .iter()
            .filter(|it| it.agency == of && it.answered.is_none())
            .collect()
    };
    let asked = |of: &str| case.row.asked.is_empty() || case.row.asked.iter().any(|it| it == of);
    let delegated = case
        .row
        .asked
        .iter()
        .map(String::as_str)
        .find(|it| *it != agency);
    let agency = match delegated {
        Some(other)
            if unanswered(agency).is_empty()
                && (!asked(agency) || !unanswered(other).is_empty()) =>
        {
            other
        }
        _ => agency,
    };
    let open = unanswered(agency);
    let mine = |it: &&OrderSeen| it.order.agency == agency || it.order.agency.is_empty();
    if case
        .orders
        .iter()
        .filter(mine)
        .any(|it| it.outcome.is_none())
    {
        return Step::Wait;
    }
    let answers: Vec<u32> = open.iter().map(|it| it.id).collect();
    let decide = |verdict: Verdict, chance: &mut Chance| match reason(case, agency, verdict, chance)
    {
        Some(reason) => Step::Decide {
            verdict,
            answers: answers.clone(),
            reason,
        },
        None => Step::Wait,
    };

    // The gravest that is still open settles what happens; an order first where one can help.
    let mut wish = Verdict::Release;
    for finding in &open {
        let advice = advice(&finding.rule, &finding.severity);
        match cleared(case, agency, advice.order, finding.id) {
            Cleared::NotTried => {
                if let Some(kind) = advice.order {
                    let about = open
                        .iter()
                        .filter(|it| self::advice(&it.rule, &it.severity).order == Some(kind))
                        .map(|it| it.id)
                        .collect();
                    return Step::Order { kind, about };
                }
                wish = worse(wish, advice.without);
            }
            Cleared::NothingFound => {}
            Cleared::Found => {
                // Confirmed. Most are refused; some wait for a permit, a repair, another body.
                let refused = chance.happens(advice.refused_share);
                let confirmed = if refused {
                    Verdict::Refuse
                } else {
                    Verdict::Hold
                };
                // Whoever was held once and comes back has put it right.
                let again =
                    case.row.held.is_some() && confirmed == Verdict::Hold && !is_source(finding);
                wish = worse(wish, if again { Verdict::Release } else { confirmed });
            }
        }
    }
    let sources: Vec<&&FindingSeen> = open.iter().filter(|it| is_source(it)).collect();
    if case.row.held.is_some() && wish == Verdict::Hold {
        // Time puts a paper right, and never a source.
        wish = match sources.is_empty() {
            true => Verdict::Release,
            false => Verdict::Refuse,
        };
    }
    let unadjudicated = |it: &&&&FindingSeen| {
        let said = case.remarks.iter().filter(|it| it.said.k == "adjudicated");
        !said.flat_map(|it| &it.said.answers).any(|id| *id == it.id)
    };
    let missing: Vec<u32> = sources
        .iter()
        .filter(unadjudicated)
        .map(|it| it.id)
        .collect();
    if wish == Verdict::Release && !missing.is_empty() {
        return Step::Adjudicate {
            answers: missing,
            code: FALSE_ALARM,
        };
    }
    let reads_images = agency == "customs";
    if wish == Verdict::Release && reads_images && !case.images.is_empty() && !case.can.clear {
        return Step::Wait;
    }
    decide(wish, chance)
}

/// An alarm of the portal.
fn is_source(finding: &FindingSeen) -> bool {
    finding.rule.starts_with("radiation.") && finding.severity == "alarm"
}

/// What an officer does about a finding of this rule.
struct Advice {
    order: Option<&'static str>,
    /// Where nothing can be ordered.
    without: Verdict,
    /// Share refused once it is confirmed.
    refused_share: f64,
}

fn advice(rule: &str, severity: &str) -> Advice {
    let it = |order, without, refused_share| Advice {
        order,
        without,
        refused_share,
    };
    let what = rule.split_once('.').map_or(rule, |(_, what)| what);
    match what {
        "norm_consistent" | "notification_late" | "monitor_verification_overdue" => {
            it(None, Verdict::Release, 0.0)
        }
        "neutron_alarm" | "norm_inconsistent" => it(Some("handheld_check"), Verdict::Hold, 0.9),
        "gamma_alarm" | "second_opinion" => it(Some("second_pass"), Verdict::Hold, 0.6),
        "axle_overload"
        | "gross_overload"
        | "oversize"
        | "oversize_permit_missing"
        | "reweigh_advised" => it(Some("reweigh"), Verdict::Hold, 0.7),
        "declared_weight_disagrees" | "mass_disagrees" | "empty_but_declared" => {
            it(Some("inspect"), Verdict::Hold, 0.3)
        }
        "suspicious_region" | "loaded_but_declared_empty" => {
            it(Some("inspect"), Verdict::Hold, 0.9)
        }
        "unusable" => it(Some("reimage"), Verdict::Hold, 0.1),
        "wanted" => it(Some("inspect"), Verdict::Hold, 0.6),
        "plates_disagree" | "container_disagrees" | "plate_disagrees" => {
            it(Some("inspect"), Verdict::Hold, 0.8)
        }
        "missing"
        | "expired"
        | "disagree"
        | "fault"
        | "goods_unknown"
        | "certificate_required"
        | "notification_missing" => it(Some("present_document"), Verdict::Hold, 0.5),
        "device_unavailable" => it(Some("inspect"), Verdict::Hold, 0.2),
        _ if severity == "alarm" => it(Some("inspect"), Verdict::Hold, 0.6),
        _ => it(None, Verdict::Release, 0.2),
    }
}

/// What orders of this kind about this finding have brought so far.
fn cleared(case: &Case, agency: &str, kind: Option<&str>, finding: u32) -> Cleared {
    let Some(kind) = kind else {
        return Cleared::NotTried;
    };
    case.orders
        .iter()
        .filter(|it| it.order.agency == agency || it.order.agency.is_empty())
        .filter(|it| it.order.kind == kind)
        .filter_map(|it| it.outcome.as_ref().map(|outcome| (it, outcome)))
        .map(|(order, outcome)| {
            let about = order.order.about.contains(&finding);
            if outcome.get("found").is_some() {
                if about {
                    Cleared::Found
                } else {
                    Cleared::NotTried
                }
            } else if outcome.as_str() == Some("measured") {
                // The finding stands as a newer one when it was measured again: one that was
                // there before the order has been cleared up by it.
                if about {
                    Cleared::NothingFound
                } else {
                    Cleared::Found
                }
            } else if outcome.get("failed").is_some() {
                Cleared::Found
            } else if about {
                Cleared::NothingFound
            } else {
                Cleared::NotTried
            }
        })
        .max()
        .unwrap_or(Cleared::NotTried)
}

/// First letter of a body's reason codes.
fn letter(agency: &str) -> char {
    match agency {
        "transport_control" => 'T',
        "road_police" => 'P',
        "veterinary" => 'V',
        "phytosanitary" => 'F',
        "sanitary_quarantine" => 'S',
        _ => 'C',
    }
}

fn worse(one: Verdict, other: Verdict) -> Verdict {
    let rank = |it: Verdict| match it {
        Verdict::Release => 0,
        Verdict::Inspect => 1,
        Verdict::Hold => 2,
        Verdict::Refuse => 3,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// A reason code of the list the centre offers. The first of a decision is kept for rules
/// (`x-00`) where there are others.
fn reason(case: &Case, agency: &str, verdict: Verdict, chance: &mut Chance) -> Option<String> {
    let of_body = |it: &&Reason| it.agency == agency || it.code.starts_with(letter(agency));
    let fitting: Vec<&Reason> = case
        .reasons
        .iter()
        .filter(|it| it.decision == verdict.code())
        .filter(of_body)
        .collect();
    let by_people: Vec<&&Reason> = fitting
        .iter()
        .filter(|it| !it.code.ends_with("-00"))
        .collect();
    if by_people.is_empty() {
        return fitting.first().map(|it| it.code.clone());
    }
    Some(chance.one_of(&by_people).code.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(findings: Value, orders: Value, held: Value, clear: bool) -> Case {
        let reason =
            |code: &str, decision: &str| json!({"code": code, "decision": decision, "un9417": 1});
        serde_json::from_value(json!({
            "row": {"passage": "CN05-1", "held": held},
            "findings": findings, "orders": orders,
            "images": [{"reading": {}, "have_bytes": 1, "clear_from_bytes": 640_000}],
            "reasons": [reason("C-00", "release"), reason("C-01", "release"), reason("C-11", "hold"),
                reason("C-21", "inspect"), reason("C-31", "refuse")],
            "can": {"decide": true, "clear": clear, "needs_second": false},
        }))
        .unwrap()
    }

    fn finding(id: u32, rule: &str) -> Value {
        json!({"id": id, "agency": "customs", "rule": rule, "severity": "alarm", "answered": null})
    }

    fn step(case: &Case) -> Step {
        judge(case, "customs", &mut Chance::of(1, "judge", 0))
    }

    #[test]
    fn nothing_found_and_a_full_image_is_a_release() {
        let it = step(&case(json!([]), json!([]), Value::Null, true));
        let expected = Step::Decide {
            verdict: Verdict::Release,
            answers: vec![],
            reason: "C-01".into(),
        };
        assert_eq!(it, expected);
    }

    #[test]
    fn no_release_before_the_image_allows_it() {
        assert_eq!(
            step(&case(json!([]), json!([]), Value::Null, false)),
            Step::Wait
        );
    }

    #[test]
    fn an_alarm_is_ordered_about_first_and_waited_for() {
        let alarm = json!([
            finding(1, "radiation.gamma_alarm"),
            finding(2, "radiation.gamma_alarm")
        ]);
        let it = step(&case(alarm.clone(), json!([]), Value::Null, true));
        assert_eq!(
            it,
            Step::Order {
                kind: "second_pass",
                about: vec![1, 2]
            }
        );
        let under_way = json!([{"order": {"kind": "second_pass", "agency": "customs", "about": [1, 2]},
            "outcome": null}]);
        assert_eq!(step(&case(alarm, under_way, Value::Null, true)), Step::Wait);
    }

    #[test]
    fn what_was_found_is_refused_or_held_and_never_released() {
        let alarm = json!([finding(1, "imaging.suspicious_region")]);
        let done = json!([{"order": {"kind": "inspect", "agency": "customs", "about": [1]},
            "outcome": {"found": {"by": "o-1", "code": "undeclared_goods"}}}]);
        for seed in 0..50 {
            let case = case(alarm.clone(), done.clone(), Value::Null, true);
            match judge(&case, "customs", &mut Chance::of(seed, "judge", 0)) {
                Step::Decide {
                    verdict, answers, ..
                } => {
                    assert!(matches!(verdict, Verdict::Refuse | Verdict::Hold));
                    assert_eq!(answers, [1]);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn nothing_found_on_inspection_is_a_release_that_names_the_finding() {
        let alarm = json!([finding(4, "imaging.suspicious_region")]);
        let done = json!([{"order": {"kind": "inspect", "agency": "customs", "about": [4]},
            "outcome": {"nothing_found": {"by": "o-1"}}}]);
        let it = step(&case(alarm, done, Value::Null, true));
        assert!(
            matches!(&it, Step::Decide { verdict: Verdict::Release, answers, .. } if *answers == [4]),
            "{it:?}"
        );
    }

    #[test]
    fn a_cleared_source_is_adjudicated_before_it_is_released() {
        let alarm = json!([finding(1, "radiation.gamma_alarm")]);
        let done = json!([{"order": {"kind": "second_pass", "agency": "customs", "about": [1]},
            "outcome": "measured"}]);
        let mut it = case(alarm, done, Value::Null, true);
        let expected = Step::Adjudicate {
            answers: vec![1],
            code: FALSE_ALARM,
        };
        assert_eq!(step(&it), expected);
        let said = json!([{"said": {"k": "adjudicated", "answers": [1], "code": 8}}]);
        it.remarks = serde_json::from_value(said).unwrap();
        let released = |it| {
            matches!(
                it,
                Step::Decide {
                    verdict: Verdict::Release,
                    ..
                }
            )
        };
        assert!(released(step(&it)));
    }

    #[test]
    fn a_source_is_not_released_because_it_was_held_once() {
        let alarm = json!([
            finding(1, "radiation.gamma_alarm"),
            finding(2, "radiation.gamma_alarm")
        ]);
        let done = json!([{"order": {"kind": "second_pass", "agency": "customs", "about": [1]},
            "outcome": "measured"}]);
        let held = json!({"until": 1, "for_whom": "customs"});
        for seed in 0..50 {
            let it = case(alarm.clone(), done.clone(), held.clone(), true);
            let step = judge(&it, "customs", &mut Chance::of(seed, "judge", 0));
            let refused = matches!(
                step,
                Step::Decide {
                    verdict: Verdict::Refuse,
                    ..
                }
            );
            assert!(refused, "{step:?}");
        }
    }

    #[test]
    fn an_alarm_measured_again_is_not_ordered_about_for_ever() {
        let alarm = json!([
            finding(1, "radiation.gamma_alarm"),
            finding(2, "radiation.gamma_alarm")
        ]);
        let done = json!([{"order": {"kind": "second_pass", "agency": "customs", "about": [1]},
            "outcome": "measured"}]);
        assert!(matches!(
            step(&case(alarm, done, Value::Null, true)),
            Step::Decide {
                verdict: Verdict::Refuse | Verdict::Hold,
                ..
            }
        ));
    }

    #[test]
    fn another_bodys_findings_are_not_mine() {
        let other = json!([{"id": 1, "agency": "road_police", "rule": "entry.wanted",
            "severity": "alarm", "answered": null}]);
        assert!(matches!(
            step(&case(other, json!([]), Value::Null, true)),
            Step::Decide {
                verdict: Verdict::Release,
                ..
            }
        ));
    }

    #[test]
    fn a_delegated_bodys_findings_are_answered_with_its_reasons() {
        let case: Case = serde_json::from_value(json!({
            "row": {"passage": "CN05-6", "asked": ["transport_control"]},
            "findings": [{"id": 1, "agency": "transport_control", "rule": "x.unknown",
                "severity": "finding", "answered": null}],
            "reasons": [{"code": "C-01", "agency": "customs", "decision": "release"},
                {"code": "T-01", "agency": "transport_control", "decision": "release"}],
        }))
        .unwrap();
        let expected = Step::Decide {
            verdict: Verdict::Release,
            answers: vec![1],
            reason: "T-01".into(),
        };
        assert_eq!(
            judge(&case, "customs", &mut Chance::of(1, "judge", 0)),
            expected
        );
    }
}
