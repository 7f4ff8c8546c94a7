//! Trucks: a realistic mix drawn from a seed. A truck is wholly determined by (seed, checkpoint,
//! number, time of arrival) and carries the truth about itself, for judging afterwards; nothing of
//! that truth goes over any wire. Not a schedule of a lane: see `script` for what a truck does.

pub mod goods;
pub mod papers;
pub mod people;
pub mod plates;

use domain::agency::Agency;
use domain::fact::{Direction, WantedEntry};
use domain::notification::{DeclaredDocument, GoodsItem, Notification};
use domain::reading::DocumentKind;
use domain::unit::{CheckpointId, NotificationId, UtcMs};

use crate::chance::Chance;
use goods::{Body, Cargo};
use papers::{DAY_MS, Journey, Paper};
use people::Driver;

/// What is wrong with a truck, or why it draws attention although nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matter {
    Clean,
    WeakSource,
    StrongSource,
    NeutronSource,
    /// Potash declared as potash.
    NormConsistent,
    /// Potash declared as something that does not shine.
    NormInconsistent,
    AxleOverload,
    GrossOverload,
    /// Heavier than declared, by tonnes.
    WeightUndeclared,
    HiddenGoods,
    /// Declared empty, loaded in fact.
    EmptyDeclared,
    ExpiredPermit,
    /// Front and rear of the tractor show different plates.
    ForgedPlate,
    /// Mud: the camera sees a vehicle and no plate.
    PlateUnread,
    NoNotification,
    Wanted,
    MissingCertificate,
}

impl Matter {
    /// Share of each among arriving trucks, in per mille. An assumption for the demo and for
    /// tests, not a statistic of any border.
    pub const MIX: [(Matter, u32); 17] = [
        (Matter::Clean, 720),
        (Matter::WeakSource, 14),
        (Matter::StrongSource, 12),
        (Matter::NeutronSource, 5),
        (Matter::NormConsistent, 42),
        (Matter::NormInconsistent, 15),
        (Matter::AxleOverload, 20),
        (Matter::GrossOverload, 16),
        (Matter::WeightUndeclared, 20),
        (Matter::HiddenGoods, 26),
        (Matter::EmptyDeclared, 8),
        (Matter::ExpiredPermit, 22),
        (Matter::ForgedPlate, 10),
        (Matter::PlateUnread, 10),
        (Matter::NoNotification, 32),
        (Matter::Wanted, 8),
        (Matter::MissingCertificate, 20),
    ];

    /// By its name, as a log writes it: `AxleOverload`.
    pub fn named(name: &str) -> Option<Matter> {
        let mut all = Matter::MIX.iter().map(|(it, _)| *it);
        all.find(|it| format!("{it:?}") == name)
    }
}

/// What is true about a truck and stands in no message.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    pub matter: Matter,
    /// In words, for a log: `false_wall_cigarettes`, `veterinary_certificate`, ...
    pub note: String,
}

/// A radioactive source on board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source {
    /// `gamma_cps`: excess of all panels together when it passes the portal.
    Point {
        position_m: f64,
        gamma_cps: f64,
        neutron_cps: f64,
    },
    /// Over the whole load, as a share of background.
    Spread { excess_share: f64 },
}

/// Silhouette and axles. Loads are the true ones, before any scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouette {
    /// As a classifier names it: `tractor2_semi3`.
    pub class: &'static str,
    pub axle_kg: Vec<u32>,
    /// Distance of each axle but the first from the one before, m.
    pub spacing_m: Vec<f64>,
    pub length_m: f64,
    pub width_m: f64,
    pub height_m: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Truck {
    pub checkpoint: CheckpointId,
    pub number: u64,
    pub arrives_at: UtcMs,
    pub direction: Direction,
    /// ISO 3166-1 alpha-2 of registration.
    pub country: String,
    pub tractor_plate: String,
    /// What the rear of the tractor shows; differs where the plate is forged.
    pub tractor_rear_plate: String,
    pub trailer_plate: String,
    pub containers: Vec<String>,
    pub carrier: String,
    pub driver: Driver,
    pub tare_kg: u32,
    pub from_country: String,
    pub to_country: String,
    /// As declared; empty when declared empty.
    pub goods: Vec<GoodsItem>,
    pub body: Body,
    pub papers: Vec<Paper>,
    /// `None`: this carrier gave no notice.
    pub notice_lodged_at: Option<UtcMs>,
    pub silhouette: Silhouette,
    /// Cargo that is really on board, kg.
    pub cargo_kg: u32,
    pub source: Option<Source>,
    /// Scene of the made radiograph.
    pub scene: String,
    pub scene_seed: u64,
    /// Plate cannot be read by any camera.
    pub muddy: bool,
    pub truth: Truth,
}

impl Truck {
    pub fn gross_kg(&self) -> u32 {
        self.silhouette.axle_kg.iter().sum()
    }

    /// The advance notification as the carrier lodges it, `None` where there is none. The
    /// centre gives the reference and the time of lodging.
    pub fn notification(&self) -> Option<Notification> {
        let lodged_at = self.notice_lodged_at?;
        Some(Notification {
            id: NotificationId::new(""),
            checkpoint: self.checkpoint.clone(),
            lodged_at,
            expected_at: Some(self.arrives_at),
            tractor_plate: self.tractor_plate.clone(),
            trailer_plate: Some(self.trailer_plate.clone()),
            containers: self.containers.clone(),
            vehicle_country: self.country.clone(),
            carrier: self.carrier.clone(),
            driver: self.driver.full_name(),
            tare_kg: Some(self.tare_kg),
            from_country: self.from_country.clone(),
            to_country: self.to_country.clone(),
            goods: self.goods.clone(),
            documents: self
                .papers
                .iter()
                .map(|it| DeclaredDocument {
                    kind: it.kind,
                    number: it.number.clone(),
                })
                .collect(),
        })
    }
}

/// Plates the wanted lists name; a truck with [`Matter::Wanted`] bears one of them. To be loaded
/// into the centre by the demo.
pub fn wanted() -> Vec<WantedEntry> {
    [
        ("404KZA02", Agency::RoadPolice, "stolen"),
        ("777BOL13", Agency::Customs, "customs_debt"),
        ("A113EK154", Agency::RoadPolice, "unpaid_fine"),
        ("新A4513D", Agency::Customs, "customs_debt"),
    ]
    .into_iter()
    .map(|(plate, agency, reason)| WantedEntry {
        plate: plate.into(),
        agency,
        reason: reason.into(),
    })
    .collect()
}

/// Truck `number` of a checkpoint; lanes have a direction, so the caller names it.
pub fn truck(
    seed: u64,
    checkpoint: &CheckpointId,
    direction: Direction,
    number: u64,
    arrives_at: UtcMs,
) -> Truck {
    let matter = {
        let mut chance = Chance::of(seed, &format!("matter {checkpoint}"), number);
        let weights: Vec<f64> = Matter::MIX
            .iter()
            .map(|(_, share)| f64::from(*share))
            .collect();
        Matter::MIX[chance.weighted(&weights)].0
    };
    truck_with(seed, checkpoint, direction, number, arrives_at, matter)
}

/// The same truck with a matter of the caller's choice.
pub fn truck_with(
    seed: u64,
    checkpoint: &CheckpointId,
    direction: Direction,
    number: u64,
    arrives_at: UtcMs,
    matter: Matter,
) -> Truck {
    let mut chance = Chance::of(seed, &format!("truck {checkpoint}"), number);
    let chinese_border = checkpoint.as_str().starts_with("CN");
    let wanted_entry = chance.one_of(&wanted()).clone();
    let country = match (matter, wanted_entry.plate.chars().next()) {
        (Matter::Wanted, Some('新')) => "CN",
        (Matter::Wanted, Some('A')) => "RU",
        (Matter::Wanted, _) => "KZ",
        _ => {
            let weights: [f64; 5] = if chinese_border {
                [52.0, 30.0, 6.0, 7.0, 5.0]
            } else {
                [45.0, 4.0, 32.0, 11.0, 8.0]
            };
            ["KZ", "CN", "RU", "UZ", "KG"][chance.weighted(&weights)]
        }
    };
    let tractor_plate = match matter {
        Matter::Wanted => wanted_entry.plate.clone(),
        _ => plates::tractor(&mut chance, country),
    };
    let trailer_plate = plates::trailer(&mut chance, country);
    let driver = people::driver(&mut chance, country);
    let carrier = people::carrier(&mut chance, country);
    let neighbour = if chinese_border { "CN" } else { "RU" };
    let (from_country, to_country) = match direction {
        Direction::Entry => (
            neighbour,
            *chance.one_of(&["KZ", "KZ", "KZ", "UZ", "RU", "KG"]),
        ),
        Direction::Exit => ("KZ", neighbour),
    };

    let mut note = String::new();
    let mut hidden_scene = None;
    let mut norm = None;
    let empty = match matter {
        Matter::EmptyDeclared => true,
        Matter::Clean | Matter::NoNotification | Matter::PlateUnread | Matter::Wanted => {
            chance.happens(0.09)
        }
        _ => false,
    };
    let cargo: &Cargo = match matter {
        Matter::NormConsistent => {
            let it = chance.one_of(goods::NORM);
            norm = it.norm;
            it
        }
        Matter::NormInconsistent => {
            norm = goods::NORM[0].norm;
            note = "potash declared as other goods".into();
            &goods::ORDINARY[*chance.one_of(goods::INERT)]
        }
        Matter::HiddenGoods => {
            let (scene, declared, what) = *chance.one_of(goods::HIDDEN);
            hidden_scene = Some(scene);
            note = what.into();
            &goods::ORDINARY[declared]
        }
        Matter::MissingCertificate => chance.one_of(goods::CERTIFIED),
        Matter::AxleOverload => &goods::ORDINARY[*chance.one_of(goods::HEAVY)],
        _ => match chance.weighted(&[78.0, 16.0, 6.0]) {
            0 => chance.one_of(goods::ORDINARY),
            1 => chance.one_of(goods::CERTIFIED),
            _ => chance.one_of(goods::DANGEROUS),
        },
    };
    let body = cargo.body;
    let declared = if empty {
        vec![]
    } else {
        vec![goods::item(&mut chance, cargo, from_country)]
    };
    let declared_kg: u32 = declared.iter().map(|it| it.gross_kg).sum();
    let cargo_kg = match matter {
        Matter::GrossOverload => 29_000 + chance.below(3_000) as u32,
        Matter::WeightUndeclared => declared_kg + 3_400 + chance.below(1_600) as u32,
        Matter::EmptyDeclared => 2_600 + chance.below(2_000) as u32,
        // Honest scales at the loading place are good to half a per cent.
        _ => (f64::from(declared_kg) * (1.0 + 0.004 * chance.normal())) as u32,
    };
    let mut declared = declared;
    if matter == Matter::GrossOverload
        && let Some(first) = declared.first_mut()
    {
        // Overloaded and honest about it: the papers say what the scale will say.
        first.gross_kg = cargo_kg;
        first.net_kg = (f64::from(cargo_kg) / (1.0 + cargo.packing)) as u32;
    }
    let containers = if body == Body::Container && !empty {
        vec![plates::container(&mut chance)]
    } else {
        vec![]
    };
    let tare_kg = 14_300 + chance.below(900) as u32;
    let silhouette = silhouette(
        &mut chance,
        tare_kg,
        cargo_kg,
        matter == Matter::AxleOverload,
    );

    let source = match matter {
        Matter::WeakSource => Some(Source::Point {
            position_m: chance.between(6.0, 14.0),
            gamma_cps: chance.between(420.0, 700.0),
            neutron_cps: 0.0,
        }),
        Matter::StrongSource => Some(Source::Point {
            position_m: chance.between(5.0, 15.0),
            gamma_cps: chance.between(2_500.0, 9_000.0),
            neutron_cps: 0.0,
        }),
        Matter::NeutronSource => Some(Source::Point {
            position_m: chance.between(5.0, 15.0),
            gamma_cps: chance.between(200.0, 1_200.0),
            neutron_cps: chance.between(30.0, 60.0),
        }),
        _ => norm.map(|it| Source::Spread {
            excess_share: it.excess_share,
        }),
    };
    let scene = match (matter, hidden_scene) {
        (_, Some(scene)) => scene.to_owned(),
        (Matter::EmptyDeclared, _) => "empty".to_owned(),
        (Matter::NormInconsistent, _) => "fertilizer".to_owned(),
        _ if empty => "empty_clean".to_owned(),
        _ => cargo.scene.to_owned(),
    };

    let journey = Journey {
        arrives_at,
        vehicle_country: country,
        tractor_plate: &tractor_plate,
        trailer_plate: Some(&trailer_plate),
        driver: &driver,
        carrier: &carrier,
        consignor: people::trader(&mut chance, from_country),
        consignee: people::trader(&mut chance, to_country),
        from_country,
        to_country,
        goods: &declared,
        containers: &containers,
    };
    let mut papers = vec![
        journey.passport(&mut chance),
        journey.licence(&mut chance),
        journey.registration(&mut chance),
        journey.insurance(&mut chance),
        journey.transport_permit(&mut chance),
    ];
    if !declared.is_empty() {
        papers.push(journey.cmr(&mut chance));
        papers.push(journey.invoice(&mut chance));
        papers.push(if chance.happens(0.4) {
            journey.tir(&mut chance)
        } else {
            journey.transit(&mut chance)
        });
        if let Some(kind) = cargo.certificate {
            if matter == Matter::MissingCertificate {
                note = format!("{kind:?}");
            } else {
                papers.push(journey.certificate(&mut chance, kind));
            }
        }
    }
    if matter == Matter::ExpiredPermit {
        for paper in &mut papers {
            if paper.kind == DocumentKind::TransportPermit {
                paper.expires_at =
                    Some(arrives_at.plus_ms(-DAY_MS * (2 + chance.below(60) as i64)));
            }
        }
    }

    let notice_lodged_at = (matter != Matter::NoNotification).then(|| {
        arrives_at.plus_ms(-((150.0 + chance.waiting(240.0)).min(2_000.0) * 60_000.0) as i64)
    });
    let tractor_rear_plate = match matter {
        Matter::ForgedPlate => plates::tractor(&mut chance, country),
        _ => tractor_plate.clone(),
    };
    Truck {
        checkpoint: checkpoint.clone(),
        number,
        arrives_at,
        direction,
        country: country.to_owned(),
        tractor_rear_plate,
        trailer_plate: trailer_plate.clone(),
        containers: containers.clone(),
        carrier: carrier.clone(),
        driver: driver.clone(),
        tare_kg,
        from_country: from_country.to_owned(),
        to_country: to_country.to_owned(),
        body,
        papers,
        notice_lodged_at,
        silhouette,
        cargo_kg,
        source,
        scene,
        // Few different pictures, so that a demo on two cores is not busy ray casting.
        scene_seed: 11 + chance.below(2) as u64,
        muddy: matter == Matter::PlateUnread,
        truth: Truth { matter, note },
        tractor_plate: tractor_plate.clone(),
        goods: declared.clone(),
    }
}

/// A two-axle tractor with a three-axle semi-trailer; how tare and load rest on its axles.
fn silhouette(chance: &mut Chance, tare_kg: u32, cargo_kg: u32, badly_loaded: bool) -> Silhouette {
    let tare = f64::from(tare_kg);
    let cargo = f64::from(cargo_kg);
    let shift = 0.01 * chance.normal();
    // Bad loading: everything stands at the headboard and rests on the driven axle.
    let (steer, drive) = if badly_loaded {
        (0.09, 0.57)
    } else {
        (0.06, 0.26 + shift)
    };
    let group = 1.0 - steer - drive;
    let loads = [
        0.36 * tare + steer * cargo,
        0.22 * tare + drive * cargo,
        0.14 * tare + group / 3.0 * cargo,
        0.14 * tare + group / 3.0 * cargo,
        0.14 * tare + group / 3.0 * cargo,
    ];
    Silhouette {
        class: "tractor2_semi3",
        axle_kg: loads.iter().map(|it| it.round() as u32).collect(),
        spacing_m: vec![
            3.6 + 0.2 * chance.unit(),
            5.6 + 0.3 * chance.unit(),
            1.31,
            1.31,
        ],
        length_m: 16.2 + 0.3 * chance.unit(),
        width_m: 2.50 + 0.03 * chance.unit(),
        height_m: 3.86 + 0.08 * chance.unit(),
    }
}

/// Share of a day's mean rate in each hour of local time (UTC+5): quiet before dawn, a morning
/// and an afternoon peak.
const HOURLY: [f64; 24] = [
    0.55, 0.45, 0.40, 0.40, 0.45, 0.60, 0.80, 1.05, 1.30, 1.45, 1.50, 1.45, 1.25, 1.20, 1.30, 1.40,
    1.45, 1.35, 1.20, 1.05, 0.95, 0.85, 0.75, 0.65,
];
const LOCAL_OFFSET_MS: i64 = 5 * 3_600_000;

/// Instants of arrival from `from` on: a Poisson process whose rate follows the hour of the day,
/// `per_hour` on average, by thinning. Endless.
pub fn arrivals(
    seed: u64,
    purpose: &str,
    from: UtcMs,
    per_hour: f64,
) -> impl Iterator<Item = UtcMs> + use<> {
    let mut chance = Chance::of(seed, &format!("arrivals {purpose}"), 0);
    let peak = HOURLY.iter().copied().fold(0.0, f64::max);
    let mut at = from.0 as f64;
    std::iter::from_fn(move || {
        loop {
            at += chance.waiting(3_600_000.0 / (per_hour * peak));
            let hour =
                ((at as i64 + LOCAL_OFFSET_MS).div_euclid(3_600_000)).rem_euclid(24) as usize;
            if chance.unit() * peak < HOURLY[hour] {
                return Some(UtcMs(at as i64));
            }
        }
    })
}

#[cfg(test)]
mod tests;
