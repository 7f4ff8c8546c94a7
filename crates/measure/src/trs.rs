//! The table of a Time Release Study, after the World Customs Organization's "Guide to Measure
//! the Time Required for the Release of Goods" (version 3, 2018): the time from the arrival of
//! the goods to each step up to the release and the departure, and between steps. The guide lets a
//! country choose its steps; ours are the instants that facts hold. Control at one post only.

use domain::stage::Stage;
use domain::unit::UtcMs;
use serde::Serialize;

use crate::crossing::Crossing;
use crate::survey::{Spread, minutes};

/// A step of the study, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The vehicle's identity is known: entry registration.
    Registered,
    RadiationMeasured,
    VehicleMeasured,
    ImageTaken,
    /// The documents are with the authorities: the guide's "lodgement".
    DocumentsLodged,
    /// All bodies have released: the guide's "release".
    Released,
    /// Out of the exit barrier: the guide's "removal from the premises".
    Left,
}

impl Step {
    pub const ALL: [Step; 7] = [
        Step::Registered,
        Step::RadiationMeasured,
        Step::VehicleMeasured,
        Step::ImageTaken,
        Step::DocumentsLodged,
        Step::Released,
        Step::Left,
    ];

    fn at(self, it: &Crossing) -> Option<UtcMs> {
        let completed = |stage| it.milestones.stage_completed_at.get(&stage).copied();
        match self {
            Step::Registered => completed(Stage::Entry).or(it.milestones.identified_at),
            Step::RadiationMeasured => completed(Stage::Radiation),
            Step::VehicleMeasured => completed(Stage::Dimensions),
            Step::ImageTaken => completed(Stage::Imaging),
            Step::DocumentsLodged => completed(Stage::Documents),
            Step::Released => it.milestones.permitted_at,
            Step::Left => Some(it.ended_at),
        }
    }
}

/// One line of the study's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub step: Step,
    /// From the arrival.
    pub from_arrival: Spread,
    /// Standard deviation of `from_arrival`, minutes; the guide asks for it.
    pub deviation_minutes: f64,
    /// From the step before that this passage had.
    pub from_previous: Spread,
}

/// The table; a step that no passage had is left out.
pub fn table(crossings: &[Crossing]) -> Vec<Row> {
    let mut previous: Vec<UtcMs> = crossings.iter().map(|it| it.arrived_at).collect();
    let mut rows = Vec::new();
    for step in Step::ALL {
        let (mut arrival, mut before) = (Vec::new(), Vec::new());
        for (it, last) in crossings.iter().zip(&mut previous) {
            if let Some(at) = step.at(it) {
                arrival.push(at.since_ms(it.arrived_at).max(0));
                before.push(at.since_ms(*last).max(0));
                *last = at.max(*last);
            }
        }
        if arrival.is_empty() {
            continue;
        }
        let count = arrival.len() as f64;
        let mean = arrival.iter().map(|it| *it as f64).sum::<f64>() / count;
        let squares = arrival.iter().map(|it| (*it as f64 - mean).powi(2));
        rows.push(Row {
            step,
            from_arrival: Spread::of(&arrival),
            deviation_minutes: minutes((squares.sum::<f64>() / count).sqrt()),
            from_previous: Spread::of(&before),
        });
    }
    rows
}
