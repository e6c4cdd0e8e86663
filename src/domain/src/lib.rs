//! The words and rules of Baton: types, transition tables, service and port traits, wire types.
//!
//! Everything here is pure and builds for the browser too: no runtime, no SQL, no clock reads. Other
//! crates act; this one says what may happen and what it is called.

pub mod agent;
pub mod connection;
pub mod egress;
pub mod event;
pub mod id;
pub mod invariants;
pub mod model;
mod named;
pub mod page;
pub mod ports;
pub mod problem;
pub mod schema;
pub mod server;
pub mod services;
pub mod task;
pub mod time;
pub mod topic;
pub mod user;
pub mod wire;
