//! What the polls of a lane's controller mean to the main loop. Pure; the driver polls, and the
//! simulator.

use devices::barrier::{self, CommandResult, LaneMessage, Loop, Opening, State, Watch};
use devices::garbled::Garbled;
use domain::fact::DeviceHealth;
use domain::unit::UtcMs;

use crate::main_loop::{Arm, Occupancy, Sense};

#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Sense(Sense),
    Health { health: DeviceHealth, why: String },
    Garbled(Garbled),
}

/// One poll, in the order in which the loop must hear it.
pub fn poll(watch: &mut Watch, words: &[u16], received_at: UtcMs) -> Vec<Heard> {
    let first = watch.state().is_none();
    let said = watch.feed(words, received_at);
    let mut heard = Vec::new();
    if first && let Some(now) = watch.state() {
        heard.push(Heard::Health {
            health: DeviceHealth::Ready,
            why: String::new(),
        });
        heard.push(Heard::Sense(back(now)));
        if !now.loops.contains(&Loop::Entry) {
            heard.push(Heard::Sense(Sense::EntryLoop(Occupancy::Free)));
        }
    }
    let openings = watch.state().map_or(0, |it| it.openings);
    let rest = said.into_iter();
    heard.extend(rest.filter_map(|it| meaning(it, openings, first)));
    heard
}

/// The controller's first words: what it did while nobody listened.
fn back(now: &State) -> Sense {
    let arm = match now.arm {
        barrier::Arm::Closed => Arm::Down,
        barrier::Arm::Between | barrier::Arm::Open => Arm::Up,
    };
    Sense::ControllerBack {
        openings: now.openings,
        opened_by: now.opened_by,
        arm,
    }
}

fn meaning(message: LaneMessage, openings: u32, first: bool) -> Option<Heard> {
    let sense = match message {
        LaneMessage::LoopOccupied(Loop::Entry) => Sense::EntryLoop(Occupancy::Occupied),
        LaneMessage::LoopCleared(Loop::Entry) => Sense::EntryLoop(Occupancy::Free),
        LaneMessage::LoopOccupied(Loop::Arm) => Sense::ArmLoop(Occupancy::Occupied),
        LaneMessage::LoopCleared(Loop::Arm) => Sense::ArmLoop(Occupancy::Free),
        // The first poll's openings were told by `back`.
        LaneMessage::Opened(_) | LaneMessage::Closed if first => return None,
        LaneMessage::Opened(Opening::Commanded(nonce)) => Sense::ArmUp {
            by: Some(nonce),
            openings,
        },
        LaneMessage::Opened(Opening::ByHand | Opening::MainsFailed) => {
            Sense::ArmUp { by: None, openings }
        }
        LaneMessage::Opened(Opening::Missed { times }) => Sense::ArmMissed { times },
        LaneMessage::Closed => Sense::ArmDown,
        LaneMessage::Answered { nonce, result } => {
            let why = match result {
                // Obeyed, now or before: the opening is told by itself.
                CommandResult::Accepted | CommandResult::Repeated => return None,
                CommandResult::Malformed => "malformed",
                CommandResult::HandMode => "hand_mode",
                CommandResult::MotorFault => "motor_fault",
            };
            Sense::ArmFailed {
                command: nonce,
                why: why.to_owned(),
            }
        }
        LaneMessage::Health { health, why } => return Some(Heard::Health { health, why }),
        LaneMessage::Refused(garbled) => return Some(Heard::Garbled(garbled)),
        LaneMessage::LoopOccupied(_)
        | LaneMessage::LoopCleared(_)
        | LaneMessage::FullyOpen
        | LaneMessage::Obstructed
        | LaneMessage::LightChanged(_)
        | LaneMessage::Restarted => return None,
    };
    Some(Heard::Sense(sense))
}
