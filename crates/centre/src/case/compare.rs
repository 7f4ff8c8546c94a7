//! Declared against measured, figure by figure. Shows; the findings about the same figures come
//! from the domain's rules, and their names stand beside.

use domain::stage::imaging;

use super::Eyes;
use crate::authority::Part;
use crate::wire::{CompareRow, Figure, Verdict};

pub fn compare(eyes: &Eyes) -> Vec<CompareRow> {
    let mut rows = vec![
        plate(eyes, "tractor_plate"),
        plate(eyes, "trailer_plate"),
        containers(eyes),
    ];
    if eyes.sees(Part::Vehicle) {
        rows.push(gross(eyes));
        rows.push(image_mass(eyes));
    }
    // Nothing declared and nothing measured is no comparison.
    rows.retain(|it| it.declared.is_some() || it.measured.is_some());
    rows
}

/// The first of `rules` raised here, when the viewer may see it.
fn raised(eyes: &Eyes, rules: &[&str]) -> Option<String> {
    let found =
        eyes.dossier.passage.findings.iter().find(|it| {
            rules.contains(&it.finding.rule.as_str()) && eyes.sees_of(it.finding.agency)
        });
    found.map(|it| it.finding.rule.clone())
}

fn text(it: Option<String>) -> Option<Figure> {
    it.filter(|it| !it.is_empty()).map(Figure::Text)
}

fn same(declared: &Option<Figure>, measured: &Option<Figure>) -> Verdict {
    match (declared, measured) {
        (Some(declared), Some(measured)) if declared == measured => Verdict::Agree,
        (Some(_), Some(_)) => Verdict::Disagree,
        _ => Verdict::Unknown,
    }
}

fn plate(eyes: &Eyes, name: &str) -> CompareRow {
    let passage = &eyes.dossier.passage;
    let (notified, identity) = (passage.notification.as_deref(), passage.identity.as_ref());
    let (declared, measured) = match name {
        "tractor_plate" => (
            notified.map(|it| it.tractor_plate.clone()),
            identity.and_then(|it| it.tractor_plate.clone()),
        ),
        _ => (
            notified.and_then(|it| it.trailer_plate.clone()),
            identity.and_then(|it| it.trailer_plate.clone()),
        ),
    };
    let (declared, measured) = (text(declared), text(measured));
    CompareRow {
        name: name.to_owned(),
        unit: String::new(),
        verdict: same(&declared, &measured),
        declared,
        measured,
        sigma: None,
        rule: raised(eyes, &["entry.plates_disagree", "exit.plate_disagrees"]),
    }
}

fn containers(eyes: &Eyes) -> CompareRow {
    let passage = &eyes.dossier.passage;
    let joined = |mut it: Vec<String>| {
        it.sort();
        it.dedup();
        text(Some(it.join(" ")))
    };
    let declared = passage
        .notification
        .as_deref()
        .and_then(|it| joined(it.containers.clone()));
    let measured = joined(
        passage
            .containers
            .iter()
            .map(|it| it.code.clone())
            .collect(),
    );
    CompareRow {
        name: "containers".to_owned(),
        unit: String::new(),
        verdict: same(&declared, &measured),
        declared,
        measured,
        sigma: None,
        rule: raised(eyes, &["entry.container_disagrees"]),
    }
}

/// Tare and goods as declared against the scale.
fn gross(eyes: &Eyes) -> CompareRow {
    let passage = &eyes.dossier.passage;
    let rules = &eyes.procedure.dimensions;
    let notified = passage.notification.as_deref();
    let declared = notified.and_then(|it| Some((it.tare_kg?, it.goods_gross_kg())));
    let weighed = passage.vehicle.last();
    let sigma = declared.zip(weighed).map(|((tare_kg, goods_kg), it)| {
        let tare_sigma_kg = f64::from(tare_kg) * rules.tare_sigma_share;
        let sigma_kg = it.gross_sigma_kg.hypot(tare_sigma_kg).max(1.0);
        (f64::from(it.gross_kg) - f64::from(tare_kg) - f64::from(goods_kg)) / sigma_kg
    });
    CompareRow {
        name: "gross_mass".to_owned(),
        unit: "kg".to_owned(),
        declared: declared.map(|(tare, goods)| Figure::Number(f64::from(tare) + f64::from(goods))),
        measured: weighed.map(|it| Figure::Number(f64::from(it.gross_kg))),
        verdict: match sigma {
            None => Verdict::Unknown,
            Some(it) if it.abs() >= rules.declared_sigma => Verdict::Disagree,
            Some(_) => Verdict::Agree,
        },
        sigma,
        rule: raised(
            eyes,
            &[
                "dimensions.declared_weight_disagrees",
                "dimensions.reweigh_advised",
            ],
        ),
    }
}

/// Goods as declared against the mass that the image's absorption gives.
fn image_mass(eyes: &Eyes) -> CompareRow {
    let passage = &eyes.dossier.passage;
    let rules = &eyes.procedure.image;
    let declared_kg = passage
        .notification
        .as_deref()
        .map(|it| f64::from(it.goods_gross_kg()));
    let image_kg = imaging::deciding(&passage.images)
        .and_then(|it| it.image.mass_kg)
        .map(f64::from);
    let verdict = match declared_kg.zip(image_kg) {
        None => Verdict::Unknown,
        Some((declared_kg, image_kg)) => {
            let share_kg = declared_kg * rules.mass_tolerance_share;
            let tolerance_kg = f64::from(rules.mass_tolerance_kg).max(share_kg);
            let agrees = (image_kg - declared_kg).abs() <= tolerance_kg;
            if agrees {
                Verdict::Agree
            } else {
                Verdict::Disagree
            }
        }
    };
    CompareRow {
        name: "image_mass".to_owned(),
        unit: "kg".to_owned(),
        // Without an image there is nothing to lay beside the declaration.
        declared: declared_kg
            .filter(|_| image_kg.is_some())
            .map(Figure::Number),
        measured: image_kg.map(Figure::Number),
        sigma: None,
        verdict,
        rule: raised(
            eyes,
            &[
                "imaging.mass_disagrees",
                "imaging.empty_but_declared",
                "imaging.loaded_but_declared_empty",
            ],
        ),
    }
}
