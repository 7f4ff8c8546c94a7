//! Equipment that calls the checkpoint: cameras, container reader, page reader, X-ray, and the
//! lane officer's screen. A device keeps what was not taken and sends it again: nothing is given
//! up because the checkpoint restarts.

use std::time::Duration;

use devices::plate::Encoded;
use devices::xray::delivery::Metadata;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::acknowledged::{Deed, Log};
use crate::waits::Waits;

/// A checkpoint as devices and lane officers reach it.
#[derive(Clone)]
pub struct Checkpoint {
    http: String,
    client: Client,
    officer: LaneOfficer,
    /// Code of the checkpoint in `log`.
    code: String,
    log: Log,
    waits: Waits,
}

/// Who enters things at the lane.
#[derive(Debug, Clone)]
pub struct LaneOfficer {
    pub name: String,
    pub pin: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the checkpoint does not answer: {0}")]
    Silent(#[from] reqwest::Error),
    #[error("the checkpoint refuses ({status}): {answer}")]
    Refused { status: u16, answer: String },
}

/// Attempts before a device gives up, half a second apart: longer than any restart.
const ATTEMPTS: u32 = 120;
const AGAIN: Duration = Duration::from_millis(500);
/// Bytes of one part of a radiograph.
const PART: usize = 128 * 1024;

impl Checkpoint {
    /// `http` is `http://127.0.0.1:7101`, without a slash at the end.
    pub fn new(http: &str, officer: LaneOfficer) -> Checkpoint {
        let client = crate::client::builder()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap_or_default();
        Checkpoint {
            http: http.to_owned(),
            client,
            officer,
            code: String::new(),
            log: Log::off(),
            waits: Waits::default(),
        }
    }

    /// Writes down what this checkpoint acknowledges, under its code.
    pub fn logged(self, code: &str, log: Log) -> Checkpoint {
        let code = code.to_owned();
        Checkpoint { code, log, ..self }
    }

    /// Counts its waiting among `waits`.
    pub fn watched(self, waits: Waits) -> Checkpoint {
        Checkpoint { waits, ..self }
    }

    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    pub fn http(&self) -> &str {
        &self.http
    }

    /// Posts a device's message to its path (`L1/plate-front`); what was answered.
    pub async fn message(&self, path: &str, message: &Encoded) -> Result<String, CallError> {
        self.device(path, message, None).await
    }

    /// The same, and an acknowledgement is written down as `deed`.
    pub async fn device(
        &self,
        path: &str,
        message: &Encoded,
        deed: Option<Deed>,
    ) -> Result<String, CallError> {
        let from = self.log.now();
        let url = format!("{}/devices/{path}", self.http);
        let answer = self.until_taken(|| {
            self.client
                .post(&url)
                .header("content-type", &message.content_type)
                .body(message.body.clone())
        });
        let answer = answer.await?;
        if let Some(deed) = deed {
            self.log.add(&self.code, deed, from);
        }
        Ok(answer.text().await.unwrap_or_default())
    }

    /// Everything on board was presented at this lane.
    pub async fn documents_done(&self, lane: u8, papers: &[String]) -> Result<(), CallError> {
        let url = format!("{}/devices/L{lane}/documents/done", self.http);
        let from = self.log.now();
        let body = json!({"papers": papers});
        self.until_taken(|| self.client.post(&url).json(&body))
            .await?;
        self.log.add(&self.code, Deed::DocumentsDone, from);
        Ok(())
    }

    /// Delivers a radiograph in parts, asking where to go on after a break; what was answered to
    /// the last part.
    pub async fn image(
        &self,
        lane: u8,
        scan: &str,
        metadata: &Metadata,
        j2k: &[u8],
    ) -> Result<String, CallError> {
        let url = format!("{}/devices/L{lane}/xray/{scan}", self.http);
        let about = serde_json::to_string(metadata).unwrap_or_default();
        let from = self.log.now();
        let taken_whole = || {
            let hash = blake3::hash(j2k).to_hex().to_string();
            let scan = scan.to_owned();
            self.log.add(&self.code, Deed::Image { scan, hash }, from);
        };
        let mut attempts = 0;
        'delivery: loop {
            let _wait = self.waits.begin();
            attempts += 1;
            let again = |why: CallError| async move {
                if attempts >= ATTEMPTS {
                    return Err(why);
                }
                tokio::time::sleep(AGAIN).await;
                Ok(())
            };
            let meta = self
                .client
                .put(format!("{url}/metadata"))
                .body(about.clone());
            let meta = meta.header("content-type", "application/json").send().await;
            if let Err(why) = taken(meta).await {
                again(why).await?;
                continue;
            }
            let mut offset = match self.client.head(&url).send().await {
                Ok(answer) => offset(&answer).unwrap_or(0),
                Err(_) => 0,
            };
            while offset < j2k.len() {
                let end = (offset + PART).min(j2k.len());
                let sent = self
                    .client
                    .put(&url)
                    .header("x-beket-image", &about)
                    .header("content-type", "image/x-jpc")
                    .header(
                        "content-range",
                        format!("bytes {offset}-{}/{}", end - 1, j2k.len()),
                    )
                    .body(j2k[offset..end].to_vec())
                    .send()
                    .await;
                match sent {
                    // A gap: the checkpoint says where it stands.
                    Ok(answer) if answer.status() == StatusCode::CONFLICT => {
                        match self::offset(&answer) {
                            Some(known) if known != offset => offset = known,
                            _ => {
                                again(refused(answer).await).await?;
                                continue 'delivery;
                            }
                        }
                    }
                    Ok(answer) if answer.status() == StatusCode::ACCEPTED => {
                        offset = self::offset(&answer)
                            .filter(|it| *it > offset)
                            .unwrap_or(end);
                    }
                    other => match taken(other).await {
                        Ok(answer) if end == j2k.len() => {
                            taken_whole();
                            return Ok(answer.text().await.unwrap_or_default());
                        }
                        Ok(_) => offset = end,
                        Err(why) => {
                            again(why).await?;
                            continue 'delivery;
                        }
                    },
                }
            }
            return Ok(String::new());
        }
    }

    /// The lane officer does something about a passage: `aside`, `backed-out`,
    /// `order/centre/4/start`.
    pub async fn officer(
        &self,
        passage: &str,
        what: &str,
        mut body: Value,
    ) -> Result<(), CallError> {
        body["by"] = json!({"name": self.officer.name, "pin": self.officer.pin});
        let url = format!("{}/api/lane/passages/{passage}/{what}", self.http);
        let from = self.log.now();
        self.until_taken(|| self.client.post(&url).json(&body))
            .await?;
        let (passage, what) = (passage.to_owned(), what.to_owned());
        let deed = Deed::LaneOfficer { passage, what };
        self.log.add(&self.code, deed, from);
        Ok(())
    }

    /// Sends until the checkpoint takes it or refuses it for good.
    async fn until_taken(
        &self,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Response, CallError> {
        let _wait = self.waits.begin();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match taken(request().send().await).await {
                Ok(answer) => return Ok(answer),
                Err(CallError::Refused { status, answer }) if status < 500 && status != 429 => {
                    return Err(CallError::Refused { status, answer });
                }
                Err(why) if attempts >= ATTEMPTS => return Err(why),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }
}

async fn taken(answer: reqwest::Result<Response>) -> Result<Response, CallError> {
    let answer = answer?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(refused(answer).await)
}

async fn refused(answer: Response) -> CallError {
    let status = answer.status().as_u16();
    CallError::Refused {
        status,
        answer: answer.text().await.unwrap_or_default(),
    }
}

fn offset(answer: &Response) -> Option<usize> {
    answer
        .headers()
        .get("upload-offset")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
