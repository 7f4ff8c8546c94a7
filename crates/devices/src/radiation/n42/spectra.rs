//! Spectra and energy windows of an N42 document as the case keeps them: what was counted while the portal
//! was occupied beside what was counted while it was not, summed and bounded. Not here: naming nuclides.

use domain::reading::{EnergyScale, EnergyWindow, Spectrum};

use super::data::EnergyCalibration;
use super::document::{Measurement, N42Document, Radiation};
use crate::limits;

/// One spectrum a detector, occupied and vacant apart, at most [`limits::SPECTRA`]. Channels beyond
/// [`limits::SPECTRUM_CHANNELS`] are summed by twos until they fit; the scale follows.
pub fn spectra(document: &N42Document) -> Vec<Spectrum> {
    let mut all: Vec<(Spectrum, &str)> = Vec::new();
    for it in &document.measurements {
        let occupied = is_occupied(it);
        for one in &it.spectra {
            if !(2..=limits::N42_CHANNELS).contains(&one.counts.channels()) {
                continue;
            }
            let calibration = one.energy_calibration.as_deref().unwrap_or_default();
            let room = all.len() < limits::SPECTRA;
            let same = all.iter_mut().find(|(known, by)| {
                known.detector == one.detector
                    && known.occupied == occupied
                    && *by == calibration
                    && known.counts.len() == one.counts.channels()
            });
            let seconds = one.live_time_s.or(one.real_time_s).or(it.real_time_s);
            let seconds = seconds.unwrap_or(0.0);
            match same {
                Some((known, _)) => {
                    known.live_time_s += seconds;
                    for (sum, count) in known.counts.iter_mut().zip(one.counts.expanded()) {
                        *sum += count;
                    }
                }
                None if room => {
                    let by_id = document.energy_calibrations.iter();
                    let scale = by_id
                        .filter(|it| it.id == calibration)
                        .find_map(|it| scale(it, one.counts.channels()));
                    all.push((
                        Spectrum {
                            detector: one.detector.clone(),
                            occupied,
                            live_time_s: seconds,
                            counts: one.counts.expanded(),
                            energy: scale,
                        },
                        calibration,
                    ));
                }
                None => {}
            }
        }
    }
    all.into_iter().map(|(it, _)| fitted(it)).collect()
}

/// Only an explicit word makes a spectrum vacant, or its class where there is no word.
fn is_occupied(it: &Measurement) -> bool {
    it.occupied
        .unwrap_or(it.class.as_deref() != Some("Background"))
}

fn scale(it: &EnergyCalibration, channels: usize) -> Option<EnergyScale> {
    if it.boundaries_kev.len() >= channels {
        return Some(EnergyScale::Edges(it.boundaries_kev.clone()));
    }
    let usable = it.coefficients.len() >= 2 && it.coefficients.iter().skip(1).any(|it| *it > 0.0);
    usable.then(|| EnergyScale::Polynomial(it.coefficients.iter().copied().take(6).collect()))
}

/// Channels summed by twos until they are few enough to be drawn and sent.
fn fitted(mut it: Spectrum) -> Spectrum {
    while it.counts.len() > limits::SPECTRUM_CHANNELS {
        it.counts = it.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
        it.energy = it.energy.map(|scale| match scale {
            // E(2n) as a polynomial of n.
            EnergyScale::Polynomial(coefficients) => EnergyScale::Polynomial(
                coefficients
                    .iter()
                    .enumerate()
                    .map(|(power, it)| it * 2f64.powi(power as i32))
                    .collect(),
            ),
            EnergyScale::Edges(edges) => EnergyScale::Edges(edges.into_iter().step_by(2).collect()),
        });
    }
    it
}

/// Gamma counts by energy window, all detectors: greatest interval while occupied, and the mean of the
/// vacant ones, both as counts per second. Windows of the same bounds are one.
pub fn windows(document: &N42Document) -> Vec<EnergyWindow> {
    let mut all: Vec<EnergyWindow> = Vec::new();
    // Seconds and counts of the vacant intervals, by window.
    let mut vacant: Vec<(f64, f64)> = Vec::new();
    for it in &document.measurements {
        let Some(seconds) = it.real_time_s.filter(|it| *it > 0.0) else {
            continue;
        };
        // Panels side by side in the same interval are added; intervals are not.
        let mut here: Vec<f64> = vec![0.0; all.len()];
        for gross in &it.gross_counts {
            if gross.radiation != Radiation::Gamma {
                continue;
            }
            let by_id = document.energy_windows.iter();
            let Some(bounds) = by_id
                .into_iter()
                .find(|it| Some(&it.id) == gross.windows.as_ref())
            else {
                continue;
            };
            for (at, count) in gross.counts.iter().enumerate() {
                let (Some(start), Some(end)) = (bounds.start_kev.get(at), bounds.end_kev.get(at))
                else {
                    continue;
                };
                let place = all
                    .iter()
                    .position(|it| it.start_kev == *start && it.end_kev == *end);
                let place = match place {
                    Some(place) => place,
                    None if all.len() < limits::ENERGY_WINDOWS => {
                        all.push(EnergyWindow {
                            start_kev: *start,
                            end_kev: *end,
                            max_cps: 0.0,
                            background_cps: None,
                        });
                        here.push(0.0);
                        vacant.push((0.0, 0.0));
                        all.len() - 1
                    }
                    None => continue,
                };
                here[place] += count;
            }
        }
        for (place, counts) in here.into_iter().enumerate() {
            if it.occupied == Some(true) {
                all[place].max_cps = all[place].max_cps.max(counts / seconds);
            } else {
                vacant[place].0 += seconds;
                vacant[place].1 += counts;
            }
        }
    }
    for (it, (seconds, counts)) in all.iter_mut().zip(vacant) {
        it.background_cps = (seconds > 0.0).then(|| counts / seconds);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radiation::n42::data::Counts;
    use crate::radiation::n42::document::Spectrum as Read;

    fn document(channels: &[f64], occupied: bool) -> N42Document {
        N42Document {
            energy_calibrations: vec![EnergyCalibration {
                id: "c".into(),
                model: "polynomial".into(),
                coefficients: vec![1.0, 3.0, 0.5],
                ..EnergyCalibration::default()
            }],
            measurements: vec![
                Measurement {
                    occupied: Some(occupied),
                    spectra: vec![Read {
                        detector: "d".into(),
                        energy_calibration: Some("c".into()),
                        live_time_s: Some(2.0),
                        counts: Counts::from_channels(channels).unwrap(),
                        ..Read::default()
                    }],
                    ..Measurement::default()
                };
                2
            ],
            ..N42Document::default()
        }
    }

    #[test]
    fn intervals_are_summed_and_the_scale_kept() {
        let all = spectra(&document(&[1.0, 0.0, 5.0], true));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].counts, [2.0, 0.0, 10.0]);
        assert_eq!(all[0].live_time_s, 4.0);
        assert!(all[0].occupied);
        assert_eq!(
            all[0].energy,
            Some(EnergyScale::Polynomial(vec![1.0, 3.0, 0.5]))
        );
    }

    #[test]
    fn too_many_channels_are_summed_and_keep_their_energies() {
        let channels: Vec<f64> = (0..4 * limits::SPECTRUM_CHANNELS)
            .map(|it| it as f64)
            .collect();
        let it = &spectra(&document(&channels, false))[0];
        assert_eq!(it.counts.len(), limits::SPECTRUM_CHANNELS);
        assert_eq!(it.counts[1], 2.0 * (4.0 + 5.0 + 6.0 + 7.0));
        // Edge of the summed channel n is the edge of channel 4n.
        let Some(EnergyScale::Polynomial(c)) = &it.energy else {
            panic!("{it:?}")
        };
        let at = |n: f64| c[0] + c[1] * n + c[2] * n * n;
        assert_eq!(at(3.0), 1.0 + 3.0 * 12.0 + 0.5 * 144.0);
    }
}
