//! Documents on board: numbers, validity, fields as a reader would lift them off the page, and a
//! machine-readable zone where the document has one (ICAO 9303 part 4, TD3). Not a judgement of
//! what is missing: a truck simply carries fewer papers.

use domain::reading::DocumentKind;
use domain::unit::UtcMs;

use crate::chance::Chance;
use crate::traffic::people::Driver;

pub const DAY_MS: i64 = 86_400_000;

/// One document as it lies on the reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    pub kind: DocumentKind,
    pub number: String,
    pub expires_at: Option<UtcMs>,
    /// ISO 3166-1 alpha-2.
    pub issuer: String,
    /// Names as in `domain::reading::DocumentField`.
    pub fields: Vec<(String, String)>,
    /// Lines of the machine-readable zone.
    pub mrz: Vec<String>,
}

/// What the papers of one truck say in common.
pub struct Journey<'a> {
    pub arrives_at: UtcMs,
    pub vehicle_country: &'a str,
    pub tractor_plate: &'a str,
    pub trailer_plate: Option<&'a str>,
    pub driver: &'a Driver,
    pub carrier: &'a str,
    pub consignor: String,
    pub consignee: String,
    pub from_country: &'a str,
    pub to_country: &'a str,
    pub goods: &'a [domain::notification::GoodsItem],
    pub containers: &'a [String],
}

impl Journey<'_> {
    fn fresh(&self, chance: &mut Chance) -> Option<UtcMs> {
        Some(
            self.arrives_at
                .plus_ms(DAY_MS * (40 + chance.below(900) as i64)),
        )
    }

    fn vehicle_field(&self) -> (String, String) {
        ("vehicle_reg_id".into(), self.tractor_plate.into())
    }

    /// The driver's passport, with its machine-readable zone.
    pub fn passport(&self, chance: &mut Chance) -> Paper {
        let number = format!("{}{}", chance.letters("ABCDEHKNP", 1), chance.digits(8));
        let expires_at = self
            .arrives_at
            .plus_ms(DAY_MS * (200 + chance.below(2500) as i64));
        let mrz = td3(self.driver, &number, expires_at);
        Paper {
            kind: DocumentKind::Passport,
            number,
            expires_at: Some(expires_at),
            issuer: self.driver.nationality.clone(),
            fields: vec![
                ("surname".into(), self.driver.surname.clone()),
                ("given_names".into(), self.driver.given.clone()),
                ("nationality".into(), self.driver.nationality.clone()),
            ],
            mrz,
        }
    }

    pub fn licence(&self, chance: &mut Chance) -> Paper {
        Paper {
            kind: DocumentKind::DriverLicence,
            number: format!("{}{}", chance.letters("ABCEHKMT", 2), chance.digits(6)),
            expires_at: self.fresh(chance),
            issuer: self.driver.nationality.clone(),
            fields: vec![
                ("driver".into(), self.driver.full_name()),
                ("categories".into(), "C,CE".into()),
            ],
            mrz: vec![],
        }
    }

    pub fn registration(&self, chance: &mut Chance) -> Paper {
        let mut fields = vec![self.vehicle_field()];
        if let Some(trailer) = self.trailer_plate {
            fields.push(("trailer_reg_id".into(), trailer.into()));
        }
        Paper {
            kind: DocumentKind::VehicleRegistration,
            number: format!("{}{}", chance.letters("ABCEHKMT", 2), chance.digits(8)),
            expires_at: None,
            issuer: self.vehicle_country.into(),
            fields,
            mrz: vec![],
        }
    }

    pub fn insurance(&self, chance: &mut Chance) -> Paper {
        Paper {
            kind: DocumentKind::Insurance,
            number: format!("OGPO-{}", chance.digits(9)),
            expires_at: self.fresh(chance),
            issuer: "KZ".into(),
            fields: vec![self.vehicle_field()],
            mrz: vec![],
        }
    }

    /// Consignment note (CMR convention, article 6).
    pub fn cmr(&self, chance: &mut Chance) -> Paper {
        let gross: u32 = self.goods.iter().map(|it| it.gross_kg).sum();
        let mut fields = vec![
            self.vehicle_field(),
            ("consignor".into(), self.consignor.clone()),
            ("consignee".into(), self.consignee.clone()),
            ("carrier".into(), self.carrier.into()),
            ("gross_mass_kg".into(), gross.to_string()),
        ];
        fields.extend(
            self.goods
                .iter()
                .map(|it| ("commodity_code".into(), it.hs.clone())),
        );
        fields.extend(
            self.containers
                .iter()
                .map(|it| ("container_id".into(), it.clone())),
        );
        Paper {
            kind: DocumentKind::Cmr,
            number: format!("CMR-{}", chance.digits(7)),
            expires_at: None,
            issuer: self.from_country.into(),
            fields,
            mrz: vec![],
        }
    }

    pub fn invoice(&self, chance: &mut Chance) -> Paper {
        let net: u32 = self.goods.iter().map(|it| it.net_kg).sum();
        let mut fields = vec![
            ("consignor".into(), self.consignor.clone()),
            ("consignee".into(), self.consignee.clone()),
            ("net_mass_kg".into(), net.to_string()),
            (
                "amount".into(),
                format!("{}.00", 8_000 + chance.below(190_000)),
            ),
            (
                "currency".into(),
                chance.one_of(&["USD", "EUR", "CNY"]).to_string(),
            ),
        ];
        fields.extend(
            self.goods
                .iter()
                .map(|it| ("commodity_code".into(), it.hs.clone())),
        );
        Paper {
            kind: DocumentKind::Invoice,
            number: format!("INV-{}", chance.digits(6)),
            expires_at: None,
            issuer: self.from_country.into(),
            fields,
            mrz: vec![],
        }
    }

    pub fn tir(&self, chance: &mut Chance) -> Paper {
        Paper {
            kind: DocumentKind::TirCarnet,
            number: format!("{}X{}", chance.letters("XYZM", 1), chance.digits(8)),
            expires_at: Some(
                self.arrives_at
                    .plus_ms(DAY_MS * (10 + chance.below(60) as i64)),
            ),
            issuer: self.vehicle_country.into(),
            fields: vec![
                self.vehicle_field(),
                ("carrier".into(), self.carrier.into()),
            ],
            mrz: vec![],
        }
    }

    pub fn transit(&self, chance: &mut Chance) -> Paper {
        let gross: u32 = self.goods.iter().map(|it| it.gross_kg).sum();
        Paper {
            kind: DocumentKind::TransitDeclaration,
            number: format!(
                "{}/{}/{}",
                chance.digits(8),
                chance.digits(6),
                chance.digits(7)
            ),
            expires_at: None,
            issuer: self.from_country.into(),
            fields: vec![
                self.vehicle_field(),
                ("gross_mass_kg".into(), gross.to_string()),
            ],
            mrz: vec![],
        }
    }

    /// Permit for international carriage between two countries.
    pub fn transport_permit(&self, chance: &mut Chance) -> Paper {
        Paper {
            kind: DocumentKind::TransportPermit,
            number: format!("KZ{}{}", chance.letters("ABCDE", 1), chance.digits(6)),
            expires_at: Some(
                self.arrives_at
                    .plus_ms(DAY_MS * (15 + chance.below(300) as i64)),
            ),
            issuer: "KZ".into(),
            fields: vec![
                self.vehicle_field(),
                ("carrier".into(), self.carrier.into()),
            ],
            mrz: vec![],
        }
    }

    pub fn certificate(&self, chance: &mut Chance, kind: DocumentKind) -> Paper {
        let prefix = match kind {
            DocumentKind::VeterinaryCertificate => "VET",
            DocumentKind::PhytosanitaryCertificate => "PHY",
            DocumentKind::SanitaryCertificate => "SAN",
            DocumentKind::DangerousGoodsCertificate => "ADR",
            _ => "CRT",
        };
        let mut fields = vec![
            self.vehicle_field(),
            ("consignor".into(), self.consignor.clone()),
        ];
        fields.extend(
            self.goods
                .iter()
                .map(|it| ("commodity_code".into(), it.hs.clone())),
        );
        Paper {
            kind,
            number: format!("{prefix}-{}", chance.digits(8)),
            expires_at: Some(
                self.arrives_at
                    .plus_ms(DAY_MS * (5 + chance.below(40) as i64)),
            ),
            issuer: self.from_country.into(),
            fields,
            mrz: vec![],
        }
    }
}

/// The two lines of a passport (ICAO 9303-4, 4.2).
pub fn td3(driver: &Driver, number: &str, expires_at: UtcMs) -> Vec<String> {
    let state = alpha3(&driver.nationality);
    let name = |text: &str| text.replace([' ', '-'], "<");
    let mut first = format!(
        "P<{state}{}<<{}",
        name(&driver.surname),
        name(&driver.given)
    );
    first.truncate(44);
    while first.len() < 44 {
        first.push('<');
    }
    let mut number = number.to_owned();
    while number.len() < 9 {
        number.push('<');
    }
    number.truncate(9);
    let number = format!("{number}{}", check_digit(&number));
    let born = format!("{}{}", driver.born, check_digit(&driver.born));
    let (year, month, day) = civil(expires_at);
    let expiry = format!("{:02}{month:02}{day:02}", year.rem_euclid(100));
    let expiry = format!("{expiry}{}", check_digit(&expiry));
    let optional = "<<<<<<<<<<<<<<0";
    let all = check_digit(&format!("{number}{born}{expiry}{optional}"));
    vec![
        first,
        format!("{number}{state}{born}M{expiry}{optional}{all}"),
    ]
}

/// Weights 7, 3, 1; letters count from 10, the filler is 0 (ICAO 9303-3, 4.9).
fn check_digit(text: &str) -> u32 {
    text.bytes()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(byte, weight)| {
            weight
                * match byte {
                    b'0'..=b'9' => u32::from(byte - b'0'),
                    b'A'..=b'Z' => u32::from(byte - b'A') + 10,
                    _ => 0,
                }
        })
        .sum::<u32>()
        % 10
}

fn alpha3(country: &str) -> &'static str {
    match country {
        "CN" => "CHN",
        "RU" => "RUS",
        "UZ" => "UZB",
        "KG" => "KGZ",
        _ => "KAZ",
    }
}

/// Year, month and day (UTC) of an instant; the civil calendar after Howard Hinnant's algorithm.
pub fn civil(at: UtcMs) -> (i64, u32, u32) {
    let days = at.0.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specimen_of_the_standard() {
        let driver = Driver {
            surname: "ERIKSSON".into(),
            given: "ANNA MARIA".into(),
            nationality: "KZ".into(),
            born: "740812".into(),
        };
        // ICAO 9303-4 appendix B: number L898902C3 checks to 6, 740812 to 2, 120415 to 9.
        let lines = td3(&driver, "L898902C3", UtcMs(1_334_448_000_000));
        assert_eq!(lines[0], "P<KAZERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<");
        assert!(
            lines[1].starts_with("L898902C36KAZ7408122M1204159"),
            "{}",
            lines[1]
        );
        assert_eq!(lines[1].len(), 44);
    }

    #[test]
    fn dates() {
        assert_eq!(civil(UtcMs(0)), (1970, 1, 1));
        assert_eq!(civil(UtcMs(951_782_400_000)), (2000, 2, 29));
        assert_eq!(civil(UtcMs(1_795_392_000_000)), (2026, 11, 23));
    }
}
