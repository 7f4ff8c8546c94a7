//! `beket decode FORMAT FILE`: the bytes of one file to the reading as JSON. One file a format.

pub mod aspect;
mod codes;
pub mod iso6346;
pub mod mrz;
pub mod n42;
pub mod plate;
pub mod vm250;
pub mod wim;

pub use aspect::aspect;
pub use iso6346::iso6346;
pub use mrz::mrz;
pub use n42::n42;
pub use plate::plate;
pub use vm250::vm250;
pub use wim::wim;
