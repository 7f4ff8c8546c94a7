//! Every weigh-in-motion record of the corpus gives what its `expect` names.

use serde_json::Value;

#[test]
fn every_record_gives_the_expected_figures() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root = std::env::var("BEKET_CORPUS").unwrap_or_else(|_| default.to_owned());
    let path = std::path::Path::new(&root).join("wim/wim_records.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: no corpus at {}", path.display());
        return;
    };
    let records: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let decoded = devices::decode::wim(&bytes).unwrap();
    assert_eq!(decoded.as_array().unwrap().len(), records.len());
    for (record, read) in records.iter().zip(decoded.as_array().unwrap()) {
        let expect = &record["expect"];
        assert_eq!(read["gross_over_kg"], expect["gross_over_kg"], "{record}");
        assert_eq!(
            read["declared_mismatch"], expect["declared_mismatch"],
            "{record}"
        );
        // The records' masses are rounded to a kilogram and their z is of unrounded ones.
        let (z, expected) = (
            read["z_declared"].as_f64().unwrap(),
            expect["z_declared"].as_f64().unwrap(),
        );
        assert!(
            (z - expected).abs() < 0.01,
            "{z} is not {expected}: {record}"
        );
        assert_eq!(read["reading"]["gross_kg"], record["gross_kg"]);
        let axles = read["reading"]["axles"].as_array().unwrap();
        let loads: Vec<&Value> = axles.iter().map(|it| &it["load_kg"]).collect();
        assert_eq!(
            loads,
            record["axle_kg"]
                .as_array()
                .unwrap()
                .iter()
                .collect::<Vec<_>>()
        );
    }
    // A table of a foreign rule is no record: refused by name.
    let table = std::fs::read(path.with_file_name("bridge_formula_fhwa.json")).unwrap();
    assert_eq!(
        devices::decode::wim(&table).unwrap_err().why,
        "record 1: no site_class"
    );
}
