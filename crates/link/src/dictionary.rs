//! Packing of records: zstd with a dictionary both sides have, named by its hash in each frame.
//!
//! A new dictionary is a new file in `dictionaries/`; old ones stay for peers that know no newer
//! one. Not here: which records go together.

use std::collections::BTreeMap;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

use crate::limits::UNPACKED_BYTES;

/// Built in, oldest first; the newest that the peer knows is used.
const BUILT_IN: &[&[u8]] = &[include_bytes!("../dictionaries/facts-1.zdict")];

/// Measured on records of the demo: higher levels cost time and win under 2 %.
const LEVEL: i32 = 12;

/// First four bytes of the dictionary's BLAKE3. 0 stands for none.
pub(crate) fn name(dictionary: &[u8]) -> u32 {
    let hash = blake3::hash(dictionary);
    hash.as_bytes()
        .iter()
        .take(4)
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// What this side can pack with and unpack.
pub(crate) struct Packer {
    known: BTreeMap<u32, &'static [u8]>,
    newest_first: Vec<u32>,
    chosen: u32,
    compressor: Option<Compressor<'static>>,
    decompressors: BTreeMap<u32, Decompressor<'static>>,
}

impl Packer {
    pub fn new() -> Packer {
        let known: BTreeMap<u32, &[u8]> = BUILT_IN.iter().map(|it| (name(it), *it)).collect();
        let newest_first = BUILT_IN.iter().rev().map(|it| name(it)).collect();
        let decompressors = BTreeMap::new();
        Packer {
            known,
            newest_first,
            chosen: 0,
            compressor: None,
            decompressors,
        }
    }

    pub fn names(&self) -> Vec<u32> {
        self.newest_first.clone()
    }

    /// Takes the newest dictionary that the peer knows too.
    pub fn choose(&mut self, peer: &[u32]) {
        let chosen = self
            .newest_first
            .iter()
            .copied()
            .find(|it| peer.contains(it));
        self.chosen = chosen.unwrap_or(0);
        self.compressor = None;
    }

    /// The packed bytes and the name of the dictionary they need.
    pub fn pack(&mut self, joined: &[u8]) -> io::Result<(u32, Vec<u8>)> {
        let compressor = match &mut self.compressor {
            Some(it) => it,
            empty => {
                let dictionary = self.known.get(&self.chosen).copied().unwrap_or_default();
                let mut fresh = Compressor::with_dictionary(LEVEL, dictionary)?;
                fresh.set_parameter(CParameter::ChecksumFlag(true))?;
                empty.insert(fresh)
            }
        };
        Ok((self.chosen, compressor.compress(joined)?))
    }

    /// The opposite; refuses a dictionary that is not known and anything over the limit.
    pub fn unpack(&mut self, dictionary: u32, packed: &[u8]) -> Result<Vec<u8>, String> {
        let bytes = match dictionary {
            0 => &[][..],
            id => self
                .known
                .get(&id)
                .ok_or(format!("dictionary {id:08x} is not known"))?,
        };
        let decompressor = match self.decompressors.entry(dictionary) {
            std::collections::btree_map::Entry::Occupied(it) => it.into_mut(),
            std::collections::btree_map::Entry::Vacant(it) => {
                it.insert(Decompressor::with_dictionary(bytes).map_err(|e| e.to_string())?)
            }
        };
        decompressor
            .decompress(packed, UNPACKED_BYTES)
            .map_err(|e| format!("packed records cannot be unpacked: {e}"))
    }
}
