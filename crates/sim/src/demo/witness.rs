//! Holds the ledgers of a demo that has stopped against what was acknowledged while it ran. Reads
//! records as bytes and JSON only and shares no rule with the programs it judges: what it says
//! of a passage or an arm is written here a second time, on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::unit::UtcMs;
use ledger::RawRecord;
use serde_json::Value;

use super::reckoning::Folders;
use crate::acknowledged::{Acknowledged, Deed};

/// All records of one ledger folder: its owner's and copies.
pub struct Shelf {
    /// `CN05`, `centre`, `centre.CN05`.
    pub owner: String,
    pub records: Vec<RawRecord>,
}

/// What does not hold, each named.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Verdict {
    /// Acknowledged, and in no ledger.
    pub lost: Vec<String>,
    /// In a ledger more than once.
    pub duplicated: Vec<String>,
    /// Gaps, changed copies, barriers against the rules.
    pub broken: Vec<String>,
    /// Passages that wait for nothing and have not ended.
    pub stuck: Vec<String>,
}

/// A deed of a device may have been disregarded, and stands as such, this long around the time of
/// its sending, ms: clocks are read before and after the wire.
const AROUND_MS: i64 = 60_000;

/// The ledgers of checkpoints and centre, as they are on disk.
pub async fn shelves(folders: &Folders) -> ledger::Result<Vec<Shelf>> {
    let mut shelves = Vec::new();
    for (code, folder) in &folders.checkpoints {
        shelves.push(shelf(code.clone(), folder).await?);
        let down = folders.centre.join("posts").join(code);
        shelves.push(shelf(format!("centre.{code}"), &down).await?);
    }
    let own = folders.centre.join("centre");
    shelves.push(shelf("centre".to_owned(), &own).await?);
    Ok(shelves)
}

async fn shelf(owner: String, folder: &Path) -> ledger::Result<Shelf> {
    let records = ledger::replay::records(folder).await?;
    Ok(Shelf { owner, records })
}

/// Records that their writers have and the copies do not, over all ledgers that travel.
pub fn behind(shelves: &[Shelf]) -> u64 {
    let size = |owner: &str, origin: &str| {
        let own = shelves.iter().find(|it| it.owner == owner);
        let records = own.into_iter().flat_map(|it| &it.records);
        records.filter(|it| it.origin == origin).count() as u64
    };
    let owners = shelves.iter().map(|it| it.owner.as_str());
    owners
        .filter_map(|owner| Some((owner, holder_of(owner)?)))
        .map(|(owner, holder)| size(owner, owner).saturating_sub(size(holder, owner)))
        .sum()
}

/// Passages that left this checkpoint within a span, by its own ledger.
pub fn departed(shelves: &[Shelf], code: &str, (from, until): (UtcMs, UtcMs)) -> usize {
    let own = shelves.iter().filter(|it| it.owner == code);
    let lines = own.flat_map(|it| lines(it, &mut Verdict::default()));
    lines
        .filter(|it| it.kind == "departed" && (from.0..=until.0).contains(&it.at))
        .count()
}

/// Who keeps a copy of this ledger; the centre's internal one stays at home.
fn holder_of(owner: &str) -> Option<&str> {
    match owner {
        "centre" => None,
        _ => Some(owner.strip_prefix("centre.").unwrap_or("centre")),
    }
}

/// A record as the witness reads it.
struct Line {
    sequence: u64,
    at: i64,
    passage: String,
    kind: String,
    data: Value,
}

pub fn judge(shelves: &[Shelf], log: &[Acknowledged]) -> Verdict {
    let mut verdict = Verdict::default();
    for shelf in shelves {
        whole(shelf, &mut verdict);
    }
    copies(shelves, &mut verdict);
    let told: BTreeMap<&str, Vec<Line>> = shelves
        .iter()
        .map(|it| (it.owner.as_str(), lines(it, &mut verdict)))
        .collect();
    for (owner, lines) in &told {
        if owner.starts_with("centre") {
            continue;
        }
        barrier(owner, lines, &mut verdict);
        let down = format!("centre.{owner}");
        let arrived = shelves.iter().filter(|it| it.owner == *owner);
        let arrived = arrived.flat_map(|it| &it.records);
        let arrived = arrived.filter(|it| it.origin == down).count() as u64;
        heard(
            owner,
            lines,
            (arrived, told.get(down.as_str())),
            &mut verdict,
        );
        stuck(lines, &mut verdict);
    }
    acknowledged(&told, log, &mut verdict);
    verdict
}

/// Every ledger in a folder counts 0, 1, 2, ... and nothing twice.
fn whole(shelf: &Shelf, verdict: &mut Verdict) {
    let mut seen: BTreeMap<(&str, u32), BTreeMap<u64, u32>> = BTreeMap::new();
    for it in &shelf.records {
        let stream = seen.entry((&it.origin, it.epoch)).or_default();
        *stream.entry(it.sequence).or_default() += 1;
    }
    for ((origin, epoch), numbers) in seen {
        let name = |n: u64| format!("{origin}/{epoch}/{n} in {}'s ledger", shelf.owner);
        for (n, times) in &numbers {
            if *times > 1 {
                verdict
                    .duplicated
                    .push(format!("{}: {times} times", name(*n)));
            }
        }
        let last = numbers.keys().last().copied().unwrap_or(0);
        let missing = (0..last).filter(|n| !numbers.contains_key(n));
        verdict
            .lost
            .extend(missing.map(|n| format!("{}: a gap", name(n))));
    }
}

/// A copy is what its writer wrote, byte for byte.
fn copies(shelves: &[Shelf], verdict: &mut Verdict) {
    for owner in shelves {
        let written: BTreeMap<(u32, u64), &[u8]> = owner
            .records
            .iter()
            .filter(|it| it.origin == owner.owner)
            .map(|it| ((it.epoch, it.sequence), it.bytes.as_slice()))
            .collect();
        let others = shelves.iter().filter(|it| it.owner != owner.owner);
        for (holder, it) in others.flat_map(|it| it.records.iter().map(move |r| (it, r))) {
            if it.origin == owner.owner
                && written.get(&(it.epoch, it.sequence)) != Some(&it.bytes.as_slice())
            {
                let (origin, n) = (&it.origin, it.sequence);
                verdict.broken.push(format!(
                    "{origin}/{n}: {} holds what {origin} did not write",
                    holder.owner
                ));
            }
        }
    }
}

/// The owner's own records, in order.
fn lines(shelf: &Shelf, verdict: &mut Verdict) -> Vec<Line> {
    let mut lines = Vec::new();
    for raw in shelf.records.iter().filter(|it| it.origin == shelf.owner) {
        let Ok(mut value) = serde_json::from_slice::<Value>(&raw.bytes) else {
            let n = raw.sequence;
            verdict.broken.push(format!("{}/{n}: no JSON", shelf.owner));
            continue;
        };
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        if value["n"].as_u64() != Some(raw.sequence) || text("o") != raw.origin {
            let n = raw.sequence;
            verdict
                .broken
                .push(format!("{}/{n}: says another number", shelf.owner));
        }
        lines.push(Line {
            sequence: raw.sequence,
            at: value["t"].as_i64().unwrap_or_default(),
            passage: text("p"),
            kind: text("k"),
            data: value["d"].take(),
        });
    }
    lines.sort_by_key(|it| it.sequence);
    lines
}

#[derive(Default)]
struct Permit {
    valid: bool,
    commanded: u32,
    opened: u32,
}

/// Permitted, then commanded, then opened, each once, and nothing else raises the arm.
fn barrier(owner: &str, lines: &[Line], verdict: &mut Verdict) {
    let mut permits: BTreeMap<(&str, u64), Permit> = BTreeMap::new();
    for it in lines {
        let passage = it.passage.as_str();
        let name = format!("{owner}/{} ({passage})", it.sequence);
        let number = |key: &str| it.data[key].as_u64().unwrap_or(u64::MAX);
        match it.kind.as_str() {
            "exit_permitted" => {
                permits
                    .entry((passage, number("number")))
                    .or_default()
                    .valid = true;
            }
            "exit_permit_revoked" | "exit_permit_expired" => {
                permits
                    .entry((passage, number("permit")))
                    .or_default()
                    .valid = false;
            }
            "barrier_commanded" => {
                let permit = permits.entry((passage, number("permit"))).or_default();
                permit.commanded += 1;
                if !permit.valid {
                    verdict
                        .broken
                        .push(format!("{name}: commanded without a permit"));
                }
                if permit.commanded > 1 {
                    verdict.duplicated.push(format!("{name}: commanded again"));
                }
            }
            "barrier_opened" => {
                let permit = permits.entry((passage, number("permit"))).or_default();
                permit.opened += 1;
                if permit.commanded == 0 {
                    verdict
                        .broken
                        .push(format!("{name}: opened without a command"));
                }
                if permit.opened > 1 {
                    verdict.duplicated.push(format!("{name}: opened again"));
                }
            }
            "barrier_opened_unpermitted" => {
                verdict
                    .broken
                    .push(format!("{name}: opened without a permit"));
            }
            _ => (),
        }
    }
}

/// The centre's records are taken in once, in order, and one that is addressed to a passage has a
/// consequence there right behind it; a decision counts once.
fn heard(
    owner: &str,
    lines: &[Line],
    (arrived, down): (u64, Option<&Vec<Line>>),
    verdict: &mut Verdict,
) {
    let mut next = 0;
    let mut given: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (at, it) in lines.iter().enumerate() {
        if it.kind == "decision_made" {
            if let Some(officer) = it.data["by"]["officer"]["officer"].as_str() {
                let key = (it.passage.clone(), officer.to_owned());
                let left = given.entry(key).or_default();
                *left -= 1;
                if *left < 0 {
                    let n = it.sequence;
                    verdict.duplicated.push(format!(
                        "{owner}/{n}: {officer} did not decide on {} so often",
                        it.passage
                    ));
                }
            }
            continue;
        }
        if it.kind != "heard" {
            continue;
        }
        let sequence = it.data["sequence"].as_u64().unwrap_or(u64::MAX);
        let name = format!("{owner}/{}: centre.{owner}/{sequence}", it.sequence);
        if sequence < next {
            verdict.duplicated.push(format!("{name} heard again"));
        } else if sequence > next {
            verdict.lost.push(format!("{name} heard before {next}"));
        }
        next = next.max(sequence.saturating_add(1));
        let source = down.and_then(|it| it.iter().find(|it| it.sequence == sequence));
        let Some(source) = source else {
            verdict.broken.push(format!("{name} was never said"));
            continue;
        };
        if source.kind == "decision_given" {
            let by = &source.data["decision"]["by"]["officer"]["officer"];
            let officer = by.as_str().unwrap_or_default().to_owned();
            *given.entry((source.passage.clone(), officer)).or_default() += 1;
        }
        if matches!(source.kind.as_str(), "decision_given" | "order_given")
            && lines
                .get(at + 1)
                .is_none_or(|it| it.passage != source.passage)
        {
            verdict.lost.push(format!("{name} has no consequence"));
        }
    }
    if next < arrived {
        let lost = format!("{owner}: centre.{owner}/{next} of {arrived} arrived and was not heard");
        verdict.lost.push(lost);
    }
}

/// A passage that has not ended must wait for a decision, an order, or its way back.
fn stuck(lines: &[Line], verdict: &mut Verdict) {
    let mut passages: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for it in lines.iter().filter(|it| !it.passage.is_empty()) {
        passages.entry(&it.passage).or_default().push(it);
    }
    for (passage, facts) in passages {
        let mut here = false;
        let mut findings = BTreeSet::new();
        let mut orders = BTreeSet::new();
        let mut asked = BTreeSet::new();
        for it in facts {
            let text = |key: &str| it.data[key].as_str().unwrap_or_default().to_owned();
            match it.kind.as_str() {
                "arrived" => here = true,
                "departed" | "backed_out" => here = false,
                "finding_raised" => {
                    findings.extend(it.data["id"].as_u64());
                }
                "recheck_selected" => {
                    asked.insert(text("agency"));
                }
                "order_accepted" => {
                    orders.insert(text("id"));
                }
                "order_completed" => {
                    orders.remove(&text("order"));
                }
                "decision_made" => {
                    let answers = it.data["answers"].as_array().into_iter().flatten();
                    answers.filter_map(Value::as_u64).for_each(|id| {
                        findings.remove(&id);
                    });
                    // A hold, an inspection, a refusal: people have it in hand.
                    match it.data["decision"] == "release" {
                        true => asked.remove(&text("agency")),
                        false => asked.insert(text("agency")),
                    };
                }
                _ => (),
            }
        }
        if here && findings.is_empty() && orders.is_empty() && asked.is_empty() {
            verdict.stuck.push(passage.to_owned());
        }
    }
}

/// Every acknowledged deed stands in the ledger of who acknowledged it, once.
fn acknowledged(told: &BTreeMap<&str, Vec<Line>>, log: &[Acknowledged], verdict: &mut Verdict) {
    let nothing = Vec::new();
    // Records that said what became of a deed; each answers for one.
    let mut used: BTreeSet<(String, u64)> = BTreeSet::new();
    for it in log {
        let name = format!("{}: {:?}", it.by, it.deed);
        let mut own = told.get(it.by.as_str()).unwrap_or(&nothing);
        let of_passage = |passage: &str| {
            let code = passage.split('-').next().unwrap_or_default();
            told.get(format!("centre.{code}").as_str())
                .unwrap_or(&nothing)
        };
        let all = told.values().flatten();
        // The facts that are this deed; `Some(1)` where one that was repeated is a fault.
        let (found, exactly): (Vec<&Line>, bool) = match &it.deed {
            Deed::Plate { message } => (with(own, "plate_read", "message_id", message), true),
            Deed::Document { message } => (with(own, "document_read", "message_id", message), true),
            Deed::Image { scan, hash } => {
                let found = with(own, "image_taken", "message_id", scan);
                let same = |it: &&Line| it.data["image"] == hash.as_str();
                (found.into_iter().filter(same).collect(), true)
            }
            Deed::Notification { id } => (
                all.filter(|it| it.kind == "notification_lodged")
                    .filter(|it| it.data["notification"]["id"] == id.as_str())
                    .collect(),
                // The same in the centre's own ledger and in the one that goes down.
                false,
            ),
            Deed::Order { passage, order } => {
                own = of_passage(passage);
                (with(own, "order_given", "id", order), true)
            }
            Deed::Decision {
                passage,
                officer,
                sequence,
            } => {
                own = of_passage(passage);
                let found = own.iter().filter(|it| {
                    let by = &it.data["decision"]["by"]["officer"]["officer"];
                    it.sequence == *sequence
                        && it.kind == "decision_given"
                        && it.passage == *passage
                        && *by == officer.as_str()
                });
                (found.collect(), true)
            }
            Deed::Opening { passage, permit } => {
                let id = format!("{}-{passage}", it.by);
                let found = own.iter().filter(|it| {
                    it.kind == "barrier_opened"
                        && it.passage == id
                        && it.data["permit"].as_u64() == Some(u64::from(*permit))
                });
                (found.collect(), true)
            }
            // Without numbers of their own: one record each, in the time it was sent in.
            Deed::Container { code } => (with(own, "container_read", "code", code), false),
            Deed::DocumentsDone => (
                own.iter()
                    .filter(|line| line.kind == "stage_completed")
                    .filter(|line| line.data["stage"] == "documents")
                    .filter(|line| around(line, it))
                    .collect(),
                false,
            ),
            Deed::LaneOfficer { passage, what } => {
                let (kind, key, value) = officers_fact(what);
                let found = own.iter().filter(|it| {
                    it.kind == kind
                        && it.passage == *passage
                        && (key.is_empty() || it.data[key] == value)
                });
                (found.collect(), !matches!(kind, "entered_by_hand"))
            }
        };
        if exactly && found.len() > 1 {
            verdict
                .duplicated
                .push(format!("{name}: {} times", found.len()));
        }
        if !found.is_empty() {
            continue;
        }
        // One that rose again although it was up already: said of the passage, at its own time.
        if let Deed::Opening { passage, .. } = &it.deed {
            let id = format!("{}-{passage}", it.by);
            let said = with(own, "disregarded", "input", "barrier_opened");
            if said.iter().any(|it| it.passage == id) {
                continue;
            }
        }
        let disregarded = own.iter().find(|line| {
            line.kind == "disregarded"
                && line.data["input"].as_str() == input(&it.deed)
                && line.data["reason"] != "repeated_message"
                && around(line, it)
                && !used.contains(&(it.by.clone(), line.sequence))
        });
        match disregarded {
            Some(line) => {
                used.insert((it.by.clone(), line.sequence));
            }
            None => verdict.lost.push(name),
        }
    }
}

fn around(line: &Line, it: &Acknowledged) -> bool {
    (it.from.0 - AROUND_MS..=it.until.0 + AROUND_MS).contains(&line.at)
}

fn with<'a>(lines: &'a [Line], kind: &str, key: &str, value: &str) -> Vec<&'a Line> {
    let is_it = |it: &&Line| it.kind == kind && it.data[key] == value;
    lines.iter().filter(is_it).collect()
}

/// The fact that a lane officer's action becomes, and what tells it from others of its kind.
fn officers_fact(what: &str) -> (&'static str, &'static str, &str) {
    match what {
        "aside" => ("moved_aside", "", ""),
        "backed-out" => ("backed_out", "", ""),
        "entry" => ("entered_by_hand", "", ""),
        _ => {
            let order = what.strip_prefix("order/").unwrap_or(what);
            match order.strip_suffix("/start") {
                Some(order) => ("order_started", "order", order),
                None => ("order_completed", "order", order),
            }
        }
    }
}

/// The name of a deed's input where it was disregarded.
fn input(deed: &Deed) -> Option<&'static str> {
    Some(match deed {
        Deed::Plate { .. } => "plate",
        Deed::Container { .. } => "container",
        Deed::Document { .. } => "document",
        Deed::Image { .. } => "image",
        Deed::DocumentsDone => "documents_presented",
        Deed::LaneOfficer { what, .. } => match officers_fact(what).0 {
            "moved_aside" => "moved_aside",
            "backed_out" => "backed_out",
            "entered_by_hand" => "entered_by_hand",
            "order_started" => "order_started",
            _ => "order_result",
        },
        _ => return None,
    })
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
