//! Edition 2006, `N42InstrumentData`: the same document from the older names. A `DetectorData` is one
//! interval of all detectors; spectra that stand in a `Measurement` alone are intervals of their own when
//! the detector or the source type repeats.

use super::data::{self, Counts, EnergyCalibration};
use super::document::{
    Detector, DoseRate, GrossCounts, Measurement, N42Document, Nuclide, RadAlarm, Radiation,
    Spectrum,
};
use super::edition_2012::{attribute, compression, text, texts};
use crate::plate::tree::Node;

/// Never fails: what cannot be read is a warning.
pub fn document(root: &Node) -> N42Document {
    let mut document = N42Document {
        edition: 2006,
        remarks: texts(root, "Remark"),
        ..N42Document::default()
    };
    calibrations(root, &mut document);
    let mut measurements = Vec::new();
    root.find_all("Measurement", &mut measurements);
    for node in measurements {
        one(node, &mut document);
    }
    // Analysis may stand beside the measurements too.
    for node in root.children.iter().filter(|it| it.is("AnalysisResults")) {
        analysis(node, &mut document);
    }
    document
}

fn one(node: &Node, document: &mut N42Document) {
    if document.uuid.is_none() {
        document.uuid = attribute(node, "UUID");
    }
    document.remarks.extend(texts(node, "Remark"));
    if let Some(item) = node.child("MeasuredItemInformation") {
        document.remarks.extend(texts(item, "Remark"));
    }
    if let Some(it) = node.child("InstrumentInformation") {
        let to = &mut document.instrument;
        let put = |into: &mut Option<String>, name: &str| {
            if into.is_none() {
                *into = text(it, name);
            }
        };
        put(&mut to.manufacturer, "Manufacturer");
        put(&mut to.model, "InstrumentModel");
        put(&mut to.serial, "InstrumentID");
        put(&mut to.class, "InstrumentType");
        put(&mut to.lane, "LaneNumber");
    }
    calibrations(node, document);
    let prefix = attribute(node, "UUID")
        .or_else(|| attribute(node, "ID"))
        .unwrap_or_default();
    for part in &node.children {
        match part.name.as_str() {
            "DetectorData" => detector_data(part, node, &prefix, document),
            "Spectrum" | "CountDoseData" => {}
            "SpectrumMeasurement" | "DetectorMeasurement" | "GrossCountMeasurement" => {
                let mut it = begin(&prefix, document);
                detector_measurement(part, &mut it, document);
                keep(it, document);
            }
            "AnalysisResults" => analysis(part, document),
            _ => {}
        }
    }
    let mut loose: Vec<Measurement> = Vec::new();
    for part in node.children.iter().filter(|it| it.is("Spectrum")) {
        let class = class(part.text_at("SourceType"));
        let detector = attribute(part, "Detector").unwrap_or_default();
        let same = |it: &Measurement| {
            it.class == class && !it.spectra.iter().any(|it| it.detector == detector)
        };
        if !loose.last().is_some_and(same) {
            let mut it = begin(&prefix, document);
            it.id = format!("{}.{}", it.id, loose.len() + 1);
            loose.push(it);
        }
        if let Some(into) = loose.last_mut() {
            spectrum(part, "", into, document);
        }
    }
    for it in loose {
        keep(it, document);
    }
    // Counts and dose beside an interval belong to it; alone they are one.
    let counts: Vec<&Node> = node
        .children
        .iter()
        .filter(|it| it.is("CountDoseData"))
        .collect();
    if !counts.is_empty() {
        let joined = node.child("DetectorData").is_some() && !document.measurements.is_empty();
        let mut it = if joined {
            document.measurements.pop().unwrap_or_default()
        } else {
            begin(&prefix, document)
        };
        for part in counts {
            count_dose(part, &mut it, document);
        }
        keep(it, document);
    }
}

fn begin(prefix: &str, document: &N42Document) -> Measurement {
    let number = document.measurements.len() + 1;
    Measurement {
        id: if prefix.is_empty() {
            number.to_string()
        } else {
            format!("{prefix}#{number}")
        },
        ..Measurement::default()
    }
}

fn keep(it: Measurement, document: &mut N42Document) {
    let empty = it.spectra.is_empty()
        && it.gross_counts.is_empty()
        && it.dose_rates.is_empty()
        && it.refused_counts == 0
        && it.occupied.is_none();
    if !empty {
        document.measurements.push(it);
    }
}

fn detector_data(node: &Node, parent: &Node, prefix: &str, document: &mut N42Document) {
    let mut it = begin(prefix, document);
    if let Some(start) = text(node, "StartTime") {
        start_time(start, &mut it, document);
    }
    let what = it.id.clone();
    let mut warn = |why: String| document.warn(format!("DetectorData {what}: {why}"));
    it.real_time_s = node
        .text_at("SampleRealTime")
        .and_then(|text| data::duration_s(text).map_err(&mut warn).ok());
    let occupied = node
        .text_at("Occupied")
        .or_else(|| parent.text_at("Occupied"));
    it.occupied = occupied.and_then(|text| data::truth(text).map_err(&mut warn).ok());
    it.speed_mps = speed(node).or_else(|| speed(parent));
    for part in &node.children {
        match part.name.as_str() {
            "DetectorMeasurement" | "SpectrumMeasurement" | "GrossCountMeasurement" => {
                detector_measurement(part, &mut it, document);
            }
            "Spectrum" => spectrum(part, "", &mut it, document),
            "CountDoseData" => count_dose(part, &mut it, document),
            _ => {}
        }
    }
    keep(it, document);
}

fn speed(node: &Node) -> Option<f64> {
    let it = node.child("Speed")?;
    let value = crate::plate::tree::number(it.value()?)?;
    let units = it.attribute("Units").unwrap_or("m/s").to_ascii_lowercase();
    let factor = match units.as_str() {
        "mph" => 0.447_04,
        "km/h" | "kph" | "kmh" => 1.0 / 3.6,
        _ => 1.0,
    };
    Some(value * factor)
}

fn start_time(start: String, into: &mut Measurement, document: &mut N42Document) {
    match data::time_ms(&start) {
        Ok(ms) => into.start_ms = Some(ms),
        Err(why) => document.warn(format!("Measurement {}: {why}", into.id)),
    }
    into.start = Some(start);
}

fn detector_measurement(node: &Node, into: &mut Measurement, document: &mut N42Document) {
    let detector = attribute(node, "Detector").unwrap_or_default();
    let kind = attribute(node, "DetectorType");
    let mut spectra = Vec::new();
    node.find_all("Spectrum", &mut spectra);
    for part in spectra {
        spectrum(part, &detector, into, document);
    }
    let mut gross = Vec::new();
    node.find_all("GrossCountMeasurement", &mut gross);
    for part in gross {
        let radiation = neutron(kind.as_deref());
        remember(&detector, kind.clone(), None, document);
        for counts in part.children.iter().filter(|it| it.is("GrossCounts")) {
            counted(counts, &detector, radiation, part, into, document);
        }
    }
    let mut doses = Vec::new();
    node.find_all("CountDoseData", &mut doses);
    for part in doses {
        count_dose(part, into, document);
    }
}

fn neutron(kind: Option<&str>) -> Radiation {
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    if kind.contains("neutron") || kind.contains("he3") || kind.contains("he-3") {
        Radiation::Neutron
    } else {
        Radiation::Gamma
    }
}

fn counted(
    counts: &Node,
    detector: &str,
    radiation: Radiation,
    timed_by: &Node,
    into: &mut Measurement,
    document: &mut N42Document,
) {
    match data::counts(counts.value().unwrap_or_default()) {
        Ok(counts) => into.gross_counts.push(GrossCounts {
            detector: detector.to_owned(),
            radiation,
            windows: None,
            live_time_s: ["LiveTime", "RealTime", "SampleRealTime"]
                .iter()
                .find_map(|name| timed_by.text_at(name))
                .and_then(|it| data::duration_s(it).ok()),
            counts,
        }),
        Err(why) => {
            into.refused_counts += 1;
            document.warn(format!(
                "Measurement {} counts of {detector}: {why}: not used",
                into.id
            ));
        }
    }
}

fn count_dose(node: &Node, into: &mut Measurement, document: &mut N42Document) {
    let detector = attribute(node, "Detector").unwrap_or_default();
    let kind = attribute(node, "DetectorType");
    if into.start.is_none()
        && let Some(start) = text(node, "StartTime")
    {
        start_time(start, into, document);
    }
    if into.real_time_s.is_none() {
        into.real_time_s = node
            .text_at("SampleRealTime")
            .and_then(|it| data::duration_s(it).ok());
    }
    if let Some(counts) = node.child("Counts").or(node.child("GrossCounts")) {
        remember(&detector, kind.clone(), None, document);
        counted(
            counts,
            &detector,
            neutron(kind.as_deref()),
            node,
            into,
            document,
        );
    }
    for name in ["DoseRate", "AbsorbedDoseRate", "DoseEquivalentRate"] {
        for dose in node.children.iter().filter(|it| it.is(name)) {
            match dose.value().and_then(crate::plate::tree::number) {
                Some(value) if value >= 0.0 => into.dose_rates.push(DoseRate {
                    detector: detector.clone(),
                    value,
                    units: attribute(dose, "Units"),
                }),
                _ => document.warn(format!("Measurement {}: {name} without a value", into.id)),
            }
        }
    }
}

fn class(source_type: Option<&str>) -> Option<String> {
    Some(match source_type?.to_ascii_lowercase().as_str() {
        "item" | "unknown" => "Foreground".to_owned(),
        "background" => "Background".to_owned(),
        "calibration" => "Calibration".to_owned(),
        "stabilization" => "IntrinsicActivity".to_owned(),
        _ => source_type?.to_owned(),
    })
}

fn spectrum(node: &Node, outer: &str, into: &mut Measurement, document: &mut N42Document) {
    let detector = attribute(node, "Detector").unwrap_or_else(|| outer.to_owned());
    let what = format!("Measurement {} Spectrum of {detector:?}", into.id);
    remember(
        &detector,
        Some("Gamma".to_owned()),
        text(node, "DetectorType"),
        document,
    );
    if into.class.is_none() {
        into.class = class(node.text_at("SourceType"));
    }
    if into.start.is_none()
        && let Some(start) = text(node, "StartTime")
    {
        start_time(start, into, document);
    }
    let mut time = |name: &str| match node.text_at(name).map(data::duration_s) {
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(why)) => {
            document.warn(format!("{what}: {why}"));
            None
        }
        None => None,
    };
    let (real_time_s, live_time_s) = (time("RealTime"), time("LiveTime"));
    if live_time_s == Some(0.0) {
        document.warn(format!("{what}: live time is zero"));
    }
    if into.real_time_s.is_none() {
        into.real_time_s = real_time_s;
    }
    let own = calibrations(node, document);
    // The list names shape and efficiency calibrations too.
    let named = attribute(node, "CalibrationIDs").map(|ids| {
        let energy = |id: &&str| document.energy_calibrations.iter().any(|it| it.id == **id);
        match ids.split_whitespace().find(energy) {
            Some(id) => id.to_owned(),
            None => ids,
        }
    });
    let data = node.child("ChannelData");
    let compression = data.and_then(compression);
    match Counts::parse(data.and_then(Node::value).unwrap_or_default(), compression) {
        Ok(counts) => into.spectra.push(Spectrum {
            id: attribute(node, "ID"),
            detector,
            title: texts(node, "Remark").into_iter().next(),
            energy_calibration: own.or(named),
            real_time_s,
            live_time_s,
            counts,
        }),
        Err(why) => {
            into.refused_counts += 1;
            document.warn(format!("{what}: {why}: not used"));
        }
    }
}

/// Detectors are not described in this edition; the first mention does.
fn remember(id: &str, category: Option<String>, kind: Option<String>, document: &mut N42Document) {
    match document.detectors.iter_mut().find(|it| it.id == id) {
        Some(known) => {
            if known.kind.is_none() {
                known.kind = kind;
            }
        }
        None => document.detectors.push(Detector {
            id: id.to_owned(),
            category,
            kind,
            ..Detector::default()
        }),
    }
}

/// Energy calibrations that are children of `node`; the id of the first. One that is equal to the one
/// kept for the same numbers before takes its id: portals repeat them with every spectrum.
fn calibrations(node: &Node, document: &mut N42Document) -> Option<String> {
    let mut first = None;
    for it in node.children.iter().filter(|it| it.is("Calibration")) {
        let kind = it.attribute("Type").unwrap_or("Energy");
        if !kind.eq_ignore_ascii_case("Energy") {
            continue;
        }
        let id = attribute(it, "ID")
            .unwrap_or_else(|| format!("calibration-{}", document.energy_calibrations.len() + 1));
        let equation = it.child("Equation");
        let factor = match it
            .attribute("EnergyUnits")
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("mev") => 1_000.0,
            Some("ev") => 0.001,
            _ => 1.0,
        };
        match data::numbers(
            equation
                .and_then(|it| it.text_at("Coefficients"))
                .unwrap_or_default(),
        ) {
            Ok(coefficients) => {
                let model = equation.and_then(|it| it.attribute("Model"));
                let mut new = EnergyCalibration {
                    id,
                    model: model.unwrap_or("polynomial").to_ascii_lowercase(),
                    coefficients: coefficients.iter().map(|it| it * factor).collect(),
                    ..EnergyCalibration::default()
                };
                // Among the last ones only: a document may hold very many.
                let recent = document.energy_calibrations.iter().rev().take(64);
                let known = recent
                    .filter(|it| it.model == new.model && it.coefficients == new.coefficients)
                    .find(|it| it.id.starts_with("calibration-") || it.id == new.id);
                match known {
                    Some(known) if new.id.starts_with("calibration-") || known.id == new.id => {
                        new.id.clone_from(&known.id);
                    }
                    _ => document.energy_calibrations.push(new.clone()),
                }
                first.get_or_insert(new.id);
            }
            Err(why) => document.warn(format!("Calibration {id}: {why}")),
        }
    }
    first
}

fn analysis(node: &Node, document: &mut N42Document) {
    let mut nuclides = Vec::new();
    node.find_all("Nuclide", &mut nuclides);
    for it in nuclides {
        if let Some(name) = text(it, "NuclideName") {
            document.nuclides.push(Nuclide {
                name,
                identified: None,
                confidence: [
                    "NuclideIDConfidenceIndication",
                    "NuclideIDConfidence",
                    "NuclideIDConfidenceDescription",
                ]
                .iter()
                .find_map(|name| text(it, name)),
                category: text(it, "NuclideType"),
            });
        }
    }
    // The edition has no alarm element; makers' extensions name them like this.
    for (name, category) in [("GammaAlarm", "Gamma"), ("NeutronAlarm", "Neutron")] {
        let mut alarms = Vec::new();
        node.find_all(name, &mut alarms);
        for it in alarms {
            if it.value().is_some_and(|it| data::truth(it) == Ok(true)) {
                document.alarms.push(RadAlarm {
                    category: category.to_owned(),
                    ..RadAlarm::default()
                });
            }
        }
    }
}
