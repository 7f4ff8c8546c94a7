//! When trucks come: by chance over the day, or by booked slots.

use domain::unit::UtcMs;

use super::scenario::BEGIN;
use crate::chance::Chance;
use crate::traffic;

const HOUR_MS: i64 = 3_600_000;

/// By chance: more by day than by night, and as the day of the week is.
pub fn walk_in(
    seed: u64,
    purpose: &str,
    per_hour: f64,
    weekday: [f64; 7],
) -> impl Iterator<Item = UtcMs> + use<> {
    let peak = weekday.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut chance = Chance::of(seed, &format!("weekdays {purpose}"), 0);
    let all = traffic::arrivals(seed, purpose, BEGIN, per_hour * peak + 1e-9);
    all.filter(move |at| {
        let day = at.since_ms(BEGIN).div_euclid(24 * HOUR_MS).rem_euclid(7);
        chance.happens(weekday[day as usize] / peak)
    })
}

/// Booked trucks: evenly over the day, each a quarter of an hour early or late.
pub fn even(seed: u64, purpose: &str, per_hour: f64) -> impl Iterator<Item = UtcMs> + use<> {
    let mut chance = Chance::of(seed, &format!("slots {purpose}"), 0);
    let mut at = BEGIN.0 as f64;
    let mut last = BEGIN.0;
    std::iter::from_fn(move || {
        if per_hour <= 0.0 {
            return None;
        }
        at += HOUR_MS as f64 / per_hour;
        let drawn = at + chance.between(-15.0, 15.0) * 60_000.0;
        last = last.max(drawn as i64);
        Some(UtcMs(last))
    })
}

/// Two rows of instants as one.
pub struct Merged<A: Iterator<Item = UtcMs>, B: Iterator<Item = UtcMs>> {
    a: std::iter::Peekable<A>,
    b: std::iter::Peekable<B>,
}

impl<A: Iterator<Item = UtcMs>, B: Iterator<Item = UtcMs>> Merged<A, B> {
    pub fn new(a: A, b: B) -> Merged<A, B> {
        Merged {
            a: a.peekable(),
            b: b.peekable(),
        }
    }
}

impl<A: Iterator<Item = UtcMs>, B: Iterator<Item = UtcMs>> Iterator for Merged<A, B> {
    type Item = UtcMs;

    fn next(&mut self) -> Option<UtcMs> {
        match (self.a.peek(), self.b.peek()) {
            (Some(a), Some(b)) if b < a => self.b.next(),
            (Some(_), _) => self.a.next(),
            (None, _) => self.b.next(),
        }
    }
}
