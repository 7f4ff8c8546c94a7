//! What passages owe that the loop itself can meet: a look-up, the arm, a stage whose device is
//! down, deadlines. Computed anew each time; nothing is kept in a queue.

use std::collections::BTreeSet;

use domain::fact::{DeviceHealth, Direction, Fact, WantedEntry};
use domain::input::Input;
use domain::notification::{Notification, Unfit, UnfitNotice};
use domain::obligation::Obligation;
use domain::stage::Stage;
use domain::unit::{DeviceId, LaneId, PassageId, UtcMs};
use ledger::Draft;

use super::{Action, Live, MainLoop};
use crate::limits;

impl MainLoop {
    /// Deadlines and expiries, of those passages where one fell due: time is no claim of
    /// anybody's, so its passing alone is no fact.
    pub(super) fn time_passed(&mut self, now: UtcMs) -> Vec<Action> {
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

    pub(super) fn due(&self, passages: &BTreeSet<PassageId>, now: UtcMs) -> Vec<Action> {
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

    fn matched(&self, live: &Live) -> Input {
        let identity = live.passage.identity.as_ref();
        let plate = identity.and_then(|it| it.tractor_plate.as_deref());
        let containers: &[String] = identity.map_or(&[], |it| &it.containers);
        let concerns = |it: &&Notification| {
            Some(it.tractor_plate.as_str()) == plate
                || it.containers.iter().any(|code| containers.contains(code))
        };
        let of_vehicle = self.notifications.iter().rev().filter(concerns);
        let (notification, unfit) = self.announcing(live, of_vehicle);
        let trailer = identity.and_then(|it| it.trailer_plate.as_deref());
        let listed = |it: &&WantedEntry| {
            Some(it.plate.as_str()) == plate || Some(it.plate.as_str()) == trailer
        };
        let wanted = self.wanted.iter().filter(listed);
        let wanted = wanted.take(domain::limits::WANTED).cloned().collect();
        Input::Matched {
            notification: notification.cloned().map(Box::new),
            unfit,
            wanted,
        }
    }

    /// The latest notification that announces this passage (a carrier corrects one by lodging it
    /// again); else why the nearest one does not.
    fn announcing<'a>(
        &self,
        live: &Live,
        of_vehicle: impl Iterator<Item = &'a Notification>,
    ) -> (Option<&'a Notification>, Option<UnfitNotice>) {
        let passage = &live.passage;
        let arrived_at = passage.arrived_at.unwrap_or_default();
        let direction = passage.direction.unwrap_or(Direction::Entry);
        let mut nearest: Option<UnfitNotice> = None;
        for it in of_vehicle {
            let others = self.used.get(&it.id).is_some_and(|id| *id != passage.id);
            let unfit = match self.procedure_of(live, arrived_at) {
                _ if others => Some(Unfit::Used),
                Some(procedure) => it.unfit_for(direction, arrived_at, procedure),
                None => None,
            };
            let Some(why) = unfit else {
                return (Some(it), None);
            };
            nearest.get_or_insert(UnfitNotice {
                notification: it.id.clone(),
                why,
            });
        }
        (None, nearest)
    }

    /// What was notified or listed after the vehicle had been looked up.
    pub(super) fn news(&self, now: UtcMs) -> Vec<Action> {
        let looked_up =
            |it: &&Live| it.passage.matched_at.is_some() && it.ended_at.is_none() && !it.broken;
        let mut drafts = Vec::new();
        for live in self.live.values().filter(looked_up) {
            let input = self.matched(live);
            let Input::Matched {
                notification,
                wanted,
                ..
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
}
