//! `beket decode plate`: the reads of one camera message.
//!
//! The head of the answer is what the camera said, in its own scale and spelling (`plate`
//! upper-cased, `confidence` as sent); `readings` is what the rest of Beket works with. Several
//! reads give `plates` and `countries` instead of `plate`; no read gives `ignore` and `why`.

use serde_json::{Map, Value, json};

use crate::garbled::Garbled;
use crate::plate::{PlateMessage, decode};

pub fn plate(bytes: &[u8]) -> Result<Value, Garbled> {
    let messages = decode(None, bytes)?;
    let mut heads: Vec<Map<String, Value>> = Vec::new();
    let mut readings = Vec::new();
    let mut ignored = Vec::new();
    let mut unreadable = Vec::new();
    for message in messages {
        match message {
            PlateMessage::Read {
                reading,
                pictures,
                mut said,
            } => {
                if !pictures.is_empty() && !said.contains_key("pictures") {
                    said.insert("pictures".to_owned(), json!(pictures.len()));
                }
                heads.push(said);
                let sizes: Vec<Value> = pictures
                    .iter()
                    .map(|it| json!({"name": it.name, "media_type": it.media_type, "bytes": it.bytes.len()}))
                    .collect();
                let mut reading = serde_json::to_value(&reading)
                    .map_err(|it| Garbled::whole(format!("a reading without a JSON form: {it}")))?;
                if !sizes.is_empty()
                    && let Some(reading) = reading.as_object_mut()
                {
                    reading.insert("picture_parts".to_owned(), Value::Array(sizes));
                }
                readings.push(reading);
            }
            PlateMessage::Unreadable(fault) => {
                unreadable.push(json!({"at": fault.at, "why": fault.why}));
            }
            PlateMessage::NotARead { vendor, why } => {
                ignored.push(json!({"vendor": vendor, "why": why}));
            }
        }
    }
    let mut out = match heads.len() {
        0 => {
            let mut out = Map::new();
            if let Some(first) = ignored.first() {
                out.insert("vendor".to_owned(), first["vendor"].clone());
                out.insert("why".to_owned(), first["why"].clone());
            }
            out.insert("ignore".to_owned(), Value::Bool(true));
            out
        }
        1 => heads.remove(0),
        _ => {
            let column = |name: &str| {
                heads
                    .iter()
                    .map(|it| it.get(name).cloned().unwrap_or(Value::Null))
                    .collect()
            };
            let mut out = Map::new();
            out.insert("vendor".to_owned(), heads[0]["vendor"].clone());
            out.insert("plates".to_owned(), column("plate"));
            out.insert("countries".to_owned(), column("country"));
            out.insert("confidences".to_owned(), column("confidence"));
            out
        }
    };
    out.insert("readings".to_owned(), Value::Array(readings));
    if !ignored.is_empty() && out.get("ignore").is_none() {
        out.insert("ignored".to_owned(), Value::Array(ignored));
    }
    if !unreadable.is_empty() {
        out.insert("unreadable".to_owned(), Value::Array(unreadable));
    }
    Ok(Value::Object(out))
}
