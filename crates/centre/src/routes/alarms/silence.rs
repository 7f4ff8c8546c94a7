//! `/api/alarms/silence`: with a reason of the list; recorded, and shown beside the alarm.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use domain::unit::CheckpointId;

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::main_loop::Want;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::routes::session::second;
use crate::viewer::{Body, Viewer};
use crate::watch::{self, AlarmKey};
use crate::wire::NewSilence;

/// Silence an alarm that the viewer sees.
#[utoipa::path(post, path = "/api/alarms/silence", tag = "alarms", request_body = NewSilence,
    responses((status = 204), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
              (status = 409, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    viewer: Viewer,
    Body(it): Body<NewSilence>,
) -> Result<StatusCode, Problem> {
    viewer.may(Act::SilenceAlarm)?;
    if it.checkpoint.len() > limits::NAME_BYTES || it.what.len() > limits::TEXT_BYTES {
        return Err(Code::AlarmUnknown.into());
    }
    let now = app.clock.now();
    let seen = watch::alarms(&app.state(), &viewer.person, now);
    let own = |alarm: &crate::wire::WallAlarm| {
        (&alarm.checkpoint, &alarm.passage, &alarm.what, alarm.at)
            == (&it.checkpoint, &it.passage, &it.what, it.at)
    };
    // What a viewer does not see is not there for them.
    if !seen.iter().any(own) {
        return Err(Code::AlarmUnknown.into());
    }
    let second = match &it.second {
        None => None,
        Some(login) => {
            let second = second::person(&app, &viewer, login, &from.ip().to_string()).await?;
            Some(second.officer)
        }
    };
    let key = AlarmKey {
        checkpoint: CheckpointId::new(&it.checkpoint),
        passage: it.passage.as_deref().map(passage).transpose()?,
        what: it.what,
        raised_at: it.at,
    };
    app.ask(Want::Silence {
        key,
        by: viewer.officer().clone(),
        reason: it.reason,
        second,
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
