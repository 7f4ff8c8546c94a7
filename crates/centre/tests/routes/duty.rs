//! `/api/duty`

use serde_json::json;

use crate::centre_under_test::{Centre, START};
use crate::made::{self, Truck};
use domain::input::Input;

#[tokio::test]
async fn who_leaves_hands_their_cases_on() {
    let mut centre = Centre::start().await;
    let one = centre.officer("o-customs-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
    centre.says(&truck, facts).await;
    centre
        .until(|it| !it.running.app.state().dealt.is_empty())
        .await;
    assert_eq!(one.mine().await, ["CN05-1"]);
    let two = centre.officer("o-customs-2").await;
    assert!(two.mine().await.is_empty());
    let (status, me) = one.delete("/api/duty").await;
    assert_eq!((status, &me["seated"]), (200, &json!(false)));
    centre
        .until(|it| {
            it.running
                .app
                .state()
                .dealt
                .values()
                .any(|it| it.draws.len() == 2)
        })
        .await;
    assert_eq!(two.mine().await, ["CN05-1"]);
    assert!(one.mine().await.is_empty());
    centre.stop().await;
}
