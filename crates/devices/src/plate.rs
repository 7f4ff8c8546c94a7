//! Number plates as cameras report them: eight makers' wire formats, told apart by their bytes.
//!
//! [`decode`] takes one HTTP body, one MQTT payload or one piece of a metadata stream and gives
//! the reads in it. It does not open sockets, does not know which lane a camera looks at (the
//! driver sets [`PlateReading::position`]) and does not decide whether a read is right.

pub mod claim;
pub mod country;
pub mod envelope;
pub mod fusion;
pub mod normalise;
pub mod tree;

pub mod axis;
pub mod dahua;
pub mod frigate;
pub mod hikvision;
pub mod lilin;
pub mod onvif;
pub mod openalpr;
pub mod plate_recognizer;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use domain::reading::PlateReading;
use domain::unit::BlobHash;
use serde_json::{Map, Value};

use crate::garbled::Garbled;
use crate::limits::{
    FIELD_CHARS, JSON_VALUES, PLATE_MESSAGE_BYTES, PLATE_PICTURE_COPIES_BYTES, PLATE_READS,
};
use envelope::Part;
use tree::Node;

/// A picture a camera sent with a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As the camera named it: `licensePlatePicture.jpg`.
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Picture {
    /// BLAKE3 of the bytes: the name under which [`PlateReading::pictures`] refers to it.
    pub fn hash(&self) -> BlobHash {
        BlobHash(*blake3::hash(&self.bytes).as_bytes())
    }
}

/// What one message says.
#[derive(Debug, Clone, PartialEq)]
pub enum PlateMessage {
    /// A vehicle was seen; `reading.plate` is `None` when its plate was not read.
    Read {
        reading: Box<PlateReading>,
        pictures: Vec<Picture>,
        /// The same in the camera's own scale and spelling, and what the reading has no place
        /// for (lane, colours, announced pictures). For people and tests, not for decisions.
        said: Map<String, Value>,
    },
    /// A heartbeat, another event, a list without entries: well formed, and no read.
    NotARead { vendor: String, why: String },
    /// Something beside the message's reads could not be read; the reads count all the same, and
    /// the fault is to be recorded.
    Unreadable(Garbled),
}

/// Bytes of a camera, as a driver hands them to a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Reads one message of any known camera. Text parts that cannot be read are an error when the
/// message holds no read at all, and a [`PlateMessage::Unreadable`] otherwise,
/// so that a good read is never lost with a bad one beside it.
pub fn decode(content_type: Option<&str>, body: &[u8]) -> Result<Vec<PlateMessage>, Garbled> {
    messages(content_type, body).map_err(|it| it.within(body.len()))
}

fn messages(content_type: Option<&str>, body: &[u8]) -> Result<Vec<PlateMessage>, Garbled> {
    let parts = envelope::open(content_type, body)?;
    let texts = parts
        .iter()
        .filter(|it| matches!(it, Part::Text(_)))
        .count();
    let mut messages: Vec<PlateMessage> = Vec::new();
    let mut faults: Vec<Garbled> = Vec::new();
    let mut fields: Option<Garbled> = None;
    let mut before: Vec<Picture> = Vec::new();
    let mut latest = 0..0;
    let mut copied = 0;
    for part in parts {
        match part {
            Part::Text(part) => match decode_text(&part.text) {
                Ok(found) => {
                    let start = messages.len();
                    messages.extend(found);
                    if messages.len() > PLATE_READS {
                        let why = format!("more than {PLATE_READS} reads in one message");
                        return Err(Garbled::at(part.at, why));
                    }
                    // Pictures follow their event in a stream; those of a motion event are not
                    // the plate's before it.
                    latest = start..messages.len();
                }
                Err(fault) => {
                    let fault = fault.shifted(part.at);
                    let text = part.text.trim_start();
                    // A form's token or camera name is no message and no fault.
                    if text.len() >= FIELD_CHARS || text.starts_with(['<', '{', '[']) {
                        faults.push(fault);
                    } else {
                        fields.get_or_insert(fault);
                    }
                }
            },
            Part::Picture(picture) if latest.is_empty() => before.push(picture),
            Part::Picture(picture) => attach(&mut messages[latest.clone()], picture, &mut copied),
        }
    }
    // Pictures that came first belong to the only text there is; of several texts, to the first.
    let owner = if texts <= 1 {
        latest
    } else {
        0..messages.len().min(1)
    };
    for picture in before {
        attach(&mut messages[owner.clone()], picture, &mut copied);
    }
    if messages.is_empty() {
        let nothing = || Garbled::whole("pictures without any text of a plate camera");
        return Err(faults.into_iter().next().or(fields).unwrap_or_else(nothing));
    }
    messages.extend(faults.into_iter().map(PlateMessage::Unreadable));
    Ok(messages)
}

/// One picture may show every vehicle of its message: all its reads refer to it. Each carries the
/// bytes as long as the copies stay within their limit; the first always does.
fn attach(messages: &mut [PlateMessage], picture: Picture, copied: &mut usize) {
    let hash = picture.hash();
    let mut first = true;
    for message in messages {
        if let PlateMessage::Read {
            reading, pictures, ..
        } = message
        {
            reading.pictures.push(hash);
            if first || *copied + picture.bytes.len() <= PLATE_PICTURE_COPIES_BYTES {
                *copied += picture.bytes.len();
                pictures.push(picture.clone());
            }
            first = false;
        }
    }
}

fn decode_text(text: &str) -> Result<Vec<PlateMessage>, Garbled> {
    let lead = text.len() - text.trim_start_matches(padding).len();
    let text = text.trim_start_matches(padding).trim_end_matches(padding);
    let messages = match text.chars().next() {
        None => Err(Garbled::whole("the text is empty")),
        Some('<') => xml_documents(text),
        Some('{' | '[') => json_documents(text),
        Some(_) if dahua::is_text(text) => dahua::decode_text(text),
        // Header lines or other noise before a document.
        Some(_) => match text
            .find("<?xml")
            .or_else(|| text.find("<EventNotificationAlert"))
        {
            Some(at) => xml_documents(&text[at..]).map_err(|it| it.shifted(at)),
            None => Err(Garbled::whole("text of no known plate camera")),
        },
    };
    messages.map_err(|it| it.shifted(lead))
}

fn padding(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{feff}' | '\0')
}

fn xml_documents(text: &str) -> Result<Vec<PlateMessage>, Garbled> {
    let mut messages = Vec::new();
    let mut at = 0;
    while text[at..].contains('<') {
        match Node::from_xml_prefix(&text[at..]) {
            Ok((root, end)) => {
                messages.extend(xml(&root).map_err(|it| it.shifted(at))?);
                at += end;
            }
            Err(fault) if messages.is_empty() => return Err(fault.shifted(at)),
            Err(fault) => {
                messages.push(PlateMessage::Unreadable(fault.shifted(at)));
                break;
            }
        }
        if messages.len() > PLATE_READS {
            return Err(Garbled::at(
                at,
                format!("more than {PLATE_READS} reads in one message"),
            ));
        }
    }
    Ok(messages)
}

fn xml(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    if hikvision::is_root(root) {
        hikvision::decode(root)
    } else if axis::is_event(root) {
        axis::decode_event(root)
    } else if onvif::is_root(root) {
        onvif::decode(root)
    } else if let Some(body) = dahua::xml_body(root) {
        dahua::decode_json(body)
    } else {
        Err(Garbled::whole(format!(
            "XML of no known plate camera: <{}>",
            shown(&root.name)
        )))
    }
}

fn json_documents(text: &str) -> Result<Vec<PlateMessage>, Garbled> {
    bound_json(text.as_bytes())?;
    let mut messages = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let at = stream.byte_offset();
        match stream.next() {
            None => break,
            Some(Ok(Value::Array(items))) => {
                for item in &items {
                    json(&Node::from_json("", item), &mut messages).map_err(|it| it.shifted(at))?;
                }
                if items.is_empty() {
                    let why = "an empty list".to_owned();
                    messages.push(PlateMessage::NotARead {
                        vendor: "unknown".to_owned(),
                        why,
                    });
                }
            }
            Some(Ok(value)) => {
                json(&Node::from_json("", &value), &mut messages).map_err(|it| it.shifted(at))?;
            }
            Some(Err(fault)) if messages.is_empty() => {
                return Err(Garbled::at(
                    json_fault_at(text, &fault),
                    format!("JSON: {fault}"),
                ));
            }
            Some(Err(fault)) => {
                let at = json_fault_at(text, &fault);
                let fault = Garbled::at(at, format!("JSON: {fault}"));
                messages.push(PlateMessage::Unreadable(fault));
                break;
            }
        }
    }
    Ok(messages)
}

/// Refuses JSON of more than [`JSON_VALUES`] values before anything is built of it.
pub(crate) fn bound_json(text: &[u8]) -> Result<(), Garbled> {
    let begins = |it: &u8| matches!(it, b',' | b'[' | b'{');
    match text
        .iter()
        .enumerate()
        .filter(|(_, it)| begins(it))
        .nth(JSON_VALUES)
    {
        Some((at, _)) => Err(Garbled::at(
            at,
            format!("more than {JSON_VALUES} JSON values"),
        )),
        None => Ok(()),
    }
}

/// Byte offset of a JSON fault, from its line and column.
pub(crate) fn json_fault_at(text: &str, fault: &serde_json::Error) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(fault.line().saturating_sub(1))
        .map(str::len)
        .sum();
    (before + fault.column().saturating_sub(1)).min(text.len())
}

fn json(root: &Node, messages: &mut Vec<PlateMessage>) -> Result<(), Garbled> {
    let found = if hikvision::is_root(root) {
        hikvision::decode(root)?
    } else if openalpr::is_root(root) {
        openalpr::decode(root)?
    } else if frigate::is_root(root) {
        frigate::decode(root)?
    } else if lilin::is_root(root) {
        lilin::decode(root)?
    } else if plate_recognizer::is_root(root) {
        plate_recognizer::decode(root)?
    } else if root.find("LicensePlateInfo").is_some() {
        onvif::decode(root)?
    } else if axis::is_push(root) {
        axis::decode_push(root)?
    } else if dahua::is_json(root) {
        dahua::decode_json(root)?
    } else {
        let names: Vec<String> = root
            .children
            .iter()
            .take(6)
            .map(|it| shown(&it.name))
            .collect();
        let why = format!("JSON of no known plate camera: {{{}}}", names.join(", "));
        return Err(Garbled::whole(why));
    };
    messages.extend(found);
    if messages.len() > PLATE_READS {
        return Err(Garbled::whole(format!(
            "more than {PLATE_READS} reads in one message"
        )));
    }
    Ok(())
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

// ---- what the makers' files share ------------------------------------------------------------

/// What the camera said, by name; see [`PlateMessage::Read`].
#[derive(Debug, Default)]
pub(crate) struct Said(Map<String, Value>);

impl Said {
    pub(crate) fn of(vendor: &str, plate: Option<&str>) -> Said {
        let mut said = Said::default();
        said.text("vendor", Some(vendor));
        let plate = plate.map(str::trim).filter(|it| !claim::is_no_plate(it));
        let plate = plate.map(|it| Value::from(it.to_uppercase()));
        if plate.is_none() {
            said.0.insert("unread".to_owned(), Value::Bool(true));
        }
        said.0
            .insert("plate".to_owned(), plate.unwrap_or(Value::Null));
        said
    }

    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.and_then(claim::kept) {
            self.0.insert(name.to_owned(), Value::from(value));
        }
    }

    pub(crate) fn number(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), number_value(value));
        }
    }

    pub(crate) fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn read(self, reading: PlateReading, pictures: Vec<Picture>) -> PlateMessage {
        let mut reading = reading;
        reading.pictures = pictures.iter().map(Picture::hash).collect();
        PlateMessage::Read {
            reading: Box::new(reading),
            pictures,
            said: self.0,
        }
    }
}

/// Whole numbers without a decimal point, as most cameras write them.
pub(crate) fn number_value(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        let whole = value as i64;
        Value::from(whole)
    } else {
        Value::from(value)
    }
}

/// Pictures in JSON: lenient about padding and line breaks, silent about what is no base64 (the
/// read matters more than its picture).
pub(crate) fn base64_picture(name: &str, text: &str) -> Option<Picture> {
    let text = text.rsplit_once("base64,").map_or(text, |(_, it)| it);
    if text.is_empty() || text.len() > PLATE_MESSAGE_BYTES {
        return None;
    }
    let tight: Vec<u8> = text
        .bytes()
        .filter(|it| !it.is_ascii_whitespace())
        .collect();
    let bytes = lenient_base64()
        .decode(tight)
        .ok()
        .filter(|it| !it.is_empty())?;
    let media_type = match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ => "application/octet-stream",
    };
    Some(Picture {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes,
    })
}

fn lenient_base64() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&base64::alphabet::STANDARD, config)
}
