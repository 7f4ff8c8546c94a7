//! Parcels at the checkpoint: makes one for the centre, takes the centre's. While the program runs
//! it alone writes the ledger: whoever has a file puts it into the inbox and waits for the answer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::fact::Fact;
use domain::unit::{CheckpointId, UtcMs};
use ledger::{Draft, Ledger, Options, Reading};
use link::driver::down_origin;
use link::enrol::Identity;
use link::parcel::ParcelError;
use link::parcel::envelope::{Envelope, Receiver};
use link::parcel::export::{Export, Exported};
use link::parcel::import::{Imported, Ledgers, import};
use link::parcel::inbox::{Answer, Inbox};
use tokio::sync::broadcast;

use crate::intake::{Intake, TellError};
use crate::main_loop::Event;

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two words about how far a file was taken.
const PROGRESS_BYTES: u64 = 4 << 20;

/// Where a checkpoint's data folder has its ledger.
pub fn ledger_folder(data: &Path) -> PathBuf {
    data.join("ledger")
}

/// A parcel for the centre, of what it is not known to hold.
pub async fn export(
    data: &Path,
    identity: &Path,
    made_at: UtcMs,
    with: (Option<u64>, bool),
    out: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<Exported, ParcelError> {
    let identity = Identity::load(identity)?;
    let ledger = Reading::open(&ledger_folder(data)).await?;
    let key = identity
        .centre_parcel_key()
        .ok_or_else(|| ParcelError::NoKey("centre".into()))?;
    let (from, with_blobs) = with;
    let export = Export {
        identity: &identity,
        to: "centre",
        key,
        own: &ledger,
        copies: &ledger,
        theirs: &[down_origin(&CheckpointId::new(&identity.node))],
        made_at,
        from,
        with_blobs,
    };
    export.write(out, progress).await
}

/// Takes a parcel of the centre while no program runs.
pub async fn import_stopped(
    data: &Path,
    identity: &Path,
    now: UtcMs,
    parcel: &Path,
    progress: impl FnMut(u64),
) -> Result<Imported, ParcelError> {
    let identity = Identity::load(identity)?;
    let folder = ledger_folder(data);
    let (ledger, _) = Ledger::open(&folder, &identity.node, Options::default()).await?;
    let taken = take(&ledger, &identity, parcel, progress).await;
    if let Ok(imported) = &taken {
        let fact = said(imported);
        let passage = None;
        ledger
            .append(vec![Draft {
                at: now,
                passage,
                fact,
            }])
            .await?;
    }
    ledger.close().await?;
    taken
}

fn said(it: &Imported) -> Fact {
    Fact::ParcelImported {
        from: it.from.clone(),
        parcel: it.parcel,
        made_at: it.made_at,
        records: it.records,
        blobs: it.blobs,
    }
}

async fn take(
    ledger: &Ledger,
    identity: &Identity,
    parcel: &Path,
    progress: impl FnMut(u64),
) -> Result<Imported, ParcelError> {
    let receiver = Receiver::checkpoint(identity);
    let envelope = Envelope::inspect(parcel, &receiver)?;
    let into = Ledgers {
        own: ledger.clone(),
        copies: ledger.clone(),
        accepts: vec![down_origin(&CheckpointId::new(&identity.node))],
        events: broadcast::channel(1).0,
    };
    import(&envelope, &receiver, &into, progress).await
}

/// Takes what is put into the inbox, for as long as the program runs.
pub(crate) async fn run(intake: Intake, data: PathBuf, identity: PathBuf) -> Result<(), TellError> {
    let inbox = Inbox::new(&data);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some((name, path)) = inbox.next() else {
            continue;
        };
        let of = std::fs::metadata(&path).map_or(0, |it| it.len());
        let mut told = 0;
        let working = |bytes| {
            if bytes >= told + PROGRESS_BYTES {
                told = bytes;
                say(&inbox, &name, &Answer::Working { bytes, of });
            }
        };
        let taken = match Identity::load(&identity) {
            Ok(identity) => take(&intake.ledger, &identity, &path, working).await,
            Err(why) => Err(why.into()),
        };
        if let Ok(imported) = &taken {
            intake.tell(Event::Did(Box::new(said(imported)))).await?;
        }
        say(&inbox, &name, &Answer::from(taken));
    }
}

fn say(inbox: &Inbox, name: &str, answer: &Answer) {
    if let Err(why) = inbox.answer(name, answer) {
        tracing::error!(%why, name, "the inbox of parcels");
    }
}
