//! Which class a record is, and which classes the bytes of the blobs it names are. Reads facts;
//! what the classes mean on the wire is the session's business.

use domain::unit::BlobHash;
use domain::urgency::BlobUrgency;
use ledger::{RawRecord, Record};

use crate::frame::Class;
use crate::session::Segment;

/// Facts that somebody decides on or acts on at once, by their kind.
const URGENT: &[&str] = &[
    "barrier_failed",
    "barrier_opened_unpermitted",
    "decision_given",
    "decision_made",
    "escalated",
    "exit_permit_revoked",
    "exit_permitted",
    "finding_raised",
    "keeping_changed",
    "line_step_changed",
    "manual_handling_required",
    "order_accepted",
    "order_completed",
    "order_given",
    "recheck_selected",
    "wanted_listed",
    "wanted_matched",
    "wanted_unlisted",
];

/// The class of a record; one that cannot be read is an ordinary fact and travels all the same.
pub fn of_record(record: &RawRecord) -> Class {
    match record.check() {
        Ok(envelope) if URGENT.contains(&envelope.kind.as_str()) => Class::Urgent,
        _ => Class::Facts,
    }
}

/// A blob that a record names, and its bytes by class, ascending; `None`: to the end.
pub type Wanted = (BlobHash, Vec<(Option<u64>, Class)>);

/// The blobs a record names.
pub fn blobs_of(bytes: &[u8]) -> Vec<Wanted> {
    // A kind of a later software names blobs that this one cannot see; that node offers them.
    let Ok(record) = Record::parse(bytes) else {
        return Vec::new();
    };
    let mut wanted: Vec<Wanted> = Vec::new();
    for (hash, urgency) in record.fact.blobs() {
        let class = match urgency {
            BlobUrgency::Preview | BlobUrgency::ImageTriage { .. } => Class::Awaited,
            BlobUrgency::Page | BlobUrgency::ImageDecision { .. } => Class::Pages,
            BlobUrgency::ImageRest { .. } | BlobUrgency::Original | BlobUrgency::Raw => Class::Bulk,
        };
        let part = (urgency.until_bytes(), class);
        match wanted.iter_mut().find(|it| it.0 == hash) {
            Some((_, parts)) => parts.push(part),
            None => wanted.push((hash, vec![part])),
        }
    }
    wanted
}

/// The parts as ascending segments of a blob of `total` bytes.
pub fn segments(parts: &[(Option<u64>, Class)], total: u64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (upto, class) in parts {
        let upto = upto.unwrap_or(total).min(total);
        if segments.last().is_none_or(|it| it.upto < upto) {
            segments.push(Segment {
                upto,
                class: *class,
            });
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_urgent_kind_is_one_the_domain_has() {
        let source = include_str!("../../domain/src/fact.rs");
        for kind in URGENT {
            let variant: String = kind
                .split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect();
            assert!(source.contains(&format!("    {variant}")), "{kind}");
        }
    }

    #[test]
    fn an_image_goes_in_three_steps() {
        let parts = [
            (Some(80_000), Class::Awaited),
            (Some(640_000), Class::Pages),
            (Some(3_000_000), Class::Bulk),
        ];
        let upto = |total| {
            segments(&parts, total)
                .iter()
                .map(|it| it.upto)
                .collect::<Vec<_>>()
        };
        assert_eq!(upto(2_993_255), [80_000, 640_000, 2_993_255]);
        assert_eq!(upto(90_000), [80_000, 90_000]);
    }
}
