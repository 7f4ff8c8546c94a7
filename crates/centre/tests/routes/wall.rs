//! `/api/wall`

use domain::fact::{DeviceHealth, Escalation, Fact};
use domain::input::Input;
use domain::unit::{DeviceId, LaneId};
use serde_json::json;

use super::cases::alarm;
use crate::centre_under_test::{Centre, START};
use crate::made::{self, Truck};

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
    assert_eq!(
        (&wall["overdue"], &wall["alarms_of_cases"]),
        (&json!(null), &json!(false)),
        "what may not be seen is not nothing"
    );
    assert_eq!(
        (
            &wall["totals"]["alarms"],
            &wall["alarms"].as_array().unwrap().len()
        ),
        (&json!(2), &1),
        "the figure is the same for everybody, the list is what may be seen"
    );
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

#[tokio::test]
async fn one_number_each_beyond_the_rows_that_are_listed() {
    const TRUCKS: u64 = centre::limits::WALL_ROWS as u64 + 5;
    let mut centre = Centre::start().await;
    for number in 1..=TRUCKS {
        let mut truck = Truck::new(number, START.plus_ms(-4 * 3_600_000));
        let mut facts = truck.arrives("777ABC05");
        facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
        centre.record(&truck.passage.id, facts).await;
    }
    centre.copy().await;
    let (status, wall) = centre.login("supervisor").await.get("/api/wall").await;
    assert_eq!(status, 200);
    let totals = &wall["totals"];
    assert_eq!(
        (
            &totals["alarms"],
            &totals["over_45"],
            &totals["machines_down"]
        ),
        (&json!(TRUCKS), &json!(TRUCKS), &json!(0)),
        "{totals}"
    );
    let sum = |rows: &str, of: &str| -> u64 {
        let rows = wall[rows].as_array().unwrap().iter();
        rows.map(|it| it[of].as_u64().unwrap()).sum()
    };
    let overdue = totals["overdue"].as_u64().unwrap();
    assert!(overdue >= TRUCKS, "{totals}");
    assert_eq!(sum("checkpoints", "overdue"), overdue);
    assert_eq!(sum("seats", "overdue"), overdue);
    assert_eq!(sum("checkpoints", "alarms"), TRUCKS);
    for list in ["overdue", "alarms"] {
        assert_eq!(
            wall[list].as_array().unwrap().len(),
            centre::limits::WALL_ROWS
        );
    }
    let (_, queue) = centre
        .login("auditor")
        .await
        .get("/api/queue?scope=body")
        .await;
    assert_eq!(queue["overdue"], json!(overdue), "the queue counts alike");
    centre.stop().await;
}

/// Each alarm of a lane is told by its own code, and only openings count as openings.
#[tokio::test]
async fn who_left_without_permit_and_a_number_given_twice_are_alarms() {
    let mut centre = Centre::start().await;
    let (truck, _officer) = alarm(&mut centre).await;
    let what = Escalation::DepartedUnpermitted;
    let reused = Fact::DeviceChanged {
        device: DeviceId::new("L1/xray"),
        health: DeviceHealth::Degraded,
        why: "number_reused".to_owned(),
    };
    let facts = [Fact::Departed, Fact::Escalated { what }, reused];
    let facts = facts.into_iter().map(|it| (truck.now, it)).collect();
    centre.says(&truck, facts).await;
    let (_, wall) = centre.login("supervisor").await.get("/api/wall").await;
    let alarms = wall["alarms"].as_array().unwrap();
    let has = |what: &str| alarms.iter().any(|it| it["what"] == what);
    assert!(has("departed_unpermitted"), "{alarms:?}");
    assert!(has("device_number_reused"), "{alarms:?}");
    assert_eq!(wall["today"]["barrier_unpermitted"], 0);
    centre.stop().await;
}
