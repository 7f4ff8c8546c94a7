//! The checkpoint's main loop: `step(event, now) -> actions` over one closed event enum.
//!
//! Pure: no clock, no socket, no file. The shell (`program`) carries out each action in order,
//! answers `Action::Record` with `Event::Recorded` once the facts are durable, and only then goes
//! on. State changes in `Recorded` alone, so the commit path and the recovery path are the same
//! code. What a reading means is `domain`'s; which device spoke is `drivers`'.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use devices::barrier::Nonce;
use domain::fact::{DeviceHealth, Direction, Escalation, Fact, LinkState, WantedEntry};
use domain::input::Input;
use domain::lane::{Lane, LoopMeans};
use domain::notification::Notification;
use domain::obligation::Obligation;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::reading::{CameraPosition, DocumentReading, ImageReading, PlateReading};
use domain::stage::Stage;
use domain::unit::{BlobHash, CheckpointId, DeviceId, LaneId, PassageId, UtcMs};
use ledger::{Draft, Record};

use crate::limits;

/// Why people take over a passage on which the rules themselves failed.
pub const RULES_FAILED: &str = "rules_failed";

/// Everything that can happen to a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A device at a lane measured or saw something.
    Sensed {
        lane: LaneId,
        sense: Sense,
    },
    Health {
        device: DeviceId,
        health: DeviceHealth,
        why: String,
    },
    /// Bytes that are not what the device's format allows; `raw` keeps them.
    Garbled {
        device: DeviceId,
        at: u64,
        why: String,
        raw: Option<BlobHash>,
    },
    /// A person at the lane's screen, already known by name and PIN.
    Screen {
        passage: PassageId,
        input: Box<Input>,
    },
    /// The next record of the centre's ledger for this checkpoint.
    Centre(Box<Record>),
    Link(LinkState),
    Space {
        free_bytes: u64,
        space: Space,
    },
    /// A second or so went by.
    TimePassed,
    /// What `Action::Record` asked for is durable.
    Recorded(Vec<Record>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Sense {
    Reading(Box<Input>),
    /// A message that belongs to no passage and is kept all the same; `reason` is a catalogue key.
    Unplaced {
        input: String,
        reason: String,
    },
    EntryLoop(Occupancy),
    /// Under the arm and just behind it.
    ArmLoop(Occupancy),
    /// The arm left its lower stop; `by` is the command it obeyed. `openings` is the controller's
    /// own count.
    ArmUp {
        by: Option<Nonce>,
        openings: u32,
    },
    /// It also rose so often since the last poll, for reasons that were not seen.
    ArmMissed {
        times: u32,
    },
    ArmDown,
    /// The controller did not carry out a command.
    ArmFailed {
        command: Nonce,
        why: String,
    },
    /// First words of the controller after a silence of its own or of ours.
    ControllerBack {
        openings: u32,
        opened_by: Option<Nonce>,
        arm: Arm,
    },
}

impl Sense {
    /// The device sent again what it had sent before.
    pub fn repeated(input: String) -> Sense {
        let reason = "repeated_message".to_owned();
        Sense::Unplaced { input, reason }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupancy {
    Occupied,
    Free,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    Up,
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Ample,
    Low,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Red,
    Green,
}

/// What the shell must do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Make durable in one commit, then come back with `Event::Recorded`.
    Record(Vec<Draft>),
    /// Raise the arm. The controller obeys a nonce once, however often it is sent.
    RaiseArm {
        lane: LaneId,
        command: Nonce,
    },
    ShowLight {
        lane: LaneId,
        light: Light,
    },
}

/// A passage and what the loop must know beside its state.
#[derive(Debug, Clone)]
pub struct Live {
    pub passage: Passage,
    pub lane: LaneId,
    edition: String,
    /// Commanded, and neither opened nor failed since.
    commanded: Option<u32>,
    /// The arm is up before this vehicle, with a permit or without.
    opened: bool,
    pub aside: bool,
    /// Ended: kept for a while, since decisions may still arrive.
    pub ended_at: Option<UtcMs>,
    broken: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeviceState {
    pub health: DeviceHealth,
    pub why: String,
    pub since: UtcMs,
}

#[derive(Debug, Clone)]
struct Gate {
    lane: Lane,
    /// Somebody stood under the arm while it was up: drove through, once it is down again.
    driven_through: bool,
    under_arm: Occupancy,
    arm: Arm,
    /// The loop closed for a vehicle whose arrival is being recorded.
    announced: bool,
    /// Openings answered for; `None` before the controller's first words.
    counted: Option<u32>,
}

pub struct MainLoop {
    pub checkpoint: CheckpointId,
    procedures: Vec<Procedure>,
    gates: BTreeMap<LaneId, Gate>,
    directions: BTreeMap<LaneId, Direction>,
    live: BTreeMap<PassageId, Live>,
    next_number: u64,
    notifications: Vec<Notification>,
    wanted: Vec<WantedEntry>,
    pub link: (LinkState, UtcMs),
    /// Next sequence to hear, by origin and epoch.
    heard: BTreeMap<(String, u32), u64>,
    devices: BTreeMap<DeviceId, DeviceState>,
    pub intake: Space,
    /// Centre records of the commit under way, taken into the folds once it is durable.
    in_hand: Vec<Record>,
    /// Fresh randomness for the next arrivals, from the shell.
    seeds: Vec<u64>,
    started_at: UtcMs,
}

impl MainLoop {
    pub fn new(
        checkpoint: CheckpointId,
        lanes: BTreeMap<LaneId, Direction>,
        procedures: Vec<Procedure>,
    ) -> MainLoop {
        let gate = |id: &LaneId| Gate {
            lane: Lane::new(*id),
            driven_through: false,
            under_arm: Occupancy::Free,
            arm: Arm::Down,
            announced: false,
            counted: None,
        };
        MainLoop {
            checkpoint,
            procedures,
            gates: lanes.keys().map(|id| (*id, gate(id))).collect(),
            directions: lanes,
            live: BTreeMap::new(),
            next_number: 1,
            notifications: Vec::new(),
            wanted: Vec::new(),
            link: (LinkState::Down, UtcMs(0)),
            heard: BTreeMap::new(),
            devices: BTreeMap::new(),
            intake: Space::Ample,
            in_hand: Vec::new(),
            seeds: Vec::new(),
            started_at: UtcMs::default(),
        }
    }

    /// Randomness for the next arrivals; the shell keeps a few in store.
    pub fn add_seed(&mut self, seed: u64) {
        self.seeds.push(seed);
    }

    pub fn seeds_in_store(&self) -> usize {
        self.seeds.len()
    }

    /// One record of the own ledger, at start. The same fold as after a commit.
    pub fn restore(&mut self, record: &Record) {
        self.apply(record);
    }

    /// One record of the centre's ledger that was heard before the restart.
    pub fn restore_centre(&mut self, record: &Record) {
        self.take_in(record);
    }

    /// Where to go on in a ledger of the centre's.
    pub fn heard(&self, origin: &str, epoch: u32) -> u64 {
        self.heard
            .get(&(origin.to_owned(), epoch))
            .copied()
            .unwrap_or(0)
    }

    pub fn passages(&self) -> impl Iterator<Item = &Live> {
        self.live.values()
    }

    pub fn passage(&self, id: &PassageId) -> Option<&Live> {
        self.live.get(id)
    }

    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &DeviceState)> {
        self.devices.iter()
    }

    pub fn arm(&self, lane: LaneId) -> Option<Arm> {
        self.gates.get(&lane).map(|it| it.arm)
    }

    pub fn lanes(&self) -> impl Iterator<Item = (LaneId, Direction)> + '_ {
        self.directions
            .iter()
            .map(|(lane, direction)| (*lane, *direction))
    }

    /// A camera's message that was taken in before, by the camera's own name of it.
    pub fn has_read(&self, lane: LaneId, reading: &PlateReading) -> bool {
        let same = |it: &PlateReading| {
            it.message_id.is_some()
                && it.message_id == reading.message_id
                && it.vendor == reading.vendor
        };
        let here = self.live.values().filter(|it| it.lane == lane);
        here.flat_map(|it| &it.passage.plates).any(same)
    }

    /// The reader sends the same document again.
    pub fn has_document(&self, lane: LaneId, reading: &DocumentReading) -> bool {
        let here = self.live.values().filter(|it| it.lane == lane);
        // The whole of it: a reader that starts anew may give its numbers again.
        let mut known = here.flat_map(|it| &it.passage.documents);
        reading.message_id.is_some() && known.any(|it| it == reading)
    }

    /// The scanner sends the same scan again.
    pub fn has_image(&self, lane: LaneId, reading: &ImageReading) -> bool {
        let here = self.live.values().filter(|it| it.lane == lane);
        let mut known = here.flat_map(|it| &it.passage.images);
        reading.message_id.is_some() && known.any(|it| it == reading)
    }

    /// The edition in force for what arrives now.
    pub fn procedure_now(&self, now: UtcMs) -> Option<&Procedure> {
        Procedure::in_force(&self.procedures, now)
    }

    /// The edition a passage arrived under; the one in force when that edition is gone.
    pub fn procedure_of(&self, live: &Live, now: UtcMs) -> Option<&Procedure> {
        let by_name = self.procedures.iter().find(|it| it.edition == live.edition);
        by_name.or_else(|| self.procedure_now(now))
    }

    pub fn obligations(&self, live: &Live, now: UtcMs) -> Vec<Obligation> {
        match self.procedure_of(live, now) {
            Some(procedure) if live.ended_at.is_none() && !live.broken => {
                live.passage.obligations(procedure, now)
            }
            _ => Vec::new(),
        }
    }

    pub fn step(&mut self, event: Event, now: UtcMs) -> Vec<Action> {
        match event {
            Event::Sensed { lane, sense } => self.sensed(lane, sense, now),
            Event::Health {
                device,
                health,
                why,
            } => self.health(device, health, why, now),
            Event::Garbled {
                device,
                at,
                why,
                raw,
            } => self.record(
                now,
                None,
                vec![Fact::Garbled {
                    device,
                    at,
                    why,
                    raw,
                }],
            ),
            Event::Screen { passage, input } => self.conclude(&passage, &input, now),
            Event::Centre(record) => self.centre(*record, now),
            Event::Link(state) => self.link_changed(state, now),
            Event::Space { free_bytes, space } => self.space(free_bytes, space, now),
            Event::TimePassed => self.time_passed(now),
            Event::Recorded(records) => self.recorded(&records, now),
        }
    }

    /// What is due after a start: commands that may not have reached the arm, owed matches.
    pub fn resume(&mut self, now: UtcMs) -> Vec<Action> {
        self.gates.values_mut().for_each(|it| it.lane.forget_loop());
        self.started_at = now;
        let everybody: BTreeSet<PassageId> = self.live.keys().cloned().collect();
        let mut actions = match self.news(now) {
            news if news.is_empty() => self.due(&everybody, now),
            news => news,
        };
        actions.extend(
            self.live
                .values()
                .filter_map(|it| self.pulse_again(it, now)),
        );
        actions.extend(self.lights());
        actions
    }

    // ---- what events mean ---------------------------------------------------------------------

    fn sensed(&mut self, lane: LaneId, sense: Sense, now: UtcMs) -> Vec<Action> {
        if !self.gates.contains_key(&lane) {
            return self.nobody(now, "sensed", "lane_unknown");
        }
        match sense {
            Sense::Reading(input) => self.reading(lane, *input, now),
            Sense::Unplaced { input, reason } => self.nobody(now, &input, &reason),
            Sense::EntryLoop(Occupancy::Occupied) => self.entry_occupied(lane, now),
            Sense::EntryLoop(Occupancy::Free) => {
                self.gate(lane, |it| it.lane.loop_cleared());
                Vec::new()
            }
            Sense::ArmLoop(occupancy) => {
                self.gate(lane, |it| {
                    it.under_arm = occupancy;
                    it.driven_through |= occupancy == Occupancy::Occupied && it.arm == Arm::Up;
                });
                Vec::new()
            }
            Sense::ArmUp { by, openings } => self.arm_up(lane, by, openings, now),
            Sense::ArmMissed { times } => {
                let told = times.min(limits::OPENINGS_TOLD);
                let facts = (0..told).flat_map(|_| unpermitted(lane)).collect();
                self.record(now, None, facts)
            }
            Sense::ArmDown => self.arm_down(lane, now),
            Sense::ArmFailed { command, why } => match self.commanded_by(lane, command) {
                Some((passage, permit)) => {
                    self.conclude(&passage, &Input::BarrierFailed { permit, why }, now)
                }
                None => self.nobody(now, "barrier_failed", "no_such_command"),
            },
            Sense::ControllerBack {
                openings,
                opened_by,
                arm,
            } => self.controller_back(lane, openings, opened_by, arm, now),
        }
    }

    /// A device's reading goes to the passage it belongs to; to nobody's account it is kept too.
    fn reading(&mut self, lane: LaneId, input: Input, now: UtcMs) -> Vec<Action> {
        let Some(gate) = self.gates.get(&lane) else {
            return Vec::new();
        };
        let owner = match &input {
            Input::Plate(it) => gate.lane.of_plate(it.position).cloned(),
            Input::Container(_) => gate.lane.of_plate(CameraPosition::Rear).cloned(),
            Input::Radiation(_) => gate.lane.of_reading(Stage::Radiation).cloned(),
            Input::Vehicle(_) => gate.lane.of_reading(Stage::Dimensions).cloned(),
            Input::Image(_) => gate.lane.of_reading(Stage::Imaging).cloned(),
            Input::Document(_) | Input::DocumentsPresented => {
                gate.lane.of_reading(Stage::Documents).cloned()
            }
            Input::DeviceUnavailable { stage, .. } => gate.lane.of_reading(*stage).cloned(),
            _ => None,
        };
        if let Some(owner) = owner {
            return self.conclude(&owner, &input, now);
        }
        if let Input::Plate(it) = &input
            && it.position == CameraPosition::Front
        {
            // Cameras read a plate more than once; a vehicle in the lane is not a second one.
            let owner = self.in_lane_as(lane, it.plate.as_deref());
            return match owner {
                Some(owner) => self.conclude(&owner, &input, now),
                // They also look ahead of the loop: this one is just arriving.
                None => self.arrive(lane, Some(&input), now),
            };
        }
        let kind = input_kind(&input);
        self.nobody(now, &kind, "no_vehicle_for_it")
    }

    fn entry_occupied(&mut self, lane: LaneId, now: UtcMs) -> Vec<Action> {
        let means = self
            .gates
            .get_mut(&lane)
            .map(|it| it.lane.loop_occupied(now));
        match means {
            Some(LoopMeans::NewVehicle) => {
                self.gate(lane, |it| it.announced = true);
                self.arrive(lane, None, now)
            }
            _ => Vec::new(),
        }
    }

    fn arrive(&mut self, lane: LaneId, first: Option<&Input>, now: UtcMs) -> Vec<Action> {
        if self.intake == Space::Low {
            self.gate(lane, |it| it.announced = false);
            return self.nobody(now, "arrival", "intake_stopped");
        }
        let id = PassageId {
            checkpoint: self.checkpoint.clone(),
            number: self.next_number,
        };
        let direction = self
            .directions
            .get(&lane)
            .copied()
            .unwrap_or(Direction::Entry);
        let Some(procedure) = self.procedure_now(now) else {
            return self.nobody(now, "arrival", "no_procedure_in_force");
        };
        let seed = self.seeds.last().copied().unwrap_or(0);
        let mut passage = Passage::new(id.clone());
        let mut facts = Vec::new();
        let arrival = Input::Arrival {
            lane,
            direction,
            seed,
        };
        // A passage takes the link to be up unless it is told.
        let link = (self.link.0 == LinkState::Down).then_some(Input::Link(LinkState::Down));
        for input in std::iter::once(&arrival).chain(&link).chain(first) {
            let concluded = passage.conclude(input, now, procedure);
            concluded.iter().for_each(|it| passage.apply(it, now));
            facts.extend(concluded);
        }
        self.seeds.pop();
        self.record(now, Some(&id), facts)
    }

    fn arm_up(
        &mut self,
        lane: LaneId,
        by: Option<Nonce>,
        openings: u32,
        now: UtcMs,
    ) -> Vec<Action> {
        self.gate(lane, |it| {
            it.arm = Arm::Up;
            it.driven_through |= it.under_arm == Occupancy::Occupied;
        });
        let mut drafts = vec![draft(now, None, Fact::ArmCounted { lane, openings })];
        drafts.extend(self.opening(lane, by, now));
        vec![Action::Record(drafts)]
    }

    /// Whose opening it was; nobody's is the gravest fact there is.
    fn opening(&self, lane: LaneId, by: Option<Nonce>, now: UtcMs) -> Vec<Draft> {
        if let Some((passage, permit)) = by.and_then(|it| self.commanded_by(lane, it)) {
            let input = Input::BarrierOpened {
                lane,
                permit: Some(permit),
            };
            return self.drafts_of(&passage, &[input], now);
        }
        let at_exit = self.gates.get(&lane).and_then(|it| it.lane.at_exit());
        match at_exit {
            Some(passage) => {
                self.drafts_of(passage, &[Input::BarrierOpened { lane, permit: None }], now)
            }
            None => unpermitted(lane)
                .into_iter()
                .map(|it| draft(now, None, it))
                .collect(),
        }
    }

    fn arm_down(&mut self, lane: LaneId, now: UtcMs) -> Vec<Action> {
        let mut through = false;
        self.gate(lane, |it| {
            it.arm = Arm::Down;
            through = std::mem::take(&mut it.driven_through);
        });
        let Some(passage) = self.opened_at(lane) else {
            return Vec::new();
        };
        let mut inputs = vec![Input::BarrierClosed];
        if through {
            inputs.push(Input::Departed);
        }
        self.conclude_all(&passage, &inputs, now)
    }

    /// The controller counts while nobody listens; what it did meanwhile is heard now. An arm that
    /// rose on our command closes only behind its vehicle, so an arm that is down again means that
    /// the vehicle left.
    fn controller_back(
        &mut self,
        lane: LaneId,
        openings: u32,
        opened_by: Option<Nonce>,
        arm: Arm,
        now: UtcMs,
    ) -> Vec<Action> {
        let mut counted = None;
        let opened = self.opened_at(lane);
        self.gate(lane, |it| {
            it.arm = arm;
            counted = it.counted;
            // Whether somebody drove under it was not heard; it closes only behind its vehicle.
            it.driven_through |= arm == Arm::Up && opened.is_some();
        });
        let mut drafts = Vec::new();
        if counted != Some(openings) {
            drafts.push(draft(now, None, Fact::ArmCounted { lane, openings }));
        }
        let left = [Input::BarrierClosed, Input::Departed];
        let unheard = match counted {
            Some(counted) if counted <= openings => openings - counted,
            // Another controller, or one that lost its memory: it counts from nothing.
            Some(_) => openings,
            None => 0,
        };
        if let Some(passage) = opened
            && (arm == Arm::Down || unheard > 0)
        {
            drafts.extend(self.drafts_of(&passage, &left, now));
        }
        let ours = opened_by.and_then(|it| self.commanded_by(lane, it));
        if let Some((passage, permit)) = &ours
            && unheard > 0
        {
            let mut inputs = vec![Input::BarrierOpened {
                lane,
                permit: Some(*permit),
            }];
            if arm == Arm::Down {
                inputs.extend(left);
            }
            drafts.extend(self.drafts_of(passage, &inputs, now));
        }
        let nobodys = unheard.saturating_sub(u32::from(ours.is_some()));
        let nobodys = (0..nobodys.min(limits::OPENINGS_TOLD)).flat_map(|_| unpermitted(lane));
        drafts.extend(nobodys.map(|it| draft(now, None, it)));
        let mut actions = vec![Action::Record(drafts)];
        if ours.is_none() {
            // Commands that it may never have heard; it obeys each once.
            actions.extend(
                self.live
                    .values()
                    .filter(|it| it.lane == lane)
                    .filter_map(|it| self.pulse_again(it, now)),
            );
        }
        actions
    }

    fn health(
        &mut self,
        device: DeviceId,
        health: DeviceHealth,
        why: String,
        now: UtcMs,
    ) -> Vec<Action> {
        let why: String = why.chars().take(limits::WHY_CHARS).collect();
        let known = self.devices.get(&device);
        if known.is_some_and(|it| it.health == health && it.why == why) {
            return Vec::new();
        }
        self.record(
            now,
            None,
            vec![Fact::DeviceChanged {
                device,
                health,
                why,
            }],
        )
    }

    fn link_changed(&mut self, state: LinkState, now: UtcMs) -> Vec<Action> {
        if self.link.0 == state {
            return Vec::new();
        }
        let mut drafts = vec![draft(now, None, Fact::LinkChanged { state })];
        for live in self.live.values().filter(|it| it.ended_at.is_none()) {
            drafts.extend(self.drafts(live, &Input::Link(state), now));
        }
        vec![Action::Record(drafts)]
    }

    fn space(&mut self, free_bytes: u64, space: Space, now: UtcMs) -> Vec<Action> {
        if self.intake == space {
            return Vec::new();
        }
        let fact = match space {
            Space::Low => Fact::IntakeStopped { free_bytes },
            Space::Ample => Fact::IntakeResumed { free_bytes },
        };
        self.record(now, None, vec![fact])
    }

    /// A record of the centre's, once: what was heard before is passed over.
    fn centre(&mut self, record: Record, now: UtcMs) -> Vec<Action> {
        if record.sequence < self.heard(&record.origin, record.epoch) {
            return Vec::new();
        }
        let heard = Fact::Heard {
            origin: record.origin.clone(),
            epoch: record.epoch,
            sequence: record.sequence,
        };
        let mut drafts = vec![draft(now, None, heard)];
        let addressed = match &record.fact {
            Fact::DecisionGiven { passage, decision } => {
                Some((passage.clone(), Input::Decision(decision.clone())))
            }
            Fact::OrderGiven(order) => Some((order.passage.clone(), Input::Order(order.clone()))),
            _ => None,
        };
        if let Some((passage, input)) = addressed {
            match self.live.get(&passage) {
                Some(live) => drafts.extend(self.drafts(live, &input, now)),
                None => drafts.push(draft(
                    now,
                    Some(&passage),
                    Fact::Disregarded {
                        input: input_kind(&input),
                        reason: "passage_gone".to_owned(),
                    },
                )),
            }
        }
        let refused = match &record.fact {
            Fact::NotificationLodged { notification } => notification.refusal(),
            Fact::WantedListed { entry } if is_too_long(entry) => Some("limit.text_too_long"),
            _ => None,
        };
        drafts.extend(refused.map(|reason| {
            let (input, reason) = (record.fact.kind(), reason.to_owned());
            draft(now, None, Fact::Disregarded { input, reason })
        }));
        self.in_hand.push(record);
        vec![Action::Record(drafts)]
    }

    /// Deadlines and expiries, of those passages where one fell due: time is no claim of
    /// anybody's, so its passing alone is no fact.
    fn time_passed(&mut self, now: UtcMs) -> Vec<Action> {
        let keep = |it: &Live| {
            it.ended_at
                .is_none_or(|at| now.since_ms(at) < limits::ENDED_PASSAGES_KEPT_MS)
        };
        self.live.retain(|_, it| keep(it));
        let mut drafts = Vec::new();
        for live in self
            .live
            .values()
            .filter(|it| it.ended_at.is_none() && !it.broken)
        {
            let due = self
                .procedure_of(live, now)
                .and_then(|it| live.passage.next_due(it));
            if due.is_some_and(|at| at <= now) {
                drafts.extend(self.drafts(live, &Input::TimePassed, now));
            }
        }
        if !drafts.is_empty() {
            return vec![Action::Record(drafts)];
        }
        let everybody: BTreeSet<PassageId> = self.live.keys().cloned().collect();
        self.due(&everybody, now)
    }

    fn recorded(&mut self, records: &[Record], now: UtcMs) -> Vec<Action> {
        let before = self.intake;
        let mut touched = BTreeSet::new();
        let mut actions = Vec::new();
        for record in records {
            self.apply(record);
            let Some(passage) = &record.passage else {
                continue;
            };
            touched.insert(passage.clone());
        }
        for record in records {
            if let (Fact::BarrierCommanded { permit }, Some(passage)) =
                (&record.fact, &record.passage)
                && let Some(live) = self.live.get(passage)
                // Raised by hand in the same breath: the arm is not asked as well.
                && live.commanded == Some(*permit)
            {
                // Durable now: the arm may move.
                let command = command_of(passage, *permit);
                actions.push(Action::RaiseArm {
                    lane: live.lane,
                    command,
                });
            }
        }
        let mut listed = false;
        for record in std::mem::take(&mut self.in_hand) {
            listed |= matches!(
                record.fact,
                Fact::NotificationLodged { .. } | Fact::WantedListed { .. }
            );
            self.take_in(&record);
        }
        let news = match listed {
            true => self.news(now),
            false => Vec::new(),
        };
        if before != self.intake {
            actions.extend(self.lights());
        }
        // Never both: what is due is computed after the news is true.
        actions.extend(match news.is_empty() {
            true => self.due(&touched, now),
            false => news,
        });
        actions
    }

    // ---- obligations that the loop itself can meet ----------------------------------------------

    fn due(&self, passages: &BTreeSet<PassageId>, now: UtcMs) -> Vec<Action> {
        let mut drafts = Vec::new();
        let mut commanded: BTreeSet<LaneId> = self
            .live
            .values()
            .filter(|it| it.commanded.is_some() || it.opened)
            .map(|it| it.lane)
            .collect();
        for id in passages {
            let Some(live) = self.live.get(id) else {
                continue;
            };
            for obligation in self.obligations(live, now) {
                let stage = match obligation {
                    Obligation::Perform { stage } => Some(stage),
                    Obligation::OpenBarrier { .. } => Some(Stage::Exit),
                    _ => None,
                };
                if let Some(stage) = stage
                    && let Some(why) = self.is_down(live, stage, now)
                {
                    let input = Input::DeviceUnavailable { stage, why };
                    drafts.extend(self.drafts(live, &input, now));
                    break;
                }
                // What else the passage owes depends on the outcome: one thing at a time.
                match obligation {
                    Obligation::MatchIdentity => {
                        drafts.extend(self.drafts(live, &self.matched(live), now));
                        break;
                    }
                    // One arm, one vehicle at a time, and the one that stands before it.
                    Obligation::OpenBarrier { permit }
                        if self.is_before_arm(live) && commanded.insert(live.lane) =>
                    {
                        drafts.extend(self.drafts(live, &Input::BarrierCommand { permit }, now));
                        break;
                    }
                    _ => (),
                }
            }
        }
        // An act that changes nothing leaves it owed: recorded, it would be tried again at once.
        let in_vain = |it: &Draft| matches!(it.fact, Fact::Disregarded { .. });
        match drafts.iter().all(in_vain) {
            true => Vec::new(),
            false => vec![Action::Record(drafts)],
        }
    }

    /// Vehicles cannot overtake: the arm is for the first one that has every stage before it behind
    /// itself. A vehicle aside goes when nobody stands there; one that still presents its documents
    /// does not stand there, or a busy lane would never let it out.
    fn is_before_arm(&self, live: &Live) -> bool {
        let Some(gate) = self.gates.get(&live.lane) else {
            return false;
        };
        let seen_by_all = |it: &&PassageId| {
            self.live.get(it).is_some_and(|it| {
                let mut open = it.passage.open_stages();
                !open.any(|it| !matches!(it, Stage::Entry | Stage::Exit))
            })
        };
        let first = gate.lane.passages().find(seen_by_all);
        match live.aside {
            true => first.is_none(),
            false => first == Some(&live.passage.id),
        }
    }

    /// A pulse that may have been lost with us or with the controller. Not one that was waited for
    /// long enough: somebody else may stand before the arm by now.
    fn pulse_again(&self, live: &Live, now: UtcMs) -> Option<Action> {
        let procedure = self.procedure_of(live, now)?;
        let permit = live.passage.pulse_owed(procedure, now)?;
        let command = command_of(&live.passage.id, permit);
        (live.commanded == Some(permit)).then_some(Action::RaiseArm {
            lane: live.lane,
            command,
        })
    }

    fn matched(&self, live: &Live) -> Input {
        let identity = live.passage.identity.as_ref();
        let plate = identity.and_then(|it| it.tractor_plate.as_deref());
        let containers: &[String] = identity.map_or(&[], |it| &it.containers);
        let concerns = |it: &&Notification| {
            Some(it.tractor_plate.as_str()) == plate
                || it.containers.iter().any(|code| containers.contains(code))
        };
        // The latest one counts: a carrier corrects a notification by lodging it again.
        let notification = self.notifications.iter().rev().find(concerns).cloned();
        let trailer = identity.and_then(|it| it.trailer_plate.as_deref());
        let listed = |it: &&WantedEntry| {
            Some(it.plate.as_str()) == plate || Some(it.plate.as_str()) == trailer
        };
        let wanted = self.wanted.iter().filter(listed);
        let wanted = wanted.take(domain::limits::WANTED).cloned().collect();
        Input::Matched {
            notification: notification.map(Box::new),
            wanted,
        }
    }

    /// What was notified or listed after the vehicle had been looked up.
    fn news(&self, now: UtcMs) -> Vec<Action> {
        let looked_up =
            |it: &&Live| it.passage.matched_at.is_some() && it.ended_at.is_none() && !it.broken;
        let mut drafts = Vec::new();
        for live in self.live.values().filter(looked_up) {
            let input = self.matched(live);
            let Input::Matched {
                notification,
                wanted,
            } = &input
            else {
                continue;
            };
            let passage = &live.passage;
            let room = passage.wanted.len() < domain::limits::WANTED;
            let listed = room && wanted.iter().any(|it| !passage.wanted.contains(it));
            let notified = notification.is_some() && *notification != passage.notification;
            if listed || notified {
                drafts.extend(self.drafts(live, &input, now));
            }
        }
        match drafts.is_empty() {
            true => Vec::new(),
            false => vec![Action::Record(drafts)],
        }
    }

    /// Why the lane's device for `stage` cannot do it; `None` as long as it may come back by
    /// itself. A driver must have had the time to dial after our own start.
    fn is_down(&self, live: &Live, stage: Stage, now: UtcMs) -> Option<String> {
        let name = match stage {
            Stage::Entry => "plate-front",
            Stage::Radiation => "portal",
            Stage::Dimensions => "scale",
            Stage::Imaging => "xray",
            Stage::Documents => "documents",
            Stage::Exit => "arm",
        };
        let device = DeviceId::new(format!("{}/{name}", live.lane));
        let state = self.devices.get(&device)?;
        let since = state.since.max(self.started_at);
        let given_up = state.health == DeviceHealth::Down
            && now.since_ms(since) >= limits::DEVICE_MAY_RETURN_MS;
        let told = live.passage.stages.get(&stage);
        let told = told.is_some_and(|it| it.unavailable.is_some());
        (given_up && !told).then(|| state.why.chars().take(limits::WHY_CHARS).collect())
    }

    fn lights(&self) -> Vec<Action> {
        let light = match self.intake {
            Space::Ample => Light::Green,
            Space::Low => Light::Red,
        };
        self.gates
            .keys()
            .map(|lane| Action::ShowLight { lane: *lane, light })
            .collect()
    }

    // ---- the fold ------------------------------------------------------------------------------

    fn apply(&mut self, record: &Record) {
        match (&record.passage, &record.fact) {
            (
                _,
                Fact::Heard {
                    origin,
                    epoch,
                    sequence,
                },
            ) => {
                self.heard.insert((origin.clone(), *epoch), sequence + 1);
            }
            (
                None,
                Fact::DeviceChanged {
                    device,
                    health,
                    why,
                },
            ) => {
                let since = record.at;
                let state = DeviceState {
                    health: *health,
                    why: why.clone(),
                    since,
                };
                self.devices.insert(device.clone(), state);
            }
            (None, Fact::LinkChanged { state }) => self.link = (*state, record.at),
            (None, Fact::ArmCounted { lane, openings }) => {
                self.gate(*lane, |it| it.counted = Some(*openings));
            }
            (None, Fact::IntakeStopped { .. }) => self.intake = Space::Low,
            (None, Fact::IntakeResumed { .. }) => self.intake = Space::Ample,
            (Some(id), fact) => self.apply_to(id, fact, record.at),
            (None, _) => (),
        }
    }

    fn apply_to(&mut self, id: &PassageId, fact: &Fact, at: UtcMs) {
        if let Fact::Arrived { lane, edition, .. } = fact {
            self.next_number = self.next_number.max(id.number + 1);
            let live = Live {
                passage: Passage::new(id.clone()),
                lane: *lane,
                edition: edition.clone(),
                commanded: None,
                opened: false,
                aside: false,
                ended_at: None,
                broken: false,
            };
            self.live.insert(id.clone(), live);
        }
        let Some(live) = self.live.get_mut(id) else {
            return;
        };
        live.passage.apply(fact, at);
        match fact {
            Fact::BarrierCommanded { permit } => live.commanded = Some(*permit),
            Fact::BarrierOpened { .. } => {
                live.commanded = None;
                live.opened = true;
            }
            Fact::BarrierOpenedUnpermitted { .. } => live.opened = true,
            Fact::BarrierFailed { .. } => live.commanded = None,
            Fact::BarrierClosed => live.opened = false,
            Fact::Departed | Fact::BackedOut => {
                live.ended_at = Some(at);
                live.opened = false;
                live.commanded = None;
            }
            Fact::MovedAside => live.aside = true,
            Fact::ManualHandlingRequired { why } => live.broken |= why == RULES_FAILED,
            _ => (),
        }
        let lane = live.lane;
        if let Some(gate) = self.gates.get_mut(&lane) {
            gate.lane.apply(id, fact, at);
            if matches!(fact, Fact::Arrived { .. }) && std::mem::take(&mut gate.announced) {
                gate.lane.loop_is(id);
            }
        }
    }

    fn take_in(&mut self, record: &Record) {
        match &record.fact {
            // What no passage would look at is not offered to one.
            Fact::NotificationLodged { notification } if notification.refusal().is_some() => (),
            Fact::WantedListed { entry } if is_too_long(entry) => (),
            Fact::NotificationLodged { notification } => {
                self.notifications.retain(|it| it.id != notification.id);
                self.notifications.push((**notification).clone());
                let over = self
                    .notifications
                    .len()
                    .saturating_sub(limits::NOTIFICATIONS_KEPT);
                self.notifications.drain(..over);
            }
            Fact::WantedListed { entry } => self.wanted.push(entry.clone()),
            Fact::WantedUnlisted { plate, agency } => {
                self.wanted
                    .retain(|it| it.plate != *plate || it.agency != *agency);
            }
            _ => (),
        }
    }

    // ---- small things ---------------------------------------------------------------------------

    fn conclude(&self, id: &PassageId, input: &Input, now: UtcMs) -> Vec<Action> {
        self.conclude_all(id, std::slice::from_ref(input), now)
    }

    /// Several inputs in one commit, each seeing what the ones before it made true.
    fn conclude_all(&self, id: &PassageId, inputs: &[Input], now: UtcMs) -> Vec<Action> {
        vec![Action::Record(self.drafts_of(id, inputs, now))]
    }

    fn drafts_of(&self, id: &PassageId, inputs: &[Input], now: UtcMs) -> Vec<Draft> {
        let Some(live) = self.live.get(id) else {
            let input = inputs.first().map(input_kind).unwrap_or_default();
            let reason = "passage_gone".to_owned();
            return vec![draft(now, Some(id), Fact::Disregarded { input, reason })];
        };
        let mut live = live.clone();
        let mut drafts = Vec::new();
        for input in inputs {
            let concluded = self.drafts(&live, input, now);
            concluded
                .iter()
                .for_each(|it| live.passage.apply(&it.fact, now));
            drafts.extend(concluded);
        }
        drafts
    }

    fn drafts(&self, live: &Live, input: &Input, now: UtcMs) -> Vec<Draft> {
        let id = &live.passage.id;
        let facts = match self.procedure_of(live, now) {
            _ if live.broken => by_people_alone(live, input),
            // One record that the rules cannot bear must not stop the lane, nor bring the process
            // down again at every resend: people take this passage over.
            Some(procedure) => {
                let concluded = catch_unwind(AssertUnwindSafe(|| {
                    live.passage.conclude(input, now, procedure)
                }));
                let why = RULES_FAILED.to_owned();
                concluded.unwrap_or_else(|_| vec![Fact::ManualHandlingRequired { why }])
            }
            None => vec![Fact::Disregarded {
                input: input_kind(input),
                reason: "no_procedure_in_force".to_owned(),
            }],
        };
        facts
            .into_iter()
            .map(|fact| draft(now, Some(id), fact))
            .collect()
    }

    fn record(&self, now: UtcMs, passage: Option<&PassageId>, facts: Vec<Fact>) -> Vec<Action> {
        vec![Action::Record(
            facts
                .into_iter()
                .map(|it| draft(now, passage, it))
                .collect(),
        )]
    }

    /// An input that belongs to no passage is kept at the checkpoint's own account.
    fn nobody(&self, now: UtcMs, input: &str, reason: &str) -> Vec<Action> {
        let fact = Fact::Disregarded {
            input: input.to_owned(),
            reason: reason.to_owned(),
        };
        self.record(now, None, vec![fact])
    }

    fn gate(&mut self, lane: LaneId, change: impl FnOnce(&mut Gate)) {
        if let Some(gate) = self.gates.get_mut(&lane) {
            change(gate);
        }
    }

    /// Whose pulse this is: one that is out, or one that seemed to have failed.
    fn commanded_by(&self, lane: LaneId, command: Nonce) -> Option<(PassageId, u32)> {
        let here = |it: &&Live| it.lane == lane && it.ended_at.is_none();
        self.live.values().filter(here).find_map(|it| {
            let id = &it.passage.id;
            let sent = [it.commanded, it.passage.barrier.failed];
            let permit = sent
                .into_iter()
                .flatten()
                .find(|permit| command_of(id, *permit) == command)?;
            Some((id.clone(), permit))
        })
    }

    fn in_lane_as(&self, lane: LaneId, plate: Option<&str>) -> Option<PassageId> {
        let plate = plate?;
        let read = |it: &&Live| {
            it.lane == lane
                && it.ended_at.is_none()
                && it
                    .passage
                    .plates
                    .iter()
                    .any(|it| it.plate.as_deref() == Some(plate))
        };
        self.live
            .values()
            .find(read)
            .map(|it| it.passage.id.clone())
    }

    fn opened_at(&self, lane: LaneId) -> Option<PassageId> {
        let opened = |it: &&Live| it.lane == lane && it.opened && it.ended_at.is_none();
        self.live
            .values()
            .find(opened)
            .map(|it| it.passage.id.clone())
    }
}

fn is_too_long(entry: &WantedEntry) -> bool {
    entry.plate.len().max(entry.reason.len()) > domain::limits::TEXT_BYTES
}

fn draft(at: UtcMs, passage: Option<&PassageId>, fact: Fact) -> Draft {
    Draft {
        at,
        passage: passage.cloned(),
        fact,
    }
}

fn command_of(passage: &PassageId, permit: u32) -> Nonce {
    Nonce::new(passage.number, permit)
}

/// A passage on which the rules failed is not shown to them again. What the arm does and where the
/// vehicle goes is recorded all the same, or it would stand in its lane for ever.
fn by_people_alone(live: &Live, input: &Input) -> Vec<Fact> {
    match input {
        Input::BarrierOpened {
            permit: Some(permit),
            ..
        } if live.commanded == Some(*permit) => vec![Fact::BarrierOpened { permit: *permit }],
        Input::BarrierOpened { lane, .. } => unpermitted(*lane).to_vec(),
        Input::BarrierClosed => vec![Fact::BarrierClosed],
        Input::BackedOut => vec![Fact::BackedOut],
        Input::MovedAside if !live.aside => vec![Fact::MovedAside],
        Input::Departed if live.passage.barrier.opened_at.is_some() => vec![Fact::Departed],
        Input::Departed => {
            let what = Escalation::DepartedUnpermitted;
            vec![Fact::Departed, Fact::Escalated { what }]
        }
        _ => vec![Fact::Disregarded {
            input: input_kind(input),
            reason: "manual_handling".to_owned(),
        }],
    }
}

fn unpermitted(lane: LaneId) -> [Fact; 2] {
    let what = Escalation::BarrierUnpermitted;
    [
        Fact::BarrierOpenedUnpermitted { lane },
        Fact::Escalated { what },
    ]
}

/// The `k` of an input: its variant in snake case.
pub fn input_kind(input: &Input) -> String {
    match serde_json::to_value(input) {
        Ok(serde_json::Value::Object(it)) => it
            .get("k")
            .and_then(|k| k.as_str())
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    }
}
