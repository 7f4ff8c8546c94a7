//! Who comes into a lane, and to whom a device's reading belongs.

use devices::plate::fusion::{Agreement, agree};
use domain::fact::{Direction, LinkState};
use domain::input::Input;
use domain::lane::LoopMeans;
use domain::passage::Passage;
use domain::reading::{CameraPosition, PlateReading};
use domain::stage::Stage;
use domain::unit::{LaneId, PassageId, UtcMs};

use super::draft::input_kind;
use super::{Action, Live, MainLoop, Space};

impl MainLoop {
    /// A device's reading goes to the passage it belongs to; to nobody's account it is kept too.
    pub(super) fn reading(&mut self, lane: LaneId, input: Input, now: UtcMs) -> Vec<Action> {
        let Some(gate) = self.gates.get(&lane) else {
            return Vec::new();
        };
        let owner = match &input {
            Input::Plate(it) => gate.lane.of_plate(it.position).cloned(),
            Input::Container(_) => gate.lane.of_plate(CameraPosition::Rear).cloned(),
            Input::Radiation(_) => gate.lane.of_reading(Stage::Radiation).cloned(),
            Input::Vehicle(_) => gate.lane.of_reading(Stage::Dimensions).cloned(),
            Input::Image(_) => gate.lane.of_reading(Stage::Imaging).cloned(),
            Input::Document(paper) => self.owner_of_paper(lane, paper),
            Input::DocumentsPresented => return self.presented(lane, &[], now),
            Input::DeviceUnavailable { stage, .. } => gate.lane.of_reading(*stage).cloned(),
            _ => None,
        };
        if let Some(owner) = owner {
            if let Input::Plate(read) = &input
                && read.position != CameraPosition::Exit
                && gate.lane.may_have_left_entry(&owner)
                && self.is_another_vehicle(&owner, read)
            {
                // A camera says again what it could not say while we were away.
                if let Some(said_again) = self.in_lane_as(lane, read.plate.as_deref()) {
                    return self.conclude(&said_again, &input, now);
                }
                self.gate(lane, |it| it.announced = it.lane.had_left_entry(&owner));
                return self.arrive(lane, Some(&input), now);
            }
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

    pub(super) fn entry_occupied(&mut self, lane: LaneId, now: UtcMs) -> Vec<Action> {
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

    /// Intake goes on: who has stood on a loop meanwhile arrives now, one at a time.
    pub(super) fn let_in(&mut self, now: UtcMs) -> Vec<Action> {
        let waits = self.gates.iter().find(|(_, it)| it.turned_away);
        let Some(lane) = waits.map(|(lane, _)| *lane) else {
            return Vec::new();
        };
        self.gate(lane, |it| {
            it.turned_away = false;
            it.announced = true;
        });
        self.arrive(lane, None, now)
    }

    fn arrive(&mut self, lane: LaneId, first: Option<&Input>, now: UtcMs) -> Vec<Action> {
        if self.intake == Space::Low {
            self.gate(lane, |it| {
                it.turned_away |= std::mem::take(&mut it.announced)
            });
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
            self.gate(lane, |it| it.announced = false);
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

    /// The same camera had read this passage's plate, and reads one that is no misread of it.
    fn is_another_vehicle(&self, passage: &PassageId, read: &PlateReading) -> bool {
        let Some(live) = self.live.get(passage) else {
            return false;
        };
        let of_camera = live.passage.plates.iter();
        let of_camera = of_camera.filter(|it| it.position == read.position);
        let mut known = of_camera.filter_map(|it| it.plate.as_deref()).peekable();
        let differs = |it: &str| {
            let plate = read.plate.as_deref().unwrap_or(it);
            matches!(agree(plate, it), Agreement::Different { .. })
        };
        known.peek().is_some() && known.all(differs)
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
}
