//! `beket measure`: where the time goes, from any set of ledgers, by the code that the centre
//! itself uses; and the event logs for other people's tools.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
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
    let mut folders = Vec::new();
    for asked in &asked.ledgers {
        let below = ledgers_below(asked).with_context(|| asked.display().to_string())?;
        anyhow::ensure!(
            !below.is_empty(),
            "{}: no ledger is in this folder",
            asked.display()
        );
        folders.extend(below);
    }
    for folder in folders {
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
        return print(&format!("{document}\n"));
    }
    let mut said = String::new();
    let out = &mut said;
    show(out, &figures)?;
    writeln!(out, "\nTime Release Study (WCO), minutes")?;
    header(out, "step")?;
    for it in &trs {
        row(
            out,
            &format!("arrival to {}", code(&it.step)),
            &it.from_arrival,
        )?;
        row(
            out,
            &format!("  step before to {}", code(&it.step)),
            &it.from_previous,
        )?;
    }
    writeln!(out, "\nCAREC CPMM activities, minutes (* name from memory)")?;
    header(out, "activity")?;
    for it in &cpmm {
        let mark = if it.name == cpmm::Seen::FromMemory {
            "*"
        } else {
            ""
        };
        row(out, &format!("{}{mark}", it.activity), &it.spread)?;
    }
    if unread > 0 {
        writeln!(
            out,
            "\n{unread} records of kinds that this software cannot read are in no figure"
        )?;
    }
    print(&said)
}

/// In one piece; a reader that has seen enough (`| head`) is no fault.
fn print(said: &str) -> anyhow::Result<ExitCode> {
    match std::io::stdout().write_all(said.as_bytes()) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(why.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Every ledger at any depth: a demo's folder holds nodes, and a node several ledgers.
fn ledgers_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    if folder.join("ledger.db").exists() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(ledgers_below(&path)?);
        }
    }
    found.sort();
    Ok(found)
}

fn show(out: &mut String, it: &Figures) -> std::fmt::Result {
    writeln!(
        out,
        "{} passages have ended ({} departed, {} turned back), {} under way",
        it.passages, it.departed, it.backed_out, it.under_way
    )?;
    let post = &it.control_at_post;
    writeln!(
        out,
        "\nControl at one post, arrival at the gate to the exit barrier, minutes"
    )?;
    header(out, "")?;
    row(out, "whole", &post.whole)?;
    for part in &post.components {
        row(
            out,
            &format!("{} {:.1} %", code(&part.component), part.share * 100.0),
            &part.spread,
        )?;
    }
    writeln!(out, "\nWaited for, minutes of the passages that did")?;
    header(out, "whom")?;
    for part in &post.waited_for {
        row(
            out,
            &format!("{} {:.1} %", part.whom, part.share * 100.0),
            &part.spread,
        )?;
    }
    writeln!(out, "\nBy stage, from its start to its completion")?;
    header(out, "stage")?;
    for part in &post.stages {
        row(out, part.stage.code(), &part.spread)?;
    }
    writeln!(out, "\nBy body: its officers, its seats, its holds")?;
    header(out, "body")?;
    for part in &post.agencies {
        row(out, part.agency.code(), &part.whole)?;
        row(out, "  officer at work", &part.officer)?;
        row(out, "  no free seat", &part.seat)?;
        row(out, "  hold", &part.hold)?;
    }
    writeln!(out, "\nBy checkpoint")?;
    header(out, "checkpoint")?;
    for part in &post.checkpoints {
        row(out, part.checkpoint.as_str(), &part.whole)?;
    }
    writeln!(out, "\nBy hour of arrival")?;
    header(out, "hour")?;
    for part in &post.hours {
        row(out, &format!("{:02}", part.hour), &part.whole)?;
    }
    writeln!(
        out,
        "\nGate to gate with the queue, by the carrier's own notified time (a claim), minutes"
    )?;
    header(out, "")?;
    row(out, "queue before the gate", &it.gate_to_gate.queue_claimed)?;
    row(out, "queue and control", &it.gate_to_gate.claimed)?;
    writeln!(
        out,
        "{} passages: no fact says when they joined the queue",
        it.gate_to_gate.unknown
    )?;
    Ok(())
}

fn header(out: &mut String, of: &str) -> std::fmt::Result {
    writeln!(
        out,
        "{of:<34} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "n", "mean", "p50", "p90", "p99"
    )
}

fn row(out: &mut String, name: &str, it: &Spread) -> std::fmt::Result {
    if it.count == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "{name:<34} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
        it.count, it.mean_minutes, it.p50_minutes, it.p90_minutes, it.p99_minutes
    )
}

fn code<T: serde::Serialize>(it: &T) -> String {
    let value = serde_json::to_value(it).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
