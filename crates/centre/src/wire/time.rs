//! The JSON of where the time goes: what was measured, and what planners computed.

use domain::agency::Agency;
use domain::stage::Stage;
use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mirror;
use crate::checkpoints::Names;

/// Milliseconds; percentiles by nearest rank.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeSpread {
    pub count: u64,
    pub mean_ms: i64,
    pub p50_ms: i64,
    pub p90_ms: i64,
    pub p99_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeWhom {
    /// As in `waiting_for`: `seat:customs`, `device:imaging`, `driver`.
    pub whom: String,
    /// Of the time of all passages together.
    pub share: f64,
    /// Over the passages that waited for it at all.
    pub spread: TimeSpread,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeStage {
    #[schema(value_type = mirror::Stage)]
    pub stage: Stage,
    pub spread: TimeSpread,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeAgency {
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    /// An officer at work, a seat that was not free, a hold: together, where it was waited for.
    pub whole: TimeSpread,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeCheckpoint {
    pub checkpoint: String,
    pub name: Names,
    pub whole: TimeSpread,
    pub clear_control: TimeSpread,
    pub documents: TimeSpread,
    pub technological: TimeSpread,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeHour {
    /// Of arrival, the country's clock.
    pub hour: u8,
    pub whole: TimeSpread,
}

/// Control at one post, arrival at the gate to the exit barrier: passages that ended within the
/// last 24 hours, and those that still stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeMeasured {
    #[schema(value_type = i64)]
    pub as_of: UtcMs,
    /// Ended within the last 24 hours.
    pub through: u64,
    /// Of these.
    pub turned_back: u64,
    /// Here still; every spread counts them at their age, so it says "at least".
    pub standing: u64,
    /// The longest that one of them has stood.
    #[schema(required)]
    pub longest_ms: Option<i64>,
    pub promise_minutes: u32,
    pub before_minutes: u32,
    pub whole: TimeSpread,
    pub clear_control: TimeSpread,
    pub documents: TimeSpread,
    pub technological: TimeSpread,
    /// The longest sum first.
    pub waited_for: Vec<TimeWhom>,
    pub stages: Vec<TimeStage>,
    pub agencies: Vec<TimeAgency>,
    pub checkpoints: Vec<TimeCheckpoint>,
    pub hours: Vec<TimeHour>,
}

/// Minutes of one span, mean over seeds with half of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanMinutes {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub mean_half_95: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanComponents {
    pub whole: PlanMinutes,
    pub clear_control: PlanMinutes,
    pub documents: PlanMinutes,
    pub technological: PlanMinutes,
    pub before_gate: PlanMinutes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanSeats {
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub seats: u32,
    pub cases: u64,
    pub busy_share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanHour {
    pub inside: u64,
    pub before_gates: u64,
    pub seats_busy: u64,
    pub cases_waiting: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanScheme {
    Electronic,
    Paper,
}

/// One run of `beket twin`: a scenario, or one question asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    pub name: String,
    pub scheme: PlanScheme,
    pub seeds: u64,
    pub trucks: u64,
    pub measured: u64,
    pub under_way: u64,
    pub minutes: PlanComponents,
    pub by_rule_share: f64,
    pub turned_back: u64,
    #[serde(default)]
    #[schema(required = true)]
    pub waited_for: Vec<PlanWhom>,
    #[serde(default)]
    #[schema(required = true)]
    pub seats: Vec<PlanSeats>,
    #[serde(default)]
    #[schema(required = true)]
    pub hours: Vec<PlanHour>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanWhom {
    pub whom: String,
    pub share: f64,
}

/// What one file holds: the scenario, and the questions asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanFile {
    pub file: String,
    /// The scenario first.
    pub plans: Vec<Plan>,
}
