//! What a demo comes to, from its ledgers alone: proof that they are whole, and the time of each
//! passage by component. Knows nothing of what the simulator did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::fact::{Decision, Fact};
use domain::measure::{self, Measure};
use domain::unit::{PassageId, UtcMs};
use ledger::{Ledger, Options};
use serde::Serialize;

/// The last line of `demo --once`.
#[derive(Debug, Clone, Serialize)]
pub struct DemoReport {
    /// That have ended: departed or turned back.
    pub passages: usize,
    pub median_minutes: f64,
    pub p90_minutes: f64,
    /// Minutes of all ended passages together; the parts sum to the whole, to the millisecond.
    pub components: Components,
    /// Passages with a refusal, with a hold.
    pub refused: usize,
    pub held: usize,
    /// Openings of a barrier that nothing allowed.
    pub barrier_unpermitted: usize,
    /// In all ledgers: own ones and copies.
    pub records: u64,
    pub verified: bool,
    /// What is not whole, when `verified` is false.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damages: Vec<String>,
    /// Own records of the checkpoints that the centre's copies hold, and how many there are.
    pub copied: u64,
    pub written: u64,
    pub data: PathBuf,
    /// Of a run in which things went wrong on purpose.
    #[serde(flatten)]
    pub faults: Option<super::faults::FaultReport>,
}

impl DemoReport {
    /// Whether everything holds that must hold.
    pub fn is_sound(&self) -> bool {
        self.verified && self.faults.as_ref().is_none_or(|it| it.is_sound())
    }
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Components {
    pub clear_control_ms: i64,
    pub documents_ms: i64,
    pub technological_ms: i64,
    pub whole_ms: i64,
}

/// Ledgers of a demo that has stopped.
pub struct Folders {
    pub data: PathBuf,
    /// Code and folder of each checkpoint's ledger.
    pub checkpoints: Vec<(String, PathBuf)>,
    /// The centre's data.
    pub centre: PathBuf,
}

pub async fn reckon(folders: &Folders) -> ledger::Result<DemoReport> {
    let mut report = DemoReport {
        passages: 0,
        median_minutes: 0.0,
        p90_minutes: 0.0,
        components: Components::default(),
        refused: 0,
        held: 0,
        barrier_unpermitted: 0,
        records: 0,
        verified: true,
        damages: vec![],
        copied: 0,
        written: 0,
        data: folders.data.clone(),
        faults: None,
    };
    let mut whole_ms = Vec::new();
    for (code, folder) in &folders.checkpoints {
        let passages = passages(folder, code, &mut report).await?;
        for facts in passages.values() {
            add(facts, &mut report, &mut whole_ms);
        }
    }
    let minutes = |it: Option<i64>| (it.unwrap_or_default() as f64 / 6_000.0).round() / 10.0;
    report.median_minutes = minutes(measure::p50_ms(&whole_ms));
    report.p90_minutes = minutes(measure::p90_ms(&whole_ms));
    let mut all: Vec<PathBuf> = folders
        .checkpoints
        .iter()
        .map(|(_, it)| it.clone())
        .collect();
    all.extend(ledgers_below(&folders.centre));
    for folder in all {
        let proof = ledger::verify::verify(&folder, None).await?;
        report.records += proof.records;
        if proof.damage_count > 0 {
            report.verified = false;
            let named = proof.damages.iter().take(3);
            report
                .damages
                .extend(named.map(|it| format!("{}: {it:?}", folder.display())));
        }
        let checkpoints: Vec<&str> = folders
            .checkpoints
            .iter()
            .map(|(code, _)| code.as_str())
            .collect();
        if folder.starts_with(&folders.centre) {
            let copies = proof.streams.iter();
            let copies = copies.filter(|it| checkpoints.contains(&it.origin.as_str()));
            report.copied += copies.map(|it| it.size).sum::<u64>();
        }
    }
    Ok(report)
}

/// The facts of each passage, from the checkpoint's own records.
async fn passages(
    folder: &Path,
    code: &str,
    report: &mut DemoReport,
) -> ledger::Result<BTreeMap<PassageId, Vec<(UtcMs, Fact)>>> {
    let (ledger, _) = Ledger::open(folder, code, Options::default()).await?;
    let mut passages: BTreeMap<PassageId, Vec<(UtcMs, Fact)>> = BTreeMap::new();
    for status in ledger.status().into_iter().filter(|it| it.origin == code) {
        report.written += status.size;
        let mut from = 0;
        loop {
            let page = ledger
                .read(&status.origin, status.epoch, from, 1_000)
                .await?;
            let Some(last) = page.last() else { break };
            from = last.sequence + 1;
            for record in page.iter().filter_map(|it| it.parse().ok()) {
                if matches!(record.fact, Fact::BarrierOpenedUnpermitted { .. }) {
                    report.barrier_unpermitted += 1;
                }
                if let Some(passage) = record.passage {
                    passages
                        .entry(passage)
                        .or_default()
                        .push((record.at, record.fact));
                }
            }
        }
    }
    ledger.close().await?;
    Ok(passages)
}

fn add(facts: &[(UtcMs, Fact)], report: &mut DemoReport, whole_ms: &mut Vec<i64>) {
    let has = |test: fn(&Fact) -> bool| facts.iter().any(|(_, it)| test(it));
    if !has(|it| matches!(it, Fact::Departed | Fact::BackedOut)) {
        return;
    }
    report.passages += 1;
    let decided = |test: fn(&Decision) -> bool| {
        facts
            .iter()
            .any(|(_, it)| matches!(it, Fact::DecisionMade(it) if test(&it.decision)))
    };
    report.refused += usize::from(decided(|it| matches!(it, Decision::Refuse)));
    report.held += usize::from(decided(|it| matches!(it, Decision::Hold { .. })));
    let totals = Measure::of(facts).totals;
    let sum = &mut report.components;
    sum.clear_control_ms += totals.clear_control_ms;
    sum.documents_ms += totals.documents_ms;
    sum.technological_ms += totals.technological_ms;
    sum.whole_ms += totals.whole_ms;
    whole_ms.push(totals.whole_ms);
}

/// Folders below `root` that hold a ledger.
fn ledgers_below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        if folder.join("ledger.db").is_file() {
            found.push(folder);
            continue;
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        open.extend(entries.map(|it| it.path()).filter(|it| it.is_dir()));
    }
    found.sort();
    found
}
