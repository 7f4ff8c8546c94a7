//! Our own message of a page reader: one document as presented at the lane, described in
//! `docs/devices/document.md`. A JSON object posted over HTTP; pages travel inside as base64, or
//! were uploaded before and are named by their BLAKE3. It recognises no text: what the reader
//! read comes as fields and as the lines of a machine-readable zone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::reading::{DocumentField, DocumentKind, DocumentReading, PageBlob};
use domain::unit::{BlobHash, UtcMs};
use serde_json::{Map, Value, json};

use crate::document::{mrz, tir, vin};
use crate::garbled::Garbled;
use crate::limits::{
    DOCUMENT_FIELDS, DOCUMENT_MESSAGE_BYTES, DOCUMENT_PAGES, DOCUMENT_VALUE_CHARS, FIELD_CHARS,
    PAPERS,
};
use crate::plate::claim;

#[derive(Debug, Clone, PartialEq)]
pub enum DocumentMessage {
    Document {
        /// The reader's own number of the presentation; a second message with it is a repeat.
        id: Option<String>,
        at_claimed: Option<UtcMs>,
        reading: Box<DocumentReading>,
        /// Pages and previews that came inside: `reading.pages` names them by their hash.
        blobs: Vec<DocumentBlob>,
    },
    /// Everything on board has been presented: the papers of these numbers (`id`), where the reader
    /// numbers them. At most [`crate::limits::PAPERS`].
    Presented { papers: Vec<String> },
    /// The reader lives and has nothing to say.
    Alive,
    /// The reader says it cannot read.
    Fault { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentBlob {
    pub hash: BlobHash,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

pub fn decode(body: &[u8]) -> Result<DocumentMessage, Garbled> {
    if body.len() > DOCUMENT_MESSAGE_BYTES {
        let why = format!("a document message of more than {DOCUMENT_MESSAGE_BYTES} bytes");
        return Err(Garbled::at(DOCUMENT_MESSAGE_BYTES, why));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    crate::plate::bound_json(body)?;
    let value: Value = serde_json::from_slice(body).map_err(|fault| {
        let length = body.len();
        let text = String::from_utf8_lossy(body);
        Garbled::at(
            crate::plate::json_fault_at(&text, &fault),
            format!("JSON: {fault}"),
        )
        .within(length)
    })?;
    let object = value
        .as_object()
        .ok_or_else(|| Garbled::whole("a message is one JSON object"))?;
    match object.get("v") {
        Some(it) if it.as_u64() == Some(1) => {}
        Some(other) => return Err(Garbled::whole(format!("v is 1, not {other}"))),
        None => return Err(Garbled::whole("no v: the version of the format, 1")),
    }
    match text(object, "message")?.as_deref().unwrap_or("document") {
        "document" => document(object),
        "presented" => presented(object),
        "alive" => Ok(DocumentMessage::Alive),
        "fault" => {
            let why = text(object, "why")?.unwrap_or_else(|| "no reason given".to_owned());
            Ok(DocumentMessage::Fault { why })
        }
        other => Err(Garbled::whole(format!(
            "message is document, presented, alive or fault, not {other}"
        ))),
    }
}

fn presented(object: &Map<String, Value>) -> Result<DocumentMessage, Garbled> {
    let list = match object.get("papers") {
        None | Some(Value::Null) => &Vec::new(),
        Some(it) => it
            .as_array()
            .filter(|it| it.len() <= PAPERS)
            .ok_or_else(|| {
                Garbled::whole(format!("papers is a list of at most {PAPERS} numbers"))
            })?,
    };
    let papers = list.iter().map(|it| it.as_str().map(str::to_owned));
    let papers: Option<Vec<String>> = papers.collect();
    let papers = papers.ok_or_else(|| Garbled::whole("papers are numbers as text"))?;
    Ok(DocumentMessage::Presented { papers })
}

fn document(object: &Map<String, Value>) -> Result<DocumentMessage, Garbled> {
    let zone = match object.get("mrz") {
        None | Some(Value::Null) => None,
        Some(lines) => Some(zone(lines)?),
    };
    let mut reading = zone.unwrap_or(DocumentReading {
        message_id: None,
        kind: DocumentKind::Other,
        number: None,
        expires_at: None,
        issuer: None,
        fields: Vec::new(),
        faults: Vec::new(),
        pages: Vec::new(),
    });
    match object.get("kind") {
        Some(it) => {
            reading.kind = serde_json::from_value(it.clone())
                .map_err(|_| Garbled::whole(format!("kind {} is not known", shown(it))))?;
        }
        None if reading.kind == DocumentKind::Other && object.get("mrz").is_none() => {
            return Err(Garbled::whole(
                "no kind of document and no mrz that tells it",
            ));
        }
        None => {}
    }
    if let Some(number) = text(object, "number")? {
        // The reader's eye and the zone disagree: the zone has check digits, the fault is kept.
        match &reading.number {
            Some(zone) if *zone != number.replace(' ', "") => {
                reading.faults.push("number_disagrees_with_mrz".to_owned());
            }
            Some(_) => {}
            None => reading.number = Some(number),
        }
    }
    if let Some(issuer) = text(object, "issuer")? {
        match crate::plate::country::alpha2(&issuer) {
            Some(known) => reading.issuer = Some(known.to_owned()),
            None if issuer.len() == 2 => reading.issuer = Some(issuer.to_ascii_uppercase()),
            None => {
                return Err(Garbled::whole(format!(
                    "issuer {issuer} is no country code"
                )));
            }
        }
    }
    match object.get("expires_at") {
        None | Some(Value::Null) => {}
        Some(it) => reading.expires_at = Some(last_instant(it)?),
    }
    fields(object, &mut reading)?;
    check_numbers(&mut reading);
    let blobs = pages(object, &mut reading)?;
    let at_claimed = match object.get("at") {
        None | Some(Value::Null) => None,
        Some(it) => Some(instant("at", it)?),
    };
    let id = text(object, "id")?;
    Ok(DocumentMessage::Document {
        id,
        at_claimed,
        reading: Box::new(reading),
        blobs,
    })
}

fn zone(lines: &Value) -> Result<DocumentReading, Garbled> {
    let list = lines
        .as_array()
        .ok_or_else(|| Garbled::whole("mrz is a list of lines"))?;
    let lines: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    let lines = lines.ok_or_else(|| Garbled::whole("mrz is a list of lines"))?;
    mrz::decode_lines(&lines)
        .map(|it| it.reading())
        .map_err(|it| Garbled::whole(format!("mrz: {}", it.why)))
}

fn fields(object: &Map<String, Value>, reading: &mut DocumentReading) -> Result<(), Garbled> {
    let Some(list) = object.get("fields") else {
        return Ok(());
    };
    let list = list
        .as_array()
        .ok_or_else(|| Garbled::whole("fields is a list"))?;
    if list.len() > DOCUMENT_FIELDS {
        return Err(Garbled::whole(format!(
            "more than {DOCUMENT_FIELDS} fields"
        )));
    }
    for (place, field) in list.iter().enumerate() {
        let wrong = |why: &str| Garbled::whole(format!("field {}: {why}", place + 1));
        let name = field
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err(wrong(
                "a name is letters, digits and underscores, at most 64",
            ));
        }
        let value = match field.get("value") {
            Some(Value::String(it)) => it.trim().to_owned(),
            Some(Value::Number(it)) => it.to_string(),
            _ => return Err(wrong("no value")),
        };
        if value.chars().count() > DOCUMENT_VALUE_CHARS {
            return Err(wrong(&format!(
                "more than {DOCUMENT_VALUE_CHARS} characters"
            )));
        }
        let confidence = match field.get("confidence") {
            None | Some(Value::Null) => None,
            Some(it) => {
                let share = it.as_f64().filter(|it| (0.0..=1.0).contains(it));
                Some(share.ok_or_else(|| wrong("confidence is 0 to 1"))?)
            }
        };
        reading.fields.push(DocumentField {
            name: name.to_owned(),
            value,
            confidence,
        });
    }
    Ok(())
}

/// Numbers whose form can be checked: a carnet's, and any vehicle identification number.
fn check_numbers(reading: &mut DocumentReading) {
    if reading.kind == DocumentKind::TirCarnet
        && let Some(number) = &reading.number
    {
        match tir::parse(number) {
            Ok(number) => reading.number = Some(number),
            Err(_) => reading.faults.push("tir_number_form".to_owned()),
        }
    }
    for field in reading.fields.iter().filter(|it| it.name == "vin") {
        match vin::parse(&field.value) {
            Ok(vin) if vin.check == vin::VinCheck::Wrong => {
                reading.faults.push("check_digit_wrong:vin".to_owned());
            }
            Ok(_) => {}
            Err(_) => reading.faults.push("vin_form".to_owned()),
        }
    }
}

fn pages(
    object: &Map<String, Value>,
    reading: &mut DocumentReading,
) -> Result<Vec<DocumentBlob>, Garbled> {
    let mut blobs = Vec::new();
    let Some(list) = object.get("pages") else {
        return Ok(blobs);
    };
    let list = list
        .as_array()
        .ok_or_else(|| Garbled::whole("pages is a list"))?;
    if list.len() > DOCUMENT_PAGES {
        return Err(Garbled::whole(format!("more than {DOCUMENT_PAGES} pages")));
    }
    for (place, page) in list.iter().enumerate() {
        let wrong = |why: &str| Garbled::whole(format!("page {}: {why}", place + 1));
        let media_type = page
            .get("media_type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !["image/jpeg", "image/png", "application/pdf"].contains(&media_type) {
            return Err(wrong(
                "media_type is image/jpeg, image/png or application/pdf",
            ));
        }
        let inside = |name: &str| match page.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(it) => {
                let bytes = it.as_str().and_then(|it| STANDARD.decode(it).ok());
                let bytes = bytes.filter(|it| !it.is_empty());
                bytes
                    .map(Some)
                    .ok_or_else(|| wrong(&format!("{name} is no base64")))
            }
        };
        let mut keep = |bytes: Vec<u8>, media_type: &str| {
            let hash = BlobHash(*blake3::hash(&bytes).as_bytes());
            blobs.push(DocumentBlob {
                hash,
                media_type: media_type.to_owned(),
                bytes,
            });
            hash
        };
        let (hash, size_bytes) = match (inside("bytes")?, page.get("blake3")) {
            (Some(bytes), _) => {
                let size = bytes.len() as u64;
                (keep(bytes, media_type), size)
            }
            (None, Some(hash)) => {
                let hash = hash.as_str().and_then(|it| it.parse().ok());
                let hash: BlobHash =
                    hash.ok_or_else(|| wrong("blake3 is 64 hexadecimal digits"))?;
                let size = page.get("size_bytes").and_then(Value::as_u64);
                (
                    hash,
                    size.ok_or_else(|| wrong("no size_bytes of an uploaded page"))?,
                )
            }
            (None, None) => return Err(wrong("neither bytes nor blake3")),
        };
        // A preview is always a small JPEG.
        let preview = inside("preview")?.map(|it| keep(it, "image/jpeg"));
        let media_type = media_type.to_owned();
        reading.pages.push(PageBlob {
            page: hash,
            size_bytes,
            preview,
            media_type,
        });
    }
    Ok(blobs)
}

/// A bare day is good until it ends.
fn last_instant(value: &Value) -> Result<UtcMs, Garbled> {
    let day = value.as_str().filter(|it| it.len() == "2029-07-22".len());
    let day = day.and_then(|it| it.parse::<jiff::civil::Date>().ok());
    match day.and_then(mrz::last_ms) {
        Some(it) => Ok(it),
        None => instant("expires_at", value),
    }
}

fn instant(name: &str, value: &Value) -> Result<UtcMs, Garbled> {
    let at = match value {
        Value::Number(it) => it.as_i64().map(UtcMs),
        Value::String(it) => claim::instant(it),
        _ => None,
    };
    at.ok_or_else(|| Garbled::whole(format!("{name} is RFC 3339 or milliseconds since 1970")))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Garbled> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(it)) if it.chars().count() <= FIELD_CHARS => {
            let it = it.trim();
            Ok((!it.is_empty()).then(|| it.to_owned()))
        }
        Some(Value::Number(it)) => Ok(Some(it.to_string())),
        Some(_) => Err(Garbled::whole(format!(
            "{name} is text of at most {FIELD_CHARS} characters"
        ))),
    }
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(40).collect()
}

/// The message of a document. Pages whose bytes are in `blobs` travel inside; the others are
/// named by hash, as uploaded before. The zone's lines, when given, stand for what they hold: the
/// number, the issuer and the fields of `reading` are then written besides.
pub fn encode(
    id: &str,
    at: UtcMs,
    reading: &DocumentReading,
    zone: &[String],
    blobs: &[DocumentBlob],
) -> Vec<u8> {
    let inside = |hash: &BlobHash| {
        blobs
            .iter()
            .find(|it| it.hash == *hash)
            .map(|it| STANDARD.encode(&it.bytes))
    };
    let pages: Vec<Value> = reading
        .pages
        .iter()
        .map(|it| {
            let mut page = json!({"media_type": it.media_type});
            match inside(&it.page) {
                Some(bytes) => page["bytes"] = json!(bytes),
                None => {
                    page["blake3"] = json!(it.page);
                    page["size_bytes"] = json!(it.size_bytes);
                }
            }
            if let Some(preview) = it.preview.as_ref().and_then(inside) {
                page["preview"] = json!(preview);
            }
            page
        })
        .collect();
    let mut message = json!({
        "v": 1,
        "id": id,
        "at": at.0,
        "kind": reading.kind,
        "fields": reading.fields,
        "pages": pages,
    });
    if !zone.is_empty() {
        message["mrz"] = json!(zone);
    }
    if let Some(number) = &reading.number {
        message["number"] = json!(number);
    }
    if let Some(issuer) = &reading.issuer {
        message["issuer"] = json!(issuer);
    }
    if let Some(at) = reading.expires_at {
        message["expires_at"] = json!(at);
    }
    message.to_string().into_bytes()
}

/// Everything on board has been presented.
pub fn encode_presented() -> Vec<u8> {
    json!({"v": 1, "message": "presented"})
        .to_string()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        decode(body.as_bytes()).unwrap_err().why
    }

    #[test]
    fn a_passport_by_its_zone_and_a_page() {
        let body = r#"{"v":1,"id":"d-1","mrz":["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<","L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
            "pages":[{"media_type":"image/jpeg","bytes":"/9j/4A==","preview":"/9j/"}]}"#;
        let DocumentMessage::Document {
            id, reading, blobs, ..
        } = decode(body.as_bytes()).unwrap()
        else {
            panic!("not a document");
        };
        assert_eq!(id.as_deref(), Some("d-1"));
        assert_eq!(
            (reading.kind, reading.number.as_deref()),
            (DocumentKind::Passport, Some("L898902C3"))
        );
        assert_eq!(reading.pages[0].page, blobs[0].hash);
        assert_eq!(reading.pages[0].preview, Some(blobs[1].hash));
        assert_eq!((reading.pages[0].size_bytes, blobs.len()), (4, 2));
    }

    #[test]
    fn a_bare_day_lasts_until_local_midnight() {
        let until = |it: &str| {
            let body = format!(r#"{{"v":1,"kind":"cmr","expires_at":{it}}}"#);
            match decode(body.as_bytes()).unwrap() {
                DocumentMessage::Document { reading, .. } => reading.expires_at,
                _ => panic!("not a document"),
            }
        };
        let instant = until(r#""2029-07-22T23:59:59.999+05:00""#);
        assert_eq!(until(r#""2029-07-22""#), instant);
        assert_eq!(until("1784746799999"), Some(UtcMs(1_784_746_799_999)));
    }

    #[test]
    fn numbers_with_a_form_are_checked() {
        let body = r#"{"v":1,"kind":"tir_carnet","number":"XC.10 766 517","fields":[{"name":"vin","value":"1M8GDM9A1KP042788"}]}"#;
        let DocumentMessage::Document { reading, .. } = decode(body.as_bytes()).unwrap() else {
            panic!("not a document");
        };
        assert_eq!(reading.number.as_deref(), Some("XC10766517"));
        assert_eq!(reading.faults, ["check_digit_wrong:vin"]);
    }

    #[test]
    fn each_fault_is_named() {
        for (body, why) in [
            ("[]", "a message is one JSON object"),
            ("{}", "no v: the version of the format, 1"),
            (r#"{"v":1}"#, "no kind of document and no mrz that tells it"),
            (
                r#"{"v":1,"kind":"love_letter"}"#,
                "kind \"love_letter\" is not known",
            ),
            (
                r#"{"v":1,"kind":"cmr","issuer":"Kazakhstani"}"#,
                "issuer Kazakhstani is no country code",
            ),
            (
                r#"{"v":1,"kind":"cmr","fields":[{"name":"a b","value":""}]}"#,
                "field 1: a name is letters, digits and underscores, at most 64",
            ),
            (
                r#"{"v":1,"kind":"cmr","pages":[{"media_type":"text/html"}]}"#,
                "page 1: media_type is image/jpeg, image/png or application/pdf",
            ),
            (
                r#"{"v":1,"kind":"cmr","pages":[{"media_type":"image/png","bytes":"?"}]}"#,
                "page 1: bytes is no base64",
            ),
            (
                r#"{"v":1,"kind":"cmr","pages":[{"media_type":"image/png"}]}"#,
                "page 1: neither bytes nor blake3",
            ),
            (
                r#"{"v":1,"kind":"cmr","expires_at":"soon"}"#,
                "expires_at is RFC 3339 or milliseconds since 1970",
            ),
            (
                r#"{"v":1,"mrz":["x"]}"#,
                "mrz: lines of 1 characters are no machine-readable zone (3 of 30, 2 of 36 or 44)",
            ),
        ] {
            assert_eq!(refused(body), why);
        }
    }
}
