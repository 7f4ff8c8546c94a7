//! Customs: what was declared against what was measured and seen, and whether it was declared at
//! all. Radiation and image alarms are also theirs and stand with their stages.

use crate::agency::Agency;
use crate::fact::Completion;
use crate::goods;
use crate::notification::Unfit;
use crate::procedure::Claim;
use crate::reading::{ImageQuality, ImageReading, VehicleReading};
use crate::rule::{Raise, View};
use crate::stage::{Stage, dimensions, imaging};

/// Nobody announced this vehicle, where the procedure wants notice.
pub(crate) fn notification_missing(view: View) -> Vec<Raise> {
    let looked = view.passage.matched_at.is_some();
    let wanted = view.procedure.entry.notice_min > 0;
    let unfit = view.passage.unfit_notice.is_some();
    match looked && wanted && !unfit && view.passage.notification.is_none() {
        true => vec![Raise::finding(Agency::Customs)],
        false => Vec::new(),
    }
}

fn unfit(view: View, why: Unfit) -> Vec<Raise> {
    let wanted = view.procedure.entry.notice_min > 0;
    let unfit = view.passage.unfit_notice.as_ref();
    let unfit = unfit.filter(|it| wanted && it.why == why);
    unfit
        .map(|it| Raise::finding(Agency::Customs).value("notification", it.notification.as_str()))
        .into_iter()
        .collect()
}

/// The only notification of this vehicle announced an earlier crossing.
pub(crate) fn notification_used(view: View) -> Vec<Raise> {
    unfit(view, Unfit::Used)
}

/// The only notification of this vehicle announces a crossing the other way.
pub(crate) fn notification_other_direction(view: View) -> Vec<Raise> {
    unfit(view, Unfit::OtherDirection)
}

/// The vehicle came outside the time of its only notification.
pub(crate) fn notification_out_of_time(view: View) -> Vec<Raise> {
    unfit(view, Unfit::OutOfTime)
}

/// The notice came less than the lawful time before the vehicle.
pub(crate) fn notification_late(view: View) -> Vec<Raise> {
    let (Some(notice), Some(arrived_at)) = (&view.passage.notification, view.passage.arrived_at)
    else {
        return Vec::new();
    };
    let ahead_min = arrived_at.since_ms(notice.lodged_at).div_euclid(60_000);
    let needed_min = i64::from(view.procedure.entry.notice_min);
    match ahead_min < needed_min {
        true => vec![
            Raise::finding(Agency::Customs)
                .value("ahead_min", ahead_min)
                .value("needed_min", needed_min),
        ],
        false => Vec::new(),
    }
}

/// The vehicle was announced for another checkpoint.
pub(crate) fn notified_elsewhere(view: View) -> Vec<Raise> {
    let notice = view.passage.notification.as_deref();
    notice
        .filter(|it| it.checkpoint != view.passage.id.checkpoint)
        .map(|it| Raise::finding(Agency::Customs).value("notified", it.checkpoint.as_str()))
        .into_iter()
        .collect()
}

struct Weighed<'a> {
    number: usize,
    reading: &'a VehicleReading,
    declared_kg: f64,
    difference_kg: f64,
    sigma: f64,
}

/// Measured gross against declared goods and tare, in standard deviations of scale and tare.
fn weighed(view: View<'_>) -> Option<Weighed<'_>> {
    let reading = view.passage.vehicle.last()?;
    let notice = view.passage.notification.as_deref()?;
    let tare_kg = f64::from(notice.tare_kg?);
    let declared_kg = tare_kg + f64::from(notice.goods_gross_kg());
    let tare_sigma_kg = tare_kg * view.procedure.dimensions.tare_sigma_share;
    let sigma_kg = dimensions::gross_sigma_kg(view, reading).hypot(tare_sigma_kg);
    let difference_kg = f64::from(reading.gross_kg) - declared_kg;
    let number = view.passage.vehicle.len();
    Some(Weighed {
        number,
        reading,
        declared_kg,
        difference_kg,
        sigma: difference_kg / sigma_kg,
    })
}

fn weight_raise(weighed: &Weighed) -> Raise {
    Raise::finding(Agency::Customs)
        .value("reading", weighed.number)
        .value("measured_kg", weighed.reading.gross_kg)
        .figure("declared_kg", weighed.declared_kg, 0)
        .figure("difference_kg", weighed.difference_kg, 0)
        .figure("sigma", weighed.sigma, 1)
        .value("accuracy_class", weighed.reading.accuracy_class.as_str())
}

fn weight_disagrees(view: View, claim: Claim) -> Vec<Raise> {
    let Some(weighed) = weighed(view) else {
        return Vec::new();
    };
    let class = view.procedure.accuracy(&weighed.reading.accuracy_class);
    let allowed = class.map_or(Claim::Screening, |it| it.claim);
    let differs = weighed.sigma.abs() >= view.procedure.dimensions.declared_sigma;
    match differs && allowed == claim {
        true => vec![weight_raise(&weighed)],
        false => Vec::new(),
    }
}

/// The scale and the declaration differ by more than both can err, on a scale whose class lets us
/// say so.
pub(crate) fn declared_weight_disagrees(view: View) -> Vec<Raise> {
    weight_disagrees(view, Claim::Declared)
}

/// The same difference on a screening scale: it proves nothing, a static re-weighing is advised.
pub(crate) fn reweigh_advised(view: View) -> Vec<Raise> {
    weight_disagrees(view, Claim::Screening)
}

struct Cargo {
    number: usize,
    image_kg: f64,
    declared_kg: f64,
}

/// Mass seen in the deciding picture, when it is usable, and the declared mass of the goods.
fn cargo(view: View) -> Option<Cargo> {
    let it = imaging::deciding(&view.passage.images)?;
    let ImageReading {
        quality: ImageQuality::Usable,
        mass_kg: Some(image_kg),
        ..
    } = it.image
    else {
        return None;
    };
    let declared_kg = view.passage.notification.as_deref()?.goods_gross_kg();
    Some(Cargo {
        number: it.number,
        image_kg: f64::from(*image_kg),
        declared_kg: f64::from(declared_kg),
    })
}

fn cargo_raise(raise: Raise, cargo: &Cargo) -> Vec<Raise> {
    vec![
        raise
            .value("reading", cargo.number)
            .figure("image_kg", cargo.image_kg, 0)
            .figure("declared_kg", cargo.declared_kg, 0),
    ]
}

fn is_empty(view: View, kg: f64) -> bool {
    kg < f64::from(view.procedure.image.empty_below_kg)
}

/// Whether the picture's mass, where there is one, is what was declared.
pub(crate) fn mass_agrees(view: View) -> bool {
    cargo(view).is_none_or(|it| {
        let rules = &view.procedure.image;
        let tolerance_kg =
            f64::from(rules.mass_tolerance_kg).max(it.declared_kg * rules.mass_tolerance_share);
        (it.image_kg - it.declared_kg).abs() <= tolerance_kg
            && is_empty(view, it.image_kg) == is_empty(view, it.declared_kg)
    })
}

/// The picture shows another mass than was declared.
pub(crate) fn mass_disagrees(view: View) -> Vec<Raise> {
    match cargo(view) {
        Some(it)
            if !mass_agrees(view)
                && !is_empty(view, it.image_kg)
                && !is_empty(view, it.declared_kg) =>
        {
            cargo_raise(Raise::finding(Agency::Customs), &it)
        }
        _ => Vec::new(),
    }
}

/// Goods were declared and the picture shows none.
pub(crate) fn empty_but_declared(view: View) -> Vec<Raise> {
    match cargo(view) {
        Some(it) if is_empty(view, it.image_kg) && !is_empty(view, it.declared_kg) => {
            cargo_raise(Raise::finding(Agency::Customs), &it)
        }
        _ => Vec::new(),
    }
}

/// Nothing was declared and the picture shows a load.
pub(crate) fn loaded_but_declared_empty(view: View) -> Vec<Raise> {
    match cargo(view) {
        Some(it) if !is_empty(view, it.image_kg) && is_empty(view, it.declared_kg) => {
            cargo_raise(Raise::alarm(Agency::Customs), &it)
        }
        _ => Vec::new(),
    }
}

/// Neither notice nor documents say what is on board, so no body can know whether it is concerned.
pub(crate) fn goods_unknown(view: View) -> Vec<Raise> {
    let passage = view.passage;
    let state = passage.stages.get(&Stage::Documents);
    let done = state.is_some_and(|it| {
        matches!(
            it.how,
            Some(Completion::ByDevice | Completion::ByHand { .. })
        )
    });
    match done && passage.notification.is_none() && goods::codes(passage).next().is_none() {
        true => vec![Raise::finding(Agency::Customs)],
        false => Vec::new(),
    }
}
