//! `beket decode FORMAT FILE`: the bytes of one file to the reading as JSON. One file a format.

pub mod aspect;
pub mod vm250;

pub use aspect::aspect;
pub use vm250::vm250;
