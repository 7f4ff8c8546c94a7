//! `/api/reasons`

use crate::centre_under_test::Centre;

#[tokio::test]
async fn of_my_body_or_of_the_one_named() {
    let centre = Centre::start().await;
    let officer = centre.login("o-customs-1").await;
    let (_, own) = officer.get("/api/reasons").await;
    let own = own.as_array().unwrap();
    assert!(own.iter().all(|it| it["agency"] == "customs"));
    assert!(
        own.iter()
            .any(|it| it["code"] == "C-01" && it["decision"] == "release" && it["un9417"] == 1)
    );
    let (_, other) = officer.get("/api/reasons?agency=veterinary").await;
    assert!(
        other
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["agency"] == "veterinary")
    );
    assert_eq!(officer.get("/api/reasons?agency=police").await.0, 400);
    centre.stop().await;
}
