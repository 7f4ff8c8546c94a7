//! `/api/events`: server-sent events. `hello` says the clock; `changed` says what to read again.
//! Never holds content: what a viewer may see is decided where they read it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use served::clock::Pace;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::Instant;

use crate::app::App;
use crate::authority::{Act, may};
use crate::limits;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::routes::clock::clock;
use crate::viewer::{Viewer, standing};
use crate::wire::{Changed, Topic};

struct Stream {
    app: Arc<App>,
    viewer: Viewer,
    changes: broadcast::Receiver<Changed>,
    pace: watch::Receiver<Pace>,
    checked_at: Instant,
    greeted: bool,
    _place: OwnedSemaphorePermit,
}

/// Live updates.
#[utoipa::path(get, path = "/api/events", tag = "events", responses(
    (status = 200, content_type = "text/event-stream", body = String,
     description = "`hello` (Clock; again when its pace changes), then `changed` (Changed); a comment every 15 seconds"),
    (status = 401, body = ProblemDocument)
))]
pub async fn get(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, Problem> {
    let place = app
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| Code::Busy)?;
    let stream = Stream {
        changes: app.live.listen(),
        pace: app.clock.changes(),
        app,
        viewer,
        checked_at: Instant::now(),
        greeted: false,
        _place: place,
    };
    let events = stream::unfold(stream, |mut it| async move {
        let event = it.next().await?;
        Some((Ok::<_, Infallible>(event), it))
    });
    let ping = KeepAlive::new()
        .interval(Duration::from_secs(limits::PING_SECONDS))
        .text("ping");
    Ok(Sse::new(events).keep_alive(ping).into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            self.pace.borrow_and_update();
            return Event::default()
                .event("hello")
                .json_data(clock(&self.app))
                .ok();
        }
        loop {
            let check = Duration::from_secs(limits::STREAM_CHECK_SECONDS);
            let due = self.checked_at + check;
            let changed = tokio::select! {
                () = self.app.stopping.cancelled() => return None,
                () = tokio::time::sleep_until(due) => {
                    // The session may have ended while nothing was asked.
                    standing(&self.app, &self.viewer.token_hash).await.ok()??;
                    self.checked_at = Instant::now();
                    continue;
                }
                changed = self.changes.recv() => changed,
                _ = self.pace.changed() => {
                    // A demo's clock goes at another pace: screens set theirs by it.
                    self.greeted = false;
                    return Box::pin(self.next()).await;
                }
            };
            let changed = self.gathered(changed).await?;
            let changed = self.own(changed);
            if !changed.topics.is_empty() || !changed.passages.is_empty() {
                return Event::default().event("changed").json_data(changed).ok();
            }
        }
    }

    /// Everything that changes within a moment travels as one event.
    async fn gathered(&mut self, first: Result<Changed, RecvError>) -> Option<Changed> {
        let mut topics = BTreeSet::new();
        let mut passages = BTreeSet::new();
        let mut take = |it: Result<Changed, RecvError>| match it {
            Ok(it) => {
                topics.extend(it.topics);
                passages.extend(it.passages);
                Some(())
            }
            // Missed some: read everything again.
            Err(RecvError::Lagged(_)) => {
                topics.extend([Topic::Queue, Topic::Wall, Topic::Links]);
                Some(())
            }
            Err(RecvError::Closed) => None,
        };
        take(first)?;
        let until = Instant::now() + Duration::from_millis(limits::COALESCE_MS);
        while let Ok(it) = tokio::time::timeout_at(until, self.changes.recv()).await {
            take(it)?;
        }
        Some(Changed {
            topics: topics.into_iter().collect(),
            passages: passages.into_iter().collect(),
        })
    }

    /// What this viewer's role has screens for.
    fn own(&self, mut changed: Changed) -> Changed {
        let role = self.viewer.person.role;
        changed.topics.retain(|it| match it {
            Topic::Queue => may(role, Act::SeeQueue),
            Topic::Wall => may(role, Act::SeeWall),
            Topic::Links => may(role, Act::SeeLinks),
        });
        if !may(role, Act::SeeCase) {
            changed.passages.clear();
        }
        changed
    }
}
