//! The display domain of our radiographs, `log12`: what a pixel value means. Chosen and measured with
//! the corpus: noise is about even over the range, so no bits are spent on it twice.
//!
//! `value = 4095 (1 - (x / ln 10^4)^0.85)`, `x = -ln T` of the transmission `T` between 10^-4 and 1:
//! open air is 4095, nothing coming through is 0. The mapping is fixed; the open level that made `T`
//! out of detector counts travels in the metadata.

/// Greatest pixel value: open air.
pub const OPEN: u16 = 4095;
/// `-ln T` at pixel value 0.
pub const DARKEST: f64 = 9.210_340_371_976_184;
const POWER: f64 = 0.85;

/// Pixel value of detector counts, `open_level` being the counts of open air.
pub fn from_linear(counts: u16, open_level: u16) -> u16 {
    let transmission = f64::from(counts) / f64::from(open_level.max(1));
    from_absorption(-transmission.max(1e-300).ln())
}

/// Pixel value of `-ln T`.
pub fn from_absorption(absorption: f64) -> u16 {
    let share = (absorption.clamp(0.0, DARKEST) / DARKEST).powf(POWER);
    (f64::from(OPEN) * (1.0 - share)).round() as u16
}

/// `-ln T` of a pixel value; the way back of [`from_absorption`] within its rounding.
pub fn absorption(value: u16) -> f64 {
    let share = 1.0 - f64::from(value.min(OPEN)) / f64::from(OPEN);
    share.powf(1.0 / POWER) * DARKEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for value in 0..=OPEN {
            assert_eq!(from_absorption(absorption(value)), value);
        }
    }

    #[test]
    fn fixed_points_of_the_corpus() {
        // Counts of the corpus' 16-bit image (open level 60 000) at its 12-bit values.
        for (counts, value) in [(912, 2000), (8_525, 3000), (23_155, 3500), (53_754, 4000)] {
            assert_eq!(from_linear(counts, 60_000), value);
        }
        assert_eq!(from_linear(0, 60_000), 0);
        assert_eq!(from_linear(65_535, 60_000), OPEN);
        assert_eq!(from_linear(1, 0), OPEN);
    }
}
