//! The watch over a shift: alarms and their silence, who has which case, drawing an overdue case
//! again, and one officer's own figures. Pure views and judgements over the state. Not here: the
//! draw itself (`draw`, `main_loop`), the board (`wall`).

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, Escalation, Fact, Severity, SilenceReason};
use domain::line::Keeps;
use domain::passage::{Passage, RaisedFinding};
use domain::unit::{CheckpointId, OfficerId, PassageId, UtcMs};

use crate::authority;
use crate::case::Eyes;
use crate::db::people::Person;
use crate::limits;
use crate::problem::{Code, Problem};
use crate::state::{Dossier, Post, State};
use crate::wire::{SeatCase, SeatRow, Shift, Silenced, WallAlarm};

const DAY_MS: i64 = 24 * 3_600_000;

/// Names one alarm for as long as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlarmKey {
    pub checkpoint: CheckpointId,
    pub passage: Option<PassageId>,
    pub what: String,
    pub raised_at: UtcMs,
}

/// Who silenced it, why and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    pub by: OfficerId,
    pub reason: SilenceReason,
    pub at: UtcMs,
}

/// Alarms of a passage that no release has answered.
pub fn open_alarms(dossier: &Dossier) -> impl Iterator<Item = &RaisedFinding> {
    let passage = &dossier.passage;
    passage.findings.iter().filter(|it| {
        it.finding.severity == Severity::Alarm
            && domain::release::answer(passage, &it.finding) != domain::release::Answer::Released
    })
}

/// The code of an escalation as an alarm and the body that has to act; `None` for what another
/// alarm says already.
fn escalation(passage: &Passage, what: &Escalation) -> Option<(&'static str, Option<Agency>)> {
    Some(match what {
        Escalation::HoldOver { agency } => ("hold_over", Some(*agency)),
        Escalation::OrderOverdue { order } => {
            let order = passage.orders.iter().find(|it| it.order.id == *order)?;
            ("order_overdue", Some(order.order.agency))
        }
        Escalation::StageOverdue { .. } => ("stage_overdue", None),
        // Drawn as overdue wherever the case stands.
        Escalation::DecisionOverdue { .. } => return None,
        Escalation::BarrierUnpermitted | Escalation::DepartedUnpermitted => return None,
    })
}

fn is_escalated(state: &State, dossier: &Dossier, key: &AlarmKey) -> bool {
    let Some(procedure) = state.procedure(&dossier.passage) else {
        return false;
    };
    let all = domain::owed::standing_escalations(&dossier.passage, procedure);
    all.into_iter().any(|it| {
        let code = escalation(&dossier.passage, &it.what);
        it.at == key.raised_at && code.is_some_and(|(what, _)| what == key.what)
    })
}

/// A checkpoint whose disk keeps no longer everything.
fn disk_alarm(checkpoint: &CheckpointId, post: &Post) -> Option<AlarmKey> {
    let what = match post.keeps.0 {
        Keeps::Everything => return None,
        Keeps::PreviewsOnly => "disk_previews_only",
        Keeps::NoRest => "disk_no_rest",
    };
    Some(AlarmKey {
        checkpoint: checkpoint.clone(),
        passage: None,
        what: what.to_owned(),
        raised_at: post.keeps.1?,
    })
}

/// Every alarm that stands: those of cases that `seen` lets through and, with `lanes`, what
/// happened at a lane or a machine without a case. The one definition of an alarm.
pub fn standing_alarms(
    state: &State,
    now: UtcMs,
    lanes: bool,
    seen: impl Fn(&Dossier, Agency) -> bool,
) -> Vec<AlarmKey> {
    let mut keys = Vec::new();
    for dossier in state.open() {
        let own = open_alarms(dossier).filter(|it| seen(dossier, it.finding.agency));
        keys.extend(own.map(|it| AlarmKey {
            checkpoint: dossier.passage.id.checkpoint.clone(),
            passage: Some(dossier.passage.id.clone()),
            what: it.finding.rule.clone(),
            raised_at: it.raised_at,
        }));
    }
    for dossier in state.open() {
        let Some(procedure) = state.procedure(&dossier.passage) else {
            continue;
        };
        let escalated = domain::owed::standing_escalations(&dossier.passage, procedure);
        keys.extend(escalated.into_iter().filter_map(|it| {
            let (what, agency) = escalation(&dossier.passage, &it.what)?;
            // What no body owns is the lane's: customs and the supervisor see to it.
            let mine = seen(dossier, agency.unwrap_or(Agency::Customs));
            (lanes || mine).then(|| AlarmKey {
                checkpoint: dossier.passage.id.checkpoint.clone(),
                passage: Some(dossier.passage.id.clone()),
                what: what.to_owned(),
                raised_at: it.at,
            })
        }));
    }
    if lanes {
        for (checkpoint, post) in &state.posts {
            keys.extend(disk_alarm(checkpoint, post));
            let fresh = post.alarms.iter();
            let fresh = fresh.filter(|(.., at)| now.since_ms(*at) < DAY_MS);
            keys.extend(fresh.map(|(passage, what, at)| AlarmKey {
                checkpoint: checkpoint.clone(),
                passage: passage.clone(),
                what: (*what).to_owned(),
                raised_at: *at,
            }));
        }
    }
    keys.sort_by_key(|it| std::cmp::Reverse(it.raised_at));
    keys
}

/// Every alarm that stands, through this person's eyes, the newest first.
pub fn alarms(state: &State, person: &Person, now: UtcMs) -> Vec<WallAlarm> {
    // What happened at a lane without a case is the supervisor's.
    let lanes = authority::may(person.role, authority::Act::SeeWall);
    let mut keys = standing_alarms(state, now, lanes, |dossier, agency| {
        let eyes = Eyes::open(state, dossier, person, now);
        eyes.is_ok_and(|it| it.sees_of(agency))
    });
    keys.truncate(limits::WALL_ROWS);
    let shown = keys.into_iter().map(|it| WallAlarm {
        silenced: state.silenced.get(&it).map(|it| Silenced {
            by: it.by.to_string(),
            reason: it.reason,
            at: it.at,
        }),
        passage: it.passage.map(|it| it.to_string()),
        checkpoint_name: state.settings.name_of(&it.checkpoint),
        checkpoint: it.checkpoint.to_string(),
        what: it.what,
        at: it.raised_at,
    });
    shown.collect()
}

/// The fact that silences an alarm that stands; `None` when that was said already.
pub fn silence(
    state: &State,
    key: AlarmKey,
    by: OfficerId,
    reason: SilenceReason,
    second: Option<OfficerId>,
) -> Result<Option<Fact>, Problem> {
    match &second {
        // A test that one person alone may declare would hide a source.
        None if reason == SilenceReason::Test => return Err(Code::AlarmNeedsSecond.into()),
        Some(it) if *it == by => return Err(Code::SecondSamePerson.into()),
        _ => (),
    }
    let stands = match &key.passage {
        Some(id) => state.dossiers.get(id).is_some_and(|dossier| {
            let mut open = open_alarms(dossier);
            id.checkpoint == key.checkpoint
                && dossier.is_here()
                && (open.any(|it| it.finding.rule == key.what && it.raised_at == key.raised_at)
                    || is_escalated(state, dossier, &key))
        }),
        None => false,
    };
    let at_the_lane = state.posts.get(&key.checkpoint).is_some_and(|post| {
        let mut alarms = post.alarms.iter();
        let disk = disk_alarm(&key.checkpoint, post);
        disk.is_some_and(|it| it == key)
            || alarms.any(|(passage, what, at)| {
                *passage == key.passage && *what == key.what && *at == key.raised_at
            })
    });
    if !stands && !at_the_lane {
        return Err(Code::AlarmUnknown.into());
    }
    if state.silenced.contains_key(&key) {
        return Ok(None);
    }
    Ok(Some(Fact::AlarmSilenced {
        checkpoint: key.checkpoint,
        what: key.what,
        raised_at: key.raised_at,
        by,
        reason,
        second,
    }))
}

/// Whether a supervisor may have this case drawn again now: it is overdue, it lies with somebody,
/// somebody else is there, and it has not been drawn again since it was asked. The formula and its
/// head stay as they are, so all that a supervisor chooses is whether, never whom.
pub fn may_redraw(state: &State, dossier: &Dossier, body: Agency, now: UtcMs) -> Result<(), Code> {
    let asked = state.asked(dossier, now);
    let own = asked.iter().filter(|it| it.body == body && !it.pending);
    let (mut due_at, mut since) = (None, None);
    for it in own {
        due_at = due_at.min(Some(it.due_at)).or(Some(it.due_at));
        since = since.min(Some(it.asked_at)).or(Some(it.asked_at));
    }
    let (Some(due_at), Some(since)) = (due_at, since) else {
        return Err(Code::DecisionNotAsked);
    };
    let dealt = state.dealt.get(&(dossier.passage.id.clone(), body));
    let dealt = dealt.ok_or(Code::CaseNotDrawn)?;
    let holder = dealt.holder.as_ref().ok_or(Code::CaseNotDrawn)?;
    if due_at > now {
        return Err(Code::CaseNotOverdue);
    }
    let again = dealt.recalled.iter().filter(|at| **at >= since).count();
    if again >= limits::REDRAWS || dealt.draws.len() as u32 >= limits::DRAW_ROUNDS {
        return Err(Code::CaseRedrawn);
    }
    match state.seated(body).any(|it| it != holder) {
        true => Ok(()),
        false => Err(Code::CaseNobodyElse),
    }
}

/// Everybody on duty and what was drawn to them, by body and seat.
pub fn seats(state: &State, now: UtcMs) -> Vec<SeatRow> {
    let mut rows: Vec<SeatRow> = state
        .seats
        .iter()
        .map(|(officer, it)| SeatRow {
            officer: officer.to_string(),
            agency: it.agency,
            seat: it.seat.clone(),
            since: it.since,
            cases: Vec::new(),
            decided: shift(state, officer, it.since).decided,
        })
        .collect();
    for dossier in state.open() {
        let asked = state.asked(dossier, now);
        for row in &mut rows {
            let key = (dossier.passage.id.clone(), row.agency);
            let Some(dealt) = state.dealt.get(&key) else {
                continue;
            };
            let holds = dealt
                .holder
                .as_ref()
                .is_some_and(|it| it.as_str() == row.officer);
            let own = asked
                .iter()
                .filter(|it| it.body == row.agency && !it.pending);
            let Some(due_at) = own.map(|it| it.due_at).min().filter(|_| holds) else {
                continue;
            };
            let why_not = may_redraw(state, dossier, row.agency, now).err();
            row.cases.push(SeatCase {
                passage: dossier.passage.id.to_string(),
                checkpoint: dossier.passage.id.checkpoint.to_string(),
                due_at,
                opened_at: dealt.opened_at,
                round: dealt.draws.last().map_or(0, |(draw, _)| draw.round),
                redraw_why_not: why_not.map(|it| it.code().to_owned()),
            });
        }
    }
    for row in &mut rows {
        row.cases.sort_by_key(|it| it.due_at);
    }
    rows.sort_by(|a, b| (a.agency, &a.seat, &a.officer).cmp(&(b.agency, &b.seat, &b.officer)));
    rows
}

/// What this officer decided from `since` on, as far as it is in memory.
pub fn shift(state: &State, officer: &OfficerId, since: UtcMs) -> Shift {
    let mut it = Shift {
        since,
        decided: 0,
        released: 0,
        inspected: 0,
        held: 0,
        refused: 0,
        median_ms: None,
    };
    let mut spans = Vec::new();
    for (id, dossier) in &state.dossiers {
        for given in dossier.given.values().filter(|it| it.at >= since) {
            let DecidedBy::Officer { officer: by, .. } = &given.decision.by else {
                continue;
            };
            if by != officer {
                continue;
            }
            it.decided += 1;
            match given.decision.decision {
                Decision::Release => it.released += 1,
                Decision::Inspect => it.inspected += 1,
                Decision::Hold { .. } => it.held += 1,
                Decision::Refuse => it.refused += 1,
            }
            // A body decides for itself, or for one whose competence is delegated to it.
            let dealt = Agency::ALL.into_iter();
            let dealt = dealt.filter_map(|body| state.dealt.get(&(id.clone(), body)));
            let held = dealt.filter(|it| it.holder.as_ref() == Some(officer));
            let opened = held.filter_map(|it| it.opened_at).max();
            spans.extend(
                opened
                    .filter(|it| *it <= given.at)
                    .map(|it| given.at.since_ms(it)),
            );
        }
    }
    it.median_ms = domain::measure::p50_ms(&spans);
    it
}
