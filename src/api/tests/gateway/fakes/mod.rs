//! What stands behind the gateway in its tests: services that answer as they are told and note who called them.
//!
//! They are adapters for testing HTTP, not stores: nothing that is written can be read back.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "tests; not every test binary uses all of it")]

mod decisions;
mod egress;
mod limits;
mod members;
mod notifications;
mod outside;
mod replays;
pub(crate) mod samples;
mod sharing;
mod topics;
mod watch;
mod work;
mod workflows;

use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::services::{Answer, ClientInfo, LiveItem, Services};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission};
use futures::channel::mpsc;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// The moment at which the tests' clock starts.
pub(crate) const START: i64 = 1_800_000_000_000;
/// The SHA-256 of every artifact.
pub(crate) const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// What the services note, and how they are told to answer.
#[derive(Default)]
pub(crate) struct Script {
    /// Every call, as `method caller details`.
    pub(crate) calls: Mutex<Vec<String>>,
    /// Where clients came from, as the authentication saw it.
    pub(crate) clients: Mutex<Vec<ClientInfo>>,
    /// The streams that `follow` gives out, in order; after them silent ones.
    pub(crate) streams: Mutex<VecDeque<mpsc::UnboundedReceiver<Answer<LiveItem>>>>,
    /// The answer of the next page of tasks.
    pub(crate) next_cursor: Mutex<Option<String>>,
    /// Whether sessions that were valid no longer are.
    pub(crate) signed_out: AtomicBool,
    /// Whether those who are signed in were made viewers since.
    pub(crate) demoted: AtomicBool,
    /// Lets a message with the payload `"held"` be published.
    pub(crate) release: Notify,
    /// Whether looking at sessions fails for reasons of storage.
    pub(crate) storage_down: AtomicBool,
    /// Whether the server is not ready.
    pub(crate) unready: AtomicBool,
    /// Milliseconds since [`START`].
    pub(crate) elapsed: AtomicI64,
    ids: AtomicU64,
}

impl Script {
    pub(crate) fn note(&self, call: impl Into<String>) {
        self.calls.lock().push(call.into());
    }

    pub(crate) fn noted(&self) -> Vec<String> {
        self.calls.lock().clone()
    }

    /// A stream for the next subscription, driven by the sender.
    pub(crate) fn stream(&self) -> mpsc::UnboundedSender<Answer<LiveItem>> {
        let (sender, receiver) = mpsc::unbounded();
        self.streams.lock().push_back(receiver);
        sender
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.elapsed.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn allowed(&self, caller: &Caller, permission: Permission, call: String) -> Answer<()> {
        caller.require(permission)?;
        self.note(format!("{call} by {}", caller.principal.label()));
        Ok(())
    }
}

/// All services, answering by one script.
#[derive(Clone)]
pub(crate) struct Fake(pub(crate) Arc<Script>);

pub(crate) fn services(script: &Arc<Script>) -> Services {
    let fake = Arc::new(Fake(Arc::clone(script)));
    Services {
        auth: fake.clone(),
        members: fake.clone(),
        tasks: fake.clone(),
        limits: fake.clone(),
        connections: fake.clone(),
        egress: fake.clone(),
        models: fake.clone(),
        traces: fake.clone(),
        artifacts: fake.clone(),
        agents: fake.clone(),
        servers: fake.clone(),
        events: fake.clone(),
        metrics: fake.clone(),
        topics: fake.clone(),
        claims: fake.clone(),
        conflicts: fake.clone(),
        contracts: fake.clone(),
        decisions: fake.clone(),
        workflows: fake.clone(),
        runs: fake.clone(),
        replays: fake.clone(),
        plans: fake.clone(),
        approvals: fake.clone(),
        notifications: fake.clone(),
        health: fake,
    }
}

pub(crate) fn sources(script: &Arc<Script>) -> Sources {
    let fake = Arc::new(Fake(Arc::clone(script)));
    Sources { clock: fake.clone(), ids: fake.clone(), chance: fake }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START + self.0.elapsed.load(Ordering::SeqCst))
    }
}

impl IdSource for Fake {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.ids.fetch_add(1, Ordering::SeqCst)) + 1000)
    }
}

impl Chance for Fake {
    fn next(&self) -> f64 {
        0.5
    }
}
