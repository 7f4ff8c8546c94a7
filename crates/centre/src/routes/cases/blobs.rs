//! `/api/cases/{passage}/blobs/{hash}`: the bytes of a picture, page or profile, as far as they
//! have arrived.

pub mod promote;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use devices::document::bilevel;
use domain::unit::{BlobHash, PassageId};

use crate::app::App;
use crate::authority::Act;
use crate::case;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::{passage, with_dossier};
use crate::viewer::{Path, Viewer};

/// The blob of an address, when a reading names it that the viewer may see.
pub async fn named(
    app: &App,
    viewer: &Viewer,
    id: &str,
    hash: &str,
) -> Result<(PassageId, BlobHash), Problem> {
    let id = passage(id)?;
    let hash: BlobHash = hash
        .parse()
        .map_err(|why: String| Problem::new(Code::BlobUnknown, why))?;
    let now = app.clock.now();
    with_dossier(app, &id, |state, dossier| {
        case::may_see_blob(state, dossier, &viewer.person, now, &hash)
    })
    .await?;
    Ok((id, hash))
}

/// Bytes so far. A page's bilevel preview comes as a PNG once it is whole.
#[utoipa::path(get, path = "/api/cases/{passage}/blobs/{hash}", tag = "cases",
    params(("passage" = String, Path), ("hash" = String, Path, description = "BLAKE3, 64 hexadecimal digits")),
    responses(
        (status = 200, description = "Complete", content_type = "application/octet-stream", body = Vec<u8>,
         headers(("x-beket-have" = u64), ("x-beket-total" = u64))),
        (status = 206, description = "The first bytes; the rest is on its way", content_type = "application/octet-stream", body = Vec<u8>,
         headers(("x-beket-have" = u64), ("x-beket-total" = u64))),
        (status = 404, body = ProblemDocument)
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((id, hash)): Path<(String, String)>,
) -> Result<Response, Problem> {
    viewer.may(Act::SeeCase)?;
    let (_, hash) = named(&app, &viewer, &id, &hash).await?;
    // A reading names it; nothing of it may have come yet.
    let announced = app.state().blobs.get(&hash).map_or(0, |(_, total)| *total);
    let (bytes, total) = app.blob(hash).await?.unwrap_or((Vec::new(), announced));
    let have = bytes.len() as u64;
    let mut media_type = "application/octet-stream";
    let mut bytes = bytes;
    if have == total && bilevel::is_one(&bytes) {
        // No browser shows Group 4; whoever wants the blob itself has it in the ledger.
        let made = tokio::task::spawn_blocking(move || (bilevel::png(&bytes), bytes)).await;
        bytes = match made {
            Ok((Ok(png), _)) => {
                media_type = "image/png";
                png
            }
            Ok((Err(why), bytes)) => {
                tracing::warn!(%hash, why = why.why, "a bilevel page that is none");
                bytes
            }
            Err(why) => return Err(Problem::new(Code::Internal, why.to_string())),
        };
    }
    let complete = have == total && total > 0;
    let status = if complete {
        StatusCode::OK
    } else {
        StatusCode::PARTIAL_CONTENT
    };
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(HeaderName::from_static("x-beket-have"), have.into());
    headers.insert(HeaderName::from_static("x-beket-total"), total.into());
    if complete {
        // Named by its hash: the same for ever; for this viewer only.
        let value = HeaderValue::from_static("private, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}
