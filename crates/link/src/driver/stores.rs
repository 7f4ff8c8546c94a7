//! The session's asks, done by the ledgers, answered as inputs. Each queue keeps its order: what
//! is copied stays in order, and a slow blob holds up no record.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use domain::unit::BlobHash;
use ledger::{BlobStatus, Class as ErrorClass, Error, Ledger, RawRecord, SignedHead, VerifierKey};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};

use super::LinkEvent;
use crate::class;
use crate::enrol::{read_json, write_json};
use crate::frame::Chain;
use crate::limits::RECORDS_READ;
use crate::session::{BlobPlan, Event, Input, Outgoing};

/// Where a ledger is busy or its disk full, and trying again may help.
const RETRY_MS: u64 = 200;
const RETRIES: u32 = 25;

/// Up to which record of each chain the peer holds every blob that was to be sent. Only saves
/// offering them again: may be deleted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Marks {
    #[serde(default)]
    upto: BTreeMap<String, u64>,
}

impl Marks {
    fn path(folder: &Path, peer: &str) -> PathBuf {
        folder.join(format!("link-{peer}.json"))
    }

    pub fn read(folder: &Path, peer: &str) -> Marks {
        read_json(&Marks::path(folder, peer)).unwrap_or_default()
    }

    /// What the peer was last heard to hold by other ways than a live link: kept beside the marks,
    /// and lost without harm.
    pub fn heard(folder: &Path, peer: &str) -> Marks {
        read_json(&folder.join(format!("parcel-{peer}.json"))).unwrap_or_default()
    }

    pub fn keep_heard(folder: &Path, peer: &str, acknowledged: &[(String, u64)]) {
        let marks = Marks {
            upto: acknowledged.iter().cloned().collect(),
        };
        let path = folder.join(format!("parcel-{peer}.json"));
        if let Err(error) = write_json(&path, &marks) {
            tracing::warn!(%error, "the next parcel will begin earlier than it need");
        }
    }

    pub fn upto(&self, chain: &Chain) -> u64 {
        self.upto.get(&chain.to_string()).copied().unwrap_or(0)
    }
}

/// Which records' blobs were offered in this session: those the peer held before it, and those
/// that are sent during it.
#[derive(Debug, Clone, Copy)]
struct Offered {
    /// The peer held so many records at the session's beginning.
    held: u64,
    /// Of these, the blobs of the records below here were offered.
    before: u64,
    /// The blobs of the records from `held` to here were offered.
    since: u64,
}

/// Which blobs of which records are still on their way.
#[derive(Debug)]
pub(crate) struct Delivery {
    path: PathBuf,
    marks: Marks,
    offered: BTreeMap<Chain, Offered>,
    open: BTreeMap<Chain, BTreeMap<u64, BTreeSet<BlobHash>>>,
}

impl Delivery {
    pub fn for_peer(folder: &Path, peer: &str) -> Delivery {
        let path = Marks::path(folder, peer);
        let marks = Marks::read(folder, peer);
        Delivery {
            path,
            marks,
            offered: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// The peer holds so many records; where to begin with their blobs. True the first time.
    pub fn begin(&mut self, chain: &Chain, held: u64) -> bool {
        if self.offered.contains_key(chain) {
            return false;
        }
        let mark = self
            .marks
            .upto
            .get(&chain.to_string())
            .copied()
            .unwrap_or(0);
        let offered = Offered {
            held,
            before: mark.min(held),
            since: held,
        };
        self.offered.insert(chain.clone(), offered);
        true
    }

    fn next_before(&self, chain: &Chain) -> Option<u64> {
        let it = self.offered.get(chain)?;
        (it.before < it.held).then_some(it.before)
    }

    /// True when the blobs of this record are to be offered (once a session).
    fn offer(&mut self, chain: &Chain, sequence: u64, blobs: &[BlobHash]) -> bool {
        let Some(offered) = self.offered.get_mut(chain) else {
            return false;
        };
        let next = if sequence < offered.held {
            &mut offered.before
        } else {
            &mut offered.since
        };
        if sequence < *next {
            return false;
        }
        *next = sequence + 1;
        if !blobs.is_empty() {
            let open = self.open.entry(chain.clone()).or_default();
            open.insert(sequence, blobs.iter().copied().collect());
        }
        true
    }

    pub fn done(&mut self, hash: &BlobHash) {
        for open in self.open.values_mut() {
            open.values_mut().for_each(|it| {
                it.remove(hash);
            });
            open.retain(|_, it| !it.is_empty());
        }
    }

    /// Keeps how far it came.
    pub fn save(&mut self) {
        let mut marks = self.marks.clone();
        for (chain, it) in &self.offered {
            let next = if it.before < it.held {
                it.before
            } else {
                it.since
            };
            let open = self.open.get(chain).and_then(|it| it.first_key_value());
            let upto = open.map_or(next, |(sequence, _)| next.min(*sequence));
            let mark = marks.upto.entry(chain.to_string()).or_insert(0);
            *mark = upto.max(*mark);
        }
        if marks.upto != self.marks.upto && write_json(&self.path, &marks).is_ok() {
            self.marks = marks;
        }
    }
}

#[derive(Clone)]
pub(crate) struct Stores {
    /// Written here, sent to the peer.
    pub own: Ledger,
    /// Copies of the peer's, and all blobs.
    pub copies: Ledger,
    pub events: broadcast::Sender<LinkEvent>,
    pub answers: mpsc::Sender<Input>,
    pub delivery: Arc<Mutex<Delivery>>,
}

/// Ask of a chain's queue or of the blobs' queue.
pub(crate) enum Job {
    Session(Event),
    /// Offer the blobs of records that the peer held before, where not all came.
    Backfill {
        chain: Chain,
    },
}

impl Stores {
    /// Starts a queue; it ends with the sender or with the session's loop.
    pub fn queue(&self) -> mpsc::UnboundedSender<Job> {
        let (sender, mut jobs) = mpsc::unbounded_channel::<Job>();
        let stores = self.clone();
        tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                let answers = stores.perform(job).await;
                for answer in answers {
                    if stores.answers.send(answer).await.is_err() {
                        return;
                    }
                }
            }
        });
        sender
    }

    pub fn with_delivery<T>(&self, work: impl FnOnce(&mut Delivery) -> T) -> T {
        match self.delivery.lock() {
            Ok(mut it) => work(&mut it),
            Err(poisoned) => work(&mut poisoned.into_inner()),
        }
    }

    /// The peer holds this blob too.
    pub async fn delivered(&self, hash: BlobHash) {
        if let Err(error) = self.copies.mark_blob_delivered(hash).await {
            tracing::warn!(%error, %hash, "it will not be evicted");
        }
    }

    pub async fn perform(&self, job: Job) -> Vec<Input> {
        match job {
            Job::Backfill { chain } => self.backfill(chain).await,
            Job::Session(event) => match event {
                Event::Trust { chain, key } => self.trust(chain, &key).await.into_iter().collect(),
                Event::Copy {
                    chain,
                    from,
                    records,
                } => vec![self.copy(chain, from, records).await],
                Event::CopyHead { chain, signed, .. } => {
                    self.copy_head(chain, signed).await.into_iter().collect()
                }
                Event::ReadRecords { chain, from, limit } => self.read(chain, from, limit).await,
                Event::FindBlob { hash, total } => vec![self.find(hash, total).await],
                Event::ReadBlob {
                    hash,
                    offset,
                    length,
                } => {
                    vec![match self.copies.blob_range(hash, offset, length).await {
                        Ok(Some(bytes)) if !bytes.is_empty() => Input::BlobRead {
                            hash,
                            offset,
                            bytes,
                        },
                        _ => Input::BlobGone { hash },
                    }]
                }
                Event::WriteBlob {
                    hash,
                    total,
                    offset,
                    bytes,
                } => {
                    vec![self.write(hash, total, offset, &bytes).await]
                }
                _ => Vec::new(),
            },
        }
    }

    async fn trust(&self, chain: Chain, key: &str) -> Option<Input> {
        if key.is_empty() {
            return None;
        }
        let trusted = match key.parse::<VerifierKey>() {
            Ok(key) => self
                .copies
                .trust(&chain.origin, chain.epoch, key)
                .await
                .map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        trusted.err().map(|why| Input::Refused {
            why: format!("{chain}: {why}"),
        })
    }

    async fn copy(&self, chain: Chain, from: u64, records: Vec<Vec<u8>>) -> Input {
        let Chain { origin, epoch } = chain.clone();
        let raw = |(sequence, bytes)| RawRecord {
            origin: origin.clone(),
            epoch,
            sequence,
            bytes,
        };
        let raw: Vec<RawRecord> = (from..).zip(records).map(raw).collect();
        for attempt in 0.. {
            match self.copies.copy(&origin, epoch, raw.clone(), None).await {
                Ok(outcome) => {
                    let upto = outcome.size;
                    let _ = self.events.send(LinkEvent::Copied {
                        origin,
                        epoch,
                        upto,
                    });
                    return Input::Copied { chain, upto };
                }
                // The records stay unacknowledged meanwhile; nothing is lost, the peer waits.
                Err(error) if error.class() == ErrorClass::Retry && attempt < RETRIES => {
                    tokio::time::sleep(std::time::Duration::from_millis(RETRY_MS)).await;
                }
                Err(error) => {
                    return Input::Refused {
                        why: error.to_string(),
                    };
                }
            }
        }
        Input::Refused {
            why: "the ledger stayed busy".into(),
        }
    }

    async fn copy_head(&self, chain: Chain, signed: Vec<u8>) -> Option<Input> {
        let refused = |why: String| {
            Some(Input::Refused {
                why: format!("head of {chain}: {why}"),
            })
        };
        let head = String::from_utf8(signed).map_err(|e| e.to_string());
        let head = head.and_then(|it| it.parse::<SignedHead>().map_err(|e| e.to_string()));
        match head {
            Err(why) => refused(why),
            Ok(head) => match self
                .copies
                .copy(&chain.origin, chain.epoch, vec![], Some(head))
                .await
            {
                Err(error) if error.class() != ErrorClass::Retry => refused(error.to_string()),
                _ => None,
            },
        }
    }

    async fn read(&self, chain: Chain, from: u64, limit: usize) -> Vec<Input> {
        match self.own.read(&chain.origin, chain.epoch, from, limit).await {
            // The growth was told before the record was readable, or the read failed: the next
            // growth or the next session asks again.
            Ok(records) if records.is_empty() => vec![Input::Close {
                why: "nothing to read".into(),
            }],
            Err(error) => vec![Input::Close {
                why: format!("own ledger: {error}"),
            }],
            Ok(records) => {
                let mut inputs = Vec::new();
                for record in &records {
                    inputs.extend(self.offers(&chain, record).await);
                }
                let outgoing = |it: RawRecord| Outgoing {
                    class: class::of_record(&it),
                    bytes: it.bytes,
                };
                let records = records.into_iter().map(outgoing).collect();
                inputs.insert(
                    0,
                    Input::RecordsRead {
                        chain,
                        from,
                        records,
                    },
                );
                inputs
            }
        }
    }

    async fn backfill(&self, chain: Chain) -> Vec<Input> {
        let mut inputs = Vec::new();
        while let Some(at) = self.with_delivery(|it| it.next_before(&chain)) {
            let read = self
                .own
                .read(&chain.origin, chain.epoch, at, RECORDS_READ)
                .await;
            let Ok(records) = read else { break };
            if records.is_empty() {
                break;
            }
            for record in &records {
                if self.with_delivery(|it| it.next_before(&chain)).is_some() {
                    inputs.extend(self.offers(&chain, record).await);
                }
            }
        }
        inputs
    }

    async fn offers(&self, chain: &Chain, record: &RawRecord) -> Vec<Input> {
        let wanted = class::blobs_of(&record.bytes);
        let mut inputs = Vec::new();
        let mut hashes = Vec::new();
        for (hash, parts) in wanted {
            if let Ok(BlobStatus::Complete { len: total }) = self.copies.blob_status(hash).await {
                hashes.push(hash);
                let segments = class::segments(&parts, total);
                inputs.push(Input::Offer(BlobPlan {
                    hash,
                    total,
                    segments,
                }));
            }
        }
        let fresh = self.with_delivery(|it| it.offer(chain, record.sequence, &hashes));
        if fresh { inputs } else { Vec::new() }
    }

    async fn find(&self, hash: BlobHash, total: u64) -> Input {
        let refused = |why: String| Input::BlobRefused { hash, why };
        match self.copies.blob_status(hash).await {
            Ok(BlobStatus::Absent) => Input::BlobStored { hash, have: 0 },
            Ok(BlobStatus::Partial { have, total: said }) if said == total => {
                Input::BlobStored { hash, have }
            }
            Ok(BlobStatus::Complete { len }) if len == total => {
                Input::BlobStored { hash, have: len }
            }
            // Another length than before: what is here cannot be part of it.
            Ok(BlobStatus::Partial { .. }) => match self.copies.forget_blob(hash).await {
                Ok(()) => Input::BlobStored { hash, have: 0 },
                Err(error) => refused(error.to_string()),
            },
            Ok(BlobStatus::Complete { len }) => refused(format!("it has {len} bytes, not {total}")),
            Err(error) => refused(error.to_string()),
        }
    }

    async fn write(&self, hash: BlobHash, total: u64, offset: u64, bytes: &[u8]) -> Input {
        match self.copies.write_blob_at(hash, total, offset, bytes).await {
            Ok(BlobStatus::Complete { len }) => {
                let _ = self.events.send(LinkEvent::BlobGrew {
                    hash,
                    have: len,
                    total,
                });
                let _ = self.events.send(LinkEvent::BlobComplete { hash });
                Input::BlobStored { hash, have: len }
            }
            Ok(BlobStatus::Partial { have, .. }) => {
                let _ = self.events.send(LinkEvent::BlobGrew { hash, have, total });
                Input::BlobStored { hash, have }
            }
            Ok(BlobStatus::Absent) => Input::BlobStored { hash, have: 0 },
            Err(Error::Fatal(why)) => Input::Refused { why },
            Err(error) => Input::BlobRefused {
                hash,
                why: error.to_string(),
            },
        }
    }

    /// A promotion for a blob that is not on its way: offer just what is asked.
    pub async fn offer_on_demand(&self, hash: BlobHash, upto: u64, class: crate::frame::Class) {
        let answer = match self.copies.blob_status(hash).await {
            Ok(BlobStatus::Complete { len: total }) => {
                let segments = class::segments(&[(Some(upto), class)], total);
                Input::Offer(BlobPlan {
                    hash,
                    total,
                    segments,
                })
            }
            Ok(_) => {
                let evicted = self.copies.blob_evicted_at(hash).await.ok().flatten();
                let why = match evicted {
                    Some(at) => format!("evicted at {} after it was delivered", at.0),
                    None => "it is not here".to_owned(),
                };
                Input::Absent { hash, why }
            }
            Err(error) => Input::Absent {
                hash,
                why: error.to_string(),
            },
        };
        let _ = self.answers.send(answer).await;
    }
}
