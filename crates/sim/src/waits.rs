//! How long simulated devices, lane officers and officers wait for the programs they speak with. The
//! demo's clock follows it: a machine that answers slowly gets a slower clock (`demo::pace`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Waits(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    next: u64,
    open: BTreeMap<u64, Instant>,
    /// The longest that ended since it was last asked.
    ended: Duration,
}

/// Somebody waits until this is dropped.
#[derive(Debug)]
pub struct Wait {
    waits: Waits,
    number: u64,
}

impl Waits {
    pub fn begin(&self) -> Wait {
        let mut list = self.list();
        let number = list.next;
        list.next += 1;
        list.open.insert(number, Instant::now());
        Wait {
            waits: self.clone(),
            number,
        }
    }

    /// The longest wait, of those that last and of those that ended since this was last asked.
    pub fn longest(&self) -> Duration {
        let mut list = self.list();
        let ended = std::mem::take(&mut list.ended);
        let open = list.open.values().min().map(Instant::elapsed);
        open.unwrap_or_default().max(ended)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut list = self.waits.list();
        if let Some(since) = list.open.remove(&self.number) {
            list.ended = list.ended.max(since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_wait_counts_and_one_that_ended_counts_once() {
        let waits = Waits::default();
        assert_eq!(waits.longest(), Duration::ZERO);
        let wait = waits.begin();
        std::thread::yield_now();
        let open = waits.longest();
        assert!(open > Duration::ZERO);
        drop(wait);
        assert!(waits.longest() >= open);
        assert_eq!(waits.longest(), Duration::ZERO);
    }
}
