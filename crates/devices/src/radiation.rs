//! Radiation portals: three wire formats, one shape of answer. A portal's messages become
//! [`portal::PortalMessage`]s; whether an alarm is innocent is *not* decided here but in
//! `domain::stage::radiation`, and the device's own alarm is never replaced by arithmetic of ours.

pub mod aspect;
pub mod filter;
pub mod n42;
pub mod occupancy;
pub mod portal;
pub mod shape;
pub mod vm250;
