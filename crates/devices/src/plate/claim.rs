//! Odd ways in which cameras write a time, a confidence, a plate they could not read. All of it
//! is the camera's claim; nothing here compares it with a clock.

use domain::reading::PlateReading;
use domain::reading::{CameraPosition, PlateCandidate};
use domain::unit::UtcMs;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::limits::{FIELD_CHARS, PLATE_CANDIDATES, PLATE_CHARS};
use crate::plate::country::alpha2;
use crate::plate::normalise::normalised;
use crate::plate::tree::{Node, number};

/// An instant as a camera writes it: RFC 3339, `2018-04-10 03:03:57 GMT`,
/// `20191021 151515000` (with or without `+hhmm`), seconds, milliseconds, microseconds or
/// nanoseconds since 1970. A local time without an offset is read as UTC: the node measures the
/// camera's offset anyway and trusts its own clock.
pub fn instant(text: &str) -> Option<UtcMs> {
    let text = text.trim();
    if let Ok(it) = text.parse::<Timestamp>() {
        return Some(UtcMs(it.as_millisecond()));
    }
    if let Some(number) = number(text)
        && text.bytes().all(|it| it.is_ascii_digit() || it == b'.')
    {
        return if text.bytes().take_while(u8::is_ascii_digit).count() == 14 {
            compact(text)
        } else {
            since_1970(number)
        };
    }
    let text = text
        .trim_end_matches("GMT")
        .trim_end_matches("UTC")
        .trim_end();
    if let Ok(it) = text.parse::<DateTime>() {
        return utc(it);
    }
    let tight = text.replacen(' ', "T", 1);
    if let Ok(it) = tight.replace(' ', "").parse::<Timestamp>() {
        return Some(UtcMs(it.as_millisecond()));
    }
    compact(text)
}

fn utc(civil: DateTime) -> Option<UtcMs> {
    TimeZone::UTC
        .to_timestamp(civil)
        .ok()
        .map(|it| UtcMs(it.as_millisecond()))
}

/// `YYYYMMDD HHMMSSFFF±hhmm`, blanks and fraction and offset optional.
fn compact(text: &str) -> Option<UtcMs> {
    let bytes = text.as_bytes();
    let sign = text.rfind(['+', '-']).filter(|at| *at >= 8);
    let (civil, offset) = sign.map_or((text, ""), |at| text.split_at(at));
    let digits: String = civil.chars().filter(char::is_ascii_digit).collect();
    if !bytes.is_ascii() || !(14..=17).contains(&digits.len()) {
        return None;
    }
    let millis = format!("{:0<3}", &digits[14..]);
    let written = format!(
        "{}-{}-{}T{}:{}:{}.{millis}",
        &digits[..4],
        &digits[4..6],
        &digits[6..8],
        &digits[8..10],
        &digits[10..12],
        &digits[12..14]
    );
    let at = utc(written.parse().ok()?)?;
    let offset_ms = match offset.replace(':', "").trim() {
        "" => 0,
        it => {
            let hhmm: i64 = it[1..].parse().ok().filter(|it| *it < 2400)?;
            let ms = (hhmm / 100 * 60 + hhmm % 100) * 60_000;
            if it.starts_with('-') { -ms } else { ms }
        }
    };
    Some(at.plus_ms(-offset_ms))
}

/// Since 1970 in the unit that gives a year between 2001 and 2100.
pub fn since_1970(number: f64) -> Option<UtcMs> {
    let ms = match number {
        it if (1e9..4.1e9).contains(&it) => it * 1e3,
        it if (1e12..4.1e12).contains(&it) => it,
        it if (1e15..4.1e15).contains(&it) => it / 1e3,
        it if (1e18..4.1e18).contains(&it) => it / 1e6,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "bounded above by 4.1e12")]
    Some(UtcMs(ms.round() as i64))
}

/// Per cent as 0..=1. A fraction below one was already a share: no camera reports a plate it
/// gives less than one per cent.
pub fn percent(number: f64) -> Option<f64> {
    match number {
        it if it > 0.0 && it < 1.0 => Some(it),
        it if (0.0..=100.0).contains(&it) => Some(hundredth(it)),
        _ => None,
    }
}

/// Six places are more than any camera means; `80.1` is 0.801 and not 0.8009999999999999.
fn hundredth(number: f64) -> f64 {
    (number * 1e4).round() / 1e6
}

/// A share 0..=1; what is above one is per cent.
pub fn share(number: f64) -> Option<f64> {
    match number {
        it if (0.0..=1.0).contains(&it) => Some(it),
        it if it > 1.0 && it <= 100.0 => Some(hundredth(it)),
        _ => None,
    }
}

/// What makers write where no plate was read (`车牌`: the word "plate" itself, Hikvision).
const NO_PLATE: &[&str] = &[
    "unknown",
    "unknow",
    "noplate",
    "no plate",
    "no_plate",
    "none",
    "null",
    "n/a",
    "na",
    "unread",
    "unlicensed",
    "not found",
    "notfound",
    "-",
    "--",
    "?",
    "车牌",
    "无车牌",
    "未识别",
    "无牌车",
];

/// Whether the camera says it saw no plate.
pub fn is_no_plate(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || NO_PLATE.iter().any(|it| text.eq_ignore_ascii_case(it))
}

/// Text of a field that is kept, cut to [`FIELD_CHARS`]; `unknown` is nothing.
pub fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
        return None;
    }
    Some(text.chars().take(FIELD_CHARS).collect())
}

pub fn kept_at(node: &Node, path: &str) -> Option<String> {
    node.text_at(path).and_then(kept)
}

/// A reading with the plate as a camera wrote it and nothing else. A plate longer than
/// [`PLATE_CHARS`] is no plate; its text stays in `raw`, cut.
pub fn reading(vendor: &str, plate: Option<&str>) -> PlateReading {
    let raw = plate.map(str::trim).filter(|it| !it.is_empty());
    PlateReading {
        position: CameraPosition::Front,
        plate: raw.filter(|it| !is_no_plate(it)).and_then(normalised),
        raw: raw.map(|it| it.chars().take(2 * PLATE_CHARS).collect()),
        country: None,
        country_raw: None,
        confidence: None,
        candidates: Vec::new(),
        taken_at_claimed: None,
        direction: None,
        vehicle_type: None,
        message_id: None,
        vendor: vendor.to_owned(),
        pictures: Vec::new(),
    }
}

/// Puts a country code where it belongs: understood, or as the camera wrote it.
pub fn set_country(reading: &mut PlateReading, code: Option<&str>) {
    let Some(code) = code.and_then(kept) else {
        return;
    };
    match alpha2(&code) {
        Some(known) => reading.country = Some(known.to_owned()),
        None => reading.country_raw = Some(code),
    }
}

/// Candidates, best first, at most [`PLATE_CANDIDATES`], none twice.
pub fn candidates(list: impl Iterator<Item = (String, f64)>) -> Vec<PlateCandidate> {
    let mut kept: Vec<PlateCandidate> = Vec::new();
    for (text, confidence) in list.take(4 * PLATE_CANDIDATES) {
        let Some(plate) = (!is_no_plate(&text)).then(|| normalised(&text)).flatten() else {
            continue;
        };
        if !kept.iter().any(|it| it.plate == plate) {
            kept.push(PlateCandidate { plate, confidence });
        }
    }
    kept.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    kept.truncate(PLATE_CANDIDATES);
    kept
}

/// An instant as RFC 3339 with milliseconds and `Z`, for encoders.
pub fn written(at: UtcMs) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(|_| String::new(), |it| format!("{it:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_every_spelling() {
        let cases = [
            ("2026-05-21T16:10:06+08:00", Some(1_779_351_006_000)),
            ("2020-09-25T11:28:17.432Z", Some(1_601_033_297_432)),
            ("2018-04-10 03:03:57 GMT", Some(1_523_329_437_000)),
            ("2018-04-10 03:03:57", Some(1_523_329_437_000)),
            ("2018-04-10 08:03:57 +05:00", Some(1_523_329_437_000)),
            ("2018-04-10T03:03:57", Some(1_523_329_437_000)),
            ("20180410 030357000", Some(1_523_329_437_000)),
            ("20180410 080357500+0500", Some(1_523_329_437_500)),
            ("20180410030357", Some(1_523_329_437_000)),
            ("1523329437", Some(1_523_329_437_000)),
            ("1523329437.5", Some(1_523_329_437_500)),
            ("1523329437899", Some(1_523_329_437_899)),
            ("1523329437899288", Some(1_523_329_437_899)),
            ("1678715164683000000", Some(1_678_715_164_683)),
            ("123", None),
            ("yesterday", None),
            ("", None),
            ("2018-13-10T03:03:57Z", None),
            ("é0180410 030357000-0500", None),
        ];
        for (text, expected) in cases {
            assert_eq!(instant(text).map(|it| it.0), expected, "{text}");
        }
    }

    #[test]
    fn written_instants_are_read_back() {
        let at = UtcMs(1_779_351_006_042);
        assert_eq!(instant(&written(at)), Some(at));
    }

    #[test]
    fn confidences() {
        assert_eq!(percent(97.0), Some(0.97));
        assert_eq!(percent(0.97), Some(0.97));
        assert_eq!(percent(-1.0), None);
        assert_eq!(percent(101.0), None);
        assert_eq!(share(0.5), Some(0.5));
        assert_eq!(share(50.0), Some(0.5));
    }
}
