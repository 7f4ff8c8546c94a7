//! Radiation portals: VM250/Rapiscan lines over TCP, Aspect "Yantar" over Modbus TCP. We dial.

use std::net::SocketAddr;
use std::time::Duration;

use devices::radiation::aspect::Aspect;
use devices::radiation::aspect::registers::{MONITOR_BASE, MONITOR_REGISTERS};
use devices::radiation::portal::{PortalMessage, Tamper};
use devices::radiation::vm250::Vm250;
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::reading::RadiationReading;
use domain::unit::{DeviceId, LaneId};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Reader, tcp};

use super::{DIAL_LIMIT, REDIAL};
use crate::config::{PortalConfig, PortalKind};
use crate::intake::{Intake, TellError};

/// A monitor that says nothing for so long (its own background lines come every 5 s) is silent.
const SILENCE: Duration = Duration::from_secs(20);

pub async fn run(intake: Intake, lane: LaneId, config: PortalConfig) -> Result<(), TellError> {
    let device = DeviceId::new(format!("{lane}/portal"));
    loop {
        let ended = match config.kind {
            PortalKind::Vm250 => vm250(&intake, lane, &device, config.address).await,
            PortalKind::Aspect => aspect(&intake, lane, &device, config.address).await,
        };
        match ended {
            Ok(why) => intake.health(&device, DeviceHealth::Down, &why).await?,
            Err(why) => return Err(why),
        }
        tokio::time::sleep(REDIAL).await;
    }
}

async fn vm250(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    address: SocketAddr,
) -> Result<String, TellError> {
    let Ok(Ok(mut stream)) = timeout(DIAL_LIMIT, TcpStream::connect(address)).await else {
        return Ok("no_connection".to_owned());
    };
    intake.health(device, DeviceHealth::Ready, "").await?;
    let mut portal = Vm250::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match timeout(
            intake.clock.on_wall(SILENCE).max(DIAL_LIMIT),
            stream.read(&mut buffer),
        )
        .await
        {
            Ok(Ok(0)) => return Ok("closed".to_owned()),
            Ok(Ok(count)) => {
                let bytes = &buffer[..count];
                intake.keep(device, bytes);
                let messages = portal.feed_bytes(bytes, intake.clock.now());
                hear(intake, lane, device, messages, bytes).await?;
            }
            Ok(Err(why)) => return Ok(format!("io: {}", why.kind())),
            Err(_) => {
                let messages = portal.silence(intake.clock.now());
                hear(intake, lane, device, messages, &[]).await?;
                return Ok("silent".to_owned());
            }
        }
    }
}

async fn aspect(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    address: SocketAddr,
) -> Result<String, TellError> {
    let Ok(Ok(mut modbus)) = timeout(DIAL_LIMIT, tcp::connect(address)).await else {
        return Ok("no_connection".to_owned());
    };
    intake.health(device, DeviceHealth::Ready, "").await?;
    let mut portal = Aspect::new();
    loop {
        let registers = modbus.read_holding_registers(MONITOR_BASE, MONITOR_REGISTERS as u16);
        let registers = match timeout(DIAL_LIMIT, registers).await {
            Ok(Ok(Ok(registers))) => registers,
            Ok(Ok(Err(refused))) => return Ok(format!("modbus: {refused}")),
            Ok(Err(why)) => return Ok(format!("io: {why}")),
            Err(_) => {
                let messages = portal.silence(intake.clock.now());
                hear(intake, lane, device, messages, &[]).await?;
                return Ok("silent".to_owned());
            }
        };
        let bytes: Vec<u8> = registers.iter().flat_map(|it| it.to_be_bytes()).collect();
        intake.keep(device, &bytes);
        let messages = portal.feed(&registers, intake.clock.now());
        hear(intake, lane, device, messages, &bytes).await?;
        let pause = Duration::from_millis(portal.poll_ms().into());
        tokio::time::sleep(intake.clock.on_wall(pause)).await;
    }
}

async fn hear(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    messages: Vec<PortalMessage>,
    raw: &[u8],
) -> Result<(), TellError> {
    for message in messages {
        match message {
            PortalMessage::Occupied { .. } => (),
            PortalMessage::Reading {
                reading, profile, ..
            } => {
                let json = serde_json::to_vec(&profile).unwrap_or_default();
                // With little room on the disk the reading still counts, without its picture.
                let profile = intake.blob(&json).await.ok();
                let reading = RadiationReading {
                    profile,
                    ..*reading
                };
                intake.reading(lane, Input::Radiation(reading)).await?;
            }
            PortalMessage::Health { health, why } => intake.health(device, health, &why).await?,
            PortalMessage::Tamper(Tamper::Set) => {
                intake
                    .health(device, DeviceHealth::Degraded, "tamper")
                    .await?;
            }
            PortalMessage::Tamper(Tamper::Cleared) => {
                intake.health(device, DeviceHealth::Ready, "").await?;
            }
            PortalMessage::Refused(garbled) => intake.garbled(device, &garbled, raw).await?,
        }
    }
    Ok(())
}
