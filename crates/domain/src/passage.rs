//! A passage: one conveyance crossing one checkpoint, from arrival to exit.
//!
//! Three functions are the whole machine. `conclude` turns an input into facts and changes
//! nothing. `apply` changes the passage and decides nothing. `obligations` reads the passage and
//! says what is still owed. The caller makes the facts durable between the first and the second.
//!
//! Not here: what a stage makes of its readings (`stage/*`), what the bodies look for (`rule`,
//! `agency/*`), when a body counts as having released (`release`), what is owed (`owed`).

use serde::Serialize;

use crate::fact::{
    DecisionMade, Direction, Escalation, ExitPermit, Fact, Finding, FindingId, Identity, LinkState,
    Order, OrderOutcome, WantedEntry,
};
use crate::input::Input;
use crate::notification::{Notification, UnfitNotice};
use crate::obligation::Obligation;
use crate::outcome::{Outcome, WaitingFor};
use crate::procedure::Procedure;
use crate::reading::{
    ContainerReading, DocumentReading, ImageReading, PlateReading, RadiationReading, VehicleReading,
};
use crate::stage::{Stage, StageState};
use crate::unit::{LaneId, OfficerId, PassageId, UtcMs};
use crate::{conclude, outcome, owed};

/// State of one passage. Built only by [`Passage::apply`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    pub id: PassageId,
    pub lane: Option<LaneId>,
    pub direction: Option<Direction>,
    pub arrived_at: Option<UtcMs>,
    /// Edition of the procedure in force at arrival; the passage is judged by it to its end.
    pub edition: Option<String>,
    /// Settles every draw of this passage, see `release::is_drawn`.
    pub seed: u64,
    pub identity: Option<Identity>,
    /// Who entered the identity, when no camera could.
    pub identified_by: Option<OfficerId>,
    /// When notifications and wanted lists answered for the identity above.
    pub matched_at: Option<UtcMs>,
    pub notification: Option<Box<Notification>>,
    /// The vehicle was announced for another crossing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfit_notice: Option<UnfitNotice>,
    pub wanted: Vec<WantedEntry>,
    pub plates: Vec<PlateReading>,
    pub first_plate_at: Option<UtcMs>,
    pub containers: Vec<ContainerReading>,
    /// One state a stage the procedure asks for or has waived, in order.
    pub stages: std::collections::BTreeMap<Stage, StageState>,
    /// First pass and ordered repeats, oldest first; the same for the next three.
    pub radiation: Vec<RadiationReading>,
    pub vehicle: Vec<VehicleReading>,
    pub images: Vec<ImageReading>,
    pub documents: Vec<DocumentReading>,
    pub findings: Vec<RaisedFinding>,
    pub decisions: Vec<TakenDecision>,
    pub orders: Vec<LaneOrder>,
    pub rechecks: Vec<Recheck>,
    /// The last exit permit; earlier ones are in the facts.
    pub permit: Option<Permit>,
    pub barrier: Barrier,
    pub aside_at: Option<UtcMs>,
    pub ended: Option<Ended>,
    pub escalations: Vec<Escalated>,
    pub link: LinkState,
    pub link_since: Option<UtcMs>,
    /// People took over the whole passage; why.
    pub manual: Option<String>,
    /// Inputs that changed nothing.
    pub disregarded: u32,
    /// Time of the last fact.
    pub last_at: Option<UtcMs>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RaisedFinding {
    #[serde(flatten)]
    pub finding: Finding,
    pub raised_at: UtcMs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TakenDecision {
    #[serde(flatten)]
    pub made: DecisionMade,
    pub at: UtcMs,
    /// Stages not complete when it was taken: a release is no clearance of what they bring.
    pub before: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LaneOrder {
    #[serde(flatten)]
    pub order: Order,
    pub accepted_at: UtcMs,
    /// The vehicle stands before the device, or people have begun.
    pub started_at: Option<UtcMs>,
    pub completed: Option<OrderEnd>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderEnd {
    pub outcome: OrderOutcome,
    pub at: UtcMs,
}

/// A rule would have released, the draw sent it to a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recheck {
    pub agency: crate::agency::Agency,
    pub rule: String,
    pub at: UtcMs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Permit {
    #[serde(flatten)]
    pub permit: ExitPermit,
    pub given_at: UtcMs,
    pub commanded_at: Option<UtcMs>,
    pub state: PermitState,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PermitState {
    /// May open the barrier until it expires.
    Valid,
    Revoked {
        because: FindingId,
    },
    Expired,
    /// The pulse was sent for it; it never opens anything again.
    Commanded,
    /// The pulse was sent and the arm did not move.
    Failed,
    /// The vehicle left through the barrier it opened.
    Used,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Barrier {
    pub arm: Arm,
    pub opened_at: Option<UtcMs>,
    /// The arm rose and nothing allowed it.
    pub unpermitted_at: Option<UtcMs>,
    pub failures: u32,
    /// The last permit whose pulse brought no movement; the arm may still answer it late.
    pub failed: Option<u32>,
    pub permits_given: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    #[default]
    Down,
    Up,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended {
    pub how: EndedHow,
    pub at: UtcMs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedHow {
    Departed,
    BackedOut,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Escalated {
    pub what: Escalation,
    pub at: UtcMs,
}

impl Passage {
    pub fn new(id: PassageId) -> Passage {
        Passage {
            id,
            lane: None,
            direction: None,
            arrived_at: None,
            edition: None,
            seed: 0,
            identity: None,
            identified_by: None,
            matched_at: None,
            notification: None,
            unfit_notice: None,
            wanted: Vec::new(),
            plates: Vec::new(),
            first_plate_at: None,
            containers: Vec::new(),
            stages: Default::default(),
            radiation: Vec::new(),
            vehicle: Vec::new(),
            images: Vec::new(),
            documents: Vec::new(),
            findings: Vec::new(),
            decisions: Vec::new(),
            orders: Vec::new(),
            rechecks: Vec::new(),
            permit: None,
            barrier: Barrier::default(),
            aside_at: None,
            ended: None,
            escalations: Vec::new(),
            link: LinkState::Up,
            link_since: None,
            manual: None,
            disregarded: 0,
            last_at: None,
        }
    }

    /// The facts that `input` establishes at `now`; at least one. Pure.
    pub fn conclude(&self, input: &Input, now: UtcMs, procedure: &Procedure) -> Vec<Fact> {
        conclude::conclude(self, input, now, procedure)
    }

    /// What the world must still do, computed anew every time.
    pub fn obligations(&self, procedure: &Procedure, now: UtcMs) -> Vec<Obligation> {
        owed::obligations(self, procedure, now)
    }

    /// What each body says, merged.
    pub fn outcome(&self, procedure: &Procedure, now: UtcMs) -> Outcome {
        outcome::outcome(self, procedure, now)
    }

    /// What this truck is waiting for, and for whom.
    pub fn waiting_for(&self, procedure: &Procedure, now: UtcMs) -> Vec<WaitingFor> {
        outcome::waiting_for(self, procedure, now)
    }

    /// Makes one fact, true since `at`, part of the state. Total: every fact can be applied to
    /// every passage.
    pub fn apply(&mut self, fact: &Fact, at: UtcMs) {
        self.last_at = Some(at);
        match fact {
            Fact::Arrived {
                lane,
                direction,
                edition,
                seed,
            } => {
                self.lane = Some(*lane);
                self.direction = Some(*direction);
                self.edition = Some(edition.clone());
                self.seed = *seed;
                self.arrived_at = Some(at);
            }
            Fact::StageStarted { stage } => {
                self.stage_mut(*stage).started_at.get_or_insert(at);
            }
            Fact::StageCompleted { stage, how } => {
                let state = self.stage_mut(*stage);
                state.started_at.get_or_insert(at);
                state.completed_at = Some(at);
                state.how = Some(how.clone());
            }
            Fact::StageUnavailable { stage, why } => {
                self.stage_mut(*stage).unavailable = Some(why.clone());
            }
            Fact::StageNotRequired { stage } => {
                self.stage_mut(*stage).required = crate::stage::Required::No;
            }
            Fact::PlateRead(reading) => {
                self.first_plate_at.get_or_insert(at);
                self.plates.push(reading.clone());
            }
            Fact::ContainerRead(reading) => self.containers.push(reading.clone()),
            Fact::Identified(identity) => {
                self.identity = Some(identity.clone());
                self.matched_at = None;
            }
            Fact::NotificationMatched { notification } => {
                self.notification = Some(notification.clone());
                self.unfit_notice = None;
                self.matched_at = Some(at);
            }
            Fact::NotificationMissing => {
                self.notification = None;
                self.matched_at = Some(at);
            }
            Fact::NotificationUnfit(it) => self.unfit_notice = Some(it.clone()),
            Fact::WantedMatched { entry } => self.wanted.push(entry.clone()),
            Fact::RadiationMeasured(reading) => self.radiation.push(reading.clone()),
            Fact::VehicleMeasured(reading) => self.vehicle.push(reading.clone()),
            Fact::ImageTaken(reading) => self.images.push(reading.clone()),
            Fact::DocumentRead(reading) => self.documents.push(reading.clone()),
            Fact::FindingRaised(finding) => {
                self.findings.push(RaisedFinding {
                    finding: finding.clone(),
                    raised_at: at,
                });
            }
            Fact::DecisionMade(made) => {
                let before = self.open_stages().collect();
                self.decisions.push(TakenDecision {
                    made: made.clone(),
                    at,
                    before,
                });
            }
            Fact::OrderAccepted(order) => self.orders.push(LaneOrder {
                order: order.clone(),
                accepted_at: at,
                started_at: None,
                completed: None,
            }),
            Fact::OrderStarted { order } => {
                if let Some(open) = self.orders.iter_mut().find(|it| it.order.id == *order) {
                    open.started_at.get_or_insert(at);
                }
            }
            Fact::OrderCompleted { order, outcome } => {
                if let Some(open) = self.orders.iter_mut().find(|it| it.order.id == *order) {
                    open.completed = Some(OrderEnd {
                        outcome: outcome.clone(),
                        at,
                    });
                }
            }
            Fact::RecheckSelected { agency, rule } => {
                self.rechecks.push(Recheck {
                    agency: *agency,
                    rule: rule.clone(),
                    at,
                });
            }
            Fact::ExitPermitted(permit) => {
                self.barrier.permits_given = self.barrier.permits_given.saturating_add(1);
                self.permit = Some(Permit {
                    permit: permit.clone(),
                    given_at: at,
                    commanded_at: None,
                    state: PermitState::Valid,
                });
            }
            Fact::ExitPermitRevoked { permit, because } => {
                self.set_permit(*permit, PermitState::Revoked { because: *because });
            }
            Fact::ExitPermitExpired { permit } => self.set_permit(*permit, PermitState::Expired),
            Fact::BarrierCommanded { permit } => {
                self.set_permit(*permit, PermitState::Commanded);
                if let Some(it) = self
                    .permit
                    .as_mut()
                    .filter(|it| it.permit.number == *permit)
                {
                    it.commanded_at = Some(at);
                }
            }
            Fact::BarrierOpened { permit } => {
                self.set_permit(*permit, PermitState::Used);
                self.barrier.failed = None;
                self.barrier.arm = Arm::Up;
                self.barrier.opened_at = Some(at);
            }
            Fact::BarrierOpenedUnpermitted { .. } => {
                self.barrier.arm = Arm::Up;
                self.barrier.unpermitted_at = Some(at);
            }
            Fact::BarrierClosed => self.barrier.arm = Arm::Down,
            Fact::BarrierFailed { permit, .. } => {
                self.set_permit(*permit, PermitState::Failed);
                self.barrier.failed = Some(*permit);
                self.barrier.failures = self.barrier.failures.saturating_add(1);
            }
            Fact::Departed => self.end(EndedHow::Departed, at),
            Fact::BackedOut => self.end(EndedHow::BackedOut, at),
            Fact::MovedAside => self.aside_at = Some(at),
            Fact::Escalated { what } => {
                self.escalations.push(Escalated {
                    what: what.clone(),
                    at,
                });
            }
            Fact::LinkChanged { state } => {
                self.link = *state;
                self.link_since = Some(at);
            }
            Fact::ManualHandlingRequired { why } => self.manual = Some(why.clone()),
            Fact::Disregarded { .. } => self.disregarded = self.disregarded.saturating_add(1),
            // What a person entered is in the fact that follows; only the identity's author counts.
            Fact::EnteredByHand { by, what } => {
                if what == "identity" {
                    self.identified_by = Some(by.clone());
                }
            }
            // These belong to the checkpoint or the centre and are none of a passage's business.
            Fact::DeviceChanged { .. }
            | Fact::Garbled { .. }
            | Fact::IntakeStopped { .. }
            | Fact::IntakeResumed { .. }
            | Fact::Started { .. }
            | Fact::NotificationLodged { .. }
            | Fact::WantedListed { .. }
            | Fact::WantedUnlisted { .. }
            | Fact::OfficerSeated { .. }
            | Fact::OfficerLeft { .. }
            | Fact::CaseDrawn(_)
            | Fact::CaseOpened { .. }
            | Fact::CaseReturned { .. }
            | Fact::CaseRecalled { .. }
            | Fact::AlarmSilenced { .. }
            | Fact::DecisionGiven { .. }
            | Fact::OrderGiven(_)
            | Fact::CaseRemarked(_)
            | Fact::CheckpointEnrolled { .. }
            | Fact::ArmCounted { .. }
            | Fact::LineStepChanged { .. }
            | Fact::KeepingChanged { .. }
            | Fact::BlobsEvicted { .. }
            | Fact::ParcelImported { .. }
            | Fact::Heard { .. } => (),
        }
    }

    fn stage_mut(&mut self, stage: Stage) -> &mut StageState {
        self.stages.entry(stage).or_default()
    }

    fn set_permit(&mut self, number: u32, state: PermitState) {
        if let Some(permit) = self.permit.as_mut().filter(|it| it.permit.number == number) {
            permit.state = state;
        }
    }

    fn end(&mut self, how: EndedHow, at: UtcMs) {
        self.ended.get_or_insert(Ended { how, at });
    }

    /// Control stages (all but exit) that are neither complete nor waived, in order.
    pub fn open_stages(&self) -> impl Iterator<Item = Stage> {
        Stage::ALL
            .into_iter()
            .filter(|it| *it != Stage::Exit)
            .filter(|it| self.stages.get(it).is_none_or(StageState::is_open))
    }

    pub fn is_complete(&self, stage: Stage) -> bool {
        self.stages
            .get(&stage)
            .is_some_and(|it| it.completed_at.is_some())
    }

    pub fn finding(&self, id: FindingId) -> Option<&RaisedFinding> {
        self.findings.iter().find(|it| it.finding.id == id)
    }

    /// The permit that may open the barrier at `now`.
    pub fn valid_permit(&self, now: UtcMs) -> Option<&ExitPermit> {
        let permit = self.permit.as_ref()?;
        let valid = permit.state == PermitState::Valid && now < permit.permit.expires_at;
        valid.then_some(&permit.permit)
    }
}
