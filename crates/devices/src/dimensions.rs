//! Length, width and height of a vehicle from a profiler (laser curtain, light grid), as they
//! come in the lines of [`crate::weighing::line`]. Limits and permits are not known here.

use domain::reading::VehicleReading;
use serde_json::{Map, Value};

use crate::garbled::Garbled;
use crate::weighing::line::{metres, within};

/// One standard deviation of a dimension when the profiler states none: 3 cm, what laser curtains
/// at walking pace are sold with as 95 % of 5 to 6 cm.
pub const DEFAULT_SIGMA_M: f64 = 0.03;

/// Outer dimensions in metres; at least one is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimensions {
    pub length_m: Option<f64>,
    pub width_m: Option<f64>,
    pub height_m: Option<f64>,
    /// One standard deviation of each of the three.
    pub sigma_m: f64,
}

impl Dimensions {
    /// A scale and a profiler of one lane make one reading: what the profiler knows wins.
    pub fn put_into(&self, reading: &mut VehicleReading) {
        reading.length_m = self.length_m.or(reading.length_m);
        reading.width_m = self.width_m.or(reading.width_m);
        reading.height_m = self.height_m.or(reading.height_m);
        reading.dimension_sigma_m = Some(self.sigma_m);
    }
}

/// The dimensions in a message's object; `None` when it has none.
pub fn of(object: &Map<String, Value>) -> Result<Option<Dimensions>, Garbled> {
    let get = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(it) => metres(name, it).map(Some),
    };
    let (length_m, width_m, height_m) = (get("length_m")?, get("width_m")?, get("height_m")?);
    let sigma_m = match object.get("dimension_sigma_m") {
        None | Some(Value::Null) => DEFAULT_SIGMA_M,
        Some(it) => within("dimension_sigma_m", it, 10.0)?,
    };
    let any = length_m.is_some() || width_m.is_some() || height_m.is_some();
    Ok(any.then_some(Dimensions {
        length_m,
        width_m,
        height_m,
        sigma_m,
    }))
}
