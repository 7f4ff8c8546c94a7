//! The thin shell of the session: QUIC with mutual TLS (quinn, rustls), ledgers, clocks.
//!
//! The checkpoint dials and dials again; the centre listens. Both own a [`LinkStatus`] to watch
//! and [`LinkEvent`]s to hear. What is sent in which order is not decided here but in
//! [`crate::session`]; who may speak is decided in [`crate::enrol`].

mod congestion;
pub(crate) mod connection;
mod enrolment;
pub(crate) mod stores;
pub(crate) mod tls;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use domain::unit::{BlobHash, CheckpointId, UtcMs};
use ledger::Ledger;
use quinn::{Connection, Endpoint, Incoming, VarInt};
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, watch};

use self::connection::{Command, Running, Side};
pub use self::enrolment::enrol;
use crate::enrol::{CENTRE_NAME, Ca, EnrolError, Identity, Named};
use crate::frame::Class;
use crate::session::{Plan, Received, Rules};

pub(crate) const SOFTWARE: &str = concat!("beket ", env!("CARGO_PKG_VERSION"));
/// A handshake that takes longer is begun anew.
const HANDSHAKE_MS: u64 = 10_000;
const EVENTS_WAITING: usize = 4_096;
const COMMANDS_WAITING: usize = 256;
/// Connections that are in their handshake at the centre at a time.
const HANDSHAKES: usize = 256;

#[derive(Debug, Error)]
pub enum LinkError {
    #[error("{addr}: {source}")]
    Socket {
        addr: SocketAddr,
        source: std::io::Error,
    },
    #[error("TLS: {0}")]
    Tls(String),
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

impl LinkError {
    fn tls(error: impl std::fmt::Display) -> LinkError {
        LinkError::Tls(error.to_string())
    }
}

/// How a link stands. Watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    pub peer: String,
    /// Both have said Hello and records flow.
    pub up: bool,
    /// Up or down since.
    pub since: UtcMs,
    /// Why it is down.
    pub why: Option<String>,
    pub peer_software: Option<String>,
    /// What waits at this side by class, the measured rate and round trip.
    pub plan: Plan,
    /// What the peer said waits there, and when; kept while the line is down.
    pub peer_plan: Option<(UtcMs, Plan)>,
    pub received: Vec<Received>,
}

impl LinkStatus {
    fn down(peer: &str, why: &str) -> LinkStatus {
        LinkStatus {
            peer: peer.to_owned(),
            up: false,
            since: utc_now(),
            why: Some(why.to_owned()),
            peer_software: None,
            plan: Plan::default(),
            peer_plan: None,
            received: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    Up {
        peer: String,
    },
    Down {
        peer: String,
        why: String,
    },
    /// This side's ledger durably holds the first `upto` records of the peer's chain.
    Copied {
        origin: String,
        epoch: u32,
        upto: u64,
    },
    /// The peer durably holds the first `upto` records of this side's chain.
    Acknowledged {
        origin: String,
        epoch: u32,
        upto: u64,
    },
    BlobGrew {
        hash: BlobHash,
        have: u64,
        total: u64,
    },
    BlobComplete {
        hash: BlobHash,
    },
    /// The peer holds all of this side's blob: it may be evicted here.
    BlobDelivered {
        hash: BlobHash,
    },
    /// The peer was asked for a blob that it does not hold (any more).
    BlobAbsent {
        hash: BlobHash,
        why: String,
    },
}

/// The checkpoint's side.
#[derive(Debug, Clone)]
pub struct DialConfig {
    pub centre: SocketAddr,
    /// From [`enrol`] or [`crate::enrol::local`]; names the checkpoint.
    pub identity: Identity,
    /// Where a renewed identity is saved; only kept in memory if absent.
    pub identity_folder: Option<PathBuf>,
    pub rules: Rules,
    /// First and longest pause between two dials.
    pub retry_ms: (u64, u64),
}

impl DialConfig {
    pub fn new(centre: SocketAddr, identity: Identity) -> DialConfig {
        let rules = Rules::default();
        DialConfig {
            centre,
            identity,
            identity_folder: None,
            rules,
            retry_ms: (500, 5_000),
        }
    }
}

/// The centre's side.
#[derive(Debug, Clone)]
pub struct ListenConfig {
    pub listen: SocketAddr,
    pub ca: Ca,
    pub rules: Rules,
    /// For each checkpoint the centre's ledger that goes down to it, see [`down_origin`].
    pub down: BTreeMap<CheckpointId, Ledger>,
}

impl ListenConfig {
    pub fn new(listen: SocketAddr, ca: Ca, down: BTreeMap<CheckpointId, Ledger>) -> ListenConfig {
        ListenConfig {
            listen,
            ca,
            rules: Rules::default(),
            down,
        }
    }
}

/// Origin of the centre's ledger for a checkpoint: `centre.CN05`.
pub fn down_origin(checkpoint: &CheckpointId) -> String {
    format!("centre.{checkpoint}")
}

/// A checkpoint's link. Dropping it ends the link.
#[derive(Debug)]
pub struct LinkHandle {
    status: watch::Receiver<LinkStatus>,
    events: broadcast::Sender<LinkEvent>,
    commands: Arc<Mutex<Option<mpsc::Sender<Command>>>>,
    unasked: watch::Sender<Class>,
    endpoint: Endpoint,
    task: tokio::task::JoinHandle<()>,
}

impl LinkHandle {
    /// Set it to the last class whose bytes go up without being asked for.
    pub fn unasked(&self) -> watch::Sender<Class> {
        self.unasked.clone()
    }

    pub fn state(&self) -> watch::Receiver<LinkStatus> {
        self.status.clone()
    }

    pub fn events(&self) -> broadcast::Receiver<LinkEvent> {
        self.events.subscribe()
    }

    /// Ends the link and waits until the socket is free.
    pub async fn close(self) {
        let commands = lock(&self.commands).clone();
        if let Some(commands) = commands {
            let _ = commands
                .send(Command::Close {
                    why: "shut down".into(),
                })
                .await;
            let gone = commands.closed();
            let _ = tokio::time::timeout(Duration::from_secs(1), gone).await;
        }
        self.task.abort();
        self.endpoint.close(VarInt::from_u32(0), b"shut down");
        let _ = tokio::time::timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }
}

impl Drop for LinkHandle {
    fn drop(&mut self) {
        self.task.abort();
        self.endpoint.close(VarInt::from_u32(0), b"shut down");
    }
}

/// Links a checkpoint's ledger with the centre, for as long as the handle lives: its own records
/// and their blobs go up, the centre's ledger for it comes down as copies in the same ledger.
pub async fn dial(config: DialConfig, ledger: Ledger) -> Result<LinkHandle, LinkError> {
    let local: SocketAddr = match config.centre {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = open(local, None, None)?;
    // A wrong key or certificate is told now, not in a log at every dial.
    tls::client(&config.identity, &config.rules)?;
    let (status, watched) = watch::channel(LinkStatus::down("centre", "not dialled yet"));
    let (events, _) = broadcast::channel(EVENTS_WAITING);
    let commands = Arc::new(Mutex::new(None));
    let unasked = watch::Sender::new(Class::Bulk);
    let dialling = dial_for_ever(
        config,
        ledger,
        endpoint.clone(),
        status,
        events.clone(),
        commands.clone(),
        unasked.clone(),
    );
    let task = tokio::spawn(dialling);
    Ok(LinkHandle {
        status: watched,
        events,
        commands,
        unasked,
        endpoint,
        task,
    })
}

fn open(
    addr: SocketAddr,
    server: Option<quinn::ServerConfig>,
    reset_key: Option<[u8; 32]>,
) -> Result<Endpoint, LinkError> {
    let socket = std::net::UdpSocket::bind(addr);
    let runtime = Arc::new(quinn::TokioRuntime);
    socket
        .and_then(|it| Endpoint::new(tls::endpoint(reset_key), server, it, runtime))
        .map_err(|source| LinkError::Socket { addr, source })
}

async fn dial_for_ever(
    config: DialConfig,
    ledger: Ledger,
    endpoint: Endpoint,
    status: watch::Sender<LinkStatus>,
    events: broadcast::Sender<LinkEvent>,
    slot: Arc<Mutex<Option<mpsc::Sender<Command>>>>,
    unasked: watch::Sender<Class>,
) {
    let checkpoint = CheckpointId::new(&config.identity.node);
    let identity = Arc::new(Mutex::new(config.identity.clone()));
    let (first_ms, longest_ms) = config.retry_ms;
    let mut pause_ms = first_ms;
    // Dialled while the connection before it was silent.
    let mut fresh: Option<Connection> = None;
    loop {
        let shown = lock(&identity).clone();
        let connected = match fresh.take() {
            Some(connection) => Ok(connection),
            None => connect(&endpoint, &config, &shown).await,
        };
        let why = match connected {
            Ok(connection) => {
                let (sender, commands) = mpsc::channel(COMMANDS_WAITING);
                let (quiet, is_quiet) = watch::channel(false);
                *lock(&slot) = Some(sender);
                let running = Running {
                    rules: config.rules.clone(),
                    node: checkpoint.to_string(),
                    peer: "centre".into(),
                    accepts: vec![down_origin(&checkpoint)],
                    own: ledger.clone(),
                    copies: ledger.clone(),
                    side: Side::Checkpoint {
                        identity: identity.clone(),
                        folder: config.identity_folder.clone(),
                    },
                    events: events.clone(),
                    status: status.clone(),
                    commands,
                    unasked: unasked.subscribe(),
                    quiet,
                };
                let mut run = std::pin::pin!(running.run(&connection));
                let why = tokio::select! {
                    why = &mut run => why,
                    other = redial(&endpoint, &config, &identity, is_quiet) => {
                        connection.close(VarInt::from_u32(0), b"replaced by a new connection");
                        fresh = Some(other);
                        run.await
                    }
                };
                *lock(&slot) = None;
                if status.borrow().up {
                    pause_ms = first_ms;
                }
                why
            }
            Err(why) => why,
        };
        went_down(&status, &events, &why);
        if fresh.is_some() {
            continue;
        }
        // Half to one and a half of the pause: 68 checkpoints shall not come back at once.
        let jittered = pause_ms / 2 + rand::random_range(0..=pause_ms);
        tokio::time::sleep(Duration::from_millis(jittered)).await;
        pause_ms = (2 * pause_ms).min(longest_ms);
    }
}

/// While the connection that there is stays silent, tries for another: the centre may have been
/// started anew and know nothing of the old one. Ends with the first that stands.
async fn redial(
    endpoint: &Endpoint,
    config: &DialConfig,
    identity: &Mutex<Identity>,
    mut quiet: watch::Receiver<bool>,
) -> Connection {
    let (first_ms, longest_ms) = config.retry_ms;
    let mut pause_ms = first_ms;
    loop {
        if quiet.wait_for(|it| *it).await.is_err() {
            return std::future::pending().await;
        }
        let shown = lock(identity).clone();
        if let Ok(connection) = connect(endpoint, config, &shown).await {
            if *quiet.borrow() {
                return connection;
            }
            connection.close(VarInt::from_u32(0), b"not needed");
        }
        let jittered = pause_ms / 2 + rand::random_range(0..=pause_ms);
        tokio::time::sleep(Duration::from_millis(jittered)).await;
        pause_ms = (2 * pause_ms).min(longest_ms);
    }
}

async fn connect(
    endpoint: &Endpoint,
    config: &DialConfig,
    identity: &Identity,
) -> Result<Connection, String> {
    let client = tls::client(identity, &config.rules).map_err(|e| e.to_string())?;
    let connecting = endpoint
        .connect_with(client, config.centre, CENTRE_NAME)
        .map_err(|e| format!("{}: {e}", config.centre))?;
    match tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS), connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(format!("{}: {error}", config.centre)),
        Err(_) => Err(format!("{}: no answer in {HANDSHAKE_MS} ms", config.centre)),
    }
}

fn went_down(status: &watch::Sender<LinkStatus>, events: &broadcast::Sender<LinkEvent>, why: &str) {
    let peer = status.borrow().peer.clone();
    let was_up = status.borrow().up;
    status.send_modify(|it| {
        if it.up {
            it.since = utc_now();
        }
        it.up = false;
        it.why = Some(why.to_owned());
    });
    if was_up {
        tracing::info!(peer, why, "link down");
        let _ = events.send(LinkEvent::Down {
            peer,
            why: why.to_owned(),
        });
    }
}

/// A linked checkpoint at the centre.
#[derive(Debug)]
struct Linked {
    connection: Connection,
    commands: mpsc::Sender<Command>,
}

/// Bytes of blobs that officers wait for, and as which class.
type Promotions = BTreeMap<BlobHash, (u64, Class)>;

struct Listening {
    config: ListenConfig,
    ledger: Ledger,
    events: broadcast::Sender<LinkEvent>,
    linked: Mutex<BTreeMap<CheckpointId, Linked>>,
    down: Mutex<BTreeMap<CheckpointId, Ledger>>,
    states: watch::Sender<BTreeMap<CheckpointId, watch::Receiver<LinkStatus>>>,
    statuses: Mutex<BTreeMap<CheckpointId, watch::Sender<LinkStatus>>>,
    /// Promotions that are not through; asked again of every new session.
    promoted: Mutex<BTreeMap<CheckpointId, Promotions>>,
}

/// The centre's links. Dropping it ends them all.
pub struct ListenHandle {
    addr: SocketAddr,
    listening: Arc<Listening>,
    endpoint: Endpoint,
    task: tokio::task::JoinHandle<()>,
}

impl ListenHandle {
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn events(&self) -> broadcast::Receiver<LinkEvent> {
        self.listening.events.subscribe()
    }

    /// The state of every checkpoint that was ever linked since the start.
    pub fn states(&self) -> BTreeMap<CheckpointId, LinkStatus> {
        let states = self.listening.states.borrow();
        states
            .iter()
            .map(|(code, it)| (code.clone(), it.borrow().clone()))
            .collect()
    }

    /// One checkpoint's state, to watch; `None` before it was linked or served.
    pub fn state(&self, checkpoint: &CheckpointId) -> Option<watch::Receiver<LinkStatus>> {
        self.listening.states.borrow().get(checkpoint).cloned()
    }

    /// From now on this ledger goes down to the checkpoint (one enrolled after the start).
    pub fn serve(&self, checkpoint: &CheckpointId, down: Ledger) {
        lock(&self.listening.down).insert(checkpoint.clone(), down);
        self.listening.status(checkpoint);
    }

    /// An officer waits for the first `upto_bytes` of a blob of this checkpoint. Asked again
    /// after an outage until they are here.
    pub fn promote(
        &self,
        checkpoint: &CheckpointId,
        hash: BlobHash,
        upto_bytes: u64,
        class: Class,
    ) {
        let mut promoted = lock(&self.listening.promoted);
        promoted
            .entry(checkpoint.clone())
            .or_default()
            .insert(hash, (upto_bytes, class));
        if let Some(linked) = lock(&self.listening.linked).get(checkpoint) {
            let command = Command::Promote {
                hash,
                upto: upto_bytes,
                class,
            };
            // A full queue is no loss: it is asked again with the next session.
            let _ = linked.commands.try_send(command);
        }
    }

    /// Ends a checkpoint's session; it may dial again. True when there was one.
    pub fn disconnect(&self, checkpoint: &CheckpointId, why: &str) -> bool {
        let linked = lock(&self.listening.linked);
        let close = Command::Close {
            why: why.to_owned(),
        };
        linked
            .get(checkpoint)
            .is_some_and(|it| it.commands.try_send(close).is_ok())
    }

    /// Ends all links and waits until the socket is free.
    pub async fn close(self) {
        let all: Vec<_> = lock(&self.listening.linked)
            .values()
            .map(|it| it.commands.clone())
            .collect();
        for commands in &all {
            let _ = commands.try_send(Command::Close {
                why: "the centre shuts down".into(),
            });
        }
        let gone = async {
            for commands in &all {
                commands.closed().await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), gone).await;
        self.task.abort();
        self.endpoint
            .close(VarInt::from_u32(0), b"the centre shuts down");
        let _ = tokio::time::timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }
}

impl Drop for ListenHandle {
    fn drop(&mut self) {
        self.task.abort();
        self.endpoint
            .close(VarInt::from_u32(0), b"the centre shuts down");
    }
}

/// Takes links of all enrolled checkpoints: their records and blobs come into `ledger` as copies,
/// `config.down` goes down. Also answers newcomers with a one-time code.
pub async fn listen(config: ListenConfig, ledger: Ledger) -> Result<ListenHandle, LinkError> {
    let identity = config.ca.centre(utc_now())?;
    let server = tls::server(&identity, &config.rules)?;
    let addr = config.listen;
    let endpoint = open(addr, Some(server), Some(config.ca.reset_key()))?;
    let addr = endpoint
        .local_addr()
        .map_err(|source| LinkError::Socket { addr, source })?;
    let (events, _) = broadcast::channel(EVENTS_WAITING);
    let down = config.down.clone();
    let listening = Arc::new(Listening {
        config,
        ledger,
        events,
        linked: Mutex::default(),
        down: Mutex::new(down.clone()),
        states: watch::channel(BTreeMap::new()).0,
        statuses: Mutex::default(),
        promoted: Mutex::default(),
    });
    down.keys().for_each(|it| drop(listening.status(it)));
    let task = tokio::spawn(accept_for_ever(endpoint.clone(), listening.clone()));
    Ok(ListenHandle {
        addr,
        listening,
        endpoint,
        task,
    })
}

async fn accept_for_ever(endpoint: Endpoint, listening: Arc<Listening>) {
    let mut peers = tokio::task::JoinSet::new();
    let handshakes = Arc::new(tokio::sync::Semaphore::new(HANDSHAKES));
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { return };
                let Ok(permit) = handshakes.clone().try_acquire_owned() else {
                    incoming.refuse();
                    continue;
                };
                let listening = listening.clone();
                peers.spawn(async move { listening.receive(incoming, permit).await });
            }
            Some(_) = peers.join_next() => {}
        }
    }
}

impl Listening {
    fn status(&self, checkpoint: &CheckpointId) -> watch::Sender<LinkStatus> {
        let mut statuses = lock(&self.statuses);
        if let Some(it) = statuses.get(checkpoint) {
            return it.clone();
        }
        let (sender, receiver) =
            watch::channel(LinkStatus::down(checkpoint.as_str(), "not linked yet"));
        statuses.insert(checkpoint.clone(), sender.clone());
        self.states.send_modify(|it| {
            it.insert(checkpoint.clone(), receiver);
        });
        sender
    }

    async fn receive(&self, incoming: Incoming, permit: tokio::sync::OwnedSemaphorePermit) {
        let handshake = tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS), incoming);
        let Ok(Ok(connection)) = handshake.await else {
            return;
        };
        let (protocol, named, _) = tls::who(&connection);
        if protocol == tls::ALPN_ENROL {
            enrolment::answer(&connection, &self.config.ca).await;
            return;
        }
        drop(permit);
        let refuse = |why: &str| connection.close(VarInt::from_u32(1), why.as_bytes());
        match named {
            None => refuse("a certificate is needed"),
            Some(named) if !self.config.ca.allows(&named) => {
                tracing::warn!(checkpoint = named.node, "refused: not enrolled, or revoked");
                refuse(&EnrolError::NotAllowed(named.node).to_string());
            }
            Some(named) => self.run(connection, named).await,
        }
    }

    async fn run(&self, connection: Connection, named: Named) {
        let checkpoint = CheckpointId::new(&named.node);
        let Some(own) = lock(&self.down).get(&checkpoint).cloned() else {
            let why = format!("the centre has no ledger for {checkpoint}");
            connection.close(VarInt::from_u32(1), why.as_bytes());
            return;
        };
        // The node dials anew when its line changed; the old session cannot know yet.
        let old = lock(&self.linked).remove(&checkpoint);
        if let Some(old) = old {
            let replaced = Command::Close {
                why: "replaced by a new connection".into(),
            };
            let _ = old.commands.try_send(replaced);
            old.connection
                .close(VarInt::from_u32(0), b"replaced by a new connection");
            let _ = tokio::time::timeout(Duration::from_secs(2), old.commands.closed()).await;
        }
        for key in self.config.ca.ledger_keys(checkpoint.as_str()) {
            let epoch = key.name().rsplit('/').next().and_then(|it| it.parse().ok());
            if let Some(epoch) = epoch
                && let Err(error) = self.ledger.trust(checkpoint.as_str(), epoch, key).await
            {
                tracing::warn!(%checkpoint, %error, "the enrolled ledger key is not taken");
            }
        }
        let (sender, commands) = mpsc::channel(COMMANDS_WAITING);
        for (hash, (upto, class)) in self.waiting(&checkpoint).await {
            let _ = sender.try_send(Command::Promote { hash, upto, class });
        }
        let linked = Linked {
            connection: connection.clone(),
            commands: sender,
        };
        let id = connection.stable_id();
        lock(&self.linked).insert(checkpoint.clone(), linked);
        let status = self.status(&checkpoint);
        let running = Running {
            rules: self.config.rules.clone(),
            node: "centre".into(),
            peer: checkpoint.to_string(),
            accepts: vec![checkpoint.to_string()],
            own,
            copies: self.ledger.clone(),
            side: Side::Centre {
                ca: self.config.ca.clone(),
                peer: named,
            },
            events: self.events.clone(),
            status: status.clone(),
            commands,
            unasked: watch::Sender::new(Class::Bulk).subscribe(),
            quiet: watch::Sender::new(false),
        };
        let why = running.run(&connection).await;
        let mut linked = lock(&self.linked);
        if linked
            .get(&checkpoint)
            .is_some_and(|it| it.connection.stable_id() == id)
        {
            linked.remove(&checkpoint);
        }
        drop(linked);
        went_down(&status, &self.events, &why);
    }

    /// Promotions of this checkpoint whose bytes are not here yet.
    async fn waiting(&self, checkpoint: &CheckpointId) -> Promotions {
        let mut waiting = lock(&self.promoted)
            .get(checkpoint)
            .cloned()
            .unwrap_or_default();
        let all: Vec<BlobHash> = waiting.keys().copied().collect();
        for hash in all {
            let have = match self.ledger.blob_status(hash).await {
                Ok(ledger::BlobStatus::Complete { .. }) => u64::MAX,
                Ok(ledger::BlobStatus::Partial { have, .. }) => have,
                _ => 0,
            };
            if waiting.get(&hash).is_some_and(|(upto, _)| have >= *upto) {
                waiting.remove(&hash);
            }
        }
        lock(&self.promoted).insert(checkpoint.clone(), waiting.clone());
        waiting
    }
}

/// The guarded data is whole after every statement: a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(it) => it,
        Err(poisoned) => poisoned.into_inner(),
    }
}

fn utc_now() -> UtcMs {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UtcMs(since.as_millis() as i64)
}
