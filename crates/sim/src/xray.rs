//! Made radiographs: a loaded lorry built of simple solids, ray cast with real attenuation
//! coefficients, with noise, as a 12-bit JPEG 2000 with quality layers. The same scene, seed and scale
//! give the same bytes on every machine of one kind. The boxes of what is hidden are known; nothing here
//! marks them in the picture, that is the reader's work.
//!
//! Not a model of any scanner: a push-broom fan beam of 6 MV, pixels of 5 mm at the vehicle, figures of
//! the published kind. A Rust form of the corpus' own generator; noise differs draw by draw.

mod cargo;
mod matter;
mod render;
mod scene;
mod solids;
mod vehicle;

use devices::garbled::Garbled;
use devices::xray::codec::{self, Raster};
use devices::xray::log12;
use serde::Serialize;

pub use self::scene::SCENES;

/// How much smaller than full size (3400 x 1056) each side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Full,
    Half,
    /// About a second in a debug build on one core.
    Quarter,
}

impl Scale {
    fn divisor(self) -> u32 {
        match self {
            Scale::Full => 1,
            Scale::Half => 2,
            Scale::Quarter => 4,
        }
    }
}

/// One radiograph and what is true of it.
#[derive(Debug, Clone)]
pub struct MadeImage {
    /// Code stream as a scanner delivers it.
    pub j2k: Vec<u8>,
    pub width_px: u32,
    pub height_px: u32,
    /// Side of a pixel along the vehicle, millimetres.
    pub pixel_mm: f64,
    pub energy_mv: f64,
    /// Detector counts of open air.
    pub open_level: u32,
    /// What is hidden in it.
    pub truth: Vec<Hidden>,
    /// What is declared of it.
    pub manifest: Vec<Declared>,
    /// Mass of the load from the solids themselves, kilograms; without the vehicle.
    pub load_kg: u32,
}

/// Something hidden: a rectangle in pixels of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hidden {
    pub kind: &'static str,
    pub left_px: u32,
    pub top_px: u32,
    pub width_px: u32,
    pub height_px: u32,
    pub note: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// HS heading of six digits; empty for an empty vehicle.
    pub hs: &'static str,
    pub text: &'static str,
    pub net_kg: u32,
    pub packages: u32,
}

/// What could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Unmade {
    #[error("no radiograph scene is called {0:?}; there are {known}", known = SCENES.join(", "))]
    UnknownScene(String),
    #[error("encoding the radiograph: {0}")]
    Codec(#[from] Garbled),
}

pub const ENERGY_MV: f64 = 6.0;
pub const OPEN_LEVEL: u16 = 60_000;

/// The picture of `scene` (one of [`SCENES`]) drawn from `seed`.
pub fn make(scene: &str, seed: u64, scale: Scale) -> Result<MadeImage, Unmade> {
    let divisor = scale.divisor();
    let scene =
        scene::scene(scene, seed, divisor).ok_or_else(|| Unmade::UnknownScene(scene.to_owned()))?;
    let linear = render::linear(&scene, seed, ENERGY_MV);
    // The mapping of 65 536 values once, not a logarithm and a power for every pixel.
    let table: Vec<u16> = (0..=u16::MAX)
        .map(|counts| log12::from_linear(counts, OPEN_LEVEL))
        .collect();
    let raster = Raster {
        width_px: linear.width_px,
        height_px: linear.height_px,
        bits: 12,
        pixels: linear
            .counts
            .iter()
            .map(|it| table[usize::from(*it)])
            .collect(),
    };
    let aims = codec::layer_bytes(raster.width_px, raster.height_px);
    Ok(MadeImage {
        j2k: codec::encode(&raster, &aims)?,
        width_px: raster.width_px,
        height_px: raster.height_px,
        pixel_mm: solids::PIXEL_M * 1000.0 * f64::from(divisor),
        energy_mv: ENERGY_MV,
        open_level: u32::from(OPEN_LEVEL),
        load_kg: scene.load_kg(),
        truth: scene.truth,
        manifest: scene.manifest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use devices::xray::j2k;

    #[test]
    fn every_scene_is_made_repeats_and_differs_by_seed() {
        let once = make("drums", 12, Scale::Quarter).unwrap();
        assert_eq!(once.j2k, make("drums", 12, Scale::Quarter).unwrap().j2k);
        assert_ne!(once.j2k, make("drums", 13, Scale::Quarter).unwrap().j2k);
        let stream = j2k::code_stream(&once.j2k).unwrap();
        assert!(stream.is_whole());
        assert_eq!(
            (stream.width_px, stream.height_px, stream.layers),
            (850, 264, 7)
        );
        assert!(make("no such", 1, Scale::Quarter).is_err());
    }

    /// What is hidden is there and can be seen: denser than the same place in the clean half of the
    /// picture, or at least not open air; and it is inside the picture.
    #[test]
    fn hidden_things_are_in_the_picture() {
        for scene in [
            "beverage_alt",
            "cars",
            "empty",
            "machinery",
            "people",
            "textiles",
            "tiles",
        ] {
            let it = make(scene, 3, Scale::Quarter).unwrap();
            let raster = codec::decode(&it.j2k).unwrap();
            for hidden in &it.truth {
                assert!(
                    hidden.left_px + hidden.width_px <= it.width_px,
                    "{scene}: {hidden:?}"
                );
                assert!(
                    hidden.top_px + hidden.height_px <= it.height_px,
                    "{scene}: {hidden:?}"
                );
                assert!(hidden.width_px > 0 && hidden.height_px > 0);
                let darkest = (hidden.top_px..hidden.top_px + hidden.height_px)
                    .flat_map(|row| {
                        let from = row * it.width_px + hidden.left_px;
                        &raster.pixels[from as usize..(from + hidden.width_px) as usize]
                    })
                    .min();
                assert!(darkest < Some(&3_900), "{scene}: {hidden:?}");
            }
            // Sky above; wheels and frame below, whatever is loaded.
            let rows = |from: u32, to: u32| {
                &raster.pixels[(from * it.width_px) as usize..(to * it.width_px) as usize]
            };
            let sky = rows(0, 8);
            let mean = sky.iter().map(|it| f64::from(*it)).sum::<f64>() / sky.len() as f64;
            assert!(mean > 3_950.0, "{scene}: sky {mean}");
            let dark = rows(it.height_px * 3 / 4, it.height_px)
                .iter()
                .filter(|it| **it < 2_500)
                .count();
            assert!(dark > 1_000, "{scene}: {dark} dark pixels below");
        }
    }

    #[test]
    fn a_lead_block_lets_nothing_through() {
        let it = make("drums", 12, Scale::Quarter).unwrap();
        let raster = codec::decode(&it.j2k).unwrap();
        let block = &it.truth[0];
        let row = block.top_px + block.height_px / 2;
        let middle = row * it.width_px + block.left_px + block.width_px / 2;
        let beside = row * it.width_px + block.left_px - block.width_px * 3;
        assert!(raster.pixels[middle as usize] + 400 < raster.pixels[beside as usize]);
    }
}
