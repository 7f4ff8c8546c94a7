//! A demo begins in the middle of a day: what carriers and bodies did in the hours before stands
//! in the centre's ledgers when it starts. Written once, before the centre's first start, under
//! the centre's own origins; afterwards only the centre writes there.

use std::path::Path;

use domain::fact::Fact;
use domain::notification::Notification;
use domain::unit::{CheckpointId, NotificationId, UtcMs};
use ledger::{Draft, Ledger, Options};

use crate::traffic::{Truck, wanted};

/// What was lodged before `now` at one checkpoint, and the wanted lists, into the ledger that
/// goes down to it (`posts/CODE` of the centre's folder).
pub async fn write(
    centre: &Path,
    checkpoint: &CheckpointId,
    lodged: Vec<Notification>,
    now: UtcMs,
) -> ledger::Result<()> {
    let folder = centre.join("posts").join(checkpoint.as_str());
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)
        .map_err(|why| ledger::Error::Fatal(format!("{}: {why}", folder.display())))?;
    // As large as the centre opens it with: the reserve is made at the first opening.
    let options = Options {
        reserve_bytes: 1 << 20,
        ..Options::default()
    };
    let origin = link::driver::down_origin(checkpoint);
    let (ledger, _) = Ledger::open(&folder, &origin, options).await?;
    let from = lodged
        .iter()
        .map(|it| it.lodged_at)
        .min()
        .unwrap_or(now)
        .min(now);
    let mut drafts: Vec<Draft> = wanted()
        .into_iter()
        .map(|entry| Draft {
            at: from.plus_ms(-3_600_000),
            passage: None,
            fact: Fact::WantedListed { entry },
        })
        .collect();
    drafts.extend(lodged.into_iter().map(|notification| Draft {
        at: notification.lodged_at,
        passage: None,
        fact: Fact::NotificationLodged {
            notification: Box::new(notification),
        },
    }));
    ledger.append(drafts).await?;
    ledger.close().await
}

/// The notifications of these trucks that were lodged before `now`, oldest first, numbered as
/// the centre numbers them, from `first` on.
pub fn lodged_before<'a>(
    trucks: impl Iterator<Item = &'a Truck>,
    now: UtcMs,
    first: usize,
) -> Vec<Notification> {
    let mut lodged: Vec<Notification> = trucks
        .filter_map(Truck::notification)
        .filter(|it| it.lodged_at < now)
        .collect();
    lodged.sort_by_key(|it| it.lodged_at);
    for (at, it) in lodged.iter_mut().enumerate() {
        it.id = NotificationId::new(format!("N-{:06}", first + at));
    }
    lodged
}
