//! A checkpoint made for tests: the real fold and the real ledger, with inputs made by hand
//! instead of devices. Not a simulator: one passage at a time, no wire.
#![allow(dead_code)] // each test binary uses its part

use std::path::{Path, PathBuf};

use domain::fact::{Direction, Fact, LinkState};
use domain::input::Input;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::reading::*;
use domain::unit::{BlobHash, CheckpointId, LaneId, PassageId, UtcMs};

pub fn procedures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures")
}

pub fn editions() -> Vec<Procedure> {
    centre::config::read_procedures(&procedures()).unwrap()
}

pub fn edition() -> Procedure {
    editions()
        .into_iter()
        .find(|it| it.edition == "external-2026")
        .unwrap()
}

/// The fold of one passage at its checkpoint, fed with inputs.
pub struct Truck {
    pub passage: Passage,
    pub procedure: Procedure,
    pub now: UtcMs,
}

impl Truck {
    pub fn new(number: u64, now: UtcMs) -> Truck {
        let id = PassageId {
            checkpoint: CheckpointId::new("CN05"),
            number,
        };
        Truck {
            passage: Passage::new(id),
            procedure: edition(),
            now,
        }
    }

    /// What the checkpoint records for this input, ten seconds after the one before.
    pub fn says(&mut self, input: Input) -> Vec<(UtcMs, Fact)> {
        self.now = self.now.plus_ms(10_000);
        let facts = self.passage.conclude(&input, self.now, &self.procedure);
        for fact in &facts {
            self.passage.apply(fact, self.now);
        }
        facts.into_iter().map(|it| (self.now, it)).collect()
    }

    pub fn all(&mut self, inputs: impl IntoIterator<Item = Input>) -> Vec<(UtcMs, Fact)> {
        inputs.into_iter().flat_map(|it| self.says(it)).collect()
    }

    /// In the lane, read by both cameras, without a notification.
    pub fn arrives(&mut self, plate: &str) -> Vec<(UtcMs, Fact)> {
        self.all([
            Input::Arrival {
                lane: LaneId(1),
                direction: Direction::Entry,
                seed: 7,
            },
            Input::Link(LinkState::Up),
            Input::Plate(read(plate, CameraPosition::Front)),
            Input::Plate(read(plate, CameraPosition::Rear)),
            Input::Matched {
                notification: None,
                unfit: None,
                wanted: Vec::new(),
            },
        ])
    }
}

pub fn read(plate: &str, position: CameraPosition) -> PlateReading {
    PlateReading {
        position,
        plate: Some(plate.to_owned()),
        raw: Some(plate.to_owned()),
        country: Some("KZ".to_owned()),
        country_raw: None,
        confidence: Some(0.97),
        candidates: Vec::new(),
        taken_at_claimed: None,
        direction: None,
        vehicle_type: None,
        message_id: None,
        vendor: "made".to_owned(),
        pictures: Vec::new(),
    }
}

pub fn occupancy(gamma_sigma: f64, neutrons: u32, profile: Option<BlobHash>) -> RadiationReading {
    RadiationReading {
        protocol: "vm250".to_owned(),
        occupancy: Some(1),
        samples: 40,
        sample_ms: 200,
        background_cps: 2_500.0,
        gamma_max_cps: 2_500.0 + 50.0 * gamma_sigma,
        gamma_max_sigma: gamma_sigma,
        gamma_max_sample: 20,
        neutron_max: neutrons,
        gamma_alarm: if gamma_sigma > 5.0 {
            Alarm::Raised
        } else {
            Alarm::Silent
        },
        neutron_alarm: if neutrons > 5 {
            Alarm::Raised
        } else {
            Alarm::Silent
        },
        suppression: 0.1,
        width_share: 0.1,
        width_m: None,
        speed_mps: Some(2.0),
        position_m: Some(9.0),
        nuclides: Vec::new(),
        faults: Vec::new(),
        profile,
        second_opinion: None,
    }
}

pub fn weighing(gross_kg: u32) -> VehicleReading {
    let axle = |share: f64, spacing_m: Option<f64>| AxleReading {
        load_kg: (f64::from(gross_kg) * share) as u32,
        sigma_kg: 50.0,
        spacing_m,
    };
    VehicleReading {
        axles: vec![
            axle(0.18, None),
            axle(0.25, Some(3.7)),
            axle(0.19, Some(6.0)),
            axle(0.19, Some(1.31)),
            axle(0.19, Some(1.31)),
        ],
        gross_kg,
        gross_sigma_kg: 150.0,
        accuracy_class: "R134/1".to_owned(),
        length_m: Some(16.4),
        width_m: Some(2.54),
        height_m: Some(3.9),
        dimension_sigma_m: Some(0.02),
        speed_kmh: Some(5.0),
        vehicle_class: None,
    }
}

pub fn radiograph(image: BlobHash, size_bytes: u64, regions: Vec<ImageRegion>) -> ImageReading {
    ImageReading {
        message_id: None,
        scan: None,
        image,
        size_bytes,
        width_px: 3_000,
        height_px: 1_100,
        bits: 12,
        pixel_mm: 4.0,
        energy_mv: 6.0,
        domain: "log12".to_owned(),
        layer_ends: vec![24_000, 80_000, 640_000, size_bytes],
        quality: ImageQuality::Usable,
        mass_kg: None,
        regions,
    }
}

pub fn region() -> ImageRegion {
    ImageRegion {
        left_px: 900,
        top_px: 400,
        width_px: 120,
        height_px: 90,
        label: "dense".to_owned(),
        score: 0.9,
    }
}

pub fn document(kind: DocumentKind, number: &str) -> DocumentReading {
    DocumentReading {
        message_id: None,
        kind,
        number: Some(number.to_owned()),
        expires_at: None,
        issuer: Some("KZ".to_owned()),
        fields: vec![DocumentField {
            name: "holder".to_owned(),
            value: format!("HOLDER OF {number}"),
            confidence: Some(0.9),
        }],
        faults: Vec::new(),
        pages: Vec::new(),
    }
}
