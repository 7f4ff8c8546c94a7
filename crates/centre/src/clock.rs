//! The centre's clock. In service it is the wall's; in a demo it starts where it is told and runs
//! faster, and every screen says so. Only shells read it: the main loop gets time as an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::unit::UtcMs;

/// Simulated now = `start` + (wall - wall at start) * `rate`.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: UtcMs,
    wall_start: UtcMs,
    rate: f64,
}

impl Clock {
    /// The wall's own time.
    pub fn wall() -> Clock {
        let now = wall_now();
        Clock {
            start: now,
            wall_start: now,
            rate: 1.0,
        }
    }

    /// Shows `start` now and runs `rate` times as fast as the wall. A rate that is not a positive
    /// number counts as 1.
    pub fn starting(start: UtcMs, rate: f64) -> Clock {
        Clock::anchored(start, wall_now(), rate)
    }

    /// As [`Clock::starting`], but showed `start` at `wall_start`: two programs given the same
    /// three figures show the same time.
    pub fn anchored(start: UtcMs, wall_start: UtcMs, rate: f64) -> Clock {
        let rate = if rate.is_finite() && rate > 0.0 {
            rate
        } else {
            1.0
        };
        Clock {
            start,
            wall_start,
            rate,
        }
    }

    pub fn now(&self) -> UtcMs {
        let passed = wall_now().since_ms(self.wall_start) as f64 * self.rate;
        self.start.plus_ms(passed as i64)
    }

    pub fn rate(&self) -> f64 {
        self.rate
    }
}

/// The wall's time, for what must not run faster: sessions, throttling.
pub fn wall_now() -> UtcMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    UtcMs(since.as_millis() as i64)
}
