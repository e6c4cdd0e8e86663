//! What a server is to the others: its kind, and whether it takes work.

use serde::{Deserialize, Serialize};

use crate::id::ServerId;
use crate::named::named_enum;

named_enum!(
    /// What a process of Baton does.
    ServerKind {
        /// Dashboard, API and agents.
        Server = "server",
        /// Agents alone.
        Worker = "worker",
    }
);

named_enum!(
    /// What a server takes on.
    ServerStatus {
        /// Takes work.
        Active = "active",
        /// Finishes what it has and takes no more.
        Draining = "draining",
    }
);

/// A server, as what it did remembers it: its row goes when it has gone, what it did stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerRef {
    /// The run of it.
    pub id: ServerId,
    /// What it was called.
    pub name: String,
}
