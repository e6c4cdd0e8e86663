//! How servers and workers are shown.

use serde::{Deserialize, Serialize};

use crate::id::{EventSeq, ServerId};
use crate::server::{ServerKind, ServerStatus};
use crate::time::Timestamp;

/// A server or worker that runs now, or has not been silent for long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerView {
    /// This run of it.
    pub id: ServerId,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: ServerKind,
    /// Whether it takes work.
    pub status: ServerStatus,
    /// The machine it runs on.
    pub host: String,
    /// Its version.
    pub version: String,
    /// How many attempts it takes at once, all its agents together.
    pub slots: u32,
    /// How many it has now.
    pub busy: u32,
    /// Whether it does now what only one server may do: deadlines, rescue of what lost its holder.
    pub leads: bool,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last said that it lives.
    pub seen_at: Timestamp,
}

/// All servers and workers, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerList {
    /// The servers.
    pub items: Vec<ServerView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
