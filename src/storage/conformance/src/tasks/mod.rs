//! What does the contract say of tasks and attempts?

pub mod advance;
pub mod begin;
pub mod cancel;
pub mod checkpoints;
pub mod complete;
pub mod dependencies;
pub mod due;
pub mod ends;
pub mod idempotency;
pub mod insert;
pub mod leases;
pub mod lists;
pub mod ready;
pub mod story;
pub mod table;
pub mod voted;
