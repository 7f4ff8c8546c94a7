//! Carriers who give notice: each truck's notification goes to the centre's portal ahead of the
//! truck, by the carrier's own account. Trucks that do not notify are simply not here.

use std::time::Duration;

use serde_json::{Value, json};

use crate::acknowledged::{Deed, Log};
use crate::traffic::Truck;

/// A carrier at the centre's interface.
pub struct Carrier {
    centre: String,
    name: String,
    password: String,
    client: reqwest::Client,
    log: Log,
}

#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    #[error("the centre does not answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the centre refuses the notice ({status}): {problem}")]
    Refused { status: u16, problem: String },
}

impl Carrier {
    /// `centre` is `http://host:port` without a slash at the end.
    pub fn new(centre: &str, name: &str, password: &str) -> Carrier {
        let client = crate::client::builder()
            .cookie_store(true)
            .build()
            .unwrap_or_default();
        Carrier {
            centre: centre.into(),
            name: name.into(),
            password: password.into(),
            client,
            log: Log::off(),
        }
    }

    /// Writes down what the centre acknowledges.
    pub fn logged(self, log: Log) -> Carrier {
        Carrier { log, ..self }
    }

    /// Lodges the truck's notification; the reference the centre gave, or `None` where the truck
    /// gives no notice. Logs in when that is needed.
    pub async fn lodge(&self, truck: &Truck) -> Result<Option<String>, NoticeError> {
        let Some(body) = body(truck) else {
            return Ok(None);
        };
        let from = self.log.now();
        let answer = match self.post("/api/notifications", &body).await {
            Err(NoticeError::Refused { status: 401, .. }) => {
                let login = json!({"name": self.name, "password": self.password});
                self.post("/api/session", &login).await?;
                self.post("/api/notifications", &body).await
            }
            other => other,
        }?;
        let id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        if let Some(id) = id.clone() {
            self.log.add("centre", Deed::Notification { id }, from);
        }
        Ok(id)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, NoticeError> {
        let request = self
            .client
            .post(format!("{}{path}", self.centre))
            .json(body);
        let response = request.timeout(Duration::from_secs(20)).send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(NoticeError::Refused {
                status: status.as_u16(),
                problem: text,
            });
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// What the carrier sends: the notification without its reference and time of lodging, which are
/// the centre's to give.
fn body(truck: &Truck) -> Option<Value> {
    let mut body = serde_json::to_value(truck.notification()?).ok()?;
    let fields = body.as_object_mut()?;
    fields.remove("id");
    fields.remove("lodged_at");
    Some(body)
}

#[cfg(test)]
mod tests {
    use domain::fact::Direction;
    use domain::unit::{CheckpointId, UtcMs};

    use super::*;
    use crate::traffic::{Matter, truck_with};

    #[test]
    fn a_notice_names_goods_and_leaves_the_reference_to_the_centre() {
        let at = UtcMs(1_795_400_000_000);
        let checkpoint = CheckpointId::new("CN05");
        let truck = truck_with(
            1,
            &checkpoint,
            Direction::Entry,
            1,
            at,
            Matter::GrossOverload,
        );
        let body = body(&truck).unwrap();
        assert!(body.get("id").is_none() && body.get("lodged_at").is_none());
        assert_eq!(body["tractor_plate"], truck.tractor_plate.as_str());
        assert!(body["goods"][0]["gross_kg"].as_u64().unwrap() > 20_000);
        let silent = truck_with(
            1,
            &checkpoint,
            Direction::Entry,
            1,
            at,
            Matter::NoNotification,
        );
        assert!(super::body(&silent).is_none());
    }
}
