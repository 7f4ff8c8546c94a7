//! Where the time goes: the last 24 hours by the crate that `beket measure` uses, and the plans
//! that `beket twin --keep` left in the data folder. Pure, but for the reading of those files.

use std::path::Path;

use domain::measure::Component;
use domain::passage::EndedHow;
use domain::unit::UtcMs;
use measure::crossing::{Crossing, Milestones};
use measure::survey::{Spread, Survey};
use serde::Deserialize;

use crate::case;
use crate::limits;
use crate::state::State;
use crate::wall::{BEFORE_MINUTES, DAY_MS, PROMISE_MINUTES};
use crate::wire::{
    Plan, PlanFile, TimeAgency, TimeCheckpoint, TimeHour, TimeMeasured, TimeSpread, TimeStage,
    TimeWhom,
};

/// The country has one clock since 2024: UTC+5.
const ZONE_MS: i64 = 5 * 3_600_000;

pub fn measured(state: &State, now: UtcMs) -> TimeMeasured {
    let mut survey = Survey::default();
    let (mut through, mut turned_back, mut standing) = (0, 0, 0);
    for dossier in state.dossiers.values() {
        let passage = &dossier.passage;
        let Some(ended) = &passage.ended else {
            if passage.arrived_at.is_some() {
                standing += 1;
                let totals = case::so_far(state, dossier, now).totals;
                survey.add(Crossing::at_least(passage, totals, now));
            }
            continue;
        };
        if now.since_ms(ended.at) < DAY_MS {
            through += 1;
            turned_back += u64::from(ended.how == EndedHow::BackedOut);
            // Of a passage long ended the permit is all that is left of its milestones.
            let milestones = Milestones {
                permitted_at: passage.permit.as_ref().map(|it| it.given_at),
                ..Milestones::default()
            };
            survey.add(Crossing::folded(
                passage,
                dossier.totals().clone(),
                milestones,
            ));
        }
    }
    let figures = survey.figures(ZONE_MS);
    let post = figures.control_at_post;
    let component = |which: Component| {
        let mut all = post.components.iter();
        let found = all.find(|it| it.component == which);
        found.map(|it| spread(&it.spread)).unwrap_or_default()
    };
    TimeMeasured {
        as_of: now,
        through,
        turned_back,
        standing,
        longest_ms: longest_ms(state, now),
        promise_minutes: PROMISE_MINUTES,
        before_minutes: BEFORE_MINUTES,
        whole: spread(&post.whole),
        clear_control: component(Component::ClearControl),
        documents: component(Component::Documents),
        technological: component(Component::Technological),
        waited_for: (post.waited_for.iter())
            .map(|it| TimeWhom {
                whom: it.whom.clone(),
                share: it.share,
                spread: spread(&it.spread),
            })
            .collect(),
        stages: (post.stages.iter())
            .map(|it| TimeStage {
                stage: it.stage,
                spread: spread(&it.spread),
            })
            .collect(),
        agencies: (post.agencies.iter())
            .map(|it| TimeAgency {
                agency: it.agency,
                whole: spread(&it.whole),
            })
            .collect(),
        checkpoints: (post.checkpoints.iter())
            .map(|it| TimeCheckpoint {
                checkpoint: it.checkpoint.to_string(),
                name: state.settings.name_of(&it.checkpoint),
                whole: spread(&it.whole),
                clear_control: spread(&it.clear_control),
                documents: spread(&it.documents),
                technological: spread(&it.technological),
            })
            .collect(),
        hours: (post.hours.iter())
            .map(|it| TimeHour {
                hour: it.hour,
                whole: spread(&it.whole),
            })
            .collect(),
    }
}

/// How long the truck that has been here longest has stood; of those through the day the longest
/// is in the percentiles.
pub fn longest_ms(state: &State, now: UtcMs) -> Option<i64> {
    let arrived = state.open().filter_map(|it| it.passage.arrived_at);
    arrived.map(|at| now.since_ms(at).max(0)).max()
}

fn spread(it: &Spread) -> TimeSpread {
    let ms = |minutes: f64| (minutes * 60_000.0).round() as i64;
    TimeSpread {
        count: it.count,
        mean_ms: ms(it.mean_minutes),
        p50_ms: ms(it.p50_minutes),
        p90_ms: ms(it.p90_minutes),
        p99_ms: ms(it.p99_minutes),
    }
}

/// A file as `beket twin --keep` writes it.
#[derive(Deserialize)]
struct Kept {
    #[serde(flatten)]
    first: Plan,
    #[serde(default)]
    questions: Vec<Plan>,
}

/// The plans of a folder, by file name; no folder is no plans.
///
/// # Errors
/// The name of the first file that is no plan, too large, or one too many, and why.
pub fn plans(folder: &Path) -> Result<Vec<PlanFile>, String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut paths: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    paths.retain(|it| it.extension().is_some_and(|it| it == "json"));
    paths.sort();
    if paths.len() > limits::PLANS {
        return Err(format!(
            "{}: more than {} plans; remove some",
            folder.display(),
            limits::PLANS
        ));
    }
    paths.iter().map(|path| plan(path)).collect()
}

fn plan(path: &Path) -> Result<PlanFile, String> {
    let file = path.file_stem().unwrap_or_default();
    let file = file.to_string_lossy().into_owned();
    let size = std::fs::metadata(path).map_err(|why| format!("{file}: {why}"))?;
    if size.len() > limits::PLAN_BYTES {
        return Err(format!("{file}: more than {} bytes", limits::PLAN_BYTES));
    }
    let text = std::fs::read_to_string(path).map_err(|why| format!("{file}: {why}"))?;
    let kept: Kept = serde_json::from_str(&text).map_err(|why| format!("{file}: {why}"))?;
    let mut plans = vec![kept.first];
    plans.extend(kept.questions);
    Ok(PlanFile { file, plans })
}
