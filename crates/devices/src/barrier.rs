//! The lane's input/output controller: barrier arm, traffic light, loops, over Modbus TCP. The map is
//! our own (`docs/devices/barrier.md`), since the field has none. [`registers`] turns words into a
//! [`registers::State`] and commands into words; [`Watch`] turns polls into changes;
//! [`controller`] is the other side, for simulated lanes.
//!
//! What matters most: an opening says *why* it happened. The controller keeps a counter of openings
//! and, for the last one, its cause and the nonce of the command; so an opening by hand, or one
//! between two polls, can not be taken for ours. Whether it was permitted is `domain`'s to say.

pub mod controller;
pub mod registers;

use domain::fact::DeviceHealth;
use domain::unit::UtcMs;
use serde::Serialize;

pub use self::registers::{Arm, Cause, CommandResult, Light, Loop, Nonce, State};
use crate::garbled::Garbled;

/// What changed at the lane between two polls.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneMessage {
    LoopOccupied(Loop),
    LoopCleared(Loop),
    /// The arm left its lower stop.
    Opened(Opening),
    /// The arm reached its upper stop.
    FullyOpen,
    /// The arm is back at its lower stop.
    Closed,
    /// Something is under the arm while it moves.
    Obstructed,
    LightChanged(Light),
    /// What became of a command.
    Answered {
        nonce: Nonce,
        result: CommandResult,
    },
    Health {
        health: DeviceHealth,
        why: String,
    },
    /// The controller restarted: what happened before its first poll is unknown.
    Restarted,
    Refused(Garbled),
}

/// Why the arm rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// On the command that carried this nonce.
    Commanded(Nonce),
    /// By the hand switch or the crank.
    ByHand,
    /// The arm is weighted to rise when the mains fail.
    MainsFailed,
    /// Openings before the last one, since the poll before: their cause is unknown, they are nobody's.
    Missed { times: u32 },
}

/// Polls of one controller, compared.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    last: Option<State>,
    heard_at: Option<UtcMs>,
}

/// Poll interval of the driver, milliseconds: an arm takes longer than this to open and close.
pub const POLL_MS: u32 = 250;

impl Watch {
    pub fn new() -> Self {
        Self::default()
    }

    /// The lane as of the last good poll.
    pub fn state(&self) -> Option<&State> {
        self.last.as_ref()
    }

    /// When the last good poll came.
    pub fn heard_at(&self) -> Option<UtcMs> {
        self.heard_at
    }

    /// One poll: the input registers from 0. The first poll says which loops are occupied and an arm
    /// that is not down, so that a restart of ours forgets nothing.
    pub fn feed(&mut self, words: &[u16], received_at: UtcMs) -> Vec<LaneMessage> {
        let now = match registers::state(words) {
            Ok(now) => now,
            Err(garbled) => return vec![LaneMessage::Refused(garbled)],
        };
        self.heard_at = Some(received_at);
        let mut said = Vec::new();
        let before = match self.last.take() {
            Some(before) if now.uptime_s < before.uptime_s => {
                said.push(LaneMessage::Restarted);
                State {
                    // The counter outlives a restart unless the controller was replaced.
                    openings: if now.openings >= before.openings {
                        before.openings
                    } else {
                        0
                    },
                    arm: before.arm,
                    loops: before.loops.clone(),
                    light: before.light,
                    faults: before.faults.clone(),
                    ..now.clone()
                }
            }
            Some(before) => before,
            None => State {
                arm: Arm::Closed,
                loops: Vec::new(),
                faults: Vec::new(),
                // Openings before our first poll: told apart below by the arm alone.
                openings: now.openings - u32::from(now.arm != Arm::Closed && now.openings > 0),
                ..now.clone()
            },
        };
        compare(&before, &now, &mut said);
        self.last = Some(now);
        said
    }
}

fn compare(before: &State, now: &State, said: &mut Vec<LaneMessage>) {
    for it in Loop::ALL {
        match (before.loops.contains(&it), now.loops.contains(&it)) {
            (false, true) => said.push(LaneMessage::LoopOccupied(it)),
            (true, false) => said.push(LaneMessage::LoopCleared(it)),
            _ => {}
        }
    }
    if (before.result != now.result || before.answered != now.answered)
        && let (Some(nonce), Some(result)) = (now.answered, now.result)
    {
        said.push(LaneMessage::Answered { nonce, result });
    }
    let openings = now.openings.wrapping_sub(before.openings);
    if openings > 1 {
        said.push(LaneMessage::Opened(Opening::Missed {
            times: openings - 1,
        }));
        said.push(LaneMessage::Closed);
    }
    if openings > 0 {
        said.push(LaneMessage::Opened(match (now.cause, now.opened_by) {
            (Cause::Command, Some(nonce)) => Opening::Commanded(nonce),
            (Cause::MainsFailed, _) => Opening::MainsFailed,
            // A command without its nonce is not believed to be ours.
            _ => Opening::ByHand,
        }));
    }
    if now.arm == Arm::Open && (before.arm != Arm::Open || openings > 0) {
        said.push(LaneMessage::FullyOpen);
    }
    if now.arm == Arm::Closed && (before.arm != Arm::Closed || openings > 0) {
        said.push(LaneMessage::Closed);
    }
    // Off its lower stop and not counted: a broken counter or a forced arm. It is open all the same.
    if now.arm != Arm::Closed && before.arm == Arm::Closed && openings == 0 {
        said.push(LaneMessage::Opened(Opening::ByHand));
    }
    if now.obstructed && !before.obstructed {
        said.push(LaneMessage::Obstructed);
    }
    if now.light != before.light {
        said.push(LaneMessage::LightChanged(now.light));
    }
    if now.faults != before.faults {
        let health = if now.faults.is_empty() {
            DeviceHealth::Ready
        } else if now.faults.contains(&"motor_fault") {
            DeviceHealth::Down
        } else {
            DeviceHealth::Degraded
        };
        let why = if now.faults.is_empty() {
            format!("{} cleared", before.faults.join(", "))
        } else {
            now.faults.join(", ")
        };
        said.push(LaneMessage::Health { health, why });
    }
}

#[cfg(test)]
mod tests {
    use super::controller::Controller;
    use super::registers::Command;
    use super::*;

    fn nonce(permit: u32) -> Nonce {
        Nonce::new(18_204, permit)
    }

    fn poll(watch: &mut Watch, controller: &Controller) -> Vec<LaneMessage> {
        watch.feed(&controller.input_registers(), UtcMs(0))
    }

    #[test]
    fn an_opening_by_command_carries_its_nonce() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        assert!(poll(&mut watch, &lane).is_empty());
        let words = registers::encode(&Command::Open {
            nonce: nonce(1),
            for_s: 30,
        });
        lane.write(&words);
        lane.tick(100);
        let said = poll(&mut watch, &lane);
        assert!(said.contains(&LaneMessage::Opened(Opening::Commanded(nonce(1)))));
        assert!(said.contains(&LaneMessage::Answered {
            nonce: nonce(1),
            result: CommandResult::Accepted
        }));
        lane.tick(5_000);
        assert!(poll(&mut watch, &lane).contains(&LaneMessage::FullyOpen));
        lane.write(&registers::encode(&Command::Close { nonce: nonce(1) }));
        lane.tick(5_000);
        assert!(poll(&mut watch, &lane).contains(&LaneMessage::Closed));
    }

    #[test]
    fn an_opening_by_hand_is_never_ours() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        lane.write(&registers::encode(&Command::Open {
            nonce: nonce(1),
            for_s: 1,
        }));
        lane.tick(10_000);
        poll(&mut watch, &lane);
        lane.write(&registers::encode(&Command::Close { nonce: nonce(1) }));
        lane.tick(10_000);
        poll(&mut watch, &lane);
        lane.open_by_hand();
        lane.tick(100);
        let said = poll(&mut watch, &lane);
        assert!(
            said.contains(&LaneMessage::Opened(Opening::ByHand)),
            "{said:?}"
        );
        assert!(
            !said
                .iter()
                .any(|it| matches!(it, LaneMessage::Opened(Opening::Commanded(_))))
        );
    }

    #[test]
    fn an_opening_between_two_polls_is_seen() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        poll(&mut watch, &lane);
        for _ in 0..2 {
            lane.open_by_hand();
            lane.tick(5_000);
            lane.close_by_hand();
            lane.tick(5_000);
        }
        let said = poll(&mut watch, &lane);
        let opened: Vec<_> = said
            .iter()
            .filter(|it| matches!(it, LaneMessage::Opened(_)))
            .collect();
        assert_eq!(
            opened,
            [
                &LaneMessage::Opened(Opening::Missed { times: 1 }),
                &LaneMessage::Opened(Opening::ByHand)
            ]
        );
        assert_eq!(said.last(), Some(&LaneMessage::Closed));
    }

    #[test]
    fn the_same_command_twice_opens_once() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        let words = registers::encode(&Command::Open {
            nonce: nonce(1),
            for_s: 30,
        });
        poll(&mut watch, &lane);
        lane.write(&words);
        lane.tick(5_000);
        poll(&mut watch, &lane);
        lane.write(&registers::encode(&Command::Close { nonce: nonce(1) }));
        lane.tick(5_000);
        poll(&mut watch, &lane);
        lane.write(&words);
        lane.tick(5_000);
        let said = poll(&mut watch, &lane);
        assert_eq!(
            said,
            [LaneMessage::Answered {
                nonce: nonce(1),
                result: CommandResult::Repeated
            }]
        );
    }

    #[test]
    fn after_our_restart_the_first_poll_tells_all() {
        let mut lane = Controller::new();
        lane.set_loop(Loop::Entry, registers::Presence::Occupied);
        lane.open_by_hand();
        lane.tick(5_000);
        let said = poll(&mut Watch::new(), &lane);
        assert_eq!(
            said,
            [
                LaneMessage::LoopOccupied(Loop::Entry),
                LaneMessage::Opened(Opening::ByHand),
                LaneMessage::FullyOpen
            ]
        );
    }

    #[test]
    fn a_restarted_controller_is_named() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        lane.tick(60_000);
        poll(&mut watch, &lane);
        assert_eq!(
            poll(&mut watch, &Controller::new()),
            [LaneMessage::Restarted]
        );
    }

    #[test]
    fn a_motor_fault_is_down() {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        poll(&mut watch, &lane);
        lane.fail_motor();
        lane.write(&registers::encode(&Command::Open {
            nonce: nonce(1),
            for_s: 0,
        }));
        lane.tick(5_000);
        let said = poll(&mut watch, &lane);
        assert!(said.contains(&LaneMessage::Answered {
            nonce: nonce(1),
            result: CommandResult::MotorFault
        }));
        assert!(said.iter().any(|it| matches!(
            it,
            LaneMessage::Health {
                health: DeviceHealth::Down,
                ..
            }
        )));
    }
}
