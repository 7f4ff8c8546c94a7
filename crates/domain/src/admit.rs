//! What is too big or no number at all is refused before anything looks at it. Anything that came
//! over a wire is hostile. The reasons are catalogue keys.

use crate::input::{HandEntry, Input};
use crate::limits::{
    AXLES, DOCUMENT_FIELDS, DOCUMENT_PAGES, FINDINGS, GOODS_ITEMS, NOTIFICATION_LIST, READING_LIST,
    TEXT_BYTES,
};
use crate::notification::Notification;
use crate::reading::{
    ContainerReading, DocumentReading, ImageReading, PlateReading, RadiationReading, VehicleReading,
};

const LIST: &str = "limit.list_too_long";
const TEXT: &str = "limit.text_too_long";
const NUMBER: &str = "reading.not_a_number";

type Refusal = Option<&'static str>;

/// Why `input` is not looked at; `None` when it is.
pub(crate) fn refusal(input: &Input) -> Refusal {
    match input {
        Input::Plate(it) => plate(it),
        Input::Container(it) => container(it),
        Input::Matched {
            notification,
            unfit,
            wanted,
        } => notification
            .as_deref()
            .and_then(notified)
            .or_else(|| texts(unfit.iter().map(|it| it.notification.as_str())))
            .or_else(|| list(wanted.len(), NOTIFICATION_LIST))
            .or_else(|| {
                texts(
                    wanted
                        .iter()
                        .flat_map(|it| [it.plate.as_str(), it.reason.as_str()]),
                )
            }),
        Input::Radiation(it) => radiation(it),
        Input::Vehicle(it) => vehicle(it),
        Input::Image(it) => image(it),
        Input::Document(it) => document(it),
        Input::DeviceUnavailable { why, .. } | Input::BarrierFailed { why, .. } => {
            texts([why.as_str()])
        }
        Input::EnteredByHand { by, entry } => texts([by.as_str()]).or_else(|| match entry {
            HandEntry::Identity(it) => list(it.containers.len(), NOTIFICATION_LIST).or_else(|| {
                let plates = [&it.tractor_plate, &it.trailer_plate, &it.country];
                let plates = plates.into_iter().flatten().chain(&it.containers);
                texts(plates.map(String::as_str))
            }),
            HandEntry::Radiation(it) => radiation(it),
            HandEntry::Vehicle(it) => vehicle(it),
            HandEntry::Stage { means, .. } => texts([means.as_str()]),
            HandEntry::Document(it) => document(it),
            HandEntry::Presented => None,
        }),
        Input::Decision(it) => {
            list(it.answers.len(), FINDINGS).or_else(|| texts([it.reason.as_str()]))
        }
        Input::LaneDecision {
            answers,
            reason,
            first,
            second,
            ..
        } => list(answers.len(), FINDINGS)
            .or_else(|| texts([reason.as_str(), first.as_str(), second.as_str()])),
        Input::Order(it) => {
            list(it.about.len(), FINDINGS).or_else(|| texts([it.id.as_str(), it.by.as_str()]))
        }
        Input::OrderStarted { order } => texts([order.as_str()]),
        Input::OrderResult { order, outcome } => texts([order.as_str()]).or(match outcome {
            crate::fact::OrderOutcome::Found { code, .. } => texts([code.as_str()]),
            crate::fact::OrderOutcome::Failed { why } => texts([why.as_str()]),
            _ => None,
        }),
        Input::Arrival { .. }
        | Input::BackedOut
        | Input::DocumentsPresented
        | Input::MovedAside
        | Input::Link(_)
        | Input::BarrierCommand { .. }
        | Input::BarrierOpened { .. }
        | Input::BarrierClosed
        | Input::Departed
        | Input::TimePassed => None,
    }
}

fn list(len: usize, most: usize) -> Refusal {
    (len > most).then_some(LIST)
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Refusal {
    texts
        .into_iter()
        .any(|it| it.len() > TEXT_BYTES)
        .then_some(TEXT)
}

fn numbers(numbers: impl IntoIterator<Item = f64>) -> Refusal {
    numbers
        .into_iter()
        .any(|it| !it.is_finite() || it < 0.0)
        .then_some(NUMBER)
}

fn plate(it: &PlateReading) -> Refusal {
    list(it.candidates.len().max(it.pictures.len()), READING_LIST)
        .or_else(|| numbers(it.confidence))
        .or_else(|| numbers(it.candidates.iter().map(|it| it.confidence)))
        .or_else(|| {
            let own = [
                &it.plate,
                &it.raw,
                &it.country,
                &it.country_raw,
                &it.direction,
            ];
            let more = [&it.vehicle_type, &it.message_id];
            let own = own.into_iter().chain(more).flatten().map(String::as_str);
            texts(
                own.chain([it.vendor.as_str()])
                    .chain(it.candidates.iter().map(|it| it.plate.as_str())),
            )
        })
}

fn container(it: &ContainerReading) -> Refusal {
    list(it.pictures.len(), READING_LIST)
        .or_else(|| numbers(it.confidence))
        .or_else(|| {
            texts(
                [it.code.as_str()]
                    .into_iter()
                    .chain(it.size_type.as_deref()),
            )
        })
}

fn radiation(it: &RadiationReading) -> Refusal {
    let figures = [
        it.background_cps,
        it.gamma_max_cps,
        it.gamma_max_sigma,
        it.suppression,
        it.width_share,
    ];
    list(it.nuclides.len().max(it.faults.len()), READING_LIST)
        .or_else(|| numbers(figures.into_iter().chain(it.speed_mps)))
        .or_else(|| it.position_m.filter(|it| !it.is_finite()).map(|_| NUMBER))
        .or_else(|| numbers(it.width_m))
        .or_else(|| {
            let all = it.nuclides.iter().chain(&it.faults).chain([&it.protocol]);
            texts(all.map(String::as_str))
        })
}

fn vehicle(it: &VehicleReading) -> Refusal {
    let sizes = [
        it.length_m,
        it.width_m,
        it.height_m,
        it.dimension_sigma_m,
        it.speed_kmh,
    ];
    let axles = it
        .axles
        .iter()
        .flat_map(|it| [Some(it.sigma_kg), it.spacing_m]);
    let figures = sizes
        .into_iter()
        .chain(axles)
        .flatten()
        .chain([it.gross_sigma_kg]);
    list(it.axles.len(), AXLES)
        .or_else(|| numbers(figures))
        .or_else(|| {
            texts(
                [it.accuracy_class.as_str()]
                    .into_iter()
                    .chain(it.vehicle_class.as_deref()),
            )
        })
}

fn image(it: &ImageReading) -> Refusal {
    let scores = it.regions.iter().map(|it| it.score);
    list(it.regions.len().max(it.layer_ends.len()), READING_LIST)
        .or_else(|| numbers(scores.chain([it.pixel_mm, it.energy_mv])))
        .or_else(|| {
            texts(
                it.regions
                    .iter()
                    .map(|it| it.label.as_str())
                    .chain([it.domain.as_str()])
                    .chain(it.message_id.as_deref())
                    .chain(
                        it.scan
                            .iter()
                            .flat_map(|it| [it.inspection.as_str(), it.view.as_str()]),
                    ),
            )
        })
        .or_else(|| match &it.quality {
            crate::reading::ImageQuality::Unusable { why } => texts([why.as_str()]),
            crate::reading::ImageQuality::Usable => None,
        })
}

fn document(it: &DocumentReading) -> Refusal {
    list(it.fields.len(), DOCUMENT_FIELDS)
        .or_else(|| list(it.pages.len(), DOCUMENT_PAGES))
        .or_else(|| list(it.faults.len(), READING_LIST))
        .or_else(|| numbers(it.fields.iter().filter_map(|it| it.confidence)))
        .or_else(|| {
            let own = [&it.number, &it.issuer, &it.message_id]
                .into_iter()
                .flatten()
                .chain(&it.faults);
            let fields = it.fields.iter().flat_map(|it| [&it.name, &it.value]);
            texts(own.chain(fields).map(String::as_str))
                .or_else(|| texts(it.pages.iter().map(|it| it.media_type.as_str())))
        })
}

impl Notification {
    /// Why no passage would look at this notification: a list or a text in it is too long.
    pub fn refusal(&self) -> Option<&'static str> {
        notified(self)
    }
}

fn notified(it: &Notification) -> Refusal {
    list(it.goods.len(), GOODS_ITEMS)
        .or_else(|| {
            list(
                it.containers.len().max(it.documents.len()),
                NOTIFICATION_LIST,
            )
        })
        .or_else(|| {
            let own = [
                &it.tractor_plate,
                &it.vehicle_country,
                &it.carrier,
                &it.driver,
            ];
            let goods = it
                .goods
                .iter()
                .flat_map(|it| [&it.hs, &it.description, &it.origin]);
            let more = it
                .documents
                .iter()
                .map(|it| &it.number)
                .chain(&it.containers);
            texts(own.into_iter().chain(goods).chain(more).map(String::as_str))
        })
}
