//! The two register blocks of an Aspect portal, bits and words only. Knows nothing of occupancies.
//!
//! Monitor block (21): 0-1 time ms, 2 inputs, 3 gamma status, 4-5 gamma count, 6-7 background f32,
//! 8-9 variance f32, 10-16 the same for neutrons, 17 object counter, 18 wheels, 19 speed (0.1 km/h),
//! 20 outputs. Low word first. Description block (8, at 0): signature, number of registers, then
//! identifier, base address and length of the monitor block.

use domain::reading::Alarm;
use serde::Serialize;

use crate::garbled::Garbled;
use crate::limits;

pub const MONITOR_REGISTERS: usize = 21;
pub const DESCRIPTION_REGISTERS: usize = 8;
/// Where the monitor block begins unless the description says otherwise.
pub const MONITOR_BASE: u16 = 100;

/// Inputs: any of the four beams is broken.
pub const OCCUPIED: u16 = 0x000f;
/// Inputs: direction of travel, one way and the other; both or none is unknown.
pub const DIRECTION_01: u16 = 0x0040;
pub const DIRECTION_10: u16 = 0x0080;
const POWER_FAIL: u16 = 0x0100;
const LOW_BATTERY: u16 = 0x0200;
const OPENED: u16 = 0x0400;
const ERROR: u16 = 0x0800;

/// Channel status.
pub const ALARM_1: u16 = 0x01;
pub const ALARM_2: u16 = 0x02;
const LOW: u16 = 0x10;
const HIGH: u16 = 0x20;
const OVERLOAD: u16 = 0x40;
pub const READY: u16 = 0x80;

/// One poll of the monitor block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Monitor {
    /// The portal's own clock since its start; wraps.
    pub time_ms: u32,
    pub inputs: u16,
    pub gamma: Channel,
    pub neutron: Channel,
    pub object_counter: u16,
    pub wheels: u16,
    pub speed_tenths_kmh: u16,
    pub outputs: u16,
}

/// Counts are of one sample; background and variance likewise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Channel {
    pub status: u16,
    pub count: u32,
    pub background: f32,
    pub variance: f32,
}

impl Channel {
    pub fn alarm(&self) -> Alarm {
        if self.status & (ALARM_1 | ALARM_2) == 0 {
            Alarm::Silent
        } else {
            Alarm::Raised
        }
    }
}

impl Monitor {
    pub fn is_occupied(&self) -> bool {
        self.inputs & OCCUPIED != 0
    }

    /// The cabinet is open.
    pub fn is_opened(&self) -> bool {
        self.inputs & OPENED != 0
    }

    pub fn speed_mps(&self) -> Option<f64> {
        let kmh = f64::from(self.speed_tenths_kmh) / 10.0;
        (kmh > 0.0 && kmh <= limits::SPEED_KMH).then_some(kmh / 3.6)
    }

    /// Names of the faults this poll shows.
    pub fn faults(&self) -> Vec<&'static str> {
        [
            (self.inputs, POWER_FAIL, "power_fail"),
            (self.inputs, LOW_BATTERY, "low_battery"),
            (self.inputs, ERROR, "error"),
            (self.gamma.status, LOW, "gamma_low"),
            (self.gamma.status, HIGH, "gamma_high"),
            (self.gamma.status, OVERLOAD, "gamma_overload"),
            (self.neutron.status, LOW, "neutron_low"),
            (self.neutron.status, HIGH, "neutron_high"),
            (self.neutron.status, OVERLOAD, "neutron_overload"),
        ]
        .into_iter()
        .filter(|(word, bit, _)| word & bit != 0)
        .map(|(_, _, name)| name)
        .chain((self.gamma.status & READY == 0).then_some("gamma_not_ready"))
        .chain((self.neutron.status & READY == 0).then_some("neutron_not_ready"))
        .collect()
    }
}

/// Where the monitor block is, as the portal says at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Description {
    pub signature: u16,
    pub registers: u16,
    pub identifier: u16,
    pub base: u16,
    pub length: u16,
}

/// The monitor block; registers beyond the 21st are of a later firmware and ignored.
pub fn monitor(registers: &[u16]) -> Result<Monitor, Garbled> {
    if registers.len() < MONITOR_REGISTERS {
        return Err(Garbled::at(
            registers.len() * 2,
            format!(
                "monitor block of {} registers, {MONITOR_REGISTERS} are due",
                registers.len()
            ),
        ));
    }
    Ok(Monitor {
        time_ms: long(registers, 0),
        inputs: registers[2],
        gamma: channel(registers, 3, "gamma")?,
        neutron: channel(registers, 10, "neutron")?,
        object_counter: registers[17],
        wheels: registers[18],
        speed_tenths_kmh: registers[19],
        outputs: registers[20],
    })
}

fn channel(registers: &[u16], base: usize, name: &str) -> Result<Channel, Garbled> {
    let count = long(registers, base + 1);
    if count > limits::PANEL_COUNTS * 4 {
        return Err(Garbled::at(
            (base + 1) * 2,
            format!("{name} count {count} is over {}", limits::PANEL_COUNTS * 4),
        ));
    }
    let float = |at: usize, what: &str| {
        let value = f32::from_bits(long(registers, at));
        if value.is_finite() && value >= 0.0 {
            Ok(value)
        } else {
            Err(Garbled::at(at * 2, format!("{name} {what} is {value}")))
        }
    };
    Ok(Channel {
        status: registers[base],
        count,
        background: float(base + 3, "background")?,
        variance: float(base + 5, "variance")?,
    })
}

fn long(registers: &[u16], at: usize) -> u32 {
    u32::from(registers[at]) | u32::from(registers[at + 1]) << 16
}

/// The description block.
pub fn description(registers: &[u16]) -> Result<Description, Garbled> {
    let [signature, count, identifier, base, length, ..] = *registers else {
        return Err(Garbled::at(
            registers.len() * 2,
            format!(
                "description block of {} registers, 5 are due",
                registers.len()
            ),
        ));
    };
    if usize::from(length) < MONITOR_REGISTERS {
        return Err(Garbled::at(
            8,
            format!("monitor block of {length} registers, {MONITOR_REGISTERS} are due"),
        ));
    }
    if length > 125 {
        return Err(Garbled::at(
            8,
            format!("{length} registers cannot be read at once"),
        ));
    }
    Ok(Description {
        signature,
        registers: count,
        identifier,
        base,
        length,
    })
}

/// What a portal answers for its monitor block; for simulated portals.
pub fn encode(monitor: &Monitor) -> [u16; MONITOR_REGISTERS] {
    let mut registers = [0; MONITOR_REGISTERS];
    let mut put = |at: usize, value: u32| {
        registers[at] = value as u16;
        registers[at + 1] = (value >> 16) as u16;
    };
    put(0, monitor.time_ms);
    for (base, channel) in [(3, &monitor.gamma), (10, &monitor.neutron)] {
        put(base + 1, channel.count);
        put(base + 3, channel.background.to_bits());
        put(base + 5, channel.variance.to_bits());
    }
    registers[2] = monitor.inputs;
    registers[3] = monitor.gamma.status;
    registers[10] = monitor.neutron.status;
    registers[17] = monitor.object_counter;
    registers[18] = monitor.wheels;
    registers[19] = monitor.speed_tenths_kmh;
    registers[20] = monitor.outputs;
    registers
}

/// What a portal answers for its description block.
pub fn encode_description(it: &Description) -> [u16; DESCRIPTION_REGISTERS] {
    [
        it.signature,
        it.registers,
        it.identifier,
        it.base,
        it.length,
        0,
        0,
        0,
    ]
}

/// Lines of `{"base": .., "regs": [..]}`; each is read or refused on its own.
pub(super) fn json_lines(bytes: &[u8]) -> Vec<Result<Vec<u16>, Garbled>> {
    #[derive(serde::Deserialize)]
    struct Poll {
        regs: Vec<u16>,
    }
    let mut at = 0;
    let mut polls = Vec::new();
    for line in bytes.split(|it| *it == b'\n') {
        if !line.trim_ascii().is_empty() {
            polls.push(
                serde_json::from_slice::<Poll>(line)
                    .map(|poll| poll.regs)
                    .map_err(|error| Garbled::at(at, format!("no line of registers: {error}"))),
            );
        }
        at += line.len() + 1;
    }
    polls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_word_first() {
        let mut registers = [0_u16; MONITOR_REGISTERS];
        registers[0] = 0x0001;
        registers[1] = 0x0002;
        registers[6] = 13107;
        registers[7] = 17272;
        registers[19] = 89;
        let monitor = monitor(&registers).unwrap();
        assert_eq!(monitor.time_ms, 0x0002_0001);
        assert!((monitor.gamma.background - 248.2).abs() < 1e-4);
        assert!((monitor.speed_mps().unwrap() - 2.472).abs() < 1e-3);
    }

    #[test]
    fn refusals() {
        assert!(monitor(&[0; 20]).unwrap_err().why.contains("20 registers"));
        let mut registers = [0_u16; MONITOR_REGISTERS];
        registers[7] = 0x7fc0;
        assert_eq!(
            monitor(&registers).unwrap_err().why,
            "gamma background is NaN"
        );
        registers[7] = 0;
        registers[12] = 0xffff;
        assert!(
            monitor(&registers)
                .unwrap_err()
                .why
                .starts_with("neutron count")
        );
        assert!(description(&[1, 2, 3, 100]).is_err());
        assert!(description(&[1, 2, 3, 100, 5]).is_err());
    }

    #[test]
    fn description_there_and_back() {
        let it = Description {
            signature: 0x55aa,
            registers: 29,
            identifier: 1,
            base: 100,
            length: 21,
        };
        assert_eq!(description(&encode_description(&it)), Ok(it));
    }
}
