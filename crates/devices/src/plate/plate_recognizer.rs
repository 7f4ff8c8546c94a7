//! Plate Recognizer (ParkPow): the Snapshot API's answer, Stream's JSON lines and webhook
//! (`{"hook": .., "data": {"results": ..}}`, as JSON, as the form field `json`, or in multipart
//! with the picture as `upload`). It calls no cloud.
//!
//! Source: guides.platerecognizer.com, "Snapshot API reference" and "Stream, receiving webhooks".
//! Scores are 0..=1; `region.code` is a country, or country and state (`us-ca`).

use domain::reading::{CameraPosition, PlateReading};
use serde_json::json;

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{Encoded, Picture, PlateMessage, Said, claim, envelope};

const VENDOR: &str = "platerecognizer";

pub fn is_root(root: &Node) -> bool {
    let body = root.child("data").unwrap_or(root);
    let results = body.children.iter().any(|it| {
        it.is("results")
            && (it.child("plate").is_some()
                || it.child("dscore").is_some()
                || it.child("candidates").is_some())
    });
    // An empty list of results leaves no child; the frame's own fields tell whose it is.
    results
        || (body.child("filename").is_some()
            && ["processing_time", "camera_id", "version"]
                .iter()
                .any(|it| body.child(it).is_some()))
        || root.child("hook").is_some()
        || (body.child("processing_time").is_some() && body.child("timestamp").is_some())
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    let body = root.child("data").unwrap_or(root);
    let messages: Vec<PlateMessage> = body
        .children
        .iter()
        .filter(|it| it.is("results"))
        .map(|it| read(body, it))
        .collect();
    if messages.is_empty() {
        let why = "no vehicle in the picture".to_owned();
        return Ok(vec![PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        }]);
    }
    Ok(messages)
}

/// The entry with the best score of a list such as `orientation`.
fn best<'a>(result: &'a Node, list: &str) -> Option<&'a str> {
    result
        .children
        .iter()
        .filter(|it| it.is(list))
        .max_by(|a, b| {
            let score = |it: &Node| it.number_at("score").unwrap_or(0.0);
            score(a).total_cmp(&score(b))
        })
        .and_then(|it| it.text_at(list).or(it.text_at("value")))
}

fn read(body: &Node, result: &Node) -> PlateMessage {
    // Newer answers nest it: "plate": {"props": {"plate": [{"value": .., "score": ..}]}}.
    let nested = result.at("plate/props/plate");
    let plate = nested
        .and_then(|it| it.text_at("value"))
        .or(result.text_at("plate"));
    let mut reading = claim::reading(VENDOR, plate);
    let score = nested
        .and_then(|it| it.number_at("score"))
        .or_else(|| result.number_at("score"));
    reading.confidence = score.and_then(claim::share);
    let props = result.at("plate/props").map(|it| it.children.as_slice());
    let read_as = props
        .unwrap_or_default()
        .iter()
        .filter(|it| it.is("plate"))
        .filter_map(|it| {
            let score = claim::share(it.number_at("score")?)?;
            Some((it.text_at("value")?.to_owned(), score))
        });
    reading.candidates = claim::candidates(
        result
            .children
            .iter()
            .filter(|it| it.is("candidates"))
            .filter_map(|it| {
                let score = claim::share(it.number_at("score")?)?;
                Some((it.text_at("plate")?.to_owned(), score))
            })
            .chain(read_as),
    );
    let region = result
        .text_at("region/code")
        .or_else(|| result.text_at("plate/props/region/value"));
    claim::set_country(&mut reading, region);
    let time = body.any_text(&["timestamp_camera", "timestamp"]);
    reading.taken_at_claimed = time.and_then(claim::instant);
    reading.vehicle_type = claim::kept_at(result, "vehicle/type");
    reading.direction = claim::kept_at(result, "direction");
    reading.message_id = claim::kept_at(result, "uuid").or_else(|| claim::kept_at(body, "uuid"));
    let props = result.at("vehicle/props");
    let of_vehicle = |list| best(result, list).or_else(|| props.and_then(|it| best(it, list)));
    let orientation = of_vehicle("orientation");
    if orientation.is_some_and(|it| it.eq_ignore_ascii_case("rear")) {
        reading.position = CameraPosition::Rear;
    }
    let mut said = Said::of(VENDOR, plate);
    said.text("country", region);
    said.number("confidence", score);
    said.text("orientation", orientation);
    said.text("time", time);
    said.text("vehicle_type", result.text_at("vehicle/type"));
    said.text("vehicle_color", of_vehicle("color"));
    said.text("camera", body.text_at("camera_id"));
    said.text("file", body.text_at("filename"));
    said.number("lane", result.number_at("lane"));
    said.read(reading, Vec::new())
}

/// Stream's webhook: `multipart/form-data` with the field `json` and the pictures as files.
pub fn encode(reading: &PlateReading, pictures: &[Picture]) -> Encoded {
    let candidates: Vec<_> = reading
        .candidates
        .iter()
        .map(|it| json!({"plate": it.plate.to_lowercase(), "score": it.confidence}))
        .collect();
    let rear = reading.position == CameraPosition::Rear;
    let country = reading.country.as_deref().map(str::to_lowercase);
    let message = json!({
        "hook": {"target": "stream", "event": "recognition"},
        "data": {
            "filename": pictures.first().map_or("frame.jpg", |it| it.name.as_str()),
            "camera_id": "beket",
            "version": 1,
            "timestamp": reading.taken_at_claimed.map(claim::written),
            "results": [{
                "plate": reading.raw.as_deref().or(reading.plate.as_deref()),
                "score": reading.confidence,
                "candidates": candidates,
                "region": {"code": country.or_else(|| reading.country_raw.clone())},
                "vehicle": {"type": reading.vehicle_type},
                "direction": reading.direction,
                "uuid": reading.message_id,
                "orientation": [{"orientation": if rear { "Rear" } else { "Front" }, "score": 1.0}],
            }],
        },
    });
    let (content_type, body) = envelope::form(
        "beketboundary",
        "form-data",
        "json",
        "application/json",
        &message.to_string(),
        pictures,
    );
    Encoded { content_type, body }
}
