//! Live updates: what changed goes to every open event stream, without polling. Not here: what a
//! viewer may hear of (`routes/events.rs`).

use tokio::sync::broadcast;

use crate::wire::Changed;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live(broadcast::Sender<Changed>);

impl Live {
    pub fn new() -> Live {
        Live(broadcast::channel(1_024).0)
    }

    pub fn publish(&self, changed: Changed) {
        // Nobody listening is no error.
        let _ = self.0.send(changed);
    }

    pub fn listen(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }
}

impl Default for Live {
    fn default() -> Live {
        Live::new()
    }
}
