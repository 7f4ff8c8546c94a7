//! Number plates in the formats of the countries whose trucks come, and ISO 6346 container
//! numbers. Drawn, not issued: a plate here may belong to nobody or to anybody.

use crate::chance::Chance;

/// Letters Russia uses on plates, as Latin.
const RU: &str = "ABEKMHOPCTYX";
/// Kazakhstan leaves out letters that look like others.
const KZ: &str = "ABCDEFHKLMNOPRSTUVXYZ";
const LATIN: &str = "ABCDEFGHJKLMNOPRSTUVWXYZ";

/// Plate of a tractor, normalised (upper case, no blanks); `country` is ISO 3166-1 alpha-2.
pub fn tractor(chance: &mut Chance, country: &str) -> String {
    match country {
        "RU" => {
            let first = chance.letters(RU, 1);
            let digits = chance.digits(3);
            let rest = chance.letters(RU, 2);
            let region = *chance.one_of(&["22", "54", "55", "63", "74", "154", "174", "77", "116"]);
            format!("{first}{digits}{rest}{region}")
        }
        "CN" => {
            let province = *chance.one_of(&["新", "甘", "陕", "京", "川", "粤"]);
            let city = chance.letters("ABCDEFGHJK", 1);
            let number = chance.digits(4);
            let last = chance.letters("ABCDEFGHJKLMNPQRSTUVWXYZ", 1);
            format!("{province}{city}{number}{last}")
        }
        "UZ" => {
            let region = *chance.one_of(&["01", "10", "20", "25", "30", "40", "60", "70", "80"]);
            let digits = chance.digits(3);
            let letters = chance.letters(LATIN, 3);
            format!("{region}{digits}{letters}")
        }
        "KG" => {
            let region = 1 + chance.below(9);
            let digits = chance.digits(3);
            let letters = chance.letters(LATIN, 3);
            format!("0{region}{digits}{letters}")
        }
        _ => {
            let digits = chance.digits(3);
            let letters = if chance.happens(0.7) { 2 } else { 3 };
            let letters = chance.letters(KZ, letters);
            format!("{digits}{letters}{}", region(chance))
        }
    }
}

/// Plate of a semi-trailer.
pub fn trailer(chance: &mut Chance, country: &str) -> String {
    match country {
        "RU" => {
            let letters = chance.letters(RU, 2);
            let digits = chance.digits(4);
            let region = *chance.one_of(&["22", "54", "55", "63", "74", "77"]);
            format!("{letters}{digits}{region}")
        }
        "CN" => {
            let province = *chance.one_of(&["新", "甘", "陕"]);
            let city = chance.letters("ABCDEFGHJK", 1);
            let digits = chance.digits(4);
            format!("{province}{city}{digits}挂")
        }
        "UZ" | "KG" => tractor(chance, country),
        _ => {
            let digits = chance.digits(2);
            let letters = chance.letters(KZ, 3);
            format!("{digits}{letters}{}", region(chance))
        }
    }
}

fn region(chance: &mut Chance) -> String {
    format!("{:02}", 1 + chance.below(20))
}

/// A container number with its check digit (ISO 6346:2022, 6.2 and annex A).
pub fn container(chance: &mut Chance) -> String {
    let owner = *chance.one_of(&["MSKU", "TGHU", "TEMU", "RKOU", "CXIU", "TRIU", "CAIU"]);
    loop {
        let body = format!("{owner}{}", chance.digits(6));
        // ISO advises against serials whose check value is 10.
        if let Some(digit @ 0..=9) = check_value(&body) {
            return format!("{body}{digit}");
        }
    }
}

/// Check value of the ten characters before the check digit, 0..=10; `None` when they are not
/// four letters and six digits.
fn check_value(body: &str) -> Option<u32> {
    if body.len() != 10 {
        return None;
    }
    let mut sum = 0;
    for (at, byte) in body.bytes().enumerate() {
        let value = match byte {
            b'0'..=b'9' if at >= 4 => u32::from(byte - b'0'),
            // Letters count from 10 and skip the multiples of 11.
            b'A'..=b'Z' if at < 4 => match u32::from(byte - b'A') {
                0 => 10,
                it @ 1..=10 => it + 11,
                it @ 11..=20 => it + 12,
                it => it + 13,
            },
            _ => return None,
        };
        sum += value << at;
    }
    Some(sum % 11)
}

/// The plate as a camera may confuse it: one character exchanged for one that looks like it.
pub fn confused(chance: &mut Chance, plate: &str) -> String {
    const LIKE: [(char, char); 12] = [
        ('0', 'O'),
        ('O', '0'),
        ('8', 'B'),
        ('B', '8'),
        ('5', 'S'),
        ('S', '5'),
        ('1', 'I'),
        ('2', 'Z'),
        ('Z', '2'),
        ('6', 'G'),
        ('D', '0'),
        ('7', 'T'),
    ];
    let letters: Vec<char> = plate.chars().collect();
    let places: Vec<usize> = (0..letters.len())
        .filter(|&at| LIKE.iter().any(|(from, _)| *from == letters[at]))
        .collect();
    if places.is_empty() {
        return letters[..letters.len().saturating_sub(1)].iter().collect();
    }
    let place = *chance.one_of(&places);
    letters
        .iter()
        .enumerate()
        .map(|(at, &it)| {
            let like = LIKE.iter().find(|(from, _)| at == place && *from == it);
            like.map_or(it, |(_, to)| *to)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_values_skip_multiples_of_eleven() {
        // A = 10, B = 12, K = 21, L = 23, U = 32, V = 34, Z = 38 (ISO 6346 table A.1), weighed
        // at the first place, where the weight is 1.
        let value = |letter: char| {
            // "AAA000000" after the letter adds 10 * (2 + 4 + 8) = 140.
            (0..11).find(|v| (v + 140) % 11 == check_value(&format!("{letter}AAA000000")).unwrap())
        };
        for (letter, expected) in [
            ('A', 10),
            ('B', 12),
            ('K', 21),
            ('L', 23),
            ('U', 32),
            ('V', 34),
            ('Z', 38),
        ] {
            assert_eq!(value(letter), Some(expected % 11), "{letter}");
        }
    }

    #[test]
    fn known_containers_check() {
        for code in [
            "MSKU6902158",
            "RKOU7229599",
            "TGHU5766505",
            "TRIU9063086",
            "TEMU8865520",
        ] {
            let digit = u32::from(code.as_bytes()[10] - b'0');
            assert_eq!(check_value(&code[..10]), Some(digit), "{code}");
        }
    }

    #[test]
    fn a_confused_plate_differs() {
        for index in 0..500 {
            let mut chance = Chance::of(3, "plate", index);
            let country = *chance.one_of(&["KZ", "CN", "RU", "UZ", "KG"]);
            let plate = tractor(&mut chance, country);
            assert_ne!(confused(&mut chance, &plate), plate);
        }
    }
}
