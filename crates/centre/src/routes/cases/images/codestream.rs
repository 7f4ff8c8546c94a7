//! `/api/cases/{passage}/images/{hash}/codestream`: the JPEG 2000 bytes as far as they have arrived, from
//! any byte on, for a workstation that decodes them itself. Not here: decoding (`preview`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::authority::Act;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::blobs::named;
use crate::viewer::{Path, Viewer};

/// First and last byte asked for; the last one may be left open. RFC 9110, section 14.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    first: u64,
    last: Option<u64>,
}

/// `bytes=a-` and `bytes=a-b`. Anything else (suffixes, several ranges, other units) is ignored, as
/// section 14.2 allows.
fn asked(headers: &HeaderMap) -> Option<Asked> {
    let text = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |it: &str| -> Option<u64> {
        let digits = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| it.parse().ok()).flatten()
    };
    let first = number(first)?;
    let last = match last {
        "" => None,
        it => Some(number(it).filter(|last| *last >= first)?),
    };
    Some(Asked { first, last })
}

/// The bytes of an image so far. The entity tag is that of the whole image, named by its hash: bytes at an
/// offset never change.
#[utoipa::path(get, path = "/api/cases/{passage}/images/{hash}/codestream", tag = "cases",
    params(("passage" = String, Path), ("hash" = String, Path, description = "BLAKE3, 64 hexadecimal digits"),
           ("range" = Option<String>, Header, description = "`bytes=a-` or `bytes=a-b`"),
           ("if-none-match" = Option<String>, Header)),
    responses(
        (status = 200, description = "All of it", content_type = "image/x-jpc", body = Vec<u8>,
         headers(("etag" = String), ("x-beket-have" = u64), ("x-beket-total" = u64))),
        (status = 206, description = "What was asked for, as far as it is here", content_type = "image/x-jpc", body = Vec<u8>,
         headers(("etag" = String), ("content-range" = String), ("x-beket-have" = u64), ("x-beket-total" = u64))),
        (status = 304, description = "All of it is where it was"),
        (status = 404, body = ProblemDocument),
        (status = 409, description = "Nothing beyond that byte has arrived", body = ProblemDocument)
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((id, hash)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    viewer.may(Act::SeeCase)?;
    let (_, hash) = named(&app, &viewer, &id, &hash).await?;
    let (mut bytes, total) = app.blob(hash).await?.ok_or(Code::ImageNotReady)?;
    let have = bytes.len() as u64;
    let whole = have == total && total > 0;
    let tag = HeaderValue::try_from(format!("\"{hash}\""))
        .map_err(|why| Problem::new(Code::Internal, why.to_string()))?;
    let range = asked(&headers);
    if whole && range.is_none() && headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let Asked { first, last } = range.unwrap_or(Asked {
        first: 0,
        last: None,
    });
    if first >= have {
        let detail = format!("{have} of {total} bytes are here");
        return Err(Problem::new(Code::ImageNotReady, detail));
    }
    let last = last.map_or(have - 1, |it| it.min(have - 1));
    // Both fit: they are within a blob that is in memory.
    bytes.truncate(last as usize + 1);
    bytes.drain(..first as usize);
    let status = if whole && range.is_none() {
        StatusCode::OK
    } else {
        StatusCode::PARTIAL_CONTENT
    };
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("image/x-jpc"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, tag);
    headers.insert(HeaderName::from_static("x-beket-have"), have.into());
    headers.insert(HeaderName::from_static("x-beket-total"), total.into());
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(it) = HeaderValue::try_from(format!("bytes {first}-{last}/{total}"))
    {
        headers.insert(header::CONTENT_RANGE, it);
    }
    // Only all of it is the same for ever; of a part the next question must reach us.
    let keep = match status {
        StatusCode::OK => "private, max-age=31536000, immutable",
        _ => "no-store",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_range_of_bytes_or_ignored() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().unwrap());
            asked(&headers).map(|it| (it.first, it.last))
        };
        assert_eq!(of("bytes=7-"), Some((7, None)));
        assert_eq!(of("bytes=0-0"), Some((0, Some(0))));
        for odd in [
            "bytes=-5",
            "bytes=5-2",
            "bytes=0-1,4-5",
            "items=0-1",
            "bytes=+1-2",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(of(odd), None, "{odd}");
        }
        assert!(asked(&HeaderMap::new()).is_none());
    }
}
