//! What devices and readers brought, each part only to those who may see it; and the blobs behind.

use std::cmp::Ordering;

use domain::fact::Fact;
use domain::reading::VehicleReading;
use domain::stage::{dimensions, imaging};
use domain::unit::{BlobHash, UtcMs};

use super::judged::{self, RadiationRow};
use super::{Eyes, value};
use crate::authority::Part;
use crate::main_loop::clear_from_bytes;
use crate::wire::{ImageRole, ImageRow, Reading, VehicleLimits, VehicleRow};

/// Readings as the checkpoint recorded them, with their time.
fn readings<'a, T>(
    eyes: &'a Eyes,
    of: impl Fn(&'a Fact) -> Option<T> + 'a,
) -> impl Iterator<Item = (UtcMs, T)> + 'a {
    eyes.dossier
        .seen
        .iter()
        .filter_map(move |it| Some((it.at, of(&it.fact)?)))
}

pub fn plates(eyes: &Eyes) -> Vec<Reading> {
    let all = readings(eyes, |it| match it {
        Fact::PlateRead(it) => Some(it),
        _ => None,
    });
    all.map(|(at, it)| Reading {
        at,
        reading: value(it),
    })
    .collect()
}

pub fn containers(eyes: &Eyes) -> Vec<Reading> {
    let all = readings(eyes, |it| match it {
        Fact::ContainerRead(it) => Some(it),
        _ => None,
    });
    all.map(|(at, it)| Reading {
        at,
        reading: value(it),
    })
    .collect()
}

pub fn radiation(eyes: &Eyes) -> Vec<RadiationRow> {
    let all = readings(eyes, |it| match it {
        Fact::RadiationMeasured(it) => Some(it),
        _ => None,
    });
    all.filter(|_| eyes.sees(Part::Radiation))
        .map(|(at, it)| judged::radiation(eyes, at, it))
        .collect()
}

pub fn vehicles(eyes: &Eyes) -> Vec<VehicleRow> {
    let all = readings(eyes, |it| match it {
        Fact::VehicleMeasured(it) => Some(it),
        _ => None,
    });
    all.filter(|_| eyes.sees(Part::Vehicle))
        .map(|(at, it)| VehicleRow {
            at,
            reading: value(it),
            limits: limits(eyes, it),
            judged: judged::vehicle(eyes, it),
        })
        .collect()
}

/// Limits of the table in force at arrival, laid beside the reading. A group's limit is shared
/// out evenly over its axles, so that each axle has a figure to be seen against.
fn limits(eyes: &Eyes, it: &VehicleReading) -> VehicleLimits {
    let passage = &eyes.dossier.passage;
    let at = passage.arrived_at.unwrap_or(eyes.now);
    let Some(table) = eyes.procedure.limit_table(at) else {
        return VehicleLimits::default();
    };
    let groups = dimensions::judged_groups(it, table, eyes.procedure);
    let axle_kg = groups.iter().flat_map(|it| {
        let each_kg = it.load.limit.map(|limit| limit as u32 / it.axles as u32);
        std::iter::repeat_n(each_kg, it.axles)
    });
    let [length_m, width_m, height_m] =
        dimensions::size_limits(passage, it, table).map(|(_, _, limit_m)| Some(limit_m));
    VehicleLimits {
        gross_kg: table.gross_limit_kg(it.vehicle_class.as_deref(), it.axles.len()),
        axle_kg: axle_kg.collect(),
        length_m,
        width_m,
        height_m,
        source: table.act.clone(),
    }
}

pub fn images(eyes: &Eyes) -> Vec<ImageRow> {
    let all = readings(eyes, |it| match it {
        Fact::ImageTaken(it) => Some(it),
        _ => None,
    });
    let deciding = imaging::deciding(&eyes.dossier.passage.images);
    let role = |number: usize| match deciding.map_or(0, |it| it.number).cmp(&number) {
        Ordering::Less => ImageRole::Companion,
        Ordering::Equal => ImageRole::Deciding,
        Ordering::Greater => ImageRole::Earlier,
    };
    (1..)
        .zip(all)
        .filter(|_| eyes.sees(Part::Image))
        .map(|(number, (at, it))| ImageRow {
            role: role(number),
            at,
            reading: value(it),
            have_bytes: eyes.state.blobs.get(&it.image).map_or(0, |(have, _)| *have),
            clear_from_bytes: clear_from_bytes(eyes.procedure, it),
        })
        .collect()
}

pub fn documents(eyes: &Eyes) -> Vec<Reading> {
    let all = readings(eyes, |it| match it {
        Fact::DocumentRead(it) => Some(it),
        _ => None,
    });
    all.filter(|(_, it)| {
        let owner = eyes.whose(eyes.procedure.owner(it.kind));
        eyes.sees(Part::Document {
            owner,
            kind: it.kind,
        })
    })
    .map(|(at, it)| Reading {
        at,
        reading: value(it),
    })
    .collect()
}

/// Blobs named by readings that the viewer may see, with their size where a reading says it.
pub fn blobs(eyes: &Eyes) -> Vec<(BlobHash, Option<u64>)> {
    let mut blobs = Vec::new();
    for it in &eyes.dossier.seen {
        match &it.fact {
            Fact::PlateRead(it) => blobs.extend(it.pictures.iter().map(|it| (*it, None))),
            Fact::ContainerRead(it) => blobs.extend(it.pictures.iter().map(|it| (*it, None))),
            Fact::RadiationMeasured(it) if eyes.sees(Part::Radiation) => {
                blobs.extend(it.profile.map(|it| (it, None)));
            }
            Fact::ImageTaken(it) if eyes.sees(Part::Image) => {
                blobs.push((it.image, Some(it.size_bytes)));
            }
            Fact::DocumentRead(it) => {
                let owner = eyes.whose(eyes.procedure.owner(it.kind));
                if eyes.sees(Part::Document {
                    owner,
                    kind: it.kind,
                }) {
                    for page in &it.pages {
                        blobs.push((page.page, Some(page.size_bytes)));
                        blobs.extend(page.preview.map(|it| (it, None)));
                    }
                }
            }
            _ => (),
        }
    }
    blobs
}
