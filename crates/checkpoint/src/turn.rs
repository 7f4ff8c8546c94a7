//! One event carried through the main loop: what must be done for it, in order, and nothing before
//! the facts it rests on are durable. Sans I/O: whoever drives it (the program's worker, the
//! simulator) appends, moves the arm, and comes back.
//!
//! Not here: which event comes next, waiting for the disk.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::fact::Fact;
use domain::unit::{PassageId, UtcMs};
use ledger::{Draft, RawRecord, Record};

use crate::main_loop::{Action, Event, MainLoop, RULES_FAILED};

/// What is still to be carried out for one event.
#[derive(Debug, Default)]
pub struct Turn {
    actions: VecDeque<Action>,
}

impl Turn {
    /// Steps the loop.
    ///
    /// # Errors
    /// The loop itself failed on an event that is no single passage's: stop, and start again.
    pub fn begin(main_loop: &mut MainLoop, event: Event, now: UtcMs) -> Result<Turn, String> {
        let concerns = passage_of(&event);
        let stepped = catch_unwind(AssertUnwindSafe(|| main_loop.step(event, now)));
        match (stepped, concerns) {
            (Ok(actions), _) => Ok(Turn::of(actions)),
            // One bad record must not stop the lane: people take this passage over.
            (Err(_), Some(passage)) => {
                let why = RULES_FAILED.to_owned();
                let fact = Fact::ManualHandlingRequired { why };
                let draft = Draft {
                    at: now,
                    passage: Some(passage),
                    fact,
                };
                Ok(Turn::of(vec![Action::Record(vec![draft])]))
            }
            (Err(_), None) => Err("the main loop failed".to_owned()),
        }
    }

    /// The first turn after a start.
    pub fn resume(main_loop: &mut MainLoop, now: UtcMs) -> Turn {
        Turn::of(main_loop.resume(now))
    }

    fn of(actions: Vec<Action>) -> Turn {
        Turn {
            actions: actions.into(),
        }
    }

    /// What to do next. After a `Record`, nothing more before [`Turn::recorded`].
    pub fn next_action(&mut self) -> Option<Action> {
        loop {
            match self.actions.pop_front()? {
                Action::Record(drafts) if drafts.is_empty() => (),
                action => return Some(action),
            }
        }
    }

    /// The drafts of the last `Record` are durable: what follows comes before what was left.
    pub fn recorded(&mut self, main_loop: &mut MainLoop, records: Vec<Record>, now: UtcMs) {
        let more = main_loop.step(Event::Recorded(records), now);
        for action in more.into_iter().rev() {
            self.actions.push_front(action);
        }
    }
}

fn passage_of(event: &Event) -> Option<PassageId> {
    match event {
        Event::Screen { passage, .. } => Some(passage.clone()),
        Event::Centre(record) => match &record.fact {
            Fact::DecisionGiven { passage, .. } => Some(passage.clone()),
            Fact::OrderGiven(order) => Some(order.passage.clone()),
            _ => record.passage.clone(),
        },
        _ => None,
    }
}

/// A chain of records that is kept here: origin and epoch.
pub type Chain = (String, u32);

/// The state after a start: the fold over the own chains, then over what was heard of the
/// centre's. `read` gives the records of a chain from a sequence on, none at its end.
///
/// # Errors
/// Those of `read`.
pub async fn restore<E>(
    main_loop: &mut MainLoop,
    chains: &[Chain],
    mut read: impl AsyncFnMut(&Chain, u64) -> Result<Vec<RawRecord>, E>,
) -> Result<(), E> {
    let checkpoint = main_loop.checkpoint.clone();
    let own = |(origin, _): &Chain| *origin == checkpoint.0;
    for chain in chains.iter().filter(|it| own(it)) {
        let mut from = 0;
        loop {
            let page = read(chain, from).await?;
            let Some(last) = page.last() else { break };
            from = last.sequence + 1;
            let known = page.iter().filter_map(parse);
            known.for_each(|it| main_loop.restore(&it));
        }
    }
    for chain in chains.iter().filter(|it| !own(it)) {
        let heard = main_loop.heard(&chain.0, chain.1);
        let mut from = 0;
        while from < heard {
            let page = read(chain, from).await?;
            let Some(last) = page.last() else { break };
            from = last.sequence + 1;
            let known = page.iter().filter(|it| it.sequence < heard);
            known
                .filter_map(parse)
                .for_each(|it| main_loop.restore_centre(&it));
        }
    }
    Ok(())
}

/// A record of a kind this software does not know is kept and passed over, with a word about it.
pub fn parse(raw: &RawRecord) -> Option<Record> {
    match raw.parse() {
        Ok(record) => Some(record),
        Err(why) => {
            let RawRecord {
                origin,
                epoch,
                sequence,
                ..
            } = raw;
            tracing::warn!(%origin, epoch, sequence, %why, "a record is passed over");
            None
        }
    }
}
