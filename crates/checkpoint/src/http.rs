//! What the checkpoint answers over HTTP: the devices that call us, the local screen, and the
//! workstation's files. Works without the centre.
//!
//! Not here: officers of the centre; they have their own server.

pub(crate) mod devices;
mod display;
mod lane;
mod people;
mod problem;
mod xray;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use crate::config::Config;
use crate::intake::{Intake, TellError};
use crate::limits;
use crate::program::Seen;

#[derive(Clone)]
pub(crate) struct App {
    pub config: Arc<Config>,
    pub intake: Intake,
    pub seen: Seen,
    pub people: Arc<people::People>,
    pub uploads: Arc<xray::Uploads>,
}

/// The routes, and what looks after unfinished deliveries beside them.
pub(crate) fn router(
    config: &Config,
    intake: Intake,
    seen: Seen,
) -> (
    Router,
    impl Future<Output = Result<(), TellError>> + Send + 'static,
) {
    let app = App {
        config: Arc::new(config.clone()),
        intake,
        seen,
        people: Arc::new(people::People::new(config.people.clone())),
        uploads: Arc::default(),
    };
    let sweep = xray::sweep(app.clone());
    let router = Router::new()
        .route("/devices/{lane}/{device}", post(devices::message))
        .route(
            "/devices/{lane}/documents/done",
            post(devices::documents_done),
        )
        .route(
            "/devices/{lane}/xray/{scan}",
            put(xray::put).head(xray::offset),
        )
        .route("/devices/{lane}/xray/{scan}/metadata", put(xray::metadata))
        .route("/api/role", get(lane::role))
        .route("/api/lane", get(lane::lanes))
        .route("/api/lane/events", get(lane::events))
        .route("/api/lane/display/{lane}", get(display::get))
        .route("/api/lane/passages/{passage}/entry", post(lane::entry))
        .route(
            "/api/lane/passages/{passage}/decision",
            post(lane::decision),
        )
        .route("/api/lane/passages/{passage}/aside", post(lane::aside))
        .route(
            "/api/lane/passages/{passage}/backed-out",
            post(lane::backed_out),
        )
        .route(
            "/api/lane/passages/{passage}/order/{*order}",
            post(lane::order),
        )
        .fallback(assets)
        .layer(DefaultBodyLimit::max(limits::DEVICE_MESSAGE_BYTES))
        .layer(axum::middleware::map_response(harden))
        .with_state(app);
    (router, sweep)
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        (
            "content-security-policy",
            "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; \
             script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn assets(uri: Uri, headers: HeaderMap) -> Response {
    let accepts = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|it| it.to_str().ok());
    let Some(asset) = web_assets::get_or_page(uri.path(), accepts.unwrap_or_default()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut answer = Response::builder()
        .header(header::CONTENT_TYPE, asset.mime)
        .header(header::CACHE_CONTROL, asset.cache.header())
        .header(header::VARY, "accept-encoding");
    if let Some(encoding) = asset.encoding {
        answer = answer.header(header::CONTENT_ENCODING, encoding);
    }
    let body = Body::from(asset.bytes.into_owned());
    answer
        .body(body)
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
