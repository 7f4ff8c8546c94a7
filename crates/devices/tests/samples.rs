//! The samples we ship: each decodes to the JSON beside it, which is read by a person before it
//! is committed (`BEKET_WRITE_EXPECTED=1` writes it). And nothing that damage makes of them
//! brings a decoder down: every mutation gives a reading or a named refusal.

use std::path::{Path, PathBuf};

use devices::document::page::{self, DocumentMessage};
use devices::garbled::Garbled;
use serde_json::{Value, json};

type Decoder = fn(&[u8]) -> Result<Value, Garbled>;

/// Folder below `src`, and the command that reads its files.
const KINDS: &[(&str, Decoder)] = &[
    ("plate", devices::decode::plate),
    ("container", devices::decode::iso6346),
    ("document", document),
    ("weighing", devices::decode::wim),
    ("radiation", radiation),
];

/// The three wires of a portal are told by how they begin.
fn radiation(bytes: &[u8]) -> Result<Value, Garbled> {
    match bytes.iter().find(|it| !it.is_ascii_whitespace()) {
        Some(b'{') => devices::decode::aspect(bytes),
        Some(b'<' | 0x02 | 0xef | 0xfe | 0xff) => devices::decode::n42(bytes),
        _ => devices::decode::vm250(bytes),
    }
}

/// Messages of a page reader are told by their name; the other documents are zones.
fn document(bytes: &[u8]) -> Result<Value, Garbled> {
    if !bytes.starts_with(b"{") {
        return devices::decode::mrz(bytes);
    }
    Ok(match page::decode(bytes)? {
        DocumentMessage::Document {
            id,
            at_claimed,
            reading,
            blobs,
        } => {
            let blobs: Vec<Value> = blobs
                .iter()
                .map(|it| json!({"hash": it.hash, "media_type": it.media_type, "bytes": it.bytes.len()}))
                .collect();
            json!({"id": id, "at_claimed": at_claimed, "reading": reading, "blobs": blobs})
        }
        other => json!(format!("{other:?}")),
    })
}

fn samples(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(kind)
        .join("samples");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| {
            let name = it.file_name().unwrap().to_string_lossy();
            !name.ends_with(".expected.json") && !name.starts_with('.')
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no samples in {}", folder.display());
    files
        .into_iter()
        .map(|it| (it.clone(), std::fs::read(it).unwrap()))
        .collect()
}

#[test]
fn every_sample_decodes_to_the_json_beside_it() {
    let mut wrong = Vec::new();
    for (kind, decode) in KINDS {
        for (path, bytes) in samples(kind) {
            let decoded = decode(&bytes)
                .unwrap_or_else(|it| json!({"garbled": {"at": it.at, "why": it.why}}));
            let beside = PathBuf::from(format!("{}.expected.json", path.display()));
            if std::env::var_os("BEKET_WRITE_EXPECTED").is_some() {
                let text = serde_json::to_string_pretty(&decoded).unwrap();
                std::fs::write(&beside, format!("{text}\n")).unwrap();
            }
            let expected = std::fs::read(&beside).unwrap_or_default();
            let expected: Value = serde_json::from_slice(&expected).unwrap_or(Value::Null);
            if decoded != expected {
                wrong.push(format!("{}:\n{decoded}\nnot\n{expected}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A small generator of our own (xorshift64*): a seed repeats a run on any machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound.max(1)
    }
}

/// Bytes that begin, end or nest things in these formats.
const SHARP: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"&",
    b"&#x0;",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"=",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"--",
    b"--boundary",
    b"--boundary--",
    b"Content-Length: 99999999999\r\n",
    b"Content-Length: -1\r\n",
    b"Events[",
    b"Events[18446744073709551615].A.B.C=1\n",
    b"Code=",
    b"data=",
    b"<!DOCTYPE a [",
    b"<![CDATA[",
    b"<!--",
    b"1e999",
    b"-1",
    b"NaN",
    b"null",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xd0",
    b"<<<<",
    b"%",
    b"%00",
];

fn mutated(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(out.len());
        let to = (at + 1 + chance.below(64)).min(out.len());
        match chance.below(9) {
            0 => out.truncate(at),
            1 if !out.is_empty() => out[at] ^= 1 << chance.below(8),
            2 if !out.is_empty() => out[at] = chance.next() as u8,
            3 => drop(out.drain(at..to)),
            4 => {
                let copy = out[at..to].to_vec();
                out.splice(at..at, copy);
            }
            5 => {
                let sharp = SHARP[chance.below(SHARP.len())];
                out.splice(at..at, sharp.iter().copied());
            }
            6 => {
                let sharp = SHARP[chance.below(SHARP.len())];
                out.splice(at..to, sharp.iter().copied());
            }
            7 => out[at..to].reverse(),
            _ => {
                let sharp = SHARP[chance.below(SHARP.len())];
                let many = sharp.repeat(1 + chance.below(300));
                out.splice(at..at, many);
            }
        }
    }
    out
}

fn named(decode: Decoder, bytes: &[u8], what: &str) -> bool {
    match decode(bytes) {
        Ok(_) => true,
        Err(fault) => {
            assert!(!fault.why.is_empty(), "{what}: a refusal without a reason");
            let length = bytes.len() as u64;
            assert!(
                fault.at <= length,
                "{what}: at {} of {length}: {}",
                fault.at,
                fault.why
            );
            false
        }
    }
}

#[test]
fn thousands_of_mutations_give_a_reading_or_a_named_refusal() {
    for (kind, decode) in KINDS {
        let mut chance = Chance(0x00be_1e70_0000_0001);
        let (mut read, mut refused) = (0_u32, 0_u32);
        let files = samples(kind);
        let each = 4000 / files.len();
        for (path, bytes) in &files {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for round in 0..each {
                let bytes = mutated(bytes, &mut chance);
                let what = format!("{name}, mutation {round}");
                match named(*decode, &bytes, &what) {
                    true => read += 1,
                    false => refused += 1,
                }
            }
        }
        // A mutator that breaks everything, or nothing, tests nothing.
        assert!(
            read > 200 && refused > 200,
            "{kind}: {read} read, {refused} refused"
        );
    }
}

#[test]
fn every_prefix_gives_a_reading_or_a_named_refusal() {
    for (kind, decode) in KINDS {
        for (path, bytes) in samples(kind) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let step = (bytes.len() / 400).max(1);
            for end in (0..bytes.len()).step_by(step) {
                named(*decode, &bytes[..end], &format!("{name}, {end} bytes"));
            }
        }
    }
}
