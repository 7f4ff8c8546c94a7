//! The Merkle tree of RFC 6962 section 2.1: hashes, growth, proofs, and their verification.
//!
//! Pure. It keeps no leaves: who wants a proof asks for its [`inclusion_ranges`] or
//! [`consistency_ranges`], finds the root of each range wherever leaves are stored, and has the
//! proof. Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.

use std::fmt;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::limits::{PROOF_HASHES, TILE_LEAVES, TILE_LEVEL};

/// SHA-256 of a leaf or of a node. Written as base64, as in C2SP tlog-checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Hash {
    /// `None` unless the slice has 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// From its base64, strictly.
    pub fn from_base64(text: &str) -> Option<Hash> {
        Hash::from_slice(&STANDARD.decode(text).ok()?)
    }
}

/// `SHA-256(0x00 || bytes)`.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(bytes);
    Hash(sha.finalize().into())
}

/// `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([1]);
    sha.update(left.0);
    sha.update(right.0);
    Hash(sha.finalize().into())
}

/// The root of no leaves: `SHA-256("")`.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// All that is needed of a tree to grow it and to know its root: the roots of its perfect
/// subtrees, one for each bit of its size, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    pub fn new() -> Frontier {
        Frontier::default()
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. When that completes a subtree of [`TILE_LEAVES`] leaves, its root is returned:
    /// a store keeps it, so that proofs need not read every leaf again.
    pub fn push(&mut self, leaf: Hash) -> Option<Hash> {
        self.merge(leaf, 0)
    }

    /// Adds the root of a whole subtree of [`TILE_LEAVES`] leaves.
    /// Returns `false`, changing nothing, unless the size is a multiple of that.
    #[must_use]
    pub fn push_tile(&mut self, root: Hash) -> bool {
        let fits = self.size.is_multiple_of(TILE_LEAVES);
        if fits {
            self.merge(root, TILE_LEVEL);
        }
        fits
    }

    fn merge(&mut self, mut hash: Hash, from_level: u32) -> Option<Hash> {
        let mut tile = None;
        let mut level = from_level;
        while self.size >> level & 1 == 1 {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
            level += 1;
            if level == TILE_LEVEL {
                tile = Some(hash);
            }
        }
        self.roots.push(hash);
        self.size += 1 << from_level;
        tile
    }

    pub fn root(&self) -> Hash {
        let mut right_to_left = self.roots.iter().rev();
        match right_to_left.next() {
            None => empty_root(),
            Some(last) => right_to_left.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The root over these leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Largest power of two below `size`; `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The subtrees whose roots are the inclusion proof of leaf `index` in a tree of `size` leaves,
/// in the order of the proof (nearest the leaf first). `None` when there is no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let mut within = 0..size;
    let mut ranges = Vec::new();
    while within.end - within.start > 1 {
        let middle = within.start + split(within.end - within.start);
        if index < middle {
            ranges.push(middle..within.end);
            within.end = middle;
        } else {
            ranges.push(within.start..middle);
            within.start = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// The subtrees whose roots prove that the tree of `old` leaves is a prefix of that of `new`
/// leaves. Empty when `old` is 0 or equals `new`. `None` when `old` exceeds `new`.
pub fn consistency_ranges(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old > new {
        return None;
    }
    if old == 0 || old == new {
        return Some(Vec::new());
    }
    let mut ranges = Vec::new();
    let mut within = 0..new;
    // RFC 6962 section 2.1.2, SUBPROOF(m, D, b), unrolled; b is "the old root itself is wanted".
    let mut is_old_root = true;
    loop {
        if within.end == old {
            if !is_old_root {
                ranges.push(within);
            }
            break;
        }
        let middle = within.start + split(within.end - within.start);
        if old <= middle {
            ranges.push(middle..within.end);
            within.end = middle;
        } else {
            ranges.push(within.start..middle);
            within.start = middle;
            is_old_root = false;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// The inclusion proof of leaf `index` over these leaves.
pub fn inclusion_proof(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    roots_of(leaves, inclusion_ranges(index, leaves.len() as u64)?)
}

/// The proof that the first `old` of these leaves are a prefix of all of them.
pub fn consistency_proof(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    roots_of(leaves, consistency_ranges(old, leaves.len() as u64)?)
}

fn roots_of(leaves: &[Hash], ranges: Vec<Range<u64>>) -> Option<Vec<Hash>> {
    ranges
        .into_iter()
        .map(|range| {
            leaves
                .get(range.start as usize..range.end as usize)
                .map(root)
        })
        .collect()
}

/// Whether `proof` shows that `leaf` stands at `index` in the tree of `size` leaves with `root`.
pub fn includes(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if index >= size || proof.len() > PROOF_HASHES {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for beside in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree (`old`, `old_root`) is a prefix of (`new`, `new_root`).
pub fn extends(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old > new || proof.len() > PROOF_HASHES {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        rest.next()
    };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(beside, &from_old);
            from_new = node_hash(beside, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}
