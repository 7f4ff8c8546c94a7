//! Real ledgers, real QUIC on loopback, and a narrow line between them where it matters.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use domain::fact::{Direction, Fact};
use domain::reading::{DocumentKind, DocumentReading, PageBlob};
use domain::unit::{BlobHash, CheckpointId, LaneId, UtcMs};
use ledger::{BlobStatus, Draft, Ledger, Options};
use link::completeness::completeness;
use link::driver::{
    DialConfig, LinkEvent, LinkHandle, ListenConfig, ListenHandle, dial, down_origin, enrol, listen,
};
use link::emulator::{Emulator, Line};
use link::enrol::{Ca, Code, Identity, local};
use link::frame::Class;
use tempfile::TempDir;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn now() -> UtcMs {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    UtcMs(since.as_millis() as i64)
}

fn cn05() -> CheckpointId {
    CheckpointId::new("CN05")
}

fn draft(number: u64) -> Draft {
    let lane = LaneId(1);
    let fact = Fact::Arrived {
        lane,
        direction: Direction::Entry,
        edition: "2026-01".into(),
        seed: number,
    };
    Draft {
        at: UtcMs(1_767_225_600_000 + number as i64),
        passage: None,
        fact,
    }
}

fn drafts(numbers: std::ops::Range<u64>) -> Vec<Draft> {
    numbers.map(draft).collect()
}

fn noise(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&number.to_be_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

async fn open(folder: &TempDir, origin: &str) -> Ledger {
    let folder = folder.path().join(origin);
    let options = Options {
        low_water_bytes: 0,
        reserve_bytes: 0,
        ..Options::default()
    };
    Ledger::open(&folder, origin, options).await.unwrap().0
}

/// One centre and one checkpoint, not yet linked.
struct Country {
    folder: TempDir,
    ca: Ca,
    centre: Ledger,
    down: Ledger,
    checkpoint: Ledger,
}

impl Country {
    async fn new() -> Country {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::create(&folder.path().join("ca"), now()).unwrap();
        let centre = open(&folder, "centre").await;
        let down = open(&folder, &down_origin(&cn05())).await;
        let checkpoint = open(&folder, "CN05").await;
        Country {
            folder,
            ca,
            centre,
            down,
            checkpoint,
        }
    }

    async fn listen(&self) -> ListenHandle {
        let down = BTreeMap::from([(cn05(), self.down.clone())]);
        let mut config = ListenConfig::new(LOOPBACK, self.ca.clone(), down);
        config.rules.silent_after_ms = 2_000;
        config.rules.ping_every_ms = 500;
        listen(config, self.centre.clone()).await.unwrap()
    }

    fn identity(&self) -> Identity {
        local(&self.ca, &cn05(), Some(self.checkpoint.key()), now()).unwrap()
    }

    async fn dial(&self, centre: SocketAddr, identity: Identity) -> LinkHandle {
        let mut config = DialConfig::new(centre, identity);
        config.rules.silent_after_ms = 2_000;
        config.rules.ping_every_ms = 500;
        config.retry_ms = (50, 300);
        dial(config, self.checkpoint.clone()).await.unwrap()
    }

    fn up(&self) -> u64 {
        self.centre
            .status_of("CN05", self.checkpoint.epoch())
            .map_or(0, |it| it.size)
    }

    fn come_down(&self) -> u64 {
        let origin = down_origin(&cn05());
        self.checkpoint
            .status_of(&origin, self.down.epoch())
            .map_or(0, |it| it.size)
    }

    /// Both copies are record for record what was written.
    async fn assert_equal(&self) {
        let pairs = [
            (&self.checkpoint, &self.centre),
            (&self.down, &self.checkpoint),
        ];
        for (writer, holder) in pairs {
            let (origin, epoch) = (writer.origin(), writer.epoch());
            let written = writer.read(origin, epoch, 0, 10_000).await.unwrap();
            let copied = holder.read(origin, epoch, 0, 10_000).await.unwrap();
            assert_eq!(written, copied, "{origin}");
        }
    }
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !done().await {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "not in 20 s: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn is_up(link: &LinkHandle) {
    link.state().wait_for(|it| it.up).await.unwrap();
}

async fn down_text(link: &LinkHandle, expected: &str) {
    let mut state = link.state();
    let wait = state.wait_for(|it| it.why.as_deref().is_some_and(|why| why.contains(expected)));
    let found = tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .is_ok();
    assert!(
        found,
        "expected {expected:?}, have {:?}",
        link.state().borrow().why
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_go_up_decisions_come_down_and_heads_cover_them() {
    let it = Country::new().await;
    it.checkpoint.append(drafts(0..250)).await.unwrap();
    it.down.append(drafts(0..5)).await.unwrap();
    let centre = it.listen().await;
    let link = it.dial(centre.local_addr(), it.identity()).await;
    is_up(&link).await;
    until("the backlog is copied", async || {
        it.up() == 250 && it.come_down() == 5
    })
    .await;
    // And live.
    let mut events = centre.events();
    it.checkpoint.append(drafts(250..251)).await.unwrap();
    it.down.append(drafts(5..6)).await.unwrap();
    until("the live ones are copied", async || {
        it.up() == 251 && it.come_down() == 6
    })
    .await;
    let copied = LinkEvent::Copied {
        origin: "CN05".into(),
        epoch: 1,
        upto: 251,
    };
    until("the event is told", async || {
        events.try_recv().is_ok_and(|event| event == copied)
    })
    .await;
    it.assert_equal().await;
    let state = centre.states()[&cn05()].clone();
    assert!(state.up && state.peer == "CN05", "{state:?}");
    link.close().await;
    centre.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_of_facts_follow_and_the_promoted_one_first() {
    let it = Country::new().await;
    let mut pages = Vec::new();
    for number in 0..6 {
        let bytes = noise(number, 40_000);
        let page = it.checkpoint.put_blob(&bytes).await.unwrap();
        let media_type = "image/png".to_owned();
        pages.push(PageBlob {
            page,
            size_bytes: 40_000,
            preview: None,
            media_type,
        });
    }
    let hashes: Vec<BlobHash> = pages.iter().map(|it| it.page).collect();
    let reading = DocumentReading {
        message_id: None,
        kind: DocumentKind::Cmr,
        number: None,
        expires_at: None,
        issuer: None,
        fields: Vec::new(),
        faults: Vec::new(),
        pages,
    };
    let fact = Fact::DocumentRead(reading);
    it.checkpoint
        .append(vec![Draft {
            at: UtcMs(1),
            passage: None,
            fact,
        }])
        .await
        .unwrap();

    let centre = it.listen().await;
    let mut events = centre.events();
    let line = Line {
        delay_ms: 20,
        ..Line::satellite(256_000)
    };
    let emulator = Emulator::start(centre.local_addr(), line).await.unwrap();
    let link = it.dial(emulator.addr(), it.identity()).await;
    let last = hashes[5];
    is_up(&link).await;
    centre.promote(&cn05(), last, 40_000, Class::Awaited);
    let mut order = Vec::new();
    while order.len() < 6 {
        let wait = tokio::time::timeout(Duration::from_secs(20), events.recv());
        if let LinkEvent::BlobComplete { hash } = wait.await.unwrap().unwrap() {
            order.push(hash);
        }
    }
    let place = order.iter().position(|it| *it == last).unwrap();
    assert!(place <= 1, "the awaited page came as number {}", place + 1);
    for (number, hash) in hashes.iter().enumerate() {
        let bytes = it.centre.blob(*hash).await.unwrap().unwrap();
        assert_eq!(bytes, noise(number as u64, 40_000));
    }
    until("nothing waits", async || {
        link.state()
            .borrow()
            .plan
            .lines
            .iter()
            .all(|it| it.bytes == 0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_everything_is_there_exactly_once() {
    let it = Country::new().await;
    let centre = it.listen().await;
    let line = Line {
        delay_ms: 50,
        loss: 0.02,
        ..Line::satellite(512_000)
    };
    let emulator = Emulator::start(centre.local_addr(), line).await.unwrap();
    let link = it.dial(emulator.addr(), it.identity()).await;
    is_up(&link).await;
    let blob = noise(7, 150_000);
    let hash = it.checkpoint.put_blob(&blob).await.unwrap();
    let raw = Some(hash);
    let device = domain::unit::DeviceId::new("L1/plate-front");
    let fact = Fact::Garbled {
        device,
        at: 0,
        why: "noise".into(),
        raw,
    };
    it.checkpoint
        .append(vec![Draft {
            at: UtcMs(1),
            passage: None,
            fact,
        }])
        .await
        .unwrap();
    it.checkpoint.append(drafts(1..300)).await.unwrap();
    until("part of the blob has come", async || {
        matches!(it.centre.blob_status(hash).await, Ok(BlobStatus::Partial { have, .. }) if have > 20_000)
    })
    .await;
    emulator.cut();
    let mut state = link.state();
    // Work goes on at both ends.
    it.checkpoint.append(drafts(300..400)).await.unwrap();
    it.down.append(drafts(0..20)).await.unwrap();
    let down = tokio::time::timeout(Duration::from_secs(10), state.wait_for(|it| !it.up))
        .await
        .is_ok();
    assert!(down, "the outage is noticed");
    let Ok(BlobStatus::Partial { have, .. }) = it.centre.blob_status(hash).await else {
        panic!("the blob should be partial")
    };
    let before = emulator.carried().bytes;
    emulator.mend();
    is_up(&link).await;
    until("all is copied", async || {
        it.up() == 400 && it.come_down() == 20
    })
    .await;
    until("the blob is whole", async || {
        matches!(
            it.centre.blob_status(hash).await,
            Ok(BlobStatus::Complete { .. })
        )
    })
    .await;
    // It went on at its offset.
    let carried = emulator.carried().bytes - before;
    let rest = 150_000 - have;
    assert!(
        carried < rest + rest / 2 + 60_000,
        "{carried} bytes for the {rest} left"
    );
    it.assert_equal().await;
    assert_eq!(it.centre.blob(hash).await.unwrap().unwrap(), blob);
    until("the head covers all", async || {
        let lines = completeness(&it.centre).await.unwrap();
        let line = lines.iter().find(|it| it.origin == "CN05").unwrap().clone();
        assert_eq!((line.gaps, line.duplicates), (0, 0));
        line.received == 400 && line.head_signed
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_centre_may_restart_at_any_time() {
    let it = Country::new().await;
    it.checkpoint.append(drafts(0..50)).await.unwrap();
    let centre = it.listen().await;
    let addr = centre.local_addr();
    let link = it.dial(addr, it.identity()).await;
    until("the first are copied", async || it.up() == 50).await;
    centre.close().await;
    let mut state = link.state();
    state.wait_for(|it| !it.up).await.unwrap();
    it.checkpoint.append(drafts(50..60)).await.unwrap();
    let down = BTreeMap::from([(cn05(), it.down.clone())]);
    // Another test may have been given the free port meanwhile: it lets go of it in the end.
    let mut centre = None;
    until("the port is free again", async || {
        let config = ListenConfig::new(addr, it.ca.clone(), down.clone());
        centre = listen(config, it.centre.clone()).await.ok();
        centre.is_some()
    })
    .await;
    until("the rest is copied", async || it.up() == 60).await;
    it.assert_equal().await;
    centre.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_that_died_without_a_word_says_so_when_it_is_back() {
    let it = Country::new().await;
    it.checkpoint.append(drafts(0..50)).await.unwrap();
    let centre = it.listen().await;
    let addr = centre.local_addr();
    let line = Line::satellite(1_000_000);
    let emulator = Emulator::start(addr, line.clone()).await.unwrap();
    let mut config = DialConfig::new(emulator.addr(), it.identity());
    // No silence is noticed meanwhile.
    config.rules.silent_after_ms = 600_000;
    let link = dial(config, it.checkpoint.clone()).await.unwrap();
    let mut events = link.events();
    until("the first are copied", async || it.up() == 50).await;
    // Its goodbye is lost, as with a killed process.
    emulator.set(Line {
        up: false,
        ..line.clone()
    });
    centre.close().await;
    let down = BTreeMap::from([(cn05(), it.down.clone())]);
    let mut centre = None;
    until("the port is free again", async || {
        let config = ListenConfig::new(addr, it.ca.clone(), down.clone());
        centre = listen(config, it.centre.clone()).await.ok();
        centre.is_some()
    })
    .await;
    emulator.set(line);
    it.checkpoint.append(drafts(50..60)).await.unwrap();
    // By the centre's word, and not by a silence.
    let why = loop {
        if let LinkEvent::Down { why, .. } = events.recv().await.unwrap() {
            break why;
        }
    };
    assert!(why.contains("reset"), "{why}");
    until("the rest is copied", async || it.up() == 60).await;
    it.assert_equal().await;
    centre.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_authority_is_refused() {
    let it = Country::new().await;
    it.checkpoint.append(drafts(0..1)).await.unwrap();
    let centre = it.listen().await;
    let other = Ca::create(&it.folder.path().join("other"), now()).unwrap();
    let forged = local(&other, &cn05(), None, now()).unwrap();
    // The checkpoint does not believe this centre ...
    let link = it.dial(centre.local_addr(), forged.clone()).await;
    down_text(&link, "invalid peer certificate").await;
    drop(link);
    // ... and the centre does not believe this checkpoint, even one that believes the centre.
    let folder = it.folder.path().join("forged");
    let centre_believer = local(&it.ca, &cn05(), None, now()).unwrap();
    centre_believer.save(&folder).unwrap();
    let read = || std::fs::read(folder.join("identity.json")).unwrap();
    let mine: serde_json::Value = serde_json::from_slice(&read()).unwrap();
    forged.save(&folder).unwrap();
    let mut mixed: serde_json::Value = serde_json::from_slice(&read()).unwrap();
    mixed["authority"] = mine["authority"].clone();
    std::fs::write(folder.join("identity.json"), mixed.to_string()).unwrap();
    let forged = Identity::load(&folder).unwrap();
    let link = it.dial(centre.local_addr(), forged).await;
    down_text(&link, "certificate").await;
    assert_eq!(it.up(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_key_speaks_for_its_checkpoint_only() {
    let it = Country::new().await;
    let centre = it.listen().await;
    let cn06 = CheckpointId::new("CN06");
    centre.serve(&cn06, open(&it.folder, &down_origin(&cn06)).await);
    // CN06's certificate, CN05's ledger.
    let stolen = local(&it.ca, &CheckpointId::new("CN06"), None, now()).unwrap();
    it.checkpoint.append(drafts(0..3)).await.unwrap();
    let link = it.dial(centre.local_addr(), stolen).await;
    down_text(&link, "CN06 may not send records of CN05/1").await;
    assert_eq!(it.up(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_checkpoint_is_cut_off_and_stays_out() {
    let it = Country::new().await;
    let centre = it.listen().await;
    let link = it.dial(centre.local_addr(), it.identity()).await;
    is_up(&link).await;
    assert!(it.ca.revoke(&cn05(), now()).unwrap());
    let mut state = link.state();
    let cut = tokio::time::timeout(Duration::from_secs(5), state.wait_for(|it| !it.up))
        .await
        .is_ok();
    assert!(cut, "cut off");
    down_text(&link, "was revoked").await;
    it.checkpoint.append(drafts(0..3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(it.up(), 0);
    assert!(!link.state().borrow().up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_enrols_with_its_code_over_the_wire() {
    let it = Country::new().await;
    let centre = it.listen().await;
    let code = it.ca.code(&cn05(), 60_000, now()).unwrap();
    let pinned = Code {
        authority: "0".repeat(32),
        ..code.clone()
    };
    let error = enrol(centre.local_addr(), &pinned, None)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot be reached"), "{error}");
    let wrong = Code {
        secret: "0".repeat(32),
        ..code.clone()
    };
    let error = enrol(centre.local_addr(), &wrong, None)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the centre refused: the code for CN05 is not valid (wrong, used or expired)"
    );
    let key = it.checkpoint.key();
    let identity = enrol(centre.local_addr(), &code, Some(key)).await.unwrap();
    let again = enrol(centre.local_addr(), &code, Some(key))
        .await
        .unwrap_err()
        .to_string();
    assert!(again.contains("not valid"), "{again}");
    it.checkpoint.append(drafts(0..3)).await.unwrap();
    let link = it.dial(centre.local_addr(), identity).await;
    until("linked with the new identity", async || it.up() == 3).await;
    drop(link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_certificate_is_renewed_over_the_link() {
    let it = Country::new().await;
    let centre = it.listen().await;
    let fortnight_ago = now().plus_ms(-14 * 24 * 3600 * 1000);
    let old = local(&it.ca, &cn05(), None, fortnight_ago).unwrap();
    assert!(old.is_renewal_due(now()));
    let folder = it.folder.path().join("identity");
    old.save(&folder).unwrap();
    let mut config = DialConfig::new(centre.local_addr(), old);
    config.identity_folder = Some(folder.clone());
    let link = dial(config, it.checkpoint.clone()).await.unwrap();
    until("renewed and saved", async || {
        !Identity::load(&folder).unwrap().is_renewal_due(now())
    })
    .await;
    link.close().await;
    let link = it
        .dial(centre.local_addr(), Identity::load(&folder).unwrap())
        .await;
    is_up(&link).await;
}

/// The same as in virtual time, with a real clock and real QUIC: printed, and bounded loosely
/// because the machine may be busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_overtakes_bulk_on_a_real_narrow_line() {
    let it = Country::new().await;
    let raw = it.checkpoint.put_blob(&noise(1, 400_000)).await.unwrap();
    let device = domain::unit::DeviceId::new("L1/plate-front");
    let fact = Fact::Garbled {
        device,
        at: 0,
        why: "noise".into(),
        raw: Some(raw),
    };
    it.checkpoint
        .append(vec![Draft {
            at: UtcMs(1),
            passage: None,
            fact,
        }])
        .await
        .unwrap();
    let centre = it.listen().await;
    let emulator = Emulator::start(centre.local_addr(), Line::satellite(64_000))
        .await
        .unwrap();
    let link = it.dial(emulator.addr(), it.identity()).await;
    is_up(&link).await;
    until("bulk flows", async || {
        matches!(it.centre.blob_status(raw).await, Ok(BlobStatus::Partial { have, .. }) if have > 30_000)
    })
    .await;
    let mut seconds = Vec::new();
    for number in 0..4u64 {
        let begun = std::time::Instant::now();
        let what = domain::fact::Escalation::BarrierUnpermitted;
        let fact = Fact::Escalated { what };
        it.checkpoint
            .append(vec![Draft {
                at: UtcMs(2),
                passage: None,
                fact,
            }])
            .await
            .unwrap();
        until("the request is up", async || it.up() >= 2 + number).await;
        it.down.append(drafts(number..number + 1)).await.unwrap();
        until("the answer is down", async || it.come_down() > number).await;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    let partial = matches!(
        it.centre.blob_status(raw).await,
        Ok(BlobStatus::Partial { .. })
    );
    assert!(partial, "bulk should still flow");
    let plan = link.state().borrow().plan.clone();
    eprintln!("64 kbit/s over QUIC: request and answer {seconds:.2?} s; {plan:?}");
    seconds.sort_by(f64::total_cmp);
    assert!(seconds[1] < 4.0, "{seconds:?}");
}
