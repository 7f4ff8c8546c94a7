//! `beket twin`: a day of the whole border in virtual time, and what a planner asks of it.

mod plot;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use sim::twin::report::{Report, report};
use sim::twin::scenario::Scenario;
use sim::twin::search;

#[derive(Args)]
pub struct Twin {
    /// As `scenarios/electronic.toml`
    scenario: PathBuf,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds; from two on intervals of 95 % are told
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The scenario's questions, too
    #[arg(long)]
    questions: bool,
    /// Add seats and lanes until nine of ten trucks are through in so many minutes
    #[arg(long, value_name = "MINUTES")]
    promise: Option<f64>,
    /// Draw what is compared, as SVG files
    #[arg(long, value_name = "FOLDER")]
    plot: Option<PathBuf>,
    /// Keep what was found as a file that the workstation shows: the centre's DATA/plans
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// End with one object of JSON
    #[arg(long)]
    json: bool,
}

pub fn run(it: &Twin) -> anyhow::Result<ExitCode> {
    let path = it.scenario.display().to_string();
    let text = std::fs::read_to_string(&it.scenario).with_context(|| path.clone())?;
    let scenario = Scenario::parse(&text).map_err(|why| anyhow::anyhow!("{path}: {why}"))?;
    let mut all = vec![scenario.clone()];
    if it.questions {
        all.extend(scenario.question.iter().map(|it| scenario.asked(it)));
    }
    println!("minutes: mean (± half of the 95 % interval over seeds) / p50 / p90");
    let mut reports = Vec::new();
    for asked in &all {
        let found = report(asked, it.seed, it.seeds).map_err(anyhow::Error::msg)?;
        show(&found);
        reports.push(found);
    }
    if let Some(minutes) = it.promise {
        promise(&scenario, minutes, it.seed)?;
    }
    if let Some(folder) = &it.plot {
        plot::all(folder, &reports)?;
    }
    let mut whole = serde_json::to_value(&reports[0])?;
    whole["questions"] = serde_json::to_value(&reports[1..])?;
    if let Some(folder) = &it.keep {
        keep(folder, &it.scenario, &whole.to_string())?;
    }
    if it.json {
        println!("{whole}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: the centre may read meanwhile.
fn keep(folder: &Path, scenario: &Path, text: &str) -> anyhow::Result<()> {
    let name = scenario.file_stem().unwrap_or_default();
    let path = folder.join(name).with_extension("json");
    let told = || path.display().to_string();
    std::fs::create_dir_all(folder).with_context(told)?;
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, text).with_context(told)?;
    std::fs::rename(&fresh, &path).with_context(told)
}

/// Each step is told as it is found: a search takes a day's run for each.
fn promise(scenario: &Scenario, minutes: f64, seed: u64) -> anyhow::Result<()> {
    println!("\nseats and lanes for {minutes} minutes at p90");
    let told = |it: &search::Step| {
        let added = it.added.as_deref().map(|it| format!("add {it}"));
        println!(
            "  {:3} seats: p90 {:6.1}, {} under way at the end; {}",
            it.seats,
            it.p90,
            it.under_way,
            added.unwrap_or_else(|| "enough, or nothing more helps".into())
        );
    };
    search::search(scenario, minutes, seed, told).map_err(anyhow::Error::msg)?;
    Ok(())
}

fn show(it: &Report) {
    println!("\n{}", it.name);
    let minutes = &it.minutes;
    let rows = [
        ("at the post", minutes.whole),
        ("  clear control", minutes.clear_control),
        ("  documents", minutes.documents),
        ("  waited, moved", minutes.technological),
        ("before the gate", minutes.before_gate),
    ];
    for (name, row) in rows {
        println!(
            "  {name:18} {:7.1} ± {:4.1} / {:6.1} / {:6.1}",
            row.mean, row.mean_half_95, row.p50, row.p90
        );
    }
    println!(
        "  {} trucks, {} measured, {} under way at the end, {} turned back; {:.0} % of decisions by rule; {} facts, {} inputs disregarded; {:.1} s",
        it.trucks,
        it.measured,
        it.under_way,
        it.turned_back,
        it.by_rule_share * 100.0,
        it.facts,
        it.disregarded,
        it.cpu_s
    );
    for whom in it.waited_for.iter().take(6) {
        println!("    {:5.1} % for {}", whom.share * 100.0, whom.whom);
    }
    for it in &it.seats {
        println!(
            "    {:18} {:3} seats, {:6} cases, {:3.0} % busy",
            it.agency.to_string(),
            it.seats,
            it.cases,
            it.busy_share * 100.0
        );
    }
    for it in &it.posts {
        println!(
            "    {}: {} trucks, at the post {:.1} / {:.1}, before the gate {:.1} / {:.1} (p50 / p90)",
            it.code,
            it.whole.count,
            it.whole.p50_minutes,
            it.whole.p90_minutes,
            it.before_gate.p50_minutes,
            it.before_gate.p90_minutes
        );
    }
}
