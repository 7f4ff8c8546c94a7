//! LILIN LPR camera: the list of `GET /get_search_info?list=log` (and `black`, `white`, ...), and
//! one entry of it pushed. It asks nothing of the camera.
//!
//! Source: LILIN LPR Camera SDK. `THRESHOLD` is the confidence 0..=1, `TS` microseconds since
//! 1970, `COUNTRY` alpha-3.

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{PlateMessage, Said, claim};

const VENDOR: &str = "lilin";

pub fn is_root(root: &Node) -> bool {
    ["INFORMATION", "LPR_COUNT", "LPR"]
        .iter()
        .any(|it| root.child(it).is_some())
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    if root.text_at("LPR").is_some() {
        return Ok(vec![read(root)]);
    }
    let messages: Vec<PlateMessage> = root
        .children
        .iter()
        .filter(|it| it.is("INFORMATION"))
        .map(read)
        .collect();
    if messages.is_empty() {
        let why = "a list without plates".to_owned();
        return Ok(vec![PlateMessage::NotARead {
            vendor: VENDOR.to_owned(),
            why,
        }]);
    }
    Ok(messages)
}

fn read(entry: &Node) -> PlateMessage {
    let plate = entry.text_at("LPR");
    let mut reading = claim::reading(VENDOR, plate);
    let threshold = entry.number_at("THRESHOLD");
    reading.confidence = threshold.and_then(claim::share);
    let country = entry.text_at("COUNTRY");
    claim::set_country(&mut reading, country);
    let stamps = ["TS", "MOD_TS"];
    let time = stamps.iter().find_map(|it| entry.text_at(it));
    reading.taken_at_claimed = stamps
        .iter()
        .find_map(|it| entry.text_at(it).and_then(claim::instant));
    reading.message_id = time
        .map(|time| format!("{}@{time}", entry.text_at("CAR_ID").unwrap_or("-")))
        .and_then(|it| claim::kept(&it));
    let mut said = Said::of(VENDOR, plate);
    said.text("country", country);
    said.number("confidence", threshold);
    said.text("time", entry.any_text(&["MOD_TS", "TS"]));
    said.text("list", entry.text_at("ACT_PARAM"));
    said.read(reading, Vec::new())
}
