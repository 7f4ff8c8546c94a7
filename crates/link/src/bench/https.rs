//! A peer over the same line with the same load: HTTPS as one would otherwise write it, over the kernel's TCP. Facts
//! in batches of 25 (zstd without a dictionary), pages by two connections, requests by one of their
//! own that is answered with the decision; kept alive, mutual TLS, repeated with the same key until acknowledged. The
//! receiver makes durable before it answers, and knows repetitions.

mod exchange;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::procedure::Procedure;
use domain::unit::BlobHash;
use ledger::Ledger;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use self::exchange::{Client, read, write};
use super::figures::{Figures, Log, percentile};
use super::load::{self, CHECKPOINT, Dice};
use super::ours::{FIRST_REQUEST, PROCEDURE, checkpoint, open, unfinished, utc_now};
use super::road::Road;
use super::{Asked, BenchError, Say, count};
use crate::driver::tls;
use crate::emulator::tun::End;
use crate::enrol::{Ca, local};

const FACTS_A_POST: usize = 25;
const BLOB_CONNECTIONS: usize = 2;
/// A page takes the slowest line half a minute alone, and shares it.
const PATIENCE: Duration = Duration::from_secs(600);
const REQUEST_PATIENCE: Duration = Duration::from_secs(120);
/// A stage may take so many times the line's own time, and this.
const TIMES: f64 = 8.0;
const MORE_S: f64 = 900.0;
const LEVEL: i32 = 19;

/// What the receiver has.
struct Receiver {
    folder: PathBuf,
    log: Arc<Log>,
    facts: Mutex<(std::fs::File, BTreeSet<u64>)>,
    arrived: watch::Sender<(usize, usize)>,
}

impl Receiver {
    fn new(
        folder: &Path,
        log: Arc<Log>,
        arrived: watch::Sender<(usize, usize)>,
    ) -> std::io::Result<Receiver> {
        let folder = folder.join("https");
        std::fs::create_dir_all(&folder)?;
        let file = std::fs::File::create(folder.join("facts"))?;
        Ok(Receiver {
            folder,
            log,
            facts: Mutex::new((file, BTreeSet::new())),
            arrived,
        })
    }

    /// The answer's body; durable when it returns.
    fn take(&self, first: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let path = first.split(' ').nth(1).unwrap_or_default();
        let (what, key) = path
            .trim_start_matches('/')
            .split_once('/')
            .unwrap_or_default();
        let number = || key.parse::<u64>().map_err(std::io::Error::other);
        match what {
            "facts" => {
                let lines = zstd::bulk::decompress(body, crate::limits::UNPACKED_BYTES)?;
                self.keep(number()?, &lines)?;
                Ok(Vec::new())
            }
            "requests" => {
                let number = number()?;
                let mut file = std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.folder.join("requests"))?;
                file.write_all(body)?;
                file.sync_data()?;
                self.log.heard(number);
                let decision = load::decision(number, utc_now());
                serde_json::to_vec(&decision.fact).map_err(std::io::Error::other)
            }
            "blobs" => {
                let mut file = std::fs::File::create(self.folder.join(key))?;
                file.write_all(body)?;
                file.sync_data()?;
                self.arrived.send_modify(|it| it.1 += 1);
                Ok(Vec::new())
            }
            _ => Err(std::io::Error::other("no such path")),
        }
    }

    fn keep(&self, first: u64, lines: &[u8]) -> std::io::Result<()> {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, known) = &mut *facts;
        let mut fresh = 0;
        for (key, line) in (first..).zip(lines.split(|it| *it == b'\n')) {
            if known.insert(key) {
                file.write_all(line)?;
                file.write_all(b"\n")?;
                fresh += 1;
            }
        }
        file.sync_data()?;
        self.arrived.send_modify(|it| it.0 += fresh);
        Ok(())
    }

    async fn serve(self: Arc<Self>, tls: TlsAcceptor, tcp: TcpStream) -> std::io::Result<()> {
        tcp.set_nodelay(true)?;
        let mut stream = BufReader::new(tls.accept(tcp).await?);
        while let Some(asked) = read(&mut stream).await? {
            let (first, body) = match self.take(&asked.first, &asked.body) {
                Ok(body) => ("HTTP/1.1 201 Created", body),
                Err(why) => ("HTTP/1.1 400 Bad Request", why.to_string().into_bytes()),
            };
            let headers = "Content-Type: application/json\r\n";
            write(&mut stream, first, headers, &body).await?;
        }
        Ok(())
    }
}

type Waiting = Arc<Mutex<VecDeque<(BlobHash, Vec<u8>)>>>;

/// The checkpoint's end.
struct Sender {
    asked: Asked,
    road: Arc<Road>,
    log: Arc<Log>,
    procedure: Procedure,
    ledger: Ledger,
    centre: SocketAddr,
    tls: Arc<rustls::ClientConfig>,
    arrived: watch::Receiver<(usize, usize)>,
    blobs: Waiting,
    say: Say,
}

/// What a stage found, and what was given to it.
#[derive(Default)]
struct Found {
    latencies: Vec<f64>,
    drain_ratio: Option<f64>,
    recovery_s: Option<f64>,
    each: f64,
    each_with_handshake: f64,
    facts: Vec<Vec<u8>>,
    blobs: BTreeMap<BlobHash, Vec<u8>>,
}

impl Sender {
    fn client(&self, patience: Duration) -> Client {
        Client {
            centre: self.centre,
            tls: self.tls.clone(),
            patience,
            stream: None,
        }
    }

    async fn record(
        &self,
        passages: std::ops::Range<u64>,
        found: &mut Found,
        with_blobs: bool,
    ) -> Result<(), BenchError> {
        for number in passages {
            let it = load::passage(self.asked.seed, number, &self.procedure);
            self.ledger.append(it.drafts).await?;
            for blob in it.blobs.into_iter().filter(|_| with_blobs) {
                let hash = BlobHash(*blake3::hash(&blob).as_bytes());
                found.blobs.insert(hash, blob.clone());
                let mut waiting = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push_back((hash, blob));
            }
        }
        Ok(())
    }

    async fn written(&self) -> Result<Vec<Vec<u8>>, BenchError> {
        let mut all = Vec::new();
        loop {
            let from = all.len() as u64;
            let page = self.ledger.read(CHECKPOINT, self.ledger.epoch(), from, 500);
            let page = page.await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page.into_iter().map(|it| it.bytes));
        }
    }

    /// Sends facts as they come, for ever.
    fn send_facts(&self, mut client: Client) -> tokio::task::JoinHandle<()> {
        let (ledger, mut next) = (self.ledger.clone(), 0_u64);
        tokio::spawn(async move {
            loop {
                let page = ledger.read(CHECKPOINT, ledger.epoch(), next, FACTS_A_POST);
                let page = page.await.unwrap_or_default();
                if page.is_empty() {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    continue;
                }
                let lines: Vec<&[u8]> = page.iter().map(|it| it.bytes.as_slice()).collect();
                let Ok(body) = zstd::bulk::compress(&lines.join(&b'\n'), LEVEL) else {
                    return;
                };
                let headers = "Content-Type: application/x-ndjson\r\nContent-Encoding: zstd\r\n";
                let path = format!("POST /facts/{next}");
                client.send(&path, headers, &body).await;
                next += page.len() as u64;
            }
        })
    }

    fn send_blobs(&self) -> tokio::task::JoinHandle<()> {
        let (mut client, blobs) = (self.client(PATIENCE), self.blobs.clone());
        tokio::spawn(async move {
            loop {
                let next = blobs
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front();
                let Some((hash, bytes)) = next else {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    continue;
                };
                let path = format!("PUT /blobs/{hash}");
                client
                    .send(&path, "Content-Type: image/jpeg\r\n", &bytes)
                    .await;
            }
        })
    }

    /// The same pauses as ours; one that is not answered does not keep the next back.
    fn ask_for_decisions(&self) -> tokio::task::JoinHandle<()> {
        let seed = self.asked.seed;
        let log = self.log.clone();
        let (give, mut given) = tokio::sync::mpsc::unbounded_channel::<u64>();
        let mut client = self.client(REQUEST_PATIENCE);
        let answers = log.clone();
        let sending = tokio::spawn(async move {
            while let Some(number) = given.recv().await {
                let request = load::request(seed, number, utc_now());
                let Ok(body) = serde_json::to_vec(&request.fact) else {
                    return;
                };
                let path = format!("POST /requests/{number}");
                client
                    .send(&path, "Content-Type: application/json\r\n", &body)
                    .await;
                answers.decided(number);
            }
        });
        tokio::spawn(async move {
            let mut dice = Dice(seed ^ 0x51);
            for number in FIRST_REQUEST.. {
                let pause_ms = dice.between(10_000, 15_000);
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                log.asked(number, log.now());
                if give.send(number).is_err() {
                    break;
                }
            }
            drop(sending);
        })
    }

    async fn until(
        &self,
        what: &str,
        bytes: u64,
        is_so: impl Fn(&(usize, usize)) -> bool,
    ) -> Result<(), BenchError> {
        let line_s = bytes as f64 * 8.0 / self.asked.profile.rate_bps() as f64;
        let patience = Duration::from_secs_f64(line_s * TIMES + MORE_S);
        let mut arrived = self.arrived.clone();
        match tokio::time::timeout(patience, arrived.wait_for(|it| is_so(it))).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(unfinished(what)),
        }
    }

    async fn facts_alone(self) -> Result<Found, BenchError> {
        let mut found = Found::default();
        let passages = self.asked.facts.div_ceil(load::FACTS_EACH) as u64;
        self.record(0..passages, &mut found, false).await?;
        found.facts = self.written().await?;
        let count = found.facts.len();
        let [before, _] = self.road.carried();
        let mut client = self.client(PATIENCE);
        client.connect().await?;
        let [open, _] = self.road.carried();
        let sending = self.send_facts(client);
        self.until("the facts did not arrive", count as u64 * 300, |it| {
            it.0 >= count
        })
        .await?;
        let [after, _] = self.road.carried();
        sending.abort();
        found.each = (after.bytes - open.bytes) as f64 / count as f64;
        found.each_with_handshake = (after.bytes - before.bytes) as f64 / count as f64;
        Ok(found)
    }

    async fn backlog(self) -> Result<Found, BenchError> {
        let mut found = Found::default();
        let passages = self.asked.passages as u64;
        self.record(0..passages, &mut found, true).await?;
        let bytes = passages * load::PASSAGE_BYTES;
        let rate_bps = self.asked.profile.rate_bps() as f64;
        let mut tasks = vec![self.ask_for_decisions()];
        let begun = self.log.now();
        tasks.push(self.send_facts(self.client(PATIENCE)));
        tasks.extend((0..BLOB_CONNECTIONS).map(|_| self.send_blobs()));
        let all = found.blobs.len();
        self.until("the backlog did not drain", bytes, |it| it.1 >= all)
            .await?;
        let drained = self.log.now();
        found.drain_ratio = Some(bytes as f64 * 8.0 / rate_bps / (drained - begun));
        for _ in 0..1200 {
            if self.log.all_decided_before(drained) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        found.latencies = self.log.latencies(begun, drained);
        (self.say)(format!(
            "https: {passages} passages in {:.1} s, {} decisions in {:.2} s (p50) and {:.2} s (p99)",
            drained - begun,
            found.latencies.len(),
            percentile(&found.latencies, 50).unwrap_or(f64::NAN),
            percentile(&found.latencies, 99).unwrap_or(f64::NAN),
        ));
        if !self.asked.outage.is_zero() {
            found.recovery_s = Some(self.outage(passages, &mut found).await?);
        }
        found.facts = self.written().await?;
        let all = found.facts.len();
        self.until("the last facts did not arrive", all as u64 * 300, |it| {
            it.0 >= all
        })
        .await?;
        for task in tasks {
            task.abort();
        }
        Ok(found)
    }

    /// As `ours::outage`.
    async fn outage(&self, first: u64, found: &mut Found) -> Result<f64, BenchError> {
        let rate_bps = self.asked.profile.rate_bps();
        let passages = (rate_bps * 30 / 8).div_ceil(load::PASSAGE_BYTES);
        self.record(first..first + passages, found, true).await?;
        tokio::time::sleep(Duration::from_secs(10)).await;
        self.road.set(|it| it.up = false);
        tokio::time::sleep(self.asked.outage).await;
        self.road.set(|it| it.up = true);
        let mended = self.log.now();
        let patience = Duration::from_secs_f64(MORE_S);
        let recovery_s = tokio::time::timeout(patience, async {
            loop {
                if let Some(at) = self.log.first_decided_after(mended) {
                    return at - mended;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .map_err(|_| unfinished("no decision after the outage"))?;
        (self.say)(format!(
            "https: first decision {recovery_s:.2} s after the line returned"
        ));
        let all = found.blobs.len();
        let bytes = passages * load::PASSAGE_BYTES;
        self.until("the rest did not drain after the outage", bytes, |it| {
            it.1 >= all
        })
        .await?;
        Ok(recovery_s)
    }
}

fn stage<F>(
    asked: &Asked,
    road: &Arc<Road>,
    name: &str,
    script: impl FnOnce(Sender) -> F + Send + 'static,
    say: &Say,
) -> Result<(Found, PathBuf), BenchError>
where
    F: Future<Output = Result<Found, BenchError>>,
{
    let folder = asked.folder.join(format!("https-{name}"));
    std::fs::create_dir_all(&folder)?;
    let ca = Ca::create(&folder.join("ca"), utc_now())?;
    let log = Arc::new(Log::new());
    let (arrived, watched) = watch::channel((0, 0));
    let receiver = Arc::new(Receiver::new(&folder, log.clone(), arrived)?);
    let kept = receiver.folder.clone();
    let serving = tls::serving(&ca.centre(utc_now())?)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let at = road.listen();
    let centre = road.spawn(End::Centre, move || async move {
        let listener = TcpListener::bind(at).await?;
        let _ = ready.send(listener.local_addr()?);
        let tls = TlsAcceptor::from(Arc::new(serving));
        let accepting = async {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(receiver.clone().serve(tls.clone(), tcp));
            }
        };
        tokio::select! {
            () = accepting => {}
            _ = stopped => {}
        }
        Ok::<_, std::io::Error>(())
    })?;
    let post = {
        let (asked, road, say) = (asked.clone(), road.clone(), say.clone());
        let on = road.clone();
        on.spawn(End::Checkpoint, move || async move {
            let ledger = open(&folder, CHECKPOINT).await?;
            let identity = local(&ca, &checkpoint(), Some(ledger.key()), utc_now())?;
            let sender = Sender {
                asked,
                road,
                log,
                procedure: Procedure::parse(PROCEDURE)
                    .map_err(|why| BenchError::Procedure(format!("{why:?}")))?,
                ledger: ledger.clone(),
                centre: is_ready
                    .await
                    .map_err(|_| unfinished("the centre's end did not start"))?,
                tls: Arc::new(tls::dialling(&identity)?),
                arrived: watched,
                blobs: Arc::default(),
                say,
            };
            let done = script(sender).await;
            ledger.close().await?;
            done
        })?
    };
    let joined = |what: &str| std::io::Error::other(format!("the {what}'s thread panicked"));
    let found = post.join().map_err(|_| joined("checkpoint"))??;
    let _ = stop.send(());
    centre.join().map_err(|_| joined("centre"))???;
    Ok((found?, kept))
}

/// Needs TUN devices: the relay carries UDP only.
pub fn run(asked: &Asked, say: &Say) -> Result<Figures, BenchError> {
    let road = Arc::new(asked.road());
    if !matches!(*road, Road::Tun(_)) {
        return Err(unfinished("TCP needs TUN devices"));
    }
    let (facts, _) = stage(asked, &road, "facts", Sender::facts_alone, say)?;
    say(format!(
        "https: facts alone, {:.2} bytes a fact up",
        facts.each
    ));
    let (work, kept) = stage(asked, &road, "backlog", Sender::backlog, say)?;
    let copied = std::fs::read(kept.join("facts"))?;
    let copied: Vec<Vec<u8>> = copied
        .split(|it| *it == b'\n')
        .filter(|it| !it.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    let mut counted = count::compare(&work.facts, &copied);
    for (hash, bytes) in &work.blobs {
        let there = std::fs::read(kept.join(hash.to_string())).unwrap_or_default();
        counted.lost += u64::from(there != *bytes);
    }
    Ok(Figures {
        decision_p50_s: percentile(&work.latencies, 50),
        decision_p99_s: percentile(&work.latencies, 99),
        decisions: work.latencies.len(),
        drain_ratio: work.drain_ratio,
        bytes_per_fact: Some(facts.each),
        bytes_per_fact_with_handshake: Some(facts.each_with_handshake),
        recovery_s: work.recovery_s,
        lost: counted.lost,
        duplicated: counted.duplicated,
    })
}
