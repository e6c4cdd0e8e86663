//! How does Baton reach other programs? Through [`egress`], the only HTTP client; here, its own API from outside.

pub mod baton_api;
pub mod egress;
pub mod trusted;
