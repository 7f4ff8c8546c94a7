//! Which countries' plates a text could be, and the country codes cameras write. The formats are
//! a help for fusion and for the officer's screen, never a reason to drop a read: they are from
//! memory and public tables, and countries add series.

/// Country codes cameras and documents use: ISO 3166-1 alpha-2, alpha-3, the English short name
/// in lower case. Neighbours, transit partners and the plates usually met on Eurasian roads.
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "ARE", "united arab emirates"),
    ("AF", "AFG", "afghanistan"),
    ("AL", "ALB", "albania"),
    ("AM", "ARM", "armenia"),
    ("AT", "AUT", "austria"),
    ("AZ", "AZE", "azerbaijan"),
    ("BA", "BIH", "bosnia and herzegovina"),
    ("BE", "BEL", "belgium"),
    ("BG", "BGR", "bulgaria"),
    ("BY", "BLR", "belarus"),
    ("CA", "CAN", "canada"),
    ("CH", "CHE", "switzerland"),
    ("CN", "CHN", "china"),
    ("CY", "CYP", "cyprus"),
    ("CZ", "CZE", "czechia"),
    ("DE", "DEU", "germany"),
    ("DK", "DNK", "denmark"),
    ("EE", "EST", "estonia"),
    ("ES", "ESP", "spain"),
    ("FI", "FIN", "finland"),
    ("FR", "FRA", "france"),
    ("GB", "GBR", "united kingdom"),
    ("GE", "GEO", "georgia"),
    ("GR", "GRC", "greece"),
    ("HK", "HKG", "hong kong"),
    ("HR", "HRV", "croatia"),
    ("HU", "HUN", "hungary"),
    ("IE", "IRL", "ireland"),
    ("IL", "ISR", "israel"),
    ("IN", "IND", "india"),
    ("IQ", "IRQ", "iraq"),
    ("IR", "IRN", "iran"),
    ("IT", "ITA", "italy"),
    ("JP", "JPN", "japan"),
    ("KG", "KGZ", "kyrgyzstan"),
    ("KR", "KOR", "south korea"),
    ("KZ", "KAZ", "kazakhstan"),
    ("LT", "LTU", "lithuania"),
    ("LU", "LUX", "luxembourg"),
    ("LV", "LVA", "latvia"),
    ("MD", "MDA", "moldova"),
    ("ME", "MNE", "montenegro"),
    ("MK", "MKD", "north macedonia"),
    ("MN", "MNG", "mongolia"),
    ("NL", "NLD", "netherlands"),
    ("NO", "NOR", "norway"),
    ("PK", "PAK", "pakistan"),
    ("PL", "POL", "poland"),
    ("PT", "PRT", "portugal"),
    ("RO", "ROU", "romania"),
    ("RS", "SRB", "serbia"),
    ("RU", "RUS", "russia"),
    ("SA", "SAU", "saudi arabia"),
    ("SE", "SWE", "sweden"),
    ("SI", "SVN", "slovenia"),
    ("SK", "SVK", "slovakia"),
    ("SY", "SYR", "syria"),
    ("TH", "THA", "thailand"),
    ("TJ", "TJK", "tajikistan"),
    ("TM", "TKM", "turkmenistan"),
    ("TR", "TUR", "turkey"),
    ("UA", "UKR", "ukraine"),
    ("US", "USA", "united states"),
    ("UZ", "UZB", "uzbekistan"),
    ("VN", "VNM", "vietnam"),
];

/// ISO 3166-1 alpha-2 of a code or English name; `us-ca` gives `US`. `None` for what is not in
/// the table: it is then kept as the camera wrote it.
pub fn alpha2(code: &str) -> Option<&'static str> {
    let code = code.trim();
    let whole = COUNTRIES.iter().find(|(two, three, name)| {
        code.eq_ignore_ascii_case(two)
            || code.eq_ignore_ascii_case(three)
            || code.eq_ignore_ascii_case(name)
    });
    if let Some((two, _, _)) = whole {
        return Some(two);
    }
    let (head, _) = code.split_once('-')?;
    COUNTRIES
        .iter()
        .find(|(two, _, _)| head.eq_ignore_ascii_case(two))
        .map(|(two, _, _)| *two)
}

/// ISO 3166-1 alpha-3 of an alpha-2 code of the table.
pub fn alpha3(alpha2: &str) -> Option<&'static str> {
    COUNTRIES
        .iter()
        .find(|(two, _, _)| *two == alpha2)
        .map(|(_, three, _)| *three)
}

/// One element of a format: a set of characters and how many of them.
struct Run {
    set: Set,
    least: usize,
    most: usize,
}

#[derive(Clone, Copy)]
enum Set {
    Digit,
    /// A to Z.
    Latin,
    /// The twelve letters of GOST R 50577.
    Russian,
    /// The letters of Belarusian plates.
    Belarusian,
    /// A to Z and the German umlauts.
    German,
    /// A to Z without I and O, and digits (GA 36).
    Chinese,
    LatinOrDigit,
    /// The character of a Chinese province.
    Han,
    /// Exactly this character.
    Is(char),
    /// A digit from 1 to this one.
    UpTo(char),
}

impl Set {
    fn holds(self, it: char) -> bool {
        match self {
            Set::Digit => it.is_ascii_digit(),
            Set::Latin => it.is_ascii_uppercase(),
            Set::Russian => "ABEKMHOPCTYX".contains(it),
            Set::Belarusian => "ABEIKMHOPCTX".contains(it),
            Set::German => it.is_ascii_uppercase() || "ÄÖÜ".contains(it),
            Set::Chinese => {
                (it.is_ascii_uppercase() && it != 'I' && it != 'O') || it.is_ascii_digit()
            }
            Set::LatinOrDigit => it.is_ascii_uppercase() || it.is_ascii_digit(),
            Set::Han => ('\u{4e00}'..='\u{9fa5}').contains(&it),
            Set::Is(wanted) => it == wanted,
            Set::UpTo(last) => ('1'..=last).contains(&it),
        }
    }
}

struct Format {
    country: &'static str,
    kind: &'static str,
    runs: &'static [Run],
    /// Numbers of regions, where the format has them: at the front or at the end.
    region: Region,
}

enum Region {
    None,
    /// The last two digits, from 01 to this.
    LastUpTo(u32),
    /// The first two digits, from 01 to this.
    FirstUpTo(u32),
}

const fn run(set: Set, least: usize, most: usize) -> Run {
    Run { set, least, most }
}

const fn exactly(set: Set, count: usize) -> Run {
    Run {
        set,
        least: count,
        most: count,
    }
}

macro_rules! format_of {
    ($country:literal $kind:literal $region:expr; $($run:expr),+) => {
        Format { country: $country, kind: $kind, runs: &[$($run),+], region: $region }
    };
}

use Set::{Belarusian, Chinese, Digit, German, Han, Is, Latin, LatinOrDigit, Russian, UpTo};

const FORMATS: &[Format] = &[
    format_of!("KZ" "civil_2012" Region::LastUpTo(20); exactly(Digit, 3), exactly(Latin, 3), exactly(Digit, 2)),
    format_of!("KZ" "legal_2012" Region::LastUpTo(20); exactly(Digit, 3), exactly(Latin, 2), exactly(Digit, 2)),
    format_of!("KZ" "trailer_2012" Region::LastUpTo(20); exactly(Digit, 2), exactly(Latin, 3), exactly(Digit, 2)),
    format_of!("KZ" "civil_1993" Region::None; exactly(Latin, 1), exactly(Digit, 3), run(Latin, 2, 3)),
    format_of!("RU" "civil" Region::None; exactly(Russian, 1), exactly(Digit, 3), exactly(Russian, 2), run(Digit, 2, 3)),
    format_of!("RU" "trailer" Region::None; exactly(Russian, 2), exactly(Digit, 4), run(Digit, 2, 3)),
    format_of!("KG" "2016" Region::None; exactly(Is('0'), 1), exactly(UpTo('9'), 1), exactly(Digit, 3), exactly(Latin, 3)),
    format_of!("KG" "2016_with_kg" Region::None; exactly(Is('0'), 1), exactly(UpTo('9'), 1), exactly(Is('K'), 1), exactly(Is('G'), 1), exactly(Digit, 3), exactly(Latin, 3)),
    format_of!("UZ" "civil" Region::None; exactly(Digit, 2), exactly(Latin, 1), exactly(Digit, 3), exactly(Latin, 2)),
    format_of!("UZ" "legal" Region::None; exactly(Digit, 5), exactly(Latin, 3)),
    format_of!("CN" "blue" Region::None; exactly(Han, 1), exactly(Latin, 1), exactly(Chinese, 5)),
    format_of!("CN" "new_energy" Region::None; exactly(Han, 1), exactly(Latin, 1), exactly(Chinese, 6)),
    format_of!("CN" "trailer" Region::None; exactly(Han, 1), exactly(Latin, 1), exactly(Chinese, 4), exactly(Is('挂'), 1)),
    format_of!("TR" "std" Region::FirstUpTo(81); exactly(Digit, 2), run(Latin, 1, 3), run(Digit, 2, 5)),
    format_of!("BY" "2004" Region::None; exactly(Digit, 4), exactly(Belarusian, 2), exactly(UpTo('8'), 1)),
    format_of!("BY" "truck_2004" Region::None; exactly(Belarusian, 2), exactly(Digit, 4), exactly(UpTo('8'), 1)),
    format_of!("BY" "trailer_2004" Region::None; exactly(Belarusian, 1), exactly(Digit, 4), exactly(Belarusian, 1), exactly(UpTo('8'), 1)),
    format_of!("PL" "std" Region::None; run(Latin, 2, 3), run(LatinOrDigit, 4, 5)),
    format_of!("LT" "std" Region::None; exactly(Latin, 3), exactly(Digit, 3)),
    format_of!("LT" "trailer" Region::None; exactly(Latin, 2), exactly(Digit, 3)),
    format_of!("DE" "std" Region::None; run(German, 1, 3), run(Latin, 1, 2), run(Digit, 1, 4)),
];

/// Every (country, kind) whose format a normalised plate has, in the table's order.
pub fn formats(plate: &str) -> Vec<(&'static str, &'static str)> {
    let characters: Vec<char> = plate.chars().collect();
    FORMATS
        .iter()
        .filter(|it| fits(it.runs, &characters) && it.region.fits(&characters))
        .map(|it| (it.country, it.kind))
        .collect()
}

fn fits(runs: &[Run], characters: &[char]) -> bool {
    let Some((first, rest)) = runs.split_first() else {
        return characters.is_empty();
    };
    let longest = characters
        .iter()
        .take(first.most)
        .take_while(|it| first.set.holds(**it))
        .count();
    (first.least..=longest).any(|count| fits(rest, &characters[count..]))
}

impl Region {
    fn fits(&self, characters: &[char]) -> bool {
        let number = |digits: &[char]| {
            digits
                .iter()
                .try_fold(0_u32, |sum, it| Some(sum * 10 + it.to_digit(10)?))
        };
        match self {
            Region::None => true,
            Region::LastUpTo(last) => number(&characters[characters.len().saturating_sub(2)..])
                .is_some_and(|it| (1..=*last).contains(&it)),
            Region::FirstUpTo(last) => number(&characters[..characters.len().min(2)])
                .is_some_and(|it| (1..=*last).contains(&it)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_three_spellings() {
        for code in ["KZ", "kaz", "Kazakhstan", "kz-02"] {
            assert_eq!(alpha2(code), Some("KZ"), "{code}");
        }
        assert_eq!(alpha2("mo"), None);
        assert_eq!(alpha2("46"), None);
        assert_eq!(alpha3("KG"), Some("KGZ"));
    }

    #[test]
    fn regions_bound_the_formats() {
        assert_eq!(formats("123ABC02"), [("KZ", "civil_2012")]);
        assert_eq!(formats("123ABC21"), []);
        assert!(formats("34AB1234").contains(&("TR", "std")));
        assert_eq!(formats("82AB1234"), []);
        assert_eq!(formats("00AB1234"), []);
        assert_eq!(formats(""), []);
    }
}
