//! `/api/cases/{passage}/redraw`: a supervisor has an overdue case drawn again among the others.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::authority::Act;
use crate::main_loop::Want;
use crate::problem::{Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::NewRedraw;

/// Draw again. Whom it goes to is the formula's; the round is the next one.
#[utoipa::path(post, path = "/api/cases/{passage}/redraw", tag = "cases", request_body = NewRedraw,
    params(("passage" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Body(it): Body<NewRedraw>,
) -> Result<StatusCode, Problem> {
    viewer.may(Act::Redraw)?;
    app.ask(Want::Recall {
        passage: passage(&id)?,
        body: it.agency,
        by: viewer.officer().clone(),
        reason: it.reason,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
