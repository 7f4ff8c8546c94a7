//! The demo's clock follows the machine: its rate falls when devices, officers or the programs'
//! starts wait long, and rises again to what was asked for. So a run on a busy machine takes longer
//! on the wall and shows the same day.

use std::time::Duration;

use link::emulator::{Emulator, Line};
use served::clock::Clock;
use tokio::time::Instant;

use crate::waits::Waits;

/// A wait for a machine may take this much of the demo's time, ms: half a minute goes by while a
/// driver climbs down, and no rule has a shorter deadline.
const WAIT_SHOWN_MS: f64 = 45_000.0;
const LOOK: Duration = Duration::from_millis(100);
/// What the rate grows by from one look to the next.
const GROWTH: f64 = 1.08;
/// Smaller changes are not worth telling.
const WORTH: f64 = 0.04;

/// The line of the narrow checkpoint, in the demo's time.
#[derive(Debug, Clone, Copy)]
pub struct Narrow {
    pub rate_bps: f64,
    pub delay_ms: f64,
}

impl Narrow {
    pub fn line(&self, rate: f64) -> Line {
        Line {
            rate_bps: (self.rate_bps * rate) as u64,
            delay_ms: (self.delay_ms / rate).ceil() as u64,
            ..Line::satellite(0)
        }
    }
}

/// Keeps the pace for ever.
pub async fn keep(clock: Clock, waits: Waits, emulator: &Emulator, narrow: Narrow) {
    let asked = clock.rate();
    loop {
        let due = Instant::now() + LOOK;
        tokio::time::sleep_until(due).await;
        // Our own timers are late when the processors are.
        let waited = waits.longest().max(due.elapsed());
        let rate = clock.rate();
        let next = next_rate(rate, asked, waited);
        if (next - rate).abs() < WORTH * rate && next != asked || next == rate {
            continue;
        }
        clock.set_pace(clock.pace_from_now(next));
        let line = narrow.line(next);
        emulator.change(|it| {
            it.rate_bps = line.rate_bps;
            it.delay_ms = line.delay_ms;
        });
    }
}

/// The rate at which `waited` takes no more of the demo's time than it may; at once where that is
/// slower, by and by where it is faster.
fn next_rate(rate: f64, asked: f64, waited: Duration) -> f64 {
    let waited_ms = waited.as_secs_f64() * 1000.0;
    let possible = WAIT_SHOWN_MS / waited_ms.max(1e-3);
    possible
        .min(rate * GROWTH)
        .min(asked)
        .max(1.0_f64.min(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_at_once_and_rises_by_and_by() {
        let quick = Duration::from_millis(20);
        assert_eq!(next_rate(90.0, 90.0, quick), 90.0);
        let slow = next_rate(90.0, 90.0, Duration::from_secs(3));
        assert_eq!(slow, 15.0);
        let mut rate = slow;
        let mut looks = 0;
        while rate < 90.0 {
            rate = next_rate(rate, 90.0, quick);
            looks += 1;
        }
        assert!((10..60).contains(&looks), "{looks}");
        assert_eq!(next_rate(90.0, 90.0, Duration::from_secs(600)), 1.0);
        assert_eq!(next_rate(0.5, 0.5, Duration::from_secs(600)), 0.5);
    }

    /// However long an answer takes, little of the demo's time goes by while it is waited for.
    #[test]
    fn a_wait_takes_minutes_of_the_demo_and_not_hours() {
        let (mut rate, mut shown_s) = (90.0, 0.0);
        for look in 0..100 {
            shown_s += rate * LOOK.as_secs_f64();
            rate = next_rate(rate, 90.0, LOOK * (look + 1));
        }
        assert!(
            shown_s < 240.0,
            "{shown_s} s of the demo in 10 s of waiting"
        );
    }
}
