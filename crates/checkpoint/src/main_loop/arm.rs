//! The arm: whose opening it was, who drove through, which commands are sent again. When it may
//! rise is owed by the passage (`domain`); how it moves is the controller's (`drivers`).

use devices::barrier::Nonce;
use domain::fact::{Escalation, Fact};
use domain::input::Input;
use domain::stage::Stage;
use domain::unit::{LaneId, PassageId, UtcMs};
use ledger::Draft;

use super::draft::draft;
use super::{Action, Arm, Live, MainLoop, Occupancy};
use crate::limits;

impl MainLoop {
    pub(super) fn arm_up(
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

    pub(super) fn arm_down(&mut self, lane: LaneId, now: UtcMs) -> Vec<Action> {
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
    pub(super) fn controller_back(
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

    /// Vehicles cannot overtake: the arm is for the first one that has every stage before it behind
    /// itself. A vehicle aside goes when nobody stands there; one that still presents its documents
    /// does not stand there, or a busy lane would never let it out.
    pub(super) fn is_before_arm(&self, live: &Live) -> bool {
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
    pub(super) fn pulse_again(&self, live: &Live, now: UtcMs) -> Option<Action> {
        let procedure = self.procedure_of(live, now)?;
        let permit = live.passage.pulse_owed(procedure, now)?;
        let command = command_of(&live.passage.id, permit);
        (live.commanded == Some(permit)).then_some(Action::RaiseArm {
            lane: live.lane,
            command,
        })
    }

    /// Whose pulse this is: one that is out, or one that seemed to have failed.
    pub(super) fn commanded_by(&self, lane: LaneId, command: Nonce) -> Option<(PassageId, u32)> {
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

    fn opened_at(&self, lane: LaneId) -> Option<PassageId> {
        let opened = |it: &&Live| it.lane == lane && it.opened && it.ended_at.is_none();
        self.live
            .values()
            .find(opened)
            .map(|it| it.passage.id.clone())
    }
}

pub(super) fn command_of(passage: &PassageId, permit: u32) -> Nonce {
    Nonce::new(passage.number, permit)
}

pub(super) fn unpermitted(lane: LaneId) -> [Fact; 2] {
    let what = Escalation::BarrierUnpermitted;
    [
        Fact::BarrierOpenedUnpermitted { lane },
        Fact::Escalated { what },
    ]
}
