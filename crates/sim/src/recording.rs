//! Files that hold what devices once said: which device's they are, told from their bytes, and the
//! messages in them. Pure. The answers that stand beside recordings of a corpus are known as such.

use devices::plate::{Encoded, PlateMessage};
use devices::radiation::aspect::registers::MONITOR_REGISTERS;
use domain::unit::UtcMs;
use serde_json::{Value, json};

use crate::equipment::lines::Timed;
use crate::physics::SAMPLE_MS;

/// The registers of one poll.
pub type Block = [u16; MONITOR_REGISTERS];

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Recording {
    /// One HTTP body of a plate camera.
    Plate(Encoded),
    /// Lines of a VM250 with the time before each.
    Vm250(Vec<Timed>),
    /// Polls of an Aspect portal.
    Aspect(Vec<Block>),
    /// A spectrometer's or portal's document.
    N42(Encoded),
    /// A JPEG 2000 code stream.
    Radiograph(Vec<u8>),
    /// Lines for the scale to say.
    Weighings(Vec<String>),
    /// Messages of the page reader.
    Documents(Vec<Encoded>),
    /// Container numbers, a message each.
    Containers(Vec<Encoded>),
}

/// Vehicles of a recording of several: one occupancy of a portal, from its first line to its last.
pub fn occupancies(lines: &[Timed]) -> Vec<Vec<Timed>> {
    let mut found = Vec::new();
    let mut passing: Vec<Timed> = Vec::new();
    let mut background: Option<Timed> = None;
    for it in lines {
        let kind = it.1.get(..2).unwrap_or_default();
        match kind {
            "GB" => background = Some((0, it.1.clone())),
            "GS" | "GA" | "NS" | "NA" | "SP" => {
                if passing.is_empty() {
                    passing.extend(background.clone());
                }
                passing.push(it.clone());
            }
            "GX" => {
                passing.push(it.clone());
                found.push(std::mem::take(&mut passing));
            }
            _ => (),
        }
    }
    found
}

/// What the file is; otherwise why it is nothing a device says.
pub fn recognise(name: &str, bytes: &[u8]) -> Result<Recording, String> {
    let name = name.rsplit('/').next().unwrap_or(name);
    if name.ends_with(".expected.json")
        || name.ends_with(".truth.json")
        || name.ends_with(".portal.json")
    {
        return Err("expected answers beside a recording; nothing to send".to_owned());
    }
    if bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51]) {
        return Ok(Recording::Radiograph(bytes.to_vec()));
    }
    if name.ends_with(".n42") || is_n42(bytes) {
        let content_type = "application/xml".to_owned();
        return Ok(Recording::N42(Encoded {
            content_type,
            body: bytes.to_vec(),
        }));
    }
    if let Some(lines) = vm250(bytes) {
        return Ok(Recording::Vm250(lines));
    }
    if let Some(blocks) = aspect(bytes) {
        return Ok(Recording::Aspect(blocks));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes)
        && let Some(found) = json(&value)
    {
        return found;
    }
    match devices::plate::decode(None, bytes) {
        Ok(messages) => {
            let camera = messages.iter().any(|it| match it {
                PlateMessage::Read { .. } => true,
                PlateMessage::NotARead { vendor, .. } => vendor != "unknown",
                PlateMessage::Unreadable(_) => false,
            });
            match camera {
                true => Ok(Recording::Plate(body(bytes))),
                false => Err("no device of a lane speaks like this".to_owned()),
            }
        }
        Err(garbled) => Err(format!("no device of a lane speaks like this ({garbled})")),
    }
}

fn is_n42(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    head.contains("RadInstrumentData") || head.contains("N42InstrumentData")
}

/// Text of which most lines begin as a VM250's do.
fn vm250(bytes: &[u8]) -> Option<Vec<Timed>> {
    const KINDS: [&str; 16] = [
        "SG1", "SG2", "SG3", "SN1", "SN2", "GB", "NB", "GH", "GL", "NH", "GS", "GA", "NS", "NA",
        "SP", "GX",
    ];
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|it| !it.trim().is_empty()).collect();
    let known = |it: &&&str| {
        let kind = it.split(',').next().unwrap_or_default().trim();
        KINDS.contains(&kind) || kind == "TC" || kind == "TT"
    };
    if lines.len() < 3 || lines.iter().filter(known).count() * 2 < lines.len() {
        return None;
    }
    let timed = |it: &&str| {
        let after_ms = match it.get(..2) {
            Some("GS" | "GA" | "GX") => i64::from(SAMPLE_MS),
            Some("GB") => 5_000,
            _ => 0,
        };
        (after_ms, (*it).to_owned())
    };
    Some(lines.iter().map(timed).collect())
}

fn aspect(bytes: &[u8]) -> Option<Vec<Block>> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    if !head.contains("\"regs\"") {
        return None;
    }
    let polls = devices::radiation::aspect::recorded(bytes).ok()?;
    let blocks: Vec<Block> = polls
        .into_iter()
        .flatten()
        .filter_map(|it| Block::try_from(it).ok())
        .collect();
    (!blocks.is_empty()).then_some(blocks)
}

/// JSON files that are not a camera's; `None` leaves it to the cameras.
fn json(value: &Value) -> Option<Result<Recording, String>> {
    if value.get("scene").is_some() && value.get("truth").is_some() {
        let why = "stands beside a radiograph and travels with it; send the .j2k";
        return Some(Err(why.to_owned()));
    }
    if value.get("v").is_some() {
        let line = value.to_string();
        return match value.get("axles").is_some() || value["kind"] == "profile" {
            true => Some(Ok(Recording::Weighings(vec![line]))),
            false => Some(Ok(Recording::Documents(vec![body(line.as_bytes())]))),
        };
    }
    let single = std::slice::from_ref(value);
    let list = value.as_array().map_or(single, Vec::as_slice);
    let first = list.first()?;
    if first.get("axle_kg").is_some() {
        let lines: Vec<String> = list.iter().filter_map(weighing).collect();
        return Some(match lines.is_empty() {
            true => Err("weighing records without one that can be read".to_owned()),
            false => Ok(Recording::Weighings(lines)),
        });
    }
    if first.get("lines").is_some() {
        let document = |(at, it): (usize, &Value)| {
            let message = json!({"v": 1, "message": "document", "id": format!("mrz-{at}"), "mrz": it["lines"]});
            body(message.to_string().as_bytes())
        };
        return Some(Ok(Recording::Documents(
            list.iter().enumerate().map(document).collect(),
        )));
    }
    if first.get("code").is_some() && first.get("check10").is_some() {
        let text = |it: &Value| Encoded {
            content_type: "text/plain".to_owned(),
            body: format!("{}\n", it["code"].as_str().unwrap_or_default()).into_bytes(),
        };
        return Some(Ok(Recording::Containers(list.iter().map(text).collect())));
    }
    if first.get("vin").is_some() {
        let document = |it: &Value| {
            let message = json!({"v": 1, "message": "document", "kind": "vehicle_registration",
                "fields": [{"name": "vin", "value": it["vin"]}]});
            body(message.to_string().as_bytes())
        };
        return Some(Ok(Recording::Documents(
            list.iter().map(document).collect(),
        )));
    }
    if first["kind"] == "tir_carnet" {
        let document = |it: &Value| {
            let message =
                json!({"v": 1, "message": "document", "kind": "tir_carnet", "number": it["text"]});
            body(message.to_string().as_bytes())
        };
        return Some(Ok(Recording::Documents(
            list.iter().map(document).collect(),
        )));
    }
    if first.get("plate").is_some() && first.get("regex").is_some() {
        return Some(Err("a list of plates, not a message of a camera".to_owned()));
    }
    None
}

fn weighing(record: &Value) -> Option<String> {
    let read = devices::weighing::wim_record::decode(record).ok()?;
    let id = read.id.unwrap_or_default();
    let line = devices::weighing::line::encode(&id, UtcMs(0), &read.reading);
    Some(line.trim_end().to_owned())
}

fn body(bytes: &[u8]) -> Encoded {
    let text = bytes.iter().find(|it| !it.is_ascii_whitespace());
    let content_type = match text {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "application/xml",
        Some(b'-') => match boundary(bytes) {
            Some(boundary) => {
                let content_type = format!("multipart/form-data; boundary={boundary}");
                return Encoded {
                    content_type,
                    body: bytes.to_vec(),
                };
            }
            None => "text/plain",
        },
        _ => "text/plain",
    };
    Encoded {
        content_type: content_type.to_owned(),
        body: bytes.to_vec(),
    }
}

/// A recorded multipart body begins with its boundary.
fn boundary(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|it| *it == b'\r' || *it == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    line.strip_prefix("--")
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
}
