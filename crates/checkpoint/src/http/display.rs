//! The driver's display of a lane: what each vehicle in it is waiting for. It hangs where everybody
//! can read it, so it is told only what the driver of that vehicle may know: no finding, no value, no
//! name, no order's reason. Words are the page's; here are codes.

use axum::Json;
use axum::extract::{Path, State};
use domain::agency::Agency;
use domain::fact::OrderKind;
use domain::outcome::WaitingFor;
use domain::stage::Stage;
use domain::unit::{LaneId, PassageId, UtcMs};
use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use super::problem::Problem;
use crate::main_loop::{Live, MainLoop, Space};

/// One thing a driver is told. The order of the variants is the order of what matters most to
/// somebody in a cab: the first one said is the large one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "k", rename_all = "snake_case")]
enum Say {
    TurnBack,
    /// The arm is up.
    Go,
    /// All are agreed; the arm is about to rise.
    Barrier,
    /// Into the inspection area.
    Aside,
    /// Somebody comes to the cab.
    People,
    /// Drive on to this device, or through it.
    Drive {
        stage: Stage,
    },
    Documents,
    Order {
        order: OrderKind,
    },
    Hold {
        agency: Agency,
        until: UtcMs,
    },
    Agency {
        agency: Agency,
    },
    /// The line to the centre is down.
    Link,
    /// Nothing to do but to wait.
    Wait,
}

#[derive(Debug, PartialEq, Serialize)]
struct Vehicle {
    passage: PassageId,
    plate: Option<String>,
    /// ISO 3166 alpha-2, as the camera read it or the notification says: which language is large.
    country: Option<String>,
    arrived_at: Option<UtcMs>,
    says: Vec<Say>,
}

pub async fn get(State(app): State<App>, Path(lane): Path<u8>) -> Result<Json<Value>, Problem> {
    let now = app.intake.clock.now();
    let main_loop = app.seen.main_loop();
    let known = main_loop.lanes().find(|(it, _)| *it == LaneId(lane));
    let Some((lane, direction)) = known else {
        return Err(Problem::missing("lane.unknown", "no such lane here"));
    };
    Ok(Json(json!({
        "clock": {"now": now, "rate": app.intake.clock.rate()},
        "checkpoint": app.config.checkpoint,
        "checkpoint_name": app.config.name,
        "lane": lane,
        "direction": direction,
        "open": main_loop.intake == Space::Ample,
        "vehicles": vehicles(&main_loop, lane, now),
    })))
}

/// Those in the lane, the one that came first in front.
fn vehicles(main_loop: &MainLoop, lane: LaneId, now: UtcMs) -> Vec<Vehicle> {
    let here = |it: &&Live| it.lane == lane && it.ended_at.is_none();
    let mut vehicles: Vec<Vehicle> = main_loop
        .passages()
        .filter(here)
        .map(|it| {
            let procedure = main_loop.procedure_of(it, now);
            let waits = procedure.map(|procedure| it.passage.waiting_for(procedure, now));
            let identity = it.passage.identity.as_ref();
            let notified = it.passage.notification.as_deref();
            Vehicle {
                passage: it.passage.id.clone(),
                plate: identity.and_then(|it| it.tractor_plate.clone()),
                // A camera often reads the plate and not whose it is.
                country: identity
                    .and_then(|it| it.country.clone())
                    .or_else(|| notified.map(|it| it.vehicle_country.clone())),
                arrived_at: it.passage.arrived_at,
                says: says(&waits.unwrap_or_default(), it.aside),
            }
        })
        .collect();
    vehicles.sort_by_key(|it| it.arrived_at);
    vehicles
}

/// What matters most comes first; each is said once. Never empty.
fn says(waits: &[WaitingFor], aside: bool) -> Vec<Say> {
    let mut says: Vec<Say> = waits.iter().map(said).collect();
    if aside {
        says.push(Say::Aside);
    }
    says.sort();
    says.dedup();
    if says.is_empty() {
        says.push(Say::Wait);
    }
    says
}

fn said(wait: &WaitingFor) -> Say {
    match wait {
        WaitingFor::TurnBack => Say::TurnBack,
        WaitingFor::Leaving => Say::Go,
        WaitingFor::Barrier { .. } => Say::Barrier,
        WaitingFor::Hands { .. } => Say::People,
        WaitingFor::Device { stage } => Say::Drive { stage: *stage },
        WaitingFor::Driver {
            stage: Stage::Documents,
        } => Say::Documents,
        WaitingFor::Driver { stage } => Say::Drive { stage: *stage },
        WaitingFor::Lane { kind, .. } => Say::Order { order: *kind },
        WaitingFor::Hold {
            agency,
            until,
            for_whom: _,
        } => Say::Hold {
            agency: *agency,
            until: *until,
        },
        // Whose officer decides is what a driver can ask for.
        WaitingFor::Agency { decided_by, .. } => Say::Agency {
            agency: *decided_by,
        },
        WaitingFor::Link { .. } => Say::Link,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fact::FindingId;
    use domain::unit::OrderId;

    fn asked(agency: Agency, decided_by: Agency) -> WaitingFor {
        WaitingFor::Agency {
            agency,
            decided_by,
            findings: vec![FindingId(3)],
            due_at: UtcMs(5),
        }
    }

    #[test]
    fn what_the_driver_must_do_comes_before_whom_the_truck_waits_for() {
        let waits = [
            asked(Agency::Customs, Agency::Customs),
            asked(Agency::TransportControl, Agency::Customs),
            WaitingFor::Device {
                stage: Stage::Radiation,
            },
        ];
        let radiation = Say::Drive {
            stage: Stage::Radiation,
        };
        // Two bodies decided by one are one word to the driver.
        let customs = Say::Agency {
            agency: Agency::Customs,
        };
        assert_eq!(says(&waits, false), [radiation.clone(), customs.clone()]);
        assert_eq!(says(&waits, true), [Say::Aside, radiation, customs]);
        assert_eq!(says(&[], false), [Say::Wait]);
        let turned = [WaitingFor::Leaving, WaitingFor::TurnBack];
        assert_eq!(says(&turned, false)[0], Say::TurnBack);
    }

    #[test]
    fn no_finding_no_order_and_no_permit_is_told_by_its_number() {
        let order = WaitingFor::Lane {
            order: OrderId::new("CN05-1/secret-4711"),
            kind: OrderKind::Inspect,
            agency: Agency::Customs,
        };
        let waits = [
            asked(Agency::Customs, Agency::Customs),
            order,
            WaitingFor::Barrier { permit: 4711 },
        ];
        let told = serde_json::to_string(&says(&waits, false)).unwrap();
        let expected = r#"[{"k":"barrier"},{"k":"order","order":"inspect"},{"k":"agency","agency":"customs"}]"#;
        assert_eq!(told, expected);
    }
}
