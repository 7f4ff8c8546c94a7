//! The handle on a real folder: what it accepts, what it refuses, what is there after a restart.

use domain::fact::Fact;
use domain::unit::{CheckpointId, PassageId, UtcMs};
use ledger::{
    BlobStatus, Draft, Error, Ledger, Options, RawRecord, Refusal, SignedHead, SignerKey, Space,
    tree,
};
use tempfile::TempDir;

fn passage(number: u64) -> PassageId {
    PassageId {
        checkpoint: CheckpointId::new("CN05"),
        number,
    }
}

fn draft(n: u64) -> Draft {
    let fact = Fact::Disregarded {
        input: format!("input {n}"),
        reason: "test".to_owned(),
    };
    Draft {
        at: UtcMs(1_767_225_600_000 + n as i64),
        passage: Some(passage(n % 3)),
        fact,
    }
}

fn drafts(range: std::ops::Range<u64>) -> Vec<Draft> {
    range.map(draft).collect()
}

async fn open(folder: &TempDir, origin: &str) -> Ledger {
    Ledger::open(folder.path(), origin, Options::default())
        .await
        .unwrap()
        .0
}

async fn all(ledger: &Ledger, origin: &str) -> Vec<RawRecord> {
    ledger.read(origin, 1, 0, 10_000).await.unwrap()
}

#[tokio::test]
async fn appended_records_are_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let (ledger, report) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    assert!(report.created);
    assert_eq!((report.epoch, report.new_epoch), (1, None));
    let records = ledger.append(drafts(0..600)).await.unwrap();
    assert_eq!(
        records.iter().map(|it| it.sequence).collect::<Vec<_>>(),
        (0..600).collect::<Vec<_>>()
    );
    let more = ledger.append(vec![Draft {
        at: UtcMs(5),
        passage: None,
        fact: Fact::Departed,
    }]);
    assert_eq!(more.await.unwrap()[0].sequence, 600);
    let before = ledger.head("CN05").unwrap();
    assert_eq!(before.size, 601);
    before.verify(ledger.key()).unwrap();
    ledger.close().await.unwrap();
    assert!(matches!(
        ledger.append(drafts(0..1)).await,
        Err(Error::Fatal(_))
    ));
    drop(ledger);

    let (ledger, report) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!(report.verified_records, 601);
    assert!(!report.created && report.warnings.is_empty());
    assert_eq!(ledger.head("CN05").unwrap(), before);
    let raw = all(&ledger, "CN05").await;
    assert_eq!(raw.len(), 601);
    for (record, raw) in records.iter().zip(&raw) {
        assert_eq!(&raw.parse().unwrap(), record);
        assert_eq!(raw.bytes, record.bytes().unwrap());
    }
    assert!(ledger.status()[0].complete);
    assert_eq!(ledger.append(drafts(0..1)).await.unwrap()[0].sequence, 601);
}

#[tokio::test]
async fn copies_arrive_once_and_prove_the_origin() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (a, b) = (open(&a, "CN05").await, open(&b, "OMC").await);
    a.append(drafts(0..700)).await.unwrap();
    let records = all(&a, "CN05").await;
    let head = a.head("CN05").unwrap();

    let unknown = b.copy("CN05", 1, records.clone(), None).await.unwrap_err();
    assert!(
        matches!(unknown, Error::Refused(Refusal::UnknownOrigin { .. })),
        "{unknown}"
    );
    b.trust("CN05", 1, a.key().clone()).await.unwrap();
    b.trust("CN05", 1, a.key().clone()).await.unwrap();

    let mut growth = b.subscribe();
    let first = b
        .copy("CN05", 1, records[..300].to_vec(), Some(head.clone()))
        .await
        .unwrap();
    assert_eq!((first.new, first.duplicates, first.size), (300, 0, 300));
    let grown = growth.recv().await.unwrap();
    assert_eq!((&*grown.origin, grown.epoch, grown.size), ("CN05", 1, 300));
    let status = b.status_of("CN05", 1).unwrap();
    assert!(!status.complete);
    assert_eq!(status.announced, Some(head.clone()));
    assert_eq!((status.held.size, status.head), (300, None));

    let gap = b
        .copy("CN05", 1, records[301..].to_vec(), None)
        .await
        .unwrap_err();
    let expected = Refusal::Gap {
        origin: "CN05".into(),
        epoch: 1,
        expected: 300,
        got: 301,
    };
    assert_eq!(gap, Error::Refused(expected));

    let rest = b
        .copy("CN05", 1, records[250..].to_vec(), None)
        .await
        .unwrap();
    assert_eq!((rest.new, rest.duplicates, rest.size), (400, 50, 700));
    let again = b
        .copy("CN05", 1, records.clone(), Some(head.clone()))
        .await
        .unwrap();
    assert_eq!((again.new, again.duplicates, again.size), (0, 700, 700));
    let status = b.status_of("CN05", 1).unwrap();
    assert!(status.complete);
    assert_eq!((status.head, status.announced), (Some(head.clone()), None));
    status.held.verify(b.key()).unwrap();
    assert_eq!(status.held.root, head.root);
    assert_eq!(all(&b, "CN05").await, records);
}

#[tokio::test]
async fn a_fork_is_refused_and_kept_as_evidence() {
    let folder = TempDir::new().unwrap();
    let b = open(&folder, "OMC").await;
    let signer = SignerKey::from_seed("beket/CN05/1", &[7; 32]).unwrap();
    b.trust("CN05", 1, signer.verifier().clone()).await.unwrap();
    let record = |n: u64, text: &str| RawRecord {
        origin: "CN05".into(),
        epoch: 1,
        sequence: n,
        bytes: format!(r#"{{"o":"CN05","e":1,"n":{n},"t":1,"k":"of_tomorrow","d":"{text}"}}"#)
            .into_bytes(),
    };
    let mine: Vec<RawRecord> = (0..10).map(|n| record(n, "first")).collect();
    let leaves: Vec<_> = mine.iter().map(RawRecord::leaf).collect();
    let sign = |size: u64, root| SignedHead::sign(&signer, "CN05", 1, size, root);
    let good = sign(10, tree::root(&leaves));
    // A kind that nobody here knows is kept like any other.
    b.copy("CN05", 1, mine.clone(), Some(good)).await.unwrap();
    assert!(b.status_of("CN05", 1).unwrap().complete);

    let other = b
        .copy("CN05", 1, vec![record(4, "other")], None)
        .await
        .unwrap_err();
    assert!(
        matches!(other, Error::Refused(Refusal::Forked { sequence: 4, .. })),
        "{other}"
    );
    let older = sign(5, tree::root(&leaves[..4]));
    let older = b.copy("CN05", 1, vec![], Some(older)).await.unwrap_err();
    assert!(
        matches!(older, Error::Refused(Refusal::HeadForked { size: 5, .. })),
        "{older}"
    );
    let bad = sign(11, tree::root(&leaves));
    let next = b
        .copy("CN05", 1, vec![record(10, "first")], Some(bad))
        .await
        .unwrap_err();
    assert!(
        matches!(next, Error::Refused(Refusal::HeadForked { size: 11, .. })),
        "{next}"
    );
    assert_eq!(
        b.status_of("CN05", 1).unwrap().size,
        10,
        "nothing of the refused call is kept"
    );
    assert_eq!(b.evidence("CN05", 1).await.unwrap().len(), 3);

    let thief = SignerKey::from_seed("beket/CN05/1", &[8; 32]).unwrap();
    let forged = SignedHead::sign(&thief, "CN05", 1, 10, tree::root(&leaves));
    let forged = b.copy("CN05", 1, mine, Some(forged)).await.unwrap_err();
    assert!(
        matches!(forged, Error::Refused(Refusal::Head { .. })),
        "{forged}"
    );
    let key = b
        .trust("CN05", 1, thief.verifier().clone())
        .await
        .unwrap_err();
    assert!(
        matches!(key, Error::Refused(Refusal::KeyConflict { .. })),
        "{key}"
    );
}

#[tokio::test]
async fn records_that_are_none_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let b = open(&folder, "OMC").await;
    let signer = SignerKey::from_seed("beket/CN05/1", &[7; 32]).unwrap();
    b.trust("CN05", 1, signer.verifier().clone()).await.unwrap();
    let filed = |bytes: &[u8]| {
        vec![RawRecord {
            origin: "CN05".into(),
            epoch: 1,
            sequence: 0,
            bytes: bytes.to_vec(),
        }]
    };
    let cases: [&[u8]; 6] = [
        b"",
        b"{",
        br#"{"o":"CN05","e":1,"n":1,"t":1,"k":"x"}"#,
        br#"{"o":"CN06","e":1,"n":0,"t":1,"k":"x"}"#,
        br#"{"o":"CN05","e":1,"n":0,"t":1,"p":"nonsense","k":"x"}"#,
        &[b' '; 70_000],
    ];
    for bytes in cases {
        let error = b.copy("CN05", 1, filed(bytes), None).await.unwrap_err();
        let Error::Refused(Refusal::Record { name, .. }) = error else {
            panic!("{error}")
        };
        assert_eq!(name, "CN05/1/0");
    }
    let own = b.copy("OMC", 1, vec![], None).await.unwrap_err();
    assert!(
        matches!(own, Error::Refused(Refusal::OwnOrigin { .. })),
        "{own}"
    );
}

#[tokio::test]
async fn a_passage_is_read_over_all_origins_in_time_order() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (a, b) = (open(&a, "CN05").await, open(&b, "OMC").await);
    let at = |t: i64, fact| Draft {
        at: UtcMs(t),
        passage: Some(passage(1)),
        fact,
    };
    let note = |n: u64| Fact::Disregarded {
        input: n.to_string(),
        reason: "test".to_owned(),
    };
    // The third record was written after the clock had been set back.
    a.append(vec![at(10, note(0)), at(30, note(1)), at(5, note(2))])
        .await
        .unwrap();
    a.append(vec![draft(0)]).await.unwrap();
    b.append(vec![at(20, note(10)), at(40, note(11))])
        .await
        .unwrap();
    b.trust("CN05", 1, a.key().clone()).await.unwrap();
    b.copy("CN05", 1, all(&a, "CN05").await, None)
        .await
        .unwrap();
    let found = b.passage(&passage(1)).await.unwrap();
    let names: Vec<String> = found.iter().map(RawRecord::name).collect();
    assert_eq!(
        names,
        ["CN05/1/0", "OMC/1/0", "CN05/1/1", "CN05/1/2", "OMC/1/1"]
    );
}

#[tokio::test]
async fn proofs_from_the_store_verify() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    ledger.append(drafts(0..1_300)).await.unwrap();
    let raw = all(&ledger, "CN05").await;
    for size in [1_u64, 2, 255, 256, 257, 700, 1_024, 1_299, 1_300] {
        let root = ledger.root_at("CN05", 1, size).await.unwrap();
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = ledger
                .inclusion_proof("CN05", 1, index, size)
                .await
                .unwrap();
            assert!(tree::includes(
                &raw[index as usize].leaf(),
                index,
                size,
                &root,
                &proof
            ));
        }
        let proof = ledger
            .consistency_proof("CN05", 1, size, 1_300)
            .await
            .unwrap();
        let new = ledger.head("CN05").unwrap().root;
        assert!(tree::extends(size, &root, 1_300, &new, &proof), "{size}");
    }
    assert!(ledger.inclusion_proof("CN05", 1, 0, 1_301).await.is_err());
    assert!(ledger.inclusion_proof("CN05", 1, 5, 5).await.is_err());
}

#[tokio::test]
async fn concurrent_appends_lose_and_repeat_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..32_u64 {
        let ledger = ledger.clone();
        callers.spawn(async move {
            let mut sequences = Vec::new();
            for n in 0..10 {
                let records = ledger.append(vec![draft(caller * 100 + n)]).await.unwrap();
                sequences.push((records[0].sequence, records[0].at));
            }
            assert!(sequences.is_sorted(), "one caller's facts keep their order");
            sequences
        });
    }
    let mut answered: Vec<_> = callers.join_all().await.concat();
    answered.sort();
    let stored: Vec<_> = all(&ledger, "CN05")
        .await
        .iter()
        .map(|it| (it.sequence, it.parse().unwrap().at))
        .collect();
    assert_eq!(answered, stored);
    assert_eq!(stored.len(), 320);
}

#[tokio::test]
async fn a_blob_arrives_in_pieces_and_is_verified() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n * 7) as u8).collect();
    let total = bytes.len() as u64;
    let hash = ledger.put_blob(&bytes).await.unwrap();
    assert_eq!(ledger.put_blob(&bytes).await.unwrap(), hash);
    assert_eq!(ledger.blob(hash).await.unwrap(), Some(bytes.clone()));
    assert_eq!(
        ledger.blob_range(hash, 99_990, 50).await.unwrap().unwrap(),
        bytes[99_990..]
    );
    ledger.forget_blob(hash).await.unwrap();
    assert_eq!(ledger.blob_status(hash).await.unwrap(), BlobStatus::Absent);
    assert_eq!(ledger.blob(hash).await.unwrap(), None);

    let write =
        |from: usize, to: usize| ledger.write_blob_at(hash, total, from as u64, &bytes[from..to]);
    assert_eq!(
        write(0, 40_000).await.unwrap(),
        BlobStatus::Partial {
            have: 40_000,
            total
        }
    );
    let hole = write(50_000, 60_000).await.unwrap_err();
    assert!(
        matches!(hole, Error::Refused(Refusal::BlobGap { have: 40_000, .. })),
        "{hole}"
    );
    assert_eq!(
        write(30_000, 60_000).await.unwrap(),
        BlobStatus::Partial {
            have: 60_000,
            total
        }
    );
    assert_eq!(
        write(10, 20).await.unwrap(),
        BlobStatus::Partial {
            have: 60_000,
            total
        }
    );
    let (prefix, said) = ledger.partial_blob(hash).await.unwrap().unwrap();
    assert_eq!((prefix.as_slice(), said), (&bytes[..60_000], total));
    let other = ledger
        .write_blob_at(hash, total + 1, 0, b"x")
        .await
        .unwrap_err();
    assert!(
        matches!(other, Error::Refused(Refusal::BlobTotal { .. })),
        "{other}"
    );
    assert!(
        ledger
            .write_blob_at(hash, total, total - 1, b"xy")
            .await
            .is_err()
    );

    // What has arrived outlives the process.
    ledger.close().await.unwrap();
    drop(ledger);
    let ledger = open(&folder, "CN05").await;
    let status = ledger.blob_status(hash).await.unwrap();
    assert_eq!(
        status,
        BlobStatus::Partial {
            have: 60_000,
            total
        }
    );
    let done = ledger
        .write_blob_at(hash, total, 60_000, &bytes[60_000..])
        .await
        .unwrap();
    assert_eq!(done, BlobStatus::Complete { len: total });
    assert_eq!(ledger.blob(hash).await.unwrap().unwrap(), bytes);
    assert_eq!(ledger.partial_blob(hash).await.unwrap(), None);

    // The last byte wrong: all of it is discarded, and said so.
    ledger.forget_blob(hash).await.unwrap();
    let mut wrong = bytes.clone();
    wrong[99_999] ^= 1;
    let error = ledger
        .write_blob_at(hash, total, 0, &wrong)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Refused(Refusal::BlobMismatch { .. })),
        "{error}"
    );
    assert_eq!(ledger.blob_status(hash).await.unwrap(), BlobStatus::Absent);
}

#[tokio::test]
async fn little_room_stops_blobs_and_a_full_ledger_still_has_its_reserve() {
    let folder = TempDir::new().unwrap();
    let low = Options {
        low_water_bytes: u64::MAX,
        ..Options::default()
    };
    let (ledger, _) = Ledger::open(folder.path(), "CN05", low).await.unwrap();
    assert!(matches!(ledger.space().unwrap(), Space::Low { .. }));
    let refused = ledger.put_blob(b"x-ray").await.unwrap_err();
    assert!(matches!(refused, Error::DiskLow { .. }), "{refused}");
    ledger.append(drafts(0..1)).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);

    let folder = TempDir::new().unwrap();
    let options = Options {
        low_water_bytes: 1,
        reserve_bytes: 256 << 10,
        quota_bytes: Some(768 << 10),
        ..Options::default()
    };
    let (ledger, _) = Ledger::open(folder.path(), "CN05", options).await.unwrap();
    let mut kept = 0;
    let mut reserved_at = None;
    let full = loop {
        match ledger.append(drafts(kept..kept + 50)).await {
            Ok(records) => kept += records.len() as u64,
            Err(error) => break error,
        }
        if reserved_at.is_none() && matches!(ledger.space().unwrap(), Space::Reserve { .. }) {
            reserved_at = Some(kept);
        }
    };
    assert!(matches!(full, Error::DiskFull(_)), "{full}");
    assert!(reserved_at.unwrap() < kept, "the reserve held more records");
    assert_eq!(
        ledger.head("CN05").unwrap().size,
        kept,
        "never half a batch"
    );
    assert_eq!(all(&ledger, "CN05").await.len() as u64, kept);
    ledger.close().await.unwrap();
    drop(ledger);
    let ledger = open(&folder, "CN05").await;
    assert_eq!(ledger.append(drafts(0..1)).await.unwrap()[0].sequence, kept);
}

#[tokio::test]
async fn a_lost_ledger_begins_a_new_epoch() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    ledger.append(drafts(0..3)).await.unwrap();
    let head = ledger.head("CN05").unwrap();
    ledger.confirm(&head).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }
    let (ledger, report) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!((report.epoch, ledger.epoch()), (2, 2));
    assert!(report.new_epoch.unwrap().contains("gone"));
    assert_eq!(ledger.append(drafts(0..1)).await.unwrap()[0].epoch, 2);
    assert!(ledger.confirm(&head).await.is_err());
    ledger.close().await.unwrap();
    drop(ledger);

    let elsewhere = Options {
        after_epoch: 6,
        ..Options::default()
    };
    let (ledger, report) = Ledger::open(folder.path(), "CN05", elsewhere)
        .await
        .unwrap();
    assert_eq!(report.epoch, 7);
    ledger.append(drafts(0..2)).await.unwrap();
    let sizes: Vec<_> = ledger
        .status()
        .iter()
        .map(|it| (it.epoch, it.size))
        .collect();
    assert_eq!(
        sizes,
        [(2, 1), (7, 2)],
        "the earlier epoch is kept and still verified"
    );
    ledger.close().await.unwrap();
    drop(ledger);
    let (_, report) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!((report.epoch, report.verified_records), (7, 3));
}

#[tokio::test]
async fn a_folder_belongs_to_one_process_and_one_origin() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    let second = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap_err();
    assert!(second.to_string().contains("another process"), "{second}");
    let mode = std::fs::metadata(folder.path().join("key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    ledger.close().await.unwrap();
    drop(ledger);
    let other = Ledger::open(folder.path(), "CN06", Options::default())
        .await
        .unwrap_err();
    assert!(other.to_string().contains("CN05"), "{other}");
    assert!(
        Ledger::open(folder.path(), "no/such", Options::default())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_fact_too_long_for_a_record_is_refused_alone() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    let long = Fact::Disregarded {
        input: "x".repeat(70_000),
        reason: "test".to_owned(),
    };
    let long = Draft {
        at: UtcMs(0),
        passage: None,
        fact: long,
    };
    let (a, b, c) = tokio::join!(
        ledger.append(drafts(0..2)),
        ledger.append(vec![draft(2), long]),
        ledger.append(drafts(3..4)),
    );
    assert_eq!(a.unwrap().len(), 2);
    assert!(matches!(
        b.unwrap_err(),
        Error::Refused(Refusal::Record { .. })
    ));
    assert_eq!(c.unwrap()[0].sequence, 2);
}

#[tokio::test]
async fn copies_that_wait_together_see_each_other() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (a, b) = (open(&a, "CN05").await, open(&b, "OMC").await);
    a.append(drafts(0..200)).await.unwrap();
    let early = a.head("CN05").unwrap();
    a.append(drafts(200..700)).await.unwrap();
    let records = all(&a, "CN05").await;
    b.trust("CN05", 1, a.key().clone()).await.unwrap();
    let part = |from: usize, to: usize| records[from..to].to_vec();
    // One thread: all four are waiting before the writer takes the first.
    let (one, two, three, four) = tokio::join!(
        b.copy("CN05", 1, part(0, 300), None),
        b.copy("CN05", 1, part(290, 400), Some(early.clone())),
        b.copy("CN05", 1, part(500, 600), None),
        b.copy("CN05", 1, part(0, 700), a.head("CN05")),
    );
    assert_eq!(one.unwrap().new, 300);
    let two = two.unwrap();
    assert_eq!((two.new, two.duplicates), (100, 10));
    assert!(matches!(
        three.unwrap_err(),
        Error::Refused(Refusal::Gap { expected: 400, .. })
    ));
    let four = four.unwrap();
    assert_eq!((four.new, four.duplicates, four.size), (300, 400, 700));
    assert!(b.status_of("CN05", 1).unwrap().complete);
    assert_eq!(all(&b, "CN05").await, records);
    // An older head that comes again is no news; one of another tree is a fork.
    b.copy("CN05", 1, vec![], Some(early)).await.unwrap();
    assert_eq!(b.head("CN05"), a.head("CN05"));
}

#[tokio::test]
async fn a_record_changed_under_a_running_ledger_is_not_served() {
    use sqlx::Connection;
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder, "CN05").await;
    ledger.append(drafts(0..5)).await.unwrap();
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let mut db = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE record SET bytes = x'00' WHERE sequence = 3")
        .execute(&mut db)
        .await
        .unwrap();
    let error = ledger.read("CN05", 1, 0, 10).await.unwrap_err();
    assert!(
        error.to_string().contains("record CN05/1/3 was changed"),
        "{error}"
    );
    assert_eq!(error.class(), ledger::Class::Fatal);
    assert_eq!(ledger.read("CN05", 1, 0, 3).await.unwrap().len(), 3);
    sqlx::query("DELETE FROM record WHERE sequence = 3")
        .execute(&mut db)
        .await
        .unwrap();
    let error = ledger.read("CN05", 1, 0, 10).await.unwrap_err();
    assert!(
        error.to_string().contains("record CN05/1/3 is missing"),
        "{error}"
    );
}

#[tokio::test]
async fn a_closed_or_dropped_ledger_can_be_opened_again_at_once() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder, "CN05").await;
    let clone = first.clone();
    first.append(drafts(0..3)).await.unwrap();
    first.close().await.unwrap();
    // `clone` is still around; it writes nothing any more.
    let second = open(&folder, "CN05").await;
    assert!(clone.append(drafts(0..1)).await.is_err());
    assert_eq!(second.append(drafts(3..4)).await.unwrap()[0].sequence, 3);
    drop(second);
    let third = open(&folder, "CN05").await;
    assert_eq!(third.append(drafts(4..5)).await.unwrap()[0].sequence, 4);
}
