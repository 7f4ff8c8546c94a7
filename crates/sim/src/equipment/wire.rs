//! What `physics` saw, in the words of the wire. Pure; the encoders are `devices`'.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devices::plate::{Encoded, Picture};
use devices::radiation::aspect::registers::{self, Channel, Monitor};
use devices::radiation::vm250::encode::encode;
use devices::radiation::vm250::line::Line;
use domain::reading::{
    Alarm, AxleReading, CameraPosition, PlateCandidate, PlateReading, VehicleReading,
};
use domain::unit::UtcMs;
use serde_json::{Value, json};

use super::lines::Timed;
use crate::chance::Chance;
use crate::physics::{CameraRead, N_SIGMA, PortalPass, SAMPLE_MS, Weighing};
use crate::picture;
use crate::traffic::Truck;
use crate::traffic::papers::{self, Paper};

/// Distance of the two beams a VM250 takes the speed from, m.
const BEAMS_M: f64 = 0.3;

/// The set-up a VM250 says when somebody connects.
pub fn vm250_greeting() -> Vec<String> {
    let fields = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    [
        Line::GammaSetup1 {
            intervals: Some(5),
            n_sigma: Some(N_SIGMA),
        },
        Line::Setup {
            name: "SG2",
            fields: fields(&["1111", "0.068", "5.026", "1", "110101", "A4.21"]),
        },
        Line::Setup {
            name: "SG3",
            fields: fields(&["0.068", "5.026", "020", "0", "A2.30"]),
        },
        Line::Setup {
            name: "SN1",
            fields: fields(&["000020", "000005", "000002", "000005", "000", "000000"]),
        },
        Line::Setup {
            name: "SN2",
            fields: fields(&["1111", "0.5", "5.0", "1", "A4.21"]),
        },
        Line::TamperCleared,
    ]
    .iter()
    .map(encode)
    .collect()
}

/// Background between vehicles.
pub fn vm250_background(round: u64) -> Vec<String> {
    let mut chance = Chance::of(0, "vm250 background", round);
    let gamma = [305.0, 286.0, 331.0, 306.0].map(|mean: f64| chance.poisson(mean * 5.0) / 5);
    let neutron = std::array::from_fn(|_| chance.poisson(0.4));
    [
        Line::GammaBackground(gamma),
        Line::NeutronBackground(neutron),
    ]
    .iter()
    .map(encode)
    .collect()
}

/// One occupancy, from the background just before to `GX`.
pub fn vm250_lines(pass: &PortalPass, number: u64) -> Vec<Timed> {
    let mut lines: Vec<Timed> = Vec::new();
    let mut say = |after_ms: i64, line: Line| lines.push((after_ms, encode(&line)));
    say(0, Line::GammaBackground(pass.background_cps));
    let per_second = (1_000 / SAMPLE_MS) as usize;
    let mut neutron = pass.neutron.iter().zip(&pass.neutron_alarms);
    for (at, (counts, alarm)) in pass.gamma.iter().zip(&pass.gamma_alarms).enumerate() {
        let line = match alarm {
            Alarm::Silent => Line::GammaScan(*counts),
            Alarm::Raised => Line::GammaAlarm(*counts),
        };
        say(i64::from(SAMPLE_MS), line);
        if (at + 1) % per_second != 0 {
            continue;
        }
        if let Some((counts, alarm)) = neutron.next() {
            say(
                0,
                match alarm {
                    Alarm::Silent => Line::NeutronScan(*counts),
                    Alarm::Raised => Line::NeutronAlarm(*counts),
                },
            );
        }
        let speed_kmh = pass.speed_mps * 3.6;
        say(
            0,
            Line::Speed {
                between_s: BEAMS_M / pass.speed_mps,
                speed_kmh,
            },
        );
    }
    say(
        i64::from(SAMPLE_MS),
        Line::End {
            number: Some(number),
            neutron_background_cps: Some(pass.neutron_background_cps),
        },
    );
    lines
}

/// One occupancy as successive monitor blocks, the last one vacant.
pub fn aspect_polls(pass: &PortalPass, object: u16) -> Vec<[u16; registers::MONITOR_REGISTERS]> {
    let per_second = (1_000 / SAMPLE_MS) as usize;
    let background: u32 = pass.background_cps.iter().sum();
    let background = f64::from(background) * f64::from(SAMPLE_MS) / 1_000.0;
    // The portal's clock starts anew with each vehicle far enough on that it never runs back.
    let start_ms = u32::from(object) * 1_000_000;
    let channel = |alarm: Alarm, count: u32, background: f64| Channel {
        status: match alarm {
            Alarm::Silent => registers::READY,
            Alarm::Raised => registers::READY | registers::ALARM_1,
        },
        count,
        background: background as f32,
        variance: background.max(0.0).sqrt() as f32,
    };
    let mut polls = Vec::with_capacity(pass.gamma.len() + 1);
    for (at, (counts, alarm)) in pass.gamma.iter().zip(&pass.gamma_alarms).enumerate() {
        // A second's neutrons are shown in its first sample; the others show none.
        let second = at / per_second;
        let neutron = match (at % per_second, pass.neutron.get(second)) {
            (0, Some(tubes)) => tubes.iter().sum(),
            _ => 0,
        };
        let neutron_alarm = pass
            .neutron_alarms
            .get(second)
            .copied()
            .unwrap_or(Alarm::Silent);
        polls.push(registers::encode(&Monitor {
            time_ms: start_ms + at as u32 * SAMPLE_MS,
            inputs: registers::DIRECTION_01 | 0x0001,
            gamma: channel(*alarm, counts.iter().sum(), background),
            neutron: channel(neutron_alarm, neutron, 0.3),
            object_counter: object,
            wheels: 0,
            speed_tenths_kmh: (pass.speed_mps * 36.0).round() as u16,
            outputs: 0,
        }));
    }
    polls.push(registers::encode(&Monitor {
        time_ms: start_ms + pass.gamma.len() as u32 * SAMPLE_MS,
        inputs: 0,
        gamma: channel(Alarm::Silent, background.round() as u32, background),
        neutron: channel(Alarm::Silent, 0, 0.3),
        object_counter: object,
        wheels: 0,
        speed_tenths_kmh: 0,
        outputs: 0,
    }));
    polls
}

/// One weighing as the scale's line (`docs/devices/weighing.md`), without its end.
pub fn weigh_line(id: &str, at: UtcMs, weighing: &Weighing, truck: &Truck) -> String {
    let spacing = |at: usize| {
        at.checked_sub(1)
            .and_then(|it| truck.silhouette.spacing_m.get(it))
    };
    let reading = VehicleReading {
        axles: weighing
            .axle_kg
            .iter()
            .zip(&weighing.axle_sigma_kg)
            .enumerate()
            .map(|(at, (load_kg, sigma_kg))| AxleReading {
                load_kg: *load_kg,
                sigma_kg: *sigma_kg,
                spacing_m: spacing(at).map(|it| (it * 100.0).round() / 100.0),
            })
            .collect(),
        gross_kg: weighing.gross_kg,
        gross_sigma_kg: weighing.gross_sigma_kg,
        accuracy_class: weighing.accuracy_class.to_owned(),
        length_m: Some(weighing.length_m),
        width_m: Some(weighing.width_m),
        height_m: Some(weighing.height_m),
        dimension_sigma_m: Some(weighing.dimension_sigma_m),
        speed_kmh: Some(weighing.speed_kmh),
        vehicle_class: Some(truck.silhouette.class.to_owned()),
    };
    devices::weighing::line::encode(id, at, &reading)
        .trim_end()
        .to_owned()
}

/// The line of a scale that lives and has nothing to say.
pub fn scale_alive(_round: u64) -> Vec<String> {
    vec![
        devices::weighing::line::encode_alive()
            .trim_end()
            .to_owned(),
    ]
}

/// Makers of plate cameras that simulated lanes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    Hikvision,
    Dahua,
    PlateRecognizer,
}

/// One camera message. `at` is true time: the camera writes its own, wrong one.
pub fn plate(camera: Camera, read: &CameraRead, id: &str, at: UtcMs, picture: Vec<u8>) -> Encoded {
    let country = None;
    let reading = PlateReading {
        position: CameraPosition::Front,
        plate: read.plate.clone(),
        raw: read.plate.clone(),
        country,
        country_raw: None,
        confidence: read.plate.as_ref().map(|_| read.confidence),
        candidates: read
            .candidates
            .iter()
            .map(|(plate, confidence)| PlateCandidate {
                plate: plate.clone(),
                confidence: *confidence,
            })
            .collect(),
        taken_at_claimed: Some(at.plus_ms(read.clock_off_ms)),
        direction: None,
        vehicle_type: Some("truck".to_owned()),
        message_id: Some(id.to_owned()),
        vendor: String::new(),
        pictures: vec![],
    };
    let pictures = [Picture {
        name: "detectionPicture.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        bytes: picture,
    }];
    match camera {
        Camera::Hikvision => devices::plate::hikvision::encode(&reading, &pictures),
        Camera::Dahua => devices::plate::dahua::encode(&reading, &pictures),
        Camera::PlateRecognizer => devices::plate::plate_recognizer::encode(&reading, &pictures),
    }
}

/// One document as the page reader posts it (`docs/devices/document.md`).
pub fn document(paper: &Paper, fields: &[(String, String, f64)], id: &str, at: UtcMs) -> Encoded {
    let kind = serde_json::to_value(paper.kind).unwrap_or_default();
    let mut lines = vec![
        kind.as_str().unwrap_or_default().to_uppercase(),
        paper.number.clone(),
    ];
    if let Some(until) = paper.expires_at {
        let (year, month, day) = papers::civil(until);
        lines.push(format!("VALID UNTIL {year}-{month:02}-{day:02}"));
    }
    lines.push(String::new());
    lines.extend(
        paper
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines.push(String::new());
    lines.extend(paper.mrz.iter().cloned());
    let fields: Vec<Value> = fields
        .iter()
        .map(|(name, value, confidence)| {
            json!({"name": name, "value": value, "confidence": confidence})
        })
        .collect();
    let mut message = json!({
        "v": 1,
        "message": "document",
        "id": id,
        "at": at.0,
        "kind": kind,
        "issuer": paper.issuer,
        "fields": fields,
        "pages": [{
            "media_type": "image/jpeg",
            "bytes": STANDARD.encode(picture::page(&lines, 2)),
            "preview": STANDARD.encode(picture::page(&lines, 1)),
        }],
    });
    if paper.mrz.is_empty() {
        message["number"] = json!(paper.number);
        if let Some(until) = paper.expires_at {
            message["expires_at"] = json!(until.0);
        }
    } else {
        // The zone says number and date, with check digits.
        message["mrz"] = json!(paper.mrz);
    }
    Encoded {
        content_type: "application/json".to_owned(),
        body: message.to_string().into_bytes(),
    }
}

/// A container number as the reader posts it: as painted, a line each.
pub fn container(code: &str) -> Encoded {
    let (owner, rest) = code.split_at(code.len().min(4));
    let (serial, digit) = rest.split_at(rest.len().min(6));
    Encoded {
        content_type: "text/plain".to_owned(),
        body: format!("{owner} {serial} {digit} 45G1\n").into_bytes(),
    }
}
