//! `beket decode wim`: weigh-in-motion records (a JSON list or one record), or the lines of our
//! own weighing protocol, one answer each. A record that cannot be read gives `refused` in its
//! place; a file of which nothing can be read is refused as a whole.

use serde_json::{Map, Value, json};

use crate::garbled::Garbled;
use crate::limits::{CODES_BYTES, WIM_RECORDS};
use crate::weighing::wim_record::{self, WimRecord};
use crate::weighing::{self, WeighMessage};

pub fn wim(bytes: &[u8]) -> Result<Value, Garbled> {
    records(bytes).map_err(|it| it.within(bytes.len()))
}

fn records(bytes: &[u8]) -> Result<Value, Garbled> {
    if bytes.len() > CODES_BYTES {
        return Err(Garbled::at(
            CODES_BYTES,
            format!("a file of more than {CODES_BYTES} bytes"),
        ));
    }
    let text = crate::plate::envelope::text(bytes);
    let text = text.trim_matches(|it: char| it.is_whitespace() || it == '\0');
    if text.is_empty() {
        return Err(Garbled::whole("the file is empty"));
    }
    let list = match serde_json::from_str(text) {
        Ok(Value::Array(list)) => list,
        Ok(one) => return answer(&one),
        // Not one JSON value: lines, one each.
        Err(_) if text.contains('\n') => text
            .lines()
            .filter(|it| !it.trim().is_empty())
            .take(WIM_RECORDS + 1)
            .map(|it| serde_json::from_str(it).unwrap_or_else(|_| Value::from(it)))
            .collect(),
        Err(fault) => {
            let at = crate::plate::json_fault_at(text, &fault);
            return Err(Garbled::at(at, format!("JSON: {fault}")));
        }
    };
    if list.len() > WIM_RECORDS {
        return Err(Garbled::whole(format!("more than {WIM_RECORDS} records")));
    }
    let mut first_fault = None;
    let mut good = 0_usize;
    let mut out = Vec::with_capacity(list.len());
    for (place, record) in list.iter().enumerate() {
        match answer(record) {
            Ok(read) => {
                good += 1;
                out.push(read);
            }
            Err(fault) => {
                let why = format!("record {}: {}", place + 1, fault.why);
                out.push(json!({"refused": fault.why}));
                first_fault.get_or_insert(Garbled { at: fault.at, why });
            }
        }
    }
    match first_fault {
        Some(fault) if good == 0 => Err(fault),
        _ => Ok(Value::Array(out)),
    }
}

fn answer(value: &Value) -> Result<Value, Garbled> {
    if value.get("v").is_some() {
        return line(&value.to_string());
    }
    if let Some(text) = value.as_str() {
        return line(text);
    }
    let record = wim_record::decode(value)?;
    let mut out = Map::new();
    let mismatch = record.declared_mismatch();
    let WimRecord {
        id,
        reading,
        gross_over_kg,
        z_declared,
    } = record;
    out.insert(
        "id".to_owned(),
        value.get("id").cloned().unwrap_or_else(|| json!(id)),
    );
    out.insert("reading".to_owned(), json!(reading));
    out.insert("gross_over_kg".to_owned(), json!(gross_over_kg));
    let rounded = z_declared.map(|it| (it * 1000.0).round() / 1000.0);
    out.insert("z_declared".to_owned(), json!(rounded));
    out.insert("declared_mismatch".to_owned(), json!(mismatch));
    Ok(Value::Object(out))
}

fn line(text: &str) -> Result<Value, Garbled> {
    Ok(match weighing::decode(text.as_bytes())? {
        WeighMessage::Vehicle {
            id,
            at_claimed,
            reading,
        } => {
            json!({"id": id, "at_claimed": at_claimed, "reading": reading})
        }
        WeighMessage::Profile {
            id,
            at_claimed,
            dimensions,
        } => json!({
            "id": id,
            "at_claimed": at_claimed,
            "length_m": dimensions.length_m,
            "width_m": dimensions.width_m,
            "height_m": dimensions.height_m,
            "dimension_sigma_m": dimensions.sigma_m,
        }),
        WeighMessage::Alive => json!({"ignore": true, "why": "alive"}),
        WeighMessage::Fault { why } => json!({"fault": why}),
    })
}
