//! The thin shell of the checkpoint: opens the ledger, rebuilds the state from it, and carries
//! out the main loop's actions in order. No rule lives here.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use domain::procedure::Procedure;
use domain::unit::{CheckpointId, LaneId};
use ledger::{Class, Draft, Ledger, Options, Record};
use link::driver::LinkStatus;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::drivers;
use crate::http;
use crate::intake::{Intake, TellError, Told};
use crate::journal::Journal;
use crate::limits;
use crate::main_loop::{Action, Event, MainLoop, Space};
use crate::turn::{self, Turn};
use crate::{parcels, room, uplink};
use served::clock::Clock;

#[derive(Debug, Error)]
pub enum StartError {
    #[error("{what}: {why}")]
    Setup { what: String, why: String },
    #[error("the ledger: {0}")]
    Ledger(#[from] ledger::Error),
}

fn setup(what: impl std::fmt::Display, why: impl std::fmt::Display) -> StartError {
    StartError::Setup {
        what: what.to_string(),
        why: why.to_string(),
    }
}

/// A checkpoint at work.
pub struct Running {
    /// Where the screen and the calling devices find it.
    pub http: SocketAddr,
    pub ledger: Ledger,
    tasks: JoinSet<String>,
    stopping: CancellationToken,
}

impl Running {
    /// Waits for the first part that ends; none should. Says which, and why.
    pub async fn ended(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Ok(why)) => why,
            Some(Err(why)) => why.to_string(),
            None => "nothing runs".to_owned(),
        }
    }

    /// Answers what was asked, takes nothing new, and closes the ledger.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        let longest = Duration::from_secs(1);
        let quiet = async {
            while let Some(ended) = self.tasks.join_next().await {
                if ended.is_ok_and(|it| it == SERVED) {
                    break;
                }
            }
        };
        if tokio::time::timeout(longest, quiet).await.is_err() {
            tracing::info!("some connections were still open");
        }
        self.tasks.shutdown().await;
        if let Err(why) = self.ledger.close().await {
            tracing::error!(%why, "the ledger did not close in order; the next start checks it");
        }
    }
}

/// What the rest of the program may look at between two steps of the loop.
#[derive(Clone)]
pub struct Seen {
    main_loop: Arc<Mutex<MainLoop>>,
    /// Grows with every commit.
    pub commits: watch::Receiver<u64>,
    /// How the link stands; empty where there is none.
    pub(crate) link: Arc<OnceLock<watch::Receiver<LinkStatus>>>,
}

impl Seen {
    pub fn main_loop(&self) -> MutexGuard<'_, MainLoop> {
        self.main_loop.lock().unwrap_or_else(|it| it.into_inner())
    }
}

pub async fn run(config: Config) -> Result<Running, StartError> {
    let clock = config.clock.clone();
    let procedures = load_procedures(&config)?;
    let folder = config.data.join("ledger");
    let (ledger, report) = Ledger::open(&folder, &config.checkpoint, Options::default()).await?;
    tracing::info!(checkpoint = %config.checkpoint, ?report, "the ledger is whole");
    let lanes: BTreeMap<_, _> = config
        .lanes
        .iter()
        .map(|it| (LaneId(it.number), it.direction))
        .collect();
    let checkpoint = CheckpointId::new(&config.checkpoint);
    let mut main_loop = MainLoop::new(checkpoint, lanes, procedures);
    let chains: Vec<_> = ledger
        .status()
        .into_iter()
        .map(|it| (it.origin, it.epoch))
        .collect();
    let page =
        async |(origin, epoch): &(String, u32), from| ledger.read(origin, *epoch, from, PAGE).await;
    turn::restore(&mut main_loop, &chains, page).await?;

    let (events, inbox) = mpsc::channel(limits::EVENTS_WAITING);
    let journal = config.data.join("journal");
    let journal = Journal::open(journal.clone()).map_err(|why| setup(journal.display(), why))?;
    let intake = Intake::new(clock.clone(), ledger.clone(), events, journal);
    let (commits, seen_commits) = watch::channel(0);
    let seen = Seen {
        main_loop: Arc::new(Mutex::new(main_loop)),
        commits: seen_commits,
        link: Arc::default(),
    };

    let mut tasks = JoinSet::new();
    let mut arms = HashMap::new();
    for lane in &config.lanes {
        let id = LaneId(lane.number);
        if let Some(address) = lane.barrier {
            let (arm, orders) = mpsc::unbounded_channel();
            arms.insert(id, arm);
            tasks.spawn(named(
                "arm",
                drivers::arm::run(intake.clone(), id, address, orders),
            ));
        }
        if let Some(portal) = lane.portal.clone() {
            tasks.spawn(named(
                "portal",
                drivers::portal::run(intake.clone(), id, portal),
            ));
        }
        if let Some(address) = lane.scale {
            tasks.spawn(named(
                "scale",
                drivers::scale::run(intake.clone(), id, address),
            ));
        }
    }
    let listener = TcpListener::bind(config.http)
        .await
        .map_err(|why| setup(config.http, why))?;
    let http = listener
        .local_addr()
        .map_err(|why| setup(config.http, why))?;
    let (router, sweep) = http::router(&config, intake.clone(), seen.clone());
    tasks.spawn(named("sweep", sweep));
    let stopping = CancellationToken::new();
    let stopped = stopping.clone().cancelled_owned();
    tasks.spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
        match serving.await {
            Ok(()) => SERVED.to_owned(),
            Err(why) => format!("http: {why}"),
        }
    });
    let mut linked = None;
    if let Some(link) = &config.link {
        let started = uplink::start(&mut tasks, &config.checkpoint, link, &intake, &seen)
            .await
            .map_err(|why| setup("link", why))?;
        _ = seen.link.set(started.0.clone());
        linked = Some(started);
        let (data, identity) = (config.data.clone(), link.identity.clone());
        let parcels = parcels::run(intake.clone(), data, identity);
        tasks.spawn(named("parcels", parcels));
    }
    let room = room::run(intake.clone(), seen.clone(), linked);
    tasks.spawn(named("room", room));
    tasks.spawn(named("timer", timer(intake)));
    let worker = Worker {
        seen,
        ledger: ledger.clone(),
        arms,
        clock,
        commits,
    };
    tasks.spawn(worker.work(inbox));
    Ok(Running {
        http,
        ledger,
        tasks,
        stopping,
    })
}

async fn named(name: &str, work: impl Future<Output = Result<(), TellError>>) -> String {
    format!("{name}: {:?}", work.await)
}

fn load_procedures(config: &Config) -> Result<Vec<Procedure>, StartError> {
    let folder = &config.procedures;
    let mut procedures = Vec::new();
    for path in toml_files(folder)? {
        let text = std::fs::read_to_string(&path).map_err(|why| setup(path.display(), why))?;
        let procedure = Procedure::parse(&text).map_err(|why| setup(path.display(), why))?;
        if procedure.regime == config.regime {
            procedures.push(procedure);
        }
    }
    match procedures.is_empty() {
        true => Err(setup(
            folder.display(),
            format!(
                "no procedure of the regime {:?}; put one there",
                config.regime
            ),
        )),
        false => Ok(procedures),
    }
}

fn toml_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, StartError> {
    let entries = std::fs::read_dir(folder).map_err(|why| setup(folder.display(), why))?;
    let mut files: Vec<_> = entries
        .flatten()
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
        // The list of checkpoints lies beside the procedures; it is the centre's.
        .filter(|it| it.file_name().is_some_and(|it| it != "checkpoints.toml"))
        .collect();
    files.sort();
    Ok(files)
}

/// How the HTTP server ends when it is asked to.
const SERVED: &str = "http: stopped";

pub(crate) const PAGE: usize = 500;

/// Time passes: deadlines, and the room on the disk.
async fn timer(intake: Intake) -> Result<(), TellError> {
    loop {
        let beat = intake
            .clock
            .on_wall(Duration::from_secs(5))
            .max(Duration::from_millis(100));
        tokio::time::sleep(beat).await;
        match intake.ledger.space() {
            Ok(room) => {
                let space = match room {
                    ledger::Space::Ample { .. } => Space::Ample,
                    ledger::Space::Low { .. } | ledger::Space::Reserve { .. } => Space::Low,
                };
                intake
                    .tell(Event::Space {
                        free_bytes: room.free_bytes(),
                        space,
                    })
                    .await?;
            }
            Err(why) => tracing::error!(%why, "the disk does not say how much room it has"),
        }
        intake.tell(Event::TimePassed).await?;
    }
}

struct Worker {
    seen: Seen,
    ledger: Ledger,
    arms: HashMap<LaneId, mpsc::UnboundedSender<drivers::arm::Order>>,
    clock: Clock,
    commits: watch::Sender<u64>,
}

impl Worker {
    async fn work(self, mut inbox: mpsc::Receiver<Told>) -> String {
        let turn = Turn::resume(&mut self.seen.main_loop(), self.clock.now());
        if let Err(why) = self.carry_out(turn).await {
            return why;
        }
        while let Some(told) = inbox.recv().await {
            let done = self.turn(told.event).await;
            let answer = done.clone().map_err(TellError::NotRecorded);
            // Whoever asked may have hung up; the fact stands all the same.
            _ = told.done.send(answer);
            if let Err(why) = done {
                return why;
            }
        }
        "nobody speaks to the loop any more".to_owned()
    }

    async fn turn(&self, event: Event) -> Result<(), String> {
        self.fill_seeds();
        let turn = Turn::begin(&mut self.seen.main_loop(), event, self.clock.now())?;
        self.carry_out(turn).await
    }

    async fn carry_out(&self, mut turn: Turn) -> Result<(), String> {
        while let Some(action) = turn.next_action() {
            match action {
                Action::Record(drafts) => {
                    let records = self.append(drafts).await?;
                    let now = self.clock.now();
                    turn.recorded(&mut self.seen.main_loop(), records, now);
                    self.commits.send_modify(|it| *it += 1);
                }
                Action::RaiseArm { lane, command } => {
                    self.tell_arm(lane, drivers::arm::Order::Raise(command));
                }
                Action::ShowLight { lane, light } => {
                    self.tell_arm(lane, drivers::arm::Order::Light(light));
                }
            }
        }
        Ok(())
    }

    /// Until it is durable there is nothing else to do: a full disk is waited out, loudly.
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Record>, String> {
        loop {
            match self.ledger.append(drafts.clone()).await {
                Ok(records) => return Ok(records),
                Err(why) if why.class() == Class::Retry => {
                    tracing::error!(%why, "not recorded; trying again");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(why) => return Err(format!("the ledger: {why}")),
            }
        }
    }

    fn tell_arm(&self, lane: LaneId, order: drivers::arm::Order) {
        if let Some(arm) = self.arms.get(&lane) {
            // The driver lives as long as the program.
            _ = arm.send(order);
        }
    }

    fn fill_seeds(&self) {
        let mut main_loop = self.seen.main_loop();
        while main_loop.seeds_in_store() < 4 {
            main_loop.add_seed(rand::random());
        }
    }
}
