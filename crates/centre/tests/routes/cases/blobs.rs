//! `/api/cases/{passage}/blobs/{hash}`

use domain::input::Input;
use domain::reading::DocumentKind;
use domain::reading::PageBlob;
use serde_json::json;

use super::alarm;
use crate::centre_under_test::Centre;
use crate::made;

#[tokio::test]
async fn bytes_so_far_and_only_what_the_body_may_see() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let whole = centre.blob(b"{\"gamma_counts\":[]}").await;
    let stranger = centre.blob(b"named by nothing").await;
    let bytes = vec![9_u8; 100_000];
    let partial = {
        let hash = domain::unit::BlobHash(*blake3::hash(&bytes).as_bytes());
        let internal = &centre.running.app.ledgers.internal;
        internal
            .write_blob_at(hash, 100_000, 0, &bytes[..30_000])
            .await
            .unwrap();
        hash
    };
    let mut licence = made::document(DocumentKind::DriverLicence, "KZ1");
    let page = centre.blob(b"a licence").await;
    licence.pages.push(PageBlob {
        page,
        size_bytes: 9,
        preview: None,
        media_type: "image/jpeg".to_owned(),
    });
    let facts = truck.all([
        Input::Radiation(made::occupancy(2.0, 0, Some(whole))),
        Input::Image(made::radiograph(partial, 100_000, Vec::new())),
        Input::Document(licence),
    ]);
    centre.says(&truck, facts).await;

    let path = |hash| format!("/api/cases/CN05-1/blobs/{hash}");
    let response = officer.raw(&path(whole)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-beket-have"], "19");
    assert_eq!(
        &response.bytes().await.unwrap()[..],
        b"{\"gamma_counts\":[]}"
    );
    let response = officer.raw(&path(partial)).await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["x-beket-have"], "30000");
    assert_eq!(response.headers()["x-beket-total"], "100000");
    assert_eq!(response.bytes().await.unwrap().len(), 30_000);
    let (status, problem) = officer.get(&path(stranger)).await;
    assert_eq!((status, &problem["code"]), (404, &json!("blob.unknown")));
    let promoted = officer
        .post(&format!("{}/promote", path(partial)), json!({}))
        .await;
    assert_eq!(promoted.0, 204);

    // Radiation is not the road police's; the licence is.
    let police = centre.login("o-road-police-1").await;
    assert_eq!(police.get(&path(whole)).await.0, 404);
    assert_eq!(police.raw(&path(page)).await.status(), 200);
    assert_eq!(
        police.raw(&path(partial)).await.status(),
        206,
        "images: all may see by right"
    );
    centre.stop().await;
}
