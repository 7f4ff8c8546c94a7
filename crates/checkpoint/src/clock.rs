//! The node's clock. In the demo it runs faster than the wall's, and every screen says so.
//!
//! Two programs with the same `ClockConfig` show the same time, also after a restart.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};

/// At wall time `wall_ms` this clock shows `shown_ms`; from there it runs `rate` times as fast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfig {
    pub wall_ms: i64,
    pub shown_ms: i64,
    pub rate: f64,
}

impl Default for ClockConfig {
    fn default() -> Self {
        ClockConfig {
            wall_ms: 0,
            shown_ms: 0,
            rate: 1.0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Clock(ClockConfig);

impl Clock {
    pub fn new(config: ClockConfig) -> Clock {
        Clock(config)
    }

    pub fn rate(&self) -> f64 {
        self.0.rate
    }

    pub fn now(&self) -> UtcMs {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let gone = wall.as_millis() as i64 - self.0.wall_ms;
        UtcMs(self.0.shown_ms + (gone as f64 * self.0.rate) as i64)
    }

    /// How long the wall's clock takes for `shown` of this one.
    pub fn wall(&self, shown: Duration) -> Duration {
        shown.div_f64(self.0.rate.max(f64::MIN_POSITIVE))
    }
}
