//! The link to the centre: starts it, tells the loop when it is up or down, and hands over the
//! centre's records one by one. Each is heard once: the loop knows how far it came.

use std::time::Duration;

use domain::fact::LinkState;
use domain::unit::CheckpointId;
use ledger::Ledger;
use link::driver::{DialConfig, LinkHandle, LinkStatus, dial, down_origin};
use link::enrol::Identity;
use link::frame::Class;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::LinkConfig;
use crate::intake::{Intake, TellError};
use crate::main_loop::Event;
use crate::program::{PAGE, Seen};
use crate::turn::parse;

/// Should a growth of the copy ever go unannounced, it is found after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

pub async fn start(
    tasks: &mut JoinSet<String>,
    checkpoint: &str,
    config: &LinkConfig,
    intake: &Intake,
    seen: &Seen,
) -> Result<(watch::Receiver<LinkStatus>, watch::Sender<Class>), String> {
    let identity = Identity::load(&config.identity).map_err(|why| why.to_string())?;
    let mut dialling = DialConfig::new(config.centre, identity);
    dialling.identity_folder = Some(config.identity.clone());
    let link = dial(dialling, intake.ledger.clone())
        .await
        .map_err(|why| why.to_string())?;
    let origin = down_origin(&CheckpointId::new(checkpoint));
    let (hearing, watching) = (intake.clone(), intake.clone());
    let (state, unasked) = (link.state(), link.unasked());
    let seen = seen.clone();
    tasks
        .spawn(async move { format!("centre's records: {:?}", hear(hearing, seen, origin).await) });
    tasks.spawn(async move { format!("link: {:?}", watch(watching, link).await) });
    Ok((state, unasked))
}

/// Up or down, as the link says. It owns the link for as long as the program runs.
async fn watch(intake: Intake, link: LinkHandle) -> Result<(), TellError> {
    let mut status = link.state();
    loop {
        let up = status.borrow_and_update().up;
        let state = if up { LinkState::Up } else { LinkState::Down };
        intake.tell(Event::Link(state)).await?;
        if status.changed().await.is_err() {
            return Err(TellError::Stopping);
        }
    }
}

async fn hear(intake: Intake, seen: Seen, origin: String) -> Result<(), TellError> {
    let mut growth = intake.ledger.subscribe();
    loop {
        for (epoch, size) in copies(&intake.ledger, &origin) {
            catch_up(&intake, &seen, &origin, epoch, size).await?;
        }
        // What came while we were reading is in the channel; a lag is a reason to look again.
        loop {
            match tokio::time::timeout(LOOK_AGAIN, growth.recv()).await {
                Ok(Ok(grown)) if *grown.origin != *origin => (),
                Ok(Err(RecvError::Closed)) => return Err(TellError::Stopping),
                Ok(Ok(_) | Err(RecvError::Lagged(_))) | Err(_) => break,
            }
        }
    }
}

fn copies(ledger: &Ledger, origin: &str) -> Vec<(u32, u64)> {
    let all = ledger.status().into_iter().filter(|it| it.origin == origin);
    all.map(|it| (it.epoch, it.size)).collect()
}

async fn catch_up(
    intake: &Intake,
    seen: &Seen,
    origin: &str,
    epoch: u32,
    size: u64,
) -> Result<(), TellError> {
    let mut from = seen.main_loop().heard(origin, epoch);
    while from < size {
        let page = match intake.ledger.read(origin, epoch, from, PAGE).await {
            Ok(page) => page,
            Err(why) => return Err(TellError::NotRecorded(why.to_string())),
        };
        let Some(last) = page.last() else {
            return Ok(());
        };
        from = last.sequence + 1;
        for record in page.iter().filter_map(parse) {
            intake.tell(Event::Centre(Box::new(record))).await?;
        }
    }
    Ok(())
}
