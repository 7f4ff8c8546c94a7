//! `/api/duty`: sit down at a workstation (cases are drawn among those seated), leave it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::main_loop::Want;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::session::me;
use crate::viewer::{Body, Viewer};
use crate::wire::{Me, SitDown};

/// Sit down.
#[utoipa::path(post, path = "/api/duty", tag = "duty", request_body = SitDown, responses(
    (status = 200, body = Me), (status = 403, body = ProblemDocument)
))]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(body): Body<SitDown>,
) -> Result<Json<Me>, Problem> {
    viewer.may(Act::SitDown)?;
    let agency = viewer.body()?;
    let seat = body.seat.unwrap_or_default();
    if seat.len() > limits::NAME_BYTES {
        return Err(Problem::new(Code::InputWrong, "seat: too long"));
    }
    app.ask(Want::SitDown {
        officer: viewer.officer().clone(),
        agency,
        seat,
    })
    .await?;
    Ok(Json(me(&app, &viewer.person)))
}

/// Leave; open cases are drawn again.
#[utoipa::path(delete, path = "/api/duty", tag = "duty", responses(
    (status = 200, body = Me), (status = 403, body = ProblemDocument)
))]
pub async fn delete(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Me>, Problem> {
    viewer.may(Act::SitDown)?;
    app.ask(Want::Leave {
        officer: viewer.officer().clone(),
    })
    .await?;
    Ok(Json(me(&app, &viewer.person)))
}
