//! The bench itself, on its smallest load: what it says of loss comes from both ends' files.

use std::sync::Arc;
use std::time::Duration;

use link::bench::{Asked, Peer, Profile, Say, run};

#[test]
fn one_passage_goes_over_the_emulated_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = Asked::new(Profile::Land256k, folder.path().to_owned());
    asked.passages = 1;
    asked.facts = 50;
    asked.outage = Duration::ZERO;
    asked.relay = true;
    asked.against = vec!["https".into()];
    let say: Say = Arc::new(|_| {});
    let report = run(&asked, &say).unwrap();
    assert_eq!((report.figures.lost, report.figures.duplicated), (0, 0));
    assert!(report.figures.bytes_per_fact.is_some_and(|it| it > 10.0));
    assert!(report.figures.drain_ratio.is_some_and(|it| it <= 1.0));
    assert!(
        matches!(report.peers.get("https"), Some(Peer::Skipped { .. })),
        "the relay carries no TCP"
    );
    let json = serde_json::to_value(&report).unwrap();
    for key in [
        "profile",
        "decision_p50_s",
        "decision_p99_s",
        "drain_ratio",
        "bytes_per_fact",
        "recovery_s",
        "lost",
        "duplicated",
        "peers",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
}
