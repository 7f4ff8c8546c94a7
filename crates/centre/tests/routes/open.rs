//! What needs no session, and what every answer carries.

use serde_json::json;

use crate::centre_under_test::Centre;

#[tokio::test]
async fn clock_health_role_and_the_contract_are_open() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let (_, clock) = browser.get("/api/clock").await;
    assert_eq!(clock["rate"], 1.0);
    let (_, health) = browser.get("/api/health").await;
    assert_eq!(
        (&health["status"], &health["db"]),
        (&json!("ok"), &json!("sqlite"))
    );
    assert_eq!(browser.get("/api/role").await.1, json!({"role": "centre"}));
    let (_, document) = browser.get("/openapi.json").await;
    let golden: serde_json::Value = serde_json::from_str(&centre::openapi()).unwrap();
    assert_eq!(document, golden);
    let page = browser
        .raw("/errors/decision.stale")
        .await
        .text()
        .await
        .unwrap();
    assert!(page.starts_with("# decision.stale"));
    centre.stop().await;
}

/// Every operation of the contract that does not answer 401 without a session is named here.
#[tokio::test]
async fn everything_else_asks_who_is_there() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let (_, document) = browser.get("/openapi.json").await;
    let mut open = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "delete", "put", "patch"] {
            if item.get(method).is_none() {
                continue;
            }
            let address = path
                .replace("{passage}", "CN05-1")
                .replace("{hash}", &"0".repeat(64))
                .replace("{id}", "N-1")
                .replace("{code}", "busy");
            let url = format!("{}{address}", browser.url);
            let method = method.to_uppercase();
            let request = browser
                .client
                .request(method.parse().unwrap(), url)
                .json(&json!({}));
            let response = request.send().await.unwrap();
            if response.status() != 401 {
                open.push(format!("{method} {path}"));
            }
        }
    }
    assert_eq!(
        open,
        [
            "GET /api/clock",
            "GET /api/health",
            "GET /api/role",
            "POST /api/session",
            "GET /errors/{code}"
        ]
    );
    centre.stop().await;
}

#[tokio::test]
async fn headers_pages_and_unknown_addresses() {
    let centre = Centre::start().await;
    let browser = centre.browser();
    let page = browser.raw("/").await;
    assert_eq!(page.status(), 200);
    let headers = page.headers();
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-frame-options"], "DENY");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
    let api = browser.raw("/api/clock").await;
    assert_eq!(api.headers()["cache-control"], "no-store");
    // The browser routes its own pages; the API and files do not pretend.
    assert_eq!(browser.raw("/cases/CN05-1").await.status(), 200);
    let (status, problem) = browser.get("/api/nothing").await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    assert_eq!(browser.get("/nothing.png").await.0, 404);
    let (status, problem) = browser.delete("/api/clock").await;
    assert_eq!(
        (status, &problem["code"]),
        (405, &json!("method.not_allowed"))
    );
    centre.stop().await;
}
