//! `/api/search`, and the views behind it: deleted and rebuilt they are the same.

use domain::input::Input;

use crate::centre_under_test::{Browser, Centre, START};
use crate::made::Truck;

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
