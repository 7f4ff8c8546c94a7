//! The witness is shown ledgers with planted damage and must see each; a witness that never saw a
//! fault proves nothing.

use domain::unit::UtcMs;
use serde_json::json;

use super::*;

fn raw(origin: &str, n: u64, passage: &str, kind: &str, data: Value) -> RawRecord {
    let line =
        json!({"o": origin, "e": 1, "n": n, "t": 1_000 * n, "p": passage, "k": kind, "d": data});
    RawRecord {
        origin: origin.to_owned(),
        epoch: 1,
        sequence: n,
        bytes: line.to_string().into_bytes(),
    }
}

fn by(officer: &str) -> Value {
    json!({"officer": {"officer": officer}})
}

/// One passage from arrival to departure, with a decision, and everything acknowledged.
fn sound() -> (Vec<Shelf>, Vec<Acknowledged>) {
    let p = "CN05-1";
    let decision =
        json!({"agency": "customs", "decision": "release", "answers": [1], "by": by("o-1")});
    let facts = [
        ("arrived", json!({"lane": 1})),
        ("plate_read", json!({"message_id": "m-1"})),
        ("document_read", json!({"message_id": "d-1"})),
        (
            "image_taken",
            json!({"message_id": "CN05-1-1", "image": "ab"}),
        ),
        ("finding_raised", json!({"id": 1})),
        ("moved_aside", Value::Null),
        (
            "heard",
            json!({"origin": "centre.CN05", "epoch": 1, "sequence": 0}),
        ),
        (
            "heard",
            json!({"origin": "centre.CN05", "epoch": 1, "sequence": 1}),
        ),
        ("decision_made", decision.clone()),
        ("exit_permitted", json!({"number": 1})),
        ("barrier_commanded", json!({"permit": 1})),
        ("barrier_opened", json!({"permit": 1})),
        ("barrier_closed", Value::Null),
        ("departed", Value::Null),
    ];
    let own: Vec<RawRecord> = facts
        .into_iter()
        .enumerate()
        .map(|(n, (kind, data))| raw("CN05", n as u64, p, kind, data))
        .collect();
    let down = vec![
        raw(
            "centre.CN05",
            0,
            "",
            "notification_lodged",
            json!({"notification": {"id": "N-1"}}),
        ),
        raw(
            "centre.CN05",
            1,
            p,
            "decision_given",
            json!({"passage": p, "decision": decision}),
        ),
    ];
    let shelf = |owner: &str, records: Vec<RawRecord>| Shelf {
        owner: owner.to_owned(),
        records,
    };
    let shelves = vec![
        shelf("CN05", own.iter().chain(&down).cloned().collect()),
        shelf("centre.CN05", down),
        shelf("centre", own),
    ];
    let owned = str::to_owned;
    let told = |by: &str, deed| Acknowledged {
        by: owned(by),
        deed,
        from: UtcMs(0),
        until: UtcMs(20_000),
    };
    let log = vec![
        told(
            "CN05",
            Deed::Plate {
                message: owned("m-1"),
            },
        ),
        told(
            "CN05",
            Deed::Document {
                message: owned("d-1"),
            },
        ),
        told(
            "CN05",
            Deed::Image {
                scan: owned("CN05-1-1"),
                hash: owned("ab"),
            },
        ),
        told(
            "CN05",
            Deed::LaneOfficer {
                passage: owned(p),
                what: owned("aside"),
            },
        ),
        told(
            "CN05",
            Deed::Opening {
                passage: 1,
                permit: 1,
            },
        ),
        told("centre", Deed::Notification { id: owned("N-1") }),
        told(
            "centre",
            Deed::Decision {
                passage: owned(p),
                officer: owned("o-1"),
                sequence: 1,
            },
        ),
    ];
    (shelves, log)
}

fn numbered(
    shelf: &mut Shelf,
    origin: &str,
    change: impl FnOnce(&mut Vec<(String, String, Value)>),
) {
    let (own, others): (Vec<RawRecord>, Vec<RawRecord>) = std::mem::take(&mut shelf.records)
        .into_iter()
        .partition(|it| it.origin == origin);
    let mut facts: Vec<(String, String, Value)> = own
        .iter()
        .map(|it| {
            let value: Value = serde_json::from_slice(&it.bytes).unwrap();
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            (text("p"), text("k"), value["d"].clone())
        })
        .collect();
    change(&mut facts);
    let again = facts.into_iter().enumerate();
    shelf.records = again
        .map(|(n, (passage, kind, data))| raw(origin, n as u64, &passage, &kind, data))
        .chain(others)
        .collect();
}

/// CN05's own facts are changed before anybody copied them: only their meaning is wrong.
fn told(change: impl Fn(&mut Vec<(String, String, Value)>)) -> Verdict {
    let (mut shelves, log) = sound();
    numbered(&mut shelves[0], "CN05", &change);
    numbered(&mut shelves[2], "CN05", &change);
    judge(&shelves, &log)
}

fn drop_kind(facts: &mut Vec<(String, String, Value)>, kind: &str) {
    facts.retain(|it| it.1 != kind);
}

#[test]
fn sound_ledgers_hold() {
    let (shelves, log) = sound();
    assert_eq!(judge(&shelves, &log), Verdict::default());
    assert_eq!(behind(&shelves), 0);
}

#[test]
fn every_acknowledged_thing_that_is_dropped_is_missed() {
    for kind in [
        "plate_read",
        "document_read",
        "image_taken",
        "moved_aside",
        "barrier_opened",
    ] {
        let verdict = told(|facts| drop_kind(facts, kind));
        assert_eq!(verdict.lost.len(), 1, "{kind}: {verdict:?}");
    }
    let (mut shelves, log) = sound();
    for shelf in &mut shelves {
        shelf.records.retain(|it| it.origin != "centre.CN05");
    }
    assert!(judge(&shelves, &log).lost.len() >= 2);
}

#[test]
fn a_fact_that_stands_twice_is_seen() {
    for kind in [
        "plate_read",
        "document_read",
        "image_taken",
        "moved_aside",
        "barrier_opened",
    ] {
        let verdict = told(|facts| {
            let at = facts.iter().position(|it| it.1 == kind).unwrap();
            facts.insert(at, facts[at].clone());
        });
        assert!(!verdict.duplicated.is_empty(), "{kind}: {verdict:?}");
    }
    // A decision that counted twice, and a record of the centre's that was taken in twice.
    let verdict = told(|facts| facts.insert(9, facts[8].clone()));
    assert_eq!(verdict.duplicated.len(), 1, "{verdict:?}");
    let verdict = told(|facts| facts.insert(7, facts[6].clone()));
    assert_eq!(verdict.duplicated.len(), 1, "{verdict:?}");
}

#[test]
fn a_gap_a_repeat_and_a_changed_byte_in_a_copy_are_seen() {
    let (mut shelves, log) = sound();
    shelves[2].records.remove(3);
    let verdict = judge(&shelves, &log);
    assert_eq!(
        (verdict.lost.len(), behind(&shelves)),
        (1, 1),
        "{verdict:?}"
    );

    let (mut shelves, log) = sound();
    let again = shelves[2].records[3].clone();
    shelves[2].records.push(again);
    assert_eq!(judge(&shelves, &log).duplicated.len(), 1);

    let (mut shelves, log) = sound();
    shelves[2].records[3].bytes[40] ^= 1;
    assert_eq!(judge(&shelves, &log).broken.len(), 1);
}

#[test]
fn an_arm_that_rises_against_the_rules_is_seen() {
    let without_permit = told(|facts| drop_kind(facts, "exit_permitted"));
    assert_eq!(without_permit.broken.len(), 1, "{without_permit:?}");
    let without_command = told(|facts| drop_kind(facts, "barrier_commanded"));
    assert_eq!(without_command.broken.len(), 1, "{without_command:?}");
    let revoked = told(|facts| {
        let fact = (
            "CN05-1".to_owned(),
            "exit_permit_revoked".to_owned(),
            json!({"permit": 1}),
        );
        facts.insert(10, fact);
    });
    assert_eq!(revoked.broken.len(), 1, "{revoked:?}");
    let by_hand = told(|facts| {
        let kind = "barrier_opened_unpermitted".to_owned();
        facts.push((String::new(), kind, json!({"lane": 1})));
    });
    assert_eq!(by_hand.broken.len(), 1, "{by_hand:?}");
}

#[test]
fn a_passage_that_waits_for_nobody_is_stuck_and_one_that_is_asked_about_is_not() {
    let stays = told(|facts| drop_kind(facts, "departed"));
    assert_eq!(stays.stuck, ["CN05-1"]);
    let (mut shelves, _) = sound();
    for at in [0, 2] {
        numbered(&mut shelves[at], "CN05", |facts| facts.truncate(6));
    }
    assert!(judge(&shelves, &[]).stuck.is_empty());
}

#[test]
fn a_reading_that_was_disregarded_is_not_lost_but_a_mere_repeat_is() {
    for (reason, lost) in [("no_vehicle_for_it", 0), ("repeated_message", 1)] {
        let verdict = told(|facts| {
            drop_kind(facts, "plate_read");
            let data = json!({"input": "plate", "reason": reason});
            facts.push((String::new(), "disregarded".to_owned(), data));
        });
        assert_eq!(verdict.lost.len(), lost, "{verdict:?}");
    }
}
