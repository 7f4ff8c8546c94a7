//! What the outside world says: devices measure, people decide, gates move, time passes.
//!
//! An input is a claim. `conclude` turns every one into at least one fact.

use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::fact::{
    Decision, DecisionMade, Direction, FindingId, Identity, LinkState, Order, OrderOutcome,
    WantedEntry,
};
use crate::notification::{Notification, UnfitNotice};
use crate::reading::{
    ContainerReading, DocumentReading, ImageReading, PlateReading, RadiationReading, VehicleReading,
};
use crate::stage::Stage;
use crate::unit::{LaneId, OfficerId, OrderId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum Input {
    /// First input of a passage: the entry loop is occupied. `seed` is fresh randomness.
    Arrival {
        lane: LaneId,
        direction: Direction,
        seed: u64,
    },
    BackedOut,
    Plate(PlateReading),
    Container(ContainerReading),
    /// Answer of the node's own folds to `Obligation::MatchIdentity`.
    Matched {
        notification: Option<Box<Notification>>,
        /// Where none fits: the one of this vehicle that comes nearest, and why it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unfit: Option<UnfitNotice>,
        wanted: Vec<WantedEntry>,
    },
    Radiation(RadiationReading),
    Vehicle(VehicleReading),
    Image(ImageReading),
    Document(DocumentReading),
    /// Everything on board has been presented.
    DocumentsPresented,
    /// The stage cannot be performed by its device.
    DeviceUnavailable {
        stage: Stage,
        why: String,
    },
    /// A lane officer enters what a device should have said.
    EnteredByHand {
        by: OfficerId,
        entry: HandEntry,
    },
    /// From the centre's ledger.
    Decision(DecisionMade),
    /// Two people at the lane, of two bodies, while the link is down.
    LaneDecision {
        agency: Agency,
        decision: Decision,
        answers: Vec<FindingId>,
        reason: String,
        first: OfficerId,
        second: OfficerId,
    },
    /// From the centre's ledger.
    Order(Order),
    /// The vehicle of this order now stands before the device.
    OrderStarted {
        order: OrderId,
    },
    OrderResult {
        order: OrderId,
        outcome: OrderOutcome,
    },
    MovedAside,
    Link(LinkState),
    /// The pulse for this permit is about to be sent.
    BarrierCommand {
        permit: u32,
    },
    /// The arm left its lower stop. `permit` is the command it answers; `None` when nothing was
    /// commanded.
    BarrierOpened {
        lane: LaneId,
        permit: Option<u32>,
    },
    BarrierClosed,
    BarrierFailed {
        permit: u32,
        why: String,
    },
    Departed,
    /// Nothing happened but time: deadlines, expiries.
    TimePassed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandEntry {
    Identity(Identity),
    Radiation(RadiationReading),
    Vehicle(VehicleReading),
    /// The stage was done in another way that the fail-safe allows (`handheld`, `static_scale`).
    Stage {
        stage: Stage,
        means: String,
    },
    Document(DocumentReading),
    /// The driver has shown everything on board to a person.
    Presented,
}
