//! `/api/links`: what has been received of every checkpoint's ledger, whether it is whole, and what
//! waits for its line at both ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::CheckpointId;

use crate::app::App;
use crate::authority::Act;
use crate::case::value;
use crate::problem::{Problem, ProblemDocument};
use crate::viewer::Viewer;
use crate::wire::LinkRow;

/// Every origin and epoch held of a checkpoint's own ledger. A copy takes records in order and
/// once, so a gap is always at its end: the records its writer has signed and that are not here.
fn rows(app: &App) -> Vec<(CheckpointId, LinkRow)> {
    let state = app.state();
    let mut rows = Vec::new();
    let statuses = app.ledgers.internal.status();
    for status in &statuses {
        let checkpoint = CheckpointId::new(&status.origin);
        let Some(post) = state.posts.get(&checkpoint) else {
            continue;
        };
        let listed = state.settings.checkpoints.iter();
        let mut name = listed.filter(|it| it.code == checkpoint).map(|it| &it.name);
        let announced = status.announced.as_ref().map_or(status.size, |it| it.size);
        let behind = announced.saturating_sub(status.size);
        let later =
            |it: &&ledger::OriginStatus| it.origin == status.origin && it.epoch > status.epoch;
        let current = !statuses.iter().any(|it| later(&it));
        let now = Some(post).filter(|_| current);
        let row = LinkRow {
            origin: status.origin.clone(),
            name: name.next().cloned().unwrap_or_default(),
            epoch: status.epoch,
            current,
            up: current && post.link_up,
            since: now.and_then(|it| it.link_since),
            received: status.size,
            behind,
            gaps: u64::from(behind > 0),
            duplicates: now.map_or(0, |it| it.duplicates),
            signed: status.head.as_ref().map_or(0, |it| it.size),
            complete: status.complete,
            sends: word(&post.sends),
            keeps: word(&post.keeps.0),
            waits: now.and_then(|it| it.waits.as_ref().map(|it| it.1.clone())),
            waits_at: now.and_then(|it| it.waits.as_ref().map(|it| it.0)),
            waits_here: now.and_then(|it| it.waits_here.clone()),
            head_signed: status.head.as_ref().map(|it| it.as_str().to_owned()),
            last_seen: post.last_seen,
        };
        rows.push((checkpoint, row));
    }
    rows
}

fn word(it: &impl serde::Serialize) -> String {
    value(it).as_str().unwrap_or_default().to_owned()
}

/// Gaps and records still to come, by checkpoint.
pub fn link_figures(app: &App) -> BTreeMap<CheckpointId, (u64, u64)> {
    let mut figures = BTreeMap::<_, (u64, u64)>::new();
    for (checkpoint, row) in rows(app) {
        let sum = figures.entry(checkpoint).or_default();
        *sum = (sum.0 + row.gaps, sum.1 + row.behind);
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
    Ok(Json(rows(&app).into_iter().map(|(_, row)| row).collect()))
}
