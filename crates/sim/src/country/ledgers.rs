//! A checkpoint's ledger and its copy at the centre, over disks that fill up, fail, and lose or tear
//! what was not synced, with power cuts between any two steps. Records come again, too late, and
//! with a gap before them. The ledger's keeper is the real one.

use std::collections::BTreeMap;

use domain::fact::{Fact, LinkState};
use domain::unit::UtcMs;
use ledger::{Class, Draft, Error};

use super::checker::{Chain, Checker, Violation};
use super::disk::{Disk, Failure};
use super::shelf::Shelf;
use crate::chance::Chance;

/// What a run did. Every kind of fault is counted by its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub acknowledged: u64,
    pub copied: u64,
    pub restarts: u64,
    /// Of the checkpoint's clock.
    pub hours: f64,
    pub faults: BTreeMap<&'static str, u64>,
}

/// Every fault this world knows; a run of some length that lacks one proves nothing about it.
pub const FAULTS: [&str; 11] = [
    "cut_after_sync",
    "cut_before_sync",
    "cut_before_write",
    "disk_full",
    "read_error",
    "record_gap",
    "record_repeated",
    "sync_error",
    "transaction_lost",
    "transaction_torn",
    "write_error",
];

const FAILURES: [Failure; 6] = [
    Failure::Read,
    Failure::Write,
    Failure::Sync,
    Failure::CutBeforeWrite,
    Failure::CutBeforeSync,
    Failure::CutAfterSync,
];

/// A place with a disk, and the process that may be alive on it.
struct Place {
    origin: &'static str,
    disk: Disk,
    shelf: Option<Shelf>,
    checker: Checker,
}

/// Runs `steps` steps from a seed. Each fact that was acknowledged is told in one line.
///
/// # Errors
/// The first promise that is broken.
pub fn run(seed: u64, steps: u32, tell: Option<fn(&str)>) -> Result<Report, Violation> {
    let place = |origin, name| Place {
        origin,
        disk: Disk::default(),
        shelf: None,
        checker: Checker::new(name),
    };
    let mut world = World {
        chance: Chance::of(seed, "ledgers", 0),
        post: place("CN05", "checkpoint"),
        centre: place("centre", "centre"),
        report: Report::default(),
        clock: BEGAN,
        tell,
    };
    for _ in 0..steps {
        world.step()?;
    }
    // The faults cease: everything is copied, and both disks are whole.
    for disk in [&world.post.disk, &world.centre.disk] {
        let mut platter = disk.platter();
        platter.trouble.is_full = false;
        platter.trouble.next = None;
    }
    world.crash_both();
    for _ in 0..200 {
        world.copy(0, 50)?;
    }
    world.report.note_troubles(&world.post.disk);
    world.report.note_troubles(&world.centre.disk);
    world.report.hours = world.clock.since_ms(BEGAN) as f64 / 3_600_000.0;
    world.all_is_copied()?;
    world.inspect()?;
    Ok(world.report)
}

/// 2026-12-01T01:00:00Z.
const BEGAN: UtcMs = UtcMs(1_796_086_800_000);

struct World {
    tell: Option<fn(&str)>,
    chance: Chance,
    post: Place,
    centre: Place,
    report: Report,
    clock: UtcMs,
}

impl Report {
    fn fault(&mut self, name: &'static str, times: u64) {
        *self.faults.entry(name).or_default() += times;
    }

    fn note_troubles(&mut self, disk: &Disk) {
        let happened = std::mem::take(&mut disk.platter().trouble.happened);
        happened.into_iter().for_each(|it| self.fault(it, 1));
    }

    pub fn fault_count(&self) -> u64 {
        self.faults.values().sum()
    }
}

impl Place {
    /// The process, begun anew if it is not alive. `None`: it could not start, for now.
    fn alive(
        &mut self,
        chance: &mut Chance,
        report: &mut Report,
    ) -> Result<Option<&mut Shelf>, Violation> {
        if self.shelf.is_none() {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&chance.whole().to_le_bytes());
            match Shelf::open(self.disk.clone(), self.origin, 0, seed) {
                Ok(shelf) => {
                    report.restarts += 1;
                    self.shelf = Some(shelf);
                    self.checker.inspect(&self.disk.platter())?;
                }
                Err(Error::Damaged { first, .. }) => {
                    return Err(Violation::DoesNotOpen {
                        place: self.checker.place(),
                        why: first.to_string(),
                    });
                }
                Err(_) => self.crash(chance, report),
            }
        }
        Ok(self.shelf.as_mut())
    }

    /// The process is gone, and the power with it.
    fn crash(&mut self, chance: &mut Chance, report: &mut Report) {
        self.shelf = None;
        let (lost, torn) = self.disk.platter().cut(chance);
        report.fault("transaction_lost", (lost - torn) as u64);
        report.fault("transaction_torn", torn as u64);
        report.note_troubles(&self.disk);
    }
}

impl World {
    fn step(&mut self) -> Result<(), Violation> {
        self.clock = self.clock.plus_ms(1 + self.chance.below(5_000) as i64);
        match self.chance.weighted(&[40.0, 30.0, 12.0, 8.0, 6.0]) {
            0 => self.append()?,
            1 => {
                let (back, upto) = (self.chance.below(6), self.chance.below(40));
                let gap = self.chance.happens(0.1);
                if gap {
                    self.copy_with_gap()?;
                } else {
                    self.copy(back as u64, upto)?;
                }
            }
            2 => {
                let failure = *self.chance.one_of(&FAILURES);
                let place = self.chance.below(2);
                let disk = [&self.post.disk, &self.centre.disk][place];
                disk.platter().trouble.next = Some(failure);
            }
            3 => {
                let place = self.chance.below(2);
                let disk = [&self.post.disk, &self.centre.disk][place];
                let full = &mut disk.platter().trouble.is_full;
                *full = !*full;
            }
            _ => match self.chance.happens(0.5) {
                true => self.post.crash(&mut self.chance, &mut self.report),
                false => self.centre.crash(&mut self.chance, &mut self.report),
            },
        }
        Ok(())
    }

    fn append(&mut self) -> Result<(), Violation> {
        let draft = |n: usize| Draft {
            at: self.clock,
            passage: None,
            fact: match n % 2 {
                0 => Fact::LinkChanged {
                    state: LinkState::Up,
                },
                _ => Fact::IntakeStopped {
                    free_bytes: n as u64,
                },
            },
        };
        let drafts = (0..1 + self.chance.below(5)).map(draft).collect();
        let post = &mut self.post;
        let Some(shelf) = post.alive(&mut self.chance, &mut self.report)? else {
            return Ok(());
        };
        let appended = shelf.append(drafts);
        let chain: Chain = (shelf.origin.clone(), shelf.epoch);
        match appended {
            Ok(records) => {
                for record in records {
                    let bytes = record.bytes().unwrap_or_default();
                    post.checker.acknowledged(&chain, record.sequence, &bytes)?;
                    self.report.acknowledged += 1;
                    if let Some(tell) = self.tell {
                        let (name, at) = (&chain.0, record.at.since_ms(BEGAN));
                        let (epoch, sequence) = (chain.1, record.sequence);
                        let kind = record.fact.kind();
                        tell(&format!("{at:>9} ms  {name}/{epoch}/{sequence} {kind}"));
                    }
                }
                post.checker.inspect(&post.disk.platter())
            }
            Err(error) => {
                after(error, post, &mut self.chance, &mut self.report);
                Ok(())
            }
        }
    }

    /// What the post has and the centre lacks, beginning `back` records earlier.
    fn copy(&mut self, back: u64, upto: usize) -> Result<(), Violation> {
        let (chance, report) = (&mut self.chance, &mut self.report);
        let Some(post) = self.post.alive(chance, report)? else {
            return Ok(());
        };
        let (chain, key, head) = (
            (post.origin.clone(), post.epoch),
            post.key(),
            post.own_head(),
        );
        let Some(centre) = self.centre.alive(chance, report)? else {
            return Ok(());
        };
        let have = centre.size(&chain.0, chain.1);
        let from = have.saturating_sub(back);
        let read = post.read(&chain.0, chain.1, from, upto);
        let records = match read {
            Ok(records) => records,
            Err(error) => {
                after(error, &mut self.post, chance, report);
                return Ok(());
            }
        };
        if have > from && !records.is_empty() {
            report.fault("record_repeated", (have - from).min(records.len() as u64));
        }
        let trusted = centre.trust(&chain.0, chain.1, &key);
        let copied = trusted.and_then(|()| centre.copy(&chain.0, chain.1, records, head));
        self.took(&chain, copied.map(|it| it.size))
    }

    /// A record that is not yet due must be refused.
    fn copy_with_gap(&mut self) -> Result<(), Violation> {
        let (chance, report) = (&mut self.chance, &mut self.report);
        let Some(post) = self.post.alive(chance, report)? else {
            return Ok(());
        };
        let chain = (post.origin.clone(), post.epoch);
        let Some(centre) = self.centre.alive(chance, report)? else {
            return Ok(());
        };
        let from = centre.size(&chain.0, chain.1) + 1;
        let Ok(records) = post.read(&chain.0, chain.1, from, 2) else {
            self.post.crash(chance, report);
            return Ok(());
        };
        if records.is_empty() {
            return Ok(());
        }
        report.fault("record_gap", 1);
        let copied = centre.copy(&chain.0, chain.1, records, None);
        self.took(&chain, copied.map(|it| it.size))
    }

    /// The centre answered that it holds so many: it is held to that.
    fn took(&mut self, chain: &Chain, copied: Result<u64, Error>) -> Result<(), Violation> {
        let centre = &mut self.centre;
        match copied {
            Ok(size) => {
                let rows: Vec<(u64, Vec<u8>)> = {
                    let platter = centre.disk.platter();
                    let rows = platter.records(&chain.0, chain.1).iter();
                    rows.map(|it| (it.sequence, it.bytes.clone())).collect()
                };
                if (rows.len() as u64) < size {
                    return Err(Violation::Lost {
                        place: centre.checker.place(),
                        chain: chain.clone(),
                        sequence: rows.len() as u64,
                    });
                }
                for (sequence, bytes) in rows {
                    centre.checker.acknowledged(chain, sequence, &bytes)?;
                }
                self.report.copied = self.report.copied.max(size);
                centre.checker.inspect(&centre.disk.platter())?;
                centre.checker.agrees(&self.post.checker)
            }
            Err(error) => {
                after(error, centre, &mut self.chance, &mut self.report);
                Ok(())
            }
        }
    }

    fn crash_both(&mut self) {
        self.post.crash(&mut self.chance, &mut self.report);
        self.centre.crash(&mut self.chance, &mut self.report);
    }

    fn all_is_copied(&mut self) -> Result<(), Violation> {
        let (chance, report) = (&mut self.chance, &mut self.report);
        let Some(post) = self.post.alive(chance, report)? else {
            return Ok(());
        };
        let (chain, size) = ((post.origin.clone(), post.epoch), post.own_size());
        let have = self.centre.alive(chance, report)?;
        let have = have.map_or(0, |it| it.size(&chain.0, chain.1));
        match have < size {
            true => Err(Violation::Lost {
                place: self.centre.checker.place(),
                chain,
                sequence: have,
            }),
            false => Ok(()),
        }
    }

    fn inspect(&self) -> Result<(), Violation> {
        for place in [&self.post, &self.centre] {
            place.checker.inspect(&place.disk.platter())?;
        }
        self.centre.checker.agrees(&self.post.checker)
    }
}

/// A process that meets an error of unknown effect stops; others go on.
fn after(error: Error, place: &mut Place, chance: &mut Chance, report: &mut Report) {
    if error.class() == Class::Fatal {
        place.crash(chance, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::country::campaign::STEPS;

    #[test]
    fn nothing_acknowledged_is_lost_whatever_the_disks_do() {
        let mut sum = Report::default();
        for seed in 0..40 {
            let report = run(seed, STEPS, None).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            sum.acknowledged += report.acknowledged;
            for (name, times) in report.faults {
                *sum.faults.entry(name).or_default() += times;
            }
        }
        // A harness that never did something says nothing about it.
        for name in FAULTS {
            assert!(sum.faults.get(name).is_some_and(|it| *it > 0), "{name}");
        }
        assert!(
            sum.fault_count() > 1_000 && sum.acknowledged > 5_000,
            "{sum:?}"
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_run() {
        assert_eq!(run(7, STEPS, None), run(7, STEPS, None));
        assert_ne!(run(7, STEPS, None), run(8, STEPS, None));
    }
}
