//! `beket measure`: where the time goes, from any set of ledgers, by the code that the centre
//! itself uses; and the event logs for other people's tools.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use measure::ledgers::Gathered;
use measure::survey::{Figures, Spread};
use measure::{cpmm, event_log, ledgers, ocel, trs, xes};
use serde_json::json;

#[derive(Args)]
pub struct Measure {
    /// Ledger folders, or folders of them: a post's, the centre's, a whole demo's
    #[arg(required = true)]
    ledgers: Vec<PathBuf>,
    /// One JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Write an OCEL 2.0 event log (JSON)
    #[arg(long)]
    ocel: Option<PathBuf>,
    /// Write an XES event log
    #[arg(long)]
    xes: Option<PathBuf>,
    /// Hours of the local clock ahead of UTC, for the table by hour
    #[arg(long, default_value_t = 5.0, allow_hyphen_values = true)]
    zone_hours: f64,
}

pub async fn run(asked: Measure) -> anyhow::Result<ExitCode> {
    let mut gathered = Gathered::default();
    for folder in asked.ledgers.iter().flat_map(|it| ledgers_below(it)) {
        let read = gathered.read(&folder).await;
        read.with_context(|| folder.display().to_string())?;
    }
    let unread = gathered.unread;
    let passages = gathered.passages();
    let cases = event_log::cases(&passages);
    if let Some(path) = &asked.ocel {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut file = BufWriter::new(file);
        serde_json::to_writer(&mut file, &ocel::document(&cases))?;
        file.flush()?;
    }
    if let Some(path) = &asked.xes {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        xes::write(&cases, BufWriter::new(file))?;
    }
    let survey = ledgers::survey(&passages);
    let figures = survey.figures((asked.zone_hours * 3_600_000.0) as i64);
    let trs = trs::table(&survey.crossings);
    let cpmm = cpmm::table(&survey.crossings);
    if asked.json {
        let document = json!({
            "figures": figures,
            "time_release_study": trs,
            "cpmm": cpmm,
            "records_unread": unread,
        });
        println!("{document}");
        return Ok(ExitCode::SUCCESS);
    }
    show(&figures);
    println!("\nTime Release Study (WCO), minutes");
    header("step");
    for it in &trs {
        row(&format!("arrival to {}", code(&it.step)), &it.from_arrival);
        row(
            &format!("  step before to {}", code(&it.step)),
            &it.from_previous,
        );
    }
    println!("\nCAREC CPMM activities, minutes (* name from memory)");
    header("activity");
    for it in &cpmm {
        let mark = if it.name == cpmm::Seen::FromMemory {
            "*"
        } else {
            ""
        };
        row(&format!("{}{mark}", it.activity), &it.spread);
    }
    if unread > 0 {
        println!("\n{unread} records of kinds that this software cannot read are in no figure");
    }
    Ok(ExitCode::SUCCESS)
}

/// Every ledger at any depth: a demo's folder holds nodes, and a node several ledgers.
fn ledgers_below(folder: &std::path::Path) -> Vec<PathBuf> {
    if folder.join("ledger.db").exists() {
        return vec![folder.to_owned()];
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.map(|it| it.path()).filter(|it| it.is_dir());
    let mut found: Vec<PathBuf> = folders.flat_map(|it| ledgers_below(&it)).collect();
    found.sort();
    found
}

fn show(it: &Figures) {
    println!(
        "{} passages have ended ({} departed, {} turned back), {} under way",
        it.passages, it.departed, it.backed_out, it.under_way
    );
    let post = &it.control_at_post;
    println!("\nControl at one post, arrival at the gate to the exit barrier, minutes");
    header("");
    row("whole", &post.whole);
    for part in &post.components {
        row(
            &format!("{} {:.1} %", code(&part.component), part.share * 100.0),
            &part.spread,
        );
    }
    println!("\nWaited for, minutes of the passages that did");
    header("whom");
    for part in &post.waited_for {
        row(
            &format!("{} {:.1} %", part.whom, part.share * 100.0),
            &part.spread,
        );
    }
    println!("\nBy stage, from its start to its completion");
    header("stage");
    for part in &post.stages {
        row(part.stage.code(), &part.spread);
    }
    println!("\nBy body: its officers, its seats, its holds");
    header("body");
    for part in &post.agencies {
        row(part.agency.code(), &part.whole);
        row("  officer at work", &part.officer);
        row("  no free seat", &part.seat);
        row("  hold", &part.hold);
    }
    println!("\nBy checkpoint");
    header("checkpoint");
    for part in &post.checkpoints {
        row(part.checkpoint.as_str(), &part.whole);
    }
    println!("\nBy hour of arrival");
    header("hour");
    for part in &post.hours {
        row(&format!("{:02}", part.hour), &part.whole);
    }
    println!(
        "\nGate to gate with the queue, by the carrier's own notified time (a claim), minutes"
    );
    header("");
    row("queue before the gate", &it.gate_to_gate.queue_claimed);
    row("queue and control", &it.gate_to_gate.claimed);
    println!(
        "{} passages: no fact says when they joined the queue",
        it.gate_to_gate.unknown
    );
}

fn header(of: &str) {
    println!(
        "{of:<34} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "n", "mean", "p50", "p90", "p99"
    );
}

fn row(name: &str, it: &Spread) {
    if it.count == 0 {
        return;
    }
    println!(
        "{name:<34} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
        it.count, it.mean_minutes, it.p50_minutes, it.p90_minutes, it.p99_minutes
    );
}

fn code<T: serde::Serialize>(it: &T) -> String {
    let value = serde_json::to_value(it).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
