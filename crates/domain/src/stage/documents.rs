//! Stage 5, documents: what the driver presents against what the law wants and the carrier said.
//!
//! Not here: certificates by kind of goods (`agency/{veterinary,phytosanitary,...}`), reading pages.

use crate::agency::Agency;
use crate::fact::{Completion, Fact, OrderKind, OrderOutcome};
use crate::goods;
use crate::limits;
use crate::passage::Passage;
use crate::procedure::DocumentCondition;
use crate::reading::{DocumentKind, DocumentReading};
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::{Stage, StageState, disregarded, start};

pub(crate) fn document(passage: &Passage, reading: &DocumentReading) -> Vec<Fact> {
    if passage.documents.len() >= limits::DOCUMENTS {
        return disregarded("document", "limit.documents");
    }
    if passage.documents.contains(reading) {
        return disregarded("document", "document.repeated");
    }
    let mut facts: Vec<Fact> = start(passage, Stage::Documents).into_iter().collect();
    facts.push(Fact::DocumentRead(reading.clone()));
    let ordered = passage
        .orders
        .iter()
        .filter(|it| it.completed.is_none() && it.order.kind == OrderKind::PresentDocument);
    facts.extend(ordered.map(|it| Fact::OrderCompleted {
        order: it.order.id.clone(),
        outcome: OrderOutcome::Measured,
    }));
    facts
}

pub(crate) fn presented(passage: &Passage, how: Completion) -> Vec<Fact> {
    let stage = Stage::Documents;
    match passage.stages.get(&stage).is_none_or(StageState::is_open) {
        true => start(passage, stage)
            .into_iter()
            .chain([Fact::StageCompleted { stage, how }])
            .collect(),
        false => disregarded("documents_presented", "stage.already_complete"),
    }
}

/// The name of a kind in data.
pub(crate) fn kind_code(kind: DocumentKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

/// Whether a document of that kind was presented that is still good at `now`.
pub(crate) fn has_valid(view: View, kind: DocumentKind) -> bool {
    view.passage.documents.iter().any(|it| {
        it.kind == kind
            && it
                .expires_at
                .is_none_or(|expires_at| view.now <= expires_at)
    })
}

pub(crate) fn has(view: View, kind: DocumentKind) -> bool {
    view.passage.documents.iter().any(|it| it.kind == kind)
}

fn is_needed(view: View, when: DocumentCondition) -> bool {
    let passage = view.passage;
    let notified = passage.notification.as_deref();
    match when {
        DocumentCondition::Always => true,
        DocumentCondition::Loaded => goods::codes(passage).next().is_some(),
        DocumentCondition::ForeignVehicle => {
            let read = passage
                .identity
                .as_ref()
                .and_then(|it| it.country.as_deref());
            let country = notified.map(|it| it.vehicle_country.as_str()).or(read);
            country.is_some_and(|it| it != view.procedure.country)
        }
        DocumentCondition::DangerousGoods => {
            notified.is_some_and(|it| it.goods.iter().any(|it| it.un_number.is_some()))
        }
    }
}

/// Everything was presented, and a document the law wants is not among it.
pub(crate) fn missing(view: View) -> Vec<Raise> {
    if !view.passage.is_complete(Stage::Documents) {
        return Vec::new();
    }
    let required = view.procedure.documents.required.iter();
    required
        .filter(|it| is_needed(view, it.when))
        .filter(|it| !has(view, it.kind) && !it.or.iter().any(|kind| has(view, *kind)))
        .map(|it| {
            Raise::finding(view.procedure.owner(it.kind)).value("document", kind_code(it.kind))
        })
        .collect()
}

/// A document's last day of validity is over.
pub(crate) fn expired(view: View) -> Vec<Raise> {
    view.passage
        .documents
        .iter()
        .filter_map(|it| {
            it.expires_at
                .filter(|expires_at| *expires_at < view.now)
                .map(|at| (it, at))
        })
        .map(|(it, at)| {
            Raise::finding(view.procedure.owner(it.kind))
                .value("document", kind_code(it.kind))
                .value("number", it.number.clone().unwrap_or_default())
                .value("expired_at_ms", at.0)
        })
        .collect()
}

/// A document says otherwise than the cameras or the notification: plate, container, weight or
/// commodity code.
pub(crate) fn disagree(view: View) -> Vec<Raise> {
    view.passage
        .documents
        .iter()
        .filter_map(|it| disagreement(view, it))
        .collect()
}

fn disagreement(view: View, document: &DocumentReading) -> Option<Raise> {
    let mut raise = Raise::finding(view.procedure.owner(document.kind))
        .value("document", kind_code(document.kind))
        .value("number", document.number.clone().unwrap_or_default());
    let mut wrong = Vec::new();
    for field in &document.fields {
        let Some(expected) = contradicted(view, document, &field.name, &field.value) else {
            continue;
        };
        if wrong.contains(&field.name.as_str()) {
            continue;
        }
        raise = raise
            .value(&format!("{}_presented", field.name), field.value.as_str())
            .value(&format!("{}_expected", field.name), expected);
        wrong.push(&field.name);
    }
    let fields = wrong.join(" ");
    (!wrong.is_empty()).then(|| raise.value("fields", fields))
}

/// What was expected instead of `value`; `None` when they agree or nothing is known.
fn contradicted(view: View, document: &DocumentReading, name: &str, value: &str) -> Option<String> {
    let passage = view.passage;
    let notified = passage.notification.as_deref();
    match name {
        "vehicle_reg_id" | "trailer_reg_id" => other_vehicle(view, document, &plain(value)),
        "container_id" => {
            let known = &notified?.containers;
            (!known.is_empty() && !known.contains(&plain(value))).then(|| known.join(" "))
        }
        "gross_mass_kg" => {
            let declared_kg = f64::from(notified?.goods_gross_kg());
            let given_kg: f64 = value
                .trim()
                .parse()
                .ok()
                .filter(|it: &f64| it.is_finite())?;
            let tolerance_kg = declared_kg * view.procedure.documents.weight_tolerance_share;
            ((given_kg - declared_kg).abs() > tolerance_kg).then(|| declared_kg.to_string())
        }
        "commodity_code" => {
            let goods = &notified?.goods;
            let known = goods
                .iter()
                .any(|it| goods::heading(&it.hs) == goods::heading(value));
            let list = || {
                goods
                    .iter()
                    .map(|it| it.hs.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            (!goods.is_empty() && !known).then(list)
        }
        _ => None,
    }
}

/// The plates of this vehicle, when `plate` is none of them. The registration is held against the
/// cameras and the notice; other papers against the registration too, so that a misread camera
/// makes one finding and not one a paper.
fn other_vehicle(view: View, document: &DocumentReading, plate: &str) -> Option<String> {
    let passage = view.passage;
    let registration = |it: &&DocumentReading| it.kind == DocumentKind::VehicleRegistration;
    let is_registration = registration(&document);
    let registrations: Vec<_> = passage.documents.iter().filter(registration).collect();
    if !is_registration && registrations.is_empty() && !passage.is_complete(Stage::Documents) {
        return None;
    }
    let identity = passage.identity.iter();
    let seen = identity.flat_map(|it| [it.tractor_plate.as_deref(), it.trailer_plate.as_deref()]);
    let notice = passage.notification.iter();
    let announced =
        notice.flat_map(|it| [Some(it.tractor_plate.as_str()), it.trailer_plate.as_deref()]);
    let mut known: Vec<String> = seen.chain(announced).flatten().map(plain).collect();
    if !is_registration {
        let fields = registrations.iter().flat_map(|it| &it.fields);
        let plates = fields.filter(|it| it.name.ends_with("_reg_id"));
        known.extend(plates.map(|it| plain(&it.value)));
    }
    known.sort();
    known.dedup();
    (!known.is_empty() && !known.iter().any(|it| it == plate)).then(|| known.join(" "))
}

/// Upper case without blanks and dashes, as plates and container numbers are kept.
fn plain(value: &str) -> String {
    value
        .chars()
        .filter(|it| it.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The reader could not make sense of a document, e.g. a check digit is wrong.
pub(crate) fn fault(view: View) -> Vec<Raise> {
    view.passage
        .documents
        .iter()
        .filter(|it| !it.faults.is_empty())
        .map(|it| {
            Raise::finding(view.procedure.owner(it.kind))
                .value("document", kind_code(it.kind))
                .value("number", it.number.clone().unwrap_or_default())
                .value("faults", it.faults.join(" "))
        })
        .collect()
}

/// A certificate for goods of the agency's list is absent or no longer valid.
pub(crate) fn certificate(view: View, agency: Agency, kind: DocumentKind) -> Vec<Raise> {
    if !view.passage.is_complete(Stage::Documents) || has_valid(view, kind) {
        return Vec::new();
    }
    let listed = goods::on_list(view.passage, view.procedure.goods_list(agency));
    listed
        .map(|hs| {
            Raise::finding(agency)
                .value("document", kind_code(kind))
                .value("hs", hs)
        })
        .into_iter()
        .collect()
}

/// The document station is down: paper, read by people.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Documents)
}
