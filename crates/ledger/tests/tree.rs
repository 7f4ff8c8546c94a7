//! Tree arithmetic against the vectors of RFC 6962's reference implementation, against a model
//! written from the recursive definitions, and against random trees.

use std::collections::HashMap;
use std::ops::Range;

use ledger::tree::{self, Frontier, Hash, empty_root, leaf_hash, node_hash, root};
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn hash(text: &str) -> Hash {
    Hash::from_slice(&hex(text)).unwrap()
}

/// The eight leaves of the certificate-transparency reference tests.
fn reference_leaves() -> Vec<Vec<u8>> {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    leaves.iter().map(|it| hex(it)).collect()
}

#[test]
fn roots_of_the_reference_tree() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves: Vec<Hash> = reference_leaves().iter().map(|it| leaf_hash(it)).collect();
    for (size, expected) in roots.iter().enumerate() {
        assert_eq!(root(&leaves[..size]), hash(expected), "{size} leaves");
    }
    assert_eq!(empty_root(), hash(roots[0]));
}

#[test]
fn proofs_of_the_reference_tree() {
    let leaves: Vec<Hash> = reference_leaves().iter().map(|it| leaf_hash(it)).collect();
    assert_eq!(
        tree::inclusion_proof(&leaves, 0).unwrap(),
        [
            hash("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
            hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
            hash("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"),
        ]
    );
    assert_eq!(
        tree::inclusion_proof(&leaves, 5).unwrap(),
        [
            hash("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
            hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
            hash("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ]
    );
    assert_eq!(
        tree::consistency_proof(&leaves, 6).unwrap(),
        [
            hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
            hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
            hash("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ]
    );
}

/// RFC 6962 sections 2.1, 2.1.1 and 2.1.2 word for word, each subtree hashed once.
struct Model {
    leaves: Vec<Hash>,
    known: HashMap<Range<usize>, Hash>,
}

impl Model {
    fn split(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    fn mth(&mut self, d: Range<usize>) -> Hash {
        if let Some(known) = self.known.get(&d) {
            return *known;
        }
        let hash = match d.len() {
            0 => empty_root(),
            1 => self.leaves[d.start],
            n => {
                let k = d.start + Self::split(n);
                node_hash(&self.mth(d.start..k), &self.mth(k..d.end))
            }
        };
        self.known.insert(d, hash);
        hash
    }

    /// `m` counts from the beginning of `d`.
    fn path(&mut self, m: usize, d: Range<usize>) -> Vec<Hash> {
        if d.len() <= 1 {
            return Vec::new();
        }
        let k = Self::split(d.len());
        let (left, right) = (d.start..d.start + k, d.start + k..d.end);
        let (mut path, beside) = match m < k {
            true => (self.path(m, left), self.mth(right)),
            false => (self.path(m - k, right), self.mth(left)),
        };
        path.push(beside);
        path
    }

    fn subproof(&mut self, m: usize, d: Range<usize>, b: bool) -> Vec<Hash> {
        if m == d.len() {
            return if b { Vec::new() } else { vec![self.mth(d)] };
        }
        let k = Self::split(d.len());
        let (left, right) = (d.start..d.start + k, d.start + k..d.end);
        let (mut proof, beside) = match m <= k {
            true => (self.subproof(m, left, b), self.mth(right)),
            false => (self.subproof(m - k, right, false), self.mth(left)),
        };
        proof.push(beside);
        proof
    }

    fn of(&mut self, ranges: Vec<Range<u64>>) -> Vec<Hash> {
        ranges
            .into_iter()
            .map(|it| self.mth(it.start as usize..it.end as usize))
            .collect()
    }
}

#[test]
fn every_size_up_to_130_agrees_with_the_model() {
    let leaves: Vec<Hash> = (0..130_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let mut model = Model {
        leaves: leaves.clone(),
        known: HashMap::new(),
    };
    let roots: Vec<Hash> = (0..=130).map(|size| model.mth(0..size)).collect();
    let mut frontier = Frontier::new();
    for size in 0..=130_usize {
        assert_eq!(frontier.size(), size as u64);
        assert_eq!(frontier.root(), roots[size]);
        assert_eq!(root(&leaves[..size]), roots[size]);
        let wide = size as u64;
        for index in 0..size {
            let ranges = tree::inclusion_ranges(index as u64, wide).unwrap();
            let proof = model.of(ranges);
            assert_eq!(proof, model.path(index, 0..size), "{index} of {size}");
            assert!(tree::includes(
                &leaves[index],
                index as u64,
                wide,
                &roots[size],
                &proof
            ));
            let other = (index + 1) % size;
            if other != index {
                assert!(!tree::includes(
                    &leaves[index],
                    other as u64,
                    wide,
                    &roots[size],
                    &proof
                ));
                assert!(!tree::includes(
                    &leaves[other],
                    index as u64,
                    wide,
                    &roots[size],
                    &proof
                ));
            }
        }
        assert!(tree::inclusion_ranges(wide, wide).is_none());
        for old in 0..=size {
            let ranges = tree::consistency_ranges(old as u64, wide).unwrap();
            let proof = model.of(ranges);
            if old > 0 {
                assert_eq!(proof, model.subproof(old, 0..size, true), "{old} of {size}");
            }
            assert!(tree::extends(
                old as u64,
                &roots[old],
                wide,
                &roots[size],
                &proof
            ));
            if old > 0 && old < size {
                let wrong = roots[old - 1];
                assert!(!tree::extends(
                    old as u64,
                    &wrong,
                    wide,
                    &roots[size],
                    &proof
                ));
                assert!(!tree::extends(
                    old as u64,
                    &roots[old],
                    wide,
                    &wrong,
                    &proof
                ));
                assert!(!tree::extends(
                    old as u64,
                    &roots[old],
                    wide,
                    &roots[size],
                    &proof[1..]
                ));
            }
        }
        assert!(tree::consistency_ranges(wide + 1, wide).is_none());
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
}

#[test]
fn whole_tiles_stand_for_their_leaves() {
    let leaves: Vec<Hash> = (0..1_100_u32)
        .map(|n| leaf_hash(&n.to_be_bytes()))
        .collect();
    let (mut by_leaf, mut tiles) = (Frontier::new(), Vec::new());
    for leaf in &leaves {
        tiles.extend(by_leaf.push(*leaf));
    }
    assert_eq!(tiles.len(), 4);
    assert_eq!(tiles[1], root(&leaves[256..512]));
    let mut by_tile = Frontier::new();
    for tile in tiles {
        assert!(by_tile.push_tile(tile));
    }
    for leaf in &leaves[1_024..] {
        by_tile.push(*leaf);
    }
    assert!(
        !by_tile.push_tile(leaves[0]),
        "only at a multiple of a tile"
    );
    assert_eq!(by_tile, by_leaf);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Proofs of large trees verify, and with any one bit changed they do not.
    #[test]
    fn a_changed_bit_breaks_a_proof(
        size in 1_u64..2_000, index in any::<u64>(), old in any::<u64>(), at in any::<usize>(), bit in 0..8_u8,
    ) {
        let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let (index, old) = (index % size, old % size);
        let whole = root(&leaves);
        let mut proof = tree::inclusion_proof(&leaves, index).unwrap();
        let leaf = leaves[index as usize];
        prop_assert!(tree::includes(&leaf, index, size, &whole, &proof));
        if !proof.is_empty() {
            let place = at % proof.len();
            proof[place].0[at % 32] ^= 1 << bit;
            prop_assert!(!tree::includes(&leaf, index, size, &whole, &proof));
        }
        let before = root(&leaves[..old as usize]);
        let mut proof = tree::consistency_proof(&leaves, old).unwrap();
        prop_assert!(tree::extends(old, &before, size, &whole, &proof));
        if !proof.is_empty() {
            let place = at % proof.len();
            proof[place].0[at % 32] ^= 1 << bit;
            prop_assert!(!tree::extends(old, &before, size, &whole, &proof));
        }
    }

    /// Hostile proofs of any shape are answered, never a panic.
    #[test]
    fn any_proof_is_answered(
        a in any::<u64>(), b in any::<u64>(), hashes in prop::collection::vec(any::<[u8; 32]>(), 0..80),
    ) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash).collect();
        let some = leaf_hash(b"x");
        prop_assert!(!tree::includes(&some, a, b, &empty_root(), &proof));
        prop_assert!(a == b || !tree::extends(a, &some, b, &empty_root(), &proof));
    }
}
