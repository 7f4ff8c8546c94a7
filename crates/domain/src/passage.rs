//! A passage: one conveyance crossing one checkpoint, from arrival to exit.
//!
//! Three functions are the whole machine. `conclude` turns an input into facts and changes
//! nothing. `apply` changes the passage and decides nothing. `obligations` reads the passage and
//! says what is still owed. The caller makes the facts durable between the first and the second.

use serde::Serialize;

use crate::fact::Fact;
use crate::input::Input;
use crate::obligation::Obligation;
use crate::procedure::Procedure;
use crate::unit::{PassageId, UtcMs};

/// State of one passage. Built only by [`Passage::apply`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    pub id: PassageId,
}

impl Passage {
    pub fn new(id: PassageId) -> Passage {
        Passage { id }
    }

    /// The facts that `input` establishes at `now`; at least one. Pure.
    pub fn conclude(&self, _input: &Input, _now: UtcMs, _procedure: &Procedure) -> Vec<Fact> {
        Vec::new()
    }

    /// Makes one fact, true since `at`, part of the state. Total: every fact can be applied to
    /// every passage.
    pub fn apply(&mut self, _fact: &Fact, _at: UtcMs) {}

    /// What the world must still do, computed anew every time.
    pub fn obligations(&self, _procedure: &Procedure, _now: UtcMs) -> Vec<Obligation> {
        Vec::new()
    }
}
