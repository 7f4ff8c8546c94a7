//! `/api/search`: passages by plate, container, name and time; ended ones too.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::PassageId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::limits;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::with_dossier;
use crate::state::{self, Dossier};
use crate::viewer::{Query, Viewer};
use crate::views;
use crate::wire::SearchRow;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Params {
    /// Part of a plate, a container number or a passage's name; blanks and case do not matter.
    #[serde(default)]
    q: String,
    /// Arrived at or after, milliseconds UTC.
    #[serde(default)]
    from: Option<i64>,
    /// Arrived at or before.
    #[serde(default)]
    to: Option<i64>,
}

/// Find passages; the latest 200.
#[utoipa::path(get, path = "/api/search", tag = "search", params(Params), responses(
    (status = 200, body = Vec<SearchRow>), (status = 403, body = ProblemDocument)
))]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Json<Vec<SearchRow>>, Problem> {
    viewer.may(Act::Search)?;
    if params.q.len() > limits::TEXT_BYTES {
        return Err(Problem::new(Code::InputWrong, "q: too long"));
    }
    let (from, to) = (
        params.from.unwrap_or(i64::MIN),
        params.to.unwrap_or(i64::MAX),
    );
    let text = views::normal(&params.q);
    if text.is_empty() && !params.q.trim().is_empty() {
        // Nothing in it that a plate, a container or a passage's name could hold.
        return Ok(Json(Vec::new()));
    }
    let found = app.db.search(&text, from, to, limits::SEARCH_ROWS).await?;
    let now = app.clock.now();
    let mut rows = Vec::with_capacity(found.len());
    for id in found {
        let Ok(id) = id.parse::<PassageId>() else {
            continue;
        };
        let read = |state: &state::State, dossier: &Dossier| {
            case::may_see(state, dossier, &viewer.person, now)?;
            case::history::searched(state, dossier, &viewer.person, now)
        };
        // A row needs no single facts.
        let known = {
            let state = app.state();
            state.dossiers.get(&id).map(|it| read(&state, it))
        };
        let row = match known {
            Some(row) => row,
            None => with_dossier(&app, &id, read).await,
        };
        match row {
            Ok(row) => rows.push(row),
            // Another body's, or not known to this configuration any more.
            Err(it) if matches!(it.code, Code::CaseOtherBody | Code::CaseUnknown) => (),
            Err(it) => return Err(it),
        }
    }
    Ok(Json(rows))
}
