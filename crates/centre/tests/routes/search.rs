//! `/api/search`, and the views behind it: deleted and rebuilt they are the same.

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, DecisionMade, Fact};
use domain::input::Input;
use domain::unit::OfficerId;
use serde_json::{Value, json};

use crate::centre_under_test::{Browser, Centre, START};
use crate::made::{self, Truck};

async fn found(browser: &Browser, query: &str) -> Vec<String> {
    let (status, rows) = browser.get(&format!("/api/search?{query}")).await;
    assert_eq!(status, 200, "{rows}");
    let rows = rows.as_array().unwrap().iter();
    rows.map(|it| it["passage"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn by_plate_name_and_time_ended_ones_too() {
    let mut centre = Centre::start().await;
    for (number, plate) in [(1, "777ABC05"), (2, "100XYZ02"), (3, "777QQQ05")] {
        let mut truck = Truck::new(number, START.plus_ms(number as i64 * 100_000));
        let mut facts = truck.arrives(plate);
        if number == 3 {
            facts.extend(truck.says(Input::BackedOut));
        }
        centre.says(&truck, facts).await;
    }
    let supervisor = centre.login("supervisor").await;
    for _ in 0..100 {
        if found(&supervisor, "q=").await.len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(
        found(&supervisor, "q=").await,
        ["CN05-3", "CN05-2", "CN05-1"]
    );
    assert_eq!(found(&supervisor, "q=777").await, ["CN05-3", "CN05-1"]);
    assert_eq!(found(&supervisor, "q=777%20abc").await, ["CN05-1"]);
    // Cyrillic letters that look Latin.
    assert_eq!(
        found(&supervisor, "q=777%D0%90%D0%92%D0%A1").await,
        ["CN05-1"]
    );
    assert_eq!(found(&supervisor, "q=cn05-2").await, ["CN05-2"]);
    assert!(
        found(&supervisor, "q=%25").await.is_empty(),
        "a percent sign is no wildcard"
    );
    let from = START.plus_ms(250_000).0;
    assert_eq!(
        found(&supervisor, &format!("q=&from={from}")).await,
        ["CN05-3"]
    );
    let officer = centre.login("o-customs-1").await;
    assert_eq!(found(&officer, "q=777").await, ["CN05-3", "CN05-1"]);
    let vet = centre.login("o-veterinary-1").await;
    assert!(
        found(&vet, "q=777").await.is_empty(),
        "nothing in them concerns the vets"
    );

    let db = &centre.running.app.db;
    let before = db.view_rows().await.unwrap();
    assert_eq!(before.0.len(), 3);
    db.delete_views().await.unwrap();
    assert!(db.view_rows().await.unwrap().0.is_empty());
    centre::program::rebuild_views(&centre.running.app)
        .await
        .unwrap();
    assert_eq!(db.view_rows().await.unwrap(), before);
    centre.stop().await;
}

async fn row(browser: &Browser, passage: &str) -> Value {
    for _ in 0..200 {
        let (_, rows) = browser.get(&format!("/api/search?q={passage}")).await;
        if let Some(it) = rows.as_array().and_then(|it| it.first()) {
            return it.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{passage} was never found");
}

#[tokio::test]
async fn a_row_says_what_became_of_the_truck_and_the_worst_that_was_ever_found() {
    let mut centre = Centre::start().await;
    let customs = centre.login("o-customs-1").await;
    let police = centre.login("o-road-police-1").await;
    let mut fresh = Truck::new(1, START.plus_ms(60_000));
    let facts = fresh.arrives("100XYZ02");
    centre.says(&fresh, facts).await;
    let it = row(&customs, "CN05-1").await;
    assert_eq!(
        (&it["outcome"], &it["stages_done"], &it["plate"]),
        (&json!("in_lane"), &json!(false), &json!("100XYZ02"))
    );
    assert!((0..3).contains(&it["minutes"].as_i64().unwrap()), "{it}");

    let mut truck = Truck::new(2, START.plus_ms(-60 * 60_000));
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
    let answers: Vec<_> = truck
        .passage
        .findings
        .iter()
        .map(|it| it.finding.id)
        .collect();
    let refused = Fact::DecisionMade(DecisionMade {
        agency: Agency::Customs,
        decision: Decision::Refuse,
        answers,
        reason: "C-30".to_owned(),
        un9417: 1,
        by: DecidedBy::Lane {
            first: OfficerId::new("l-1"),
            second: OfficerId::new("l-2"),
        },
    });
    truck.passage.apply(&refused, truck.now);
    facts.push((truck.now, refused));
    centre.says(&truck, facts).await;
    let it = row(&customs, "CN05-2").await;
    assert_eq!(
        (&it["outcome"], &it["ended"]),
        (&json!("refused"), &json!(false)),
        "{it}"
    );
    let facts = truck.says(Input::BackedOut);
    centre.says(&truck, facts).await;
    let it = row(&customs, "CN05-2").await;
    assert_eq!(
        (&it["outcome"], &it["ended"]),
        (&json!("refused"), &json!(true))
    );
    assert_eq!(
        (&it["worst"]["rule"], &it["worst"]["severity"]),
        (&json!("radiation.gamma_alarm"), &json!("alarm")),
        "answered and ended, and still the worst that was found: {it}"
    );
    assert_eq!(it["minutes"], 1, "it stands at its end: {it}");
    assert_eq!(it["found"], false);
    // Whoever may not see it is told that there is something.
    let it = row(&police, "CN05-2").await;
    assert_eq!(
        (&it["worst"], &it["worst_hidden"]),
        (&Value::Null, &json!(true))
    );
    assert!(!it.to_string().contains("radiation."), "{it}");
    centre.stop().await;
}
