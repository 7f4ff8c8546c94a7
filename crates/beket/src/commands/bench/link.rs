//! `beket bench link`: the link over an emulated narrow line, in real time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use link::bench::{Asked, Profile, Report, Say};

#[derive(Args)]
pub struct Link {
    /// satellite-19k2, satellite-64k or land-256k; each 300 ms one way, a modem of 32 KiB
    #[arg(long, value_parser = profile)]
    profile: Profile,
    /// Percent of packets that vanish
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// Systems to hold it against (https, mqtt, nats); https always; the others where their programs and a client are there
    #[arg(long, value_delimiter = ',')]
    against: Vec<String>,
    /// End with one object of JSON
    #[arg(long)]
    json: bool,
    /// About how long the backlog may take; it has fewer passages then
    #[arg(long)]
    minutes: Option<f64>,
    /// Passages of the backlog; 8 at 19.2 kbit/s (12 minutes), else 40
    #[arg(long, conflicts_with = "minutes")]
    passages: Option<usize>,
    /// Facts of the phase without blobs
    #[arg(long, default_value_t = 1000)]
    facts: usize,
    /// Seconds of the outage; 0 leaves it out
    #[arg(long, default_value_t = 60)]
    outage: u64,
    /// A UDP relay on loopback, although there may be TUN devices
    #[arg(long)]
    relay: bool,
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// For ledgers and blobs; a disk, not memory
    #[arg(long, default_value = "data/bench")]
    folder: PathBuf,
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.into_iter().find(|it| it.name() == name);
    known.ok_or_else(|| {
        let names = Profile::ALL.map(Profile::name);
        format!("known are {}", names.join(", "))
    })
}

pub async fn run(asked: Link) -> anyhow::Result<ExitCode> {
    crate::commands::log_to_stderr("warn");
    let folder = asked.folder.join(format!("link-{}", std::process::id()));
    let mut work = Asked::new(asked.profile, folder.clone());
    work.loss = asked.loss;
    work.facts = asked.facts;
    work.outage = Duration::from_secs(asked.outage);
    work.relay = asked.relay;
    work.seed = asked.seed;
    work.against = asked.against;
    if let Some(passages) = asked.passages {
        work.passages = passages;
    }
    if let Some(minutes) = asked.minutes {
        work.passages = work.passages_in(Duration::from_secs_f64(60.0 * minutes));
    }
    let began = Instant::now();
    let say: Say = Arc::new(move |it| eprintln!("{:7.1} s  {it}", began.elapsed().as_secs_f64()));
    let report = tokio::task::spawn_blocking(move || link::bench::run(&work, &say)).await?;
    std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let report = report?;
    if asked.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        show(&report);
    }
    let sound = report.figures.lost == 0 && report.figures.duplicated == 0;
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(report: &Report) {
    let it = &report.figures;
    let figure = |it: Option<f64>| it.map_or("-".to_owned(), |it| format!("{it:.3}"));
    println!("{}: {}", report.profile, report.line);
    let lines = [
        ("request -> decision p50, s", figure(it.decision_p50_s)),
        ("request -> decision p99, s", figure(it.decision_p99_s)),
        ("bulk drained against the line", figure(it.drain_ratio)),
        ("bytes a fact, all headers", figure(it.bytes_per_fact)),
        (
            "first decision after the line returned, s",
            figure(it.recovery_s),
        ),
        ("lost", it.lost.to_string()),
        ("duplicated", it.duplicated.to_string()),
    ];
    for (name, value) in lines {
        println!("{value:>10}  {name}");
    }
    for (name, peer) in &report.peers {
        println!(
            "{name}: {}",
            serde_json::to_string(peer).unwrap_or_default()
        );
    }
}
