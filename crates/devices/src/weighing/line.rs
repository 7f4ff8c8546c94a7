//! Our own line protocol of scales and profilers, described in `docs/devices/weighing.md`: one
//! JSON object a line over TCP, one line a vehicle. It frames nothing: the driver cuts lines
//! (at most [`WEIGH_LINE_BYTES`]) and hands each in.

use domain::reading::VehicleReading;
use domain::unit::UtcMs;
use serde_json::{Map, Value, json};

use crate::dimensions::{self, Dimensions};
use crate::garbled::Garbled;
use crate::limits::{AXLE_KG, AXLES, GROSS_KG, SPEED_KMH, VEHICLE_M, WEIGH_LINE_BYTES};
use crate::plate::claim;
use crate::weighing::AccuracyClass;

#[derive(Debug, Clone, PartialEq)]
pub enum WeighMessage {
    /// A vehicle went over the scale.
    Vehicle {
        /// The scale's own number of the weighing; a second line with the same id is a repeat.
        id: Option<String>,
        at_claimed: Option<UtcMs>,
        reading: Box<VehicleReading>,
    },
    /// A profiler without a scale, or ahead of it: dimensions alone.
    Profile {
        id: Option<String>,
        at_claimed: Option<UtcMs>,
        dimensions: Dimensions,
    },
    /// The device lives and has nothing to say.
    Alive,
    /// The device says it cannot measure.
    Fault { why: String },
}

/// Reads one line, with or without its line end.
pub fn decode(line: &[u8]) -> Result<WeighMessage, Garbled> {
    if line.len() > WEIGH_LINE_BYTES {
        let why = format!("a line of more than {WEIGH_LINE_BYTES} bytes");
        return Err(Garbled::at(WEIGH_LINE_BYTES, why));
    }
    let text = std::str::from_utf8(line)
        .map_err(|it| Garbled::at(it.valid_up_to(), "a line is UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Garbled::whole("the line is empty"));
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|it| Garbled::at(it.column().saturating_sub(1), format!("JSON: {it}")))?;
    let object = value
        .as_object()
        .ok_or_else(|| Garbled::whole("a line is one JSON object"))?;
    match object.get("v") {
        Some(Value::Number(it)) if it.as_u64() == Some(1) => {}
        Some(other) => return Err(Garbled::whole(format!("v is 1, not {other}"))),
        None => return Err(Garbled::whole("no v: the version of the format, 1")),
    }
    let kind = match object.get("kind") {
        None => "vehicle",
        Some(it) => it
            .as_str()
            .ok_or_else(|| Garbled::whole(format!("kind is {it}")))?,
    };
    match kind {
        "vehicle" => vehicle(object),
        "profile" => {
            let dimensions = dimensions::of(object)?
                .ok_or_else(|| Garbled::whole("a profile without any dimension"))?;
            Ok(WeighMessage::Profile {
                id: id(object)?,
                at_claimed: at(object)?,
                dimensions,
            })
        }
        "alive" => Ok(WeighMessage::Alive),
        "fault" => {
            let why = object
                .get("why")
                .and_then(Value::as_str)
                .and_then(claim::kept);
            Ok(WeighMessage::Fault {
                why: why.unwrap_or_else(|| "no reason given".to_owned()),
            })
        }
        other => {
            let other: String = other.chars().take(40).collect();
            Err(Garbled::whole(format!(
                "kind is vehicle, profile, alive or fault, not {other}"
            )))
        }
    }
}

fn vehicle(object: &Map<String, Value>) -> Result<WeighMessage, Garbled> {
    let class = object
        .get("class")
        .and_then(Value::as_str)
        .ok_or_else(|| Garbled::whole("no class: the accuracy class, e.g. R134/1"))?;
    let class = AccuracyClass::parse(class).ok_or_else(|| {
        let class: String = class.chars().take(40).collect();
        Garbled::whole(format!("class {class:?} is none of OIML R 134 or COST 323"))
    })?;
    let axles = object
        .get("axles")
        .and_then(Value::as_array)
        .ok_or_else(|| Garbled::whole("no axles: a list with load_kg and spacing_m"))?;
    if axles.is_empty() || axles.len() > AXLES {
        return Err(Garbled::whole(format!(
            "{} axles; 1 to {AXLES} are read",
            axles.len()
        )));
    }
    let mut loads = Vec::with_capacity(axles.len());
    for (place, axle) in axles.iter().enumerate() {
        let name = |field: &str| format!("axle {}: {field}", place + 1);
        let load = axle
            .get("load_kg")
            .ok_or_else(|| Garbled::whole(name("no load_kg")))?;
        let load_kg = kg(&name("load_kg"), load, AXLE_KG)?;
        let spacing_m = match axle.get("spacing_m") {
            None | Some(Value::Null) => None,
            Some(it) => Some(metres(&name("spacing_m"), it)?),
        };
        match (place, spacing_m) {
            (0, Some(_)) => return Err(Garbled::whole(name("spacing_m has no axle before it"))),
            (0, None) | (_, Some(_)) => {}
            (_, None) => return Err(Garbled::whole(name("no spacing_m"))),
        }
        loads.push((load_kg, spacing_m));
    }
    let gross_kg = object
        .get("gross_kg")
        .map(|it| kg("gross_kg", it, GROSS_KG))
        .transpose()?;
    let speed_kmh = match object.get("speed_kmh") {
        None | Some(Value::Null) => None,
        Some(it) => Some(within("speed_kmh", it, SPEED_KMH)?),
    };
    let dimensions = dimensions::of(object)?;
    let vehicle_class = object
        .get("vehicle_class")
        .and_then(Value::as_str)
        .and_then(claim::kept);
    let mut reading = reading(class, &loads, gross_kg)?;
    if let Some(dimensions) = dimensions {
        dimensions.put_into(&mut reading);
    }
    reading.speed_kmh = speed_kmh;
    reading.vehicle_class = vehicle_class;
    Ok(WeighMessage::Vehicle {
        id: id(object)?,
        at_claimed: at(object)?,
        reading: Box::new(reading),
    })
}

/// A reading of axle loads (kg, distance from the axle before in m) under an accuracy class. A
/// gross mass that the axles contradict by more than three sigma is refused: one of the two is
/// not this vehicle's.
pub fn reading(
    class: AccuracyClass,
    loads: &[(u32, Option<f64>)],
    gross_kg: Option<u32>,
) -> Result<VehicleReading, Garbled> {
    let sum = loads
        .iter()
        .fold(0_u32, |sum, (load, _)| sum.saturating_add(*load));
    let gross_kg = gross_kg.unwrap_or(sum);
    if gross_kg > GROSS_KG {
        return Err(Garbled::whole(format!(
            "a gross mass of more than {GROSS_KG} kg"
        )));
    }
    let axles = class.axles(loads);
    let gross_sigma_kg = class.gross_sigma_kg(gross_kg);
    let of_axles = axles
        .iter()
        .map(|it| it.sigma_kg.powi(2))
        .sum::<f64>()
        .sqrt();
    // Half a kilogram of rounding an axle besides.
    let allowed = 3.0 * gross_sigma_kg.hypot(of_axles) + 0.5 * loads.len() as f64 + 1.0;
    if f64::from(gross_kg.abs_diff(sum)) > allowed {
        let why = format!("gross_kg is {gross_kg}, but the axles sum to {sum}");
        return Err(Garbled::whole(why));
    }
    Ok(VehicleReading {
        axles,
        gross_kg,
        gross_sigma_kg,
        accuracy_class: class.name(),
        length_m: None,
        width_m: None,
        height_m: None,
        dimension_sigma_m: None,
        speed_kmh: None,
        vehicle_class: None,
    })
}

fn id(object: &Map<String, Value>) -> Result<Option<String>, Garbled> {
    match object.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(it)) => Ok(claim::kept(it)),
        Some(Value::Number(it)) => Ok(Some(it.to_string())),
        Some(_) => Err(Garbled::whole("id is text or a number")),
    }
}

fn at(object: &Map<String, Value>) -> Result<Option<UtcMs>, Garbled> {
    match object.get("at") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(it)) if it.is_i64() => Ok(it.as_i64().map(UtcMs)),
        Some(Value::String(it)) => match claim::instant(it) {
            Some(at) => Ok(Some(at)),
            None => Err(Garbled::whole("at is RFC 3339 or milliseconds since 1970")),
        },
        Some(_) => Err(Garbled::whole("at is RFC 3339 or milliseconds since 1970")),
    }
}

pub(crate) fn kg(name: &str, value: &Value, most: u32) -> Result<u32, Garbled> {
    let number = value
        .as_f64()
        .ok_or_else(|| Garbled::whole(format!("{name} is a number of kilograms")))?;
    if !(0.0..=f64::from(most)).contains(&number) {
        return Err(Garbled::whole(format!(
            "{name} is {number}; 0 to {most} kg are read"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded above"
    )]
    Ok(number.round() as u32)
}

pub(crate) fn metres(name: &str, value: &Value) -> Result<f64, Garbled> {
    let number = within(name, value, VEHICLE_M)?;
    if number == 0.0 {
        return Err(Garbled::whole(format!("{name} is 0")));
    }
    Ok(number)
}

pub(crate) fn within(name: &str, value: &Value, most: f64) -> Result<f64, Garbled> {
    let number = value
        .as_f64()
        .ok_or_else(|| Garbled::whole(format!("{name} is a number")))?;
    if !(0.0..=most).contains(&number) {
        return Err(Garbled::whole(format!(
            "{name} is {number}; 0 to {most} are read"
        )));
    }
    Ok(number)
}

/// The line of a vehicle, its line end included.
pub fn encode(id: &str, at: UtcMs, reading: &VehicleReading) -> String {
    let axles: Vec<Value> = reading
        .axles
        .iter()
        .map(|it| match it.spacing_m {
            Some(spacing_m) => json!({"load_kg": it.load_kg, "spacing_m": spacing_m}),
            None => json!({"load_kg": it.load_kg}),
        })
        .collect();
    let mut line = json!({
        "v": 1,
        "id": id,
        "at": at.0,
        "class": reading.accuracy_class,
        "axles": axles,
        "gross_kg": reading.gross_kg,
    });
    if let Some(object) = line.as_object_mut() {
        let optional = [
            ("length_m", reading.length_m),
            ("width_m", reading.width_m),
            ("height_m", reading.height_m),
            ("dimension_sigma_m", reading.dimension_sigma_m),
            ("speed_kmh", reading.speed_kmh),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                object.insert(name.to_owned(), json!(value));
            }
        }
        if let Some(class) = &reading.vehicle_class {
            object.insert("vehicle_class".to_owned(), json!(class));
        }
    }
    format!("{line}\n")
}

/// The line a device sends every few seconds while nothing passes.
pub fn encode_alive() -> String {
    "{\"v\":1,\"kind\":\"alive\"}\n".to_owned()
}

/// The line of a device that cannot measure.
pub fn encode_fault(why: &str) -> String {
    format!("{}\n", json!({"v": 1, "kind": "fault", "why": why}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        decode(line.as_bytes()).unwrap_err().why
    }

    #[test]
    fn a_vehicle_is_read_with_its_uncertainty() {
        let line = r#"{"v":1,"id":"w-17","at":"2026-10-01T08:00:00+05:00","class":"R134/1","axles":[{"load_kg":7000},{"load_kg":11000.4,"spacing_m":3.6}],"height_m":3.98,"speed_kmh":6.5}"#;
        let WeighMessage::Vehicle {
            id,
            at_claimed,
            reading,
        } = decode(line.as_bytes()).unwrap()
        else {
            panic!("not a vehicle");
        };
        assert_eq!(id.as_deref(), Some("w-17"));
        assert_eq!(at_claimed, Some(UtcMs(1_790_823_600_000)));
        assert_eq!((reading.gross_kg, reading.gross_sigma_kg), (18_000, 90.0));
        assert_eq!(reading.height_m, Some(3.98));
        assert_eq!(reading.dimension_sigma_m, Some(dimensions::DEFAULT_SIGMA_M));
    }

    #[test]
    fn each_fault_is_named() {
        for (line, why) in [
            ("", "the line is empty"),
            ("[]", "a line is one JSON object"),
            ("{}", "no v: the version of the format, 1"),
            (r#"{"v":2}"#, "v is 1, not 2"),
            (r#"{"v":1}"#, "no class: the accuracy class, e.g. R134/1"),
            (
                r#"{"v":1,"class":"X"}"#,
                "class \"X\" is none of OIML R 134 or COST 323",
            ),
            (
                r#"{"v":1,"class":"A5"}"#,
                "no axles: a list with load_kg and spacing_m",
            ),
            (
                r#"{"v":1,"class":"A5","axles":[]}"#,
                "0 axles; 1 to 64 are read",
            ),
            (
                r#"{"v":1,"class":"A5","axles":[{"load_kg":-1}]}"#,
                "axle 1: load_kg is -1; 0 to 100000 kg are read",
            ),
            (
                r#"{"v":1,"class":"A5","axles":[{"load_kg":1},{"load_kg":1}]}"#,
                "axle 2: no spacing_m",
            ),
            (
                r#"{"v":1,"class":"R134/1","gross_kg":9000,"axles":[{"load_kg":5000}]}"#,
                "gross_kg is 9000, but the axles sum to 5000",
            ),
            (
                r#"{"v":1,"kind":"profile"}"#,
                "a profile without any dimension",
            ),
            (
                r#"{"v":1,"kind":"dance"}"#,
                "kind is vehicle, profile, alive or fault, not dance",
            ),
        ] {
            assert_eq!(refused(line), why, "{line}");
        }
        assert!(refused("{\"v\":1").starts_with("JSON:"));
        assert!(refused(&"x".repeat(WEIGH_LINE_BYTES + 1)).contains("more than"));
    }

    #[test]
    fn alive_and_fault() {
        assert_eq!(decode(encode_alive().as_bytes()), Ok(WeighMessage::Alive));
        let fault = WeighMessage::Fault {
            why: "load cell 2 open".to_owned(),
        };
        assert_eq!(
            decode(encode_fault("load cell 2 open").as_bytes()),
            Ok(fault)
        );
    }
}
