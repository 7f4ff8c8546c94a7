//! `/api/events`

use std::time::Duration;

use domain::input::Input;

use super::cases::alarm;
use crate::centre_under_test::{Browser, Centre};
use crate::made;

/// Reads the stream until it holds `wanted`.
async fn hears(response: &mut reqwest::Response, wanted: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&chunk));
            if text.contains(wanted) {
                return;
            }
        }
        panic!("the stream ended: {text}");
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(in_time.is_ok(), "never heard {wanted:?}");
    text
}

async fn listen(browser: &Browser) -> reqwest::Response {
    let mut response = browser.raw("/api/events").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let hello = hears(&mut response, "\n\n").await;
    assert!(
        hello.contains("event: hello") && hello.contains("\"rate\":1.0"),
        "{hello}"
    );
    response
}

#[tokio::test]
async fn growth_is_heard_without_asking() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let mut stream = listen(&officer).await;
    let facts = truck.says(Input::Vehicle(made::weighing(30_000)));
    centre.says(&truck, facts).await;
    let heard = hears(&mut stream, "CN05-1").await;
    assert!(
        heard.contains("event: changed") && heard.contains("\"queue\""),
        "{heard}"
    );
    assert!(
        !heard.contains("\"wall\""),
        "officers have no wall: {heard}"
    );
    centre.stop().await;
}

#[tokio::test]
async fn a_carrier_hears_of_no_passage_and_nobody_listens_without_a_session() {
    let mut centre = Centre::start().await;
    assert_eq!(centre.browser().get("/api/events").await.0, 401);
    let carrier = centre.login("carrier").await;
    let auditor = centre.login("auditor").await;
    let (mut of_carrier, mut of_auditor) = (listen(&carrier).await, listen(&auditor).await);
    alarm(&mut centre).await;
    hears(&mut of_auditor, "CN05-1").await;
    let quiet = tokio::time::timeout(Duration::from_millis(300), of_carrier.chunk()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    centre.stop().await;
}
