//! `beket decode aspect FILE`: recorded register blocks as polls, occupancies and refused blocks.

use domain::unit::UtcMs;
use serde_json::{Value, json};

use crate::garbled::Garbled;
use crate::limits;
use crate::radiation::aspect::{Aspect, recorded, registers};
use crate::radiation::portal::PortalMessage;

/// The portal's own clock stands in for the times of receipt, which a file has not.
pub fn aspect(bytes: &[u8]) -> Result<Value, Garbled> {
    let mut portal = Aspect::new();
    let (mut polls, mut readings) = (Vec::new(), Vec::new());
    let (mut messages, mut refused) = (Vec::new(), Vec::new());
    let mut now = UtcMs(0);
    let blocks = recorded(bytes)?;
    let count = blocks.len();
    if count > limits::PORTAL_FILE_POLLS {
        let most = limits::PORTAL_FILE_POLLS;
        return Err(Garbled::whole(format!(
            "more than {most} register blocks in one file"
        )));
    }
    for (number, block) in blocks.into_iter().enumerate() {
        let said = match block {
            Err(garbled) => vec![PortalMessage::Refused(garbled)],
            Ok(block) => {
                if let Ok(monitor) = registers::monitor(&block) {
                    now = UtcMs(i64::from(monitor.time_ms));
                    polls.push(json!({
                        "time_ms": monitor.time_ms, "inputs": monitor.inputs,
                        "gamma_status": monitor.gamma.status, "gamma": monitor.gamma.count,
                        "gamma_bg": monitor.gamma.background, "gamma_variance": monitor.gamma.variance,
                        "neutron_status": monitor.neutron.status, "neutron": monitor.neutron.count,
                        "neutron_bg": monitor.neutron.background,
                        "neutron_variance": monitor.neutron.variance,
                        "object_counter": monitor.object_counter, "wheels": monitor.wheels,
                        "speed": monitor.speed_tenths_kmh, "outputs": monitor.outputs,
                    }));
                }
                portal.feed(&block, now)
            }
        };
        keep(number + 1, said, &mut readings, &mut messages, &mut refused);
    }
    let said = portal.silence(now.plus_ms(limits::PORTAL_SILENCE_MS));
    keep(count, said, &mut readings, &mut messages, &mut refused);
    if polls.is_empty() {
        return Err(Garbled::whole(
            "not one register block of an Aspect portal in it",
        ));
    }
    Ok(json!({
        "protocol": "aspect", "polls": polls, "readings": readings,
        "messages": messages, "refused": refused,
    }))
}

fn keep(
    number: usize,
    said: Vec<PortalMessage>,
    readings: &mut Vec<Value>,
    messages: &mut Vec<Value>,
    refused: &mut Vec<Value>,
) {
    for message in said {
        match message {
            PortalMessage::Reading {
                started_at,
                ended_at,
                reading,
                profile,
            } => readings.push(json!({
                "poll": number, "started_ms": started_at.0, "ended_ms": ended_at.0,
                "reading": reading, "profile": profile,
            })),
            PortalMessage::Refused(garbled) => {
                refused.push(json!({ "poll": number, "at": garbled.at, "why": garbled.why }));
            }
            PortalMessage::Occupied { .. } => {}
            other => messages.push(json!({ "poll": number, "said": other })),
        }
    }
}
