//! Does the engine keep its promises whatever happens to it? A seed decides a world, the world runs, and what must hold is checked.
//!
//! The engine is the real one: its dispatcher, attempts, deadlines, heartbeats and recovery. Around it, everything is simulated in
//! one thread whose time moves only when nothing is left to do:
//!
//! - `host`: servers that start, crash, stand still, are cut off and start again, all on one store in memory
//! - `link`: the way from a server to the store, which delays, loses and repeats
//! - `doorbell`: the way from a commit to the servers' buses, which may lose, repeat and reorder
//! - `carrier`: the way of what is fleeting from server to server, which delays and loses
//! - `agent`, `client`, `reader`, `consumer`: whoever works and publishes, asks for work, follows the events, and consumes topics
//! - `plan`: what the seed decides; `blows`: what befalls servers; `check`: what must hold in the end; `messages`, `topics`: what became of messages; `running`: what ran beside and after what; `places`: what waited beside a free place; `trace`: everything that happened, in a line each
//!
//! The same seed gives the same trace: ids, chance and time come from the seed, and nothing here or in the engine asks the
//! machine (docs/adr/018).

mod agent;
mod blows;
mod carrier;
mod check;
mod client;
mod consumer;
mod doorbell;
mod host;
mod ledger;
mod link;
mod messages;
mod places;
mod plan;
mod reader;
mod run;
mod running;
mod sources;
#[macro_use]
mod store;
mod topics;
mod trace;
mod visitor;
mod world;

pub use baton_storage_memory::PlantedBug;
pub use blows::BlowCounts;
pub use messages::MessageCounts;
pub use run::{Outcome, run, run_with_trace};
