//! Names of drivers and carriers. All made up; no list of real persons or firms is drawn from.

use crate::chance::Chance;

/// A driver as the documents name them.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    pub surname: String,
    pub given: String,
    /// ISO 3166-1 alpha-2.
    pub nationality: String,
    /// `YYMMDD`.
    pub born: String,
}

impl Driver {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.surname, self.given)
    }
}

pub fn driver(chance: &mut Chance, country: &str) -> Driver {
    let (surnames, given): (&[&str], &[&str]) = match country {
        "CN" => (
            &["WANG", "LI", "ZHANG", "MA", "CHEN", "YANG"],
            &["WEI", "JUN", "LEI", "QIANG", "BO"],
        ),
        "RU" => (
            &[
                "BERYOZKIN",
                "LUGOVOY",
                "OSINTSEV",
                "RECHNOV",
                "SOSNIN",
                "TOPOLEV",
            ],
            &["ANDREY", "IGOR", "PAVEL", "STEPAN", "VIKTOR"],
        ),
        "UZ" => (
            &["ANHOROV", "BOGBONOV", "CHINOROV", "DARYOYEV", "TOGLIYEV"],
            &["AZIZ", "BOBUR", "JASUR", "OTABEK", "SHERZOD"],
        ),
        "KG" => (
            &["AK UULU", "ARCHABEKOV", "KENSUUEV", "TOOBEKOV", "TUNDUKOV"],
            &["AZAMAT", "BAKYT", "NURLAN", "TALANT", "URMAT"],
        ),
        _ => (
            &[
                "AKBULAKOV",
                "DALABEKOV",
                "KOKTEREKOV",
                "SARYARKIN",
                "TASTAKOV",
                "ZHARKENTOV",
            ],
            &["ASKAR", "BOLAT", "DAUREN", "MARAT", "NURZHAN", "SERIK"],
        ),
    };
    let surname = chance.one_of(surnames).to_string();
    let given = chance.one_of(given).to_string();
    let born = format!(
        "{:02}{:02}{:02}",
        62 + chance.below(38),
        1 + chance.below(12),
        1 + chance.below(28)
    );
    Driver {
        surname,
        given,
        nationality: country.to_owned(),
        born,
    }
}

/// A haulage firm.
pub fn carrier(chance: &mut Chance, country: &str) -> String {
    let names: &[&str] = match country {
        "CN" => &[
            "Tianshan Hengtong Logistics",
            "Ili River Transport",
            "Beilu Trucking",
            "Xihe Freight",
        ],
        "RU" => &[
            "OOO Stepnoy Put",
            "OOO Altai-Reys",
            "OOO Irtysh Cargo",
            "OOO Dalniy Trakt",
        ],
        "UZ" => &[
            "Zarafshon Yuk Tashish",
            "Karvon Yollari MChJ",
            "Oq Yol Trans",
        ],
        "KG" => &["OsOO Tuz Jol", "OsOO Ala-Too Cargo", "OsOO Kerben Express"],
        _ => &[
            "TOO Dala Trans",
            "TOO Zhol Serik",
            "TOO Kerbulak Logistics",
            "TOO Ertis Zhuk",
            "TOO Ulytau Freight",
        ],
    };
    chance.one_of(names).to_string()
}

/// Another trading firm, for consignor and consignee.
pub fn trader(chance: &mut Chance, country: &str) -> String {
    let first = chance.one_of(&[
        "Altyn", "Horizon", "Silk", "Meridian", "Qoral", "Sunrise", "Nomad", "Delta",
    ]);
    let second = chance.one_of(&[
        "Trading",
        "Foods",
        "Import",
        "Industries",
        "Supply",
        "Build",
    ]);
    let form = match country {
        "CN" => "Co., Ltd.",
        "RU" => "OOO",
        "UZ" => "MChJ",
        "KG" => "OsOO",
        _ => "TOO",
    };
    format!("{first} {second} {form}")
}
