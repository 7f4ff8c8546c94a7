//! `/api/queue`: the worklist. Officers: their body's cases; supervisors and auditors: all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::problem::{Problem, ProblemDocument};
use crate::viewer::{Query, Viewer};
use crate::wire::Queue;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Drawn to me.
    #[default]
    Mine,
    /// All of my body's, to read.
    Body,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Params {
    #[serde(default)]
    #[param(inline)]
    scope: Scope,
}

/// Cases that await a decision.
#[utoipa::path(get, path = "/api/queue", tag = "queue", params(Params), responses(
    (status = 200, body = Queue), (status = 403, body = ProblemDocument)
))]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Json<Queue>, Problem> {
    viewer.may(Act::SeeQueue)?;
    let now = app.clock.now();
    let state = app.state();
    Ok(Json(case::queue(
        &state,
        &viewer.person,
        params.scope == Scope::Mine,
        now,
    )))
}
