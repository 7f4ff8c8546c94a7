//! The link itself over the emulated line: both ends' programs, in threads of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::fact::Fact;
use domain::procedure::Procedure;
use domain::unit::{BlobHash, CheckpointId, UtcMs};
use ledger::{Ledger, Options};
use tokio::sync::{oneshot, watch};

use super::figures::{Figures, Log, Report, percentile};
use super::load::{self, CHECKPOINT, Dice};
use super::road::Road;
use super::{Asked, BenchError, Say, count};
use crate::driver::{DialConfig, LinkEvent, LinkHandle, ListenConfig, dial, down_origin, listen};
use crate::emulator::tun::End;
use crate::enrol::{Ca, Identity, local};

/// Requests are numbered from here, so that they are told from the load's passages.
pub(super) const FIRST_REQUEST: u64 = 1_000_000;
pub(super) const PROCEDURE: &str = include_str!("../../../../procedures/external-2026.toml");
/// Nothing of a stage may take longer than this many times the line's own time, and this.
const PATIENCE: u32 = 4;
const PATIENCE_S: u64 = 300;

pub(super) fn checkpoint() -> CheckpointId {
    CheckpointId::new(CHECKPOINT)
}

pub(super) fn utc_now() -> UtcMs {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UtcMs(since.as_millis() as i64)
}

pub(super) async fn open(folder: &Path, origin: &str) -> Result<Ledger, ledger::Error> {
    let options = Options {
        low_water_bytes: 0,
        reserve_bytes: 0,
        ..Options::default()
    };
    Ok(Ledger::open(&folder.join(origin), origin, options).await?.0)
}

pub(super) fn unfinished(what: &str) -> BenchError {
    BenchError::Unfinished(what.to_owned())
}

/// What the checkpoint's end sees of the centre's: they are one process.
#[derive(Debug, Clone, Default)]
struct Arrived {
    records: u64,
    blobs: BTreeSet<BlobHash>,
}

pub fn run(asked: &Asked, say: &Say) -> Result<Report, BenchError> {
    let road = Arc::new(asked.road());
    say(format!("{}: {}", asked.profile.name(), road.says()));
    let facts = stage(asked, &road, "facts", facts_alone, say)?;
    say(format!(
        "facts alone: {:.2} bytes a fact up, {:.2} with the handshake ({} facts in {:.1} s)",
        facts.each, facts.each_with_handshake, facts.count, facts.seconds
    ));
    let work = stage(asked, &road, "backlog", backlog, say)?;
    let count = counted(&asked.folder.join("backlog"), say)?;
    let figures = Figures {
        decision_p50_s: percentile(&work.latencies, 50),
        decision_p99_s: percentile(&work.latencies, 99),
        decisions: work.latencies.len(),
        drain_ratio: Some(work.drain_ratio),
        bytes_per_fact: Some(facts.each),
        bytes_per_fact_with_handshake: Some(facts.each_with_handshake),
        recovery_s: work.recovery_s,
        lost: count.lost,
        duplicated: count.duplicated,
    };
    Ok(Report {
        profile: asked.profile.name(),
        line: road.says(),
        loss_percent: asked.loss,
        passages: asked.passages,
        figures,
        peers: BTreeMap::new(),
    })
}

/// The checkpoint's end, as a stage's script uses it.
struct Post {
    asked: Asked,
    road: Arc<Road>,
    log: Arc<Log>,
    procedure: Procedure,
    ledger: Ledger,
    arrived: watch::Receiver<Arrived>,
    centre: SocketAddr,
    identity: Identity,
    say: Say,
}

impl Post {
    async fn dial(&self) -> Result<LinkHandle, BenchError> {
        let config = DialConfig::new(self.centre, self.identity.clone());
        Ok(dial(config, self.ledger.clone()).await?)
    }

    /// Waits for something of the other end, as long as is thinkable for `bytes` over this line.
    async fn until(
        &self,
        what: &str,
        bytes: u64,
        is_so: impl Fn(&Arrived) -> bool,
    ) -> Result<(), BenchError> {
        let line_s = bytes * 8 / self.asked.profile.rate_bps();
        let patience = Duration::from_secs(line_s) * PATIENCE + Duration::from_secs(PATIENCE_S);
        let mut arrived = self.arrived.clone();
        match tokio::time::timeout(patience, arrived.wait_for(is_so)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(unfinished(what)),
        }
    }

    /// Puts passages into the ledger; their blobs too, or none. Gives the blobs' hashes.
    async fn record(
        &self,
        passages: std::ops::Range<u64>,
        with_blobs: bool,
    ) -> Result<BTreeSet<BlobHash>, BenchError> {
        let mut hashes = BTreeSet::new();
        for number in passages {
            let it = load::passage(self.asked.seed, number, &self.procedure);
            if with_blobs {
                for blob in &it.blobs {
                    hashes.insert(self.ledger.put_blob(blob).await?);
                }
            }
            self.ledger.append(it.drafts).await?;
        }
        Ok(hashes)
    }

    /// Asks for a decision every 10 to 15 s until dropped.
    fn ask_for_decisions(&self) -> tokio::task::JoinHandle<()> {
        let (ledger, log, seed) = (self.ledger.clone(), self.log.clone(), self.asked.seed);
        tokio::spawn(async move {
            let mut dice = Dice(seed ^ 0x51);
            for number in FIRST_REQUEST.. {
                let pause_ms = dice.between(10_000, 15_000);
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                let draft = load::request(seed, number, utc_now());
                let begun = log.now();
                if ledger.append(vec![draft]).await.is_err() {
                    return;
                }
                log.asked(number, begun);
            }
        })
    }
}

/// Runs a script at the checkpoint's end while the centre's end answers.
fn stage<T, F>(
    asked: &Asked,
    road: &Arc<Road>,
    name: &str,
    script: impl FnOnce(Post) -> F + Send + 'static,
    say: &Say,
) -> Result<T, BenchError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, BenchError>>,
{
    let folder = asked.folder.join(name);
    std::fs::create_dir_all(&folder)?;
    let ca = Ca::create(&folder.join("ca"), utc_now())?;
    let log = Arc::new(Log::new());
    let (arrived, watched) = watch::channel(Arrived::default());
    let (listening, listens) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let centre = Centre {
        folder: folder.clone(),
        ca: ca.clone(),
        at: road.listen(),
        log: log.clone(),
        arrived,
    };
    let centre = road.spawn(End::Centre, move || centre.run(listening, stopped))?;
    let post = {
        let (asked, road, say) = (asked.clone(), road.clone(), say.clone());
        let on = road.clone();
        on.spawn(End::Checkpoint, move || async move {
            let at = listens
                .await
                .map_err(|_| unfinished("the centre's end did not start"))?;
            let ledger = open(&folder, CHECKPOINT).await?;
            let identity = local(&ca, &checkpoint(), Some(ledger.key()), utc_now())?;
            let procedure = Procedure::parse(PROCEDURE)
                .map_err(|why| BenchError::Procedure(format!("{why:?}")))?;
            let post = Post {
                asked,
                centre: road.dial(at).await?,
                road,
                log,
                procedure,
                ledger: ledger.clone(),
                arrived: watched,
                identity,
                say,
            };
            let done = script(post).await;
            ledger.close().await?;
            done
        })?
    };
    let joined = |what: &str| std::io::Error::other(format!("the {what}'s thread panicked"));
    let done = post.join().map_err(|_| joined("checkpoint"))??;
    let _ = stop.send(());
    centre.join().map_err(|_| joined("centre"))???;
    done
}

/// The centre's end: copies come in, each request is decided at once.
struct Centre {
    folder: PathBuf,
    ca: Ca,
    at: SocketAddr,
    log: Arc<Log>,
    arrived: watch::Sender<Arrived>,
}

impl Centre {
    async fn run(
        self,
        listening: oneshot::Sender<SocketAddr>,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<(), BenchError> {
        let copies = open(&self.folder, "centre").await?;
        let down = open(&self.folder, &down_origin(&checkpoint())).await?;
        let downs = BTreeMap::from([(checkpoint(), down.clone())]);
        let config = ListenConfig::new(self.at, self.ca.clone(), downs);
        let handle = listen(config, copies.clone()).await?;
        let _ = listening.send(handle.local_addr());
        let mut events = handle.events();
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                _ = &mut stopped => break,
            };
            match event {
                Ok(LinkEvent::Copied { epoch, upto, .. }) => {
                    let from = self.arrived.borrow().records;
                    self.decide(&copies, &down, epoch, from, upto).await?;
                    self.arrived.send_modify(|it| it.records = upto);
                }
                Ok(LinkEvent::BlobComplete { hash }) => {
                    self.arrived.send_modify(|it| {
                        it.blobs.insert(hash);
                    });
                }
                Ok(_) => {}
                Err(why) => return Err(unfinished(&why.to_string())),
            }
        }
        handle.close().await;
        copies.close().await?;
        down.close().await?;
        Ok(())
    }

    async fn decide(
        &self,
        copies: &Ledger,
        down: &Ledger,
        epoch: u32,
        from: u64,
        upto: u64,
    ) -> Result<(), BenchError> {
        let mut from = from;
        while from < upto {
            let records = copies.read(CHECKPOINT, epoch, from, 500).await?;
            if records.is_empty() {
                break;
            }
            from += records.len() as u64;
            for record in records {
                let Ok(record) = record.parse() else { continue };
                let (Fact::FindingRaised(_), Some(passage)) = (&record.fact, &record.passage)
                else {
                    continue;
                };
                if passage.number >= FIRST_REQUEST {
                    self.log.heard(passage.number);
                    let decision = load::decision(passage.number, utc_now());
                    down.append(vec![decision]).await?;
                }
            }
        }
        Ok(())
    }
}

struct FactsAlone {
    each: f64,
    each_with_handshake: f64,
    count: u64,
    seconds: f64,
}

/// A backlog of facts and nothing else.
async fn facts_alone(post: Post) -> Result<FactsAlone, BenchError> {
    let passages = post.asked.facts.div_ceil(load::FACTS_EACH) as u64;
    post.record(0..passages, false).await?;
    let count = passages * load::FACTS_EACH as u64;
    let [before, _] = post.road.carried();
    let begun = post.log.now();
    let link = post.dial().await?;
    let mut state = link.state();
    let patience = Duration::from_secs(PATIENCE_S);
    let up = tokio::time::timeout(patience, state.wait_for(|it| it.up)).await;
    up.map_err(|_| unfinished("the link did not come up"))?
        .map_err(|_| unfinished("the link ended"))?;
    let [open, _] = post.road.carried();
    post.until("the facts did not arrive", count * 300, |it| {
        it.records >= count
    })
    .await?;
    let seconds = post.log.now() - begun;
    // The last acknowledgement is on its way; what it costs up is nothing.
    let [after, _] = post.road.carried();
    link.close().await;
    Ok(FactsAlone {
        each: (after.bytes - open.bytes) as f64 / count as f64,
        each_with_handshake: (after.bytes - before.bytes) as f64 / count as f64,
        count,
        seconds,
    })
}

struct Work {
    latencies: Vec<f64>,
    drain_ratio: f64,
    recovery_s: Option<f64>,
}

/// A backlog of passages with their blobs, requests meanwhile; then an outage.
async fn backlog(post: Post) -> Result<Work, BenchError> {
    let passages = post.asked.passages as u64;
    let blobs = post.record(0..passages, true).await?;
    let rate_bps = post.asked.profile.rate_bps() as f64;
    let bytes = passages * load::PASSAGE_BYTES;
    let decisions = decisions(&post);
    let asking = post.ask_for_decisions();
    let begun = post.log.now();
    let [before, _] = post.road.carried();
    let link = post.dial().await?;
    let telling = tell(&post, blobs.len(), bytes);
    post.until("the backlog did not drain", bytes, |it| {
        blobs.is_subset(&it.blobs)
    })
    .await?;
    let drained = post.log.now();
    let [after, _] = post.road.carried();
    let drain_ratio = bytes as f64 * 8.0 / rate_bps / (drained - begun);
    telling.abort();
    // Those asked while bulk flowed, also where the answer came a little later.
    let waited = |it: &Log| it.all_decided_before(drained);
    for _ in 0..300 {
        if waited(&post.log) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let latencies = post.log.latencies(begun, drained);
    (post.say)(format!(
        "backlog: {passages} passages in {:.1} s, drain {drain_ratio:.3}, {:.1} % of bytes are not blobs, \
         {} decisions in {:.2} s (p50, {:.2} s of it up) and {:.2} s (p99), at most {} bytes in the modem, {} packets of {} bytes",
        drained - begun,
        ((after.bytes - before.bytes) as f64 / bytes as f64 - 1.0) * 100.0,
        latencies.len(),
        percentile(&latencies, 50).unwrap_or(f64::NAN),
        post.log.up_p50(begun, drained).unwrap_or(f64::NAN),
        percentile(&latencies, 99).unwrap_or(f64::NAN),
        after.longest_queue,
        after.datagrams - before.datagrams,
        (after.bytes - before.bytes) / (after.datagrams - before.datagrams).max(1),
    ));
    let recovery_s = match post.asked.outage.is_zero() {
        true => None,
        false => Some(outage(&post, passages).await?),
    };
    asking.abort();
    let size = |post: &Post| {
        let status = post.ledger.status_of(CHECKPOINT, post.ledger.epoch());
        status.map_or(0, |it| it.size)
    };
    let all = size(&post);
    post.until("the last facts did not arrive", all * 300, |it| {
        it.records >= all
    })
    .await?;
    for _ in 0..600 {
        if post.log.all_decided_before(f64::INFINITY) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    decisions.abort();
    link.close().await;
    Ok(Work {
        latencies,
        drain_ratio,
        recovery_s,
    })
}

/// Cuts the line in the middle of bulk; seconds from its return to the first decision.
async fn outage(post: &Post, first: u64) -> Result<f64, BenchError> {
    let rate_bps = post.asked.profile.rate_bps();
    // Bulk for half a minute.
    let passages = (rate_bps * 30 / 8).div_ceil(load::PASSAGE_BYTES);
    let blobs = post.record(first..first + passages, true).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    (post.say)(format!("the line is cut for {:?}", post.asked.outage));
    post.road.set(|it| it.up = false);
    tokio::time::sleep(post.asked.outage).await;
    post.road.set(|it| it.up = true);
    let mended = post.log.now();
    let patience = Duration::from_secs(PATIENCE_S);
    let recovery_s = tokio::time::timeout(patience, async {
        loop {
            if let Some(at) = post.log.first_decided_after(mended) {
                return at - mended;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .map_err(|_| unfinished("no decision after the outage"))?;
    (post.say)(format!(
        "first decision {recovery_s:.2} s after the line returned"
    ));
    let bytes = passages * load::PASSAGE_BYTES;
    post.until("the rest did not drain after the outage", bytes, |it| {
        blobs.is_subset(&it.blobs)
    })
    .await?;
    Ok(recovery_s)
}

/// Notes when decisions become durable at the checkpoint.
fn decisions(post: &Post) -> tokio::task::JoinHandle<()> {
    let (ledger, log) = (post.ledger.clone(), post.log.clone());
    let origin = down_origin(&checkpoint());
    tokio::spawn(async move {
        let mut growth = ledger.subscribe();
        let mut next = 0;
        loop {
            let Ok(grown) = growth.recv().await else {
                return;
            };
            if *grown.origin != *origin {
                continue;
            }
            let Ok(records) = ledger.read(&origin, grown.epoch, next, 500).await else {
                return;
            };
            next += records.len() as u64;
            for record in records {
                if let Ok(record) = record.parse()
                    && let Fact::DecisionGiven { passage, .. } = record.fact
                {
                    log.decided(passage.number);
                }
            }
        }
    })
}

/// Says now and then how far it is.
fn tell(post: &Post, blobs: usize, bytes: u64) -> tokio::task::JoinHandle<()> {
    let (arrived, say, log) = (post.arrived.clone(), post.say.clone(), post.log.clone());
    let line_s = bytes * 8 / post.asked.profile.rate_bps();
    say(format!("the backlog takes this line {line_s} s at least"));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(30)).await;
            let (records, here) = {
                let it = arrived.borrow();
                (it.records, it.blobs.len())
            };
            let latencies = log.latencies(0.0, log.now() - 5.0);
            let p50 = percentile(&latencies, 50).unwrap_or(f64::NAN);
            say(format!(
                "{records} facts and {here} of {blobs} blobs are there; {} decisions, p50 {p50:.2} s",
                latencies.len()
            ));
        }
    })
}

/// Holds both ends' files against each other.
fn counted(folder: &Path, say: &Say) -> Result<count::Count, BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (post, centre) = (folder.join(CHECKPOINT), folder.join("centre"));
    let down = down_origin(&checkpoint());
    let counted = runtime.block_on(async {
        let up = count::records(&post, &centre, CHECKPOINT).await?;
        let back = count::records(&folder.join(&down), &post, &down).await?;
        Ok::<_, ledger::Error>([up, back])
    })?;
    let blobs = count::blobs(&post.join("blobs"), &centre.join("blobs"))?;
    let [up, back] = counted;
    say(format!(
        "counted: {} facts up and {} down, {} lost, {} twice; {blobs} blobs lost",
        up.compared,
        back.compared,
        up.lost + back.lost,
        up.duplicated + back.duplicated
    ));
    Ok(count::Count {
        lost: up.lost + back.lost + blobs,
        duplicated: up.duplicated + back.duplicated,
        compared: up.compared + back.compared,
    })
}
