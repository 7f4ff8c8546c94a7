//! One truck on its way through the real core: its passage, the facts so far, and what its
//! devices would have measured. Readings are made from the truth about the truck, past any wire.

use domain::fact::Fact;
use domain::input::Input;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::reading::{
    Alarm, AxleReading, CameraPosition, CheckDigit, ContainerReading, DocumentField,
    DocumentReading, ImageQuality, ImageReading, ImageRegion, PlateReading, RadiationReading,
    SecondOpinion, SourceShape, VehicleReading,
};
use domain::unit::{BlobHash, PassageId, UtcMs};

use crate::chance::Chance;
use crate::traffic::{Matter, Source, Truck};

/// All panels together, counts a second; a usual drive-through portal.
const BACKGROUND_CPS: f64 = 1_296.0;
const SIGMA_ALARM: f64 = 6.0;
const NEUTRON_ALARM: f64 = 10.0;
const SHADOW: f64 = 0.19;
/// A class of R134/1: half a per cent as one standard deviation.
const GROSS_SIGMA_SHARE: f64 = 0.005;
const AXLE_SIGMA_SHARE: f64 = 0.01;
const MASS_SIGMA_SHARE: f64 = 0.04;
/// Of hidden goods the scanner's own program marks so many; the rest an officer may see.
const REGION_FOUND_SHARE: f64 = 0.85;

#[derive(Debug)]
pub struct Live {
    pub truck: Truck,
    pub site: usize,
    pub chance: Chance,
    /// When it joined the queue before the gate.
    pub joined_at: UtcMs,
    pub passage: Passage,
    pub facts: Vec<(UtcMs, Fact)>,
    /// Cases asked of the centre and not decided yet.
    pub asked: Vec<domain::agency::Agency>,
    /// Stands in the queue of the exit, or of an order's crew.
    pub leaving: bool,
    pub disregarded: u64,
}

impl Live {
    pub fn new(truck: Truck, site: usize, joined_at: UtcMs, seed: u64) -> Live {
        let id = PassageId {
            checkpoint: truck.checkpoint.clone(),
            number: truck.number,
        };
        Live {
            chance: Chance::of(seed, &format!("twin {}", truck.checkpoint), truck.number),
            truck,
            site,
            joined_at,
            passage: Passage::new(id),
            facts: Vec::new(),
            asked: Vec::new(),
            leaving: false,
            disregarded: 0,
        }
    }

    pub fn give(&mut self, input: &Input, now: UtcMs, procedure: &Procedure) {
        for fact in self.passage.conclude(input, now, procedure) {
            self.passage.apply(&fact, now);
            self.disregarded += u64::from(matches!(fact, Fact::Disregarded { .. }));
            self.facts.push((now, fact));
        }
    }

    /// A fact of the centre about this case.
    pub fn note(&mut self, fact: Fact, now: UtcMs) {
        self.facts.push((now, fact));
    }

    pub fn is_clean(&self) -> bool {
        matches!(
            self.truck.truth.matter,
            Matter::Clean | Matter::NormConsistent | Matter::NoNotification | Matter::PlateUnread
        )
    }

    pub fn plate(&mut self, position: CameraPosition) -> PlateReading {
        let plate = match position {
            CameraPosition::Rear => &self.truck.trailer_plate,
            CameraPosition::Front | CameraPosition::Exit => &self.truck.tractor_plate,
        };
        let read = (!self.truck.muddy).then(|| plate.clone());
        PlateReading {
            position,
            raw: read.clone(),
            country: read.as_ref().map(|_| self.truck.country.clone()),
            country_raw: None,
            confidence: read.as_ref().map(|_| 0.9 + 0.09 * self.chance.unit()),
            plate: read,
            candidates: Vec::new(),
            taken_at_claimed: None,
            direction: None,
            vehicle_type: None,
            message_id: None,
            vendor: "twin".into(),
            pictures: Vec::new(),
        }
    }

    pub fn containers(&self) -> Vec<ContainerReading> {
        let read = |code: &String| ContainerReading {
            code: code.clone(),
            check_digit: CheckDigit::Right,
            size_type: None,
            confidence: Some(0.97),
            pictures: Vec::new(),
        };
        self.truck.containers.iter().map(read).collect()
    }

    pub fn radiation(&mut self, span_ms: i64) -> RadiationReading {
        let sample_ms = 200;
        let samples = (span_ms / sample_ms).clamp(25, 300) as u32;
        let noise = 0.8 + 0.6 * self.chance.normal().abs();
        let (excess, neutrons, width) = match self.truck.source {
            None => (0.0, 0.0, 0.1),
            Some(Source::Point {
                gamma_cps,
                neutron_cps,
                ..
            }) => (gamma_cps, neutron_cps, 0.12),
            Some(Source::Spread { excess_share }) => (excess_share * BACKGROUND_CPS, 0.0, 0.7),
        };
        // The vehicle's shadow hides as much of a weak source.
        let above = excess - SHADOW * BACKGROUND_CPS * f64::from(u8::from(excess > 0.0));
        let sigma = (above / BACKGROUND_CPS.sqrt() + noise).max(0.0);
        let neutrons = neutrons + 3.0 * self.chance.unit();
        let length_m = self.truck.silhouette.length_m;
        let opinion = self.truck.source.map(|it| opinion(it, excess));
        let raised = |is: bool| if is { Alarm::Raised } else { Alarm::Silent };
        RadiationReading {
            protocol: "twin".into(),
            occupancy: Some(self.truck.number),
            samples,
            sample_ms: sample_ms as u32,
            background_cps: BACKGROUND_CPS,
            gamma_max_cps: BACKGROUND_CPS + sigma * BACKGROUND_CPS.sqrt(),
            gamma_max_sigma: sigma,
            gamma_max_sample: samples / 2,
            neutron_max: neutrons as u32,
            gamma_alarm: raised(sigma > SIGMA_ALARM),
            neutron_alarm: raised(neutrons > NEUTRON_ALARM),
            suppression: SHADOW,
            width_share: width,
            width_m: Some(width * length_m),
            speed_mps: Some(1.4),
            position_m: None,
            nuclides: Vec::new(),
            faults: Vec::new(),
            profile: None,
            second_opinion: opinion,
        }
    }

    pub fn weights(&mut self) -> VehicleReading {
        let body = &self.truck.silhouette;
        let share = 1.0 + GROSS_SIGMA_SHARE * self.chance.normal();
        let axles: Vec<AxleReading> = body
            .axle_kg
            .iter()
            .enumerate()
            .map(|(at, kg)| AxleReading {
                load_kg: (f64::from(*kg) * share) as u32,
                sigma_kg: f64::from(*kg) * AXLE_SIGMA_SHARE,
                spacing_m: at
                    .checked_sub(1)
                    .and_then(|it| body.spacing_m.get(it))
                    .copied(),
            })
            .collect();
        let gross_kg = axles.iter().map(|it| it.load_kg).sum();
        VehicleReading {
            gross_kg,
            gross_sigma_kg: f64::from(gross_kg) * GROSS_SIGMA_SHARE,
            axles,
            accuracy_class: "R134/1".into(),
            length_m: Some(body.length_m),
            width_m: Some(body.width_m),
            height_m: Some(body.height_m),
            dimension_sigma_m: Some(0.03),
            speed_kmh: Some(5.0),
            vehicle_class: Some(body.class.into()),
        }
    }

    pub fn image(&mut self, clear_bytes: u64, false_region_share: f64) -> ImageReading {
        let hidden = self.truck.truth.matter == Matter::HiddenGoods;
        let marked = self.chance.happens(match hidden {
            true => REGION_FOUND_SHARE,
            false => false_region_share,
        });
        let region = ImageRegion {
            left_px: 900,
            top_px: 400,
            width_px: 60,
            height_px: 80,
            label: "dense_object".into(),
            score: if hidden { 0.9 } else { 0.6 },
        };
        let mass = f64::from(self.truck.cargo_kg) * (1.0 + MASS_SIGMA_SHARE * self.chance.normal());
        ImageReading {
            message_id: None,
            scan: None,
            image: BlobHash(*blake3::hash(&self.truck.number.to_le_bytes()).as_bytes()),
            size_bytes: clear_bytes,
            width_px: 3_400,
            height_px: 1_056,
            bits: 12,
            pixel_mm: 5.0,
            energy_mv: 6.0,
            domain: "log12".into(),
            layer_ends: vec![clear_bytes / 8, clear_bytes],
            quality: ImageQuality::Usable,
            mass_kg: Some(mass.max(0.0) as u32),
            regions: marked.then_some(region).into_iter().collect(),
        }
    }

    pub fn documents(&self) -> Vec<DocumentReading> {
        let read = |it: &crate::traffic::papers::Paper| DocumentReading {
            message_id: None,
            kind: it.kind,
            number: Some(it.number.clone()),
            expires_at: it.expires_at,
            issuer: Some(it.issuer.clone()),
            fields: it
                .fields
                .iter()
                .map(|(name, value)| DocumentField {
                    name: name.clone(),
                    value: value.clone(),
                    confidence: Some(0.95),
                })
                .collect(),
            faults: Vec::new(),
            pages: Vec::new(),
        };
        self.truck.papers.iter().map(read).collect()
    }
}

/// What the filter says of a source this strong; a load of the twin is always told from a point.
fn opinion(source: Source, excess_cps: f64) -> SecondOpinion {
    let sigma = excess_cps / BACKGROUND_CPS.sqrt();
    let (shape, margin) = match source {
        Source::Spread { .. } => (SourceShape::Spread, 0.5 * sigma),
        Source::Point { .. } => (SourceShape::Point, -0.1 * sigma),
    };
    SecondOpinion {
        method: "twin".into(),
        sigma,
        shape,
        position_m: None,
        excess_cps,
        spread_margin_sigma: Some(margin),
        hidden_point_sigma: Some(0.0),
        // About what half of the recorded loads could hide.
        hidden_limit_sigma: matches!(source, Source::Spread { .. }).then_some(40.0),
    }
}
