//! Traffic, devices and people that are not there: trucks drawn from a seed, lane equipment that
//! speaks the real wire formats over real sockets, officers at the centre's real interface.
//! It is only a source of inputs: nothing here decides anything about a passage.

pub mod acknowledged;
pub mod board;
pub mod calls;
pub mod chance;
mod client;
pub mod control;
pub mod country;
pub mod demo;
pub mod equipment;
mod events;
pub mod feed;
pub mod injection;
pub mod lane;
pub mod notices;
pub mod officers;
pub mod physics;
pub mod picture;
pub mod radiograph;
pub mod recorded;
pub mod recording;
pub mod script;
pub mod traffic;
pub mod twin;
pub mod waits;
pub mod xray;
