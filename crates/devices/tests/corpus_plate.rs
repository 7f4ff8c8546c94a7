//! Every camera message of the corpus gives the reading its `.expected.json` names.

use std::path::PathBuf;

use serde_json::Value;

/// The corpus' folder, or `None` with a plain word on stderr.
fn corpus(folder: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root = std::env::var("BEKET_CORPUS").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(root).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpus at {}", path.display());
    None
}

#[test]
fn every_message_gives_the_expected_reading() {
    let Some(folder) = corpus("anpr") else { return };
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".expected.json") {
            continue;
        }
        let expected = std::fs::read(folder.join(format!("{name}.expected.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let decoded = match devices::decode::plate(&bytes) {
            Ok(decoded) => decoded,
            Err(fault) => {
                wrong.push(format!("{name}: {fault}"));
                continue;
            }
        };
        for (key, value) in expected.as_object().unwrap() {
            if decoded.get(key) != Some(value) {
                wrong.push(format!(
                    "{name}: {key} is {:?}, not {value}",
                    decoded.get(key)
                ));
            }
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 15, "only {seen} messages in {}", folder.display());
}
