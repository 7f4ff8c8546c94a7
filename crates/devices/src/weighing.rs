//! Axle loads: our own line protocol for scales and profilers, the accuracy classes behind every
//! uncertainty, and the records of weigh-in-motion sites. It weighs nothing against a limit:
//! limits are dated data of a procedure.

pub mod accuracy;
pub mod line;
pub mod wim_record;

pub use accuracy::AccuracyClass;
pub use line::{WeighMessage, decode};
