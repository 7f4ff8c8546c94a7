//! Dated limits of mass and size. Not here: whether a vehicle exceeds them (`stage/dimensions`).

use serde::{Deserialize, Serialize};

use super::moment;
use crate::unit::UtcMs;

/// One act's table. Lengths in metres, masses in kilograms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitTable {
    pub act: String,
    #[serde(deserialize_with = "moment::read")]
    pub from: UtcMs,
    #[serde(default, deserialize_with = "moment::read_option")]
    pub to: Option<UtcMs>,
    /// By the device's silhouette class; wins over the number of axles.
    pub gross_by_class: Vec<ClassLimit>,
    /// The last row serves every larger number of axles.
    pub gross_by_axles: Vec<AxlesLimit>,
    pub single_axle_kg: u32,
    /// Axles nearer to each other than this are one group.
    pub group_spacing_m: f64,
    pub groups: Vec<GroupLimit>,
    pub length_single_m: f64,
    pub length_train_m: f64,
    pub width_m: f64,
    pub height_m: f64,
    /// Car carriers and containers.
    pub height_container_m: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassLimit {
    pub class: String,
    pub limit_kg: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxlesLimit {
    pub axles: u32,
    pub limit_kg: u32,
}

/// Limit of a group of axles whose mean spacing is below `spacing_below_m`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupLimit {
    pub axles: u32,
    pub spacing_below_m: f64,
    pub limit_kg: u32,
}

impl LimitTable {
    pub fn gross_limit_kg(&self, class: Option<&str>, axles: usize) -> Option<u32> {
        let by_class =
            class.and_then(|class| self.gross_by_class.iter().find(|it| it.class == class));
        if let Some(row) = by_class {
            return Some(row.limit_kg);
        }
        let row = self
            .gross_by_axles
            .iter()
            .find(|it| axles <= it.axles as usize);
        row.or(self.gross_by_axles.last()).map(|it| it.limit_kg)
    }

    /// Limit of a group of `axles` with that mean spacing. A group larger than any row gets the
    /// largest row's limit: nobody gains by more axles than the law knows.
    pub fn group_limit_kg(&self, axles: usize, spacing_m: f64) -> u32 {
        if axles <= 1 {
            return self.single_axle_kg;
        }
        let known = self
            .groups
            .iter()
            .map(|it| it.axles)
            .filter(|it| *it as usize <= axles)
            .max();
        let rows = || self.groups.iter().filter(|it| Some(it.axles) == known);
        rows()
            .find(|it| spacing_m < it.spacing_below_m)
            .or_else(|| rows().next_back())
            .map_or(self.single_axle_kg, |it| it.limit_kg)
    }
}
