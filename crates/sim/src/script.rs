//! What a truck does, as a plan: which zones it comes to, how long each takes, what each device
//! sees of it, and what becomes of an order of the officers. Pure; `lane` carries it out.

use std::sync::Arc;

use devices::plate::Encoded;
use domain::fact::OrderKind;
use domain::reading::{CameraPosition, DocumentKind};

use crate::chance::Chance;
use crate::equipment::lines::Timed;
use crate::physics::{self, CameraRead, PortalPass, Weighing};
use crate::traffic::papers::{DAY_MS, Journey, Paper};
use crate::traffic::{Matter, Source, Truck};

/// Places along a lane. One vehicle at a time in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    Entry,
    Portal,
    Scale,
    Imaging,
    Documents,
    Exit,
}

impl Zone {
    pub const ALL: [Zone; 6] = [
        Zone::Entry,
        Zone::Portal,
        Zone::Scale,
        Zone::Imaging,
        Zone::Documents,
        Zone::Exit,
    ];
}

/// One thing that happens to a truck.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Plate {
        position: CameraPosition,
        read: CameraRead,
    },
    Container {
        code: String,
    },
    /// A lane officer reads the plate that no camera could.
    EnterByHand {
        plate: String,
        trailer: String,
        country: String,
    },
    Roll(PortalPass),
    Weigh(Weighing),
    /// `mass_kg` is what the scanner integrates; regions are marked by its own algorithm.
    Image {
        scene: String,
        seed: u64,
        mass_kg: u32,
        marks_truth: Marks,
    },
    Present(Paper),
    DocumentsDone,
    /// A message as it was recorded, to this path of the lane's devices.
    Sent {
        path: &'static str,
        message: Encoded,
    },
    /// A VM250's lines as they were recorded.
    Played(Vec<Timed>),
    /// A scale's line as it was recorded.
    Said(String),
    /// A radiograph as it was recorded.
    Delivered {
        j2k: Arc<[u8]>,
        mass_kg: u32,
        pixel_mm: f64,
    },
}

/// Whether the scanner's algorithm marks what is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    Nothing,
    Truth,
    /// Something harmless that looks odd.
    Innocent,
}

/// After `after_ms` in the zone (driving there, standing, handling), the act.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub zone: Zone,
    pub after_ms: i64,
    pub act: Act,
}

/// Everything up to the barrier.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub steps: Vec<Step>,
    /// From the document reader to the barrier.
    pub to_exit_ms: i64,
    pub exit_plate: CameraRead,
}

/// The plan of one truck on a lane of a checkpoint.
pub fn script(seed: u64, truck: &Truck, lane: u8) -> Script {
    let mut chance = Chance::of(seed, &format!("script {}", truck.checkpoint), truck.number);
    let mut steps = Vec::new();
    let mut add = |zone, seconds: f64, act| {
        steps.push(Step {
            zone,
            after_ms: (seconds * 1_000.0) as i64,
            act,
        });
    };
    let camera =
        |name: &str, plate: &str| physics::camera(seed, truck, &format!("L{lane}/{name}"), plate);
    let front = camera("front", &truck.tractor_plate);
    add(
        Zone::Entry,
        chance.between(3.0, 6.0),
        Act::Plate {
            position: CameraPosition::Front,
            read: front,
        },
    );
    // Where the tractor bears two different plates, a second camera in front sees the other one.
    if truck.truth.matter == Matter::ForgedPlate {
        let other = camera("rear-tractor", &truck.tractor_rear_plate);
        add(
            Zone::Entry,
            4.0,
            Act::Plate {
                position: CameraPosition::Front,
                read: other,
            },
        );
    }
    for code in &truck.containers {
        add(
            Zone::Entry,
            chance.between(2.0, 5.0),
            Act::Container { code: code.clone() },
        );
    }
    // The rear camera sees the end of the train: the trailer's plate.
    let rear = camera("rear", &truck.trailer_plate);
    add(
        Zone::Entry,
        chance.between(12.0, 25.0),
        Act::Plate {
            position: CameraPosition::Rear,
            read: rear,
        },
    );
    if truck.muddy {
        add(
            Zone::Entry,
            chance.between(90.0, 150.0),
            Act::EnterByHand {
                plate: truck.tractor_plate.clone(),
                trailer: truck.trailer_plate.clone(),
                country: truck.country.clone(),
            },
        );
    }
    add(
        Zone::Portal,
        chance.between(25.0, 50.0),
        Act::Roll(physics::portal(seed, truck, 0)),
    );
    add(
        Zone::Scale,
        chance.between(30.0, 70.0),
        Act::Weigh(physics::weighing(seed, truck, 0)),
    );
    add(
        Zone::Imaging,
        chance.between(200.0, 330.0),
        image(seed, truck, 0),
    );
    let mut wait = chance.between(60.0, 120.0);
    for paper in &truck.papers {
        add(Zone::Documents, wait, Act::Present(paper.clone()));
        wait = chance.between(12.0, 30.0);
    }
    add(
        Zone::Documents,
        chance.between(10.0, 25.0),
        Act::DocumentsDone,
    );
    Script {
        steps,
        to_exit_ms: (chance.between(30.0, 60.0) * 1_000.0) as i64,
        exit_plate: camera("exit", &truck.tractor_plate),
    }
}

/// The scanner finds most of what is hidden, and marks something harmless now and then.
fn image(seed: u64, truck: &Truck, pass: u64) -> Act {
    let purpose = format!("image {} {pass}", truck.checkpoint);
    let mut chance = Chance::of(seed, &purpose, truck.number);
    let hidden = matches!(
        truck.truth.matter,
        Matter::HiddenGoods | Matter::EmptyDeclared
    );
    let marks_truth = if hidden && chance.happens(0.8) {
        Marks::Truth
    } else if !hidden && chance.happens(0.02) {
        Marks::Innocent
    } else {
        Marks::Nothing
    };
    let mass = f64::from(truck.cargo_kg) * (1.0 + 0.03 * chance.normal());
    let mass_kg = (mass / 10.0).round().max(0.0) as u32 * 10;
    Act::Image {
        scene: truck.scene.clone(),
        seed: truck.scene_seed,
        mass_kg,
        marks_truth,
    }
}

/// How an order is carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Obedience {
    /// Driving there and preparing, before it starts.
    pub before_ms: i64,
    /// From the start to the result.
    pub takes_ms: i64,
    pub result: Result,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Result {
    /// The device says it.
    Again {
        zone: Zone,
        act: Act,
    },
    NothingFound,
    /// `code` is a catalogue key.
    Found {
        code: String,
    },
    Failed {
        why: String,
    },
}

/// What becomes of the `nth` order (from 0) to this truck.
pub fn obey(seed: u64, truck: &Truck, kind: OrderKind, nth: u64) -> Obedience {
    let purpose = format!("order {} {nth}", truck.checkpoint);
    let mut chance = Chance::of(seed, &purpose, truck.number);
    let pass = nth + 1;
    let minutes = |it: f64| (it * 60_000.0) as i64;
    let matter = truck.truth.matter;
    let found = |code: &str| Result::Found {
        code: code.to_owned(),
    };
    let (before, takes, result) = match kind {
        OrderKind::SecondPass => (
            chance.between(1.5, 3.0),
            0.3,
            Result::Again {
                zone: Zone::Portal,
                act: Act::Roll(physics::portal(seed, truck, pass)),
            },
        ),
        OrderKind::Reweigh => (
            chance.between(2.0, 4.0),
            0.5,
            Result::Again {
                zone: Zone::Scale,
                act: Act::Weigh(physics::weighing(seed, truck, pass)),
            },
        ),
        OrderKind::Reimage => (
            chance.between(2.0, 4.0),
            3.0,
            Result::Again {
                zone: Zone::Imaging,
                act: image(seed, truck, pass),
            },
        ),
        OrderKind::HandheldCheck => {
            let result = match (truck.source, matter) {
                (Some(Source::Point { .. }), _) => found("source_located"),
                (Some(Source::Spread { .. }), Matter::NormInconsistent) => {
                    found("undeclared_norm_goods")
                }
                _ => Result::NothingFound,
            };
            (chance.between(1.0, 2.0), chance.between(5.0, 11.0), result)
        }
        OrderKind::Sample => (2.0, chance.between(18.0, 35.0), Result::NothingFound),
        OrderKind::Inspect => {
            let result = match matter {
                Matter::HiddenGoods | Matter::EmptyDeclared | Matter::WeightUndeclared => {
                    found("undeclared_goods")
                }
                Matter::NormInconsistent => found("goods_misdeclared"),
                Matter::ForgedPlate => found("plate_forged"),
                Matter::Wanted => found("vehicle_confirmed"),
                _ => Result::NothingFound,
            };
            (chance.between(2.0, 4.0), chance.between(16.0, 38.0), result)
        }
        OrderKind::PresentDocument => {
            let result = match later_paper(&mut chance, truck) {
                Some(paper) => Result::Again {
                    zone: Zone::Documents,
                    act: Act::Present(paper),
                },
                None if matches!(matter, Matter::MissingCertificate | Matter::ExpiredPermit) => {
                    Result::Failed {
                        why: "not_presented".to_owned(),
                    }
                }
                None => Result::NothingFound,
            };
            (0.5, chance.between(4.0, 9.0), result)
        }
    };
    Obedience {
        before_ms: minutes(before),
        takes_ms: minutes(takes),
        result,
    }
}

/// Some drivers have the paper after all: in the cab, or sent after them.
fn later_paper(chance: &mut Chance, truck: &Truck) -> Option<Paper> {
    let journey = Journey {
        arrives_at: truck.arrives_at,
        vehicle_country: &truck.country,
        tractor_plate: &truck.tractor_plate,
        trailer_plate: Some(&truck.trailer_plate),
        driver: &truck.driver,
        carrier: &truck.carrier,
        consignor: String::new(),
        consignee: String::new(),
        from_country: &truck.from_country,
        to_country: &truck.to_country,
        goods: &truck.goods,
        containers: &truck.containers,
    };
    match truck.truth.matter {
        Matter::ExpiredPermit if chance.happens(0.5) => Some(Paper {
            expires_at: Some(truck.arrives_at.plus_ms(90 * DAY_MS)),
            ..journey.transport_permit(chance)
        }),
        Matter::MissingCertificate if chance.happens(0.5) => {
            let kind = crate::traffic::goods::CERTIFIED
                .iter()
                .find(|it| truck.goods.iter().any(|goods| goods.hs == it.hs))
                .and_then(|it| it.certificate)
                .unwrap_or(DocumentKind::Other);
            Some(journey.certificate(chance, kind))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::fact::Direction;
    use domain::unit::{CheckpointId, UtcMs};

    use super::*;
    use crate::traffic::truck_with;

    fn truck(number: u64, matter: Matter) -> Truck {
        let at = UtcMs(1_795_400_000_000);
        truck_with(
            5,
            &CheckpointId::new("CN01"),
            Direction::Entry,
            number,
            at,
            matter,
        )
    }

    #[test]
    fn a_plan_goes_through_the_zones_in_order_and_shows_every_device() {
        for number in 0..100 {
            let truck = truck(number, Matter::Clean);
            let plan = script(5, &truck, 1);
            assert_eq!(plan, script(5, &truck, 1));
            assert!(plan.steps.windows(2).all(|it| it[0].zone <= it[1].zone));
            let count =
                |test: fn(&Act) -> bool| plan.steps.iter().filter(|it| test(&it.act)).count();
            assert_eq!(count(|it| matches!(it, Act::Roll(_))), 1);
            assert_eq!(count(|it| matches!(it, Act::Weigh(_))), 1);
            assert_eq!(count(|it| matches!(it, Act::Image { .. })), 1);
            assert_eq!(
                count(|it| matches!(it, Act::Present(_))),
                truck.papers.len()
            );
            assert_eq!(
                plan.steps.last().map(|it| &it.act),
                Some(&Act::DocumentsDone)
            );
            let minutes = plan.steps.iter().map(|it| it.after_ms).sum::<i64>() / 60_000;
            assert!((8..25).contains(&minutes), "{minutes}");
        }
    }

    #[test]
    fn orders_find_what_is_there_and_nothing_else() {
        for number in 0..60 {
            let result = |matter, kind| obey(5, &truck(number, matter), kind, 0).result;
            assert!(matches!(
                result(Matter::HiddenGoods, OrderKind::Inspect),
                Result::Found { .. }
            ));
            assert_eq!(
                result(Matter::Clean, OrderKind::Inspect),
                Result::NothingFound
            );
            assert_eq!(
                result(Matter::NormConsistent, OrderKind::HandheldCheck),
                Result::NothingFound
            );
            assert!(matches!(
                result(Matter::StrongSource, OrderKind::HandheldCheck),
                Result::Found { .. }
            ));
            assert!(matches!(
                result(Matter::GrossOverload, OrderKind::Reweigh),
                Result::Again {
                    zone: Zone::Scale,
                    act: Act::Weigh(_)
                }
            ));
        }
        let presented = (0..100)
            .map(|it| {
                obey(
                    5,
                    &truck(it, Matter::MissingCertificate),
                    OrderKind::PresentDocument,
                    0,
                )
            })
            .filter(|it| matches!(it.result, Result::Again { .. }))
            .count();
        assert!((25..75).contains(&presented), "{presented}");
    }

    #[test]
    fn a_muddy_plate_is_entered_by_hand() {
        let plan = script(5, &truck(1, Matter::PlateUnread), 1);
        assert!(
            plan.steps
                .iter()
                .any(|it| matches!(it.act, Act::EnterByHand { .. }))
        );
    }
}
