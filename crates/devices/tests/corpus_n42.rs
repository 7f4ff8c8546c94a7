//! Every N42 file of the corpus: what SpecUtils reads (`*.expected.json`), what it loses
//! (`*.portal.json`), and what is malformed.

use std::path::{Path, PathBuf};
use std::time::Instant;

use devices::radiation::n42::document::{Measurement, N42Document, Radiation};
use devices::radiation::n42::{documents, encode, reading};
use domain::reading::Alarm;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let corpus = std::env::var_os("BEKET_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    let folder = corpus.join("n42");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no corpus at {}", corpus.display());
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for part in std::fs::read_dir(folder).unwrap() {
        let part = part.unwrap().path();
        if part.is_dir() {
            for file in std::fs::read_dir(part).unwrap() {
                let file = file.unwrap().path();
                if file.extension().is_some_and(|it| it == "n42") {
                    all.push(file);
                }
            }
        }
    }
    all.sort();
    all
}

fn beside(file: &Path, ending: &str) -> Option<Value> {
    let name = file.file_name()?.to_str()?.strip_suffix("n42")?.to_owned() + ending;
    let text = std::fs::read(file.with_file_name(name)).ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-5 * a.abs().max(b.abs()).max(1.0)
}

/// Spectra of all documents in order, with their interval.
fn spectra(
    all: &[N42Document],
) -> Vec<(&Measurement, &devices::radiation::n42::document::Spectrum)> {
    all.iter()
        .flat_map(|it| &it.measurements)
        .flat_map(|it| it.spectra.iter().map(move |spectrum| (it, spectrum)))
        .collect()
}

#[test]
fn every_file_gives_documents_or_a_named_refusal() {
    let Some(folder) = folder() else { return };
    let (mut read, mut refused) = (0, 0);
    for file in files(&folder) {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        match documents(&bytes) {
            Ok(_) => read += 1,
            Err(garbled) => {
                assert!(!garbled.why.is_empty());
                assert!(
                    file.parent().unwrap().ends_with("malformed"),
                    "{name}: {garbled}"
                );
                eprintln!("{name}: {garbled}");
                refused += 1;
            }
        }
    }
    eprintln!("{read} read, {refused} refused by name");
    assert!(read > 50);
}

#[test]
fn spectra_agree_with_specutils() {
    let Some(folder) = folder() else { return };
    let (mut compared, mut same_files) = (0, 0);
    let mut spent = std::time::Duration::ZERO;
    for file in files(&folder) {
        let Some(expected) = beside(&file, "expected.json") else {
            continue;
        };
        let bytes = std::fs::read(&file).unwrap();
        let started = Instant::now();
        let all = documents(&bytes).unwrap().documents;
        spent += started.elapsed();
        let name = file.display();
        if expected["loaded"] != true {
            // SpecUtils refuses it; we read it.
            assert!(all.iter().any(|it| !it.measurements.is_empty()), "{name}");
            continue;
        }
        let gamma: f64 = all.iter().map(N42Document::gamma_sum).sum();
        let neutron: f64 = all.iter().map(N42Document::neutron_sum).sum();
        assert!(
            near(gamma, expected["gamma_count_sum"].as_f64().unwrap()),
            "{name}: gamma {gamma}"
        );
        assert!(
            near(neutron, expected["neutron_count_sum"].as_f64().unwrap()),
            "{name}: neutron {neutron}"
        );
        let known = |ours: &Option<String>, key: &str| {
            let theirs = expected[key].as_str().unwrap_or_default();
            if !theirs.is_empty() {
                assert_eq!(ours.as_deref(), Some(theirs), "{name}: {key}");
            }
        };
        known(&all[0].instrument.manufacturer, "manufacturer");
        known(&all[0].instrument.model, "instrument_model");
        known(&all[0].instrument.serial, "instrument_id");

        let ours = spectra(&all);
        let theirs: Vec<&Value> = expected["measurements"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["num_channels"].as_u64() > Some(0))
            .collect();
        assert_eq!(ours.len(), theirs.len(), "{name}: spectra");
        // SpecUtils sorts by sample and detector: match by content.
        let mut left: Vec<_> = ours;
        for it in theirs {
            let live = it["live_time"].as_f64().unwrap();
            let sum = it["gamma_sum"].as_f64().unwrap();
            let detector = it["detector"].as_str().unwrap();
            let at = left.iter().position(|(_, spectrum)| {
                (detector.is_empty()
                    || spectrum.detector.is_empty()
                    || spectrum.detector == detector)
                    && near(spectrum.counts.sum(), sum)
                    && near(spectrum.live_time_s.unwrap_or(0.0), live)
                    && spectrum.counts.channels() as u64 == it["num_channels"].as_u64().unwrap()
            });
            let Some(at) = at else {
                panic!("{name}: no spectrum of {detector} with {sum} counts in {live} s");
            };
            let (measurement, spectrum) = left.remove(at);
            let real = spectrum.real_time_s.or(measurement.real_time_s);
            assert!(
                near(real.unwrap_or(0.0), it["real_time"].as_f64().unwrap()),
                "{name}: real time"
            );
            if compared < 400 {
                let channels = spectrum.counts.expanded();
                let first = channels.iter().position(|it| *it > 0.0).unwrap_or(0);
                if let Some(due) = it["first_nonzero"].as_u64() {
                    assert_eq!(first as u64, due, "{name}");
                }
                if let Some(due) = it["max"].as_f64() {
                    assert!(
                        near(channels.iter().copied().fold(0.0, f64::max), due),
                        "{name}"
                    );
                }
            }
            let class = measurement.class.as_deref().unwrap_or_default();
            if let source @ ("Foreground" | "Background") = it["source_type"].as_str().unwrap() {
                assert_eq!(class, source, "{name}")
            }
            let occupied = match it["occupied"].as_str().unwrap() {
                "Occupied" => Some(true),
                "NotOccupied" => Some(false),
                _ => measurement.occupied,
            };
            assert_eq!(measurement.occupied, occupied, "{name}: occupied");
            compared += 1;
        }
        same_files += 1;
    }
    eprintln!("{same_files} files, {compared} spectra agree with SpecUtils; read in {spent:?}");
    assert!(compared > 2_000);
}

#[test]
fn what_specutils_loses_is_read() {
    let Some(folder) = folder() else { return };
    let mut seen = 0;
    for file in files(&folder) {
        let Some(expected) = beside(&file, "portal.json") else {
            continue;
        };
        let name = file.display();
        let document = &documents(&std::fs::read(&file).unwrap()).unwrap().documents[0];
        for (id, windows) in expected["energy_windows"].as_object().unwrap() {
            let ours = document
                .energy_windows
                .iter()
                .find(|it| it.id == *id)
                .unwrap();
            let mut pairs: Vec<(f64, f64)> = ours
                .start_kev
                .iter()
                .copied()
                .zip(ours.end_kev.iter().copied())
                .collect();
            // The file holds two lists: starts and ends.
            let lists: Vec<Vec<f64>> = serde_json::from_value(windows.clone()).unwrap();
            let due: Vec<(f64, f64)> = lists[0]
                .iter()
                .copied()
                .zip(lists[1].iter().copied())
                .collect();
            pairs.truncate(due.len());
            assert_eq!(pairs, due, "{name}");
        }
        let due = expected["measurements"].as_array().unwrap();
        assert_eq!(document.measurements.len(), due.len(), "{name}");
        for (ours, due) in document.measurements.iter().zip(due) {
            assert_eq!(ours.id, due["id"].as_str().unwrap_or_default(), "{name}");
            assert_eq!(ours.class.as_deref(), due["cls"].as_str(), "{name}");
            assert_eq!(ours.start.as_deref(), due["start"].as_str());
            let occupied = due["occupied"].as_str().map(|it| it == "1" || it == "true");
            assert_eq!(ours.occupied, occupied, "{name} {}", ours.id);
            let gross = due["gross"].as_array().unwrap();
            assert_eq!(ours.gross_counts.len(), gross.len(), "{name}");
            for (ours, due) in ours.gross_counts.iter().zip(gross) {
                assert_eq!(ours.detector, due["detector"].as_str().unwrap());
                assert_eq!(ours.windows.as_deref(), due["windows"].as_str());
                let counts: Vec<f64> = serde_json::from_value(due["counts"].clone()).unwrap();
                assert_eq!(ours.counts, counts);
            }
            assert_eq!(
                ours.spectra.len(),
                due["spectra"].as_array().unwrap().len(),
                "{name}"
            );
        }
        assert_eq!(
            document.alarms.len(),
            expected["alarms"].as_array().unwrap().len(),
            "{name}"
        );
        let nuclides = expected["nuclides"].as_array().unwrap();
        assert_eq!(document.nuclides.len(), nuclides.len(), "{name}");
        for (ours, due) in document.nuclides.iter().zip(nuclides) {
            assert_eq!(Some(ours.name.as_str()), due["name"].as_str());
        }
        seen += 1;
    }
    eprintln!("{seen} files: gross counts by window, occupancy, alarms, nuclides");
    assert!(seen > 0);
}

#[test]
fn a_portal_document_is_a_portal_reading() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| {
        documents(&std::fs::read(folder.join(name)).unwrap())
            .unwrap()
            .documents
            .remove(0)
    };
    let (annex, profile) = reading(&read("portal/ansi_Annex_D_alarmed.n42")).unwrap();
    // Five tenths of a second of samples 3 to 5; windows overlap: 0-3000 keV is the total.
    assert_eq!((annex.samples, annex.sample_ms), (3, 100));
    assert!(
        near(annex.background_cps, 470.0),
        "{}",
        annex.background_cps
    );
    assert_eq!(
        profile.gamma_counts,
        [[22; 3], [11; 3], [7; 3], [7; 3]].map(|it| it.to_vec())
    );
    assert_eq!(
        (annex.gamma_alarm, annex.neutron_alarm),
        (Alarm::Raised, Alarm::Raised)
    );
    assert_eq!(annex.nuclides, ["Unknown"]);
    assert_eq!(annex.faults, ["Overspeed"]);
    assert_eq!(annex.neutron_max, 3);
    let (ortec, _) = reading(&read("portal/ortec_osasp_passthrough_2006.n42")).unwrap();
    assert_eq!(
        (ortec.samples, ortec.sample_ms, ortec.occupancy),
        (133, 250, Some(1))
    );
    assert_eq!(ortec.faults, ["background_unknown"]);
    assert!((ortec.speed_mps.unwrap() - 1.073).abs() < 0.001);
    assert!(reading(&read("annex/ansi_Annex_B.n42")).is_none());
}

#[test]
fn malformed_ones_are_repaired_or_named() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| documents(&std::fs::read(folder.join("malformed").join(name)).unwrap());
    for (name, due) in [
        ("billion_laughs.n42", "document type"),
        ("xxe.n42", "document type"),
        ("deep_nesting.n42", "deeper"),
        ("empty.n42", "nothing"),
        ("whitespace.n42", "nothing"),
        ("not_xml.n42", "GIF89a"),
    ] {
        let error = read(name).unwrap_err();
        assert!(error.why.contains(due), "{name}: {error}");
    }
    for (name, due) in [
        ("bad_datetime.n42", "22.11.2003 23:45"),
        ("bad_utf8.n42", "UTF-8"),
        ("dangling_reference.n42", "ZZ9"),
        ("huge_counts.n42", "999999"),
        ("missing_id.n42", "no id"),
        ("negative_counts.n42", "negative"),
        ("no_timezone.n42", "no offset"),
        ("non_numeric_counts.n42", "abc"),
        ("wrong_window_count.n42", "2 counts for 3"),
        ("zero_live_time.n42", "live time is zero"),
    ] {
        let all = read(name).unwrap();
        let warnings = all.documents[0].warnings.join("\n");
        assert!(warnings.contains(due), "{name}: {warnings}");
        assert!(reading(&all.documents[0]).is_some(), "{name}");
    }
    for name in [
        "future_date.n42",
        "latin1_declared.n42",
        "no_background.n42",
        "nul_bytes.n42",
        "prefix_n42.n42",
        "stx_etx_frame.n42",
        "trailing_garbage.n42",
        "undeclared_prefix.n42",
        "utf16_bom.n42",
    ] {
        let all = read(name).unwrap();
        let (it, _) = reading(&all.documents[0]).unwrap();
        assert_eq!((it.samples, it.gamma_alarm), (3, Alarm::Raised), "{name}");
    }
    assert_eq!(read("trailing_garbage.n42").unwrap().refused.len(), 1);
}

#[test]
fn what_we_write_we_read() {
    let Some(folder) = folder() else { return };
    for name in [
        "portal/ansi_Annex_D_alarmed.n42",
        "annex/ansi_Annex_I.n42",
        "annex/ansi_Annex_B.n42",
    ] {
        let first = documents(&std::fs::read(folder.join(name)).unwrap())
            .unwrap()
            .documents
            .remove(0);
        let again = documents(encode::encode(&first).as_bytes())
            .unwrap()
            .documents
            .remove(0);
        assert_eq!(again.measurements, first.measurements, "{name}");
        assert_eq!(again.alarms, first.alarms, "{name}");
        assert_eq!(again.nuclides, first.nuclides, "{name}");
        assert_eq!(again.energy_windows, first.energy_windows, "{name}");
        let neutrons = |it: &N42Document| {
            it.measurements
                .iter()
                .flat_map(|it| &it.gross_counts)
                .filter(|it| it.radiation == Radiation::Neutron)
                .count()
        };
        assert_eq!(neutrons(&again), neutrons(&first));
    }
}
