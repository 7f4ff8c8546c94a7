//! Whether natural goods would explain a point source: points are put into recorded and made natural loads,
//! and every reading is judged by a procedure's own rule ([`domain::stage::radiation::if_declared`]), as
//! though the goods declared were naturally radioactive.
//!
//! Neither load nor point is of the shapes that the fit tries: loads fill the body's width between panels of
//! unknown distance, points stand anywhere across and up, and each panel counts for itself.

use domain::procedure::Procedure;
use domain::reading::{RadiationProfile, RadiationReading};
use domain::stage::radiation::{NaturalVerdict, if_declared};

use super::measured;
use crate::chance::Chance;

/// Strengths injected: standard deviations over the background that the point alone would have in the
/// second in which it shines most.
pub const STRENGTHS_SIGMA: [f64; 6] = [6.0, 9.0, 12.0, 18.0, 30.0, 60.0];
const SAMPLE_MS: u32 = 200;
const SAMPLE_S: f64 = 0.2;
const SECOND: usize = 5;
/// Half the distance between the panels of both sides, metres.
const HALF_WIDTH_M: (f64, f64) = (2.3, 2.8);
/// A point stands at most so far from the lane's axis, metres.
const OFF_AXIS_M: f64 = 1.1;
/// A point low or high shines so much more on the lower or upper panels.
const LOW_HIGH: f64 = 0.3;

/// How a made load lies in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heap {
    Even,
    Ramp,
    Two,
    /// Two heaps with a gap.
    Apart,
}

pub const HEAPS: [Heap; 4] = [Heap::Even, Heap::Ramp, Heap::Two, Heap::Apart];

/// Verdicts on readings of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub passes: u32,
    /// No alarm: nothing to explain.
    pub silent: u32,
    /// Natural goods would explain the alarm.
    pub natural: u32,
    /// A person decides.
    pub person: u32,
}

/// What the procedure makes of these readings.
pub fn told<'a>(
    readings: impl IntoIterator<Item = &'a RadiationReading>,
    procedure: &Procedure,
) -> Told {
    let mut told = Told::default();
    for reading in readings {
        told.passes += 1;
        match if_declared(reading, procedure) {
            NaturalVerdict::Silent => told.silent += 1,
            NaturalVerdict::Consistent => told.natural += 1,
            _ => told.person += 1,
        }
    }
    told
}

/// Loads of lorries of all sorts: 9 to 20 m, 0.8 to 2.9 m/s, background 750 to 2000 counts/s.
pub fn made_loads(seed: u64, heap: Heap, count: u64) -> Vec<RadiationProfile> {
    let purpose = format!("made load {heap:?}");
    (0..count)
        .map(|number| made(&mut Chance::of(seed, &purpose, number), heap))
        .collect()
}

/// Each load with a point of that strength in it, `places` times, as a portal's decoder reads it.
pub fn with_points(
    loads: &[RadiationProfile],
    strength_sigma: f64,
    places: u64,
    seed: u64,
) -> Vec<RadiationReading> {
    let purpose = format!("point of {strength_sigma}");
    let mut readings = Vec::new();
    for (number, load) in loads.iter().enumerate() {
        for place in 0..places {
            let mut chance = Chance::of(seed, &purpose, number as u64 * places + place);
            readings.push(measured(&injected(load, strength_sigma, &mut chance)));
        }
    }
    readings
}

/// Inverse square and the panel's cosine, for the panels of each side.
fn sides(along_m: f64, half_width_m: f64, off_axis_m: f64) -> [f64; 2] {
    [half_width_m - off_axis_m, half_width_m + off_axis_m]
        .map(|away_m| away_m / (away_m.powi(2) + along_m.powi(2)).powf(1.5))
}

/// The greatest sum over one second.
fn brightest_second(rates: &[f64]) -> f64 {
    let sums = rates
        .windows(SECOND.min(rates.len().max(1)))
        .map(|it| it.iter().sum::<f64>());
    sums.fold(f64::MIN_POSITIVE, f64::max)
}

fn injected(load: &RadiationProfile, strength_sigma: f64, chance: &mut Chance) -> RadiationProfile {
    let speed_mps = load.speed_mps.unwrap_or(1.0);
    let samples = load.gamma_counts.iter().map(Vec::len).min().unwrap_or(0);
    let place_m = chance.between(0.2, 0.9) * samples as f64 * SAMPLE_S * speed_mps;
    let off_axis_m = chance.between(-OFF_AXIS_M, OFF_AXIS_M);
    let half_width_m = chance.between(HALF_WIDTH_M.0, HALF_WIDTH_M.1);
    let low = chance.between(-LOW_HIGH, LOW_HIGH);
    let rates: Vec<[f64; 2]> = (0..samples)
        .map(|at| {
            let along_m = (at as f64 + 0.5) * SAMPLE_S * speed_mps - place_m;
            sides(along_m, half_width_m, off_axis_m)
        })
        .collect();
    let sums: Vec<f64> = rates.iter().map(|it| it[0] + it[1]).collect();
    let background: f64 = load.gamma_background.iter().sum::<f64>() * SECOND as f64;
    let scale = strength_sigma * background.sqrt() / brightest_second(&sums);
    let mut profile = load.clone();
    for (at, rate) in rates.iter().enumerate() {
        for (panel, counts) in profile.gamma_counts.iter_mut().enumerate() {
            let height = 1.0 + if panel % 2 == 0 { low } else { -low };
            counts[at] += chance.poisson(scale * rate[usize::from(panel >= 2)] / 2.0 * height);
        }
    }
    profile
}

fn made(chance: &mut Chance, heap: Heap) -> RadiationProfile {
    let length_m = chance.between(9.0, 20.0);
    let speed_mps = chance.between(0.8, 2.9);
    let background = chance.between(150.0, 400.0);
    let suppression = chance.between(0.05, 0.32);
    let from_m = chance.between(2.0, 6.5).min(0.35 * length_m);
    let to_m = length_m - chance.between(0.3, 2.0);
    let half_width_m = chance.between(HALF_WIDTH_M.0, HALF_WIDTH_M.1);
    let strength_sigma = chance.between(9.0, 40.0);
    let middle_m = from_m + chance.between(0.35, 0.65) * (to_m - from_m);
    let gap_m = chance.between(0.3, 1.5);
    let second = chance.between(0.5, 1.0);
    let tilt = chance.between(-0.4, 0.4);
    let panels: [f64; 4] = std::array::from_fn(|_| background / 4.0 * chance.between(0.95, 1.05));
    let filled = |at_m: f64| match heap {
        Heap::Even => 1.0,
        Heap::Ramp => 1.0 + tilt * (2.0 * (at_m - from_m) / (to_m - from_m) - 1.0),
        Heap::Apart if (at_m - middle_m).abs() < gap_m / 2.0 => 0.0,
        Heap::Two | Heap::Apart if at_m < middle_m => 1.0,
        Heap::Two | Heap::Apart => second,
    };
    let slices = ((to_m - from_m) / 0.2) as usize;
    let samples = (length_m / speed_mps / SAMPLE_S).ceil() as usize;
    let rates: Vec<f64> = (0..samples)
        .map(|at| {
            let at_m = (at as f64 + 0.5) * SAMPLE_S * speed_mps;
            let slice = |number: usize| {
                let slice_m = from_m + (number as f64 + 0.5) * 0.2;
                let across = [-0.9, -0.45, 0.0, 0.45, 0.9]
                    .map(|off_m| sides(at_m - slice_m, half_width_m, off_m));
                filled(slice_m) * across.as_flattened().iter().sum::<f64>()
            };
            (0..slices).map(slice).sum()
        })
        .collect();
    let scale = strength_sigma * (background * SECOND as f64).sqrt() / brightest_second(&rates);
    let covered = |at_m: f64| ((at_m + 0.5) / 3.0).clamp(0.0, 1.0);
    let mut gamma_counts = vec![Vec::with_capacity(samples); panels.len()];
    for (at, rate) in rates.iter().enumerate() {
        let at_m = (at as f64 + 0.5) * SAMPLE_S * speed_mps;
        let open = 1.0 - suppression * covered(at_m) * covered(length_m - at_m);
        for (counts, panel) in gamma_counts.iter_mut().zip(panels) {
            counts.push(chance.poisson(panel * open + scale * rate / 4.0));
        }
    }
    RadiationProfile {
        sample_ms: SAMPLE_MS,
        gamma_counts,
        gamma_background: panels
            .map(|it| f64::from(chance.poisson(it * SECOND as f64)) / SECOND as f64)
            .to_vec(),
        n_sigma: 6.0,
        window_samples: SECOND as u32,
        speed_mps: Some(speed_mps),
        ..RadiationProfile::default()
    }
}
