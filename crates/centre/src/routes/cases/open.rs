//! `/api/cases/{passage}/open`: the officer begins to work on it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::authority::Act;
use crate::main_loop::Want;
use crate::problem::{Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::viewer::{Path, Viewer};

/// Open a case drawn to me. From here on the wait counts as clear control.
#[utoipa::path(post, path = "/api/cases/{passage}/open", tag = "cases",
    params(("passage" = String, Path)),
    responses((status = 204), (status = 409, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    viewer.may(Act::WorkOnCase)?;
    let (passage, body) = (passage(&id)?, viewer.body()?);
    app.ask(Want::Open {
        passage,
        officer: viewer.officer().clone(),
        body,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
