//! `/api/notifications`: a carrier lodges one notice for all bodies and follows it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::unit::NotificationId;

use crate::app::App;
use crate::authority::{Act, Role};
use crate::case;
use crate::main_loop::{Answer, Want};
use crate::notice;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::viewer::{Body, Path, Viewer};
use crate::wire::{Lodged, NewNotification, NotificationState};

/// Lodge a notification.
#[utoipa::path(post, path = "/api/notifications", tag = "notifications", request_body = NewNotification, responses(
    (status = 200, body = Lodged), (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)
))]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(it): Body<NewNotification>,
) -> Result<Json<Lodged>, Problem> {
    viewer.may(Act::LodgeNotification)?;
    let notification = Box::new(notice::check(it)?);
    match app.ask(Want::Lodge { notification }).await? {
        Answer::Lodged(id) => {
            app.db.note_lodged(id.as_str(), &viewer.person.name).await?;
            Ok(Json(Lodged { id: id.to_string() }))
        }
        _ => Err(Code::Internal.into()),
    }
}

/// What has become of it. Carriers see their own only.
#[utoipa::path(get, path = "/api/notifications/{id}", tag = "notifications",
    params(("id" = String, Path, description = "e.g. N-000123")),
    responses((status = 200, body = NotificationState), (status = 404, body = ProblemDocument))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<NotificationState>, Problem> {
    viewer.may(Act::SeeNotification)?;
    if viewer.person.role == Role::Carrier {
        let owner = app.db.lodged_by(&id).await?;
        if owner.as_deref() != Some(viewer.person.name.as_str()) {
            return Err(Code::NotificationUnknown.into());
        }
    }
    let now = app.clock.now();
    let state = app.state();
    let id = NotificationId::new(id);
    let notification = state
        .notifications
        .get(&id)
        .ok_or(Code::NotificationUnknown)?;
    let passage = state.matched.get(&id);
    let dossier = passage.and_then(|it| state.dossiers.get(it));
    Ok(Json(NotificationState {
        notification: notice::shown(notification),
        passage: passage.map(ToString::to_string),
        waiting_for: dossier
            .map(|it| case::waiting_for(&state, it, now))
            .unwrap_or_default(),
    }))
}
