//! What became true. Past tense, never retracted; the ledgers hold nothing else.
//!
//! One vocabulary for both ledgers: a checkpoint writes what it concluded, the centre what its
//! people and rules did. A copy of the centre's fact is an *input* at the checkpoint, which then
//! records its own conclusion; that conclusion, not the copy, is what counts for the passage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::line::{Keeps, Sends, StepCause};
use crate::notification::{Notification, UnfitNotice};
use crate::reading::{
    ContainerReading, DocumentReading, ImageReading, PlateReading, RadiationReading, VehicleReading,
};
use crate::remark::Remark;
use crate::stage::Stage;
use crate::unit::{BlobHash, CheckpointId, DeviceId, LaneId, OfficerId, OrderId, PassageId, UtcMs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum Fact {
    // ---- a passage, written by its checkpoint ------------------------------------------------
    /// A vehicle is in the lane. `seed` comes from the node's random source and settles every
    /// later draw of this passage (random re-check), so that anyone can repeat it.
    Arrived {
        lane: LaneId,
        direction: Direction,
        edition: String,
        seed: u64,
    },
    StageStarted {
        stage: Stage,
    },
    StageCompleted {
        stage: Stage,
        how: Completion,
    },
    /// The stage's device is down: from here on the procedure's fail-safe holds for this passage.
    StageUnavailable {
        stage: Stage,
        why: String,
    },
    /// The procedure's regime does not ask for this stage here.
    StageNotRequired {
        stage: Stage,
    },
    PlateRead(PlateReading),
    ContainerRead(ContainerReading),
    /// Which vehicle this is, fused from all reads, or as an officer entered it.
    Identified(Identity),
    NotificationMatched {
        notification: Box<Notification>,
    },
    NotificationMissing,
    /// The vehicle was announced, and not for this passage. `NotificationMissing` follows.
    NotificationUnfit(UnfitNotice),
    WantedMatched {
        entry: WantedEntry,
    },
    RadiationMeasured(RadiationReading),
    VehicleMeasured(VehicleReading),
    ImageTaken(ImageReading),
    DocumentRead(DocumentReading),
    FindingRaised(Finding),
    DecisionMade(DecisionMade),
    OrderAccepted(Order),
    /// The lane officer has put this vehicle before the device: the device's next reading is the
    /// order's, whatever else stands in the lane.
    OrderStarted {
        order: OrderId,
    },
    OrderCompleted {
        order: OrderId,
        outcome: OrderOutcome,
    },
    /// Drawn for a random re-check although a rule would release it.
    RecheckSelected {
        agency: Agency,
        rule: String,
    },
    ExitPermitted(ExitPermit),
    ExitPermitRevoked {
        permit: u32,
        because: FindingId,
    },
    ExitPermitExpired {
        permit: u32,
    },
    /// Written before the pulse; one command for one permit, ever.
    BarrierCommanded {
        permit: u32,
    },
    BarrierOpened {
        permit: u32,
    },
    /// The gravest fact there is: the barrier rose and nothing allowed it.
    BarrierOpenedUnpermitted {
        lane: LaneId,
    },
    BarrierClosed,
    BarrierFailed {
        permit: u32,
        why: String,
    },
    Departed,
    BackedOut,
    /// Out of the lane and into the inspection area, so that the lane goes on.
    MovedAside,
    Escalated {
        what: Escalation,
    },
    /// A person entered what a device should have; the fact that follows is theirs.
    EnteredByHand {
        by: OfficerId,
        what: String,
    },
    /// The fold or a rule failed on this passage twice; people take over.
    ManualHandlingRequired {
        why: String,
    },
    /// The input changes nothing; it is kept all the same. `reason` is a catalogue key.
    Disregarded {
        input: String,
        reason: String,
    },

    // ---- a checkpoint as a whole -------------------------------------------------------------
    DeviceChanged {
        device: DeviceId,
        health: DeviceHealth,
        why: String,
    },
    /// Bytes a device sent that are not what its format allows; the bytes are kept.
    Garbled {
        device: DeviceId,
        at: u64,
        why: String,
        raw: Option<BlobHash>,
    },
    LinkChanged {
        state: LinkState,
    },
    /// The disk is close to its reserve: no new vehicle is taken in, the barrier log still writes.
    IntakeStopped {
        free_bytes: u64,
    },
    IntakeResumed {
        free_bytes: u64,
    },
    /// Another step of the procedure for a line that carries less than the traffic needs.
    /// `needs_percent` is the share of the line that the last hour of the step before would take.
    LineStepChanged {
        sends: Sends,
        because: StepCause,
        needs_percent: u64,
        rate_bps: u64,
    },
    /// The disk fills or has room again: what is kept of what devices deliver changes.
    KeepingChanged {
        keeps: Keeps,
        used_percent: u8,
    },
    /// Blobs that the centre holds were removed here to make room.
    BlobsEvicted {
        blobs: u64,
        bytes: u64,
        used_percent: u8,
    },
    /// The other side's frames came in a file, carried by hand (written by either end).
    ParcelImported {
        from: String,
        parcel: BlobHash,
        made_at: UtcMs,
        records: u64,
        blobs: u64,
    },
    Started {
        software: String,
        edition: String,
    },
    /// Openings the lane's controller has counted since it was installed, all of them answered for
    /// by facts up to here. What it counts beyond, while nobody listened, is unpermitted.
    ArmCounted {
        lane: LaneId,
        openings: u32,
    },
    /// A record of the centre's was taken in; the facts that follow from it stand in the same
    /// commit. The greatest sequence is where to go on after a restart.
    Heard {
        origin: String,
        epoch: u32,
        sequence: u64,
    },

    // ---- the centre --------------------------------------------------------------------------
    NotificationLodged {
        notification: Box<Notification>,
    },
    WantedListed {
        entry: WantedEntry,
    },
    WantedUnlisted {
        plate: String,
        agency: Agency,
    },
    OfficerSeated {
        officer: OfficerId,
        agency: Agency,
        seat: String,
    },
    OfficerLeft {
        officer: OfficerId,
    },
    /// A case went to one officer by draw; everything needed to repeat the draw is here.
    CaseDrawn(Draw),
    /// The officer opened the case: from here on somebody is working on it.
    CaseOpened {
        passage: PassageId,
        agency: Agency,
        officer: OfficerId,
    },
    CaseReturned {
        passage: PassageId,
        agency: Agency,
        officer: OfficerId,
        reason: String,
    },
    /// A supervisor took an overdue case from whoever had it; the draw that follows is among the
    /// others, by the same formula.
    CaseRecalled {
        passage: PassageId,
        agency: Agency,
        by: OfficerId,
        reason: RecallReason,
    },
    /// Somebody heard an alarm and says why it need not sound any more. It stays on every screen
    /// until a decision answers it.
    AlarmSilenced {
        checkpoint: CheckpointId,
        /// The finding's rule, or a code of the checkpoint's own.
        what: String,
        raised_at: UtcMs,
        by: OfficerId,
        reason: SilenceReason,
        /// Who agreed, where one person is not enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<OfficerId>,
    },
    /// What the officer sent. Counts when the checkpoint records its `DecisionMade`.
    DecisionGiven {
        passage: PassageId,
        decision: DecisionMade,
    },
    OrderGiven(Order),
    /// What an officer says about a case beside the decision: answers nothing, opens nothing.
    CaseRemarked(Remark),
    CheckpointEnrolled {
        checkpoint: CheckpointId,
        key: String,
    },
}

impl Fact {
    /// The `k` of the record: this variant in snake case.
    pub fn kind(&self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(it)) => it
                .get("k")
                .and_then(|k| k.as_str())
                .unwrap_or_default()
                .to_owned(),
            _ => String::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the country.
    Entry,
    /// Out of the country.
    Exit,
}

/// How a stage came to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    ByDevice,
    ByHand {
        by: OfficerId,
    },
    /// The device is down and the stage's fail-safe applied; a finding says so.
    FailSafe {
        rule: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tractor_plate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer_plate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
}

/// Number of a finding within its passage, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(pub u32);

/// Something one agency must answer, raised by a named rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub agency: Agency,
    /// `<stage or agency>.<what>`, e.g. `radiation.gamma_alarm`; also the catalogue key of its
    /// text.
    pub rule: String,
    pub stage: Stage,
    pub severity: Severity,
    /// The figures the text names: `measured_kg`, `limit_kg`, `sigma`, ...
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Finding,
    Alarm,
}

/// What an agency says of its findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Release,
    /// Always until when and for whom.
    Hold {
        until: UtcMs,
        for_whom: Agency,
    },
    Inspect,
    Refuse,
}

/// A decision names the findings it answers; one raised later is unanswered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionMade {
    pub agency: Agency,
    pub decision: Decision,
    #[serde(default)]
    pub answers: Vec<FindingId>,
    /// The agency's own reason code, from the procedure (`C-07`).
    pub reason: String,
    /// UN/EDIFACT 9417: 1 release, 2 detain, 3 fumigate, 4 inspect, 7 hold, ...
    pub un9417: u8,
    pub by: DecidedBy,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// `second` is a person of another body where the procedure asks for two.
    Officer {
        officer: OfficerId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<OfficerId>,
    },
    /// A named rule of an edition: low risk and nothing found.
    Rule { rule: String, edition: String },
    /// Two people at the lane while the link is down and the procedure allows it.
    Lane { first: OfficerId, second: OfficerId },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    pub passage: PassageId,
    pub agency: Agency,
    pub kind: OrderKind,
    pub by: OfficerId,
    /// Findings the order is meant to clear up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<FindingId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    SecondPass,
    HandheldCheck,
    Reweigh,
    Reimage,
    Sample,
    Inspect,
    PresentDocument,
}

impl OrderKind {
    /// The stable code used in data and catalogues.
    pub fn code(self) -> &'static str {
        match self {
            OrderKind::SecondPass => "second_pass",
            OrderKind::HandheldCheck => "handheld_check",
            OrderKind::Reweigh => "reweigh",
            OrderKind::Reimage => "reimage",
            OrderKind::Sample => "sample",
            OrderKind::Inspect => "inspect",
            OrderKind::PresentDocument => "present_document",
        }
    }
}

impl std::fmt::Display for OrderKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderOutcome {
    /// A device did it; its reading is the fact before this one.
    Measured,
    /// People did it and found nothing wrong.
    NothingFound {
        by: OfficerId,
    },
    /// People did it and found something; `code` is a catalogue key.
    Found {
        by: OfficerId,
        code: String,
    },
    Failed {
        why: String,
    },
}

/// Number within the passage, from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExitPermit {
    pub number: u32,
    pub expires_at: UtcMs,
    /// Every body whose release it rests on.
    pub releases: Vec<Agency>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    DecisionOverdue {
        agency: Agency,
    },
    HoldOver {
        agency: Agency,
    },
    OrderOverdue {
        order: OrderId,
    },
    StageOverdue {
        stage: Stage,
    },
    BarrierUnpermitted,
    /// The vehicle is gone and the barrier had never opened for it.
    DepartedUnpermitted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceHealth {
    Ready,
    Degraded,
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Up,
    Down,
}

/// An entry of a body's wanted list. Comes down from the centre's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedEntry {
    pub plate: String,
    pub agency: Agency,
    /// A catalogue key: `stolen`, `unpaid_fine`, `customs_debt`, ...
    pub reason: String,
}

/// Why a supervisor has a case drawn again. A closed list: no free text travels with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecallReason {
    OfficerAway,
    SeatFailed,
    Overload,
    TakesTooLong,
}

/// Why an alarm need not sound any more. A closed list, as above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceReason {
    /// Somebody works on it.
    InHand,
    /// The machine is known to be at fault and maintenance knows.
    KnownFault,
    /// Told by another alarm already.
    SameCause,
    /// A test of the equipment.
    Test,
}

/// A random assignment anyone can recompute: `sorted(roster)[SHA-256(seed) as big-endian mod n]`
/// where `seed` is `<head>|<passage>|<agency>|<round>` with `head` the root (base64) of the
/// checkpoint's ledger copy that held the case's first finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    pub passage: PassageId,
    pub agency: Agency,
    pub officer: OfficerId,
    pub roster: Vec<OfficerId>,
    pub seed: String,
    pub round: u32,
}
