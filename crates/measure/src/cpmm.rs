//! Our waits under the activity names of the Asian Development Bank's Corridor Performance
//! Measurement and Monitoring (CAREC CPMM, "border-crossing activities"). Names 1 to 8 as the
//! programme's page gives them; the later ones are from memory of its forms and marked so.
//! CPMM's own hours span gate to gate with the queue; these are of one post.

use std::collections::BTreeMap;

use domain::agency::Agency;
use domain::measure::WaitedFor;
use domain::stage::Stage;
use serde::Serialize;

use crate::crossing::Crossing;
use crate::survey::Spread;

/// Name of the activity, and whether we read it on the programme's page.
pub fn activity(it: &WaitedFor) -> (&'static str, Seen) {
    match it {
        WaitedFor::Officer { agency } => of_body(*agency),
        WaitedFor::Device {
            stage: Stage::Radiation,
        } => ("Border security and control", Seen::OnThePage),
        WaitedFor::Device {
            stage: Stage::Dimensions,
        } => ("Weight and standards inspection", Seen::FromMemory),
        WaitedFor::Device { .. } | WaitedFor::Lane { .. } => ("Customs controls", Seen::OnThePage),
        WaitedFor::Seat { .. }
        | WaitedFor::Hold { .. }
        | WaitedFor::Machine { .. }
        | WaitedFor::Link
        | WaitedFor::Driver
        | WaitedFor::Barrier => ("Waiting or queue", Seen::FromMemory),
    }
}

fn of_body(agency: Agency) -> (&'static str, Seen) {
    match agency {
        Agency::Customs => ("Customs controls", Seen::OnThePage),
        Agency::SanitaryQuarantine => ("Health or quarantine inspection", Seen::OnThePage),
        Agency::Phytosanitary => ("Phytosanitary", Seen::OnThePage),
        Agency::Veterinary => ("Veterinary inspection", Seen::OnThePage),
        Agency::RoadPolice => ("Traffic inspection", Seen::OnThePage),
        Agency::TransportControl => ("Transport inspection", Seen::FromMemory),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    OnThePage,
    FromMemory,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub activity: &'static str,
    pub name: Seen,
    /// Over the passages that had it.
    pub spread: Spread,
}

/// Time by activity, the greatest sum first.
pub fn table(crossings: &[Crossing]) -> Vec<Row> {
    let mut spans: BTreeMap<(&str, Seen), Vec<i64>> = BTreeMap::new();
    for crossing in crossings {
        let mut own: BTreeMap<(&str, Seen), i64> = BTreeMap::new();
        for it in &crossing.totals.waited_for {
            *own.entry(activity(&it.waited_for)).or_default() += it.ms;
        }
        for (name, ms) in own {
            spans.entry(name).or_default().push(ms);
        }
    }
    let mut rows: Vec<(i64, Row)> = spans
        .into_iter()
        .map(|((activity, name), spans)| {
            let spread = Spread::of(&spans);
            (
                spans.iter().sum(),
                Row {
                    activity,
                    name,
                    spread,
                },
            )
        })
        .collect();
    rows.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
    rows.into_iter().map(|(_, it)| it).collect()
}
