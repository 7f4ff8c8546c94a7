//! The shell around the main loop: opens ledgers and tables, folds them, feeds growth and requests
//! to `step` and does what it returns. Sockets, timers and tasks are here and nowhere else in the
//! centre. Not here: any decision.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use domain::fact::Fact;
use domain::unit::{BlobHash, CheckpointId, PassageId, UtcMs};
use ledger::{BlobStatus, Draft, Ledger, Options};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Call, Ledgers, Promote};
use crate::config::Config;
use crate::db::{Db, DbError};
use crate::limits;
use crate::live::Live;
use crate::main_loop::{Action, Answer, Event, Grown, LinkChange, Ticket, Want, step};
use crate::parcels;
use crate::people::{self, PeopleError};
use crate::post_link::PostLink;
use crate::previews::Previews;
use crate::problem::{Code, Problem};
use crate::state::{OwnLedger, Seen, Settings, State};
use crate::views::{self, ViewError};
use crate::wire::Topic;
use served::clock::Clock;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{what}: {error}")]
    Ledger { what: String, error: ledger::Error },
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error("listening on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: std::io::Error,
    },
    #[error("link: {0}")]
    Link(#[from] link::driver::LinkError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A running centre. Dropping it leaves it running; [`Running::shutdown`] stops it.
pub struct Running {
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// The checkpoints' link, when the configuration asked for one.
    pub link: Option<Arc<PostLink>>,
    pub app: Arc<App>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Address of the workstation.
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// The ledger of what is addressed to one checkpoint.
    pub fn post(&self, checkpoint: &CheckpointId) -> Option<&Ledger> {
        self.app.ledgers.posts.get(checkpoint)
    }

    /// Tells the main loop what a link saw.
    pub async fn link_changed(&self, checkpoint: CheckpointId, change: LinkChange) {
        let event = Event::Link { checkpoint, change };
        let _ = self.app.calls.send(Call::Event(event)).await;
    }

    /// Asks the main loop for something, as a person of the demo or a command would.
    pub async fn ask(&self, want: Want) -> Result<Answer, Problem> {
        self.app.ask(want).await
    }

    /// Comes back when the centre has stopped by itself or was told to.
    pub async fn stopped(&self) {
        self.app.stopping.cancelled().await;
    }

    /// Stops taking requests, ends streams, closes ledgers and tables.
    pub async fn shutdown(mut self) {
        self.app.stopping.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(5), ended)
            .await
            .is_err()
        {
            self.tasks.abort_all();
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
        for ledger in self.app.ledgers.all() {
            if let Err(error) = ledger.close().await {
                tracing::warn!(%error, "closing a ledger");
            }
        }
        self.app.db.close().await;
    }
}

/// Opens everything, folds the ledgers and serves. Returns when requests are answered.
pub async fn run(config: Config) -> Result<Running, RunError> {
    std::fs::create_dir_all(&config.data)?;
    let db = Db::open(config.database.as_deref(), &config.data).await?;
    if config.demo {
        people::ensure_demo(&db).await?;
    }
    let ledgers = open_ledgers(&config).await?;
    let settings = Arc::new(Settings {
        checkpoints: config.checkpoints.clone(),
        procedures: config.procedures.clone(),
        open_within_ms: config.open_within_ms,
    });
    // Listening to growth begins before the fold, so that nothing falls between.
    let growth = ledgers.internal.subscribe();
    let mut state = State::new(settings);
    let mut cursors = HashMap::new();
    fold(&mut state, &ledgers, &mut cursors).await?;
    state.forget_ended(config.clock.now());
    for it in &config.checkpoints {
        views::catch_up(&db, &ledgers.internal, it.code.as_str()).await?;
    }
    let listener = TcpListener::bind(config.http)
        .await
        .map_err(|error| RunError::Listen {
            address: config.http,
            error,
        })?;
    let http = listener.local_addr()?;

    let (calls, queue) = mpsc::channel(limits::LOOP_QUEUE);
    let stopping = CancellationToken::new();
    let link = match config.link {
        None => None,
        Some(address) => Some(Arc::new(
            PostLink::open(address, &config.authority(), &ledgers).await?,
        )),
    };
    let promote: Promote = match &link {
        None => Arc::new(|_, _, _| ()),
        Some(link) => {
            // Weak: the routes must not keep the link open when the program stops.
            let link = Arc::downgrade(link);
            Arc::new(move |checkpoint, hash, upto_bytes| {
                if let Some(link) = link.upgrade() {
                    link.promote(checkpoint, hash, upto_bytes);
                }
            })
        }
    };
    let app = Arc::new(App {
        db,
        state: Arc::new(RwLock::new(state)),
        calls,
        live: Live::new(),
        clock: config.clock.clone(),
        ledgers,
        previews: Previews::new(),
        promote,
        plans: config.plans(),
        demo: config.demo,
        secure_cookies: !config.demo && !http.ip().is_loopback(),
        stopping: stopping.clone(),
        streams: Arc::new(tokio::sync::Semaphore::new(limits::STREAMS_TOTAL)),
    });
    let mut tasks = JoinSet::new();
    let main_loop = Loop {
        state: app.state.clone(),
        ledgers: app.ledgers.clone(),
        live: app.live.clone(),
        clock: config.clock.clone(),
        waiting: HashMap::new(),
        next_ticket: 0,
    };
    let stop = stopping.clone();
    tasks.spawn(async move {
        // Without its loop the centre would take requests and answer none: stop, and let whoever
        // started it start it again; the ledgers hold everything.
        let looping = tokio::spawn(main_loop.run(queue, stop.clone()));
        if let Err(error) = looping.await {
            tracing::error!(%error, "the main loop has failed");
            stop.cancel();
        }
    });
    let watch = Watch {
        app: app.clone(),
        cursors,
    };
    tasks.spawn(watch.run(growth));
    if let Some(link) = &link {
        tasks.spawn(link.clone().follow(app.clone()));
        let authority = link.authority.clone();
        tasks.spawn(parcels::run(app.clone(), config.data.clone(), authority));
    }
    let router = crate::routes::router(app.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = stopping.clone();
    tasks.spawn(async move {
        let served = axum::serve(listener, service)
            .with_graceful_shutdown(async move { stop.cancelled().await });
        if let Err(error) = served.await {
            tracing::error!(%error, "http");
        }
    });
    tracing::info!(%http, "the centre is up");
    Ok(Running {
        http,
        link,
        app,
        tasks,
    })
}

async fn open_ledgers(config: &Config) -> Result<Ledgers, RunError> {
    let open = async |which: OwnLedger, folder: std::path::PathBuf| {
        let options = Options {
            reserve_bytes: 1 << 20,
            ..Options::default()
        };
        let origin = which.origin();
        let opened = Ledger::open(&folder, &origin, options).await;
        let (ledger, report) = opened.map_err(|error| RunError::Ledger {
            what: folder.display().to_string(),
            error,
        })?;
        for warning in &report.warnings {
            tracing::warn!(%origin, warning, "ledger");
        }
        Ok::<_, RunError>(ledger)
    };
    let internal = open(OwnLedger::Internal, config.data.join("centre")).await?;
    let mut posts = BTreeMap::new();
    for it in &config.checkpoints {
        let folder = config.data.join("posts").join(it.code.as_str());
        posts.insert(
            it.code.clone(),
            open(OwnLedger::Post(it.code.clone()), folder).await?,
        );
    }
    Ok(Ledgers { internal, posts })
}

/// Where reading goes on: next sequence by origin and epoch.
type Cursors = HashMap<(String, u32), u64>;

/// Folds every ledger from its first record: the copies, then what was sent to each checkpoint,
/// then the centre's own.
async fn fold(state: &mut State, ledgers: &Ledgers, cursors: &mut Cursors) -> Result<(), RunError> {
    let failed = |what: &str, error| RunError::Ledger {
        what: what.to_owned(),
        error,
    };
    let internal = &ledgers.internal;
    let (own, copies): (Vec<_>, Vec<_>) = internal
        .status()
        .into_iter()
        .partition(|it| it.origin == internal.origin());
    for status in &copies {
        if let Some(post) = state.posts.get_mut(&CheckpointId::new(&status.origin)) {
            post.root = status.held.root.to_string();
            fold_stream(state, internal, status, cursors)
                .await
                .map_err(|error| failed(&status.origin, error))?;
        }
    }
    for (code, ledger) in &ledgers.posts {
        for status in ledger.status() {
            fold_stream(state, ledger, &status, cursors)
                .await
                .map_err(|error| failed(&status.origin, error))?;
        }
        let which = OwnLedger::Post(code.clone());
        state.next.insert(which, next_of(ledger));
    }
    for status in &own {
        fold_stream(state, internal, status, cursors)
            .await
            .map_err(|error| failed(&status.origin, error))?;
    }
    state.next.insert(OwnLedger::Internal, next_of(internal));
    let open = state.open();
    let hashes: Vec<BlobHash> = open
        .flat_map(|it| it.blobs().map(|(hash, _)| hash))
        .collect();
    for hash in hashes {
        if let Some(it) = held(internal, hash).await {
            state.blobs.insert(hash, it);
        }
    }
    Ok(())
}

/// Epoch and next sequence of an own ledger.
fn next_of(ledger: &Ledger) -> (u32, u64) {
    let status = ledger.status_of(ledger.origin(), ledger.epoch());
    (ledger.epoch(), status.map_or(0, |it| it.size))
}

async fn fold_stream(
    state: &mut State,
    ledger: &Ledger,
    status: &ledger::OriginStatus,
    cursors: &mut Cursors,
) -> Result<(), ledger::Error> {
    let mut next = 0;
    while next < status.size {
        let (records, after) = read(ledger, &status.origin, status.epoch, next).await?;
        if after == next {
            break;
        }
        records.into_iter().for_each(|it| state.apply(it));
        next = after;
    }
    cursors.insert((status.origin.clone(), status.epoch), next);
    Ok(())
}

/// The next records, and the sequence after them. A record of a kind this software does not know
/// is kept in the ledger and passed over.
async fn read(
    ledger: &Ledger,
    origin: &str,
    epoch: u32,
    from: u64,
) -> Result<(Vec<Seen>, u64), ledger::Error> {
    let raws = ledger
        .read(origin, epoch, from, limits::RECORDS_AT_ONCE)
        .await?;
    let after = raws.last().map_or(from, |it| it.sequence + 1);
    let mut records = Vec::with_capacity(raws.len());
    for raw in raws {
        match raw.parse() {
            Ok(record) => records.push(Seen::from(record)),
            Err(error) => tracing::warn!(record = raw.name(), %error, "not folded"),
        }
    }
    Ok((records, after))
}

/// Bytes held and whole size of a blob that has begun to arrive.
pub async fn held(ledger: &Ledger, hash: BlobHash) -> Option<(u64, u64)> {
    match ledger.blob_status(hash).await {
        Ok(BlobStatus::Partial { have, total }) => Some((have, total)),
        Ok(BlobStatus::Complete { len }) => Some((len, len)),
        Ok(BlobStatus::Absent) => None,
        Err(error) => {
            tracing::warn!(%error, %hash, "asking for a blob");
            None
        }
    }
}

/// Follows the checkpoints' copies: new records go to the main loop and into the search view.
struct Watch {
    app: Arc<App>,
    cursors: Cursors,
}

impl Watch {
    async fn run(mut self, mut growth: broadcast::Receiver<ledger::Growth>) {
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "following the copies");
            }
            let grown = tokio::select! {
                () = self.app.stopping.cancelled() => return,
                grown = growth.recv() => grown,
            };
            // Lagged: the status says how far to read.
            if matches!(grown, Err(broadcast::error::RecvError::Closed)) {
                return;
            }
            // One look at the status serves everything that has grown by now.
            while growth.try_recv().is_ok() {}
        }
    }

    async fn catch_up(&mut self) -> Result<(), ViewError> {
        let ledger = self.app.ledgers.internal.clone();
        let posts = &self.app.ledgers.posts;
        let statuses = ledger.status().into_iter();
        let copies = statuses.filter(|it| posts.contains_key(&CheckpointId::new(&it.origin)));
        for status in copies.collect::<Vec<_>>() {
            let key = (status.origin.clone(), status.epoch);
            let mut next = self.cursors.get(&key).copied().unwrap_or(0);
            if next >= status.size {
                continue;
            }
            while next < status.size {
                let (records, after) = read(&ledger, &status.origin, status.epoch, next).await?;
                if after == next {
                    break;
                }
                let named = records.iter().flat_map(|it| it.fact.blobs());
                let hashes: Vec<BlobHash> = named.map(|(hash, _)| hash).collect();
                let root = ledger.root_at(&status.origin, status.epoch, after).await?;
                let grown_by = Grown::Copy {
                    checkpoint: CheckpointId::new(&status.origin),
                    root: root.to_string(),
                };
                self.send(Event::Grown { records, grown_by }).await;
                for hash in hashes {
                    if let Some((have, total)) = held(&ledger, hash).await {
                        self.send(Event::Blob { hash, have, total }).await;
                    }
                }
                next = after;
                self.cursors.insert(key.clone(), next);
            }
            views::catch_up(&self.app.db, &ledger, &status.origin).await?;
        }
        Ok(())
    }

    async fn send(&self, event: Event) {
        // A loop that has stopped takes nothing in; the next start folds it.
        let _ = self.app.calls.send(Call::Event(event)).await;
    }
}

type Reply = oneshot::Sender<Result<Answer, Problem>>;

/// Runs `step`, one event after the other.
struct Loop {
    state: Arc<RwLock<State>>,
    ledgers: Ledgers,
    live: Live,
    clock: Clock,
    waiting: HashMap<Ticket, Reply>,
    next_ticket: u64,
}

impl Loop {
    async fn run(mut self, mut calls: mpsc::Receiver<Call>, stopping: CancellationToken) {
        let mut tick = tokio::time::interval(Duration::from_millis(limits::TICK_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                call = calls.recv() => match call {
                    Some(Call::Event(event)) => event,
                    Some(Call::Wants { want, reply }) => {
                        let ticket = Ticket(self.next_ticket);
                        self.next_ticket += 1;
                        self.waiting.insert(ticket, reply);
                        Event::Wants { ticket, want }
                    }
                    None => return,
                },
                _ = tick.tick() => Event::Tick,
            };
            self.handle(event).await;
        }
    }

    /// One event and everything that follows from it. A ticket is answered once the state holds
    /// what was recorded, so that whoever asked reads what they wrote.
    async fn handle(&mut self, event: Event) {
        let mut events = VecDeque::from([(event, None)]);
        while let Some((event, answer)) = events.pop_front() {
            let actions = {
                let mut state = self
                    .state
                    .write()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                step(&mut state, event, self.clock.now())
            };
            if let Some((ticket, answer)) = answer {
                self.answer(ticket, Ok(answer));
            }
            for action in actions {
                match action {
                    Action::Publish(it) if it.topics.is_empty() && it.passages.is_empty() => (),
                    Action::Publish(changed) => self.live.publish(changed),
                    Action::Answer { ticket, answer } => self.answer(ticket, answer),
                    Action::Record {
                        ledger,
                        facts,
                        at,
                        answers,
                    } => {
                        events.extend(self.record(ledger, facts, at, answers).await);
                    }
                }
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Answer, Problem>) {
        if let Some(reply) = self.waiting.remove(&ticket) {
            // Whoever asked may have gone.
            let _ = reply.send(answer);
        }
    }

    /// Makes facts durable. The state learns of them as everybody does: as growth.
    async fn record(
        &mut self,
        which: OwnLedger,
        facts: Vec<(Option<PassageId>, Fact)>,
        at: UtcMs,
        answers: Option<(Ticket, Answer)>,
    ) -> Option<(Event, Option<(Ticket, Answer)>)> {
        let ledger = self.ledgers.own(&which)?.clone();
        let drafts = facts
            .into_iter()
            .map(|(passage, fact)| Draft { at, passage, fact })
            .collect();
        match ledger.append(drafts).await {
            Ok(records) => {
                let first = records.first().map(|it| it.sequence);
                let next = records.last().map_or(0, |it| it.sequence + 1);
                let epoch = ledger.epoch();
                let records = records.into_iter().map(Seen::from).collect();
                let grown_by = Grown::Own {
                    ledger: which,
                    epoch,
                    next,
                };
                let answers = answers.map(|(ticket, answer)| match answer {
                    Answer::Recorded(_) => (ticket, Answer::Recorded(first)),
                    other => (ticket, other),
                });
                Some((Event::Grown { records, grown_by }, answers))
            }
            Err(error) => {
                tracing::error!(ledger = which.origin(), %error, "nothing was recorded");
                if let Some((ticket, _)) = answers {
                    self.answer(
                        ticket,
                        Err(Problem::new(Code::LedgerStopped, error.to_string())),
                    );
                }
                None
            }
        }
    }
}

impl From<ledger::Record> for Seen {
    fn from(it: ledger::Record) -> Seen {
        Seen {
            origin: it.origin.into(),
            epoch: it.epoch,
            sequence: it.sequence,
            at: it.at,
            passage: it.passage,
            fact: it.fact,
        }
    }
}

/// Rebuilds the search view from the ledgers: deletes it and fills it again.
pub async fn rebuild_views(app: &App) -> Result<(), ViewError> {
    app.db.delete_views().await?;
    let codes: Vec<CheckpointId> = app.ledgers.posts.keys().cloned().collect();
    for code in codes {
        views::catch_up(&app.db, &app.ledgers.internal, code.as_str()).await?;
    }
    app.live.publish(crate::wire::Changed {
        topics: vec![Topic::Queue],
        passages: Vec::new(),
    });
    Ok(())
}
