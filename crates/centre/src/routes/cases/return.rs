//! `/api/cases/{passage}/return`: give a case back; it is drawn again among the others.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::main_loop::Want;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::NewReturn;

/// Give it back.
#[utoipa::path(post, path = "/api/cases/{passage}/return", tag = "cases", request_body = NewReturn,
    params(("passage" = String, Path)),
    responses((status = 204), (status = 409, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Body(it): Body<NewReturn>,
) -> Result<StatusCode, Problem> {
    viewer.may(Act::WorkOnCase)?;
    if it.reason.trim().is_empty() || it.reason.len() > limits::TEXT_BYTES {
        return Err(Problem::new(
            Code::InputWrong,
            "reason: say why, within 400 bytes",
        ));
    }
    let (passage, body) = (passage(&id)?, viewer.body()?);
    let officer = viewer.officer().clone();
    app.ask(Want::Return {
        passage,
        officer,
        body,
        reason: it.reason,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
