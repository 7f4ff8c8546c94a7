//! The radiographs of simulated scanners: made once each, kept, and delivered as a scanner does:
//! metadata first, then the code stream in parts, going on where it stopped. The picture itself is
//! `xray`'s.

use std::collections::HashMap;
use std::sync::Arc;

use devices::xray::delivery::Metadata;
use domain::reading::ImageRegion;
use domain::unit::UtcMs;
use tokio::sync::{Mutex, OnceCell};

use crate::script::Marks;
use crate::xray::{self, MadeImage, Scale};

/// One image, made by whoever asks first.
type Slot = Arc<OnceCell<Arc<MadeImage>>>;

/// Every picture at most once; made in a thread for blocking work.
pub struct Library {
    scale: Scale,
    made: Mutex<HashMap<(String, u64), Slot>>,
}

impl Library {
    pub fn new(scale: Scale) -> Library {
        Library {
            scale,
            made: Mutex::default(),
        }
    }

    /// The picture; an unknown scene is the one of bottled water.
    pub async fn get(&self, scene: &str, seed: u64) -> Arc<MadeImage> {
        let key = (scene.to_owned(), seed);
        let cell = self
            .made
            .lock()
            .await
            .entry(key.clone())
            .or_default()
            .clone();
        let scale = self.scale;
        let image = cell.get_or_try_init(|| async move {
            let making = tokio::task::spawn_blocking(move || {
                xray::make(&key.0, key.1, scale).or_else(|_| xray::make("beverage", key.1, scale))
            });
            match making.await {
                Ok(Ok(image)) => Ok(Arc::new(image)),
                Ok(Err(why)) => Err(why.to_string()),
                Err(why) => Err(why.to_string()),
            }
        });
        match image.await {
            Ok(image) => image.clone(),
            Err(why) => {
                // Only when memory or threads are gone: the truck gets an image that is empty.
                tracing::error!(why, scene, "a radiograph could not be made");
                Arc::new(MadeImage {
                    j2k: vec![],
                    width_px: 0,
                    height_px: 0,
                    pixel_mm: 5.0,
                    energy_mv: xray::ENERGY_MV,
                    open_level: u32::from(xray::OPEN_LEVEL),
                    truth: vec![],
                    manifest: vec![],
                    load_kg: 0,
                })
            }
        }
    }
}

/// What travels beside the pixels.
pub fn metadata(
    image: &MadeImage,
    inspection: &str,
    scan: u32,
    mass_kg: u32,
    marks: Marks,
    at: UtcMs,
) -> Metadata {
    let truth = image.truth.iter().map(|it| ImageRegion {
        left_px: it.left_px,
        top_px: it.top_px,
        width_px: it.width_px,
        height_px: it.height_px,
        label: "anomaly".to_owned(),
        score: 0.81,
    });
    let regions = match marks {
        Marks::Nothing => vec![],
        Marks::Truth => truth.collect(),
        Marks::Innocent => vec![ImageRegion {
            left_px: image.width_px * 3 / 5,
            top_px: image.height_px / 2,
            width_px: image.width_px / 30,
            height_px: image.height_px / 12,
            label: "dense".to_owned(),
            score: 0.57,
        }],
    };
    Metadata {
        inspection: inspection.to_owned(),
        scan,
        view: "side".to_owned(),
        energy_mv: image.energy_mv,
        pixel_mm: image.pixel_mm,
        domain: "log12".to_owned(),
        open_level: Some(image.open_level),
        size_bytes: Some(image.j2k.len() as u64),
        taken_at_claimed: Some(at),
        mass_kg: Some(mass_kg),
        regions,
        fault: None,
    }
}
