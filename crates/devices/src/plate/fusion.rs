//! How alike two reads of one plate are, and one plate out of several reads. It knows which
//! characters cameras confuse; it does not know vehicles, bookings or lists, and it never hides a
//! read: the caller keeps all of them.

use domain::reading::PlateReading;

/// Characters that stand for each other in a misread: printed forms that differ by a stroke.
/// From `0 O Q D U`, `1 I L`, `2 Z`, `5 S`, `8 B`, `6 G`, `7 T`.
const CONFUSED: &[&str] = &["0OQDU", "1IL", "2Z", "5S", "8B", "6G", "7T"];

/// Cost of one confused character; an unrelated one costs 1, a missing or added one 1.
const CONFUSION: f64 = 0.25;

/// At most this distance: one confused character or two are the same plate to a camera.
const ALIKE: f64 = 2.0 * CONFUSION;

/// What two reads of what should be one plate say of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Agreement {
    /// Character by character.
    Same,
    /// Only characters that cameras confuse differ; `distance` is at most 0.5.
    Alike {
        distance: f64,
    },
    Different {
        distance: f64,
    },
}

/// Compares two normalised plates.
pub fn agree(one: &str, other: &str) -> Agreement {
    if one == other {
        return Agreement::Same;
    }
    let distance = distance(one, other);
    if distance <= ALIKE {
        Agreement::Alike { distance }
    } else {
        Agreement::Different { distance }
    }
}

/// Edit distance in which a confused character costs a quarter of an unrelated one.
pub fn distance(one: &str, other: &str) -> f64 {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<f64> = (0..=other.len()).map(|it| it as f64).collect();
    for (row, a) in one.chars().enumerate() {
        let mut left = (row + 1) as f64;
        let mut diagonal = above[0];
        above[0] = left;
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + substitution(a, *b);
            diagonal = above[column + 1];
            left = replaced.min(diagonal + 1.0).min(left + 1.0);
            above[column + 1] = left;
        }
    }
    above.last().copied().unwrap_or(0.0)
}

fn substitution(a: char, b: char) -> f64 {
    if a == b {
        return 0.0;
    }
    let confused = CONFUSED.iter().any(|it| it.contains(a) && it.contains(b));
    if confused { CONFUSION } else { 1.0 }
}

/// One plate from the reads of one camera position within one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    pub plate: String,
    /// Share of all weight that stands behind `plate`, times the best read's own confidence.
    pub confidence: f64,
    /// Reads that say exactly `plate`.
    pub votes: usize,
}

/// The plate with the most weight: each read votes with its confidence (0.5 when it gives none),
/// its candidates with theirs at half, and reads that are alike lend a part. `None` when no
/// read has a plate. Ties go to the text first in order, so the result does not depend on the
/// order of reads.
pub fn fuse(reads: &[PlateReading]) -> Option<Fused> {
    let votes: Vec<(&str, f64)> = reads
        .iter()
        .flat_map(|read| {
            let own = read
                .plate
                .as_deref()
                .map(|it| (it, read.confidence.unwrap_or(0.5)));
            let others = read
                .candidates
                .iter()
                .filter(|it| Some(it.plate.as_str()) != read.plate.as_deref())
                .map(|it| (it.plate.as_str(), it.confidence * 0.5));
            own.into_iter().chain(others)
        })
        .collect();
    let total: f64 = votes.iter().map(|(_, weight)| weight).sum();
    let mut best: Option<(&str, f64)> = None;
    for plate in reads.iter().filter_map(|it| it.plate.as_deref()) {
        let weight: f64 = votes
            .iter()
            .map(|(other, weight)| match agree(plate, other) {
                Agreement::Same => *weight,
                Agreement::Alike { distance } => weight * (0.5 - distance),
                Agreement::Different { .. } => 0.0,
            })
            .sum();
        let better = best.is_none_or(|(held, most)| {
            weight > most || ((weight - most).abs() < 1e-12 && plate < held)
        });
        if better {
            best = Some((plate, weight));
        }
    }
    let (plate, weight) = best?;
    let says = |it: &&PlateReading| it.plate.as_deref() == Some(plate);
    let own = reads
        .iter()
        .filter(says)
        .map(|it| it.confidence.unwrap_or(0.5));
    let confidence = own.fold(0.0, f64::max) * (weight / total.max(f64::MIN_POSITIVE)).min(1.0);
    let votes = reads.iter().filter(says).count();
    Some(Fused {
        plate: plate.to_owned(),
        confidence,
        votes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plate::claim;

    fn read(plate: &str, confidence: f64) -> PlateReading {
        let mut read = claim::reading("test", Some(plate));
        read.confidence = Some(confidence);
        read
    }

    #[test]
    fn confused_characters_are_near_and_others_are_not() {
        assert_eq!(agree("123ABC02", "123ABC02"), Agreement::Same);
        assert_eq!(
            agree("123ABC02", "I23ABC02"),
            Agreement::Alike { distance: 0.25 }
        );
        assert_eq!(
            agree("123ABC02", "I23ABCO2"),
            Agreement::Alike { distance: 0.5 }
        );
        assert_eq!(
            agree("123ABC02", "123ABX02"),
            Agreement::Different { distance: 1.0 }
        );
        assert_eq!(
            agree("123ABC02", "23ABC02"),
            Agreement::Different { distance: 1.0 }
        );
        assert_eq!(distance("", "ABC"), 3.0);
        assert_eq!(distance("ABC", ""), 3.0);
    }

    #[test]
    fn two_weak_reads_outweigh_one_strong_misread() {
        let mut reads = vec![
            read("123ABC02", 0.6),
            read("123ABC02", 0.6),
            read("123AHC02", 0.9),
        ];
        let fused = fuse(&reads).unwrap();
        assert_eq!((fused.plate.as_str(), fused.votes), ("123ABC02", 2));
        assert!(fused.confidence < 0.6);
        reads.reverse();
        assert_eq!(fuse(&reads), Some(fused));
        assert_eq!(fuse(&[claim::reading("test", None)]), None);
    }
}
