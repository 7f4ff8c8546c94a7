//! The HTTP interface over real HTTP: a centre in this process on a free port, SQLite in a
//! temporary folder, a checkpoint whose ledger is copied by hand. The place of a test says the
//! address it tests.

#[path = "../made/mod.rs"]
mod made;

mod alarms;
mod cases;
mod centre_under_test;
mod duty;
mod events;
mod leaks;
mod links;
mod notifications;
mod open;
mod queue;
mod reasons;
mod restart;
mod search;
mod session;
mod time;
mod wall;
