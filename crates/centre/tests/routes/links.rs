//! `/api/links`

use serde_json::json;

use super::cases::alarm;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn what_was_received_and_that_nothing_is_missing() {
    let mut centre = Centre::start().await;
    alarm(&mut centre).await;
    let (status, links) = centre.login("auditor").await.get("/api/links").await;
    assert_eq!(status, 200);
    let [link] = &links.as_array().unwrap()[..] else {
        panic!("{links}")
    };
    let size = centre.checkpoint.status()[0].size;
    assert_eq!(
        (&link["origin"], &link["received"]),
        (&json!("CN05"), &json!(size))
    );
    assert_eq!(link["gaps"], 0);
    assert!(
        link["head_signed"]
            .as_str()
            .unwrap()
            .starts_with("beket/CN05/1\n")
    );
    centre.stop().await;
}
