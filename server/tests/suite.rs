//! Does the binary do what it promises: over REST, in its pages, beside others, when it is killed?

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod access;
mod agent_claims;
mod agent_topics;
mod assistance;
mod bad_inputs;
mod child_processes;
mod citations;
mod cluster;
mod contracts;
mod coordination;
mod councils;
mod database_outage;
mod deciding;
mod disk_full;
mod egress;
mod escalations;
mod followers;
mod forks;
mod forms;
mod goals;
mod harness;
mod housekeeping;
mod kept_folders;
mod kills;
mod layers;
mod line_votes;
mod model_trust;
mod models;
mod one_door;
mod outside;
mod pausing;
mod planning;
mod redis_outage;
mod replays;
mod shared_redis;
mod skills;
mod sockets;
mod start;
mod versions;
mod watching;
mod work;
mod workers;
mod workflow_kills;
