//! `/api/links`: what has been received of every checkpoint's ledger, and whether it is whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::CheckpointId;

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Problem, ProblemDocument};
use crate::viewer::Viewer;
use crate::wire::LinkRow;

/// Every origin and epoch held of a checkpoint's own ledger. A copy takes records in order and
/// once, so a gap is always at its end: the records its writer has signed and that are not here.
fn rows(app: &App) -> Vec<(CheckpointId, LinkRow, u64)> {
    let state = app.state();
    let mut rows = Vec::new();
    for status in app.ledgers.internal.status() {
        let checkpoint = CheckpointId::new(&status.origin);
        let Some(post) = state.posts.get(&checkpoint) else {
            continue;
        };
        let announced = status.announced.as_ref().map_or(status.size, |it| it.size);
        let behind = announced.saturating_sub(status.size);
        let row = LinkRow {
            origin: status.origin,
            epoch: status.epoch,
            received: status.size,
            gaps: u64::from(behind > 0),
            duplicates: post.duplicates,
            head_signed: status.head.map(|it| it.as_str().to_owned()),
            last_seen: post.last_seen,
        };
        rows.push((checkpoint, row, behind));
    }
    rows
}

/// Gaps and records still to come, by checkpoint.
pub fn link_figures(app: &App) -> BTreeMap<CheckpointId, (u64, u64)> {
    let mut figures = BTreeMap::<_, (u64, u64)>::new();
    for (checkpoint, row, behind) in rows(app) {
        let sum = figures.entry(checkpoint).or_default();
        *sum = (sum.0 + row.gaps, sum.1 + behind);
    }
    figures
}

/// Completeness, origin by origin.
#[utoipa::path(get, path = "/api/links", tag = "links", responses(
    (status = 200, body = Vec<LinkRow>), (status = 403, body = ProblemDocument)
))]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<Vec<LinkRow>>, Problem> {
    viewer.may(Act::SeeLinks)?;
    Ok(Json(
        rows(&app).into_iter().map(|(_, row, _)| row).collect(),
    ))
}
