//! Barrier, light and loops of a lane: the controller's map over Modbus TCP. We dial and poll.

use std::net::SocketAddr;
use std::time::Duration;

use devices::barrier::registers::{self, Command};
use devices::barrier::{self, Nonce, POLL_MS, Watch};
use domain::fact::DeviceHealth;
use domain::unit::{DeviceId, LaneId};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_modbus::client::{Context, Reader, Writer, tcp};

use super::{DIAL_LIMIT, REDIAL};
use crate::hearing::{self, Heard};
use crate::intake::{Intake, TellError};
use crate::main_loop::Light;

/// What the main loop wants of the controller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    Raise(Nonce),
    Light(Light),
}

/// However fast the demo's clock runs, the controller is not asked more often than this.
const FASTEST_POLL: Duration = Duration::from_millis(15);

pub async fn run(
    intake: Intake,
    lane: LaneId,
    address: SocketAddr,
    mut orders: mpsc::UnboundedReceiver<Order>,
) -> Result<(), TellError> {
    let device = DeviceId::new(format!("{lane}/arm"));
    // The light is shown again after every reconnect; a command is, by the main loop.
    let mut light = None;
    loop {
        let why = attend(&intake, lane, &device, address, &mut orders, &mut light).await?;
        intake.health(&device, DeviceHealth::Down, &why).await?;
        tokio::time::sleep(REDIAL).await;
    }
}

async fn attend(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    address: SocketAddr,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    light: &mut Option<Light>,
) -> Result<String, TellError> {
    let Ok(Ok(mut modbus)) = timeout(DIAL_LIMIT, tcp::connect(address)).await else {
        return Ok("no_connection".to_owned());
    };
    let pause = intake
        .clock
        .on_wall(Duration::from_millis(POLL_MS.into()))
        .max(FASTEST_POLL);
    let mut watch = Watch::new();
    forget_old_orders(orders, light);
    if let Some(light) = *light
        && let Err(why) = show(&mut modbus, light).await
    {
        return Ok(why);
    }
    loop {
        let read = modbus.read_input_registers(0, registers::STATE_REGISTERS as u16);
        let words = match timeout(DIAL_LIMIT, read).await {
            Ok(Ok(Ok(words))) => words,
            Ok(Ok(Err(refused))) => return Ok(format!("modbus: {refused}")),
            Ok(Err(why)) => return Ok(format!("io: {why}")),
            Err(_) => return Ok("silent".to_owned()),
        };
        let heard = hearing::poll(&mut watch, &words, intake.clock.now());
        let raw = || -> Vec<u8> { words.iter().flat_map(|it| it.to_be_bytes()).collect() };
        if !heard.is_empty() {
            intake.keep(device, &raw());
        }
        for it in heard {
            match it {
                Heard::Sense(sense) => intake.sensed(lane, sense).await?,
                Heard::Health { health, why } => intake.health(device, health, &why).await?,
                Heard::Garbled(garbled) => intake.garbled(device, &garbled, &raw()).await?,
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => (),
            order = orders.recv() => {
                let Some(order) = order else { return Err(TellError::Stopping) };
                let done = match order {
                    Order::Raise(nonce) => write(&mut modbus, &Command::Open { nonce, for_s: 0 }).await,
                    Order::Light(it) => {
                        *light = Some(it);
                        show(&mut modbus, it).await
                    }
                };
                if let Err(why) = done {
                    return Ok(why);
                }
            }
        }
    }
}

/// Commands that piled up while nobody listened are not for whoever stands before the arm now; the
/// main loop repeats those that still count when it hears the controller's first words.
fn forget_old_orders(orders: &mut mpsc::UnboundedReceiver<Order>, light: &mut Option<Light>) {
    while let Ok(order) = orders.try_recv() {
        match order {
            Order::Light(it) => *light = Some(it),
            Order::Raise(nonce) => tracing::info!(%nonce, "an old command is not sent"),
        }
    }
}

async fn show(modbus: &mut Context, light: Light) -> Result<(), String> {
    let light = match light {
        Light::Red => barrier::Light::Red,
        Light::Green => barrier::Light::Green,
    };
    write(modbus, &Command::Light(light)).await
}

async fn write(modbus: &mut Context, command: &Command) -> Result<(), String> {
    let words = registers::encode(command);
    match timeout(DIAL_LIMIT, modbus.write_multiple_registers(0, &words)).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(refused))) => Err(format!("modbus: {refused}")),
        Ok(Err(why)) => Err(format!("io: {why}")),
        Err(_) => Err("silent".to_owned()),
    }
}
