//! `/api/reasons`: reason codes of the procedure in force. The texts are in the catalogues.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::agency::Agency;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::problem::{Problem, ProblemDocument};
use crate::viewer::{Query, Viewer};
use crate::wire::{Reason, mirror};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Params {
    /// Without it: of my body, or of all.
    #[serde(default)]
    #[param(value_type = Option<mirror::Agency>)]
    agency: Option<Agency>,
}

/// Reason codes.
#[utoipa::path(get, path = "/api/reasons", tag = "reasons", params(Params), responses(
    (status = 200, body = Vec<Reason>), (status = 403, body = ProblemDocument)
))]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Json<Vec<Reason>>, Problem> {
    viewer.may(Act::SeeReasons)?;
    let state = app.state();
    let agency = params.agency.or(viewer.person.agency);
    Ok(Json(case::reasons_in_force(
        &state,
        app.clock.now(),
        agency,
    )))
}
