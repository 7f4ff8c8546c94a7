//! `/api/session`: log in, who am I, log out.

pub mod second;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::db::people::Person;
use crate::db::sessions::Session;
use crate::limits;
use crate::password;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::viewer::{Body, COOKIE, Viewer};
use crate::wire::{Login, Me};
use served::clock::wall_now;

pub fn me(app: &App, person: &Person) -> Me {
    Me {
        officer: person.officer.to_string(),
        display_name: person.display_name.clone(),
        role: person.role,
        agency: person.agency,
        seated: app.state().seats.contains_key(&person.officer),
        demo: app.demo,
    }
}

/// The person of that name and password. Counts failures by name and by address and refuses to
/// look further after too many.
pub async fn authenticate(app: &App, login: &Login, address: &str) -> Result<Person, Problem> {
    if login.name.len() > limits::NAME_BYTES || login.password.len() > limits::PASSWORD_BYTES {
        return Err(Code::SessionWrong.into());
    }
    let now = wall_now();
    let since = now.plus_ms(-limits::LOGIN_SPAN_MS);
    let (by_name, by_address) = (format!("name:{}", login.name), format!("from:{address}"));
    if app.db.failed_logins(&by_name, since).await? >= limits::LOGIN_FAILURES
        || app.db.failed_logins(&by_address, since).await? >= 10 * limits::LOGIN_FAILURES
    {
        let retry_after = Some(limits::LOGIN_SPAN_MS as u64 / 1_000);
        return Err(Problem {
            retry_after,
            ..Code::SessionThrottled.into()
        });
    }
    let person = app
        .db
        .person(&login.name)
        .await?
        .filter(|it| it.disabled_at.is_none());
    let hash = person.as_ref().map(|it| it.password_hash.as_str());
    let right = password::verify(&login.password, hash).await;
    match person.filter(|_| right) {
        Some(person) => {
            app.db.forget_failed_logins(&by_name).await?;
            Ok(person)
        }
        None => {
            app.db.note_failed_login(&by_name, now, since).await?;
            app.db.note_failed_login(&by_address, now, since).await?;
            Err(Code::SessionWrong.into())
        }
    }
}

/// Log in.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = Login, responses(
    (status = 200, body = Me), (status = 401, body = ProblemDocument), (status = 429, body = ProblemDocument)
))]
pub async fn post(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Body(login): Body<Login>,
) -> Result<Response, Problem> {
    let person = authenticate(&app, &login, &from.ip().to_string()).await?;
    let now = wall_now();
    let (token, hash) = password::new_token();
    let session = Session {
        name: person.name.clone(),
        created_at: now,
        seen_at: now,
        expires_at: now.plus_ms(limits::SESSION_MS),
    };
    app.db.add_session(&hash, &session).await?;
    let cookie = cookie(&app, &token, limits::SESSION_MS / 1_000)?;
    Ok((cookie, Json(me(&app, &person))).into_response())
}

/// Who am I.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, body = Me), (status = 401, body = ProblemDocument)
))]
pub async fn get(State(app): State<Arc<App>>, viewer: Viewer) -> Json<Me> {
    Json(me(&app, &viewer.person))
}

/// Log out. The seat stays taken: leaving it is `DELETE /api/duty`.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses(
    (status = 204), (status = 401, body = ProblemDocument)
))]
pub async fn delete(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, Problem> {
    app.db.end_session(&viewer.token_hash).await?;
    Ok((StatusCode::NO_CONTENT, cookie(&app, "", 0)?).into_response())
}

fn cookie(app: &App, token: &str, seconds: i64) -> Result<HeaderMap, Problem> {
    let secure = if app.secure_cookies { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&text).map_err(|_| Code::Internal)?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}
