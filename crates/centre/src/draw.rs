//! Who gets a case: a random assignment that anyone can repeat from the recorded fact alone.
//! Formula in [`domain::fact::Draw`]. Not here: when a case is drawn (`main_loop`).

use domain::agency::Agency;
use domain::fact::Draw;
use domain::unit::{OfficerId, PassageId};
use sha2::{Digest, Sha256};

/// Draws among `roster`; `None` when it is empty. `head` is the root (base64) of the
/// checkpoint's ledger copy that held the first finding.
pub fn draw(
    head: &str,
    passage: &PassageId,
    agency: Agency,
    round: u32,
    roster: impl IntoIterator<Item = OfficerId>,
) -> Option<Draw> {
    let mut roster: Vec<OfficerId> = roster.into_iter().collect();
    roster.sort();
    roster.dedup();
    let seed = seed(head, passage, agency, round);
    let officer = pick(&seed, &roster)?.clone();
    Some(Draw {
        passage: passage.clone(),
        agency,
        officer,
        roster,
        seed,
        round,
    })
}

pub fn seed(head: &str, passage: &PassageId, agency: Agency, round: u32) -> String {
    format!("{head}|{passage}|{agency}|{round}")
}

/// The officer that the figures in `draw` lead to, whatever officer it names. `None`: the seed is
/// not of this case, or the roster is empty or unsorted.
pub fn recompute(draw: &Draw) -> Option<&OfficerId> {
    let (head, _) = draw.seed.split_once('|')?;
    let sorted = draw.roster.windows(2).all(|pair| pair[0] < pair[1]);
    let own = seed(head, &draw.passage, draw.agency, draw.round) == draw.seed;
    (sorted && own).then(|| pick(&draw.seed, &draw.roster))?
}

/// `roster[SHA-256(seed) as a big-endian number mod n]`.
fn pick<'a>(seed: &str, roster: &'a [OfficerId]) -> Option<&'a OfficerId> {
    let n = roster.len() as u64;
    if n == 0 {
        return None;
    }
    let digest = Sha256::digest(seed.as_bytes());
    let at = digest
        .iter()
        .fold(0_u64, |rest, byte| (rest * 256 + u64::from(*byte)) % n);
    roster.get(usize::try_from(at).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(n: usize) -> Vec<OfficerId> {
        (0..n)
            .map(|it| OfficerId::new(format!("o-{it:02}")))
            .collect()
    }

    fn passage() -> PassageId {
        "CN05-18204".parse().unwrap()
    }

    /// Computed once by hand with Python:
    /// `int.from_bytes(sha256(b"cm9vdA==|CN05-18204|customs|0").digest(), "big") % 7`.
    #[test]
    fn the_formula_is_the_one_written_down() {
        let it = draw("cm9vdA==", &passage(), Agency::Customs, 0, roster(7)).unwrap();
        assert_eq!(it.seed, "cm9vdA==|CN05-18204|customs|0");
        assert_eq!(it.officer, OfficerId::new("o-03"));
    }

    #[test]
    fn anybody_recomputes_it_and_sees_a_forged_one() {
        for round in 0..50 {
            let it = draw("cm9vdA==", &passage(), Agency::Veterinary, round, roster(5)).unwrap();
            assert_eq!(recompute(&it), Some(&it.officer));
            let other = roster(5).into_iter().find(|o| *o != it.officer).unwrap();
            let forged = Draw {
                officer: other,
                ..it.clone()
            };
            assert_ne!(recompute(&forged), Some(&forged.officer));
            let moved = Draw {
                round: round + 1,
                ..it.clone()
            };
            assert_eq!(recompute(&moved), None);
            let shuffled = Draw {
                roster: it.roster.iter().rev().cloned().collect(),
                ..it
            };
            assert_eq!(recompute(&shuffled), None);
        }
        assert_eq!(draw("cm9vdA==", &passage(), Agency::Customs, 0, []), None);
    }

    /// Chi squared over 74 officers and 20,000 cases: 73 degrees of freedom, 0.1 % bound 121.1.
    #[test]
    fn nobody_is_favoured() {
        let officers = roster(74);
        let mut drawn = std::collections::BTreeMap::<OfficerId, f64>::new();
        for number in 0..20_000 {
            let passage = PassageId {
                number,
                ..passage()
            };
            let it = draw("cm9vdA==", &passage, Agency::Customs, 0, officers.clone()).unwrap();
            *drawn.entry(it.officer).or_default() += 1.0;
        }
        let expected = 20_000.0 / 74.0;
        let chi: f64 = officers
            .iter()
            .map(|it| (drawn[it] - expected).powi(2) / expected)
            .sum();
        assert!(chi < 121.1, "{chi}");
    }
}
