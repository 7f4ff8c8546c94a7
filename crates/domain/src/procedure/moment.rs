//! Instants in procedure files: `"2026-01-01T00:00:00+05:00"`, always with an offset, so that a
//! law that begins at midnight begins at that country's midnight. Not a calendar: only what RFC
//! 3339 needs. Milliseconds since 1970 are accepted too (JSON copies of an edition).

use serde::de::{Deserialize, Deserializer, Error};

use crate::unit::UtcMs;

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Ms(i64),
    Text(String),
}

pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UtcMs, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Ms(ms) => Ok(UtcMs(ms)),
        Written::Text(text) => parse(&text).map_err(D::Error::custom),
    }
}

pub(super) fn read_option<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UtcMs>, D::Error> {
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Ms(ms)) => Ok(Some(UtcMs(ms))),
        Some(Written::Text(text)) => parse(&text).map(Some).map_err(D::Error::custom),
    }
}

/// Reads `YYYY-MM-DDThh:mm:ss(Z|+hh:mm|-hh:mm)`.
pub(super) fn parse(text: &str) -> Result<UtcMs, String> {
    let wrong = || format!("an instant is written like 2026-01-01T00:00:00+05:00, not {text:?}");
    if !text.is_ascii() || text.len() < 20 {
        return Err(wrong());
    }
    let mark = |at: usize, mark: &str| text.get(at..at + 1) == Some(mark);
    if !(mark(4, "-") && mark(7, "-") && mark(10, "T") && mark(13, ":") && mark(16, ":")) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| -> Result<i64, String> {
        let digits = text.get(from..to).ok_or_else(wrong)?;
        if !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(wrong());
        }
        digits.parse().map_err(|_| wrong())
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let offset_min = match &text[19..] {
        "Z" => 0,
        zone if zone.len() == 6 && mark(22, ":") => {
            let size = number(20, 22)? * 60 + number(23, 25)?;
            match &zone[..1] {
                "+" => size,
                "-" => -size,
                _ => return Err(wrong()),
            }
        }
        _ => return Err(wrong()),
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days_of_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return Err(wrong()),
    };
    if !(1..=days_of_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    let days = days_since_1970(year, month, day);
    let seconds = ((days * 24 + hour) * 60 + minute - offset_min) * 60 + second;
    Ok(UtcMs(seconds * 1000))
}

/// Days of the proleptic Gregorian calendar; Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn instants_are_read() {
        assert_eq!(parse("1970-01-01T00:00:00Z").map(|it| it.0), Ok(0));
        assert_eq!(
            parse("2026-11-23T21:00:00+05:00").map(|it| it.0),
            Ok(1_795_449_600_000)
        );
        assert_eq!(
            parse("2024-02-29T00:00:00Z").map(|it| it.0),
            Ok(1_709_164_800_000)
        );
    }

    #[test]
    fn nonsense_is_refused_with_its_text() {
        for text in [
            "",
            "2026-01-01",
            "2026-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00*05:00",
        ] {
            assert!(parse(text).is_err_and(|it| it.contains(text)), "{text}");
        }
    }
}
