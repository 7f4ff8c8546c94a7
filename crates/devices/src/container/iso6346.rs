//! ISO 6346:2022: owner code, category, serial number, check digit, and the size and type code.
//!
//! **A right check digit proves little.** Of single wrong characters about one in twenty passes
//! it (measured on a corpus of corrupted numbers), and a computed 10 is printed as 0, so that two
//! values share one digit: such a number is [`CheckDigit::TenPrintedZero`], weaker than
//! [`CheckDigit::Right`]. Whoever accepts a number wants a second camera or the notification
//! beside it. Owner codes are not looked up here: the BIC register is not public data.

use domain::reading::{CheckDigit, ContainerReading};

use crate::garbled::Garbled;
use crate::limits::FIELD_CHARS;

/// A container number taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerCode {
    /// Three letters.
    pub owner: String,
    pub category: Category,
    /// Six digits.
    pub serial: String,
    /// As printed.
    pub check_printed: u8,
    /// 0 to 10.
    pub check_computed: u8,
    /// e.g. `45G1`, when the text held one.
    pub size_type: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// U: freight container.
    Freight,
    /// J: detachable equipment.
    Equipment,
    /// Z: trailer or chassis.
    Trailer,
}

impl Category {
    pub fn letter(self) -> char {
        match self {
            Category::Freight => 'U',
            Category::Equipment => 'J',
            Category::Trailer => 'Z',
        }
    }

    fn of(letter: char) -> Option<Category> {
        match letter {
            'U' => Some(Category::Freight),
            'J' => Some(Category::Equipment),
            'Z' => Some(Category::Trailer),
            _ => None,
        }
    }
}

impl ContainerCode {
    /// Owner, category, serial and printed check digit: eleven characters.
    pub fn code(&self) -> String {
        let (owner, serial) = (&self.owner, &self.serial);
        format!(
            "{owner}{}{serial}{}",
            self.category.letter(),
            self.check_printed
        )
    }

    pub fn check_digit(&self) -> CheckDigit {
        match (self.check_computed, self.check_printed) {
            (10, 0) => CheckDigit::TenPrintedZero,
            (computed, printed) if computed == printed => CheckDigit::Right,
            _ => CheckDigit::Wrong,
        }
    }

    /// `confidence` is the camera's own, 0..=1.
    pub fn reading(&self, confidence: Option<f64>) -> ContainerReading {
        ContainerReading {
            code: self.code(),
            check_digit: self.check_digit(),
            size_type: self.size_type.clone(),
            confidence: confidence.filter(|it| (0.0..=1.0).contains(it)),
            pictures: Vec::new(),
        }
    }
}

/// Reads `MSKU 690215 8`, `MSKU6902158 45G1`, with blanks, dashes and line breaks anywhere. A
/// wrong check digit is no fault of form: it is told by [`ContainerCode::check_digit`].
pub fn parse(text: &str) -> Result<ContainerCode, Garbled> {
    let mut characters: Vec<(usize, char)> = Vec::new();
    for (at, character) in text.char_indices() {
        if character.is_whitespace() || matches!(character, '-' | '.' | '/' | '\u{feff}' | '\0') {
            continue;
        }
        if characters.len() >= FIELD_CHARS {
            return Err(Garbled::at(at, "too long for a container number"));
        }
        characters.push((at, character.to_ascii_uppercase()));
    }
    let length = characters.len();
    if length != 11 && length != 15 {
        return Err(Garbled::at(
            text.len(),
            format!("{length} characters; a container number has 11, with size and type 15"),
        ));
    }
    for (place, (at, it)) in characters.iter().take(11).enumerate() {
        let wanted = match place {
            0..=2 if !it.is_ascii_uppercase() => "the owner code is three letters",
            3 if Category::of(*it).is_none() => "the category is U, J or Z",
            4..=9 if !it.is_ascii_digit() => "the serial number is six digits",
            10 if !it.is_ascii_digit() => "the check digit is a digit",
            _ => continue,
        };
        return Err(Garbled::at(*at, format!("{wanted}, not {it}")));
    }
    let part = |from: usize, to: usize| -> String {
        characters[from..to].iter().map(|(_, it)| *it).collect()
    };
    let size_type = (length == 15).then(|| part(11, 15));
    if let Some(code) = &size_type
        && !is_size_type(code)
    {
        return Err(Garbled::at(
            characters[11].0,
            format!("{code} is no size and type code"),
        ));
    }
    let category = Category::of(characters[3].1);
    Ok(ContainerCode {
        owner: part(0, 3),
        category: category.unwrap_or(Category::Freight),
        serial: part(4, 10),
        check_printed: digit(characters[10].1),
        check_computed: check_computed(&part(0, 10)),
        size_type,
    })
}

/// Length (digit or letter), height and width (digit or letter), type (letter and digit or
/// letter): `22G1`, `45G1`, `L5R1`, `25T0`.
pub fn is_size_type(code: &str) -> bool {
    let characters: Vec<char> = code.chars().collect();
    matches!(characters.as_slice(), [length, height, kind, detail]
        if "1234ABCDEFGHKLMNP".contains(*length)
            && "0245689CDEFLMNP".contains(*height)
            && "GVBSRHUTKNPA".contains(*kind)
            && (detail.is_ascii_digit() || detail.is_ascii_uppercase()))
}

/// The sum of ISO 6346 annex A over ten characters, modulo 11: 0 to 10. Letters count from A = 10
/// leaving out the multiples of 11.
pub fn check_computed(ten: &str) -> u8 {
    let mut sum = 0_u32;
    let mut weight = 1_u32;
    for character in ten.chars().take(10) {
        let value = match character {
            '0'..='9' => u32::from(digit(character)),
            'A'..='Z' => {
                let plain = u32::from(character) - u32::from('A');
                10 + plain + u32::from(plain >= 1) + u32::from(plain >= 11) + u32::from(plain >= 21)
            }
            _ => 0,
        };
        sum += value * weight;
        weight *= 2;
    }
    u8::try_from(sum % 11).unwrap_or(0)
}

fn digit(character: char) -> u8 {
    character
        .to_digit(10)
        .and_then(|it| u8::try_from(it).ok())
        .unwrap_or(0)
}

/// The number as printed on a container, and the size and type below it.
pub fn encode(reading: &ContainerReading) -> String {
    let (head, tail) = reading
        .code
        .split_at_checked(10)
        .unwrap_or((&reading.code, ""));
    let (owner, serial) = head.split_at_checked(4).unwrap_or((head, ""));
    let size_type = reading
        .size_type
        .as_deref()
        .map(|it| format!(" {it}"))
        .unwrap_or_default();
    format!("{owner} {serial} {tail}{size_type}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_leave_out_the_multiples_of_eleven() {
        // ISO 6346 annex A, table A.1.
        let values = [
            10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34,
            35, 36, 37, 38,
        ];
        for (letter, value) in ('A'..='Z').zip(values) {
            // Alone in the first place its weight is 1.
            assert_eq!(
                u32::from(check_computed(&format!("{letter}000000000"))),
                value % 11
            );
        }
    }

    #[test]
    fn the_standard_s_example_in_several_spellings() {
        for text in [
            "CSQU3054383",
            "csqu 305438 3",
            "CSQU-305438-3\r\n",
            "CSQU 305438 3 22G1",
        ] {
            let code = parse(text).unwrap();
            assert_eq!(
                (code.code().as_str(), code.check_digit()),
                ("CSQU3054383", CheckDigit::Right)
            );
        }
        assert_eq!(
            parse("CSQU3054383 45G1").unwrap().size_type.as_deref(),
            Some("45G1")
        );
    }

    #[test]
    fn each_fault_is_named() {
        for (text, at, why) in [
            (
                "CSQU305438",
                10,
                "10 characters; a container number has 11, with size and type 15",
            ),
            ("CS1U3054383", 2, "the owner code is three letters, not 1"),
            ("CSQX3054383", 3, "the category is U, J or Z, not X"),
            ("CSQU30S4383", 6, "the serial number is six digits, not S"),
            ("CSQU305438?", 10, "the check digit is a digit, not ?"),
            ("CSQU3054383 XXXX", 12, "XXXX is no size and type code"),
        ] {
            assert_eq!(parse(text), Err(Garbled::at(at, why)));
        }
        assert_eq!(
            parse("CSQU3054384").unwrap().check_digit(),
            CheckDigit::Wrong
        );
    }

    #[test]
    fn a_computed_ten_is_weaker() {
        let code = parse("CMAU9772490").unwrap();
        assert_eq!(code.check_computed, 10);
        assert_eq!(code.check_digit(), CheckDigit::TenPrintedZero);
    }
}
