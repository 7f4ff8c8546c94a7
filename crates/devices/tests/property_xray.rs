//! Properties of the X-ray reader: bytes are read or refused, deliveries give back what was sent.

use devices::xray::delivery::{ContentRange, Delivery, content_range, metadata};
use devices::xray::{codec, j2k};
use proptest::prelude::*;

fn raster() -> impl Strategy<Value = codec::Raster> {
    (1..60_u32, 1..60_u32, 2..=16_u8, any::<u32>()).prop_map(|(width_px, height_px, bits, seed)| {
        let pixels = (0..width_px * height_px)
            .map(|at| {
                (at.wrapping_add(seed).wrapping_mul(2_654_435_761) >> (32 - u32::from(bits))) as u16
            })
            .collect();
        codec::Raster {
            width_px,
            height_px,
            bits,
            pixels,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pixels_there_and_back(it in raster(), aims in prop::collection::vec(20..4_000_u32, 0..5)) {
        let bytes = codec::encode(&it, &aims).unwrap();
        let stream = j2k::code_stream(&bytes).unwrap();
        prop_assert!(stream.is_whole());
        prop_assert_eq!(stream.layer_ends.len(), usize::from(stream.layers));
        prop_assert_eq!(codec::decode(&bytes).unwrap(), it);
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(j2k::code_stream(&bytes).is_err());
        let mut begun = vec![0xff, 0x4f, 0xff, 0x51];
        begun.extend(bytes);
        let _ = j2k::code_stream(&begun);
    }

    /// Headers flipped anywhere: a refusal or an image, never a panic.
    #[test]
    fn a_mutated_header_never_panics(it in raster(), flips in prop::collection::vec((0..160_usize, any::<u8>()), 1..4)) {
        let mut bytes = codec::encode(&it, &[300]).unwrap();
        for (at, value) in flips {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        let _ = j2k::code_stream(&bytes);
        let _ = j2k::prefix(&bytes, 0);
    }

    /// What passes the header walk and was damaged behind it: pixels or an error, never a crash.
    #[test]
    fn a_damaged_body_never_takes_the_codec_down(
        it in raster(), flips in prop::collection::vec((any::<u16>(), any::<u8>()), 1..12), cut in any::<u16>(),
    ) {
        let mut bytes = codec::encode(&it, &[200, 600]).unwrap();
        for (at, value) in flips {
            let length = bytes.len();
            bytes[usize::from(at) % length] = value;
        }
        if cut % 3 == 0 {
            bytes.truncate(usize::from(cut) % bytes.len());
        }
        let _ = codec::decode(&bytes);
        let _ = codec::preview_png(&bytes, 20);
    }

    #[test]
    fn any_order_of_pieces_with_repeats_gives_the_same_bytes(
        body in prop::collection::vec(any::<u8>(), 1..500),
        pieces in prop::collection::vec((0..500_usize, 1..200_usize), 0..60),
    ) {
        let meta = metadata(br#"{"inspection":"i","energy_mv":6,"pixel_mm":5}"#).unwrap();
        let mut delivery = Delivery::new(meta);
        let whole = Some(body.len() as u64);
        for (first, length) in pieces {
            let last = (first + length).min(body.len());
            if first < last {
                let range = ContentRange { first: first as u64, last: last as u64 - 1, whole };
                let _ = delivery.put(Some(range), &body[first..last]);
            }
            prop_assert_eq!(delivery.bytes(), &body[..delivery.bytes().len()]);
        }
        delivery.put(None, &body).unwrap();
        prop_assert_eq!(delivery.bytes(), &body[..]);
    }

    #[test]
    fn any_text_is_a_range_or_refused(text in ".{0,60}", first in any::<u64>(), span in 0..1_000_u64) {
        let _ = content_range(&text);
        if let Some(last) = first.checked_add(span).filter(|it| *it < u64::MAX) {
            let it = content_range(&format!("bytes {first}-{last}/*")).unwrap();
            prop_assert_eq!((it.first, it.last, it.whole), (first, last, None));
        }
    }
}
