//! Stage 3, vehicle parameters: axle loads, gross mass and outer dimensions against the table of
//! the day. An excess counts only beyond the scale's own error.
//!
//! Not here: special permits (`agency/transport_control`), declared weight (`agency/customs`).

use crate::agency::Agency;
use crate::fact::{Completion, Fact, OrderKind};
use crate::limits;
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::procedure::limit_table::LimitTable;
use crate::reading::{AxleReading, VehicleReading};
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::radiation::verification_overdue;
use crate::stage::{Stage, disregarded, measured};

pub(crate) fn conclude(passage: &Passage, reading: &VehicleReading, how: Completion) -> Vec<Fact> {
    if passage.vehicle.len() >= limits::READINGS {
        return disregarded("vehicle", "limit.readings");
    }
    let fact = Fact::VehicleMeasured(reading.clone());
    measured(passage, Stage::Dimensions, fact, &[OrderKind::Reweigh], how)
}

/// The last reading, its number and the table in force when the vehicle arrived.
fn last(view: View<'_>) -> Option<(usize, &VehicleReading, &LimitTable)> {
    let reading = view.passage.vehicle.last()?;
    let table = view.procedure.limit_table(view.passage.arrived_at?)?;
    Some((view.passage.vehicle.len(), reading, table))
}

/// Standard deviations by which `measured` exceeds `limit`; 0 and below when it does not.
fn excess_sigma(measured: f64, limit: f64, sigma: f64) -> f64 {
    (measured - limit) / sigma.max(f64::MIN_POSITIVE)
}

/// Half the device's class error where it states no sigma; never less than a kilogram.
pub(crate) fn gross_sigma_kg(view: View, reading: &VehicleReading) -> f64 {
    gross_sigma(view.procedure, reading)
}

fn gross_sigma(procedure: &Procedure, reading: &VehicleReading) -> f64 {
    let share = procedure
        .accuracy(&reading.accuracy_class)
        .map_or(0.0, |it| it.gross_sigma_share);
    reading
        .gross_sigma_kg
        .max(share * f64::from(reading.gross_kg))
        .max(1.0)
}

struct Group<'a> {
    first_axle: usize,
    axles: &'a [AxleReading],
}

/// Something weighed or measured against its limit of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub measured: f64,
    /// One standard deviation, in the unit of `measured`.
    pub sigma: f64,
    pub limit: Option<f64>,
    /// Standard deviations over the limit; negative below it.
    pub excess_sigma: Option<f64>,
    /// The excess is one that the rules hold against somebody.
    pub over: bool,
}

/// Neighbouring axles that share one limit, loads in kilograms.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedGroup {
    /// From 1.
    pub first_axle: usize,
    pub axles: usize,
    pub load: Judged,
}

impl Judged {
    fn new(measured: f64, sigma: f64, limit: Option<f64>, over_from_sigma: f64) -> Judged {
        let excess_sigma = limit.map(|limit| excess_sigma(measured, limit, sigma));
        Judged {
            measured,
            sigma,
            limit,
            excess_sigma,
            over: excess_sigma.is_some_and(|it| it >= over_from_sigma),
        }
    }
}

/// Each group of axles against the table: the figures behind `dimensions.axle_overload`.
pub fn judged_groups(
    reading: &VehicleReading,
    table: &LimitTable,
    procedure: &Procedure,
) -> Vec<JudgedGroup> {
    let groups = groups(reading, table).into_iter();
    groups
        .map(|group| {
            let count = group.axles.len();
            let load_kg: f64 = group.axles.iter().map(|it| f64::from(it.load_kg)).sum();
            let variance: f64 = group.axles.iter().map(|it| it.sigma_kg.powi(2)).sum();
            let spacings = group.axles.iter().skip(1).filter_map(|it| it.spacing_m);
            let spacing_m = spacings.sum::<f64>() / (count.max(2) - 1) as f64;
            let limit_kg = table.group_limit_kg(count, spacing_m);
            JudgedGroup {
                first_axle: group.first_axle,
                axles: count,
                load: Judged::new(
                    load_kg,
                    variance.sqrt().max(1.0),
                    Some(f64::from(limit_kg)),
                    procedure.dimensions.overload_sigma,
                ),
            }
        })
        .collect()
}

/// The whole vehicle against the table, kilograms: the figures behind `dimensions.gross_overload`.
pub fn judged_gross(reading: &VehicleReading, table: &LimitTable, procedure: &Procedure) -> Judged {
    let limit = table.gross_limit_kg(reading.vehicle_class.as_deref(), reading.axles.len());
    Judged::new(
        f64::from(reading.gross_kg),
        gross_sigma(procedure, reading),
        limit.map(f64::from),
        procedure.dimensions.overload_sigma,
    )
}

/// Length, width and height against the table, metres: the figures behind `dimensions.oversize`.
pub fn judged_sizes(
    passage: &Passage,
    reading: &VehicleReading,
    table: &LimitTable,
    procedure: &Procedure,
) -> Vec<(&'static str, Judged)> {
    let sigma_m = reading.dimension_sigma_m.unwrap_or_default().max(0.001);
    let rows = size_limits(passage, reading, table).into_iter();
    rows.filter_map(|(what, measured, limit_m)| Some((what, measured?, limit_m)))
        .map(|(what, measured_m, limit_m)| {
            let over_from_sigma = procedure.dimensions.overload_sigma;
            let judged = Judged::new(measured_m, sigma_m, Some(limit_m), over_from_sigma);
            (what, judged)
        })
        .collect()
}

/// What is measured of a vehicle's size, and the limit that its kind has.
pub fn size_limits(
    passage: &Passage,
    reading: &VehicleReading,
    table: &LimitTable,
) -> [(&'static str, Option<f64>, f64); 3] {
    let class = reading.vehicle_class.as_deref().unwrap_or_default();
    let single = class.starts_with("rigid") && !class.contains("trailer");
    let identity = passage.identity.as_ref();
    let container = identity.is_some_and(|it| !it.containers.is_empty());
    [
        (
            "length",
            reading.length_m,
            if single {
                table.length_single_m
            } else {
                table.length_train_m
            },
        ),
        ("width", reading.width_m, table.width_m),
        (
            "height",
            reading.height_m,
            if container {
                table.height_container_m
            } else {
                table.height_m
            },
        ),
    ]
}

/// Neighbouring axles nearer to each other than the table's spacing.
fn groups<'a>(reading: &'a VehicleReading, table: &LimitTable) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    let mut first = 0;
    for at in 1..=reading.axles.len() {
        let together = reading
            .axles
            .get(at)
            .and_then(|it| it.spacing_m)
            .is_some_and(|spacing_m| spacing_m < table.group_spacing_m);
        if !together {
            groups.push(Group {
                first_axle: first + 1,
                axles: &reading.axles[first..at],
            });
            first = at;
        }
    }
    groups
}

/// An axle, or a group of close axles, presses harder on the road than the table allows.
pub(crate) fn axle_overload(view: View) -> Vec<Raise> {
    let Some((number, reading, table)) = last(view) else {
        return Vec::new();
    };
    let mut worst: Option<(f64, Raise)> = None;
    for group in judged_groups(reading, table, view.procedure) {
        let (load_kg, limit_kg) = (group.load.measured, group.load.limit.unwrap_or_default());
        let sigma = group.load.excess_sigma.unwrap_or_default();
        if !group.load.over || worst.as_ref().is_some_and(|(known, _)| *known >= sigma) {
            continue;
        }
        let raise = Raise::finding(Agency::TransportControl)
            .value("reading", number)
            .value("first_axle", group.first_axle)
            .value("axles", group.axles)
            .figure("measured_kg", load_kg, 0)
            .figure("limit_kg", limit_kg, 0)
            .figure("over_kg", load_kg - limit_kg, 0)
            .figure("sigma", sigma, 1);
        worst = Some((sigma, raise));
    }
    worst.into_iter().map(|(_, raise)| raise).collect()
}

/// The whole vehicle is heavier than its class or its number of axles may be.
pub(crate) fn gross_overload(view: View) -> Vec<Raise> {
    let Some((number, reading, table)) = last(view) else {
        return Vec::new();
    };
    let judged = judged_gross(reading, table, view.procedure);
    let (Some(limit_kg), Some(sigma), true) = (judged.limit, judged.excess_sigma, judged.over)
    else {
        return Vec::new();
    };
    vec![
        Raise::finding(Agency::TransportControl)
            .value("reading", number)
            .value("measured_kg", reading.gross_kg)
            .figure("limit_kg", limit_kg, 0)
            .figure("over_kg", judged.measured - limit_kg, 0)
            .figure("sigma", sigma, 1)
            .value("accuracy_class", reading.accuracy_class.as_str()),
    ]
}

/// Longer, wider or higher than the table allows.
pub(crate) fn oversize(view: View) -> Vec<Raise> {
    let Some((number, reading, table)) = last(view) else {
        return Vec::new();
    };
    let sizes = judged_sizes(view.passage, reading, table, view.procedure).into_iter();
    sizes
        .filter(|(_, judged)| judged.over)
        .map(|(what, judged)| {
            let limit_m = judged.limit.unwrap_or_default();
            Raise::finding(Agency::TransportControl)
                .value("reading", number)
                .value("read", what)
                .figure("measured_m", judged.measured, 2)
                .figure("limit_m", limit_m, 2)
                .figure("over_m", judged.measured - limit_m, 2)
        })
        .collect()
}

/// The scale measured although its verification has run out.
pub(crate) fn scale_verification_overdue(view: View) -> Vec<Raise> {
    match last(view) {
        Some(_) => verification_overdue(view, Stage::Dimensions, Agency::TransportControl),
        None => Vec::new(),
    }
}

/// The scale is down.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Dimensions)
}
