//! One text line of a VM250: bytes in, what it says out. It knows nothing of the lines before it.
//!
//! Lenient where nothing can be misread (case, blanks, NULs of a serial converter at the ends, fields
//! beyond the known ones, missing set-up fields), strict where a count could be silently wrong:
//! four panels always, digits only, and a last field shorter than its zero-padded neighbours is a
//! line cut short, not a small number.

use crate::garbled::Garbled;
use crate::limits;

/// Counts of the four panels.
pub type Panels = [u32; 4];

#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Counts per second.
    GammaBackground(Panels),
    NeutronBackground(Panels),
    GammaHigh(Panels),
    GammaLow(Panels),
    NeutronHigh(Panels),
    /// Counts of 200 ms.
    GammaScan(Panels),
    GammaAlarm(Panels),
    /// Counts of one second.
    NeutronScan(Panels),
    NeutronAlarm(Panels),
    /// `between_s` is the time between the two beams.
    Speed {
        between_s: f64,
        speed_kmh: f64,
    },
    End {
        number: Option<u64>,
        neutron_background_cps: Option<f64>,
    },
    TamperSet,
    TamperCleared,
    /// Intervals of the alarm window and the alarm's sigma, where present and sensible.
    GammaSetup1 {
        intervals: Option<u32>,
        n_sigma: Option<f64>,
    },
    /// `SG2`, `SG3`, `SN1`, `SN2`: fields as sent.
    Setup {
        name: &'static str,
        fields: Vec<String>,
    },
}

/// `Ok(None)` for a blank line.
pub fn line(bytes: &[u8]) -> Result<Option<Line>, Garbled> {
    if bytes.len() > limits::VM250_LINE_BYTES {
        return Err(Garbled::at(
            limits::VM250_LINE_BYTES,
            format!("line longer than {} bytes", limits::VM250_LINE_BYTES),
        ));
    }
    let noise = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let Some(start) = bytes.iter().position(|byte| !noise(byte)) else {
        return Ok(None);
    };
    let end = bytes.iter().rposition(|byte| !noise(byte)).unwrap_or(start);
    let bytes = &bytes[start..=end];
    if let Some(at) = bytes.iter().position(|it| !(b' '..=b'~').contains(it)) {
        return Err(Garbled::at(
            start + at,
            format!("byte 0x{:02x} is not printable ASCII", bytes[at]),
        ));
    }
    // Only printable ASCII is left.
    let text = String::from_utf8_lossy(bytes);
    let fields = Fields::split(&text, start);
    let name = fields.name.to_ascii_uppercase();
    let line = match name.as_str() {
        "GB" => Line::GammaBackground(fields.panels("GB")?),
        "NB" => Line::NeutronBackground(fields.panels("NB")?),
        "GH" => Line::GammaHigh(fields.panels("GH")?),
        "GL" => Line::GammaLow(fields.panels("GL")?),
        "NH" => Line::NeutronHigh(fields.panels("NH")?),
        "GS" => Line::GammaScan(fields.panels("GS")?),
        "GA" => Line::GammaAlarm(fields.panels("GA")?),
        "NS" => Line::NeutronScan(fields.panels("NS")?),
        "NA" => Line::NeutronAlarm(fields.panels("NA")?),
        "SP" => fields.speed()?,
        "GX" => Line::End {
            number: fields.number("GX", 0, "occupancy number")?,
            neutron_background_cps: fields
                .number("GX", 1, "neutron background")?
                .map(|thousandths| thousandths as f64 / 1000.0),
        },
        "TT" => Line::TamperSet,
        "TC" => Line::TamperCleared,
        "SG1" => fields.gamma_setup1()?,
        "SG2" => fields.setup("SG2"),
        "SG3" => fields.setup("SG3"),
        "SN1" => fields.setup("SN1"),
        "SN2" => fields.setup("SN2"),
        _ => {
            let shown: String = fields.name.chars().take(16).collect();
            return Err(Garbled::at(
                start,
                format!("no VM250 line is called {shown:?}"),
            ));
        }
    };
    Ok(Some(line))
}

/// The comma separated fields of one line and where each begins.
struct Fields<'a> {
    name: &'a str,
    values: Vec<(usize, &'a str)>,
}

impl<'a> Fields<'a> {
    fn split(text: &'a str, start: usize) -> Self {
        let mut at = start;
        let mut values = text.split(',').map(|field| {
            let here = at + (field.len() - field.trim_start().len());
            at += field.len() + 1;
            (here, field.trim())
        });
        let name = values.next().map_or("", |(_, name)| name);
        Fields {
            name,
            values: values.collect(),
        }
    }

    /// Text of a field; an empty one is absent.
    fn value(&self, index: usize) -> Option<(usize, &'a str)> {
        self.values
            .get(index)
            .copied()
            .filter(|(_, it)| !it.is_empty())
    }

    fn panels(&self, name: &str) -> Result<Panels, Garbled> {
        let end = self.values.last().map_or(0, |(at, it)| at + it.len());
        let mut panels = [0; 4];
        let mut digits = None;
        let padded = self
            .values
            .iter()
            .take(4)
            .any(|(_, it)| it.len() > 1 && it.starts_with('0'));
        for (panel, count) in panels.iter_mut().enumerate() {
            let Some((at, text)) = self.value(panel) else {
                return Err(Garbled::at(
                    end,
                    format!("{name}: {panel} counts where four panels are due"),
                ));
            };
            *count = count_of(name, at, text)?;
            let due = *digits.get_or_insert(text.len());
            if padded && text.len() != due {
                return Err(Garbled::at(
                    at,
                    format!(
                        "{name}: count {text:?} has {} digits, the first has {due}: line cut or damaged",
                        text.len()
                    ),
                ));
            }
        }
        Ok(panels)
    }

    fn number(&self, name: &str, index: usize, what: &str) -> Result<Option<u64>, Garbled> {
        let Some((at, text)) = self.value(index) else {
            return Ok(None);
        };
        if text.len() > 18 || !text.bytes().all(|it| it.is_ascii_digit()) {
            return Err(Garbled::at(
                at,
                format!("{name}: {what} {:?} is not a number", clip(text)),
            ));
        }
        Ok(text.parse().ok())
    }

    fn decimal(&self, name: &str, index: usize, what: &str) -> Result<Option<f64>, Garbled> {
        let Some((at, text)) = self.value(index) else {
            return Ok(None);
        };
        let plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        match text.parse::<f64>() {
            Ok(value) if plain && value.is_finite() => Ok(Some(value)),
            _ => Err(Garbled::at(
                at,
                format!("{name}: {what} {:?} is not a decimal number", clip(text)),
            )),
        }
    }

    fn speed(&self) -> Result<Line, Garbled> {
        let between_s = self.decimal("SP", 0, "time between beams")?.unwrap_or(0.0);
        let mph = self.decimal("SP", 1, "speed in mph")?;
        let kmh = self.decimal("SP", 2, "speed in km/h")?;
        let end = self.values.last().map_or(0, |(at, it)| at + it.len());
        let Some(speed_kmh) = kmh.or(mph.map(|it| it * 1.609_344)) else {
            return Err(Garbled::at(end, "SP: no speed in it"));
        };
        if speed_kmh > limits::SPEED_KMH {
            return Err(Garbled::at(
                end,
                format!("SP: {speed_kmh} km/h is no speed of a vehicle"),
            ));
        }
        Ok(Line::Speed {
            between_s,
            speed_kmh,
        })
    }

    fn gamma_setup1(&self) -> Result<Line, Garbled> {
        let intervals = self.number("SG1", 2, "intervals")?;
        if let Some(intervals) = intervals
            && !(1..=u64::from(limits::ALARM_INTERVALS)).contains(&intervals)
        {
            return Err(Garbled::whole(format!(
                "SG1: an alarm window of {intervals} intervals is none of 1 to {}",
                limits::ALARM_INTERVALS
            )));
        }
        Ok(Line::GammaSetup1 {
            intervals: intervals.map(|it| it as u32),
            n_sigma: self.decimal("SG1", 4, "N sigma")?.filter(|it| *it > 0.0),
        })
    }

    fn setup(&self, name: &'static str) -> Line {
        Line::Setup {
            name,
            fields: self.values.iter().map(|(_, it)| (*it).to_owned()).collect(),
        }
    }
}

fn count_of(name: &str, at: usize, text: &str) -> Result<u32, Garbled> {
    if !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(Garbled::at(
            at,
            format!("{name}: count {:?} is not digits", clip(text)),
        ));
    }
    match text.parse::<u32>() {
        Ok(count) if count <= limits::PANEL_COUNTS => Ok(count),
        _ => Err(Garbled::at(
            at,
            format!(
                "{name}: count {:?} is over {}",
                clip(text),
                limits::PANEL_COUNTS
            ),
        )),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Line {
        line(text.as_bytes()).unwrap().unwrap()
    }

    fn refusal(text: &str) -> String {
        line(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_line_of_the_protocol() {
        assert_eq!(
            read("GB,000312,000286,000335,000308"),
            Line::GammaBackground([312, 286, 335, 308])
        );
        assert_eq!(read("GL,0,0,0,0"), Line::GammaLow([0; 4]));
        assert_eq!(
            read("SP,0.2249,03.032,004.88,000000"),
            Line::Speed {
                between_s: 0.2249,
                speed_kmh: 4.88
            }
        );
        assert_eq!(
            read("GX,000012,002400,000000,000000"),
            Line::End {
                number: Some(12),
                neutron_background_cps: Some(2.4)
            }
        );
        assert_eq!(read("TT,,,,"), Line::TamperSet);
        assert_eq!(read("TC"), Line::TamperCleared);
        assert_eq!(
            read("SG1,000900,000100,000005,000010,000006.0,000000"),
            Line::GammaSetup1 {
                intervals: Some(5),
                n_sigma: Some(6.0)
            }
        );
        assert!(
            matches!(read("SN2,1111,0.5,5.0,1,A4.21"), Line::Setup { name: "SN2", fields } if fields.len() == 5)
        );
    }

    #[test]
    fn lenient_where_nothing_can_be_misread() {
        let counts = Line::GammaScan([310, 295, 330, 305]);
        for text in [
            "GS,000310,000295,000330,000305\r\n",
            " gs , 000310, 000295 ,000330,000305 ",
            "\0\0GS,000310,000295,000330,000305",
            "GS,310,295,330,305",
            "GS,000310,000295,000330,000305,000001",
        ] {
            assert_eq!(read(text), counts, "{text:?}");
        }
        assert_eq!(
            read("GX"),
            Line::End {
                number: None,
                neutron_background_cps: None
            }
        );
        assert_eq!(
            read("SP,,03.0,"),
            Line::Speed {
                between_s: 0.0,
                speed_kmh: 3.0 * 1.609_344
            }
        );
        assert_eq!(line(b" \r\n"), Ok(None));
    }

    #[test]
    fn refusals_say_what_was_wrong() {
        for (text, due) in [
            (
                "GS,000310,00029",
                "byte 10: GS: count \"00029\" has 5 digits",
            ),
            (
                "GS,000310,000295,000330,0003",
                "byte 24: GS: count \"0003\" has 4 digits",
            ),
            (
                "GS,abc,000295,000330,000305",
                "byte 3: GS: count \"abc\" is not digits",
            ),
            (
                "GS,000310,000295,000330",
                "byte 23: GS: 3 counts where four panels are due",
            ),
            ("GB,-00310,000295,000330,000305", "is not digits"),
            ("GB,999999999999,0,0,0", "is over 999999"),
            ("XX,1,2,3", "no VM250 line is called \"XX\""),
            ("SG1,1,1,0,1,6.0", "0 intervals"),
            ("SP,x", "time between beams"),
            ("SP", "no speed"),
            ("GX,12x", "occupancy number"),
            ("GB,0003\u{e9}2,1,1,1", "not printable"),
        ] {
            let said = refusal(text);
            assert!(said.contains(due), "{text:?} said {said:?}");
        }
    }
}
