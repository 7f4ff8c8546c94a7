//! `/errors/{code}`: the page that explains a problem's code.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::{Code, Problem, ProblemDocument};
use crate::viewer::Path;

/// Open to everybody.
#[utoipa::path(get, path = "/errors/{code}", tag = "errors",
    params(("code" = String, Path, description = "e.g. decision.stale")),
    responses((status = 200, content_type = "text/markdown", body = String), (status = 404, body = ProblemDocument))
)]
pub async fn get(Path(code): Path<String>) -> Result<Response, Problem> {
    let it = Code::ALL
        .iter()
        .find(|it| it.code() == code)
        .ok_or(Code::NotFound)?;
    Ok((
        [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")],
        it.page(),
    )
        .into_response())
}
