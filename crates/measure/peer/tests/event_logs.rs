//! The crate `process_mining` must see the cases, activities and durations that we see.

#[path = "../../tests/made/mod.rs"]
mod made;

use std::collections::BTreeSet;

use measure::event_log::{self, Case};
use measure::{ocel, xes};
use process_mining::core::event_data::case_centric::AttributeValue;
use process_mining::{EventLog, Importable, OCEL};

fn ours() -> Vec<Case> {
    event_log::cases(&made::passages())
}

fn mean(spans: &[i64]) -> f64 {
    spans.iter().map(|it| *it as f64).sum::<f64>() / spans.len() as f64
}

#[test]
fn a_stranger_reads_the_same_cases_from_xes() {
    let cases = ours();
    let mut bytes = Vec::new();
    xes::write(&cases, &mut bytes).unwrap();
    let log = EventLog::import_from_reader(bytes.as_slice(), "xes").unwrap();
    assert_eq!(log.traces.len(), cases.len());
    let mut activities = BTreeSet::new();
    let mut spans = Vec::new();
    for (trace, case) in log.traces.iter().zip(&cases) {
        assert_eq!(trace.events.len(), case.events.len());
        let times = trace.events.iter().map(|event| {
            let of = |key: &str| event.attributes.iter().find(|it| it.key == key).unwrap();
            if let AttributeValue::String(name) = &of("concept:name").value {
                activities.insert(name.clone());
            }
            match &of("time:timestamp").value {
                AttributeValue::Date(at) => at.timestamp_millis(),
                other => panic!("a time was read as {other:?}"),
            }
        });
        let times: Vec<i64> = times.collect();
        spans.push(times.iter().max().unwrap() - times.iter().min().unwrap());
    }
    let own = cases.iter().flat_map(|it| &it.events);
    let own: BTreeSet<String> = own.map(|it| it.activity.clone()).collect();
    assert_eq!(activities, own);
    let durations: Vec<i64> = cases.iter().map(Case::duration_ms).collect();
    assert_eq!(mean(&spans), mean(&durations));
}

#[test]
fn a_stranger_reads_the_same_objects_and_events_from_ocel() {
    let cases = ours();
    let document = ocel::document(&cases);
    let bytes = serde_json::to_vec(&document).unwrap();
    let log = OCEL::import_from_reader(bytes.as_slice(), "json").unwrap();
    let events: usize = cases.iter().map(|it| it.events.len()).sum();
    assert_eq!(log.events.len(), events);
    let passages = log.objects.iter().filter(|it| it.object_type == "passage");
    assert_eq!(passages.count(), cases.len());
    for case in &cases {
        let name = case.passage.to_string();
        let of = |it: &&process_mining::core::event_data::object_centric::OCELEvent| {
            it.relationships.iter().any(|it| it.object_id == name)
        };
        let times: Vec<i64> = log
            .events
            .iter()
            .filter(of)
            .map(|it| it.time.timestamp_millis())
            .collect();
        assert_eq!(
            times.iter().max().unwrap() - times.iter().min().unwrap(),
            case.duration_ms()
        );
    }
}
