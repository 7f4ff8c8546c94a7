//! `/api/links`

use domain::fact::Fact;
use domain::input::Input;
use serde_json::json;

use super::cases::alarm;
use crate::cases::adjudicated;
use crate::centre_under_test::{Centre, START, code};
use crate::made::{self, Truck};

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

/// Over the real link: the checkpoint dials, its facts come up, the decision goes down, once.
#[tokio::test]
async fn a_decision_reaches_the_checkpoint_over_the_link() {
    let centre = Centre::start_with(|it| {
        it.link = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let link = centre.running.link.clone().unwrap();
    let now = served::clock::wall_now();
    let key = Some(centre.checkpoint.key());
    let identity = link::enrol::local(&link.authority, &code(), key, now).unwrap();
    let address = link.address();
    drop(link);
    let dialled = link::driver::DialConfig::new(address, identity);
    let handle = link::driver::dial(dialled, centre.checkpoint.clone())
        .await
        .unwrap();
    let officer = centre.officer("o-customs-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    let profile = centre
        .checkpoint
        .put_blob(b"{\"gamma_counts\":[]}")
        .await
        .unwrap();
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, Some(profile)))));
    centre.record(&truck.passage.id, facts).await;
    centre
        .until(|it| !it.running.app.state().dealt.is_empty())
        .await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["row"]["link_up"], true);
    let body = adjudicated(&officer, &case).await;
    let (status, _) = officer.post("/api/cases/CN05-1/decision", body).await;
    assert_eq!(status, 200);
    let held = |it: &Centre| {
        it.checkpoint
            .status()
            .iter()
            .find(|it| it.origin == "centre.CN05")
            .map_or(0, |it| it.size)
    };
    centre.until(|it| held(it) == 1).await;
    let record = centre
        .checkpoint
        .read("centre.CN05", 1, 0, 10)
        .await
        .unwrap();
    assert!(matches!(
        record[0].parse().unwrap().fact,
        Fact::DecisionGiven { .. }
    ));
    centre
        .until(|it| it.running.app.state().blobs.contains_key(&profile))
        .await;
    let response = officer
        .raw(&format!("/api/cases/CN05-1/blobs/{profile}"))
        .await;
    assert_eq!(response.bytes().await.unwrap().len(), 19);
    handle.close().await;
    centre
        .until(|it| !it.running.app.state().posts[&code()].link_up)
        .await;
    centre.stop().await;
}
