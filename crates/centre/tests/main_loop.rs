//! The pure loop: who gets a case, when it is drawn again, what may be decided. Time and records
//! are arguments; nothing sleeps.

mod made;

use std::sync::Arc;

use centre::checkpoints;
use centre::draw;
use centre::main_loop::{Action, Answer, Deciding, Event, Grown, Ticket, Want, step};
use centre::problem::Code;
use centre::state::{OwnLedger, Seen, Settings, State};
use centre::watch::{self, AlarmKey};
use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, Draw, Fact, FindingId, OrderKind, RecallReason, Severity, SilenceReason,
};
use domain::input::Input;
use domain::line::Keeps;
use domain::remark::{self, Remark, Said, Secondary};
use domain::unit::{BlobHash, CheckpointId, OfficerId, PassageId, UtcMs};
use made::Truck;

const START: UtcMs = UtcMs(1_780_000_000_000);
const MINUTE: i64 = 60_000;

/// The loop with its shell replaced by a list: what it records comes back at once.
struct Bench {
    state: State,
    now: UtcMs,
    /// Every fact recorded, with the ledger it went to.
    recorded: Vec<(OwnLedger, Fact)>,
    copied: u64,
    tickets: u64,
}

impl Bench {
    fn new() -> Bench {
        let text = std::fs::read_to_string(made::procedures().join("checkpoints.toml")).unwrap();
        let settings = Settings {
            checkpoints: checkpoints::parse(&text).unwrap(),
            procedures: made::editions(),
            open_within_ms: 10 * MINUTE,
        };
        let state = State::new(Arc::new(settings));
        Bench {
            state,
            now: START,
            recorded: Vec::new(),
            copied: 0,
            tickets: 0,
        }
    }

    fn send(&mut self, event: Event) -> Option<Result<Answer, Code>> {
        let mut events = vec![event];
        let mut answered = None;
        while let Some(event) = events.pop() {
            for action in step(&mut self.state, event, self.now) {
                match action {
                    Action::Publish(_) => (),
                    Action::Answer { answer, .. } => answered = Some(answer.map_err(|it| it.code)),
                    Action::Record {
                        ledger,
                        facts,
                        at,
                        answers,
                    } => {
                        let (epoch, from) = self.state.next.get(&ledger).copied().unwrap_or((1, 0));
                        let count = facts.len() as u64;
                        let records = facts.into_iter().enumerate().map(|(n, (passage, fact))| {
                            self.recorded.push((ledger.clone(), fact.clone()));
                            Seen {
                                origin: ledger.origin().into(),
                                epoch,
                                sequence: from + n as u64,
                                at,
                                passage,
                                fact,
                            }
                        });
                        let records = records.collect();
                        let grown_by = Grown::Own {
                            ledger,
                            epoch,
                            next: from + count,
                        };
                        events.push(Event::Grown { records, grown_by });
                        if let Some((_, answer)) = answers {
                            answered = Some(Ok(answer));
                        }
                    }
                }
            }
        }
        answered
    }

    fn copy(&mut self, passage: &PassageId, facts: Vec<(UtcMs, Fact)>) {
        self.copy_of(Some(passage), facts);
    }

    fn copy_of(&mut self, passage: Option<&PassageId>, facts: Vec<(UtcMs, Fact)>) {
        let records: Vec<Seen> = facts
            .into_iter()
            .map(|(at, fact)| {
                self.copied += 1;
                Seen {
                    origin: "CN05".into(),
                    epoch: 1,
                    sequence: self.copied - 1,
                    at,
                    passage: passage.cloned(),
                    fact,
                }
            })
            .collect();
        self.now = records.last().map_or(self.now, |it| self.now.max(it.at));
        let root = format!("root{}", self.copied);
        let grown_by = Grown::Copy {
            checkpoint: CheckpointId::new("CN05"),
            root,
        };
        self.send(Event::Grown { records, grown_by });
    }

    fn want(&mut self, want: Want) -> Result<Answer, Code> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.send(Event::Wants {
            ticket,
            want: Box::new(want),
        })
        .expect("every want is answered")
    }

    fn sit(&mut self, names: &[&str], agency: Agency) {
        for name in names {
            let officer = OfficerId::new(*name);
            self.want(Want::SitDown {
                officer,
                agency,
                seat: "s".to_owned(),
            })
            .unwrap();
        }
    }

    fn later(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.send(Event::Tick);
    }

    fn draws(&self, agency: Agency) -> Vec<Draw> {
        let all = self.recorded.iter().filter_map(|(_, it)| match it {
            Fact::CaseDrawn(draw) if draw.agency == agency => Some(draw.clone()),
            _ => None,
        });
        all.collect()
    }

    fn holder(&self, truck: &Truck, agency: Agency) -> OfficerId {
        self.state.dealt[&(truck.passage.id.clone(), agency)]
            .holder
            .clone()
            .unwrap()
    }
}

/// A truck with a gamma alarm for customs.
fn alarm(bench: &mut Bench) -> Truck {
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
    bench.copy(&truck.passage.id.clone(), facts);
    truck
}

fn open(truck: &Truck, agency: Agency) -> Vec<FindingId> {
    domain::release::open_findings(&truck.passage, agency)
}

fn release(truck: &Truck, officer: OfficerId) -> Deciding {
    Deciding {
        passage: truck.passage.id.clone(),
        officer,
        body: Agency::Customs,
        decision: Decision::Release,
        answers: open(truck, Agency::Customs),
        reason: "C-01".to_owned(),
        second: Some((OfficerId::new("o-77"), Agency::RoadPolice)),
    }
}

/// The officer who has the case says what kind of alarm it was.
fn adjudicate(bench: &mut Bench, truck: &Truck, officer: &OfficerId) {
    let of_portal = |id: &FindingId| {
        let found = truck.passage.finding(*id).unwrap();
        found.finding.stage == domain::stage::Stage::Radiation
    };
    let open = open(truck, Agency::Customs).into_iter();
    let said = Said::Adjudicated {
        answers: open.filter(of_portal).collect(),
        code: remark::Code::OtherFalse,
        isotopes: Vec::new(),
        secondary: Secondary::None,
        passes: 1,
    };
    let remark = Remark {
        passage: truck.passage.id.clone(),
        agency: Agency::Customs,
        by: officer.clone(),
        said,
    };
    bench.want(Want::Remark(remark)).unwrap();
}

#[test]
fn a_case_waits_for_a_seat_and_is_drawn_once_somebody_sits_down() {
    let mut bench = Bench::new();
    let truck = alarm(&mut bench);
    assert!(bench.draws(Agency::Customs).is_empty());
    let dossier = &bench.state.dossiers[&truck.passage.id];
    assert!(
        bench
            .state
            .asked(dossier, bench.now)
            .iter()
            .any(|it| it.agency == Agency::Customs)
    );
    bench.sit(&["o-2"], Agency::Veterinary);
    bench.later(1_000);
    assert!(
        bench.draws(Agency::Customs).is_empty(),
        "nobody of customs is there"
    );
    bench.sit(&["o-1"], Agency::Customs);
    bench.later(1_000);
    let draws = bench.draws(Agency::Customs);
    assert_eq!(draws.len(), 1);
    assert_eq!(draws[0].officer, OfficerId::new("o-1"));
    bench.later(1_000);
    assert_eq!(bench.draws(Agency::Customs).len(), 1, "drawn once");
}

#[test]
fn every_draw_can_be_recomputed_and_names_the_root_that_held_the_finding() {
    let mut bench = Bench::new();
    bench.sit(&["o-3", "o-1", "o-2"], Agency::Customs);
    let truck = alarm(&mut bench);
    let draws = bench.draws(Agency::Customs);
    assert_eq!(draws.len(), 1);
    let it = &draws[0];
    assert_eq!(it.roster, ["o-1", "o-2", "o-3"].map(OfficerId::new));
    assert_eq!(draw::recompute(it), Some(&it.officer));
    let root = format!("root{}", bench.copied);
    assert_eq!(it.seed, format!("{root}|{}|customs|0", truck.passage.id));
}

#[test]
fn nobody_opens_it_so_it_is_drawn_among_the_others() {
    let mut bench = Bench::new();
    bench.sit(&["o-1", "o-2"], Agency::Customs);
    let truck = alarm(&mut bench);
    let first = bench.holder(&truck, Agency::Customs);
    bench.later(9 * MINUTE);
    assert_eq!(bench.draws(Agency::Customs).len(), 1);
    bench.later(2 * MINUTE);
    let draws = bench.draws(Agency::Customs);
    assert_eq!(draws.len(), 2);
    assert_eq!(draws[1].round, 1);
    assert_ne!(draws[1].officer, first);
    // The second lets it lie too: nobody is left, so it stays where it is.
    bench.later(60 * MINUTE);
    assert_eq!(bench.draws(Agency::Customs).len(), 2);
}

#[test]
fn a_supervisor_has_an_overdue_case_drawn_again_once_and_never_chooses_whom() {
    let mut bench = Bench::new();
    bench.sit(&["o-1", "o-2", "o-3"], Agency::Customs);
    let truck = alarm(&mut bench);
    let passage = truck.passage.id.clone();
    let body = Agency::Customs;
    let first = bench.holder(&truck, body);
    bench
        .want(Want::Open {
            passage: passage.clone(),
            officer: first.clone(),
            body,
        })
        .unwrap();
    let recall = |body| Want::Recall {
        passage: passage.clone(),
        body,
        by: OfficerId::new("supervisor"),
        reason: RecallReason::OfficerAway,
    };
    assert_eq!(bench.want(recall(body)), Err(Code::CaseNotOverdue));
    let other = recall(Agency::Veterinary);
    assert_eq!(bench.want(other), Err(Code::DecisionNotAsked));
    // Nobody has opened it for longer than a draw lies: it is opened, so it stays.
    bench.later(24 * 60 * MINUTE);
    assert_eq!(bench.holder(&truck, body), first);
    bench.want(recall(body)).unwrap();
    let draws = bench.draws(body);
    let last = draws.last().unwrap();
    assert_eq!(draws.len(), 2);
    assert_eq!(last.round, 1);
    assert!(!last.roster.contains(&first), "{:?}", last.roster);
    assert_eq!(draw::recompute(last), Some(&last.officer));
    // The head is the first finding's still: a supervisor cannot wait for a better one.
    let head = |it: &Draw| it.seed.split('|').next().unwrap().to_owned();
    assert_eq!(head(&draws[0]), head(last));
    assert_eq!(bench.want(recall(body)), Err(Code::CaseRedrawn));
    let said = release(&truck, first);
    assert_eq!(
        bench.want(Want::Decide(said)),
        Err(Code::DecisionNotYours),
        "it was taken from them"
    );
}

#[test]
fn nobody_else_on_duty_is_no_redraw() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let truck = alarm(&mut bench);
    bench.later(24 * 60 * MINUTE);
    let recall = Want::Recall {
        passage: truck.passage.id.clone(),
        body: Agency::Customs,
        by: OfficerId::new("supervisor"),
        reason: RecallReason::Overload,
    };
    assert_eq!(bench.want(recall), Err(Code::CaseNobodyElse));
}

#[test]
fn an_alarm_is_silenced_once_and_stays_until_it_is_answered() {
    let mut bench = Bench::new();
    let truck = alarm(&mut bench);
    let raised = truck.passage.findings.iter();
    let mut raised = raised.filter(|it| it.finding.severity == Severity::Alarm);
    let it = raised.next_back().unwrap();
    let key = AlarmKey {
        checkpoint: CheckpointId::new("CN05"),
        passage: Some(truck.passage.id.clone()),
        what: it.finding.rule.clone(),
        raised_at: it.raised_at,
    };
    let silence = |key: &AlarmKey, by: &str| Want::Silence {
        key: key.clone(),
        by: OfficerId::new(by),
        reason: SilenceReason::InHand,
        second: None,
    };
    let other = AlarmKey {
        what: "radiation.neutron_alarm".to_owned(),
        ..key.clone()
    };
    assert_eq!(bench.want(silence(&other, "o-1")), Err(Code::AlarmUnknown));
    bench.want(silence(&key, "o-1")).unwrap();
    let recorded = bench.recorded.len();
    bench.want(silence(&key, "o-2")).unwrap();
    assert_eq!(bench.recorded.len(), recorded, "said once");
    assert_eq!(bench.state.silenced[&key].by, OfficerId::new("o-1"));
    let dossier = &bench.state.dossiers[&truck.passage.id];
    assert_eq!(watch::open_alarms(dossier).count(), 1);
}

#[test]
fn the_alarm_of_a_filling_disk_is_silenced_for_its_step_only() {
    let mut bench = Bench::new();
    let keeps = |keeps, used_percent| {
        let fact = Fact::KeepingChanged {
            keeps,
            used_percent,
        };
        vec![(START, fact)]
    };
    bench.copy_of(None, keeps(Keeps::PreviewsOnly, 91));
    let key = |what: &str| AlarmKey {
        checkpoint: CheckpointId::new("CN05"),
        passage: None,
        what: what.to_owned(),
        raised_at: START,
    };
    let silence = |what| Want::Silence {
        key: key(what),
        by: OfficerId::new("supervisor"),
        reason: SilenceReason::KnownFault,
        second: None,
    };
    let (previews, rest) = ("disk_previews_only", "disk_no_rest");
    assert_eq!(bench.want(silence(rest)), Err(Code::AlarmUnknown));
    bench.want(silence(previews)).unwrap();
    bench.copy_of(None, keeps(Keeps::NoRest, 96));
    assert_eq!(bench.want(silence(previews)), Err(Code::AlarmUnknown));
    assert!(!bench.state.silenced.contains_key(&key(rest)), "a new one");
}

#[test]
fn a_refusal_takes_a_second_person() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let truck = alarm(&mut bench);
    let refuse = |second: Option<(&str, Agency)>| {
        Want::Decide(Deciding {
            decision: Decision::Refuse,
            reason: "C-31".to_owned(),
            second: second.map(|(name, body)| (OfficerId::new(name), body)),
            ..release(&truck, OfficerId::new("o-1"))
        })
    };
    assert_eq!(bench.want(refuse(None)), Err(Code::DecisionNeedsSecond));
    let own = Some(("o-2", Agency::Customs));
    assert_eq!(bench.want(refuse(own)), Err(Code::DecisionSecondWrong));
    let other = Some(("o-9", Agency::RoadPolice));
    bench.want(refuse(other)).unwrap();
}

#[test]
fn an_opened_case_stays_with_its_officer_until_they_leave_or_return_it() {
    let mut bench = Bench::new();
    bench.sit(&["o-1", "o-2", "o-3"], Agency::Customs);
    let truck = alarm(&mut bench);
    let passage = truck.passage.id.clone();
    let body = Agency::Customs;
    let first = bench.holder(&truck, body);
    let others = ["o-1", "o-2", "o-3"].map(OfficerId::new);
    let other = others.iter().find(|it| **it != first).unwrap().clone();
    let opens = |officer| Want::Open {
        passage: passage.clone(),
        officer,
        body,
    };
    assert_eq!(bench.want(opens(other)), Err(Code::CaseNotYours));
    bench.want(opens(first.clone())).unwrap();
    bench.later(60 * MINUTE);
    assert_eq!(bench.draws(body).len(), 1);
    let reason = "friend of mine".to_owned();
    bench
        .want(Want::Return {
            passage,
            officer: first.clone(),
            body,
            reason,
        })
        .unwrap();
    let second = bench.holder(&truck, body);
    assert_ne!(second, first);
    bench
        .want(Want::Leave {
            officer: second.clone(),
        })
        .unwrap();
    bench.later(1_000);
    let draws = bench.draws(body);
    assert_eq!(draws.len(), 3);
    assert!(!draws[2].roster.contains(&second) && !draws[2].roster.contains(&first));
}

#[test]
fn a_decision_is_recorded_for_its_checkpoint_and_only_once() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let mut truck = alarm(&mut bench);
    let officer = bench.holder(&truck, Agency::Customs);
    let deciding = release(&truck, officer.clone());
    assert_eq!(
        bench.want(Want::Decide(deciding.clone())),
        Err(Code::DecisionNotAdjudicated)
    );
    adjudicate(&mut bench, &truck, &officer);
    let alone = Deciding {
        second: None,
        ..deciding.clone()
    };
    assert_eq!(
        bench.want(Want::Decide(alone)),
        Err(Code::DecisionNeedsSecond)
    );
    let of_a_rule = Deciding {
        reason: "C-00".to_owned(),
        ..deciding.clone()
    };
    assert_eq!(
        bench.want(Want::Decide(of_a_rule)),
        Err(Code::DecisionReasonOfRule)
    );
    assert_eq!(
        bench.want(Want::Decide(deciding.clone())),
        Ok(Answer::Recorded(None))
    );
    let (ledger, fact) = bench.recorded.last().unwrap().clone();
    assert_eq!(ledger, OwnLedger::Post(CheckpointId::new("CN05")));
    let Fact::DecisionGiven { decision, .. } = fact else {
        panic!("{fact:?}")
    };
    assert_eq!(decision.un9417, 1);
    assert_eq!(
        bench.want(Want::Decide(deciding)),
        Err(Code::DecisionNotAsked),
        "on its way"
    );
    // The checkpoint takes it in and records its own conclusion.
    let facts = truck.says(Input::Decision(decision));
    assert!(
        facts
            .iter()
            .any(|(_, it)| matches!(it, Fact::DecisionMade(_))),
        "{facts:?}"
    );
    bench.copy(&truck.passage.id.clone(), facts);
    let dossier = &bench.state.dossiers[&truck.passage.id];
    let asked = bench.state.asked(dossier, bench.now);
    assert!(
        asked.iter().all(|it| it.agency != Agency::Customs),
        "{asked:?}"
    );
}

#[test]
fn a_finding_raised_meanwhile_makes_a_decision_stale() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let mut truck = alarm(&mut bench);
    let deciding = release(&truck, bench.holder(&truck, Agency::Customs));
    let before = deciding.answers.len();
    let facts = truck.says(Input::Radiation(made::occupancy(3.0, 50, None)));
    bench.copy(&truck.passage.id.clone(), facts);
    assert!(
        open(&truck, Agency::Customs).len() > before,
        "{:?}",
        truck.passage.findings
    );
    assert_eq!(bench.want(Want::Decide(deciding)), Err(Code::DecisionStale));
    let unknown = Deciding {
        answers: vec![
            FindingId(1),
            FindingId(2),
            FindingId(3),
            FindingId(4),
            FindingId(99),
        ],
        ..release(&truck, OfficerId::new("o-1"))
    };
    assert_eq!(bench.want(Want::Decide(unknown)), Err(Code::DecisionStale));
}

#[test]
fn wrong_decisions_are_refused_by_name() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    bench.sit(&["o-9"], Agency::Veterinary);
    let truck = alarm(&mut bench);
    let right = release(&truck, OfficerId::new("o-1"));
    let mut refused = |it: Deciding| bench.want(Want::Decide(it)).unwrap_err();
    let of = |reason: &str| Deciding {
        reason: reason.to_owned(),
        ..right.clone()
    };
    assert_eq!(
        refused(of("C-11")),
        Code::DecisionReasonUnknown,
        "a reason to hold"
    );
    assert_eq!(
        refused(of("V-01")),
        Code::DecisionReasonUnknown,
        "another body's reason"
    );
    assert_eq!(refused(of("nonsense")), Code::DecisionReasonUnknown);
    let other = Deciding {
        officer: OfficerId::new("o-8"),
        ..right.clone()
    };
    assert_eq!(refused(other), Code::DutyNotSeated);
    let other = Deciding {
        officer: OfficerId::new("o-9"),
        body: Agency::Veterinary,
        reason: "V-01".to_owned(),
        ..right.clone()
    };
    assert_eq!(refused(other), Code::DecisionNotYours);
    let hold = |until| Deciding {
        decision: Decision::Hold {
            until,
            for_whom: Agency::Customs,
        },
        ..of("C-11")
    };
    assert_eq!(refused(hold(START)), Code::DecisionHoldSpan, "in the past");
    assert_eq!(
        refused(hold(START.plus_ms(9_000 * MINUTE))),
        Code::DecisionHoldSpan,
        "too long"
    );
    let gone = PassageId {
        number: 77,
        ..right.passage.clone()
    };
    assert_eq!(
        refused(Deciding {
            passage: gone,
            ..right.clone()
        }),
        Code::CaseUnknown
    );
    let by = right.officer.clone();
    adjudicate(&mut bench, &truck, &by);
    bench.want(Want::Decide(right)).unwrap();
}

#[test]
fn a_neutron_alarm_takes_a_second_person_of_another_body() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(3.0, 50, None))));
    bench.copy(&truck.passage.id.clone(), facts);
    adjudicate(&mut bench, &truck, &OfficerId::new("o-1"));
    let alone = Deciding {
        second: None,
        ..release(&truck, OfficerId::new("o-1"))
    };
    assert_eq!(
        bench.want(Want::Decide(alone.clone())),
        Err(Code::DecisionNeedsSecond)
    );
    let with = |officer: &str, body| Deciding {
        second: Some((OfficerId::new(officer), body)),
        ..alone.clone()
    };
    let own_body = bench.want(Want::Decide(with("o-2", Agency::Customs)));
    assert_eq!(own_body, Err(Code::DecisionSecondWrong));
    let oneself = bench.want(Want::Decide(with("o-1", Agency::RoadPolice)));
    assert_eq!(oneself, Err(Code::DecisionSecondWrong));
    bench
        .want(Want::Decide(with("o-7", Agency::RoadPolice)))
        .unwrap();
    let Some((_, Fact::DecisionGiven { decision, .. })) = bench.recorded.last() else {
        panic!()
    };
    let by = DecidedBy::Officer {
        officer: OfficerId::new("o-1"),
        second: Some(OfficerId::new("o-7")),
    };
    assert_eq!(decision.by, by);
}

#[test]
fn an_image_is_released_only_from_the_layer_the_procedure_names() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let mut truck = alarm(&mut bench);
    let hash = BlobHash([7; 32]);
    let image = made::radiograph(hash, 2_990_000, Vec::new());
    let facts = truck.says(Input::Image(image));
    bench.copy(&truck.passage.id.clone(), facts);
    let deciding = release(&truck, OfficerId::new("o-1"));
    assert_eq!(
        bench.want(Want::Decide(deciding.clone())),
        Err(Code::DecisionImageNotEnough)
    );
    let total = 2_990_000;
    let enough = truck.procedure.image.clear_from_bytes;
    bench.send(Event::Blob {
        hash,
        have: enough - 1,
        total,
    });
    assert_eq!(
        bench.want(Want::Decide(deciding.clone())),
        Err(Code::DecisionImageNotEnough)
    );
    // Holding is possible whatever has arrived.
    let until = bench.now.plus_ms(20 * MINUTE);
    let hold = Deciding {
        decision: Decision::Hold {
            until,
            for_whom: Agency::Customs,
        },
        reason: "C-11".to_owned(),
        ..deciding.clone()
    };
    assert!(centre::main_loop::decide(&bench.state, &hold, bench.now).is_ok());
    bench.send(Event::Blob {
        hash,
        have: enough,
        total,
    });
    adjudicate(&mut bench, &truck, &OfficerId::new("o-1"));
    bench.want(Want::Decide(deciding)).unwrap();
}

#[test]
fn a_hold_stays_with_its_officer_and_comes_back() {
    let mut bench = Bench::new();
    bench.sit(&["o-1", "o-2", "o-3"], Agency::Customs);
    let mut truck = alarm(&mut bench);
    let officer = bench.holder(&truck, Agency::Customs);
    let until = bench.now.plus_ms(20 * MINUTE);
    let hold = Deciding {
        decision: Decision::Hold {
            until,
            for_whom: Agency::Customs,
        },
        reason: "C-11".to_owned(),
        ..release(&truck, officer.clone())
    };
    bench.want(Want::Decide(hold)).unwrap();
    let Some((_, Fact::DecisionGiven { decision, .. })) = bench.recorded.last().cloned() else {
        panic!()
    };
    let facts = truck.says(Input::Decision(decision));
    bench.copy(&truck.passage.id.clone(), facts);
    bench.later(60 * MINUTE);
    let dossier = &bench.state.dossiers[&truck.passage.id];
    let asked = bench.state.asked(dossier, bench.now);
    let customs = asked
        .iter()
        .find(|it| it.agency == Agency::Customs)
        .unwrap();
    assert_eq!(customs.held, None, "it is over");
    assert_eq!(customs.due_at, until);
    assert_eq!(
        bench.draws(Agency::Customs).len(),
        1,
        "the same officer comes back to it"
    );
    assert_eq!(bench.holder(&truck, Agency::Customs), officer);
}

#[test]
fn inspect_is_an_order_too_and_a_release_waits_for_its_result() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let mut truck = alarm(&mut bench);
    let inspect = Deciding {
        decision: Decision::Inspect,
        reason: "C-21".to_owned(),
        ..release(&truck, OfficerId::new("o-1"))
    };
    bench.want(Want::Decide(inspect)).unwrap();
    let Some((_, Fact::DecisionGiven { decision, .. })) = bench.recorded.last().cloned() else {
        panic!("{:?}", bench.recorded.last())
    };
    let given = |(_, it): &&(OwnLedger, Fact)| matches!(it, Fact::OrderGiven(_));
    assert_eq!(bench.recorded.iter().filter(given).count(), 0);
    // The checkpoint gives the order to itself: one, and a release waits for it alone.
    let about = open(&truck, Agency::Customs);
    truck.says(Input::Decision(decision));
    let [order] = truck.passage.orders.as_slice() else {
        panic!("{:?}", truck.passage.orders)
    };
    assert_eq!(order.order.kind, OrderKind::Inspect);
    assert_eq!(order.order.about, about);
}

#[test]
fn an_order_names_the_record_it_stands_in_and_only_own_findings() {
    let mut bench = Bench::new();
    bench.sit(&["o-1"], Agency::Customs);
    let truck = alarm(&mut bench);
    let order = |about| Want::Order {
        passage: truck.passage.id.clone(),
        officer: OfficerId::new("o-1"),
        body: Agency::Customs,
        kind: OrderKind::SecondPass,
        about,
    };
    assert_eq!(
        bench.want(order(vec![FindingId(99)])),
        Err(Code::OrderNotAbout)
    );
    let given = bench.want(order(open(&truck, Agency::Customs)));
    assert_eq!(
        given,
        Ok(Answer::Order(domain::unit::OrderId::new("centre.CN05/0")))
    );
    let stranger = Want::Order {
        passage: truck.passage.id.clone(),
        officer: OfficerId::new("o-5"),
        body: Agency::Customs,
        kind: OrderKind::SecondPass,
        about: Vec::new(),
    };
    assert_eq!(bench.want(stranger), Err(Code::CaseNotYours));
}
