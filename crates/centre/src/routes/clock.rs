//! `/api/clock`: the centre's time and how fast it runs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::wire::Clock;

pub fn clock(app: &App) -> Clock {
    Clock {
        now: app.clock.now(),
        rate: app.clock.rate(),
    }
}

/// The centre's time. Open to everybody.
#[utoipa::path(get, path = "/api/clock", tag = "clock", responses((status = 200, body = Clock)))]
pub async fn get(State(app): State<Arc<App>>) -> Json<Clock> {
    Json(clock(&app))
}
