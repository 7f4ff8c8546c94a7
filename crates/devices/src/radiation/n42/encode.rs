//! An edition 2012 document from an [`N42Document`]: what simulated portals send and tests read back. It
//! writes what our reader keeps and no more; element order and ids follow the standard.

use std::fmt::Write;

use super::document::{Measurement, N42Document};
use crate::plate::tree::escaped;

/// XML text with a declaration. `document.edition` is not looked at: 2012 is written.
pub fn encode(document: &N42Document) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let uuid = document
        .uuid
        .as_deref()
        .map(|it| format!(" n42DocUUID=\"{}\"", escaped(it)));
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<RadInstrumentData xmlns=\"http://physics.nist.gov/N42/2011/N42\"{}>",
        uuid.unwrap_or_default()
    );
    for remark in &document.remarks {
        element(&mut out, " ", "Remark", Some(remark));
    }
    instrument(&mut out, document);
    for it in &document.detectors {
        let _ = writeln!(out, " <RadDetectorInformation id=\"{}\">", escaped(&it.id));
        element(&mut out, "  ", "RadDetectorName", it.name.as_deref());
        element(
            &mut out,
            "  ",
            "RadDetectorCategoryCode",
            it.category.as_deref(),
        );
        element(&mut out, "  ", "RadDetectorKindCode", it.kind.as_deref());
        element(
            &mut out,
            "  ",
            "RadDetectorDescription",
            it.description.as_deref(),
        );
        out.push_str(" </RadDetectorInformation>\n");
    }
    for it in &document.energy_calibrations {
        let _ = writeln!(out, " <EnergyCalibration id=\"{}\">", escaped(&it.id));
        if !it.coefficients.is_empty() {
            element(
                &mut out,
                "  ",
                "CoefficientValues",
                Some(&list(&it.coefficients)),
            );
        }
        if !it.boundaries_kev.is_empty() {
            element(
                &mut out,
                "  ",
                "EnergyBoundaryValues",
                Some(&list(&it.boundaries_kev)),
            );
        }
        out.push_str(" </EnergyCalibration>\n");
    }
    for it in &document.energy_windows {
        let _ = writeln!(out, " <EnergyWindows id=\"{}\">", escaped(&it.id));
        element(
            &mut out,
            "  ",
            "WindowStartEnergyValues",
            Some(&list(&it.start_kev)),
        );
        element(
            &mut out,
            "  ",
            "WindowEndEnergyValues",
            Some(&list(&it.end_kev)),
        );
        out.push_str(" </EnergyWindows>\n");
    }
    for it in &document.measurements {
        measurement(&mut out, it);
    }
    analysis(&mut out, document);
    out.push_str("</RadInstrumentData>\n");
    out
}

fn element(out: &mut String, indent: &str, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(out, "{indent}<{name}>{}</{name}>", escaped(value));
    }
}

fn list(values: &[f64]) -> String {
    values
        .iter()
        .map(f64::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn instrument(out: &mut String, document: &N42Document) {
    let it = &document.instrument;
    out.push_str(" <RadInstrumentInformation id=\"instrument\">\n");
    element(
        out,
        "  ",
        "RadInstrumentManufacturerName",
        it.manufacturer.as_deref(),
    );
    element(out, "  ", "RadInstrumentIdentifier", it.serial.as_deref());
    element(out, "  ", "RadInstrumentModelName", it.model.as_deref());
    element(out, "  ", "RadInstrumentClassCode", it.class.as_deref());
    out.push_str(" </RadInstrumentInformation>\n");
}

fn measurement(out: &mut String, it: &Measurement) {
    let _ = writeln!(out, " <RadMeasurement id=\"{}\">", escaped(&it.id));
    element(out, "  ", "MeasurementClassCode", it.class.as_deref());
    element(out, "  ", "StartDateTime", it.start.as_deref());
    let duration = |seconds: Option<f64>| seconds.map(|it| format!("PT{it}S"));
    element(
        out,
        "  ",
        "RealTimeDuration",
        duration(it.real_time_s).as_deref(),
    );
    for spectrum in &it.spectra {
        out.push_str("  <Spectrum");
        attribute(out, "id", spectrum.id.as_deref());
        attribute(
            out,
            "radDetectorInformationReference",
            Some(&spectrum.detector),
        );
        attribute(
            out,
            "energyCalibrationReference",
            spectrum.energy_calibration.as_deref(),
        );
        out.push_str(">\n");
        let title = spectrum.title.as_ref().map(|it| format!("Title: {it}"));
        element(out, "   ", "Remark", title.as_deref());
        element(
            out,
            "   ",
            "LiveTimeDuration",
            duration(spectrum.live_time_s).as_deref(),
        );
        let _ = writeln!(
            out,
            "   <ChannelData compressionCode=\"CountedZeroes\">{}</ChannelData>\n  </Spectrum>",
            list(spectrum.counts.counted_zeroes())
        );
    }
    for gross in &it.gross_counts {
        out.push_str("  <GrossCounts");
        attribute(
            out,
            "radDetectorInformationReference",
            Some(&gross.detector),
        );
        attribute(out, "energyWindowsReference", gross.windows.as_deref());
        out.push_str(">\n");
        element(
            out,
            "   ",
            "LiveTimeDuration",
            duration(gross.live_time_s).as_deref(),
        );
        element(out, "   ", "CountData", Some(&list(&gross.counts)));
        out.push_str("  </GrossCounts>\n");
    }
    for dose in &it.dose_rates {
        out.push_str("  <DoseRate");
        attribute(out, "radDetectorInformationReference", Some(&dose.detector));
        let _ = writeln!(
            out,
            "><DoseRateValue>{}</DoseRateValue></DoseRate>",
            dose.value
        );
    }
    for fault in &it.faults {
        let fault = escaped(fault);
        let _ = writeln!(
            out,
            "  <RadInstrumentState><Fault><FaultDescription>{fault}</FaultDescription></Fault></RadInstrumentState>"
        );
    }
    if let Some(speed) = it.speed_mps {
        let _ = writeln!(
            out,
            "  <RadItemState><StateVector><SpeedValue>{speed}</SpeedValue></StateVector></RadItemState>"
        );
    }
    let occupied = it.occupied.map(|it| if it { "true" } else { "false" });
    element(out, "  ", "OccupancyIndicator", occupied);
    out.push_str(" </RadMeasurement>\n");
}

fn attribute(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|it| !it.is_empty()) {
        let _ = write!(out, " {name}=\"{}\"", escaped(value));
    }
}

fn analysis(out: &mut String, document: &N42Document) {
    if document.alarms.is_empty() && document.nuclides.is_empty() {
        return;
    }
    out.push_str(" <AnalysisResults>\n");
    for it in &document.alarms {
        out.push_str("  <RadAlarm");
        let detectors = it.detectors.join(" ");
        attribute(out, "radDetectorInformationReferences", Some(&detectors));
        out.push_str(">\n");
        element(out, "   ", "RadAlarmCategoryCode", Some(&it.category));
        element(out, "   ", "RadAlarmDescription", it.description.as_deref());
        element(out, "   ", "RadAlarmLightColor", it.light.as_deref());
        out.push_str("  </RadAlarm>\n");
    }
    if !document.nuclides.is_empty() {
        out.push_str("  <NuclideAnalysisResults>\n");
        for it in &document.nuclides {
            out.push_str("   <Nuclide>\n");
            let identified = it.identified.map(|it| if it { "true" } else { "false" });
            element(out, "    ", "NuclideIdentifiedIndicator", identified);
            element(out, "    ", "NuclideName", Some(&it.name));
            element(
                out,
                "    ",
                "NuclideIDConfidenceValue",
                it.confidence.as_deref(),
            );
            element(
                out,
                "    ",
                "NuclideCategoryDescription",
                it.category.as_deref(),
            );
            out.push_str("   </Nuclide>\n");
        }
        out.push_str("  </NuclideAnalysisResults>\n");
    }
    out.push_str(" </AnalysisResults>\n");
}
