//! Radiographs, delivered by their scanner in parts (`docs/devices/xray.md`).
//!
//! A part is no fact yet: it is held in memory, the scanner keeps its file until we answer 201,
//! and `HEAD` says from which byte to go on, after a restart of ours from the first.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use devices::garbled::Garbled;
use devices::xray::delivery::{self, ContentRange, Delivery, Metadata, Progress};
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::reading::ImageReading;
use domain::unit::{BlobHash, DeviceId, LaneId};

use super::App;
use super::devices::{is_repeat, lane_of, refused};
use super::problem::Problem;
use crate::intake::TellError;
use crate::limits::UPLOADS_AT_ONCE;
use crate::main_loop::{Event, Known, NUMBER_REUSED};

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// A delivery without a byte for so long is given up; what came becomes an unusable image.
const GIVEN_UP: Duration = Duration::from_secs(60);
/// A whole image is remembered for so long, so that a repeat of the last part is answered 201.
const REMEMBERED: Duration = Duration::from_secs(3600);

type Name = (LaneId, String);

#[derive(Default)]
pub struct Uploads {
    under_way: Mutex<BTreeMap<Name, Upload>>,
}

struct Upload {
    delivery: Delivery,
    last_byte: Instant,
    phase: Phase,
}

/// Bytes of a delivery: where they begin, and their hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    first: u64,
    hash: BlobHash,
}

impl Part {
    fn of(range: Option<ContentRange>, body: &[u8]) -> Part {
        Part {
            first: range.map_or(0, |it| it.first),
            hash: BlobHash(*blake3::hash(body).as_bytes()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Partial,
    /// Recorded. What comes now under its name is the last part again, or something else.
    Done {
        size: u64,
        last_part: Part,
    },
}

impl Uploads {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Name, Upload>> {
        self.under_way.lock().unwrap_or_else(|it| it.into_inner())
    }

    /// The same picture goes on where it stood. Whatever else comes under the name is taken whole,
    /// from its first byte, and then held against what is recorded; what it replaces comes back.
    fn begin(&self, name: &Name, metadata: Metadata) -> Result<Option<Upload>, Problem> {
        let mut uploads = self.all();
        let is_partial = |it: &&Upload| it.phase == Phase::Partial;
        let partial = uploads.values().filter(is_partial).count();
        if partial >= UPLOADS_AT_ONCE && !uploads.contains_key(name) {
            let why = format!("{UPLOADS_AT_ONCE} images are under way; finish one first");
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Err(Problem::new(status, "xray.too_many", why));
        }
        let known = uploads.get(name).filter(is_partial);
        if known.is_some_and(|it| *it.delivery.metadata() == metadata) {
            return Ok(None);
        }
        let fresh = Upload {
            delivery: Delivery::new(metadata),
            last_byte: Instant::now(),
            phase: Phase::Partial,
        };
        Ok(uploads.insert(name.clone(), fresh))
    }
}

fn scanner(lane: LaneId) -> DeviceId {
    DeviceId::new(format!("{lane}/xray"))
}

/// `PUT .../metadata`
pub async fn metadata(
    State(app): State<App>,
    Path((lane, scan)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let lane = lane_of(&app, &lane)?;
    let device = scanner(lane);
    app.intake.keep(&device, &body);
    let metadata = match delivery::metadata(&body) {
        Ok(metadata) => metadata,
        Err(garbled) => return refused(&app, &device, &garbled, &body).await,
    };
    let name = (lane, scan);
    let left = app.uploads.begin(&name, metadata)?;
    if let Some(left) = left
        && left.phase == Phase::Partial
        && left.delivery.offset() > 0
    {
        _ = take_in(&app, &device, &name, &left.delivery).await?;
    }
    Ok(StatusCode::CREATED.into_response())
}

/// `HEAD ...`
pub async fn offset(
    State(app): State<App>,
    Path((lane, scan)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let lane = lane_of(&app, &lane)?;
    let uploads = app.uploads.all();
    let offset = match uploads.get(&(lane, scan)) {
        Some(Upload {
            phase: Phase::Done { size, .. },
            ..
        }) => *size,
        Some(it) => it.delivery.offset(),
        None => return Err(Problem::missing("xray.unknown", "send its metadata first")),
    };
    Ok((StatusCode::OK, [(UPLOAD_OFFSET, offset.to_string())]).into_response())
}

/// `PUT ...`, whole or one part.
pub async fn put(
    State(app): State<App>,
    Path((lane, scan)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let lane = lane_of(&app, &lane)?;
    let device = scanner(lane);
    let range = headers
        .get(header::CONTENT_RANGE)
        .map(|it| it.to_str().unwrap_or_default());
    let range = match range.map(delivery::content_range).transpose() {
        Ok(range) => range,
        Err(garbled) => return refused(&app, &device, &garbled, &[]).await,
    };
    let name = (lane, scan);
    let put = {
        let mut uploads = app.uploads.all();
        let Some(upload) = uploads.get_mut(&name) else {
            return Err(Problem::missing("xray.unknown", "send its metadata first"));
        };
        if let Phase::Done { size, last_part } = upload.phase {
            if last_part == Part::of(range, &body) {
                let offset = [(UPLOAD_OFFSET, size.to_string())];
                return Ok((StatusCode::CREATED, offset).into_response());
            }
            // Not what was recorded: all of it is needed to say what it is.
            upload.phase = Phase::Partial;
        }
        upload.last_byte = Instant::now();
        let gap = range.is_some_and(|it| it.first > upload.delivery.offset());
        if gap {
            let offset = upload.delivery.offset().to_string();
            return Ok((StatusCode::CONFLICT, [(UPLOAD_OFFSET, offset)]).into_response());
        }
        upload
            .delivery
            .put(range, &body)
            .map(|progress| (progress, upload.delivery.clone()))
    };
    match put {
        Err(garbled) => refused(&app, &device, &garbled, &[]).await,
        Ok((Progress::Partial { offset }, _)) => {
            Ok((StatusCode::ACCEPTED, [(UPLOAD_OFFSET, offset.to_string())]).into_response())
        }
        Ok((Progress::Whole, delivery)) => {
            let size = delivery.offset();
            let taken = take_in(&app, &device, &name, &delivery).await?;
            if let Some(upload) = app.uploads.all().get_mut(&name) {
                upload.delivery = Delivery::new(delivery.metadata().clone());
                let last_part = Part::of(range, &body);
                upload.phase = Phase::Done { size, last_part };
            }
            match taken {
                Ok(()) => {
                    Ok((StatusCode::CREATED, [(UPLOAD_OFFSET, size.to_string())]).into_response())
                }
                Err(garbled) => {
                    let why = format!("at byte {}: {}", garbled.at, garbled.why);
                    let status = StatusCode::UNPROCESSABLE_ENTITY;
                    Err(Problem::new(status, "device.garbled", why))
                }
            }
        }
    }
}

/// The image becomes a blob and a reading, or its bytes are kept and refused by name. What a
/// scanner delivers again because our answer was lost with us is a repeat, not a second image.
async fn take_in(
    app: &App,
    device: &DeviceId,
    (lane, scan): &Name,
    delivery: &Delivery,
) -> Result<Result<(), Garbled>, TellError> {
    let intake = &app.intake;
    match delivery.reading() {
        Ok(reading) => {
            let reading = ImageReading {
                message_id: Some(scan.clone()),
                ..reading
            };
            let known = app.seen.main_loop().knows_image(*lane, &reading);
            if is_repeat(intake, *lane, device, known, "image").await? {
                return Ok(Ok(()));
            }
            match known {
                Known::NumberReused => {
                    // Whoever's picture it is, the ledger names its bytes.
                    let raw = Some(intake.blob(delivery.bytes()).await?);
                    let (device, why) = (device.clone(), NUMBER_REUSED.to_owned());
                    let fault = Event::Garbled {
                        device,
                        at: 0,
                        why,
                        raw,
                    };
                    intake.tell(fault).await?;
                }
                _ => intake.health(device, DeviceHealth::Ready, "").await?,
            }
            intake.blob(delivery.bytes()).await?;
            intake.reading(*lane, Input::Image(reading)).await?;
            Ok(Ok(()))
        }
        Err(garbled) => {
            intake.garbled(device, &garbled, delivery.bytes()).await?;
            Ok(Err(garbled))
        }
    }
}

/// Gives up deliveries that stand still; what came of them is told, not lost.
pub async fn sweep(app: App) -> Result<(), TellError> {
    loop {
        tokio::time::sleep(GIVEN_UP / 4).await;
        let given_up: Vec<(Name, Delivery)> = {
            let mut uploads = app.uploads.all();
            uploads
                .retain(|_, it| it.phase == Phase::Partial || it.last_byte.elapsed() < REMEMBERED);
            let stale =
                |it: &Upload| it.phase == Phase::Partial && it.last_byte.elapsed() >= GIVEN_UP;
            let names: Vec<Name> = uploads
                .iter()
                .filter(|(_, it)| stale(it))
                .map(|(name, _)| name.clone())
                .collect();
            names
                .into_iter()
                .filter_map(|name| uploads.remove(&name).map(|it| (name, it.delivery)))
                .collect()
        };
        for ((lane, scan), delivery) in given_up {
            tracing::warn!(%lane, scan, offset = delivery.offset(), "an image was given up");
            // Nothing came but its metadata: the stage stays owed, which says it.
            if delivery.offset() > 0 {
                _ = take_in(&app, &scanner(lane), &(lane, scan), &delivery).await?;
            }
        }
    }
}
