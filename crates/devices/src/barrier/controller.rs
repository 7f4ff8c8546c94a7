//! The controller's own side of the map, as a state machine with time as an argument: what simulated
//! lanes serve over Modbus TCP, and a statement of what an integrator's controller must do. Not used
//! by a real checkpoint.

use super::registers::{
    self, Arm, Cause, Command, CommandResult, Light, Loop, Nonce, Presence, STATE_REGISTERS, State,
};

/// Time the arm takes from one stop to the other, milliseconds.
pub const ARM_TRAVEL_MS: u32 = 2_000;

#[derive(Debug, Clone)]
pub struct Controller {
    state: State,
    uptime_ms: u64,
    /// Where the arm goes.
    target: Arm,
    travel_ms: u32,
    /// Closes by itself when this has passed.
    close_in_ms: Option<u32>,
    /// The vehicle the arm rose for has reached the arm loop.
    passing: bool,
    used: Vec<Nonce>,
}

impl Default for Controller {
    fn default() -> Self {
        Controller {
            state: State {
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
                uptime_s: 0,
            },
            uptime_ms: 0,
            target: Arm::Closed,
            travel_ms: 0,
            close_in_ms: None,
            passing: false,
            used: Vec::new(),
        }
    }
}

impl Controller {
    pub fn new() -> Self {
        Self::default()
    }

    /// Input registers from 0, as function 4 reads them.
    pub fn input_registers(&self) -> [u16; STATE_REGISTERS] {
        registers::encode_state(&self.state)
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// A write of the command block (function 16, from 0).
    pub fn write(&mut self, words: &[u16]) {
        match registers::command(words) {
            Err(_) => {
                self.state.answered = None;
                self.state.result = Some(CommandResult::Malformed);
            }
            Ok(Command::Light(light)) => self.state.light = light,
            Ok(Command::Close { nonce }) => {
                let result = self.ready(nonce, &[]);
                self.answer(nonce, result);
                if result == CommandResult::Accepted {
                    self.move_to(Arm::Closed);
                }
            }
            Ok(Command::Open { nonce, for_s }) => {
                let used = std::mem::take(&mut self.used);
                let result = self.ready(nonce, &used);
                self.used = used;
                self.answer(nonce, result);
                if result == CommandResult::Accepted {
                    self.used.push(nonce);
                    if self.used.len() > 64 {
                        self.used.remove(0);
                    }
                    self.rise(Cause::Command, Some(nonce));
                    self.close_in_ms = (for_s > 0).then_some(u32::from(for_s) * 1_000);
                }
            }
        }
    }

    /// Time goes on by `span_ms`.
    pub fn tick(&mut self, span_ms: u32) {
        self.uptime_ms += u64::from(span_ms);
        self.state.uptime_s = (self.uptime_ms / 1_000) as u32;
        let arm_loop = self.state.loops.contains(&Loop::Arm);
        if self.target == Arm::Closed && arm_loop && self.state.arm != Arm::Closed {
            // Never down on a vehicle.
            self.state.obstructed = true;
            self.move_to(Arm::Open);
        } else if !arm_loop {
            self.state.obstructed = false;
        }
        if self.state.arm != self.target {
            self.travel_ms = self.travel_ms.saturating_add(span_ms);
            self.state.arm = if self.travel_ms >= ARM_TRAVEL_MS {
                self.target
            } else {
                Arm::Between
            };
        }
        if let Some(left) = self.close_in_ms
            && self.state.arm == Arm::Open
            && !arm_loop
        {
            self.close_in_ms = Some(left.saturating_sub(span_ms));
            if left <= span_ms {
                self.move_to(Arm::Closed);
            }
        }
    }

    pub fn set_loop(&mut self, which: Loop, presence: Presence) {
        self.state.loops.retain(|it| *it != which);
        if presence == Presence::Occupied {
            self.state.loops.push(which);
            self.state.loops.sort_by_key(|it| *it as u8);
            self.passing |= which == Loop::Arm;
        } else if which == Loop::Arm && self.passing && self.state.cause == Cause::Command {
            // The vehicle it rose for is through.
            self.passing = false;
            self.move_to(Arm::Closed);
        }
    }

    /// Somebody turns the key or the crank: no nonce, cause "hand".
    pub fn open_by_hand(&mut self) {
        self.close_in_ms = None;
        self.rise(Cause::Hand, None);
    }

    pub fn close_by_hand(&mut self) {
        self.move_to(Arm::Closed);
    }

    /// The arm no longer follows commands.
    pub fn fail_motor(&mut self) {
        if !self.state.faults.contains(&"motor_fault") {
            self.state.faults.insert(0, "motor_fault");
        }
    }

    pub fn repair_motor(&mut self) {
        self.state.faults.retain(|it| *it != "motor_fault");
    }

    fn ready(&self, nonce: Nonce, used: &[Nonce]) -> CommandResult {
        // A passage opens once, whatever its permit: an old pulse that arrives late must not be
        // followed by a second opening for whoever stands there then.
        let passage = nonce.passage_number();
        if used.iter().any(|it| it.passage_number() == passage) {
            CommandResult::Repeated
        } else if self.state.faults.contains(&"hand_mode") {
            CommandResult::HandMode
        } else if self.state.faults.contains(&"motor_fault") {
            CommandResult::MotorFault
        } else {
            CommandResult::Accepted
        }
    }

    fn answer(&mut self, nonce: Nonce, result: CommandResult) {
        self.state.answered = Some(nonce);
        self.state.result = Some(result);
    }

    fn rise(&mut self, cause: Cause, by: Option<Nonce>) {
        // Counted when it leaves the lower stop, or when another reason keeps it open.
        self.state.openings = self.state.openings.wrapping_add(1);
        self.state.cause = cause;
        self.state.opened_by = by;
        self.passing = false;
        if self.state.arm == Arm::Closed {
            self.state.arm = Arm::Between;
        }
        self.move_to(Arm::Open);
    }

    fn move_to(&mut self, target: Arm) {
        if self.target != target {
            self.target = target;
            self.travel_ms = 0;
        }
        if target == Arm::Closed {
            self.close_in_ms = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Controller {
        let mut lane = Controller::new();
        lane.write(&registers::encode(&Command::Open {
            nonce: Nonce::new(1, 1),
            for_s: 30,
        }));
        lane.tick(ARM_TRAVEL_MS);
        assert_eq!(lane.state().arm, Arm::Open);
        lane
    }

    #[test]
    fn closes_behind_the_vehicle() {
        let mut lane = opened();
        lane.set_loop(Loop::Arm, Presence::Occupied);
        lane.tick(60_000);
        assert_eq!(lane.state().arm, Arm::Open);
        lane.set_loop(Loop::Arm, Presence::Clear);
        lane.tick(ARM_TRAVEL_MS);
        assert_eq!(lane.state().arm, Arm::Closed);
    }

    #[test]
    fn a_passage_opens_once_whatever_its_permit() {
        let mut lane = opened();
        lane.set_loop(Loop::Arm, Presence::Occupied);
        lane.set_loop(Loop::Arm, Presence::Clear);
        lane.tick(ARM_TRAVEL_MS);
        for (passage, permit, openings) in [(1, 1, 1), (1, 2, 1), (2, 1, 2)] {
            let nonce = Nonce::new(passage, permit);
            lane.write(&registers::encode(&Command::Open { nonce, for_s: 30 }));
            assert_eq!(
                lane.state().openings,
                openings,
                "passage {passage}/{permit}"
            );
        }
    }

    #[test]
    fn closes_when_nobody_comes() {
        let mut lane = opened();
        lane.tick(30_000);
        lane.tick(ARM_TRAVEL_MS);
        assert_eq!(lane.state().arm, Arm::Closed);
    }

    #[test]
    fn never_down_on_a_vehicle() {
        let mut lane = opened();
        lane.set_loop(Loop::Arm, Presence::Occupied);
        lane.write(&registers::encode(&Command::Close {
            nonce: Nonce::new(1, 1),
        }));
        lane.tick(ARM_TRAVEL_MS);
        lane.tick(ARM_TRAVEL_MS);
        assert_eq!(lane.state().arm, Arm::Open);
        assert!(lane.state().obstructed);
    }

    #[test]
    fn a_half_written_command_is_malformed() {
        let mut lane = Controller::new();
        let mut words = registers::encode(&Command::Open {
            nonce: Nonce::new(1, 1),
            for_s: 0,
        });
        words[4] = 0;
        lane.write(&words);
        lane.tick(ARM_TRAVEL_MS);
        assert_eq!(lane.state().arm, Arm::Closed);
        assert_eq!(lane.state().result, Some(CommandResult::Malformed));
    }
}
