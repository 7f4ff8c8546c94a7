//! What the programs have acknowledged, written down by those who were told so: devices, lane
//! officers, officers and carriers. It lives outside the programs and survives their death, so
//! that after a run it can be held against the ledgers. It judges nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::unit::UtcMs;
use tokio::sync::watch;

use served::clock::Clock;

/// Something that got its 2xx, with the time of the first attempt and of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledged {
    /// Who answered: `CN05`, or `centre`.
    pub by: String,
    pub deed: Deed,
    pub from: UtcMs,
    pub until: UtcMs,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A camera's message, by the number the camera gave it.
    Plate { message: String },
    /// The reader's text has no number of its own: the code as painted.
    Container { code: String },
    /// A document, by the number the reader gave its message.
    Document { message: String },
    /// A radiograph, by its scan; BLAKE3 of the bytes in hexadecimal.
    Image { scan: String, hash: String },
    /// Everything on board was presented at this lane.
    DocumentsDone,
    /// What a lane officer did about a passage: `aside`, `order/centre.CN05/4/start`.
    LaneOfficer { passage: String, what: String },
    /// An officer's decision, recorded under this sequence of the ledger that goes to the
    /// passage's checkpoint.
    Decision {
        passage: String,
        officer: String,
        sequence: u64,
    },
    /// An order, by the name the centre gave it.
    Order { passage: String, order: String },
    /// A carrier's notification, by the reference the centre gave.
    Notification { id: String },
    /// Not an answer but the arm itself: it rose for this permit of this passage.
    Opening { passage: u64, permit: u32 },
}

/// The log, shared by all who write into it. One that is off keeps nothing.
#[derive(Debug, Clone)]
pub struct Log(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    list: Mutex<Vec<Acknowledged>>,
    last: watch::Sender<(u64, String)>,
}

impl Log {
    pub fn off() -> Log {
        Log(None)
    }

    pub fn keeping(clock: Clock) -> Log {
        Log(Some(Arc::new(Shared {
            clock,
            list: Mutex::default(),
            last: watch::channel((0, String::new())).0,
        })))
    }

    pub fn now(&self) -> UtcMs {
        self.0.as_ref().map_or(UtcMs(0), |it| it.clock.now())
    }

    /// `by` has answered 2xx to what was first tried at `from`.
    pub fn add(&self, by: &str, deed: Deed, from: UtcMs) {
        let Some(shared) = &self.0 else { return };
        let until = shared.clock.now();
        let by = by.to_owned();
        let entry = Acknowledged {
            by: by.clone(),
            deed,
            from,
            until,
        };
        list(shared).push(entry);
        shared.last.send_modify(|it| *it = (it.0 + 1, by));
    }

    pub fn all(&self) -> Vec<Acknowledged> {
        self.0
            .as_ref()
            .map(|it| list(it).clone())
            .unwrap_or_default()
    }

    /// How many so far.
    pub fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |it| list(it).len())
    }

    /// Comes back as soon as `by` has acknowledged something more.
    pub async fn next_of(&self, by: &str) {
        let Some(shared) = &self.0 else {
            return std::future::pending().await;
        };
        let mut last = shared.last.subscribe();
        while last.changed().await.is_ok() {
            if last.borrow_and_update().1 == by {
                return;
            }
        }
    }
}

fn list(shared: &Shared) -> MutexGuard<'_, Vec<Acknowledged>> {
    shared.list.lock().unwrap_or_else(PoisonError::into_inner)
}
