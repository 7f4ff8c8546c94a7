//! Fills a parcel from a ledger folder: what the other side is not known to hold. Reads beside a
//! running program and changes nothing.

use std::collections::BTreeSet;
use std::path::Path;

use domain::unit::{BlobHash, UtcMs};
use ledger::{BlobStatus, RawRecord, Reading, Stream};

use super::envelope::Writer;
use super::{ParcelError, PublicKey};
use crate::class;
use crate::dictionary::Packer;
use crate::driver::SOFTWARE;
use crate::driver::stores::Marks;
use crate::enrol::Identity;
use crate::frame::{Chain, Class, Frame, Held, Hello, Offer, join_records};
use crate::limits::{
    BATCH_BYTES, CHAINS, PARCEL_RECEIPT_RECORDS, PART_BYTES, RECORDS_PER_FRAME, RECORDS_READ,
};

/// What goes into a parcel, and for whom.
pub struct Export<'a> {
    /// Signs; names this node.
    pub identity: &'a Identity,
    pub to: &'a str,
    pub key: PublicKey,
    /// Holds what this node writes for the receiver.
    pub own: &'a Reading,
    /// Holds copies of the receiver's ledger, and all blobs.
    pub copies: &'a Reading,
    /// Origins that the receiver writes.
    pub theirs: &'a [String],
    pub made_at: UtcMs,
    /// Begin at this record of each ledger instead of where the receiver is known to be.
    pub from: Option<u64>,
    pub with_blobs: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Names the parcel.
    pub name: BlobHash,
    pub bytes: u64,
    pub records: u64,
    pub blobs: u64,
    /// Chain, first record, and the one after the last.
    pub chains: Vec<(Chain, u64, u64)>,
}

impl Export<'_> {
    /// Writes the file; `progress` hears bytes written and bytes of blobs to come.
    pub async fn write(
        &self,
        path: &Path,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Exported, ParcelError> {
        let mut streams = self.own.streams().await?;
        streams.retain(|it| it.own);
        let skip = streams.len().saturating_sub(CHAINS);
        streams.drain(..skip);
        let folder = self.own.folder();
        let (marks, heard) = (Marks::read(folder, self.to), Marks::heard(folder, self.to));
        let mut out = Writer::create(path, self.identity, self.to, &self.key, self.made_at)?;
        out.frame(&Frame::Hello(self.hello(&streams).await?))?;
        let mut chains = Vec::new();
        let mut waiting = Blobs::default();
        let mut records = 0;
        for stream in &streams {
            let chain = Chain::new(&stream.origin, stream.epoch);
            // Where the blobs of all before are there; the records may be further.
            let delivered = marks.upto(&chain);
            let known = delivered.max(heard.upto(&chain));
            let from = self.from.unwrap_or(known).min(stream.size);
            records += self.records(&mut out, stream, from).await?;
            if let Some(head) = &stream.head {
                out.frame(&Frame::Head {
                    chain: chain.clone(),
                    size: head.size,
                    signed: head.as_str().as_bytes().to_vec(),
                })?;
            }
            if self.with_blobs {
                waiting.of(self, stream, delivered.min(from)).await?;
            }
            chains.push((chain, from, stream.size));
        }
        self.receipts(&mut out).await?;
        let blobs = self.blobs(&mut out, waiting, &mut progress)?;
        let (name, bytes) = out.finish()?;
        progress(bytes, 0);
        Ok(Exported {
            name,
            bytes,
            records,
            blobs,
            chains,
        })
    }

    async fn hello(&self, streams: &[Stream]) -> Result<Hello, ParcelError> {
        let offer = |it: &Stream| Offer {
            chain: Chain::new(&it.origin, it.epoch),
            count: it.size,
            key: it.key.to_string(),
        };
        let held = self.copies.streams().await?.into_iter();
        let held = held.filter(|it| self.theirs.contains(&it.origin));
        let mut holds: Vec<Held> = held
            .map(|it| Held {
                chain: Chain::new(it.origin, it.epoch),
                count: it.size,
            })
            .collect();
        holds.reverse();
        holds.truncate(CHAINS);
        Ok(Hello {
            node: self.identity.node.clone(),
            software: SOFTWARE.to_owned(),
            answer_wanted: false,
            offers: streams.iter().map(offer).collect(),
            holds,
            dictionaries: Vec::new(),
        })
    }

    async fn records(
        &self,
        out: &mut Writer<'_>,
        stream: &Stream,
        mut from: u64,
    ) -> Result<u64, ParcelError> {
        // Without a dictionary: the receiver's software may be of another year.
        let mut packer = Packer::new();
        let begun = from;
        while from < stream.size {
            let limit = (stream.size - from).min(RECORDS_PER_FRAME as u64) as usize;
            let read = self.own.read(stream, from, limit).await?;
            let mut bytes = 0;
            let fits = |it: &&RawRecord| {
                bytes += it.bytes.len() + 3;
                bytes <= BATCH_BYTES
            };
            // One alone always fits, see the limits.
            let count = read.iter().take_while(fits).count().max(1);
            let batch = read.iter().take(count).map(|it| it.bytes.as_slice());
            let packed = packer.pack(&join_records(batch));
            let (dictionary, packed) =
                packed.map_err(|e| ParcelError::Refused(format!("packing: {e}")))?;
            out.frame(&Frame::Records {
                chain: Chain::new(&stream.origin, stream.epoch),
                from,
                dictionary,
                packed,
            })?;
            from += count as u64;
        }
        Ok(from - begun)
    }

    /// Of the newest records received: the blobs that are here, whole. An offer says "I have it";
    /// whoever sent it may then evict it.
    async fn receipts(&self, out: &mut Writer<'_>) -> Result<(), ParcelError> {
        let streams = self.copies.streams().await?;
        for stream in streams.iter().filter(|it| self.theirs.contains(&it.origin)) {
            let mut from = stream.size.saturating_sub(PARCEL_RECEIPT_RECORDS);
            while from < stream.size {
                let read = self.copies.read(stream, from, RECORDS_READ).await?;
                let Some(last) = read.last() else { break };
                from = last.sequence + 1;
                for hash in read.iter().flat_map(|it| class::blobs_of(&it.bytes)) {
                    let hash = hash.0;
                    if let BlobStatus::Complete { len: total } = self.copies.blob_status(&hash)? {
                        let handle = 0;
                        out.frame(&Frame::BlobOffer {
                            handle,
                            hash,
                            total,
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn blobs(
        &self,
        out: &mut Writer<'_>,
        mut waiting: Blobs,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<u64, ParcelError> {
        waiting.found.sort_unstable_by_key(|it| (it.0, it.1));
        let mut left: u64 = waiting.found.iter().map(|it| it.3).sum();
        let mut written = 0;
        for (_, _, hash, total) in waiting.found {
            progress(out.bytes(), left);
            left -= total;
            let handle = written as u32 + 1;
            out.frame(&Frame::BlobOffer {
                handle,
                hash,
                total,
            })?;
            let mut offset = 0;
            while offset < total {
                let bytes = self.copies.blob_range(&hash, offset, PART_BYTES)?;
                // Evicted meanwhile: the receiver keeps the part, the link brings the rest.
                let Some(bytes) = bytes.filter(|it| !it.is_empty()) else {
                    break;
                };
                let length = bytes.len() as u64;
                out.frame(&Frame::BlobPart {
                    handle,
                    offset,
                    bytes,
                })?;
                offset += length;
            }
            written += 1;
        }
        Ok(written)
    }
}

/// Blobs to send, each once: class, place, hash, size.
#[derive(Default)]
struct Blobs {
    seen: BTreeSet<BlobHash>,
    found: Vec<(Class, u64, BlobHash, u64)>,
}

impl Blobs {
    async fn of(
        &mut self,
        export: &Export<'_>,
        stream: &Stream,
        mut from: u64,
    ) -> Result<(), ParcelError> {
        while from < stream.size {
            let read = export.own.read(stream, from, RECORDS_READ).await?;
            let Some(last) = read.last() else { break };
            from = last.sequence + 1;
            for (hash, parts) in read.iter().flat_map(|it| class::blobs_of(&it.bytes)) {
                if export.copies.is_delivered(&hash) || !self.seen.insert(hash) {
                    continue;
                }
                if let BlobStatus::Complete { len } = export.copies.blob_status(&hash)? {
                    let class = parts.first().map_or(Class::Bulk, |it| it.1);
                    let place = self.found.len() as u64;
                    self.found.push((class, place, hash, len));
                }
            }
        }
        Ok(())
    }
}
