//! An N42 document as we keep it: one shape for both editions. Units are in the names; texts are as
//! written. What was odd is in `warnings`.

use serde::Serialize;

pub use super::data::{Counts, EnergyCalibration, EnergyWindows};
use crate::limits;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct N42Document {
    /// `2006` or `2012`.
    pub edition: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    pub instrument: Instrument,
    pub detectors: Vec<Detector>,
    pub energy_calibrations: Vec<EnergyCalibration>,
    pub energy_windows: Vec<EnergyWindows>,
    pub measurements: Vec<Measurement>,
    pub alarms: Vec<RadAlarm>,
    pub nuclides: Vec<Nuclide>,
    pub remarks: Vec<String>,
    pub warnings: Vec<String>,
}

impl N42Document {
    /// Keeps the first [`limits::N42_WARNINGS`]; the last one then counts the others.
    pub fn warn(&mut self, warning: impl Into<String>) {
        const MORE: &str = "further warnings: ";
        if self.warnings.len() < limits::N42_WARNINGS {
            self.warnings.push(warning.into());
            return;
        }
        let last = self.warnings.pop().unwrap_or_default();
        let count = last
            .strip_prefix(MORE)
            .and_then(|it| it.parse::<u64>().ok());
        if count.is_none() {
            self.warnings.push(last);
        }
        self.warnings
            .push(format!("{MORE}{}", count.unwrap_or(0) + 1));
    }

    pub fn detector(&self, id: &str) -> Option<&Detector> {
        self.detectors.iter().find(|it| it.id == id)
    }

    /// Counts of all spectra; gross counts are in [`N42Document::gross_gamma_sum`].
    pub fn gamma_sum(&self) -> f64 {
        let spectra = self.measurements.iter().flat_map(|it| &it.spectra);
        spectra.fold(0.0, |sum, it| sum + it.counts.sum())
    }

    /// Gross gamma counts, overlapping energy windows counted once.
    pub fn gross_gamma_sum(&self) -> f64 {
        let gross = self.measurements.iter().flat_map(|it| &it.gross_counts);
        gross
            .filter(|it| it.radiation == Radiation::Gamma)
            .fold(0.0, |sum, it| sum + self.total(it))
    }

    /// All counts of one entry. Windows whose total cannot be told (they overlap without one covering
    /// all) give the greatest of them.
    pub fn total(&self, gross: &GrossCounts) -> f64 {
        let id = gross.windows.as_deref();
        let windows = self
            .energy_windows
            .iter()
            .find(|it| Some(it.id.as_str()) == id);
        match (id, windows.and_then(|it| it.total(&gross.counts))) {
            (_, Some(total)) => total,
            (None, None) => gross.counts.iter().fold(0.0, |sum, it| sum + it),
            (Some(_), None) => gross.counts.iter().copied().fold(0.0, f64::max),
        }
    }

    pub fn neutron_sum(&self) -> f64 {
        self.measurements
            .iter()
            .flat_map(|it| &it.gross_counts)
            .filter(|it| it.radiation == Radiation::Neutron)
            .fold(0.0, |sum, it| sum + it.counts.iter().sum::<f64>())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Instrument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// `Portal Monitor`, `Backpack`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Radiation {
    #[default]
    Gamma,
    Neutron,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Detector {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As written: `Gamma`, `Neutron`, `Alpha`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `PVT`, `NaI`, `HPGe`, `He3`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One interval of all detectors together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Measurement {
    pub id: String,
    /// `Foreground`, `Background`, `Calibration`, ... It says nothing about occupancy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Milliseconds since 1970, when `start` can be read and has an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real_time_s: Option<f64>,
    /// `None` when the document does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spectra: Vec<Spectrum>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gross_counts: Vec<GrossCounts>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dose_rates: Vec<DoseRate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// Lists of counts that were refused; each has a warning.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused_counts: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spectrum {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub detector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_calibration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_time_s: Option<f64>,
    pub counts: Counts,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GrossCounts {
    pub detector: String,
    pub radiation: Radiation,
    /// Id of the energy windows, one count each; `None` for one count of everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_time_s: Option<f64>,
    pub counts: Vec<f64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DoseRate {
    pub detector: String,
    /// Microsieverts an hour in edition 2012; see `units` otherwise.
    pub value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RadAlarm {
    /// `Gamma`, `Neutron`, `Isotope`, ...
    pub category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub light: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub detectors: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Nuclide {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}
