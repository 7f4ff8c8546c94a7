//! Kill -9 of a real process, again and again: what it had acknowledged is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use domain::fact::Fact;
use domain::unit::{BlobHash, UtcMs};
use ledger::{Draft, Ledger, Options, RawRecord, SignedHead, SignerKey, tree};
use tempfile::TempDir;

const FOLDER: &str = "BEKET_LEDGER_CRASH_FOLDER";
const KILLS: u64 = 40;
const COPIED_SEED: [u8; 32] = [3; 32];

fn marker(text: &str) -> Draft {
    let fact = Fact::Disregarded {
        input: text.to_owned(),
        reason: "crash".to_owned(),
    };
    Draft {
        at: UtcMs(0),
        passage: None,
        fact,
    }
}

fn copied(sequence: u64) -> RawRecord {
    let bytes = format!(r#"{{"o":"CN09","e":1,"n":{sequence},"t":0,"k":"departed"}}"#);
    RawRecord {
        origin: "CN09".into(),
        epoch: 1,
        sequence,
        bytes: bytes.into_bytes(),
    }
}

/// Told once an acknowledgement is there; the parent counts on what it reads.
fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Not a test: the process that is killed. It does nothing unless the parent below started it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let (ledger, report) = match Ledger::open(&folder, "CN05", Options::default()).await {
        Ok(opened) => opened,
        Err(error) => {
            acknowledge(&format!("refused {error}"));
            return;
        }
    };
    acknowledge(&format!("open {} {}", report.epoch, report.warnings.len()));
    let signer = SignerKey::from_seed("beket/CN09/1", &COPIED_SEED).unwrap();
    ledger
        .trust("CN09", 1, signer.verifier().clone())
        .await
        .unwrap();
    let process = std::process::id();
    for caller in 0..6 {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for n in 0_u64.. {
                let text = format!("{process}-{caller}-{n}");
                let records = ledger
                    .append(vec![marker(&text), marker("second")])
                    .await
                    .unwrap();
                acknowledge(&format!("append {} {text}", records[0].sequence));
            }
        });
    }
    let copies = ledger.clone();
    tokio::spawn(async move {
        let mut leaves: Vec<_> = Vec::new();
        let mut next = copies.status_of("CN09", 1).unwrap().size;
        leaves.extend((0..next).map(|n| copied(n).leaf()));
        loop {
            leaves.push(copied(next).leaf());
            let head = SignedHead::sign(&signer, "CN09", 1, next + 1, tree::root(&leaves));
            copies
                .copy("CN09", 1, vec![copied(next)], Some(head))
                .await
                .unwrap();
            next += 1;
            acknowledge(&format!("copy {next}"));
        }
    });
    for n in 0_u64.. {
        let blob = format!("{process} {n}").repeat(500);
        let hash = ledger.put_blob(blob.as_bytes()).await.unwrap();
        acknowledge(&format!("blob {hash}"));
    }
}

#[tokio::test]
async fn no_acknowledged_record_is_lost_when_the_process_is_killed() {
    let folder = TempDir::new().unwrap();
    let mut appended: BTreeMap<u64, String> = BTreeMap::new();
    let mut copies = 0_u64;
    let mut blobs: Vec<BlobHash> = Vec::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_is_killed",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Some are killed before or while they open, most after some acknowledgements.
        let after = kill * 7_919 % 61;
        let mut read = 0;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut take = |line: String| {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["append", sequence, text] => {
                    let known = appended.insert(sequence.parse().unwrap(), text.to_owned());
                    assert_eq!(known, None, "sequence {sequence} was given twice");
                }
                ["copy", size] => copies = copies.max(size.parse().unwrap()),
                ["blob", hash] => blobs.push(hash.parse().unwrap()),
                ["open", epoch, warnings] => assert_eq!((epoch, warnings), ("1", "0")),
                ["refused", ..] => panic!("after {kill} kills: {line}"),
                _ => return false,
            }
            true
        };
        while read < after {
            let line = lines
                .next()
                .expect("the child goes on until it is killed")
                .unwrap();
            read += u64::from(take(line));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died, it said after the disk had it. The last line may be torn.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        for line in rest.iter().take(rest.len().saturating_sub(1)) {
            take(line.clone());
        }
    }

    let report = ledger::verify::verify(folder.path(), None).await.unwrap();
    assert!(report.is_valid(), "{report}");
    let (ledger, start) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    assert_eq!((start.epoch, start.warnings.len()), (1, 0));
    let mut stored = Vec::new();
    loop {
        let page = ledger
            .read("CN05", 1, stored.len() as u64, 10_000)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        stored.extend(page);
    }
    assert!(stored.len() >= 2 * appended.len() && appended.len() as u64 > KILLS);
    for (sequence, text) in &appended {
        for (at, text) in [(*sequence, text.as_str()), (sequence + 1, "second")] {
            let record = stored[at as usize].parse().unwrap();
            let Fact::Disregarded { input, .. } = record.fact else {
                panic!()
            };
            assert_eq!(input, text, "record {at}: a call is written whole and once");
        }
    }
    let of_copies = ledger.status_of("CN09", 1).unwrap();
    assert!(of_copies.size >= copies && of_copies.complete && copies > 0);
    for hash in &blobs {
        assert!(ledger.blob(*hash).await.unwrap().is_some(), "blob {hash}");
    }
    assert!(!blobs.is_empty());
    assert_eq!(report.blobs.partial, 0);
}
