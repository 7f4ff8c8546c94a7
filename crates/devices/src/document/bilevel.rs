//! A scanned page in black and white, small enough to go before the page itself: at most 150 dots an
//! inch of A4, CCITT Group 4 (ITU-T T.6) in a TIFF of one strip, so that any fax or document program
//! opens it. Not here: text recognition, colour, who wants it.
//!
//! A dot is black when it is clearly darker than its surroundings, so a shadow over a page or
//! yellow paper do not matter; single specks are removed, for they cost more than letters.

use std::io::Cursor;

use fax::encoder::Encoder;
use fax::{Color, VecWriter, decoder, tiff};
use image::imageops::FilterType;
use image::{GrayImage, ImageReader, Limits};

use crate::garbled::Garbled;
use crate::limits::{BILEVEL_HEIGHT_PX, BILEVEL_WIDTH_PX, PAGE_DECODED_BYTES, PAGE_SIDE_PX};

/// Dots around a dot that its surroundings are: wider than a letter's stroke, narrower than a stamp.
const AROUND_PX: u32 = 12;
/// Black below this share of the surroundings' mean.
const DARKER_PERCENT: u64 = 82;

/// Begins a little-endian TIFF.
const TIFF: &[u8] = b"II*\0";

/// The preview of a PNG or JPEG page.
pub fn preview(page: &[u8]) -> Result<Vec<u8>, Garbled> {
    let unreadable = |why: String| Garbled::whole(format!("a page: {why}"));
    let mut reader = ImageReader::new(Cursor::new(page))
        .with_guessed_format()
        .map_err(|e| unreadable(e.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(PAGE_SIDE_PX);
    limits.max_image_height = Some(PAGE_SIDE_PX);
    limits.max_alloc = Some(PAGE_DECODED_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|e| unreadable(e.to_string()))?;
    let (width, height) = (picture.width(), picture.height());
    let gray = if width > BILEVEL_WIDTH_PX || height > BILEVEL_HEIGHT_PX {
        picture
            .resize(BILEVEL_WIDTH_PX, BILEVEL_HEIGHT_PX, FilterType::Triangle)
            .into_luma8()
    } else {
        picture.into_luma8()
    };
    Ok(encode(&black(&gray), gray.width()))
}

/// Dots row by row, `true` is black.
fn black(gray: &GrayImage) -> Vec<bool> {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    // Sums of the rectangle above and left of each dot.
    let mut sums = vec![0u64; (width + 1) * (height + 1)];
    for (y, row) in gray.rows().enumerate() {
        let mut line = 0;
        for (x, dot) in row.enumerate() {
            line += u64::from(dot.0[0]);
            sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + line;
        }
    }
    let around = AROUND_PX as usize;
    let dark = |x: usize, y: usize, value: u8| {
        let (left, right) = (x.saturating_sub(around), (x + around + 1).min(width));
        let (top, bottom) = (y.saturating_sub(around), (y + around + 1).min(height));
        let at = |x: usize, y: usize| sums[y * (width + 1) + x];
        let sum = at(right, bottom) + at(left, top) - at(left, bottom) - at(right, top);
        let dots = ((right - left) * (bottom - top)) as u64;
        u64::from(value) * dots * 100 < sum * DARKER_PERCENT
    };
    let found: Vec<bool> = gray
        .enumerate_pixels()
        .map(|(x, y, dot)| dark(x as usize, y as usize, dot.0[0]))
        .collect();
    let speck = |at: usize| {
        let (x, y) = (at % width, at / width);
        let near = |dx: isize, dy: isize| {
            let (x, y) = (x.checked_add_signed(dx), y.checked_add_signed(dy));
            match (x, y) {
                (Some(x), Some(y)) if x < width && y < height => found[y * width + x],
                _ => false,
            }
        };
        (-1..=1).all(|dy| (-1..=1).all(|dx| (dx, dy) == (0, 0) || !near(dx, dy)))
    };
    (0..found.len()).map(|at| found[at] && !speck(at)).collect()
}

fn encode(dots: &[bool], width: u32) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    let mut height = 0;
    for row in dots.chunks(width.max(1) as usize) {
        let colors = row
            .iter()
            .map(|it| if *it { Color::Black } else { Color::White });
        let Ok(()) = encoder.encode_line(colors, width);
        height += 1;
    }
    let Ok(writer) = encoder.finish();
    tiff::wrap(&writer.finish(), width, height)
}

/// Whether these bytes are such a preview, by their beginning.
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(TIFF)
}

/// The preview as a PNG, for a browser.
///
/// # Errors
/// Bytes that are not a TIFF as [`preview`] makes it.
pub fn png(tiff: &[u8]) -> Result<Vec<u8>, Garbled> {
    let (width, height, strip) = strip(tiff)?;
    let mut dots = Vec::with_capacity(width as usize * height as usize);
    let read = decoder::decode_g4(strip.iter().copied(), width, Some(height), |line| {
        let colors = decoder::pels(line, width);
        dots.extend(colors.map(|it| if it == Color::Black { 0 } else { u8::MAX }));
    });
    let picture = read.and_then(|()| GrayImage::from_raw(width, height, dots));
    let picture = picture.ok_or_else(|| Garbled::whole("a bilevel page: its lines"))?;
    let mut png = Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|e| Garbled::whole(format!("a bilevel page: {e}")))?;
    Ok(png.into_inner())
}

/// Width, height and the compressed strip (TIFF 6.0, sections 2 and 11).
fn strip(tiff: &[u8]) -> Result<(u32, u32, &[u8]), Garbled> {
    let wrong = |what: &str| Garbled::whole(format!("a bilevel page: {what}"));
    let word = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let half = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    };
    if !is_one(tiff) {
        return Err(wrong("no TIFF"));
    }
    let directory = word(4).ok_or_else(|| wrong("cut"))? as usize;
    let entries = usize::from(half(directory).ok_or_else(|| wrong("cut"))?);
    let field = |tag: u16| {
        let all = (0..entries).map(|it| directory + 2 + 12 * it);
        let mut of_tag = all.filter(|at| half(*at) == Some(tag));
        let at = of_tag.next()?;
        match half(at + 2)? {
            3 => half(at + 8).map(u32::from),
            4 => word(at + 8),
            _ => None,
        }
    };
    let needed = |tag, what| field(tag).ok_or_else(|| wrong(what));
    let (width, height) = (needed(256, "no width")?, needed(257, "no height")?);
    if !(1..=BILEVEL_WIDTH_PX).contains(&width) || !(1..=BILEVEL_HEIGHT_PX).contains(&height) {
        return Err(wrong("larger than a preview is"));
    }
    if needed(259, "no compression")? != 4 {
        return Err(wrong("not Group 4"));
    }
    let (at, length) = (needed(273, "no strip")?, needed(279, "no length")?);
    let (at, length) = (at as usize, length as usize);
    let strip = at.checked_add(length).and_then(|end| tiff.get(at..end));
    Ok((width, height, strip.ok_or_else(|| wrong("cut"))?))
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;

    use super::*;

    fn jpeg(picture: &GrayImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        bytes.into_inner()
    }

    /// A page of "letters": strokes of three dots, on paper that darkens to the right.
    fn page(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            let paper = 250 - (x * 90 / width) as u8;
            let written = y % 40 < 22 && x % 14 < 3 && x > 60 && x < width - 60;
            let grain = ((x * 31 + y * 17) % 7) as u8;
            Luma([if written { 40 + grain } else { paper - grain }])
        })
    }

    #[test]
    fn a_page_is_a_tenth_of_its_scan_and_keeps_its_strokes_in_the_shadow() {
        let scan = page(1654, 2339);
        let bytes = jpeg(&scan);
        let preview = preview(&bytes).unwrap();
        assert!(
            preview.len() * 5 < bytes.len(),
            "{} of {}",
            preview.len(),
            bytes.len()
        );
        let shown = image::load_from_memory(&png(&preview).unwrap()).unwrap();
        let shown = shown.into_luma8();
        assert_eq!((shown.width(), shown.height()), (1240, 1754));
        // As many strokes in the darkest column of paper as in the lightest.
        let black = |from: u32, to: u32| {
            let dots = shown
                .enumerate_pixels()
                .filter(|(x, ..)| (from..to).contains(x));
            dots.filter(|(.., dot)| dot.0[0] == 0).count() as f64
        };
        let (left, right) = (black(100, 300), black(940, 1140));
        assert!((0.8..1.25).contains(&(left / right)), "{left} {right}");
        assert!(left > 10_000.0, "{left}");
    }

    #[test]
    fn specks_go_and_an_empty_page_is_nearly_nothing() {
        let mut empty = GrayImage::from_pixel(1240, 1754, Luma([240]));
        for at in (0..1_700).step_by(17) {
            empty.put_pixel(at % 1240, at, Luma([10]));
        }
        let preview = preview(&jpeg(&empty)).unwrap();
        assert!(preview.len() < 3_000, "{}", preview.len());
    }

    #[test]
    fn what_is_no_page_is_refused() {
        assert!(preview(b"\x89PNG\r\n\x1a\n").is_err());
        assert!(png(b"no tiff").is_err());
        let good = encode(&[true, false, true, true], 2);
        assert!(png(&good).is_ok());
        for end in 0..good.len() - 3 {
            // Cut anywhere it is refused or reads as what is left; it never panics.
            let _ = png(&good[..end]);
        }
        assert!(png(&good[..100]).is_err());
        let mut wide = good;
        wide[18..22].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(png(&wide).is_err());
    }

    proptest! {
        #[test]
        fn every_pattern_reads_back(dots in proptest::collection::vec(any::<bool>(), 1..900), width in 1u32..60) {
            let whole = dots.len() / width as usize * width as usize;
            prop_assume!(whole > 0);
            let png = png(&encode(&dots[..whole], width)).unwrap();
            let shown = image::load_from_memory(&png).unwrap().into_luma8();
            let read: Vec<bool> = shown.pixels().map(|it| it.0[0] == 0).collect();
            prop_assert_eq!(read, &dots[..whole]);
        }

        #[test]
        fn hostile_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = preview(&bytes);
            bytes.splice(0..0, TIFF.iter().copied());
            let _ = png(&bytes);
        }
    }
}
