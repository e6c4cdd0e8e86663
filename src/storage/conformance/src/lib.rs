//! What must every store do? One suite of cases, written against the traits only and run on each back-end.
//!
//! A back-end says how it is opened ([`Backend`]) and takes the whole suite with one line of a test file:
//!
//! ```text
//! baton_storage_conformance::conformance!(Fresh::new());
//! ```
//!
//! Each case becomes a test with a name of its own and a store of its own. After each case the catalogue of invariants
//! is checked over everything that the store holds, and what its sink was told is compared with its log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    clippy::missing_panics_doc,
    reason = "tests: a case's name says what it states, and a panic is its report"
)]

pub mod agent_memory;
pub mod agents;
pub mod api_keys;
pub mod artifacts;
pub mod cases;
mod dice;
pub mod durable;
pub mod events;
pub mod journal_lists;
pub mod journals;
pub mod limits;
mod list;
pub mod machine;
mod make;
pub mod metrics;
pub mod models;
pub mod notifications;
pub mod retention;
pub mod servers;
pub mod sessions;
pub mod settings;
pub mod tasks;
pub mod together;
pub mod topics;
pub mod traces;
pub mod users;
pub mod walk;
pub mod workflows;
mod world;

use std::sync::Arc;

use async_trait::async_trait;
use baton_storage::{CommitSink, Store};
use futures::future::LocalBoxFuture;

pub(crate) use list::plain;
pub use world::{Recording, World};

/// How a back-end is opened. A case runs on one thread.
#[async_trait(?Send)]
pub trait Backend {
    /// Opens the store; there is nothing in it.
    async fn open(&mut self, sink: Arc<dyn CommitSink>) -> Arc<dyn Store>;

    /// Closes the store and opens the same data again; `None` if this back-end keeps none.
    async fn reopen(&mut self, sink: Arc<dyn CommitSink>) -> Option<Arc<dyn Store>>;
}

/// Runs one case on a fresh store, then checks what must hold whatever happened.
pub fn run(backend: Box<dyn Backend>, case: fn(&World) -> LocalBoxFuture<'_, ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::open(backend).await;
        case(&world).await;
        if !world.is_closed() {
            world.holds().await;
        }
    });
}
