//! Simulated officers: people at the centre's real interface. Each logs in, sits down, is told of
//! changes by the event stream, opens the cases drawn to them, thinks for a plausible time, and
//! decides or orders. They never log in to an account that a person has taken (`people`), and know
//! nothing but what the interface shows.

pub mod judge;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::acknowledged::{Deed, Log};
use crate::chance::Chance;
use crate::events;
use crate::waits::Waits;
use judge::{Case, Step, Verdict};
use served::clock::Clock;

/// Who sits where.
#[derive(Debug, Clone)]
pub struct Config {
    /// `http://127.0.0.1:8080`, without a slash at the end.
    pub centre: String,
    pub accounts: Vec<Account>,
    /// Accounts left to people.
    pub people: Vec<String>,
    pub clock: Clock,
    pub seed: u64,
    /// What the centre acknowledges is written here.
    pub log: Log,
    pub waits: Waits,
}

/// An officer's account at the centre.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub password: String,
    /// Code of the body: `customs`.
    pub agency: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Queue {
    cases: Vec<Queued>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Queued {
    passage: String,
    held: Option<HeldUntil>,
    opened_at: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HeldUntil {
    until: i64,
}

/// Runs all of them until dropped.
pub async fn run(config: Config) {
    let mut officers = tokio::task::JoinSet::new();
    for (number, account) in config.accounts.iter().enumerate() {
        if config.people.contains(&account.name) {
            continue;
        }
        let officer = Officer {
            number: number as u64,
            account: account.clone(),
            config: config.clone(),
            client: client(),
        };
        officers.spawn(officer.work());
    }
    while officers.join_next().await.is_some() {}
}

fn client() -> reqwest::Client {
    crate::client::builder()
        .cookie_store(true)
        .build()
        .unwrap_or_default()
}

struct Officer {
    number: u64,
    account: Account,
    config: Config,
    client: reqwest::Client,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{status} {problem}")]
    Refused { status: u16, problem: String },
}

impl Trouble {
    /// The session is gone: log in again.
    fn is_session(&self) -> bool {
        matches!(self, Trouble::Refused { status: 401, .. })
    }
}

impl Officer {
    async fn work(self) {
        loop {
            if let Err(trouble) = self.shift().await {
                tracing::debug!(officer = self.account.name, %trouble, "shift interrupted");
            }
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }

    /// From logging in until something fails.
    async fn shift(&self) -> Result<(), Trouble> {
        let login = json!({"name": self.account.name, "password": self.account.password});
        self.post("/api/session", &login).await?;
        self.post(
            "/api/duty",
            &json!({"seat": format!("sim-{}", self.number)}),
        )
        .await?;
        let (changed, mut changes) = watch::channel(0_u64);
        let listening = {
            let client = self.client.clone();
            let url = format!("{}/api/events", self.config.centre);
            tokio::spawn(async move { events::listen(&client, &url, &changed).await })
        };
        let worked = self.cases(&mut changes).await;
        listening.abort();
        worked
    }

    async fn cases(&self, changes: &mut watch::Receiver<u64>) -> Result<(), Trouble> {
        let mut visits: BTreeMap<String, u64> = BTreeMap::new();
        loop {
            changes.borrow_and_update();
            let queue: Queue = self.get("/api/queue?scope=mine").await?;
            let now = self.config.clock.now().0;
            for case in queue.cases {
                // A held case comes back by itself; it is looked at when its time is near.
                if case
                    .held
                    .as_ref()
                    .is_some_and(|it| it.until > now + 120_000)
                {
                    continue;
                }
                let visit = visits.entry(case.passage.clone()).or_default();
                *visit += 1;
                if let Err(trouble) = self.attend(&case, *visit).await {
                    if trouble.is_session() || matches!(trouble, Trouble::Http(_)) {
                        return Err(trouble);
                    }
                    // Overtaken by events, or another's by now: the next look at the queue tells.
                    tracing::debug!(officer = self.account.name, passage = case.passage, %trouble);
                }
            }
            visits.retain(|_, count| *count < 10_000);
            // Changes wake at once; the timer is for images that grow and holds that end.
            let pause = self
                .config
                .clock
                .on_wall(Duration::from_secs(30))
                .max(Duration::from_millis(150));
            match tokio::time::timeout(pause, changes.changed()).await {
                Ok(Err(_)) => return Ok(()),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn attend(&self, queued: &Queued, visit: u64) -> Result<(), Trouble> {
        let passage = &queued.passage;
        let path = format!("/api/cases/{passage}");
        let purpose = format!("officer {} {passage}", self.account.name);
        let mut chance = Chance::of(self.config.seed, &purpose, visit);
        let first_look = queued.opened_at.is_none();
        if first_look {
            self.post(&format!("{path}/open"), &json!({})).await?;
            let think_ms = chance.around(35_000.0, 0.5).clamp(8_000.0, 180_000.0) as i64;
            self.config.clock.sleep(think_ms).await;
        }
        let case: Case = self.get(&path).await?;
        if !case.can.decide {
            return Ok(());
        }
        match judge::judge(&case, &self.account.agency, &mut chance) {
            Step::Wait => self.fetch_images(&path, &case).await,
            Step::Order { kind, about } => {
                let from = self.config.log.now();
                let path = format!("{path}/orders");
                let body = json!({"kind": kind, "about": about});
                let answer = self.post(&path, &body).await?;
                if let Some(order) = answer["order"].as_str() {
                    let (passage, order) = (passage.clone(), order.to_owned());
                    let deed = Deed::Order { passage, order };
                    self.config.log.add("centre", deed, from);
                }
                Ok(())
            }
            Step::Adjudicate { answers, code } => {
                let body = json!({"k": "adjudicated", "answers": answers, "code": code});
                self.post(&format!("{path}/remarks"), &body).await?;
                Ok(())
            }
            Step::Decide {
                verdict,
                answers,
                reason,
            } => {
                if !first_look {
                    self.config
                        .clock
                        .sleep(chance.between(5_000.0, 20_000.0) as i64)
                        .await;
                }
                self.decide(passage, &case, verdict, answers, &reason).await
            }
        }
    }

    /// Asks for the rest of images whose bytes do not allow a clear yet.
    async fn fetch_images(&self, path: &str, case: &Case) -> Result<(), Trouble> {
        for image in &case.images {
            if image.have_bytes >= image.clear_from_bytes {
                continue;
            }
            if let Some(hash) = image.reading.get("image").and_then(Value::as_str) {
                let body = json!({"upto_bytes": image.clear_from_bytes});
                self.post(&format!("{path}/blobs/{hash}/promote"), &body)
                    .await?;
            }
        }
        Ok(())
    }

    async fn decide(
        &self,
        passage: &str,
        case: &Case,
        verdict: Verdict,
        answers: Vec<u32>,
        reason: &str,
    ) -> Result<(), Trouble> {
        let decision = match verdict {
            Verdict::Hold => json!({"hold": {
                "until": self.config.clock.now().plus_ms(20 * 60_000).0,
                "for_whom": self.account.agency,
            }}),
            other => json!(other.code()),
        };
        let path = format!("/api/cases/{passage}/decision");
        let from = self.config.log.now();
        let done = |answer: Value| {
            if let Some(sequence) = answer["sequence"].as_u64() {
                let (passage, officer) = (passage.to_owned(), self.account.name.clone());
                let deed = Deed::Decision {
                    passage,
                    officer,
                    sequence,
                };
                self.config.log.add("centre", deed, from);
            }
        };
        let body = json!({"decision": decision, "answers": answers, "reason": reason});
        if !(case.can.needs_second && verdict == Verdict::Release) {
            match self.post(&path, &body).await {
                Err(Trouble::Refused { problem, .. }) if problem.contains("needs_second") => (),
                other => return other.map(done),
            }
        }
        // A colleague of another body reads it too.
        let colleagues = self
            .config
            .accounts
            .iter()
            .filter(|it| it.agency != self.account.agency);
        let mut last = Ok(());
        for colleague in colleagues.take(2) {
            let mut body = body.clone();
            body["second"] = json!({"name": colleague.name, "password": colleague.password});
            last = self.post(&path, &body).await.map(done);
            match &last {
                Err(Trouble::Refused {
                    status: 400..=499, ..
                }) => (),
                _ => return last,
            }
        }
        last
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        let _wait = self.config.waits.begin();
        let request = self.client.get(format!("{}{path}", self.config.centre));
        let response = request.timeout(Duration::from_secs(20)).send().await?;
        Ok(refused(response).await?.json().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        let _wait = self.config.waits.begin();
        let request = self
            .client
            .post(format!("{}{path}", self.config.centre))
            .json(body);
        let response = request.timeout(Duration::from_secs(20)).send().await?;
        let text = refused(response).await?.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// The response, or what the problem document says.
async fn refused(response: reqwest::Response) -> Result<reqwest::Response, Trouble> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let problem = response.text().await.unwrap_or_default();
    Err(Trouble::Refused { status, problem })
}
