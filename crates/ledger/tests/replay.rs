//! A passage is replayed from a ledger folder: the checkpoint's facts fold, others are shown.

use domain::fact::{Direction, Fact};
use domain::input::Input;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::unit::{CheckpointId, LaneId, PassageId, UtcMs};
use ledger::replay::{Did, passages, replay};
use ledger::{Draft, Ledger, Options, RawRecord};
use tempfile::TempDir;

fn passage(number: u64) -> PassageId {
    PassageId {
        checkpoint: CheckpointId::new("CN05"),
        number,
    }
}

fn draft(at: i64, number: u64, fact: Fact) -> Draft {
    Draft {
        at: UtcMs(1_767_225_600_000 + at),
        passage: Some(passage(number)),
        fact,
    }
}

fn procedure() -> Procedure {
    let text = include_str!("../../../procedures/external-2026.toml");
    Procedure::parse(text).unwrap()
}

#[tokio::test]
async fn a_passage_is_replayed_fact_by_fact() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let open = async |at: &TempDir, origin| {
        Ledger::open(at.path(), origin, Options::default())
            .await
            .unwrap()
            .0
    };
    let (cn05, omc) = (open(&folder, "CN05").await, open(&other, "OMC").await);
    let procedure = procedure();
    let arrival = Input::Arrival {
        lane: LaneId(2),
        direction: Direction::Entry,
        seed: 7,
    };
    let now = UtcMs(1_767_225_600_000);
    let facts = Passage::new(passage(1)).conclude(&arrival, now, &procedure);
    let first = facts.len() as u64;
    let mut drafts: Vec<Draft> = facts.into_iter().map(|fact| draft(0, 1, fact)).collect();
    drafts.push(draft(1_000, 2, Fact::BarrierClosed));
    drafts.push(draft(9_000, 1, Fact::BackedOut));
    cn05.append(drafts).await.unwrap();
    omc.append(vec![draft(5_000, 1, Fact::Departed)])
        .await
        .unwrap();
    cn05.trust("OMC", 1, omc.key().clone()).await.unwrap();
    let mut copies = omc.read("OMC", 1, 0, 9).await.unwrap();
    cn05.copy("OMC", 1, copies.clone(), None).await.unwrap();
    let next = r#"{"o":"OMC","e":1,"n":1,"t":1767225606000,"p":"CN05-1","k":"of_another_year"}"#;
    copies = vec![RawRecord {
        sequence: 1,
        bytes: next.into(),
        ..copies[0].clone()
    }];
    cn05.copy("OMC", 1, copies, None).await.unwrap();

    // The ledger is still open: replay reads beside it.
    let told = passages(folder.path()).await.unwrap();
    let counts: Vec<_> = told
        .iter()
        .map(|it| (it.passage.number, it.records))
        .collect();
    assert_eq!(counts, [(1, first + 3), (2, 1)]);
    let replayed = replay(folder.path(), &passage(1), &[procedure])
        .await
        .unwrap();
    let names: Vec<_> = replayed.steps.iter().map(|it| it.record.as_str()).collect();
    let last = format!("CN05/1/{}", first + 1);
    assert_eq!(
        names[first as usize..],
        ["OMC/1/0", "OMC/1/1", last.as_str()]
    );
    let Did::Changed(changes) = &replayed.steps[0].did else {
        panic!()
    };
    assert!(changes.iter().any(|it| it.field == "lane" && it.after == 2));
    let copied = &replayed.steps[first as usize];
    assert!(
        !copied.owed.is_empty(),
        "an arrived vehicle is owed its first stage"
    );
    assert!(!copied.waiting_for.is_empty());
    assert_eq!(copied.did, Did::Copied);
    assert!(matches!(
        replayed.steps[first as usize + 1].did,
        Did::Unknown(_)
    ));
    assert!(replayed.end.ended.is_some() && replayed.without_procedure.is_none());
    let text = replayed.to_string();
    for expected in [
        "2026-01-01T00:00:00.000Z  CN05/1/0  arrived",
        "lane = 2",
        "state after the last",
    ] {
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }

    let without = replay(folder.path(), &passage(1), &[]).await.unwrap();
    assert!(without.without_procedure.unwrap().contains("edition"));
    assert!(replay(folder.path(), &passage(3), &[]).await.is_err());
    assert!(
        replay(&folder.path().join("nothing"), &passage(1), &[])
            .await
            .is_err()
    );
}
