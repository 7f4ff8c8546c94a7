//! `/api/wall`: the supervisor's board.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Problem, ProblemDocument};
use crate::routes::clock::clock;
use crate::routes::links::link_figures;
use crate::viewer::Viewer;
use crate::wall;
use crate::wire::Wall;

/// Where trucks wait, and for whom. An administrator sees figures and machines, no passage.
#[utoipa::path(get, path = "/api/wall", tag = "wall", responses(
    (status = 200, body = Wall), (status = 403, body = ProblemDocument)
))]
pub async fn get(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Wall>, Problem> {
    viewer.may(Act::SeeWall)?;
    let figures = link_figures(&app);
    let wall = wall::wall(&app.state(), &viewer.person, clock(&app), &figures);
    Ok(Json(wall))
}
