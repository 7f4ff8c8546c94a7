//! Radiographs: delivery over HTTP ([`delivery`]), the JPEG 2000 code stream looked at without
//! decoding ([`j2k`]), pixels ([`codec`]) and their meaning ([`log12`]). Nothing here judges a
//! picture: officers do, and no detector of ours marks regions.

pub mod codec;
pub mod delivery;
pub mod j2k;
pub mod log12;
