//! Every kind of file of the corpus is recognised as what a device said, or refused by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim::recording::{Recording, occupancies, recognise};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("BEKET_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    if !folder.is_dir() {
        eprintln!("skipped: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

fn kind(recording: &Recording) -> &'static str {
    match recording {
        Recording::Plate(_) => "plate",
        Recording::Vm250(_) => "vm250",
        Recording::Aspect(_) => "aspect",
        Recording::N42(_) => "n42",
        Recording::Radiograph(_) => "radiograph",
        Recording::Weighings(_) => "weighings",
        Recording::Documents(_) => "documents",
        Recording::Containers(_) => "containers",
    }
}

#[test]
fn every_recording_is_recognised() {
    let Some(corpus) = corpus() else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in [
        "anpr",
        "rpm_stream",
        "n42/portal",
        "xray",
        "wim",
        "documents",
    ] {
        for path in files(&corpus.join(folder)) {
            let bytes = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let expected = match (folder, name.as_str()) {
                (_, it) if it.ends_with(".expected.json") => None,
                (_, it) if it.ends_with(".truth.json") || it.ends_with(".portal.json") => None,
                ("anpr", _) => Some("plate"),
                ("rpm_stream", it) if it.ends_with(".jsonl") => Some("aspect"),
                ("rpm_stream", _) => Some("vm250"),
                ("n42/portal", _) => Some("n42"),
                ("xray", it) if it.ends_with(".j2k") => Some("radiograph"),
                ("wim", "wim_records.json") => Some("weighings"),
                ("documents", "iso6346.json") => Some("containers"),
                ("documents", "plates.json") => None,
                ("documents", _) => Some("documents"),
                _ => None,
            };
            let found = recognise(&path.to_string_lossy(), &bytes);
            match (&found, expected) {
                (Ok(found), Some(expected)) => {
                    assert_eq!(kind(found), expected, "{}", path.display());
                    *counts.entry(kind(found)).or_default() += 1;
                }
                (Err(why), None) => assert!(!why.is_empty()),
                (found, expected) => {
                    let found = found.as_ref().map(kind);
                    panic!("{}: {found:?}, not {expected:?}", path.display());
                }
            }
        }
    }
    for kind in [
        "plate",
        "vm250",
        "aspect",
        "n42",
        "radiograph",
        "weighings",
        "documents",
        "containers",
    ] {
        assert!(counts.contains_key(kind), "{kind}: {counts:?}");
    }
}

#[test]
fn a_portals_stream_is_cut_into_its_vehicles() {
    let Some(corpus) = corpus() else { return };
    let path = corpus.join("rpm_stream/lane1_vm250.txt");
    let Recording::Vm250(lines) = recognise("x.txt", &std::fs::read(path).unwrap()).unwrap() else {
        panic!("not a VM250's");
    };
    let all = occupancies(&lines);
    assert_eq!(all.len(), 300);
    assert!(
        all[9].iter().any(|(_, it)| it.starts_with("GA")),
        "the tenth carries caesium"
    );
    assert!(
        all.iter()
            .all(|it| it[0].1.starts_with("GB") && it.last().unwrap().1.starts_with("GX"))
    );
}

#[test]
fn what_no_device_says_is_refused() {
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("text.txt", b"hello\n"),
        ("list.json", b"[1,2,3]"),
        ("object.json", b"{\"a\":1}"),
        ("noise", &[0xff; 64]),
    ] {
        assert!(recognise(name, bytes).is_err(), "{name}");
    }
}
