//! The whole on one machine: the centre and two checkpoints as processes of their own, three
//! simulated lanes, carriers and officers, on a clock that runs faster than the wall's.
//!
//! CN05 Maikapshagai hangs on an emulated line of 64 kbit/s, CN01 Nur Zholy has a land line. The
//! line's rate is one of the demo's time, as everything else: at 60 times it carries 60 times 64
//! kbit/s of the wall's. Lines of progress go to stderr.

mod children;
pub mod faults;
mod pace;
mod past;
pub mod reckoning;
mod witness;

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use domain::agency::Agency;
use domain::fact::Direction;
use domain::procedure::Regime;
use domain::unit::{CheckpointId, UtcMs};
use link::emulator::Emulator;
use serde::{Deserialize, Serialize};
use served::clock::{Clock, wall_now};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::acknowledged::{Deed, Log};
use crate::board::Board;
use crate::calls::{Checkpoint, LaneOfficer};
use crate::control;
use crate::equipment::wire::Camera;
use crate::equipment::{Equipment, PortalKind};
use crate::lane::{How, Inside, Lane, LaneConfig, Left};
use crate::notices::Carrier;
use crate::officers;
use crate::radiograph::Library;
use crate::traffic::{self, Matter, Truck};
use crate::waits::Waits;
use crate::xray::Scale;
use children::{Role, Supervised};
use faults::{FaultReport, Faults};
use reckoning::{DemoReport, Folders};

#[derive(Debug, Clone)]
pub struct DemoConfig {
    /// Empty or absent; ledgers, configurations and logs are written into it.
    pub data: PathBuf,
    /// Ends when so many passages have left; `None` runs until it is stopped.
    pub once: Option<usize>,
    /// How many times faster than the wall's clock, on a machine that keeps up.
    pub rate: f64,
    pub seed: u64,
    /// Of the workstation; port 0 takes a free one.
    pub http: SocketAddr,
    /// Folder of `*.toml`.
    pub procedures: PathBuf,
    /// The program that knows `centre` and `checkpoint`.
    pub executable: PathBuf,
    /// Accounts that no simulated officer takes.
    pub people: Vec<String>,
    /// What is wrong with each lane's trucks, one after another and again from the first; empty:
    /// by the shares of [`traffic::Matter::MIX`].
    pub matters: Vec<traffic::Matter>,
    /// So long without a passage that leaves, on the wall's clock and for [`STILL_MS`] on the demo's,
    /// is a failure of `once`.
    pub limit: Duration,
    /// What goes wrong on purpose; only together with `once`.
    pub faults: Faults,
}

impl DemoConfig {
    pub fn new(data: PathBuf, executable: PathBuf, procedures: PathBuf) -> DemoConfig {
        DemoConfig {
            data,
            once: None,
            rate: 60.0,
            seed: 2026,
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
            procedures,
            executable,
            people: vec![],
            matters: vec![],
            limit: Duration::from_secs(20 * 60),
            faults: Faults::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{what}: {why}")]
    Setup { what: String, why: String },
    #[error("no passage has left for {minutes} minutes, {passages} of {asked} before; see {logs}")]
    TooSlow {
        minutes: u64,
        passages: usize,
        asked: usize,
        logs: String,
    },
    #[error("the ledgers: {0}")]
    Ledger(#[from] ledger::Error),
}

fn setup(what: impl std::fmt::Display, why: impl std::fmt::Display) -> DemoError {
    DemoError::Setup {
        what: what.to_string(),
        why: why.to_string(),
    }
}

/// What another program needs to find a running demo: `demo.json` in its data folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoFile {
    pub centre: String,
    pub rate: f64,
    pub lanes: Vec<LaneFile>,
}

/// A running lane, for `beket feed`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaneFile {
    pub checkpoint: String,
    pub lane: u8,
    /// `http://host:port` of the checkpoint.
    pub http: String,
    /// Where the simulated lane takes recordings to play.
    pub control: SocketAddr,
}

/// Lanes of the demo's checkpoints.
const LANES: [(&str, u8, Direction, PortalKind, Camera); 3] = [
    (
        "CN01",
        1,
        Direction::Entry,
        PortalKind::Vm250,
        Camera::Hikvision,
    ),
    (
        "CN01",
        2,
        Direction::Exit,
        PortalKind::Aspect,
        Camera::PlateRecognizer,
    ),
    (
        "CN05",
        1,
        Direction::Entry,
        PortalKind::Vm250,
        Camera::Dahua,
    ),
];
const NARROW: &str = "CN05";
const NARROW_LINE: pace::Narrow = pace::Narrow {
    rate_bps: 64_000.0,
    delay_ms: 300.0,
};
/// Lane officers' PIN in the demo.
const PIN: &str = "2468";
/// Trucks of a lane that are drawn ahead, for notices.
const DRAWN_AHEAD_MS: i64 = 6 * 3_600_000;
/// Mean trucks an hour at a lane.
const PER_HOUR: f64 = 5.0;
/// Nothing moves any more when so long nothing has happened, ms of the demo's clock: longer than a
/// hold of a simulated officer, or an inspection.
const STILL_MS: i64 = 90 * 60_000;
/// The same on the wall's: a machine that is busy with something else is not a demo that stands still.
const STILL: Duration = Duration::from_secs(60);
/// From the start until the first truck.
const OPENING_MS: i64 = 5 * 60_000;

struct Post {
    code: &'static str,
    http: SocketAddr,
    lanes: Vec<(LaneConfig, Arc<Equipment>)>,
}

/// Runs it. `Ok(None)` when it was stopped by hand (Ctrl-C) rather than by `once`.
pub async fn run(config: DemoConfig) -> Result<Option<DemoReport>, DemoError> {
    let data = absolute(&config.data)?;
    std::fs::create_dir_all(&data).map_err(|why| setup(data.display(), why))?;
    let procedures = absolute(&config.procedures)?;
    let clock = Clock::starting(wall_now(), config.rate);
    let waits = Waits::default();
    let centre_http = free_http(config.http)?;
    let centre_link = free_udp()?;
    let centre_data = data.join("centre");
    let narrow = Emulator::start(centre_link, NARROW_LINE.line(clock.rate()))
        .await
        .map_err(|why| setup("the emulated line", why))?;

    let posts = posts(&config, &clock).await?;
    let plans: Vec<(usize, usize, Vec<Truck>)> = plans(&config, &posts, &clock);
    let now = clock.now();
    let mut numbered = 1;
    for (at, post) in posts.iter().enumerate() {
        let trucks = plans
            .iter()
            .filter(|(of, _, _)| *of == at)
            .flat_map(|(_, _, it)| it);
        let lodged = past::lodged_before(trucks, now, numbered);
        numbered += lodged.len();
        past::write(&centre_data, &CheckpointId::new(post.code), lodged, now).await?;
    }

    let centre = CentreFile {
        http: centre_http,
        link: centre_link,
        data: centre_data.clone(),
        procedures: procedures.clone(),
        demo: true,
    };
    let mut children = vec![Supervised::start(
        &config.executable,
        &data,
        Role {
            name: "centre".into(),
            subcommand: "centre",
            config: written(&data, "centre", &centre)?,
        },
        &clock,
        &waits,
    )];
    let up = Duration::from_secs(60);
    children[0]
        .ready(up)
        .await
        .map_err(|why| setup("centre", why))?;
    let pin = Argon2::default()
        .hash_password(PIN.as_bytes())
        .map_err(|why| setup("PIN", why))?;
    let pin = pin.to_string();
    for post in &posts {
        let dialled = if post.code == NARROW {
            narrow.addr()
        } else {
            centre_link
        };
        let identity = enrolled(&centre_data, &data, post.code)?;
        let file = checkpoint_file(post, &data, &procedures, dialled, identity, &pin);
        let role = Role {
            name: post.code.into(),
            subcommand: "checkpoint",
            config: written(&data, post.code, &file)?,
        };
        let child = Supervised::start(&config.executable, &data, role, &clock, &waits);
        children.push(child);
    }
    for child in &children {
        child
            .ready(up)
            .await
            .map_err(|why| setup("checkpoint", why))?;
    }

    let (left, mut leaving) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let centre_url = format!("http://{centre_http}");
    let arms: Vec<(&str, Arc<Equipment>)> = posts
        .iter()
        .flat_map(|post| post.lanes.iter().map(|it| (post.code, it.1.clone())))
        .collect();
    let log = match config.faults.is_any() {
        true => Log::keeping(clock.clone()),
        false => Log::off(),
    };
    let inside = Inside::default();
    let world = World {
        clock: clock.clone(),
        waits: waits.clone(),
        centre: &centre_url,
        log: log.clone(),
        inside: inside.clone(),
    };
    let files = lanes(&config, posts, plans, &world, left, &mut tasks).await?;
    let file = DemoFile {
        centre: centre_url.clone(),
        rate: config.rate,
        lanes: files,
    };
    let text = serde_json::to_string_pretty(&file).unwrap_or_default();
    std::fs::write(data.join("demo.json"), text).map_err(|why| setup("demo.json", why))?;
    tasks.spawn(officers::run(officers(&config, &world)));
    greet(&config, &file);

    let (count, counted) = watch::channel(0);
    let watched = watch(&config, &clock, &mut leaving, count);
    let wrong = faults::run(
        &config.faults,
        (config.seed, clock.clone()),
        &children,
        &narrow,
        &log,
        (counted, config.once.unwrap_or_default()),
    );
    let run = async {
        let (finished, wrong) = both(watched, wrong).await;
        if config.faults.is_any() && matches!(finished, Ok(Some(_))) {
            drain(&inside, &log, &clock).await;
        }
        (finished, wrong)
    };
    let (finished, wrong) = tokio::select! {
        done = run => done,
        () = pace::keep(clock.clone(), waits, &narrow, NARROW_LINE) => unreachable!("it never ends"),
    };
    // Nothing new from the lanes, so that what there is can arrive.
    tasks.shutdown().await;
    let mut codes: Vec<&str> = LANES.iter().map(|it| it.0).collect();
    codes.dedup();
    let folders = Folders {
        checkpoints: codes
            .into_iter()
            .map(|code| (code.to_owned(), data.join(code).join("ledger")))
            .collect(),
        centre: centre_data,
        data: data.clone(),
    };
    let mut behind = 0;
    if config.faults.is_any() && matches!(finished, Ok(Some(_))) {
        behind = faults::caught_up(&folders, Duration::from_secs(60)).await;
    } else if tokio::time::timeout(Duration::from_secs(30), settled(&centre_url))
        .await
        .is_err()
    {
        eprintln!("demo: the links did not become quiet; what is still on its way stays there");
    }
    while let Some(child) = children.pop() {
        child.stop().await;
    }
    let Some(passages) = finished? else {
        return Ok(None);
    };
    tracing::debug!(passages, "reckoning");
    let mut report = reckoning::reckon(&folders).await?;
    if config.faults.is_any() {
        for (code, equipment) in &arms {
            for nonce in equipment.arm.opens().borrow().iter() {
                let (passage, permit) = (nonce.passage_number(), nonce.permit());
                log.add(code, Deed::Opening { passage, permit }, clock.now());
            }
        }
        let shelves = witness::shelves(&folders).await?;
        let acknowledged = log.all();
        let faults = &config.faults;
        let found = FaultReport::new(faults, wrong, &shelves, &acknowledged, behind, NARROW);
        report.faults = Some(found);
    }
    Ok(Some(report))
}

/// What lanes and officers are in.
struct World<'a> {
    clock: Clock,
    waits: Waits,
    centre: &'a str,
    log: Log,
    inside: Inside,
}

/// Until enough have left and everything has gone wrong that was to; at once when the watch ends
/// for another reason.
async fn both(
    watched: impl Future<Output = Result<Option<usize>, DemoError>>,
    wrong: impl Future<Output = faults::Done>,
) -> (Result<Option<usize>, DemoError>, faults::Done) {
    let (mut watched, mut wrong) = (std::pin::pin!(watched), std::pin::pin!(wrong));
    tokio::select! {
        finished = &mut watched => {
            let done = match finished {
                Ok(Some(_)) => wrong.await,
                _ => faults::Done::default(),
            };
            (finished, done)
        }
        done = &mut wrong => (watched.await, done),
    }
}

/// No truck enters any more; those inside leave, until nothing is acknowledged any more.
async fn drain(inside: &Inside, log: &Log, clock: &Clock) {
    inside.close();
    let mut still = Still::since_now(clock);
    let mut known = 0;
    while inside.count() > 0 && !still.is_long(clock, STILL) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let count = log.count();
        if count != known {
            known = count;
            still = Still::since_now(clock);
        }
    }
    eprintln!("demo: {} trucks are still inside", inside.count());
}

/// Since when nothing has happened, on both clocks.
struct Still {
    wall: tokio::time::Instant,
    shown: UtcMs,
}

impl Still {
    fn since_now(clock: &Clock) -> Still {
        Still {
            wall: tokio::time::Instant::now(),
            shown: clock.now(),
        }
    }

    /// Long on the demo's clock, and at least `limit` on the wall's.
    fn is_long(&self, clock: &Clock, limit: Duration) -> bool {
        clock.now().since_ms(self.shown) > STILL_MS && self.wall.elapsed() > limit
    }
}

/// Until `once` is reached, nothing leaves any more, or Ctrl-C; how many have left.
async fn watch(
    config: &DemoConfig,
    clock: &Clock,
    leaving: &mut mpsc::UnboundedReceiver<Left>,
    counted: watch::Sender<usize>,
) -> Result<Option<usize>, DemoError> {
    let started = tokio::time::Instant::now();
    let mut count = 0;
    let mut still = Still::since_now(clock);
    loop {
        tokio::select! {
            left = leaving.recv() => {
                let Some(left) = left else { return Ok(Some(count)) };
                if left.how == How::Gone {
                    eprintln!("demo: {} is gone ({:?})", left.passage, left.truth.matter);
                    continue;
                }
                count += 1;
                still = Still::since_now(clock);
                counted.send_replace(count);
                let minutes = left.left_at.since_ms(left.arrived_at) / 60_000;
                let way = match left.how {
                    How::TurnedBack => "turned back",
                    _ => "left",
                };
                eprintln!(
                    "demo: {} {} {way} after {minutes} min ({:?}{}); {count} so far, {:.0} s of wall time",
                    left.passage, left.plate, left.truth.matter,
                    if left.truth.note.is_empty() { String::new() } else { format!(": {}", left.truth.note) },
                    started.elapsed().as_secs_f64(),
                );
                if config.once.is_some_and(|asked| count >= asked) {
                    return Ok(Some(count));
                }
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                if config.once.is_none() || !still.is_long(clock, config.limit) {
                    continue;
                }
                return Err(DemoError::TooSlow {
                    minutes: config.limit.as_secs() / 60,
                    passages: count,
                    asked: config.once.unwrap_or_default(),
                    logs: format!("{}/*.log", config.data.display()),
                });
            }
            _ = tokio::signal::ctrl_c() => {
                eprintln!("demo: stopping at {} of its clock", clock.now().0);
                return Ok(None);
            }
        }
    }
}

/// Waits until every checkpoint's ledger is at the centre: the sum of what it received stands
/// still for a second.
async fn settled(centre: &str) {
    let client = crate::client::builder().build().unwrap_or_default();
    let mut last = None;
    let mut still = 0;
    while still < 4 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let asked = client.get(format!("{centre}/api/health")).send().await;
        let Ok(answer) = asked else { continue };
        let size = answer.text().await.unwrap_or_default();
        still = if last.as_ref() == Some(&size) {
            still + 1
        } else {
            0
        };
        last = Some(size);
    }
}

async fn posts(config: &DemoConfig, clock: &Clock) -> Result<Vec<Post>, DemoError> {
    let mut posts: Vec<Post> = Vec::new();
    for (code, number, direction, portal, camera) in LANES {
        let equipment = Equipment::start(portal, clock.clone()).await;
        let equipment = Arc::new(equipment.map_err(|why| setup("simulated equipment", why))?);
        let lane = LaneConfig {
            checkpoint: CheckpointId::new(code),
            number,
            direction,
            seed: config.seed,
            camera,
        };
        match posts.iter_mut().find(|it| it.code == code) {
            Some(post) => post.lanes.push((lane, equipment)),
            None => posts.push(Post {
                code,
                http: free_http(SocketAddr::from(([127, 0, 0, 1], 0)))?,
                lanes: vec![(lane, equipment)],
            }),
        }
    }
    Ok(posts)
}

/// Who comes to which lane in the hours ahead: index of the post, of the lane, trucks.
fn plans(config: &DemoConfig, posts: &[Post], clock: &Clock) -> Vec<(usize, usize, Vec<Truck>)> {
    let mut plans = Vec::new();
    let from = clock.now().plus_ms(OPENING_MS);
    let until = from.plus_ms(DRAWN_AHEAD_MS);
    for (of, post) in posts.iter().enumerate() {
        for (at, (lane, _)) in post.lanes.iter().enumerate() {
            plans.push((
                of,
                at,
                trucks(config.seed, &config.matters, lane, from, until, 0),
            ));
        }
    }
    plans
}

/// Trucks that arrive at a lane in a span; `round` keeps their numbers apart.
fn trucks(
    seed: u64,
    matters: &[Matter],
    lane: &LaneConfig,
    from: UtcMs,
    until: UtcMs,
    round: u64,
) -> Vec<Truck> {
    let purpose = format!("{} {} {round}", lane.checkpoint, lane.number);
    let first = u64::from(lane.number) * 1_000_000 + round * 10_000;
    traffic::arrivals(seed, &purpose, from, PER_HOUR)
        .take_while(|at| *at < until)
        .enumerate()
        .map(|(at, arrives_at)| {
            let number = first + at as u64;
            let (post, way) = (&lane.checkpoint, lane.direction);
            match matters.get((at + usize::from(lane.number)) % matters.len().max(1)) {
                Some(matter) => traffic::truck_with(seed, post, way, number, arrives_at, *matter),
                None => traffic::truck(seed, post, way, number, arrives_at),
            }
        })
        .collect()
}

async fn lanes(
    config: &DemoConfig,
    posts: Vec<Post>,
    plans: Vec<(usize, usize, Vec<Truck>)>,
    world: &World<'_>,
    left: mpsc::UnboundedSender<Left>,
    tasks: &mut JoinSet<()>,
) -> Result<Vec<LaneFile>, DemoError> {
    // Two cores carry the whole: small pictures when nobody is there to look at them.
    let scale = if config.once.is_some() {
        Scale::Quarter
    } else {
        Scale::Half
    };
    let library = Arc::new(Library::new(scale));
    let account = demo_account(|it| it.role == centre::authority::Role::Carrier)?;
    let World { clock, log, .. } = world;
    let carrier = Carrier::new(world.centre, &account.0, &account.1);
    let carrier = Arc::new(carrier.logged(log.clone()));
    let mut files = Vec::new();
    let mut plans = plans;
    for (of, post) in posts.into_iter().enumerate() {
        let http = format!("http://{}", post.http);
        let board = Arc::new(Board::follow(&http, world.waits.clone()));
        for (at, (lane_config, equipment)) in post.lanes.into_iter().enumerate() {
            let officer = LaneOfficer {
                name: "lane-1".into(),
                pin: PIN.into(),
            };
            let lane = Lane::new(
                lane_config.clone(),
                equipment,
                Checkpoint::new(&http, officer)
                    .logged(post.code, log.clone())
                    .watched(world.waits.clone()),
                board.clone(),
                library.clone(),
                left.clone(),
            );
            let lane = Arc::new(lane.counted(world.inside.clone()));
            let control = control::serve(lane.clone(), tasks);
            let control = control
                .await
                .map_err(|why| setup("the lane's control port", why))?;
            files.push(LaneFile {
                checkpoint: post.code.into(),
                lane: lane_config.number,
                http: http.clone(),
                control,
            });
            let planned = plans.iter_mut().find(|it| (it.0, it.1) == (of, at));
            let planned = planned
                .map(|it| std::mem::take(&mut it.2))
                .unwrap_or_default();
            let (enter, coming) = mpsc::channel(1);
            tasks.spawn(arrive(
                config.seed,
                config.matters.clone(),
                lane_config,
                planned,
                clock.clone(),
                carrier.clone(),
                enter,
            ));
            let sweeping = lane.clone();
            tasks.spawn(async move { sweeping.sweep().await });
            tasks.spawn(lane.run(coming));
        }
    }
    Ok(files)
}

/// Trucks come to a lane for ever; notices of those still far away are lodged as time comes.
async fn arrive(
    seed: u64,
    matters: Vec<Matter>,
    lane: LaneConfig,
    mut planned: Vec<Truck>,
    clock: Clock,
    carrier: Arc<Carrier>,
    enter: mpsc::Sender<Truck>,
) {
    let mut lodging = JoinSet::new();
    let mut known_until = clock.now();
    for round in 1.. {
        let from = planned
            .last()
            .map_or_else(|| clock.now(), |it| it.arrives_at);
        for truck in &planned {
            // Lodged before the demo began: that stands in the centre's ledger already.
            if truck.notice_lodged_at.is_none_or(|at| at < known_until) && round == 1 {
                continue;
            }
            let (truck, carrier, clock) = (truck.clone(), carrier.clone(), clock.clone());
            lodging.spawn(async move {
                if let Some(at) = truck.notice_lodged_at {
                    clock.sleep_until(at).await;
                }
                loop {
                    match carrier.lodge(&truck).await {
                        Ok(_) => return,
                        Err(why) => tracing::debug!(%why, "a notice was not taken"),
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            });
        }
        known_until = from;
        for truck in planned.drain(..) {
            if enter.send(truck).await.is_err() {
                return;
            }
        }
        let until = from.plus_ms(DRAWN_AHEAD_MS);
        planned = trucks(seed, &matters, &lane, from.max(clock.now()), until, round);
    }
}

fn officers(config: &DemoConfig, world: &World<'_>) -> officers::Config {
    let accounts = centre::people::demo_accounts()
        .into_iter()
        .filter_map(|it| {
            let agency = it.agency?;
            Some(officers::Account {
                name: it.name,
                password: it.password?,
                agency: agency.code().to_owned(),
            })
        })
        .collect();
    officers::Config {
        centre: world.centre.to_owned(),
        accounts,
        people: config.people.clone(),
        clock: world.clock.clone(),
        seed: config.seed,
        log: world.log.clone(),
        waits: world.waits.clone(),
    }
}

fn demo_account(
    is_it: impl Fn(&centre::people::NewPerson) -> bool,
) -> Result<(String, String), DemoError> {
    let found = centre::people::demo_accounts().into_iter().find(is_it);
    found
        .and_then(|it| Some((it.name, it.password?)))
        .ok_or_else(|| setup("demo accounts", "no carrier among them"))
}

fn greet(config: &DemoConfig, file: &DemoFile) {
    eprintln!("demo: the workstation is at {}", file.centre);
    for lane in &file.lanes {
        eprintln!(
            "demo: {} lane {} has its own screen at {}/lane",
            lane.checkpoint, lane.lane, lane.http
        );
    }
    eprintln!(
        "demo: its clock runs {} times as fast as the wall's, slower while the machine is busy",
        config.rate
    );
    eprintln!(
        "demo: accounts (password {}):",
        centre::people::DEMO_PASSWORD
    );
    for it in centre::people::demo_accounts() {
        let body = it.agency.map_or("", Agency::code);
        let who = if it.agency.is_none() || config.people.contains(&it.name) {
            "yours"
        } else {
            "simulated"
        };
        eprintln!(
            "demo:   {:<24} {:<22} {body:<20} {who}",
            it.name, it.display_name
        );
    }
    eprintln!(
        "demo: lane officers lane-1 and lane-2, PIN {PIN}; ledgers and logs in {}",
        config.data.display()
    );
}

/// The centre's configuration as it stands on disk.
#[derive(Serialize)]
struct CentreFile {
    http: SocketAddr,
    link: SocketAddr,
    data: PathBuf,
    procedures: PathBuf,
    demo: bool,
}

fn checkpoint_file(
    post: &Post,
    data: &Path,
    procedures: &Path,
    centre: SocketAddr,
    identity: PathBuf,
    pin: &str,
) -> checkpoint::Config {
    let names = match post.code {
        "CN05" => ("Майқапшағай", "Майкапшагай", "Maikapshagai"),
        _ => ("Нұр жолы", "Нур жолы", "Nur Zholy"),
    };
    let person = |name: &str, agency| checkpoint::config::Person {
        name: name.to_owned(),
        agency,
        pin: pin.to_owned(),
    };
    let lanes = post
        .lanes
        .iter()
        .map(|(lane, equipment)| checkpoint::config::LaneConfig {
            number: lane.number,
            direction: lane.direction,
            portal: Some(checkpoint::config::PortalConfig {
                kind: match equipment.portal_kind() {
                    PortalKind::Vm250 => checkpoint::config::PortalKind::Vm250,
                    PortalKind::Aspect => checkpoint::config::PortalKind::Aspect,
                },
                address: equipment.portal_address(),
            }),
            scale: Some(equipment.scale.address()),
            barrier: Some(equipment.arm.address()),
        });
    checkpoint::Config {
        checkpoint: post.code.to_owned(),
        name: checkpoint::config::Names {
            kk: names.0.to_owned(),
            ru: names.1.to_owned(),
            en: names.2.to_owned(),
        },
        data: data.join(post.code),
        http: post.http,
        procedures: procedures.to_owned(),
        regime: Regime::External,
        clock: Clock::wall(),
        link: Some(checkpoint::config::LinkConfig { centre, identity }),
        lanes: lanes.collect(),
        people: vec![
            person("lane-1", Agency::Customs),
            person("lane-2", Agency::RoadPolice),
        ],
    }
}

/// The checkpoint's key and certificate, made once.
fn enrolled(centre: &Path, data: &Path, code: &str) -> Result<PathBuf, DemoError> {
    let folder = data.join(code).join("identity");
    if folder.exists() {
        return Ok(folder);
    }
    let wall = wall_now();
    let failed = |why: link::enrol::EnrolError| setup(format!("enrolling {code}"), why);
    let ca = link::enrol::Ca::open_or_create(&centre.join("authority"), wall).map_err(failed)?;
    let identity = link::enrol::local(&ca, &CheckpointId::new(code), None, wall).map_err(failed)?;
    identity.save(&folder).map_err(failed)?;
    Ok(folder)
}

fn written(data: &Path, name: &str, file: &impl Serialize) -> Result<PathBuf, DemoError> {
    let path = data.join(format!("{name}.toml"));
    let text = toml::to_string(file).map_err(|why| setup(path.display(), why))?;
    std::fs::write(&path, text).map_err(|why| setup(path.display(), why))?;
    Ok(path)
}

fn absolute(path: &Path) -> Result<PathBuf, DemoError> {
    std::path::absolute(path).map_err(|why| setup(path.display(), why))
}

/// Ports that the kernel gives nobody by itself (`ip_local_port_range` begins at 32768): one of
/// those would be gone to any connection that opens while a killed program is started again.
const KEPT_PORTS: std::ops::Range<u16> = 20_000..32_000;
const PORT_TRIES: usize = 200;

/// A port that is free now and stays so over restarts; `bind` says whether one is free.
fn kept_port<T>(what: &str, bind: impl Fn(u16) -> std::io::Result<T>) -> Result<T, DemoError> {
    let mut tried = bind(rand::random_range(KEPT_PORTS));
    for _ in 0..PORT_TRIES {
        if tried.is_ok() {
            break;
        }
        tried = bind(rand::random_range(KEPT_PORTS));
    }
    tried.map_err(|why| setup(what, why))
}

fn free_http(wanted: SocketAddr) -> Result<SocketAddr, DemoError> {
    let bind = |addr: SocketAddr| TcpListener::bind(addr)?.local_addr();
    match wanted.port() {
        0 => kept_port("a port for pages", |port| bind((wanted.ip(), port).into())),
        _ => bind(wanted).map_err(|why| setup(wanted, why)),
    }
}

fn free_udp() -> Result<SocketAddr, DemoError> {
    kept_port("a port for the link", |port| {
        UdpSocket::bind(("127.0.0.1", port))?.local_addr()
    })
}
