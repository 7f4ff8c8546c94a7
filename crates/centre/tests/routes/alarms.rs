//! `/api/alarms/silence`

use centre::people::DEMO_PASSWORD;
use serde_json::json;

use super::cases::alarm;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn who_sees_an_alarm_may_silence_it_and_it_says_by_whom() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let (_, queue) = officer.get("/api/queue?scope=mine").await;
    let shown = &queue["alarms"][0];
    assert_eq!(shown["what"], "radiation.gamma_alarm", "{queue}");
    assert!(shown["silenced"].is_null());
    assert_eq!(queue["shift"]["decided"], 0);
    let body = |reason: &str| {
        json!({"checkpoint": shown["checkpoint"], "passage": shown["passage"], "what": shown["what"],
               "at": shown["at"], "reason": reason})
    };
    let path = "/api/alarms/silence";
    let police = centre.officer("o-road-police-1").await;
    let (_, other) = police.get("/api/queue?scope=mine").await;
    assert_eq!(other["alarms"], json!([]), "another body's alarm");
    let (status, problem) = police.post(path, body("in_hand")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("alarm.unknown")));
    let (status, problem) = officer.post(path, body("it is loud")).await;
    assert_eq!((status, &problem["code"]), (400, &json!("input.malformed")));
    // One person alone cannot call it a test of the equipment.
    let (status, problem) = officer.post(path, body("test")).await;
    let wanted = json!("alarm.needs_second");
    assert_eq!((status, &problem["code"]), (409, &wanted));
    let mut with = body("test");
    with["second"] = json!({"name": "o-customs-1", "password": DEMO_PASSWORD});
    let (_, problem) = officer.post(path, with).await;
    assert_eq!(problem["code"], "second.same_person");
    assert_eq!(officer.post(path, body("in_hand")).await.0, 204);
    let (_, queue) = officer.get("/api/queue?scope=mine").await;
    let silenced = &queue["alarms"][0]["silenced"];
    assert_eq!(
        (&silenced["reason"], silenced["by"].is_string()),
        (&json!("in_hand"), true)
    );
    let (_, wall) = centre.login("supervisor").await.get("/api/wall").await;
    assert_eq!(wall["alarms"][0]["silenced"]["reason"], "in_hand");
    centre.stop().await;
}
