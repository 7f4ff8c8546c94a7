//! The local screen: what is in each lane, what is owed, devices, entry by hand, and a release by
//! two people where the procedure allows it. `docs/http-lane.md` has the shapes.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use domain::agency::Agency;
use domain::fact::{Decision, DeviceHealth, FindingId, LinkState, OrderOutcome};
use domain::input::{HandEntry, Input};
use domain::unit::{LaneId, OrderId, PassageId, UtcMs};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::WatchStream;

use link::session::Plan;

use super::App;
use super::people::Signed;
use super::problem::Problem;
use crate::main_loop::{Arm, Event, Live, MainLoop, Space};

pub async fn role() -> Json<Value> {
    Json(json!({"role": "checkpoint"}))
}

pub async fn lanes(State(app): State<App>) -> Json<Value> {
    let now = app.intake.clock.now();
    let main_loop = app.seen.main_loop();
    let lanes: Vec<Value> = main_loop
        .lanes()
        .map(|(lane, direction)| lane_json(&main_loop, lane, direction, now))
        .collect();
    let (link, since) = main_loop.link;
    Json(json!({
        "clock": {"now": now, "rate": app.intake.clock.rate()},
        "checkpoint": app.config.checkpoint,
        "checkpoint_name": app.config.name,
        "link": {
            "up": link == LinkState::Up, "since": since, "sends": main_loop.sends,
            "plan": app.seen.link.get().map(|it| plan_json(&it.borrow().plan)),
        },
        "disk": app.intake.ledger.room().ok().map(|it| json!({
            "used_percent": it.used_percent(), "free_bytes": it.free_bytes,
            "keeps": main_loop.keeps,
        })),
        "intake": match main_loop.intake { Space::Ample => "open", Space::Low => "stopped" },
        "lanes": lanes,
    }))
}

/// What waits for the line, by class, as the link measured it; of the last session while it is down.
fn plan_json(plan: &Plan) -> Value {
    let lines: Vec<Value> = plan
        .lines
        .iter()
        .map(|it| json!({"count": it.count, "bytes": it.bytes, "seconds": it.seconds_to_drain}))
        .collect();
    json!({"rate_bps": plan.rate_bps, "lines": lines})
}

fn lane_json(
    main_loop: &MainLoop,
    lane: LaneId,
    direction: domain::fact::Direction,
    now: UtcMs,
) -> Value {
    let here = |it: &&Live| it.lane == lane && it.ended_at.is_none();
    let passages: Vec<Value> = main_loop
        .passages()
        .filter(here)
        .map(|it| passage_json(main_loop, it, now))
        .collect();
    let prefix = format!("{lane}/");
    let devices: Vec<Value> = main_loop
        .devices()
        .filter(|(id, _)| id.as_str().starts_with(&prefix))
        .map(
            |(id, it)| json!({"device": id, "health": it.health, "why": it.why, "since": it.since}),
        )
        .collect();
    let arm_known = main_loop
        .devices()
        .any(|(id, it)| id.as_str() == format!("{lane}/arm") && it.health != DeviceHealth::Down);
    let barrier = match main_loop.arm(lane) {
        Some(Arm::Up) if arm_known => "open",
        Some(Arm::Down) if arm_known => "closed",
        _ => "unknown",
    };
    let light = if main_loop.intake == Space::Ample {
        "green"
    } else {
        "red"
    };
    json!({
        "lane": lane, "direction": direction, "passages": passages, "devices": devices,
        "barrier": barrier, "light": light,
    })
}

fn passage_json(main_loop: &MainLoop, live: &Live, now: UtcMs) -> Value {
    let passage = &live.passage;
    let owed = main_loop.obligations(live, now);
    let procedure = main_loop.procedure_of(live, now);
    let waiting_for = procedure
        .map(|it| passage.waiting_for(it, now))
        .unwrap_or_default();
    let stages: Vec<Value> = domain::stage::Stage::ALL
        .into_iter()
        .map(|stage| json!({"stage": stage, "state": passage.stages.get(&stage)}))
        .collect();
    let stage = owed.iter().find_map(|it| match it {
        domain::obligation::Obligation::Perform { stage } => Some(*stage),
        _ => None,
    });
    json!({
        "passage": passage.id,
        "plate": passage.identity.as_ref().and_then(|it| it.tractor_plate.clone()),
        "arrived_at": passage.arrived_at,
        "stage": stage,
        "stages": stages,
        "owed": owed,
        "waiting_for": waiting_for,
        "findings": passage.findings,
        "decisions": passage.decisions,
        "permit": passage.permit,
        "orders": passage.orders,
        "aside": live.aside,
        "manual": passage.manual,
    })
}

/// `changed` after every commit; the screen then asks again.
pub async fn events(
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let commits = WatchStream::new(app.seen.commits.clone());
    let events =
        commits.map(|count| Ok(SseEvent::default().event("changed").data(count.to_string())));
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

#[derive(Deserialize)]
pub struct Entry {
    by: Signed,
    entry: HandEntry,
}

pub async fn entry(
    State(app): State<App>,
    Path(passage): Path<String>,
    Json(asked): Json<Entry>,
) -> Result<StatusCode, Problem> {
    let (by, _) = app
        .people
        .officer(&asked.by, app.intake.clock.now())
        .await?;
    told(
        &app,
        &passage,
        Input::EnteredByHand {
            by,
            entry: asked.entry,
        },
    )
    .await
}

#[derive(Deserialize)]
pub struct LaneDecision {
    agency: Agency,
    decision: Decision,
    answers: Vec<FindingId>,
    reason: String,
    first: Signed,
    second: Signed,
}

/// Two people of two bodies, present at the lane, while the link is down. Whether it counts is
/// the procedure's to say; an attempt that does not is recorded too.
pub async fn decision(
    State(app): State<App>,
    Path(passage): Path<String>,
    Json(asked): Json<LaneDecision>,
) -> Result<StatusCode, Problem> {
    let now = app.intake.clock.now();
    let (first, of_first) = app.people.officer(&asked.first, now).await?;
    let (second, of_second) = app.people.officer(&asked.second, now).await?;
    if first == second || of_first == of_second {
        let why = "a release at the lane takes two people of two bodies";
        return Err(Problem::bad("lane.two_people", why));
    }
    let LaneDecision {
        agency,
        decision,
        answers,
        reason,
        ..
    } = asked;
    told(
        &app,
        &passage,
        Input::LaneDecision {
            agency,
            decision,
            answers,
            reason,
            first,
            second,
        },
    )
    .await
}

#[derive(Deserialize)]
pub struct By {
    by: Signed,
}

pub async fn aside(
    State(app): State<App>,
    Path(passage): Path<String>,
    Json(asked): Json<By>,
) -> Result<StatusCode, Problem> {
    app.people
        .officer(&asked.by, app.intake.clock.now())
        .await?;
    told(&app, &passage, Input::MovedAside).await
}

pub async fn backed_out(
    State(app): State<App>,
    Path(passage): Path<String>,
    Json(asked): Json<By>,
) -> Result<StatusCode, Problem> {
    app.people
        .officer(&asked.by, app.intake.clock.now())
        .await?;
    told(&app, &passage, Input::BackedOut).await
}

#[derive(Deserialize)]
pub struct OrderDone {
    by: Signed,
    /// As `OrderOutcome`, without the person: `measured`, `nothing_found`, `{"found":{"code"}}`,
    /// `{"failed":{"why"}}`. Absent for a start.
    #[serde(default)]
    outcome: Option<HandOutcome>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOutcome {
    NothingFound,
    Found { code: String },
    Failed { why: String },
}

/// `POST .../order/{order}/start` puts the vehicle before the device; `POST .../order/{order}`
/// reports what people found. An order's name holds slashes (`centre/CN05/12`).
pub async fn order(
    State(app): State<App>,
    Path((passage, order)): Path<(String, String)>,
    Json(asked): Json<OrderDone>,
) -> Result<StatusCode, Problem> {
    let (by, _) = app
        .people
        .officer(&asked.by, app.intake.clock.now())
        .await?;
    let input = match (order.strip_suffix("/start"), asked.outcome) {
        (Some(order), None) => Input::OrderStarted {
            order: OrderId::new(order),
        },
        (Some(_), Some(_)) => {
            return Err(Problem::bad("lane.order", "a start has no outcome yet"));
        }
        (None, None) => return Err(Problem::bad("lane.order", "say the outcome of the order")),
        (None, Some(outcome)) => {
            let outcome = match outcome {
                HandOutcome::NothingFound => OrderOutcome::NothingFound { by },
                HandOutcome::Found { code } => OrderOutcome::Found { by, code },
                HandOutcome::Failed { why } => OrderOutcome::Failed { why },
            };
            Input::OrderResult {
                order: OrderId::new(order),
                outcome,
            }
        }
    };
    told(&app, &passage, input).await
}

async fn told(app: &App, passage: &str, input: Input) -> Result<StatusCode, Problem> {
    let passage: PassageId = passage
        .parse()
        .map_err(|why| Problem::bad("lane.passage", why))?;
    if app.seen.main_loop().passage(&passage).is_none() {
        let why = format!("{passage} is not at this checkpoint");
        return Err(Problem::missing("lane.passage", why));
    }
    app.intake
        .tell(Event::Screen {
            passage,
            input: Box::new(input),
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
