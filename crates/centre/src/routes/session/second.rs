//! `/api/session/second`: is this the second person, before anything is sent. Nobody is logged in by
//! it; the decision carries the same name and password again.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use domain::agency::Agency;

use super::authenticate;
use crate::app::App;
use crate::authority::{Act, Role};
use crate::db::people::Person;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::viewer::{Body, Viewer};
use crate::wire::{Login, Second};

/// Check a second person at once. An officer must be of another body than the viewer.
#[utoipa::path(post, path = "/api/session/second", tag = "session", request_body = Login, responses(
    (status = 200, body = Second), (status = 401, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 429, body = ProblemDocument)
))]
pub async fn post(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    viewer: Viewer,
    Body(login): Body<Login>,
) -> Result<Json<Second>, Problem> {
    viewer.may(Act::SilenceAlarm)?;
    let person = person(&app, &viewer, &login, &from.ip().to_string()).await?;
    if let (Role::Officer, own) = (viewer.person.role, viewer.person.agency) {
        of_another_body(&person, own)?;
    }
    Ok(Json(Second {
        display_name: person.display_name,
        agency: person.agency,
    }))
}

/// Another person than the viewer, who may agree to something.
pub async fn person(
    app: &App,
    viewer: &Viewer,
    login: &Login,
    address: &str,
) -> Result<Person, Problem> {
    // Not the code of a lost session: the viewer's own stands.
    let wrong = |it: Problem| match it.code {
        Code::SessionWrong => Code::SecondWrong.into(),
        _ => it,
    };
    let person = authenticate(app, login, address).await.map_err(wrong)?;
    if person.officer == *viewer.officer() {
        return Err(Code::SecondSamePerson.into());
    }
    match person.role {
        Role::Officer | Role::Supervisor => Ok(person),
        _ => Err(Code::SecondNotOfficer.into()),
    }
}

/// The body of the second person, which is not `own`.
pub fn of_another_body(person: &Person, own: Option<Agency>) -> Result<Agency, Problem> {
    match person.agency {
        None => Err(Code::SecondNotOfficer.into()),
        it if it == own => Err(Code::SecondSameBody.into()),
        Some(agency) => Ok(agency),
    }
}
