//! Machine-readable zones of ICAO Doc 9303 (8th edition, 2021): TD1 (part 5), TD2 (part 6), TD3
//! (part 4), MRV-A and MRV-B (part 7).
//!
//! Text recognition loses and doubles fillers and mistakes letters for digits. Fields are
//! therefore found from the check digits outward: a line of a wrong length is stretched or
//! shrunk at its filler runs until most check digits hold, and a field whose check digit fails is
//! tried with the letters and digits that look alike. Whatever had to be done is a *fault*, by
//! name; a zone is valid only without any. Whether a document is genuine is not judged here.

use domain::reading::{DocumentField, DocumentKind, DocumentReading};
use domain::unit::UtcMs;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde::Serialize;

use crate::garbled::Garbled;
use crate::limits::MRZ_LINE_CHARS;
use crate::plate::country::alpha2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum MrzFormat {
    #[serde(rename = "TD1")]
    Td1,
    #[serde(rename = "TD2")]
    Td2,
    #[serde(rename = "TD3")]
    Td3,
    #[serde(rename = "MRVA")]
    MrvA,
    #[serde(rename = "MRVB")]
    MrvB,
}

impl MrzFormat {
    /// Characters of each line.
    pub fn width(self) -> usize {
        match self {
            MrzFormat::Td1 => 30,
            MrzFormat::Td2 | MrzFormat::MrvB => 36,
            MrzFormat::Td3 | MrzFormat::MrvA => 44,
        }
    }
}

/// A zone read. Texts are without fillers; dates are the six digits as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mrz {
    pub format: MrzFormat,
    /// `P`, `I`, `V`, `PD`, ...
    pub document_code: String,
    /// ICAO three-letter code of the issuing state; `D` for Germany.
    pub issuer: String,
    pub number: String,
    pub nationality: String,
    /// `YYMMDD`; unknown parts are `<`.
    pub dob: String,
    /// `M`, `F` or empty.
    pub sex: String,
    /// `YYMMDD`.
    pub expiry: String,
    pub optional: String,
    pub surname: String,
    pub given: String,
    /// The lines as they were read, brought to the format's width.
    pub lines: Vec<String>,
    /// Empty for a valid zone: `check_digit_wrong:expiry`, `line_length:2`, `repaired:number`,
    /// `lower_case`, `character:1:17`, `date:dob`, `sex`, `letters:issuer`, `names`,
    /// `document_code`.
    pub faults: Vec<String>,
}

impl Mrz {
    pub fn valid(&self) -> bool {
        self.faults.is_empty()
    }

    /// As a document at the lane. Identity cards and crew certificates, with which citizens of
    /// some neighbours cross, stand where a passport does; visas are `Other`.
    pub fn reading(&self) -> DocumentReading {
        let kind = match self.document_code.chars().next() {
            Some('P' | 'I' | 'A' | 'C') => DocumentKind::Passport,
            _ => DocumentKind::Other,
        };
        let fields = [
            ("document_code", &self.document_code),
            ("issuer", &self.issuer),
            ("nationality", &self.nationality),
            ("birth_date", &self.dob),
            ("sex", &self.sex),
            ("expiry_date", &self.expiry),
            ("surname", &self.surname),
            ("given_names", &self.given),
            ("optional_data", &self.optional),
        ];
        let fields = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| DocumentField {
                name: (*name).to_owned(),
                value: (*value).clone(),
                confidence: None,
            })
            .collect();
        DocumentReading {
            message_id: None,
            kind,
            number: (!self.number.is_empty()).then(|| self.number.clone()),
            expires_at: expires_at(&self.expiry),
            issuer: alpha2_of(&self.issuer).map(str::to_owned),
            fields,
            faults: self.faults.clone(),
            pages: Vec::new(),
        }
    }
}

/// ISO 3166-1 alpha-2 of an ICAO code: Germany writes `D`, British nationals several.
fn alpha2_of(code: &str) -> Option<&'static str> {
    match code {
        "D" => Some("DE"),
        "GBD" | "GBN" | "GBO" | "GBP" | "GBS" => Some("GB"),
        code if code.len() == 3 => alpha2(code),
        _ => None,
    }
}

/// Last millisecond of the day of expiry, by the country's clock. The century is this one: documents last ten years,
/// cards and visas not much longer.
fn expires_at(expiry: &str) -> Option<UtcMs> {
    last_ms(date(expiry, 2000)?)
}

/// Kazakhstan has one time zone, UTC+5, since 2024-03-01 (order of the Minister of Trade and
/// Integration 20-НҚ of 2024-01-19; Asia/Almaty since tzdata 2024a).
const COUNTRY_CLOCK: Offset = jiff::tz::offset(5);

/// A document is good until the end of its last day where it is shown: the printed day has no
/// zone of its own.
pub(crate) fn last_ms(day: Date) -> Option<UtcMs> {
    let next = day.checked_add(1.day()).ok()?;
    let midnight = next.to_datetime(Time::midnight());
    let at = COUNTRY_CLOCK.to_timestamp(midnight).ok()?;
    Some(UtcMs(at.as_millisecond() - 1))
}

fn date(text: &str, century: i16) -> Option<Date> {
    if text.len() != 6 || !text.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| text[from..from + 2].parse::<i8>().ok();
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    Date::new(century + i16::from(year), month, day).ok()
}

/// Reads a text that holds one zone: two or three lines, or one line of all of them.
pub fn decode(text: &str) -> Result<Mrz, Garbled> {
    let lines: Vec<&str> = text.lines().take(16).collect();
    decode_lines(&lines)
}

/// Reads the lines of one zone.
pub fn decode_lines(lines: &[&str]) -> Result<Mrz, Garbled> {
    let mut faults = Vec::new();
    let mut cleaned: Vec<String> = Vec::new();
    for line in lines {
        if line.len() > 4 * MRZ_LINE_CHARS {
            let why = format!("a line of more than {MRZ_LINE_CHARS} characters");
            return Err(Garbled::at(MRZ_LINE_CHARS, why));
        }
        let line = clean(line, &mut faults);
        if !line.is_empty() {
            cleaned.push(line);
        }
    }
    let lines = whole_lines(cleaned);
    let format = format_of(&lines)?;
    for (place, line) in lines.iter().enumerate() {
        if line.len() != format.width() {
            faults.push(format!("line_length:{}", place + 1));
        }
    }
    let mut zone = Zone {
        format,
        lines,
        faults,
    };
    zone.fit();
    zone.name_characters();
    zone.repair();
    Ok(zone.read())
}

/// Upper case, ASCII, without blanks; `«`, `‹`, `〈` and `≤` are how recognisers write a filler.
fn clean(line: &str, faults: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut lower = false;
    for character in line.trim().chars() {
        match character {
            it if it.is_whitespace() => {}
            '\u{feff}' | '\0' | '\u{200b}' => {}
            '‹' | '〈' | '≤' | '＜' => out.push('<'),
            '«' | '《' => out.push_str("<<"),
            it if it.is_ascii() => {
                lower |= it.is_ascii_lowercase();
                out.push(it.to_ascii_uppercase());
            }
            // One byte for one character, so that bytes are columns.
            _ => out.push('?'),
        }
    }
    if lower && !faults.iter().any(|it| it == "lower_case") {
        faults.push("lower_case".to_owned());
    }
    out
}

/// Some readers send the whole zone as one line.
fn whole_lines(lines: Vec<String>) -> Vec<String> {
    let [one] = lines.as_slice() else {
        return lines;
    };
    let width = match one.len() {
        90 => 30,
        72 => 36,
        88 => 44,
        _ => return lines,
    };
    let mut rest = one.as_str();
    let mut out = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(width) {
        out.push(head.to_owned());
        rest = tail;
    }
    out
}

/// Characters a line may be short or long and still be read; below four, so that no length
/// belongs to two formats.
const SLACK: usize = 3;

fn format_of(lines: &[String]) -> Result<MrzFormat, Garbled> {
    let visa = lines.first().is_some_and(|it| it.starts_with('V'));
    let near = |width: usize| lines.iter().all(|it| it.len().abs_diff(width) <= SLACK);
    match lines.len() {
        0 => Err(Garbled::whole("no line of a machine-readable zone")),
        3 if near(30) => Ok(MrzFormat::Td1),
        2 if near(44) && visa => Ok(MrzFormat::MrvA),
        2 if near(44) => Ok(MrzFormat::Td3),
        2 if near(36) && visa => Ok(MrzFormat::MrvB),
        2 if near(36) => Ok(MrzFormat::Td2),
        _ => {
            let lengths: Vec<String> = lines
                .iter()
                .take(4)
                .map(|it| it.len().to_string())
                .collect();
            let why = format!(
                "lines of {} characters are no machine-readable zone (3 of 30, 2 of 36 or 44)",
                lengths.join(", ")
            );
            Err(Garbled::whole(why))
        }
    }
}

/// A field with a check digit: its line, first character, end, and the digit's place.
struct Checked {
    name: &'static str,
    line: usize,
    from: usize,
    to: usize,
    digit: usize,
}

const fn checked(name: &'static str, line: usize, from: usize, to: usize) -> Checked {
    Checked {
        name,
        line,
        from,
        to,
        digit: to,
    }
}

const TD1: &[Checked] = &[
    checked("number", 0, 5, 14),
    checked("dob", 1, 0, 6),
    checked("expiry", 1, 8, 14),
];
const TD2: &[Checked] = &[
    checked("number", 1, 0, 9),
    checked("dob", 1, 13, 19),
    checked("expiry", 1, 21, 27),
];
const TD3: &[Checked] = &[
    checked("number", 1, 0, 9),
    checked("dob", 1, 13, 19),
    checked("expiry", 1, 21, 27),
    checked("optional", 1, 28, 42),
];

#[derive(Clone)]
struct Zone {
    format: MrzFormat,
    /// ASCII, upper case; of the format's width after [`Zone::fit`].
    lines: Vec<String>,
    faults: Vec<String>,
}

impl Zone {
    fn table(&self) -> &'static [Checked] {
        match self.format {
            MrzFormat::Td1 => TD1,
            MrzFormat::Td3 => TD3,
            MrzFormat::Td2 | MrzFormat::MrvA | MrzFormat::MrvB => TD2,
        }
    }

    fn part(&self, line: usize, from: usize, to: usize) -> &str {
        self.lines
            .get(line)
            .and_then(|it| it.get(from..to))
            .unwrap_or_default()
    }

    fn with_line(&self, place: usize, line: String) -> Zone {
        let mut zone = self.clone();
        if let Some(it) = zone.lines.get_mut(place) {
            *it = line;
        }
        zone
    }

    /// Brings every line to its width where most check digits hold; of equals the first, which
    /// is the one filled or cut at the end.
    fn fit(&mut self) {
        let width = self.format.width();
        for place in 0..self.lines.len() {
            if self.lines[place].len() == width {
                continue;
            }
            let mut best: Option<(usize, String)> = None;
            for candidate in stretched(&self.lines[place], width) {
                let score = self.with_line(place, candidate.clone()).score();
                if best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, candidate));
                }
            }
            if let Some((_, line)) = best {
                self.lines[place] = line;
            }
        }
    }

    /// Check digits that hold.
    fn score(&self) -> usize {
        let fields = self.table().iter().filter(|it| self.holds(it)).count();
        fields + usize::from(self.composite_holds() == Some(true))
    }

    /// A TD1 or TD2 number of more than nine characters leaves `<` where its digit would stand,
    /// goes on in the optional data and has its digit there (part 5, 4.2.4). The number, its
    /// digit, and how many characters of the optional data they take.
    fn long_number(&self) -> Option<(String, u8, usize)> {
        let (number, digit, optional) = match self.format {
            MrzFormat::Td1 => (
                self.part(0, 5, 14),
                self.part(0, 14, 15),
                self.part(0, 15, 30),
            ),
            MrzFormat::Td2 => (
                self.part(1, 0, 9),
                self.part(1, 9, 10),
                self.part(1, 28, 35),
            ),
            _ => return None,
        };
        let rest = optional.split('<').next().unwrap_or_default();
        if digit != "<" || number.contains('<') || rest.len() < 2 {
            return None;
        }
        let (head, digit) = rest.split_at(rest.len() - 1);
        let digit = digit.bytes().next().filter(u8::is_ascii_digit)?;
        Some((format!("{number}{head}"), digit, rest.len()))
    }

    fn holds(&self, it: &Checked) -> bool {
        if it.name == "number"
            && let Some((number, digit, _)) = self.long_number()
        {
            return check_digit(number.bytes()) == Some(digit);
        }
        let field = self.part(it.line, it.from, it.to);
        match self.part(it.line, it.digit, it.digit + 1).bytes().next() {
            // An empty optional field may carry `<` instead of 0 (part 4, 4.2.2.2).
            // So does the date of expiry of a document that never expires.
            Some(b'<') => {
                let may = it.name == "optional" || it.name == "expiry" && self.never_expires();
                may && field.bytes().all(|it| it == b'<')
            }
            printed => printed.is_some() && printed == check_digit(field.bytes()),
        }
    }

    /// `None` where the format has no composite digit.
    fn composite_holds(&self) -> Option<bool> {
        let (parts, digit): (&[(usize, usize, usize)], _) = match self.format {
            MrzFormat::Td1 => (&[(0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)], 29),
            MrzFormat::Td2 => (&[(1, 0, 10), (1, 13, 20), (1, 21, 35)], 35),
            MrzFormat::Td3 => (&[(1, 0, 10), (1, 13, 20), (1, 21, 43)], 43),
            MrzFormat::MrvA | MrzFormat::MrvB => return None,
        };
        let bytes = parts
            .iter()
            .flat_map(|(line, from, to)| self.part(*line, *from, *to).bytes());
        let printed = self.part(1, digit, digit + 1).bytes().next();
        Some(printed.is_some() && check_digit(bytes) == printed)
    }

    /// The internal passport of the Russian Federation (`PNRUS`), with which its citizens cross
    /// into neighbouring states, has no date of expiry.
    fn never_expires(&self) -> bool {
        self.format == MrzFormat::Td3 && self.part(0, 0, 5) == "PNRUS"
    }

    fn name_characters(&mut self) {
        for (place, line) in self.lines.iter().enumerate() {
            for (column, it) in line.bytes().enumerate() {
                if !it.is_ascii_uppercase() && !it.is_ascii_digit() && it != b'<' {
                    self.faults
                        .push(format!("character:{}:{}", place + 1, column + 1));
                }
            }
        }
    }

    /// Tries what looks alike in fields whose digit fails. A change that makes the field's digit
    /// hold, and does not break the composite one, is taken and told.
    fn repair(&mut self) {
        for field in self.table() {
            if self.holds(field) {
                continue;
            }
            let name = field.name;
            self.faults.push(format!("check_digit_wrong:{name}"));
            let found: Vec<String> = self
                .variants(field)
                .into_iter()
                .filter(|line| {
                    let trial = self.with_line(field.line, line.clone());
                    trial.holds(field) && trial.composite_holds() != Some(false)
                })
                .collect();
            // Two ways to make it hold are no repair but a guess.
            if let [line] = found.as_slice() {
                self.lines[field.line].clone_from(line);
                self.faults.push(format!("repaired:{name}"));
            }
        }
        if self.composite_holds() == Some(false) {
            self.faults.push("check_digit_wrong:composite".to_owned());
        }
    }

    /// The field's line with look-alikes: dates and check digits as digits, a number or optional
    /// field with one character exchanged.
    fn variants(&self, field: &Checked) -> Vec<String> {
        let Some(line) = self.lines.get(field.line) else {
            return Vec::new();
        };
        let mut digits = line.clone().into_bytes();
        if let Some(it) = digits.get_mut(field.digit) {
            *it = as_digit(*it);
        }
        let mut out = vec![digits.clone()];
        if field.name == "dob" || field.name == "expiry" {
            for it in digits.iter_mut().take(field.to).skip(field.from) {
                *it = as_digit(*it);
            }
            out.push(digits);
        } else {
            for place in field.from..field.to {
                for other in line
                    .as_bytes()
                    .get(place)
                    .map(|it| alike(*it))
                    .unwrap_or_default()
                {
                    let mut changed = digits.clone();
                    changed[place] = *other;
                    out.push(changed);
                }
            }
        }
        out.sort();
        out.dedup();
        out.into_iter()
            .filter_map(|it| String::from_utf8(it).ok())
            .collect()
    }

    fn read(self) -> Mrz {
        let unfilled = |text: &str| text.trim_matches('<').to_owned();
        let width = self.format.width();
        let td1 = self.format == MrzFormat::Td1;
        let dated = if td1 { 0 } else { 13 };
        let (dob, sex, expiry) = (
            self.part(1, dated, dated + 6).to_owned(),
            self.part(1, dated + 7, dated + 8).to_owned(),
            self.part(1, dated + 8, dated + 14).to_owned(),
        );
        let nationality = unfilled(if td1 {
            self.part(1, 15, 18)
        } else {
            self.part(1, 10, 13)
        });
        let names = if td1 {
            self.part(2, 0, width)
        } else {
            self.part(0, 5, width)
        };
        let (surname, given) = self::names(names);
        let (code, issuer) = (unfilled(self.part(0, 0, 2)), unfilled(self.part(0, 2, 5)));
        let short = if td1 {
            self.part(0, 5, 14)
        } else {
            self.part(1, 0, 9)
        };
        let (number, taken) = match self.long_number() {
            Some((number, _, taken)) => (number, taken),
            None => (short.to_owned(), 0),
        };
        let optional = match self.format {
            MrzFormat::Td1 => joined(&[self.part(0, 15 + taken, 30), self.part(1, 18, 29)]),
            MrzFormat::Td2 => joined(&[self.part(1, 28 + taken, 35)]),
            MrzFormat::Td3 => joined(&[self.part(1, 28, 42)]),
            MrzFormat::MrvA | MrzFormat::MrvB => joined(&[self.part(1, 28, width)]),
        };
        let lasts = self.never_expires() && expiry.bytes().all(|it| it == b'<');
        let mut faults = self.faults;
        if sex.is_empty() || !"MFX<".contains(&sex) {
            faults.push("sex".to_owned());
        }
        for (what, text) in [("issuer", &issuer), ("nationality", &nationality)] {
            if text.is_empty() || !text.bytes().all(|it| it.is_ascii_uppercase()) {
                faults.push(format!("letters:{what}"));
            }
        }
        if !code.starts_with(['P', 'I', 'A', 'C', 'V']) {
            faults.push("document_code".to_owned());
        }
        // A leap day may belong to either century. A day or month of birth may be unknown and is
        // then filled; an expiry is so only where the document has none.
        let full = |it: &str| date(it, 2000).is_some() || date(it, 1900).is_some();
        let unknown = dob.contains('<') && dob.bytes().all(|it| it == b'<' || it.is_ascii_digit());
        if !full(&dob) && !unknown {
            faults.push("date:dob".to_owned());
        }
        if !full(&expiry) && !lasts {
            faults.push("date:expiry".to_owned());
        }
        if surname.is_empty() {
            faults.push("names".to_owned());
        }
        Mrz {
            format: self.format,
            document_code: code,
            issuer,
            number: unfilled(&number),
            nationality,
            dob,
            sex: sex.replace(['<', 'X'], ""),
            expiry,
            optional,
            surname,
            given,
            lines: self.lines,
            faults,
        }
    }
}

/// Optional data of one or two places, without fillers at the ends.
fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(|it| it.trim_matches('<'))
        .filter(|it| !it.is_empty())
        .collect();
    parts.join(" ").replace('<', " ")
}

/// Primary and secondary identifier; fillers within each are blanks. A second double filler ends
/// the given names: what a recogniser sees in the run after it (`<<K<<`) is dropped.
fn names(text: &str) -> (String, String) {
    let (surname, given) = text
        .trim_matches('<')
        .split_once("<<")
        .unwrap_or((text, ""));
    let words = |text: &str| {
        text.split('<')
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let given = given
        .trim_start_matches('<')
        .split("<<")
        .next()
        .unwrap_or_default();
    (words(surname), words(given))
}

/// The lines of the wanted width that lengthening or shortening gives, likeliest first: at the
/// end, at a filler run, anywhere.
fn stretched(line: &str, width: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let short = width.saturating_sub(line.len());
    let long = line.len().saturating_sub(width);
    let bytes = line.as_bytes();
    let ends_run = |at: usize| bytes.get(at) == Some(&b'<') && bytes.get(at + 1) != Some(&b'<');
    let runs = (0..line.len()).filter(|at| ends_run(*at));
    let mut push = |head: &str, fill: usize, tail: &str| {
        let candidate = format!("{head}{}{tail}", "<".repeat(fill));
        if !out.contains(&candidate) {
            out.push(candidate);
        }
    };
    if short > 0 {
        push(line, short, "");
        runs.for_each(|at| push(&line[..=at], short, &line[at + 1..]));
        // A lost character that was no filler: its field fails, the others hold again.
        (0..line.len()).for_each(|at| push(&line[..at], short, &line[at..]));
    } else if long > 0 {
        push(&line[..width], 0, "");
        for at in runs {
            let from = (at + 1).saturating_sub(long);
            if bytes[from..=at].iter().all(|it| *it == b'<') && at + 1 - from == long {
                push(&line[..from], 0, &line[at + 1..]);
            }
        }
        (0..width).for_each(|at| push(&line[..at], 0, &line[at + long..]));
    }
    out
}

/// Weights 7, 3, 1; digits as they are, A = 10 to Z = 35, `<` = 0 (part 3, 4.9). The digit as an
/// ASCII byte; `None` for a character no zone has.
pub fn check_digit(bytes: impl Iterator<Item = u8>) -> Option<u8> {
    let mut sum = 0_u32;
    for (byte, weight) in bytes.zip([7_u32, 3, 1].into_iter().cycle()) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        sum += u32::from(value) * weight;
    }
    u8::try_from(sum % 10).ok().map(|it| b'0' + it)
}

fn as_digit(byte: u8) -> u8 {
    match byte {
        b'O' | b'Q' | b'D' | b'U' => b'0',
        b'I' | b'L' => b'1',
        b'Z' => b'2',
        b'S' => b'5',
        b'G' => b'6',
        b'T' => b'7',
        b'B' => b'8',
        it => it,
    }
}

/// The one character each is mistaken for. More would make almost every number repairable in
/// two ways: one change in ten satisfies a decimal digit by chance.
fn alike(byte: u8) -> &'static [u8] {
    match byte {
        b'0' => b"O",
        b'O' | b'Q' | b'D' | b'U' => b"0",
        b'1' => b"I",
        b'I' | b'L' => b"1",
        b'2' => b"Z",
        b'Z' => b"2",
        b'5' => b"S",
        b'S' => b"5",
        b'6' => b"G",
        b'G' => b"6",
        b'7' => b"T",
        b'T' => b"7",
        b'8' => b"B",
        b'B' => b"8",
        b'K' => b"<",
        _ => b"",
    }
}

/// What to print into the zone of a passport (TD3): for simulated readers and tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specimen<'a> {
    /// ICAO three-letter code; `D` for Germany.
    pub issuer: &'a str,
    pub nationality: &'a str,
    pub number: &'a str,
    /// `YYMMDD`.
    pub dob: &'a str,
    /// `M`, `F`, or anything else for unspecified.
    pub sex: char,
    /// `YYMMDD`.
    pub expiry: &'a str,
    pub surname: &'a str,
    pub given: &'a str,
}

/// The two lines of a passport with every check digit right. Characters no zone has become
/// fillers; what is too long is cut.
pub fn encode(specimen: &Specimen<'_>) -> [String; 2] {
    let names = format!("{}<<{}", zoned(specimen.surname), zoned(specimen.given));
    let first = filled(&format!("P<{}{names}", filled(specimen.issuer, 3)), 44);
    let with_digit = |text: &str, width: usize| {
        let field = filled(text, width);
        let digit = check_digit(field.bytes()).unwrap_or(b'0');
        format!("{field}{}", char::from(digit))
    };
    let (number, nationality) = (
        with_digit(specimen.number, 9),
        filled(specimen.nationality, 3),
    );
    let (dob, expiry) = (with_digit(specimen.dob, 6), with_digit(specimen.expiry, 6));
    let sex = if "MF".contains(specimen.sex) {
        specimen.sex
    } else {
        '<'
    };
    let optional = "<".repeat(15);
    let composite = check_digit(format!("{number}{dob}{expiry}{optional}").bytes());
    let composite = char::from(composite.unwrap_or(b'0'));
    [
        first,
        format!("{number}{nationality}{dob}{sex}{expiry}{optional}{composite}"),
    ]
}

fn zoned(text: &str) -> String {
    let zone = |it: char| {
        if it.is_ascii_alphanumeric() {
            it.to_ascii_uppercase()
        } else {
            '<'
        }
    };
    text.chars().map(zone).collect()
}

fn filled(text: &str, width: usize) -> String {
    let mut out: String = zoned(text).chars().take(width).collect();
    out.push_str(&"<".repeat(width.saturating_sub(out.len())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // The specimens of Doc 9303 parts 4, 5 and 7.
    const PASSPORT: [&str; 2] = [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ];

    fn with(second: &str) -> Mrz {
        decode_lines(&[PASSPORT[0], second]).unwrap()
    }

    #[test]
    fn the_specimens_of_doc_9303() {
        let zone = with(PASSPORT[1]);
        assert_eq!(zone.faults, [""; 0]);
        assert_eq!(
            (zone.number.as_str(), zone.optional.as_str()),
            ("L898902C3", "ZE184226B")
        );
        assert_eq!(
            (zone.surname.as_str(), zone.given.as_str()),
            ("ERIKSSON", "ANNA MARIA")
        );
        // 2012-04-15T23:59:59.999+05.
        assert_eq!(zone.reading().expires_at, Some(UtcMs(1_334_516_399_999)));
        let card = decode(
            "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
        )
        .unwrap();
        assert_eq!(
            (card.format, card.number.as_str()),
            (MrzFormat::Td1, "D23145890734")
        );
        assert_eq!(
            (card.faults.as_slice(), card.optional.as_str()),
            (&[][..], "")
        );
        let visa =
            decode("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<")
                .unwrap();
        assert_eq!(
            (visa.format, visa.nationality.as_str()),
            (MrzFormat::MrvB, "XXX")
        );
        assert_eq!(visa.faults, [""; 0]);
    }

    #[test]
    fn lost_and_doubled_fillers_are_found_by_the_check_digits() {
        // One filler of the run lost, one doubled: every field is read all the same.
        let zone = with("L898902C36UTO7408122F1204159ZE184226B<<<<10");
        assert_eq!(zone.faults, ["line_length:2"]);
        assert_eq!(
            (zone.expiry.as_str(), zone.optional.as_str()),
            ("120415", "ZE184226B")
        );
        let zone = with("L898902C36UTO7408122F1204159ZE184226B<<<<<<10");
        assert_eq!(zone.faults, ["line_length:2"]);
        let one_line = decode(&PASSPORT.concat()).unwrap();
        assert!(one_line.valid());
    }

    #[test]
    fn a_misread_is_repaired_and_told() {
        let zone = with("L898902C36UTO74O8122F1204159ZE184226B<<<<<10");
        assert_eq!(zone.dob, "740812");
        assert_eq!(zone.faults, ["check_digit_wrong:dob", "repaired:dob"]);
        let zone = with("L8989O2C36UTO7408122F1204159ZE184226B<<<<<10");
        assert_eq!(zone.number, "L898902C3");
        assert_eq!(zone.faults, ["check_digit_wrong:number", "repaired:number"]);
        let zone = with("L898902C36UTO7408122F1204169ZE184226B<<<<<10");
        assert_eq!(
            zone.faults,
            ["check_digit_wrong:expiry", "check_digit_wrong:composite"]
        );
    }

    #[test]
    fn what_is_no_zone_is_named() {
        assert!(decode("").unwrap_err().why.starts_with("no line"));
        let why = decode("hello\nworld").unwrap_err().why;
        assert!(why.starts_with("lines of 5, 5 characters"), "{why}");
        assert!(
            decode(&"<".repeat(600))
                .unwrap_err()
                .why
                .contains("more than")
        );
    }

    #[test]
    fn a_specimen_is_read_back() {
        let specimen = Specimen {
            issuer: "KAZ",
            nationality: "KAZ",
            number: "N1234567",
            dob: "800229",
            sex: 'M',
            expiry: "310101",
            surname: "VAN DER BERG",
            given: "JAN PIETER",
        };
        let lines = encode(&specimen);
        let zone = decode_lines(&[&lines[0], &lines[1]]).unwrap();
        assert_eq!(zone.faults, [""; 0]);
        assert_eq!(
            (zone.surname.as_str(), zone.given.as_str()),
            ("VAN DER BERG", "JAN PIETER")
        );
        assert_eq!(zone.reading().issuer.as_deref(), Some("KZ"));
    }
}
