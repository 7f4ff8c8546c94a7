//! `/api/health`: whether the centre works, for machines that watch it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::problem::{Problem, ProblemDocument};
use crate::wire::{Health, HealthLedger};

/// Open to everybody; asks the database one thing.
#[utoipa::path(get, path = "/api/health", tag = "health", responses(
    (status = 200, body = Health), (status = 500, body = ProblemDocument)
))]
pub async fn get(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    app.db.view_cursor("centre").await?;
    let size = app
        .ledgers
        .all()
        .flat_map(ledger::Ledger::status)
        .map(|it| it.size)
        .sum();
    Ok(Json(Health {
        status: "ok".to_owned(),
        ledger: HealthLedger { size },
        db: app.db.engine().to_owned(),
        software: format!("beket {}", env!("CARGO_PKG_VERSION")),
    }))
}
