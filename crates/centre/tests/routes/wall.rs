//! `/api/wall`

use domain::fact::Fact;
use domain::input::Input;
use domain::unit::LaneId;
use serde_json::json;

use super::cases::alarm;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn where_trucks_wait_and_for_whom() {
    let mut centre = Centre::start().await;
    let (truck, _officer) = alarm(&mut centre).await;
    let opened = vec![(
        truck.now,
        Fact::BarrierOpenedUnpermitted { lane: LaneId(1) },
    )];
    centre.says(&truck, opened).await;
    let (status, wall) = centre.login("supervisor").await.get("/api/wall").await;
    assert_eq!(status, 200, "{wall}");
    let checkpoints = wall["checkpoints"].as_array().unwrap();
    let post = checkpoints.iter().find(|it| it["code"] == "CN05").unwrap();
    assert_eq!(
        (&post["enrolled"], &post["waiting"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        (&post["link"]["up"], &post["link"]["gaps"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(post["lanes"][0]["waiting"], 1);
    let quiet = checkpoints.iter().find(|it| it["code"] == "RU01").unwrap();
    assert_eq!(
        (&quiet["enrolled"], &quiet["link"]["up"]),
        (&json!(false), &json!(false))
    );
    let waits: Vec<&str> = wall["waiting_for"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["whom"].as_str().unwrap())
        .collect();
    assert!(waits.contains(&"officer:customs"), "{waits:?}");
    let alarms: Vec<&str> = wall["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert!(alarms.contains(&"barrier_unpermitted"), "{alarms:?}");
    assert!(alarms.contains(&"radiation.gamma_alarm"), "{alarms:?}");
    let customs = wall["seats"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["agency"] == "customs");
    assert_eq!(customs.unwrap()["seated"], 1);
    assert_eq!(wall["today"]["barrier_unpermitted"], 1);
    // An administrator sees machines, no passage.
    let (_, wall) = centre.login("administrator").await.get("/api/wall").await;
    assert!(!wall.to_string().contains("CN05-1"), "{wall}");
    centre.stop().await;
}

#[tokio::test]
async fn the_day_counts_what_has_ended() {
    let mut centre = Centre::start().await;
    let (mut truck, _officer) = alarm(&mut centre).await;
    let facts = truck.says(Input::BackedOut);
    centre.says(&truck, facts).await;
    let (_, wall) = centre.login("auditor").await.get("/api/wall").await;
    assert_eq!(wall["today"]["passages"], 1);
    assert!(wall["today"]["p50_minutes"].as_f64().unwrap() > 0.5);
    assert_eq!(wall["by_hour"].as_array().unwrap().len(), 1);
    let parts = &wall["today"]["components"];
    let sum: i64 = parts
        .as_object()
        .unwrap()
        .values()
        .map(|it| it.as_i64().unwrap())
        .sum();
    let whole = (wall["today"]["p50_minutes"].as_f64().unwrap() * 60_000.0).round() as i64;
    assert_eq!(sum, whole, "one passage: the parts sum to its time");
    centre.stop().await;
}
