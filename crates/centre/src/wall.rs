//! The supervisor's board: where trucks wait and for whom, links, machines, load, the day's
//! figures. A pure view of the state; figures over passages come from the domain's `measure`.

use std::collections::BTreeMap;

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, DeviceHealth};
use domain::measure::{p50_ms, p90_ms};
use domain::unit::{CheckpointId, UtcMs};

use crate::authority::{self, Sight};
use crate::case::{self, PROMISE_MS, value, waiting_for};
use crate::db::people::Person;
use crate::limits;
use crate::state::{Dossier, State};
use crate::watch;
use crate::wire::{
    Clock, Components, Hour, LaneState, Today, Wall, WallCheckpoint, WallDevice, WallLane,
    WallLink, WallOverdue, WallSeats, WallTotals, WallWaiting,
};

/// What the order promises, and what it was before.
pub const PROMISE_MINUTES: u32 = 45;
pub const BEFORE_MINUTES: u32 = 180;
const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// `figures`: gaps and records still to come, by checkpoint.
pub fn wall(
    state: &State,
    person: &Person,
    clock: Clock,
    figures: &BTreeMap<CheckpointId, (u64, u64)>,
) -> Wall {
    let now = clock.now;
    let mut waiting = BTreeMap::<String, (u32, i64)>::new();
    let mut overdue = Vec::new();
    let mut seats: BTreeMap<Agency, (u32, u32)> = BTreeMap::new();
    for dossier in state.open() {
        // For one truck each party counts once, with its longest wait.
        let mut longest = BTreeMap::<String, i64>::new();
        for it in waiting_for(state, dossier, now) {
            let ms = it.since.map_or(0, |since| now.since_ms(since).max(0));
            let known = longest.entry(it.whom).or_default();
            *known = ms.max(*known);
        }
        for (whom, ms) in longest {
            let sum = waiting.entry(whom).or_default();
            *sum = (sum.0 + 1, ms.max(sum.1));
        }
        // A body that decides for another as well has one case, due with the first of the two.
        let mut cases = BTreeMap::<Agency, UtcMs>::new();
        for it in state.asked(dossier, now).iter().filter(|it| !it.pending) {
            let due_at = cases.entry(it.body).or_insert(it.due_at);
            *due_at = it.due_at.min(*due_at);
        }
        for (agency, due_at) in cases {
            let sum = seats.entry(agency).or_default();
            sum.0 += 1;
            if due_at <= now {
                sum.1 += 1;
                overdue.push(WallOverdue {
                    passage: dossier.passage.id.to_string(),
                    checkpoint: dossier.passage.id.checkpoint.to_string(),
                    agency,
                    due_at,
                });
            }
        }
    }
    let checkpoints = checkpoints(state, now, figures, &overdue);
    let sum = |of: fn(&WallCheckpoint) -> u32| checkpoints.iter().map(of).sum();
    let totals = WallTotals {
        alarms: sum(|it| it.alarms),
        overdue: sum(|it| it.overdue),
        over_45: sum(|it| it.over_45),
        machines_down: sum(|it| it.devices_down.len() as u32),
    };
    let sees_cases = authority::sight(person.role, person.agency) != Sight::Nothing;
    overdue.sort_by_key(|it| it.due_at);
    overdue.truncate(limits::WALL_ROWS);
    let mut alarms = watch::alarms(state, person, now);
    if !sees_cases {
        alarms.iter_mut().for_each(|it| it.passage = None);
    }
    let mut waiting_for: Vec<WallWaiting> = waiting
        .into_iter()
        .map(|(whom, (trucks, longest_ms))| WallWaiting {
            whom,
            trucks,
            longest_ms,
        })
        .collect();
    waiting_for.sort_by_key(|it| std::cmp::Reverse((it.trucks, it.longest_ms)));
    let (today, by_hour) = today(state, now);
    Wall {
        clock,
        totals,
        checkpoints,
        waiting_for,
        overdue: sees_cases.then_some(overdue),
        alarms,
        alarms_of_cases: sees_cases,
        seats: Agency::ALL
            .into_iter()
            .map(|agency| {
                let (open, overdue) = seats.get(&agency).copied().unwrap_or_default();
                WallSeats {
                    agency,
                    seated: state.seated(agency).count() as u32,
                    open,
                    overdue,
                }
            })
            .collect(),
        today,
        by_hour,
    }
}

fn checkpoints(
    state: &State,
    now: UtcMs,
    figures: &BTreeMap<CheckpointId, (u64, u64)>,
    overdue: &[WallOverdue],
) -> Vec<WallCheckpoint> {
    let alarms = watch::standing_alarms(state, now, true, |_, _| true);
    let rows = state.settings.checkpoints.iter().map(|it| {
        let post = state.posts.get(&it.code).cloned().unwrap_or_default();
        let here: Vec<&Dossier> = state
            .open()
            .filter(|dossier| dossier.passage.id.checkpoint == it.code)
            .collect();
        let (gaps, behind) = figures.get(&it.code).copied().unwrap_or_default();
        let in_lane = |lane: u8| {
            let waits = |it: &&&Dossier| {
                it.passage.lane.is_some_and(|it| it.0 == lane) && it.passage.aside_at.is_none()
            };
            here.iter().filter(waits).count() as u32
        };
        let down = |(health, _): &&(DeviceHealth, String)| *health != DeviceHealth::Ready;
        let late = |it: &&&Dossier| {
            it.passage
                .arrived_at
                .is_some_and(|at| now.since_ms(at) > PROMISE_MS)
        };
        WallCheckpoint {
            code: it.code.to_string(),
            name: it.name.clone(),
            lon: it.lon,
            lat: it.lat,
            accuracy_km: it.accuracy_km,
            way: it.way,
            neighbour: it.neighbour.clone(),
            enrolled: post.enrolled,
            link: WallLink {
                up: post.link_up,
                since: post.link_since,
                last_seen: post.last_seen,
                gaps,
                behind,
                rate_bps: post.rate_bps,
            },
            lanes: (1..=it.lanes)
                .map(|lane| WallLane {
                    lane,
                    waiting: in_lane(lane),
                    state: match post.intake_stopped {
                        true => LaneState::Stopped,
                        false => LaneState::Open,
                    },
                })
                .collect(),
            devices_down: post
                .devices
                .iter()
                .filter(|(_, it)| down(it))
                .map(|(device, (health, why))| WallDevice {
                    device: device.to_string(),
                    health: value(health).as_str().unwrap_or_default().to_owned(),
                    why: why.clone(),
                })
                .collect(),
            waiting: here.len() as u32,
            overdue: overdue
                .iter()
                .filter(|row| row.checkpoint == it.code.as_str())
                .count() as u32,
            alarms: alarms
                .iter()
                .filter(|alarm| alarm.checkpoint == it.code)
                .count() as u32,
            over_45: here.iter().filter(late).count() as u32,
        }
    });
    rows.collect()
}

fn minutes(ms: Option<i64>) -> Option<f64> {
    ms.map(|it| it as f64 / 60_000.0)
}

/// The last 24 hours: passages that ended in them, and those that still stand, at their age.
fn today(state: &State, now: UtcMs) -> (Today, Vec<Hour>) {
    let mut today = Today {
        passages: 0,
        standing: 0,
        longest_ms: crate::time::longest_ms(state, now),
        released_by_rule: 0,
        refused: 0,
        held: 0,
        barrier_unpermitted: 0,
        p50_minutes: None,
        p90_minutes: None,
        components: Components::default(),
        promise_minutes: PROMISE_MINUTES,
        before_minutes: BEFORE_MINUTES,
    };
    let mut whole = Vec::new();
    let mut hours = BTreeMap::<i64, Vec<i64>>::new();
    let mut sums = Components::default();
    for post in state.posts.values() {
        let fresh = post
            .alarms
            .iter()
            .filter(|(_, what, at)| *what == "barrier_unpermitted" && now.since_ms(*at) < DAY_MS);
        today.barrier_unpermitted += fresh.count() as u32;
    }
    for dossier in state.open() {
        let totals = case::so_far(state, dossier, now).totals;
        today.standing += 1;
        sums.clear_control_ms += totals.clear_control_ms;
        sums.documents_ms += totals.documents_ms;
        sums.technological_ms += totals.technological_ms;
        whole.push(totals.whole_ms);
    }
    for dossier in state.dossiers.values() {
        let passage = &dossier.passage;
        let Some(ended) = passage
            .ended
            .as_ref()
            .filter(|it| now.since_ms(it.at) < DAY_MS)
        else {
            continue;
        };
        let any =
            |of: fn(&Decision) -> bool| passage.decisions.iter().any(|it| of(&it.made.decision));
        let by_rule = !passage.decisions.is_empty()
            && passage
                .decisions
                .iter()
                .all(|it| matches!(it.made.by, DecidedBy::Rule { .. }));
        today.passages += 1;
        today.released_by_rule += u32::from(by_rule);
        today.refused += u32::from(any(|it| *it == Decision::Refuse));
        today.held += u32::from(any(|it| matches!(it, Decision::Hold { .. })));
        let totals = dossier.totals();
        sums.clear_control_ms += totals.clear_control_ms;
        sums.documents_ms += totals.documents_ms;
        sums.technological_ms += totals.technological_ms;
        whole.push(totals.whole_ms);
        let hour = ended.at.0.div_euclid(HOUR_MS) * HOUR_MS;
        hours.entry(hour).or_default().push(totals.whole_ms);
    }
    let count = i64::from(today.passages + today.standing).max(1);
    today.components = Components {
        clear_control_ms: sums.clear_control_ms / count,
        documents_ms: sums.documents_ms / count,
        technological_ms: sums.technological_ms / count,
    };
    today.p50_minutes = minutes(p50_ms(&whole));
    today.p90_minutes = minutes(p90_ms(&whole));
    let by_hour = hours
        .into_iter()
        .map(|(hour, spans)| Hour {
            hour: UtcMs(hour),
            passages: spans.len() as u32,
            p50_minutes: minutes(p50_ms(&spans)),
            p90_minutes: minutes(p90_ms(&spans)),
        })
        .collect();
    (today, by_hour)
}
