//! Evidence for the second opinion by injection (PNNL-SA-49190): counts of a source are added to passes of
//! clean lorries, and it is counted who finds it: the device's k-sigma test of the sum, and the filter.
//! The source stands anywhere between the panels, so its shape is *not* the filter's own template.
//!
//! Not here: the filter (`devices::radiation::filter`) and the threshold (procedure data).

pub mod natural;

use devices::radiation::occupancy::{Occupancy, Portal};
use domain::fact::Direction;
use domain::reading::{Alarm, RadiationProfile, RadiationReading, SourceShape};
use domain::unit::{CheckpointId, UtcMs};

use crate::chance::Chance;
use crate::physics::{N_SIGMA, SAMPLE_MS, portal};
use crate::traffic::{Matter, truck_with};

/// Half the distance between the panels of the two sides, metres.
const HALF_WIDTH_M: f64 = 2.6;
/// A source is carried at most so far from the lane's axis, metres.
const OFF_AXIS_M: f64 = 1.1;

/// Who found what at one strength.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Row {
    /// Counts per second of the source alone, all panels, where it shines most. 0: nothing injected.
    pub strength_cps: f64,
    pub passes: u32,
    pub device: u32,
    pub filter: u32,
    /// Of those the filter found: called spread although it was a point.
    pub spread: u32,
    /// Of those found as a point: within 1.5 m of where it was.
    pub placed: u32,
}

/// Clean lorries of the simulated traffic, as a portal counts them.
pub fn clean_passes(seed: u64, count: u64) -> Vec<RadiationProfile> {
    let checkpoint = CheckpointId::new("CN01");
    (1..=count)
        .map(|number| {
            let (at, direction) = (UtcMs(1_795_400_000_000), Direction::Entry);
            let truck = truck_with(seed, &checkpoint, direction, number, at, Matter::Clean);
            let pass = portal(seed, &truck, 0);
            RadiationProfile {
                sample_ms: SAMPLE_MS,
                gamma_counts: (0..4)
                    .map(|panel| pass.gamma.iter().map(|it| it[panel]).collect())
                    .collect(),
                gamma_background: pass
                    .background_cps
                    .map(|it| f64::from(it) * f64::from(SAMPLE_MS) / 1000.0)
                    .to_vec(),
                neutron_counts: Vec::new(),
                n_sigma: N_SIGMA,
                window_samples: 1000 / SAMPLE_MS,
                speed_mps: Some(pass.speed_mps),
                ..RadiationProfile::default()
            }
        })
        .collect()
}

/// One row a strength over all `passes`; the row of strength 0 holds the false alarms.
pub fn study(
    passes: &[RadiationProfile],
    strengths_cps: &[f64],
    opinion_sigma: f64,
    seed: u64,
) -> Vec<Row> {
    strengths_cps
        .iter()
        .map(|strength_cps| {
            let mut row = Row {
                strength_cps: *strength_cps,
                ..Row::default()
            };
            for (number, pass) in passes.iter().enumerate() {
                let mut chance = Chance::of(seed, "injection", number as u64);
                let (profile, place_m) = inject(pass, *strength_cps, &mut chance);
                let reading = measured(&profile);
                row.passes += 1;
                row.device += u32::from(reading.gamma_max_sigma >= profile.n_sigma);
                let Some(opinion) = reading.second_opinion else {
                    continue;
                };
                if opinion.sigma < opinion_sigma {
                    continue;
                }
                row.filter += 1;
                row.spread += u32::from(opinion.shape == SourceShape::Spread);
                let near = opinion
                    .position_m
                    .is_some_and(|it| (it - place_m).abs() <= 1.5);
                row.placed += u32::from(near && opinion.shape == SourceShape::Point);
            }
            row
        })
        .collect()
}

/// The pass with a source somewhere in its load, and where it is.
fn inject(
    pass: &RadiationProfile,
    strength_cps: f64,
    chance: &mut Chance,
) -> (RadiationProfile, f64) {
    let sample_s = f64::from(pass.sample_ms) / 1000.0;
    let speed_mps = pass.speed_mps.unwrap_or(1.0);
    let samples = pass.gamma_counts.first().map_or(0, Vec::len);
    let length_m = samples as f64 * sample_s * speed_mps;
    let place_m = chance.between(0.2, 0.9) * length_m;
    let off_axis_m = chance.between(-OFF_AXIS_M, OFF_AXIS_M);
    // Inverse square and the panel's cosine, for each side.
    let side = |along_m: f64, away_m: f64| away_m / (away_m.powi(2) + along_m.powi(2)).powf(1.5);
    let sides = |along_m: f64| {
        [
            side(along_m, HALF_WIDTH_M - off_axis_m),
            side(along_m, HALF_WIDTH_M + off_axis_m),
        ]
    };
    let most: f64 = sides(0.0).iter().sum();
    let panels = pass.gamma_counts.len().max(1);
    let mut profile = pass.clone();
    for at in 0..samples {
        let shares = sides((at as f64 + 0.5) * sample_s * speed_mps - place_m);
        for (panel, counts) in profile.gamma_counts.iter_mut().enumerate() {
            // The first half of the panels stands on the one side.
            let share = shares[usize::from(panel * 2 >= panels)] / most / (panels as f64 / 2.0);
            counts[at] += chance.poisson(strength_cps * share * sample_s);
        }
    }
    (profile, place_m)
}

/// The reading that a portal's decoder would make of the profile.
pub fn measured(profile: &RadiationProfile) -> RadiationReading {
    let sample_s = f64::from(profile.sample_ms) / 1000.0;
    let background = profile.gamma_background.iter().map(|it| it / sample_s);
    let mut occupancy = Occupancy::begin(Some(background.collect()));
    for at in 0..profile.gamma_counts.first().map_or(0, Vec::len) {
        let counts: Vec<u32> = profile.gamma_counts.iter().map(|it| it[at]).collect();
        occupancy.gamma(&counts, Alarm::Silent);
    }
    occupancy.speed(profile.speed_mps.unwrap_or(0.0));
    let portal = Portal {
        protocol: "injected",
        sample_ms: profile.sample_ms,
        window_samples: profile.window_samples,
        n_sigma: profile.n_sigma,
    };
    occupancy.finish(&portal, None).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_finds_what_six_sigma_misses_and_is_quiet_on_clean_lorries() {
        let rows = study(&clean_passes(7, 80), &[0.0, 250.0, 600.0], 4.0, 7);
        let share = |it: u32| f64::from(it) / 80.0;
        assert_eq!(rows[0].device, 0, "{rows:?}");
        assert!(rows[0].filter <= 1, "{rows:?}");
        assert!(share(rows[1].filter) > 0.6, "{rows:?}");
        assert!(share(rows[1].device) < 0.2, "{rows:?}");
        assert!(share(rows[2].filter) > 0.97, "{rows:?}");
        assert!(
            f64::from(rows[2].placed) > 0.9 * f64::from(rows[2].filter - rows[2].spread),
            "{rows:?}"
        );
        // Stronger sources are found more often, by both.
        for pair in rows.windows(2) {
            assert!(pair[0].filter <= pair[1].filter && pair[0].device <= pair[1].device);
        }
    }
}
