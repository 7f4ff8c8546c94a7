//! A record of a weigh-in-motion site: loads, spacings, what was declared. It is a file format
//! for replay and comparison (`beket decode wim`), not what a lane's scale sends; and its verdict
//! on the declared mass is a screening figure, not a finding: findings come from the dated
//! thresholds of a procedure.

use serde_json::{Map, Value};

use domain::reading::VehicleReading;

use crate::dimensions;
use crate::garbled::Garbled;
use crate::limits::{AXLES, GROSS_KG, SPEED_KMH};
use crate::plate::claim;
use crate::weighing::AccuracyClass;
use crate::weighing::line::{kg, metres, reading, within};

/// Relative sigma of a tare taken from papers: fuel, driver, spare parts, mud.
const TARE_SIGMA: f64 = 0.01;
/// Relative sigma of an honestly declared net mass: packing and rounding.
const DECLARED_SIGMA: f64 = 0.003;
/// Standard deviations beyond which measured and declared disagree.
const MISMATCH_Z: f64 = 3.0;

#[derive(Debug, Clone, PartialEq)]
pub struct WimRecord {
    pub id: Option<String>,
    pub reading: VehicleReading,
    /// Above the limit the record names, 0 when not; `None` without a limit.
    pub gross_over_kg: Option<u32>,
    /// (gross - tare - declared net) in standard deviations of all three; `None` when tare or
    /// net is not declared.
    pub z_declared: Option<f64>,
}

impl WimRecord {
    /// Whether measured and declared disagree by more than three sigma.
    pub fn declared_mismatch(&self) -> Option<bool> {
        self.z_declared.map(|it| it.abs() > MISMATCH_Z)
    }
}

pub fn decode(value: &Value) -> Result<WimRecord, Garbled> {
    let object = value
        .as_object()
        .ok_or_else(|| Garbled::whole("a record is a JSON object"))?;
    let class = object
        .get("site_class")
        .or_else(|| object.get("class"))
        .and_then(Value::as_str)
        .ok_or_else(|| Garbled::whole("no site_class"))?;
    let class = AccuracyClass::parse(class).ok_or_else(|| {
        let class: String = class.chars().take(40).collect();
        Garbled::whole(format!(
            "site_class {class:?} is none of OIML R 134 or COST 323"
        ))
    })?;
    let list = |name: &str| match object.get(name) {
        None => Err(Garbled::whole(format!("no {name}"))),
        Some(it) => it
            .as_array()
            .ok_or_else(|| Garbled::whole(format!("{name} is a list"))),
    };
    let (axles, spacings) = (list("axle_kg")?, list("spacings_m")?);
    if axles.is_empty() || axles.len() > AXLES || spacings.len() + 1 != axles.len() {
        let why = format!(
            "{} axles and {} spacings between them",
            axles.len(),
            spacings.len()
        );
        return Err(Garbled::whole(why));
    }
    let mut loads = Vec::with_capacity(axles.len());
    for (place, axle) in axles.iter().enumerate() {
        let load = kg("axle_kg", axle, crate::limits::AXLE_KG)?;
        let before = place.checked_sub(1).and_then(|it| spacings.get(it));
        loads.push((load, before.map(|it| metres("spacings_m", it)).transpose()?));
    }
    let mass = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(it) => kg(name, it, GROSS_KG).map(Some),
    };
    let mut reading = reading(class, &loads, mass("gross_kg")?)?;
    if let Some(dimensions) = dimensions::of(object)? {
        dimensions.put_into(&mut reading);
    }
    reading.speed_kmh = object
        .get("speed_kmh")
        .map(|it| within("speed_kmh", it, SPEED_KMH))
        .transpose()?;
    reading.vehicle_class = text(object, "type");
    let z_declared = match (mass("tare_kg")?, mass("declared_net_kg")?) {
        (Some(tare), Some(net)) => z_declared(&reading, tare, net),
        _ => None,
    };
    let limit = mass("limit_gross_kg")?;
    Ok(WimRecord {
        id: object
            .get("id")
            .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)),
        gross_over_kg: limit.map(|it| reading.gross_kg.saturating_sub(it)),
        reading,
        z_declared,
    })
}

/// Standard deviations between what was weighed and what was declared; `None` for an empty sum
/// of uncertainties.
pub fn z_declared(reading: &VehicleReading, tare_kg: u32, declared_net_kg: u32) -> Option<f64> {
    let (gross, tare) = (f64::from(reading.gross_kg), f64::from(tare_kg));
    let net = f64::from(declared_net_kg);
    let parts = [
        reading.gross_sigma_kg,
        TARE_SIGMA * tare,
        DECLARED_SIGMA * net,
    ];
    let sigma = parts.iter().map(|it| it * it).sum::<f64>().sqrt();
    (sigma > 0.0).then(|| (gross - tare - net) / sigma)
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object
        .get(name)
        .and_then(Value::as_str)
        .and_then(claim::kept)
}
