//! Devices that call us with one message at a time: cameras, container and page readers,
//! spectrometers.
//!
//! Raw bytes are journalled, then decoded, then told to the main loop; the device gets its answer
//! when the facts are durable. Radiographs are in `xray`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use devices::container::iso6346;
use devices::document::bilevel;
use devices::document::page::{self, DocumentBlob, DocumentMessage};
use devices::garbled::Garbled;
use devices::plate::{self, PlateMessage};
use devices::radiation::n42;
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::line::Keeps;
use domain::reading::{CameraPosition, DocumentReading, PageBlob, PlateReading, RadiationReading};
use domain::unit::{BlobHash, DeviceId, LaneId};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::problem::Problem;
use crate::intake::{Intake, TellError};
use crate::main_loop::{Known, NUMBER_REUSED, Sense};

/// `POST /devices/{lane}/{device}`: one message of a camera or reader.
pub async fn message(
    State(app): State<App>,
    Path((lane, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let lane = lane_of(&app, &lane)?;
    let device = DeviceId::new(format!("{lane}/{name}"));
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    match name.as_str() {
        "plate-front" => camera(&app, lane, device, CameraPosition::Front, kind, &body).await,
        "plate-rear" => camera(&app, lane, device, CameraPosition::Rear, kind, &body).await,
        "plate-exit" => camera(&app, lane, device, CameraPosition::Exit, kind, &body).await,

        "container" => container(&app, lane, device, &body).await,
        "n42" => spectrum(&app, lane, device, &body).await,
        "documents" => document(&app, lane, device, &body).await,
        _ => Err(Problem::missing(
            "device.unknown",
            format!("no device {name} at {lane}"),
        )),
    }
}

async fn camera(
    app: &App,
    lane: LaneId,
    device: DeviceId,
    position: CameraPosition,
    kind: Option<&str>,
    body: &[u8],
) -> Result<Response, Problem> {
    app.intake.keep(&device, body);
    let messages = match plate::decode(kind, body) {
        Ok(messages) => messages,
        Err(garbled) => return refused(app, &device, &garbled, body).await,
    };
    app.intake.health(&device, DeviceHealth::Ready, "").await?;
    let mut reads = 0;
    for message in messages {
        let (reading, pictures) = match message {
            PlateMessage::Read {
                reading, pictures, ..
            } => (reading, pictures),
            // A heartbeat says that the camera lives, and that is all.
            PlateMessage::NotARead { .. } => continue,
            PlateMessage::Unreadable(garbled) => {
                app.intake.garbled(&device, &garbled, body).await?;
                continue;
            }
        };
        let reading = PlateReading {
            position,
            ..*reading
        };
        let known = app.seen.main_loop().knows_plate(lane, &reading);
        if is_repeat(&app.intake, lane, &device, known, "plate").await? {
            continue;
        }
        for picture in &pictures {
            // With little room on the disk the read still counts, without its picture.
            if let Err(why) = app.intake.blob(&picture.bytes).await {
                tracing::warn!(%device, %why, "a picture was not kept");
            }
        }
        app.intake.reading(lane, Input::Plate(reading)).await?;
        reads += 1;
    }
    Ok(axum::Json(json!({"reads": reads})).into_response())
}

/// A container reader's message: one number a line, as painted (`MSKU 690215 8 45G1`).
async fn container(
    app: &App,
    lane: LaneId,
    device: DeviceId,
    body: &[u8],
) -> Result<Response, Problem> {
    app.intake.keep(&device, body);
    let text = String::from_utf8_lossy(body);
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
    let codes: Result<Vec<_>, _> = lines.map(iso6346::parse).collect();
    match codes {
        Ok(codes) => {
            for code in &codes {
                let input = Input::Container(code.reading(None));
                app.intake.reading(lane, input).await?;
            }
            Ok(axum::Json(json!({"reads": codes.len()})).into_response())
        }
        Err(garbled) => refused(app, &device, &garbled, body).await,
    }
}

/// An N42 document of a portal: each occupancy in it is a reading. A document without one (a
/// handheld's spectrum) belongs to no stage by itself; it is kept, and said to be so.
async fn spectrum(
    app: &App,
    lane: LaneId,
    device: DeviceId,
    body: &[u8],
) -> Result<Response, Problem> {
    app.intake.keep(&device, body);
    let said = match n42::documents(body) {
        Ok(said) => said,
        Err(garbled) => return refused(app, &device, &garbled, body).await,
    };
    for garbled in &said.refused {
        app.intake.garbled(&device, garbled, body).await?;
    }
    let mut readings = 0;
    for document in &said.documents {
        let Some((reading, profile)) = n42::portal::reading(document) else {
            let input = "n42".to_owned();
            let reason = "no_occupancy".to_owned();
            app.intake
                .sensed(lane, Sense::Unplaced { input, reason })
                .await?;
            continue;
        };
        let json = serde_json::to_vec(&profile).unwrap_or_default();
        let profile = app.intake.blob(&json).await.ok();
        let reading = RadiationReading { profile, ..reading };
        let known = app.seen.main_loop().knows_radiation(lane, &reading);
        if is_repeat(&app.intake, lane, &device, known, "radiation").await? {
            continue;
        }
        app.intake.reading(lane, Input::Radiation(reading)).await?;
        readings += 1;
    }
    Ok(axum::Json(json!({"readings": readings, "refused": said.refused.len()})).into_response())
}

/// A page reader's message (`docs/devices/document.md`).
async fn document(
    app: &App,
    lane: LaneId,
    device: DeviceId,
    body: &[u8],
) -> Result<Response, Problem> {
    app.intake.keep(&device, body);
    let message = match page::decode(body) {
        Ok(message) => message,
        Err(garbled) => return refused(app, &device, &garbled, body).await,
    };
    match message {
        DocumentMessage::Document {
            id,
            reading,
            mut blobs,
            ..
        } => {
            let reading = DocumentReading {
                message_id: id,
                ..*reading
            };
            let reading = with_previews(reading, &mut blobs).await;
            let known = app.seen.main_loop().knows_document(lane, &reading);
            if is_repeat(&app.intake, lane, &device, known, "document").await? {
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            let previews_only = app.seen.main_loop().keeps == Keeps::PreviewsOnly;
            for blob in &blobs {
                // On a full disk a page that has a preview is not kept itself (`KeepingChanged`).
                let itself = |it: &PageBlob| it.page == blob.hash && it.preview.is_some();
                if previews_only && reading.pages.iter().any(itself) {
                    continue;
                }
                // With little room on the disk the document still counts, without its pages.
                if let Err(why) = app.intake.blob(&blob.bytes).await {
                    tracing::warn!(%device, %why, "a page was not kept");
                }
            }
            app.intake.reading(lane, Input::Document(reading)).await?;
        }
        DocumentMessage::Presented { papers } => {
            app.intake.sensed(lane, Sense::Presented { papers }).await?;
        }
        DocumentMessage::Alive => app.intake.health(&device, DeviceHealth::Ready, "").await?,
        DocumentMessage::Fault { why } => {
            app.intake.health(&device, DeviceHealth::Down, &why).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Pages that came inside get a bilevel preview, which goes up the line before them. A page that is
/// no picture keeps what the reader sent.
async fn with_previews(
    mut reading: DocumentReading,
    blobs: &mut Vec<DocumentBlob>,
) -> DocumentReading {
    for page in &mut reading.pages {
        let Some(bytes) = blobs.iter().find(|it| it.hash == page.page) else {
            continue;
        };
        let (bytes, size) = (bytes.bytes.clone(), bytes.bytes.len());
        // Off the async threads: a large page takes a fraction of a second.
        let made = tokio::task::spawn_blocking(move || bilevel::preview(&bytes)).await;
        let Ok(Ok(bytes)) = made else { continue };
        if bytes.len() < size {
            let hash = BlobHash(*blake3::hash(&bytes).as_bytes());
            page.preview = Some(hash);
            blobs.push(DocumentBlob {
                hash,
                media_type: "image/tiff".to_owned(),
                bytes,
            });
        }
    }
    // The reader's own previews are not needed where a better one was made.
    blobs.retain(|it| {
        let named = |page: &PageBlob| page.page == it.hash || page.preview == Some(it.hash);
        reading.pages.iter().any(named)
    });
    reading
}

/// A repeat is said to be one. A number that was given to two readings is the device's fault, and
/// the reading counts: never an acknowledgement without a record.
pub(crate) async fn is_repeat(
    intake: &Intake,
    lane: LaneId,
    device: &DeviceId,
    known: Known,
    input: &str,
) -> Result<bool, TellError> {
    match known {
        Known::New => Ok(false),
        Known::Repeat => {
            let sense = Sense::repeated(input.to_owned());
            intake.sensed(lane, sense).await?;
            Ok(true)
        }
        Known::NumberReused => {
            let degraded = DeviceHealth::Degraded;
            intake.health(device, degraded, NUMBER_REUSED).await?;
            Ok(false)
        }
    }
}

/// Bytes that the format does not allow: kept, recorded, and refused by name.
pub(super) async fn refused(
    app: &App,
    device: &DeviceId,
    garbled: &Garbled,
    body: &[u8],
) -> Result<Response, Problem> {
    app.intake.garbled(device, garbled, body).await?;
    let detail = format!("at byte {}: {}", garbled.at, garbled.why);
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "device.garbled",
        detail,
    ))
}

pub(super) fn lane_of(app: &App, text: &str) -> Result<LaneId, Problem> {
    let number = text.trim_start_matches(['L', 'l']).parse().ok();
    let known = |it: &u8| app.config.lanes.iter().any(|lane| lane.number == *it);
    number.filter(known).map(LaneId).ok_or_else(|| {
        Problem::missing(
            "device.lane_unknown",
            format!("no lane {text} at this checkpoint"),
        )
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    /// The reader's numbers of the papers.
    papers: Vec<String>,
}

/// `POST /devices/{lane}/documents/done`: everything on board has been presented.
pub async fn documents_done(
    State(app): State<App>,
    Path(lane): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let lane = lane_of(&app, &lane)?;
    let Done { papers } = match body.is_empty() {
        true => Done::default(),
        false => serde_json::from_slice(&body)
            .map_err(|why| Problem::bad("device.garbled", why.to_string()))?,
    };
    app.intake.sensed(lane, Sense::Presented { papers }).await?;
    Ok(StatusCode::NO_CONTENT)
}
