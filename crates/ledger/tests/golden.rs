//! Records as they were first written, byte for byte. The files in `golden/` are never edited and
//! never written anew: a ledger of ten years ago must still be read, and must still hash alike.
//! A new fact gets a new file, its leaf a new line in `leaves.txt`, the head a new `head-<n>.note`.

use std::path::PathBuf;

use domain::fact::Fact;
use ledger::tree::{self, leaf_hash};
use ledger::{ParseError, RawRecord, Record, SignedHead, SignerKey};

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The records in order of their sequence, which their file names begin with.
fn records() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(golden())
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    let name = |it: &PathBuf| it.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|it| (name(it), std::fs::read(it).unwrap()))
        .collect()
}

#[test]
fn golden_records_read_and_write_alike() {
    let records = records();
    assert!(records.len() >= 9);
    let mut unknown = 0;
    for (sequence, (name, bytes)) in records.iter().enumerate() {
        let raw = RawRecord {
            origin: "CN05".into(),
            epoch: 1,
            sequence: sequence as u64,
            bytes: bytes.clone(),
        };
        let envelope = raw.check().unwrap();
        assert!(
            name.contains(&envelope.kind),
            "{name} holds {}",
            envelope.kind
        );
        match raw.parse() {
            Ok(record) => {
                assert_eq!(record.fact.kind(), envelope.kind);
                let again = record.bytes().unwrap();
                assert_eq!(
                    String::from_utf8(again).unwrap(),
                    String::from_utf8_lossy(bytes)
                );
            }
            Err(ParseError::UnknownKind { kind, .. }) => {
                assert_eq!(kind, "of_another_year");
                unknown += 1;
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert_eq!(unknown, 1);
}

#[test]
fn golden_leaves_and_head_are_the_same() {
    let leaves: Vec<_> = records()
        .iter()
        .map(|(_, bytes)| leaf_hash(bytes))
        .collect();
    let text: String = leaves.iter().map(|it| format!("{it}\n")).collect();
    let golden_leaves = std::fs::read_to_string(golden().join("leaves.txt")).unwrap();
    assert_eq!(text, golden_leaves);
    let signer = SignerKey::from_seed("beket/CN05/1", &[1; 32]).unwrap();
    let head = SignedHead::sign(&signer, "CN05", 1, 9, tree::root(&leaves[..9]));
    let note = std::fs::read_to_string(golden().join("head-9.note")).unwrap();
    assert_eq!(head.as_str(), note);
    let key = std::fs::read_to_string(golden().join("key.pub")).unwrap();
    assert_eq!(format!("{}\n", signer.verifier()), key);
}

#[test]
fn a_record_without_data_or_passage_leaves_them_out() {
    let record = Record {
        origin: "CN05".into(),
        epoch: 1,
        sequence: 0,
        at: domain::unit::UtcMs(-1),
        passage: None,
        fact: Fact::Departed,
    };
    let bytes = record.bytes().unwrap();
    assert_eq!(bytes, br#"{"o":"CN05","e":1,"n":0,"t":-1,"k":"departed"}"#);
    assert_eq!(Record::parse(&bytes).unwrap(), record);
}
