//! The operations centre: pools every checkpoint's cases, draws an officer for each, takes their
//! decisions down to the checkpoint's ledger, and shows who waits for whom.
//!
//! Read in this order: `state` (folds over all ledgers), `main_loop` (`step`, pure), `program` (the
//! shell), then `routes` (the HTTP interface) with `authority` (who may do and see what), `case`
//! and `wall` (what is shown).
//!
//! What is deliberately absent: a copy of any fact in a table (views are folds and may be deleted),
//! a way to open a barrier (only a checkpoint does that, on its own conclusion), a default password.

pub mod authority;
pub mod case;
pub mod checkpoints;
pub mod config;
pub mod db;
pub mod draw;
pub mod limits;
pub mod live;
pub mod main_loop;
pub mod parcels;
pub mod people;
pub mod post_link;
pub mod problem;
pub mod program;
pub mod state;
pub mod time;
pub mod views;
pub mod wall;
pub mod watch;
pub mod wire;

mod app;
mod notice;
mod password;
mod previews;
mod remarks;
mod routes;
mod viewer;

pub use app::{App, Ledgers};
pub use config::Config;
pub use program::{RunError, Running, run};
pub use routes::openapi;
pub use served::clock::Clock;
