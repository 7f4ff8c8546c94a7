//! Pictures that devices send: a number plate, a page of a document. Drawn from a 5 x 7 dot font,
//! enough to be compared by eye with what was read off them. Characters without a glyph show as a
//! filled box. Not radiographs: those are `xray`'s.

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma};

/// A JPEG of a plate, about two kilobytes; a muddy one nobody could read.
pub fn plate(text: &str, muddy: bool) -> Vec<u8> {
    const DOT: u32 = 4;
    let letters = text.chars().count() as u32;
    let mut picture = GrayImage::from_pixel((letters * 6 + 3) * DOT, 11 * DOT, Luma([226]));
    write(&mut picture, text, 2 * DOT, 2 * DOT, DOT);
    if muddy {
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let smear = (x * 7 + y * 13) % 37 + (x / 9 * 11 + y / 5 * 17) % 60;
            pixel.0[0] = (pixel.0[0] / 8).saturating_add(smear as u8 + 50);
        }
    }
    jpeg(&picture)
}

/// A JPEG of a page with these lines, at most 46 characters each; `dot` pixels a dot of the font:
/// 2 for a page, 1 for its preview.
pub fn page(lines: &[String], dot: u32) -> Vec<u8> {
    let mut picture = GrayImage::from_pixel(300 * dot, 420 * dot, Luma([247]));
    for (row, line) in lines.iter().take(34).enumerate() {
        write(
            &mut picture,
            line,
            12 * dot,
            (14 + row as u32 * 12) * dot,
            dot,
        );
    }
    jpeg(&picture)
}

fn write(picture: &mut GrayImage, text: &str, left: u32, top: u32, dot: u32) {
    for (place, letter) in text.chars().enumerate() {
        let glyph = glyph(letter.to_ascii_uppercase());
        for (row, column) in (0..7).flat_map(|row| (0..5).map(move |column| (row, column))) {
            if glyph[row] >> (4 - column) & 1 == 0 {
                continue;
            }
            let x = left + (place as u32 * 6 + column) * dot;
            let y = top + row as u32 * dot;
            if x + dot <= picture.width() && y + dot <= picture.height() {
                for (x, y) in (y..y + dot).flat_map(|y| (x..x + dot).map(move |x| (x, y))) {
                    picture.put_pixel(x, y, Luma([24]));
                }
            }
        }
    }
}

fn jpeg(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Encoding into memory fails only for sizes no picture here has.
    let _ = JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(picture);
    bytes
}

/// Seven rows of five dots.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 2, 4, 8, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [28, 18, 17, 17, 17, 18, 28],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 15],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 17, 25, 21, 19, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 21, 10],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 17, 10, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        ' ' => [0; 7],
        '-' => [0, 0, 0, 14, 0, 0, 0],
        '.' => [0, 0, 0, 0, 0, 12, 12],
        ',' => [0, 0, 0, 0, 12, 4, 8],
        ':' => [0, 12, 12, 0, 12, 12, 0],
        '/' => [1, 1, 2, 4, 8, 16, 16],
        '<' => [2, 4, 8, 16, 8, 4, 2],
        '_' => [0, 0, 0, 0, 0, 0, 31],
        _ => [31; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_small_jpegs_that_differ() {
        let bytes = plate("508KDA02", false);
        assert!(
            bytes.starts_with(&[0xff, 0xd8]) && bytes.len() < 8_000,
            "{}",
            bytes.len()
        );
        assert_ne!(bytes, plate("508KDA03", false));
        assert_ne!(bytes, plate("508KDA02", true));
        let lines: Vec<String> = (0..20)
            .map(|it| format!("gross_mass_kg: {it}7400"))
            .collect();
        let (whole, preview) = (page(&lines, 2), page(&lines, 1));
        assert!(
            preview.len() < whole.len() && whole.len() < 90_000,
            "{}",
            whole.len()
        );
    }
}
