//! `beket decode vm250 FILE`: a recorded line stream as occupancies, portal messages and refused lines.

use domain::unit::UtcMs;
use serde_json::{Value, json};

use crate::garbled::Garbled;
use crate::limits;
use crate::radiation::portal::PortalMessage;
use crate::radiation::vm250::Vm250;
use crate::radiation::vm250::line::{Line, line};

/// A file has no times of receipt: they are made from the protocol's own pace (200 ms a gamma
/// sample, 5 s a background), from 0.
pub fn vm250(bytes: &[u8]) -> Result<Value, Garbled> {
    if bytes.len() > limits::PORTAL_FILE_BYTES {
        return Err(Garbled::at(
            limits::PORTAL_FILE_BYTES,
            format!(
                "a recorded portal stream over {} bytes",
                limits::PORTAL_FILE_BYTES
            ),
        ));
    }
    let mut portal = Vm250::new();
    let mut now = UtcMs(0);
    let (mut readings, mut messages, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let (mut lines, mut at) = (0_u64, 0_usize);
    let mut keep = |number: usize, offset: usize, said: Vec<PortalMessage>| {
        for message in said {
            match message {
                PortalMessage::Reading {
                    started_at,
                    ended_at,
                    reading,
                    profile,
                } => readings.push(json!({
                    "line": number, "started_ms": started_at.0, "ended_ms": ended_at.0,
                    "reading": reading, "profile": profile,
                })),
                PortalMessage::Refused(garbled) => {
                    let garbled = garbled.shifted(offset);
                    refused.push(json!({ "line": number, "at": garbled.at, "why": garbled.why }));
                }
                PortalMessage::Occupied { .. } => {}
                other => messages.push(json!({ "line": number, "said": other })),
            }
        }
        readings.len() + messages.len() + refused.len()
    };
    let mut number = 0;
    // Lines end with LF, CR LF or CR, as on the socket; a CR LF counts once.
    let mut previous = b'\n';
    for text in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        let ended = text.last().copied().unwrap_or(b'\n');
        if text == b"\n" && previous == b'\r' {
            at += 1;
            previous = b'\n';
            continue;
        }
        previous = ended;
        number += 1;
        if let Ok(Some(read)) = line(text) {
            lines += 1;
            now = now.plus_ms(match read {
                Line::GammaScan(_) | Line::GammaAlarm(_) => 200,
                Line::GammaBackground(_) => 5_000,
                _ => 0,
            });
        }
        if keep(number, at, portal.feed(text, now)) > limits::PORTAL_FILE_ENTRIES {
            let most = limits::PORTAL_FILE_ENTRIES;
            let why = format!("more than {most} readings, messages and refused lines in one file");
            return Err(Garbled::at(at, why));
        }
        at += text.len();
    }
    // The file ends: so does the vehicle in it.
    keep(
        number,
        bytes.len(),
        portal.silence(now.plus_ms(limits::PORTAL_SILENCE_MS)),
    );
    if lines == 0 {
        return Err(Garbled::whole("not one line of a VM250 portal in it"));
    }
    Ok(json!({
        "protocol": "vm250", "lines": lines, "readings": readings,
        "messages": messages, "refused": refused,
    }))
}
