//! `/api/seats`: who is on duty and what was drawn to them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Problem, ProblemDocument};
use crate::viewer::Viewer;
use crate::watch;
use crate::wire::SeatRow;

/// Seats, load, and which case may be drawn again.
#[utoipa::path(get, path = "/api/seats", tag = "seats", responses(
    (status = 200, body = Vec<SeatRow>), (status = 403, body = ProblemDocument)
))]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<Vec<SeatRow>>, Problem> {
    viewer.may(Act::SeeSeats)?;
    let now = app.clock.now();
    Ok(Json(watch::seats(&app.state(), now)))
}
