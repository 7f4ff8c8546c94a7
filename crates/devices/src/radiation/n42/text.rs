//! Bytes of an N42 stream to text: byte order marks, UTF-16, Latin-1, broken UTF-8. Frames (STX, ETX) and
//! NULs stay and are skipped between documents.

use crate::garbled::Garbled;

/// The text, and what had to be repaired.
pub fn decoded(bytes: &[u8]) -> Result<(String, Vec<String>), Garbled> {
    let mut notes = Vec::new();
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, &mut notes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, &mut notes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, &mut notes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes, &mut notes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes, &mut notes),
        _ => match declared(bytes).as_deref() {
            Some("iso-8859-1" | "latin1" | "latin-1" | "windows-1252" | "us-ascii")
                if std::str::from_utf8(bytes).is_err() =>
            {
                bytes.iter().map(|it| char::from(*it)).collect()
            }
            _ => utf8(bytes, &mut notes),
        },
    };
    // XML has no place for these inside a document; a reader that stops there would lose the rest.
    let cleaned = if text.contains('\0') {
        text.replace('\0', " ")
    } else {
        text
    };
    Ok((cleaned, notes))
}

/// Characters that may stand between documents.
pub fn is_noise(it: char) -> bool {
    it.is_whitespace() || it.is_control() || it == '\u{feff}'
}

fn utf8(bytes: &[u8], notes: &mut Vec<String>) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            notes.push(format!("not UTF-8 at byte {}", error.valid_up_to()));
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

fn utf16(bytes: &[u8], word: fn([u8; 2]) -> u16, notes: &mut Vec<String>) -> String {
    if !bytes.len().is_multiple_of(2) {
        notes.push("UTF-16 of an odd number of bytes".to_owned());
    }
    let words = bytes.chunks_exact(2).map(|it| word([it[0], it[1]]));
    char::decode_utf16(words)
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The encoding a declaration names, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).to_ascii_lowercase();
    let declaration = &head[head.find("<?xml")?..];
    let declaration = &declaration[..declaration.find("?>")?];
    let value = declaration[declaration.find("encoding")? + 8..]
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}
