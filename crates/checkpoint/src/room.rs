//! Disk and line, looked at every few seconds: tells the loop, evicts what the centre holds, and
//! tells the link how much may go up unasked. The steps themselves are the loop's.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::fact::Fact;
use domain::line::{Keeps, Sends};
use link::driver::LinkStatus;
use link::frame::Class;
use tokio::sync::watch;

use crate::intake::{Intake, TellError};
use crate::main_loop::Event;
use crate::program::Seen;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The last class that goes up unasked.
pub(crate) fn unasked(sends: Sends) -> Class {
    match sends {
        Sends::Everything => Class::Bulk,
        Sends::DecisionLayers => Class::Pages,
        Sends::TriageLayers => Class::Awaited,
    }
}

pub(crate) async fn run(
    intake: Intake,
    seen: Seen,
    link: Option<(watch::Receiver<LinkStatus>, watch::Sender<Class>)>,
) -> Result<(), TellError> {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let used_percent = match intake.ledger.room() {
            Ok(room) => room.used_percent(),
            Err(why) => {
                tracing::error!(%why, "the disk does not say how much room it has");
                continue;
            }
        };
        let rules = seen.main_loop().line_rules(intake.clock.now());
        if used_percent >= rules.evict_from_percent {
            evict(&intake, rules.evict_to_percent, used_percent).await?;
        }
        let status = link.as_ref().map(|(status, _)| status.borrow().clone());
        let rate_bps = status.filter(|it| it.up).and_then(|it| it.plan.rate_bps);
        let event = Event::Room {
            used_percent,
            rate_bps,
        };
        intake.tell(event).await?;
        let keeps = seen.main_loop().keeps;
        let raw = keeps == Keeps::Everything;
        intake.keeps_raw.store(raw, Ordering::Relaxed);
        if let Some((_, limit)) = &link {
            let class = unasked(seen.main_loop().sends);
            limit.send_if_modified(|it| std::mem::replace(it, class) != class);
        }
    }
}

/// Removes blobs the centre holds; says so in the ledger.
async fn evict(intake: &Intake, to_percent: u8, used_percent: u8) -> Result<(), TellError> {
    match intake.ledger.evict_delivered(to_percent).await {
        Ok(it) if it.blobs > 0 => {
            let fact = Fact::BlobsEvicted {
                blobs: it.blobs,
                bytes: it.bytes,
                used_percent,
            };
            intake.tell(Event::Did(Box::new(fact))).await
        }
        Ok(_) => Ok(()),
        Err(why) => {
            tracing::error!(%why, "nothing could be evicted");
            Ok(())
        }
    }
}
