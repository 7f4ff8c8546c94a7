//! What every route can reach: the state to read, the main loop to ask, the ledgers' blobs, the
//! tables. Not here: any rule.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use domain::unit::{BlobHash, CheckpointId};
use ledger::{BlobStatus, Ledger};
use tokio::sync::{mpsc, oneshot};

use crate::db::Db;
use crate::live::Live;
use crate::main_loop::{Answer, Event, Want};
use crate::previews::Previews;
use crate::problem::{Code, Problem};
use crate::state::{OwnLedger, State};
use served::clock::Clock;

/// The centre's ledgers, by what they are for.
#[derive(Debug, Clone)]
pub struct Ledgers {
    /// Draws, cases, seats; the copies of every checkpoint's own ledger; their blobs.
    pub internal: Ledger,
    /// What is addressed to one checkpoint each.
    pub posts: BTreeMap<CheckpointId, Ledger>,
}

impl Ledgers {
    pub fn own(&self, which: &OwnLedger) -> Option<&Ledger> {
        match which {
            OwnLedger::Internal => Some(&self.internal),
            OwnLedger::Post(checkpoint) => self.posts.get(checkpoint),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Ledger> {
        std::iter::once(&self.internal).chain(self.posts.values())
    }
}

/// What reaches the main loop.
pub enum Call {
    Event(Event),
    Wants {
        want: Box<Want>,
        reply: oneshot::Sender<Result<Answer, Problem>>,
    },
}

/// Asks a checkpoint to send a blob before its turn: the hash, and up to which byte.
pub type Promote = Arc<dyn Fn(&CheckpointId, BlobHash, Option<u64>) + Send + Sync>;

pub struct App {
    pub db: Db,
    pub state: Arc<RwLock<State>>,
    pub calls: mpsc::Sender<Call>,
    pub live: Live,
    pub clock: Clock,
    pub ledgers: Ledgers,
    pub previews: Previews,
    pub promote: Promote,
    /// Where planners leave their plans.
    pub plans: PathBuf,
    pub demo: bool,
    /// Whether cookies travel over TLS only.
    pub secure_cookies: bool,
    pub stopping: tokio_util::sync::CancellationToken,
    pub streams: Arc<tokio::sync::Semaphore>,
}

impl App {
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        // A poisoned state is still the fold of the ledgers up to the record that failed.
        self.state
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Asks the main loop; comes back when what was asked is durable, or refused.
    pub async fn ask(&self, want: Want) -> Result<Answer, Problem> {
        let (reply, answer) = oneshot::channel();
        let call = Call::Wants {
            want: Box::new(want),
            reply,
        };
        self.calls.send(call).await.map_err(|_| Code::Busy)?;
        answer.await.map_err(|_| Code::Busy)?
    }

    /// Bytes so far and the whole size; `None` when nothing has come.
    pub async fn blob(&self, hash: BlobHash) -> Result<Option<(Vec<u8>, u64)>, Problem> {
        let ledger = &self.ledgers.internal;
        let failed = |error: ledger::Error| {
            tracing::error!(%error, %hash, "reading a blob");
            Problem::new(Code::Internal, "the blob cannot be read; the log says why")
        };
        match ledger.blob_status(hash).await.map_err(failed)? {
            BlobStatus::Absent => Ok(None),
            BlobStatus::Partial { .. } => ledger.partial_blob(hash).await.map_err(failed),
            BlobStatus::Complete { len } => {
                let whole = ledger.blob(hash).await.map_err(failed)?;
                Ok(whole.map(|bytes| (bytes, len)))
            }
        }
    }
}
