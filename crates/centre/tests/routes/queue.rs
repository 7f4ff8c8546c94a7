//! `/api/queue`

use domain::agency::Agency;
use domain::fact::{DecidedBy, Decision, DecisionMade, Fact};
use domain::input::Input;
use domain::reading::DocumentKind;
use domain::unit::OfficerId;
use serde_json::json;

use crate::centre_under_test::{Browser, Centre, START};
use crate::made::{self, Truck};

#[tokio::test]
async fn mine_is_what_was_drawn_to_me_and_body_is_all_of_my_body() {
    let mut centre = Centre::start().await;
    let customs = [
        centre.officer("o-customs-1").await,
        centre.officer("o-customs-2").await,
    ];
    let police = centre.officer("o-road-police-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.says(Input::Radiation(made::occupancy(12.0, 0, None))));
    centre.says(&truck, facts).await;
    centre
        .until(|it| !it.running.app.state().dealt.is_empty())
        .await;
    let mut holders = 0;
    for browser in &customs {
        let (_, body) = browser.get("/api/queue?scope=body").await;
        assert_eq!(body["cases"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&body["seated"], &body["body_open"]),
            (&json!(2), &json!(1))
        );
        holders += browser.mine().await.len();
        let row = &body["cases"][0];
        assert_eq!(row["plate"], "777ABC05");
        assert_eq!(row["severity"], "alarm");
        assert_eq!(row["checkpoint_name"]["kk"], "Майқапшағай");
        assert_eq!(row["link_up"], true);
        let marks = row["stages"].as_array().unwrap().iter();
        let marks: Vec<&str> = marks.map(|it| it["mark"].as_str().unwrap()).collect();
        assert_eq!((marks[1], marks[5]), ("alarm", "not_begun"), "{marks:?}");
        let rules: Vec<&str> = row["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["rule"].as_str().unwrap())
            .collect();
        assert!(rules.contains(&"radiation.gamma_alarm"), "{rules:?}");
    }
    assert_eq!(holders, 1, "drawn to exactly one of the two");
    assert!(police.mine().await.is_empty());
    let (_, body) = police.get("/api/queue?scope=body").await;
    assert_eq!(
        body["body_open"], 0,
        "nothing for the road police yet: {body}"
    );
    let (_, all) = centre
        .login("supervisor")
        .await
        .get("/api/queue?scope=body")
        .await;
    assert_eq!(all["cases"].as_array().unwrap().len(), 1);
    let (status, problem) = customs[0].get("/api/queue?scope=everything").await;
    assert_eq!((status, &problem["code"]), (400, &json!("input.malformed")));
    // The road police's documents come last; then they are asked as well.
    let mut facts = truck.all([
        Input::Vehicle(made::weighing(30_000)),
        Input::Image(made::radiograph(
            domain::unit::BlobHash([1; 32]),
            100,
            Vec::new(),
        )),
        Input::Document(made::document(DocumentKind::DriverLicence, "KZ123")),
    ]);
    facts.extend(truck.says(Input::DocumentsPresented));
    centre.says(&truck, facts).await;
    let (_, body) = police.get("/api/queue?scope=body").await;
    assert_eq!(body["body_open"], 1, "{body}");
    centre.stop().await;
}

#[tokio::test]
async fn a_stage_is_clear_only_where_nothing_was_ever_raised_by_any_body() {
    let mut centre = Centre::start().await;
    let customs = centre.officer("o-customs-1").await;
    let police = centre.officer("o-road-police-1").await;
    let mut truck = Truck::new(1, START);
    let mut facts = truck.arrives("777ABC05");
    facts.extend(truck.all([
        Input::Radiation(made::occupancy(12.0, 0, None)),
        Input::Vehicle(made::weighing(30_000)),
    ]));
    let raised = truck.passage.findings.iter();
    let answers = raised.filter(|it| it.finding.agency == Agency::Customs);
    let released = Fact::DecisionMade(DecisionMade {
        agency: Agency::Customs,
        decision: Decision::Release,
        answers: answers.map(|it| it.finding.id).collect(),
        reason: "C-01".to_owned(),
        un9417: 1,
        by: DecidedBy::Lane {
            first: OfficerId::new("l-1"),
            second: OfficerId::new("l-2"),
        },
    });
    truck.passage.apply(&released, truck.now);
    facts.push((truck.now, released));
    centre.says(&truck, facts).await;
    let marks = async |browser: &Browser| {
        let (status, case) = browser.get("/api/cases/CN05-1").await;
        assert_eq!(status, 200, "{case}");
        let of = |stage: usize| {
            (
                case["row"]["stages"][stage]["mark"].clone(),
                case["stages"][stage]["raised"].clone(),
                case["stages"][stage]["seen"].clone(),
            )
        };
        (of(1), of(2))
    };
    let (radiation, dimensions) = marks(&customs).await;
    assert_eq!(radiation, (json!("answered"), json!(true), json!(true)));
    assert_eq!(dimensions, (json!("clear"), json!(false), json!(true)));
    // The road police may not see it; "clear" would be a lie.
    let (radiation, dimensions) = marks(&police).await;
    assert_eq!(radiation, (json!("done"), json!(true), json!(false)));
    assert_eq!(dimensions, (json!("clear"), json!(false), json!(true)));
    centre.stop().await;
}
