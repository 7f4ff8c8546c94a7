//! The time of a simulated world: runs `rate` times as fast as the wall's. The checkpoints and
//! the centre of a demo are given the same three figures and show the same time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::unit::UtcMs;

/// Showed `shown_ms` when the wall's clock showed `wall_ms`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    pub wall_ms: i64,
    pub shown_ms: i64,
    pub rate: f64,
}

impl Clock {
    /// Shows the wall's time now and runs `rate` times as fast; a rate that is not a positive
    /// number counts as 1.
    pub fn starting_now(rate: f64) -> Clock {
        let wall_ms = wall_ms();
        let rate = if rate.is_finite() && rate > 0.0 {
            rate
        } else {
            1.0
        };
        Clock {
            wall_ms,
            shown_ms: wall_ms,
            rate,
        }
    }

    pub fn now(&self) -> UtcMs {
        let gone = (wall_ms() - self.wall_ms) as f64 * self.rate;
        UtcMs(self.shown_ms + gone as i64)
    }

    /// What `shown_ms` of this clock take on the wall's.
    pub fn wall(&self, shown_ms: i64) -> Duration {
        Duration::from_secs_f64((shown_ms.max(0) as f64 / 1000.0 / self.rate).max(0.0))
    }

    /// Sleeps for `shown_ms` of this clock.
    pub async fn sleep(&self, shown_ms: i64) {
        tokio::time::sleep(self.wall(shown_ms)).await;
    }

    /// Sleeps until this clock shows `at`.
    pub async fn sleep_until(&self, at: UtcMs) {
        self.sleep(at.since_ms(self.now())).await;
    }
}

fn wall_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as i64
}
