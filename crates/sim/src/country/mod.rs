//! The country without sockets, disks and clocks: the real arithmetic over simulated ones, from one
//! seed, in one thread. So far its ledgers: a checkpoint writes, the centre copies, and both disks
//! fail in every way they can; [`ledgers`] runs it, [`checker`] holds it against what was promised,
//! [`campaign`] runs many seeds and plants the mistakes that must be found.
//!
//! Not here yet: lanes, officers, the link's session.

pub mod campaign;
pub mod checker;
pub mod disk;
pub mod ledgers;
mod ready;
mod shelf;
