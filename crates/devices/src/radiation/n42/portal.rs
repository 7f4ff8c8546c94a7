//! A portal's occupancy out of an N42 document. Occupied is what `OccupancyIndicator` (2006: `Occupied`)
//! says, never what the class code says: portals send occupied intervals as class Background. The alarms
//! are the document's own.

use domain::reading::{Alarm, RadiationProfile, RadiationReading};

use super::document::{Measurement, N42Document, Radiation};
use crate::limits;
use crate::radiation::occupancy::{Occupancy, Portal};

/// `None` when no interval is occupied or no gamma was counted: then it is no portal's document.
/// Several occupancies in one document are read as one, since its alarms are of the document.
pub fn reading(document: &N42Document) -> Option<(RadiationReading, RadiationProfile)> {
    let occupied: Vec<&Measurement> = document
        .measurements
        .iter()
        .filter(|it| it.occupied == Some(true))
        .take(limits::OCCUPANCY_SAMPLES)
        .collect();
    let panels = panels(document);
    if occupied.is_empty() || panels.is_empty() {
        return None;
    }
    let sample_ms = sample_ms(&occupied);
    let background = background_cps(document, &panels);
    let mut occupancy = Occupancy::begin(background);
    let mut second = (0.0, 0_u32);
    for it in &occupied {
        let counts: Vec<u32> = panels
            .iter()
            .map(|panel| whole(gamma(document, it, panel).unwrap_or(0.0)))
            .collect();
        occupancy.gamma(&counts, Alarm::Silent);
        second.0 += neutrons(it);
        second.1 += sample_ms;
        if second.1 >= 1_000 {
            occupancy.neutron(whole(second.0), Alarm::Silent);
            second = (0.0, 0);
        }
        if let Some(speed_mps) = it.speed_mps {
            occupancy.speed(speed_mps);
        }
        for fault in &it.faults {
            occupancy.fault(fault);
        }
        if it.refused_counts > 0 {
            occupancy.fault("counts_refused");
        }
    }
    if second.1 > 0 {
        occupancy.neutron(whole(second.0), Alarm::Silent);
    }
    let portal = Portal {
        protocol: "n42",
        sample_ms,
        // The document does not tell the alarm's window: one second, like the others.
        window_samples: (1_000 / sample_ms.max(1)).max(1),
        n_sigma: 6.0,
    };
    let (mut reading, mut profile) = occupancy.finish(&portal, number(document));
    let raised = |category: &str| {
        let mut all = document.alarms.iter();
        if all.any(|it| it.category.eq_ignore_ascii_case(category)) {
            Alarm::Raised
        } else {
            Alarm::Silent
        }
    };
    reading.gamma_alarm = raised("Gamma");
    reading.neutron_alarm = raised("Neutron");
    if document
        .alarms
        .iter()
        .any(|it| it.category.eq_ignore_ascii_case("Isotope"))
    {
        reading.gamma_alarm = Alarm::Raised;
    }
    reading.nuclides = document
        .nuclides
        .iter()
        .filter(|it| it.identified != Some(false))
        .map(|it| it.name.clone())
        .collect();
    reading.nuclides.dedup();
    profile.spectra = super::spectra::spectra(document);
    profile.windows = super::spectra::windows(document);
    Some((reading, profile))
}

fn whole(count: f64) -> u32 {
    count.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Detectors that count gammas, in the order of their first mention.
fn panels(document: &N42Document) -> Vec<String> {
    let mut panels: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for it in &document.measurements {
        let spectra = it.spectra.iter().map(|it| &it.detector);
        let gross = it
            .gross_counts
            .iter()
            .filter(|it| it.radiation == Radiation::Gamma)
            .map(|it| &it.detector);
        for detector in spectra.chain(gross) {
            if seen.insert(detector.clone()) {
                panels.push(detector.clone());
            }
        }
    }
    panels
}

/// Gamma counts of one panel in one interval: gross counts, else the sum of its spectrum.
fn gamma(document: &N42Document, it: &Measurement, panel: &str) -> Option<f64> {
    let gross = it
        .gross_counts
        .iter()
        .filter(|it| it.detector == panel && it.radiation == Radiation::Gamma)
        .map(|it| document.total(it))
        .reduce(|all, one| all + one);
    gross.or_else(|| {
        it.spectra
            .iter()
            .filter(|it| it.detector == panel)
            .map(|it| it.counts.sum())
            .reduce(|all, one| all + one)
    })
}

fn neutrons(it: &Measurement) -> f64 {
    it.gross_counts
        .iter()
        .filter(|it| it.radiation == Radiation::Neutron)
        .map(|it| it.counts.iter().sum::<f64>())
        .sum()
}

/// The usual length of an interval, milliseconds; 100 when the document does not say.
fn sample_ms(occupied: &[&Measurement]) -> u32 {
    let mut spans: Vec<u32> = occupied
        .iter()
        .filter_map(|it| it.real_time_s)
        .map(|seconds| whole(seconds * 1000.0))
        .filter(|ms| *ms > 0)
        .collect();
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied().unwrap_or(100)
}

/// Counts per second of each panel while nobody was inside: intervals before the first occupied one that
/// say so or say nothing and are of class Background; those after it when there is none before.
fn background_cps(document: &N42Document, panels: &[String]) -> Option<Vec<f64>> {
    let all = &document.measurements;
    let first = all.iter().position(|it| it.occupied == Some(true))?;
    let vacant = |it: &&Measurement| match it.occupied {
        Some(occupied) => !occupied,
        None => it.class.as_deref() == Some("Background"),
    };
    let mut used: Vec<&Measurement> = all[..first].iter().filter(vacant).collect();
    if used.is_empty() {
        used = all[first..].iter().filter(vacant).collect();
    }
    let mut sums = vec![(0.0, 0.0); panels.len()];
    for it in used {
        let Some(seconds) = it.real_time_s.filter(|it| *it > 0.0) else {
            continue;
        };
        for (panel, sum) in panels.iter().zip(&mut sums) {
            if let Some(counts) = gamma(document, it, panel) {
                sum.0 += counts;
                sum.1 += seconds;
            }
        }
    }
    if sums.iter().all(|(_, seconds)| *seconds == 0.0) {
        return None;
    }
    Some(
        sums.into_iter()
            .map(|(counts, seconds)| if seconds > 0.0 { counts / seconds } else { 0.0 })
            .collect(),
    )
}

/// Makers put the occupancy number into a remark: `Occupancy number = 17`.
fn number(document: &N42Document) -> Option<u64> {
    document.remarks.iter().find_map(|remark| {
        let (name, value) = remark.split_once(['=', ':'])?;
        if name.trim().eq_ignore_ascii_case("occupancy number") {
            value.trim().parse().ok()
        } else {
            None
        }
    })
}
