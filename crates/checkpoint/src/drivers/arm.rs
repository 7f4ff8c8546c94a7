//! Barrier, light and loops of a lane: the controller's map over Modbus TCP. We dial and poll.

use std::net::SocketAddr;
use std::time::Duration;

use devices::barrier::registers::{self, Command};
use devices::barrier::{
    self, CommandResult, LaneMessage, Loop, Nonce, Opening, POLL_MS, State, Watch,
};
use domain::fact::DeviceHealth;
use domain::unit::{DeviceId, LaneId};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_modbus::client::{Context, Reader, Writer, tcp};

use super::{DIAL_LIMIT, REDIAL};
use crate::intake::{Intake, TellError};
use crate::main_loop::{Arm, Light, Occupancy, Sense};

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
        .wall(Duration::from_millis(POLL_MS.into()))
        .max(FASTEST_POLL);
    let mut watch = Watch::new();
    forget_old_orders(orders, light);
    if let Some(light) = *light
        && let Err(why) = show(&mut modbus, light).await
    {
        return Ok(why);
    }
    loop {
        let first = watch.state().is_none();
        let read = modbus.read_input_registers(0, registers::STATE_REGISTERS as u16);
        let words = match timeout(DIAL_LIMIT, read).await {
            Ok(Ok(Ok(words))) => words,
            Ok(Ok(Err(refused))) => return Ok(format!("modbus: {refused}")),
            Ok(Err(why)) => return Ok(format!("io: {why}")),
            Err(_) => return Ok("silent".to_owned()),
        };
        let said = watch.feed(&words, intake.clock.now());
        if !said.is_empty() {
            let raw: Vec<u8> = words.iter().flat_map(|it| it.to_be_bytes()).collect();
            intake.keep(device, &raw);
        }
        if first && let Some(now) = watch.state().cloned() {
            intake.health(device, DeviceHealth::Ready, "").await?;
            intake.sensed(lane, back(&now)).await?;
            if !now.loops.contains(&Loop::Entry) {
                intake
                    .sensed(lane, Sense::EntryLoop(Occupancy::Free))
                    .await?;
            }
        }
        let openings = watch.state().map_or(0, |it| it.openings);
        for message in said {
            hear(intake, lane, device, message, openings, first, &words).await?;
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

/// The controller's first words: what it did while nobody listened.
fn back(now: &State) -> Sense {
    let arm = match now.arm {
        barrier::Arm::Closed => Arm::Down,
        barrier::Arm::Between | barrier::Arm::Open => Arm::Up,
    };
    Sense::ControllerBack {
        openings: now.openings,
        opened_by: now.opened_by,
        arm,
    }
}

async fn hear(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    message: LaneMessage,
    openings: u32,
    first: bool,
    words: &[u16],
) -> Result<(), TellError> {
    let sense = match message {
        LaneMessage::LoopOccupied(Loop::Entry) => Sense::EntryLoop(Occupancy::Occupied),
        LaneMessage::LoopCleared(Loop::Entry) => Sense::EntryLoop(Occupancy::Free),
        LaneMessage::LoopOccupied(Loop::Arm) => Sense::ArmLoop(Occupancy::Occupied),
        LaneMessage::LoopCleared(Loop::Arm) => Sense::ArmLoop(Occupancy::Free),
        // The first poll's openings were told by `back`.
        LaneMessage::Opened(_) | LaneMessage::Closed if first => return Ok(()),
        LaneMessage::Opened(Opening::Commanded(nonce)) => Sense::ArmUp {
            by: Some(nonce),
            openings,
        },
        LaneMessage::Opened(Opening::ByHand | Opening::MainsFailed) => {
            Sense::ArmUp { by: None, openings }
        }
        LaneMessage::Opened(Opening::Missed { times }) => Sense::ArmMissed { times },
        LaneMessage::Closed => Sense::ArmDown,
        LaneMessage::Answered { nonce, result } => {
            let why = match result {
                // Obeyed, now or before: the opening is told by itself.
                CommandResult::Accepted | CommandResult::Repeated => return Ok(()),
                CommandResult::Malformed => "malformed",
                CommandResult::HandMode => "hand_mode",
                CommandResult::MotorFault => "motor_fault",
            };
            Sense::ArmFailed {
                command: nonce,
                why: why.to_owned(),
            }
        }
        LaneMessage::Health { health, why } => return intake.health(device, health, &why).await,
        LaneMessage::Refused(garbled) => {
            let raw: Vec<u8> = words.iter().flat_map(|it| it.to_be_bytes()).collect();
            return intake.garbled(device, &garbled, &raw).await;
        }
        LaneMessage::LoopOccupied(_)
        | LaneMessage::LoopCleared(_)
        | LaneMessage::FullyOpen
        | LaneMessage::Obstructed
        | LaneMessage::LightChanged(_)
        | LaneMessage::Restarted => return Ok(()),
    };
    intake.sensed(lane, sense).await
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
