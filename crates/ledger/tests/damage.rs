//! One byte changed anywhere, rows changed by somebody who knows the tables, files torn by a power
//! cut: what `verify` names, and that the ledger does not start over it.

use std::fs;
use std::path::{Path, PathBuf};

use domain::fact::Fact;
use domain::unit::{BlobHash, CheckpointId, PassageId, UtcMs};
use ledger::verify::{Report, verify};
use ledger::{Damage, Draft, Error, Ledger, Options, RawRecord, VerifierKey};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

fn draft(n: u64) -> Draft {
    let passage = PassageId {
        checkpoint: CheckpointId::new("CN05"),
        number: n % 2 + 1,
    };
    let fact = Fact::Disregarded {
        input: format!("i{n}"),
        reason: "test".to_owned(),
    };
    Draft {
        at: UtcMs(1_767_225_600_000 + n as i64),
        passage: Some(passage),
        fact,
    }
}

/// A closed ledger with `size` own records, three copies of another's, and a blob.
struct Fixture {
    folder: TempDir,
    key: VerifierKey,
    records: Vec<RawRecord>,
    blob: BlobHash,
}

async fn fixture(size: u64) -> Fixture {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let open = async |at: &TempDir, origin| {
        Ledger::open(at.path(), origin, Options::default())
            .await
            .unwrap()
            .0
    };
    let omc = open(&other, "OMC").await;
    omc.append((0..3).map(draft).collect()).await.unwrap();
    let ledger = open(&folder, "CN05").await;
    let blob = ledger.put_blob(b"an X-ray picture, or so").await.unwrap();
    let raw = Fact::Garbled {
        device: domain::unit::DeviceId::new("L1/x"),
        at: 3,
        why: "test".to_owned(),
        raw: Some(blob),
    };
    ledger
        .append(vec![Draft {
            at: UtcMs(1),
            passage: None,
            fact: raw,
        }])
        .await
        .unwrap();
    ledger.append((1..size).map(draft).collect()).await.unwrap();
    ledger.trust("OMC", 1, omc.key().clone()).await.unwrap();
    let copies = omc.read("OMC", 1, 0, 10).await.unwrap();
    ledger
        .copy("OMC", 1, copies, omc.head("OMC"))
        .await
        .unwrap();
    let mut records = ledger.read("CN05", 1, 0, 10_000).await.unwrap();
    records.extend(ledger.read("OMC", 1, 0, 10).await.unwrap());
    let key = ledger.key().clone();
    ledger.close().await.unwrap();
    omc.close().await.unwrap();
    Fixture {
        folder,
        key,
        records,
        blob,
    }
}

impl Fixture {
    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    async fn verify(&self) -> Report {
        verify(self.folder.path(), Some(&self.key)).await.unwrap()
    }

    /// The report with one bit of one byte of a file changed, for a moment.
    async fn with_flip(&self, file: &str, at: usize) -> Report {
        let path = self.path(file);
        let before = fs::read(&path).unwrap();
        let mut after = before.clone();
        after[at] ^= 1 << (at % 8);
        fs::write(&path, &after).unwrap();
        let report = self.verify().await;
        fs::write(&path, &before).unwrap();
        report
    }

    /// The report after somebody who knows the tables changed them.
    async fn with_sql(&self, sql: &'static str) -> Report {
        let url = format!("sqlite:{}", self.path("ledger.db").display());
        let mut db = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        self.verify().await
    }
}

fn find(within: &[u8], what: &[u8]) -> usize {
    within
        .windows(what.len())
        .position(|it| it == what)
        .unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

fn names_record(damage: &Damage, record: &RawRecord) -> bool {
    matches!(damage, Damage::Record { origin, epoch, sequence, .. }
        if (origin, *epoch, *sequence) == (&record.origin, record.epoch, record.sequence))
}

#[tokio::test]
async fn an_untouched_ledger_is_valid() {
    let it = fixture(300).await;
    let report = it.verify().await;
    assert!(report.is_valid(), "{report}");
    assert_eq!(
        (report.records, report.blobs.whole, report.blobs.absent),
        (303, 1, 0)
    );
    let text = report.to_string();
    assert!(
        text.contains("CN05/1: 300 records, 300 under its signature"),
        "{text}"
    );
    assert!(
        text.contains("OMC/1: 3 records, 3 under its signature"),
        "{text}"
    );
    fs::remove_dir_all(it.path("blobs")).unwrap();
    let report = it.verify().await;
    assert_eq!(
        report.blobs.absent_listed,
        [(it.blob, "CN05/1/0".to_owned())]
    );
    assert!(verify(&it.path("nothing"), None).await.is_err());
}

#[tokio::test]
async fn a_byte_changed_in_any_record_names_it() {
    let it = fixture(3).await;
    let file = fs::read(it.path("ledger.db")).unwrap();
    for record in &it.records {
        let start = find(&file, &record.bytes);
        for at in start..start + record.bytes.len() {
            let report = it.with_flip("ledger.db", at).await;
            assert!(!report.is_valid());
            assert!(
                report
                    .damages
                    .iter()
                    .all(|damage| names_record(damage, record)),
                "byte {} of {}: {report}",
                at - start,
                record.name()
            );
        }
        // The leaf that is stored beside it is part of the record as well.
        let start = find(&file, &record.leaf().0);
        for at in start..start + 32 {
            let report = it.with_flip("ledger.db", at).await;
            assert!(
                report
                    .damages
                    .iter()
                    .any(|damage| names_record(damage, record)),
                "{report}"
            );
        }
    }
    assert!(it.verify().await.is_valid());
}

#[tokio::test]
async fn a_byte_changed_in_any_head_key_or_blob_names_it() {
    let it = fixture(3).await;
    let file = fs::read(it.path("ledger.db")).unwrap();
    let note_of = |name: &str| {
        fs::read_to_string(it.path(name))
            .unwrap()
            .trim_end()
            .to_owned()
            + "\n"
    };
    for (origin, name) in [("CN05", "heads/CN05.1"), ("OMC", "heads/OMC.1")] {
        let of = |damage: &Damage| matches!(damage, Damage::Head { origin: named, epoch: 1, .. } if named == origin);
        let note = note_of(name);
        let start = find(&file, note.as_bytes());
        for at in start..start + note.len() {
            let report = it.with_flip("ledger.db", at).await;
            assert!(
                !report.is_valid() && report.damages.iter().all(of),
                "{at}: {report}"
            );
        }
        for at in (0..512).step_by(3) {
            let report = it.with_flip(name, at).await;
            assert!(
                !report.is_valid() && report.damages.iter().all(of),
                "{at}: {report}"
            );
        }
    }
    let signed = Ledger::open(it.folder.path(), "CN05", Options::default())
        .await
        .unwrap()
        .0;
    let note = signed.head("OMC").unwrap();
    signed.close().await.unwrap();
    let file = fs::read(it.path("ledger.db")).unwrap();
    let start = find(&file, note.as_str().as_bytes());
    for at in start..start + note.as_str().len() {
        let report = it.with_flip("ledger.db", at).await;
        let named = |it: &Damage| {
            matches!(
                it,
                Damage::Head {
                    which: "signed",
                    ..
                }
            )
        };
        assert!(
            !report.is_valid() && report.damages.iter().all(named),
            "{report}"
        );
    }
    let blob = format!("blobs/{:02x}/{}", it.blob.0[0], it.blob);
    for at in 0..fs::read(it.path(&blob)).unwrap().len() {
        let report = it.with_flip(&blob, at).await;
        let named = matches!(&report.damages[..], [Damage::Blob { hash, .. }] if *hash == it.blob);
        assert!(named, "{report}");
    }
    for name in ["key", "key.pub"] {
        // The last byte is the newline.
        for at in 0..fs::read(it.path(name)).unwrap().len() - 1 {
            let report = it.with_flip(name, at).await;
            let named = report
                .damages
                .iter()
                .any(|it| matches!(it, Damage::File { file, .. } if file == name));
            assert!(named, "byte {at} of {name}: {report}");
        }
    }
}

/// Wherever the byte stands in a closed ledger, something is named; and in one that a crash left,
/// either that or every record still reads as written.
#[tokio::test]
async fn a_byte_changed_anywhere_in_the_file_is_never_silently_wrong() {
    let it = fixture(40).await;
    let length = fs::read(it.path("ledger.db")).unwrap().len();
    // The whole header, then a stride that meets every page at ever different places.
    let places: Vec<usize> = (0..100)
        .step_by(3)
        .chain((100..length).step_by(191))
        .collect();
    for at in &places {
        let report = it.with_flip("ledger.db", *at).await;
        assert!(!report.is_valid(), "byte {at}");
    }
    fs::remove_file(it.path("closed")).unwrap();
    let mut named = 0;
    for at in places.into_iter().step_by(2) {
        let report = it.with_flip("ledger.db", at).await;
        named += usize::from(!report.is_valid());
        if report.is_valid() {
            assert_eq!(
                (report.records, report.streams.len()),
                (43, 2),
                "byte {at}: {report}"
            );
        }
    }
    assert!(named > 20, "{named} of the changes were seen");
    assert!(it.verify().await.is_valid());
}

#[tokio::test]
async fn rows_changed_through_sql_are_named() {
    let rewritten = "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), 'i7', 'i8') AS BLOB) WHERE sequence = 7 AND stream = 1";
    let cases: [(&'static str, &[&str]); 9] = [
        (rewritten, &["record CN05/1/7 was changed"]),
        (
            "UPDATE record SET at = at + 1 WHERE sequence = 9 AND stream = 1",
            &["record CN05/1/9 was changed", "`at`"],
        ),
        (
            "UPDATE record SET passage = NULL WHERE sequence = 9 AND stream = 1",
            &["record CN05/1/9 was changed", "`passage`"],
        ),
        (
            "DELETE FROM record WHERE sequence BETWEEN 5 AND 6 AND stream = 1",
            &["records CN05/1/5 to 6 are missing"],
        ),
        (
            "DELETE FROM record WHERE sequence >= 290 AND stream = 1",
            &["records CN05/1/290 to 299 are missing"],
        ),
        (
            "INSERT INTO record SELECT 1, 300, at, passage, leaf, bytes FROM record WHERE sequence = 299",
            &[
                "record CN05/1/300 was changed",
                "filed as",
                "stands after the last",
            ],
        ),
        (
            "CREATE TEMP TABLE two AS SELECT * FROM record WHERE stream = 1 AND sequence IN (3, 4);
             DELETE FROM record WHERE stream = 1 AND sequence IN (3, 4);
             INSERT INTO record SELECT stream, 7 - sequence, at, passage, leaf, bytes FROM two",
            &["CN05/1/3", "CN05/1/4"],
        ),
        (
            "UPDATE tile SET root = zeroblob(32)",
            &["records CN05/1/0 to 255"],
        ),
        (
            "DELETE FROM stream WHERE origin = 'OMC'",
            &["head of OMC/1"],
        ),
    ];
    for (sql, expected) in cases {
        let it = fixture(300).await;
        let report = it.with_sql(sql).await;
        assert!(!report.is_valid());
        let text = report.to_string();
        for expected in expected {
            assert!(text.contains(expected), "{sql}: {expected:?} in\n{text}");
        }
    }
}

/// A record and its leaf rewritten together: the tree knows.
#[tokio::test]
async fn a_record_rewritten_with_its_leaf_is_seen_by_the_tree() {
    for (sequence, expected) in [
        (7_u64, "records CN05/1/0 to 255"),
        (280, "records CN05/1/0 to 299"),
    ] {
        let it = fixture(300).await;
        let mut forged = it.records[sequence as usize].clone();
        let at = find(&forged.bytes, b"test");
        forged.bytes[at..at + 4].copy_from_slice(b"TEST");
        let url = format!("sqlite:{}", it.path("ledger.db").display());
        let mut db = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("UPDATE record SET bytes = $1, leaf = $2 WHERE stream = 1 AND sequence = $3")
            .bind(forged.bytes.as_slice())
            .bind(forged.leaf().0.as_slice())
            .bind(sequence as i64)
            .execute(&mut db)
            .await
            .unwrap();
        db.close().await.unwrap();
        let report = it.verify().await;
        assert!(report.to_string().contains(expected), "{report}");
        let refused = Ledger::open(it.folder.path(), "CN05", Options::default()).await;
        assert!(matches!(refused, Err(Error::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_changed_ledger_does_not_start_and_says_which_record() {
    let it = fixture(20).await;
    let file = fs::read(it.path("ledger.db")).unwrap();
    for record in it.records.iter().step_by(5) {
        let copy = TempDir::new().unwrap();
        copy_folder(it.folder.path(), copy.path());
        let mut changed = file.clone();
        changed[find(&file, &record.bytes) + record.bytes.len() / 2] ^= 4;
        fs::write(copy.path().join("ledger.db"), changed).unwrap();
        let error = Ledger::open(copy.path(), "CN05", Options::default())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Damaged { first, .. } if names_record(first, record)),
            "{error}"
        );
        assert!(error.to_string().contains(&record.name()), "{error}");
    }
}

#[tokio::test]
async fn a_key_from_elsewhere_is_compared() {
    let it = fixture(3).await;
    let stranger = ledger::SignerKey::from_seed("beket/CN05/1", &[9; 32]).unwrap();
    let report = verify(it.folder.path(), Some(stranger.verifier()))
        .await
        .unwrap();
    assert!(!report.is_valid());
    assert!(verify(it.folder.path(), None).await.unwrap().is_valid());
}

/// The files as a power cut may leave them: the last transactions of the WAL torn at any place.
#[tokio::test]
async fn a_torn_write_ahead_log_loses_nothing_that_was_acknowledged() {
    let (live, early) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (ledger, _) = Ledger::open(live.path(), "CN05", Options::default())
        .await
        .unwrap();
    ledger.append((0..10).map(draft).collect()).await.unwrap();
    copy_folder(live.path(), early.path());
    ledger.append((10..15).map(draft).collect()).await.unwrap();
    let wal = fs::read(live.path().join("ledger.db-wal")).unwrap();
    let acknowledged = fs::read(early.path().join("ledger.db-wal")).unwrap().len();
    assert!(wal.len() > acknowledged && acknowledged > 0);
    let reopened = async |heads: &Path, wal: &[u8]| {
        let copy = TempDir::new().unwrap();
        copy_folder(early.path(), copy.path());
        fs::copy(heads.join("heads/CN05.1"), copy.path().join("heads/CN05.1")).unwrap();
        fs::write(copy.path().join("ledger.db-wal"), wal).unwrap();
        let _ = fs::remove_file(copy.path().join("ledger.db-shm"));
        let opened = Ledger::open(copy.path(), "CN05", Options::default()).await;
        opened.map(|(ledger, _)| ledger.head("CN05").unwrap().size)
    };
    // The second append was not acknowledged yet: its frames are there, or partly, or garbled.
    for end in (acknowledged..=wal.len()).step_by(997) {
        let size = reopened(early.path(), &wal[..end]).await.unwrap();
        assert!(size == 10 || size == 15, "{size} records");
        let mut garbled = wal.clone();
        garbled[end.min(wal.len() - 1)] ^= 0x10;
        let size = reopened(early.path(), &garbled).await.unwrap();
        assert!(size == 10 || size == 15, "{size} records");
    }
    // A byte of the log changed afterwards: what it dropped is named, and so it is by `verify`.
    let copy = TempDir::new().unwrap();
    copy_folder(live.path(), copy.path());
    let mut changed = wal.clone();
    changed[acknowledged + 200] ^= 1;
    fs::write(copy.path().join("ledger.db-wal"), changed).unwrap();
    let _ = fs::remove_file(copy.path().join("ledger.db-shm"));
    let report = verify(copy.path(), None).await.unwrap();
    assert!(
        report
            .to_string()
            .contains("records CN05/1/10 to 14 are missing"),
        "{report}"
    );

    // It was acknowledged, and then the log was cut: that is no power cut but a loss.
    let error = reopened(live.path(), &wal[..acknowledged])
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("records CN05/1/10 to 14 are missing"),
        "{error}"
    );
}
