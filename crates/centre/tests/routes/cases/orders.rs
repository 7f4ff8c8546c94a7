//! `/api/cases/{passage}/orders`

use domain::fact::Fact;
use serde_json::json;

use super::alarm;
use crate::centre_under_test::{Centre, code};

#[tokio::test]
async fn an_order_goes_down_and_is_named_by_its_record() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let path = "/api/cases/CN05-1/orders";
    let (status, problem) = officer
        .post(path, json!({"kind": "second_pass", "about": [99]}))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("order.not_about")));
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let about = case["row"]["findings"][0]["id"].clone();
    let (status, given) = officer
        .post(path, json!({"kind": "second_pass", "about": [about]}))
        .await;
    assert_eq!((status, &given), (200, &json!({"order": "centre.CN05/0"})));
    let post = centre.running.post(&code()).unwrap();
    let record = post.read("centre.CN05", 1, 0, 1).await.unwrap()[0]
        .parse()
        .unwrap();
    let Fact::OrderGiven(order) = record.fact else {
        panic!("{record:?}")
    };
    assert_eq!(order.id.as_str(), "centre.CN05/0");
    assert!(officer.mine().await.is_empty(), "it waits for the lane now");
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["orders"][0]["order"]["kind"], "second_pass");
    assert!(case["orders"][0]["outcome"].is_null());
    centre.stop().await;
}
