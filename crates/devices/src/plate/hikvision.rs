//! Hikvision ISAPI: `EventNotificationAlert` pushed by "HTTP listening" or read from
//! `/ISAPI/Event/notification/alertStream`, and the `Plates` list of
//! `/ISAPI/Traffic/channels/<n>/vehicleDetect/plates`. XML in any of its namespaces
//! (`hikvision.com/ver20`, `isapi.org/ver20`, `std-cgi.com/ver10`, none) and prefixes, or the
//! JSON form of newer firmwares. It does not speak ISAPI: no requests are made here.
//!
//! Source: ISAPI developer guide (event and traffic chapters) and the firmwares' own spellings
//! (`aNPR`, `vehicelRect`, `vehileModel`). The table of country numbers is the guide's; only the
//! numbers seen written down by the maker are translated, the others stay `country_raw`.

use domain::reading::{CameraPosition, PlateReading};

use crate::garbled::Garbled;
use crate::plate::envelope;
use crate::plate::tree::{Node, escaped, number};
use crate::plate::{Encoded, Picture, PlateMessage, Said, claim, country};

const VENDOR: &str = "hikvision";

/// Country numbers of `country` and `CRIndex` (ISAPI guide, country and region index).
const COUNTRY_NUMBERS: &[(&str, &str)] = &[("30", "KZ"), ("32", "TM"), ("83", "TJ")];

pub fn is_root(root: &Node) -> bool {
    root.find("EventNotificationAlert").is_some()
        || root.find("EventNotificationAlertList").is_some()
        || (root.child("eventType").is_some() && root.child("eventState").is_some())
        || root.child("ANPR").is_some()
        || (root.is("Plates")
            && root
                .child("Plate")
                .is_none_or(|it| it.child("plateNumber").is_some()))
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    if root.is("Plates") {
        return Ok(plates(root));
    }
    let mut alerts = Vec::new();
    root.find_all("EventNotificationAlert", &mut alerts);
    if alerts.is_empty() {
        alerts.push(root);
    }
    alerts.into_iter().map(alert).collect()
}

fn alert(alert: &Node) -> Result<PlateMessage, Garbled> {
    let event = alert.text_at("eventType").unwrap_or_default();
    // Vehicle matches and checkpoints of other firmwares name the element after their event.
    let Some(anpr) = alert.child("ANPR").or_else(|| owner_of_a_plate(alert)) else {
        if event.eq_ignore_ascii_case("ANPR") {
            return Err(Garbled::whole("an ANPR alert without its ANPR element"));
        }
        let state = alert.text_at("eventState").unwrap_or("no state");
        let event = if event.is_empty() { "no type" } else { event };
        let why = format!("another event: {event}, {state}");
        return Ok(PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        });
    };
    let licence = anpr.text_at("licensePlate").map(without_colour);
    let original = anpr.text_at("originalLicensePlate").map(without_colour);
    let plate = [licence, original]
        .into_iter()
        .flatten()
        .find(|it| !claim::is_no_plate(it));
    let mut reading = claim::reading(VENDOR, plate);
    reading.raw = original.or(licence).and_then(claim::kept);
    let characters: Vec<f64> = anpr
        .text_at("plateCharBelieve")
        .map(|it| it.split(',').filter_map(number).collect())
        .unwrap_or_default();
    let level = anpr
        .number_at("confidenceLevel")
        .or_else(|| anpr.number_at("confidence"));
    let mean =
        (!characters.is_empty()).then(|| characters.iter().sum::<f64>() / characters.len() as f64);
    reading.confidence = level.or(mean).and_then(claim::percent);
    let code = ["country", "CRIndex", "region"].iter().find_map(|it| {
        anpr.text_at(it)
            .filter(|it| *it != "0")
            .and_then(claim::kept)
    });
    if let Some(code) = &code {
        match COUNTRY_NUMBERS.iter().find(|(number, _)| number == code) {
            Some((_, known)) => reading.country = Some((*known).to_owned()),
            None => claim::set_country(&mut reading, Some(code)),
        }
    }
    let time = alert.any_text(&["dateTime", "triggerTime"]);
    reading.taken_at_claimed = time.and_then(claim::instant);
    reading.direction = claim::kept_at(anpr, "direction");
    reading.vehicle_type = claim::kept_at(anpr, "vehicleType")
        .or_else(|| claim::kept_at(anpr, "vehicleInfo/vehicleType"));
    reading.message_id = claim::kept_at(alert, "UUID").or_else(|| claim::kept_at(anpr, "UUID"));

    let mut said = Said::of(VENDOR, plate);
    said.number("confidence", level);
    said.text("country_raw", code.as_deref());
    said.text("country", reading.country.as_deref());
    said.text("direction", anpr.text_at("direction"));
    said.text("vehicle_type", reading.vehicle_type.as_deref());
    said.text("time", time);
    said.text("plate_color", anpr.text_at("plateColor"));
    said.text("vehicle_color", anpr.text_at("vehicleInfo/color"));
    said.text("channel", alert.any_text(&["channelName", "channelID"]));
    said.number("lane", anpr.number_at("line"));
    said.text(
        "retransmission",
        alert
            .text_at("isDataRetransmission")
            .filter(|it| *it == "true"),
    );
    said.text(
        "more_data",
        alert.text_at("hasMoreData").filter(|it| *it == "true"),
    );
    if !characters.is_empty() {
        said.put(
            "character_confidence",
            characters.into_iter().map(super::number_value).collect(),
        );
    }
    let listed = anpr.child("pictureInfoList").map(|list| {
        list.children
            .iter()
            .filter(|it| it.is("pictureInfo"))
            .count() as f64
    });
    said.number(
        "pictures",
        listed.filter(|it| *it > 0.0).or(alert.number_at("picNum")),
    );
    Ok(said.read(reading, Vec::new()))
}

/// The element around a plate, wherever it stands.
fn owner_of_a_plate(node: &Node) -> Option<&Node> {
    if node.text_at("licensePlate").is_some() {
        return Some(node);
    }
    node.children.iter().find_map(owner_of_a_plate)
}

/// Chinese traffic cameras write the plate's colour before its province: `蓝鲁A12345`.
fn without_colour(plate: &str) -> &str {
    let mut characters = plate.chars();
    let colour = characters
        .next()
        .is_some_and(|it| "蓝黄白黑绿".contains(it));
    let province = characters
        .next()
        .is_some_and(|it| ('\u{4e00}'..='\u{9fa5}').contains(&it));
    match plate.char_indices().nth(1) {
        Some((second, _)) if colour && province => &plate[second..],
        _ => plate,
    }
}

fn plates(list: &Node) -> Vec<PlateMessage> {
    let reads: Vec<PlateMessage> = list
        .children
        .iter()
        .filter(|it| it.is("Plate"))
        .map(|it| {
            let plate = it.text_at("plateNumber").map(without_colour);
            let mut reading = claim::reading(VENDOR, plate);
            let time = it.text_at("captureTime");
            reading.taken_at_claimed = time.and_then(claim::instant);
            reading.direction = claim::kept_at(it, "direction");
            reading.message_id = claim::kept_at(it, "picName");
            claim::set_country(&mut reading, it.text_at("country"));
            let mut said = Said::of(VENDOR, plate);
            said.text("time", time);
            said.text("country", it.text_at("country"));
            said.text("direction", it.text_at("direction"));
            said.number("lane", it.number_at("laneNo"));
            said.read(reading, Vec::new())
        })
        .collect();
    if reads.is_empty() {
        let why = "a list without plates".to_owned();
        return vec![PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        }];
    }
    reads
}

/// A notification as a DS-2CD/DS-TCG camera posts it: `multipart/form-data`, `anpr.xml` first,
/// the pictures after it. [`decode`](crate::plate::decode) gives back the same reading when
/// `raw` is what `plate` was normalised from.
pub fn encode(reading: &PlateReading, pictures: &[Picture]) -> Encoded {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EventNotificationAlert version=\"2.0\" \
         xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n<protocol>HTTP</protocol>\n\
         <channelID>1</channelID>\n",
    );
    let mut element = |name: &str, value: &str| {
        xml.push_str(&format!("<{name}>{}</{name}>\n", escaped(value)));
    };
    if let Some(at) = reading.taken_at_claimed {
        element("dateTime", &claim::written(at));
    }
    element("activePostCount", "1");
    element("eventType", "ANPR");
    element("eventState", "active");
    element("eventDescription", "ANPR");
    xml.push_str("<ANPR>\n");
    let mut element = |name: &str, value: &str| {
        xml.push_str(&format!("<{name}>{}</{name}>\n", escaped(value)));
    };
    let number = |code: &str| {
        COUNTRY_NUMBERS
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(number, _)| *number)
    };
    let country = reading
        .country
        .as_deref()
        .map(|it| number(it).or_else(|| country::alpha3(it)).unwrap_or(it))
        .or(reading.country_raw.as_deref());
    if let Some(country) = country {
        element("country", country);
    }
    let plate = reading.plate.as_deref().unwrap_or("unknown");
    element("licensePlate", plate);
    element("line", "1");
    element(
        "direction",
        reading.direction.as_deref().unwrap_or("unknown"),
    );
    if let Some(confidence) = reading.confidence {
        // One decimal place is what the maker's float form carries; below one per cent whole
        // numbers, because readers take `0.9` for a share.
        let percent = (confidence * 1000.0).round() / 10.0;
        let percent = if percent < 1.0 {
            percent.round()
        } else {
            percent
        };
        element("confidenceLevel", &format!("{percent}"));
    }
    element("plateType", "unknown");
    element(
        "vehicleType",
        reading.vehicle_type.as_deref().unwrap_or("unknown"),
    );
    xml.push_str("<pictureInfoList>\n");
    for picture in pictures {
        let name = escaped(&picture.name);
        let kind = name.split('.').next().unwrap_or_default();
        xml.push_str(&format!(
            "<pictureInfo><fileName>{name}</fileName><type>{kind}</type><dataType>0</dataType></pictureInfo>\n"
        ));
    }
    xml.push_str("</pictureInfoList>\n");
    let mut element = |name: &str, value: &str| {
        xml.push_str(&format!("<{name}>{}</{name}>\n", escaped(value)));
    };
    if let Some(raw) = &reading.raw {
        element("originalLicensePlate", raw);
    }
    xml.push_str("</ANPR>\n");
    let mut element = |name: &str, value: &str| {
        xml.push_str(&format!("<{name}>{}</{name}>\n", escaped(value)));
    };
    if let Some(id) = &reading.message_id {
        element("UUID", id);
    }
    element("picNum", &pictures.len().to_string());
    element("isDataRetransmission", "false");
    xml.push_str("</EventNotificationAlert>\n");
    let (content_type, body) = envelope::form(
        "boundary",
        "form-data",
        "anpr.xml",
        "application/xml",
        &xml,
        pictures,
    );
    Encoded { content_type, body }
}

/// The heartbeat of the alert stream: a video-loss alert that is not active.
pub fn encode_heartbeat() -> Encoded {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EventNotificationAlert version=\"2.0\" \
        xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n<channelID>1</channelID>\n\
        <activePostCount>0</activePostCount>\n<eventType>videoloss</eventType>\n\
        <eventState>inactive</eventState>\n</EventNotificationAlert>\n";
    Encoded {
        content_type: "application/xml".to_owned(),
        body: xml.as_bytes().to_vec(),
    }
}

/// Which way a Hikvision camera looks, when its direction says so: it calls what drives away
/// from it `reverse`. A hint for setting up a lane, not for a decision.
pub fn position_hint(reading: &PlateReading) -> Option<CameraPosition> {
    match reading.direction.as_deref() {
        Some("forward") => Some(CameraPosition::Front),
        Some("reverse") => Some(CameraPosition::Rear),
        _ => None,
    }
}
