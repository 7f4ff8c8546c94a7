//! The loop's state as a fold of records: its own ledger's, and what it heard of the centre's.

use domain::fact::Fact;
use domain::passage::Passage;
use domain::unit::{NotificationId, PassageId, UtcMs};
use ledger::Record;

use super::draft::is_too_long;
use super::{DeviceState, Live, MainLoop, RULES_FAILED, Space};
use crate::limits;

impl MainLoop {
    pub(super) fn apply(&mut self, record: &Record) {
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
            (None, Fact::LineStepChanged { sends, .. }) => self.sends = *sends,
            (None, Fact::KeepingChanged { keeps, .. }) => self.keeps = *keeps,
            (Some(id), fact) => self.apply_to(id, fact, record.at),
            (None, _) => (),
        }
        self.needs.fact(record.at, &record.fact);
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
            Fact::NotificationMatched { notification } => {
                // Another vehicle's after all: its notification is that one's again. What a later
                // notification of the same vehicle replaced stays used.
                let all = &self.notifications;
                let of_vehicle = |it: &NotificationId| {
                    let known = all.iter().find(|known| known.id == *it);
                    known.is_none_or(|it| it.tractor_plate == notification.tractor_plate)
                };
                self.used
                    .retain(|used, passage| passage != id || of_vehicle(used));
                self.used.insert(notification.id.clone(), id.clone());
            }
            Fact::NotificationMissing | Fact::BackedOut => {
                self.used.retain(|_, passage| passage != id)
            }
            _ => (),
        }
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

    pub(super) fn take_in(&mut self, record: &Record) {
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
                for gone in self.notifications.drain(..over) {
                    self.used.remove(&gone.id);
                }
            }
            Fact::WantedListed { entry } => self.wanted.push(entry.clone()),
            Fact::WantedUnlisted { plate, agency } => {
                self.wanted
                    .retain(|it| it.plate != *plate || it.agency != *agency);
            }
            _ => (),
        }
    }
}
