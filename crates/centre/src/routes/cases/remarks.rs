//! `/api/cases/{passage}/remarks`: what an officer says about a case beside the decision.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::remark::Remark;

use crate::app::App;
use crate::authority::{self, Act};
use crate::limits;
use crate::main_loop::{Answer, Want};
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::{NewRemark, Recorded};

/// Adjudicate a radiation alarm, mark a place on a radiograph, take a mark back.
#[utoipa::path(post, path = "/api/cases/{passage}/remarks", tag = "cases", request_body = NewRemark,
    params(("passage" = String, Path)),
    responses((status = 200, body = Recorded), (status = 403, body = ProblemDocument),
              (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Body(it): Body<NewRemark>,
) -> Result<Json<Recorded>, Problem> {
    viewer.may(Act::WorkOnCase)?;
    if let NewRemark::Adjudicated { answers, .. } = &it
        && answers.len() > limits::ANSWERS
    {
        return Err(Problem::new(Code::InputWrong, "answers: too many"));
    }
    let (passage, agency) = (passage(&id)?, viewer.body()?);
    let said = it
        .said()
        .ok_or_else(|| Problem::new(Code::RemarkWrong, "image: not a hash"))?;
    let sight = authority::sight(viewer.person.role, viewer.person.agency);
    if !authority::sees(sight, authority::remarked(&said)) {
        return Err(Code::RoleNotAllowed.into());
    }
    let by = viewer.officer().clone();
    let remark = Remark {
        passage,
        agency,
        by,
        said,
    };
    match app.ask(Want::Remark(remark)).await? {
        Answer::Recorded(Some(sequence)) => Ok(Json(Recorded { sequence })),
        _ => Err(Code::Internal.into()),
    }
}
