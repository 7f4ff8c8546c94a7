//! The completeness statement: for each origin, received 1..n, gaps, duplicates, head signed.
//! Counted by reading every record, not taken from any counter. Not here: verifying hashes and
//! signatures from outside (`ledger`).

use std::collections::BTreeMap;

use ledger::{Error, Ledger};

use crate::limits::RECORDS_READ;

/// One ledger as this node holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginLine {
    pub origin: String,
    pub epoch: u32,
    /// Records held; their sequences are 0 to one less when `gaps` is 0.
    pub received: u64,
    /// Records known to exist before the newest one known, and not held.
    pub gaps: u64,
    /// Sequences that are held more than once.
    pub duplicates: u64,
    /// The origin's own signature covers every record held, and none signed for is missing.
    pub head_signed: bool,
}

/// What is held of every origin and epoch, own ledger included.
pub async fn completeness(ledger: &Ledger) -> Result<Vec<OriginLine>, Error> {
    let mut lines = Vec::new();
    for status in ledger.status() {
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        let (mut from, mut received, mut twice, mut missing) = (0, 0u64, 0u64, 0u64);
        while from < status.size {
            let records = ledger
                .read(&status.origin, status.epoch, from, RECORDS_READ)
                .await?;
            let Some(last) = records.last() else { break };
            seen.clear();
            for record in &records {
                *seen.entry(record.sequence).or_insert(0) += 1;
                // The number in the signed bytes, not the one it is filed under.
                let said = record.check().map_or(u64::MAX, |it| it.sequence);
                missing += u64::from(said != record.sequence);
            }
            received += seen.len() as u64;
            twice += seen.values().filter(|it| **it > 1).count() as u64;
            let span = last.sequence + 1 - from;
            missing += span.saturating_sub(seen.len() as u64);
            from = last.sequence + 1;
        }
        let known = status
            .announced
            .as_ref()
            .map_or(status.size, |it| it.size.max(status.size));
        let gaps = missing + known.saturating_sub(from);
        let head_signed = status.complete && gaps == 0;
        let (origin, epoch) = (status.origin, status.epoch);
        lines.push(OriginLine {
            origin,
            epoch,
            received,
            gaps,
            duplicates: twice,
            head_signed,
        });
    }
    Ok(lines)
}
