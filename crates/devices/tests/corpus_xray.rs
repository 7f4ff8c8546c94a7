//! The corpus' radiographs: layers, prefixes, pixels.

use std::path::PathBuf;

use devices::xray::{codec, j2k};

fn folder() -> Option<PathBuf> {
    let corpus = std::env::var_os("BEKET_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    let folder = corpus.join("xray");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no corpus at {}", corpus.display());
    None
}

#[test]
fn seven_layers_in_every_image() {
    let Some(folder) = folder() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "j2k") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let stream = j2k::code_stream(&bytes).unwrap();
        assert!(stream.is_whole(), "{path:?}");
        assert_eq!(
            (stream.height_px, stream.bits, stream.layers),
            (1056, 12, 7)
        );
        assert_eq!(stream.layer_ends.len(), 7);
        for (end, aim) in stream.layer_ends.iter().zip(codec::LAYER_BYTES) {
            assert!(
                end.abs_diff(u64::from(aim)) < u64::from(aim) / 100,
                "{path:?}: {end} for {aim}"
            );
        }
        assert_eq!(stream.layer_ends[6] + 2, bytes.len() as u64);
        seen += 1;
    }
    assert!(seen > 0);
    eprintln!("{seen} images, seven layers each");
}

#[test]
fn every_prefix_of_one_decodes_and_gets_nearer() {
    let Some(folder) = folder() else { return };
    let bytes = std::fs::read(folder.join("beverage_he.j2k")).unwrap();
    let ends = j2k::code_stream(&bytes).unwrap().layer_ends;
    assert_eq!(&ends[..4], [23_967, 79_979, 159_977, 320_006]);
    let exact = codec::decode(&bytes).unwrap();
    let mut before = f64::INFINITY;
    let mut text = Vec::new();
    for layer in [0, 1, 4] {
        let cut = j2k::prefix(&bytes, layer).unwrap().unwrap();
        let raster = codec::decode(&cut).unwrap();
        let squares: f64 = raster
            .pixels
            .iter()
            .zip(&exact.pixels)
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
            .sum();
        let rms = (squares / exact.pixels.len() as f64).sqrt();
        assert!(rms < before);
        before = rms;
        text.push(format!("{} bytes: rms {rms:.1}", cut.len()));
    }
    let png = codec::preview_png(&j2k::prefix(&bytes, 1).unwrap().unwrap(), 850).unwrap();
    eprintln!(
        "{} of 4095; 80 KB preview png {} bytes",
        text.join(", "),
        png.len()
    );
}

#[test]
fn one_encoded_by_us_has_the_corpus_layers() {
    let Some(folder) = folder() else { return };
    let bytes = std::fs::read(folder.join("beverage_he.j2k")).unwrap();
    let exact = codec::decode(&bytes).unwrap();
    let ours = codec::encode(&exact, &codec::LAYER_BYTES).unwrap();
    let ends = j2k::code_stream(&ours).unwrap().layer_ends;
    eprintln!("our layer ends {ends:?}");
    for (end, aim) in ends.iter().zip(codec::LAYER_BYTES) {
        assert!(end.abs_diff(u64::from(aim)) < u64::from(aim) / 50);
    }
    assert_eq!(codec::decode(&ours).unwrap(), exact);
}
