//! The weigh-in-motion corpus through the rules: gross overload and declared against measured.

use std::env;
use std::path::PathBuf;

use serde::Deserialize;

use domain::fact::{Direction, Fact};
use domain::input::Input;
use domain::notification::{GoodsItem, Notification};
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::reading::{AxleReading, VehicleReading};
use domain::unit::{CheckpointId, LaneId, NotificationId, PassageId, UtcMs};

#[derive(Deserialize)]
struct Record {
    id: u64,
    #[serde(rename = "type")]
    silhouette: String,
    site_class: String,
    spacings_m: Vec<f64>,
    axle_kg: Vec<u32>,
    gross_kg: u32,
    tare_kg: u32,
    declared_net_kg: u32,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    gross_over_kg: i64,
    declared_mismatch: bool,
    z_declared: f64,
}

fn corpus() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    env::var_os("BEKET_CORPUS").map_or(default.into(), PathBuf::from)
}

/// The corpus' names of classes as `devices` writes them, and one standard deviation.
fn class(name: &str) -> (&'static str, f64) {
    match name {
        "OIML_1" => ("R134/1", 0.005),
        "OIML_2" => ("R134/2", 0.01),
        "A5" => ("COST323/A5", 0.025),
        "B10" => ("COST323/B10", 0.05),
        other => panic!("class {other}"),
    }
}

#[test]
fn records_are_judged_as_expected() {
    let path = corpus().join("wim/wim_records.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no corpus at {}", path.display());
        return;
    };
    let records: Vec<Record> = serde_json::from_str(&text).unwrap();
    let procedure =
        Procedure::parse(include_str!("../../../procedures/external-2026.toml")).unwrap();
    for record in &records {
        let rules = judge(record, &procedure);
        let has = |rule: &str| rules.iter().any(|it| it == rule);
        let (name, share) = class(&record.site_class);
        let disagrees = has("dimensions.declared_weight_disagrees");
        let advised = has("dimensions.reweigh_advised");
        // The corpus' own z also counts the goods' packing: near the border both are right.
        if (record.expect.z_declared.abs() - 3.0).abs() > 0.3 {
            assert_eq!(
                disagrees || advised,
                record.expect.declared_mismatch,
                "record {}",
                record.id
            );
        }
        assert!(
            !(disagrees && name.starts_with("COST323")),
            "record {}: a screening scale accuses",
            record.id
        );
        let sigma = record.expect.gross_over_kg as f64 / (f64::from(record.gross_kg) * share);
        assert_eq!(
            has("dimensions.gross_overload"),
            sigma >= 2.0,
            "record {}",
            record.id
        );
    }
}

fn judge(record: &Record, procedure: &Procedure) -> Vec<String> {
    let at = UtcMs(1_795_406_400_000);
    let checkpoint = CheckpointId::new("CN05");
    let (accuracy_class, share) = class(&record.site_class);
    let notice = Notification {
        id: NotificationId::new("N"),
        checkpoint: checkpoint.clone(),
        lodged_at: at.plus_ms(-10_800_000),
        expected_at: None,
        tractor_plate: "777KZ05".into(),
        trailer_plate: None,
        containers: Vec::new(),
        vehicle_country: "KZ".into(),
        carrier: String::new(),
        driver: String::new(),
        tare_kg: Some(record.tare_kg),
        from_country: "CN".into(),
        to_country: "KZ".into(),
        goods: vec![GoodsItem {
            hs: "732690".into(),
            description: String::new(),
            gross_kg: record.declared_net_kg,
            net_kg: record.declared_net_kg,
            packages: 1,
            origin: "CN".into(),
            un_number: None,
        }],
        documents: Vec::new(),
    };
    let axles = record
        .axle_kg
        .iter()
        .enumerate()
        .map(|(at, load_kg)| AxleReading {
            load_kg: *load_kg,
            sigma_kg: f64::from(*load_kg) * share * 2.0,
            spacing_m: at.checked_sub(1).map(|it| record.spacings_m[it]),
        });
    let reading = VehicleReading {
        axles: axles.collect(),
        gross_kg: record.gross_kg,
        gross_sigma_kg: f64::from(record.gross_kg) * share,
        accuracy_class: accuracy_class.into(),
        length_m: None,
        width_m: None,
        height_m: None,
        dimension_sigma_m: None,
        speed_kmh: None,
        vehicle_class: Some(record.silhouette.clone()),
    };
    let mut passage = Passage::new(PassageId {
        checkpoint,
        number: record.id + 1,
    });
    // The plate comes by hand: the story here is the scale.
    let identity = domain::fact::Identity {
        tractor_plate: Some("777KZ05".into()),
        trailer_plate: None,
        country: None,
        containers: Vec::new(),
    };
    let by = domain::unit::OfficerId::new("l-1");
    let inputs = [
        Input::Arrival {
            lane: LaneId(1),
            direction: Direction::Entry,
            seed: 1,
        },
        Input::EnteredByHand {
            by,
            entry: domain::input::HandEntry::Identity(identity),
        },
        Input::Matched {
            notification: Some(Box::new(notice)),
            unfit: None,
            wanted: Vec::new(),
        },
        Input::Vehicle(reading),
    ];
    let mut rules = Vec::new();
    for input in inputs {
        for fact in passage.conclude(&input, at, procedure) {
            passage.apply(&fact, at);
            if let Fact::FindingRaised(finding) = fact {
                rules.push(finding.rule);
            }
        }
    }
    rules
}
