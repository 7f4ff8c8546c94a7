//! The JSON of the watch over a shift: seats, drawing again, alarms and their silence.

use domain::agency::Agency;
use domain::fact::{RecallReason, SilenceReason};
use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mirror;

/// One officer's decisions since they sat down. For the officer alone: nobody else reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    #[schema(value_type = i64)]
    pub since: UtcMs,
    pub decided: u32,
    pub released: u32,
    pub inspected: u32,
    pub held: u32,
    pub refused: u32,
    /// From opening a case to its decision.
    #[schema(required)]
    pub median_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Silenced {
    pub by: String,
    #[schema(value_type = mirror::SilenceReason)]
    pub reason: SilenceReason,
    #[schema(value_type = i64)]
    pub at: UtcMs,
}

/// Which alarm no longer needs to sound, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSilence {
    /// Another person who agrees: needed for a test of the equipment.
    #[serde(default)]
    pub second: Option<super::Login>,
    pub checkpoint: String,
    #[serde(default)]
    pub passage: Option<String>,
    pub what: String,
    #[schema(value_type = i64)]
    pub at: UtcMs,
    #[schema(value_type = mirror::SilenceReason)]
    pub reason: SilenceReason,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRedraw {
    /// The body whose case is drawn again.
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    #[schema(value_type = mirror::RecallReason)]
    pub reason: RecallReason,
}

/// One officer on duty, with the cases drawn to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeatRow {
    pub officer: String,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub seat: String,
    #[schema(value_type = i64)]
    pub since: UtcMs,
    pub cases: Vec<SeatCase>,
    /// Decisions since they sat down.
    pub decided: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeatCase {
    pub passage: String,
    pub checkpoint: String,
    #[schema(value_type = i64)]
    pub due_at: UtcMs,
    #[schema(value_type = Option<i64>, required)]
    pub opened_at: Option<UtcMs>,
    /// How often it was drawn.
    pub round: u32,
    /// Why it cannot be drawn again now; absent when it can.
    #[schema(required)]
    pub redraw_why_not: Option<String>,
}
