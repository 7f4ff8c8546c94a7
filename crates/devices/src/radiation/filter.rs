//! A second opinion on one occupancy: a matched filter on the baseline-fitted sum of all panels. It
//! stands beside the device's own alarm and never replaces it; the threshold is procedure data.
//!
//! Three things explain a profile: the background (known from just before the vehicle, give or take
//! its own counting error), the vehicle's shadow (a ramp of some metres at each end, depth unknown),
//! and a source. Each place of a point source, and each extent of a spread one, is fitted together
//! with background and shadow; the best improvement of the fit over no source at all, in standard
//! deviations, is the opinion (generalised likelihood ratio). Since the shadow is fitted and not
//! assumed, a source inside a lorry that counts *below* the background is still seen.
//!
//! Method after PNNL-SA-65656 and OSTI 887358 (shadow shielding and its removal); evidence by injection
//! after PNNL-SA-49190 (`beket bench filter`). Energy windows are not used.
//!
//! Edition 2: `spread` is said only when [`super::shape`] finds the load clearly better than a point,
//! than two, and than a load with a point in it; else the shape is a point or unclear. Edition 3: panels
//! are compared too, and it is said how strong a point the load may hide.

use domain::reading::{RadiationProfile, SecondOpinion, SourceShape};

use super::shape::{self, Counts, Shapes};
use crate::limits;

/// Name and edition of the arithmetic: figures of different editions are not compared.
pub const METHOD: &str = "matched_filter/3";

/// Distance from the lane's axis to the panels' faces, metres: 4.6 to 5.6 m between panels is usual.
const PANEL_M: f64 = 2.8;
/// Shapes of the shadow's edge: metres by which it begins before the bumper, and its ramp. The last one
/// never begins: no shadow at all. A shadow only takes counts away, so that a short vehicle's source is
/// not explained by a shadow that shines.
const EDGES_M: [(f64, f64); 3] = [(0.0, 3.0), (1.5, 4.0), (f64::NEG_INFINITY, 1.0)];
/// Step of the places tried, metres, unless the vehicle is longer than [`PLACES`] of them.
const STEP_M: f64 = 0.25;
const PLACES: f64 = 400.0;
/// A load begins this far behind the bumper and ends this far before the rear, metres.
const LOAD_FROM_M: (f64, f64) = (2.0, 6.5);
const LOAD_TO_REAR_M: (f64, f64) = (0.0, 2.5);
const LOAD_STEP_M: f64 = 0.5;
const LOAD_SHORTEST_M: f64 = 3.0;
/// A source that background and shadow explain almost as well is not told apart from them.
const DISTINCT: f64 = 0.1;
/// Below this nobody asks for the shape, and it would be that of noise.
const SHAPE_FROM_SIGMA: f64 = 3.0;
/// Seconds over which the background just before was counted.
const BACKGROUND_S: f64 = 1.0;

/// What the filter made of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    pub opinion: SecondOpinion,
    /// Background and shadow alone as fitted beside the source, counts a sample, all panels.
    pub baseline_counts: Vec<f64>,
    /// The same with the source.
    pub fitted_counts: Vec<f64>,
}

/// `None` when there is no background or no speed (metres are what tells a source from a shadow), or
/// the occupancy is shorter than five samples or longer than [`limits::FILTER_SAMPLES`].
pub fn filter(profile: &RadiationProfile) -> Option<Filtered> {
    let speed_mps = profile
        .speed_mps
        .filter(|it| it.is_finite() && *it > 0.05)?;
    let sums = sums(profile)?;
    let sample_s = f64::from(profile.sample_ms) / 1000.0;
    let background: f64 = profile.gamma_background.iter().sum();
    if !(background.is_finite() && background > 0.0 && sample_s > 0.0) {
        return None;
    }
    let length_m = sums.len() as f64 * sample_s * speed_mps;
    let at_m: Vec<f64> = (0..sums.len())
        .map(|at| (at as f64 + 0.5) * sample_s * speed_mps)
        .collect();
    let fits: Vec<Baseline> = EDGES_M
        .iter()
        .map(|edge| {
            let shade = at_m.iter().map(|it| shade(*it, length_m, *edge)).collect();
            Baseline::fit(&sums, background, sample_s, shade)
        })
        .collect();
    let none = fits
        .iter()
        .filter(|it| it.takes_away(it.solved.1))
        .map(|it| it.misfit)
        .fold(f64::INFINITY, f64::min);
    let (mut point, mut spread) = (None::<Source>, None::<Source>);
    for fit in &fits {
        let step_m = STEP_M.max(length_m / PLACES);
        for place in steps(0.0, length_m, step_m) {
            let source = at_m.iter().map(|it| point_at(it - place)).collect();
            better(&mut point, fit, source, place, none);
        }
        for from_m in steps(LOAD_FROM_M.0, LOAD_FROM_M.1, LOAD_STEP_M) {
            for rear_m in steps(LOAD_TO_REAR_M.0, LOAD_TO_REAR_M.1, LOAD_STEP_M) {
                let to_m = length_m - rear_m;
                if to_m - from_m < LOAD_SHORTEST_M {
                    continue;
                }
                let source = at_m.iter().map(|it| load(*it, from_m, to_m)).collect();
                better(&mut spread, fit, source, (from_m + to_m) / 2.0, none);
            }
        }
    }
    let sigma_of = |it: &Option<Source>| it.as_ref().map_or(0.0, |it| it.gain.max(0.0).sqrt());
    let (point_sigma, spread_sigma) = (sigma_of(&point), sigma_of(&spread));
    let sigma = point_sigma.max(spread_sigma);
    let shapes = (sigma >= SHAPE_FROM_SIGMA)
        .then(|| {
            shape::shapes(&Counts {
                sums: &sums,
                sample_m: sample_s * speed_mps,
                background,
                background_samples: BACKGROUND_S / sample_s,
                second_samples: 1.0 / sample_s,
                contrasts: shape::contrasts(&profile.gamma_counts, &profile.gamma_background),
            })
        })
        .flatten();
    let shape = shape_of(shapes, point_sigma, spread_sigma);
    let is_spread = shape == SourceShape::Spread || spread_sigma > point_sigma;
    let best = if is_spread { spread } else { point };
    let Some(best) = best.filter(|it| it.gain > 0.0) else {
        let flat = fits
            .into_iter()
            .filter(|it| it.takes_away(it.solved.1))
            .min_by(|a, b| a.misfit.total_cmp(&b.misfit))?;
        let counts = flat.counts(flat.solved);
        return Some(Filtered {
            opinion: SecondOpinion {
                method: METHOD.to_owned(),
                sigma: 0.0,
                shape: SourceShape::Point,
                position_m: None,
                excess_cps: 0.0,
                spread_margin_sigma: None,
                hidden_point_sigma: None,
                hidden_limit_sigma: None,
            },
            fitted_counts: counts.clone(),
            baseline_counts: counts,
        });
    };
    let peak = best.source.iter().copied().fold(0.0, f64::max);
    Some(Filtered {
        opinion: SecondOpinion {
            method: METHOD.to_owned(),
            sigma: round(sigma, 100.0),
            shape,
            position_m: Some(round(best.place_m, 100.0)),
            excess_cps: round(best.strength * peak / sample_s, 1.0),
            spread_margin_sigma: shapes.map(|it| round(it.over_point, 100.0)),
            hidden_point_sigma: shapes.map(|it| round(it.hidden(), 100.0)),
            hidden_limit_sigma: shapes.and_then(|it| it.limit),
        },
        baseline_counts: best.baseline.iter().map(|it| round(*it, 10.0)).collect(),
        fitted_counts: best
            .baseline
            .iter()
            .zip(&best.source)
            .map(|(base, source)| round(base + best.strength * source, 10.0))
            .collect(),
    })
}

/// Spread only when it clearly is; a point when one fits at least as well as a load does.
fn shape_of(shapes: Option<Shapes>, point_sigma: f64, spread_sigma: f64) -> SourceShape {
    if shapes.is_some_and(|it| it.is_load()) {
        SourceShape::Spread
    } else if spread_sigma > point_sigma {
        SourceShape::Unclear
    } else {
        SourceShape::Point
    }
}

/// Puts the opinion into a reading and its curves into the profile; a profile that the filter cannot
/// judge stays as it is.
pub fn advise(reading: &mut domain::reading::RadiationReading, profile: &mut RadiationProfile) {
    if let Some(filtered) = filter(profile) {
        reading.second_opinion = Some(filtered.opinion);
        profile.baseline_counts = filtered.baseline_counts;
        profile.fitted_counts = filtered.fitted_counts;
    }
}

/// Counts of each sample, all panels; panels of different length are read as far as the shortest.
fn sums(profile: &RadiationProfile) -> Option<Vec<f64>> {
    let samples = profile.gamma_counts.iter().map(Vec::len).min()?;
    if !(5..=limits::FILTER_SAMPLES).contains(&samples) {
        return None;
    }
    let sum = |at: usize| {
        profile
            .gamma_counts
            .iter()
            .map(|it| f64::from(it[at]))
            .sum()
    };
    Some((0..samples).map(sum).collect())
}

fn round(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit
}

fn steps(from: f64, to: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = ((to - from) / step).floor().max(0.0) as usize;
    (0..=count).map(move |at| from + at as f64 * step)
}

/// Depth of the shadow at `at_m`, 0 outside and 1 well inside the vehicle.
fn shade(at_m: f64, length_m: f64, (before_m, ramp_m): (f64, f64)) -> f64 {
    ((at_m.min(length_m - at_m) + before_m) / ramp_m).clamp(0.0, 1.0)
}

/// Relative rate of a point source `off_m` along the lane: inverse square and the panel's cosine.
fn point_at(off_m: f64) -> f64 {
    let ratio = 1.0 + (off_m / PANEL_M).powi(2);
    1.0 / (ratio * ratio.sqrt())
}

/// The integral of [`point_at`] over a load.
fn load(at_m: f64, from_m: f64, to_m: f64) -> f64 {
    let antiderivative = |off_m: f64| {
        let off = off_m / PANEL_M;
        off / (1.0 + off * off).sqrt()
    };
    (antiderivative(at_m - from_m) - antiderivative(at_m - to_m)) / 2.0
}

/// Background and shadow fitted to the counts by weighted least squares. One more equation than there
/// are samples: the background as it was counted before.
struct Baseline {
    /// Columns of the fit, weighted, orthonormal: background, then shadow.
    axes: [Vec<f64>; 2],
    /// Counts over their standard deviation, and what the two columns leave of them.
    left: Vec<f64>,
    /// Square root of each equation's weight.
    weight: Vec<f64>,
    shade: Vec<f64>,
    /// Counts a sample of the background and of the whole shadow.
    solved: (f64, f64),
    /// Length of the shadow's column beside the background's.
    second_norm: f64,
    misfit: f64,
}

impl Baseline {
    fn fit(sums: &[f64], background: f64, sample_s: f64, shade: Vec<f64>) -> Baseline {
        // One variance for all, that of the usual sample under the shadow: each count by itself would
        // let a source raise its own doubt.
        let mut sorted = sums.to_vec();
        sorted.sort_by(f64::total_cmp);
        let usual = sorted[sorted.len() / 2].clamp(0.6 * background, background);
        let sample_weight = 1.0 / usual.max(1.0).sqrt();
        let before_weight = ((BACKGROUND_S / sample_s) / background).sqrt();
        let mut weight = vec![sample_weight; sums.len()];
        weight.push(before_weight);
        let mut measured: Vec<f64> = sums.iter().map(|it| it * sample_weight).collect();
        measured.push(background * before_weight);
        let level = weight.clone();
        let mut shadow: Vec<f64> = shade.iter().map(|it| it * sample_weight).collect();
        shadow.push(0.0);

        let level_norm = dot(&level, &level).sqrt();
        let first: Vec<f64> = level.iter().map(|it| it / level_norm).collect();
        let along = dot(&first, &shadow);
        let mut second = shadow;
        less(&mut second, &first, along);
        let second_norm = dot(&second, &second).sqrt();
        for it in &mut second {
            *it /= second_norm.max(f64::MIN_POSITIVE);
        }
        let (on_first, on_second) = (dot(&first, &measured), dot(&second, &measured));
        let mut left = measured;
        less(&mut left, &first, on_first);
        less(&mut left, &second, on_second);
        let depth = on_second / second_norm.max(f64::MIN_POSITIVE);
        let misfit = dot(&left, &left);
        Baseline {
            second_norm,
            axes: [first, second],
            left,
            weight,
            shade,
            solved: ((on_first - along * depth) / level_norm, depth),
            misfit,
        }
    }

    /// Whether a shadow of that depth is one; a little rounding is.
    fn takes_away(&self, depth: f64) -> bool {
        depth <= 1e-6
    }

    /// Counts a sample of a background and a shadow.
    fn counts(&self, (level, depth): (f64, f64)) -> Vec<f64> {
        self.shade.iter().map(|it| level + depth * it).collect()
    }

    /// How far `source` improves the fit: the drop of the misfit and the source's strength. `None` when
    /// it would take counts away, make the shadow shine, or cannot be told from background and shadow.
    fn improve(&self, source: &[f64]) -> Option<(f64, f64)> {
        let mut column: Vec<f64> = source
            .iter()
            .zip(&self.weight)
            .map(|(it, weight)| it * weight)
            .collect();
        column.push(0.0);
        let whole = dot(&column, &column);
        let on_second = dot(&self.axes[1], &column);
        for axis in &self.axes {
            let along = dot(axis, &column);
            less(&mut column, axis, along);
        }
        let own = dot(&column, &column);
        let along = dot(&column, &self.left);
        let depth = self.solved.1
            - along / own.max(f64::MIN_POSITIVE) * on_second
                / self.second_norm.max(f64::MIN_POSITIVE);
        if !self.takes_away(depth) {
            return None;
        }
        (own >= DISTINCT * whole && own > 0.0 && along > 0.0)
            .then(|| (along * along / own, along / own))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn less(from: &mut [f64], axis: &[f64], along: f64) {
    for (it, axis) in from.iter_mut().zip(axis) {
        *it -= along * axis;
    }
}

/// The best source so far of its kind.
struct Source {
    /// Misfit without any source less misfit with this one.
    gain: f64,
    strength: f64,
    place_m: f64,
    source: Vec<f64>,
    baseline: Vec<f64>,
}

fn better(best: &mut Option<Source>, fit: &Baseline, source: Vec<f64>, place_m: f64, none: f64) {
    let Some((drop, strength)) = fit.improve(&source) else {
        return;
    };
    let gain = none - (fit.misfit - drop);
    if best.as_ref().is_some_and(|it| it.gain >= gain) {
        return;
    }
    // Background and shadow once the source has its share.
    let counts: Vec<f64> = source
        .iter()
        .zip(&fit.left)
        .zip(&fit.weight)
        .map(|((it, _), weight)| strength * it * weight)
        .chain([0.0])
        .collect();
    let (first, second) = (&fit.axes[0], &fit.axes[1]);
    let weight = fit.weight[0];
    let without = fit.counts(fit.solved);
    let (on_first, on_second) = (dot(first, &counts), dot(second, &counts));
    let baseline = without
        .iter()
        .enumerate()
        .map(|(at, it)| it - (on_first * first[at] + on_second * second[at]) / weight)
        .collect();
    *best = Some(Source {
        gain,
        strength,
        place_m,
        source,
        baseline,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lorry of 16 m at 2 m/s before a background of 1200 counts a second, shaded by 20 %, without
    /// counting noise; `source` adds counts a sample at each place.
    fn lorry(source: impl Fn(f64) -> f64) -> RadiationProfile {
        let at_m: Vec<f64> = (0..40).map(|at| (f64::from(at) + 0.5) * 0.4).collect();
        let counts = |it: &f64| 240.0 * (1.0 - 0.2 * shade(*it, 16.0, EDGES_M[0])) + source(*it);
        RadiationProfile {
            sample_ms: 200,
            gamma_counts: vec![at_m.iter().map(|it| counts(it).round() as u32).collect()],
            gamma_background: vec![240.0],
            neutron_counts: Vec::new(),
            n_sigma: 6.0,
            window_samples: 5,
            speed_mps: Some(2.0),
            ..RadiationProfile::default()
        }
    }

    #[test]
    fn a_shadow_alone_is_no_source() {
        let it = filter(&lorry(|_| 0.0)).unwrap();
        assert!(it.opinion.sigma < 0.5, "{:?}", it.opinion);
    }

    #[test]
    fn a_source_below_the_background_is_seen_and_placed() {
        // 40 counts on top of a shadow of 48: the sum never reaches the background.
        let profile = lorry(|it| 40.0 * point_at(it - 9.0));
        assert!(profile.gamma_counts[0].iter().all(|it| *it <= 240));
        let it = filter(&profile).unwrap();
        assert!(it.opinion.sigma > 4.0, "{:?}", it.opinion);
        assert_eq!(it.opinion.shape, SourceShape::Point);
        assert!((it.opinion.position_m.unwrap() - 9.0).abs() < 0.3);
        assert!(
            (it.opinion.excess_cps - 200.0).abs() < 15.0,
            "{:?}",
            it.opinion
        );
        // The curves are the shadow, and the counts.
        let shadow = lorry(|_| 0.0);
        for at in 0..40 {
            let base = f64::from(shadow.gamma_counts[0][at]);
            assert!((it.baseline_counts[at] - base).abs() < 4.0, "{at}");
            let seen = f64::from(profile.gamma_counts[0][at]);
            assert!((it.fitted_counts[at] - seen).abs() < 2.0, "{at}");
        }
    }

    #[test]
    fn a_load_that_shines_all_over_is_spread() {
        let it = filter(&lorry(|it| 150.0 * load(it, 4.0, 15.0))).unwrap();
        assert!(it.opinion.sigma > 4.0, "{:?}", it.opinion);
        assert_eq!(it.opinion.shape, SourceShape::Spread);
    }

    #[test]
    fn without_speed_background_or_samples_there_is_no_opinion() {
        let whole = lorry(|_| 0.0);
        for spoil in [
            |it: &mut RadiationProfile| it.speed_mps = None,
            |it: &mut RadiationProfile| it.gamma_background.clear(),
            |it: &mut RadiationProfile| it.gamma_counts[0].truncate(4),
            |it: &mut RadiationProfile| it.gamma_counts[0].resize(limits::FILTER_SAMPLES + 1, 1),
            |it: &mut RadiationProfile| it.gamma_background = vec![f64::NAN],
            |it: &mut RadiationProfile| it.sample_ms = 0,
        ] {
            let mut it = whole.clone();
            spoil(&mut it);
            assert_eq!(filter(&it), None);
        }
    }
}
