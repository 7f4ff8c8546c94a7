//! `/api/cases/{passage}/remarks`

use domain::input::Input;
use domain::limits::REMARKS;
use serde_json::json;

use crate::cases::alarm;
use crate::centre_under_test::Centre;
use crate::made;

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

    // The verdict beside the profile says that nothing declared explains it.
    let (status, problem) = officer.post(PATH, said(4, json!(["K-40"]))).await;
    let wanted = json!("remark.contradicts");
    assert_eq!((status, &problem["code"]), (409, &wanted), "{problem}");
    assert_eq!(officer.post(PATH, said(11, json!([]))).await.0, 200);
    let (status, recorded) = officer.post(PATH, said(8, json!(["K-40"]))).await;
    assert_eq!((status, recorded["sequence"].is_u64()), (200, true));
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let rows = case["remarks"].as_array().unwrap();
    let codes: Vec<_> = rows.iter().map(|it| &it["said"]["code"]).collect();
    assert_eq!(codes, [11, 8]);
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

#[tokio::test]
async fn a_place_on_the_radiograph_is_marked_and_taken_back_and_stays_on_record() {
    let mut centre = Centre::start().await;
    let (mut truck, officer) = alarm(&mut centre).await;
    let image = centre.blob(&[0xa5; 50_000]).await;
    let picture = made::radiograph(image, 50_000, Vec::new());
    let (width, height) = (picture.width_px, picture.height_px);
    let facts = truck.says(Input::Image(picture));
    centre.says(&truck, facts).await;
    let on = |image: String, left: u32, width: u32| {
        let area =
            json!({"left_px": left, "top_px": height - 90, "width_px": width, "height_px": 90});
        json!({"k": "marked", "image": image, "area": area, "word": "double_wall"})
    };
    let mark = |left, width| on(image.to_string(), left, width);
    let wrong = json!("remark.wrong");

    let other = domain::unit::BlobHash([3; 32]).to_string();
    for (what, it) in [
        ("over the edge", mark(width - 120, 121)),
        ("past all numbers", mark(u32::MAX, 120)),
        ("empty", mark(900, 0)),
        ("of another passage", on(other, 900, 120)),
        ("nothing to take back", json!({"k": "withdrawn", "mark": 1})),
    ] {
        let (status, problem) = officer.post(PATH, it).await;
        assert_eq!((status, &problem["code"]), (422, &wrong), "{what}");
    }
    let mut free_text = mark(900, 120);
    free_text["word"] = json!("looks odd");
    let (status, problem) = officer.post(PATH, free_text).await;
    assert_eq!((status, &problem["code"]), (400, &json!("input.malformed")));
    for body in ["o-road-police-1", "o-veterinary-1"] {
        let other = centre.officer(body).await;
        let (status, problem) = other.post(PATH, mark(900, 120)).await;
        assert_eq!((status, &problem["code"]), (409, &json!("case.not_yours")));
    }

    assert_eq!(officer.post(PATH, mark(width - 120, 120)).await.0, 200);
    let back = json!({"k": "withdrawn", "mark": 1});
    assert_eq!(officer.post(PATH, back.clone()).await.0, 200);
    let (status, problem) = officer.post(PATH, back).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &wrong),
        "taken back twice"
    );
    let (_, case) = officer.get("/api/cases/CN05-1").await;
    let rows = case["remarks"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "what was taken back stays: {rows:?}");
    assert_eq!(rows[0]["said"]["area"]["left_px"], width - 120);
    assert_eq!(rows[0]["by"], case["row"]["officer"]);
    assert!(rows[0]["at"].is_i64());

    for number in rows.len()..REMARKS {
        let (status, problem) = officer.post(PATH, mark(900, 120)).await;
        assert_eq!(status, 200, "remark {}: {problem}", number + 1);
    }
    let (status, problem) = officer.post(PATH, mark(900, 120)).await;
    assert_eq!((status, &problem["code"]), (422, &wrong), "one too many");
    centre.stop().await;
}
