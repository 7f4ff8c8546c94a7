//! The centre's loop: `step(event, now) -> actions`, pure. It decides who gets a case and whether
//! what an officer sends may be recorded; the shell (`program`) makes facts durable and brings
//! them back as [`Event::Grown`], which is the only way anything becomes part of the state.
//!
//! Not here: sockets, clocks, passwords, the database.

use std::collections::BTreeSet;

use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Fact, FindingId, Order, OrderKind, RecallReason,
    SilenceReason, WantedEntry,
};
use domain::input::Input;
use domain::notification::Notification;
use domain::procedure::{DecisionKind, Procedure};
use domain::reading::ImageReading;
use domain::remark::{Against, Remark, against_release};
use domain::stage::{Stage, imaging};
use domain::unit::{BlobHash, CheckpointId, NotificationId, OfficerId, OrderId, PassageId, UtcMs};

use crate::draw;
use crate::limits;
use crate::problem::{Code, Problem};
use crate::remarks;
use crate::state::{Asked, Dossier, OwnLedger, Seen, State};
use crate::watch::{self, AlarmKey};
use crate::wire::{Changed, LinkPlan, Topic};

/// Everything that can happen to the centre.
#[derive(Debug, Clone)]
pub enum Event {
    /// A ledger grew: a checkpoint's copy, or one of our own after an append.
    Grown { records: Vec<Seen>, grown_by: Grown },
    /// Somebody wants something; the answer carries the ticket.
    Wants { ticket: Ticket, want: Box<Want> },
    Link {
        checkpoint: CheckpointId,
        change: LinkChange,
    },
    Blob {
        hash: BlobHash,
        have: u64,
        total: u64,
    },
    /// What waits for a line: at the checkpoint, as it says, and here.
    Waits {
        checkpoint: CheckpointId,
        there: Option<LinkPlan>,
        here: LinkPlan,
    },
    /// A part of the program did something that no rule depends on.
    Did(Box<Fact>),
    /// Time passed.
    Tick,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Grown {
    /// The copy of this checkpoint's ledger, now under this root (base64).
    Copy {
        checkpoint: CheckpointId,
        root: String,
    },
    /// An own ledger, and the sequence its next record gets.
    Own {
        ledger: OwnLedger,
        epoch: u32,
        next: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LinkChange {
    Up,
    Down,
    /// How fast the line is, where it is known, and records that came again.
    Alive {
        rate_bps: Option<u64>,
        duplicates: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// What a person asks for. Who they are has been established; whether they may, by role, too.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    SitDown {
        officer: OfficerId,
        agency: Agency,
        seat: String,
    },
    Leave {
        officer: OfficerId,
    },
    Open {
        passage: PassageId,
        officer: OfficerId,
        body: Agency,
    },
    Return {
        passage: PassageId,
        officer: OfficerId,
        body: Agency,
        reason: String,
    },
    /// A supervisor has an overdue case drawn again.
    Recall {
        passage: PassageId,
        body: Agency,
        by: OfficerId,
        reason: RecallReason,
    },
    Silence {
        key: AlarmKey,
        by: OfficerId,
        reason: SilenceReason,
        second: Option<OfficerId>,
    },
    Decide(Deciding),
    /// Of an officer whose case it is; `secondary` and `passes` of an adjudication are put in here.
    Remark(Remark),
    Order {
        passage: PassageId,
        officer: OfficerId,
        body: Agency,
        kind: OrderKind,
        about: Vec<FindingId>,
    },
    /// The id is given here.
    Lodge {
        notification: Box<Notification>,
    },
    /// To every checkpoint.
    List {
        entry: WantedEntry,
    },
    Unlist {
        plate: String,
        agency: Agency,
    },
    Enrol {
        checkpoint: CheckpointId,
        key: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Deciding {
    pub passage: PassageId,
    pub officer: OfficerId,
    pub body: Agency,
    pub decision: Decision,
    pub answers: Vec<FindingId>,
    pub reason: String,
    /// A second person and their body; the password was right.
    pub second: Option<(OfficerId, Agency)>,
}

/// What the shell does, in order. A `Record` that fails answers its ticket with the failure.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Append, wait until durable, then answer the ticket and step with the new records.
    Record {
        ledger: OwnLedger,
        facts: Vec<(Option<PassageId>, Fact)>,
        at: UtcMs,
        answers: Option<(Ticket, Answer)>,
    },
    Answer {
        ticket: Ticket,
        answer: Result<Answer, Problem>,
    },
    Publish(Changed),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing had to be recorded.
    Done,
    /// Recorded; the shell puts in the sequence of the first record.
    Recorded(Option<u64>),
    Order(OrderId),
    Lodged(NotificationId),
}

/// The loop's one function.
pub fn step(state: &mut State, event: Event, now: UtcMs) -> Vec<Action> {
    match event {
        Event::Grown { records, grown_by } => {
            let mut touched = BTreeSet::new();
            match grown_by {
                Grown::Copy { checkpoint, root } => {
                    let post = state.posts.entry(checkpoint).or_default();
                    post.root = root;
                    post.last_seen = Some(now);
                }
                Grown::Own {
                    ledger,
                    epoch,
                    next,
                } => {
                    state.next.insert(ledger, (epoch, next));
                }
            }
            for record in records {
                touched.extend(record.passage.clone());
                state.apply(record);
            }
            let mut actions = deal(state, touched.iter(), now);
            actions.push(Action::Publish(Changed {
                topics: vec![Topic::Queue, Topic::Wall],
                passages: touched.iter().map(PassageId::to_string).collect(),
            }));
            actions
        }
        Event::Did(fact) => vec![Action::Record {
            ledger: OwnLedger::Internal,
            facts: vec![(None, *fact)],
            at: now,
            answers: None,
        }],
        Event::Wants { ticket, want } => match answer(state, ticket, *want, now) {
            Ok(actions) => actions,
            Err(problem) => vec![Action::Answer {
                ticket,
                answer: Err(problem),
            }],
        },
        Event::Link { checkpoint, change } => {
            // A code that is not on the list here has no place on any screen.
            let Some(post) = state.posts.get_mut(&checkpoint) else {
                return Vec::new();
            };
            if change != LinkChange::Down {
                post.last_seen = Some(now);
                post.enrolled = true;
            }
            match change {
                LinkChange::Up | LinkChange::Down => {
                    let up = change == LinkChange::Up;
                    if post.link_up != up || post.link_since.is_none() {
                        post.link_up = up;
                        post.link_since = Some(now);
                    }
                }
                LinkChange::Alive {
                    rate_bps,
                    duplicates,
                } => {
                    post.rate_bps = rate_bps.or(post.rate_bps);
                    post.duplicates = duplicates;
                }
            }
            vec![publish(vec![Topic::Wall, Topic::Links])]
        }
        Event::Waits {
            checkpoint,
            there,
            here,
        } => {
            let Some(post) = state.posts.get_mut(&checkpoint) else {
                return Vec::new();
            };
            if let Some(plan) = there {
                post.waits = Some((now, plan));
            }
            post.waits_here = Some(here);
            vec![publish(vec![Topic::Links])]
        }
        Event::Blob { hash, have, total } => {
            state.blobs.insert(hash, (have, total));
            let about = state.open().filter(|it| it.has_blob(&hash));
            let passages = about.map(|it| it.passage.id.to_string()).collect();
            vec![Action::Publish(Changed {
                topics: Vec::new(),
                passages,
            })]
        }
        Event::Tick => {
            state.forget_ended(now);
            let open: Vec<PassageId> = state.open().map(|it| it.passage.id.clone()).collect();
            deal(state, open.iter(), now)
        }
    }
}

fn publish(topics: Vec<Topic>) -> Action {
    Action::Publish(Changed {
        topics,
        passages: Vec::new(),
    })
}

/// Draws every case of these passages that needs it. A draw is a fact like any other: nobody
/// sees the case as theirs before it is durable.
fn deal<'a>(
    state: &State,
    passages: impl Iterator<Item = &'a PassageId>,
    now: UtcMs,
) -> Vec<Action> {
    let mut facts = Vec::new();
    for id in passages {
        let Some(dossier) = state.dossiers.get(id) else {
            continue;
        };
        if !dossier.is_here() {
            continue;
        }
        let asked = state.asked(dossier, now);
        let bodies: BTreeSet<Agency> = asked
            .iter()
            .filter(|it| !it.pending)
            .map(|it| it.body)
            .collect();
        for body in bodies {
            if let Some(draw) = case_draw(state, dossier, &asked, body, now) {
                facts.push((Some(id.clone()), Fact::CaseDrawn(draw)));
            }
        }
    }
    if facts.is_empty() {
        return Vec::new();
    }
    vec![Action::Record {
        ledger: OwnLedger::Internal,
        facts,
        at: now,
        answers: None,
    }]
}

/// The draw that a case needs now, if any.
fn case_draw(
    state: &State,
    dossier: &Dossier,
    asked: &[Asked],
    body: Agency,
    now: UtcMs,
) -> Option<domain::fact::Draw> {
    let id = &dossier.passage.id;
    let since = asked
        .iter()
        .filter(|it| it.body == body)
        .map(|it| it.asked_at)
        .min()?;
    let dealt = state.dealt.get(&(id.clone(), body));
    let rounds = dealt.map_or(0, |it| it.draws.len() as u32);
    if rounds >= limits::DRAW_ROUNDS {
        return None;
    }
    let last = dealt.and_then(|it| it.draws.last());
    let holder = dealt.and_then(|it| it.holder.as_ref());
    let fresh = last.is_some_and(|(_, at)| *at >= since);
    let seated: Vec<&OfficerId> = state.seated(body).collect();
    let kept = fresh && holder.is_some_and(|it| seated.contains(&it));
    let opened = dealt.is_some_and(|it| it.opened_at.is_some());
    // Whoever held it comes back to it, also when the hold is over.
    let has_held = |agency: Agency| {
        let mut decisions = dossier.passage.decisions.iter().rev();
        let last = decisions.find(|it| it.made.agency == agency);
        last.is_some_and(|it| matches!(it.made.decision, Decision::Hold { .. }))
    };
    let held = asked
        .iter()
        .any(|it| it.body == body && has_held(it.agency));
    let lies = last.is_some_and(|(_, at)| now.since_ms(*at) > state.settings.open_within_ms);
    if kept && (opened || held || !lies) {
        return None;
    }
    // Who passed on it since it was asked is left out as long as anybody else is there.
    let passed: BTreeSet<&OfficerId> = dealt
        .into_iter()
        .flat_map(|it| &it.passed)
        .filter(|(_, at)| *at >= since)
        .map(|(officer, _)| officer)
        .chain(holder.filter(|_| kept))
        .collect();
    let mut roster: Vec<OfficerId> = seated
        .iter()
        .filter(|it| !passed.contains(**it))
        .map(|it| (*it).clone())
        .collect();
    if roster.is_empty() {
        // Everybody passed: with a holder it stays there, without one nobody is left out.
        if kept {
            return None;
        }
        roster = seated.into_iter().cloned().collect();
    }
    let head = dossier
        .asked
        .iter()
        .filter(|(agency, _)| {
            asked
                .iter()
                .any(|it| it.agency == **agency && it.body == body)
        })
        .min_by_key(|(_, (at, _))| *at)
        .map_or_else(String::new, |(_, (_, root))| root.clone());
    draw::draw(&head, id, body, rounds, roster)
}

type Answered = Result<Vec<Action>, Problem>;

fn answer(state: &State, ticket: Ticket, want: Want, now: UtcMs) -> Answered {
    let record = |ledger, facts: Vec<(Option<PassageId>, Fact)>, answer| {
        vec![Action::Record {
            ledger,
            facts,
            at: now,
            answers: Some((ticket, answer)),
        }]
    };
    let done = || {
        vec![Action::Answer {
            ticket,
            answer: Ok(Answer::Done),
        }]
    };
    let internal = |facts| record(OwnLedger::Internal, facts, Answer::Recorded(None));
    match want {
        Want::SitDown {
            officer,
            agency,
            seat,
        } => {
            let already = state.seats.get(&officer);
            if already.is_some_and(|it| it.agency == agency && it.seat == seat) {
                return Ok(done());
            }
            Ok(internal(vec![(
                None,
                Fact::OfficerSeated {
                    officer,
                    agency,
                    seat,
                },
            )]))
        }
        Want::Leave { officer } => {
            if !state.seats.contains_key(&officer) {
                return Ok(done());
            }
            Ok(internal(vec![(None, Fact::OfficerLeft { officer })]))
        }
        Want::Open {
            passage,
            officer,
            body,
        } => {
            let dealt = held_by(state, &passage, body, &officer)?;
            if dealt.opened_at.is_some() {
                return Ok(done());
            }
            let fact = Fact::CaseOpened {
                passage: passage.clone(),
                agency: body,
                officer,
            };
            Ok(internal(vec![(Some(passage), fact)]))
        }
        Want::Return {
            passage,
            officer,
            body,
            reason,
        } => {
            held_by(state, &passage, body, &officer)?;
            let fact = Fact::CaseReturned {
                passage: passage.clone(),
                agency: body,
                officer,
                reason,
            };
            Ok(internal(vec![(Some(passage), fact)]))
        }
        Want::Recall {
            passage,
            body,
            by,
            reason,
        } => {
            watch::may_redraw(state, dossier(state, &passage)?, body, now)?;
            let fact = Fact::CaseRecalled {
                passage: passage.clone(),
                agency: body,
                by,
                reason,
            };
            Ok(internal(vec![(Some(passage), fact)]))
        }
        Want::Silence {
            key,
            by,
            reason,
            second,
        } => {
            let passage = key.passage.clone();
            match watch::silence(state, key, by, reason, second)? {
                Some(fact) => Ok(internal(vec![(passage, fact)])),
                None => Ok(done()),
            }
        }
        Want::Remark(said) => {
            held_by(state, &said.passage, said.agency, &said.by)?;
            let dossier = dossier(state, &said.passage)?;
            let procedure = procedure_of(state, dossier)?;
            let said = remarks::admit(dossier, procedure, now, said)?;
            Ok(internal(vec![(
                Some(said.passage.clone()),
                Fact::CaseRemarked(said),
            )]))
        }
        Want::Decide(deciding) => {
            let made = decide(state, &deciding, now)?;
            let passage = deciding.passage;
            let ledger = OwnLedger::Post(passage.checkpoint.clone());
            // "Inspect" is an order to the lane as well: the checkpoint gives it to itself, so that
            // there is one.
            let given = Fact::DecisionGiven {
                passage: passage.clone(),
                decision: made,
            };
            let facts = vec![(Some(passage), given)];
            Ok(record(ledger, facts, Answer::Recorded(None)))
        }
        Want::Order {
            passage,
            officer,
            body,
            kind,
            about,
        } => order(
            state,
            ticket,
            Ordering {
                passage,
                officer,
                body,
                kind,
                about,
            },
            now,
        ),
        Want::Lodge { mut notification } => {
            let checkpoint = notification.checkpoint.clone();
            if state.settings.checkpoint(&checkpoint).is_none() {
                let detail = format!("checkpoint: there is no {checkpoint}");
                return Err(Problem::new(Code::NotificationWrong, detail));
            }
            notification.id = NotificationId::new(format!("N-{:06}", state.lodged + 1));
            notification.lodged_at = now;
            let id = notification.id.clone();
            let fact = Fact::NotificationLodged { notification };
            Ok(record(
                OwnLedger::Post(checkpoint),
                vec![(None, fact)],
                Answer::Lodged(id),
            ))
        }
        Want::List { entry } => Ok(everywhere(state, ticket, now, || Fact::WantedListed {
            entry: entry.clone(),
        })),
        Want::Unlist { plate, agency } => {
            Ok(everywhere(state, ticket, now, || Fact::WantedUnlisted {
                plate: plate.clone(),
                agency,
            }))
        }
        Want::Enrol { checkpoint, key } => Ok(internal(vec![(
            None,
            Fact::CheckpointEnrolled { checkpoint, key },
        )])),
    }
}

/// The same fact to every checkpoint; the ticket is answered with the last.
fn everywhere(state: &State, ticket: Ticket, now: UtcMs, fact: impl Fn() -> Fact) -> Vec<Action> {
    let mut actions: Vec<Action> = state
        .settings
        .checkpoints
        .iter()
        .map(|it| Action::Record {
            ledger: OwnLedger::Post(it.code.clone()),
            facts: vec![(None, fact())],
            at: now,
            answers: None,
        })
        .collect();
    if let Some(Action::Record { answers, .. }) = actions.last_mut() {
        *answers = Some((ticket, Answer::Recorded(None)));
    }
    actions
}

fn dossier<'a>(state: &'a State, passage: &PassageId) -> Result<&'a Dossier, Problem> {
    state
        .dossiers
        .get(passage)
        .ok_or_else(|| Code::CaseUnknown.into())
}

/// The case, when this officer holds it.
fn held_by<'a>(
    state: &'a State,
    passage: &PassageId,
    body: Agency,
    officer: &OfficerId,
) -> Result<&'a crate::state::Dealt, Problem> {
    dossier(state, passage)?;
    let dealt = state
        .dealt
        .get(&(passage.clone(), body))
        .ok_or(Code::CaseNotYours)?;
    if dealt.holder.as_ref() != Some(officer) {
        return Err(Code::CaseNotYours.into());
    }
    Ok(dealt)
}

fn kind_of(decision: &Decision) -> DecisionKind {
    match decision {
        Decision::Release => DecisionKind::Release,
        Decision::Hold { .. } => DecisionKind::Hold,
        Decision::Inspect => DecisionKind::Inspect,
        Decision::Refuse => DecisionKind::Refuse,
    }
}

fn procedure_of<'a>(state: &'a State, dossier: &Dossier) -> Result<&'a Procedure, Problem> {
    let why = "the passage's edition is not on file here";
    let found = state.procedure(&dossier.passage);
    found.ok_or_else(|| Problem::new(Code::Internal, why))
}

pub fn against(dossier: &Dossier, answers: &[FindingId]) -> Option<Against> {
    let said = remarks::all(dossier).map(|(_, it)| it);
    against_release(&dossier.passage, said, answers)
}

/// A release of the portal's alarms needs people's word on each of them.
pub fn adjudicated(dossier: &Dossier, answers: &[FindingId]) -> Result<(), Problem> {
    match against(dossier, answers) {
        None => Ok(()),
        Some(Against::FoundReal) => Err(Code::DecisionAlarmReal.into()),
        Some(Against::NotAdjudicated { alarms }) => {
            let detail = format!("{alarms} alarms of the portal are not adjudicated");
            Err(Problem::new(Code::DecisionNotAdjudicated, detail))
        }
    }
}

/// What would be recorded, or why it cannot be.
pub fn decide(state: &State, it: &Deciding, now: UtcMs) -> Result<DecisionMade, Problem> {
    let dossier = dossier(state, &it.passage)?;
    let procedure = procedure_of(state, dossier)?;
    if dossier.passage.ended.is_some() {
        return Err(Problem::new(Code::DecisionNotAsked, "the vehicle has left"));
    }
    if !state.seats.contains_key(&it.officer) {
        return Err(Code::DutyNotSeated.into());
    }
    // The reason says for which body: its own, or one whose competence is delegated to it.
    let reason = Agency::ALL
        .into_iter()
        .filter(|agency| procedure.decider(*agency, &it.passage.checkpoint, now) == Some(it.body))
        .find_map(|agency| procedure.reason(agency, &it.reason));
    let reason = match reason {
        Some(reason) if reason.decision == kind_of(&it.decision) => reason,
        Some(_) => return Err(Code::DecisionReasonUnknown.into()),
        None if competent_for_nothing(procedure, &it.passage.checkpoint, it.body, now) => {
            return Err(Code::DecisionNotCompetent.into());
        }
        None => return Err(Code::DecisionReasonUnknown.into()),
    };
    let agency = reason.agency;
    let asked = state.asked(dossier, now);
    let holder = state
        .dealt
        .get(&(it.passage.clone(), it.body))
        .and_then(|it| it.holder.as_ref());
    if holder != Some(&it.officer) {
        return Err(Code::DecisionNotYours.into());
    }
    let Some(asked) = asked.iter().find(|it| it.agency == agency) else {
        return Err(Code::DecisionNotAsked.into());
    };
    if asked.pending {
        return Err(Problem::new(
            Code::DecisionNotAsked,
            "a decision is on its way already",
        ));
    }
    let answers = answers(dossier, asked, &it.answers)?;
    if let Decision::Hold { until, .. } = it.decision
        && (until <= now || until > now.plus_ms(procedure.hold_max_ms()))
    {
        return Err(Code::DecisionHoldSpan.into());
    }
    if it
        .second
        .as_ref()
        .is_some_and(|(second, body)| *body == it.body || *second == it.officer)
    {
        return Err(Code::DecisionSecondWrong.into());
    }
    if it.decision == Decision::Release {
        image_is_enough(state, dossier, procedure, agency)?;
        adjudicated(dossier, &answers)?;
    }
    let second = it.second.as_ref().map(|(second, _)| second.clone());
    let made = DecisionMade {
        agency,
        decision: it.decision.clone(),
        answers,
        reason: reason.id.clone(),
        un9417: reason.un9417,
        by: DecidedBy::Officer {
            officer: it.officer.clone(),
            second,
        },
    };
    match foreseen(dossier, procedure, &made, now) {
        None => Ok(made),
        Some(reason) => Err(Problem::new(refused_as(&reason), reason)),
    }
}

/// Why the checkpoint would disregard this decision, as far as its facts are known here: the same
/// function runs there.
pub fn foreseen(
    dossier: &Dossier,
    procedure: &Procedure,
    made: &DecisionMade,
    now: UtcMs,
) -> Option<String> {
    let facts = dossier
        .passage
        .conclude(&Input::Decision(made.clone()), now, procedure);
    facts.into_iter().find_map(|it| match it {
        Fact::Disregarded { reason, .. } => Some(reason),
        _ => None,
    })
}

/// The problem for a reason the domain gives.
pub fn refused_as(reason: &str) -> Code {
    match reason {
        "decision.second_reader_missing" => Code::DecisionNeedsSecond,
        "decision.second_reader_is_the_first" => Code::DecisionSecondWrong,
        "decision.agency_not_competent" => Code::DecisionNotCompetent,
        "decision.reason_unknown" => Code::DecisionReasonUnknown,
        "decision.reason_of_a_rule" => Code::DecisionReasonOfRule,
        "decision.hold_in_the_past" | "decision.hold_too_long" => Code::DecisionHoldSpan,
        "decision.finding_unknown" | "decision.finding_of_another_agency" => Code::DecisionStale,
        "decision.order_open" | "decision.inspection_not_done" => Code::DecisionOrderOpen,
        _ => Code::DecisionNotAsked,
    }
}

fn competent_for_nothing(
    procedure: &Procedure,
    at: &CheckpointId,
    body: Agency,
    now: UtcMs,
) -> bool {
    !Agency::ALL
        .into_iter()
        .any(|it| procedure.decider(it, at, now) == Some(body))
}

/// The findings that the decision answers: every open one of the body must be named, and nothing
/// that is not there.
fn answers(
    dossier: &Dossier,
    asked: &Asked,
    named: &[FindingId],
) -> Result<Vec<FindingId>, Problem> {
    let missing: Vec<u32> = asked
        .findings
        .iter()
        .filter(|it| !named.contains(it))
        .map(|it| it.0)
        .collect();
    if !missing.is_empty() {
        return Err(Problem::new(
            Code::DecisionStale,
            format!("not named: {missing:?}"),
        ));
    }
    let mut own = BTreeSet::new();
    for id in named {
        match dossier.passage.finding(*id) {
            None => {
                return Err(Problem::new(
                    Code::DecisionStale,
                    format!("there is no finding {}", id.0),
                ));
            }
            // Findings of another body that the same officer answers for come with another reason.
            Some(it) if it.finding.agency == asked.agency => drop(own.insert(*id)),
            Some(_) => (),
        }
    }
    Ok(own.into_iter().collect())
}

/// Whether enough of the deciding image has arrived for a release, by a body that reads images.
pub fn image_is_enough(
    state: &State,
    dossier: &Dossier,
    procedure: &Procedure,
    agency: Agency,
) -> Result<(), Problem> {
    let reads = procedure.stages_of(agency).contains(&Stage::Imaging);
    let deciding = imaging::deciding(&dossier.passage.images).filter(|_| reads);
    let Some(image) = deciding.map(|it| it.image) else {
        return Ok(());
    };
    let have = state.blobs.get(&image.image).map_or(0, |(have, _)| *have);
    let enough = clear_from_bytes(procedure, image);
    if have < enough {
        let detail = format!("{have} bytes of the image are here, {enough} are needed");
        return Err(Problem::new(Code::DecisionImageNotEnough, detail));
    }
    Ok(())
}

/// Bytes of this image that a release needs; never more than there are.
pub fn clear_from_bytes(procedure: &Procedure, image: &ImageReading) -> u64 {
    procedure.image.clear_from_bytes.min(image.size_bytes)
}

struct Ordering {
    passage: PassageId,
    officer: OfficerId,
    body: Agency,
    kind: OrderKind,
    about: Vec<FindingId>,
}

fn order(state: &State, ticket: Ticket, it: Ordering, now: UtcMs) -> Answered {
    let Ordering {
        passage,
        officer,
        body,
        kind,
        about,
    } = it;
    held_by(state, &passage, body, &officer)?;
    let dossier = dossier(state, &passage)?;
    if dossier.passage.ended.is_some() {
        return Err(Problem::new(Code::DecisionNotAsked, "the vehicle has left"));
    }
    let asked = state.asked(dossier, now);
    let mut agencies = BTreeSet::new();
    for id in &about {
        let Some(found) = dossier.passage.finding(*id) else {
            return Err(Problem::new(
                Code::OrderNotAbout,
                format!("there is no finding {}", id.0),
            ));
        };
        agencies.insert(found.finding.agency);
    }
    // In whose name: the body of the findings, else the one that is asked.
    let agency = agencies
        .first()
        .copied()
        .or_else(|| asked.iter().find(|it| it.body == body).map(|it| it.agency))
        .unwrap_or(body);
    let decider = state
        .procedure(&dossier.passage)
        .and_then(|it| it.decider(agency, &passage.checkpoint, now));
    if agencies.len() > 1 || decider.is_some_and(|it| it != body) {
        return Err(Problem::new(
            Code::OrderNotAbout,
            "the findings are another body's",
        ));
    }
    let ledger = OwnLedger::Post(passage.checkpoint.clone());
    let next = state.next.get(&ledger).map_or(0, |(_, next)| *next);
    let id = OrderId::new(format!("{}/{next}", ledger.origin()));
    let order = Order {
        id: id.clone(),
        passage: passage.clone(),
        agency,
        kind,
        by: officer,
        about,
    };
    Ok(vec![Action::Record {
        ledger,
        facts: vec![(Some(passage), Fact::OrderGiven(order))],
        at: now,
        answers: Some((ticket, Answer::Order(id))),
    }])
}

impl Dossier {
    /// Whether any reading of this passage names the blob.
    pub fn has_blob(&self, hash: &BlobHash) -> bool {
        self.blobs().any(|(it, _)| it == *hash)
    }

    /// Every blob the passage's readings name, with its size where the reading says it.
    pub fn blobs(&self) -> impl Iterator<Item = (BlobHash, Option<u64>)> {
        let passage = &self.passage;
        let images = passage
            .images
            .iter()
            .map(|it| (it.image, Some(it.size_bytes)));
        let profiles = passage
            .radiation
            .iter()
            .filter_map(|it| it.profile)
            .map(|it| (it, None));
        let pages = passage.documents.iter().flat_map(|it| &it.pages);
        let pages = pages.flat_map(|it| {
            [
                Some((it.page, Some(it.size_bytes))),
                it.preview.map(|it| (it, None)),
            ]
            .into_iter()
            .flatten()
        });
        let plates = passage.plates.iter().flat_map(|it| &it.pictures);
        let containers = passage.containers.iter().flat_map(|it| &it.pictures);
        images
            .chain(profiles)
            .chain(pages)
            .chain(plates.chain(containers).map(|it| (*it, None)))
    }
}
