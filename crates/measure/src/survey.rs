//! Percentiles over many crossings. Two spans that are never mixed: the control at one post, from
//! the gate to the exit barrier, which facts hold to the millisecond; and gate to gate with the
//! queue before it, of which facts hold the carrier's own claim only.

use std::collections::{BTreeMap, BTreeSet};

use domain::agency::Agency;
use domain::measure::{Component, WaitedFor, percentile_ms};
use domain::passage::EndedHow;
use domain::stage::Stage;
use domain::unit::{CheckpointId, UtcMs};
use serde::Serialize;

use crate::crossing::Crossing;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Crossings gathered so far; the order in which they come does not matter.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    pub crossings: Vec<Crossing>,
    /// Passages seen that have not ended: counted, not measured.
    pub under_way: u64,
}

/// How a span is spread over the passages that have it. Minutes, to a thousandth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: u64,
    pub mean_minutes: f64,
    pub p50_minutes: f64,
    pub p90_minutes: f64,
    pub p99_minutes: f64,
    pub max_minutes: f64,
}

impl Spread {
    pub fn of(spans_ms: &[i64]) -> Spread {
        let minutes = |it: Option<i64>| minutes(it.unwrap_or_default() as f64);
        let sum: f64 = spans_ms.iter().map(|it| *it as f64).sum();
        Spread {
            count: spans_ms.len() as u64,
            mean_minutes: self::minutes(sum / spans_ms.len().max(1) as f64),
            p50_minutes: minutes(percentile_ms(spans_ms, 50)),
            p90_minutes: minutes(percentile_ms(spans_ms, 90)),
            p99_minutes: minutes(percentile_ms(spans_ms, 99)),
            max_minutes: minutes(spans_ms.iter().max().copied()),
        }
    }
}

/// Milliseconds as minutes, to a thousandth.
pub fn minutes(ms: f64) -> f64 {
    (ms / 60.0).round() / 1_000.0
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub passages: u64,
    pub departed: u64,
    pub backed_out: u64,
    pub under_way: u64,
    /// Of the first arrival and the last end.
    pub from: Option<UtcMs>,
    pub to: Option<UtcMs>,
    pub control_at_post: ControlAtPost,
    pub gate_to_gate: GateToGate,
}

/// From the arrival at the gate to the exit barrier, one post.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ControlAtPost {
    pub whole: Spread,
    /// Over all passages: one that had nothing of a component counts with zero.
    pub components: Vec<ByComponent>,
    /// The longest sum first.
    pub waited_for: Vec<ByWhom>,
    /// From a stage's start to its completion.
    pub stages: Vec<ByStage>,
    pub agencies: Vec<ByAgency>,
    pub checkpoints: Vec<ByCheckpoint>,
    /// By hour of arrival, 0..=23 in the zone asked for.
    pub hours: Vec<ByHour>,
}

/// The queue before the gate and the control together. `claimed`: by the time the carrier had
/// notified, which is a claim; passages without it are not in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GateToGate {
    pub claimed: Spread,
    pub queue_claimed: Spread,
    /// Passages of which no fact says when they joined the queue.
    pub unknown: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByComponent {
    pub component: Component,
    pub share: f64,
    pub spread: Spread,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByWhom {
    /// [`WaitedFor::code`].
    pub whom: String,
    /// Of the time of all passages together.
    pub share: f64,
    /// Over the passages that waited for it at all.
    pub spread: Spread,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByStage {
    pub stage: Stage,
    pub spread: Spread,
}

/// What one body cost the passages that had to do with its people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByAgency {
    pub agency: Agency,
    /// An officer working, a seat that was not free, a hold: together.
    pub whole: Spread,
    pub officer: Spread,
    pub seat: Spread,
    pub hold: Spread,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByCheckpoint {
    pub checkpoint: CheckpointId,
    pub whole: Spread,
    pub clear_control: Spread,
    pub documents: Spread,
    pub technological: Spread,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByHour {
    pub hour: u8,
    pub whole: Spread,
}

impl Survey {
    pub fn add(&mut self, crossing: Option<Crossing>) {
        match crossing {
            Some(it) => self.crossings.push(it),
            None => self.under_way += 1,
        }
    }

    /// `zone_ms`: what the clock on the wall is ahead of UTC, for the hours.
    pub fn figures(&self, zone_ms: i64) -> Figures {
        let all = &self.crossings;
        let departed = all.iter().filter(|it| it.how == EndedHow::Departed).count() as u64;
        Figures {
            passages: all.len() as u64,
            departed,
            backed_out: all.len() as u64 - departed,
            under_way: self.under_way,
            from: all.iter().map(|it| it.arrived_at).min(),
            to: all.iter().map(|it| it.ended_at).max(),
            control_at_post: control_at_post(all, zone_ms),
            gate_to_gate: gate_to_gate(all),
        }
    }
}

pub(crate) fn component_ms(it: &Crossing, component: Component) -> i64 {
    match component {
        Component::ClearControl => it.totals.clear_control_ms,
        Component::Documents => it.totals.documents_ms,
        Component::Technological => it.totals.technological_ms,
    }
}

pub const COMPONENTS: [Component; 3] = [
    Component::ClearControl,
    Component::Documents,
    Component::Technological,
];

fn spread_of<'a>(all: impl Iterator<Item = &'a Crossing>, of: impl Fn(&Crossing) -> i64) -> Spread {
    Spread::of(&all.map(of).collect::<Vec<_>>())
}

fn control_at_post(all: &[Crossing], zone_ms: i64) -> ControlAtPost {
    let sum: i64 = all.iter().map(|it| it.totals.whole_ms).sum();
    let share = |ms: i64| (ms as f64 / sum.max(1) as f64 * 1e4).round() / 1e4;
    let components = COMPONENTS.map(|component| ByComponent {
        component,
        share: share(all.iter().map(|it| component_ms(it, component)).sum()),
        spread: spread_of(all.iter(), |it| component_ms(it, component)),
    });
    let mut waited: BTreeMap<WaitedFor, Vec<i64>> = BTreeMap::new();
    for it in all.iter().flat_map(|it| &it.totals.waited_for) {
        waited.entry(it.waited_for).or_default().push(it.ms);
    }
    let mut waited: Vec<(i64, ByWhom)> = waited
        .iter()
        .map(|(whom, spans)| {
            let ms = spans.iter().sum();
            let row = ByWhom {
                whom: whom.code(),
                share: share(ms),
                spread: Spread::of(spans),
            };
            (ms, row)
        })
        .collect();
    waited.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
    let stages = Stage::ALL.into_iter().filter_map(|stage| {
        let spans: Vec<i64> = all
            .iter()
            .filter_map(|it| it.stage_ms.get(&stage).copied())
            .collect();
        (!spans.is_empty()).then(|| ByStage {
            stage,
            spread: Spread::of(&spans),
        })
    });
    let codes: BTreeSet<&CheckpointId> = all.iter().map(|it| &it.passage.checkpoint).collect();
    let checkpoints = codes.into_iter().map(|code| {
        let here = || all.iter().filter(move |it| it.passage.checkpoint == *code);
        let part = |component| spread_of(here(), |it| component_ms(it, component));
        ByCheckpoint {
            checkpoint: code.clone(),
            whole: spread_of(here(), |it| it.totals.whole_ms),
            clear_control: part(Component::ClearControl),
            documents: part(Component::Documents),
            technological: part(Component::Technological),
        }
    });
    let hour_of = |it: &Crossing| (it.arrived_at.0 + zone_ms).rem_euclid(DAY_MS) / HOUR_MS;
    let hours = (0..24_u8).filter_map(|hour| {
        let here = all.iter().filter(|it| hour_of(it) == i64::from(hour));
        let whole = spread_of(here, |it| it.totals.whole_ms);
        (whole.count > 0).then_some(ByHour { hour, whole })
    });
    ControlAtPost {
        whole: spread_of(all.iter(), |it| it.totals.whole_ms),
        components: components.to_vec(),
        waited_for: waited.into_iter().map(|(_, it)| it).collect(),
        stages: stages.collect(),
        agencies: Agency::ALL
            .into_iter()
            .filter_map(|it| by_agency(all, it))
            .collect(),
        checkpoints: checkpoints.collect(),
        hours: hours.collect(),
    }
}

fn by_agency(all: &[Crossing], agency: Agency) -> Option<ByAgency> {
    let of = |wanted: WaitedFor| -> Vec<i64> {
        let each = all.iter().map(|it| {
            let own = it
                .totals
                .waited_for
                .iter()
                .filter(|it| it.waited_for == wanted);
            own.map(|it| it.ms).sum()
        });
        each.collect()
    };
    let officer = of(WaitedFor::Officer { agency });
    let seat = of(WaitedFor::Seat { agency });
    let hold = of(WaitedFor::Hold { for_whom: agency });
    let each = officer.iter().zip(&seat).zip(&hold);
    let whole: Vec<i64> = each.map(|((a, b), c)| a + b + c).collect();
    let some = |spans: &[i64]| {
        let had: Vec<i64> = spans.iter().copied().filter(|it| *it > 0).collect();
        Spread::of(&had)
    };
    let row = ByAgency {
        agency,
        whole: some(&whole),
        officer: some(&officer),
        seat: some(&seat),
        hold: some(&hold),
    };
    (row.whole.count > 0).then_some(row)
}

fn gate_to_gate(all: &[Crossing]) -> GateToGate {
    let known = || {
        all.iter()
            .filter_map(|it| it.queue_claimed_ms.map(|queue| (it, queue)))
    };
    let whole: Vec<i64> = known()
        .map(|(it, queue)| queue + it.totals.whole_ms)
        .collect();
    let queue: Vec<i64> = known().map(|(_, queue)| queue).collect();
    GateToGate {
        claimed: Spread::of(&whole),
        queue_claimed: Spread::of(&queue),
        unknown: (all.len() - whole.len()) as u64,
    }
}
