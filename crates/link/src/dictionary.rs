//! Packing of records: zstd with a dictionary both sides have, named by its hash in each frame.
//!
//! A dictionary is a text of typical records, the commonest last, since what stands last is the
//! cheapest to refer to. A new one is a new file in `dictionaries/`; old ones stay for peers that
//! know no newer one. Not here: which records go together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use crate::limits::UNPACKED_BYTES;

/// Built in, oldest first; the newest that the peer knows is used.
const BUILT_IN: &[&[u8]] = &[
    include_bytes!("../dictionaries/facts-1.zdict"),
    include_bytes!("../dictionaries/facts-2.zdict"),
];

/// A tenth smaller than level 12; a batch takes milliseconds, and the line a second for it.
const LEVEL: i32 = 19;

/// First four bytes of the dictionary's BLAKE3. 0 stands for none.
pub(crate) fn name(dictionary: &[u8]) -> u32 {
    let hash = blake3::hash(dictionary);
    hash.as_bytes()
        .iter()
        .take(4)
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// A dictionary made ready for use, once for all sessions of the process.
struct Prepared {
    name: u32,
    pack: EncoderDictionary<'static>,
    unpack: DecoderDictionary<'static>,
}

/// Newest first.
static PREPARED: LazyLock<Vec<Prepared>> = LazyLock::new(|| {
    let prepare = |bytes: &&'static [u8]| Prepared {
        name: name(bytes),
        pack: EncoderDictionary::copy(bytes, LEVEL),
        unpack: DecoderDictionary::copy(bytes),
    };
    BUILT_IN.iter().rev().map(prepare).collect()
});

/// Packs and unpacks the records of one session.
pub(crate) struct Packer {
    chosen: Option<&'static Prepared>,
    compressor: Option<Compressor<'static>>,
    decompressors: BTreeMap<u32, Decompressor<'static>>,
}

impl Packer {
    pub fn new() -> Packer {
        Packer {
            chosen: None,
            compressor: None,
            decompressors: BTreeMap::new(),
        }
    }

    pub fn names(&self) -> Vec<u32> {
        PREPARED.iter().map(|it| it.name).collect()
    }

    /// Takes the newest dictionary that the peer knows too.
    pub fn choose(&mut self, peer: &[u32]) {
        self.chosen = PREPARED.iter().find(|it| peer.contains(&it.name));
        self.compressor = None;
    }

    /// The packed bytes and the name of the dictionary they need.
    pub fn pack(&mut self, joined: &[u8]) -> io::Result<(u32, Vec<u8>)> {
        let compressor = match &mut self.compressor {
            Some(it) => it,
            empty => {
                let mut fresh = match self.chosen {
                    Some(it) => Compressor::with_prepared_dictionary(&it.pack)?,
                    None => Compressor::new(LEVEL)?,
                };
                fresh.set_parameter(CParameter::ChecksumFlag(true))?;
                empty.insert(fresh)
            }
        };
        Ok((
            self.chosen.map_or(0, |it| it.name),
            compressor.compress(joined)?,
        ))
    }

    /// The opposite; refuses a dictionary that is not known and anything over the limit.
    pub fn unpack(&mut self, dictionary: u32, packed: &[u8]) -> Result<Vec<u8>, String> {
        let known = PREPARED.iter().find(|it| it.name == dictionary);
        if known.is_none() && dictionary != 0 {
            return Err(format!("dictionary {dictionary:08x} is not known"));
        }
        let decompressor = match self.decompressors.entry(dictionary) {
            Entry::Occupied(it) => it.into_mut(),
            Entry::Vacant(it) => {
                let fresh = match known {
                    Some(known) => Decompressor::with_prepared_dictionary(&known.unpack),
                    None => Decompressor::new(),
                };
                it.insert(fresh.map_err(|e| e.to_string())?)
            }
        };
        decompressor
            .decompress(packed, UNPACKED_BYTES)
            .map_err(|e| format!("packed records cannot be unpacked: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_holds_records_that_the_domain_reads() {
        for line in BUILT_IN[0]
            .split(|it| *it == b'\n')
            .filter(|it| !it.is_empty())
        {
            let parsed = ledger::Record::parse(line);
            assert!(
                parsed.is_ok(),
                "{parsed:?}: {}",
                String::from_utf8_lossy(line)
            );
        }
    }

    /// Other passages than those of the dictionary, one of 25 facts and one alone.
    #[test]
    fn a_passage_packs_well_and_unpacks_the_same() {
        let text = String::from_utf8_lossy(BUILT_IN[0]).into_owned();
        let other = text
            .replace("18204", "31977")
            .replace("123ABC02", "870XYZ13");
        let lines = |kind: &'static [&'static str]| {
            let chosen = other
                .lines()
                .filter(move |it| kind.iter().any(|kind| it.contains(kind)));
            chosen.map(str::as_bytes)
        };
        let passage = crate::frame::join_records(lines(&["stage_", "decision_made", "barrier_c"]));
        let one = crate::frame::join_records(lines(&["\"departed\""]));
        for (joined, bound) in [(passage, 0.15), (one, 0.75)] {
            let mut packer = Packer::new();
            packer.choose(&packer.names());
            let (name, packed) = packer.pack(&joined).unwrap();
            assert_ne!(name, 0);
            let share = packed.len() as f64 / joined.len() as f64;
            assert!(share < bound, "{} of {} bytes", packed.len(), joined.len());
            assert_eq!(packer.unpack(name, &packed).unwrap(), joined);
            assert!(packer.unpack(0, &packed).is_err(), "the wrong dictionary");
        }
    }
}
