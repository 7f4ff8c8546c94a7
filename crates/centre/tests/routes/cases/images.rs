//! `/api/cases/{passage}/images/{hash}/preview`

use domain::input::Input;
use serde_json::json;

use super::alarm;
use crate::centre_under_test::Centre;
use crate::made;

#[tokio::test]
async fn bytes_that_are_no_image_are_refused_and_the_rest_is_named() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let garbage = centre.blob(&[0xa5; 50_000]).await;
    let absent = domain::unit::BlobHash([3; 32]);
    let facts = truck.all([
        Input::Image(made::radiograph(garbage, 50_000, Vec::new())),
        Input::Image(made::radiograph(absent, 50_000, Vec::new())),
    ]);
    centre.says(&truck, facts).await;
    let path = |hash, width| format!("/api/cases/CN05-1/images/{hash}/preview?width={width}");
    let (status, problem) = officer.get(&path(garbage, 800)).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("image.unreadable"))
    );
    let (status, problem) = officer.get(&path(absent, 800)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("image.not_ready")));
    let (status, problem) = officer.get(&path(garbage, 1_000_000)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("input.wrong")));
    centre.stop().await;
}
