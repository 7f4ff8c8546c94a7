//! The program at the border post: main loop, device drivers, local screen, barrier.
//!
//! Read `main_loop` first: it is pure and says everything the checkpoint does; `turn` carries one
//! event through it, nothing before it is durable. `program` is the shell around both, `drivers` and
//! `http` bring events in, `uplink` speaks with the centre, `parcels` takes what came by hand, `room`
//! looks after disk and line. No
//! rule about trucks lives here; those are `domain`'s.

pub mod config;
pub mod hearing;
pub mod intake;
pub mod limits;
pub mod main_loop;
pub mod parcels;
pub mod program;
pub mod turn;

mod drivers;
mod http;
mod journal;
mod room;
mod uplink;

pub use crate::config::Config;

/// A PIN as the configuration keeps it: argon2 in PHC form.
pub fn pin_hash(pin: &str) -> Result<String, String> {
    use argon2::password_hash::PasswordHasher;
    let hash = argon2::Argon2::default().hash_password(pin.as_bytes());
    hash.map(|it| it.to_string()).map_err(|why| why.to_string())
}
