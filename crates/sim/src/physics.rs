//! What equipment sees of a truck: counts of a portal as it rolls through, axle loads with the
//! scatter of an accuracy class, plates as cameras misread them, clocks that are wrong, fields of a
//! page as a reader lifts them. Values only; `lane` puts them on the wire.
//!
//! Not a detector model of any product: shapes and figures are of the published kind (vehicle
//! shadow, k-sigma over the background just before), chosen to be plausible.

use domain::reading::Alarm;

use crate::chance::Chance;
use crate::traffic::papers::Paper;
use crate::traffic::{Source, Truck, plates};

/// One truck's way through a portal of four panels.
#[derive(Debug, Clone, PartialEq)]
pub struct PortalPass {
    /// Counts per second of each panel just before.
    pub background_cps: [u32; 4],
    /// All tubes.
    pub neutron_background_cps: f64,
    /// Counts of each panel in 200 ms.
    pub gamma: Vec<[u32; 4]>,
    /// The monitor's own alarm after each sample.
    pub gamma_alarms: Vec<Alarm>,
    /// Counts of each tube in one second.
    pub neutron: Vec<[u32; 4]>,
    pub neutron_alarms: Vec<Alarm>,
    pub speed_mps: f64,
    pub length_m: f64,
}

pub const SAMPLE_MS: u32 = 200;
/// The simulated monitors alarm at this many standard deviations of one second's background.
pub const N_SIGMA: f64 = 6.0;
pub const NEUTRON_COUNTS: u32 = 8;
const NEUTRON_BACKGROUND_CPS: f64 = 1.4;
/// Half width at which a point source's rate falls to a third: panels stand 2.3 m from the axis.
const PANEL_M: f64 = 2.3;
/// Where the load begins behind the bumper, and how far it ends before the rear.
const LOAD_FROM_M: f64 = 4.0;
const LOAD_TO_REAR_M: f64 = 1.0;

/// Counts of one pass; `pass` numbers the passes of the same truck (a second pass differs).
pub fn portal(seed: u64, truck: &Truck, pass: u64) -> PortalPass {
    let purpose = format!("portal {} {pass}", truck.checkpoint);
    let mut chance = Chance::of(seed, &purpose, truck.number);
    let speed_mps = if pass == 0 {
        chance.between(1.7, 2.9)
    } else {
        chance.between(1.0, 1.4)
    };
    let length_m = truck.silhouette.length_m;
    let panels = [305.0, 286.0, 331.0, 306.0].map(|it: f64| it * chance.between(0.96, 1.04));
    let background_cps = panels.map(|it| chance.poisson(it * 5.0) / 5);
    let suppression = if truck.cargo_kg > 4000 {
        chance.between(0.14, 0.24)
    } else {
        chance.between(0.07, 0.13)
    };
    // A source nearer to one side shines more on that side's panels.
    let side = chance.between(-0.35, 0.35);
    let shares = [1.0 + side, 1.0 + side, 1.0 - side, 1.0 - side].map(|it| it / 4.0);
    let seconds_per_sample = f64::from(SAMPLE_MS) / 1000.0;
    let total: f64 = panels.iter().sum();

    let count = (length_m / speed_mps / seconds_per_sample).ceil() as usize;
    let window = (1.0 / seconds_per_sample).round() as usize;
    let threshold = {
        let measured = f64::from(background_cps.iter().sum::<u32>());
        measured + N_SIGMA * measured.sqrt()
    };
    let mut gamma = Vec::with_capacity(count);
    let mut gamma_alarms = Vec::with_capacity(count);
    let mut neutron = Vec::new();
    let mut neutron_alarms = Vec::new();
    let mut tubes = [0; 4];
    for sample in 0..count {
        // Metres of vehicle that have passed the panels' axis.
        let at_m = (sample as f64 + 0.5) * seconds_per_sample * speed_mps;
        let shadow = 1.0 - suppression * covered(at_m, 0.0, length_m);
        let (excess_cps, neutron_cps) = match truck.source {
            None => (0.0, 0.0),
            Some(Source::Spread { excess_share }) => (
                excess_share * total * load(at_m, LOAD_FROM_M, length_m - LOAD_TO_REAR_M),
                0.0,
            ),
            Some(Source::Point {
                position_m,
                gamma_cps,
                neutron_cps,
            }) => {
                let near = point(at_m - position_m);
                (gamma_cps * near, neutron_cps * near)
            }
        };
        let counts: [u32; 4] = std::array::from_fn(|panel| {
            let cps = panels[panel] * shadow + excess_cps * shares[panel];
            chance.poisson(cps * seconds_per_sample)
        });
        gamma.push(counts);
        let summed: u32 = gamma.iter().rev().take(window).flatten().sum();
        let alarm = gamma.len() >= window && f64::from(summed) > threshold;
        gamma_alarms.push(if alarm { Alarm::Raised } else { Alarm::Silent });
        for tube in &mut tubes {
            *tube +=
                chance.poisson((NEUTRON_BACKGROUND_CPS + neutron_cps) / 4.0 * seconds_per_sample);
        }
        if (sample + 1) % window == 0 {
            let alarm = tubes.iter().sum::<u32>() >= NEUTRON_COUNTS;
            neutron_alarms.push(if alarm { Alarm::Raised } else { Alarm::Silent });
            neutron.push(std::mem::take(&mut tubes));
        }
    }
    PortalPass {
        background_cps,
        neutron_background_cps: NEUTRON_BACKGROUND_CPS,
        gamma,
        gamma_alarms,
        neutron,
        neutron_alarms,
        speed_mps,
        length_m,
    }
}

/// Relative rate of a point source at `metres` along the lane from the panels.
fn point(metres: f64) -> f64 {
    (1.0 + (metres / PANEL_M).powi(2)).powf(-1.5)
}

/// Relative rate of goods spread evenly from `from_m` to `to_m`: [`point`] summed over them, 1 well inside.
fn load(at_m: f64, from_m: f64, to_m: f64) -> f64 {
    let side = |metres: f64| metres / metres.hypot(PANEL_M);
    (side(at_m - from_m) - side(at_m - to_m)) / 2.0
}

/// Share of a panel's view filled by something from `from_m` to `to_m`; soft at the ends.
fn covered(at_m: f64, from_m: f64, to_m: f64) -> f64 {
    let edge = |metres: f64| 0.5 + 0.5 * (metres / (0.8 * PANEL_M)).tanh();
    edge(at_m - from_m) * edge(to_m - at_m)
}

/// One weighing.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighing {
    pub axle_kg: Vec<u32>,
    pub axle_sigma_kg: Vec<f64>,
    pub gross_kg: u32,
    pub gross_sigma_kg: f64,
    pub accuracy_class: &'static str,
    pub length_m: f64,
    pub width_m: f64,
    pub height_m: f64,
    pub dimension_sigma_m: f64,
    pub speed_kmh: f64,
}

/// Low-speed scales of OIML R 134 class 1: half the in-service error taken as one standard
/// deviation, axles twice as uncertain as the gross. `pass` 0 is rolling, later ones standing.
pub fn weighing(seed: u64, truck: &Truck, pass: u64) -> Weighing {
    let purpose = format!("scale {} {pass}", truck.checkpoint);
    let mut chance = Chance::of(seed, &purpose, truck.number);
    let (gross_share, accuracy_class) = if pass == 0 {
        (0.005, "R134/1")
    } else {
        (0.0025, "R134/0.5")
    };
    // Class is a limit of error: the device itself does better by about two.
    let scatter = gross_share / 2.0;
    let common = scatter * chance.normal();
    let axles: Vec<f64> = truck
        .silhouette
        .axle_kg
        .iter()
        .map(|&load| f64::from(load) * (1.0 + common + scatter * chance.normal()))
        .collect();
    let gross: f64 = axles.iter().sum();
    let round = |kg: f64| (kg / 10.0).round() as u32 * 10;
    let axle_kg: Vec<u32> = axles.iter().copied().map(round).collect();
    let dimension_sigma_m = 0.02;
    let mut measured = |metres: f64| {
        ((metres + 0.5 * dimension_sigma_m * chance.normal()) * 100.0).round() / 100.0
    };
    Weighing {
        axle_sigma_kg: axles
            .iter()
            .map(|it| (it * 2.0 * gross_share).round())
            .collect(),
        gross_kg: axle_kg.iter().sum(),
        gross_sigma_kg: (gross * gross_share).round(),
        axle_kg,
        accuracy_class,
        length_m: measured(truck.silhouette.length_m),
        width_m: measured(truck.silhouette.width_m),
        height_m: measured(truck.silhouette.height_m),
        dimension_sigma_m,
        speed_kmh: if pass == 0 {
            (chance.between(4.0, 8.0) * 10.0).round() / 10.0
        } else {
            0.0
        },
    }
}

/// What a camera makes of a plate.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraRead {
    /// `None`: it saw a vehicle and no plate.
    pub plate: Option<String>,
    /// 0..=1.
    pub confidence: f64,
    /// Further readings, best first.
    pub candidates: Vec<(String, f64)>,
    /// How far the camera's clock is off, ms.
    pub clock_off_ms: i64,
}

/// Share of clean plates a camera misreads by one character.
pub const MISREAD_SHARE: f64 = 0.02;

/// `camera` names it (`L1/front`): its clock error is its own and stays the same.
pub fn camera(seed: u64, truck: &Truck, camera: &str, plate: &str) -> CameraRead {
    let mut chance = Chance::of(
        seed,
        &format!("camera {} {camera}", truck.checkpoint),
        truck.number,
    );
    let clock_off_ms = clock_off_ms(seed, &format!("{} {camera}", truck.checkpoint));
    if truck.muddy {
        return CameraRead {
            plate: None,
            confidence: 0.0,
            candidates: vec![],
            clock_off_ms,
        };
    }
    let hundredths = |it: f64| (it * 100.0).round() / 100.0;
    let wrong = plates::confused(&mut chance, plate);
    if chance.happens(MISREAD_SHARE) {
        let confidence = hundredths(chance.between(0.55, 0.80));
        let second = hundredths(confidence - 0.05);
        let candidates = vec![(wrong.clone(), confidence), (plate.to_owned(), second)];
        return CameraRead {
            plate: Some(wrong),
            confidence,
            candidates,
            clock_off_ms,
        };
    }
    let confidence = hundredths(chance.between(0.90, 0.99));
    let candidates = vec![
        (plate.to_owned(), confidence),
        (wrong, hundredths((1.0 - confidence) * 0.8)),
    ];
    CameraRead {
        plate: Some(plate.to_owned()),
        confidence,
        candidates,
        clock_off_ms,
    }
}

/// Most cameras drift by seconds; some were never set and are hours off.
fn clock_off_ms(seed: u64, camera: &str) -> i64 {
    let mut chance = Chance::of(seed, &format!("camera clock {camera}"), 0);
    match chance.weighted(&[60.0, 25.0, 15.0]) {
        0 => (4_000.0 * chance.normal()) as i64,
        1 => -3 * 3_600_000 + (20_000.0 * chance.normal()) as i64,
        _ => (chance.between(1.0, 9.0) * 3_600_000.0) as i64,
    }
}

/// Fields of a paper with the confidence of a page reader; a few come with a slip of one
/// character in a text that nothing is compared with.
pub fn page_fields(chance: &mut Chance, paper: &Paper) -> Vec<(String, String, f64)> {
    paper
        .fields
        .iter()
        .map(|(name, value)| {
            let free_text = matches!(name.as_str(), "consignor" | "consignee" | "driver");
            if free_text && chance.happens(0.08) {
                (name.clone(), plates::confused(chance, value), 0.62)
            } else {
                (
                    name.clone(),
                    value.clone(),
                    (chance.between(0.93, 0.999) * 1000.0).round() / 1000.0,
                )
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::fact::Direction;
    use domain::unit::{CheckpointId, UtcMs};

    use super::*;
    use crate::traffic::{Matter, truck_with};

    fn truck(number: u64, matter: Matter) -> Truck {
        let at = UtcMs(1_795_400_000_000);
        truck_with(
            9,
            &CheckpointId::new("CN05"),
            Direction::Entry,
            number,
            at,
            matter,
        )
    }

    fn gamma_alarm(number: u64, matter: Matter) -> bool {
        portal(9, &truck(number, matter), 0)
            .gamma_alarms
            .contains(&Alarm::Raised)
    }

    fn share(judge: impl Fn(u64) -> bool) -> f64 {
        (0..150).filter(|&it| judge(it)).count() as f64 / 150.0
    }

    #[test]
    fn the_same_seed_gives_the_same_counts() {
        let it = truck(3, Matter::NormConsistent);
        assert_eq!(portal(9, &it, 0), portal(9, &it, 0));
        assert_ne!(portal(9, &it, 0).gamma, portal(9, &it, 1).gamma);
        assert_eq!(weighing(9, &it, 0), weighing(9, &it, 0));
        assert_eq!(
            camera(9, &it, "front", "123ABC02"),
            camera(9, &it, "front", "123ABC02")
        );
    }

    #[test]
    fn portals_alarm_on_what_shines_and_are_quiet_else() {
        let rate = |matter| share(|it| gamma_alarm(it, matter));
        assert!(rate(Matter::Clean) == 0.0, "{}", rate(Matter::Clean));
        assert!(
            rate(Matter::StrongSource) > 0.99,
            "{}",
            rate(Matter::StrongSource)
        );
        assert!(
            rate(Matter::NormConsistent) > 0.95,
            "{}",
            rate(Matter::NormConsistent)
        );
        assert!(
            rate(Matter::NormInconsistent) > 0.95,
            "{}",
            rate(Matter::NormInconsistent)
        );
        let weak = rate(Matter::WeakSource);
        assert!((0.2..0.98).contains(&weak), "{weak}");
        let neutron = |matter| {
            share(|it| {
                portal(9, &truck(it, matter), 0)
                    .neutron_alarms
                    .contains(&Alarm::Raised)
            })
        };
        assert!(
            neutron(Matter::NeutronSource) > 0.95,
            "{}",
            neutron(Matter::NeutronSource)
        );
        assert!(neutron(Matter::Clean) < 0.02, "{}", neutron(Matter::Clean));
    }

    #[test]
    fn a_lorry_shades_the_panels() {
        let pass = portal(9, &truck(1, Matter::Clean), 0);
        let middle = &pass.gamma[pass.gamma.len() / 3..2 * pass.gamma.len() / 3];
        let mean = middle.iter().flatten().sum::<u32>() as f64 / middle.len() as f64 * 5.0;
        let background = f64::from(pass.background_cps.iter().sum::<u32>());
        assert!(mean < 0.97 * background, "{mean} against {background}");
    }

    #[test]
    fn scales_scatter_within_their_class() {
        let mut inside = 0;
        for number in 0..300 {
            let it = truck(number, Matter::Clean);
            let weighed = weighing(9, &it, 0);
            let error = (f64::from(weighed.gross_kg) - f64::from(it.gross_kg())).abs();
            inside += usize::from(error < weighed.gross_sigma_kg);
            assert!(error < 4.0 * weighed.gross_sigma_kg);
        }
        assert!(inside > 240, "{inside}");
    }

    #[test]
    fn cameras_misread_sometimes_and_know_it() {
        let reads: Vec<CameraRead> = (0..2000)
            .map(|it| camera(9, &truck(it, Matter::Clean), "front", "508KDA02"))
            .collect();
        let wrong: Vec<_> = reads
            .iter()
            .filter(|it| it.plate.as_deref() != Some("508KDA02"))
            .collect();
        assert!((15..80).contains(&wrong.len()), "{}", wrong.len());
        assert!(
            wrong
                .iter()
                .all(|it| it.confidence < 0.85 && it.candidates.len() > 1)
        );
        assert!(
            camera(9, &truck(1, Matter::PlateUnread), "front", "508KDA02")
                .plate
                .is_none()
        );
        // A camera's clock error is the camera's, not the truck's.
        assert!(
            reads
                .windows(2)
                .all(|it| it[0].clock_off_ms == it[1].clock_off_ms)
        );
        let off = (0..40)
            .filter(|it| clock_off_ms(9, &it.to_string()).abs() > 3_000_000)
            .count();
        assert!((6..30).contains(&off), "{off}");
    }
}
