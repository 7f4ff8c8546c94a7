//! How a radiograph reaches the checkpoint: metadata as JSON, then the code stream by HTTP `PUT`s
//! that may stop and go on at an offset (`docs/devices/xray.md`). This is the pure part: the state of one
//! delivery and its headers; sockets and the journal are the driver's. Names follow the notions of WCO
//! UFF (inspection, scan, view, energies); no conformity is claimed.

use domain::reading::{ImageQuality, ImageReading, ImageRegion, ImageScan};
use domain::unit::{BlobHash, UtcMs};
use serde::{Deserialize, Serialize};

use super::j2k;
use crate::garbled::Garbled;
use crate::limits;

/// What travels beside the pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The scanner's identity of the inspection: one vehicle, one or more scans.
    pub inspection: String,
    /// Number of the scan within the inspection, from 1; a repeated scan has the next one.
    #[serde(default = "one")]
    pub scan: u32,
    /// `side`, `top`, ...
    #[serde(default = "side")]
    pub view: String,
    /// Beam energy, MV.
    pub energy_mv: f64,
    /// Side of a pixel at the vehicle's middle plane, millimetres.
    pub pixel_mm: f64,
    /// `log12`, see [`super::log12`].
    #[serde(default = "log12")]
    pub domain: String,
    /// Detector counts of open air behind the mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_level: Option<u32>,
    /// Size of the code stream, when the scanner knows it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// The scanner's clock: a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at_claimed: Option<UtcMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mass_kg: Option<u32>,
    /// Regions the scanner's own algorithm marked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<ImageRegion>,
    /// The scanner's own verdict of its image: `saturated`, `too_fast`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

fn one() -> u32 {
    1
}

fn side() -> String {
    "side".to_owned()
}

fn log12() -> String {
    "log12".to_owned()
}

/// The metadata document; unknown members are ignored.
pub fn metadata(bytes: &[u8]) -> Result<Metadata, Garbled> {
    if bytes.len() > limits::IMAGE_METADATA_BYTES {
        return Err(Garbled::at(
            limits::IMAGE_METADATA_BYTES,
            format!("metadata over {} bytes", limits::IMAGE_METADATA_BYTES),
        ));
    }
    let it: Metadata = serde_json::from_slice(bytes)
        .map_err(|error| Garbled::whole(format!("image metadata: {error}")))?;
    let named = |name: &str| Garbled::whole(format!("image metadata: {name}"));
    if it.inspection.is_empty() || it.inspection.chars().count() > limits::FIELD_CHARS {
        return Err(named("inspection is empty or too long"));
    }
    if it.view.chars().count() > limits::FIELD_CHARS {
        return Err(named("view is too long"));
    }
    if !(it.energy_mv > 0.0 && it.energy_mv <= 25.0) {
        return Err(named("energy_mv is not between 0 and 25"));
    }
    if !(it.pixel_mm > 0.0 && it.pixel_mm <= 100.0) {
        return Err(named("pixel_mm is not between 0 and 100"));
    }
    if it.domain != "log12" {
        return Err(named("domain is not log12"));
    }
    if it.regions.len() > limits::IMAGE_REGIONS {
        return Err(named("too many regions"));
    }
    if it
        .size_bytes
        .is_some_and(|size| size > limits::IMAGE_BYTES as u64)
    {
        return Err(named("size_bytes is over the limit"));
    }
    Ok(it)
}

/// `Content-Range` of one `PUT`: first byte, last byte (inclusive), whole size when known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    pub first: u64,
    pub last: u64,
    pub whole: Option<u64>,
}

/// RFC 9110, section 14.4: `bytes 0-499/1234` or `bytes 0-499/*`.
pub fn content_range(text: &str) -> Result<ContentRange, Garbled> {
    let bad = || {
        Garbled::whole(format!(
            "Content-Range {:?} is not `bytes a-b/size`",
            clip(text)
        ))
    };
    let number = |text: &str| -> Result<u64, Garbled> {
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if digits {
            text.parse().map_err(|_| bad())
        } else {
            Err(bad())
        }
    };
    let rest = text
        .trim()
        .strip_prefix("bytes")
        .filter(|rest| rest.starts_with(' '))
        .ok_or_else(bad)?;
    let (range, whole) = rest.trim().split_once('/').ok_or_else(bad)?;
    let (first, last) = range.split_once('-').ok_or_else(bad)?;
    let it = ContentRange {
        first: number(first)?,
        last: number(last)?,
        whole: if whole == "*" {
            None
        } else {
            Some(number(whole)?)
        },
    };
    if it.last < it.first || it.whole.is_some_and(|whole| it.last >= whole) {
        return Err(bad());
    }
    Ok(it)
}

/// One image under way.
#[derive(Debug, Clone)]
pub struct Delivery {
    metadata: Metadata,
    bytes: Vec<u8>,
    whole: Option<u64>,
}

/// What a `PUT` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Go on at this offset.
    Partial { offset: u64 },
    /// Every byte is here.
    Whole,
}

impl Delivery {
    pub fn new(metadata: Metadata) -> Self {
        Delivery {
            whole: metadata.size_bytes,
            metadata,
            bytes: Vec::new(),
        }
    }

    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Where the sender goes on.
    pub fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// What came so far; any prefix is a picture.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The body of one `PUT`; `range` is `None` for a body that is the whole image. Bytes that came
    /// before may come again when they are the same; a gap is refused with the offset to go on at.
    pub fn put(&mut self, range: Option<ContentRange>, body: &[u8]) -> Result<Progress, Garbled> {
        let range = range.unwrap_or(ContentRange {
            first: 0,
            last: (body.len() as u64).saturating_sub(1),
            whole: Some(body.len() as u64),
        });
        if body.is_empty() || range.last - range.first + 1 != body.len() as u64 {
            return Err(Garbled::whole(format!(
                "{} bytes for the range {}-{}",
                body.len(),
                range.first,
                range.last
            )));
        }
        let offset = self.offset();
        if range.first > offset {
            return Err(Garbled::at(
                self.bytes.len(),
                format!("gap: bytes from {} came, {offset} is next", range.first),
            ));
        }
        if range.last >= limits::IMAGE_BYTES as u64 {
            return Err(Garbled::whole(format!(
                "image over {} bytes",
                limits::IMAGE_BYTES
            )));
        }
        if let (Some(known), Some(whole)) = (self.whole, range.whole)
            && known != whole
        {
            return Err(Garbled::whole(format!(
                "size {whole} where {known} was said before"
            )));
        }
        let whole = self.whole.or(range.whole);
        if whole.is_some_and(|whole| range.last >= whole) {
            return Err(Garbled::whole(format!(
                "bytes beyond the image's size {whole:?}"
            )));
        }
        let first = range.first as usize;
        let known = &self.bytes[first..];
        let again = known.len().min(body.len());
        if let Some(at) = (0..again).find(|at| known[*at] != body[*at]) {
            return Err(Garbled::at(
                first + at,
                "differs from the byte delivered before",
            ));
        }
        self.bytes.extend_from_slice(&body[again..]);
        self.whole = whole;
        Ok(if whole == Some(self.offset()) {
            Progress::Whole
        } else {
            Progress::Partial {
                offset: self.offset(),
            }
        })
    }

    /// The reading of what is here, whole or not: a delivery that was given up is an unusable image,
    /// not a lost one. `Garbled` when not even the header can be read.
    pub fn reading(&self) -> Result<ImageReading, Garbled> {
        reading(&self.metadata, &self.bytes)
    }
}

/// The reading of a code stream that was delivered with this metadata.
pub fn reading(metadata: &Metadata, bytes: &[u8]) -> Result<ImageReading, Garbled> {
    let stream = j2k::code_stream(bytes)?;
    let quality = match (&stream.quality, &metadata.fault) {
        (ImageQuality::Usable, Some(fault)) => ImageQuality::Unusable { why: fault.clone() },
        (quality, _) => quality.clone(),
    };
    let inside = |it: &ImageRegion| {
        let right = it.left_px.saturating_add(it.width_px);
        let bottom = it.top_px.saturating_add(it.height_px);
        right <= stream.width_px && bottom <= stream.height_px
    };
    Ok(ImageReading {
        message_id: None,
        scan: Some(ImageScan {
            inspection: metadata.inspection.clone(),
            number: metadata.scan,
            view: metadata.view.clone(),
        }),
        image: BlobHash(*blake3::hash(bytes).as_bytes()),
        size_bytes: bytes.len() as u64,
        width_px: stream.width_px,
        height_px: stream.height_px,
        bits: stream.bits,
        pixel_mm: metadata.pixel_mm,
        energy_mv: metadata.energy_mv,
        domain: metadata.domain.clone(),
        layer_ends: stream.layer_ends,
        quality,
        mass_kg: metadata.mass_kg,
        // A region outside the picture is the scanner's error and would mislead a reader.
        regions: metadata
            .regions
            .iter()
            .filter(|it| inside(it))
            .cloned()
            .collect(),
    })
}

fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::codec;
    use super::*;

    fn image() -> Vec<u8> {
        let raster = codec::Raster {
            width_px: 90,
            height_px: 60,
            bits: 12,
            pixels: (0..90 * 60_u32)
                .map(|it| (it * 977 % 4096) as u16)
                .collect(),
        };
        codec::encode(&raster, &[600, 2_000]).unwrap()
    }

    fn begun() -> Delivery {
        let json =
            br#"{"inspection":"I-7","energy_mv":6.0,"pixel_mm":5.0,"open_level":60000,"other":1}"#;
        Delivery::new(metadata(json).unwrap())
    }

    fn range(first: usize, last: usize, whole: usize) -> Option<ContentRange> {
        Some(content_range(&format!("bytes {first}-{last}/{whole}")).unwrap())
    }

    #[test]
    fn in_pieces_with_a_repeat_after_a_break() {
        let (bytes, mut delivery) = (image(), begun());
        let size = bytes.len();
        assert_eq!(
            delivery.put(range(0, 999, size), &bytes[..1_000]),
            Ok(Progress::Partial { offset: 1_000 })
        );
        assert!(
            delivery
                .put(range(1_500, size - 1, size), &bytes[1_500..])
                .unwrap_err()
                .why
                .contains("gap")
        );
        assert_eq!(
            delivery.put(range(800, size - 1, size), &bytes[800..]),
            Ok(Progress::Whole)
        );
        let reading = delivery.reading().unwrap();
        assert_eq!(
            (reading.width_px, reading.height_px, reading.bits),
            (90, 60, 12)
        );
        assert_eq!(reading.layer_ends.len(), 3);
        assert_eq!(reading.quality, ImageQuality::Usable);
        assert_eq!(reading.image, BlobHash(*blake3::hash(&bytes).as_bytes()));
    }

    #[test]
    fn other_bytes_in_a_repeat_are_refused() {
        let (bytes, mut delivery) = (image(), begun());
        delivery
            .put(range(0, 99, bytes.len()), &bytes[..100])
            .unwrap();
        let mut other = bytes.clone();
        other[50] ^= 1;
        assert_eq!(delivery.put(None, &other).unwrap_err().at, 50);
        assert_eq!(delivery.put(None, &bytes), Ok(Progress::Whole));
    }

    #[test]
    fn a_given_up_delivery_is_an_unusable_image() {
        let (bytes, mut delivery) = (image(), begun());
        let half = bytes.len() / 2;
        delivery
            .put(range(0, half - 1, bytes.len()), &bytes[..half])
            .unwrap();
        assert_eq!(
            delivery.reading().unwrap().quality,
            ImageQuality::Unusable {
                why: "truncated".to_owned()
            }
        );
    }

    #[test]
    fn content_ranges() {
        assert_eq!(
            content_range(" bytes 5-9/* "),
            Ok(ContentRange {
                first: 5,
                last: 9,
                whole: None
            })
        );
        for bad in [
            "",
            "bytes",
            "bytes 9-5/10",
            "bytes 0-9/5",
            "bytes -1-5/9",
            "bytes a-b/c",
            "items 0-1/2",
            "bytes 0-99999999999999999999/*",
            "bytes0-1/2",
        ] {
            assert!(content_range(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn metadata_that_cannot_be_is_named() {
        for (json, due) in [
            (
                r#"{"inspection":"","energy_mv":6,"pixel_mm":5}"#,
                "inspection",
            ),
            (
                r#"{"inspection":"a","energy_mv":0,"pixel_mm":5}"#,
                "energy_mv",
            ),
            (
                r#"{"inspection":"a","energy_mv":6,"pixel_mm":-5}"#,
                "pixel_mm",
            ),
            (
                r#"{"inspection":"a","energy_mv":6,"pixel_mm":5,"domain":"linear16"}"#,
                "domain",
            ),
            (r#"{"inspection":"a"}"#, "energy_mv"),
            ("[]", "image metadata"),
        ] {
            let error = metadata(json.as_bytes()).unwrap_err();
            assert!(error.why.contains(due), "{error}");
        }
    }
}
