//! What is stored of the servers and workers that share one database: who lives, who leads, who holds which leases.
//!
//! Every instant here is one that servers compare with each other, so all of them take it from one clock, that of the
//! database: see the clock of the back-end.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::{EventSeq, LeaseToken, ServerId, TaskId};
use baton_domain::ports::Clock;
use baton_domain::server::{ServerKind, ServerRef, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::server::ServerView;

use crate::{CarriedStanding, StoreError};

/// A server that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRegistration {
    /// This run of it and its name.
    pub server: ServerRef,
    /// What it does.
    pub kind: ServerKind,
    /// The machine it runs on.
    pub host: String,
    /// Its version.
    pub version: String,
    /// Tells keys that sign tokens apart, and nothing else about them; none if it signs none.
    pub token_key: Option<String>,
    /// The names of the agents it carries, and how many attempts each takes at once.
    pub agents: Vec<(String, u32)>,
}

/// What became of a server's wish to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// It is one of them.
    Joined,
    /// This one, which lives, signs tokens with another key: neither would believe the other's.
    OtherKey(String),
}

/// A server says that it lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// Which.
    pub server: ServerId,
    /// Now.
    pub at: Timestamp,
    /// The leases it holds.
    pub leases: Vec<(TaskId, LeaseToken)>,
    /// Until when it is to be believed.
    pub until: Timestamp,
    /// How the agents that it carries stand there, by their names; those that are not among them stay as it said before.
    pub agents: Vec<(String, CarriedStanding)>,
}

/// What it hears.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beaten {
    /// Whether it takes work; `None` if it was thought dead and must join again.
    pub status: Option<ServerStatus>,
    /// Those of its leases that are stale, in the order given.
    pub stale: Vec<(TaskId, LeaseToken)>,
    /// Those whose tasks somebody wants to end, in the order given.
    pub cancel: Vec<(TaskId, LeaseToken)>,
}

/// Servers, read in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServersAt {
    /// The servers, by name.
    pub items: Vec<ServerView>,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// Who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// The server.
    pub server: ServerId,
    /// Grows whenever another server takes over.
    pub term: i64,
    /// Until when it is believed.
    pub until: Timestamp,
}

/// Says that a server lives. Apart from the rest, so that this can stand on a connection and a thread of its own.
#[async_trait]
pub trait Heart: Send + Sync {
    /// Believes a server and its leases for another span. One that comes late or twice moves nothing back.
    ///
    /// # Errors
    /// Only those of storage.
    async fn beat(&self, beat: Beat) -> Result<Beaten, StoreError>;
}

/// Servers and workers.
#[async_trait]
pub trait ServerStore: Heart {
    /// Whether several servers may use this store at once. If not, its one server is the leader, and whoever held leases
    /// when it starts is gone.
    fn is_shared(&self) -> bool {
        false
    }

    /// The clock that all servers on this store share; `None` if there is only one server, whose own clock holds.
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        None
    }

    /// A heart that beats whatever the rest of the store is doing, to be used from one thread alone; `None` if this store
    /// has no better one than itself.
    fn own_heart(&self) -> Option<Arc<dyn Heart>> {
        None
    }

    /// Joins, or joins again, if every other server seen after `alive_since` signs tokens with the same key.
    ///
    /// # Errors
    /// Only those of storage.
    async fn join_server(&self, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError>;

    /// Forgets a server that stops, and steps down for it. Agents that no server carries any more are no longer listed,
    /// as long as there is another server.
    ///
    /// # Errors
    /// Only those of storage.
    async fn leave_server(&self, id: ServerId, at: Timestamp) -> Result<(), StoreError>;

    /// Forgets servers that have been silent since an instant, as if they had left; gives which. Their leases end by
    /// themselves.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_servers(&self, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, StoreError>;

    /// All servers; `busy` counts the leases they hold, `leads` is said of whoever leads at `now`.
    ///
    /// # Errors
    /// Only those of storage.
    async fn servers(&self, now: Timestamp) -> Result<ServersAt, StoreError>;

    /// Changes whether a server takes work; gives it as it is now, `None` if there is no such server.
    ///
    /// # Errors
    /// Only those of storage.
    async fn set_server_status(
        &self,
        id: ServerId,
        status: ServerStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<ServerView>, StoreError>;

    /// Leads until an instant, if nobody else leads at `at`; gives who leads now.
    ///
    /// # Errors
    /// Only those of storage.
    async fn lead(&self, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError>;
}
