//! `/api/time` and `/api/plans`

use domain::input::Input;
use serde_json::json;

use super::cases::alarm;
use crate::centre_under_test::Centre;

#[tokio::test]
async fn the_parts_of_the_last_day_sum_and_name_whom_was_waited_for() {
    let mut centre = Centre::start().await;
    let supervisor = centre.login("supervisor").await;
    let (status, nothing) = supervisor.get("/api/time").await;
    assert_eq!(status, 200, "{nothing}");
    assert_eq!(
        (&nothing["through"], &nothing["whole"]["count"]),
        (&json!(0), &json!(0))
    );

    let (mut truck, _officer) = alarm(&mut centre).await;
    let (_, under_way) = supervisor.get("/api/time").await;
    assert_eq!(
        (&under_way["through"], &under_way["standing"]),
        (&json!(0), &json!(1))
    );
    // The clock stands two minutes after START: the truck counts at its age.
    let longest = under_way["longest_ms"].as_i64().unwrap();
    assert!((100_000..180_000).contains(&longest), "{under_way}");
    assert!(under_way["whole"]["p90_ms"].as_i64().unwrap() >= 100_000);
    let (_, wall) = supervisor.get("/api/wall").await;
    assert_eq!(wall["today"]["standing"], 1);
    assert!(
        wall["today"]["p50_minutes"].as_f64().unwrap() > 1.6,
        "{wall}"
    );
    truck.now = truck.now.plus_ms(90_000);
    let facts = truck.says(Input::BackedOut);
    centre.says(&truck, facts).await;

    let (_, time) = supervisor.get("/api/time").await;
    assert_eq!(
        (&time["through"], &time["turned_back"], &time["standing"]),
        (&json!(1), &json!(1), &json!(0)),
        "{time}"
    );
    let mean = |part: &str| time[part]["mean_ms"].as_i64().unwrap();
    assert!(mean("whole") >= 90_000, "{time}");
    let parts = ["clear_control", "documents", "technological"];
    let sum: i64 = parts.iter().map(|it| mean(it)).sum();
    // Each is rounded to a thousandth of a minute.
    assert!((sum - mean("whole")).abs() < 250, "{time}");
    let waits = time["waited_for"].as_array().unwrap();
    let shares: f64 = waits.iter().map(|it| it["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 0.01, "{time}");
    // The longest first: it stood before the scale when it turned back.
    assert_eq!(waits[0]["whom"], "device:dimensions");
    assert!(waits[0]["spread"]["mean_ms"].as_i64().unwrap() >= 90_000);
    assert_eq!(time["checkpoints"][0]["checkpoint"], "CN05");
    assert_eq!(time["hours"].as_array().unwrap().len(), 1);
    assert_eq!(time["promise_minutes"], 45);
    centre.stop().await;
}

#[tokio::test]
async fn plans_are_what_the_folder_holds_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let plans = folder.path().to_owned();
    let centre = Centre::start_with(|config| config.data = plans.clone()).await;
    let auditor = centre.login("auditor").await;
    assert_eq!(auditor.get("/api/plans").await, (200, json!([])));
    let kept = folder.path().join("plans");
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::write(kept.join("notes.txt"), "no plan").unwrap();
    std::fs::write(kept.join("autumn.json"), "{\"name\": 3}").unwrap();
    let (status, problem) = auditor.get("/api/plans").await;
    assert_eq!((status, &problem["code"]), (500, &json!("plan.unreadable")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("autumn: "), "{detail}");
    centre.stop().await;
}
