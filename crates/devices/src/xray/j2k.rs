//! A JPEG 2000 code stream (ISO/IEC 15444-1 annex A) looked at without decoding: size, depth and the
//! byte at which each quality layer is complete, by walking marker segments and tile-parts. Pixels are
//! [`super::codec`]'s. This is also the guard before the codec: what it refuses is never decoded.

use domain::reading::ImageQuality;

use crate::garbled::Garbled;
use crate::limits;

const SOC: u16 = 0xff4f;
const CAP: u16 = 0xff50;
const SIZ: u16 = 0xff51;
const COD: u16 = 0xff52;
const QCD: u16 = 0xff5c;
const SOT: u16 = 0xff90;
const EOC: u16 = 0xffd9;

/// What the headers say.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeStream {
    pub width_px: u32,
    pub height_px: u32,
    /// Bits of a pixel.
    pub bits: u8,
    /// Quality layers as the header says.
    pub layers: u16,
    /// Byte offset at which each layer is complete; only layers that *are* complete. When tile-parts
    /// do not follow layers, one entry: the end of everything.
    pub layer_ends: Vec<u64>,
    pub quality: ImageQuality,
}

impl CodeStream {
    /// All layers are there.
    pub fn is_whole(&self) -> bool {
        self.quality == ImageQuality::Usable
    }
}

/// The bytes up to and including quality layer `layer` (from 0) as a code stream of its own; `None` when
/// that layer is not complete in these bytes.
pub fn prefix(bytes: &[u8], layer: usize) -> Result<Option<Vec<u8>>, Garbled> {
    let stream = code_stream(bytes)?;
    Ok(stream.layer_ends.get(layer).and_then(|end| {
        let mut cut = bytes.get(..usize::try_from(*end).ok()?)?.to_vec();
        cut.extend_from_slice(&EOC.to_be_bytes());
        Some(cut)
    }))
}

/// Walks the whole stream. A header that is wrong or beyond the limits is `Garbled`; a stream that
/// merely ends too early is a code stream of quality `Unusable { why: "truncated" }`.
pub fn code_stream(bytes: &[u8]) -> Result<CodeStream, Garbled> {
    if bytes.len() > limits::IMAGE_BYTES {
        return Err(Garbled::at(
            limits::IMAGE_BYTES,
            format!("image over {} bytes", limits::IMAGE_BYTES),
        ));
    }
    let mut walk = Walk { bytes, at: 0 };
    if walk.marker()? != SOC {
        return Err(Garbled::at(
            0,
            "no JPEG 2000 code stream: it begins with FF 4F FF 51",
        ));
    }
    let (size, layers) = main_header(&mut walk)?;
    let ends = tile_parts(&mut walk, size.tiles)?;
    // Tile-parts follow layers only when every tile has one for each layer.
    let by_layer = ends.parts_due.is_some_and(|due| u16::from(due) == layers);
    let layer_ends = if by_layer {
        ends.parts
    } else if ends.whole {
        ends.parts.last().copied().into_iter().collect()
    } else {
        Vec::new()
    };
    Ok(CodeStream {
        width_px: size.width_px,
        height_px: size.height_px,
        bits: size.bits,
        layers,
        layer_ends,
        quality: if ends.whole {
            ImageQuality::Usable
        } else {
            ImageQuality::Unusable {
                why: "truncated".to_owned(),
            }
        },
    })
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], Garbled> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => Err(Garbled::at(
                self.bytes.len(),
                format!("the bytes end within {what}"),
            )),
        }
    }

    fn marker(&mut self) -> Result<u16, Garbled> {
        Ok(word(self.take(2, "a marker")?, 0))
    }

    /// Length word and the segment after it.
    fn segment(&mut self, what: &str) -> Result<&'a [u8], Garbled> {
        let at = self.at;
        let length = usize::from(word(self.take(2, what)?, 0));
        if length < 2 {
            return Err(Garbled::at(at, format!("{what} of {length} bytes")));
        }
        self.take(length - 2, what)
    }
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([byte(bytes, at), byte(bytes, at + 1)])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from(word(bytes, at)) << 16 | u32::from(word(bytes, at + 2))
}

/// Callers check lengths first; a missing byte reads as 0.
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

struct Size {
    width_px: u32,
    height_px: u32,
    bits: u8,
    tiles: u32,
}

/// Everything before the first tile-part; leaves the walk at its `SOT`.
fn main_header(walk: &mut Walk) -> Result<(Size, u16), Garbled> {
    let (mut found, mut layers, mut quantised) = (None, None, false);
    for _ in 0..limits::IMAGE_SEGMENTS {
        let at = walk.at;
        let marker = walk.marker()?;
        if marker == SOT {
            walk.at = at;
            let size =
                found.ok_or_else(|| Garbled::at(at, "no size (SIZ) before the first tile"))?;
            let layers = layers
                .ok_or_else(|| Garbled::at(at, "no coding style (COD) before the first tile"))?;
            if !quantised {
                return Err(Garbled::at(
                    at,
                    "no quantisation (QCD) before the first tile",
                ));
            }
            return Ok((size, layers));
        }
        if found.is_none() && marker != SIZ {
            return Err(Garbled::at(
                at,
                format!("marker {marker:04X} where SIZ (FF51) is due"),
            ));
        }
        let segment = walk.segment("a header segment")?;
        match marker {
            SIZ if found.is_some() => return Err(Garbled::at(at, "a second SIZ")),
            SIZ => found = Some(size(segment, at)?),
            COD => layers = Some(coding(segment, at)?),
            QCD => quantised = true,
            CAP => {
                return Err(Garbled::at(
                    at,
                    "part 15 (HTJ2K) has no quality layers: not supported",
                ));
            }
            0xff30..=0xff3f | SOC | EOC | 0xff93 => {
                return Err(Garbled::at(
                    at,
                    format!("marker {marker:04X} has no place in the header"),
                ));
            }
            0xff00.. => {}
            _ => return Err(Garbled::at(at, format!("{marker:04X} is no marker"))),
        }
    }
    Err(Garbled::at(
        walk.at,
        format!("more than {} header segments", limits::IMAGE_SEGMENTS),
    ))
}

fn size(segment: &[u8], at: usize) -> Result<Size, Garbled> {
    if segment.len() < 39 {
        return Err(Garbled::at(
            at,
            format!("SIZ of {} bytes", segment.len() + 2),
        ));
    }
    let [right, bottom, left, top] = [2, 6, 10, 14].map(|offset| long(segment, offset));
    let [tile_width, tile_height, tile_left, tile_top] =
        [18, 22, 26, 30].map(|offset| long(segment, offset));
    let (Some(width_px), Some(height_px)) = (right.checked_sub(left), bottom.checked_sub(top))
    else {
        return Err(Garbled::at(at, "picture ends before it begins"));
    };
    let side = 1..=limits::IMAGE_SIDE_PX;
    if !side.contains(&width_px) || !side.contains(&height_px) {
        return Err(Garbled::at(
            at,
            format!(
                "{width_px} x {height_px} pixels: a side is 1 to {}",
                limits::IMAGE_SIDE_PX
            ),
        ));
    }
    if u64::from(width_px) * u64::from(height_px) > limits::IMAGE_PIXELS {
        return Err(Garbled::at(
            at,
            format!(
                "{width_px} x {height_px}: more than {} pixels",
                limits::IMAGE_PIXELS
            ),
        ));
    }
    if tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top {
        return Err(Garbled::at(at, "tiles that do not cover the picture"));
    }
    let columns = u64::from(right - tile_left).div_ceil(u64::from(tile_width));
    let rows = u64::from(bottom - tile_top).div_ceil(u64::from(tile_height));
    let tiles = columns * rows;
    if tiles > u64::from(limits::IMAGE_TILES) {
        return Err(Garbled::at(
            at,
            format!("{tiles} tiles, at most {} are read", limits::IMAGE_TILES),
        ));
    }
    let components = word(segment, 34);
    if components != 1 {
        return Err(Garbled::at(
            at,
            format!("{components} components: a radiograph has one, each energy is its own image"),
        ));
    }
    let depth = byte(segment, 36);
    let bits = (depth & 0x7f) + 1;
    if depth & 0x80 != 0 || bits > 16 {
        return Err(Garbled::at(
            at,
            format!(
                "{bits} bits{}: 1 to 16 unsigned are read",
                if depth & 0x80 != 0 { " signed" } else { "" }
            ),
        ));
    }
    if byte(segment, 37) != 1 || byte(segment, 38) != 1 {
        return Err(Garbled::at(at, "subsampled pixels"));
    }
    Ok(Size {
        width_px,
        height_px,
        bits,
        tiles: tiles as u32,
    })
}

/// Number of quality layers; the rest only so far as the codec must not be surprised.
fn coding(segment: &[u8], at: usize) -> Result<u16, Garbled> {
    if segment.len() < 10 {
        return Err(Garbled::at(
            at,
            format!("COD of {} bytes", segment.len() + 2),
        ));
    }
    let layers = word(segment, 2);
    if layers == 0 || layers > limits::IMAGE_LAYERS {
        return Err(Garbled::at(
            at,
            format!(
                "{layers} quality layers: 1 to {} are read",
                limits::IMAGE_LAYERS
            ),
        ));
    }
    let levels = byte(segment, 5);
    if levels > 32 {
        return Err(Garbled::at(
            at,
            format!("{levels} decomposition levels, at most 32"),
        ));
    }
    let (block_width, block_height) = (byte(segment, 6), byte(segment, 7));
    if block_width > 8 || block_height > 8 || block_width + block_height > 8 {
        return Err(Garbled::at(
            at,
            "code blocks larger than the standard allows",
        ));
    }
    if byte(segment, 0) & 1 != 0 && segment.len() < 11 + usize::from(levels) {
        return Err(Garbled::at(at, "COD ends within its precinct sizes"));
    }
    Ok(layers)
}

struct Ends {
    /// Offset at which part number k of every tile is there.
    parts: Vec<u64>,
    /// Parts of a tile as its header announces, when all tiles agree.
    parts_due: Option<u8>,
    whole: bool,
}

fn tile_parts(walk: &mut Walk, tiles: u32) -> Result<Ends, Garbled> {
    let mut seen = vec![0_u8; tiles as usize];
    // How many tiles have at least k + 1 parts.
    let mut having: Vec<u32> = Vec::new();
    let mut parts = Vec::new();
    let mut due: Option<u8> = None;
    let mut agree = true;
    let cut = |parts: Vec<u64>, due| {
        Ok(Ends {
            parts,
            parts_due: due,
            whole: false,
        })
    };
    for _ in 0..=limits::IMAGE_TILE_PARTS {
        let start = walk.at;
        if walk.bytes.len() - start < 2 {
            // No end marker: whole all the same when every announced part came.
            let whole = agree && due.is_some_and(|due| parts.len() == usize::from(due));
            return Ok(Ends {
                parts,
                parts_due: due.filter(|_| agree),
                whole,
            });
        }
        let marker = walk.marker()?;
        if marker == EOC {
            let announced = due.is_none_or(|due| parts.len() == usize::from(due));
            let whole = !parts.is_empty() && (!agree || announced);
            return Ok(Ends {
                parts,
                parts_due: due.filter(|_| agree),
                whole,
            });
        }
        if marker != SOT {
            return Err(Garbled::at(
                start,
                format!("{marker:04X} where a tile-part (FF90) is due"),
            ));
        }
        if walk.bytes.len() - walk.at < 10 {
            return cut(parts, due);
        }
        let segment = walk.segment("a tile-part header")?;
        if segment.len() != 8 {
            return Err(Garbled::at(
                start,
                format!("SOT of {} bytes", segment.len() + 2),
            ));
        }
        let (tile, length) = (usize::from(word(segment, 0)), long(segment, 2) as usize);
        let (part, of) = (byte(segment, 6), byte(segment, 7));
        let Some(count) = seen.get_mut(tile) else {
            return Err(Garbled::at(start, format!("tile {tile} of {tiles}")));
        };
        if part != *count {
            return Err(Garbled::at(
                start,
                format!("part {part} of tile {tile} where part {count} is due"),
            ));
        }
        *count = count.saturating_add(1);
        if of != 0 {
            agree &= due.is_none_or(|due| due == of);
            due = Some(of);
            if part >= of {
                return Err(Garbled::at(start, format!("part {part} of only {of}")));
            }
        }
        let end = if length == 0 {
            // The last part may leave its length open: up to the end marker.
            walk.bytes.len()
                - if walk.bytes.ends_with(&EOC.to_be_bytes()) {
                    2
                } else {
                    0
                }
        } else if length < 14 {
            return Err(Garbled::at(start, format!("a tile-part of {length} bytes")));
        } else {
            start.saturating_add(length)
        };
        if end > walk.bytes.len() || end < walk.at {
            return cut(parts, due);
        }
        walk.at = end;
        let level = usize::from(part);
        if having.len() <= level {
            having.resize(level + 1, 0);
        }
        having[level] += 1;
        if having[level] == tiles {
            parts.push(end as u64);
        }
    }
    Err(Garbled::at(
        walk.at,
        format!("more than {} tile-parts", limits::IMAGE_TILE_PARTS),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::codec;
    use super::*;

    fn image() -> Vec<u8> {
        let raster = codec::Raster {
            width_px: 120,
            height_px: 80,
            bits: 12,
            pixels: (0..120 * 80_u32)
                .map(|it| (it.wrapping_mul(2_654_435_761) >> 20) as u16)
                .collect(),
        };
        codec::encode(&raster, &[800, 2_000, 5_000]).unwrap()
    }

    #[test]
    fn layers_end_where_tile_parts_end() {
        let bytes = image();
        let stream = code_stream(&bytes).unwrap();
        assert_eq!(
            (stream.width_px, stream.height_px, stream.bits),
            (120, 80, 12)
        );
        assert_eq!((stream.layers, stream.layer_ends.len()), (4, 4));
        assert!(stream.layer_ends.is_sorted());
        assert_eq!(stream.layer_ends[3], bytes.len() as u64 - 2);
        assert!(stream.is_whole());
    }

    #[test]
    fn every_cut_is_truncated_or_garbled_and_keeps_whole_layers() {
        let bytes = image();
        let ends = code_stream(&bytes).unwrap().layer_ends;
        for cut in 0..bytes.len() - 2 {
            match code_stream(&bytes[..cut]) {
                Err(garbled) => assert!(cut < 200, "{cut}: {garbled}"),
                Ok(stream) => {
                    assert!(!stream.is_whole(), "{cut}");
                    let whole = ends.iter().filter(|end| **end <= cut as u64).count();
                    assert_eq!(stream.layer_ends, ends[..whole], "{cut}");
                }
            }
        }
        // Only the end marker is missing.
        assert!(code_stream(&bytes[..bytes.len() - 2]).unwrap().is_whole());
    }

    #[test]
    fn a_prefix_is_a_picture() {
        let bytes = image();
        for layer in 0..4 {
            let cut = prefix(&bytes, layer).unwrap().unwrap();
            let raster = codec::decode(&cut).unwrap();
            assert_eq!((raster.width_px, raster.height_px), (120, 80));
        }
        assert_eq!(prefix(&bytes, 4), Ok(None));
        assert_eq!(prefix(&bytes[..bytes.len() - 3], 3), Ok(None));
    }

    #[test]
    fn refusals_name_the_marker() {
        let good = image();
        let with = |at: usize, put: &[u8]| {
            let mut bytes = good.clone();
            bytes[at..at + put.len()].copy_from_slice(put);
            code_stream(&bytes).unwrap_err().why
        };
        assert!(with(0, b"JPEG").contains("no JPEG 2000"));
        // SIZ: width, components, depth.
        assert!(with(8, &[0, 1, 0, 1]).contains("a side is"));
        assert!(with(8, &[0, 0, 0, 0]).contains("a side is"));
        assert!(with(40, &[0, 3]).contains("3 components"));
        assert!(with(42, &[0x9f]).contains("32 bits signed"));
        assert!(with(24, &[0, 0, 0, 0]).contains("cover"));
        assert!(with(24, &[0, 0, 0, 1, 0, 0, 0, 1]).contains("9600 tiles"));
        assert!(code_stream(b"").is_err());
        let tile = code_stream(&good).unwrap().layer_ends[0] as usize;
        assert!(with(tile, b"XX").contains("where a tile-part"));
        assert!(with(tile + 4, &[0, 9]).contains("tile 9 of 1"));
        assert!(with(tile + 10, &[0]).contains("part 0 of tile 0 where part 1"));
    }
}
