//! A place where trucks are served, first come first served, by so many servers.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub struct Station {
    servers: u32,
    busy: u32,
    /// Servers out of order; one that breaks while it serves ends its service first.
    down: u32,
    queue: VecDeque<usize>,
}

impl Station {
    pub fn new(servers: u32) -> Station {
        Station {
            servers: servers.max(1),
            ..Station::default()
        }
    }

    pub fn join(&mut self, truck: usize) {
        self.queue.push_back(truck);
    }

    /// The next truck to be served, when a server is free.
    pub fn take(&mut self) -> Option<usize> {
        if self.busy + self.down >= self.servers {
            return None;
        }
        let truck = self.queue.pop_front()?;
        self.busy += 1;
        Some(truck)
    }

    pub fn free(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    pub fn breaks(&mut self) {
        self.down += 1;
    }

    pub fn mended(&mut self) {
        self.down = self.down.saturating_sub(1);
    }

    pub fn is_out(&self) -> bool {
        self.down >= self.servers
    }

    pub fn waiting(&self) -> impl Iterator<Item = usize> {
        self.queue.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }
}
