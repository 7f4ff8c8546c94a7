//! Dahua (and its labels: Intelbras, Amcrest): `snapManager.cgi?action=attachFileProc`
//! (`Events[n].Key=value` lines and JPEGs in `multipart/x-mixed-replace`),
//! `eventManager.cgi?action=attach` (`Code=...;action=...;index=...;data={JSON}`), and the ITSAPI
//! push (`/NotificationInfo/TollgateInfo`, `/NotificationInfo/KeepAlive`) in JSON or XML. No requests
//! are made here.
//!
//! Source: Dahua HTTP API 2.84 to 3.x, sections on snapshots and intelligent traffic; ITSAPI 1.x.

use std::fmt::Write as _;

use domain::reading::{CameraPosition, PlateReading};
use serde_json::Value;

use crate::garbled::Garbled;
use crate::limits::PLATE_READS;
use crate::plate::tree::Node;
use crate::plate::{Encoded, Picture, PlateMessage, Said, base64_picture, claim, envelope};
use crate::plate::{json_fault_at, shown};

const VENDOR: &str = "dahua";

/// Keys of one event: the longest seen have some three hundred.
const KEYS: usize = 2000;

fn not_a_read(why: impl Into<String>) -> PlateMessage {
    PlateMessage::NotARead {
        vendor: VENDOR.to_owned(),
        why: why.into(),
    }
}

/// Whether a text without `<` or `{` at its head is Dahua's.
pub fn is_text(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .take(40)
        .any(|line| {
            line.eq_ignore_ascii_case("heartbeat")
                || line.starts_with("Code=")
                || event_key(line).is_some()
        })
}

/// `Events[3].Lane=1` as (3, `Lane`, `1`).
fn event_key(line: &str) -> Option<(usize, &str, &str)> {
    let (key, value) = line.split_once('=')?;
    let key = key.trim();
    let rest = key
        .strip_prefix("ReturnEvents[")
        .or_else(|| key.strip_prefix("Events["))?;
    let (index, path) = rest.split_once(']')?;
    Some((index.parse().ok()?, path.strip_prefix('.')?, value.trim()))
}

pub fn decode_text(text: &str) -> Result<Vec<PlateMessage>, Garbled> {
    let mut messages = Vec::new();
    let mut events: Vec<(usize, Node, usize)> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |it| at + it + 1);
        let line = text[at..line_end].trim();
        if line.starts_with("Code=") {
            flush(&mut events, &mut messages);
            let (message, end) = inline(text, at)?;
            messages.push(message);
            at = end;
            continue;
        }
        if line.eq_ignore_ascii_case("heartbeat") {
            flush(&mut events, &mut messages);
            messages.push(not_a_read("heartbeat"));
        } else if let Some((index, path, value)) = event_key(line) {
            let place = match events.iter().position(|(it, _, _)| *it == index) {
                Some(place) => place,
                None if events.len() < PLATE_READS => {
                    events.push((index, Node::default(), 0));
                    events.len() - 1
                }
                None => {
                    return Err(Garbled::at(at, format!("more than {PLATE_READS} events")));
                }
            };
            let (_, event, keys) = &mut events[place];
            *keys += 1;
            if *keys > KEYS {
                return Err(Garbled::at(
                    at,
                    format!("more than {KEYS} keys in one event"),
                ));
            }
            insert(event, path, value);
        }
        // Other lines ("Success", an empty line, Content-Length) are the stream's noise.
        at = line_end;
        if messages.len() > PLATE_READS {
            return Err(Garbled::at(at, format!("more than {PLATE_READS} messages")));
        }
    }
    flush(&mut events, &mut messages);
    if messages.is_empty() {
        return Err(Garbled::whole("Dahua text without an event"));
    }
    Ok(messages)
}

fn flush(events: &mut Vec<(usize, Node, usize)>, messages: &mut Vec<PlateMessage>) {
    for (_, node, _) in events.drain(..) {
        let code = node.text_at("EventBaseInfo/Code").or(node.text_at("Code"));
        let code = code.or(node.text_at("TrafficCar/Event")).map(str::to_owned);
        messages.push(event(&node, code.as_deref()));
    }
}

/// Puts a dotted path into the tree; at most eight names deep, the rest stays one name.
fn insert(node: &mut Node, path: &str, value: &str) {
    let mut node = node;
    for name in path.splitn(8, '.') {
        let place = match node.children.iter().position(|it| it.name == name) {
            Some(place) => place,
            None => {
                node.children.push(Node {
                    name: name.to_owned(),
                    ..Node::default()
                });
                node.children.len() - 1
            }
        };
        node = &mut node.children[place];
    }
    node.text = value.to_owned();
}

/// `Code=X;action=Pulse;index=0[;data={...}]`; the JSON may run over several lines. Gives the
/// message and the offset after it.
fn inline(text: &str, at: usize) -> Result<(PlateMessage, usize), Garbled> {
    let rest = &text[at..];
    let line_end = rest.find('\n').unwrap_or(rest.len());
    let head_end = rest[..line_end].find("data=").unwrap_or(line_end);
    let code = rest[..head_end]
        .split(';')
        .find_map(|it| it.trim().strip_prefix("Code="))
        .unwrap_or_default()
        .trim();
    if head_end == line_end {
        return Ok((event(&Node::default(), Some(code)), at + line_end));
    }
    let data_at = head_end + "data=".len();
    let data = &rest[data_at..];
    let mut stream = serde_json::Deserializer::from_str(data).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => {
            let node = Node::from_json("", &value);
            Ok((
                event(&node, Some(code)),
                at + data_at + stream.byte_offset(),
            ))
        }
        Some(Err(fault)) => {
            let at = at + data_at + json_fault_at(data, &fault);
            Err(Garbled::at(at, format!("Dahua event data: {fault}")))
        }
        None => Ok((event(&Node::default(), Some(code)), text.len())),
    }
}

pub fn is_json(root: &Node) -> bool {
    [
        "TrafficCar",
        "Picture",
        "Plate",
        "Events",
        "Active",
        "PlateNumber",
    ]
    .iter()
    .any(|it| root.child(it).is_some())
        || root.at("params/eventList").is_some()
        || (root.child("Code").is_some()
            && (root.child("Data").is_some() || root.child("Action").is_some()))
}

/// Whether the XML is an ITSAPI push: the elements of its JSON below a root of any name.
pub fn xml_body(root: &Node) -> Option<&Node> {
    let pushed = |it: &Node| {
        it.at("Picture/Plate").is_some()
            || it.at("Picture/SnapInfo").is_some()
            || it.is("KeepAlive")
            || it.child("Active").is_some() && it.child("DeviceID").is_some()
    };
    if root.is("Picture") && (root.child("Plate").is_some() || root.child("SnapInfo").is_some()) {
        return Some(root);
    }
    if pushed(root) {
        return Some(root);
    }
    root.children.iter().find(|it| pushed(it))
}

/// The same as JSON and as XML.
pub fn decode_json(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    if (root.child("Active").is_some() || root.is("KeepAlive")) && root.child("Picture").is_none() {
        return Ok(vec![not_a_read("keep-alive")]);
    }
    // `client.notifyEventStream` of the RPC wraps the same events.
    let mut events: Vec<&Node> = root.children.iter().filter(|it| it.is("Events")).collect();
    if let Some(params) = root.child("params") {
        events.extend(params.children.iter().filter(|it| it.is("eventList")));
    }
    if !events.is_empty() {
        return Ok(events.into_iter().map(one_json).collect());
    }
    Ok(vec![one_json(root)])
}

fn one_json(node: &Node) -> PlateMessage {
    let code = node
        .any_text(&["Code", "EventBaseInfo/Code"])
        .or_else(|| node.text_at("Data/Code"))
        .map(str::to_owned);
    let node = node
        .child("Data")
        .or_else(|| node.child("Picture"))
        .unwrap_or(node);
    event(node, code.as_deref())
}

/// One event, whatever it was written in.
fn event(node: &Node, code: Option<&str>) -> PlateMessage {
    let object_is_plate = node
        .text_at("Object/ObjectType")
        .is_some_and(|it| it == "Plate");
    let plate = [
        "TrafficCar/PlateNumber",
        "Plate/PlateNumber",
        "Object/PlateNumber",
        "PlateInfo/FrontPlateNumber",
        "PlateInfo/BackPlateNumber",
        "PlateNumber",
        "PlateNo",
    ]
    .iter()
    .find_map(|it| node.text_at(it))
    .or_else(|| node.text_at("Object/Text").filter(|_| object_is_plate));
    let of_a_vehicle = node.child("TrafficCar").is_some()
        || node.child("Plate").is_some()
        || object_is_plate
        || code.is_some_and(|it| it.starts_with("TrafficJunction") || it == "ANPR");
    if plate.is_none() && !of_a_vehicle {
        let code = code.map_or_else(|| "no code".to_owned(), shown);
        return not_a_read(format!("another event: {code}"));
    }
    let mut reading = claim::reading(VENDOR, plate);
    // The HTTP API documents 0..=255 for objects; ITSAPI's plate is per cent unless above it.
    let object = node
        .number_at("Object/Confidence")
        .filter(|it| (0.0..=255.0).contains(it));
    let own = node
        .number_at("Plate/Confidence")
        .or_else(|| node.number_at("TrafficCar/Confidence"))
        .filter(|it| (0.0..=255.0).contains(it));
    reading.confidence = match (own, object) {
        (Some(it), _) if it > 100.0 => Some(it / 255.0),
        (Some(it), _) => claim::percent(it),
        (None, Some(it)) => Some(it / 255.0),
        (None, None) => None,
    };
    let country = [
        "TrafficCar/Country",
        "CommInfo/Country",
        "Plate/Country",
        "Object/Country",
        "Country",
    ]
    .iter()
    .find_map(|it| node.text_at(it));
    claim::set_country(&mut reading, country);
    let seconds = node
        .number_at("UTC")
        .or_else(|| node.number_at("TrafficCar/UTC"));
    let ms = node
        .number_at("UTCMS")
        .filter(|it| (0.0..1000.0).contains(it))
        .unwrap_or(0.0);
    let accurate = node.any_text(&["SnapInfo/AccurateTime", "SnapInfo/SnapTime", "SnapTime"]);
    reading.taken_at_claimed = seconds
        .and_then(|it| claim::since_1970(it + ms / 1000.0))
        .or_else(|| accurate.and_then(claim::instant));
    reading.direction = [
        "JunctionDirection",
        "SnapInfo/Direction",
        "VehicleDirection",
        "Direction",
    ]
    .iter()
    .find_map(|it| claim::kept_at(node, it));
    let sees_tail = ["VehicleDirection", "TrafficCar/VehicleDirection"]
        .iter()
        .filter_map(|it| node.text_at(it))
        .any(|it| it.eq_ignore_ascii_case("tail"));
    if sees_tail {
        reading.position = CameraPosition::Rear;
    }
    reading.vehicle_type = [
        "Vehicle/Category",
        "TrafficCar/VehicleType",
        "Vehicle/VehicleType",
        "TrafficCar/CarType",
    ]
    .iter()
    .find_map(|it| claim::kept_at(node, it));
    let id = ["EventID", "TrafficCar/EventID", "SnapInfo/TriggerID"];
    reading.message_id = id
        .iter()
        .find_map(|it| claim::kept_at(node, it))
        .or_else(|| {
            let group = node.number_at("GroupID")?;
            let index = node.number_at("IndexInGroup").unwrap_or(1.0);
            Some(format!("group {group}.{index}"))
        });

    let mut said = Said::of(VENDOR, plate);
    said.text("code", code);
    said.number("confidence", own.or(object));
    said.text("country", country);
    let lane = [
        "Lane",
        "TrafficCar/Lane",
        "SnapInfo/LaneNum",
        "SnapInfo/LanNo",
    ];
    said.number("lane", lane.iter().find_map(|it| node.number_at(it)));
    let colour = [
        "TrafficCar/PlateColor",
        "Plate/PlateColor",
        "Object/PlateColor",
    ];
    said.text("plate_color", colour.iter().find_map(|it| node.text_at(it)));
    let paint = ["TrafficCar/VehicleColor", "Vehicle/VehicleColor"];
    said.text(
        "vehicle_color",
        paint.iter().find_map(|it| node.text_at(it)),
    );
    said.text("vehicle_type", reading.vehicle_type.as_deref());
    said.text("direction", reading.direction.as_deref());
    said.text("time", accurate);
    said.number("utc", seconds);
    let pictures = ["NormalPic", "CutoutPic", "VehiclePic", "CombinedPic"]
        .iter()
        .filter_map(|it| {
            let picture = node.child(it)?;
            let name = picture.text_at("PicName").unwrap_or(it);
            base64_picture(name, picture.text_at("Content")?)
        })
        .collect();
    said.read(reading, pictures)
}

/// An event as `attachFileProc` streams it: key=value lines, then the pictures. Direction is
/// written as `JunctionDirection`, confidence as the object's 0..=255.
pub fn encode(reading: &PlateReading, pictures: &[Picture]) -> Encoded {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        let value = value.replace(['\r', '\n'], " ");
        let _ = write!(text, "Events[0].{key}={value}\r\n");
    };
    line("EventBaseInfo.Code", "TrafficJunction");
    line("EventBaseInfo.Action", "Pulse");
    line("EventBaseInfo.Index", "0");
    line("Lane", "1");
    if let Some(at) = reading.taken_at_claimed {
        line("UTC", &at.0.div_euclid(1000).to_string());
        line("UTCMS", &at.0.rem_euclid(1000).to_string());
    }
    if let Some(id) = &reading.message_id {
        line("EventID", id);
    }
    line("Object.ObjectType", "Plate");
    if let Some(confidence) = reading.confidence {
        line("Object.Confidence", &format!("{:.0}", confidence * 255.0));
    }
    if let Some(plate) = reading.raw.as_deref().or(reading.plate.as_deref()) {
        line("TrafficCar.PlateNumber", plate);
    }
    if let Some(country) = reading
        .country
        .as_deref()
        .or(reading.country_raw.as_deref())
    {
        line("TrafficCar.Country", country);
    }
    if let Some(kind) = &reading.vehicle_type {
        line("Vehicle.Category", kind);
    }
    if let Some(direction) = &reading.direction {
        line("JunctionDirection", direction);
    }
    if reading.position == CameraPosition::Rear {
        line("VehicleDirection", "Tail");
    }
    let (content_type, body) = envelope::form(
        "myboundary",
        "x-mixed-replace",
        "",
        "text/plain",
        &text,
        pictures,
    );
    Encoded { content_type, body }
}

/// What the stream says when nothing passes.
pub fn encode_heartbeat() -> Encoded {
    let (content_type, body) = envelope::form(
        "myboundary",
        "x-mixed-replace",
        "",
        "text/plain",
        "Heartbeat",
        &[],
    );
    Encoded { content_type, body }
}
