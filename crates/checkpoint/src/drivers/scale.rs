//! Axle scales and dimension frame: JSON lines over TCP (`docs/devices/weighing.md`). We dial.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use devices::dimensions::Dimensions;
use devices::garbled::Garbled;
use devices::weighing::{self, WeighMessage};
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::reading::VehicleReading;
use domain::unit::{DeviceId, LaneId};
use futures::StreamExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use super::{DIAL_LIMIT, REDIAL};
use crate::http::devices::is_repeat;
use crate::intake::{Intake, TellError};
use crate::limits::{LINE_BYTES, REPEATS_REMEMBERED};
use crate::main_loop::Known;

/// A scale that has nothing to say says so every five seconds.
const SILENCE: Duration = Duration::from_secs(60);

pub async fn run(intake: Intake, lane: LaneId, address: SocketAddr) -> Result<(), TellError> {
    let device = DeviceId::new(format!("{lane}/scale"));
    let mut heard = Heard::default();
    loop {
        let why = attend(&intake, lane, &device, address, &mut heard).await?;
        intake.health(&device, DeviceHealth::Down, &why).await?;
        tokio::time::sleep(REDIAL).await;
    }
}

/// What outlives a connection: a scale repeats its last lines after a reconnect.
#[derive(Default)]
struct Heard {
    readings: VecDeque<(String, VehicleReading)>,
    /// Dimensions of a profiler ahead of the scale, for the next weighing.
    profile: Option<Dimensions>,
}

impl Heard {
    fn known(&self, id: &str, reading: &VehicleReading) -> Known {
        let same = self.readings.iter().filter(|(known, _)| known == id);
        Known::among(reading, same.map(|(_, it)| it))
    }
}

async fn attend(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    address: SocketAddr,
    heard: &mut Heard,
) -> Result<String, TellError> {
    let Ok(Ok(stream)) = timeout(DIAL_LIMIT, TcpStream::connect(address)).await else {
        return Ok("no_connection".to_owned());
    };
    intake.health(device, DeviceHealth::Ready, "").await?;
    let mut lines = FramedRead::new(stream, LinesCodec::new_with_max_length(LINE_BYTES));
    loop {
        let line = match timeout(intake.clock.on_wall(SILENCE).max(DIAL_LIMIT), lines.next()).await
        {
            Ok(Some(Ok(line))) => line,
            Ok(Some(Err(LinesCodecError::MaxLineLengthExceeded))) => {
                let why = format!("a line of more than {LINE_BYTES} bytes");
                intake
                    .garbled(
                        device,
                        &Garbled {
                            at: LINE_BYTES as u64,
                            why,
                        },
                        b"",
                    )
                    .await?;
                continue;
            }
            Ok(Some(Err(LinesCodecError::Io(why)))) => return Ok(format!("io: {}", why.kind())),
            Ok(None) => return Ok("closed".to_owned()),
            Err(_) => return Ok("silent".to_owned()),
        };
        intake.keep(device, line.as_bytes());
        match weighing::decode(line.as_bytes()) {
            Ok(message) => hear(intake, lane, device, message, heard).await?,
            Err(garbled) => intake.garbled(device, &garbled, line.as_bytes()).await?,
        }
    }
}

async fn hear(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    message: WeighMessage,
    heard: &mut Heard,
) -> Result<(), TellError> {
    match message {
        WeighMessage::Vehicle { id, reading, .. } => {
            if let Some(id) = id {
                let known = heard.known(&id, &reading);
                if is_repeat(intake, lane, device, known, "vehicle").await? {
                    return Ok(());
                }
                heard.readings.push_back((id, (*reading).clone()));
                let over = heard.readings.len().saturating_sub(REPEATS_REMEMBERED);
                heard.readings.drain(..over);
            }
            let mut reading = *reading;
            if let Some(profile) = heard.profile.take() {
                profile.put_into(&mut reading);
            }
            intake.reading(lane, Input::Vehicle(reading)).await
        }
        WeighMessage::Profile { dimensions, .. } => {
            heard.profile = Some(dimensions);
            Ok(())
        }
        WeighMessage::Alive => intake.health(device, DeviceHealth::Ready, "").await,
        WeighMessage::Fault { why } => intake.health(device, DeviceHealth::Down, &why).await,
    }
}
