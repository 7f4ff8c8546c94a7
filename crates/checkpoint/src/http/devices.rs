//! Devices that call us with one message at a time: cameras, container and page readers,
//! spectrometers.
//!
//! Raw bytes are journalled, then decoded, then told to the main loop; the device gets its answer
//! when the facts are durable. Radiographs are in `xray`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use devices::garbled::Garbled;
use devices::plate::{self, PlateMessage};
use domain::fact::DeviceHealth;
use domain::input::Input;
use domain::reading::{CameraPosition, PlateReading};
use domain::unit::{DeviceId, LaneId};
use serde_json::json;

use super::App;
use super::problem::Problem;

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
        // A heartbeat says that the camera lives, and that is all.
        let PlateMessage::Read {
            reading, pictures, ..
        } = message
        else {
            continue;
        };
        for picture in &pictures {
            // With little room on the disk the read still counts, without its picture.
            if let Err(why) = app.intake.blob(&picture.bytes).await {
                tracing::warn!(%device, %why, "a picture was not kept");
            }
        }
        let reading = PlateReading {
            position,
            ..*reading
        };
        app.intake.reading(lane, Input::Plate(reading)).await?;
        reads += 1;
    }
    Ok(axum::Json(json!({"reads": reads})).into_response())
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

/// `POST /devices/{lane}/documents/done`: everything on board has been presented.
pub async fn documents_done(
    State(app): State<App>,
    Path(lane): Path<String>,
) -> Result<StatusCode, Problem> {
    let lane = lane_of(&app, &lane)?;
    app.intake.reading(lane, Input::DocumentsPresented).await?;
    Ok(StatusCode::NO_CONTENT)
}
