//! No answer holds what its reader may not see: a canary in every restricted part of a passage,
//! and every role and body reads everything there is to read.

use std::collections::BTreeMap;

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, DecisionMade, Fact, Finding, FindingId, Severity};
use domain::input::Input;
use domain::reading::DocumentKind;
use domain::stage::Stage;
use domain::unit::OfficerId;
use serde_json::json;

use crate::centre_under_test::{Centre, START};
use crate::made::{self, Truck};

const READERS: [(&str, Option<Agency>); 6] = [
    ("o-customs-1", Some(Agency::Customs)),
    ("o-transport-control-1", Some(Agency::TransportControl)),
    ("o-road-police-1", Some(Agency::RoadPolice)),
    ("o-veterinary-1", Some(Agency::Veterinary)),
    ("o-phytosanitary-1", Some(Agency::Phytosanitary)),
    ("o-sanitary-quarantine-1", Some(Agency::SanitaryQuarantine)),
];

fn finding(id: u32, agency: Agency) -> Fact {
    let canary = json!(format!("CANARY-FINDING-{}", agency.code()));
    Fact::FindingRaised(Finding {
        id: FindingId(id),
        agency,
        rule: "entry.wanted".to_owned(),
        stage: Stage::Entry,
        severity: Severity::Finding,
        values: BTreeMap::from([("reason".to_owned(), canary)]),
    })
}

fn decision(id: u32, agency: Agency) -> Fact {
    Fact::DecisionMade(DecisionMade {
        agency,
        decision: Decision::Release,
        answers: vec![FindingId(id)],
        reason: format!("CANARY-REASON-{}", agency.code()),
        un9417: 1,
        by: DecidedBy::Officer {
            officer: OfficerId::new(format!("CANARY-OFFICER-{}", agency.code())),
            second: None,
        },
    })
}

/// Who may see which canary. `None` is everybody who may see the case at all.
fn may_see(canary: &str, body: Option<Agency>, decider: &BTreeMap<Agency, Agency>) -> bool {
    use Agency::*;
    let Some(body) = body else { return true };
    for agency in Agency::ALL {
        if canary.ends_with(&format!("-{}", agency.code())) {
            return body == agency || decider[&agency] == body;
        }
    }
    match canary {
        "CANARY-CARRIER" | "CANARY-DRIVER" | "CANARY-CLASS" => {
            [Customs, TransportControl, RoadPolice].contains(&body)
        }
        "CANARY-NUCLIDE" => [Customs, SanitaryQuarantine].contains(&body),
        "CANARY-LICENCE" => [Customs, RoadPolice].contains(&body),
        "CANARY-VETPAPER" => [Customs, Veterinary].contains(&body),
        "CANARY-PHYTOPAPER" => [Customs, Phytosanitary].contains(&body),
        "CANARY-CMR" | "CANARY-GOODS" | "CANARY-REGION" => true,
        other => panic!("nobody has said who may see {other}"),
    }
}

#[tokio::test]
async fn every_reader_sees_their_canaries_and_no_other() {
    let mut centre = Centre::start().await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    let mut canaries: Vec<String> = [
        "CARRIER",
        "DRIVER",
        "CLASS",
        "NUCLIDE",
        "LICENCE",
        "VETPAPER",
        "PHYTOPAPER",
        "CMR",
        "GOODS",
        "REGION",
    ]
    .iter()
    .map(|it| format!("CANARY-{it}"))
    .collect();
    let notification = serde_json::from_value(json!({
        "id": "N-000001", "checkpoint": "CN05", "lodged_at": START.0, "tractor_plate": "777ABC05",
        "vehicle_country": "KZ", "carrier": "CANARY-CARRIER", "driver": "CANARY-DRIVER",
        "from_country": "CN", "to_country": "KZ",
        "goods": [{"hs": "080810", "description": "CANARY-GOODS", "gross_kg": 10, "net_kg": 10,
                   "packages": 1, "origin": "CN"}]
    }))
    .unwrap();
    facts.push((truck.now, Fact::NotificationMatched { notification }));
    let mut occupancy = made::occupancy(2.0, 0, None);
    occupancy.nuclides.push("CANARY-NUCLIDE".to_owned());
    let mut vehicle = made::weighing(30_000);
    vehicle.vehicle_class = Some("CANARY-CLASS".to_owned());
    let mut region = made::region();
    region.label = "CANARY-REGION".to_owned();
    let hash = centre.blob(b"image").await;
    facts.extend(truck.all([
        Input::Radiation(occupancy),
        Input::Vehicle(vehicle),
        Input::Image(made::radiograph(hash, 5, vec![region])),
        Input::Document(made::document(
            DocumentKind::DriverLicence,
            "CANARY-LICENCE",
        )),
        Input::Document(made::document(
            DocumentKind::VeterinaryCertificate,
            "CANARY-VETPAPER",
        )),
        Input::Document(made::document(
            DocumentKind::PhytosanitaryCertificate,
            "CANARY-PHYTOPAPER",
        )),
        Input::Document(made::document(DocumentKind::Cmr, "CANARY-CMR")),
    ]));
    for (at, agency) in Agency::ALL.into_iter().enumerate() {
        let id = 500 + at as u32;
        facts.push((truck.now, finding(id, agency)));
        facts.push((truck.now, decision(id, agency)));
        for kind in ["FINDING", "REASON", "OFFICER"] {
            canaries.push(format!("CANARY-{kind}-{}", agency.code()));
        }
    }
    centre.says(&truck, facts).await;
    let now = centre.running.app.clock.now();
    let decider: BTreeMap<Agency, Agency> = Agency::ALL
        .into_iter()
        .map(|it| {
            (
                it,
                truck
                    .procedure
                    .decider(it, &truck.passage.id.checkpoint, now)
                    .unwrap(),
            )
        })
        .collect();

    let pages = [
        "/api/cases/CN05-1",
        "/api/queue?scope=body",
        "/api/queue?scope=mine",
        "/api/search?q=777",
        "/api/cases/CN05-1/draw",
        "/api/wall",
        "/api/time",
        "/api/links",
        "/api/notifications/N-000001",
    ];
    let everything = [("supervisor", None), ("auditor", None)];
    for (name, body) in READERS.into_iter().chain(everything) {
        let browser = centre.login(name).await;
        let mut read = String::new();
        for page in pages {
            read.push_str(&browser.get(page).await.1.to_string());
        }
        for canary in &canaries {
            let seen = read.contains(&format!("{canary}\""))
                || read.contains(&format!("{canary} "))
                || read.contains(&format!("OF {canary}"));
            assert_eq!(seen, may_see(canary, body, &decider), "{name} and {canary}");
        }
    }
    for name in ["carrier", "administrator"] {
        let browser = centre.login(name).await;
        for page in pages {
            let (_, answer) = browser.get(page).await;
            assert!(!answer.to_string().contains("CANARY"), "{name} {page}");
            assert!(!answer.to_string().contains("777ABC05"), "{name} {page}");
        }
    }
    centre.stop().await;
}

/// Role by route: what the table of acts says is what HTTP answers.
#[tokio::test]
async fn every_role_reaches_its_own_routes_and_no_other() {
    let centre = Centre::start().await;
    let table: [(&str, &str, &[&str]); 16] = [
        ("POST", "/api/duty", &["officer"]),
        ("DELETE", "/api/duty", &["officer"]),
        ("GET", "/api/queue", &["officer", "supervisor", "auditor"]),
        (
            "GET",
            "/api/cases/CN05-1",
            &["officer", "supervisor", "auditor"],
        ),
        (
            "GET",
            "/api/cases/CN05-1/draw",
            &["officer", "supervisor", "auditor"],
        ),
        ("POST", "/api/cases/CN05-1/open", &["officer"]),
        ("POST", "/api/cases/CN05-1/return", &["officer"]),
        ("POST", "/api/cases/CN05-1/decision", &["officer"]),
        ("POST", "/api/cases/CN05-1/orders", &["officer"]),
        ("GET", "/api/search", &["officer", "supervisor", "auditor"]),
        ("GET", "/api/reasons", &["officer", "supervisor", "auditor"]),
        (
            "GET",
            "/api/wall",
            &["supervisor", "auditor", "administrator"],
        ),
        (
            "GET",
            "/api/links",
            &["supervisor", "auditor", "administrator"],
        ),
        ("GET", "/api/time", &["supervisor", "auditor"]),
        ("GET", "/api/plans", &["supervisor", "auditor"]),
        ("POST", "/api/notifications", &["carrier"]),
    ];
    let roles = [
        ("officer", "o-customs-1"),
        ("supervisor", "supervisor"),
        ("carrier", "carrier"),
        ("auditor", "auditor"),
        ("administrator", "administrator"),
    ];
    for (role, name) in roles {
        let browser = centre.login(name).await;
        for (method, path, allowed) in table {
            let body = match path.rsplit('/').next().unwrap() {
                "return" => json!({"reason": "x"}),
                "decision" => json!({"decision": "release", "answers": [], "reason": "C-01"}),
                "orders" => json!({"kind": "reweigh"}),
                "notifications" => {
                    json!({"checkpoint": "CN05", "tractor_plate": "1", "vehicle_country": "KZ",
                    "carrier": "c", "driver": "d", "from_country": "CN", "to_country": "KZ", "goods": []})
                }
                _ => json!({}),
            };
            let url = format!("{}{path}", browser.url);
            let request = browser
                .client
                .request(method.parse().unwrap(), url)
                .json(&body);
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let code = response
                .json::<serde_json::Value>()
                .await
                .unwrap_or_default()["code"]
                .clone();
            let refused = status == 403 && code == "role.not_allowed";
            assert_eq!(
                !refused,
                allowed.contains(&role),
                "{role} {method} {path}: {status} {code}"
            );
        }
    }
    centre.stop().await;
}
