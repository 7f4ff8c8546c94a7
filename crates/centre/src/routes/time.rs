//! `/api/time`, `/api/plans`: where the time goes, and where it would go.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::time;
use crate::viewer::Viewer;
use crate::wire::{PlanFile, TimeMeasured};

/// Passages that ended within the last 24 hours: minutes by component, whom they waited for,
/// stage, body, checkpoint and hour.
#[utoipa::path(get, path = "/api/time", tag = "wall", responses(
    (status = 200, body = TimeMeasured), (status = 403, body = ProblemDocument)
))]
pub async fn measured(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<TimeMeasured>, Problem> {
    viewer.may(Act::SeeTime)?;
    let now = app.clock.now();
    Ok(Json(time::measured(&app.state(), now)))
}

/// What planners computed with `beket twin --keep DATA/plans`.
#[utoipa::path(get, path = "/api/plans", tag = "wall", responses(
    (status = 200, body = Vec<PlanFile>), (status = 403, body = ProblemDocument),
    (status = 500, body = ProblemDocument)
))]
pub async fn plans(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<Vec<PlanFile>>, Problem> {
    viewer.may(Act::SeeTime)?;
    let folder = app.plans.clone();
    let read = tokio::task::spawn_blocking(move || time::plans(&folder)).await;
    let plans = read.map_err(|why| Problem::new(Code::PlanUnreadable, why.to_string()))?;
    let plans = plans.map_err(|why| Problem::new(Code::PlanUnreadable, why))?;
    Ok(Json(plans))
}
