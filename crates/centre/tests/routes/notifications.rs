//! `/api/notifications`

use domain::fact::Fact;
use serde_json::{Value, json};

use crate::centre_under_test::{Centre, START, code};
use crate::made::Truck;

fn notice() -> Value {
    json!({
        "checkpoint": "CN05", "expected_at": null, "tractor_plate": "777 авс 05", "trailer_plate": null,
        "containers": [], "vehicle_country": "KZ", "carrier": "Silk Way Trans", "driver": "A. B.",
        "tare_kg": 15000, "from_country": "CN", "to_country": "KZ",
        "goods": [{"hs": "080810", "description": "apples", "gross_kg": 20000, "net_kg": 19000,
                   "packages": 900, "origin": "CN", "un_number": null}],
        "documents": [{"kind": "cmr", "number": "CMR-1"}]
    })
}

#[tokio::test]
async fn lodged_once_for_all_bodies_and_followed_by_who_lodged_it() {
    let mut centre = Centre::start().await;
    let carrier = centre.login("carrier").await;
    let (status, lodged) = carrier.post("/api/notifications", notice()).await;
    assert_eq!((status, &lodged), (200, &json!({"id": "N-000001"})));
    let post = centre.running.post(&code()).unwrap();
    let record = post.read("centre.CN05", 1, 0, 1).await.unwrap()[0]
        .parse()
        .unwrap();
    let Fact::NotificationLodged { notification } = record.fact else {
        panic!("{record:?}")
    };
    assert_eq!(
        notification.tractor_plate, "777ABC05",
        "normalised like a camera's read"
    );
    let path = "/api/notifications/N-000001";
    let (status, shown) = carrier.get(path).await;
    assert_eq!(status, 200);
    assert_eq!(shown["notification"]["goods"][0]["hs"], "080810");
    assert!(shown["passage"].is_null());

    // The truck comes; its carrier sees what it waits for.
    let mut truck = Truck::new(4, START);
    let mut facts = truck.arrives("777ABC05");
    facts.push((truck.now, Fact::NotificationMatched { notification }));
    centre.says(&truck, facts).await;
    let (_, shown) = carrier.get(path).await;
    assert_eq!(shown["passage"], "CN05-4");
    // Another carrier's is not there; officers have no business here.
    assert_eq!(carrier.get("/api/notifications/N-000009").await.0, 404);
    centre
        .running
        .app
        .db
        .note_lodged("N-000002", "somebody-else")
        .await
        .unwrap();
    let (status, problem) = carrier.get("/api/notifications/N-000002").await;
    assert_eq!(
        (status, &problem["code"]),
        (404, &json!("notification.unknown"))
    );
    let officer = centre.login("o-customs-1").await;
    assert_eq!(officer.get(path).await.0, 403);
    assert_eq!(officer.post("/api/notifications", notice()).await.0, 403);
    centre.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let centre = Centre::start().await;
    let carrier = centre.login("carrier").await;
    for (field, value) in [
        ("checkpoint", json!("XX77")),
        ("tractor_plate", json!("--")),
        ("vehicle_country", json!("Kazakhstan")),
        ("containers", json!(["SHORT"])),
        ("driver", json!("x".repeat(1_000))),
        (
            "goods",
            json!([{"hs": "ab", "description": "x", "gross_kg": 1, "net_kg": 1, "packages": 1, "origin": "CN"}]),
        ),
        ("documents", json!([{"kind": "love_letter", "number": "1"}])),
    ] {
        let mut body = notice();
        body[field] = value;
        let (status, problem) = carrier.post("/api/notifications", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (422, &json!("notification.wrong")),
            "{field}"
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(field),
            "{problem}"
        );
    }
    centre.stop().await;
}
