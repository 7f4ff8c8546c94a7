//! `/api/cases/{passage}/decision`: what the body says. Answered once it is durable at the centre;
//! it counts when the checkpoint has recorded it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::main_loop::{Answer, Deciding, Want};
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::routes::session::second;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::{NewDecision, Recorded};

/// Decide. "Inspect" also orders the inspection, unless one is out already.
#[utoipa::path(post, path = "/api/cases/{passage}/decision", tag = "cases", request_body = NewDecision,
    params(("passage" = String, Path)),
    responses((status = 200, body = Recorded), (status = 403, body = ProblemDocument),
              (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    viewer: Viewer,
    Path(id): Path<String>,
    Body(it): Body<NewDecision>,
) -> Result<Json<Recorded>, Problem> {
    viewer.may(Act::WorkOnCase)?;
    let (passage, body) = (passage(&id)?, viewer.body()?);
    if it.answers.len() > limits::ANSWERS || it.reason.len() > limits::NAME_BYTES {
        return Err(Problem::new(
            Code::InputWrong,
            "answers or reason: too long",
        ));
    }
    let second = match &it.second {
        None => None,
        Some(login) => {
            let person = second::person(&app, &viewer, login, &from.ip().to_string()).await?;
            let agency = second::of_another_body(&person, Some(body))?;
            Some((person.officer, agency))
        }
    };
    let deciding = Deciding {
        passage,
        officer: viewer.officer().clone(),
        body,
        decision: it.decision,
        answers: it.answers,
        reason: it.reason,
        second,
    };
    match app.ask(Want::Decide(deciding)).await? {
        Answer::Recorded(Some(sequence)) => Ok(Json(Recorded { sequence })),
        _ => Err(Code::Internal.into()),
    }
}
