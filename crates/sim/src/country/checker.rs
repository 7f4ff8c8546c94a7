//! Holds two disks against what was acknowledged. It knows bytes and their places only: nothing of
//! trees, heads, keys or plans, so that no mistake of theirs is its own.

use std::collections::BTreeMap;

use super::disk::Platter;

/// A chain: origin and epoch.
pub type Chain = (String, u32);

/// What was promised and is not so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("record {sequence} of {chain:?} was acknowledged and is not on the {place}'s disk")]
    Lost {
        place: &'static str,
        chain: Chain,
        sequence: u64,
    },
    #[error("record {sequence} of {chain:?} on the {place}'s disk is not the one that was there")]
    Rewritten {
        place: &'static str,
        chain: Chain,
        sequence: u64,
    },
    #[error("place {at} of {chain:?} on the {place}'s disk holds record {sequence}")]
    OutOfOrder {
        place: &'static str,
        chain: Chain,
        at: u64,
        sequence: u64,
    },
    #[error("the {place}'s ledger does not open: {why}")]
    DoesNotOpen { place: &'static str, why: String },
}

/// What this place once acknowledged, or showed to others.
#[derive(Debug)]
pub struct Checker {
    place: &'static str,
    /// By sequence. With holes: what was durable when the power went was never answered.
    promised: BTreeMap<Chain, BTreeMap<u64, Vec<u8>>>,
}

impl Checker {
    pub fn new(place: &'static str) -> Checker {
        Checker {
            place,
            promised: BTreeMap::new(),
        }
    }

    pub fn place(&self) -> &'static str {
        self.place
    }

    /// This record is on the disk, it was said: with these bytes.
    pub fn acknowledged(
        &mut self,
        chain: &Chain,
        sequence: u64,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let promised = self.promised.entry(chain.clone()).or_default();
        match promised.get(&sequence) {
            Some(known) if known != bytes => Err(Violation::Rewritten {
                place: self.place,
                chain: chain.clone(),
                sequence,
            }),
            Some(_) => Ok(()),
            None => {
                promised.insert(sequence, bytes.to_vec());
                Ok(())
            }
        }
    }

    /// Everything that was acknowledged stands on the disk, in its place.
    pub fn inspect(&self, platter: &Platter) -> Result<(), Violation> {
        let place = self.place;
        for (chain, promised) in &self.promised {
            let there = platter.records(&chain.0, chain.1);
            for (at, row) in (0..).zip(there) {
                if row.sequence != at {
                    return Err(Violation::OutOfOrder {
                        place,
                        chain: chain.clone(),
                        at,
                        sequence: row.sequence,
                    });
                }
            }
            for (&sequence, bytes) in promised {
                let chain = chain.clone();
                match there.get(sequence as usize) {
                    None => {
                        return Err(Violation::Lost {
                            place,
                            chain,
                            sequence,
                        });
                    }
                    Some(row) if row.bytes != *bytes => {
                        return Err(Violation::Rewritten {
                            place,
                            chain,
                            sequence,
                        });
                    }
                    Some(_) => (),
                }
            }
        }
        Ok(())
    }

    /// A copy is what its writer wrote: of every record that both promised.
    pub fn agrees(&self, writer: &Checker) -> Result<(), Violation> {
        for (chain, copied) in &self.promised {
            let written = writer.promised.get(chain);
            for (&sequence, bytes) in copied {
                let original = written.and_then(|it| it.get(&sequence));
                if original.is_some_and(|it| it != bytes) {
                    return Err(Violation::Rewritten {
                        place: self.place,
                        chain: chain.clone(),
                        sequence,
                    });
                }
            }
        }
        Ok(())
    }
}
