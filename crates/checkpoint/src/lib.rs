//! The program at the border post: main loop, device drivers, local screen, barrier.
//!
//! Read `main_loop` first: it is pure and says everything the checkpoint does. `program` is the
//! shell around it, `drivers` and `http` bring events in, `uplink` speaks with the centre. No
//! rule about trucks lives here; those are `domain`'s.

pub mod clock;
pub mod config;
pub mod intake;
pub mod limits;
pub mod main_loop;
pub mod program;

mod drivers;
mod http;
mod journal;
mod uplink;

pub use crate::config::Config;
