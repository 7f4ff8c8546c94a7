//! Which blobs a fact names and how urgently the centre needs each: what a person must see to
//! decide goes first over a narrow link. Not here: sending (`link`), storing (`ledger`).

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::limits::{IMAGE_DECISION_BYTES, IMAGE_TRIAGE_BYTES};
use crate::reading::ImageReading;
use crate::unit::BlobHash;

/// Most urgent first. A radiograph stands here up to three times: any prefix of it is an image,
/// so its first bytes may go long before its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobUrgency {
    /// Small and needed at a glance: plate pictures, count profiles, page previews.
    Preview,
    /// The image's first layers, enough for triage; bytes `0..until_bytes`.
    ImageTriage { until_bytes: u64 },
    /// A page of a document.
    Page,
    /// The image up to where "clear" may be given; bytes `0..until_bytes`.
    ImageDecision { until_bytes: u64 },
    /// A page as it was scanned, where its preview goes first.
    Original,
    /// The image to its last byte; bytes `0..until_bytes`.
    ImageRest { until_bytes: u64 },
    /// Evidence nobody waits for: raw bytes of a garbled message.
    Raw,
}

impl BlobUrgency {
    /// Bytes wanted at this urgency; `None`: all of the blob.
    pub fn until_bytes(self) -> Option<u64> {
        match self {
            BlobUrgency::ImageTriage { until_bytes }
            | BlobUrgency::ImageDecision { until_bytes }
            | BlobUrgency::ImageRest { until_bytes } => Some(until_bytes),
            BlobUrgency::Preview | BlobUrgency::Page | BlobUrgency::Original | BlobUrgency::Raw => {
                None
            }
        }
    }
}

impl Fact {
    /// Every blob this fact names, most urgent first.
    pub fn blobs(&self) -> Vec<(BlobHash, BlobUrgency)> {
        let mut blobs: Vec<(BlobHash, BlobUrgency)> = match self {
            Fact::PlateRead(it) => previews(&it.pictures),
            Fact::ContainerRead(it) => previews(&it.pictures),
            Fact::RadiationMeasured(it) => it.profile.iter().map(preview).collect(),
            Fact::ImageTaken(it) => image(it),
            Fact::DocumentRead(it) => {
                let small = it
                    .pages
                    .iter()
                    .filter_map(|it| it.preview.as_ref())
                    .map(preview);
                let pages = it.pages.iter().map(|it| match it.preview {
                    Some(_) => (it.page, BlobUrgency::Original),
                    None => (it.page, BlobUrgency::Page),
                });
                small.chain(pages).collect()
            }
            Fact::Garbled { raw: Some(raw), .. } => vec![(*raw, BlobUrgency::Raw)],
            _ => Vec::new(),
        };
        blobs.sort_by_key(|(_, urgency)| *urgency);
        blobs
    }
}

fn preview(hash: &BlobHash) -> (BlobHash, BlobUrgency) {
    (*hash, BlobUrgency::Preview)
}

fn previews(pictures: &[BlobHash]) -> Vec<(BlobHash, BlobUrgency)> {
    pictures.iter().map(preview).collect()
}

/// Cuts at layer ends. An image without layers, or a small one, is wanted whole at once.
fn image(reading: &ImageReading) -> Vec<(BlobHash, BlobUrgency)> {
    let size = reading.size_bytes;
    // Layers are made for round sizes and end a few bytes before them: the layer that ends nearest
    // below or at the size, else the first.
    let cut = |bytes: u64| {
        let ends = reading
            .layer_ends
            .iter()
            .copied()
            .filter(|end| *end <= size);
        let below = ends.clone().filter(|end| *end <= bytes).max();
        below.or(ends.min()).unwrap_or(size)
    };
    let triage = cut(IMAGE_TRIAGE_BYTES).min(size);
    let decision = cut(IMAGE_DECISION_BYTES).min(size).max(triage);
    let mut cuts = vec![BlobUrgency::ImageTriage {
        until_bytes: triage,
    }];
    if decision > triage {
        cuts.push(BlobUrgency::ImageDecision {
            until_bytes: decision,
        });
    }
    if size > decision {
        cuts.push(BlobUrgency::ImageRest { until_bytes: size });
    }
    cuts.into_iter().map(|it| (reading.image, it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::ImageQuality;

    #[test]
    fn an_image_is_wanted_in_three_steps() {
        let reading = ImageReading {
            message_id: None,
            scan: None,
            image: BlobHash([7; 32]),
            size_bytes: 2_993_255,
            width_px: 3400,
            height_px: 1056,
            bits: 12,
            pixel_mm: 5.0,
            energy_mv: 6.0,
            domain: "log12".into(),
            layer_ends: vec![
                23_967, 79_977, 159_977, 320_006, 639_894, 1_279_710, 2_993_255,
            ],
            quality: ImageQuality::Usable,
            mass_kg: None,
            regions: Vec::new(),
        };
        let cuts: Vec<_> = Fact::ImageTaken(reading)
            .blobs()
            .iter()
            .filter_map(|it| it.1.until_bytes())
            .collect();
        assert_eq!(cuts, [79_977, 639_894, 2_993_255]);
    }
}
