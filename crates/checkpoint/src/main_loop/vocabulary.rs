//! What the loop is told and what it answers: events, senses, actions. Words only.

use devices::barrier::Nonce;
use domain::fact::{DeviceHealth, Fact, LinkState};
use domain::input::Input;
use domain::unit::{BlobHash, DeviceId, LaneId, PassageId};
use ledger::{Draft, Record};

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
    /// How full the disk is, and what the line was measured to carry.
    Room {
        used_percent: u8,
        rate_bps: Option<u64>,
    },
    /// A part of the program did something that no rule depends on.
    Did(Box<Fact>),
    /// A second or so went by.
    TimePassed,
    /// What `Action::Record` asked for is durable.
    Recorded(Vec<Record>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Sense {
    Reading(Box<Input>),
    /// Everything on board of a truck was presented: the papers that the reader gave these numbers.
    /// None: the reader does not number them.
    Presented {
        papers: Vec<String>,
    },
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
