//! Edition 2012, `RadInstrumentData`: element names of the standard's chapter 6 to [`N42Document`].

use super::data::{self, Counts, EnergyCalibration, EnergyWindows};
use super::document::{
    Detector, DoseRate, GrossCounts, Instrument, Measurement, N42Document, Nuclide, RadAlarm,
    Radiation, Spectrum,
};
use crate::plate::tree::Node;

/// Never fails: what cannot be read is a warning.
pub fn document(root: &Node) -> N42Document {
    let mut document = N42Document {
        edition: 2012,
        uuid: attribute(root, "n42DocUUID"),
        remarks: texts(root, "Remark"),
        ..N42Document::default()
    };
    for node in &root.children {
        match node.name.as_str() {
            "RadInstrumentInformation" => instrument(node, &mut document),
            "RadDetectorInformation" => detector(node, &mut document),
            "EnergyCalibration" => calibration(node, &mut document),
            "EnergyWindows" => windows(node, &mut document),
            _ => {}
        }
    }
    // Measurements refer to all of the above, which may stand after them.
    for node in &root.children {
        match node.name.as_str() {
            "RadMeasurement" => measurement(node, &mut document),
            "DerivedData" if node.child("Spectrum").is_some() => {
                document.warn("DerivedData holds computed spectra: not used");
            }
            "AnalysisResults" => analysis(node, &mut document),
            _ => {}
        }
    }
    document
}

pub(super) fn attribute(node: &Node, name: &str) -> Option<String> {
    node.attribute(name)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
}

pub(super) fn text(node: &Node, path: &str) -> Option<String> {
    node.text_at(path).map(str::to_owned)
}

/// The attribute has another name in each edition; makers take either.
pub(super) fn compression(data: &Node) -> Option<&str> {
    data.attribute("compressionCode")
        .or_else(|| data.attribute("Compression"))
}

pub(super) fn texts(node: &Node, name: &str) -> Vec<String> {
    node.children
        .iter()
        .filter(|it| it.is(name))
        .filter_map(|it| it.value().map(str::to_owned))
        .collect()
}

fn instrument(node: &Node, document: &mut N42Document) {
    if node.attribute("id").is_none() {
        document.warn("RadInstrumentInformation has no id");
    }
    document.instrument = Instrument {
        manufacturer: text(node, "RadInstrumentManufacturerName"),
        model: text(node, "RadInstrumentModelName"),
        serial: text(node, "RadInstrumentIdentifier"),
        class: text(node, "RadInstrumentClassCode"),
        lane: None,
    };
    document.remarks.extend(texts(node, "Remark"));
}

fn detector(node: &Node, document: &mut N42Document) {
    let Some(id) = attribute(node, "id").or_else(|| text(node, "RadDetectorName")) else {
        document.warn("RadDetectorInformation has neither id nor name");
        return;
    };
    document.detectors.push(Detector {
        id,
        name: text(node, "RadDetectorName"),
        category: text(node, "RadDetectorCategoryCode"),
        kind: text(node, "RadDetectorKindCode"),
        description: text(node, "RadDetectorDescription"),
    });
}

fn calibration(node: &Node, document: &mut N42Document) {
    let id = attribute(node, "id").unwrap_or_default();
    let mut list = |name: &str| match node.text_at(name).map(data::numbers) {
        Some(Ok(values)) => values,
        Some(Err(why)) => {
            document.warn(format!("EnergyCalibration {id} {name}: {why}"));
            Vec::new()
        }
        None => Vec::new(),
    };
    let boundaries_kev = list("EnergyBoundaryValues");
    let coefficients = list("CoefficientValues");
    let deviations_kev = list("EnergyValues")
        .into_iter()
        .zip(list("EnergyDeviationValues"))
        .collect();
    let model = if boundaries_kev.is_empty() {
        "polynomial"
    } else {
        "boundaries"
    };
    document.energy_calibrations.push(EnergyCalibration {
        id,
        model: model.to_owned(),
        coefficients,
        boundaries_kev,
        deviations_kev,
    });
}

fn windows(node: &Node, document: &mut N42Document) {
    let id = attribute(node, "id").unwrap_or_default();
    let mut list = |name: &str| match data::numbers(node.text_at(name).unwrap_or_default()) {
        Ok(values) => values,
        Err(why) => {
            document.warn(format!("EnergyWindows {id} {name}: {why}"));
            Vec::new()
        }
    };
    let (start_kev, end_kev) = (
        list("WindowStartEnergyValues"),
        list("WindowEndEnergyValues"),
    );
    if start_kev.len() != end_kev.len() {
        document.warn(format!(
            "EnergyWindows {id}: {} starts and {} ends",
            start_kev.len(),
            end_kev.len()
        ));
    }
    document.energy_windows.push(EnergyWindows {
        id,
        start_kev,
        end_kev,
    });
}

fn measurement(node: &Node, document: &mut N42Document) {
    let id = attribute(node, "id").unwrap_or_else(|| {
        document.warn("RadMeasurement has no id");
        format!("#{}", document.measurements.len() + 1)
    });
    let mut it = Measurement {
        class: text(node, "MeasurementClassCode"),
        start: text(node, "StartDateTime"),
        speed_mps: node.number_at("RadItemState/StateVector/SpeedValue"),
        ..Measurement::default()
    };
    let mut warn = |what: String| document.warn(format!("RadMeasurement {id}: {what}"));
    if let Some(start) = &it.start {
        it.start_ms = data::time_ms(start).map_err(&mut warn).ok();
    }
    it.real_time_s = node
        .text_at("RealTimeDuration")
        .and_then(|text| data::duration_s(text).map_err(&mut warn).ok());
    it.occupied = node
        .text_at("OccupancyIndicator")
        .and_then(|text| data::truth(text).map_err(&mut warn).ok());
    it.faults = node
        .children
        .iter()
        .filter(|it| it.is("RadInstrumentState") || it.is("RadDetectorState"))
        .flat_map(|it| &it.children)
        .filter(|it| it.is("Fault"))
        .filter_map(|it| text(it, "FaultDescription").or_else(|| text(it, "FaultCodeValue")))
        .collect();
    for part in &node.children {
        match part.name.as_str() {
            "Spectrum" => spectrum(part, &id, &mut it, document),
            "GrossCounts" => gross_counts(part, &id, &mut it, document),
            "DoseRate" => {
                let value = part.number_at("DoseRateValue").filter(|it| *it >= 0.0);
                match value {
                    Some(value) => it.dose_rates.push(DoseRate {
                        detector: reference(part),
                        value,
                        units: Some("uSv/h".to_owned()),
                    }),
                    None => document.warn(format!("RadMeasurement {id}: DoseRate without a value")),
                }
            }
            _ => {}
        }
    }
    it.id = id;
    document.measurements.push(it);
}

fn reference(node: &Node) -> String {
    attribute(node, "radDetectorInformationReference").unwrap_or_default()
}

/// Live time of a spectrum or gross count; zero is named, since a rate of it means nothing.
fn live_time(node: &Node, what: &str, document: &mut N42Document) -> Option<f64> {
    let text = node.text_at("LiveTimeDuration")?;
    match data::duration_s(text) {
        Ok(seconds) => {
            if seconds == 0.0 {
                document.warn(format!("{what}: live time is zero"));
            }
            Some(seconds)
        }
        Err(why) => {
            document.warn(format!("{what}: {why}"));
            None
        }
    }
}

fn known_detector(detector: &str, what: &str, document: &mut N42Document) {
    if !detector.is_empty() && document.detector(detector).is_none() {
        document.warn(format!(
            "{what}: detector {:?} is not described",
            data::clip(detector)
        ));
    }
}

fn spectrum(node: &Node, of: &str, into: &mut Measurement, document: &mut N42Document) {
    let detector = reference(node);
    let what = format!(
        "RadMeasurement {of} Spectrum {}",
        attribute(node, "id").unwrap_or_default()
    );
    known_detector(&detector, &what, document);
    let data = node.child("ChannelData");
    let compression = data.and_then(compression);
    match Counts::parse(data.and_then(Node::value).unwrap_or_default(), compression) {
        Ok(counts) => {
            let live_time_s = live_time(node, &what, document);
            into.spectra.push(Spectrum {
                id: attribute(node, "id"),
                detector,
                title: texts(node, "Remark")
                    .iter()
                    .find_map(|it| it.strip_prefix("Title:").map(|it| it.trim().to_owned())),
                energy_calibration: attribute(node, "energyCalibrationReference"),
                real_time_s: None,
                live_time_s,
                counts,
            });
        }
        Err(why) => {
            into.refused_counts += 1;
            document.warn(format!("{what}: {why}: not used"));
        }
    }
}

fn gross_counts(node: &Node, of: &str, into: &mut Measurement, document: &mut N42Document) {
    let detector = reference(node);
    let id = attribute(node, "id").unwrap_or_default();
    let what = format!("RadMeasurement {of} GrossCounts {id}");
    known_detector(&detector, &what, document);
    let windows = attribute(node, "energyWindowsReference");
    let counts = match data::counts(node.text_at("CountData").unwrap_or_default()) {
        Ok(counts) => counts,
        Err(why) => {
            into.refused_counts += 1;
            document.warn(format!("{what}: {why}: not used"));
            return;
        }
    };
    if let Some(windows) = &windows {
        match document.energy_windows.iter().find(|it| it.id == *windows) {
            None => document.warn(format!(
                "{what}: energy windows {:?} are not described",
                data::clip(windows)
            )),
            Some(known) if known.start_kev.len() != counts.len() => {
                let due = known.start_kev.len();
                into.refused_counts += 1;
                document.warn(format!(
                    "{what}: {} counts for {due} energy windows",
                    counts.len()
                ));
            }
            Some(_) => {}
        }
    }
    let live_time_s = live_time(node, &what, document);
    let radiation = radiation(&detector, &id, windows.is_some(), document);
    into.gross_counts.push(GrossCounts {
        detector,
        radiation,
        windows,
        live_time_s,
        counts,
    });
}

/// Neutron when the detector says so; a detector of both (its description or the count's id says
/// neutron) counts neutrons here, since its gammas come as a spectrum.
fn radiation(detector: &str, id: &str, by_window: bool, document: &N42Document) -> Radiation {
    let says = |text: &str| text.to_ascii_lowercase().contains("neutron");
    let known = document.detector(detector);
    let category = known
        .and_then(|it| it.category.as_deref())
        .unwrap_or_default();
    let description = known
        .and_then(|it| it.description.as_deref())
        .unwrap_or_default();
    if says(category)
        || !by_window && (says(description) || says(id) || known.is_none() && says(detector))
    {
        Radiation::Neutron
    } else {
        Radiation::Gamma
    }
}

fn analysis(node: &Node, document: &mut N42Document) {
    let mut alarms = Vec::new();
    node.find_all("RadAlarm", &mut alarms);
    for alarm in alarms {
        let silent = alarm
            .text_at("RadAlarmActiveIndicator")
            .is_some_and(|it| data::truth(it) == Ok(false));
        if silent {
            continue;
        }
        document.alarms.push(RadAlarm {
            category: text(alarm, "RadAlarmCategoryCode").unwrap_or_else(|| "Other".to_owned()),
            description: text(alarm, "RadAlarmDescription"),
            light: text(alarm, "RadAlarmLightColor"),
            detectors: alarm
                .attribute("radDetectorInformationReferences")
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        });
    }
    let mut nuclides = Vec::new();
    node.find_all("Nuclide", &mut nuclides);
    for nuclide in nuclides {
        let Some(name) = text(nuclide, "NuclideName") else {
            continue;
        };
        document.nuclides.push(Nuclide {
            name,
            identified: nuclide
                .text_at("NuclideIdentifiedIndicator")
                .and_then(|it| data::truth(it).ok()),
            confidence: text(nuclide, "NuclideIDConfidenceValue")
                .or_else(|| text(nuclide, "NuclideIDConfidenceDescription")),
            category: text(nuclide, "NuclideCategoryDescription"),
        });
    }
}
