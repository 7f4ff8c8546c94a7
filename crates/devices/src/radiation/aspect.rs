//! Aspect (Dubna) "Yantar" portals over Modbus TCP. [`registers`] decodes the two blocks of holding
//! registers; [`Aspect`] puts occupancies together from polls. Layout as read in the public OSCAR
//! driver: description block at 0 (8 registers), monitor block usually at 100 (21 registers), 32-bit
//! values with the low word first.
//!
//! The driver polls: every [`Aspect::poll_ms`] milliseconds. One poll is one sample; a poll that
//! shows the same time as the one before is the same sample and counts once. The portal sends
//! neither its alarm window nor its N sigma: the profile shows 5 samples and 6 sigma for the eye,
//! the alarm itself is always the device's own.

pub mod registers;

use domain::fact::DeviceHealth;
use domain::reading::Alarm;
use domain::unit::UtcMs;

pub use self::registers::{Channel, Description, Monitor};
use super::occupancy::{Occupancy, Portal};
use super::portal::{PortalMessage, Tamper};
use crate::garbled::Garbled;
use crate::limits;

/// Poll interval while a vehicle is inside, milliseconds.
pub const OCCUPIED_POLL_MS: u32 = 200;
/// Poll interval otherwise, milliseconds.
pub const VACANT_POLL_MS: u32 = 5_000;

/// The portal as polled so far.
#[derive(Debug, Clone, Default)]
pub struct Aspect {
    background_cps: Option<f64>,
    last_time_ms: Option<u32>,
    polled_at: Option<UtcMs>,
    passing: Option<Passing>,
    /// Faults shown by the last poll, by name.
    faults: Vec<&'static str>,
    tamper: bool,
}

#[derive(Debug, Clone)]
struct Passing {
    started_at: UtcMs,
    object: u16,
    occupancy: Occupancy,
    first_ms: u32,
    last_ms: u32,
    samples: u32,
    /// Neutrons of the running second, its alarm and the samples in it.
    second: (u32, Alarm, u32),
}

impl Aspect {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a vehicle is in the portal.
    pub fn occupied_since(&self) -> Option<UtcMs> {
        self.passing.as_ref().map(|passing| passing.started_at)
    }

    /// How long the driver waits until its next poll.
    pub fn poll_ms(&self) -> u32 {
        if self.passing.is_some() {
            OCCUPIED_POLL_MS
        } else {
            VACANT_POLL_MS
        }
    }

    /// One poll of the monitor block: 21 registers or more.
    pub fn feed(&mut self, registers: &[u16], received_at: UtcMs) -> Vec<PortalMessage> {
        let monitor = match registers::monitor(registers) {
            Ok(monitor) => monitor,
            Err(garbled) => return vec![PortalMessage::Refused(garbled)],
        };
        self.polled_at = Some(received_at);
        let mut said = Vec::new();
        self.health(&monitor, &mut said);
        let restarted = self
            .last_time_ms
            .is_some_and(|last| monitor.time_ms < last && last - monitor.time_ms < u32::MAX / 2);
        let repeated = self.last_time_ms == Some(monitor.time_ms);
        self.last_time_ms = Some(monitor.time_ms);
        if let Some(passing) = &self.passing {
            let other = passing.object != monitor.object_counter;
            if restarted || other {
                // The end was not seen: between two polls the portal restarted or changed vehicles.
                self.end(
                    if restarted {
                        "restarted"
                    } else {
                        "end_missing"
                    },
                    received_at,
                    &mut said,
                );
            }
        }
        if !monitor.is_occupied() {
            self.end("", received_at, &mut said);
            self.background_cps = background_cps(&monitor);
        } else if !repeated {
            self.sample(&monitor, received_at, &mut said);
        }
        said
    }

    /// Nothing could be polled for a while: a vehicle still inside is ended with what there is, after
    /// [`limits::PORTAL_SILENCE_MS`].
    pub fn silence(&mut self, now: UtcMs) -> Vec<PortalMessage> {
        let mut said = Vec::new();
        if self
            .polled_at
            .is_some_and(|polled| now.since_ms(polled) >= limits::PORTAL_SILENCE_MS)
        {
            self.end("interrupted", now, &mut said);
        }
        said
    }

    fn sample(&mut self, monitor: &Monitor, at: UtcMs, said: &mut Vec<PortalMessage>) {
        if self
            .passing
            .as_ref()
            .is_some_and(|it| it.occupancy.samples() >= limits::OCCUPANCY_SAMPLES)
        {
            self.end("too_long", at, said);
        }
        // Its own idea of the background while occupied is the one it alarms against.
        let background = background_cps(monitor).or(self.background_cps);
        let passing = self.passing.get_or_insert_with(|| {
            said.push(PortalMessage::Occupied { at });
            Passing {
                started_at: at,
                object: monitor.object_counter,
                occupancy: Occupancy::begin(background.map(|it| vec![it])),
                first_ms: monitor.time_ms,
                last_ms: monitor.time_ms,
                samples: 0,
                second: (0, Alarm::Silent, 0),
            }
        });
        passing.last_ms = monitor.time_ms;
        passing.samples += 1;
        for fault in &self.faults {
            passing.occupancy.fault(fault);
        }
        if self.tamper {
            passing.occupancy.fault("tamper");
        }
        passing
            .occupancy
            .gamma(&[monitor.gamma.count], monitor.gamma.alarm());
        if let Some(speed) = monitor.speed_mps() {
            passing.occupancy.speed(speed);
        }
        let (sum, alarm, samples) = &mut passing.second;
        *sum = sum.saturating_add(monitor.neutron.count);
        *samples += 1;
        if monitor.neutron.alarm() == Alarm::Raised {
            *alarm = Alarm::Raised;
        }
        if *samples * OCCUPIED_POLL_MS >= 1_000 {
            passing.occupancy.neutron(*sum, *alarm);
            passing.second = (0, Alarm::Silent, 0);
        }
    }

    fn end(&mut self, fault: &str, ended_at: UtcMs, said: &mut Vec<PortalMessage>) {
        let Some(mut passing) = self.passing.take() else {
            return;
        };
        if !fault.is_empty() {
            passing.occupancy.fault(fault);
        }
        let (sum, alarm, samples) = passing.second;
        if samples > 0 {
            passing.occupancy.neutron(sum, alarm);
        }
        let gaps = passing.samples.saturating_sub(1);
        let sample_ms = match passing
            .last_ms
            .wrapping_sub(passing.first_ms)
            .checked_div(gaps)
        {
            // Rounded to what a poll interval can be; one lost poll does not shift it.
            Some(mean) if (100..=2_000).contains(&mean) => (mean + 25) / 50 * 50,
            _ => OCCUPIED_POLL_MS,
        };
        let portal = Portal {
            protocol: "aspect",
            sample_ms,
            window_samples: (1_000 / sample_ms.max(1)).max(1),
            n_sigma: 6.0,
        };
        let (reading, profile) = passing
            .occupancy
            .finish(&portal, Some(u64::from(passing.object)));
        said.push(PortalMessage::Reading {
            started_at: passing.started_at,
            ended_at,
            reading: Box::new(reading),
            profile: Box::new(profile),
        });
    }

    fn health(&mut self, monitor: &Monitor, said: &mut Vec<PortalMessage>) {
        let faults = monitor.faults();
        if faults != self.faults {
            let health = if faults.is_empty() {
                DeviceHealth::Ready
            } else {
                DeviceHealth::Degraded
            };
            let why = if faults.is_empty() {
                format!("{} cleared", self.faults.join(", "))
            } else {
                faults.join(", ")
            };
            said.push(PortalMessage::Health { health, why });
            self.faults = faults;
        }
        let opened = monitor.is_opened();
        if opened != self.tamper {
            said.push(PortalMessage::Tamper(if opened {
                Tamper::Set
            } else {
                Tamper::Cleared
            }));
            self.tamper = opened;
        }
    }
}

/// The block's background is per sample of [`OCCUPIED_POLL_MS`]; `None` while it has none.
fn background_cps(monitor: &Monitor) -> Option<f64> {
    let per_sample = f64::from(monitor.gamma.background);
    (per_sample > 0.0).then(|| per_sample * 1_000.0 / f64::from(OCCUPIED_POLL_MS))
}

/// A recorded stream: JSON lines of `{"base": 100, "regs": [..21..]}`, or raw blocks of 21 registers
/// as Modbus sends them (big-endian words, 42 bytes a block).
pub fn recorded(bytes: &[u8]) -> Result<Vec<Result<Vec<u16>, Garbled>>, Garbled> {
    if bytes.len() > limits::PORTAL_FILE_BYTES {
        return Err(Garbled::at(
            limits::PORTAL_FILE_BYTES,
            format!(
                "a recorded portal stream over {} bytes",
                limits::PORTAL_FILE_BYTES
            ),
        ));
    }
    let text = bytes.iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'{');
    if text {
        return Ok(registers::json_lines(bytes));
    }
    const BLOCK: usize = registers::MONITOR_REGISTERS * 2;
    if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
        return Err(Garbled::whole(format!(
            "neither JSON lines nor whole blocks of {BLOCK} bytes: {} bytes",
            bytes.len()
        )));
    }
    Ok(bytes
        .chunks_exact(BLOCK)
        .map(|block| {
            Ok(block
                .chunks_exact(2)
                .map(|word| u16::from_be_bytes([word[0], word[1]]))
                .collect())
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reading::RadiationReading;

    fn poll(time_ms: u32, inputs: u16, gamma: u32, object: u16) -> Vec<u16> {
        registers::encode(&Monitor {
            time_ms,
            inputs,
            gamma: Channel {
                status: registers::READY,
                count: gamma,
                background: 200.0,
                variance: 14.1,
            },
            neutron: Channel {
                status: registers::READY,
                count: 1,
                background: 0.5,
                variance: 0.7,
            },
            object_counter: object,
            wheels: 0,
            speed_tenths_kmh: 72,
            outputs: 0,
        })
        .to_vec()
    }

    fn readings(said: &[PortalMessage]) -> Vec<&RadiationReading> {
        said.iter()
            .filter_map(|it| match it {
                PortalMessage::Reading { reading, .. } => Some(&**reading),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn one_occupancy() {
        let mut portal = Aspect::new();
        let mut said = portal.feed(&poll(0, 0, 200, 4), UtcMs(0));
        assert_eq!(portal.poll_ms(), VACANT_POLL_MS);
        for sample in 0..20_u32 {
            let at = 5_000 + sample * 200;
            let gamma = if (8..13).contains(&sample) { 300 } else { 200 };
            said.extend(portal.feed(&poll(at, 0x41, gamma, 5), UtcMs(i64::from(at))));
            // The same sample polled twice counts once.
            said.extend(portal.feed(&poll(at, 0x41, gamma, 5), UtcMs(i64::from(at) + 90)));
        }
        assert_eq!(portal.poll_ms(), OCCUPIED_POLL_MS);
        said.extend(portal.feed(&poll(9_200, 0, 200, 5), UtcMs(9_200)));
        let all = readings(&said);
        let [reading] = all[..] else {
            panic!("{said:?}")
        };
        assert_eq!(
            (reading.occupancy, reading.samples, reading.sample_ms),
            (Some(5), 20, 200)
        );
        assert_eq!(reading.background_cps, 1_000.0);
        assert_eq!(reading.gamma_max_cps, 1_500.0);
        assert_eq!(reading.neutron_max, 5);
        assert_eq!(reading.speed_mps, Some(2.0));
    }

    #[test]
    fn a_new_object_without_a_gap_is_a_second_occupancy() {
        let mut portal = Aspect::new();
        let mut said = Vec::new();
        for (at, object) in [(0, 1), (200, 1), (400, 2), (600, 2)] {
            said.extend(portal.feed(&poll(at, 0x1, 200, object), UtcMs(i64::from(at))));
        }
        said.extend(portal.feed(&poll(800, 0, 200, 2), UtcMs(800)));
        let all = readings(&said);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].faults, ["end_missing"]);
        assert!(all[1].faults.is_empty());
    }

    #[test]
    fn faults_and_an_opened_cabinet() {
        let mut portal = Aspect::new();
        let said = portal.feed(&poll(0, 0x700, 200, 0), UtcMs(0));
        assert!(
            matches!(&said[0], PortalMessage::Health { health: DeviceHealth::Degraded, why } if why == "power_fail, low_battery")
        );
        assert_eq!(said[1], PortalMessage::Tamper(Tamper::Set));
        let said = portal.feed(&poll(5_000, 0, 200, 0), UtcMs(5_000));
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn silence_and_restart_lose_no_samples() {
        let mut portal = Aspect::new();
        portal.feed(&poll(9_000, 0x1, 200, 3), UtcMs(0));
        let said = portal.feed(&poll(100, 0x1, 200, 1), UtcMs(200));
        assert_eq!(readings(&said)[0].faults, ["restarted"]);
        let said = portal.silence(UtcMs(200 + limits::PORTAL_SILENCE_MS));
        assert_eq!(readings(&said)[0].faults, ["interrupted"]);
    }

    #[test]
    fn recorded_forms() {
        let block = poll(7, 0, 1, 2);
        let raw: Vec<u8> = block.iter().flat_map(|it| it.to_be_bytes()).collect();
        let json = format!("{{\"base\":100,\"regs\":{block:?}}}\n\n{{\"regs\":[1]}}\nx\n");
        assert_eq!(recorded(&raw).unwrap(), [Ok(block.clone())]);
        let lines = recorded(json.as_bytes()).unwrap();
        assert_eq!(lines[0], Ok(block));
        assert_eq!(lines[1], Ok(vec![1]));
        assert!(lines[2].is_err());
        assert!(recorded(&raw[1..]).is_err());
        assert!(recorded(b"").is_err());
    }
}
