//! How anything outside reaches the main loop: devices, the link, the screen, the timer.
//!
//! `tell` comes back when the facts that followed are durable, so that an answer to a device or
//! a person is never given before the fsync.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use devices::garbled::Garbled;
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::unit::{BlobHash, DeviceId, LaneId};
use ledger::Ledger;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::journal::Journal;
use crate::main_loop::{Event, Sense};
use served::clock::Clock;

/// An event on its way to the loop, and who waits for it.
pub struct Told {
    pub event: Event,
    pub done: oneshot::Sender<Result<(), TellError>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TellError {
    #[error("the checkpoint is stopping; send it again to the next one that answers")]
    Stopping,
    #[error("not recorded: {0}")]
    NotRecorded(String),
}

#[derive(Clone)]
pub struct Intake {
    pub clock: Clock,
    pub ledger: Ledger,
    events: mpsc::Sender<Told>,
    journal: Arc<Mutex<Journal>>,
    /// Whether raw bytes of garbled messages are kept as blobs; not while the disk fills.
    pub(crate) keeps_raw: Arc<AtomicBool>,
}

impl Intake {
    pub fn new(
        clock: Clock,
        ledger: Ledger,
        events: mpsc::Sender<Told>,
        journal: Journal,
    ) -> Intake {
        Intake {
            clock,
            ledger,
            events,
            journal: Arc::new(Mutex::new(journal)),
            keeps_raw: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Hands the event over and waits until what follows from it is durable.
    pub async fn tell(&self, event: Event) -> Result<(), TellError> {
        let (done, answer) = oneshot::channel();
        let told = Told { event, done };
        self.events
            .send(told)
            .await
            .map_err(|_| TellError::Stopping)?;
        answer.await.unwrap_or(Err(TellError::Stopping))
    }

    pub async fn sensed(&self, lane: LaneId, sense: Sense) -> Result<(), TellError> {
        self.tell(Event::Sensed { lane, sense }).await
    }

    pub async fn reading(&self, lane: LaneId, input: Input) -> Result<(), TellError> {
        self.sensed(lane, Sense::Reading(Box::new(input))).await
    }

    pub async fn health(
        &self,
        device: &DeviceId,
        health: DeviceHealth,
        why: &str,
    ) -> Result<(), TellError> {
        self.tell(Event::Health {
            device: device.clone(),
            health,
            why: why.to_owned(),
        })
        .await
    }

    /// Keeps raw bytes before anybody parses them. A journal that cannot write is reported and
    /// does not stop the lane: the ledger decides about a full disk.
    pub fn keep(&self, device: &DeviceId, bytes: &[u8]) {
        let now = self.clock.now();
        let Ok(mut journal) = self.journal.lock() else {
            return;
        };
        if let Err(why) = journal.keep(device.as_str(), bytes, now) {
            tracing::error!(%device, %why, "the journal of raw bytes cannot write");
        }
    }

    pub async fn blob(&self, bytes: &[u8]) -> Result<BlobHash, TellError> {
        let put = self.ledger.put_blob(bytes).await;
        put.map_err(|why| TellError::NotRecorded(why.to_string()))
    }

    /// Records bytes that a decoder refused, and keeps them as a blob.
    pub async fn garbled(
        &self,
        device: &DeviceId,
        garbled: &Garbled,
        bytes: &[u8],
    ) -> Result<(), TellError> {
        let raw = match self.keeps_raw.load(Ordering::Relaxed) {
            true => self.blob(bytes).await.ok(),
            false => None,
        };
        let (at, why) = (garbled.at, garbled.why.clone());
        self.tell(Event::Garbled {
            device: device.clone(),
            at,
            why,
            raw,
        })
        .await
    }
}
