//! What the checkpoint's own local screen shows, followed by the simulated lane officer: which
//! passages are in which lane, what is done and owed. Asked again whenever the checkpoint says
//! that something changed; the last answer stays while the checkpoint is away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::events;
use crate::waits::Waits;

/// One answer of `GET /api/lane`.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// Grows with every answer.
    pub round: u64,
    /// By name of the passage.
    pub passages: BTreeMap<String, Seen>,
}

/// A passage that has not ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub number: u64,
    pub lane: u64,
    pub aside: bool,
    /// Stages that are over, or that the procedure does not ask for.
    pub done: Vec<String>,
    /// Refused: it must leave the way it came.
    pub turn_back: bool,
    /// Orders without a result.
    pub orders: Vec<OrderSeen>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderSeen {
    pub id: String,
    pub kind: String,
}

/// Follows one checkpoint. Stops when dropped.
pub struct Board {
    sight: watch::Receiver<Arc<Sight>>,
    tasks: [JoinHandle<()>; 2],
}

impl Board {
    /// `http` is the checkpoint's address, `http://127.0.0.1:7101`.
    pub fn follow(http: &str, waits: Waits) -> Board {
        let client = crate::client::builder().build().unwrap_or_default();
        let (sender, sight) = watch::channel(Arc::new(Sight::default()));
        let (changed, mut changes) = watch::channel(0_u64);
        let url = format!("{http}/api/lane");
        let asker = client.clone();
        let asking = tokio::spawn(async move {
            let mut round = 0;
            loop {
                changes.borrow_and_update();
                let wait = waits.begin();
                let seen = ask(&asker, &url).await;
                drop(wait);
                if let Some(passages) = seen {
                    round += 1;
                    let sight = Sight { round, passages };
                    let _ = sender.send(Arc::new(sight));
                }
                // Commits come in bursts: one look is enough for several.
                tokio::time::sleep(Duration::from_millis(40)).await;
                let pause = Duration::from_millis(600);
                if let Ok(Err(_)) = tokio::time::timeout(pause, changes.changed()).await {
                    return;
                }
            }
        });
        let url = format!("{http}/api/lane/events");
        let listening = tokio::spawn(async move {
            loop {
                if let Err(why) = events::listen(&client, &url, &changed).await {
                    tracing::debug!(%why, "the checkpoint's events stopped");
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        });
        Board {
            sight,
            tasks: [asking, listening],
        }
    }

    pub fn now(&self) -> Arc<Sight> {
        self.sight.borrow().clone()
    }

    /// A receiver of one's own, to wait for changes with.
    pub fn changes(&self) -> watch::Receiver<Arc<Sight>> {
        self.sight.clone()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn ask(client: &reqwest::Client, url: &str) -> Option<BTreeMap<String, Seen>> {
    let request = client.get(url).timeout(Duration::from_secs(5));
    let answer: Value = request
        .send()
        .await
        .ok()?
        .error_for_status()
        .ok()?
        .json()
        .await
        .ok()?;
    Some(passages(&answer))
}

fn passages(answer: &Value) -> BTreeMap<String, Seen> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = BTreeMap::new();
    for lane in list(&answer["lanes"]) {
        let number = lane["lane"].as_u64().unwrap_or_default();
        for passage in list(&lane["passages"]) {
            let Some(name) = passage["passage"].as_str() else {
                continue;
            };
            let done = list(&passage["stages"])
                .iter()
                .filter(|it| is_done(it))
                .filter_map(|it| it["stage"].as_str().map(str::to_owned))
                .collect();
            let orders = list(&passage["orders"])
                .iter()
                .filter(|it| it["completed"].is_null() && it["outcome"].is_null())
                .map(|it| {
                    if it["order"].is_object() {
                        &it["order"]
                    } else {
                        it
                    }
                })
                .filter_map(|it| {
                    let id = it["id"].as_str()?.to_owned();
                    Some(OrderSeen {
                        id,
                        kind: it["kind"].as_str()?.to_owned(),
                    })
                })
                .collect();
            let turn_back = list(&passage["owed"])
                .iter()
                .any(|it| it["k"] == "turn_back");
            let seen = Seen {
                number: name
                    .rsplit('-')
                    .next()
                    .and_then(|it| it.parse().ok())
                    .unwrap_or(0),
                lane: number,
                aside: passage["aside"].as_bool().unwrap_or_default(),
                done,
                turn_back,
                orders,
            };
            found.insert(name.to_owned(), seen);
        }
    }
    found
}

/// A stage is over when it has a time of completion, or is not required.
fn is_done(stage: &Value) -> bool {
    let state = if stage["state"].is_object() {
        &stage["state"]
    } else {
        stage
    };
    let waived = state["required"] == "no" || state["required"] == Value::Bool(false);
    waived || state["completed_at"].is_number()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_screen_is_read() {
        let found = passages(&json!({"lanes": [{"lane": 2, "passages": [{
            "passage": "CN05-17", "aside": false,
            "stages": [
                {"stage": "entry", "state": {"required": "yes", "completed_at": 5}},
                {"stage": "radiation", "state": {"required": "yes", "completed_at": null}},
                {"stage": "imaging", "state": {"required": "no", "completed_at": null}},
                {"stage": "exit", "state": null},
            ],
            "owed": [{"k": "perform", "d": {"stage": "radiation"}}, {"k": "turn_back"}],
            "orders": [
                {"id": "centre/4", "kind": "reweigh", "completed": null},
                {"id": "centre/3", "kind": "inspect", "completed": {"at": 1}},
            ],
        }]}]}));
        let expected = Seen {
            number: 17,
            lane: 2,
            aside: false,
            done: vec!["entry".into(), "imaging".into()],
            turn_back: true,
            orders: vec![OrderSeen {
                id: "centre/4".into(),
                kind: "reweigh".into(),
            }],
        };
        assert_eq!(found["CN05-17"], expected);
    }
}
