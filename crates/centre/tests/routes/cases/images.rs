//! `/api/cases/{passage}/images/{hash}/preview` and `.../codestream`

use domain::input::Input;
use domain::reading::{ImageReading, ImageScan};
use serde_json::json;

use super::{adjudicated, alarm};
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

/// The workstation fetches what is new and decodes it itself: from a byte on, never twice.
#[tokio::test]
async fn the_code_stream_comes_from_any_byte_on() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|it| (it % 251) as u8).collect();
    let hash = domain::unit::BlobHash(*blake3::hash(&bytes).as_bytes());
    let internal = centre.running.app.ledgers.internal.clone();
    internal
        .write_blob_at(hash, 100_000, 0, &bytes[..30_000])
        .await
        .unwrap();
    let facts = truck.says(Input::Image(made::radiograph(hash, 100_000, Vec::new())));
    centre.says(&truck, facts).await;
    let path = format!("/api/cases/CN05-1/images/{hash}/codestream");
    let ask = |name: &'static str, value: String| {
        let request = officer.client.get(format!("{}{path}", officer.url));
        request.header(name, value).send()
    };
    let first = officer.raw(&path).await;
    assert_eq!(first.status(), 206);
    assert_eq!(first.headers()["content-range"], "bytes 0-29999/100000");
    assert_eq!(first.headers()["cache-control"], "no-store");
    assert_eq!(first.bytes().await.unwrap(), &bytes[..30_000]);
    let beyond = ask("range", "bytes=30000-".into()).await.unwrap();
    assert_eq!(beyond.status(), 409);
    internal
        .write_blob_at(hash, 100_000, 30_000, &bytes[30_000..])
        .await
        .unwrap();
    let rest = ask("range", "bytes=30000-".into()).await.unwrap();
    assert_eq!(rest.status(), 206);
    assert_eq!(rest.headers()["content-range"], "bytes 30000-99999/100000");
    assert_eq!(rest.bytes().await.unwrap(), &bytes[30_000..]);
    let some = ask("range", "bytes=5-9".into()).await.unwrap();
    assert_eq!(some.headers()["content-range"], "bytes 5-9/100000");
    assert_eq!(some.bytes().await.unwrap(), &bytes[5..10]);
    let whole = officer.raw(&path).await;
    assert_eq!(whole.status(), 200);
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{hash}\""));
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    assert_eq!(ask("if-none-match", tag).await.unwrap().status(), 304);
    // Who may not see the case, or is nobody, gets no byte.
    assert_eq!(centre.browser().get(&path).await.0, 401);
    let clerk = centre.login("carrier").await;
    assert_eq!(clerk.get(&path).await.0, 403);
    centre.stop().await;
}

/// What a release waits for is the picture of the high energy; the other one of the same scan, small and
/// here already, opens nothing.
#[tokio::test]
async fn a_lower_energy_of_the_same_scan_does_not_decide() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let low = centre.blob(&[0xa5; 50_000]).await;
    let scan = |number| ImageScan {
        inspection: "S-1".to_owned(),
        number,
        view: "side".to_owned(),
    };
    let picture = |image, number, energy_mv| ImageReading {
        scan: Some(scan(number)),
        energy_mv,
        ..made::radiograph(image, 50_000, Vec::new())
    };
    let absent = domain::unit::BlobHash([3; 32]);
    let facts = truck.all([
        Input::Image(picture(low, 1, 6.0)),
        Input::Image(picture(absent, 2, 6.0)),
        Input::Image(picture(low, 2, 3.5)),
    ]);
    centre.says(&truck, facts).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let images = case["images"].as_array().unwrap();
    let roles: Vec<_> = images.iter().rev().take(3).map(|it| &it["role"]).collect();
    assert_eq!(roles, ["companion", "deciding", "earlier"]);
    adjudicated(&officer, &case).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["can"]["clear_why_not"], "decision.image_not_enough");
    centre.stop().await;
}
