//! Seats and machines for a promise: the smallest step that helps most, again and again.
//! A greedy search: it finds a sufficient staff, no proof that none is smaller.

use domain::agency::Agency;
use serde::Serialize;

use super::report::{Report, report};
use super::scenario::Scenario;

/// More steps than any staff of the order's size could need.
pub const STEPS_MAX: usize = 40;
/// A row of machines is widened by so much.
const WIDER: f64 = 1.15;

/// One try, and what was added after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub seats: u32,
    pub p90: f64,
    pub under_way: u64,
    /// `None`: the promise is kept.
    pub added: Option<String>,
}

/// From the scenario's staff on; `told` hears every step.
pub fn search(
    scenario: &Scenario,
    p90_minutes: f64,
    seed: u64,
    mut told: impl FnMut(&Step),
) -> Result<(Scenario, Vec<Step>), String> {
    let mut it = scenario.clone();
    let mut steps = Vec::new();
    for _ in 0..STEPS_MAX {
        let found = report(&it, seed, 1)?;
        let kept = found.minutes.whole.p90 <= p90_minutes;
        let added = if kept { None } else { widen(&mut it, &found) };
        let step = Step {
            seats: found.seats.iter().map(|it| it.seats).sum(),
            p90: found.minutes.whole.p90,
            under_way: found.under_way,
            added,
        };
        told(&step);
        let last = step.added.is_none();
        steps.push(step);
        if last {
            break;
        }
    }
    Ok((it, steps))
}

/// Where most is waited for: one more seat in every shift, or a shorter row before each machine.
fn widen(it: &mut Scenario, found: &Report) -> Option<String> {
    let helps = found.waited_for.iter().find_map(|at| {
        let (kind, name) = at.whom.split_once(':')?;
        matches!(kind, "seat" | "device").then(|| (kind, name))
    });
    let (kind, name) = helps?;
    if kind == "seat" {
        let agency = Agency::ALL.into_iter().find(|it| it.to_string() == name)?;
        // A delegated case waits for a seat of another body: the busiest is the one that lacks.
        let busiest = found
            .seats
            .iter()
            .max_by(|a, b| a.busy_share.total_cmp(&b.busy_share));
        let own = found.seats.iter().find(|it| it.agency == agency);
        let lacking = match own {
            Some(own) if own.busy_share > 0.5 => agency,
            _ => busiest.map_or(agency, |it| it.agency),
        };
        for shift in &mut it.electronic.as_mut()?.shift {
            *shift.seats.entry(lacking).or_default() += 1;
        }
        return Some(format!("seat:{lacking}"));
    }
    let lanes = it.trucks_per_lane.as_mut()?;
    *lanes /= WIDER;
    Some("lanes".into())
}
