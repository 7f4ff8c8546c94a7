//! The checkpoint's main loop: `step(event, now) -> actions` over one closed event enum.
//!
//! Pure: no clock, no socket, no file. The shell (`program`) carries out each action in order,
//! answers `Action::Record` with `Event::Recorded` once the facts are durable, and only then goes
//! on. State changes in `Recorded` alone, so the commit path and the recovery path are the same
//! code. What a reading means is `domain`'s; which device spoke is `drivers`'.

mod arm;
mod arrival;
mod draft;
mod fold;
mod known;
mod owed;
mod papers;
mod room;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use domain::fact::{DeviceHealth, Direction, Fact, LinkState, WantedEntry};
use domain::input::Input;
use domain::lane::Lane;
use domain::line::{Keeps, Needs, Sends};
use domain::notification::Notification;
use domain::obligation::Obligation;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::unit::{CheckpointId, DeviceId, LaneId, NotificationId, PassageId, UtcMs};
use ledger::Record;

use self::arm::{command_of, unpermitted};
pub use self::draft::input_kind;
use self::draft::{draft, is_too_long};
pub use self::known::{Known, NUMBER_REUSED};
pub use self::vocabulary::{Action, Arm, Event, Light, Occupancy, Sense, Space};
use crate::limits;

/// Why people take over a passage on which the rules themselves failed.
pub const RULES_FAILED: &str = "rules_failed";

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
    /// Stands on the loop since intake was stopped, and no passage knows of it.
    turned_away: bool,
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
    /// Which passage arrived under a notification; one that turned back frees it.
    used: BTreeMap<NotificationId, PassageId>,
    wanted: Vec<WantedEntry>,
    pub link: (LinkState, UtcMs),
    /// Next sequence to hear, by origin and epoch.
    heard: BTreeMap<(String, u32), u64>,
    devices: BTreeMap<DeviceId, DeviceState>,
    pub intake: Space,
    /// What goes up unasked, and what is kept of what comes in.
    pub sends: Sends,
    pub keeps: Keeps,
    /// What the last hour asked of the line.
    pub needs: Needs,
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
            turned_away: false,
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
            used: BTreeMap::new(),
            wanted: Vec::new(),
            link: (LinkState::Down, UtcMs(0)),
            heard: BTreeMap::new(),
            devices: BTreeMap::new(),
            intake: Space::Ample,
            sends: Sends::Everything,
            keeps: Keeps::Everything,
            needs: Needs::default(),
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
            Event::Room {
                used_percent,
                rate_bps,
            } => self.room(used_percent, rate_bps, now),
            Event::Did(fact) => self.record(now, None, vec![*fact]),
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

    fn sensed(&mut self, lane: LaneId, sense: Sense, now: UtcMs) -> Vec<Action> {
        if !self.gates.contains_key(&lane) {
            return self.nobody(now, "sensed", "lane_unknown");
        }
        match sense {
            Sense::Reading(input) => self.reading(lane, *input, now),
            Sense::Presented { papers } => self.presented(lane, &papers, now),
            Sense::Unplaced { input, reason } => self.nobody(now, &input, &reason),
            Sense::EntryLoop(Occupancy::Occupied) => self.entry_occupied(lane, now),
            Sense::EntryLoop(Occupancy::Free) => {
                self.gate(lane, |it| {
                    it.lane.loop_cleared();
                    it.turned_away = false;
                });
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
        let settled = !actions.iter().any(|it| matches!(it, Action::Record(_)));
        if settled && self.intake == Space::Ample {
            actions.extend(self.let_in(now));
        }
        actions
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

    fn gate(&mut self, lane: LaneId, change: impl FnOnce(&mut Gate)) {
        if let Some(gate) = self.gates.get_mut(&lane) {
            change(gate);
        }
    }
}
