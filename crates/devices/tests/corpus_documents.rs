//! Every machine-readable zone, container number, VIN, TIR number and plate of the corpus gives
//! what the corpus says of it.

use devices::container::iso6346;
use devices::document::{tir, vin};
use devices::plate::country;
use devices::plate::normalise::normalised;
use serde_json::Value;

fn list(name: &str) -> Option<(Vec<u8>, Vec<Value>)> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root = std::env::var("BEKET_CORPUS").unwrap_or_else(|_| default.to_owned());
    let path = std::path::Path::new(&root).join("documents").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: no corpus at {}", path.display());
        return None;
    };
    let list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert!(!list.is_empty());
    Some((bytes, list))
}

#[test]
fn every_zone() {
    let Some((bytes, cases)) = list("mrz.json") else {
        return;
    };
    let decoded = devices::decode::mrz(&bytes).unwrap();
    let decoded = decoded.as_array().unwrap();
    assert_eq!(decoded.len(), cases.len());
    let mut repaired = 0;
    for (case, read) in cases.iter().zip(decoded) {
        assert_eq!(read["valid"], case["valid"], "{case} gave {read}");
        assert_eq!(read["format"], case["format"], "{case} gave {read}");
        for (key, value) in case["expect"].as_object().into_iter().flatten() {
            if key == "given" && is_cut(case) {
                // ICAO 9303-3, 4.6: a name too long for its line is cut; the rest is not there.
                let (read, whole) = (read[key].as_str().unwrap(), value.as_str().unwrap());
                assert!(whole.starts_with(read), "{key} of {case}");
                continue;
            }
            assert_eq!(&read[key], value, "{key} of {case}");
        }
        if case["valid"] == Value::Bool(false) {
            assert!(
                !read["faults"].as_array().unwrap().is_empty(),
                "{case} without a fault"
            );
            let lines: Vec<&str> = case["original"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let whole = devices::document::mrz::decode_lines(&lines).unwrap();
            let original = serde_json::to_value(&whole).unwrap();
            let same = ["number", "dob", "expiry"]
                .iter()
                .all(|it| original[*it] == read[*it]);
            repaired += usize::from(same);
        }
    }
    // Wrong lengths, letter case and most look-alikes still give number, birth and expiry.
    eprintln!("{repaired} corrupted zones gave the original's number and dates");
    assert!(repaired >= 15, "only {repaired}");
}

/// The line with the name has no filler left at its end.
fn is_cut(case: &Value) -> bool {
    let name_line = if case["format"] == "TD1" { 2 } else { 0 };
    let line = case["lines"][name_line].as_str().unwrap();
    !line.ends_with('<')
}

#[test]
fn every_container_number() {
    let Some((bytes, cases)) = list("iso6346.json") else {
        return;
    };
    let decoded = devices::decode::iso6346(&bytes).unwrap();
    for (case, read) in cases.iter().zip(decoded.as_array().unwrap()) {
        assert_eq!(read["valid"], case["valid"], "{case} gave {read}");
        if let Some(ten) = case.get("check10") {
            assert_eq!(&read["check10"], ten, "{case} gave {read}");
        }
        assert_eq!(
            iso6346::parse(case["code"].as_str().unwrap()).is_err(),
            read.get("refused").is_some()
        );
    }
}

#[test]
fn every_vehicle_identification_number() {
    let Some((_, cases)) = list("vin.json") else {
        return;
    };
    for case in &cases {
        let text = case["vin"].as_str().unwrap();
        if case["corruption"] == "long" && text.len() == 17 {
            // Lengthened from a number that was one short: seventeen letters again, and nothing
            // in them says so.
            continue;
        }
        let read = vin::parse(text);
        assert_eq!(
            Value::Bool(read.is_ok()),
            case["format_ok"],
            "{case} gave {read:?}"
        );
        let Ok(read) = read else { continue };
        if let Some(holds) = case["na_check_ok"].as_bool() {
            assert_eq!(read.check_holds(), holds, "{case}");
        }
        if let Some(required) = case["na_required"].as_bool() {
            assert_eq!(read.check != vin::VinCheck::NotRequired, required, "{case}");
        }
    }
}

#[test]
fn every_tir_number() {
    let Some((_, cases)) = list("tir.json") else {
        return;
    };
    for case in &cases {
        let read = tir::parse(case["text"].as_str().unwrap());
        assert_eq!(
            Value::Bool(read.is_ok()),
            case["format_ok"],
            "{case} gave {read:?}"
        );
    }
}

#[test]
fn every_plate_has_its_country_s_format() {
    let Some((_, cases)) = list("plates.json") else {
        return;
    };
    for case in &cases {
        let plate = normalised(case["plate"].as_str().unwrap()).unwrap();
        let formats = country::formats(&plate);
        let wanted = (
            case["country"].as_str().unwrap(),
            case["type"].as_str().unwrap(),
        );
        assert!(formats.contains(&wanted), "{case} gave {formats:?}");
    }
}
