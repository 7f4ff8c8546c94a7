//! The checkpoints' link as the centre uses it: listens, tells the main loop what the links see,
//! passes on which blobs people wait for. Not here: the protocol (`link`), who decides.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::unit::{BlobHash, CheckpointId};
use link::driver::{LinkError, LinkEvent, LinkStatus, ListenConfig, ListenHandle, listen};
use link::enrol::Ca;
use link::frame::Class;
use tokio::sync::broadcast::error::RecvError;

use crate::app::{App, Call, Ledgers};
use crate::limits;
use crate::main_loop::{Event, LinkChange};
use crate::wire::{LinkPlan, LinkPlanLine};
use served::clock::wall_now;

/// A listening link.
pub struct PostLink {
    handle: ListenHandle,
    /// Who may speak for which checkpoint; enrols new ones.
    pub authority: Ca,
}

impl PostLink {
    /// Opens the authority in `folder` (made when it is missing) and listens.
    pub async fn open(
        address: SocketAddr,
        folder: &Path,
        ledgers: &Ledgers,
    ) -> Result<PostLink, LinkError> {
        let authority = Ca::open_or_create(folder, wall_now())?;
        let config = ListenConfig::new(address, authority.clone(), ledgers.posts.clone());
        let handle = listen(config, ledgers.internal.clone()).await?;
        Ok(PostLink { handle, authority })
    }

    pub fn address(&self) -> SocketAddr {
        self.handle.local_addr()
    }

    /// An officer waits for this blob: whole, or up to a byte.
    pub fn promote(&self, checkpoint: &CheckpointId, hash: BlobHash, upto_bytes: Option<u64>) {
        let upto_bytes = upto_bytes.unwrap_or(ledger::limits::BLOB_BYTES);
        self.handle
            .promote(checkpoint, hash, upto_bytes, Class::Awaited);
    }

    /// Tells the main loop until the centre stops; then ends every link.
    pub async fn follow(self: Arc<Self>, app: Arc<App>) {
        let mut events = self.handle.events();
        let mut look = tokio::time::interval(Duration::from_millis(limits::LINK_LOOK_MS));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = BTreeMap::new();
        loop {
            let event = tokio::select! {
                () = app.stopping.cancelled() => return,
                event = events.recv() => match event {
                    Ok(event) => event,
                    // The next look at the states tells what was missed of links; blobs that grew
                    // are told with their next bytes.
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                },
                _ = look.tick() => {
                    self.look(&app, &mut told).await;
                    continue;
                }
            };
            match event {
                LinkEvent::Up { peer } => tell(&app, &peer, LinkChange::Up).await,
                LinkEvent::Down { peer, .. } => tell(&app, &peer, LinkChange::Down).await,
                LinkEvent::BlobGrew { hash, have, total } => {
                    send(&app, Event::Blob { hash, have, total }).await;
                }
                LinkEvent::BlobComplete { hash } => {
                    if let Some((have, total)) =
                        crate::program::held(&app.ledgers.internal, hash).await
                    {
                        send(&app, Event::Blob { hash, have, total }).await;
                    }
                }
                LinkEvent::Copied { .. }
                | LinkEvent::Acknowledged { .. }
                | LinkEvent::BlobAbsent { .. }
                | LinkEvent::BlobDelivered { .. } => (),
            }
        }
    }

    /// Measured rate and repeats, told when they change; whether a link is up, for certain.
    async fn look(&self, app: &App, told: &mut BTreeMap<CheckpointId, Told>) {
        for (checkpoint, status) in self.handle.states() {
            let waits = (
                status.peer_plan.as_ref().map(|it| plan(&it.1)),
                plan(&status.plan),
            );
            let last = told.entry(checkpoint.clone()).or_default();
            if last.waits.as_ref() != Some(&waits) {
                last.waits = Some(waits.clone());
                let (there, here) = waits;
                let checkpoint = checkpoint.clone();
                let event = Event::Waits {
                    checkpoint,
                    there,
                    here,
                };
                send(app, event).await;
            }
            let seen = figures(&status);
            if last.figures == Some(seen) {
                continue;
            }
            last.figures = Some(seen);
            let (up, rate_bps, duplicates) = seen;
            tell(
                app,
                checkpoint.as_str(),
                if up { LinkChange::Up } else { LinkChange::Down },
            )
            .await;
            if up {
                let alive = LinkChange::Alive {
                    rate_bps,
                    duplicates,
                };
                tell(app, checkpoint.as_str(), alive).await;
            }
        }
    }

    /// Ends every link and frees the socket.
    pub async fn close(self: Arc<Self>) {
        if let Some(it) = Arc::into_inner(self) {
            it.handle.close().await;
        }
    }
}

/// What the main loop was told of a link.
#[derive(Default)]
struct Told {
    figures: Option<(bool, Option<u64>, u64)>,
    waits: Option<(Option<LinkPlan>, LinkPlan)>,
}

fn plan(plan: &link::session::Plan) -> LinkPlan {
    let line = |it: &link::session::PlanLine| LinkPlanLine {
        count: it.count,
        bytes: it.bytes,
        seconds: it.seconds_to_drain,
    };
    LinkPlan {
        rate_bps: plan.rate_bps,
        lines: plan.lines.iter().map(line).collect(),
    }
}

fn figures(status: &LinkStatus) -> (bool, Option<u64>, u64) {
    let duplicates = status.received.iter().map(|it| it.duplicates).sum();
    (status.up, status.plan.rate_bps, duplicates)
}

async fn tell(app: &App, peer: &str, change: LinkChange) {
    send(
        app,
        Event::Link {
            checkpoint: CheckpointId::new(peer),
            change,
        },
    )
    .await;
}

async fn send(app: &App, event: Event) {
    // A loop that has stopped takes nothing in.
    let _ = app.calls.send(Call::Event(event)).await;
}
