//! Simulated equipment is read by the real decoders over real sockets: what physics made is what
//! the reading says.

use std::time::Duration;

use devices::barrier::controller::ARM_TRAVEL_MS;
use devices::barrier::registers::{self, Command, Presence};
use devices::barrier::{LaneMessage, Loop, Nonce, Opening, Watch};
use devices::radiation::aspect::Aspect;
use devices::radiation::portal::PortalMessage;
use devices::radiation::vm250::Vm250;
use domain::fact::Direction;
use domain::reading::{Alarm, RadiationReading};
use domain::unit::{CheckpointId, UtcMs};
use served::clock::{Clock, Pace};
use sim::equipment::{Equipment, PortalKind};
use sim::physics::{self, PortalPass};
use sim::traffic::{Matter, truck_with};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_modbus::client::{Reader, Writer, tcp};

const AT: UtcMs = UtcMs(1_795_400_000_000);

fn pass(matter: Matter) -> PortalPass {
    let checkpoint = CheckpointId::new("CN05");
    let truck = truck_with(3, &checkpoint, Direction::Entry, 1, AT, matter);
    physics::portal(3, &truck, 0)
}

fn clock() -> Clock {
    Clock::paced(Pace {
        rate: 2_000.0,
        ..Pace::WALL
    })
}

fn only_reading(messages: Vec<PortalMessage>) -> Option<RadiationReading> {
    messages.into_iter().find_map(|it| match it {
        PortalMessage::Reading { reading, .. } => Some(*reading),
        PortalMessage::Refused(garbled) => panic!("the decoder refuses our portal: {garbled}"),
        _ => None,
    })
}

async fn by_vm250(matter: Matter) -> RadiationReading {
    let equipment = Equipment::start(PortalKind::Vm250, clock()).await.unwrap();
    let mut stream = TcpStream::connect(equipment.portal_address())
        .await
        .unwrap();
    let mut portal = Vm250::new();
    let listening = async {
        let mut buffer = vec![0; 4096];
        loop {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the portal hung up");
            if let Some(reading) = only_reading(portal.feed_bytes(&buffer[..count], AT)) {
                return reading;
            }
        }
    };
    let rolling = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        equipment.roll(&pass(matter), 17).await;
    };
    tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(listening, rolling).0
    })
    .await
    .unwrap()
}

async fn by_aspect(matter: Matter) -> RadiationReading {
    let equipment = Equipment::start(PortalKind::Aspect, clock()).await.unwrap();
    let mut modbus = tcp::connect(equipment.portal_address()).await.unwrap();
    let mut portal = Aspect::new();
    let polling = async {
        loop {
            let count = registers_count();
            let words = modbus
                .read_holding_registers(100, count)
                .await
                .unwrap()
                .unwrap();
            if let Some(reading) = only_reading(portal.feed(&words, AT)) {
                return reading;
            }
        }
    };
    let pass = pass(matter);
    let rolling = equipment.roll(&pass, 17);
    tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(polling, rolling).0
    })
    .await
    .unwrap()
}

fn registers_count() -> u16 {
    devices::radiation::aspect::registers::MONITOR_REGISTERS as u16
}

#[tokio::test]
async fn a_source_passes_a_vm250_portal() {
    let reading = by_vm250(Matter::StrongSource).await;
    let made = pass(Matter::StrongSource);
    assert_eq!(reading.occupancy, Some(17));
    assert_eq!(reading.samples as usize, made.gamma.len());
    assert_eq!(reading.gamma_alarm, Alarm::Raised);
    assert!(
        reading.gamma_max_sigma > 20.0 && reading.width_share < 0.5,
        "{reading:?}"
    );
    assert_eq!(
        reading.background_cps,
        f64::from(made.background_cps.iter().sum::<u32>())
    );
    assert!((reading.speed_mps.unwrap() - made.speed_mps).abs() < 0.01);
}

#[tokio::test]
async fn potash_is_wide_and_a_clean_lorry_silent() {
    let potash = by_vm250(Matter::NormConsistent).await;
    assert_eq!(potash.gamma_alarm, Alarm::Raised);
    assert!(potash.width_share > 0.35, "{potash:?}");
    let clean = by_vm250(Matter::Clean).await;
    assert_eq!(clean.gamma_alarm, Alarm::Silent);
    assert!(clean.suppression > 0.04, "{clean:?}");
}

#[tokio::test]
async fn the_same_by_an_aspect_portal() {
    let reading = by_aspect(Matter::StrongSource).await;
    let made = pass(Matter::StrongSource);
    assert_eq!(reading.samples as usize, made.gamma.len());
    assert_eq!(reading.gamma_alarm, Alarm::Raised);
    let background = f64::from(made.background_cps.iter().sum::<u32>());
    assert!(
        (reading.background_cps - background).abs() < 1.0,
        "{reading:?}"
    );
    assert_eq!(
        by_aspect(Matter::NeutronSource).await.neutron_alarm,
        Alarm::Raised
    );
}

#[tokio::test]
async fn the_arm_obeys_a_command_and_a_vehicle_leaves() {
    let equipment = Equipment::start(PortalKind::Vm250, clock()).await.unwrap();
    let arm = &equipment.arm;
    let mut modbus = tcp::connect(arm.address()).await.unwrap();
    let mut watch = Watch::new();
    let mut said = Vec::new();
    let nonce = Nonce::new(12, 1);
    let count = registers::STATE_REGISTERS as u16;
    let words = modbus
        .read_input_registers(0, count)
        .await
        .unwrap()
        .unwrap();
    assert!(watch.feed(&words, AT).is_empty());
    let command = registers::encode(&Command::Open { nonce, for_s: 0 });
    modbus
        .write_multiple_registers(0, &command)
        .await
        .unwrap()
        .unwrap();
    modbus
        .write_multiple_registers(0, &command)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(*arm.opens().borrow(), [nonce]);
    let mut drive = 0;
    for _ in 0..2_000 {
        let words = modbus
            .read_input_registers(0, count)
            .await
            .unwrap()
            .unwrap();
        said.extend(watch.feed(&words, AT));
        if said.contains(&LaneMessage::FullyOpen) {
            drive += 1;
            match drive {
                1 => arm.set(Loop::Arm, Presence::Occupied),
                3 => arm.set(Loop::Arm, Presence::Clear),
                _ => (),
            }
        }
        if said.contains(&LaneMessage::Closed) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(
        said.contains(&LaneMessage::Opened(Opening::Commanded(nonce))),
        "{said:?}"
    );
    assert!(
        said.contains(&LaneMessage::LoopOccupied(Loop::Arm)),
        "{said:?}"
    );
    assert_eq!(
        said.last(),
        Some(&LaneMessage::Closed),
        "{ARM_TRAVEL_MS} ms: {said:?}"
    );
}
