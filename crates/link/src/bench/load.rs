//! What is carried: passages as the domain concludes them from readings, with their pages and
//! previews as blobs. The same from the same seed. The bytes of a page do not compress, as those
//! of a JPEG or AVIF do not.

use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Direction, Fact, Finding, FindingId, Severity,
};
use domain::input::Input;
use domain::notification::{DeclaredDocument, GoodsItem, Notification};
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::reading::{
    Alarm, AxleReading, CameraPosition, DocumentField, DocumentKind, DocumentReading, ImageQuality,
    ImageReading, PageBlob, PlateReading, RadiationReading, VehicleReading,
};
use domain::stage::Stage;
use domain::unit::{BlobHash, CheckpointId, LaneId, NotificationId, OfficerId, PassageId, UtcMs};
use ledger::Draft;

pub const CHECKPOINT: &str = "CN05";
pub const FACTS_EACH: usize = 25;
pub const PAGES_EACH: usize = 3;
pub const PAGE_BYTES: usize = 60_000;
pub const PREVIEW_BYTES: usize = 30_000;
/// Blobs of one passage.
pub const PASSAGE_BYTES: u64 = (PAGES_EACH * PAGE_BYTES + PREVIEW_BYTES) as u64;

/// 2026-11-23T09:00:00+05:00.
const START_MS: i64 = 1_795_406_400_000;

/// Numbers from a seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// From `low` to below `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.roll() % (high - low).max(1)
    }

    fn share(&mut self) -> f64 {
        self.between(0, 1_000_000) as f64 / 1e6
    }

    /// About normal, mean 0, deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    fn of<'a, T: ?Sized>(&mut self, these: &[&'a T]) -> Option<&'a T> {
        let at = self.between(0, these.len() as u64) as usize;
        these.get(at).copied()
    }

    fn letters(&mut self, count: usize) -> String {
        let letter = |it: u64| char::from(b'A' + (it % 26) as u8);
        (0..count).map(|_| letter(self.roll())).collect()
    }
}

/// Bytes that do not compress, the same for the same number.
pub fn noise(seed: u64, number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&seed.to_be_bytes())
        .update(&number.to_be_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

/// One passage of the load.
pub struct Load {
    pub drafts: Vec<Draft>,
    pub blobs: Vec<Vec<u8>>,
}

fn hash(bytes: &[u8]) -> BlobHash {
    BlobHash(*blake3::hash(bytes).as_bytes())
}

/// Facts and blobs of passage `number`: the first [`FACTS_EACH`] of its facts, so that every one
/// weighs the same whatever the rules found.
pub fn passage(seed: u64, number: u64, procedure: &Procedure) -> Load {
    let mut dice = Dice(seed ^ number.wrapping_mul(0x1234_5678_9abc_def1));
    let blobs: Vec<Vec<u8>> = (0..PAGES_EACH as u64 + 1)
        .map(|at| {
            let length = if at == 0 { PREVIEW_BYTES } else { PAGE_BYTES };
            noise(seed, number * 8 + at, length)
        })
        .collect();
    let id = PassageId {
        checkpoint: CheckpointId::new(CHECKPOINT),
        number,
    };
    let mut passage = Passage::new(id.clone());
    let mut now = UtcMs(START_MS + number as i64 * 90_000 + dice.between(0, 60_000) as i64);
    let mut drafts = Vec::new();
    for input in inputs(&mut dice, number, now, &blobs) {
        now = now.plus_ms(dice.between(900, 40_000) as i64);
        for fact in passage.conclude(&input, now, procedure) {
            passage.apply(&fact, now);
            drafts.push(Draft {
                at: now,
                passage: Some(id.clone()),
                fact,
            });
        }
    }
    drafts.truncate(FACTS_EACH);
    Load { drafts, blobs }
}

const CARRIERS: &[&str] = &[
    "Silk Road Haulage",
    "Altyn Trans LLP",
    "Xinjiang Huada Logistics",
    "Khorgos Gateway Freight",
    "Dostyk Avto",
    "TransAsia Line",
];
const DRIVERS: &[&str] = &[
    "SERIKOV ASKAR",
    "WANG LEI",
    "AKHMETOV YERLAN",
    "LI JUN",
    "KIM SERGEI",
    "ZHANG WEI",
    "OMAROV DAULET",
];
const GOODS: &[(&str, &str)] = &[
    ("732690", "Articles of iron or steel"),
    ("610910", "T-shirts, knitted, of cotton"),
    ("851712", "Telephones for cellular networks"),
    ("940360", "Wooden furniture"),
    ("070200", "Tomatoes, fresh"),
    ("390120", "Polyethylene, in primary forms"),
];

fn notification(dice: &mut Dice, number: u64, now: UtcMs) -> Notification {
    let chinese = dice.between(0, 3) > 0;
    let tractor_plate = if chinese {
        format!("XB{}{}", dice.letters(1), dice.between(10_000, 99_999))
    } else {
        let letters = dice.letters(3);
        format!(
            "{}{letters}{:02}",
            dice.between(100, 999),
            dice.between(1, 21)
        )
    };
    let (hs, description) = *dice
        .of(&GOODS.iter().collect::<Vec<_>>())
        .unwrap_or(&("732690", ""));
    let gross_kg = dice.between(9_000, 21_000) as u32;
    let cmr = format!("CMR-{}", dice.between(1_000_000, 9_999_999));
    Notification {
        id: NotificationId::new(format!("N-{:06}", 700 + number)),
        checkpoint: CheckpointId::new(CHECKPOINT),
        lodged_at: now.plus_ms(-(dice.between(7_200_000, 40_000_000) as i64)),
        expected_at: Some(UtcMs((now.0 / 900_000) * 900_000)),
        tractor_plate,
        trailer_plate: None,
        containers: Vec::new(),
        vehicle_country: if chinese { "CN" } else { "KZ" }.into(),
        carrier: dice.of(CARRIERS).unwrap_or_default().into(),
        driver: dice.of(DRIVERS).unwrap_or_default().into(),
        tare_kg: Some(14_000 + 20 * dice.between(0, 60) as u32),
        from_country: "CN".into(),
        to_country: "KZ".into(),
        goods: vec![GoodsItem {
            hs: hs.into(),
            description: description.into(),
            gross_kg,
            net_kg: gross_kg - gross_kg / 20,
            packages: dice.between(4, 900) as u32,
            origin: "CN".into(),
            un_number: None,
        }],
        documents: vec![DeclaredDocument {
            kind: DocumentKind::Cmr,
            number: cmr,
        }],
    }
}

fn inputs(dice: &mut Dice, number: u64, now: UtcMs, blobs: &[Vec<u8>]) -> Vec<Input> {
    let notification = notification(dice, number, now);
    let gross_kg = notification.goods_gross_kg() + notification.tare_kg.unwrap_or_default();
    let plate = PlateReading {
        position: CameraPosition::Front,
        plate: Some(notification.tractor_plate.clone()),
        raw: Some(notification.tractor_plate.clone()),
        country: Some(notification.vehicle_country.clone()),
        country_raw: None,
        confidence: Some(dice.between(880, 999) as f64 / 1000.0),
        candidates: Vec::new(),
        taken_at_claimed: Some(now.plus_ms(dice.between(0, 900) as i64)),
        direction: None,
        vehicle_type: Some("truck".into()),
        message_id: None,
        vendor: "hikvision".into(),
        pictures: Vec::new(),
    };
    let (preview, pages) = match blobs {
        [preview, pages @ ..] => (preview.as_slice(), pages),
        [] => (&[] as &[u8], blobs),
    };
    let image = ImageReading {
        message_id: None,
        scan: None,
        image: hash(preview),
        size_bytes: preview.len() as u64,
        width_px: dice.between(3_000, 4_200) as u32,
        height_px: 960,
        bits: 12,
        pixel_mm: 4.0,
        energy_mv: 6.0,
        domain: "log12".into(),
        layer_ends: vec![preview.len() as u64],
        quality: ImageQuality::Usable,
        mass_kg: Some(
            (f64::from(notification.goods_gross_kg()) * (1.0 + 0.03 * dice.normal())) as u32,
        ),
        regions: Vec::new(),
    };
    let kinds = [
        DocumentKind::DriverLicence,
        DocumentKind::Cmr,
        DocumentKind::Invoice,
    ];
    let papers = pages
        .iter()
        .zip(kinds)
        .map(|(page, kind)| Input::Document(document(dice, kind, &notification, page)));
    let papers: Vec<Input> = papers.collect();
    let mut inputs = vec![
        Input::Arrival {
            lane: LaneId(1 + (number % 2) as u8),
            direction: Direction::Entry,
            seed: dice.roll(),
        },
        Input::Plate(plate),
        Input::Matched {
            notification: Some(Box::new(notification)),
            unfit: None,
            wanted: Vec::new(),
        },
        Input::Radiation(radiation(dice)),
        Input::Vehicle(vehicle(dice, gross_kg)),
        Input::Image(image),
    ];
    inputs.extend(papers);
    inputs.extend([
        Input::DocumentsPresented,
        Input::BarrierCommand { permit: 1 },
        Input::BarrierOpened {
            lane: LaneId(1 + (number % 2) as u8),
            permit: Some(1),
        },
        Input::Departed,
        Input::BarrierClosed,
    ]);
    inputs
}

fn radiation(dice: &mut Dice) -> RadiationReading {
    let background = 4.0 * (310.0 + 8.0 * dice.normal());
    let sigma = (1.1 + 0.6 * dice.normal()).max(0.0);
    RadiationReading {
        second_opinion: None,
        protocol: "vm250".into(),
        occupancy: Some(dice.between(1, 65_535)),
        samples: dice.between(25, 60) as u32,
        sample_ms: 200,
        background_cps: background,
        gamma_max_cps: background + sigma * background.sqrt(),
        gamma_max_sigma: sigma,
        gamma_max_sample: dice.between(3, 24) as u32,
        neutron_max: dice.between(0, 5) as u32,
        gamma_alarm: Alarm::Silent,
        neutron_alarm: Alarm::Silent,
        suppression: 0.12 + 0.1 * dice.share(),
        width_share: 0.05 + 0.2 * dice.share(),
        width_m: None,
        speed_mps: Some(dice.between(8, 22) as f64 / 10.0),
        position_m: None,
        nuclides: Vec::new(),
        faults: Vec::new(),
        profile: None,
    }
}

fn vehicle(dice: &mut Dice, gross_kg: u32) -> VehicleReading {
    let gross = (f64::from(gross_kg) * (1.0 + 0.004 * dice.normal())).max(9_000.0);
    let first = 5_800.0 + 200.0 * dice.normal();
    let rest = (gross - first) / 4.0;
    let loads = [first, rest, rest, rest, rest];
    let spacings = [None, Some(3.6), Some(5.9), Some(1.31), Some(1.31)];
    let axles: Vec<AxleReading> = loads
        .into_iter()
        .zip(spacings)
        .map(|(load, spacing)| {
            let load_kg = (load * (1.0 + 0.02 * dice.normal())) as u32 / 10 * 10;
            AxleReading {
                load_kg,
                sigma_kg: f64::from(load_kg) * 0.01,
                spacing_m: spacing.map(|it| it + dice.between(0, 20) as f64 / 100.0),
            }
        })
        .collect();
    let gross_kg = axles.iter().map(|it| it.load_kg).sum();
    VehicleReading {
        axles,
        gross_kg,
        gross_sigma_kg: f64::from(gross_kg) * 0.005,
        accuracy_class: "R134/1".into(),
        length_m: Some(15.0 + dice.between(0, 150) as f64 / 100.0),
        width_m: Some(2.55),
        height_m: Some(3.6 + dice.between(0, 40) as f64 / 100.0),
        dimension_sigma_m: Some(0.02),
        speed_kmh: Some(dice.between(30, 90) as f64 / 10.0),
        vehicle_class: Some("tractor2_semi3".into()),
    }
}

fn document(
    dice: &mut Dice,
    kind: DocumentKind,
    notification: &Notification,
    page: &[u8],
) -> DocumentReading {
    let field = |name: &str, value: String| DocumentField {
        name: name.into(),
        value,
        confidence: None,
    };
    let (number, fields) = match kind {
        DocumentKind::Cmr => (
            notification.documents.first().map(|it| it.number.clone()),
            vec![
                field("vehicle_reg_id", notification.tractor_plate.clone()),
                field("gross_mass_kg", notification.goods_gross_kg().to_string()),
            ],
        ),
        DocumentKind::Invoice => (
            Some(format!("INV-{}", dice.between(10_000, 99_999))),
            notification
                .goods
                .iter()
                .map(|it| field("commodity_code", it.hs.clone()))
                .collect(),
        ),
        _ => (
            Some(format!("KZ{}", dice.between(1_000_000, 9_999_999))),
            vec![field("full_name", notification.driver.clone())],
        ),
    };
    DocumentReading {
        message_id: None,
        kind,
        number,
        expires_at: None,
        issuer: Some(notification.vehicle_country.clone()),
        fields,
        faults: Vec::new(),
        pages: vec![PageBlob {
            page: hash(page),
            size_bytes: page.len() as u64,
            preview: None,
            media_type: "image/jpeg".into(),
        }],
    }
}

/// What asks for a decision at once: an overload on an axle of passage `number`.
pub fn request(seed: u64, number: u64, at: UtcMs) -> Draft {
    let mut dice = Dice(seed ^ !number);
    let limit_kg = 10_000;
    let measured_kg = dice.between(10_300, 12_500);
    let values = [
        ("axle", dice.between(1, 6)),
        ("limit_kg", limit_kg),
        ("measured_kg", measured_kg),
    ];
    let finding = Finding {
        id: FindingId(1),
        agency: Agency::TransportControl,
        rule: "dimensions.axle_overload".into(),
        stage: Stage::Dimensions,
        severity: Severity::Finding,
        values: values
            .into_iter()
            .map(|(name, it)| (name.to_owned(), it.into()))
            .collect(),
    };
    Draft {
        at,
        passage: Some(PassageId {
            checkpoint: CheckpointId::new(CHECKPOINT),
            number,
        }),
        fact: Fact::FindingRaised(finding),
    }
}

/// The officer's answer, as the centre records it.
pub fn decision(number: u64, at: UtcMs) -> Draft {
    let passage = PassageId {
        checkpoint: CheckpointId::new(CHECKPOINT),
        number,
    };
    let decision = DecisionMade {
        agency: Agency::TransportControl,
        decision: Decision::Release,
        answers: vec![FindingId(1)],
        reason: "T-00".into(),
        un9417: 1,
        by: DecidedBy::Officer {
            officer: OfficerId::new(format!("o-transport-{}", 1 + number % 9)),
            second: None,
        },
    };
    Draft {
        at,
        passage: None,
        fact: Fact::DecisionGiven { passage, decision },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_of_the_load_is_one_that_the_domain_knows() {
        let procedure =
            Procedure::parse(include_str!("../../../../procedures/external-2026.toml")).unwrap();
        let mut kinds = std::collections::BTreeSet::new();
        for number in 0..20 {
            let load = passage(7, number, &procedure);
            assert_eq!(load.drafts.len(), FACTS_EACH);
            let bytes: usize = load.blobs.iter().map(Vec::len).sum();
            assert_eq!(bytes as u64, PASSAGE_BYTES);
            let named: usize = load.drafts.iter().map(|it| it.fact.blobs().len()).sum();
            assert_eq!(named, PAGES_EACH + 1, "the facts name every blob");
            kinds.extend(load.drafts.iter().map(|it| it.fact.kind()));
            let again = passage(7, number, &procedure);
            assert_eq!(again.drafts, load.drafts);
            // A truck that waits for an officer is sent to the barrier in vain, and goes.
            let vain = |it: &&Draft| matches!(it.fact, Fact::Disregarded { .. });
            let vain = load.drafts.iter().filter(vain).count();
            assert!(
                vain <= 4,
                "{vain} inputs of passage {number} change nothing"
            );
        }
        assert!(kinds.len() >= 10, "{kinds:?}");
    }
}
