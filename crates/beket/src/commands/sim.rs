//! `beket sim`: simulated disks, power cuts and repeats under the real ledger, from a seed.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use sim::country::{campaign, ledgers};

#[derive(Args)]
pub struct Sim {
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Stop after so many minutes
    #[arg(long)]
    minutes: Option<u64>,
    /// Tell each acknowledged fact of the first seed, one line a fact
    #[arg(long)]
    short: bool,
    /// Plant mistakes, one after another, and say which were found
    #[arg(long)]
    planted: bool,
}

pub fn run(it: &Sim) -> anyhow::Result<ExitCode> {
    if it.planted {
        return hunt(it.seed);
    }
    if it.short
        && let Err(why) = ledgers::run(it.seed, campaign::STEPS, Some(|line| println!("{line}")))
    {
        println!("seed {}: {why}", it.seed);
        return Ok(ExitCode::FAILURE);
    }
    let within = it.minutes.map(|it| Duration::from_secs(it * 60));
    let sum = campaign::run(it.seed, it.seeds, within, |seed, why| {
        println!("seed {seed}: {why}; again: beket sim --seed {seed} --short");
    });
    println!("{}", serde_json::to_string(&sum)?);
    let green = sum.violations == 0 && sum.missing.is_empty();
    Ok(match green {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn hunt(first: u64) -> anyhow::Result<ExitCode> {
    let hunted = campaign::hunt(first);
    let hunted =
        hunted.ok_or_else(|| anyhow::anyhow!("a release build has no planted mistakes"))?;
    for it in &hunted {
        match it.seed {
            Some(seed) => println!("{:?}: found by seed {seed}", it.bug),
            None => println!("{:?}: NOT FOUND", it.bug),
        }
    }
    let found = hunted.iter().filter(|it| it.seed.is_some()).count();
    println!("planted {} found {found}", hunted.len());
    Ok(match found == hunted.len() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
