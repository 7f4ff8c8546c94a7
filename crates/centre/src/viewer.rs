//! Who sends a request: the person behind the session cookie, and what they may do. Extractors
//! for handlers; a handler without [`Viewer`] is open to everybody, and a test lists those.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use domain::agency::Agency;
use domain::unit::OfficerId;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::authority::{self, Act, Role};
use crate::db::people::Person;
use crate::limits;
use crate::password;
use crate::problem::{Code, Problem};
use served::clock::wall_now;

pub const COOKIE: &str = "beket_session";

/// A person with a standing session.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub person: Person,
    pub token_hash: [u8; 32],
}

impl Viewer {
    /// Refuses when the viewer's role has no part in `act`.
    pub fn may(&self, act: Act) -> Result<(), Problem> {
        if authority::may(self.person.role, act) {
            Ok(())
        } else {
            Err(Code::RoleNotAllowed.into())
        }
    }

    pub fn officer(&self) -> &OfficerId {
        &self.person.officer
    }

    /// The body whose cases the viewer works on.
    pub fn body(&self) -> Result<Agency, Problem> {
        match (self.person.role, self.person.agency) {
            (Role::Officer, Some(agency)) => Ok(agency),
            _ => Err(Code::RoleNotAllowed.into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Viewer, Problem> {
        let token = token(parts).ok_or(Code::SessionNone)?;
        let token_hash = password::token_hash(token);
        standing(app, &token_hash)
            .await?
            .ok_or_else(|| Code::SessionNone.into())
    }
}

/// The viewer of a session that has neither expired nor lain idle, whose person is not shut out.
pub async fn standing(app: &App, token_hash: &[u8; 32]) -> Result<Option<Viewer>, Problem> {
    let Some(session) = app.db.session(token_hash).await? else {
        return Ok(None);
    };
    let now = wall_now();
    if session.expires_at <= now || now.since_ms(session.seen_at) > limits::SESSION_IDLE_MS {
        app.db.end_session(token_hash).await?;
        return Ok(None);
    }
    let Some(person) = app.db.person(&session.name).await? else {
        return Ok(None);
    };
    if person.disabled_at.is_some() {
        return Ok(None);
    }
    if now.since_ms(session.seen_at) > limits::SESSION_TOUCH_MS {
        app.db.touch_session(token_hash, now).await?;
    }
    Ok(Some(Viewer {
        person,
        token_hash: *token_hash,
    }))
}

fn token(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
        .filter(|it| it.len() <= 64)
}

/// A JSON body, or a problem that says where it cannot be read. An absent body reads as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _app: &Arc<App>) -> Result<Body<T>, Problem> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|it| it.to_str().ok())
            .is_some_and(|it| {
                it.split(';').next().unwrap_or_default().trim() == "application/json"
            });
        let bytes = axum::body::to_bytes(request.into_body(), limits::BODY_BYTES)
            .await
            .map_err(|_| Code::InputTooLarge)?;
        // Without the type a form of another site could send the same bytes.
        if !json && !bytes.is_empty() {
            let detail = "the body's content-type must be application/json";
            return Err(Problem::new(Code::InputMalformed, detail));
        }
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Body)
            .map_err(|e| Problem::new(Code::InputMalformed, e.to_string()))
    }
}

/// A path parameter, or a problem.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        let axum::extract::Path(it) = axum::extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|e| Problem::new(Code::InputMalformed, e.body_text()))?;
        Ok(Path(it))
    }
}

/// Query parameters, or a problem.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let axum::extract::Query(it) = axum::extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|e| Problem::new(Code::InputMalformed, e.body_text()))?;
        Ok(Query(it))
    }
}
