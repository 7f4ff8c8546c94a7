//! Lists of numbers, durations and times as N42 writes them, each checked: a count is finite, not negative
//! and not beyond what any detector gives. Counts stay in the standard's own short form (a zero is
//! followed by how many there are), so that a short text cannot fill the memory.

use serde::Serialize;

use crate::limits;

/// Channel counts with runs of zeros counted: `0 3 1 2` is `0 0 0 1 2`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    counted_zeroes: Vec<f64>,
    channels: usize,
    sum: f64,
}

impl Counts {
    /// Channels once the zeros are written out.
    pub fn channels(&self) -> usize {
        self.channels
    }

    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Every channel.
    pub fn expanded(&self) -> Vec<f64> {
        let mut all = Vec::with_capacity(self.channels);
        let mut values = self.counted_zeroes.iter();
        while let Some(value) = values.next() {
            if *value == 0.0 {
                let run = values.next().copied().unwrap_or(1.0);
                all.resize(all.len() + run as usize, 0.0);
            } else {
                all.push(*value);
            }
        }
        all
    }

    /// The short form.
    pub fn counted_zeroes(&self) -> &[f64] {
        &self.counted_zeroes
    }

    pub fn from_channels(channels: &[f64]) -> Result<Counts, String> {
        let mut short = Vec::new();
        let mut at = 0;
        while at < channels.len() {
            if channels[at] == 0.0 {
                let run = channels[at..].iter().take_while(|it| **it == 0.0).count();
                short.extend([0.0, run as f64]);
                at += run;
            } else {
                short.push(channels[at]);
                at += 1;
            }
        }
        Counts::from_short(short)
    }

    fn from_short(short: Vec<f64>) -> Result<Counts, String> {
        let (mut channels, mut sum) = (0_usize, 0.0);
        let mut values = short.iter();
        while let Some(value) = values.next() {
            if *value == 0.0 {
                let run = *values.next().ok_or("counts end within a run of zeros")?;
                if run < 1.0 || run.fract() != 0.0 || run > limits::N42_CHANNELS as f64 {
                    return Err(format!("{run} is no number of zeros"));
                }
                channels += run as usize;
            } else {
                channels += 1;
                sum += value;
            }
            if channels > limits::N42_CHANNELS {
                return Err(format!("more than {} channels", limits::N42_CHANNELS));
            }
        }
        Ok(Counts {
            counted_zeroes: short,
            channels,
            sum,
        })
    }

    /// Channel data as written; `compression` is the attribute, absent meaning none.
    pub fn parse(text: &str, compression: Option<&str>) -> Result<Counts, String> {
        let values = counts(text)?;
        let compressed = compression.is_some_and(|it| {
            it.eq_ignore_ascii_case("CountedZeroes") || it.eq_ignore_ascii_case("CountedZeros")
        });
        let plain = compression.is_none_or(|it| it.is_empty() || it.eq_ignore_ascii_case("None"));
        match (compressed, plain) {
            (true, _) => Counts::from_short(values),
            (_, true) => Counts::from_channels(&values),
            _ => Err(format!(
                "compression {:?} is not known",
                clip(compression.unwrap_or_default())
            )),
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    channels: usize,
    sum: Number,
    counted_zeroes: Vec<Number>,
    #[serde(skip)]
    _of: &'a Counts,
}

/// Whole numbers without a decimal point.
#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Part(f64),
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        if value.fract() == 0.0 && (0.0..9e15).contains(&value) {
            Number::Whole(value as u64)
        } else {
            Number::Part(value)
        }
    }
}

impl Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown {
            channels: self.channels,
            sum: self.sum.into(),
            counted_zeroes: self.counted_zeroes.iter().map(|it| (*it).into()).collect(),
            _of: self,
        }
        .serialize(serializer)
    }
}

/// Energy of a channel's lower edge, keV.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EnergyCalibration {
    pub id: String,
    /// `polynomial`, `boundaries`, or as written in edition 2006.
    pub model: String,
    pub coefficients: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub boundaries_kev: Vec<f64>,
    /// Energy and deviation, keV.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deviations_kev: Vec<(f64, f64)>,
}

/// Windows may overlap: the total beside its parts is usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EnergyWindows {
    pub id: String,
    pub start_kev: Vec<f64>,
    pub end_kev: Vec<f64>,
}

impl EnergyWindows {
    /// All counts of one detector from its counts by window: the window that covers every other, or the
    /// sum when no two overlap. `None` when neither holds.
    pub fn total(&self, counts: &[f64]) -> Option<f64> {
        let windows: Vec<(f64, f64)> = self
            .start_kev
            .iter()
            .copied()
            .zip(self.end_kev.iter().copied())
            .collect();
        if windows.len() != counts.len() {
            return None;
        }
        let low = windows.iter().map(|it| it.0).fold(f64::INFINITY, f64::min);
        let high = windows
            .iter()
            .map(|it| it.1)
            .fold(f64::NEG_INFINITY, f64::max);
        if let Some(at) = windows.iter().position(|it| it.0 <= low && it.1 >= high) {
            return Some(counts[at]);
        }
        let overlap = windows.iter().enumerate().any(|(at, one)| {
            windows[at + 1..]
                .iter()
                .any(|other| one.0 < other.1 && other.0 < one.1)
        });
        (!overlap).then(|| counts.iter().sum())
    }
}

/// Counts: finite, not negative, not absurd. The error quotes what was wrong.
pub fn counts(text: &str) -> Result<Vec<f64>, String> {
    let mut all = Vec::new();
    for token in split(text) {
        let value = number(token).ok_or_else(|| format!("count {:?} is no number", clip(token)))?;
        if value < 0.0 {
            return Err(format!("count {:?} is negative", clip(token)));
        }
        if value > limits::N42_COUNT {
            return Err(format!(
                "count {:?} is over {}",
                clip(token),
                limits::N42_COUNT
            ));
        }
        if all.len() >= limits::N42_VALUES {
            return Err(format!("more than {} counts", limits::N42_VALUES));
        }
        all.push(value);
    }
    if all.is_empty() {
        return Err("no counts".to_owned());
    }
    Ok(all)
}

/// Any finite numbers: coefficients, energies.
pub fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let mut all = Vec::new();
    for token in split(text) {
        all.push(number(token).ok_or_else(|| format!("{:?} is no number", clip(token)))?);
        if all.len() > limits::N42_VALUES {
            return Err(format!("more than {} numbers", limits::N42_VALUES));
        }
    }
    Ok(all)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || matches!(it, ',' | ';'))
        .filter(|it| !it.is_empty())
}

/// `None` also for what `f64` would take and N42 does not mean: `NaN`, `inf`.
fn number(token: &str) -> Option<f64> {
    let value: f64 = token.parse().ok()?;
    value.is_finite().then_some(value)
}

/// ISO 8601 duration (`PT1M0.25S`, `P1DT2H`) or plain seconds; seconds.
pub fn duration_s(text: &str) -> Result<f64, String> {
    let bad = || format!("duration {:?} is not of the form PT1.5S", clip(text));
    let trimmed = text.trim();
    let seconds = match trimmed.strip_prefix(['P', 'p']) {
        // Plain seconds; some write the unit after them.
        None => {
            let plain = trimmed.trim_end_matches(|it: char| it.is_ascii_alphabetic() || it == '.');
            let unit = trimmed[plain.len()..]
                .trim_matches('.')
                .to_ascii_lowercase();
            match unit.as_str() {
                "" | "s" | "sec" | "secs" | "second" | "seconds" => {
                    number(plain.trim_end()).ok_or_else(bad)?
                }
                _ => return Err(bad()),
            }
        }
        Some(rest) => {
            let (mut sum, mut digits, mut time) = (0.0, String::new(), false);
            let mut any = false;
            for it in rest.chars() {
                if it.is_ascii_digit() || it == '.' {
                    digits.push(it);
                    continue;
                }
                let unit = match (it.to_ascii_uppercase(), time) {
                    // Years and months have no length in seconds; none of them has: zero.
                    ('Y' | 'M', false) if number(&digits) == Some(0.0) => 0.0,
                    ('T', false) if digits.is_empty() => {
                        time = true;
                        continue;
                    }
                    ('D', false) => 86_400.0,
                    ('H', true) => 3_600.0,
                    ('M', true) => 60.0,
                    ('S', true) => 1.0,
                    _ => return Err(bad()),
                };
                sum += number(&digits).ok_or_else(bad)? * unit;
                digits.clear();
                any = true;
            }
            // `PT1200.0`: some leave the last unit out, which can only be seconds.
            if !digits.is_empty() && time {
                sum += number(&digits).ok_or_else(bad)?;
                any = true;
                digits.clear();
            }
            if !digits.is_empty() || !any {
                return Err(bad());
            }
            sum
        }
    };
    if (0.0..=limits::N42_DURATION_S).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!(
            "duration {:?} is not between 0 and ten years",
            clip(text)
        ))
    }
}

/// ISO 8601 time with an offset; milliseconds since 1970.
pub fn time_ms(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(it) = text.parse::<jiff::Timestamp>() {
        return Ok(it.as_millisecond());
    }
    Err(if text.parse::<jiff::civil::DateTime>().is_ok() {
        format!("time {:?} has no offset from UTC", clip(text))
    } else {
        format!(
            "time {:?} is not of the form 2011-03-10T12:00:00-06:00",
            clip(text)
        )
    })
}

/// `0`, `1`, `true`, `false`.
pub fn truth(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("{:?} is neither true nor false", clip(text))),
    }
}

pub fn clip(text: &str) -> String {
    text.trim().chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, due) in [
            ("PT0.1S", 0.1),
            ("PT1M0.5S", 60.5),
            ("P1DT2H", 93_600.0),
            ("12.5", 12.5),
            ("12.5 sec", 12.5),
            ("30.", 30.0),
            ("P0Y0M0DT0H1M10.5S", 70.5),
            ("PT1200.0", 1200.0),
            ("PT407.05S", 407.05),
        ] {
            assert_eq!(duration_s(text), Ok(due), "{text}");
        }
        for text in [
            "",
            "PT",
            "P1Y",
            "P0Y2M",
            "10 min",
            "sec",
            ".",
            "PT-1S",
            "1M",
            "P1",
            "NaN",
            "-1",
            "PT9e99S",
            "PT999999999999S",
        ] {
            assert!(duration_s(text).is_err(), "{text}");
        }
    }

    #[test]
    fn totals_of_windows() {
        let of = |start: &[f64], end: &[f64], counts: &[f64]| {
            EnergyWindows {
                id: String::new(),
                start_kev: start.to_vec(),
                end_kev: end.to_vec(),
            }
            .total(counts)
        };
        // The total beside its parts.
        assert_eq!(
            of(
                &[0.0, 0.0, 100.0],
                &[100.0, 3000.0, 400.0],
                &[5.0, 22.0, 9.0]
            ),
            Some(22.0)
        );
        assert_eq!(of(&[0.0, 100.0], &[100.0, 400.0], &[5.0, 9.0]), Some(14.0));
        assert_eq!(of(&[0.0, 50.0], &[100.0, 400.0], &[5.0, 9.0]), None);
        assert_eq!(of(&[0.0], &[100.0], &[5.0, 9.0]), None);
    }

    #[test]
    fn times() {
        assert_eq!(time_ms("1970-01-01T01:00:01.5+01:00"), Ok(1_500));
        assert!(
            time_ms("2003-11-22T23:45:00.0")
                .unwrap_err()
                .contains("offset")
        );
        assert!(
            time_ms("22.11.2003 23:45")
                .unwrap_err()
                .contains("not of the form")
        );
    }
}
