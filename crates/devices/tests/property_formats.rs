//! What an encoder writes its decoder reads back; and no bytes whatever bring a decoder down.

use devices::container::iso6346;
use devices::document::mrz::{self, Specimen};
use devices::document::page::{self, DocumentBlob, DocumentMessage};
use devices::plate::{
    self, Encoded, Picture, PlateMessage, claim, dahua, hikvision, plate_recognizer,
};
use devices::weighing::{self, AccuracyClass, WeighMessage};
use domain::reading::{
    CameraPosition, ContainerReading, DocumentField, DocumentKind, DocumentReading, PageBlob,
    PlateCandidate, PlateReading, VehicleReading,
};
use domain::unit::{BlobHash, UtcMs};
use proptest::prelude::*;

/// What simulated cameras send: a plate as written, times to the millisecond, confidence to a
/// thousandth.
fn reading() -> impl Strategy<Value = PlateReading> {
    let plate = prop_oneof![
        "[0-9]{3}[A-Z]{3}(0[1-9]|1[0-9]|20)",
        "[АВЕКМНОРСТУХ][0-9]{3}[АВЕКМНОРСТУХ]{2}[0-9]{2,3}",
        "[A-Z]{2} [0-9]{4}-[1-7]",
    ];
    let country = prop::sample::select(vec!["KZ", "KG", "RU", "UZ", "CN", "TM"]);
    (
        prop::option::weighted(0.9, plate),
        prop::option::of(country),
        // Below one per cent Hikvision's two scales cannot be told apart.
        prop::option::of(10_u32..=1000),
        prop::option::of(1_000_000_000_000_i64..4_000_000_000_000),
        prop::option::of("forward|reverse"),
        prop::option::of("truck|bus|largeBus"),
        prop::option::of("[0-9a-f]{8}-[0-9a-f]{4}"),
    )
        .prop_map(|(plate, country, confidence, at, direction, kind, id)| {
            let mut reading = claim::reading("", plate.as_deref());
            reading.country = country.map(str::to_owned);
            reading.confidence = confidence.map(|it| f64::from(it) / 1000.0);
            reading.taken_at_claimed = at.map(UtcMs);
            reading.direction = direction;
            reading.vehicle_type = kind;
            reading.message_id = id;
            reading
        })
}

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..3).prop_map(|bodies| {
        let picture = |(place, body): (usize, Vec<u8>)| Picture {
            name: format!("picture{place}.jpg"),
            media_type: "image/jpeg".to_owned(),
            bytes: [vec![0xff, 0xd8, 0xff], body].concat(),
        };
        bodies.into_iter().enumerate().map(picture).collect()
    })
}

/// The one read in a message.
fn one(encoded: &Encoded, typed: bool) -> (PlateReading, Vec<Picture>) {
    let content_type = typed.then_some(encoded.content_type.as_str());
    let mut messages = plate::decode(content_type, &encoded.body).unwrap();
    assert_eq!(messages.len(), 1, "{messages:?}");
    match messages.remove(0) {
        PlateMessage::Read {
            reading, pictures, ..
        } => (*reading, pictures),
        other => panic!("{other:?}"),
    }
}

fn expected(mut reading: PlateReading, vendor: &str, pictures: &[Picture]) -> PlateReading {
    reading.vendor = vendor.to_owned();
    reading.pictures = pictures.iter().map(Picture::hash).collect();
    reading
}

fn vehicle() -> impl Strategy<Value = VehicleReading> {
    let class = prop::sample::select(vec!["R134/0.5", "R134/2", "COST323/A5", "COST323/B10"]);
    let loads = prop::collection::vec((500_u32..13_000, 100_u32..900), 1..9);
    let dimensions = prop::option::of((400_u32..2600, 200_u32..300, 150_u32..480));
    (class, loads, dimensions, prop::option::of(1_u32..90)).prop_map(
        |(class, loads, dimensions, speed)| {
            let loads: Vec<_> = loads
                .into_iter()
                .enumerate()
                .map(|(place, (kg, cm))| (kg, (place > 0).then_some(f64::from(cm) / 100.0)))
                .collect();
            let class = AccuracyClass::parse(class).unwrap();
            let mut reading = weighing::line::reading(class, &loads, None).unwrap();
            if let Some((length, width, height)) = dimensions {
                reading.length_m = Some(f64::from(length) / 100.0);
                reading.width_m = Some(f64::from(width) / 100.0);
                reading.height_m = Some(f64::from(height) / 100.0);
                reading.dimension_sigma_m = Some(0.02);
            }
            reading.speed_kmh = speed.map(f64::from);
            reading.vehicle_class = Some("tractor2_semi3".to_owned());
            reading
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hikvision_is_read_back(reading in reading(), pictures in pictures(), typed: bool) {
        let encoded = hikvision::encode(&reading, &pictures);
        let (read, parts) = one(&encoded, typed);
        prop_assert_eq!(&parts, &pictures);
        prop_assert_eq!(read, expected(reading, "hikvision", &pictures));
    }

    #[test]
    fn dahua_is_read_back(reading in reading(), pictures in pictures(), rear: bool) {
        let mut reading = reading;
        if rear {
            reading.position = CameraPosition::Rear;
        }
        let encoded = dahua::encode(&reading, &pictures);
        let (mut read, parts) = one(&encoded, true);
        prop_assert_eq!(parts.len(), pictures.len());
        // The wire has 255 steps, and says nothing of a direction but the side it sees.
        match (read.confidence, reading.confidence) {
            (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 0.5 / 255.0 + 1e-9),
            (a, b) => prop_assert_eq!(a, b),
        }
        read.confidence = reading.confidence;
        if reading.direction.is_none() && rear {
            read.direction = None;
        }
        prop_assert_eq!(read, expected(reading, "dahua", &pictures));
    }

    #[test]
    fn plate_recognizer_is_read_back(reading in reading(), pictures in pictures()) {
        let mut reading = reading;
        if let Some(plate) = &reading.plate {
            let confidence = 0.25;
            reading.candidates = vec![PlateCandidate { plate: plate.clone(), confidence }];
        }
        let encoded = plate_recognizer::encode(&reading, &pictures);
        let (read, parts) = one(&encoded, true);
        prop_assert_eq!(&parts, &pictures);
        prop_assert_eq!(read, expected(reading, "platerecognizer", &pictures));
    }

    #[test]
    fn a_weighing_is_read_back(reading in vehicle(), at in 0_i64..4_000_000_000_000) {
        let line = weighing::line::encode("w-1", UtcMs(at), &reading);
        let read = weighing::decode(line.as_bytes());
        let id = Some("w-1".to_owned());
        let expected =
            WeighMessage::Vehicle { id, at_claimed: Some(UtcMs(at)), reading: Box::new(reading) };
        prop_assert_eq!(read, Ok(expected));
    }

    #[test]
    fn a_document_is_read_back(
        number in "[A-Z]{2}[0-9]{6}",
        fields in prop::collection::vec(("[a-z_]{1,20}", "[а-яa-z0-9 ]{0,40}x", 0_u32..=100), 0..5),
        page in prop::collection::vec(any::<u8>(), 1..300),
        uploaded: bool,
    ) {
        let hash = BlobHash(*blake3::hash(&page).as_bytes());
        let media_type = "image/jpeg".to_owned();
        let blob = DocumentBlob { hash, media_type: media_type.clone(), bytes: page };
        let size_bytes = blob.bytes.len() as u64;
        let fields = fields.into_iter().map(|(name, value, confidence)| DocumentField {
            // A VIN would be checked and add its fault.
            name: format!("f_{name}"),
            value: value.trim().to_owned(),
            confidence: Some(f64::from(confidence) / 100.0),
        });
        let reading = DocumentReading {
            message_id: None,
            kind: DocumentKind::Cmr,
            number: Some(number),
            expires_at: Some(UtcMs(1_800_000_000_000)),
            issuer: Some("KZ".to_owned()),
            fields: fields.collect(),
            faults: Vec::new(),
            pages: vec![PageBlob { page: hash, size_bytes, preview: None, media_type }],
        };
        let inside = if uploaded { vec![] } else { vec![blob] };
        let body = page::encode("d-1", UtcMs(1_700_000_000_000), &reading, &[], &inside);
        let read = page::decode(&body);
        let expected = DocumentMessage::Document {
            id: Some("d-1".to_owned()),
            at_claimed: Some(UtcMs(1_700_000_000_000)),
            reading: Box::new(reading),
            blobs: inside,
        };
        prop_assert_eq!(read, Ok(expected));
    }

    #[test]
    fn a_passport_is_read_back_and_any_changed_digit_is_seen(
        number in "[A-Z0-9]{6,9}",
        dob in (0_u32..100, 1_u32..=12, 1_u32..=28),
        surname in "[A-Z]{1,10}( [A-Z]{1,7})?",
        given in "[A-Z]{1,10}( [A-Z]{1,7})?",
        column in 0_usize..28,
        step in 1_u8..10,
    ) {
        let date = format!("{:02}{:02}{:02}", dob.0, dob.1, dob.2);
        let specimen = Specimen {
            issuer: "KAZ", nationality: "UZB", number: &number, dob: &date, sex: 'F',
            expiry: &date, surname: &surname, given: &given,
        };
        let lines = mrz::encode(&specimen);
        let zone = mrz::decode_lines(&[&lines[0], &lines[1]]).unwrap();
        prop_assert!(zone.valid(), "{:?}", zone.faults);
        prop_assert_eq!((&zone.number, &zone.surname, &zone.given), (&number, &surname, &given));
        // One digit turned into another is always seen: 7, 3 and 1 have no factor with ten.
        let mut second = lines[1].clone().into_bytes();
        if second[column].is_ascii_digit() {
            second[column] = b'0' + (second[column] - b'0' + step) % 10;
            let second = String::from_utf8(second).unwrap();
            let zone = mrz::decode_lines(&[&lines[0], &second]).unwrap();
            prop_assert!(!zone.valid(), "{second}");
        }
    }

    #[test]
    fn a_container_number_is_read_back(code in "[A-Z]{3}[UJZ][0-9]{6}", ten: bool) {
        let computed = iso6346::check_computed(&code);
        let printed = if computed == 10 { 0 } else { computed };
        let reading = ContainerReading {
            code: format!("{code}{printed}"),
            check_digit: iso6346::parse(&format!("{code}{printed}")).unwrap().check_digit(),
            size_type: ten.then(|| "45G1".to_owned()),
            confidence: None,
            pictures: Vec::new(),
        };
        let read = iso6346::parse(&iso6346::encode(&reading)).unwrap().reading(None);
        prop_assert_eq!(read, reading);
    }

    #[test]
    fn arbitrary_bytes_bring_nothing_down(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = plate::decode(None, &bytes);
        let _ = plate::decode(Some("multipart/form-data; boundary=a"), &bytes);
        let _ = devices::decode::mrz(&bytes);
        let _ = devices::decode::iso6346(&bytes);
        let _ = devices::decode::wim(&bytes);
        let _ = page::decode(&bytes);
        let _ = weighing::decode(&bytes);
    }

    #[test]
    fn arbitrary_text_brings_nothing_down(
        text in "[<>{}\\[\\]:,=/&;\"'A-Za-z0-9 \r\n.\\-_#!\u{400}-\u{45f}]{0,400}",
        lines in prop::collection::vec("[A-Z0-9<a-z«é ]{27,47}", 1..4),
    ) {
        let _ = plate::decode(None, text.as_bytes());
        let _ = plate::decode(None, format!("<a>{text}</a>").as_bytes());
        let _ = plate::decode(None, format!("Events[0].{text}").as_bytes());
        let _ = plate::decode(None, format!("Code={text};data={{{text}").as_bytes());
        let _ = devices::document::vin::parse(&text);
        let _ = devices::document::tir::parse(&text);
        let _ = iso6346::parse(&text);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Ok(zone) = mrz::decode_lines(&lines) {
            let _ = zone.reading();
        }
    }
}
