//! Stage 4, non-intrusive control: the radiograph is a blob named by its hash. Its device may mark
//! regions; a person, or a named rule for clear pictures of low-risk goods, decides.
//!
//! Not here: what the picture must agree with (`agency/customs`).

use crate::agency::Agency;
use crate::fact::{Completion, Fact, OrderKind};
use crate::limits;
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::reading::{ImageQuality, ImageReading, ImageRegion};
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

/// The picture that is decided by, and the pictures of lower energy that belong to it.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    pub image: &'a ImageReading,
    /// Number of the reading within the passage, from 1.
    pub number: usize,
    pub companions: &'a [ImageReading],
}

/// The last scan's picture of the highest energy. A picture of lower energy that follows it, of the
/// same scan and the same size, tells the kind of matter and replaces nothing: it is noisier, opaque
/// earlier, and carries no mass.
pub fn deciding(images: &[ImageReading]) -> Option<Deciding<'_>> {
    let mut at = 0;
    for (next, image) in images.iter().enumerate() {
        if images.get(at).is_some_and(|it| !is_companion(image, it)) {
            at = next;
        }
    }
    let (image, companions) = images.get(at..)?.split_first()?;
    Some(Deciding {
        image,
        number: at + 1,
        companions,
    })
}

fn is_companion(image: &ImageReading, of: &ImageReading) -> bool {
    image.scan.is_some()
        && image.scan == of.scan
        && (image.width_px, image.height_px) == (of.width_px, of.height_px)
        && image.energy_mv < of.energy_mv
}

impl<'a> Deciding<'a> {
    /// Marks at or above the procedure's score, on any energy: the lower one may show what the
    /// higher passes through.
    fn marked(self, procedure: &Procedure) -> impl Iterator<Item = &'a ImageRegion> {
        let least = procedure.image.region_score_min;
        std::iter::once(self.image)
            .chain(self.companions)
            .flat_map(|it| &it.regions)
            .filter(move |it| it.score >= least)
    }
}

/// Usable and nothing marked on it.
pub(crate) fn is_clear(it: Deciding, procedure: &Procedure) -> bool {
    it.image.quality == ImageQuality::Usable && it.marked(procedure).next().is_none()
}

/// The picture cannot be read; the body orders another or inspects.
pub(crate) fn unusable(view: View) -> Vec<Raise> {
    let Some(it) = deciding(&view.passage.images) else {
        return Vec::new();
    };
    match &it.image.quality {
        ImageQuality::Unusable { why } => vec![
            Raise::finding(Agency::Customs)
                .value("reading", it.number)
                .value("why", why.as_str()),
        ],
        ImageQuality::Usable => Vec::new(),
    }
}

/// The device marked something on the picture.
pub(crate) fn suspicious_region(view: View) -> Vec<Raise> {
    let Some(it) = deciding(&view.passage.images) else {
        return Vec::new();
    };
    let marked: Vec<_> = it.marked(view.procedure).collect();
    let best = marked.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    best.map(|best| {
        Raise::alarm(Agency::Customs)
            .value("reading", it.number)
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
