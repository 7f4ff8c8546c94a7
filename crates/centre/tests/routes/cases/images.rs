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

/// A radiograph of which half has arrived is an image all the same, no wider than asked for.
#[tokio::test]
async fn the_layers_received_so_far_are_an_image() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let (width_px, height_px) = (400, 200);
    let pixels = (0..width_px * height_px)
        .map(|it| (it * 7919 % 4_096) as u16)
        .collect();
    let raster = devices::xray::codec::Raster {
        width_px,
        height_px,
        bits: 12,
        pixels,
    };
    let bytes = devices::xray::codec::encode(&raster, &[4_000, 16_000, 60_000]).unwrap();
    let hash = domain::unit::BlobHash(*blake3::hash(&bytes).as_bytes());
    let total = bytes.len() as u64;
    let half = bytes.len() / 2;
    let internal = centre.running.app.ledgers.internal.clone();
    internal
        .write_blob_at(hash, total, 0, &bytes[..half])
        .await
        .unwrap();
    let mut image = made::radiograph(hash, total, Vec::new());
    image.layer_ends = vec![4_000.min(total)];
    let facts = truck.says(Input::Image(image));
    centre.says(&truck, facts).await;
    let path = format!("/api/cases/CN05-1/images/{hash}/preview?width=200");
    let first = officer.raw(&path).await;
    assert_eq!(first.status(), 200, "{:?}", first.text().await);
    assert_eq!(first.headers()["content-type"], "image/png");
    assert_eq!(first.headers()["x-beket-have"], half.to_string().as_str());
    let first = first.bytes().await.unwrap();
    assert_eq!(&first[..8], b"\x89PNG\r\n\x1a\n");
    let shown_px = u32::from_be_bytes(first[16..20].try_into().unwrap());
    assert!((100..=200).contains(&shown_px), "{shown_px}");
    // The rest comes: the preview is decoded anew, not taken from what was kept.
    internal
        .write_blob_at(hash, total, half as u64, &bytes[half..])
        .await
        .unwrap();
    let whole = officer.raw(&path).await;
    assert_eq!(whole.headers()["x-beket-have"], total.to_string().as_str());
    assert_ne!(whole.bytes().await.unwrap(), first);
    centre.stop().await;
}
