//! Frigate NVR over MQTT: `frigate/tracked_object_update` with `type: lpr`, and
//! `frigate/events` whose object carries `recognized_license_plate`. It subscribes to nothing.
//!
//! Source: docs.frigate.video, "MQTT" and "License plate recognition" (0.16 and later). Scores
//! are 0..=1, times are seconds since 1970. `name` is the known vehicle's name, not a plate.

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{PlateMessage, Said, claim};

const VENDOR: &str = "frigate";

/// Types of `tracked_object_update` and of `events`.
const TYPES: &[&str] = &[
    "lpr",
    "face",
    "description",
    "classification",
    "new",
    "update",
    "end",
];

pub fn is_root(root: &Node) -> bool {
    let typed = root.text_at("type").is_some_and(|it| TYPES.contains(&it));
    let tracked = ["camera", "before", "after", "description"];
    (typed && tracked.iter().any(|it| root.child(it).is_some()))
        || root.find("recognized_license_plate").is_some()
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    if root.text_at("type") == Some("lpr") {
        return Ok(vec![read(
            root,
            root.text_at("plate"),
            root.number_at("score"),
            "timestamp",
        )]);
    }
    let object = root.child("after").unwrap_or(root);
    // A string and a score beside it, or a pair in one list.
    let found = object.find("recognized_license_plate").map(|first| {
        let listed: Vec<&str> = object
            .children
            .iter()
            .chain(
                object
                    .child("data")
                    .map(|it| it.children.iter())
                    .into_iter()
                    .flatten(),
            )
            .filter(|it| it.is("recognized_license_plate"))
            .filter_map(Node::value)
            .collect();
        let score = object
            .find("recognized_license_plate_score")
            .and_then(Node::value)
            .or_else(|| listed.get(1).copied())
            .and_then(super::tree::number);
        (first.value(), score)
    });
    Ok(vec![match found {
        Some((plate, score)) => read(object, plate, score, "frame_time"),
        None => {
            let why = format!("no plate: {}", root.text_at("type").unwrap_or("no type"));
            PlateMessage::NotARead {
                vendor: VENDOR.to_owned(),
                why,
            }
        }
    }])
}

fn read(object: &Node, plate: Option<&str>, score: Option<f64>, time: &str) -> PlateMessage {
    let mut reading = claim::reading(VENDOR, plate);
    reading.confidence = score.and_then(claim::share);
    let seconds = object
        .number_at(time)
        .or_else(|| object.number_at("start_time"));
    reading.taken_at_claimed = seconds.and_then(claim::since_1970);
    reading.vehicle_type = claim::kept_at(object, "label");
    // The id names the tracked vehicle; its updates are repeats with a better plate.
    reading.message_id = claim::kept_at(object, "id");
    let mut said = Said::of(VENDOR, plate);
    said.number("confidence", score);
    said.text("camera", object.text_at("camera"));
    said.number("timestamp", seconds);
    said.text("name", object.any_text(&["name", "sub_label"]));
    said.read(reading, Vec::new())
}
