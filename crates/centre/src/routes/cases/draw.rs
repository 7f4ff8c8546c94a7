//! `/api/cases/{passage}/draw`: the recorded draw, and what the formula says of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::OfficerId;
use serde_json::Value;

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::draw;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::{passage, with_dossier};
use crate::viewer::{Path, Viewer};
use crate::wire::DrawShown;

/// The last draw of the case, recomputed.
#[utoipa::path(get, path = "/api/cases/{passage}/draw", tag = "cases",
    params(("passage" = String, Path)),
    responses((status = 200, body = DrawShown), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<DrawShown>, Problem> {
    viewer.may(Act::SeeDraw)?;
    let id = passage(&id)?;
    let now = app.clock.now();
    let shown = with_dossier(&app, &id, |state, dossier| {
        case::may_see(state, dossier, &viewer.person, now)?;
        let draw =
            case::last_draw(state, dossier, &viewer.person, now).ok_or(Code::CaseNotDrawn)?;
        let recomputed = draw::recompute(draw);
        Ok(DrawShown {
            agrees: recomputed == Some(&draw.officer),
            recomputed_officer: recomputed.map(OfficerId::to_string),
            draw: serde_json::to_value(draw).unwrap_or(Value::Null),
        })
    })
    .await?;
    Ok(Json(shown))
}
