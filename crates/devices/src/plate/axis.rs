//! AXIS License Plate Verifier: the JSON it pushes over HTTP or TCP, and its VAPIX events
//! (`tnsaxis:CameraApplicationPlatform/ALPV.*`) in a metadata stream. The same JSON comes from
//! the other cameras its maker (FF Group) equips. Nothing is asked of the camera here.
//!
//! Source: VAPIX, "License plate verifier API"; FF Group "JSON fields, protocol 1.6".
//! `plateConfidence` is 0..=1, often as a string; `plateCountry` is alpha-3; `datetime` is
//! `YYYYMMDD HHMMSSFFF` with an optional offset; `capture_timestamp` is milliseconds.

use domain::reading::CameraPosition;

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{PlateMessage, Said, base64_picture, claim};

const VENDOR: &str = "axis";

pub fn is_push(root: &Node) -> bool {
    [
        "plateText",
        "plateUTF8",
        "plateUnicode",
        "plateASCII",
        "carState",
        "packetCounter",
    ]
    .iter()
    .any(|it| root.child(it).is_some() || root.at(&format!("buffer/{it}")).is_some())
        || root.child("heartbeat").is_some()
}

pub fn decode_push(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    let body = root.child("buffer").unwrap_or(root);
    let plate = body.any_text(&["plateUTF8", "plateUnicode", "plateText", "plateASCII"]);
    if plate.is_none() && body.child("carState").is_none() && body.child("carID").is_none() {
        let why = "heartbeat".to_owned();
        return Ok(vec![PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        }]);
    }
    let get = |names: &[&str]| body.any_text(names);
    let pictures = body
        .children
        .iter()
        .filter(|it| it.is("ImageArray"))
        .filter_map(|it| {
            base64_picture(
                it.text_at("ImageType").unwrap_or("image"),
                it.text_at("BinaryImage")?,
            )
        })
        .collect();
    Ok(vec![read(
        &Fields {
            plate,
            country: get(&["plateCountry"]),
            confidence: get(&["plateConfidence"]),
            time: get(&["capture_timestamp", "capture_ts", "datetime"]),
            car: get(&["carID"]),
            state: get(&["carState"]),
            direction: get(&["carMoveDirection"]),
            kind: body.text_at("vehicle_info/type").or(get(&["vehicleType"])),
            view: body.text_at("vehicle_info/view").or(get(&["view"])),
            sensor: get(&["sensorProviderID", "cameraId"]),
        },
        pictures,
    )])
}

/// Whether the XML is an event of the verifier.
pub fn is_event(root: &Node) -> bool {
    let mut topics = Vec::new();
    root.find_all("Topic", &mut topics);
    topics.iter().any(|it| it.text.contains("ALPV"))
}

pub fn decode_event(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    let mut notifications = Vec::new();
    root.find_all("NotificationMessage", &mut notifications);
    if notifications.is_empty() {
        notifications.push(root);
    }
    Ok(notifications.into_iter().map(event).collect())
}

fn event(notification: &Node) -> PlateMessage {
    let mut items = Vec::new();
    notification.find_all("SimpleItem", &mut items);
    let get = |name: &str| {
        items
            .iter()
            .find(|it| {
                it.attribute("Name")
                    .is_some_and(|it| it.eq_ignore_ascii_case(name))
            })
            .and_then(|it| it.attribute("Value"))
            .filter(|it| !it.is_empty())
    };
    let Some(plate) = get("text") else {
        let topic = notification
            .find("Topic")
            .and_then(Node::value)
            .unwrap_or("no topic");
        let topic: String = topic
            .rsplit('/')
            .next()
            .unwrap_or(topic)
            .chars()
            .take(40)
            .collect();
        let why = format!("an event without a plate: {topic}");
        return PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        };
    };
    let utc = notification.find("Message").and_then(|outer| {
        outer
            .attribute("UtcTime")
            .or_else(|| outer.child("Message")?.attribute("UtcTime"))
    });
    let picture = get("lpImage").and_then(|it| base64_picture("plate", it));
    read(
        &Fields {
            plate: Some(plate),
            country: get("country"),
            confidence: get("confidence"),
            time: get("capture_timestamp").or(utc),
            car: get("carID"),
            state: get("carState"),
            direction: get("carMoveDirection"),
            kind: get("vehicleType"),
            view: get("view"),
            sensor: get("MACAddress"),
        },
        picture.into_iter().collect(),
    )
}

struct Fields<'a> {
    plate: Option<&'a str>,
    country: Option<&'a str>,
    confidence: Option<&'a str>,
    time: Option<&'a str>,
    car: Option<&'a str>,
    state: Option<&'a str>,
    direction: Option<&'a str>,
    kind: Option<&'a str>,
    view: Option<&'a str>,
    sensor: Option<&'a str>,
}

fn read(fields: &Fields<'_>, pictures: Vec<super::Picture>) -> PlateMessage {
    let mut reading = claim::reading(VENDOR, fields.plate);
    let confidence = fields.confidence.and_then(super::tree::number);
    reading.confidence = confidence.and_then(claim::share);
    claim::set_country(&mut reading, fields.country);
    reading.taken_at_claimed = fields.time.and_then(claim::instant);
    reading.direction = fields
        .direction
        .and_then(claim::kept)
        .filter(|it| it != "unk");
    reading.vehicle_type = fields.kind.and_then(claim::kept);
    if fields
        .view
        .is_some_and(|it| it.eq_ignore_ascii_case("rear"))
    {
        reading.position = CameraPosition::Rear;
    }
    // New, update and lost share the car's number: each is a message of its own.
    reading.message_id = fields.car.and_then(|car| {
        let parts = [fields.sensor, Some(car), fields.state, fields.time];
        let id: Vec<&str> = parts.into_iter().flatten().collect();
        claim::kept(&id.join("/"))
    });
    let mut said = Said::of(VENDOR, fields.plate);
    said.text("country", fields.country);
    said.number("confidence", confidence);
    said.text("time", fields.time);
    said.text("direction", fields.direction);
    said.text("vehicle_type", fields.kind);
    said.text("orientation", fields.view);
    said.text("state", fields.state);
    said.text("camera", fields.sensor);
    if !pictures.is_empty() {
        said.number("pictures", Some(pictures.len() as f64));
    }
    said.read(reading, pictures)
}
