//! `/api/cases/{passage}/blobs/{hash}/promote`: send this one before its turn.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Problem, ProblemDocument};
use crate::routes::cases::blobs::named;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::Promotion;

/// Ask the checkpoint for this blob first, whole or up to a byte.
#[utoipa::path(post, path = "/api/cases/{passage}/blobs/{hash}/promote", tag = "cases", request_body = Promotion,
    params(("passage" = String, Path), ("hash" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((id, hash)): Path<(String, String)>,
    Body(it): Body<Promotion>,
) -> Result<StatusCode, Problem> {
    viewer.may(Act::PromoteBlob)?;
    let (id, hash) = named(&app, &viewer, &id, &hash).await?;
    (app.promote)(&id.checkpoint, hash, it.upto_bytes);
    Ok(StatusCode::NO_CONTENT)
}
