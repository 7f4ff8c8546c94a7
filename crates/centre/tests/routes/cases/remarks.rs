//! `/api/cases/{passage}/remarks`

use serde_json::json;

use crate::cases::alarm;
use crate::centre_under_test::Centre;

const PATH: &str = "/api/cases/CN05-1/remarks";

#[tokio::test]
async fn an_alarm_is_adjudicated_and_nothing_is_overwritten() {
    let mut centre = Centre::start().await;
    let (_truck, officer) = alarm(&mut centre).await;
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let all = case["findings"].as_array().unwrap();
    let at = all
        .iter()
        .position(|it| it["stage"] == "radiation")
        .unwrap();
    let finding = &all[at]["id"];
    assert_eq!(case["secondary"], "none", "{case}");
    let said = |code: u8, isotopes: serde_json::Value| json!({"k": "adjudicated", "answers": [finding], "code": code, "isotopes": isotopes});

    let (status, problem) = officer.post(PATH, said(6, json!([]))).await;
    let wanted = json!("remark.unsupported");
    assert_eq!((status, &problem["code"]), (409, &wanted), "{problem}");
    let (status, problem) = officer.post(PATH, said(4, json!(["potassium"]))).await;
    assert_eq!((status, &problem["code"]), (422, &json!("remark.wrong")));
    let (status, problem) = officer.post(PATH, said(12, json!([]))).await;
    assert_eq!((status, &problem["code"]), (400, &json!("input.malformed")));
    let police = centre.officer("o-road-police-1").await;
    let (status, problem) = police.post(PATH, said(4, json!([]))).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("role.not_allowed"))
    );

    assert_eq!(officer.post(PATH, said(11, json!([]))).await.0, 200);
    let (status, recorded) = officer.post(PATH, said(4, json!(["K-40"]))).await;
    assert_eq!((status, recorded["sequence"].is_u64()), (200, true));
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let rows = case["remarks"].as_array().unwrap();
    let codes: Vec<_> = rows.iter().map(|it| &it["said"]["code"]).collect();
    assert_eq!(codes, [11, 4]);
    assert_eq!(
        (&rows[1]["number"], &rows[1]["by"]),
        (&json!(2), &case["row"]["officer"])
    );
    assert_eq!(rows[1]["said"]["isotopes"], json!(["K-40"]));
    assert_eq!(
        (&rows[1]["said"]["secondary"], &rows[1]["said"]["passes"]),
        (&json!("none"), &json!(1))
    );
    // It answers nothing: the decision is still owed.
    assert_eq!(case["findings"][at]["answered"], json!(null));
    assert_eq!(case["can"]["decide"], true);
    let (_, other) = police.get("/api/cases/CN05-1").await;
    assert!(!other.to_string().contains("K-40"), "another body's remark");
    centre.stop().await;
}
