//! A running centre, a checkpoint's ledger, and people's browsers.

use std::time::Duration;

use centre::main_loop::LinkChange;
use centre::people::DEMO_PASSWORD;
use centre::{Clock, Config, Running};
use domain::fact::Fact;
use domain::unit::{BlobHash, CheckpointId, PassageId, UtcMs};
use ledger::{Draft, Ledger, Options};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::made::{Truck, procedures};

pub const START: UtcMs = UtcMs(1_780_000_000_000);

pub struct Centre {
    pub running: Running,
    /// Deleted when this is dropped.
    _folder: tempfile::TempDir,
    pub config: Config,
    /// The checkpoint's own ledger and how much of it was copied.
    pub checkpoint: Ledger,
    copied: u64,
}

pub fn code() -> CheckpointId {
    CheckpointId::new("CN05")
}

impl Centre {
    pub async fn start() -> Centre {
        Centre::start_with(|_| ()).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Centre {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::with(folder.path().join("centre"), &procedures()).unwrap();
        config
            .checkpoints
            .retain(|it| ["CN05", "RU01"].contains(&it.code.as_str()));
        config.clock = Clock::starting(START.plus_ms(120_000), 1.0);
        config.demo = true;
        change(&mut config);
        let options = Options {
            reserve_bytes: 1 << 16,
            ..Options::default()
        };
        let (checkpoint, _) = Ledger::open(&folder.path().join("CN05"), "CN05", options)
            .await
            .unwrap();
        let running = centre::run(config.clone()).await.unwrap();
        let internal = &running.app.ledgers.internal;
        let key = checkpoint.key().clone();
        internal
            .trust("CN05", checkpoint.epoch(), key)
            .await
            .unwrap();
        Centre {
            running,
            _folder: folder,
            config,
            checkpoint,
            copied: 0,
        }
    }

    /// Stops and starts again on the same folder.
    pub async fn restart(self) -> Centre {
        self.running.shutdown().await;
        let running = centre::run(self.config.clone()).await.unwrap();
        Centre { running, ..self }
    }

    /// The checkpoint records these facts; nothing has come up yet.
    pub async fn record(&self, passage: &PassageId, facts: Vec<(UtcMs, Fact)>) {
        let drafts = facts
            .into_iter()
            .map(|(at, fact)| Draft {
                at,
                passage: Some(passage.clone()),
                fact,
            })
            .collect();
        self.checkpoint.append(drafts).await.unwrap();
    }

    /// Everything the checkpoint has recorded comes up, and the centre has folded it.
    pub async fn copy(&mut self) {
        let epoch = self.checkpoint.epoch();
        let records = self
            .checkpoint
            .read("CN05", epoch, self.copied, 10_000)
            .await
            .unwrap();
        self.copied += records.len() as u64;
        let head = self.checkpoint.head("CN05");
        let internal = &self.running.app.ledgers.internal;
        internal.copy("CN05", epoch, records, head).await.unwrap();
        // The loop has taken it in when it knows the last root.
        let root = internal
            .status_of("CN05", epoch)
            .unwrap()
            .held
            .root
            .to_string();
        self.until(|it| it.running.app.state().posts[&code()].root == root)
            .await;
        self.running.link_changed(code(), LinkChange::Up).await;
    }

    /// Records facts and brings them up.
    pub async fn says(&mut self, truck: &Truck, facts: Vec<(UtcMs, Fact)>) {
        self.record(&truck.passage.id, facts).await;
        self.copy().await;
    }

    /// Keeps a blob at the centre, as the link would bring it, and tells of it with the next facts.
    pub async fn blob(&self, bytes: &[u8]) -> BlobHash {
        self.running
            .app
            .ledgers
            .internal
            .put_blob(bytes)
            .await
            .unwrap()
    }

    /// Waits for what other tasks are doing; fails loudly when it does not come.
    pub async fn until(&self, done: impl Fn(&Centre) -> bool) {
        for _ in 0..2_000 {
            if done(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not come about within ten seconds");
    }

    pub fn browser(&self) -> Browser {
        let client = Client::builder().cookie_store(true).build().unwrap();
        Browser {
            client,
            url: self.running.url(),
        }
    }

    /// Logged in with a demo account.
    pub async fn login(&self, name: &str) -> Browser {
        let browser = self.browser();
        let body = json!({"name": name, "password": DEMO_PASSWORD});
        let (status, me) = browser.post("/api/session", body).await;
        assert_eq!(status, 200, "{me}");
        browser
    }

    /// Logged in and on duty.
    pub async fn officer(&self, name: &str) -> Browser {
        let browser = self.login(name).await;
        let (status, me) = browser.post("/api/duty", json!({"seat": "7"})).await;
        assert_eq!(status, 200, "{me}");
        assert_eq!(me["seated"], true);
        browser
    }

    pub async fn stop(self) {
        self.running.shutdown().await;
    }
}

pub struct Browser {
    pub client: Client,
    pub url: String,
}

impl Browser {
    pub async fn raw(&self, path: &str) -> Response {
        self.client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap()
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.raw(path).await).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let sent = self
            .client
            .post(format!("{}{path}", self.url))
            .json(&body)
            .send()
            .await;
        answer(sent.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        let sent = self
            .client
            .delete(format!("{}{path}", self.url))
            .send()
            .await;
        answer(sent.unwrap()).await
    }

    /// Passages in my queue.
    pub async fn mine(&self) -> Vec<String> {
        let (status, queue) = self.get("/api/queue?scope=mine").await;
        assert_eq!(status, 200, "{queue}");
        let cases = queue["cases"].as_array().unwrap();
        cases
            .iter()
            .map(|it| it["passage"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn answer(response: Response) -> (u16, Value) {
    let status = response.status();
    let problem = response
        .headers()
        .get("content-type")
        .is_some_and(|it| it == "application/problem+json");
    assert_eq!(
        problem,
        status.is_client_error() || status.is_server_error(),
        "{status} and the content type do not fit"
    );
    let bytes = response.bytes().await.unwrap();
    if status == StatusCode::NO_CONTENT {
        assert!(bytes.is_empty());
    }
    (
        status.as_u16(),
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}
