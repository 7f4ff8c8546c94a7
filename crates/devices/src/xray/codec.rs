//! Pixels of a radiograph: encode in seven quality layers, decode any prefix, and a small PNG for places
//! without a JPEG 2000 decoder. The code stream is checked by [`super::j2k`] before it is decoded.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
pub use j2k::Raster;

use crate::garbled::Garbled;
use crate::limits;

/// Aims for the ends of the layers before the exact one, bytes, for a full picture of 3400 x 1056:
/// first look, triage, three steps, decision (640 KB), and twice that.
pub const LAYER_BYTES: [u32; 6] = [24_000, 80_000, 160_000, 320_000, 640_000, 1_280_000];
/// Pixels of the picture [`LAYER_BYTES`] is meant for.
pub const FULL_PIXELS: u64 = 3_400 * 1_056;

/// The aims for a picture of this size: the same bits a pixel.
pub fn layer_bytes(width_px: u32, height_px: u32) -> [u32; 6] {
    let pixels = u64::from(width_px) * u64::from(height_px);
    LAYER_BYTES.map(|bytes| {
        let scaled = u64::from(bytes) * pixels / FULL_PIXELS;
        u32::try_from(scaled.max(1)).unwrap_or(u32::MAX)
    })
}

/// Reversible, a tile-part a layer; the last layer is exact.
pub fn encode(raster: &Raster, layer_bytes: &[u32]) -> Result<Vec<u8>, Garbled> {
    ::j2k::encode(raster, layer_bytes).map_err(|error| Garbled::whole(error.to_string()))
}

/// All pixels of a code stream or of a [`super::j2k::prefix`].
pub fn decode(code_stream: &[u8]) -> Result<Raster, Garbled> {
    decode_halved(code_stream, 0)
}

/// As [`decode`], width and height halved `reduce` times.
pub fn decode_halved(code_stream: &[u8], reduce: u8) -> Result<Raster, Garbled> {
    let headers = super::j2k::code_stream(code_stream)?;
    let raster =
        ::j2k::decode(code_stream, reduce).map_err(|error| Garbled::whole(error.to_string()))?;
    let halved = |side: u32| side.div_ceil(1 << u32::from(reduce.min(31)));
    if (raster.width_px, raster.height_px) != (halved(headers.width_px), halved(headers.height_px))
    {
        return Err(Garbled::whole(
            "the decoded picture has another size than its header says",
        ));
    }
    Ok(raster)
}

/// An 8-bit grey PNG at most `max_width_px` wide, from the whole code stream or a prefix of it.
pub fn preview_png(code_stream: &[u8], max_width_px: u32) -> Result<Vec<u8>, Garbled> {
    let headers = super::j2k::code_stream(code_stream)?;
    let max_width_px = max_width_px.clamp(1, limits::IMAGE_SIDE_PX);
    let mut reduce = 0;
    while reduce < 5 && headers.width_px.div_ceil(2 << reduce) >= max_width_px {
        reduce += 1;
    }
    let raster = match decode_halved(code_stream, reduce) {
        Ok(raster) => raster,
        // Fewer resolutions in it than that.
        Err(_) if reduce > 0 => decode(code_stream)?,
        Err(garbled) => return Err(garbled),
    };
    let (width, height, grey) = shrunk(&raster, max_width_px);
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&grey, width, height, ExtendedColorType::L8)
        .map_err(|error| Garbled::whole(format!("png: {error}")))?;
    Ok(png)
}

/// Box average to at most `max_width_px`, 8 bits.
fn shrunk(raster: &Raster, max_width_px: u32) -> (u32, u32, Vec<u8>) {
    let width = raster.width_px.min(max_width_px).max(1);
    let height = (u64::from(raster.height_px) * u64::from(width))
        .div_ceil(u64::from(raster.width_px).max(1))
        .clamp(1, u64::from(raster.height_px).max(1)) as u32;
    let span = |at: u32, of: u32, side: u32| {
        let begin = u64::from(at) * u64::from(side) / u64::from(of);
        let end = (u64::from(at) + 1) * u64::from(side) / u64::from(of);
        begin as usize..(end.max(begin + 1) as usize)
    };
    let shift = raster.bits.saturating_sub(8);
    let mut grey = Vec::with_capacity((width * height) as usize);
    for row in 0..height {
        let rows = span(row, height, raster.height_px);
        for column in 0..width {
            let columns = span(column, width, raster.width_px);
            let (mut sum, mut count) = (0_u64, 0_u64);
            for y in rows.clone() {
                let line = y * raster.width_px as usize;
                let pixels = raster.pixels.get(line + columns.start..line + columns.end);
                for pixel in pixels.unwrap_or_default() {
                    sum += u64::from(*pixel);
                    count += 1;
                }
            }
            let mean = sum.checked_div(count).unwrap_or(0) >> shift;
            grey.push(mean.min(255) as u8);
        }
    }
    (width, height, grey)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width_px: u32, height_px: u32) -> Raster {
        Raster {
            width_px,
            height_px,
            bits: 12,
            pixels: (0..width_px * height_px)
                .map(|at| ((at % width_px) * 4095 / width_px) as u16)
                .collect(),
        }
    }

    #[test]
    fn exact_at_the_end() {
        let it = raster(300, 90);
        let bytes = encode(&it, &layer_bytes(300, 90)).unwrap();
        assert_eq!(decode(&bytes).unwrap(), it);
    }

    #[test]
    fn a_preview_is_a_png_of_that_width() {
        let bytes = encode(&raster(300, 90), &[]).unwrap();
        for (asked, due) in [
            (100, (100, 30)),
            (1_000, (300, 90)),
            (1, (1, 1)),
            (299, (299, 90)),
        ] {
            let png = preview_png(&bytes, asked).unwrap();
            let read = image::load_from_memory(&png).unwrap();
            assert_eq!((read.width(), read.height()), due);
        }
        let png = preview_png(&bytes, 100).unwrap();
        let read = image::load_from_memory(&png).unwrap().to_luma8();
        assert!(read.get_pixel(5, 10).0[0] < 30 && read.get_pixel(95, 10).0[0] > 225);
    }

    #[test]
    fn a_broken_stream_is_garbled_not_a_crash() {
        let mut bytes = encode(&raster(64, 64), &[]).unwrap();
        let middle = bytes.len() / 2;
        bytes.truncate(middle);
        assert!(decode(b"").is_err());
        // Cut in the only layer: whatever the codec makes of it, it is not a crash.
        let _ = decode(&bytes);
    }
}
