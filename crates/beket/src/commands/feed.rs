//! `beket feed LANE FILE...`: recorded device messages into a running lane, as the device would.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use sim::feed::{FeedTarget, TruckFiles};

#[derive(Args)]
pub struct Feed {
    /// `CN05/L1`, or `L1` for the first checkpoint that has one
    lane: String,
    /// Camera messages, portal streams, N42, radiographs, weighings, documents: told by their bytes
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder of the running demo; the newest below data/ when absent
    #[arg(long)]
    data: Option<PathBuf>,
    /// How much faster than recorded a portal's stream is played
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The files together make one truck, from the camera to the barrier
    #[arg(long)]
    truck: bool,
    /// With --truck: which vehicle of the portal's stream, from 1
    #[arg(long, default_value_t = 1)]
    occupancy: usize,
    /// With --truck: which record of the weighings, from 0
    #[arg(long, default_value_t = 0)]
    weighing: usize,
    /// With --truck: how many of the documents are presented
    #[arg(long, default_value_t = 4)]
    documents: usize,
}

pub async fn run(asked: Feed) -> anyhow::Result<ExitCode> {
    let data = match asked.data {
        Some(data) => data,
        None => {
            newest().context("no running demo found below data/; name its folder with --data")?
        }
    };
    let mut target = FeedTarget::find(&data, &asked.lane)?;
    target.speed = asked.speed;
    if asked.truck {
        let (occupancy, weighing, documents) = (asked.occupancy, asked.weighing, asked.documents);
        let files = TruckFiles {
            files: asked.files,
            occupancy,
            weighing,
            documents,
        };
        let end = sim::feed::truck(&target, &files, |line| println!("{line}")).await?;
        println!("{end}");
        return Ok(ExitCode::SUCCESS);
    }
    let well = sim::feed::feed(&target, &asked.files, |line| println!("{line}")).await;
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn newest() -> Option<PathBuf> {
    let entries = std::fs::read_dir("data").ok()?.flatten();
    let demos = entries
        .map(|it| it.path())
        .filter(|it| it.join("demo.json").exists());
    demos.max_by_key(|it| {
        std::fs::metadata(it.join("demo.json"))
            .and_then(|it| it.modified())
            .ok()
    })
}
