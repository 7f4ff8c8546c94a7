//! The HTTP interface: every resource is one file whose place says its address. Assembly, security
//! headers, the single-page fallback. Not here: rules, access (`authority`), shapes (`wire`).

pub mod alarms;
pub mod cases;
pub mod clock;
pub mod duty;
pub mod errors;
pub mod events;
pub mod health;
pub mod links;
pub mod notifications;
pub mod queue;
pub mod reasons;
pub mod role;
pub mod search;
pub mod seats;
pub mod session;
pub mod time;
pub mod wall;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::limits;
use crate::problem::{Code, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Beket, the centre",
        description = "What the workstation, the wallboard and carriers' systems speak with the operations centre. \
                   Errors are RFC 9457 problem documents; each code has a page under /errors/.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact()
    ),
    components(schemas(crate::problem::ProblemDocument, crate::wire::Changed))
)]
struct Document;

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(session::post, session::get, session::delete))
        .routes(routes!(session::second::post))
        .routes(routes!(duty::post, duty::delete))
        .routes(routes!(clock::get))
        .routes(routes!(events::get))
        .routes(routes!(queue::get))
        .routes(routes!(cases::get))
        .routes(routes!(cases::open::post))
        .routes(routes!(cases::r#return::post))
        .routes(routes!(cases::decision::post))
        .routes(routes!(cases::orders::post))
        .routes(routes!(cases::blobs::get))
        .routes(routes!(cases::blobs::promote::post))
        .routes(routes!(cases::images::preview::get))
        .routes(routes!(cases::images::codestream::get))
        .routes(routes!(cases::draw::get))
        .routes(routes!(cases::redraw::post))
        .routes(routes!(cases::remarks::post))
        .routes(routes!(alarms::silence::post))
        .routes(routes!(seats::get))
        .routes(routes!(reasons::get))
        .routes(routes!(search::get))
        .routes(routes!(wall::get))
        .routes(routes!(time::measured))
        .routes(routes!(time::plans))
        .routes(routes!(links::get))
        .routes(routes!(notifications::post))
        .routes(routes!(notifications::get))
        .routes(routes!(health::get))
        .routes(routes!(role::get))
        .routes(routes!(errors::get))
}

/// The OpenAPI document, as `openapi.json` at the root of the repository holds it.
pub fn openapi() -> String {
    let (_, document) = api().split_for_parts();
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Everything the centre serves over HTTP.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = api().split_for_parts();
    let document: Arc<str> = document.to_json().unwrap_or_default().into();
    router
        .route(
            "/openapi.json",
            axum::routing::get(move || async move {
                (
                    [(header::CONTENT_TYPE, "application/json")],
                    document.to_string(),
                )
            }),
        )
        .fallback(fallback)
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .layer(middleware::from_fn(timely))
        .layer(middleware::from_fn(same_site))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| Problem::from(Code::Internal).into_response(),
        ))
        .layer(middleware::from_fn_with_state(app.clone(), headers))
        .with_state(app)
}

/// The workstation's files; its one page for every address the browser routes itself.
async fn fallback(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Problem::from(Code::NotFound).into_response();
    }
    let accepts = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let Some(asset) = web_assets::get_or_page(request.uri().path(), accepts) else {
        return Problem::from(Code::NotFound).into_response();
    };
    let mut response = asset.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(asset.cache.header()),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = asset.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(policy) = policy_of(asset.mime) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A worker has the policy of its own file: it compiles the image decoder and asks us for its bytes.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
                             connect-src 'self'; frame-ancestors 'none'";

/// The policy of a file of the workstation; `None`: that of everything else.
fn policy_of(mime: &str) -> Option<HeaderValue> {
    if mime.starts_with("text/html") {
        let page = web_assets::page("");
        return HeaderValue::from_str(&policy(&String::from_utf8_lossy(&page.bytes))).ok();
    }
    mime.starts_with("text/javascript")
        .then_some(HeaderValue::from_static(WORKER_POLICY))
}

/// The page's own inline scripts are allowed by their hash; no other inline script is.
fn policy(html: &str) -> String {
    let mut scripts = String::new();
    let mut rest = html;
    while let Some(at) = rest.find("<script") {
        rest = &rest[at..];
        let Some(open) = rest.find('>') else { break };
        let Some(close) = rest.find("</script>") else {
            break;
        };
        if close > open && !rest[..open].contains("src=") {
            let hash = STANDARD.encode(Sha256::digest(&rest.as_bytes()[open + 1..close]));
            scripts.push_str(&format!(" 'sha256-{hash}'"));
        }
        rest = &rest[close.max(1)..];
    }
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// No request occupies the centre for ever. A stream's head is quick, so streams are not cut.
async fn timely(request: Request, next: Next) -> Response {
    let span = Duration::from_secs(limits::REQUEST_SECONDS);
    match tokio::time::timeout(span, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem {
            retry_after: Some(5),
            ..Problem::from(Code::Busy)
        }
        .into_response(),
    }
}

/// A request that changes something and names another site as its origin is refused, besides
/// the cookie's `SameSite=Strict`.
async fn same_site(request: Request, next: Next) -> Response {
    if is_foreign(&request) {
        return Problem::from(Code::OriginCrossSite).into_response();
    }
    next.run(request).await
}

fn is_foreign(request: &Request) -> bool {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return false;
    }
    let text = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host)),
        (Some(_), None) => true,
        (None, _) => text(HeaderName::from_static("sec-fetch-site")) == Some("cross-site"),
    }
}

async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    if api {
        set(header::CACHE_CONTROL, "no-store");
    }
    if app.secure_cookies {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{policy, policy_of};

    #[test]
    fn a_worker_may_compile_the_decoder_and_ask_us_only() {
        let it = policy_of("text/javascript; charset=utf-8").unwrap();
        let it = it.to_str().unwrap();
        assert!(it.starts_with("default-src 'none'"), "{it}");
        assert!(it.contains("script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"));
        assert!(policy_of("application/wasm").is_none());
        assert!(
            policy_of("text/html; charset=utf-8").unwrap() != policy_of("text/javascript").unwrap()
        );
    }

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_files_are_not_hashed() {
        let it = policy("<head><script src=\"/a.js\"></script></head><script>alert(1)</script>");
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(
            it.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{it}"
        );
        assert_eq!(it.matches("sha256-").count(), 1);
        let scripts = it.split(';').find(|it| it.contains("script-src")).unwrap();
        assert!(!scripts.contains("'unsafe-inline'"));
        assert_eq!(policy("<script").matches("sha256-").count(), 0);
    }
}
