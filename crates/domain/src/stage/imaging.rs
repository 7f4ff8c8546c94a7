//! Stage 4, non-intrusive control: the radiograph is a blob named by its hash. Its device may mark
//! regions; a person, or a named rule for clear pictures of low-risk goods, decides.
//!
//! Not here: what the picture must agree with (`agency/customs`).

use crate::agency::Agency;
use crate::fact::{Completion, Fact, OrderKind};
use crate::limits;
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::reading::{ImageQuality, ImageReading};
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::{Stage, disregarded, measured};

pub(crate) fn conclude(passage: &Passage, reading: &ImageReading) -> Vec<Fact> {
    if passage.images.len() >= limits::READINGS {
        return disregarded("image", "limit.readings");
    }
    let fact = Fact::ImageTaken(reading.clone());
    measured(
        passage,
        Stage::Imaging,
        fact,
        &[OrderKind::Reimage],
        Completion::ByDevice,
    )
}

/// Usable and nothing marked on it.
pub(crate) fn is_clear(reading: &ImageReading, procedure: &Procedure) -> bool {
    reading.quality == ImageQuality::Usable
        && !reading
            .regions
            .iter()
            .any(|it| it.score >= procedure.image.region_score_min)
}

/// The picture cannot be read; the body orders another or inspects.
pub(crate) fn unusable(view: View) -> Vec<Raise> {
    match view.passage.images.last() {
        Some(ImageReading {
            quality: ImageQuality::Unusable { why },
            ..
        }) => vec![
            Raise::finding(Agency::Customs)
                .value("reading", view.passage.images.len())
                .value("why", why.as_str()),
        ],
        _ => Vec::new(),
    }
}

/// The device marked something on the picture.
pub(crate) fn suspicious_region(view: View) -> Vec<Raise> {
    let Some(image) = view.passage.images.last() else {
        return Vec::new();
    };
    let least = view.procedure.image.region_score_min;
    let marked: Vec<_> = image
        .regions
        .iter()
        .filter(|it| it.score >= least)
        .collect();
    let best = marked.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    best.map(|best| {
        Raise::alarm(Agency::Customs)
            .value("reading", view.passage.images.len())
            .value("regions", marked.len())
            .value("label", best.label.as_str())
            .figure("score", best.score, 2)
    })
    .into_iter()
    .collect()
}

/// The X-ray is down: the body orders an inspection or releases without a picture.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Imaging)
}
