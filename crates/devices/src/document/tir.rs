//! TIR carnet numbers: two letters and eight digits, as the IRU prints them (`XC.10766517`). Only
//! the form is judged: whether a carnet exists and is valid only the IRU's SafeTIR can say.

use crate::garbled::Garbled;

/// `XC10766517`: no dot, no blanks, upper case. Dots and blanks may stand anywhere between, as
/// the digits are printed in groups.
pub fn parse(text: &str) -> Result<String, Garbled> {
    let mut number = String::new();
    for (at, character) in text.char_indices() {
        if character.is_whitespace() || matches!(character, '.' | '-') {
            continue;
        }
        let character = character.to_ascii_uppercase();
        let wanted = match number.len() {
            0 | 1 if !character.is_ascii_uppercase() => "a TIR number begins with two letters",
            2..=9 if !character.is_ascii_digit() => "a TIR number has eight digits",
            10 => {
                return Err(Garbled::at(
                    at,
                    "a TIR number has two letters and eight digits",
                ));
            }
            _ => {
                number.push(character);
                continue;
            }
        };
        return Err(Garbled::at(at, format!("{wanted}, not {character}")));
    }
    if number.len() != 10 {
        let why = format!("{} characters; a TIR number has ten", number.len());
        return Err(Garbled::at(text.len(), why));
    }
    Ok(number)
}

/// As printed on the carnet.
pub fn encode(number: &str) -> String {
    match number.split_at_checked(2) {
        Some((letters, digits)) => format!("{letters}.{digits}"),
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_several_spellings() {
        for text in [
            "XC.10766517",
            "xc10766517",
            "XC 10 766 517",
            "XC.10.766.517\n",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("XC10766517"), "{text}");
        }
        assert_eq!(encode("XC10766517"), "XC.10766517");
    }

    #[test]
    fn each_fault_is_named() {
        for (text, at, why) in [
            (
                "X12345678",
                1,
                "a TIR number begins with two letters, not 1",
            ),
            ("XA1234O678", 6, "a TIR number has eight digits, not O"),
            ("XA123", 5, "5 characters; a TIR number has ten"),
            (
                "XA123456789",
                10,
                "a TIR number has two letters and eight digits",
            ),
        ] {
            assert_eq!(parse(text), Err(Garbled::at(at, why)), "{text}");
        }
    }
}
