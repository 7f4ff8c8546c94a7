//! ONVIF Profile M metadata: `tt:LicensePlateInfo` of an object in a `tt:Frame`, or inside the
//! element item of an event, from an RTSP metadata stream, MQTT or a pull point. It reads one or
//! more whole documents; cutting them out of RTP is the driver's work.
//!
//! Source: ONVIF Analytics Service Specification 20.12 and later, section 5.1.3 (appearance,
//! `LicensePlateInfo`, `VehicleInfo`); Profile M Specification 1.0.

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{PlateMessage, Said, claim};

const VENDOR: &str = "onvif";

pub fn is_root(root: &Node) -> bool {
    [
        "MetadataStream",
        "Envelope",
        "Notify",
        "NotificationMessage",
        "Frame",
        "PullMessagesResponse",
    ]
    .iter()
    .any(|it| root.is(it))
        || root.find("LicensePlateInfo").is_some()
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    let mut messages = Vec::new();
    walk(root, &Seen::default(), &mut messages);
    if messages.is_empty() {
        let why = "metadata without a licence plate".to_owned();
        messages.push(PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        });
    }
    Ok(messages)
}

/// What the elements around a plate say of it.
#[derive(Default, Clone, Copy)]
struct Seen<'a> {
    time: Option<&'a str>,
    object: Option<&'a str>,
    vehicle: Option<&'a str>,
}

fn walk<'a>(node: &'a Node, seen: &Seen<'a>, messages: &mut Vec<PlateMessage>) {
    if node.is("LicensePlateInfo") {
        messages.push(read(node, seen));
        return;
    }
    // Some firmwares put the fields of the event as simple items, not as one element.
    if node.is("Data")
        && node.find("LicensePlateInfo").is_none()
        && let Some(info) = simple_items(node)
    {
        messages.push(read(&info, seen));
        return;
    }
    let mut seen = *seen;
    // Over MQTT the same event comes as JSON, where the attribute is a member.
    seen.time = node
        .attribute("UtcTime")
        .or(node.text_at("UtcTime"))
        .or(seen.time);
    if node.is("Object") {
        seen.object = node.attribute("ObjectId");
        seen.vehicle = node.find("VehicleInfo").and_then(|it| it.text_at("Type"));
    }
    for child in &node.children {
        walk(child, &seen, messages);
    }
}

/// `SimpleItem`s named after the members of `LicensePlateInfo`, as that element.
fn simple_items(data: &Node) -> Option<Node> {
    let named = |it: &&Node| it.is("SimpleItem");
    let children = data.children.iter().filter(named).filter_map(|it| {
        let name = match it.attribute("Name")? {
            "Plate" | "LicensePlate" | "PlateText" => "PlateNumber",
            "Confidence" => "Likelihood",
            "Country" => "CountryCode",
            name => name,
        };
        Some(Node {
            name: name.to_owned(),
            text: it.attribute("Value")?.to_owned(),
            ..Node::default()
        })
    });
    let info = Node {
        name: "LicensePlateInfo".to_owned(),
        children: children.collect(),
        ..Node::default()
    };
    info.child("PlateNumber").is_some().then_some(info)
}

fn read(info: &Node, seen: &Seen<'_>) -> PlateMessage {
    let plate = info.text_at("PlateNumber");
    let mut reading = claim::reading(VENDOR, plate);
    // Likelihood is an element in the specification's text and an attribute in its schema.
    let likelihood = info
        .number_at("Likelihood")
        .or_else(|| info.attribute("Likelihood").and_then(super::tree::number))
        .or_else(|| {
            info.child("PlateNumber")?
                .attribute("Likelihood")
                .and_then(super::tree::number)
        });
    reading.confidence = likelihood.and_then(claim::share);
    claim::set_country(&mut reading, info.text_at("CountryCode"));
    reading.taken_at_claimed = seen.time.and_then(claim::instant);
    reading.vehicle_type = seen.vehicle.and_then(claim::kept);
    // An object keeps its id over many frames: together with the time it names the read.
    reading.message_id = match (seen.object, seen.time) {
        (Some(object), Some(time)) => claim::kept(&format!("{object}@{time}")),
        _ => None,
    };
    let mut said = Said::of(VENDOR, plate);
    said.number("confidence", likelihood);
    said.text("country", info.text_at("CountryCode"));
    said.text("issuer", info.text_at("IssuingEntity"));
    said.text("plate_type", info.text_at("PlateType"));
    said.text("time", seen.time);
    said.text("object", seen.object);
    said.text("vehicle_type", seen.vehicle);
    said.read(reading, Vec::new())
}
