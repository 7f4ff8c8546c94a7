//! Vehicle identification numbers: ISO 3779 form, and the check digit of 49 CFR 565.15, which
//! binds only vehicles made for North America. Makers and model years are not looked up.

use crate::garbled::Garbled;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vin {
    /// Seventeen characters, upper case.
    pub number: String,
    pub check: VinCheck,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VinCheck {
    /// The world manufacturer identifier does not begin with 1 to 5: the ninth character may be
    /// anything.
    NotRequired,
    Right,
    Wrong,
}

impl Vin {
    /// World manufacturer identifier.
    pub fn wmi(&self) -> &str {
        self.number.get(..3).unwrap_or_default()
    }

    /// Whether the ninth character is the one computed, asked for or not.
    pub fn check_holds(&self) -> bool {
        self.number.chars().nth(8) == check_character(&self.number)
    }
}

/// Reads a number with blanks and dashes at its ends or between; letters in either case.
pub fn parse(text: &str) -> Result<Vin, Garbled> {
    let mut number = String::new();
    for (at, character) in text.char_indices() {
        if character.is_whitespace() || character == '\u{feff}' {
            continue;
        }
        let character = character.to_ascii_uppercase();
        if !character.is_ascii_alphanumeric() {
            let why = format!("{character} is no letter or digit of a VIN");
            return Err(Garbled::at(at, why));
        }
        if "IOQ".contains(character) {
            let why = format!("a VIN has no {character}: it looks like a digit");
            return Err(Garbled::at(at, why));
        }
        if number.len() == 17 {
            return Err(Garbled::at(at, "more than the 17 characters of a VIN"));
        }
        number.push(character);
    }
    if number.len() != 17 {
        let why = format!("{} characters; a VIN has 17", number.len());
        return Err(Garbled::at(text.len(), why));
    }
    let mut vin = Vin {
        number,
        check: VinCheck::NotRequired,
    };
    if vin.number.starts_with(['1', '2', '3', '4', '5']) {
        vin.check = if vin.check_holds() {
            VinCheck::Right
        } else {
            VinCheck::Wrong
        };
    }
    Ok(vin)
}

/// The ninth character that the other sixteen ask for (49 CFR 565.15, tables III and IV).
pub fn check_character(number: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let mut sum = 0;
    for (character, weight) in number.chars().zip(WEIGHTS) {
        let value = match character {
            '0'..='9' => character.to_digit(10)?,
            'A'..='H' => u32::from(character) - u32::from('A') + 1,
            'J'..='N' => u32::from(character) - u32::from('J') + 1,
            'P' => 7,
            'R' => 9,
            'S'..='Z' => u32::from(character) - u32::from('S') + 2,
            _ => return None,
        };
        sum += value * weight;
    }
    match sum % 11 {
        10 => Some('X'),
        it => char::from_digit(it, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_binds_north_america_only() {
        // The example of 49 CFR 565 as commonly printed: all ones check to one.
        assert_eq!(parse("11111111111111111").unwrap().check, VinCheck::Right);
        assert_eq!(parse("1M8GDM9AXKP042788").unwrap().check, VinCheck::Right);
        assert_eq!(parse("1M8GDM9A1KP042788").unwrap().check, VinCheck::Wrong);
        let german = parse("wdb1lfx7bu7fd1zmp").unwrap();
        assert_eq!((german.check, german.wmi()), (VinCheck::NotRequired, "WDB"));
    }

    #[test]
    fn each_fault_is_named() {
        for (text, at, why) in [
            ("1M8GDM9AXKP04278", 16, "16 characters; a VIN has 17"),
            (
                "1M8GDM9AXKP0427881",
                17,
                "more than the 17 characters of a VIN",
            ),
            (
                "1M8GDM9AXKPO42788",
                11,
                "a VIN has no O: it looks like a digit",
            ),
            ("1M8-DM9AXKP042788", 3, "- is no letter or digit of a VIN"),
        ] {
            assert_eq!(parse(text), Err(Garbled::at(at, why)));
        }
    }
}
