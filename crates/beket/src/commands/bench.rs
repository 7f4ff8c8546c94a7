//! `beket bench`: each figure beside a peer or a bound of the same run. Machines are noisy: read
//! the ratios.

mod link;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use domain::passage::Passage;
use ledger::RawRecord;

#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Records a second made durable, beside raw SQLite on the same disk
    Ledger {
        /// Seconds for each row
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// Where the files go; a disk, not memory
        #[arg(long, default_value = "data/bench")]
        folder: PathBuf,
    },
    /// Facts a second folded when views are rebuilt, beside parsing the same bytes only
    Fold {
        /// Folder of a ledger, for example of a finished demo
        ledger: PathBuf,
    },
    /// N42 documents read, beside SpecUtils (PyPI SandiaSpecUtils) where python3 has it
    N42 { files: Vec<PathBuf> },
    /// Radiation: what the second opinion finds and misses beside the portal's own alarm
    Filter {
        /// A recorded VM250 stream; without one, clean lorries of the simulator
        recording: Option<PathBuf>,
        /// What was in each occupancy (`../shared/corpus/rpm_stream/*.truth.json`)
        #[arg(long)]
        truth: Option<PathBuf>,
        #[arg(long, default_value_t = 4.0)]
        sigma: f64,
        /// Clean lorries made when there is no recording
        #[arg(long, default_value_t = 300)]
        passes: u64,
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// The link over an emulated narrow line in real time; takes minutes
    Link(link::Link),
}

pub async fn run(asked: Bench) -> anyhow::Result<ExitCode> {
    match asked.what {
        What::Ledger { seconds, folder } => {
            let here = folder.join(format!("run-{}", std::process::id()));
            let report = {
                let until = ledger::bench::Until::Time(Duration::from_secs(seconds));
                ledger::bench::append(&here, until).await
            };
            std::fs::remove_dir_all(&here).with_context(|| here.display().to_string())?;
            print!("{}", report?);
        }
        What::Fold { ledger } => fold(&ledger).await?,
        What::N42 { files } => n42(&files)?,
        What::Filter {
            recording,
            truth,
            sigma,
            passes,
            seed,
        } => super::filter::run(recording.as_deref(), truth.as_deref(), sigma, passes, seed)?,
        What::Link(asked) => return link::run(asked).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn fold(folder: &std::path::Path) -> anyhow::Result<()> {
    let records = ledger::replay::records(folder).await?;
    anyhow::ensure!(!records.is_empty(), "{}: no records", folder.display());
    // Short ledgers are folded many times, so that the clock has something to measure.
    let rounds = 200_000 / records.len() + 1;
    let facts = (records.len() * rounds) as f64;
    let started = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(parse_all(&records));
    }
    let parsing = started.elapsed().as_secs_f64();
    let parsed = parse_all(&records);
    let started = Instant::now();
    for _ in 0..rounds {
        let mut passages = std::collections::BTreeMap::new();
        for record in &parsed {
            let Some(id) = &record.passage else { continue };
            let passage = passages
                .entry(id)
                .or_insert_with(|| Passage::new(id.clone()));
            passage.apply(&record.fact, record.at);
        }
        std::hint::black_box(&passages);
    }
    let folding = started.elapsed().as_secs_f64();
    println!("{} records, {rounds} rounds", records.len());
    println!(
        "{:>12.0} facts/s  parse from stored bytes (bound)",
        facts / parsing
    );
    println!("{:>12.0} facts/s  fold of parsed facts", facts / folding);
    println!(
        "{:>12.0} facts/s  both: a view rebuilt",
        facts / (parsing + folding)
    );
    Ok(())
}

fn parse_all(records: &[RawRecord]) -> Vec<ledger::Record> {
    records.iter().filter_map(|it| it.parse().ok()).collect()
}

const SPECUTILS: &str = "
import sys, time
import SpecUtils
files = sys.argv[1:]
started = time.perf_counter()
read = 0
for name in files:
    spec = SpecUtils.SpecFile()
    try:
        spec.loadFile(name, SpecUtils.ParserType.Auto)
        read += 1
    except Exception:
        pass
print(read, time.perf_counter() - started)
";

fn n42(files: &[PathBuf]) -> anyhow::Result<()> {
    anyhow::ensure!(
        !files.is_empty(),
        "name the files, for example ../shared/corpus/n42/*/*.n42"
    );
    let started = Instant::now();
    let mut read = 0;
    let mut bytes = 0;
    for file in files {
        let content = std::fs::read(file).with_context(|| file.display().to_string())?;
        bytes += content.len();
        read += usize::from(devices::decode::n42(&content).is_ok());
    }
    let ours = started.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB", files.len());
    println!(
        "{read:>5} read in {ours:.3} s  {:>8.1} MB/s  beket",
        megabytes / ours
    );
    let peer = Command::new("python3")
        .arg("-c")
        .arg(SPECUTILS)
        .args(files)
        .output();
    let peer = peer.map_err(|why| anyhow!("python3: {why}"))?;
    let said = String::from_utf8_lossy(&peer.stdout).into_owned();
    match said.split_whitespace().collect::<Vec<_>>()[..] {
        [count, seconds] => {
            let theirs: f64 = seconds.parse()?;
            println!(
                "{count:>5} read in {theirs:.3} s  {:>8.1} MB/s  SpecUtils",
                megabytes / theirs
            );
            println!("ratio of time, SpecUtils / beket: {:.2}", theirs / ours);
        }
        _ => println!(
            "SpecUtils gave no figure (pip install SandiaSpecUtils; it crashes on some malformed files): {}",
            String::from_utf8_lossy(&peer.stderr)
                .lines()
                .last()
                .unwrap_or("no word")
        ),
    }
    Ok(())
}
