//! Properties of the N42 reader: what is written is read, no bytes panic, no counts are invented.

use devices::decode;
use devices::radiation::n42::data::Counts;
use devices::radiation::n42::document::{
    Detector, EnergyWindows, GrossCounts, Instrument, Measurement, N42Document, Nuclide, RadAlarm,
    Radiation, Spectrum,
};
use devices::radiation::n42::{documents, encode, reading};
use proptest::prelude::*;

fn count() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        (0..5_000_u32).prop_map(f64::from),
        (1..9_999_u32).prop_map(|it| f64::from(it) / 16.0)
    ]
}

/// Any text XML can carry, without blanks at the ends (readers trim).
fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9&<>'\"\\-жқ][a-zA-Z0-9 &<>'\"\\-жқ]{0,10}[a-zA-Z0-9&<>'\"\\-жқ]"
}

prop_compose! {
    fn measurement()(
        spectra in prop::collection::vec(prop::collection::vec(count(), 1..60), 0..3),
        gross in prop::collection::vec(prop::array::uniform2(count()), 0..3),
        neutrons in prop::option::of(count()),
        occupied in any::<Option<bool>>(),
        tenths in 1..100_u32,
        class in prop::option::of(word()),
    ) -> Measurement {
        let mut gross_counts: Vec<GrossCounts> = gross.iter().map(|counts| GrossCounts {
            detector: "G".to_owned(), radiation: Radiation::Gamma, windows: Some("W".to_owned()),
            live_time_s: Some(0.5), counts: counts.to_vec(),
        }).collect();
        gross_counts.extend(neutrons.map(|it| GrossCounts {
            detector: "N".to_owned(), radiation: Radiation::Neutron, windows: None,
            live_time_s: None, counts: vec![it],
        }));
        Measurement {
            class, occupied, gross_counts,
            real_time_s: Some(f64::from(tenths) / 10.0),
            spectra: spectra.iter().map(|channels| Spectrum {
                detector: "G".to_owned(), live_time_s: Some(0.25),
                counts: Counts::from_channels(channels).unwrap(), ..Spectrum::default()
            }).collect(),
            ..Measurement::default()
        }
    }
}

prop_compose! {
    fn document()(
        mut measurements in prop::collection::vec(measurement(), 0..12),
        manufacturer in prop::option::of(word()), serial in prop::option::of(word()),
        nuclides in prop::collection::vec(word(), 0..3), alarm in prop::option::of(word()),
    ) -> N42Document {
        for (at, it) in measurements.iter_mut().enumerate() {
            it.id = format!("M{at}");
        }
        let detector = |id: &str, category: &str| Detector {
            id: id.to_owned(), category: Some(category.to_owned()), ..Detector::default()
        };
        N42Document {
            edition: 2012,
            instrument: Instrument { manufacturer, serial, ..Instrument::default() },
            detectors: vec![detector("G", "Gamma"), detector("N", "Neutron")],
            energy_windows: vec![EnergyWindows {
                id: "W".to_owned(), start_kev: vec![0.0, 400.0], end_kev: vec![400.0, 3000.0],
            }],
            measurements,
            nuclides: nuclides.into_iter().map(|name| Nuclide { name, ..Nuclide::default() }).collect(),
            alarms: alarm.into_iter().map(|category| RadAlarm { category, ..RadAlarm::default() }).collect(),
            ..N42Document::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_document_there_and_back(it in document()) {
        let read = documents(encode::encode(&it).as_bytes()).unwrap();
        prop_assert!(read.refused.is_empty());
        prop_assert_eq!(&read.documents, &[it]);
    }

    /// Whatever frames and encodings a stream of them has.
    #[test]
    fn a_stream_of_documents(all in prop::collection::vec(document(), 1..4), wide in any::<bool>()) {
        let text: String = all.iter().map(|it| format!("\u{2}{}\u{3}\r\n", encode::encode(it))).collect();
        let bytes: Vec<u8> = if wide {
            [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        } else {
            text.into_bytes()
        };
        let read = documents(&bytes).unwrap();
        prop_assert_eq!(read.documents, all);
    }

    #[test]
    fn channels_there_and_back(channels in prop::collection::vec(count(), 1..300)) {
        let counts = Counts::from_channels(&channels).unwrap();
        prop_assert_eq!(counts.expanded(), &channels[..]);
        prop_assert_eq!(counts.channels(), channels.len());
        let text: Vec<String> = counts.counted_zeroes().iter().map(f64::to_string).collect();
        prop_assert_eq!(Counts::parse(&text.join(" "), Some("CountedZeroes")), Ok(counts));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode::n42(&bytes);
        let mut begun = b"<RadInstrumentData>".to_vec();
        begun.extend(bytes);
        let _ = decode::n42(&begun);
    }

    /// A portal reading's samples are the occupied intervals and its counts are theirs.
    #[test]
    fn a_reading_holds_the_occupied_intervals(it in document()) {
        let occupied = it.measurements.iter().filter(|it| it.occupied == Some(true)).count();
        match reading(&it) {
            None => prop_assert!(occupied == 0 || it.gamma_sum() + it.gross_gamma_sum() == 0.0
                || it.measurements.iter().all(|it| it.spectra.is_empty() && it.gross_counts.is_empty())),
            Some((reading, profile)) => {
                prop_assert_eq!(reading.samples as usize, occupied);
                prop_assert!(profile.gamma_counts.iter().all(|it| it.len() == occupied));
                prop_assert!(reading.gamma_max_sigma.is_finite() && reading.suppression.is_finite());
                prop_assert!((0.0..=1.0).contains(&reading.width_share));
            }
        }
    }
}
