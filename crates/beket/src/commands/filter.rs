//! `beket bench filter`: what the second opinion finds and misses, beside the portal's own alarm, on a
//! recording whose truth is known and by injecting sources into clean passes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use devices::radiation::portal::PortalMessage;
use devices::radiation::vm250::Vm250;
use domain::reading::{Alarm, RadiationProfile, SourceShape};
use domain::unit::UtcMs;
use serde_json::Value;
use sim::injection;

const STRENGTHS_CPS: [f64; 9] = [0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 1000.0];

/// Without a recording the clean passes are the simulator's.
pub fn run(
    recording: Option<&Path>,
    truth: Option<&Path>,
    opinion_sigma: f64,
    passes: u64,
    seed: u64,
) -> anyhow::Result<()> {
    let clean = match recording {
        Some(file) => recorded(file, truth, opinion_sigma)?,
        None => injection::clean_passes(seed, passes),
    };
    anyhow::ensure!(!clean.is_empty(), "no clean pass to inject into");
    println!(
        "injected into {} clean passes; the filter speaks from {opinion_sigma} sigma",
        clean.len()
    );
    println!(
        "{:>12} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "counts/s", "device", "filter", "missed", "spread", "placed"
    );
    for row in injection::study(&clean, &STRENGTHS_CPS, opinion_sigma, seed) {
        let name = match row.strength_cps {
            0.0 => "none: false".to_owned(),
            it => format!("{it:.0}"),
        };
        let missed = match row.strength_cps {
            0.0 => "-".to_owned(),
            _ => (row.passes - row.filter).to_string(),
        };
        println!(
            "{name:>12} {:>8} {:>8} {missed:>8} {:>8} {:>8}",
            row.device, row.filter, row.spread, row.placed
        );
    }
    Ok(())
}

/// Prints the recording against its truth and gives its clean passes.
fn recorded(
    file: &Path,
    truth: Option<&Path>,
    opinion_sigma: f64,
) -> anyhow::Result<Vec<RadiationProfile>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let kinds = match truth {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read(file).with_context(|| file.display().to_string())?;
            let truth: Value = serde_json::from_slice(&text)?;
            let all = truth["occupancies"].as_array();
            let all = all.context("the truth file has no occupancies")?;
            let kind =
                |it: &Value| Some((it["occupancy"].as_u64()?, it["kind"].as_str()?.to_owned()));
            all.iter().filter_map(kind).collect::<Vec<_>>()
        }
    };
    let kinds: BTreeMap<u64, String> = kinds.into_iter().collect();
    let mut table = BTreeMap::<String, [u32; 5]>::new();
    let mut clean = Vec::new();
    for message in Vm250::new().feed_bytes(&bytes, UtcMs(0)) {
        let PortalMessage::Reading {
            reading, profile, ..
        } = message
        else {
            continue;
        };
        let silent = reading.gamma_alarm == Alarm::Silent;
        let known = reading.occupancy.and_then(|it| kinds.get(&it));
        let kind = known.cloned().unwrap_or_else(|| "unknown".to_owned());
        if silent && (kind == "clean" || kinds.is_empty()) {
            clean.push(*profile);
        }
        let row = table.entry(kind).or_default();
        row[0] += 1;
        row[1] += u32::from(!silent);
        row[4] += u32::from(reading.second_opinion.is_none());
        if let Some(opinion) = reading.second_opinion
            && opinion.sigma >= opinion_sigma
        {
            row[2] += 1;
            row[3] += u32::from(opinion.shape == SourceShape::Spread);
        }
    }
    println!(
        "{:<18} {:>7} {:>7} {:>7} {:>10} {:>10}",
        "recorded", "passes", "device", "filter", "of spread", "no opinion"
    );
    for (kind, it) in &table {
        println!(
            "{kind:<18} {:>7} {:>7} {:>7} {:>10} {:>10}",
            it[0], it[1], it[2], it[3], it[4]
        );
    }
    println!();
    Ok(clean)
}
