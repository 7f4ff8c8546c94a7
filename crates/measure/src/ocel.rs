//! Export as OCEL 2.0 JSON (object-centric event log, "OCEL (Object-Centric Event Log) 2.0
//! Specification", van der Aalst et al., 2023): events with the passage, checkpoint, lane, body
//! and officer they belong to.

use std::collections::{BTreeMap, BTreeSet};

use domain::fact::Direction;
use serde_json::{Value, json};

use crate::event_log::Case;
use crate::xes::time;

/// Static attributes are true since ever.
const EVER: &str = "1970-01-01T00:00:00Z";

/// The document, as its JSON schema describes it.
pub fn document(cases: &[Case]) -> Value {
    let mut objects: BTreeMap<String, Value> = BTreeMap::new();
    let mut events = Vec::new();
    let mut activities = BTreeSet::new();
    for case in cases {
        let passage = case.passage.to_string();
        let checkpoint = case.passage.checkpoint.to_string();
        let lane = format!("{checkpoint}/{}", case.lane);
        let relations = json!([
            { "objectId": checkpoint, "qualifier": "at" },
            { "objectId": lane, "qualifier": "through" },
        ]);
        let mut it = object(&passage, "passage");
        it["relationships"] = relations;
        it["attributes"] = json!([
            { "name": "direction", "time": EVER, "value": direction(case.direction) },
            { "name": "edition", "time": EVER, "value": case.edition },
        ]);
        objects.insert(passage.clone(), it);
        objects
            .entry(checkpoint.clone())
            .or_insert_with(|| object(&checkpoint, "checkpoint"));
        objects
            .entry(lane.clone())
            .or_insert_with(|| object(&lane, "lane"));
        for (at, event) in case.events.iter().enumerate() {
            activities.insert(event.activity.as_str());
            let mut relations = vec![
                json!({ "objectId": passage, "qualifier": "of" }),
                json!({ "objectId": checkpoint, "qualifier": "at" }),
            ];
            if let Some(agency) = event.agency {
                let id = format!("agency:{agency}");
                relations.push(json!({ "objectId": id, "qualifier": "for" }));
                objects
                    .entry(id.clone())
                    .or_insert_with(|| object(&id, "agency"));
            }
            if let Some(officer) = &event.officer {
                let id = format!("officer:{officer}");
                relations.push(json!({ "objectId": id, "qualifier": "by" }));
                objects
                    .entry(id.clone())
                    .or_insert_with(|| object(&id, "officer"));
            }
            events.push(json!({
                "id": format!("{passage}/{at}"),
                "type": event.activity,
                "time": time(event.at),
                "attributes": [],
                "relationships": relations,
            }));
        }
    }
    let event_types = activities
        .into_iter()
        .map(|it| json!({ "name": it, "attributes": [] }));
    let text = |name: &str| json!({ "name": name, "type": "string" });
    json!({
        "eventTypes": event_types.collect::<Vec<_>>(),
        "objectTypes": [
            { "name": "passage", "attributes": [text("direction"), text("edition")] },
            { "name": "checkpoint", "attributes": [] },
            { "name": "lane", "attributes": [] },
            { "name": "agency", "attributes": [] },
            { "name": "officer", "attributes": [] },
        ],
        "objects": objects.into_values().collect::<Vec<_>>(),
        "events": events,
    })
}

fn object(id: &str, kind: &str) -> Value {
    json!({ "id": id, "type": kind, "attributes": [], "relationships": [] })
}

pub(crate) fn direction(it: Direction) -> &'static str {
    match it {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
    }
}
