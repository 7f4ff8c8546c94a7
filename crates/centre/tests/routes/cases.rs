//! `/api/cases/{passage}`

mod blobs;
mod decision;
mod draw;
mod images;
mod orders;
mod redraw;
mod remarks;

use domain::input::Input;
use serde_json::{Value, json};

use crate::centre_under_test::{Browser, Centre, START};
use crate::made::{self, Truck};

/// A truck with a gamma alarm, its case drawn to `o-customs-1`.
pub async fn alarm(centre: &mut Centre) -> (Truck, Browser) {
    let officer = centre.officer("o-customs-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
    centre.says(&truck, facts).await;
    centre
        .until(|it| !it.running.app.state().dealt.is_empty())
        .await;
    (truck, officer)
}

/// The officer says that the portal's alarms of the case were false ones; the body of a release that
/// names them, with a second person of another body.
pub async fn adjudicated(officer: &Browser, case: &Value) -> Value {
    let rows = case["row"]["findings"].as_array().unwrap();
    let ids = |it: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        let those = rows.iter().filter(|row| it(row));
        those.map(|it| it["id"].clone()).collect()
    };
    let alarms = ids(&|it| it["rule"].as_str().unwrap().starts_with("radiation."));
    let said = json!({"k": "adjudicated", "answers": alarms, "code": 8});
    let path = format!(
        "/api/cases/{}/remarks",
        case["row"]["passage"].as_str().unwrap()
    );
    assert_eq!(officer.post(&path, said).await.0, 200);
    json!({
        "decision": "release", "answers": ids(&|_| true), "reason": "C-01",
        "second": {"name": "o-road-police-1", "password": centre::people::DEMO_PASSWORD},
    })
}

#[tokio::test]
async fn everything_of_the_passage_on_one_screen() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let facts = truck.says(Input::Vehicle(made::weighing(39_800)));
    centre.says(&truck, facts).await;
    let (status, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(status, 200, "{case}");
    assert_eq!(case["row"]["mine"], true);
    assert_eq!(case["identity"]["tractor_plate"], "777ABC05");
    assert_eq!(case["plates"].as_array().unwrap().len(), 2);
    assert_eq!(case["radiation"][0]["reading"]["gamma_max_sigma"], 12.0);
    assert_eq!(case["stages"].as_array().unwrap().len(), 6);
    assert!(case["stages"][1]["completed_at"].is_i64());
    let limits = &case["vehicles"][0]["limits"];
    assert_eq!(limits["axle_kg"].as_array().unwrap().len(), 5);
    assert!(limits["gross_kg"].as_u64().unwrap() >= 38_000, "{limits}");
    assert_eq!(case["can"]["decide"], true, "{}", case["can"]);
    assert_eq!(case["can"]["needs_second"], true);
    assert_eq!(case["can"]["alarms_unadjudicated"], 1);
    assert_eq!(case["can"]["clear_why_not"], "decision.not_adjudicated");
    let agencies = case["agencies"].as_array().unwrap();
    assert_eq!(agencies.len(), 6);
    assert_eq!(agencies[0]["standing"], "awaiting_decision");
    let reasons = case["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|it| it["code"] == "C-01"));
    assert!(reasons.iter().all(|it| it["code"] != "C-00"));
    let release = reasons.iter().find(|it| it["decision"] == "release");
    assert_eq!(
        release.unwrap()["code"],
        "C-03",
        "for a reading of the portal"
    );
    assert!(reasons.iter().all(|it| it["agency"] != "veterinary"));
    let totals = &case["totals"];
    let sum: i64 = ["clear_control_ms", "documents_ms", "technological_ms"]
        .iter()
        .map(|it| totals[it].as_i64().unwrap())
        .sum();
    assert_eq!(
        totals["total_ms"].as_i64(),
        Some(sum),
        "the parts sum to the whole"
    );
    let facts = case["facts"].as_array().unwrap();
    assert!(
        facts
            .iter()
            .any(|it| it["kind"] == "case_drawn" && it["origin"] == "centre")
    );
    assert!(
        facts
            .iter()
            .any(|it| it["kind"] == "finding_raised" && it["origin"] == "CN05")
    );
    centre.stop().await;
}

#[tokio::test]
async fn a_case_of_other_bodies_is_not_shown_and_an_unknown_one_is_not_there() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let vet = centre.officer("o-veterinary-1").await;
    let (status, problem) = vet.get("/api/cases/CN05-1").await;
    assert_eq!((status, &problem["code"]), (403, &json!("case.other_body")));
    assert_eq!(problem["type"], "/errors/case.other_body");
    for path in [
        "/api/cases/CN05-2",
        "/api/cases/XX99-1",
        "/api/cases/nonsense",
    ] {
        let (status, problem) = officer.get(path).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("case.unknown")),
            "{path}"
        );
    }
    let carrier = centre.login("carrier").await;
    let (status, problem) = carrier.get("/api/cases/CN05-1").await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("role.not_allowed"))
    );
    centre.stop().await;
}

#[tokio::test]
async fn opened_and_given_back() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let other = centre.officer("o-customs-2").await;
    let (status, problem) = other.post("/api/cases/CN05-1/open", json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("case.not_yours")));
    assert_eq!(
        officer.post("/api/cases/CN05-1/open", json!({})).await.0,
        204
    );
    assert_eq!(
        officer.post("/api/cases/CN05-1/open", json!({})).await.0,
        204,
        "twice is once"
    );
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert!(case["row"]["opened_at"].is_i64());
    let path = "/api/cases/CN05-1/return";
    let (status, problem) = officer.post(path, json!({"reason": " "})).await;
    assert_eq!((status, &problem["code"]), (422, &json!("input.wrong")));
    assert_eq!(
        officer
            .post(path, json!({"reason": "I know the driver"}))
            .await
            .0,
        204
    );
    centre
        .until(|it| {
            it.running
                .app
                .state()
                .dealt
                .values()
                .any(|it| it.draws.len() == 2)
        })
        .await;
    assert_eq!(other.mine().await, ["CN05-1"]);
    centre.stop().await;
}

/// Two hours after its end the single facts have left memory, a day later the passage: both are
/// read from the ledger and are as they were.
#[tokio::test]
async fn an_ended_passage_is_folded_anew_when_somebody_asks() {
    let mut shown = Vec::new();
    for hours in [0, 3, 30] {
        let mut centre = Centre::start_with(|it| {
            it.clock = centre::Clock::starting(START.plus_ms(hours * 3_600_000 + 120_000), 1.0);
        })
        .await;
        let mut truck = Truck::new(1, START);
        let mut facts = truck.arrives("777ABC05");
        facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
        facts.extend(truck.says(Input::BackedOut));
        centre.says(&truck, facts).await;
        let in_memory = |it: &Centre| match it.running.app.state().dossiers.get(&truck.passage.id) {
            None => 2,
            Some(it) => u8::from(it.is_slim),
        };
        let expected = [(0, 0), (3, 1), (30, 2)]
            .into_iter()
            .find(|it| it.0 == hours)
            .unwrap()
            .1;
        centre.until(|it| in_memory(it) == expected).await;
        let officer = centre.login("o-customs-1").await;
        let (status, mut case) = officer.get("/api/cases/CN05-1").await;
        assert_eq!(status, 200, "{hours}: {case}");
        assert_eq!(case["ended"]["how"], "backed_out");
        assert_eq!(case["radiation"].as_array().unwrap().len(), 1);
        case["row"]["link_up"] = json!(null);
        shown.push(case);
        let (_, wall) = centre.login("auditor").await.get("/api/wall").await;
        assert_eq!(wall["today"]["passages"], u8::from(hours < 24));
        centre.stop().await;
    }
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2]);
}

#[test]
fn a_document_that_ends_today_passes_today_and_not_tomorrow() {
    use devices::document::page::{DocumentMessage, decode};
    let body = br#"{"v":1,"kind":"driver_licence","issuer":"KZ","expires_at":"2026-07-22"}"#;
    let DocumentMessage::Document { reading, .. } = decode(body).unwrap() else {
        panic!("not a document");
    };
    // 2026-07-23T00:00+05:00.
    let midnight = domain::unit::UtcMs(1_784_746_800_000);
    let expired_at = |at: domain::unit::UtcMs| {
        let mut truck = Truck::new(1, at.plus_ms(-3_600_000));
        truck.arrives("777ABC05");
        truck.now = at.plus_ms(-10_000);
        truck.says(Input::Document((*reading).clone()));
        let mut raised = truck.passage.findings.iter();
        raised.any(|it| it.finding.rule.ends_with("expired"))
    };
    assert!(
        !expired_at(midnight.plus_ms(-1)),
        "its last day is not over"
    );
    assert!(expired_at(midnight), "the next day has begun");
}
