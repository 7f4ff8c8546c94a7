//! Time at the border over many passages, from facts alone: what `domain::measure` says of one
//! passage, gathered into percentiles by component, stage, body, post and hour, and written in
//! the words of others (WCO, CAREC, OCEL, XES).
//!
//! What is *not* here: how one passage's time is attributed (`domain::measure`), any screen, and
//! any figure that is not computed from records somebody else can hold as well.

pub mod cpmm;
pub mod crossing;
pub mod event_log;
pub mod ledgers;
pub mod ocel;
pub mod survey;
pub mod trs;
pub mod xes;

pub use crossing::Crossing;
pub use survey::{Figures, Spread, Survey};
