//! `/api/session`

use centre::people::DEMO_PASSWORD;
use serde_json::json;

use crate::centre_under_test::Centre;

#[tokio::test]
async fn logs_in_says_who_and_logs_out() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let (status, problem) = browser.get("/api/session").await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (401, Some("session.none"))
    );
    let body = json!({"name": "o-customs-1", "password": DEMO_PASSWORD});
    let url = format!("{}/api/session", browser.url);
    let response = browser.client.post(url).json(&body).send().await.unwrap();
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for part in [
        "beket_session=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (status, me) = browser.get("/api/session").await;
    assert_eq!(status, 200);
    assert_eq!(
        (
            &me["officer"],
            &me["role"],
            &me["agency"],
            &me["seated"],
            &me["demo"]
        ),
        (
            &json!("o-customs-1"),
            &json!("officer"),
            &json!("customs"),
            &json!(false),
            &json!(true)
        )
    );
    assert_eq!(browser.delete("/api/session").await.0, 204);
    assert_eq!(browser.get("/api/session").await.0, 401);
    centre.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_name_look_the_same_and_are_throttled() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let try_as = async |name: &str| {
        let (status, problem) = browser
            .post(
                "/api/session",
                json!({"name": name, "password": "wrong wrong wrong"}),
            )
            .await;
        (
            status,
            problem["code"].as_str().unwrap().to_owned(),
            problem["detail"].clone(),
        )
    };
    let known = try_as("o-customs-1").await;
    assert_eq!(known.0, 401);
    assert_eq!(known, try_as("nobody-at-all").await);
    for _ in 0..4 {
        assert_eq!(try_as("o-customs-1").await.0, 401);
    }
    assert_eq!(try_as("o-customs-1").await.1, "session.throttled");
    // Even the right password now; another name is free.
    let right = json!({"name": "o-customs-1", "password": DEMO_PASSWORD});
    assert_eq!(browser.post("/api/session", right).await.0, 429);
    centre.login("o-customs-2").await;
    centre.stop().await;
}

#[tokio::test]
async fn outside_a_demo_no_account_exists() {
    let centre = Centre::start_with(|it| it.demo = false).await;
    let browser = centre.browser();
    for name in ["o-customs-1", "administrator", "admin"] {
        let body = json!({"name": name, "password": DEMO_PASSWORD});
        assert_eq!(browser.post("/api/session", body).await.0, 401);
    }
    assert_eq!(centre.running.app.db.people().await.unwrap(), []);
    centre.stop().await;
}

#[tokio::test]
async fn a_person_shut_out_is_out_at_once() {
    let centre = Centre::start().await;
    let browser = centre.login("o-customs-1").await;
    assert_eq!(browser.get("/api/session").await.0, 200);
    let now = served::clock::wall_now();
    centre
        .running
        .app
        .db
        .disable_person("o-customs-1", now)
        .await
        .unwrap();
    assert_eq!(browser.get("/api/session").await.0, 401);
    centre.stop().await;
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_named() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let url = format!("{}/api/session", browser.url);
    let send = async |body: Vec<u8>, kind: &str| {
        let request = browser
            .client
            .post(&url)
            .header("content-type", kind)
            .body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let problem: serde_json::Value = response.json().await.unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    };
    let malformed = (400, "input.malformed".to_owned());
    assert_eq!(send(b"{".to_vec(), "application/json").await, malformed);
    assert_eq!(
        send(br#"{"name":"x"}"#.to_vec(), "application/json").await,
        malformed
    );
    let form = send(
        b"name=x&password=y".to_vec(),
        "application/x-www-form-urlencoded",
    )
    .await;
    assert_eq!(form, malformed);
    let large = send(vec![b' '; 300_000], "application/json").await;
    assert_eq!(large, (413, "input.too_large".to_owned()));
    // From another site.
    let body = json!({"name": "o-customs-1", "password": DEMO_PASSWORD});
    let request = browser
        .client
        .post(&url)
        .header("origin", "https://evil.example")
        .json(&body);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 403);
    centre.stop().await;
}

#[tokio::test]
async fn a_second_person_is_known_before_anything_is_sent() {
    let centre = Centre::start().await;
    let officer = centre.login("o-customs-1").await;
    let path = "/api/session/second";
    let login = |name: &str, password: &str| json!({"name": name, "password": password});
    let (status, said) = officer
        .post(path, login("o-road-police-1", DEMO_PASSWORD))
        .await;
    assert_eq!((status, &said["agency"]), (200, &json!("road_police")));
    for (name, password, code) in [
        ("o-road-police-1", "not the password", "second.wrong"),
        ("nobody", DEMO_PASSWORD, "second.wrong"),
        ("o-customs-1", DEMO_PASSWORD, "second.same_person"),
        ("o-customs-2", DEMO_PASSWORD, "second.same_body"),
        ("supervisor", DEMO_PASSWORD, "second.not_officer"),
        ("carrier", DEMO_PASSWORD, "second.not_officer"),
    ] {
        let (status, problem) = officer.post(path, login(name, password)).await;
        assert_eq!((status, &problem["code"]), (409, &json!(code)), "{name}");
    }
    // The officer's own session stands.
    assert_eq!(officer.get("/api/session").await.0, 200);
    centre.stop().await;
}
