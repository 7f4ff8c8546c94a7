//! A simulated lane and the real checkpoint over real sockets, without a centre: trucks go through
//! all stages their devices serve, and wait at the arm for those who decide.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use domain::agency::Agency;
use domain::fact::Direction;
use domain::unit::CheckpointId;
use served::clock::Clock;
use sim::board::Board;
use sim::calls::{Checkpoint, LaneOfficer};
use sim::equipment::wire::Camera;
use sim::equipment::{Equipment, PortalKind};
use sim::lane::{Lane, LaneConfig};
use sim::radiograph::Library;
use sim::traffic::{Matter, truck_with};
use sim::xray::Scale;
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trucks_pass_every_device_of_a_real_checkpoint() {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::starting(served::clock::wall_now(), 300.0);
    let equipment = Arc::new(
        Equipment::start(PortalKind::Vm250, clock.clone())
            .await
            .unwrap(),
    );
    let pin = Argon2::default()
        .hash_password(b"1234")
        .unwrap()
        .to_string();
    let config = checkpoint::Config {
        checkpoint: "CN05".to_owned(),
        name: Default::default(),
        data: data.path().to_owned(),
        http: SocketAddr::from(([127, 0, 0, 1], 0)),
        procedures: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures")),
        regime: domain::procedure::Regime::External,
        clock: clock.clone(),
        link: None,
        lanes: vec![checkpoint::config::LaneConfig {
            number: 1,
            direction: Direction::Entry,
            portal: Some(checkpoint::config::PortalConfig {
                kind: checkpoint::config::PortalKind::Vm250,
                address: equipment.portal_address(),
            }),
            scale: Some(equipment.scale.address()),
            barrier: Some(equipment.arm.address()),
        }],
        people: vec![checkpoint::config::Person {
            name: "lane-1".to_owned(),
            agency: Agency::Customs,
            pin,
        }],
    };
    let running = checkpoint::program::run(config).await.unwrap();
    let http = format!("http://{}", running.http);
    let officer = LaneOfficer {
        name: "lane-1".to_owned(),
        pin: "1234".to_owned(),
    };
    let board = Arc::new(Board::follow(&http, Default::default()));
    let (left, _leaving) = mpsc::unbounded_channel();
    let checkpoint = CheckpointId::new("CN05");
    let config = LaneConfig {
        checkpoint: checkpoint.clone(),
        number: 1,
        direction: Direction::Entry,
        seed: 1,
        camera: Camera::Hikvision,
    };
    let lane = Lane::new(
        config,
        equipment,
        Checkpoint::new(&http, officer),
        board.clone(),
        Arc::new(Library::new(Scale::Quarter)),
        left,
    );
    let (trucks, coming) = mpsc::channel(4);
    let driving = tokio::spawn(Arc::new(lane).run(coming));
    for (number, matter) in [(1, Matter::StrongSource), (2, Matter::PlateUnread)] {
        let truck = truck_with(
            1,
            &checkpoint,
            Direction::Entry,
            number,
            clock.now(),
            matter,
        );
        trucks.send(truck).await.unwrap();
    }
    let mut changes = board.changes();
    let all_done = async {
        loop {
            let sight = changes.borrow_and_update().clone();
            let done = |name: &str| {
                sight
                    .passages
                    .get(name)
                    .map(|it| it.done.clone())
                    .unwrap_or_default()
            };
            let five: BTreeSet<String> =
                ["entry", "radiation", "dimensions", "imaging", "documents"]
                    .map(str::to_owned)
                    .into();
            let both = ["CN05-1", "CN05-2"]
                .iter()
                .all(|it| five.is_subset(&done(it).into_iter().collect()));
            if both && sight.passages["CN05-1"].aside {
                return sight;
            }
            changes.changed().await.unwrap();
        }
    };
    let sight = tokio::time::timeout(Duration::from_secs(90), all_done).await;
    let sight = sight.unwrap_or_else(|_| panic!("{:#?}", board.now()));
    assert_eq!(sight.passages.len(), 2, "{sight:#?}");
    driving.abort();
    running.stop().await;
}
