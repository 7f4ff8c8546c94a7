//! VM250 / Rapiscan and TSA portals: comma separated text lines over TCP, as read in the public
//! OSCAR drivers. [`line`] decodes one line; [`Vm250`] puts occupancies together from them.
//!
//! Not occupied: `GB` gamma and `NB` neutron background (about every 5 s), `GH`/`GL`/`NH` fault high
//! or low. Occupied: `GS` scan or `GA` alarm every 200 ms, `NS`/`NA` neutrons of each second, `SP`
//! speed, `GX` end. Any time: `TT`/`TC` tamper set and cleared, `SG1..3` and `SN1..2` the set-up.
//! Counts are of four panels, six digits, zero padded; `GB` counts one second.
//!
//! What is not here: the monitor's alarm algorithm. `GA` and `NA` are the device's own alarms.

pub mod encode;
pub mod line;

use domain::fact::DeviceHealth;
use domain::reading::Alarm;
use domain::unit::UtcMs;

use self::line::Line;
use super::occupancy::{Occupancy, Portal};
use super::portal::{PortalMessage, Tamper};
use crate::garbled::Garbled;
use crate::limits;

/// Length of one gamma sample while occupied, milliseconds.
pub const SAMPLE_MS: u32 = 200;

/// The portal as heard so far. Feed it lines, or bytes as they come from the socket.
#[derive(Debug, Clone)]
pub struct Vm250 {
    settings: Portal,
    /// Bytes of a line whose end has not come yet.
    partial: Vec<u8>,
    /// The rest of an oversized line is being thrown away.
    skipping: bool,
    background_cps: Option<Vec<f64>>,
    passing: Option<Passing>,
    /// Faults in force, by name.
    faults: Vec<&'static str>,
    tamper: bool,
    heard_at: Option<UtcMs>,
}

#[derive(Debug, Clone)]
struct Passing {
    started_at: UtcMs,
    occupancy: Occupancy,
}

impl Default for Vm250 {
    /// The maker's set-up until the portal sends its own: 5 intervals, 6 sigma.
    fn default() -> Self {
        Vm250 {
            settings: Portal {
                protocol: "vm250",
                sample_ms: SAMPLE_MS,
                window_samples: 5,
                n_sigma: 6.0,
            },
            partial: Vec::new(),
            skipping: false,
            background_cps: None,
            passing: None,
            faults: Vec::new(),
            tamper: false,
            heard_at: None,
        }
    }
}

impl Vm250 {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a vehicle is in the portal.
    pub fn occupied_since(&self) -> Option<UtcMs> {
        self.passing.as_ref().map(|passing| passing.started_at)
    }

    /// Bytes as they come off the socket; lines end with LF, CR LF or CR.
    pub fn feed_bytes(&mut self, bytes: &[u8], received_at: UtcMs) -> Vec<PortalMessage> {
        let mut said = Vec::new();
        for byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                let line = std::mem::take(&mut self.partial);
                if !std::mem::take(&mut self.skipping) {
                    said.extend(self.feed(&line, received_at));
                }
            } else if self.skipping {
                // Already refused.
            } else if self.partial.len() >= limits::VM250_LINE_BYTES {
                said.push(PortalMessage::Refused(Garbled::at(
                    limits::VM250_LINE_BYTES,
                    format!("line longer than {} bytes", limits::VM250_LINE_BYTES),
                )));
                self.partial.clear();
                self.skipping = true;
            } else {
                self.partial.push(*byte);
            }
        }
        said
    }

    /// One line without its end. Blank lines say nothing.
    pub fn feed(&mut self, line: &[u8], received_at: UtcMs) -> Vec<PortalMessage> {
        let line = match line::line(line) {
            Ok(Some(line)) => line,
            Ok(None) => return Vec::new(),
            Err(garbled) => return vec![PortalMessage::Refused(garbled)],
        };
        self.heard_at = Some(received_at);
        let mut said = Vec::new();
        match line {
            Line::GammaBackground(counts) => {
                self.vacated(received_at, &mut said);
                self.background_cps = Some(counts.iter().map(|it| f64::from(*it)).collect());
                self.clear("gamma_high", &mut said);
                self.clear("gamma_low", &mut said);
            }
            Line::NeutronBackground(_) => {
                self.vacated(received_at, &mut said);
                self.clear("neutron_high", &mut said);
            }
            Line::GammaHigh(_) => self.raise("gamma_high", &mut said),
            Line::GammaLow(_) => self.raise("gamma_low", &mut said),
            Line::NeutronHigh(_) => self.raise("neutron_high", &mut said),
            Line::GammaScan(counts) => self.gamma(&counts, Alarm::Silent, received_at, &mut said),
            Line::GammaAlarm(counts) => self.gamma(&counts, Alarm::Raised, received_at, &mut said),
            Line::NeutronScan(counts) => {
                self.neutron(&counts, Alarm::Silent, received_at, &mut said)
            }
            Line::NeutronAlarm(counts) => {
                self.neutron(&counts, Alarm::Raised, received_at, &mut said)
            }
            Line::Speed { speed_kmh, .. } => match &mut self.passing {
                Some(passing) => passing.occupancy.speed(speed_kmh / 3.6),
                None => said.push(PortalMessage::Refused(Garbled::whole(
                    "SP (speed) while no vehicle is in the portal",
                ))),
            },
            Line::End { number, .. } => match self.passing.take() {
                Some(passing) => said.push(self.reading(passing, number, received_at)),
                None => said.push(PortalMessage::Refused(Garbled::whole(
                    "GX (end of occupancy) while no vehicle is in the portal",
                ))),
            },
            Line::TamperSet => {
                self.tamper = true;
                if let Some(passing) = &mut self.passing {
                    passing.occupancy.fault("tamper");
                }
                said.push(PortalMessage::Tamper(Tamper::Set));
            }
            Line::TamperCleared => {
                if std::mem::take(&mut self.tamper) {
                    said.push(PortalMessage::Tamper(Tamper::Cleared));
                }
            }
            Line::GammaSetup1 { intervals, n_sigma } => {
                if let Some(intervals) = intervals {
                    self.settings.window_samples = intervals;
                }
                if let Some(n_sigma) = n_sigma {
                    self.settings.n_sigma = n_sigma;
                }
            }
            // Read so that a damaged one is named; nothing here depends on them.
            Line::Setup { .. } => {}
        }
        said
    }

    /// Nothing came for a while: a vehicle still in the portal is ended with what there is, so that
    /// its samples are not lost, after [`limits::PORTAL_SILENCE_MS`].
    pub fn silence(&mut self, now: UtcMs) -> Vec<PortalMessage> {
        let quiet = self
            .heard_at
            .is_some_and(|heard| now.since_ms(heard) >= limits::PORTAL_SILENCE_MS);
        match self.passing.take() {
            Some(mut passing) if quiet => {
                passing.occupancy.fault("interrupted");
                vec![self.reading(passing, None, now)]
            }
            other => {
                self.passing = other;
                Vec::new()
            }
        }
    }

    fn passing(&mut self, received_at: UtcMs, said: &mut Vec<PortalMessage>) -> &mut Passing {
        let too_long = self.passing.as_ref().is_some_and(|it| {
            it.occupancy.samples() >= limits::OCCUPANCY_SAMPLES
                || it.occupancy.neutron_seconds() >= limits::OCCUPANCY_SAMPLES
        });
        if too_long && let Some(mut passing) = self.passing.take() {
            passing.occupancy.fault("too_long");
            said.push(self.reading(passing, None, received_at));
        }
        let (faults, tamper) = (&self.faults, self.tamper);
        let background_cps = &self.background_cps;
        self.passing.get_or_insert_with(|| {
            said.push(PortalMessage::Occupied { at: received_at });
            let mut occupancy = Occupancy::begin(background_cps.clone());
            for fault in faults {
                occupancy.fault(fault);
            }
            if tamper {
                occupancy.fault("tamper");
            }
            Passing {
                started_at: received_at,
                occupancy,
            }
        })
    }

    fn gamma(&mut self, counts: &[u32], alarm: Alarm, at: UtcMs, said: &mut Vec<PortalMessage>) {
        self.passing(at, said).occupancy.gamma(counts, alarm);
    }

    fn neutron(&mut self, counts: &[u32], alarm: Alarm, at: UtcMs, said: &mut Vec<PortalMessage>) {
        let sum = counts.iter().fold(0_u32, |sum, it| sum.saturating_add(*it));
        self.passing(at, said).occupancy.neutron(sum, alarm);
    }

    /// Background is only sent while nobody is inside: the end of the occupancy was lost.
    fn vacated(&mut self, received_at: UtcMs, said: &mut Vec<PortalMessage>) {
        if let Some(mut passing) = self.passing.take() {
            passing.occupancy.fault("end_missing");
            said.push(self.reading(passing, None, received_at));
        }
    }

    fn reading(&self, passing: Passing, number: Option<u64>, ended_at: UtcMs) -> PortalMessage {
        let (reading, profile) = passing.occupancy.finish(&self.settings, number);
        PortalMessage::Reading {
            started_at: passing.started_at,
            ended_at,
            reading: Box::new(reading),
            profile: Box::new(profile),
        }
    }

    fn raise(&mut self, fault: &'static str, said: &mut Vec<PortalMessage>) {
        if let Some(passing) = &mut self.passing {
            passing.occupancy.fault(fault);
        }
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
            said.push(PortalMessage::Health {
                health: DeviceHealth::Degraded,
                why: fault.to_owned(),
            });
        }
    }

    fn clear(&mut self, fault: &'static str, said: &mut Vec<PortalMessage>) {
        if let Some(at) = self.faults.iter().position(|it| *it == fault) {
            self.faults.remove(at);
            if self.faults.is_empty() {
                said.push(PortalMessage::Health {
                    health: DeviceHealth::Ready,
                    why: format!("{fault} cleared"),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reading::RadiationReading;

    fn feed_all(text: &str) -> Vec<PortalMessage> {
        let mut portal = Vm250::new();
        text.lines()
            .enumerate()
            .flat_map(|(at, line)| portal.feed(line.as_bytes(), UtcMs(at as i64 * 200)))
            .collect()
    }

    fn readings(said: &[PortalMessage]) -> Vec<&RadiationReading> {
        said.iter()
            .filter_map(|it| match it {
                PortalMessage::Reading { reading, .. } => Some(&**reading),
                _ => None,
            })
            .collect()
    }

    const PASS: &str = "SG1,000900,000100,000002,000010,000004.5,000000\n\
        GB,000250,000250,000250,000250\n\
        GS,000050,000050,000050,000050\n\
        GA,000100,000100,000100,000100\n\
        GA,000100,000100,000100,000100\n\
        GS,000040,000040,000040,000040\n\
        NS,000001,000000,000002,000000\n\
        SP,0.2000,04.474,007.20,000000\n";

    #[test]
    fn one_occupancy_with_the_portals_own_window() {
        let said = feed_all(&format!("{PASS}GX,000007,002000,000000,000000\n"));
        let all = readings(&said);
        let [reading] = all[..] else {
            panic!("{said:?}")
        };
        assert_eq!(reading.occupancy, Some(7));
        // Two intervals of 0.2 s: background 400, greatest sum 800.
        assert_eq!(reading.background_cps, 1000.0);
        assert_eq!(reading.gamma_max_cps, 2000.0);
        assert_eq!(reading.gamma_max_sigma, 20.0);
        assert_eq!(reading.gamma_alarm, Alarm::Raised);
        assert_eq!(reading.neutron_max, 3);
        assert_eq!(reading.neutron_alarm, Alarm::Silent);
        assert_eq!(reading.speed_mps, Some(2.0));
        assert!(reading.faults.is_empty());
        assert!(matches!(
            said[0],
            PortalMessage::Occupied { at: UtcMs(400) }
        ));
    }

    #[test]
    fn a_lost_end_is_named_and_the_samples_are_kept() {
        let said = feed_all(&format!("{PASS}GB,000250,000250,000250,000250\n"));
        let all = readings(&said);
        assert_eq!(all[0].faults, ["end_missing"]);
        assert_eq!(all[0].samples, 4);
    }

    #[test]
    fn a_fault_in_force_is_in_the_reading_and_clears() {
        let said = feed_all(&format!(
            "GH,000990,000985,001010,000995\n{}GX,1\nGB,000250,000250,000250,000250\n",
            "GS,000050,000050,000050,000050\n"
        ));
        assert_eq!(
            readings(&said)[0].faults,
            ["gamma_high", "background_unknown"]
        );
        assert!(matches!(
            said.last(),
            Some(PortalMessage::Health {
                health: DeviceHealth::Ready,
                ..
            })
        ));
    }

    #[test]
    fn tamper_is_said_once_each_way() {
        let said = feed_all("TC,,,,\nTT,,,,\nTC,,,,\nTC,,,,\n");
        assert_eq!(
            said,
            [
                PortalMessage::Tamper(Tamper::Set),
                PortalMessage::Tamper(Tamper::Cleared)
            ]
        );
    }

    #[test]
    fn bytes_may_come_in_any_pieces() {
        let text = format!("{PASS}GX,000007,002000,000000,000000\n").replace('\n', "\r\n");
        let mut portal = Vm250::new();
        let whole = portal.feed_bytes(text.as_bytes(), UtcMs(0));
        for size in [1, 3, 7] {
            let mut portal = Vm250::new();
            let said: Vec<_> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| portal.feed_bytes(piece, UtcMs(0)))
                .collect();
            assert_eq!(said, whole);
        }
    }

    #[test]
    fn an_endless_line_is_refused_once_and_the_next_is_read() {
        let mut portal = Vm250::new();
        let mut said = portal.feed_bytes(&vec![b'A'; 100_000], UtcMs(0));
        said.extend(portal.feed_bytes(b"\nTT\n", UtcMs(0)));
        assert_eq!(said.len(), 2);
        assert!(matches!(&said[0], PortalMessage::Refused(why) if why.why.contains("longer")));
        assert_eq!(said[1], PortalMessage::Tamper(Tamper::Set));
    }

    #[test]
    fn silence_ends_an_occupancy_late_not_early() {
        let mut portal = Vm250::new();
        portal.feed(b"GS,000050,000050,000050,000050", UtcMs(0));
        assert!(
            portal
                .silence(UtcMs(limits::PORTAL_SILENCE_MS - 1))
                .is_empty()
        );
        let said = portal.silence(UtcMs(limits::PORTAL_SILENCE_MS));
        assert_eq!(
            readings(&said)[0].faults,
            ["interrupted", "background_unknown"]
        );
        assert_eq!(portal.occupied_since(), None);
    }
}
