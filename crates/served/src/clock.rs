//! The clock of a program. In service it is the wall's. In a demo it shows another time and runs
//! faster, and every screen says so; its pace changes while it runs, because a demo must not run
//! faster than its machine can follow. Only shells read it: main loops get time as an argument.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::unit::UtcMs;
use tokio::sync::watch;

/// At wall time `wall_ms` the clock shows `shown_ms`; from there it runs `rate` times as fast.
/// Programs with the same three figures show the same time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    pub wall_ms: i64,
    pub shown_ms: i64,
    /// Above 0.
    pub rate: f64,
}

impl Pace {
    /// The wall's own.
    pub const WALL: Pace = Pace {
        wall_ms: 0,
        shown_ms: 0,
        rate: 1.0,
    };

    fn at(&self, wall_ms: i64) -> i64 {
        let gone = wall_ms.saturating_sub(self.wall_ms) as f64 * self.rate;
        self.shown_ms.saturating_add(gone as i64)
    }
}

/// `WALL_MS:SHOWN_MS:RATE`, as the demo hands it to the programs it starts.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.wall_ms, self.shown_ms, self.rate)
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Pace, String> {
        let wrong =
            || format!("{text:?} is no pace: write WALL_MS:SHOWN_MS:RATE, the rate above 0");
        let mut parts = text.trim().split(':');
        let mut whole = || parts.next()?.parse().ok();
        let (wall_ms, shown_ms) = (whole().ok_or_else(wrong)?, whole().ok_or_else(wrong)?);
        let rate = parts.next().and_then(|it| it.parse().ok());
        let rate: f64 = rate.ok_or_else(wrong)?;
        if parts.next().is_some() || !rate.is_finite() || rate <= 0.0 {
            return Err(wrong());
        }
        Ok(Pace {
            wall_ms,
            shown_ms,
            rate,
        })
    }
}

/// Clones are the same clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    pace: watch::Sender<Pace>,
    /// The latest time shown: a new pace never sets the clock back.
    latest: AtomicI64,
}

impl Clock {
    /// The wall's own time.
    pub fn wall() -> Clock {
        Clock::paced(Pace::WALL)
    }

    /// Shows `start` now and runs `rate` times as fast as the wall. A rate that is not a positive
    /// number counts as 1.
    pub fn starting(start: UtcMs, rate: f64) -> Clock {
        Clock::paced(Pace {
            wall_ms: wall_now().0,
            shown_ms: start.0,
            rate: if rate.is_finite() && rate > 0.0 {
                rate
            } else {
                1.0
            },
        })
    }

    pub fn paced(pace: Pace) -> Clock {
        Clock(Arc::new(Hands {
            pace: watch::Sender::new(pace),
            latest: AtomicI64::new(i64::MIN),
        }))
    }

    pub fn now(&self) -> UtcMs {
        let now = self.pace().at(wall_now().0);
        UtcMs(self.0.latest.fetch_max(now, Ordering::SeqCst).max(now))
    }

    pub fn pace(&self) -> Pace {
        *self.0.pace.borrow()
    }

    pub fn rate(&self) -> f64 {
        self.pace().rate
    }

    /// Goes on at this pace. Where it would show less than has been shown, the clock stands still
    /// until that time is reached.
    pub fn set_pace(&self, pace: Pace) {
        self.0.pace.send_replace(pace);
    }

    /// The pace that goes on from the time shown now, `rate` times as fast as the wall.
    pub fn pace_from_now(&self, rate: f64) -> Pace {
        let wall_ms = wall_now().0;
        Pace {
            wall_ms,
            shown_ms: self.pace().at(wall_ms),
            rate,
        }
    }

    /// To wait for a change of the pace with.
    pub fn changes(&self) -> watch::Receiver<Pace> {
        self.0.pace.subscribe()
    }

    /// How long the wall's clock takes for `shown` of this one, at the pace of now.
    pub fn on_wall(&self, shown: Duration) -> Duration {
        shown.div_f64(self.rate().max(1e-6))
    }

    /// Sleeps until this clock shows `at`, however its pace changes.
    pub async fn sleep_until(&self, at: UtcMs) {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            let left_ms = at.since_ms(self.now());
            if left_ms <= 0 {
                return;
            }
            let left = self.on_wall(Duration::from_millis(left_ms as u64));
            // Timers are good to a millisecond: to wake before the time would only spin.
            let left = left.max(Duration::from_millis(1));
            tokio::select! {
                () = tokio::time::sleep(left) => (),
                _ = changes.changed() => (),
            }
        }
    }

    /// Sleeps for `shown_ms` of this clock.
    pub async fn sleep(&self, shown_ms: i64) {
        self.sleep_until(self.now().plus_ms(shown_ms)).await;
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::wall()
    }
}

/// The wall's time, for what must not run faster: sessions, throttling.
pub fn wall_now() -> UtcMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UtcMs(since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_read_as_it_is_written() {
        let pace = Pace {
            wall_ms: 1_795_400_000_000,
            shown_ms: -5,
            rate: 12.5,
        };
        assert_eq!(pace.to_string().parse(), Ok(pace));
        for wrong in [
            "", "1", "1:2", "1:2:0", "1:2:-3", "1:2:nan", "1:2:3:4", "a:2:3",
        ] {
            assert!(wrong.parse::<Pace>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_slower_pace_never_sets_the_clock_back() {
        let clock = Clock::starting(UtcMs(1_000_000), 1000.0);
        let seen = clock.now();
        let late = Pace {
            shown_ms: seen.0 - 50_000,
            ..clock.pace_from_now(1.0)
        };
        clock.set_pace(late);
        assert!(clock.now() >= seen);
        assert_eq!(clock.rate(), 1.0);
    }

    #[tokio::test]
    async fn a_sleeper_follows_a_change_of_pace() {
        let clock = Clock::starting(UtcMs(0), 1e-3);
        let sleeper = clock.clone();
        let slept = tokio::spawn(async move { sleeper.sleep_until(UtcMs(3_600_000)).await });
        tokio::task::yield_now().await;
        // An hour of this clock would have taken forty days.
        clock.set_pace(clock.pace_from_now(1e6));
        slept.await.expect("the sleeper wakes");
        assert!(clock.now() >= UtcMs(3_600_000));
    }
}
