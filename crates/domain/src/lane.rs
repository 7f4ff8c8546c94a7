//! A lane: vehicles one behind the other. Says which passage a device's reading belongs to.
//!
//! Vehicles cannot overtake, so a reading of a stage belongs to the oldest vehicle that still
//! owes that stage and has not been seen further on. An order that was started overrides this:
//! the officer has put that very vehicle before the device. What belongs to nobody is `None`;
//! the caller records it all the same.
//!
//! Not here: what a reading means (`stage/*`), and the barrier's permits (`passage`).

use std::collections::BTreeMap;

use crate::fact::{Fact, OrderKind};
use crate::reading::CameraPosition;
use crate::stage::Stage;
use crate::unit::{LaneId, OrderId, PassageId, UtcMs};

/// A plate read this long before the loop closes is the same vehicle's: cameras look ahead.
pub const CAMERA_LEAD_MS: i64 = 30_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub id: LaneId,
    /// Oldest first: the first one is nearest to the exit barrier.
    vehicles: Vec<Vehicle>,
    /// Led out of the line, and still to be measured when they come back.
    aside: Vec<Vehicle>,
    /// The order whose vehicle stands before its device.
    expecting: Option<Expected>,
    orders: BTreeMap<OrderId, (PassageId, OrderKind)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Vehicle {
    passage: PassageId,
    arrived_at: UtcMs,
    entry_loop: EntryLoop,
    done: Vec<Stage>,
}

/// What the loop at the entry has said of a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryLoop {
    /// A camera saw the vehicle first.
    Awaited,
    Occupied,
    /// Occupied since we came back: by this vehicle, unless its plate says otherwise.
    Presumed,
    Cleared,
    /// We were away; the controller will say.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
struct Expected {
    order: OrderId,
    passage: PassageId,
    stage: Stage,
}

/// What an occupied entry loop means.
#[derive(Debug, Clone, PartialEq)]
pub enum LoopMeans {
    NewVehicle,
    /// The camera had seen it already.
    Known(PassageId),
}

impl Lane {
    pub fn new(id: LaneId) -> Lane {
        Lane {
            id,
            vehicles: Vec::new(),
            aside: Vec::new(),
            expecting: None,
            orders: BTreeMap::new(),
        }
    }

    /// Passages in the lane, oldest first.
    pub fn passages(&self) -> impl DoubleEndedIterator<Item = &PassageId> {
        self.vehicles.iter().map(|it| &it.passage)
    }

    /// The vehicle nearest to the exit barrier.
    pub fn at_exit(&self) -> Option<&PassageId> {
        self.vehicles.first().map(|it| &it.passage)
    }

    /// Follows the passages' own facts; total.
    pub fn apply(&mut self, passage: &PassageId, fact: &Fact, at: UtcMs) {
        match fact {
            Fact::Arrived { .. } => self.vehicles.push(Vehicle {
                passage: passage.clone(),
                arrived_at: at,
                entry_loop: EntryLoop::Awaited,
                done: Vec::new(),
            }),
            Fact::Departed | Fact::BackedOut | Fact::MovedAside => {
                let led_out = |it: &mut Vehicle| it.passage == *passage;
                let gone: Vec<Vehicle> = self.vehicles.extract_if(.., led_out).collect();
                // A vehicle aside is still brought back to a device.
                if matches!(fact, Fact::MovedAside) {
                    self.aside.extend(gone);
                } else {
                    self.aside.retain(|it| it.passage != *passage);
                    self.orders.retain(|_, (of, _)| of != passage);
                    self.expecting.take_if(|it| it.passage == *passage);
                }
            }
            Fact::StageCompleted { stage, .. } | Fact::StageNotRequired { stage } => {
                if let Some(it) = self.vehicle(passage) {
                    it.done.push(*stage);
                }
            }
            Fact::OrderAccepted(order) => {
                self.orders
                    .insert(order.id.clone(), (passage.clone(), order.kind));
            }
            Fact::OrderStarted { order } => {
                if let Some((passage, kind)) = self.orders.get(order)
                    && let Some(stage) = repeats(*kind)
                {
                    let passage = passage.clone();
                    self.expecting = Some(Expected {
                        order: order.clone(),
                        passage,
                        stage,
                    });
                }
            }
            Fact::OrderCompleted { order, .. } => {
                self.orders.remove(order);
                self.expecting.take_if(|it| it.order == *order);
            }
            _ => (),
        }
    }

    /// Whose reading this is.
    pub fn of_reading(&self, stage: Stage) -> Option<&PassageId> {
        if let Some(it) = self.expecting.as_ref().filter(|it| it.stage == stage) {
            return Some(&it.passage);
        }
        let owing = |it: &&Vehicle| !it.done.contains(&stage) && !it.seen_beyond(stage);
        let in_line = self.vehicles.iter().find(owing).map(|it| &it.passage);
        in_line.or_else(|| self.brought_back(stage))
    }

    /// Nobody in the line owes the stage: whoever was ordered to it, or stands aside and owes it,
    /// although nobody said that it began. Only when there is no choice.
    fn brought_back(&self, stage: Stage) -> Option<&PassageId> {
        let ordered = self.orders.values();
        let mut ordered = ordered.filter(|(_, kind)| repeats(*kind) == Some(stage));
        let owing = |it: &&Vehicle| !it.done.contains(&stage);
        let mut aside = self.aside.iter().filter(owing).map(|it| &it.passage);
        let mut all = ordered
            .by_ref()
            .map(|(passage, _)| passage)
            .chain(aside.by_ref());
        let first = all.next()?;
        all.all(|it| it == first).then_some(first)
    }

    /// Whose plate this is. Front and rear belong to the vehicle at the entry, which is the
    /// newest one; `None` for a front plate means that a new vehicle is coming.
    pub fn of_plate(&self, position: CameraPosition) -> Option<&PassageId> {
        let newest = self.vehicles.last();
        let it = match position {
            CameraPosition::Front => newest.filter(|it| it.at_entry()),
            CameraPosition::Rear => newest,
            CameraPosition::Exit => self.vehicles.first(),
        };
        it.map(|it| &it.passage)
    }

    /// The entry loop closed.
    pub fn loop_occupied(&mut self, now: UtcMs) -> LoopMeans {
        match self.vehicles.last_mut() {
            Some(it) if it.loop_due(now) => {
                it.entry_loop = match it.entry_loop {
                    EntryLoop::Unknown => EntryLoop::Presumed,
                    _ => EntryLoop::Occupied,
                };
                LoopMeans::Known(it.passage.clone())
            }
            _ => LoopMeans::NewVehicle,
        }
    }

    /// The vehicle that the loop announced is this passage.
    pub fn loop_is(&mut self, passage: &PassageId) {
        if let Some(it) = self.vehicle(passage) {
            it.entry_loop = EntryLoop::Occupied;
        }
    }

    /// The entry loop opened: the next plate is another vehicle's.
    pub fn loop_cleared(&mut self) {
        let over_it = |it: &&mut Vehicle| it.entry_loop != EntryLoop::Awaited;
        for it in self.vehicles.iter_mut().filter(over_it) {
            it.entry_loop = EntryLoop::Cleared;
        }
    }

    /// Another may have taken this vehicle's place at the entry while we were away.
    pub fn may_have_left_entry(&self, passage: &PassageId) -> bool {
        let it = self.vehicles.iter().find(|it| it.passage == *passage);
        it.is_some_and(|it| matches!(it.entry_loop, EntryLoop::Presumed | EntryLoop::Unknown))
    }

    /// It had; another's plate was read. True when that other one stands on the loop by now.
    pub fn had_left_entry(&mut self, passage: &PassageId) -> bool {
        let Some(it) = self.vehicle(passage) else {
            return false;
        };
        let was = std::mem::replace(&mut it.entry_loop, EntryLoop::Cleared);
        was == EntryLoop::Presumed
    }

    /// After a restart: where the vehicles stand on the loop is the controller's to say.
    pub fn forget_loop(&mut self) {
        for it in &mut self.vehicles {
            it.entry_loop = EntryLoop::Unknown;
        }
    }

    fn vehicle(&mut self, passage: &PassageId) -> Option<&mut Vehicle> {
        let mut all = self.vehicles.iter_mut().chain(&mut self.aside);
        all.find(|it| it.passage == *passage)
    }
}

impl Vehicle {
    fn at_entry(&self) -> bool {
        self.entry_loop != EntryLoop::Cleared && !self.seen_beyond(Stage::Entry)
    }

    /// The loop that closes now may be this vehicle's.
    fn loop_due(&self, now: UtcMs) -> bool {
        match self.entry_loop {
            EntryLoop::Awaited => now.since_ms(self.arrived_at) <= CAMERA_LEAD_MS,
            EntryLoop::Unknown => !self.seen_beyond(Stage::Entry),
            EntryLoop::Occupied | EntryLoop::Presumed | EntryLoop::Cleared => false,
        }
    }

    /// A device further on has seen this vehicle: it cannot be at an earlier one.
    fn seen_beyond(&self, stage: Stage) -> bool {
        let drive_through = [Stage::Radiation, Stage::Dimensions, Stage::Imaging];
        drive_through
            .iter()
            .any(|it| *it > stage && self.done.contains(it))
    }
}

/// The stage whose device an order asks for once more.
fn repeats(kind: OrderKind) -> Option<Stage> {
    match kind {
        OrderKind::SecondPass => Some(Stage::Radiation),
        OrderKind::Reweigh => Some(Stage::Dimensions),
        OrderKind::Reimage => Some(Stage::Imaging),
        OrderKind::PresentDocument => Some(Stage::Documents),
        OrderKind::HandheldCheck | OrderKind::Sample | OrderKind::Inspect => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agency::Agency;
    use crate::fact::{Completion, Direction, Order};
    use crate::unit::{CheckpointId, OfficerId};

    fn passage(number: u64) -> PassageId {
        PassageId {
            checkpoint: CheckpointId::new("CN05"),
            number,
        }
    }

    fn arrived() -> Fact {
        let edition = "e".to_owned();
        Fact::Arrived {
            lane: LaneId(1),
            direction: Direction::Entry,
            edition,
            seed: 7,
        }
    }

    fn done(stage: Stage) -> Fact {
        Fact::StageCompleted {
            stage,
            how: Completion::ByDevice,
        }
    }

    fn lane_of_two() -> Lane {
        let mut lane = Lane::new(LaneId(1));
        lane.apply(&passage(1), &arrived(), UtcMs(0));
        lane.apply(&passage(1), &done(Stage::Entry), UtcMs(1));
        lane.loop_is(&passage(1));
        lane.loop_cleared();
        lane.apply(&passage(2), &arrived(), UtcMs(10_000));
        lane
    }

    #[test]
    fn readings_go_to_the_oldest_vehicle_that_owes_them() {
        let mut lane = lane_of_two();
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(1)));
        lane.apply(&passage(1), &done(Stage::Radiation), UtcMs(2));
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(2)));
        assert_eq!(lane.of_reading(Stage::Dimensions), Some(&passage(1)));
    }

    #[test]
    fn a_vehicle_seen_further_on_is_not_at_an_earlier_device() {
        let mut lane = lane_of_two();
        // The portal missed the first vehicle; its scales did not.
        lane.apply(&passage(1), &done(Stage::Dimensions), UtcMs(2));
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(2)));
    }

    #[test]
    fn two_trucks_close_behind_each_other_are_two() {
        let mut lane = Lane::new(LaneId(1));
        lane.apply(&passage(1), &arrived(), UtcMs(0));
        assert_eq!(
            lane.loop_occupied(UtcMs(2_000)),
            LoopMeans::Known(passage(1))
        );
        assert_eq!(lane.of_plate(CameraPosition::Front), Some(&passage(1)));
        lane.loop_cleared();
        assert_eq!(
            lane.of_plate(CameraPosition::Front),
            None,
            "the next plate is a new vehicle"
        );
        assert_eq!(lane.of_plate(CameraPosition::Rear), Some(&passage(1)));
        assert_eq!(lane.loop_occupied(UtcMs(4_000)), LoopMeans::NewVehicle);
    }

    #[test]
    fn a_restart_does_not_double_the_truck_on_the_loop() {
        let mut lane = Lane::new(LaneId(1));
        lane.apply(&passage(1), &arrived(), UtcMs(0));
        lane.forget_loop();
        assert_eq!(
            lane.loop_occupied(UtcMs(600_000)),
            LoopMeans::Known(passage(1))
        );
        lane.forget_loop();
        lane.loop_cleared();
        assert_eq!(lane.loop_occupied(UtcMs(600_000)), LoopMeans::NewVehicle);
    }

    #[test]
    fn after_a_restart_the_loop_alone_does_not_say_who_stands_on_it() {
        let mut lane = Lane::new(LaneId(1));
        lane.apply(&passage(1), &arrived(), UtcMs(0));
        assert!(!lane.may_have_left_entry(&passage(1)));
        lane.forget_loop();
        assert!(lane.may_have_left_entry(&passage(1)));
        assert!(!lane.had_left_entry(&passage(1)), "nobody is on the loop");
        lane.forget_loop();
        lane.loop_occupied(UtcMs(600_000));
        assert!(lane.may_have_left_entry(&passage(1)));
        assert!(lane.had_left_entry(&passage(1)), "the other one is");
        assert!(!lane.may_have_left_entry(&passage(1)));
        assert_eq!(lane.of_plate(CameraPosition::Front), None);
    }

    #[test]
    fn a_started_order_claims_the_next_reading_of_its_device() {
        let mut lane = lane_of_two();
        lane.apply(&passage(1), &done(Stage::Radiation), UtcMs(2));
        let id = OrderId::new("centre/CN05/4");
        let order = Order {
            id: id.clone(),
            passage: passage(1),
            agency: Agency::Customs,
            kind: OrderKind::SecondPass,
            by: OfficerId::new("o-1"),
            about: Vec::new(),
        };
        lane.apply(&passage(1), &Fact::OrderAccepted(order), UtcMs(3));
        lane.apply(&passage(1), &Fact::MovedAside, UtcMs(3));
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(2)));
        lane.apply(
            &passage(1),
            &Fact::OrderStarted { order: id.clone() },
            UtcMs(4),
        );
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(1)));
        let outcome = crate::fact::OrderOutcome::Measured;
        lane.apply(
            &passage(1),
            &Fact::OrderCompleted { order: id, outcome },
            UtcMs(5),
        );
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(2)));
    }

    #[test]
    fn a_vehicle_aside_finishes_its_stages_when_nobody_else_owes_them() {
        let mut lane = lane_of_two();
        lane.apply(&passage(1), &Fact::MovedAside, UtcMs(3));
        assert_eq!(lane.of_reading(Stage::Documents), Some(&passage(2)));
        lane.apply(&passage(2), &done(Stage::Documents), UtcMs(4));
        assert_eq!(lane.of_reading(Stage::Documents), Some(&passage(1)));
        lane.apply(&passage(1), &done(Stage::Documents), UtcMs(5));
        assert_eq!(lane.of_reading(Stage::Documents), None);
        lane.apply(&passage(2), &Fact::MovedAside, UtcMs(6));
        assert_eq!(lane.of_reading(Stage::Imaging), None, "it may be either");
        lane.apply(&passage(2), &Fact::BackedOut, UtcMs(7));
        assert_eq!(lane.of_reading(Stage::Imaging), Some(&passage(1)));
    }

    #[test]
    fn a_second_pass_whose_start_nobody_entered_is_still_the_ordered_vehicles() {
        let mut lane = Lane::new(LaneId(1));
        lane.apply(&passage(1), &arrived(), UtcMs(0));
        lane.apply(&passage(1), &done(Stage::Radiation), UtcMs(1));
        assert_eq!(lane.of_reading(Stage::Radiation), None);
        let order = Order {
            id: OrderId::new("centre/CN05/4"),
            passage: passage(1),
            agency: Agency::Customs,
            kind: OrderKind::SecondPass,
            by: OfficerId::new("o-1"),
            about: Vec::new(),
        };
        lane.apply(&passage(1), &Fact::OrderAccepted(order), UtcMs(3));
        assert_eq!(lane.of_reading(Stage::Radiation), Some(&passage(1)));
    }

    #[test]
    fn who_left_is_not_in_the_lane() {
        let mut lane = lane_of_two();
        lane.apply(&passage(1), &Fact::Departed, UtcMs(9));
        assert_eq!(lane.at_exit(), Some(&passage(2)));
        lane.apply(&passage(2), &Fact::BackedOut, UtcMs(9));
        assert_eq!(lane.at_exit(), None);
    }
}
