//! `/api/cases/{passage}/decision`: the whole way of a decision, and every way it is refused.

use centre::people::DEMO_PASSWORD;
use domain::fact::Fact;
use domain::input::Input;
use ledger::Ledger;
use serde_json::{Value, json};

use super::{adjudicated, alarm};
use crate::centre_under_test::{Centre, START, code};
use crate::made::{self, Truck};

fn open_findings(case: &Value) -> Vec<Value> {
    case["row"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect()
}

/// Everything in the ledger that goes down to the checkpoint.
async fn sent(centre: &Centre) -> Vec<Fact> {
    let post: &Ledger = centre.running.post(&code()).unwrap();
    let records = post
        .read("centre.CN05", post.epoch(), 0, 1_000)
        .await
        .unwrap();
    records.iter().map(|it| it.parse().unwrap().fact).collect()
}

#[tokio::test]
async fn from_alarm_to_a_decision_that_the_checkpoint_has_recorded() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    officer.post("/api/cases/CN05-1/open", json!({})).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let answers = open_findings(&case);
    let body = adjudicated(&officer, &case).await;
    let (status, answer) = officer
        .post("/api/cases/CN05-1/decision", body.clone())
        .await;
    assert_eq!((status, &answer), (200, &json!({"sequence": 0})));

    // Durable: a copy of the folder holds it.
    let sent = sent(&centre).await;
    let [Fact::DecisionGiven { passage, decision }] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(passage.to_string(), "CN05-1");
    assert_eq!(
        serde_json::to_value(&decision.answers).unwrap(),
        json!(answers)
    );
    assert_eq!(decision.un9417, 1);

    // On its way: no longer in the queue, shown as not yet recorded, not taken twice.
    assert!(officer.mine().await.is_empty());
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["decisions"][0]["recorded"], false);
    let (status, problem) = officer.post("/api/cases/CN05-1/decision", body).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("decision.not_asked"))
    );

    // The checkpoint takes it in.
    let mut facts = vec![(
        truck.now,
        Fact::Heard {
            origin: "centre.CN05".to_owned(),
            epoch: 1,
            sequence: 0,
        },
    )];
    facts.extend(truck.says(Input::Decision(decision.clone())));
    centre.says(&truck, facts).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["decisions"].as_array().unwrap().len(), 1);
    assert_eq!(case["decisions"][0]["recorded"], true);
    let answered = &case["findings"][0]["answered"];
    assert_eq!(answered["decision"], "release", "{}", case["findings"]);
    centre.stop().await;
}

#[tokio::test]
async fn stale_when_a_finding_came_meanwhile() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let body = json!({"decision": "release", "answers": open_findings(&case), "reason": "C-01"});
    let facts = truck.says(Input::Radiation(made::occupancy(3.0, 50, None)));
    centre.says(&truck, facts).await;
    let (status, problem) = officer.post("/api/cases/CN05-1/decision", body).await;
    assert_eq!((status, &problem["code"]), (409, &json!("decision.stale")));
    assert!(sent(&centre).await.is_empty(), "nothing was recorded");
    centre.stop().await;
}

#[tokio::test]
async fn refused_to_everybody_it_was_not_drawn_to() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let body = |reason: &str| json!({"decision": "release", "answers": open_findings(&case), "reason": reason});
    let refused = async |name: &str, body: Value| {
        let browser = centre.login(name).await;
        let (status, problem) = browser.post("/api/cases/CN05-1/decision", body).await;
        (status, problem["code"].as_str().unwrap().to_owned())
    };
    let expected = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(
        refused("o-customs-2", body("C-01")).await,
        expected(409, "duty.not_seated")
    );
    centre.officer("o-customs-2").await;
    assert_eq!(
        refused("o-customs-2", body("C-01")).await,
        expected(409, "decision.not_yours")
    );
    centre.officer("o-veterinary-1").await;
    let vet = refused("o-veterinary-1", body("V-01")).await;
    assert_eq!(vet, expected(409, "decision.not_yours"));
    let vet = refused("o-veterinary-1", body("C-01")).await;
    assert_eq!(vet, expected(409, "decision.reason_unknown"));
    for role in ["supervisor", "auditor", "carrier", "administrator"] {
        assert_eq!(
            refused(role, body("C-01")).await,
            expected(403, "role.not_allowed")
        );
    }
    assert!(sent(&centre).await.is_empty());
    centre.stop().await;
}

#[tokio::test]
async fn the_second_person_is_of_another_body_and_knows_their_password() {
    let mut centre = Centre::start().await;
    let officer = centre.officer("o-customs-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(3.0, 50, None))));
    centre.says(&truck, facts).await;
    centre
        .until(|it| !it.running.app.state().dealt.is_empty())
        .await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    assert_eq!(case["can"]["needs_second"], true, "{}", case["can"]);
    let answers = open_findings(&case);
    adjudicated(&officer, &case).await;
    let decide = async |second: Value| {
        let mut body = json!({"decision": "release", "answers": answers, "reason": "C-01"});
        if !second.is_null() {
            body["second"] = second;
        }
        let (status, answer) = officer.post("/api/cases/CN05-1/decision", body).await;
        (
            status,
            answer["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let login = |name: &str, password: &str| json!({"name": name, "password": password});
    let refused = |code: &str| (409, code.to_owned());
    assert_eq!(decide(Value::Null).await, refused("decision.needs_second"));
    assert_eq!(
        decide(login("o-road-police-1", "not the password")).await,
        refused("second.wrong")
    );
    assert_eq!(
        decide(login("o-customs-2", DEMO_PASSWORD)).await,
        refused("second.same_body"),
        "same body"
    );
    assert_eq!(
        decide(login("o-customs-1", DEMO_PASSWORD)).await,
        refused("second.same_person"),
        "same person"
    );
    assert_eq!(
        decide(login("supervisor", DEMO_PASSWORD)).await,
        refused("second.not_officer"),
        "no body"
    );
    assert_eq!(decide(login("o-road-police-1", DEMO_PASSWORD)).await.0, 200);
    centre.stop().await;
}

#[tokio::test]
async fn hold_says_until_when_and_for_whom() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let now = centre.running.app.clock.now().0;
    let hold = |until: i64| {
        json!({"decision": {"hold": {"until": until, "for_whom": "customs"}},
               "answers": open_findings(&case), "reason": "C-11"})
    };
    let path = "/api/cases/CN05-1/decision";
    let (status, problem) = officer.post(path, hold(now - 1)).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("decision.hold_span"))
    );
    let (status, problem) = officer
        .post(
            path,
            json!({"decision": "hold", "answers": [], "reason": "C-11"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("input.malformed")),
        "without a span"
    );
    assert_eq!(officer.post(path, hold(now + 600_000)).await.0, 200);
    centre.stop().await;
}
