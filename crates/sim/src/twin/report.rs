//! What the runs of one scenario say together: minutes by component with the spread over seeds.

use domain::agency::Agency;
use measure::survey::{ByWhom, Figures, Spread};
use serde::Serialize;

use super::scenario::{Scenario, Scheme};
use super::{Day, Hour};

/// Kazakhstan has one clock since 2024: UTC+5.
const ZONE_MS: i64 = 5 * 3_600_000;
/// 95 % of a normal distribution.
const Z95: f64 = 1.96;

/// Mean over seeds, and half of its 95 % interval; 0 for one seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    pub mean: f64,
    pub half_95: f64,
}

impl Estimate {
    pub fn of(values: &[f64]) -> Estimate {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|it| (it - mean).powi(2)).sum();
        let half_95 = match values.len() {
            0 | 1 => 0.0,
            _ => Z95 * (squares / (n - 1.0)).sqrt() / n.sqrt(),
        };
        // Plus nought, so that no minus stands before it.
        let round = |it: f64| (it * 100.0).round() / 100.0 + 0.0;
        Estimate {
            mean: round(mean),
            half_95: round(half_95),
        }
    }
}

/// Minutes of one span: mean over seeds, and half of the 95 % interval of that mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Minutes {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub mean_half_95: f64,
    pub p50_half_95: f64,
    pub p90_half_95: f64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Components {
    /// At the post, gate to exit barrier; what the order counts.
    pub whole: Minutes,
    pub clear_control: Minutes,
    pub documents: Minutes,
    pub technological: Minutes,
    /// Before the gate: outside the sum.
    pub before_gate: Minutes,
}

/// The seats of one body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pool {
    pub agency: Agency,
    pub seats: u32,
    /// Of one run.
    pub cases: u64,
    pub busy_share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Post {
    pub code: String,
    pub whole: Spread,
    pub before_gate: Spread,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub name: String,
    pub scheme: Scheme,
    pub seeds: u64,
    /// That arrived, of all seeds.
    pub trucks: u64,
    pub measured: u64,
    pub under_way: u64,
    pub cpu_s: f64,
    pub minutes: Components,
    /// Share of decisions that a rule took.
    pub by_rule_share: f64,
    pub turned_back: u64,
    pub disregarded: u64,
    pub facts: u64,
    /// The first seed's, longest sum first.
    pub waited_for: Vec<ByWhom>,
    pub seats: Vec<Pool>,
    /// The posts that the scenario names; the first seed's.
    pub posts: Vec<Post>,
    /// The first seed's.
    pub hours: Vec<Hour>,
}

/// Runs a scenario from `seed` on, so many seeds.
pub fn report(scenario: &Scenario, seed: u64, seeds: u64) -> Result<Report, String> {
    let began_s = cpu_s();
    let days: Result<Vec<Day>, String> = (seed..seed + seeds.max(1))
        .map(|it| super::run(scenario, it))
        .collect();
    let days = days?;
    let figures: Vec<Figures> = days.iter().map(|it| it.survey.figures(ZONE_MS)).collect();
    let gate = |day: &Day| {
        let all: Vec<i64> = day.gate_ms.values().flatten().copied().collect();
        Spread::of(&all)
    };
    let gates: Vec<Spread> = days.iter().map(gate).collect();
    let whole: Vec<Spread> = figures.iter().map(|it| it.control_at_post.whole).collect();
    let part = |n: usize| {
        let of = |it: &Figures| it.control_at_post.components.get(n).map(|it| it.spread);
        let spreads: Vec<Spread> = figures.iter().filter_map(of).collect();
        minutes(&spreads)
    };
    let posts = posts(scenario, &days, &figures);
    let sum = |of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>();
    let (by_rule, by_people) = (sum(|it| it.by_rule), sum(|it| it.by_people));
    let share = by_rule as f64 / (by_rule + by_people).max(1) as f64;
    Ok(Report {
        name: scenario.name.clone(),
        scheme: scenario.scheme,
        seeds: days.len() as u64,
        trucks: sum(|it| it.arrived),
        measured: figures.iter().map(|it| it.passages).sum(),
        under_way: sum(|it| it.survey.under_way),
        cpu_s: ((cpu_s() - began_s) * 100.0).round() / 100.0,
        minutes: Components {
            whole: minutes(&whole),
            clear_control: part(0),
            documents: part(1),
            technological: part(2),
            before_gate: minutes(&gates),
        },
        by_rule_share: (share * 1e3).round() / 1e3,
        turned_back: sum(|it| it.turned_back),
        disregarded: sum(|it| it.disregarded),
        facts: sum(|it| it.facts),
        waited_for: figures
            .into_iter()
            .next()
            .map(|it| it.control_at_post.waited_for)
            .unwrap_or_default(),
        seats: seats(&days),
        posts,
        hours: days
            .into_iter()
            .next()
            .map(|it| it.hours)
            .unwrap_or_default(),
    })
}

fn minutes(spreads: &[Spread]) -> Minutes {
    let of =
        |value: fn(&Spread) -> f64| Estimate::of(&spreads.iter().map(value).collect::<Vec<_>>());
    let mean = of(|it| it.mean_minutes);
    let p50 = of(|it| it.p50_minutes);
    let p90 = of(|it| it.p90_minutes);
    Minutes {
        mean: mean.mean,
        p50: p50.mean,
        p90: p90.mean,
        mean_half_95: mean.half_95,
        p50_half_95: p50.half_95,
        p90_half_95: p90.half_95,
    }
}

/// Of this thread, which does all the work: what else the machine does is not counted.
fn cpu_s() -> f64 {
    let it = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    it.tv_sec as f64 + it.tv_nsec as f64 / 1e9
}

fn posts(scenario: &Scenario, days: &[Day], figures: &[Figures]) -> Vec<Post> {
    let (Some(day), Some(figures)) = (days.first(), figures.first()) else {
        return Vec::new();
    };
    let found = scenario.post.iter().filter_map(|named| {
        let all = &figures.control_at_post.checkpoints;
        let whole = all.iter().find(|it| it.checkpoint.as_str() == named.code)?;
        let gate = day.gate_ms.get(&whole.checkpoint)?;
        Some(Post {
            code: named.code.clone(),
            whole: whole.whole,
            before_gate: Spread::of(gate),
        })
    });
    found.collect()
}

fn seats(days: &[Day]) -> Vec<Pool> {
    let first = days.first().map(|it| it.worked.as_slice());
    let pools = first.unwrap_or_default().iter().map(|it| {
        let all = days.iter().flat_map(|day| &day.worked);
        let own = all.filter(|at| at.agency == it.agency);
        let (cases, worked, paid) = own.fold((0, 0, 0), |(a, b, c), at| {
            (a + at.cases, b + at.worked_ms, c + at.paid_ms)
        });
        let busy = worked as f64 / (paid as f64).max(1.0);
        Pool {
            agency: it.agency,
            seats: it.seats,
            cases: cases / days.len().max(1) as u64,
            busy_share: (busy * 1e3).round() / 1e3,
        }
    });
    pools.collect()
}
