//! What happens at a border checkpoint, as values and pure functions.
//!
//! No clock, no file, no socket, no random number: whatever the outside world
//! says comes in as an [`input::Input`], whatever is true afterwards is a
//! [`fact::Fact`], whatever the world must do next is an
//! [`obligation::Obligation`]. Read the modules in the order below.

pub mod passage;

mod conclude;
pub mod outcome;
pub mod owed;
pub mod release;

pub mod fact;
pub mod input;
pub mod obligation;

pub mod agency;
pub mod stage;

pub mod rule;

pub mod lane;
pub mod line;
pub mod measure;
pub mod notification;
pub mod procedure;
pub mod reading;
pub mod remark;

mod admit;
pub mod decision;
pub mod disregard;
mod goods;
pub mod limits;
mod order;
pub mod planted;
pub mod unit;
pub mod urgency;
