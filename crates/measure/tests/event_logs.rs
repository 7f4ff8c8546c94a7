//! The exports against the schema of OCEL 2.0 and against our own figures. Strangers who read them:
//! `crates/measure/peer`, and for pm4py `docs/measure.md`.

mod made;

use std::path::PathBuf;

use measure::event_log::{self, Case};
use measure::{ledgers, ocel, xes};

fn ours() -> Vec<Case> {
    event_log::cases(&made::passages())
}

#[test]
fn the_export_is_what_the_schema_of_ocel_asks_for() {
    let corpus = std::env::var_os("BEKET_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let Ok(schema) = std::fs::read_to_string(corpus.join("process_mining/ocel2.schema.json"))
    else {
        eprintln!("skipped: no corpus at {}", corpus.display());
        return;
    };
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut document = ocel::document(&ours());
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|it| it.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The schema is really asked: a planted fault is found.
    document["events"][0]
        .as_object_mut()
        .unwrap()
        .remove("time");
    assert!(!validator.is_valid(&document));
}

#[test]
fn a_case_lasts_as_long_as_the_survey_says() {
    let passages = made::passages();
    let survey = ledgers::survey(&passages);
    let cases = event_log::cases(&passages);
    assert_eq!(cases.len(), survey.crossings.len());
    for (case, crossing) in cases.iter().zip(&survey.crossings) {
        assert_eq!(case.duration_ms(), crossing.totals.whole_ms);
    }
}

#[test]
fn xes_is_well_formed_and_holds_every_event() {
    let cases = ours();
    let mut bytes = Vec::new();
    xes::write(&cases, &mut bytes).unwrap();
    let mut reader = quick_xml::Reader::from_reader(bytes.as_slice());
    let (mut traces, mut events) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(it) if it.name().as_ref() == "trace" => traces += 1,
            quick_xml::events::Event::Start(it) if it.name().as_ref() == "event" => events += 1,
            quick_xml::events::Event::Eof => break,
            _ => (),
        }
    }
    assert_eq!(traces, cases.len());
    assert_eq!(
        events,
        cases.iter().map(|it| it.events.len()).sum::<usize>()
    );
}
