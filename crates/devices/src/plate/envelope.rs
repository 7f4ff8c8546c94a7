//! What lies around a camera's message: a captured HTTP head, chunks, multipart of any subtype
//! (`form-data`, `mixed`, `x-mixed-replace`), a form field, an encoding. It takes these off and
//! hands out texts and pictures; it does not know what a plate is.

use std::borrow::Cow;

use crate::garbled::Garbled;
use crate::limits::{
    MULTIPART_HEADER_BYTES, MULTIPART_PARTS, PLATE_MESSAGE_BYTES, PLATE_TEXT_BYTES,
};
use crate::plate::Picture;

/// One part of a message, in the order it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(TextPart),
    Picture(Picture),
}

#[derive(Debug, Clone, PartialEq)]
pub struct TextPart {
    /// Where the part's content begins in the body.
    pub at: usize,
    /// The form field or file name, when there is one.
    pub name: Option<String>,
    pub text: String,
}

/// Takes a message apart. `content_type` is the HTTP header's value; without it the bytes
/// themselves are looked at.
pub fn open(content_type: Option<&str>, body: &[u8]) -> Result<Vec<Part>, Garbled> {
    if body.len() > PLATE_MESSAGE_BYTES {
        let why = format!("a plate message of more than {PLATE_MESSAGE_BYTES} bytes");
        return Err(Garbled::at(PLATE_MESSAGE_BYTES, why));
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Garbled::whole("the message is empty"));
    }
    if let Some(head) = captured_head(body) {
        let content_type = header(&head.lines, "content-type").or(content_type);
        let inner = &body[head.end..];
        let chunked = header(&head.lines, "transfer-encoding")
            .is_some_and(|it| it.to_ascii_lowercase().contains("chunked"));
        let inner = if chunked {
            dechunked(inner)
        } else {
            Cow::Borrowed(inner)
        };
        return parts(content_type, &inner).map_err(|it| it.shifted(head.end));
    }
    parts(content_type, body)
}

fn parts(content_type: Option<&str>, body: &[u8]) -> Result<Vec<Part>, Garbled> {
    if let Some(boundary) = boundary(content_type, body) {
        return multipart(&boundary, body);
    }
    let media_type = content_type.map(essence);
    match part(0, None, media_type.as_deref(), body)? {
        Some(part) => Ok(vec![part]),
        None => Err(Garbled::whole("neither text nor a picture")),
    }
}

struct Head {
    lines: Vec<(String, String)>,
    end: usize,
}

/// A capture that still has its HTTP request or response line.
fn captured_head(body: &[u8]) -> Option<Head> {
    let starts = [&b"POST "[..], b"PUT ", b"HTTP/1."];
    if !starts.iter().any(|it| body.starts_with(it)) {
        return None;
    }
    let (end, _) = head_end(body)?;
    let lines = header_lines(&body[..end]);
    Some(Head { lines, end })
}

/// Offset after the blank line that ends a header block, and whether one was found at all.
fn head_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let scan = &bytes[..bytes.len().min(MULTIPART_HEADER_BYTES)];
    let crlf = find(scan, b"\r\n\r\n").map(|at| (at + 4, at));
    let lf = find(scan, b"\n\n").map(|at| (at + 2, at));
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(if a.1 <= b.1 { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn header_lines(bytes: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}

fn header<'a>(lines: &'a [(String, String)], name: &str) -> Option<&'a str> {
    lines
        .iter()
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.as_str())
}

/// Chunks joined. Damaged chunking gives what could be joined: the inner reader judges it.
fn dechunked(mut bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(bytes.len());
    while let Some(end) = find(&bytes[..bytes.len().min(64)], b"\r\n") {
        let line = String::from_utf8_lossy(&bytes[..end]);
        let digits = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(digits, 16) else {
            break;
        };
        let rest = &bytes[end + 2..];
        if size == 0 {
            break;
        }
        let size = size.min(rest.len());
        out.extend_from_slice(&rest[..size]);
        bytes = &rest[size..];
        bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    }
    Cow::Owned(out)
}

/// The boundary of the header, or of a body that plainly begins with one.
fn boundary(content_type: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
    let named = content_type
        .filter(|it| essence(it).starts_with("multipart/"))
        .and_then(|it| {
            it.split(';').skip(1).find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                let value = value.trim().trim_matches('"');
                // Dahua and some Hikvision firmwares write the dashes into the parameter; a boundary
                // without them at its head is also what keeps the search linear.
                let value = value.trim_start_matches('-');
                (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty())
                    .then(|| value.as_bytes().to_vec())
            })
        });
    if let Some(named) = named
        && find(body, &named).is_some()
    {
        return Some(named);
    }
    let start = body.iter().position(|it| !it.is_ascii_whitespace())?;
    let line = body[start..].split(|it| *it == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_end();
    let dashed = line.strip_prefix(b"--")?;
    let token = dashed
        .iter()
        .position(|it| *it != b'-')
        .map_or(&b""[..], |at| &dashed[at..]);
    let plain = |it: &u8| it.is_ascii_alphanumeric() || b"'()+_,-./:=?<> ".contains(it);
    // The content type is a part's business: a boundary line is followed by header lines.
    let rest = &body[start + line.len()..];
    let headed = find(&rest[..rest.len().min(512)], b":").is_some();
    (!token.is_empty() && token.len() <= 200 && token.iter().all(plain) && headed)
        .then(|| token.to_vec())
}

fn multipart(boundary: &[u8], body: &[u8]) -> Result<Vec<Part>, Garbled> {
    let mut parts = Vec::new();
    let mut seen = 0_usize;
    let Some(mut at) = next_boundary(boundary, body, 0).map(|(_, after)| after) else {
        return Err(Garbled::whole("multipart: the boundary never comes"));
    };
    loop {
        let rest = &body[at..];
        // `--boundary--` closes; streams go on after it, a fresh part may still follow.
        if rest.starts_with(b"--") {
            match next_boundary(boundary, body, at) {
                Some((_, after)) => {
                    at = after;
                    continue;
                }
                None => break,
            }
        }
        if rest.iter().all(u8::is_ascii_whitespace) {
            break;
        }
        seen += 1;
        if seen > MULTIPART_PARTS {
            return Err(Garbled::at(
                at,
                format!("multipart: more than {MULTIPART_PARTS} parts"),
            ));
        }
        let line_end = if rest.starts_with(b"\r\n") {
            2
        } else {
            usize::from(rest.starts_with(b"\n"))
        };
        let head = &rest[line_end..];
        let (lines, content) = if head.starts_with(b"\r\n") {
            (Vec::new(), at + line_end + 2)
        } else {
            match head_end(head) {
                Some((end, _)) => (header_lines(&head[..end]), at + line_end + end),
                None => {
                    return Err(Garbled::at(at, "multipart: a part's header never ends"));
                }
            }
        };
        // A length that leads exactly to the next boundary is believed: pictures may hold any
        // bytes. Any other length is not, and the boundary is searched for.
        let length = header(&lines, "content-length").and_then(|it| it.parse::<usize>().ok());
        let by_length = length.and_then(|it| content.checked_add(it)).filter(|end| {
            *end <= body.len()
                && next_boundary(boundary, body, *end).is_some_and(|(start, _)| start - *end <= 4)
        });
        let (end, after) = match by_length {
            Some(end) => (
                end,
                next_boundary(boundary, body, end).map(|(_, after)| after),
            ),
            None => match next_boundary(boundary, body, content) {
                Some((start, after)) => (trimmed_end(body, content, start), Some(after)),
                // A stream's last part has no boundary behind it yet.
                None => {
                    let end = length
                        .and_then(|it| content.checked_add(it))
                        .filter(|end| *end <= body.len())
                        .unwrap_or(body.len());
                    if length.is_some_and(|it| content.saturating_add(it) > body.len()) {
                        return Err(Garbled::at(
                            body.len(),
                            "multipart: the message ends inside a part",
                        ));
                    }
                    (end, None)
                }
            },
        };
        let media_type = header(&lines, "content-type").map(essence);
        let name = header(&lines, "content-disposition").and_then(disposition_name);
        let name = name.or_else(|| header(&lines, "content-id").map(str::to_owned));
        if let Some(part) = part(content, name, media_type.as_deref(), &body[content..end])? {
            parts.push(part);
        }
        match after {
            Some(after) => at = after,
            None => break,
        }
    }
    if parts.is_empty() {
        return Err(Garbled::whole("multipart: no part with content"));
    }
    Ok(parts)
}

/// Start and end of the next `--boundary` that begins a line, its dashes not before `from`.
fn next_boundary(boundary: &[u8], body: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut search = from;
    loop {
        let hit = search + find(body.get(search..)?, boundary)?;
        let dashes = body[from..hit]
            .iter()
            .rev()
            .take_while(|it| **it == b'-')
            .count();
        let start = hit - dashes;
        let line_start = start == 0 || body[start - 1] == b'\n';
        let after = hit + boundary.len();
        let line_rest = body.get(after).is_none_or(|it| b"\r\n- \t".contains(it));
        if dashes >= 2 && line_start && line_rest {
            return Some((start, after));
        }
        search = hit + 1;
    }
}

fn trimmed_end(body: &[u8], content: usize, start: usize) -> usize {
    let part = &body[content..start];
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    let part = part.strip_suffix(b"\r").unwrap_or(part);
    content + part.len()
}

fn disposition_name(value: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        value.split(';').skip(1).find_map(|it| {
            let (name, value) = it.split_once('=')?;
            let value = value.trim().trim_matches('"');
            (name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty())
                .then(|| value.to_owned())
        })
    };
    parameter("filename").or_else(|| parameter("name"))
}

/// One part by its bytes first and its media type second: cameras send pictures as
/// `application/octet-stream` and XML as `text/plain`.
fn part(
    at: usize,
    name: Option<String>,
    media_type: Option<&str>,
    bytes: &[u8],
) -> Result<Option<Part>, Garbled> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let magic = picture_type(bytes);
    let said_picture = media_type.is_some_and(|it| it.starts_with("image/"));
    if magic.is_some() || said_picture {
        let media_type = magic
            .or(media_type)
            .unwrap_or("application/octet-stream")
            .to_owned();
        let name = name.unwrap_or_else(|| "picture".to_owned());
        return Ok(Some(Part::Picture(Picture {
            name,
            media_type,
            bytes: bytes.to_vec(),
        })));
    }
    if bytes.len() > PLATE_TEXT_BYTES && !looks_like_json(bytes) {
        let why = format!("a text part of more than {PLATE_TEXT_BYTES} bytes");
        return Err(Garbled::at(at, why));
    }
    let mut text = text(bytes);
    let form = media_type == Some("application/x-www-form-urlencoded")
        || ["json=", "data=", "xml="]
            .iter()
            .any(|it| text.trim_start().starts_with(it));
    if form && let Some(field) = form_field(&text) {
        text = field;
    }
    Ok(Some(Part::Text(TextPart { at, name, text })))
}

/// JSON may carry pictures as base64; the whole message's limit holds for it.
fn looks_like_json(bytes: &[u8]) -> bool {
    let first = bytes
        .iter()
        .find(|it| !it.is_ascii_whitespace() && it.is_ascii());
    matches!(first, Some(b'{' | b'['))
}

fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("image/bmp"),
        _ => None,
    }
}

/// UTF-8 with or without its mark, UTF-16 by its mark or by the NULs of `<` and `{`,
/// windows-1251 where XML declares it; bytes that are none of these become U+FFFD so that the
/// rest can be read.
pub fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'<' | b'{' | b'[', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'<' | b'{' | b'[', ..] => utf16(bytes, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) if declares_windows_1251(bytes) => {
                bytes.iter().map(|it| cyrillic(*it)).collect()
            }
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}

fn declares_windows_1251(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(128)].to_ascii_lowercase();
    head.starts_with(b"<?xml") && find(&head, b"windows-1251").is_some()
}

/// The letters of windows-1251; its other signs are on no plate.
fn cyrillic(byte: u8) -> char {
    match byte {
        0..=0x7f => char::from(byte),
        0xa8 => 'Ё',
        0xb8 => 'ё',
        0xb2 => 'І',
        0xb3 => 'і',
        0xc0..=0xff => char::from_u32(0x410 + u32::from(byte - 0xc0)).unwrap_or('\u{fffd}'),
        _ => '\u{fffd}',
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

/// The field of an `application/x-www-form-urlencoded` body that holds the message.
fn form_field(text: &str) -> Option<String> {
    text.trim().split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        ["json", "data", "xml", "event", "payload"]
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it))
            .then(|| percent_decoded(value))
    })
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = || {
            let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
            u8::from_str_radix(digits, 16).ok()
        };
        match byte {
            b'+' => out.push(b' '),
            b'%' => match digits() {
                Some(decoded) => {
                    out.push(decoded);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            byte => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn essence(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Offset of `needle`, which must not be empty.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    while let Some(hit) = haystack.get(from..)?.iter().position(|it| it == first) {
        let at = from + hit;
        if haystack[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// A multipart body of one text and some pictures, as a camera posts it. Returns the content
/// type and the body.
pub fn form(
    boundary: &str,
    subtype: &str,
    text_name: &str,
    text_type: &str,
    text: &str,
    pictures: &[Picture],
) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    let mut push = |name: &str, media_type: &str, bytes: &[u8]| {
        let disposition = if subtype == "form-data" {
            format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n")
        } else {
            String::new()
        };
        let head = format!(
            "--{boundary}\r\n{disposition}Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            bytes.len()
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    push(text_name, text_type, text.as_bytes());
    for picture in pictures {
        push(&picture.name, &picture.media_type, &picture.bytes);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/{subtype}; boundary={boundary}"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parts: &[Part]) -> Vec<&str> {
        parts
            .iter()
            .filter_map(|it| match it {
                Part::Text(text) => Some(text.text.trim()),
                Part::Picture(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_picture_that_holds_the_boundary_is_kept_whole_by_its_length() {
        let bytes = b"\xff\xd8\xff\r\n--b\r\nmore".to_vec();
        let picture = Picture {
            name: "p.jpg".into(),
            media_type: "image/jpeg".into(),
            bytes: bytes.clone(),
        };
        let (content_type, body) = form("b", "form-data", "a.xml", "text/xml", "<a/>", &[picture]);
        let parts = open(Some(&content_type), &body).unwrap();
        assert_eq!(texts(&parts), ["<a/>"]);
        assert!(matches!(&parts[1], Part::Picture(it) if it.bytes == bytes && it.name == "p.jpg"));
        assert_eq!(open(None, &body).unwrap(), parts);
    }

    #[test]
    fn a_capture_with_its_head_and_chunks_opens() {
        let body = b"POST /x HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n5\r\n\":1} \r\n0\r\n\r\n";
        assert_eq!(texts(&open(None, body).unwrap()), ["{\"a\":1}"]);
    }

    #[test]
    fn a_form_field_and_utf_16_open() {
        let body = b"camera=1&json=%7B%22a%22%3A+1%7D";
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(texts(&open(Some(form), body).unwrap()), ["{\"a\": 1}"]);
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("<a/>".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(texts(&open(None, &wide).unwrap()), ["<a/>"]);
    }

    #[test]
    fn declared_windows_1251_is_read() {
        let mut bytes = b"<?xml version='1.0' encoding='windows-1251'?><a>".to_vec();
        bytes.extend_from_slice(&[0xc0, b'1', 0xd5, 0xa8]);
        bytes.extend_from_slice(b"</a>");
        assert!(text(&bytes).ends_with("<a>А1ХЁ</a>"));
    }

    #[test]
    fn a_part_cut_short_is_named() {
        let body = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\n\xff\xd8\xff";
        let why = open(Some("multipart/mixed; boundary=b"), body).unwrap_err();
        assert_eq!(why.why, "multipart: the message ends inside a part");
    }

    #[test]
    fn nothing_is_named_as_nothing() {
        assert_eq!(
            open(None, b" \r\n").unwrap_err().why,
            "the message is empty"
        );
    }
}
