//! The one writer of `ledger.db`: takes calls in order, writes all that wait in one transaction,
//! and answers when the disk has it.
//!
//! A call is first *planned* (`keeper`); a refusal answers that call alone. Then everything planned
//! is written and committed, and only then are the callers answered. After an error of unknown effect the writer answers nothing but that error: start again.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::disk::Reserve;
use crate::error::{Class, Error, Result};
use crate::head::SignedHead;
use crate::keeper::{Changed, CopyOutcome, Keeper};
use crate::ledger::{Growth, Shared};
use crate::limits::GROUP_RECORDS;
use crate::note::VerifierKey;
use crate::record::{Draft, RawRecord, Record};
use crate::sqlite::Sqlite;
use crate::store::Group;

pub(crate) enum Call {
    Append {
        drafts: Vec<Draft>,
        reply: oneshot::Sender<Result<Vec<Record>>>,
    },
    Copy {
        origin: String,
        epoch: u32,
        records: Vec<RawRecord>,
        head: Option<SignedHead>,
        reply: oneshot::Sender<Result<CopyOutcome>>,
    },
    Trust {
        origin: String,
        epoch: u32,
        key: VerifierKey,
        reply: oneshot::Sender<Result<()>>,
    },
    Close {
        reply: oneshot::Sender<Result<()>>,
    },
}

impl Call {
    fn records(&self) -> usize {
        match self {
            Call::Append { drafts, .. } => drafts.len(),
            Call::Copy { records, .. } => records.len(),
            Call::Trust { .. } | Call::Close { .. } => 0,
        }
    }
}

pub(crate) struct Writer {
    pub keeper: Keeper<Sqlite>,
    pub reserve: Reserve,
    /// Pages the database may have: while the reserve is held, and in all.
    pub quota: Option<Quota>,
    pub shared: Arc<Shared>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub usual_pages: u64,
    pub all_pages: u64,
}

/// An answer that is given when the group is durable.
enum Answer {
    Append(Result<Vec<Record>>, oneshot::Sender<Result<Vec<Record>>>),
    Copy(Result<CopyOutcome>, oneshot::Sender<Result<CopyOutcome>>),
    Trust(Result<()>, oneshot::Sender<Result<()>>),
}

impl Answer {
    fn give(self, failure: Option<&Error>) {
        // A caller that went away wants no answer.
        match (self, failure) {
            (Answer::Append(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Append(it, to), _) => drop(to.send(it)),
            (Answer::Copy(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Copy(it, to), _) => drop(to.send(it)),
            (Answer::Trust(Ok(_), to), Some(e)) => drop(to.send(Err(e.clone()))),
            (Answer::Trust(it, to), _) => drop(to.send(it)),
        }
    }
}

impl Writer {
    pub(crate) async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        let mut waiting: VecDeque<Call> = VecDeque::new();
        let mut dead: Option<Error> = None;
        loop {
            if waiting.is_empty() {
                match calls.recv().await {
                    Some(call) => waiting.push_back(call),
                    None => break,
                }
            }
            while waiting.len() < calls.max_capacity() {
                match calls.try_recv() {
                    Ok(call) => waiting.push_back(call),
                    Err(_) => break,
                }
            }
            let (group, closing) = take_group(&mut waiting);
            if !group.is_empty() {
                dead = match dead {
                    Some(error) => {
                        refuse_all(group, &error);
                        Some(error)
                    }
                    None => self.group(group).await.err(),
                };
                if let Some(error) = &dead {
                    tracing::error!(%error, "the ledger's writer has stopped");
                }
            }
            if let Some(reply) = closing {
                calls.close();
                let _ = reply.send(self.close().await);
                for call in waiting {
                    refuse_all(vec![call], &closed());
                }
                while let Some(call) = calls.recv().await {
                    refuse_all(vec![call], &closed());
                }
                return;
            }
        }
        if let Err(error) = self.close().await {
            tracing::warn!(%error, "closing the ledger");
        }
    }

    async fn close(self) -> Result<()> {
        self.shared.readers.close().await;
        self.keeper.store.close().await?;
        let shared = self.shared;
        let noted = tokio::task::spawn_blocking(move || {
            let noted = crate::closed::note(shared.folder());
            shared.unlock();
            noted
        });
        match noted.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "noting how the ledger was closed"),
            Err(error) => tracing::warn!(%error, "noting how the ledger was closed"),
        }
        Ok(())
    }

    /// Prepares, writes and answers one group. An error ends this writer.
    async fn group(&mut self, calls: Vec<Call>) -> Result<()> {
        let mut group = Group::default();
        let mut answers = Vec::with_capacity(calls.len());
        let mut broken = None;
        for call in calls {
            if let Some(error) = &broken {
                refuse_all(vec![call], error);
                continue;
            }
            match self.prepare(call, &mut group).await {
                Ok(answer) => answers.push(answer),
                Err(error) => broken = Some(error),
            }
        }
        let written = match broken {
            Some(error) => Err(error),
            None if group.is_empty() => Ok(()),
            None => self.write_with_reserve(&mut group).await,
        };
        match written {
            Ok(()) => {
                self.commit(group);
                answers.into_iter().for_each(|it| it.give(None));
                Ok(())
            }
            Err(error) => {
                answers.into_iter().for_each(|it| it.give(Some(&error)));
                if error.class() == Class::Fatal {
                    Err(error)
                } else {
                    Ok(())
                }
            }
        }
    }

    async fn prepare(&mut self, call: Call, group: &mut Group) -> Result<Answer> {
        Ok(match call {
            Call::Append { drafts, reply } => {
                Answer::Append(self.keeper.append(drafts, group), reply)
            }
            Call::Copy {
                origin,
                epoch,
                records,
                head,
                reply,
            } => {
                let planned = self.keeper.copy(&origin, epoch, records, head, group);
                match planned.await {
                    Ok(outcome) => Answer::Copy(Ok(outcome), reply),
                    Err(error) if error.class() == Class::Refused => {
                        Answer::Copy(Err(error), reply)
                    }
                    Err(error) => {
                        let _ = reply.send(Err(error.clone()));
                        return Err(error);
                    }
                }
            }
            Call::Trust {
                origin,
                epoch,
                key,
                reply,
            } => Answer::Trust(self.keeper.trust(&origin, epoch, key, group), reply),
            Call::Close { reply } => Answer::Trust(Ok(()), reply),
        })
    }

    async fn write_with_reserve(&mut self, group: &mut Group) -> Result<()> {
        match self.keeper.write(group).await {
            Err(Error::DiskFull(why)) if self.reserve.release() => {
                tracing::error!(%why, "the disk is full: the ledger's reserve is released");
                self.shared.reserve_released();
                if let Some(quota) = self.quota {
                    self.keeper.store.set_max_pages(quota.all_pages).await?;
                }
                self.keeper.write(group).await
            }
            Ok(()) => {
                if !self.reserve.is_held() && self.shared.has_room_for_reserve() {
                    self.reserve.hold();
                    if self.reserve.is_held() && self.quota.is_none() {
                        self.shared.reserve_held();
                    }
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The group becomes the state, and the world may know.
    fn commit(&mut self, group: Group) {
        for Changed { at, grew } in self.keeper.commit(group) {
            let Some(stream) = self.keeper.streams().get(at) else {
                continue;
            };
            let own = at == self.keeper.own();
            self.shared.set_status(stream.id, stream.status(own));
            if grew {
                self.shared.grown(Growth {
                    origin: stream.origin.clone(),
                    epoch: stream.epoch,
                    size: stream.frontier.size(),
                });
            }
        }
    }
}

fn closed() -> Error {
    Error::Fatal("it was closed".to_owned())
}

fn refuse_all(calls: Vec<Call>, error: &Error) {
    for call in calls {
        match call {
            Call::Append { reply, .. } => drop(reply.send(Err(error.clone()))),
            Call::Copy { reply, .. } => drop(reply.send(Err(error.clone()))),
            Call::Trust { reply, .. } | Call::Close { reply } => {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}

/// The calls of the next transaction, and who asked to close after them.
fn take_group(waiting: &mut VecDeque<Call>) -> (Vec<Call>, Option<oneshot::Sender<Result<()>>>) {
    let mut group = Vec::new();
    let mut records = 0;
    while let Some(call) = waiting.pop_front() {
        match call {
            Call::Close { reply } => return (group, Some(reply)),
            call if !group.is_empty() && records + call.records() > GROUP_RECORDS => {
                waiting.push_front(call);
                break;
            }
            call => {
                records += call.records();
                group.push(call);
            }
        }
    }
    (group, None)
}
