//! One spelling of a plate, so that a camera, a notification and an officer mean the same one.
//! It changes only how characters are written; it never corrects a misread (that is
//! [`crate::plate::fusion`], with all evidence shown).

use crate::limits::PLATE_CHARS;

/// Upper case; blanks, dashes and dots gone; full-width characters as ASCII; the Cyrillic letters
/// that Russian, Belarusian and Kyrgyz plates share with Latin written in Latin. `None` when
/// nothing is left or more than [`PLATE_CHARS`] characters are.
pub fn normalised(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut count = 0;
    for character in text.chars().take(8 * PLATE_CHARS) {
        if is_filler(character) {
            continue;
        }
        for upper in half_width(character).to_uppercase() {
            count += 1;
            if count > PLATE_CHARS {
                return None;
            }
            out.push(latin(upper));
        }
    }
    (!out.is_empty()).then_some(out)
}

fn is_filler(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '-' | '.'
                | '·'
                | '•'
                | '・'
                | '\u{2010}'..='\u{2015}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2212}'
                | '\u{ff0d}'
                | '\u{feff}'
        )
}

fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        it => it,
    }
}

/// GOST R 50577: the twelve letters of Russian plates, each drawn like a Latin one.
fn latin(character: char) -> char {
    match character {
        'А' => 'A',
        'В' => 'B',
        'Е' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        // Belarusian and Ukrainian plates.
        'І' => 'I',
        it => it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_plate_are_one() {
        for (text, expected) in [
            ("123 abc 02", "123ABC02"),
            ("  А 123 ВС-77 ", "A123BC77"),
            ("о539оа22", "O539OA22"),
            ("粤B·12345", "粤B12345"),
            ("ＡＢ１２３", "AB123"),
            ("ab.12-34", "AB1234"),
            ("8กผ444", "8กผ444"),
            ("B\u{200b}12", "B12"),
        ] {
            assert_eq!(normalised(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(normalised(" -. "), None);
        assert_eq!(normalised(&"A".repeat(PLATE_CHARS + 1)), None);
    }
}
