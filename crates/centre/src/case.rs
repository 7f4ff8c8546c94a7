//! A passage as one viewer sees it: the row of the queue and the case on one screen. A pure view of
//! the state; every part that not every body may see passes `authority`. Not here: any decision.

mod compare;
mod evidence;
pub mod history;
pub mod judged;

use std::collections::{BTreeMap, BTreeSet};

use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Direction, Draw, Finding, FindingId, Severity,
};
use domain::measure::{Measure, WaitedFor};
use domain::outcome::WaitingFor;
use domain::passage::{EndedHow, PermitState};
use domain::procedure::{DecisionKind, Procedure};
use domain::release::{self, Standing};
use domain::remark::{self, Against};
use domain::stage::{Required, Stage};
use domain::unit::{BlobHash, UtcMs};
use serde::Serialize;
use serde_json::Value;

use crate::authority::{self, Part, Sight, Whose, sees};
use crate::db::people::Person;
use crate::limits;
use crate::main_loop::{self, foreseen, image_is_enough};
use crate::notice;
use crate::problem::{Code, Problem};
use crate::remarks;
use crate::state::{Asked, Dossier, State};
use crate::watch;
use crate::wire;
use crate::wire::{
    AgencyRow, Answered, BlobRow, Can, Case, CaseRow, Component, DecisionRow, EndedRow, FactRow,
    FindingRow, Held, IdentityRow, Mark, OrderRow, PermitRow, PermitStanding, Queue, Ready, Reason,
    RowFinding, RowSeverity, Span, StageMark, StageRow, Totals,
};

/// A truck's control in 45 minutes.
pub const PROMISE_MS: i64 = 45 * 60_000;

/// One viewer's eyes on one passage.
pub struct Eyes<'a> {
    pub state: &'a State,
    pub dossier: &'a Dossier,
    pub procedure: &'a Procedure,
    pub person: &'a Person,
    pub sight: Sight,
    pub now: UtcMs,
    pub asked: Vec<Asked>,
}

impl<'a> Eyes<'a> {
    pub fn open(
        state: &'a State,
        dossier: &'a Dossier,
        person: &'a Person,
        now: UtcMs,
    ) -> Result<Eyes<'a>, Problem> {
        let procedure = state.procedure(&dossier.passage).ok_or(Code::CaseUnknown)?;
        let sight = authority::sight(person.role, person.agency);
        let asked = state.asked(dossier, now);
        Ok(Eyes {
            state,
            dossier,
            procedure,
            person,
            sight,
            now,
            asked,
        })
    }

    pub fn whose(&self, agency: Agency) -> Whose {
        let checkpoint = &self.dossier.passage.id.checkpoint;
        authority::whose(self.procedure, checkpoint, self.now, agency)
    }

    pub fn sees(&self, part: Part) -> bool {
        sees(self.sight, part)
    }

    pub fn sees_of(&self, agency: Agency) -> bool {
        self.sees(Part::Of(self.whose(agency)))
    }

    /// Agencies whose word the viewer's body gives here.
    fn own(&self, agency: Agency) -> bool {
        self.person.agency == Some(self.whose(agency).decider)
    }

    /// The body whose case this is for the viewer: their own, else one that is asked.
    fn body(&self) -> Agency {
        self.person
            .agency
            .or_else(|| self.asked.first().map(|it| it.body))
            .unwrap_or(Agency::Customs)
    }
}

pub fn value(it: impl Serialize) -> Value {
    serde_json::to_value(it).unwrap_or(Value::Null)
}

/// Whether anything in this passage concerns the viewer's body.
pub fn may_see(
    state: &State,
    dossier: &Dossier,
    person: &Person,
    now: UtcMs,
) -> Result<(), Problem> {
    let eyes = Eyes::open(state, dossier, person, now)?;
    let concerned = match eyes.sight {
        Sight::Everything => true,
        Sight::Nothing => false,
        Sight::Body(_) => Agency::ALL.into_iter().any(|agency| {
            eyes.sees_of(agency) && release::is_concerned(&dossier.passage, agency, eyes.procedure)
        }),
    };
    if concerned {
        Ok(())
    } else {
        Err(Code::CaseOtherBody.into())
    }
}

/// The queue of a person: `mine`, or all of their body's; of all bodies for those without one.
pub fn queue(state: &State, person: &Person, mine: bool, now: UtcMs) -> Queue {
    let mut cases = Vec::new();
    let (mut body_open, mut overdue) = (0, 0);
    for dossier in state.open() {
        let asked = state.asked(dossier, now);
        let bodies: BTreeSet<Agency> = asked
            .iter()
            .filter(|it| !it.pending && person.agency.is_none_or(|own| own == it.body))
            .map(|it| it.body)
            .collect();
        for body in bodies {
            let row = row(state, dossier, person, body, &asked, now);
            body_open += 1;
            overdue += u32::from(row.due_at <= now);
            if !mine || row.mine {
                cases.push(row);
            }
        }
    }
    cases.sort_by(|a, b| urgency(a).cmp(&urgency(b)));
    let seated = match person.agency {
        Some(body) => state.seated(body).count(),
        None => state.seats.len(),
    };
    Queue {
        cases,
        seated: seated as u32,
        body_open,
        overdue,
        alarms: watch::alarms(state, person, now),
        shift: state
            .seats
            .get(&person.officer)
            .map(|it| watch::shift(state, &person.officer, it.since)),
    }
}

/// By deadline and risk: what is due within the same minute is ordered by its gravity.
fn urgency(it: &CaseRow) -> (i64, std::cmp::Reverse<RowSeverity>, UtcMs, &str) {
    let minute = it.due_at.0.div_euclid(60_000);
    (
        minute,
        std::cmp::Reverse(it.severity),
        it.due_at,
        &it.passage,
    )
}

/// Stages as the viewer may know them: of another body's findings only that there are some.
fn marks(state: &State, dossier: &Dossier, person: &Person, now: UtcMs) -> Vec<StageMark> {
    let Ok(eyes) = Eyes::open(state, dossier, person, now) else {
        return Vec::new();
    };
    let passage = &dossier.passage;
    let seen = |stage: Stage| {
        let here = passage.findings.iter();
        here.filter(move |it| it.finding.stage == stage)
            .filter(|it| eyes.sees_of(it.finding.agency))
    };
    let open = |stage: Stage| {
        seen(stage)
            .filter(|it| release::answer(passage, &it.finding) != release::Answer::Released)
            .map(|it| it.finding.severity)
            .max()
    };
    let of = |row: StageRow| {
        let mark = match (row.required, open(row.stage)) {
            (_, Some(Severity::Alarm)) => Mark::Alarm,
            (_, Some(Severity::Finding)) => Mark::Finding,
            (_, None) if seen(row.stage).next().is_some() => Mark::Answered,
            (false, None) => Mark::NotRequired,
            (true, None) if row.completed_at.is_some() => {
                match row.raised || row.unavailable.is_some() {
                    true => Mark::Done,
                    false => Mark::Clear,
                }
            }
            (true, None) if row.started_at.is_some() => Mark::Working,
            (true, None) => Mark::NotBegun,
        };
        StageMark {
            stage: row.stage,
            mark,
        }
    };
    stages(&eyes).into_iter().map(of).collect()
}

/// The row of a passage outside the queue (search, case).
pub fn row_for(state: &State, dossier: &Dossier, person: &Person, now: UtcMs) -> CaseRow {
    let asked = state.asked(dossier, now);
    let body = person
        .agency
        .or_else(|| asked.first().map(|it| it.body))
        .unwrap_or(Agency::Customs);
    row(state, dossier, person, body, &asked, now)
}

fn row(
    state: &State,
    dossier: &Dossier,
    person: &Person,
    body: Agency,
    asked: &[Asked],
    now: UtcMs,
) -> CaseRow {
    let passage = &dossier.passage;
    let code = &passage.id.checkpoint;
    let own: Vec<&Asked> = asked
        .iter()
        .filter(|it| it.body == body && !it.pending)
        .collect();
    let open: Vec<FindingId> = own
        .iter()
        .flat_map(|it| it.findings.iter().copied())
        .collect();
    let findings: Vec<RowFinding> = passage
        .findings
        .iter()
        .filter(|it| open.contains(&it.finding.id))
        .map(|it| row_finding(&it.finding))
        .collect();
    let severity = findings
        .iter()
        .map(|it| match it.severity {
            Severity::Finding => RowSeverity::Finding,
            Severity::Alarm => RowSeverity::Alarm,
        })
        .max()
        .unwrap_or(RowSeverity::None);
    let identity = passage.identity.as_ref();
    let notification = passage.notification.as_deref();
    let arrived_at = passage.arrived_at.or(passage.last_at).unwrap_or_default();
    let asked_at = own.iter().map(|it| it.asked_at).min().unwrap_or(arrived_at);
    let due_at = own
        .iter()
        .map(|it| it.due_at)
        .min()
        .unwrap_or(arrived_at.plus_ms(PROMISE_MS));
    // Held only while nothing else is asked.
    let held = own.iter().map(|it| it.held).collect::<Option<Vec<_>>>();
    let held = held.and_then(|it| it.into_iter().min_by_key(|(until, _)| *until));
    let dealt = state.dealt.get(&(passage.id.clone(), body));
    let holder = dealt
        .and_then(|it| it.holder.as_ref())
        .filter(|_| !own.is_empty());
    let mine = holder == Some(&person.officer) && person.agency == Some(body);
    let sight = authority::sight(person.role, person.agency);
    let may_name = sees(
        sight,
        Part::Of(Whose {
            agency: body,
            decider: body,
        }),
    );
    CaseRow {
        passage: passage.id.to_string(),
        checkpoint: code.to_string(),
        checkpoint_name: state.settings.name_of(code),
        lane: passage.lane.map_or(0, |it| it.0),
        direction: passage.direction.unwrap_or(Direction::Entry),
        plate: identity
            .and_then(|it| it.tractor_plate.clone())
            .or_else(|| passage.plates.iter().find_map(|it| it.plate.clone())),
        trailer_plate: identity.and_then(|it| it.trailer_plate.clone()),
        country: identity
            .and_then(|it| it.country.clone())
            .or_else(|| notification.map(|it| it.vehicle_country.clone())),
        goods: notification
            .and_then(|it| it.goods.first())
            .map(|it| it.description.clone()),
        hs: notification
            .and_then(|it| it.goods.first())
            .map(|it| it.hs.clone()),
        arrived_at,
        asked_at,
        due_at,
        promise_at: arrived_at.plus_ms(PROMISE_MS),
        severity,
        findings,
        body,
        asked: own.iter().map(|it| it.agency).collect(),
        officer: holder.filter(|_| may_name).map(ToString::to_string),
        mine,
        opened_at: dealt
            .and_then(|it| it.opened_at)
            .filter(|_| holder.is_some()),
        held: held.map(|(until, for_whom)| Held { until, for_whom }),
        ready: ready(state, dossier),
        others_waiting: asked
            .iter()
            .filter(|it| it.body != body && !it.pending)
            .map(|it| it.agency)
            .collect(),
        link_up: state.posts.get(code).is_some_and(|it| it.link_up),
        stages: marks(state, dossier, person, now),
        ended: passage.ended.is_some(),
    }
}

fn row_finding(it: &Finding) -> RowFinding {
    RowFinding {
        id: it.id,
        rule: it.rule.clone(),
        severity: it.severity,
        values: it.values.clone(),
        agency: it.agency,
    }
}

fn ready(state: &State, dossier: &Dossier) -> Ready {
    let mut ready = Ready::default();
    for image in &dossier.passage.images {
        ready.have_bytes += state.blobs.get(&image.image).map_or(0, |(have, _)| *have);
        ready.total_bytes += image.size_bytes;
    }
    ready.complete = ready.have_bytes >= ready.total_bytes;
    ready
}

/// Everything the viewer may see of a passage.
pub fn case(
    state: &State,
    dossier: &Dossier,
    person: &Person,
    now: UtcMs,
) -> Result<Case, Problem> {
    may_see(state, dossier, person, now)?;
    let eyes = Eyes::open(state, dossier, person, now)?;
    let passage = &dossier.passage;
    let draw = last_draw(state, dossier, person, now);
    let (timeline, totals) = timeline(&eyes);
    Ok(Case {
        row: row(state, dossier, person, eyes.body(), &eyes.asked, now),
        identity: passage.identity.as_ref().map(|it| IdentityRow {
            tractor_plate: it.tractor_plate.clone(),
            trailer_plate: it.trailer_plate.clone(),
            country: it.country.clone(),
            containers: it.containers.clone(),
        }),
        notification: passage
            .notification
            .as_deref()
            .filter(|_| eyes.sees(Part::Notification))
            .map(|it| {
                // A paper that the viewer may not see must not look like one that never came.
                let mut seen = it.clone();
                seen.documents.retain(|it| {
                    let owner = eyes.whose(eyes.procedure.owner(it.kind));
                    let kind = it.kind;
                    eyes.sees(Part::Document { owner, kind })
                });
                let mut shown = notice::shown(&seen);
                if !eyes.sees(Part::People) {
                    shown.said.carrier.clear();
                    shown.said.driver.clear();
                }
                shown
            }),
        plates: evidence::plates(&eyes),
        containers: evidence::containers(&eyes),
        stages: stages(&eyes),
        radiation: evidence::radiation(&eyes),
        vehicles: evidence::vehicles(&eyes),
        images: evidence::images(&eyes),
        documents: evidence::documents(&eyes),
        findings: findings(&eyes),
        decisions: decisions(&eyes),
        orders: orders(&eyes),
        remarks: remarks::shown(&eyes),
        secondary: eyes
            .sees(Part::Radiation)
            .then(|| remark::secondary(passage)),
        agencies: agencies(&eyes),
        waiting_for: waiting_for(state, dossier, now),
        permit: passage.permit.as_ref().map(|it| PermitRow {
            number: it.permit.number,
            expires_at: it.permit.expires_at,
            state: match it.state {
                PermitState::Valid if it.permit.expires_at <= now => PermitStanding::Expired,
                PermitState::Valid => PermitStanding::Valid,
                PermitState::Expired => PermitStanding::Expired,
                PermitState::Revoked { .. } => PermitStanding::Revoked,
                PermitState::Commanded | PermitState::Failed | PermitState::Used => {
                    PermitStanding::Used
                }
            },
        }),
        ended: passage.ended.as_ref().map(|it| EndedRow {
            how: match it.how {
                EndedHow::Departed => "departed".to_owned(),
                EndedHow::BackedOut => "backed_out".to_owned(),
            },
            at: it.at,
        }),
        compare: compare::compare(&eyes),
        timeline,
        totals,
        blobs: evidence::blobs(&eyes)
            .into_iter()
            .map(|(hash, size)| {
                let (have, total) = state.blobs.get(&hash).copied().unwrap_or((0, 0));
                (
                    hash.to_string(),
                    BlobRow {
                        have,
                        total: total.max(size.unwrap_or(0)),
                    },
                )
            })
            .collect::<BTreeMap<_, _>>(),
        draw: draw.map(value).unwrap_or(Value::Null),
        reasons: reasons(eyes.procedure, &open_rules(&eyes), |it| eyes.own(it)),
        can: can(&eyes),
        facts: facts(&eyes),
    })
}

fn stages(eyes: &Eyes) -> Vec<StageRow> {
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let it = eyes.dossier.passage.stages.get(&stage);
            let waived = it.is_some_and(|it| it.required == Required::No);
            StageRow {
                stage,
                required: eyes.procedure.applies(stage) && !waived,
                started_at: it.and_then(|it| it.started_at),
                completed_at: it.and_then(|it| it.completed_at),
                unavailable: it.and_then(|it| it.unavailable.clone()),
                how: it
                    .and_then(|it| it.how.as_ref())
                    .map(value)
                    .unwrap_or(Value::Null),
                raised: (eyes.dossier.passage.findings.iter()).any(|it| it.finding.stage == stage),
                seen: match stage {
                    Stage::Radiation => eyes.sees(Part::Radiation),
                    Stage::Dimensions => eyes.sees(Part::Vehicle),
                    Stage::Imaging => eyes.sees(Part::Image),
                    Stage::Entry | Stage::Documents | Stage::Exit => eyes.sees(Part::Frame),
                },
            }
        })
        .collect()
}

fn findings(eyes: &Eyes) -> Vec<FindingRow> {
    let passage = &eyes.dossier.passage;
    let own = passage
        .findings
        .iter()
        .filter(|it| eyes.sees_of(it.finding.agency));
    own.map(|it| {
        let last = passage.decisions.iter().rev().find(|taken| {
            taken.made.agency == it.finding.agency && taken.made.answers.contains(&it.finding.id)
        });
        FindingRow {
            id: it.finding.id,
            agency: it.finding.agency,
            rule: it.finding.rule.clone(),
            stage: it.finding.stage,
            severity: it.finding.severity,
            values: it.finding.values.clone(),
            raised_at: it.raised_at,
            answered: last.map(|it| Answered {
                decision: value(&it.made.decision),
                at: it.at,
            }),
        }
    })
    .collect()
}

fn decisions(eyes: &Eyes) -> Vec<DecisionRow> {
    let passage = &eyes.dossier.passage;
    let taken = passage
        .decisions
        .iter()
        .filter(|it| eyes.sees_of(it.made.agency));
    let mut rows: Vec<DecisionRow> = taken
        .map(|it| DecisionRow {
            at: it.at,
            decision: value(&it.made),
            recorded: true,
        })
        .collect();
    let heard = eyes
        .state
        .posts
        .get(&passage.id.checkpoint)
        .and_then(|it| it.heard);
    for given in eyes
        .dossier
        .given
        .values()
        .filter(|it| eyes.sees_of(it.decision.agency))
    {
        let arrived = passage.decisions.iter().any(|it| it.made == given.decision);
        if !arrived && heard < Some((given.epoch, given.sequence)) {
            rows.push(DecisionRow {
                at: given.at,
                decision: value(&given.decision),
                recorded: false,
            });
        }
    }
    rows.sort_by_key(|it| it.at);
    rows
}

fn orders(eyes: &Eyes) -> Vec<OrderRow> {
    let passage = &eyes.dossier.passage;
    let mut rows = Vec::new();
    for it in passage
        .orders
        .iter()
        .filter(|it| eyes.sees_of(it.order.agency))
    {
        rows.push(OrderRow {
            order: value(&it.order),
            given_at: it.accepted_at,
            due_at: it
                .accepted_at
                .plus_ms(eyes.procedure.order_ms(it.order.kind)),
            outcome: it
                .completed
                .as_ref()
                .map(|it| value(&it.outcome))
                .unwrap_or(Value::Null),
        });
    }
    for it in eyes
        .dossier
        .orders
        .iter()
        .filter(|it| eyes.sees_of(it.order.agency))
    {
        if !passage
            .orders
            .iter()
            .any(|taken| taken.order.id == it.order.id)
        {
            rows.push(OrderRow {
                order: value(&it.order),
                given_at: it.at,
                due_at: it.at.plus_ms(eyes.procedure.order_ms(it.order.kind)),
                outcome: Value::Null,
            });
        }
    }
    rows
}

/// Every body sees where the others stand, never who of them said it.
fn agencies(eyes: &Eyes) -> Vec<AgencyRow> {
    let passage = &eyes.dossier.passage;
    let outcome = passage.outcome(eyes.procedure, eyes.now);
    let rows = outcome.agencies.into_iter().map(|it| {
        let agency = it.agency;
        let mut row = AgencyRow {
            agency,
            standing: wire::Standing::NotConcerned,
            seen: eyes.sees_of(agency),
            raised: (passage.findings.iter()).any(|it| it.finding.agency == agency),
            by: None,
            rule: None,
            at: None,
            until: None,
            for_whom: None,
            since: eyes.dossier.asked.get(&agency).map(|(at, _)| *at),
        };
        row.standing = match it.standing {
            Standing::NotConcerned => wire::Standing::NotConcerned,
            Standing::AwaitingStages { .. } => wire::Standing::AwaitingStages,
            Standing::AwaitingDecision { .. } => wire::Standing::AwaitingDecision,
            Standing::Inspecting { .. } => wire::Standing::Inspecting,
            Standing::Released { by, at, .. } => {
                row.at = Some(at);
                match by {
                    DecidedBy::Officer { officer, .. } => row.by = Some(officer.to_string()),
                    DecidedBy::Rule { rule, .. } => row.rule = Some(rule),
                    DecidedBy::Lane { .. } => row.by = Some("lane".to_owned()),
                }
                wire::Standing::Released
            }
            Standing::Held { until, for_whom } => {
                row.until = Some(until);
                row.for_whom = Some(for_whom);
                wire::Standing::Held
            }
            Standing::Refused { at, .. } => {
                row.at = Some(at);
                wire::Standing::Refused
            }
        };
        if !eyes.sees_of(agency) {
            row.by = None;
            row.rule = None;
        }
        row
    });
    rows.collect()
}

/// What the truck waits for, in stable words: `officer:customs`, `device:imaging`, `link`, ...
pub fn waiting_for(state: &State, dossier: &Dossier, now: UtcMs) -> Vec<wire::WaitingFor> {
    let Some(procedure) = state.procedure(&dossier.passage) else {
        return Vec::new();
    };
    let since = |agency: Agency| dossier.asked.get(&agency).map(|(at, _)| *at);
    let began = |stage: Stage| {
        dossier
            .passage
            .stages
            .get(&stage)
            .and_then(|it| it.started_at)
    };
    let waits = dossier
        .passage
        .waiting_for(procedure, now)
        .into_iter()
        .map(|it| {
            let (since, due_at) = match &it {
                WaitingFor::Agency { agency, due_at, .. } => (since(*agency), Some(*due_at)),
                WaitingFor::Hold { agency, until, .. } => (since(*agency), Some(*until)),
                WaitingFor::Device { stage }
                | WaitingFor::Hands { stage }
                | WaitingFor::Driver { stage } => {
                    let due = began(*stage).map(|it| it.plus_ms(procedure.stage_ms(*stage)));
                    (began(*stage), due)
                }
                WaitingFor::Lane { order, kind, .. } => {
                    let given = dossier
                        .passage
                        .orders
                        .iter()
                        .find(|it| it.order.id == *order);
                    let given = given.map(|it| it.accepted_at);
                    (given, given.map(|it| it.plus_ms(procedure.order_ms(*kind))))
                }
                WaitingFor::Link { since, .. } => (*since, None),
                WaitingFor::Barrier { .. } | WaitingFor::TurnBack | WaitingFor::Leaving => {
                    (dossier.passage.last_at, None)
                }
            };
            wire::WaitingFor {
                whom: whom(&it),
                since,
                due_at,
            }
        });
    waits.collect()
}

fn whom(it: &WaitingFor) -> String {
    match it {
        WaitingFor::Agency { agency, .. } => format!("officer:{agency}"),
        WaitingFor::Hold { for_whom, .. } => format!("hold:{for_whom}"),
        WaitingFor::Device { stage } => format!("device:{stage}"),
        WaitingFor::Hands { stage } => format!("machine:{stage}"),
        WaitingFor::Driver { .. } | WaitingFor::Leaving => "driver".to_owned(),
        WaitingFor::Lane { kind, .. } => {
            format!("lane:{}", value(kind).as_str().unwrap_or_default())
        }
        WaitingFor::Link { .. } => "link".to_owned(),
        WaitingFor::Barrier { .. } => "barrier".to_owned(),
        WaitingFor::TurnBack => "turn_back".to_owned(),
    }
}

fn waited(it: &WaitedFor) -> (String, String) {
    match it {
        WaitedFor::Device { stage } => (format!("device:{stage}"), stage.to_string()),
        WaitedFor::Machine { stage } => (format!("machine:{stage}"), stage.to_string()),
        WaitedFor::Officer { agency } => (format!("officer:{agency}"), "decision".to_owned()),
        WaitedFor::Seat { agency } => (format!("seat:{agency}"), "decision".to_owned()),
        WaitedFor::Hold { for_whom } => (format!("hold:{for_whom}"), "hold".to_owned()),
        WaitedFor::Link => ("link".to_owned(), "link".to_owned()),
        WaitedFor::Lane { kind } => {
            let kind = value(kind).as_str().unwrap_or_default().to_owned();
            (format!("lane:{kind}"), kind)
        }
        WaitedFor::Driver => ("driver".to_owned(), "driver".to_owned()),
        WaitedFor::Barrier => ("barrier".to_owned(), "barrier".to_owned()),
    }
}

/// The time of a passage still here, up to now.
pub fn so_far(state: &State, dossier: &Dossier, now: UtcMs) -> domain::measure::Attribution {
    let mut asked: Vec<_> = state.asked(dossier, now);
    asked.retain(|it| !it.pending);
    asked.sort_by_key(|it| it.asked_at);
    let awaited: Vec<Agency> = asked.iter().map(|it| it.body).collect();
    Measure::under_way(&dossier.timed(), now, &awaited)
}

fn timeline(eyes: &Eyes) -> (Vec<Span>, Totals) {
    let facts = eyes.dossier.timed();
    let measured = match &eyes.dossier.passage.ended {
        Some(_) => Measure::of(&facts),
        None => so_far(eyes.state, eyes.dossier, eyes.now),
    };
    let passage = &eyes.dossier.passage;
    let ended = passage.ended.is_some();
    // What was opened and has no decision yet: nobody knows that it is worked on.
    let undecided = |agency: Agency, to: UtcMs| {
        !ended
            && !passage
                .decisions
                .iter()
                .any(|it| it.made.agency == agency && it.at >= to)
    };
    let count = measured.segments.len();
    let spans = measured.segments.iter().enumerate().map(|(at, it)| {
        let (waited_for, mut what) = waited(&it.waited_for);
        if let WaitedFor::Officer { agency } = it.waited_for
            && undecided(agency, it.to)
        {
            what = "opened".to_owned();
        }
        Span {
            from: it.from,
            // The last one goes on while the truck is here.
            to: (ended || at + 1 < count).then_some(it.to),
            component: component(it.component),
            waited_for,
            what,
        }
    });
    let totals = Totals {
        clear_control_ms: measured.totals.clear_control_ms,
        documents_ms: measured.totals.documents_ms,
        technological_ms: measured.totals.technological_ms,
        total_ms: measured.totals.whole_ms,
    };
    (spans.collect(), totals)
}

fn component(it: domain::measure::Component) -> Component {
    match it {
        domain::measure::Component::ClearControl => Component::ClearControl,
        domain::measure::Component::Documents => Component::Documents,
        domain::measure::Component::Technological => Component::Technological,
    }
}

/// The last draw of the viewer's body; of any body for those who see everything.
pub fn last_draw<'a>(
    state: &'a State,
    dossier: &Dossier,
    person: &Person,
    now: UtcMs,
) -> Option<&'a Draw> {
    let eyes = Eyes::open(state, dossier, person, now).ok()?;
    let id = &dossier.passage.id;
    let draws = Agency::ALL
        .into_iter()
        .filter(|it| {
            eyes.sees(Part::Of(Whose {
                agency: *it,
                decider: *it,
            }))
        })
        .filter_map(|it| state.dealt.get(&(id.clone(), it))?.draws.last());
    draws.max_by_key(|(_, at)| *at).map(|(draw, _)| draw)
}

/// Rules of the viewer's open findings, the gravest first.
fn open_rules<'a>(eyes: &'a Eyes) -> Vec<&'a str> {
    let passage = &eyes.dossier.passage;
    let asked = eyes.asked.iter().filter(|it| eyes.own(it.agency));
    let open = asked.flat_map(|it| &it.findings);
    let mut open: Vec<&Finding> = open
        .filter_map(|id| passage.finding(*id))
        .map(|it| &it.finding)
        .collect();
    open.sort_by_key(|it| std::cmp::Reverse(it.severity));
    open.into_iter().map(|it| it.rule.as_str()).collect()
}

/// What people may give as a reason; first those that are for the gravest of the open findings,
/// last those for findings that are not there. `open`: rules of the open findings, gravest first.
fn reasons(procedure: &Procedure, open: &[&str], of: impl Fn(Agency) -> bool) -> Vec<Reason> {
    let own = Agency::ALL.into_iter().filter(|it| of(*it));
    let own = own.flat_map(|it| procedure.reasons_for_people(it));
    let mut own: Vec<&domain::procedure::Reason> = own.collect();
    own.sort_by_key(|it| match open.iter().position(|rule| it.is_about(rule)) {
        Some(at) => at,
        None if it.about.is_empty() || open.is_empty() => open.len(),
        None => open.len() + 1,
    });
    own.into_iter()
        .map(|it| Reason {
            code: it.id.clone(),
            decision: it.decision,
            un9417: it.un9417,
            agency: it.agency,
        })
        .collect()
}

/// Reason codes of the editions in force, of one body or of all.
pub fn reasons_in_force(state: &State, now: UtcMs, agency: Option<Agency>) -> Vec<Reason> {
    let mut all = Vec::new();
    for procedure in state
        .settings
        .procedures
        .iter()
        .filter(|it| it.is_valid(now))
    {
        for reason in reasons(procedure, &[], |it| agency.is_none_or(|own| own == it)) {
            if !all.contains(&reason) {
                all.push(reason);
            }
        }
    }
    all
}

/// What the viewer can do now, tried out on the functions that decide it.
fn can(eyes: &Eyes) -> Can {
    let no = |code: Code| Some(code.code().to_owned());
    let mut can = Can {
        decide: false,
        why_not: None,
        clear: false,
        clear_why_not: None,
        needs_second: false,
        alarms_unadjudicated: 0,
        second_for: eyes.procedure.second_reader.decisions.clone(),
    };
    let own: Vec<&Asked> = eyes.asked.iter().filter(|it| eyes.own(it.agency)).collect();
    let open: Vec<&&Asked> = own.iter().filter(|it| !it.pending).collect();
    let key = (eyes.dossier.passage.id.clone(), eyes.body());
    let holder = eyes.state.dealt.get(&key).and_then(|it| it.holder.as_ref());
    can.why_not = if !authority::may(eyes.person.role, authority::Act::WorkOnCase) {
        no(Code::RoleNotAllowed)
    } else if open.is_empty() {
        no(Code::DecisionNotAsked)
    } else if !eyes.state.seats.contains_key(&eyes.person.officer) {
        no(Code::DutyNotSeated)
    } else if holder != Some(&eyes.person.officer) {
        no(Code::DecisionNotYours)
    } else {
        None
    };
    can.decide = can.why_not.is_none();
    for asked in own {
        if let Err(problem) =
            image_is_enough(eyes.state, eyes.dossier, eyes.procedure, asked.agency)
        {
            can.clear_why_not = no(problem.code);
        }
        let mut people = eyes.procedure.reasons_for_people(asked.agency);
        let Some(reason) = people.find(|it| it.decision == DecisionKind::Release) else {
            continue;
        };
        if let Err(problem) = main_loop::adjudicated(eyes.dossier, &asked.findings) {
            can.clear_why_not = no(problem.code);
        }
        let against = main_loop::against(eyes.dossier, &asked.findings);
        if let Some(Against::NotAdjudicated { alarms }) = against {
            can.alarms_unadjudicated += alarms as u32;
        }
        let made = DecisionMade {
            agency: asked.agency,
            decision: Decision::Release,
            answers: asked.findings.clone(),
            reason: reason.id.clone(),
            un9417: reason.un9417,
            by: DecidedBy::Officer {
                officer: eyes.person.officer.clone(),
                second: None,
            },
        };
        match foreseen(eyes.dossier, eyes.procedure, &made, eyes.now) {
            None => (),
            Some(why) if why == "decision.second_reader_missing" => can.needs_second = true,
            Some(why) => {
                can.clear_why_not
                    .get_or_insert(main_loop::refused_as(&why).code().to_owned());
            }
        }
    }
    if !can.decide {
        can.clear_why_not = can.why_not.clone();
    }
    can.clear = can.decide && can.clear_why_not.is_none();
    can
}

/// The facts behind everything else, those the viewer may see.
fn facts(eyes: &Eyes) -> Vec<FactRow> {
    let findings = &eyes.dossier.passage.findings;
    let agency_of = |id: FindingId| {
        findings
            .iter()
            .find(|it| it.finding.id == id)
            .map(|it| it.finding.agency)
    };
    let whose = |agency| eyes.whose(agency);
    let mut seen: Vec<_> = eyes
        .dossier
        .seen
        .iter()
        .filter(|it| authority::sees_fact(eyes.sight, &it.fact, eyes.procedure, &whose, &agency_of))
        .collect();
    seen.sort_by_key(|it| it.at);
    let rows = seen.into_iter().take(limits::CASE_FACTS).map(|it| FactRow {
        origin: it.origin.to_string(),
        sequence: it.sequence,
        at: it.at,
        kind: it.fact.kind(),
        fact: value(&it.fact).get("d").cloned().unwrap_or(Value::Null),
    });
    rows.collect()
}

/// Whether a reading that names the blob is one the viewer may see.
pub fn may_see_blob(
    state: &State,
    dossier: &Dossier,
    person: &Person,
    now: UtcMs,
    hash: &BlobHash,
) -> Result<(), Problem> {
    may_see(state, dossier, person, now)?;
    let eyes = Eyes::open(state, dossier, person, now)?;
    if evidence::blobs(&eyes).iter().any(|(it, _)| it == hash) {
        Ok(())
    } else {
        Err(Code::BlobUnknown.into())
    }
}
