//! What goes wrong on purpose while the demo runs: processes that are killed without a word, a
//! line that is cut. Chosen by the seed; half of the kills strike right after the process has
//! acknowledged something, where a loss would show.

use std::time::Duration;

use domain::unit::UtcMs;
use link::emulator::Emulator;
use serde::Serialize;
use tokio::sync::watch;

use super::children::Supervised;
use super::reckoning::Folders;
use super::witness::{self, Shelf, Verdict};
use crate::acknowledged::{Acknowledged, Log};
use crate::chance::Chance;
use served::clock::Clock;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// How many times a child process is killed.
    pub kills: usize,
    /// How long the narrow line is cut, minutes of the demo's clock.
    pub cut_minutes: Option<u32>,
}

impl Faults {
    pub fn is_any(&self) -> bool {
        self.kills > 0 || self.cut_minutes.is_some()
    }
}

/// What was done.
#[derive(Debug, Default, Clone, Copy)]
pub struct Done {
    pub kills: usize,
    pub cut: Option<(UtcMs, UtcMs)>,
}

/// Between two kills, seconds of the wall's clock on a machine that keeps up; as much longer as the
/// demo's clock is slower.
const KILL_GAP_S: (f64, f64) = (0.1, 1.9);
/// So long a kill waits for an acknowledgement to strike behind.
const STRIKE: Duration = Duration::from_secs(1);

/// Does all of it; comes back when the last process was killed and the line is mended.
/// `left` counts the passages that have left, of `of`.
pub async fn run(
    faults: &Faults,
    (seed, clock): (u64, Clock),
    children: &[Supervised],
    narrow: &Emulator,
    log: &Log,
    (mut left, of): (watch::Receiver<usize>, usize),
) -> Done {
    let killing = kill(faults.kills, (seed, clock.clone()), children, log);
    let cutting = async {
        let minutes = faults.cut_minutes?;
        // In the middle: some have left before, some will afterwards.
        let _ = left.wait_for(|it| *it >= of.div_ceil(3)).await;
        let from = clock.now();
        narrow.cut();
        eprintln!("demo: the narrow line is cut for {minutes} minutes");
        clock.sleep(i64::from(minutes) * 60_000).await;
        narrow.mend();
        eprintln!("demo: the narrow line is mended");
        Some((from, clock.now()))
    };
    let (kills, cut) = tokio::join!(killing, cutting);
    Done { kills, cut }
}

async fn kill(
    times: usize,
    (seed, clock): (u64, Clock),
    children: &[Supervised],
    log: &Log,
) -> usize {
    let asked = clock.rate();
    let mut chance = Chance::of(seed, "kills", 0);
    for _ in 0..times {
        let gap = chance.between(KILL_GAP_S.0, KILL_GAP_S.1);
        clock.sleep((gap * asked * 1000.0) as i64).await;
        let child = chance.one_of(children);
        if chance.happens(0.5) {
            let _ = tokio::time::timeout(STRIKE, log.next_of(child.name())).await;
        }
        child.kill().await;
    }
    times
}

/// Waits until everything that was written is where its copy belongs; how many records are not
/// when none has arrived for so long.
pub async fn caught_up(folders: &Folders, limit: Duration) -> u64 {
    let mut until = tokio::time::Instant::now() + limit;
    let mut least = u64::MAX;
    loop {
        // A ledger that is being written to may be asked again.
        let behind = witness::shelves(folders)
            .await
            .map(|it| witness::behind(&it));
        match behind {
            Ok(0) => return 0,
            Ok(behind) if behind < least => {
                least = behind;
                until = tokio::time::Instant::now() + limit;
            }
            Ok(behind) if tokio::time::Instant::now() > until => return behind,
            Err(why) if tokio::time::Instant::now() > until => {
                eprintln!("demo: the ledgers cannot be read: {why}");
                return u64::MAX;
            }
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

/// What `demo --once` says of a run with faults; all but the first two and the cut's must be 0.
#[derive(Debug, Clone, Serialize)]
pub struct FaultReport {
    pub kills: usize,
    pub acknowledged: usize,
    pub lost: usize,
    pub duplicated: usize,
    pub stuck: usize,
    /// Copies that differ, barriers against the rules.
    pub broken: usize,
    /// Records that were not yet where their copy belongs, at the end.
    pub behind_after: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_minutes: Option<u32>,
    /// That left the checkpoint behind the cut line while it was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passages_during_cut: Option<usize>,
    /// The first of what does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// Faults named in the report; stderr has them all.
const NAMED: usize = 20;

impl FaultReport {
    pub fn new(
        faults: &Faults,
        done: Done,
        shelves: &[Shelf],
        log: &[Acknowledged],
        behind_after: u64,
        narrow: &str,
    ) -> FaultReport {
        let Verdict {
            lost,
            duplicated,
            broken,
            stuck,
        } = witness::judge(shelves, log);
        let named = [
            ("lost", &lost),
            ("duplicated", &duplicated),
            ("broken", &broken),
            ("stuck", &stuck),
        ];
        let named: Vec<String> = named
            .into_iter()
            .flat_map(|(what, list)| list.iter().map(move |it| format!("{what}: {it}")))
            .collect();
        named.iter().for_each(|it| eprintln!("demo: {it}"));
        FaultReport {
            kills: done.kills,
            acknowledged: log.len(),
            lost: lost.len(),
            duplicated: duplicated.len(),
            stuck: stuck.len(),
            broken: broken.len(),
            behind_after,
            cut_minutes: faults.cut_minutes,
            passages_during_cut: done
                .cut
                .map(|span| witness::departed(shelves, narrow, span)),
            faults: named.into_iter().take(NAMED).collect(),
        }
    }

    pub fn is_sound(&self) -> bool {
        self.lost + self.duplicated + self.stuck + self.broken == 0 && self.behind_after == 0
    }
}
