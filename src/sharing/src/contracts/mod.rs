//! Who does it? Contracts as a service: agents bid by what was measured of them, callers by what they say, and the work is a task or a report.
//!
//! A contract's journal has a fact for each of its events; the contract is what they made it. Whatever must be done outside (bids, tasks) is computed from that and
//! done after it is stored, under keys that are the same each time.

mod drive;
mod facts;
mod service;
mod stored;
mod views;

pub(crate) use service::key_of;
