//! A node's ledger over the simulated disk: the real keeper, one call a transaction, answered when
//! it is durable. The program's writer does the same with several callers at once.

use ledger::keeper::{Keeper, Opening};
use ledger::store::Group;
use ledger::{CopyOutcome, Draft, Error, RawRecord, Record, Result, SignedHead, VerifierKey};

use super::disk::Disk;
use super::ready::ready;

#[derive(Debug)]
pub struct Shelf {
    keeper: Keeper<Disk>,
    pub origin: String,
    pub epoch: u32,
}

impl Shelf {
    pub fn open(disk: Disk, origin: &str, after_epoch: u32, seed: [u8; 32]) -> Result<Shelf> {
        let opening = Opening { after_epoch, seed };
        let (keeper, opened) = ready(Keeper::open(disk, origin, opening))?;
        Ok(Shelf {
            keeper,
            origin: origin.to_owned(),
            epoch: opened.epoch,
        })
    }

    fn write(&mut self, mut group: Group) -> Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        ready(self.keeper.write(&mut group))?;
        self.keeper.commit(group);
        Ok(())
    }

    pub fn append(&mut self, drafts: Vec<Draft>) -> Result<Vec<Record>> {
        let mut group = Group::default();
        let records = self.keeper.append(drafts, &mut group)?;
        self.write(group)?;
        Ok(records)
    }

    pub fn copy(
        &mut self,
        origin: &str,
        epoch: u32,
        records: Vec<RawRecord>,
        head: Option<SignedHead>,
    ) -> Result<CopyOutcome> {
        let mut group = Group::default();
        let planned = ready(self.keeper.copy(origin, epoch, records, head, &mut group));
        // What proves a fork is kept, although the call is refused.
        self.write(group)?;
        planned
    }

    pub fn trust(&mut self, origin: &str, epoch: u32, key: &str) -> Result<()> {
        let key: VerifierKey = key.parse().map_err(|why| Error::Fatal(format!("{why}")))?;
        let mut group = Group::default();
        self.keeper.trust(origin, epoch, key, &mut group)?;
        self.write(group)
    }

    pub fn read(
        &mut self,
        origin: &str,
        epoch: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<RawRecord>> {
        ready(self.keeper.read(origin, epoch, from, limit))
    }

    pub fn size(&self, origin: &str, epoch: u32) -> u64 {
        let stream = self.keeper.stream(origin, epoch);
        stream.map_or(0, |it| it.frontier.size())
    }

    pub fn own_size(&self) -> u64 {
        self.size(&self.origin, self.epoch)
    }

    pub fn key(&self) -> String {
        self.keeper.key().to_string()
    }

    /// The newest head of the own chain.
    pub fn own_head(&self) -> Option<SignedHead> {
        let stream = self.keeper.stream(&self.origin, self.epoch)?;
        Some(stream.held.clone())
    }
}
