//! `beket bench filter`: what the second opinion finds and misses, beside the portal's own alarm, on a
//! recording whose truth is known and by injecting sources into clean passes; and which points and loads the
//! shipped rule lets natural goods explain, with points injected into recorded and made loads.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use devices::radiation::portal::PortalMessage;
use devices::radiation::vm250::Vm250;
use domain::procedure::Procedure;
use domain::reading::{Alarm, RadiationProfile, RadiationReading, SourceShape};
use domain::unit::UtcMs;
use serde_json::Value;
use sim::injection;
use sim::injection::natural;

const STRENGTHS_CPS: [f64; 9] = [0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 1000.0];

const PROCEDURE: &str = include_str!("../../../../procedures/external-2026.toml");
/// Limits whose cost in loads is told.
const LIMITS_SIGMA: [f64; 8] = [6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 40.0, 80.0];
/// Made loads of each sort.
const MADE: u64 = 25;

/// What a recording holds, by its truth.
#[derive(Default)]
struct Recorded {
    clean: Vec<RadiationProfile>,
    /// Readings of points and of loads that alarmed.
    points: Vec<RadiationReading>,
    loads: Vec<RadiationReading>,
    load_profiles: Vec<RadiationProfile>,
}

/// Without a recording the clean passes are the simulator's.
pub fn run(
    recording: Option<&Path>,
    truth: Option<&Path>,
    opinion_sigma: f64,
    passes: u64,
    seed: u64,
) -> anyhow::Result<()> {
    let recorded = match recording {
        Some(file) => recorded(file, truth, opinion_sigma)?,
        None => Recorded {
            clean: injection::clean_passes(seed, passes),
            ..Recorded::default()
        },
    };
    natural_goods(&recorded, seed)?;
    let clean = recorded.clean;
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

/// Which alarms declared natural goods would explain by the shipped rule, and by the same rule with other
/// limits of what may be hidden.
fn natural_goods(recorded: &Recorded, seed: u64) -> anyhow::Result<()> {
    let procedure = Procedure::parse(PROCEDURE).map_err(anyhow::Error::msg)?;
    println!(
        "natural goods, {}: a hidden point of {} sigma has to be ruled out",
        procedure.edition, procedure.radiation.norm_hidden_limit_sigma
    );
    let limits = LIMITS_SIGMA.map(|it| format!("{it:>5}")).concat();
    println!(
        "{:<26} {:>7} {:>9} {:>8} {:>7}   pass, were the limit {limits}",
        "", "passes", "no alarm", "natural", "person"
    );
    let row = |name: &str, readings: &[RadiationReading]| {
        let told = natural::told(readings, &procedure);
        let passing = LIMITS_SIGMA.map(|limit| {
            let mut other = procedure.clone();
            other.radiation.norm_hidden_limit_sigma = limit;
            format!("{:>5}", natural::told(readings, &other).natural)
        });
        println!(
            "{name:<26} {:>7} {:>9} {:>8} {:>7}   {:>20} {}",
            told.passes,
            told.silent,
            told.natural,
            told.person,
            "",
            passing.concat()
        );
    };
    let injected = |name: &str, loads: &[RadiationProfile]| {
        for sigma in natural::STRENGTHS_SIGMA {
            let readings = natural::with_points(loads, sigma, 1, seed);
            row(&format!("{name} + point of {sigma}"), &readings);
        }
    };
    if !recorded.load_profiles.is_empty() {
        row("recorded points", &recorded.points);
        row("recorded loads", &recorded.loads);
        injected("recorded", &recorded.load_profiles);
    }
    for heap in natural::HEAPS {
        let loads = natural::made_loads(seed, heap, MADE);
        let alone: Vec<RadiationReading> = loads.iter().map(injection::measured).collect();
        let name = format!("{heap:?}").to_lowercase();
        row(&format!("made, {name}"), &alone);
        injected(&name, &loads);
    }
    println!();
    Ok(())
}

/// Prints the recording against its truth and gives what it holds.
fn recorded(file: &Path, truth: Option<&Path>, opinion_sigma: f64) -> anyhow::Result<Recorded> {
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
    let mut it = Recorded::default();
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
            it.clean.push((*profile).clone());
        }
        if kind.starts_with("norm_") {
            it.load_profiles.push(*profile);
            it.loads.push((*reading).clone());
        } else if kind.starts_with("point_") || kind == "medical_driver" {
            it.points.push((*reading).clone());
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
    for (kind, row) in &table {
        println!(
            "{kind:<18} {:>7} {:>7} {:>7} {:>10} {:>10}",
            row[0], row[1], row[2], row[3], row[4]
        );
    }
    println!();
    Ok(it)
}
