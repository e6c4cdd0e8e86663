//! What does this server have to do with the others on its database?
//!
//! - [`membership`]: who is there, and how one joins and leaves
//! - [`leadership`]: who does what only one server may do
//! - [`chores`]: who cleans up
//! - [`elsewhere`]: what agents do that this server does not carry
//! - [`carriers`]: how agents stand where others carry them
//! - [`doorbell`]: how what others committed reaches the parts that wait for it here
//! - `service`: what people ask of servers, as the server service

pub(crate) mod carriers;
mod chores;
pub(crate) mod doorbell;
pub(crate) mod elsewhere;
pub(crate) mod leadership;
pub(crate) mod membership;
mod service;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use baton_domain::server::{ServerRef, ServerStatus};
use baton_storage::ServerRegistration;

pub use chores::Chores;
pub use leadership::Leadership;
pub(crate) use service::ServersService;

/// The taking of attempts, which ends before the rest of a server does.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<AtomicBool>);

impl Claims {
    /// From now on no attempt is taken.
    pub fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// This server among the others.
#[derive(Debug)]
pub(crate) struct Cluster {
    registration: ServerRegistration,
    shared: bool,
    leadership: Leadership,
    chores: Chores,
    draining: AtomicBool,
    closing: Claims,
    /// How many servers take work, and how many of them come before this one.
    of: AtomicU32,
    place: AtomicU32,
}

impl Cluster {
    fn new(registration: ServerRegistration, shared: bool) -> Self {
        let leadership = if shared { Leadership::wanted() } else { Leadership::undisputed() };
        Self {
            registration,
            shared,
            leadership,
            chores: Chores::new(!shared),
            draining: AtomicBool::new(false),
            closing: Claims::default(),
            of: AtomicU32::new(1),
            place: AtomicU32::new(0),
        }
    }

    /// This server.
    pub(crate) const fn server(&self) -> &ServerRef {
        &self.registration.server
    }

    /// The machine that this server runs on.
    pub(crate) fn host(&self) -> &str {
        &self.registration.host
    }

    /// Whether there may be others.
    pub(crate) const fn is_shared(&self) -> bool {
        self.shared
    }

    /// Whether this server leads.
    pub(crate) fn leads(&self) -> bool {
        self.leadership.leads()
    }

    /// The same, for others to ask.
    pub(crate) fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Whether the clean-up falls to this server.
    pub(crate) fn chores(&self) -> Chores {
        self.chores.clone()
    }

    /// Whether this server takes no more attempts.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed) || self.closing.0.load(Ordering::Relaxed)
    }

    /// What ends the taking of attempts.
    pub(crate) fn claims(&self) -> Claims {
        self.closing.clone()
    }

    /// Somebody decided whether this server takes work.
    pub(crate) fn set_status(&self, status: ServerStatus) {
        let draining = status == ServerStatus::Draining;
        if self.draining.swap(draining, Ordering::Relaxed) != draining {
            tracing::info!(%status, "whether this server takes work has changed");
        }
    }

    /// How many of the servers that take work come before this one, and how many there are.
    pub(crate) fn part(&self) -> (u32, u32) {
        (self.place.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed).max(1))
    }

    fn set_part(&self, place: u32, of: u32) {
        self.place.store(place, Ordering::Relaxed);
        self.of.store(of.max(1), Ordering::Relaxed);
    }
}

/// What all tasks of the engine share, as these parts name it.
type Shared = Arc<crate::engine::Shared>;
