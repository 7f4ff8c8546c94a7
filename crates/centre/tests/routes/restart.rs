//! The state is a fold: after a restart everything is as it was.

use serde_json::json;

use super::cases::alarm;
use crate::cases::adjudicated;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn after_a_restart_the_case_the_seat_and_the_decision_are_there() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    officer.post("/api/cases/CN05-1/open", json!({})).await;
    let (_, before) = officer.get("/api/cases/CN05-1").await;
    let centre = centre.restart().await;
    let officer = centre.login("o-customs-1").await;
    let (_, me) = officer.get("/api/session").await;
    assert_eq!(me["seated"], true);
    assert_eq!(officer.mine().await, ["CN05-1"]);
    let (_, mut after) = officer.get("/api/cases/CN05-1").await;
    // The link has not been heard of again, and the clock of this test starts anew.
    for field in ["timeline", "totals"] {
        after[field] = before[field].clone();
    }
    after["row"]["link_up"] = before["row"]["link_up"].clone();
    assert_eq!(after, before);
    let body = adjudicated(&officer, &after).await;
    assert_eq!(
        officer.post("/api/cases/CN05-1/decision", body).await.0,
        200
    );
    let centre = centre.restart().await;
    let officer = centre.login("o-customs-1").await;
    assert!(
        officer.mine().await.is_empty(),
        "the decision is on its way"
    );
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["decisions"][0]["recorded"], false);
    centre.stop().await;
}
