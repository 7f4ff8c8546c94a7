//! `/api/role`: which program answers, so that the web shows the right home.

use axum::Json;

use crate::wire::ProgramRole;

/// Open to everybody.
#[utoipa::path(get, path = "/api/role", tag = "role", responses((status = 200, body = ProgramRole)))]
pub async fn get() -> Json<ProgramRole> {
    Json(ProgramRole {
        role: "centre".to_owned(),
    })
}
