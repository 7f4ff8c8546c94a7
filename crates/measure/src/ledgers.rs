//! From ledger folders to the facts of each passage. Any set of ledgers will do: a post's own, the
//! centre's with its copies, both; a record that is met twice counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::fact::Fact;
use domain::unit::{PassageId, UtcMs};

use crate::crossing::Crossing;
use crate::survey::Survey;

/// Facts of each passage as [`domain::measure::Measure::of`] takes them.
pub type Passages = BTreeMap<PassageId, Vec<(UtcMs, Fact)>>;

/// Reads whole ledgers into memory: some 1 KB a record.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Origin, epoch, sequence of what is in already.
    known: BTreeSet<(String, u32, u64)>,
    facts: BTreeMap<PassageId, Vec<Placed>>,
    /// Records of kinds that this software cannot read; they are in no figure.
    pub unread: u64,
}

/// A fact, and where in its own ledger it stands.
#[derive(Debug)]
struct Placed {
    at: UtcMs,
    origin: String,
    epoch: u32,
    sequence: u64,
    fact: Fact,
}

impl Gathered {
    /// Takes in one ledger folder.
    ///
    /// # Errors
    /// No ledger there, or a record in it that was changed.
    pub async fn read(&mut self, folder: &Path) -> ledger::Result<()> {
        for raw in ledger::replay::records(folder).await? {
            let name = (raw.origin.clone(), raw.epoch, raw.sequence);
            if self.known.contains(&name) {
                continue;
            }
            match raw.parse() {
                Ok(record) => self.take(record),
                Err(_) => self.unread += 1,
            }
            self.known.insert(name);
        }
        Ok(())
    }

    fn take(&mut self, record: ledger::Record) {
        if let Some(passage) = record.passage {
            self.facts.entry(passage).or_default().push(Placed {
                at: record.at,
                origin: record.origin,
                epoch: record.epoch,
                sequence: record.sequence,
                fact: record.fact,
            });
        }
    }

    /// The facts by passage, each ledger's own order kept, ledgers merged by time.
    pub fn passages(self) -> Passages {
        let merged = self.facts.into_iter().map(|(id, facts)| {
            let merged = merge(&id, facts);
            (id, merged)
        });
        merged.collect()
    }
}

fn merge(id: &PassageId, mut facts: Vec<Placed>) -> Vec<(UtcMs, Fact)> {
    facts.sort_by(|a, b| (&a.origin, a.epoch, a.sequence).cmp(&(&b.origin, b.epoch, b.sequence)));
    // A clock that stepped back must not reorder what one ledger has ordered.
    let mut latest: BTreeMap<&str, UtcMs> = BTreeMap::new();
    let mut keys = Vec::with_capacity(facts.len());
    for it in &facts {
        let known = latest.entry(&it.origin).or_insert(it.at);
        *known = it.at.max(*known);
        // At the same instant the post's own fact comes first: it is what was answered.
        keys.push((*known, it.origin != id.checkpoint.as_str()));
    }
    let mut keyed: Vec<_> = keys.into_iter().zip(facts).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, it)| (it.at, it.fact)).collect()
}

/// Every passage that arrived, measured.
pub fn survey(passages: &Passages) -> Survey {
    let mut survey = Survey::default();
    for (id, facts) in passages {
        if facts
            .iter()
            .any(|(_, it)| matches!(it, Fact::Arrived { .. }))
        {
            survey.add(Crossing::of(id, facts));
        }
    }
    survey
}
