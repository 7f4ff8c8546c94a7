//! OpenALPR / Rekor Scout JSON: `alpr_group` (one vehicle over several frames, the form that
//! counts), `alpr_results` (one frame, also what the `alpr -j` command prints), `alpr_alert`,
//! `vehicle` and `heartbeat`. Candidates are the engine's top N.
//!
//! Source: OpenALPR/Rekor Scout documentation, "Webhooks" and "JSON format". Confidence is
//! 0..=100; `region` is a state or province and no country by itself.

use crate::garbled::Garbled;
use crate::plate::tree::Node;
use crate::plate::{PlateMessage, Said, base64_picture, claim};

const VENDOR: &str = "openalpr";

pub fn is_root(root: &Node) -> bool {
    root.text_at("data_type").is_some_and(|it| {
        it.starts_with("alpr_") || ["heartbeat", "vehicle", "open_alpr_heartbeat"].contains(&it)
    }) || root.child("best_plate").is_some()
        || root
            .child("group")
            .is_some_and(|it| it.child("best_plate").is_some())
        || root.child("results").is_some_and(|it| {
            it.child("matches_template").is_some() || it.child("requested_topn").is_some()
        })
}

pub fn decode(root: &Node) -> Result<Vec<PlateMessage>, Garbled> {
    // An alert wraps the group it was raised for.
    let body = root.child("group").unwrap_or(root);
    if let Some(best) = body.child("best_plate") {
        return Ok(vec![read(body, best)]);
    }
    let results: Vec<PlateMessage> = root
        .children
        .iter()
        .filter(|it| it.is("results"))
        .map(|it| read(root, it))
        .collect();
    if !results.is_empty() {
        return Ok(results);
    }
    if let Some(number) = root
        .text_at("best_plate_number")
        .or(root.text_at("plate_number"))
    {
        let flat = Node {
            children: vec![Node {
                name: "plate".to_owned(),
                text: number.to_owned(),
                ..Node::default()
            }],
            ..Node::default()
        };
        return Ok(vec![read(root, &flat)]);
    }
    let kind = root.text_at("data_type").unwrap_or("no data_type");
    let why = format!("no plate: {kind}");
    Ok(vec![PlateMessage::NotARead {
        vendor: VENDOR.to_owned(),
        why,
    }])
}

fn read(body: &Node, plate: &Node) -> PlateMessage {
    let text = plate.text_at("plate");
    let mut reading = claim::reading(VENDOR, text);
    let confidence = plate
        .number_at("confidence")
        .or_else(|| body.number_at("best_confidence"));
    reading.confidence = confidence.and_then(claim::percent);
    let of = |node: &'_ Node| {
        node.children
            .iter()
            .filter(|it| it.is("candidates"))
            .count()
    };
    // Later groups keep the list of all frames beside the best plate, which then has its own only.
    let lister = if of(body) > of(plate) { body } else { plate };
    let listed: Vec<&Node> = lister
        .children
        .iter()
        .filter(|it| it.is("candidates"))
        .collect();
    reading.candidates = claim::candidates(listed.iter().filter_map(|it| {
        let confidence = claim::percent(it.number_at("confidence")?)?;
        Some((it.text_at("plate")?.to_owned(), confidence))
    }));
    let country = body
        .any_text(&["country", "best_country"])
        .or(plate.text_at("country"));
    let region = plate.text_at("region").or(body.text_at("best_region"));
    // Newer engines write `us-mo`; the bare `mo` is Missouri and must not become Macao.
    claim::set_country(
        &mut reading,
        country.or(region.filter(|it| it.contains('-'))),
    );
    if reading.country.is_none() && reading.country_raw.is_none() {
        reading.country_raw = region.and_then(claim::kept);
    }
    let time = body
        .number_at("epoch_start")
        .or_else(|| body.number_at("epoch_time"));
    reading.taken_at_claimed = time.and_then(claim::since_1970);
    reading.direction = claim::kept_at(body, "travel_direction");
    reading.vehicle_type = body
        .at("vehicle/body_type")
        .or_else(|| body.at("best_vehicle/body_type"))
        .and_then(|it| it.text_at("name"))
        .and_then(claim::kept);
    let ids = ["best_uuid", "uuid"];
    reading.message_id = ids
        .iter()
        .find_map(|it| claim::kept_at(body, it))
        .or_else(|| {
            body.children
                .iter()
                .find(|it| it.is("uuids"))
                .and_then(Node::value)
                .and_then(claim::kept)
        });
    let mut said = Said::of(VENDOR, text);
    said.number("confidence", confidence);
    said.number("time_ms", time);
    said.text("region", region);
    said.text("country", reading.country.as_deref());
    said.text("site", body.text_at("site_id"));
    said.text("camera", body.text_at("camera_id"));
    let alternatives = listed
        .iter()
        .filter(|it| it.text_at("plate") != text)
        .count();
    said.number("alternatives", Some(alternatives as f64));
    let pictures = [("vehicle_crop_jpeg", body), ("plate_crop_jpeg", plate)]
        .iter()
        .filter_map(|(name, node)| base64_picture(name, node.text_at(name)?))
        .collect();
    said.read(reading, pictures)
}
