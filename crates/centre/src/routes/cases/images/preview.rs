//! `/api/cases/{passage}/images/{hash}/preview`: PNG from the layers received so far.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::blobs::named;
use crate::viewer::{Path, Query, Viewer};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Params {
    /// Pixels, at most 4096.
    #[serde(default)]
    width: Option<u32>,
}

/// The image as PNG.
#[utoipa::path(get, path = "/api/cases/{passage}/images/{hash}/preview", tag = "cases",
    params(("passage" = String, Path), ("hash" = String, Path), Params),
    responses((status = 200, content_type = "image/png", body = Vec<u8>),
              (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((id, hash)): Path<(String, String)>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    viewer.may(Act::SeeCase)?;
    let width = params.width.unwrap_or(limits::PREVIEW_WIDTH_DEFAULT_PX);
    if !(16..=limits::PREVIEW_WIDTH_PX).contains(&width) {
        return Err(Problem::new(Code::InputWrong, "width: 16 to 4096 pixels"));
    }
    let (id, hash) = named(&app, &viewer, &id, &hash).await?;
    let (bytes, total) = app.blob(hash).await?.ok_or(Code::ImageNotReady)?;
    // Nothing can be decoded before the first quality layer is whole.
    let first = {
        let state = app.state();
        let dossier = state.dossiers.get(&id);
        let image = dossier.and_then(|it| it.passage.images.iter().find(|it| it.image == hash));
        image
            .and_then(|it| it.layer_ends.first().copied())
            .unwrap_or(1)
    };
    let have = bytes.len() as u64;
    if have < first.min(total) {
        let detail = format!("{have} bytes are here, the first layer takes {first}");
        return Err(Problem::new(Code::ImageNotReady, detail));
    }
    let png = app.previews.png(hash, bytes, width).await?;
    let mut response = png.as_ref().clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-beket-have"), have.into());
    headers.insert(HeaderName::from_static("x-beket-total"), total.into());
    Ok(response)
}
