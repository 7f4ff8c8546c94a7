//! `/api/cases/{passage}/redraw`

use serde_json::json;

use super::alarm;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn only_a_supervisor_and_only_when_it_is_overdue() {
    let mut centre = Centre::start().await;
    centre.officer("o-customs-2").await;
    let (_truck, officer) = alarm(&mut centre).await;
    let path = "/api/cases/CN05-1/redraw";
    let body = json!({"agency": "customs", "reason": "overload"});
    let (status, problem) = officer.post(path, body.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("role.not_allowed"))
    );
    let supervisor = centre.login("supervisor").await;
    let (status, problem) = supervisor.post(path, body).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("case.not_overdue"))
    );
    let free = json!({"agency": "customs", "reason": "because my friend asked"});
    let (status, problem) = supervisor.post(path, free).await;
    assert_eq!((status, &problem["code"]), (400, &json!("input.malformed")));
    let (_, seats) = supervisor.get("/api/seats").await;
    assert_eq!(seats.as_array().unwrap().len(), 2);
    let held = seats.as_array().unwrap().iter();
    let held: Vec<_> = held
        .flat_map(|it| it["cases"].as_array().unwrap())
        .collect();
    assert_eq!(held.len(), 1, "{seats}");
    assert_eq!(held[0]["redraw_why_not"], "case.not_overdue");
    assert_eq!(officer.get("/api/seats").await.0, 403);
    centre.stop().await;
}
