//! `beket decode mrz`: machine-readable zones. A text file holds one zone, or several with blank
//! lines between; a JSON file a list of zones (`{"lines": [..]}`, a list of lines, or one text).
//! One zone gives one answer, a list a list; a zone of a list that cannot be read gives `valid:
//! false` and `refused` in its place.

use serde_json::{Map, Value, json};

use crate::decode::codes;
use crate::document::mrz::decode_lines;
use crate::garbled::Garbled;

pub fn mrz(bytes: &[u8]) -> Result<Value, Garbled> {
    codes::answers(bytes, zones_of_text, |item| answer(&lines_of(item)?))
}

/// Zones by blank lines; without any, by the number of lines one zone has.
fn zones_of_text(text: &str) -> Vec<Value> {
    let mut zones: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if !line.trim().is_empty() {
            zones.last_mut().into_iter().for_each(|it| it.push(line));
        } else if zones.last().is_some_and(|it| !it.is_empty()) {
            zones.push(Vec::new());
        }
    }
    zones.retain(|it| !it.is_empty());
    if let [one] = zones.as_slice()
        && one.len() > 3
    {
        let short = one.iter().all(|it| it.trim().len() < 34);
        let count = if short && one.len() % 3 == 0 { 3 } else { 2 };
        let one = one.clone();
        return one.chunks(count).map(|it| json!(it)).collect();
    }
    zones.into_iter().map(|it| json!(it)).collect()
}

fn lines_of(item: &Value) -> Result<Vec<String>, Garbled> {
    let item = item
        .get("lines")
        .or_else(|| item.get("mrz"))
        .unwrap_or(item);
    if let Some(text) = item.as_str() {
        return Ok(text.lines().map(str::to_owned).collect());
    }
    let lines = item.as_array().and_then(|it| {
        it.iter()
            .map(|it| it.as_str().map(str::to_owned))
            .collect::<Option<Vec<String>>>()
    });
    lines.ok_or_else(|| Garbled::whole("a zone is its lines"))
}

fn answer(lines: &[String]) -> Result<Map<String, Value>, Garbled> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let zone = decode_lines(&lines)?;
    let unknown = |it| Garbled::whole(format!("a zone without a JSON form: {it}"));
    let mut out = Map::new();
    out.insert("valid".to_owned(), json!(zone.valid()));
    if let Value::Object(members) = serde_json::to_value(&zone).map_err(unknown)? {
        out.extend(members);
    }
    out.insert("reading".to_owned(), json!(zone.reading()));
    Ok(out)
}
