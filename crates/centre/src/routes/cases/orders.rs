//! `/api/cases/{passage}/orders`: have the lane do something about named findings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::authority::Act;
use crate::limits;
use crate::main_loop::{Answer, Want};
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::cases::passage;
use crate::viewer::{Body, Path, Viewer};
use crate::wire::{NewOrder, OrderGiven};

/// Give an order to the lane.
#[utoipa::path(post, path = "/api/cases/{passage}/orders", tag = "cases", request_body = NewOrder,
    params(("passage" = String, Path)),
    responses((status = 200, body = OrderGiven), (status = 409, body = ProblemDocument))
)]
pub async fn post(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Body(it): Body<NewOrder>,
) -> Result<Json<OrderGiven>, Problem> {
    viewer.may(Act::WorkOnCase)?;
    if it.about.len() > limits::ANSWERS {
        return Err(Problem::new(Code::InputWrong, "about: too many"));
    }
    let (passage, body) = (passage(&id)?, viewer.body()?);
    let officer = viewer.officer().clone();
    let want = Want::Order {
        passage,
        officer,
        body,
        kind: it.kind,
        about: it.about,
    };
    match app.ask(want).await? {
        Answer::Order(order) => Ok(Json(OrderGiven {
            order: order.to_string(),
        })),
        _ => Err(Code::Internal.into()),
    }
}
