//! `/api/cases/{passage}/draw`

use serde_json::json;
use sha2::{Digest, Sha256};

use super::alarm;
use crate::centre_under_test::Centre;

/// Recomputed here from the answer alone, by the formula as it is written down.
#[tokio::test]
async fn anybody_can_repeat_it() {
    let mut centre = Centre::start().await;
    for name in ["o-customs-2", "o-customs-3"] {
        centre.officer(name).await;
    }
    let (_truck, officer) = alarm(&mut centre).await;
    let (status, shown) = officer.get("/api/cases/CN05-1/draw").await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!(shown["agrees"], true);
    let draw = &shown["draw"];
    let roster: Vec<&str> = draw["roster"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(roster, ["o-customs-1", "o-customs-2", "o-customs-3"]);
    let digest = Sha256::digest(draw["seed"].as_str().unwrap());
    let at = digest
        .iter()
        .fold(0_usize, |rest, byte| (rest * 256 + usize::from(*byte)) % 3);
    assert_eq!(draw["officer"], json!(roster[at]));
    // The seed names a root that the copy of the checkpoint's ledger really had.
    let head = draw["seed"]
        .as_str()
        .unwrap()
        .split('|')
        .next()
        .unwrap()
        .to_owned();
    let internal = &centre.running.app.ledgers.internal;
    let status = internal.status_of("CN05", 1).unwrap();
    let mut roots = Vec::new();
    for size in 0..=status.size {
        roots.push(internal.root_at("CN05", 1, size).await.unwrap().to_string());
    }
    assert!(roots.contains(&head), "{head}");
    let vet = centre.login("o-veterinary-1").await;
    assert_eq!(vet.get("/api/cases/CN05-1/draw").await.0, 403);
    assert_eq!(
        centre
            .login("auditor")
            .await
            .get("/api/cases/CN05-1/draw")
            .await
            .0,
        200
    );
    centre.stop().await;
}
