//! JPEG 2000 (ISO/IEC 15444-1) code streams to pixels and back, over `openjp2`: [`encode`] and
//! [`decode`], nothing else. It is *not* a parser for hostile bytes: `devices::xray::j2k` looks at
//! the headers and limits first, and what still makes the codec panic comes out as an error.
//!
//! `unsafe` is allowed here and nowhere else in the workspace: `openjp2` reads and writes memory only
//! through C call-backs with a pointer to user data. Each such pointer lives in this file.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use openjp2::openjpeg::{
    OPJ_CLRSPC_GRAY, OPJ_CODEC_J2K, OPJ_LRCP, opj_cparameters_t, opj_dparameters_t,
    opj_stream_create, opj_stream_destroy, opj_stream_set_read_function,
    opj_stream_set_seek_function, opj_stream_set_skip_function, opj_stream_set_user_data,
    opj_stream_set_user_data_length, opj_stream_set_write_function, opj_stream_t,
};
use openjp2::{Codec, Stream, opj_image, opj_image_comptparm};

/// One grey picture, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    pub width_px: u32,
    pub height_px: u32,
    /// Bits of a pixel, 1..=16.
    pub bits: u8,
    pub pixels: Vec<u16>,
}

/// What the codec could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("jpeg 2000 codec: {0}")]
pub struct CodecError(pub String);

fn error(what: impl Into<String>) -> CodecError {
    CodecError(what.into())
}

/// Reversible code stream with one quality layer for each of `layer_bytes` and one exact layer last,
/// in layer order, a tile-part each. Sizes are aims for the end of each layer in the file; those at
/// or over the raw size are left out.
pub fn encode(raster: &Raster, layer_bytes: &[u32]) -> Result<Vec<u8>, CodecError> {
    let pixels = (raster.width_px as usize).checked_mul(raster.height_px as usize);
    if pixels != Some(raster.pixels.len()) || raster.pixels.is_empty() {
        return Err(error(format!(
            "{} pixels given for {} x {}",
            raster.pixels.len(),
            raster.width_px,
            raster.height_px
        )));
    }
    if !(1..=16).contains(&raster.bits) {
        return Err(error(format!("{} bits a pixel", raster.bits)));
    }
    if raster
        .pixels
        .iter()
        .any(|it| u32::from(*it) >> raster.bits != 0)
    {
        return Err(error(format!(
            "a pixel needs more than {} bits",
            raster.bits
        )));
    }
    guarded(|| encode_inner(raster, layer_bytes))
}

/// All pixels of a code stream, or of a prefix that was closed by an end marker. `reduce` halves the
/// picture as often (0 is full size).
pub fn decode(code_stream: &[u8], reduce: u8) -> Result<Raster, CodecError> {
    guarded(|| decode_inner(code_stream, reduce))
}

fn guarded<T>(work: impl FnOnce() -> Result<T, CodecError>) -> Result<T, CodecError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(error("gave up inside the codec")))
}

fn encode_inner(raster: &Raster, layer_bytes: &[u32]) -> Result<Vec<u8>, CodecError> {
    let (width, height) = (raster.width_px, raster.height_px);
    let component = opj_image_comptparm {
        dx: 1,
        dy: 1,
        w: width,
        h: height,
        x0: 0,
        y0: 0,
        prec: u32::from(raster.bits),
        bpp: u32::from(raster.bits),
        sgnd: 0,
    };
    let mut image =
        opj_image::create(&[component], OPJ_CLRSPC_GRAY).ok_or_else(|| error("no image"))?;
    image.x1 = width;
    image.y1 = height;
    let samples: Vec<i32> = raster.pixels.iter().map(|it| i32::from(*it)).collect();
    let held = match image.comps_mut() {
        Some([component]) => component.set_data(&samples),
        _ => false,
    };
    if !held {
        return Err(error("no room for the pixels"));
    }
    drop(samples);

    let mut parameters = opj_cparameters_t::default();
    let raw_bytes = raster.pixels.len() as f64 * f64::from(raster.bits) / 8.0;
    let mut layers = 0;
    let mut last = 0;
    for bytes in layer_bytes {
        let ratio = raw_bytes / f64::from((*bytes).max(1));
        if *bytes > last && ratio > 1.05 && layers < 98 {
            parameters.tcp_rates[layers] = ratio as f32;
            layers += 1;
            last = *bytes;
        }
    }
    // The last layer holds whatever is left: exact.
    parameters.tcp_rates[layers] = 1.0;
    parameters.tcp_numlayers = layers as i32 + 1;
    parameters.cp_disto_alloc = 1;
    parameters.irreversible = 0;
    parameters.prog_order = OPJ_LRCP;
    parameters.tp_on = 1;
    parameters.tp_flag = b'L' as _;
    // Each resolution halves the shorter side; the smallest stays at least one pixel.
    let halvings = width.min(height).ilog2() as i32;
    parameters.numresolution = (halvings + 1).clamp(1, 6);

    let mut codec = Codec::new_encoder(OPJ_CODEC_J2K).ok_or_else(|| error("no encoder"))?;
    let mut memory = Memory::writer();
    if codec.setup_encoder(&mut parameters, &mut image) == 0 {
        return Err(error("parameters refused"));
    }
    let done = memory.with_stream(|stream| {
        codec.start_compress(&mut image, stream) != 0
            && codec.encode(stream) != 0
            && codec.end_compress(stream) != 0
    });
    if done {
        Ok(memory.bytes)
    } else {
        Err(error("encoding failed"))
    }
}

fn decode_inner(code_stream: &[u8], reduce: u8) -> Result<Raster, CodecError> {
    let mut codec = Codec::new_decoder(OPJ_CODEC_J2K).ok_or_else(|| error("no decoder"))?;
    let mut parameters = opj_dparameters_t {
        cp_reduce: u32::from(reduce),
        ..opj_dparameters_t::default()
    };
    if codec.setup_decoder(&mut parameters) == 0 || codec.decoder_set_strict_mode(0) == 0 {
        return Err(error("parameters refused"));
    }
    let mut memory = Memory::reader(code_stream.to_vec());
    let image = memory.with_stream(|stream| {
        let mut image = codec.read_header(stream)?;
        (codec.decode(stream, &mut image) != 0).then_some(image)
    });
    let image = image.ok_or_else(|| error("not a decodable code stream"))?;
    let component = match image.comps() {
        Some([component]) => component,
        Some(more) => return Err(error(format!("{} components, one is due", more.len()))),
        None => return Err(error("no component")),
    };
    let data = component.data().ok_or_else(|| error("no pixels"))?;
    let (width_px, height_px) = (component.w, component.h);
    let bits = u8::try_from(component.prec).unwrap_or(u8::MAX);
    if component.sgnd != 0 || !(1..=16).contains(&bits) {
        return Err(error(format!(
            "{bits} bits a pixel, signed {}",
            component.sgnd
        )));
    }
    if (width_px as usize).checked_mul(height_px as usize) != Some(data.len()) {
        return Err(error(format!(
            "{} pixels for {width_px} x {height_px}",
            data.len()
        )));
    }
    let most = ((1_u32 << bits) - 1) as i32;
    // A prefix is not exact: it may overshoot both ends.
    let pixels = data.iter().map(|it| (*it).clamp(0, most) as u16).collect();
    Ok(Raster {
        width_px,
        height_px,
        bits,
        pixels,
    })
}

/// What a stream's call-backs work on.
struct Memory {
    bytes: Vec<u8>,
    at: usize,
    reading: bool,
}

/// Buffer between codec and call-backs.
const BUFFER_BYTES: usize = 1 << 16;

impl Memory {
    fn reader(bytes: Vec<u8>) -> Self {
        Memory {
            bytes,
            at: 0,
            reading: true,
        }
    }

    fn writer() -> Self {
        Memory {
            bytes: Vec::new(),
            at: 0,
            reading: false,
        }
    }

    /// Runs `work` on a codec stream over this memory. The stream is flushed and gone when it returns.
    fn with_stream<T>(&mut self, work: impl FnOnce(&mut Stream) -> T) -> T {
        let length = self.bytes.len() as u64;
        let reading = self.reading;
        let user_data: *mut c_void = std::ptr::from_mut(self).cast();
        // SAFETY: the stream is destroyed below, before `self`'s borrow ends, also when `work` panics
        // (`Destroyed`); it holds the only use of `user_data` meanwhile; no free function is set.
        unsafe {
            let raw = opj_stream_create(BUFFER_BYTES, i32::from(reading));
            assert!(!raw.is_null(), "no stream");
            let _destroyed = Destroyed(raw);
            opj_stream_set_read_function(raw, Some(read));
            opj_stream_set_write_function(raw, Some(write));
            opj_stream_set_skip_function(raw, Some(skip));
            opj_stream_set_seek_function(raw, Some(seek));
            opj_stream_set_user_data(raw, user_data, None);
            if reading {
                opj_stream_set_user_data_length(raw, length);
            }
            work(&mut *raw.cast::<Stream>())
        }
    }
}

struct Destroyed(*mut opj_stream_t);

impl Drop for Destroyed {
    fn drop(&mut self) {
        // SAFETY: made by `opj_stream_create` and destroyed only here.
        unsafe { opj_stream_destroy(self.0) }
    }
}

/// SAFETY of the four: `data` is the `Memory` given in `with_stream`, alive and not otherwise
/// borrowed while the stream is; `buffer` holds `count` bytes, as the codec promises.
unsafe extern "C" fn read(buffer: *mut c_void, count: usize, data: *mut c_void) -> usize {
    let memory = unsafe { &mut *data.cast::<Memory>() };
    let left = memory.bytes.get(memory.at..).unwrap_or_default();
    let count = count.min(left.len());
    if count == 0 {
        return usize::MAX;
    }
    unsafe { std::ptr::copy_nonoverlapping(left.as_ptr(), buffer.cast::<u8>(), count) };
    memory.at += count;
    count
}

unsafe extern "C" fn write(buffer: *mut c_void, count: usize, data: *mut c_void) -> usize {
    let memory = unsafe { &mut *data.cast::<Memory>() };
    let bytes = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) };
    let end = memory.at.saturating_add(count);
    if memory.bytes.len() < end {
        memory.bytes.resize(end, 0);
    }
    memory.bytes[memory.at..end].copy_from_slice(bytes);
    memory.at = end;
    count
}

unsafe extern "C" fn skip(count: i64, data: *mut c_void) -> i64 {
    let memory = unsafe { &mut *data.cast::<Memory>() };
    let Some(at) = memory.at.checked_add_signed(count as isize) else {
        return -1;
    };
    if memory.reading && at > memory.bytes.len() {
        return -1;
    }
    memory.at = at;
    count
}

unsafe extern "C" fn seek(offset: i64, data: *mut c_void) -> i32 {
    let memory = unsafe { &mut *data.cast::<Memory>() };
    match usize::try_from(offset) {
        Ok(at) if !memory.reading || at <= memory.bytes.len() => {
            memory.at = at;
            1
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width_px: u32, height_px: u32) -> Raster {
        let pixels = (0..width_px * height_px)
            .map(|at| {
                let (x, y) = (at % width_px, at / width_px);
                ((x * 13 + y * 7 + (x * y) % 97 * 11) % 4096) as u16
            })
            .collect();
        Raster {
            width_px,
            height_px,
            bits: 12,
            pixels,
        }
    }

    #[test]
    fn exact_there_and_back() {
        for (width, height) in [(200, 120), (33, 1), (1, 1), (64, 65)] {
            let it = picture(width, height);
            let bytes = encode(&it, &[500, 2_000]).unwrap();
            assert_eq!(&bytes[..2], [0xff, 0x4f]);
            assert_eq!(decode(&bytes, 0).unwrap(), it, "{width} x {height}");
        }
    }

    #[test]
    fn halved() {
        let bytes = encode(&picture(200, 120), &[]).unwrap();
        let half = decode(&bytes, 1).unwrap();
        assert_eq!((half.width_px, half.height_px), (100, 60));
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(decode(b"", 0).is_err());
        assert!(decode(b"\xff\x4f\xff\x51 and then nothing sensible", 0).is_err());
        let bytes = encode(&picture(40, 40), &[]).unwrap();
        assert!(decode(&bytes[..60], 0).is_err());
        let mut wrong = picture(4, 4);
        wrong.pixels[3] = 4096;
        assert!(encode(&wrong, &[]).is_err());
        wrong.pixels.pop();
        assert!(encode(&wrong, &[]).is_err());
    }
}
