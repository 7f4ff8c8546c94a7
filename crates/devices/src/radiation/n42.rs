//! ANSI N42.42 documents, editions 2006 (`N42InstrumentData`) and 2012 (`RadInstrumentData`): spectra,
//! gross counts by energy window, occupancy, alarms, nuclides. Read by local element names and never by
//! schema, because what is in the field is often not valid and sometimes not namespace-well-formed;
//! everything odd is a named warning. No entity is expanded and a document type is refused.
//!
//! [`documents`] reads a stream (several documents, STX/ETX frames, any usual encoding);
//! [`reading`] makes a portal reading of a document that has occupancy. Not here: nuclide
//! identification, calibration arithmetic, and dose beyond what is written.

pub mod data;
pub mod document;
pub mod edition_2006;
pub mod edition_2012;
pub mod encode;
pub mod portal;
pub mod spectra;
pub mod text;

pub use self::document::N42Document;
pub use self::portal::reading;

use serde::Serialize;

use crate::garbled::Garbled;
use crate::limits;
use crate::plate::tree::Node;

/// What a stream holds, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Documents {
    pub documents: Vec<N42Document>,
    /// Parts between or after the documents that could not be read.
    pub refused: Vec<Garbled>,
}

/// Every document in `bytes`. An error only when there is not one: then it is the first refusal.
pub fn documents(bytes: &[u8]) -> Result<Documents, Garbled> {
    let most = bytes.len() as u64;
    // Offsets are of the text: in other encodings than UTF-8 they are near, and never beyond the end.
    let clamp = |garbled: Garbled| Garbled {
        at: garbled.at.min(most),
        ..garbled
    };
    let mut all = stream(bytes).map_err(clamp)?;
    all.refused = all.refused.into_iter().map(clamp).collect();
    Ok(all)
}

fn stream(bytes: &[u8]) -> Result<Documents, Garbled> {
    if bytes.len() > limits::N42_BYTES {
        return Err(Garbled::at(
            limits::N42_BYTES,
            format!("N42 of more than {} bytes", limits::N42_BYTES),
        ));
    }
    let (text, mut notes) = text::decoded(bytes)?;
    let mut all = Documents {
        documents: Vec::new(),
        refused: Vec::new(),
    };
    let mut at = 0;
    for _ in 0..limits::N42_DOCUMENTS {
        let rest = &text[at..];
        let Some(start) = rest.find('<') else {
            if let Some(offset) = rest.find(|it: char| !text::is_noise(it)) {
                let shown: String = rest[offset..].chars().take(24).collect();
                all.refused.push(Garbled::at(
                    at + offset,
                    format!("{shown:?} after the last element is no N42"),
                ));
            }
            return all.or_first_refusal();
        };
        if let Some(offset) = rest[..start].find(|it: char| !text::is_noise(it)) {
            let shown: String = rest[offset..start].chars().take(24).collect();
            all.refused.push(Garbled::at(
                at + offset,
                format!("{shown:?} before a document is no N42"),
            ));
        }
        at += start;
        match Node::from_xml_bounded(&text[at..], limits::N42_ELEMENTS) {
            Ok((root, length)) => {
                match document(&root, std::mem::take(&mut notes)) {
                    Ok(document) => all.documents.push(document),
                    Err(garbled) => all.refused.push(garbled.shifted(at)),
                }
                at += length.max(1);
            }
            Err(garbled) => {
                // Named once, then on to where the next document could begin.
                let next = next_document(&text, at);
                all.refused.push(garbled.shifted(at));
                // Each may have been read to the end of the stream before it was refused.
                if all.refused.len() >= limits::N42_REFUSED {
                    let why = format!(
                        "{} parts refused: the rest is not read",
                        limits::N42_REFUSED
                    );
                    all.refused.push(Garbled::at(next.unwrap_or(at), why));
                    return all.or_first_refusal();
                }
                match next {
                    Some(next) => at = next,
                    None => return all.or_first_refusal(),
                }
            }
        }
    }
    if text[at..].contains('<') {
        all.refused.push(Garbled::at(
            at,
            format!("more than {} documents at once", limits::N42_DOCUMENTS),
        ));
    }
    all.or_first_refusal()
}

impl Documents {
    fn or_first_refusal(self) -> Result<Documents, Garbled> {
        if self.documents.is_empty() {
            return Err(self
                .refused
                .into_iter()
                .next()
                .unwrap_or_else(|| Garbled::whole("no N42 document: nothing but blanks")));
        }
        Ok(self)
    }
}

/// Where the document after the one at `at` could begin: its own root is passed over, so that a refused
/// document is not read again without its head.
fn next_document(text: &str, at: usize) -> Option<usize> {
    const ROOTS: [&str; 2] = ["<RadInstrumentData", "<N42InstrumentData"];
    // One pass up to the first mark and no further: a search for each mark would read the whole
    // rest for the one that is not there, once a document.
    let find = |from: usize, marks: &[&str]| {
        let rest = text.get(from..)?;
        let mut opens = rest.match_indices('<').map(|(offset, _)| offset);
        let begins = |offset: &usize| marks.iter().any(|mark| rest[*offset..].starts_with(mark));
        opens.find(begins).map(|offset| from + offset)
    };
    let own = find(at, &ROOTS).map_or(at + 1, |root| root + 1);
    // Marks are ASCII: one byte further is a character boundary.
    find(own, &["<?xml ", ROOTS[0], ROOTS[1]])
}

fn document(root: &Node, notes: Vec<String>) -> Result<N42Document, Garbled> {
    let mut document = if root.is("RadInstrumentData") {
        edition_2012::document(root)
    } else if root.is("N42InstrumentData") || root.is("Event") && root.find("Measurement").is_some()
    {
        edition_2006::document(root)
    } else {
        let shown: String = root.name.chars().take(40).collect();
        return Err(Garbled::whole(format!("<{shown}> is no N42 document")));
    };
    for note in notes {
        document.warn(note);
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "<RadInstrumentData n42DocUUID='u'><RadMeasurement id='m'>\
        <MeasurementClassCode>Foreground</MeasurementClassCode><RealTimeDuration>PT2S</RealTimeDuration>\
        <Spectrum id='s'><LiveTimeDuration>PT1.5S</LiveTimeDuration>\
        <ChannelData compressionCode='CountedZeroes'>0 3 1 2.5 0 2</ChannelData></Spectrum>\
        </RadMeasurement></RadInstrumentData>";

    fn one(text: &str) -> N42Document {
        let mut all = documents(text.as_bytes()).unwrap().documents;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn zeros_are_written_out() {
        let document = one(SMALL);
        let spectrum = &document.measurements[0].spectra[0];
        assert_eq!(
            spectrum.counts.expanded(),
            [0.0, 0.0, 0.0, 1.0, 2.5, 0.0, 0.0]
        );
        assert_eq!(
            (spectrum.counts.channels(), spectrum.counts.sum()),
            (7, 3.5)
        );
        assert_eq!(spectrum.live_time_s, Some(1.5));
        assert_eq!(document.measurements[0].real_time_s, Some(2.0));
    }

    #[test]
    fn several_documents_in_frames_with_a_broken_one() {
        let stream = format!(
            "\u{2}{SMALL}\u{3}\n\u{2}<?xml version='1.0'?>{SMALL}\u{3}<RadInstrumentData><a></RadInstrumentData>\u{2}<?xml version='1.0'?>{SMALL}\u{3}junk"
        );
        let all = documents(stream.as_bytes()).unwrap();
        assert_eq!(all.documents.len(), 3);
        assert_eq!(all.refused.len(), 2, "{:?}", all.refused);
        assert!(all.refused[1].why.contains("junk"));
    }

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = [0xff_u8, 0xfe]
            .into_iter()
            .chain(SMALL.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(documents(&utf16).unwrap().documents[0], one(SMALL));
        let bare: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(documents(&bare).unwrap().documents[0], one(SMALL));
        let latin1 = b"<?xml version='1.0' encoding='ISO-8859-1'?><RadInstrumentData>\
            <RadInstrumentInformation><RadInstrumentManufacturerName>G\xe9n\xe9</RadInstrumentManufacturerName>\
            </RadInstrumentInformation></RadInstrumentData>";
        let document = &documents(latin1).unwrap().documents[0];
        assert_eq!(document.instrument.manufacturer.as_deref(), Some("Géné"));
        let broken = SMALL.replace("Foreground", "Fore\u{1}ground").into_bytes();
        let broken: Vec<u8> = broken
            .into_iter()
            .map(|it| if it == 1 { 0xff } else { it })
            .collect();
        let document = &documents(&broken).unwrap().documents[0];
        assert!(
            document.warnings[0].contains("UTF-8"),
            "{:?}",
            document.warnings
        );
    }

    #[test]
    fn attacks_are_refused_by_name() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><RadInstrumentData><Remark>&b;</Remark></RadInstrumentData>";
        let error = documents(laughs.as_bytes()).unwrap_err();
        assert!(error.why.contains("document type"), "{error}");
        let deep = format!("<RadInstrumentData>{}", "<a>".repeat(50_000));
        assert!(
            documents(deep.as_bytes())
                .unwrap_err()
                .why
                .contains("deeper")
        );
        for (text, due) in [
            ("", "nothing"),
            (" \n", "nothing"),
            ("GIF89a", "GIF89a"),
            ("<html></html>", "<html> is no N42"),
            (
                "<RadInstrumentData><RadMeasurement>",
                "ends inside <RadMeasurement>",
            ),
        ] {
            let error = documents(text.as_bytes()).unwrap_err();
            assert!(error.why.contains(due), "{text:?}: {error}");
        }
    }

    #[test]
    fn wrong_counts_are_named_and_not_used() {
        for (counts, due) in [
            ("-5 2 3", "-5"),
            ("1 NaN 3", "NaN"),
            ("1 inf", "inf"),
            ("1 abc 3", "abc"),
            ("99999999999999999999999 2", "99999999999999999999999"),
            ("0 4000000000", "zeros"),
            ("0", "end within a run"),
        ] {
            let text = SMALL.replace("0 3 1 2.5 0 2", counts);
            let document = one(&text);
            assert!(document.measurements[0].spectra.is_empty());
            assert!(document.measurements[0].refused_counts > 0);
            assert!(
                document.warnings[0].contains(due),
                "{counts}: {:?}",
                document.warnings
            );
        }
    }
}
