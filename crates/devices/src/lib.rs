//! Bytes from equipment to readings, and back: one file a wire format.
//!
//! Every decoder here is a pure function over bytes: no socket, no file, no clock, no
//! randomness. A reading comes out, or a [`garbled::Garbled`] that names the byte and the reason;
//! nothing panics, whatever the wire carries. Drivers (sockets, retries, journals) live in
//! `checkpoint`; judging a reading lives in `domain`. Each format has an encoder beside its
//! decoder so that simulated equipment speaks the real thing.

pub mod barrier;
pub mod container;
pub mod decode;
pub mod dimensions;
pub mod document;
pub mod garbled;
pub mod limits;
pub mod plate;
pub mod radiation;
pub mod weighing;
pub mod xray;
