//! Draws from a seed: a stream of its own for every purpose, so that one more draw in one place
//! changes nothing in another. Not a source of secrets, and never of a fact: the checkpoint has
//! its own randomness.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use rand::RngExt;

/// A stream of draws named by what it is for.
#[derive(Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of `seed` for `purpose` number `index`; the same three give the same draws.
    pub fn of(seed: u64, purpose: &str, index: u64) -> Chance {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&index.to_le_bytes());
        // FNV-1a over the purpose: only has to separate a dozen names.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        key[16..24].copy_from_slice(&hash.to_le_bytes());
        Chance(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    pub fn whole(&mut self) -> u64 {
        self.0.random::<u64>()
    }

    /// Uniform in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            0
        } else {
            self.0.random_range(0..bound)
        }
    }

    /// True in the given share of draws.
    pub fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Index of one of `weights`, drawn in proportion.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential waiting time of mean `mean`.
    pub fn waiting(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Log-normal with the given median; `spread` is sigma of the logarithm.
    pub fn around(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }

    /// Poisson count of mean `mean`: by products below 60, by the normal above.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 60.0 {
            return (mean + mean.sqrt() * self.normal() + 0.5).max(0.0) as u32;
        }
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    pub fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }

    pub fn letters(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| *self.one_of(&alphabet)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |purpose, index| Chance::of(7, purpose, index).whole();
        assert_eq!(draw("truck", 3), draw("truck", 3));
        assert_ne!(draw("truck", 3), draw("truck", 4));
        assert_ne!(draw("truck", 3), draw("portal", 3));
    }

    #[test]
    fn counts_have_the_mean_asked_for() {
        for mean in [0.4, 8.0, 55.0, 240.0] {
            let mut chance = Chance::of(1, "poisson", 0);
            let sum: u64 = (0..20_000).map(|_| u64::from(chance.poisson(mean))).sum();
            let got = sum as f64 / 20_000.0;
            assert!(
                (got - mean).abs() < 5.0 * (mean / 20_000.0).sqrt(),
                "{got} for {mean}"
            );
        }
    }
}
