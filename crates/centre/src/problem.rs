//! What a request can get instead of an answer: RFC 9457 problem documents with a stable code.
//! Each code has a page in `docs/errors/`, served at `/errors/{code}`; the web shows its own
//! text for a code, never `detail`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident $code:literal $status:ident $title:literal;)*) => {
        /// Every problem there is. A code, once published, keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($name),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code),* }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status),* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title),* }
            }

            /// The page of this code, Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("../../../docs/errors/", $code, ".md"))),*
                }
            }
        }
    };
}

codes! {
    SessionNone "session.none" UNAUTHORIZED "Nobody is logged in";
    SessionWrong "session.wrong" UNAUTHORIZED "The name or the password is wrong";
    SessionThrottled "session.throttled" TOO_MANY_REQUESTS "Too many failed logins";
    RoleNotAllowed "role.not_allowed" FORBIDDEN "Your role may not do this";
    OriginCrossSite "origin.cross_site" FORBIDDEN "The request came from another site";
    DutyNotSeated "duty.not_seated" CONFLICT "You are not on duty";
    CaseUnknown "case.unknown" NOT_FOUND "There is no such passage";
    CaseOtherBody "case.other_body" FORBIDDEN "Nothing in this case concerns your body";
    CaseNotDrawn "case.not_drawn" CONFLICT "No draw has been made for this case";
    CaseNotOverdue "case.not_overdue" CONFLICT "Only an overdue case is drawn again";
    CaseRedrawn "case.redrawn" CONFLICT "This case has been drawn again already";
    CaseNobodyElse "case.nobody_else" CONFLICT "Nobody else of this body is on duty";
    AlarmUnknown "alarm.unknown" NOT_FOUND "There is no such alarm now";
    RemarkWrong "remark.wrong" UNPROCESSABLE_ENTITY "The remark names what this case does not have";
    RemarkContradicts "remark.contradicts" CONFLICT "What was measured says otherwise";
    RemarkUnsupported "remark.unsupported" CONFLICT "No second look has shown this yet";
    CaseNotYours "case.not_yours" CONFLICT "This case was drawn to somebody else";
    DecisionStale "decision.stale" CONFLICT "The findings have changed since you looked";
    DecisionNotYours "decision.not_yours" CONFLICT "This case was not drawn to you";
    DecisionNotAsked "decision.not_asked" CONFLICT "No decision of your body is asked here";
    DecisionNotCompetent "decision.not_competent" CONFLICT "Your body may not decide at this checkpoint";
    DecisionOrderOpen "decision.order_open" CONFLICT "An order of your body is not done yet";
    DecisionReasonUnknown "decision.reason_unknown" CONFLICT "The reason does not belong to this decision";
    DecisionReasonOfRule "decision.reason_of_rule" CONFLICT "This reason is kept for rules";
    DecisionNotAdjudicated "decision.not_adjudicated" CONFLICT "An alarm of the portal is not adjudicated";
    DecisionAlarmReal "decision.alarm_real" CONFLICT "An alarm of the portal was adjudicated as real";
    DecisionImageNotEnough "decision.image_not_enough" CONFLICT "The image has not arrived far enough";
    DecisionNeedsSecond "decision.needs_second" CONFLICT "A second person of another body must agree";
    DecisionSecondWrong "decision.second_wrong" CONFLICT "The second person is not who may agree";
    SecondWrong "second.wrong" CONFLICT "The second person's name or password is wrong";
    SecondSamePerson "second.same_person" CONFLICT "The second person is you";
    SecondSameBody "second.same_body" CONFLICT "The second person is of your own body";
    SecondNotOfficer "second.not_officer" CONFLICT "The second person is no officer of a body";
    AlarmNeedsSecond "alarm.needs_second" CONFLICT "A test of equipment takes a second person";
    DecisionHoldSpan "decision.hold_span" UNPROCESSABLE_ENTITY "A hold ends in the future, within the longest hold";
    OrderNotAbout "order.not_about" CONFLICT "The order is about findings this passage does not have";
    BlobUnknown "blob.unknown" NOT_FOUND "This passage has no such blob";
    ImageNotReady "image.not_ready" CONFLICT "Too little of the image has arrived";
    ImageUnreadable "image.unreadable" UNPROCESSABLE_ENTITY "The bytes are not an image that can be shown";
    NotificationUnknown "notification.unknown" NOT_FOUND "There is no such notification";
    NotificationWrong "notification.wrong" UNPROCESSABLE_ENTITY "The notification is not complete or not right";
    InputMalformed "input.malformed" BAD_REQUEST "The request cannot be read";
    InputWrong "input.wrong" UNPROCESSABLE_ENTITY "The request says something that cannot be";
    InputTooLarge "input.too_large" PAYLOAD_TOO_LARGE "The request is too large";
    NotFound "not_found" NOT_FOUND "There is nothing at this address";
    MethodNotAllowed "method.not_allowed" METHOD_NOT_ALLOWED "This address does not do that";
    Busy "busy" SERVICE_UNAVAILABLE "The centre is busy or stopping";
    LedgerStopped "ledger.stopped" SERVICE_UNAVAILABLE "The ledger takes nothing in";
    PlanUnreadable "plan.unreadable" INTERNAL_SERVER_ERROR "A plan in the centre's folder cannot be read";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong at the centre";
}

/// A problem on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub code: Code,
    /// For the reader of a log; never holds what the viewer may not see.
    pub detail: String,
    /// Seconds after which a retry makes sense.
    pub retry_after: Option<u64>,
}

/// The document of RFC 9457, section 3.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Address of the page that explains the code.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// Stable; the web's texts hang on it.
    pub code: String,
    pub detail: String,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem {
            code,
            detail: detail.into(),
            retry_after: None,
        }
    }

    pub fn document(&self) -> ProblemDocument {
        ProblemDocument {
            r#type: format!("/errors/{}", self.code.code()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.code().to_owned(),
            detail: self.detail.clone(),
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        Problem::new(code, code.title())
    }
}

impl From<crate::db::DbError> for Problem {
    fn from(error: crate::db::DbError) -> Problem {
        tracing::error!(%error, "database");
        Problem::new(Code::Internal, "the database failed; the log says how")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let mut response = (
            self.code.status(),
            [
                (header::CONTENT_TYPE, "application/problem+json"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            body,
        )
            .into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_names_it() {
        for it in Code::ALL {
            let page = it.page();
            assert!(
                page.starts_with(&format!("# {}\n", it.code())),
                "{}",
                it.code()
            );
            assert!(
                page.contains(&it.status().as_u16().to_string()),
                "{}",
                it.code()
            );
            assert!(page.contains("What to do"), "{}", it.code());
        }
    }

    #[test]
    fn codes_are_distinct() {
        let codes: std::collections::BTreeSet<_> = Code::ALL.iter().map(|it| it.code()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
    }
}
