//! `/api/cases/{passage}`: everything about one passage that the viewer's body may see.

pub mod blobs;
pub mod decision;
pub mod draw;
pub mod images;
pub mod open;
pub mod orders;
pub mod redraw;
pub mod remarks;
pub mod r#return;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::PassageId;

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::program::held;
use crate::state::{Dossier, Seen};
use crate::viewer::{Path, Viewer};
use crate::wire::Case;

/// The passage named in an address.
pub fn passage(text: &str) -> Result<PassageId, Problem> {
    text.parse()
        .map_err(|why: String| Problem::new(Code::CaseUnknown, why))
}

/// Runs `read` with the dossier, from memory or, when it ended long ago, folded anew from the
/// ledger.
pub async fn with_dossier<T>(
    app: &App,
    id: &PassageId,
    read: impl FnOnce(&crate::state::State, &Dossier) -> Result<T, Problem>,
) -> Result<T, Problem> {
    {
        let state = app.state();
        if let Some(dossier) = state.dossiers.get(id).filter(|it| !it.is_slim) {
            return read(&state, dossier);
        }
    }
    let folded = refold(app, id).await?;
    let dossier = folded.dossiers.get(id).ok_or(Code::CaseUnknown)?;
    read(&folded, dossier)
}

/// A state that knows this one passage.
async fn refold(app: &App, id: &PassageId) -> Result<crate::state::State, Problem> {
    let settings = app.state().settings.clone();
    let mut folded = crate::state::State::new(settings);
    let failed = |error: ledger::Error| {
        tracing::error!(%error, passage = %id, "reading a passage");
        Problem::new(
            Code::Internal,
            "the ledger cannot be read; the log says why",
        )
    };
    let post = app
        .ledgers
        .posts
        .get(&id.checkpoint)
        .ok_or(Code::CaseUnknown)?;
    // What the checkpoint wrote and the centre's own, then what was sent to the checkpoint.
    for ledger in [&app.ledgers.internal, post] {
        for raw in ledger.passage(id).await.map_err(failed)? {
            if let Ok(record) = raw.parse() {
                folded.apply(Seen::from(record));
            }
        }
    }
    let named: Vec<_> = match folded.dossiers.get(id) {
        Some(dossier) => dossier.blobs().map(|(hash, _)| hash).collect(),
        None => Vec::new(),
    };
    for hash in named {
        if let Some(it) = held(&app.ledgers.internal, hash).await {
            folded.blobs.insert(hash, it);
        }
    }
    Ok(folded)
}

/// The case on one screen.
#[utoipa::path(get, path = "/api/cases/{passage}", tag = "cases",
    params(("passage" = String, Path, description = "e.g. CN05-18204")),
    responses((status = 200, body = Case), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Case>, Problem> {
    viewer.may(Act::SeeCase)?;
    let id = passage(&id)?;
    let now = app.clock.now();
    let case = with_dossier(&app, &id, |state, dossier| {
        case::case(state, dossier, &viewer.person, now)
    })
    .await?;
    Ok(Json(case))
}
