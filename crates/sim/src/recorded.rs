//! A truck made of recordings: what its devices saw comes from files, its papers are drawn to fit
//! what the camera read and what the scanner's manifest says. It goes through a lane as any other.

use devices::plate::{Encoded, PlateMessage};
use domain::fact::Direction;
use domain::notification::GoodsItem;
use domain::reading::{CameraPosition, DocumentKind};
use domain::unit::{CheckpointId, UtcMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chance::Chance;
use crate::equipment::lines::Timed;
use crate::script::{self, Act, Script, Step, Zone};
use crate::traffic::papers::Journey;
use crate::traffic::{Matter, Truck, people, truck_with};

/// What is known of it from files; what is absent is simulated.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedTruck {
    /// A camera's message, as it came.
    pub plate: Option<Message>,
    /// Lines of one occupancy of a VM250.
    pub occupancy: Vec<Timed>,
    /// The scale's line.
    pub weighing: Option<String>,
    /// A radiograph, in base64, and what stands beside it.
    pub radiograph: Option<String>,
    pub manifest: Option<Value>,
    /// Messages of the page reader, besides the papers that are drawn.
    pub documents: Vec<Message>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub content_type: String,
    /// Base64.
    pub body: String,
}

impl Message {
    pub fn new(it: &Encoded) -> Message {
        use base64::Engine;
        let body = base64::engine::general_purpose::STANDARD.encode(&it.body);
        Message {
            content_type: it.content_type.clone(),
            body,
        }
    }

    pub fn encoded(&self) -> Encoded {
        Encoded {
            content_type: self.content_type.clone(),
            body: decoded(&self.body),
        }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default()
}

/// The truck and its plan.
pub fn plan(
    it: &RecordedTruck,
    checkpoint: &CheckpointId,
    direction: Direction,
    lane: u8,
    number: u64,
    now: UtcMs,
) -> (Truck, Script) {
    let mut truck = truck_with(0, checkpoint, direction, number, now, Matter::Clean);
    let mut chance = Chance::of(0, "recorded", number);
    truck.notice_lodged_at = None;
    truck.truth.note = "recorded".to_owned();
    if let Some(plate) = it.plate.as_ref().and_then(read_plate) {
        truck.tractor_plate = plate.clone();
        truck.tractor_rear_plate = plate;
    }
    let list = |name: &str| {
        let value = it.manifest.as_ref().and_then(|it| it.get(name)).cloned();
        value.and_then(|it| it.as_array().cloned())
    };
    if let Some(goods) = list("manifest") {
        truck.goods = goods
            .iter()
            .filter_map(|it| goods_item(it, &truck.from_country))
            .collect();
        truck.containers = vec![];
    }
    if list("truth").is_some_and(|it| !it.is_empty()) {
        truck.truth.matter = Matter::HiddenGoods;
    }
    let journey = Journey {
        arrives_at: now,
        vehicle_country: &truck.country,
        tractor_plate: &truck.tractor_plate,
        trailer_plate: Some(&truck.trailer_plate),
        driver: &truck.driver,
        carrier: &truck.carrier,
        consignor: people::trader(&mut chance, &truck.from_country),
        consignee: people::trader(&mut chance, &truck.to_country),
        from_country: &truck.from_country,
        to_country: &truck.to_country,
        goods: &truck.goods,
        containers: &truck.containers,
    };
    let mut papers = vec![
        journey.licence(&mut chance),
        journey.registration(&mut chance),
        journey.insurance(&mut chance),
        journey.transport_permit(&mut chance),
    ];
    if !truck.goods.is_empty() {
        papers.push(journey.cmr(&mut chance));
        papers.push(journey.invoice(&mut chance));
    }
    if !it.documents.is_empty() {
        papers.retain(|it| it.kind != DocumentKind::Passport);
    }
    truck.papers = papers;
    let mut script = script::script(0, &truck, lane);
    script
        .steps
        .retain(|it| !matches!(it.act, Act::Container { .. }));
    for step in &mut script.steps {
        let own = match &step.act {
            Act::Plate {
                position: CameraPosition::Front,
                ..
            } => it.plate.as_ref().map(|it| Act::Sent {
                path: "plate-front",
                message: it.encoded(),
            }),
            Act::Roll(_) if !it.occupancy.is_empty() => Some(Act::Played(it.occupancy.clone())),
            Act::Weigh(_) => it.weighing.clone().map(Act::Said),
            Act::Image { mass_kg, .. } => it.radiograph.as_ref().map(|image| Act::Delivered {
                j2k: decoded(image).into(),
                mass_kg: *mass_kg,
                pixel_mm: pixel_mm(it.manifest.as_ref()),
            }),
            _ => None,
        };
        if let Some(own) = own {
            step.act = own;
        }
    }
    let done = script
        .steps
        .iter()
        .position(|it| it.act == Act::DocumentsDone);
    let at = done.unwrap_or(script.steps.len());
    for message in it.documents.iter().rev() {
        let act = Act::Sent {
            path: "documents",
            message: message.encoded(),
        };
        script.steps.insert(
            at,
            Step {
                zone: Zone::Documents,
                after_ms: 20_000,
                act,
            },
        );
    }
    (truck, script)
}

fn read_plate(message: &Message) -> Option<String> {
    let encoded = message.encoded();
    let messages = devices::plate::decode(Some(&encoded.content_type), &encoded.body).ok()?;
    messages.into_iter().find_map(|it| match it {
        PlateMessage::Read { reading, .. } => reading.plate,
        PlateMessage::NotARead { .. } | PlateMessage::Unreadable(_) => None,
    })
}

fn goods_item(it: &Value, origin: &str) -> Option<GoodsItem> {
    let net_kg = it["net_kg"].as_u64()? as u32;
    let hs = it["hs"].as_str().filter(|it| it.len() >= 4)?;
    Some(GoodsItem {
        hs: hs.to_owned(),
        description: it["desc"].as_str().unwrap_or_default().to_owned(),
        gross_kg: net_kg + net_kg / 25,
        net_kg,
        packages: it["packages"].as_u64().unwrap_or_default() as u32,
        origin: origin.to_owned(),
        un_number: None,
    })
}

fn pixel_mm(manifest: Option<&Value>) -> f64 {
    manifest.and_then(|it| it["px_mm"].as_f64()).unwrap_or(5.0)
}
