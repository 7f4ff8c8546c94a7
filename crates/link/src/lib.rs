//! Two ledgers over a bad wire.
//!
//! [`session::Session`] is the protocol: pure, time and bytes come in as arguments. [`driver`] is
//! a thin shell around it: QUIC with mutual TLS, dialled by the checkpoint. [`enrol`] says who may
//! speak for which checkpoint. [`parcel`] carries the same frames in a file. `docs/link.md` opens with the bytes of a frame.
//!
//! What is *not* here: what a fact means, who decides, any queue that would survive a restart. A
//! session is rebuilt from what the two ledgers hold; nothing else remembers how far it came.

pub mod bench;
pub mod completeness;
pub mod driver;
pub mod emulator;
pub mod enrol;
pub mod frame;
pub mod limits;
pub mod parcel;
pub mod session;
pub mod virtual_wire;

mod blobs;
mod class;
mod credit;
mod dictionary;
#[cfg(test)]
mod pair_tests;
mod records;
