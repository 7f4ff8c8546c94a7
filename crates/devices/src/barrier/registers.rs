//! The register map of a lane controller, version 1: `docs/devices/barrier.md`. Words to values and
//! back; nothing is compared or remembered here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::garbled::Garbled;

/// Input registers of the state block, read at once (function 4, from 0).
pub const STATE_REGISTERS: usize = 24;
/// Holding registers of the command block, written at once (function 16, from 0).
pub const COMMAND_REGISTERS: usize = 8;
pub const SIGNATURE: u16 = 0xbe4b;
pub const MAP_VERSION: u16 = 1;

const UPPER_STOP: u16 = 1 << 0;
const LOWER_STOP: u16 = 1 << 1;
const OBSTRUCTED: u16 = 1 << 2;
const MOTOR_FAULT: u16 = 1 << 3;
const HAND_MODE: u16 = 1 << 4;
const MAINS_FAILED: u16 = 1 << 5;
const CABINET_OPEN: u16 = 1 << 6;

/// Names one exit permit to the controller: passage number and permit number. Never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(pub u64);

impl Nonce {
    /// Passages count to 2^40, permits of one passage to 2^24; both far away.
    pub fn new(passage_number: u64, permit: u32) -> Self {
        Nonce((passage_number << 24) | u64::from(permit & 0x00ff_ffff))
    }

    pub fn passage_number(self) -> u64 {
        self.0 >> 24
    }

    pub fn permit(self) -> u32 {
        (self.0 & 0x00ff_ffff) as u32
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.passage_number(), self.permit())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// At its lower stop.
    Closed,
    /// At neither stop.
    Between,
    /// At its upper stop.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    Dark,
    Red,
    Green,
    YellowFlashing,
}

impl Light {
    const ALL: [Light; 4] = [Light::Dark, Light::Red, Light::Green, Light::YellowFlashing];
}

/// Where a vehicle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loop {
    Entry,
    Portal,
    Scale,
    /// Before the arm.
    Exit,
    /// Under and just behind the arm.
    Arm,
}

impl Loop {
    pub const ALL: [Loop; 5] = [
        Loop::Entry,
        Loop::Portal,
        Loop::Scale,
        Loop::Exit,
        Loop::Arm,
    ];

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Clear,
    Occupied,
}

/// Why the arm rose the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    NeverOpened,
    Command,
    Hand,
    MainsFailed,
}

impl Cause {
    const ALL: [Cause; 4] = [
        Cause::NeverOpened,
        Cause::Command,
        Cause::Hand,
        Cause::MainsFailed,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    Accepted,
    /// This nonce has opened the arm before; it does not open it again.
    Repeated,
    /// The check word or the command code is wrong.
    Malformed,
    /// The key switch is on "hand".
    HandMode,
    MotorFault,
}

impl CommandResult {
    const ALL: [CommandResult; 5] = [
        CommandResult::Accepted,
        CommandResult::Repeated,
        CommandResult::Malformed,
        CommandResult::HandMode,
        CommandResult::MotorFault,
    ];
}

/// The state block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    pub arm: Arm,
    pub obstructed: bool,
    /// Names of faults in force: `motor_fault`, `hand_mode`, `mains_failed`, `cabinet_open`.
    pub faults: Vec<&'static str>,
    /// Occupied loops, in lane order.
    pub loops: Vec<Loop>,
    pub light: Light,
    /// Times the arm has left its lower stop since the controller was installed; wraps.
    pub openings: u32,
    /// Of the last opening.
    pub cause: Cause,
    /// The command that made the last opening.
    pub opened_by: Option<Nonce>,
    /// The last command written and what became of it.
    pub answered: Option<Nonce>,
    pub result: Option<CommandResult>,
    /// Since the controller started.
    pub uptime_s: u32,
}

const FAULTS: [(u16, &str); 4] = [
    (MOTOR_FAULT, "motor_fault"),
    (HAND_MODE, "hand_mode"),
    (MAINS_FAILED, "mains_failed"),
    (CABINET_OPEN, "cabinet_open"),
];

/// The state block; words beyond it belong to later versions of the map and are ignored.
pub fn state(words: &[u16]) -> Result<State, Garbled> {
    if words.len() < STATE_REGISTERS {
        return Err(Garbled::at(
            words.len() * 2,
            format!(
                "state block of {} registers, {STATE_REGISTERS} are due",
                words.len()
            ),
        ));
    }
    if words[0] != SIGNATURE {
        return Err(Garbled::at(
            0,
            format!(
                "signature 0x{:04x} is not a lane controller's 0x{SIGNATURE:04x}",
                words[0]
            ),
        ));
    }
    if words[1] != MAP_VERSION {
        return Err(Garbled::at(
            2,
            format!("map version {} is not known", words[1]),
        ));
    }
    let bits = words[2];
    let arm = match (bits & UPPER_STOP != 0, bits & LOWER_STOP != 0) {
        (true, true) => return Err(Garbled::at(4, "arm at both stops at once")),
        (true, false) => Arm::Open,
        (false, true) => Arm::Closed,
        (false, false) => Arm::Between,
    };
    let named = |at: usize, what: &str| {
        Garbled::at(at * 2, format!("{what} code {} is not known", words[at]))
    };
    let light = Light::ALL.get(usize::from(words[4])).copied();
    let cause = Cause::ALL.get(usize::from(words[7])).copied();
    let result = match words[16] {
        0 => None,
        code => Some(
            CommandResult::ALL
                .get(usize::from(code) - 1)
                .copied()
                .ok_or_else(|| named(16, "command result"))?,
        ),
    };
    let nonce = |at: usize| {
        let value = words[at..at + 4]
            .iter()
            .fold(0_u64, |value, word| value << 16 | u64::from(*word));
        (value != 0).then_some(Nonce(value))
    };
    Ok(State {
        arm,
        obstructed: bits & OBSTRUCTED != 0,
        faults: FAULTS
            .iter()
            .filter(|(bit, _)| bits & bit != 0)
            .map(|(_, name)| *name)
            .collect(),
        loops: Loop::ALL
            .into_iter()
            .filter(|it| words[3] & it.bit() != 0)
            .collect(),
        light: light.ok_or_else(|| named(4, "light"))?,
        openings: u32::from(words[5]) << 16 | u32::from(words[6]),
        cause: cause.ok_or_else(|| named(7, "cause of opening"))?,
        opened_by: nonce(8),
        answered: nonce(12),
        result,
        uptime_s: u32::from(words[17]) << 16 | u32::from(words[18]),
    })
}

/// What a controller answers; the other side of [`state`].
pub fn encode_state(state: &State) -> [u16; STATE_REGISTERS] {
    let mut words = [0; STATE_REGISTERS];
    words[0] = SIGNATURE;
    words[1] = MAP_VERSION;
    words[2] = match state.arm {
        Arm::Closed => LOWER_STOP,
        Arm::Between => 0,
        Arm::Open => UPPER_STOP,
    };
    if state.obstructed {
        words[2] |= OBSTRUCTED;
    }
    for (bit, name) in FAULTS {
        if state.faults.contains(&name) {
            words[2] |= bit;
        }
    }
    words[3] = state.loops.iter().fold(0, |bits, it| bits | it.bit());
    words[4] = state.light as u16;
    words[5] = (state.openings >> 16) as u16;
    words[6] = state.openings as u16;
    words[7] = state.cause as u16;
    for (at, nonce) in [(8, state.opened_by), (12, state.answered)] {
        words[at..at + 4].copy_from_slice(&quarters(nonce));
    }
    words[16] = state.result.map_or(0, |it| it as u16 + 1);
    words[17] = (state.uptime_s >> 16) as u16;
    words[18] = state.uptime_s as u16;
    words
}

fn quarters(nonce: Option<Nonce>) -> [u16; 4] {
    let value = nonce.map_or(0, |it| it.0);
    [
        (value >> 48) as u16,
        (value >> 32) as u16,
        (value >> 16) as u16,
        value as u16,
    ]
}

/// One write of the command block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open for one vehicle; closes by itself when it left the arm loop, or after `for_s` seconds with
    /// nobody under it (0: stays open until closed).
    Open {
        nonce: Nonce,
        for_s: u16,
    },
    Close {
        nonce: Nonce,
    },
    Light(Light),
}

/// The words to write, all at once: code, nonce (4), light, seconds, check word.
pub fn encode(command: &Command) -> [u16; COMMAND_REGISTERS] {
    let mut words = [0; COMMAND_REGISTERS];
    match command {
        Command::Open { nonce, for_s } => {
            words[0] = 1;
            words[1..5].copy_from_slice(&quarters(Some(*nonce)));
            words[6] = *for_s;
        }
        Command::Close { nonce } => {
            words[0] = 2;
            words[1..5].copy_from_slice(&quarters(Some(*nonce)));
        }
        Command::Light(light) => {
            words[0] = 3;
            words[5] = *light as u16;
        }
    }
    words[7] = check_word(&words);
    words
}

/// Half-written command blocks never open an arm: the last word is the exclusive or of the others with
/// the signature.
fn check_word(words: &[u16; COMMAND_REGISTERS]) -> u16 {
    words[..7]
        .iter()
        .fold(SIGNATURE, |check, word| check ^ word.rotate_left(1))
}

/// What a controller makes of a write; the other side of [`encode`].
pub fn command(words: &[u16]) -> Result<Command, Garbled> {
    let Ok(words) = <&[u16; COMMAND_REGISTERS]>::try_from(words) else {
        return Err(Garbled::at(
            words.len() * 2,
            format!(
                "command block of {} registers, {COMMAND_REGISTERS} are due",
                words.len()
            ),
        ));
    };
    if words[7] != check_word(words) {
        return Err(Garbled::at(14, "check word of the command is wrong"));
    }
    let nonce = Nonce(
        words[1..5]
            .iter()
            .fold(0_u64, |value, word| value << 16 | u64::from(*word)),
    );
    match words[0] {
        1 | 2 if nonce.0 == 0 => Err(Garbled::at(2, "a command without a permit nonce")),
        1 => Ok(Command::Open {
            nonce,
            for_s: words[6],
        }),
        2 => Ok(Command::Close { nonce }),
        3 => match Light::ALL.get(usize::from(words[5])) {
            Some(light) => Ok(Command::Light(*light)),
            None => Err(Garbled::at(
                10,
                format!("light code {} is not known", words[5]),
            )),
        },
        code => Err(Garbled::at(0, format!("command code {code} is not known"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_names_passage_and_permit() {
        let nonce = Nonce::new(18_204, 2);
        assert_eq!((nonce.passage_number(), nonce.permit()), (18_204, 2));
        assert_eq!(nonce.to_string(), "18204/2");
    }

    #[test]
    fn commands_there_and_back() {
        for it in [
            Command::Open {
                nonce: Nonce::new(1, 1),
                for_s: 45,
            },
            Command::Close {
                nonce: Nonce(u64::MAX),
            },
            Command::Light(Light::Green),
        ] {
            assert_eq!(command(&encode(&it)), Ok(it));
        }
    }

    #[test]
    fn any_single_wrong_word_of_a_command_is_refused() {
        let words = encode(&Command::Open {
            nonce: Nonce::new(77, 1),
            for_s: 30,
        });
        for at in 0..COMMAND_REGISTERS {
            for flip in [1, 0x8000, 0xffff] {
                let mut words = words;
                words[at] ^= flip;
                assert!(command(&words).is_err(), "word {at} ^ {flip:x}");
            }
        }
    }

    #[test]
    fn refusals_name_the_register() {
        let good = encode_state(&State {
            arm: Arm::Closed,
            obstructed: false,
            faults: Vec::new(),
            loops: Vec::new(),
            light: Light::Red,
            openings: 0,
            cause: Cause::NeverOpened,
            opened_by: None,
            answered: None,
            result: None,
            uptime_s: 1,
        });
        assert!(state(&good).is_ok());
        for (at, value, due) in [
            (0, 1, "signature"),
            (1, 2, "map version 2"),
            (2, 3, "both stops"),
            (4, 9, "light code 9"),
            (7, 9, "cause of opening code 9"),
            (16, 9, "command result code 9"),
        ] {
            let mut words = good;
            words[at] = value;
            let error = state(&words).unwrap_err();
            assert!(error.why.contains(due), "{error}");
            assert_eq!(error.at, at as u64 * 2);
        }
        assert!(state(&good[..20]).unwrap_err().why.contains("20 registers"));
    }
}
