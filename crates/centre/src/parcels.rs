//! Parcels at the centre: makes one for a checkpoint, takes those of checkpoints. While the program
//! runs it alone writes the ledgers: whoever has a file puts it into the inbox and waits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::fact::Fact;
use domain::unit::{CheckpointId, UtcMs};
use ledger::{Draft, Ledger, Options, Reading};
use link::driver::LinkEvent;
use link::enrol::Ca;
use link::parcel::ParcelError;
use link::parcel::envelope::{Envelope, Receiver};
use link::parcel::export::{Export, Exported};
use link::parcel::import::{self, Imported};
use link::parcel::inbox::{Answer, Inbox};
use tokio::sync::broadcast;

use crate::app::{App, Call};
use crate::main_loop::Event;
use crate::program::held;

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two words about how far a file was taken.
const PROGRESS_BYTES: u64 = 4 << 20;
const BLOBS_HEARD: usize = 4_096;

/// Folders of the centre's data.
pub fn authority_folder(data: &Path) -> PathBuf {
    data.join("authority")
}

pub fn internal_folder(data: &Path) -> PathBuf {
    data.join("centre")
}

fn post_folder(data: &Path, checkpoint: &str) -> PathBuf {
    data.join("posts").join(checkpoint)
}

/// A parcel for a checkpoint, of what it is not known to hold.
pub async fn export(
    data: &Path,
    checkpoint: &str,
    made_at: UtcMs,
    with: (Option<u64>, bool),
    out: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<Exported, ParcelError> {
    let ca = Ca::open(&authority_folder(data))?;
    let key = ca
        .parcel_key(checkpoint)
        .ok_or_else(|| ParcelError::NoKey(checkpoint.to_owned()))?;
    let identity = ca.centre(made_at)?;
    let own = Reading::open(&post_folder(data, checkpoint)).await?;
    let copies = Reading::open(&internal_folder(data)).await?;
    let (from, with_blobs) = with;
    let export = Export {
        identity: &identity,
        to: checkpoint,
        key,
        own: &own,
        copies: &copies,
        theirs: &[checkpoint.to_owned()],
        made_at,
        from,
        with_blobs,
    };
    export.write(out, progress).await
}

/// Takes a checkpoint's parcel while no program runs.
pub async fn import_stopped(
    data: &Path,
    now: UtcMs,
    parcel: &Path,
    progress: impl FnMut(u64),
) -> Result<Imported, ParcelError> {
    let receiver = Receiver::centre(&Ca::open(&authority_folder(data))?);
    let envelope = Envelope::inspect(parcel, &receiver)?;
    let from = &envelope.header.from;
    let options = Options::default;
    let origin = link::driver::down_origin(&CheckpointId::new(from));
    let (own, _) = Ledger::open(&post_folder(data, from), &origin, options()).await?;
    let (copies, _) = Ledger::open(&internal_folder(data), "centre", options()).await?;
    let into = import::Ledgers {
        own: own.clone(),
        copies: copies.clone(),
        accepts: vec![from.clone()],
        events: broadcast::channel(1).0,
    };
    let taken = import::import(&envelope, &receiver, &into, progress).await;
    if let Ok(imported) = &taken {
        let fact = said(imported);
        let passage = None;
        copies
            .append(vec![Draft {
                at: now,
                passage,
                fact,
            }])
            .await?;
    }
    own.close().await?;
    copies.close().await?;
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

/// Takes what is put into the inbox until the centre stops.
pub(crate) async fn run(app: Arc<App>, data: PathBuf, authority: Ca) {
    let inbox = Inbox::new(&data);
    let receiver = Receiver::centre(&authority);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if let Some((name, path)) = inbox.next() {
            let taken = take(&app, &inbox, (&name, &path), &receiver).await;
            say(&inbox, &name, &Answer::from(taken));
        }
    }
}

async fn take(
    app: &App,
    inbox: &Inbox,
    (name, path): (&str, &Path),
    receiver: &Receiver,
) -> Result<Imported, ParcelError> {
    let envelope = Envelope::inspect(path, receiver)?;
    let from = envelope.header.from.clone();
    let Some(own) = app.ledgers.posts.get(&CheckpointId::new(&from)) else {
        return Err(ParcelError::NotAllowed(from));
    };
    let (events, mut heard) = broadcast::channel(BLOBS_HEARD);
    let into = import::Ledgers {
        own: own.clone(),
        copies: app.ledgers.internal.clone(),
        accepts: vec![from],
        events,
    };
    let (of, mut told) = (envelope.bytes, 0);
    let working = |bytes| {
        if bytes >= told + PROGRESS_BYTES {
            told = bytes;
            say(inbox, name, &Answer::Working { bytes, of });
        }
    };
    let taken = import::import(&envelope, receiver, &into, working).await;
    // Also of one that failed half way: what came is here.
    while let Ok(event) = heard.try_recv() {
        if let LinkEvent::BlobComplete { hash } = event
            && let Some((have, total)) = held(&app.ledgers.internal, hash).await
        {
            tell(app, Event::Blob { hash, have, total }).await;
        }
    }
    if let Ok(imported) = &taken {
        tell(app, Event::Did(Box::new(said(imported)))).await;
    }
    taken
}

async fn tell(app: &App, event: Event) {
    // A loop that has stopped takes nothing in; the next start folds it.
    let _ = app.calls.send(Call::Event(event)).await;
}

fn say(inbox: &Inbox, name: &str, answer: &Answer) {
    if let Err(why) = inbox.answer(name, answer) {
        tracing::error!(%why, name, "the inbox of parcels");
    }
}
