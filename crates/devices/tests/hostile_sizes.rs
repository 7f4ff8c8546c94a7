//! Messages made to cost much: each is refused, or read, in little time and memory.

use std::time::{Duration, Instant};

use devices::document::page;
use devices::limits::{DOCUMENT_MESSAGE_BYTES, N42_REFUSED, PLATE_MESSAGE_BYTES, PLATE_TEXT_BYTES};
use devices::plate::{self, PlateMessage};

/// Generous for an unoptimised build on a busy machine; a quadratic reader takes minutes.
const PATIENCE: Duration = Duration::from_secs(20);

fn why(content_type: Option<&str>, body: &[u8]) -> String {
    let started = Instant::now();
    let decoded = plate::decode(content_type, body);
    assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
    decoded.map_or_else(|it| it.why, |it| format!("{} messages", it.len()))
}

#[test]
fn too_long_is_refused_by_name() {
    let body = vec![b' '; PLATE_MESSAGE_BYTES + 1];
    assert!(why(None, &body).starts_with("a plate message of more than"));
    let xml = format!("<a>{}</a>", "x".repeat(PLATE_TEXT_BYTES));
    assert!(why(None, xml.as_bytes()).starts_with("a text part of more than"));
    let long = page::decode(&vec![b' '; DOCUMENT_MESSAGE_BYTES + 1]).unwrap_err();
    assert!(long.why.starts_with("a document message of more than"));
}

#[test]
fn boundaries_dashes_and_lines_without_end() {
    let typed = Some("multipart/mixed; boundary=b");
    let bare = b"--b\r\n".repeat(1 << 20);
    assert_eq!(why(typed, &bare), "multipart: a part's header never ends");
    let empty = b"--b\r\n\r\n".repeat(1 << 20);
    assert_eq!(why(typed, &empty), "multipart: more than 64 parts");
    let dashes = [b"--b\r\nA: b\r\n\r\n".to_vec(), vec![b'-'; 8 << 20]].concat();
    assert!(why(typed, &dashes).starts_with("a text part of more than"));
    let near = [b"--b\r\nA: b\r\n\r\n".to_vec(), b"\n-b".repeat(1 << 18)].concat();
    assert_eq!(why(typed, &near), "text of no known plate camera");
    let lines = "Events[0].A=1\n".repeat(PLATE_TEXT_BYTES / 14);
    assert_eq!(
        why(None, lines.as_bytes()),
        "more than 2000 keys in one event"
    );
    let beats = "Heartbeat\n".repeat(PLATE_TEXT_BYTES / 10);
    assert_eq!(why(None, beats.as_bytes()), "more than 1024 messages");
}

#[test]
fn many_values_and_deep_ones() {
    let many = format!("[{}1]", "1,".repeat(4 << 20));
    assert_eq!(why(None, many.as_bytes()), "more than 100000 JSON values");
    assert_eq!(
        page::decode(many.as_bytes()).unwrap_err().why,
        "more than 100000 JSON values"
    );
    let deep = "[".repeat(50_000);
    assert!(why(None, deep.as_bytes()).contains("recursion limit"));
    let deep = "<a>".repeat(100_000);
    assert_eq!(
        why(None, deep.as_bytes()),
        "XML nested deeper than 64 elements"
    );
}

/// A thousand reads and one large picture must not become a thousand pictures.
#[test]
fn a_picture_is_not_multiplied() {
    let events: String = (0..1000)
        .map(|it| format!("Events[{it}].TrafficCar.PlateNumber=123ABC02\r\n"))
        .collect();
    let picture = [vec![0xff, 0xd8, 0xff], vec![0x55; 3 << 20]].concat();
    let mut body = format!("--b\r\nContent-Type: text/plain\r\n\r\n{events}\r\n").into_bytes();
    body.extend_from_slice(b"--b\r\nContent-Type: image/jpeg\r\n\r\n");
    body.extend_from_slice(&picture);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let messages = plate::decode(None, &body).unwrap();
    assert_eq!(messages.len(), 1000);
    let mut bytes = 0;
    for message in &messages {
        let PlateMessage::Read {
            reading, pictures, ..
        } = message
        else {
            panic!("{message:?}");
        };
        assert_eq!(reading.pictures.len(), 1);
        bytes += pictures.iter().map(|it| it.bytes.len()).sum::<usize>();
    }
    assert!(bytes <= 36 << 20, "{bytes} bytes of copies");
}

#[test]
fn a_stream_of_broken_documents_ends() {
    for broken in [
        "<RadInstrumentData></a>",
        "<RadInstrumentData><!--",
        "<RadInstrumentData x='",
        "<N42InstrumentData><",
    ] {
        let begun = Instant::now();
        // Beside a whole document, so that the refusals are told and not only the first.
        let stream = format!("<RadInstrumentData/>{}", broken.repeat(25_000));
        let all = devices::radiation::n42::documents(stream.as_bytes()).unwrap();
        assert!(all.refused.len() <= N42_REFUSED + 1, "{broken}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{broken}");
    }
}

#[test]
fn a_quoted_tag_is_cut() {
    let text = format!("<RadInstrumentData></{}>", "a".repeat(100_000));
    let fault = devices::decode::n42(text.as_bytes()).unwrap_err();
    assert!(fault.why.len() < 2_000, "{}", fault.why.len());
}

#[test]
fn a_file_of_nothing_but_faults_is_refused_whole() {
    let fault = devices::decode::vm250("x\n".repeat(100_000).as_bytes()).unwrap_err();
    assert!(fault.why.contains("in one file"), "{fault}");
}
