//! The arithmetic of one occupancy: samples in, one reading and its count profile out. It measures
//! what the operator must see (greatest window in sigma, shadow of the vehicle, width and place of
//! the maximum) and carries the alarms the *device* raised; it raises none of its own. [`filter`] adds its
//! second opinion.
//!
//! Published form of the gross-count test: `sigma = (sum of the alarm window - background of that
//! long) / sqrt(background of that long)`, the background taken just before the vehicle.

use domain::reading::{Alarm, RadiationProfile, RadiationReading};

use super::filter;

/// What is known of the portal while a vehicle passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Portal {
    pub protocol: &'static str,
    /// Length of one gamma sample, milliseconds.
    pub sample_ms: u32,
    /// Samples summed by the device's alarm test.
    pub window_samples: u32,
    pub n_sigma: f64,
}

/// A vehicle in the portal, sample by sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Occupancy {
    /// One list a panel.
    gamma_counts: Vec<Vec<u32>>,
    neutron_counts: Vec<u32>,
    /// Counts per second of each panel just before the vehicle; `None` when never heard.
    background_cps: Option<Vec<f64>>,
    gamma_alarm: bool,
    neutron_alarm: bool,
    speed_mps: Option<f64>,
    faults: Vec<String>,
}

impl Occupancy {
    /// Starts with the background heard last, panel by panel, counts per second.
    pub fn begin(background_cps: Option<Vec<f64>>) -> Self {
        Occupancy {
            background_cps,
            ..Occupancy::default()
        }
    }

    /// One sample, one count a panel. A panel never heard before starts with zeros.
    pub fn gamma(&mut self, counts: &[u32], alarm: Alarm) {
        let samples = self.samples();
        while self.gamma_counts.len() < counts.len() {
            self.gamma_counts.push(vec![0; samples]);
        }
        for (panel, list) in self.gamma_counts.iter_mut().enumerate() {
            list.push(counts.get(panel).copied().unwrap_or(0));
        }
        self.gamma_alarm |= alarm == Alarm::Raised;
    }

    /// Neutrons of one second, all tubes.
    pub fn neutron(&mut self, count: u32, alarm: Alarm) {
        self.neutron_counts.push(count);
        self.neutron_alarm |= alarm == Alarm::Raised;
    }

    /// Metres per second; the last one heard counts.
    pub fn speed(&mut self, speed_mps: f64) {
        if speed_mps.is_finite() && speed_mps > 0.0 {
            self.speed_mps = Some(speed_mps);
        }
    }

    /// A fault in force while the vehicle passed; each is named once.
    pub fn fault(&mut self, name: &str) {
        if !self.faults.iter().any(|known| known == name) {
            self.faults.push(name.to_owned());
        }
    }

    /// Gamma samples so far.
    pub fn samples(&self) -> usize {
        self.gamma_counts.first().map_or(0, Vec::len)
    }

    /// Seconds of neutron counts so far.
    pub fn neutron_seconds(&self) -> usize {
        self.neutron_counts.len()
    }

    /// The reading and the profile behind it. `number` is the monitor's own running number.
    pub fn finish(
        mut self,
        portal: &Portal,
        number: Option<u64>,
    ) -> (RadiationReading, RadiationProfile) {
        let samples = self.samples();
        let sums: Vec<u64> = (0..samples)
            .map(|at| {
                self.gamma_counts
                    .iter()
                    .map(|panel| u64::from(panel[at]))
                    .sum()
            })
            .collect();
        let sample_s = f64::from(portal.sample_ms.max(1)) / 1000.0;
        let background_cps = match &self.background_cps {
            Some(panels) => panels.iter().sum::<f64>(),
            None => {
                self.fault("background_unknown");
                0.0
            }
        };
        // A vehicle shorter than the alarm window is judged over what there is of it.
        let window = (portal.window_samples.max(1) as usize).min(samples.max(1));
        let window_s = window as f64 * sample_s;
        let expected = background_cps * window_s;
        let windows: Vec<f64> = sums
            .windows(window)
            .map(|part| part.iter().sum::<u64>() as f64)
            .collect();
        let (at_most, most) =
            windows
                .iter()
                .copied()
                .enumerate()
                .fold(
                    (0, 0.0),
                    |best, (at, sum)| if sum > best.1 { (at, sum) } else { best },
                );
        let least = windows.iter().copied().fold(f64::INFINITY, f64::min);
        let known = expected > 0.0 && samples > 0;
        let sigma = if known {
            ((most - expected) / expected.sqrt()).max(0.0)
        } else {
            0.0
        };
        let suppression = if known {
            (1.0 - least / expected).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let half = (most - expected) / 2.0;
        let width_share = if known && half > 0.0 {
            let wide = windows
                .iter()
                .filter(|sum| **sum - expected >= half)
                .count();
            wide as f64 / windows.len() as f64
        } else {
            0.0
        };
        let width_m = match self.speed_mps {
            Some(speed) if known && half > 0.0 => {
                Some(width_share * windows.len() as f64 * sample_s * speed)
            }
            _ => None,
        };
        let last_of_most = if samples == 0 {
            0
        } else {
            at_most + window - 1
        };
        // The window's middle, counted from the moment the first beam broke.
        let position_m = match self.speed_mps {
            Some(speed) if known && half > 0.0 => {
                Some(speed * (at_most as f64 + window as f64 / 2.0) * sample_s)
            }
            _ => None,
        };
        let alarm = |raised: bool| {
            if raised { Alarm::Raised } else { Alarm::Silent }
        };
        let mut reading = RadiationReading {
            protocol: portal.protocol.to_owned(),
            occupancy: number,
            samples: samples as u32,
            sample_ms: portal.sample_ms,
            background_cps,
            gamma_max_cps: if samples == 0 { 0.0 } else { most / window_s },
            gamma_max_sigma: sigma,
            gamma_max_sample: last_of_most as u32,
            neutron_max: self.neutron_counts.iter().copied().max().unwrap_or(0),
            gamma_alarm: alarm(self.gamma_alarm),
            neutron_alarm: alarm(self.neutron_alarm),
            suppression,
            width_share,
            width_m,
            speed_mps: self.speed_mps,
            position_m,
            nuclides: Vec::new(),
            faults: self.faults,
            profile: None,
            second_opinion: None,
        };
        let mut profile = RadiationProfile {
            sample_ms: portal.sample_ms,
            gamma_background: self
                .background_cps
                .unwrap_or_default()
                .iter()
                .map(|cps| cps * sample_s)
                .collect(),
            gamma_counts: self.gamma_counts,
            neutron_counts: self.neutron_counts,
            n_sigma: portal.n_sigma,
            window_samples: portal.window_samples,
            speed_mps: self.speed_mps,
            ..RadiationProfile::default()
        };
        filter::advise(&mut reading, &mut profile);
        (reading, profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTAL: Portal = Portal {
        protocol: "vm250",
        sample_ms: 200,
        window_samples: 5,
        n_sigma: 6.0,
    };

    fn run(background: f64, samples: &[u32]) -> RadiationReading {
        let mut it = Occupancy::begin(Some(vec![background]));
        for count in samples {
            it.gamma(&[*count], Alarm::Silent);
        }
        it.speed(2.0);
        it.finish(&PORTAL, Some(1)).0
    }

    #[test]
    fn sigma_is_the_excess_of_the_greatest_window() {
        let mut samples = [200_u32; 40];
        samples[20..25].fill(300);
        let reading = run(1000.0, &samples);
        assert_eq!(reading.gamma_max_cps, 1500.0);
        assert!((reading.gamma_max_sigma - 500.0 / 1000_f64.sqrt()).abs() < 1e-9);
        assert_eq!(reading.gamma_max_sample, 24);
        // Window middle: sample 22.5 of 0.2 s at 2 m/s.
        assert!((reading.position_m.unwrap() - 9.0).abs() < 1e-9);
        // Windows with 3, 4, 5, 4 or 3 raised samples reach half of the excess: 5 of 36.
        assert!((reading.width_share - 5.0 / 36.0).abs() < 1e-9);
        assert!((reading.width_m.unwrap() - 5.0 * 0.4).abs() < 1e-9);
        assert_eq!(reading.suppression, 0.0);
    }

    #[test]
    fn a_shadow_is_suppression_and_no_sigma() {
        let mut samples = [200_u32; 20];
        samples[5..15].fill(150);
        let reading = run(1000.0, &samples);
        assert_eq!(reading.gamma_max_sigma, 0.0);
        assert!((reading.suppression - 0.25).abs() < 1e-9);
        assert_eq!(reading.position_m, None);
    }

    #[test]
    fn without_a_background_nothing_is_claimed() {
        let mut it = Occupancy::begin(None);
        it.gamma(&[100, 100], Alarm::Raised);
        let (reading, _) = it.finish(&PORTAL, None);
        assert_eq!(reading.faults, ["background_unknown"]);
        assert_eq!(reading.gamma_max_sigma, 0.0);
        assert_eq!(reading.gamma_alarm, Alarm::Raised);
    }

    #[test]
    fn an_empty_occupancy_is_a_reading_too() {
        let reading = run(1000.0, &[]);
        assert_eq!((reading.samples, reading.gamma_max_cps), (0, 0.0));
    }
}
