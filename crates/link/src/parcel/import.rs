//! Takes a parcel into the ledgers. Records go through a [`Session`] as if they had come over the
//! wire, so what the link refuses a parcel cannot do; blobs go to the store by offset. Taking the
//! same one again changes nothing.

use std::sync::{Arc, Mutex};

use domain::unit::{BlobHash, UtcMs};
use ledger::{BlobStatus, Ledger};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};

use super::ParcelError;
use super::envelope::{Envelope, Receiver};
use crate::driver::LinkEvent;
use crate::driver::connection::beginning;
use crate::driver::stores::{Delivery, Job, Marks, Stores};
use crate::frame::{Chain, Frame};
use crate::session::{At, Closing, Event, Input, Rules, Session};

/// The ledgers a parcel goes into.
#[derive(Debug, Clone)]
pub struct Ledgers {
    /// Written here for the sender: its Hello says how far it has come.
    pub own: Ledger,
    /// Copies of the sender's, and all blobs.
    pub copies: Ledger,
    /// Origins that the sender may write.
    pub accepts: Vec<String>,
    /// Hears what came, as it would of a link.
    pub events: broadcast::Sender<LinkEvent>,
}

/// What a parcel brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    pub from: String,
    pub made_at: UtcMs,
    /// Names the parcel.
    pub parcel: BlobHash,
    /// Records that were not here.
    pub records: u64,
    /// Records that were.
    pub known_records: u64,
    pub blobs: u64,
    pub known_blobs: u64,
    /// Own records that the sender holds, by chain.
    pub acknowledged: Vec<(String, u64)>,
}

impl Imported {
    /// The same parcel, or one with nothing more in it, came before.
    pub fn is_news(&self) -> bool {
        self.records > 0 || self.blobs > 0
    }
}

/// Takes everything in `envelope`; `progress` hears bytes of the file taken so far. After an error
/// what had come by then is kept: it was verified, and the next try goes on behind it.
pub async fn import(
    envelope: &Envelope,
    receiver: &Receiver,
    into: &Ledgers,
    mut progress: impl FnMut(u64),
) -> Result<Imported, ParcelError> {
    let from = envelope.header.from.clone();
    let (answers, _) = mpsc::channel(1);
    let stores = Stores {
        own: into.own.clone(),
        copies: into.copies.clone(),
        events: into.events.clone(),
        answers,
        delivery: Arc::new(Mutex::new(Delivery::for_peer(into.own.folder(), &from))),
    };
    let begin = beginning(
        &receiver.node,
        &from,
        &into.accepts,
        &into.own,
        &into.copies,
    );
    let mut taking = Taking {
        session: Session::new(Rules::default(), begin, At(0)),
        stores,
        from: from.clone(),
        blob: None,
        copied: 0,
        imported: Imported {
            from,
            made_at: envelope.header.made_at,
            parcel: envelope.name,
            records: 0,
            known_records: 0,
            blobs: 0,
            known_blobs: 0,
            acknowledged: Vec::new(),
        },
    };
    let before = taking.sizes();
    let mut frames = envelope.frames(receiver)?;
    while let Some(bytes) = frames.next_frame()? {
        taking.frame(bytes).await?;
        progress(frames.bytes());
    }
    let after = taking.sizes();
    let received = taking.session.received();
    let dropped = received.iter().map(|it| it.duplicates);
    let brought = taking.copied + dropped.sum::<u64>();
    let mut imported = taking.imported;
    imported.records = after.saturating_sub(before);
    imported.known_records = brought.saturating_sub(imported.records);
    Marks::keep_heard(into.own.folder(), &imported.from, &imported.acknowledged);
    Ok(imported)
}

struct Taking {
    session: Session,
    stores: Stores,
    from: String,
    /// The blob whose parts come: handle, hash, size; not while it is here already.
    blob: Option<(u32, BlobHash, u64)>,
    /// Records given to the store.
    copied: u64,
    imported: Imported,
}

impl Taking {
    fn sizes(&self) -> u64 {
        let received = self.session.received();
        let sizes = received.iter().map(|it| {
            let held = self
                .stores
                .copies
                .status_of(&it.chain.origin, it.chain.epoch);
            held.map_or(0, |it| it.size)
        });
        sizes.sum()
    }

    async fn frame(&mut self, bytes: Vec<u8>) -> Result<(), ParcelError> {
        match Frame::decode(&bytes)? {
            Frame::BlobOffer {
                handle,
                hash,
                total,
            } => self.offered(handle, hash, total).await,
            Frame::BlobPart {
                handle,
                offset,
                bytes,
            } => self.part(handle, offset, &bytes).await,
            Frame::Records { chain, from, .. } => {
                self.follows(&chain, from)?;
                self.session.handle(Input::Frame(bytes), At(0));
                self.perform().await
            }
            Frame::Hello(_) | Frame::Head { .. } => {
                self.session.handle(Input::Frame(bytes), At(0));
                self.perform().await
            }
            // Nothing else has a meaning without somebody who answers.
            _ => Ok(()),
        }
    }

    fn follows(&self, chain: &Chain, from: u64) -> Result<(), ParcelError> {
        let received = self.session.received();
        let held = received.iter().find(|it| it.chain == *chain);
        let held = held.map_or(0, |it| it.stored);
        if from <= held {
            return Ok(());
        }
        let chain = chain.clone();
        Err(ParcelError::Gap { chain, held, from })
    }

    /// What the session asks, until it asks nothing more.
    async fn perform(&mut self) -> Result<(), ParcelError> {
        while let Some(event) = self.session.poll() {
            match event {
                Event::Closed { why } => return Err(self.refused(why)),
                Event::Acknowledged { chain, upto } => {
                    let upto = (chain.to_string(), upto);
                    self.imported.acknowledged.push(upto);
                }
                Event::Copy { .. } | Event::CopyHead { .. } | Event::Trust { .. } => {
                    if let Event::Copy { records, .. } = &event {
                        self.copied += records.len() as u64;
                    }
                    for answer in self.stores.perform(Job::Session(event)).await {
                        self.session.handle(answer, At(0));
                    }
                }
                // It would send as well; nobody is there to hear it.
                _ => {}
            }
        }
        Ok(())
    }

    fn refused(&self, why: Closing) -> ParcelError {
        match why {
            Closing::ForeignOrigin { chain, .. } => ParcelError::OtherOrigin {
                from: self.from.clone(),
                chain,
            },
            Closing::Frame(error) => error.into(),
            other => ParcelError::Refused(other.to_string()),
        }
    }

    async fn offered(
        &mut self,
        handle: u32,
        hash: BlobHash,
        total: u64,
    ) -> Result<(), ParcelError> {
        self.blob = None;
        match self.stores.copies.blob_status(hash).await? {
            BlobStatus::Complete { len } if len == total => {
                if self.from == "centre" {
                    // It is kept there: here it may be evicted, should room be needed.
                    self.stores.copies.mark_blob_delivered(hash).await?;
                }
                self.imported.known_blobs += 1;
                return Ok(());
            }
            BlobStatus::Partial { total: said, .. } if said != total => {
                self.stores.copies.forget_blob(hash).await?;
            }
            _ => {}
        }
        self.blob = Some((handle, hash, total));
        Ok(())
    }

    async fn part(&mut self, handle: u32, offset: u64, bytes: &[u8]) -> Result<(), ParcelError> {
        let Some((_, hash, total)) = self.blob.filter(|it| it.0 == handle) else {
            return Ok(());
        };
        let copies = &self.stores.copies;
        let written = copies.write_blob_at(hash, total, offset, bytes).await?;
        let events = &self.stores.events;
        if let BlobStatus::Complete { len: have } = written {
            self.blob = None;
            self.imported.blobs += 1;
            let _ = events.send(LinkEvent::BlobGrew { hash, have, total });
            let _ = events.send(LinkEvent::BlobComplete { hash });
        }
        Ok(())
    }
}
