//! The JSON of the API: what goes over HTTP, nothing that is stored. Domain values that the web
//! reads as they are (readings, decisions, facts) stand as `Value`. `Agency`, `Stage`, `Direction`
//! and `Severity` are described here by mirrors of the domain's enums, since the domain knows no
//! OpenAPI; a test holds the two equal.

use std::collections::BTreeMap;

use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

mod remark;
mod time;
mod watch;

pub use crate::checkpoints::{Names, Way};
pub use remark::{NewRemark, RemarkRow};
pub use time::{
    Plan, PlanComponents, PlanFile, PlanHour, PlanMinutes, PlanScheme, PlanSeats, PlanWhom,
    TimeAgency, TimeCheckpoint, TimeHour, TimeMeasured, TimeSpread, TimeStage, TimeWhom,
};
pub use watch::{NewRedraw, NewSilence, SeatCase, SeatRow, Shift, Silenced};

/// Descriptions of the domain's enums for the OpenAPI document.
pub mod mirror {
    use serde::Serialize;
    use utoipa::ToSchema;

    macro_rules! mirror {
        ($($(#[$meta:meta])* $name:ident { $($it:ident),* $(,)? })*) => { $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, Serialize, ToSchema)]
            #[serde(rename_all = "snake_case")]
            pub enum $name { $($it),* }

            impl $name {
                pub const ALL: &'static [$name] = &[$($name::$it),*];
            }
        )* };
    }

    mirror! {
        /// One of the six controlling bodies.
        Agency { Customs, TransportControl, RoadPolice, Veterinary, Phytosanitary, SanitaryQuarantine }
        Stage { Entry, Radiation, Dimensions, Imaging, Documents, Exit }
        Direction { Entry, Exit }
        FindingSeverity { Finding, Alarm }
        Role { Officer, Supervisor, Carrier, Auditor, Administrator }
        DecisionName { Release, Hold, Inspect, Refuse }
        OrderKind { SecondPass, HandheldCheck, Reweigh, Reimage, Sample, Inspect, PresentDocument }
        RecallReason { OfficerAway, SeatFailed, Overload, TakesTooLong }
        SilenceReason { InHand, KnownFault, SameCause, Test }
        Secondary { None, Requested, Completed }
        /// What a marked place of a radiograph is taken for.
        Word { NotDeclared, DoubleWall, Dense, Organic, Weapon, Person, Unclear, Explained }
        /// A part of a vehicle that a search goes through.
        Zone { Cab, Engine, Tanks, Chassis, Roof, Walls, Load }
    }
}

use domain::agency::Agency;
use domain::fact::{Direction, FindingId, OrderKind, Severity};
use domain::procedure::DecisionKind;
use domain::remark::Secondary;
use domain::stage::Stage;

use crate::authority::Role;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The pseudonym that stands in the ledgers.
    pub officer: String,
    pub display_name: String,
    #[schema(value_type = mirror::Role)]
    pub role: Role,
    #[schema(value_type = Option<mirror::Agency>, required)]
    pub agency: Option<Agency>,
    pub seated: bool,
    /// Demo accounts and a demo's clock: screens say so.
    pub demo: bool,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub name: String,
    pub password: String,
}

#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitDown {
    /// Name of the workstation.
    #[serde(default)]
    pub seat: Option<String>,
}

/// Simulated time runs `rate` times as fast as the wall's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    #[schema(value_type = i64)]
    pub now: UtcMs,
    pub rate: f64,
}

/// What changed; the screen reads again what it shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// `queue`, `wall`, `links`.
    pub topics: Vec<Topic>,
    pub passages: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Queue,
    Wall,
    Links,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    pub cases: Vec<CaseRow>,
    /// Officers of my body on duty.
    pub seated: u32,
    /// Cases of my body that await a decision.
    pub body_open: u32,
    pub overdue: u32,
    /// Alarms of my body that no decision has answered, the newest first.
    pub alarms: Vec<WallAlarm>,
    /// What I decided since I sat down; absent for those who have no seat.
    #[schema(required)]
    pub shift: Option<Shift>,
}

/// How a stage of a passage stands, as far as the viewer may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageMark {
    #[schema(value_type = mirror::Stage)]
    pub stage: Stage,
    pub mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    NotRequired,
    NotBegun,
    Working,
    /// Complete, and nothing was ever raised there, by any body.
    Clear,
    /// Complete; another body raised something there.
    Done,
    /// What the viewer may see of it was answered.
    Answered,
    Finding,
    Alarm,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseRow {
    pub passage: String,
    pub checkpoint: String,
    pub checkpoint_name: Names,
    pub lane: u8,
    #[schema(value_type = mirror::Direction)]
    pub direction: Direction,
    #[schema(required)]
    pub plate: Option<String>,
    #[schema(required)]
    pub trailer_plate: Option<String>,
    #[schema(required)]
    pub country: Option<String>,
    #[schema(required)]
    pub goods: Option<String>,
    #[schema(required)]
    pub hs: Option<String>,
    #[schema(value_type = i64)]
    pub arrived_at: UtcMs,
    #[schema(value_type = i64)]
    pub asked_at: UtcMs,
    #[schema(value_type = i64)]
    pub due_at: UtcMs,
    /// 45 minutes after arrival.
    #[schema(value_type = i64)]
    pub promise_at: UtcMs,
    pub severity: RowSeverity,
    pub findings: Vec<RowFinding>,
    /// The body whose officers decide this case.
    #[schema(value_type = mirror::Agency)]
    pub body: Agency,
    /// The bodies whose decision is asked of it (its own, and those delegated to it).
    #[schema(value_type = Vec<mirror::Agency>)]
    pub asked: Vec<Agency>,
    /// Whom it was drawn to.
    #[schema(required)]
    pub officer: Option<String>,
    pub mine: bool,
    #[schema(value_type = Option<i64>, required)]
    pub opened_at: Option<UtcMs>,
    #[schema(required)]
    pub held: Option<Held>,
    pub ready: Ready,
    #[schema(value_type = Vec<mirror::Agency>)]
    pub others_waiting: Vec<Agency>,
    pub link_up: bool,
    pub stages: Vec<StageMark>,
    /// Left or backed out.
    pub ended: bool,
}

/// A passage that was searched for: the row, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchRow {
    #[serde(flatten)]
    pub row: CaseRow,
    pub outcome: PassageOutcome,
    /// The gravest finding ever raised that the viewer may see, answered or not.
    #[schema(required)]
    pub worst: Option<RowFinding>,
    /// Something was raised that the viewer may not see.
    pub worst_hidden: bool,
    /// People whom an order sent to look found something, as far as the viewer may see.
    pub found: bool,
    /// Whole minutes from arrival to the end, or to now.
    pub minutes: i64,
    /// Every control stage that the passage needs is complete.
    pub stages_done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassageOutcome {
    InLane,
    Aside,
    /// May leave, has not yet.
    Permitted,
    Departed,
    /// A body's last word is no; here still or gone back.
    Refused,
    /// Left backwards, and nobody had refused it.
    TurnedBack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowSeverity {
    None,
    Finding,
    Alarm,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RowFinding {
    #[schema(value_type = u32)]
    pub id: FindingId,
    pub rule: String,
    #[schema(value_type = mirror::FindingSeverity)]
    pub severity: Severity,
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub values: BTreeMap<String, Value>,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Held {
    #[schema(value_type = i64)]
    pub until: UtcMs,
    #[schema(value_type = mirror::Agency)]
    pub for_whom: Agency,
}

/// How much of the passage's images is here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    pub have_bytes: u64,
    pub total_bytes: u64,
    pub complete: bool,
}

/// The notification, as the domain has it with every field present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notification {
    pub id: String,
    #[schema(value_type = i64)]
    pub lodged_at: UtcMs,
    #[serde(flatten)]
    pub said: NewNotification,
}

/// A notification as the carrier sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewNotification {
    pub checkpoint: String,
    #[serde(default)]
    #[schema(value_type = Option<i64>, required)]
    pub expected_at: Option<UtcMs>,
    pub tractor_plate: String,
    #[serde(default)]
    #[schema(required)]
    pub trailer_plate: Option<String>,
    #[serde(default)]
    #[schema(required)]
    pub containers: Vec<String>,
    /// ISO 3166-1 alpha-2.
    pub vehicle_country: String,
    pub carrier: String,
    pub driver: String,
    #[serde(default)]
    #[schema(required)]
    pub tare_kg: Option<u32>,
    pub from_country: String,
    pub to_country: String,
    pub goods: Vec<Goods>,
    #[serde(default)]
    #[schema(required)]
    pub documents: Vec<Declared>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Goods {
    pub hs: String,
    pub description: String,
    pub gross_kg: u32,
    pub net_kg: u32,
    pub packages: u32,
    pub origin: String,
    #[serde(default)]
    #[schema(required)]
    pub un_number: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Declared {
    /// A kind of document, e.g. `cmr`.
    pub kind: String,
    pub number: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Lodged {
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NotificationState {
    pub notification: Notification,
    #[schema(required)]
    pub passage: Option<String>,
    pub waiting_for: Vec<WaitingFor>,
}

/// A reading and when it became true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub reading: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageRow {
    #[schema(value_type = mirror::Stage)]
    pub stage: Stage,
    pub required: bool,
    #[schema(value_type = Option<i64>, required)]
    pub started_at: Option<UtcMs>,
    #[schema(value_type = Option<i64>, required)]
    pub completed_at: Option<UtcMs>,
    /// Why its device cannot do it.
    #[schema(required)]
    pub unavailable: Option<String>,
    pub how: Value,
    /// Something was raised there, by whatever body.
    pub raised: bool,
    /// The viewer may see what was measured there.
    pub seen: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VehicleRow {
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub reading: Value,
    pub limits: VehicleLimits,
    pub judged: crate::case::judged::VehicleJudged,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VehicleLimits {
    #[schema(required)]
    pub gross_kg: Option<u32>,
    /// One an axle of the reading.
    pub axle_kg: Vec<Option<u32>>,
    #[schema(required)]
    pub length_m: Option<f64>,
    #[schema(required)]
    pub width_m: Option<f64>,
    #[schema(required)]
    pub height_m: Option<f64>,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImageRow {
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub reading: Value,
    pub have_bytes: u64,
    /// A release is possible from here on.
    pub clear_from_bytes: u64,
    pub role: ImageRole,
}

/// What a picture is for the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageRole {
    /// A release waits for its bytes.
    Deciding,
    /// The same scan at a lower energy: tells the kind of matter.
    Companion,
    /// A later scan decides.
    Earlier,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingRow {
    #[schema(value_type = u32)]
    pub id: FindingId,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub rule: String,
    #[schema(value_type = mirror::Stage)]
    pub stage: Stage,
    #[schema(value_type = mirror::FindingSeverity)]
    pub severity: Severity,
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub values: BTreeMap<String, Value>,
    #[schema(value_type = i64)]
    pub raised_at: UtcMs,
    #[schema(required)]
    pub answered: Option<Answered>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Answered {
    pub decision: Value,
    #[schema(value_type = i64)]
    pub at: UtcMs,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionRow {
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub decision: Value,
    /// The checkpoint recorded it; otherwise it is on its way there.
    pub recorded: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderRow {
    pub order: Value,
    #[schema(value_type = i64)]
    pub given_at: UtcMs,
    #[schema(value_type = i64)]
    pub due_at: UtcMs,
    pub outcome: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgencyRow {
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub standing: Standing,
    /// The viewer may see what the body raised, and who decided why.
    pub seen: bool,
    /// It raised something here, answered or not.
    pub raised: bool,
    /// Officer or rule; officers of another body stay unnamed.
    #[schema(required)]
    pub by: Option<String>,
    #[schema(required)]
    pub rule: Option<String>,
    #[schema(value_type = Option<i64>, required)]
    pub at: Option<UtcMs>,
    #[schema(value_type = Option<i64>, required)]
    pub until: Option<UtcMs>,
    #[schema(value_type = Option<mirror::Agency>, required)]
    pub for_whom: Option<Agency>,
    #[schema(value_type = Option<i64>, required)]
    pub since: Option<UtcMs>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    NotConcerned,
    AwaitingStages,
    AwaitingDecision,
    Released,
    Held,
    Inspecting,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WaitingFor {
    pub whom: String,
    #[schema(value_type = Option<i64>, required)]
    pub since: Option<UtcMs>,
    #[schema(value_type = Option<i64>, required)]
    pub due_at: Option<UtcMs>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PermitRow {
    pub number: u32,
    #[schema(value_type = i64)]
    pub expires_at: UtcMs,
    pub state: PermitStanding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PermitStanding {
    Valid,
    Expired,
    Revoked,
    Used,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndedRow {
    pub how: String,
    #[schema(value_type = i64)]
    pub at: UtcMs,
}

/// Declared against measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CompareRow {
    /// Catalogue key suffix: `gross_mass`, `tractor_plate`, ...
    pub name: String,
    pub unit: String,
    #[schema(required)]
    pub declared: Option<Figure>,
    #[schema(required)]
    pub measured: Option<Figure>,
    /// Distance in standard deviations.
    #[schema(required)]
    pub sigma: Option<f64>,
    pub verdict: Verdict,
    #[schema(required)]
    pub rule: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Figure {
    Number(f64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Agree,
    Disagree,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    #[schema(value_type = i64)]
    pub from: UtcMs,
    #[schema(value_type = Option<i64>, required)]
    pub to: Option<UtcMs>,
    pub component: Component,
    pub waited_for: String,
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    ClearControl,
    Documents,
    Technological,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    pub clear_control_ms: i64,
    pub documents_ms: i64,
    pub technological_ms: i64,
    pub total_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlobRow {
    pub have: u64,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    pub code: String,
    #[schema(value_type = mirror::DecisionName)]
    pub decision: DecisionKind,
    pub un9417: u8,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
}

/// Who may agree as a second person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Second {
    pub display_name: String,
    #[schema(required, value_type = Option<mirror::Agency>)]
    pub agency: Option<Agency>,
}

/// What the viewer can do here and, by code, why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Can {
    pub decide: bool,
    #[schema(required)]
    pub why_not: Option<String>,
    pub clear: bool,
    #[schema(required)]
    pub clear_why_not: Option<String>,
    /// A release here takes a second person of another body.
    pub needs_second: bool,
    /// Alarms of the portal that a release would answer and nobody has adjudicated.
    pub alarms_unadjudicated: u32,
    /// Decisions that always take one.
    #[schema(value_type = Vec<mirror::DecisionName>)]
    pub second_for: Vec<DecisionKind>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FactRow {
    pub origin: String,
    pub sequence: u64,
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub kind: String,
    pub fact: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IdentityRow {
    #[schema(required)]
    pub tractor_plate: Option<String>,
    #[schema(required)]
    pub trailer_plate: Option<String>,
    #[schema(required)]
    pub country: Option<String>,
    pub containers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    pub row: CaseRow,
    #[schema(required)]
    pub identity: Option<IdentityRow>,
    #[schema(required)]
    pub notification: Option<Notification>,
    pub plates: Vec<Reading>,
    pub containers: Vec<Reading>,
    pub stages: Vec<StageRow>,
    pub radiation: Vec<crate::case::judged::RadiationRow>,
    pub vehicles: Vec<VehicleRow>,
    pub images: Vec<ImageRow>,
    pub documents: Vec<Reading>,
    pub findings: Vec<FindingRow>,
    pub decisions: Vec<DecisionRow>,
    pub orders: Vec<OrderRow>,
    /// What officers of the viewer's body said beside their decisions, oldest first.
    pub remarks: Vec<RemarkRow>,
    /// How far the second look at the portal's findings has come.
    #[schema(value_type = Option<mirror::Secondary>, required)]
    pub secondary: Option<Secondary>,
    pub agencies: Vec<AgencyRow>,
    pub waiting_for: Vec<WaitingFor>,
    #[schema(required)]
    pub permit: Option<PermitRow>,
    #[schema(required)]
    pub ended: Option<EndedRow>,
    pub compare: Vec<CompareRow>,
    pub timeline: Vec<Span>,
    pub totals: Totals,
    pub blobs: BTreeMap<String, BlobRow>,
    /// The recorded draw, as the domain has it.
    pub draw: Value,
    pub reasons: Vec<Reason>,
    pub can: Can,
    pub facts: Vec<FactRow>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    pub reason: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    #[schema(value_type = DecisionSent)]
    pub decision: domain::fact::Decision,
    /// Every open finding of the body.
    #[schema(value_type = Vec<u32>)]
    pub answers: Vec<FindingId>,
    pub reason: String,
    #[serde(default)]
    pub second: Option<Login>,
}

/// Describes [`domain::fact::Decision`].
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Decision)]
pub enum DecisionSent {
    Release,
    Hold {
        until: i64,
        for_whom: mirror::Agency,
    },
    Inspect,
    Refuse,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// Of the record at the centre.
    pub sequence: u64,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    #[schema(value_type = mirror::OrderKind)]
    pub kind: OrderKind,
    #[serde(default)]
    #[schema(value_type = Vec<u32>)]
    pub about: Vec<FindingId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderGiven {
    pub order: String,
}

#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    #[serde(default)]
    pub upto_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrawShown {
    pub draw: Value,
    #[schema(required)]
    pub recomputed_officer: Option<String>,
    pub agrees: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Wall {
    pub clock: Clock,
    /// The sums of the checkpoints' figures; no list is longer than this says.
    pub totals: WallTotals,
    pub checkpoints: Vec<WallCheckpoint>,
    pub waiting_for: Vec<WallWaiting>,
    /// The most overdue 100; null for those who see no case.
    #[schema(required)]
    pub overdue: Option<Vec<WallOverdue>>,
    /// The newest 100 that the viewer may see.
    pub alarms: Vec<WallAlarm>,
    /// The viewer may see the alarms of cases; otherwise the list holds lanes and machines only.
    pub alarms_of_cases: bool,
    pub seats: Vec<WallSeats>,
    pub today: Today,
    pub by_hour: Vec<Hour>,
}

/// One definition each for the whole board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WallTotals {
    /// Findings of alarm severity that no release has answered, and alarms of lanes and machines.
    pub alarms: u32,
    /// Cases whose body has not decided in its time: one for each truck and body.
    pub overdue: u32,
    /// Trucks here for longer than the promise.
    pub over_45: u32,
    /// Devices that are not ready.
    pub machines_down: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallCheckpoint {
    pub code: String,
    pub name: Names,
    pub lon: f64,
    pub lat: f64,
    /// How far the place on the map may be off, kilometres.
    #[schema(required)]
    pub accuracy_km: Option<f64>,
    pub way: Way,
    pub neighbour: String,
    pub enrolled: bool,
    pub link: WallLink,
    pub lanes: Vec<WallLane>,
    pub devices_down: Vec<WallDevice>,
    pub waiting: u32,
    pub overdue: u32,
    pub alarms: u32,
    pub over_45: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallLink {
    pub up: bool,
    #[schema(value_type = Option<i64>, required)]
    pub since: Option<UtcMs>,
    #[schema(value_type = Option<i64>, required)]
    pub last_seen: Option<UtcMs>,
    pub gaps: u64,
    pub behind: u64,
    #[schema(required)]
    pub rate_bps: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallLane {
    pub lane: u8,
    pub waiting: u32,
    pub state: LaneState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    Open,
    Stopped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallDevice {
    pub device: String,
    pub health: String,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallWaiting {
    pub whom: String,
    pub trucks: u32,
    pub longest_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallOverdue {
    pub passage: String,
    pub checkpoint: String,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    #[schema(value_type = i64)]
    pub due_at: UtcMs,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallAlarm {
    #[schema(required)]
    pub passage: Option<String>,
    pub checkpoint: String,
    pub checkpoint_name: Names,
    pub what: String,
    #[schema(value_type = i64)]
    pub at: UtcMs,
    /// Heard and silenced; it stays until it is answered.
    #[schema(required)]
    pub silenced: Option<Silenced>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WallSeats {
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub seated: u32,
    pub open: u32,
    pub overdue: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Today {
    /// Ended in the last 24 hours.
    pub passages: u32,
    /// Here still; the percentiles and components count them at their age, "at least".
    pub standing: u32,
    #[schema(required)]
    pub longest_ms: Option<i64>,
    pub released_by_rule: u32,
    pub refused: u32,
    pub held: u32,
    pub barrier_unpermitted: u32,
    #[schema(required)]
    pub p50_minutes: Option<f64>,
    #[schema(required)]
    pub p90_minutes: Option<f64>,
    pub components: Components,
    pub promise_minutes: u32,
    pub before_minutes: u32,
}

/// Medians would not add up: these are means over the same passages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Components {
    pub clear_control_ms: i64,
    pub documents_ms: i64,
    pub technological_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hour {
    #[schema(value_type = i64)]
    pub hour: UtcMs,
    pub passages: u32,
    #[schema(required)]
    pub p50_minutes: Option<f64>,
    #[schema(required)]
    pub p90_minutes: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkRow {
    /// The checkpoint's code: the origin of its own ledger.
    pub origin: String,
    pub name: Names,
    pub epoch: u32,
    /// The newest epoch of its origin: what is said of the line belongs to this row.
    pub current: bool,
    pub up: bool,
    #[schema(value_type = Option<i64>, required)]
    pub since: Option<UtcMs>,
    pub received: u64,
    /// Records that its writer has signed and that are not here.
    pub behind: u64,
    pub gaps: u64,
    pub duplicates: u64,
    /// Records that the checkpoint's own signature covers.
    pub signed: u64,
    /// All of them are, and nothing is missing.
    pub complete: bool,
    /// `everything`, `decision_layers`, `triage_layers`.
    pub sends: String,
    /// `everything`, `no_rest`, `previews_only`.
    pub keeps: String,
    /// What waits at the checkpoint, as it said last; and here.
    #[schema(required)]
    pub waits: Option<LinkPlan>,
    #[schema(value_type = Option<i64>, required)]
    pub waits_at: Option<UtcMs>,
    #[schema(required)]
    pub waits_here: Option<LinkPlan>,
    /// The last head the checkpoint signed, as a C2SP note.
    #[schema(required)]
    pub head_signed: Option<String>,
    #[schema(value_type = Option<i64>, required)]
    pub last_seen: Option<UtcMs>,
}

/// What waits for a line, most urgent class first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkPlan {
    /// As measured by the sender.
    #[schema(required)]
    pub rate_bps: Option<u64>,
    /// Classes 0 to 4: decisions and alarms, other facts, what is awaited and previews, pages and
    /// decision layers, the rest.
    pub lines: Vec<LinkPlanLine>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkPlanLine {
    /// Records or blobs.
    pub count: u64,
    pub bytes: u64,
    /// Until this class and all before it are through; none without a rate, and for what goes
    /// only when it is asked for.
    #[schema(required)]
    pub seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    pub status: String,
    pub ledger: HealthLedger,
    pub db: String,
    pub software: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HealthLedger {
    /// Records in all ledgers of the centre, own and copied.
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProgramRole {
    /// `centre` or `checkpoint`.
    pub role: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<T: Serialize>(all: impl IntoIterator<Item = T>) -> Vec<Value> {
        all.into_iter()
            .map(|it| serde_json::to_value(it).unwrap())
            .collect()
    }

    #[test]
    fn the_mirrors_say_what_the_domain_says() {
        assert_eq!(texts(mirror::Agency::ALL), texts(Agency::ALL));
        assert_eq!(texts(mirror::Stage::ALL), texts(Stage::ALL));
        assert_eq!(texts(mirror::Role::ALL), texts(Role::ALL));
        assert_eq!(
            texts(mirror::Direction::ALL),
            texts([Direction::Entry, Direction::Exit])
        );
        assert_eq!(
            texts(mirror::FindingSeverity::ALL),
            texts([Severity::Finding, Severity::Alarm])
        );
        use DecisionKind::{Hold, Inspect, Refuse, Release};
        assert_eq!(
            texts(mirror::DecisionName::ALL),
            texts([Release, Hold, Inspect, Refuse])
        );
        use OrderKind as O;
        let kinds = [
            O::SecondPass,
            O::HandheldCheck,
            O::Reweigh,
            O::Reimage,
            O::Sample,
            O::Inspect,
            O::PresentDocument,
        ];
        assert_eq!(texts(mirror::OrderKind::ALL), texts(kinds));
        use domain::fact::{RecallReason, SilenceReason};
        let recalls = &[
            RecallReason::OfficerAway,
            RecallReason::SeatFailed,
            RecallReason::Overload,
            RecallReason::TakesTooLong,
        ];
        assert_eq!(texts(mirror::RecallReason::ALL), texts(recalls));
        let silences = &[
            SilenceReason::InHand,
            SilenceReason::KnownFault,
            SilenceReason::SameCause,
            SilenceReason::Test,
        ];
        assert_eq!(texts(mirror::SilenceReason::ALL), texts(silences));
        use domain::remark::{Word as W, Zone};
        let looks = [Secondary::None, Secondary::Requested, Secondary::Completed];
        assert_eq!(texts(mirror::Secondary::ALL), texts(looks));
        assert_eq!(texts(mirror::Zone::ALL), texts(Zone::ALL));
        let words = [
            W::NotDeclared,
            W::DoubleWall,
            W::Dense,
            W::Organic,
            W::Weapon,
            W::Person,
            W::Unclear,
            W::Explained,
        ];
        assert_eq!(texts(mirror::Word::ALL), texts(words));
        let held = domain::fact::Decision::Hold {
            until: UtcMs(5),
            for_whom: Agency::Customs,
        };
        let sent = DecisionSent::Hold {
            until: 5,
            for_whom: mirror::Agency::Customs,
        };
        assert_eq!(texts([held]), texts([sent]));
    }
}
