//! What is stored of agents.

use async_trait::async_trait;
use baton_domain::agent::{AgentCard, AgentStatus, InstanceStatus};
use baton_domain::id::{AgentId, EventSeq};
use baton_domain::server::{ServerKind, ServerRef, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::agent::{AgentView, CircuitView};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// An agent that this server carries.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentRegistration {
    /// The identifier it gets if its name is new.
    pub id: AgentId,
    /// What it says of itself.
    pub card: AgentCard,
}

/// Agents, read in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentsAt {
    /// The agents, by name; `busy` counts the leases they hold, `slots` those of all servers that carry them.
    pub items: Vec<AgentView>,
    /// The newest event at that moment.
    pub as_of: EventSeq,
}

/// An agent of the cluster, with who carries it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAgent {
    /// Its identifier.
    pub id: AgentId,
    /// Whether somebody wants it to take work.
    pub status: AgentStatus,
    /// What it says of itself, as it was registered last.
    pub card: AgentCard,
    /// The servers and workers that carry it, by their names; none once the last one has gone.
    pub carried: Vec<Carrying>,
}

/// A server or worker that carries an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Carrying {
    /// Which.
    pub server: ServerRef,
    /// What it does.
    pub kind: ServerKind,
    /// The machine it runs on.
    pub host: String,
    /// Whether it takes work.
    pub status: ServerStatus,
    /// How many attempts of the agent it takes at once.
    pub slots: u32,
    /// How many it has now.
    pub busy: u32,
    /// When it last said that it lives.
    pub seen_at: Timestamp,
    /// How the agent stands there, as it last said; `None` if it has said nothing since it joined or since somebody closed the circuit, and if
    /// what it said cannot be read.
    pub standing: Option<CarriedStanding>,
}

/// How an agent stands on a server that carries it: what that server counts in memory, and tells the others with its heartbeat. All
/// instances that it has there are told as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarriedStanding {
    /// Whether it is left alone there because it fails.
    pub circuit: CircuitView,
    /// How many attempts at once its circuit lets through while it is half open.
    pub probes: u32,
    /// How the best of its instances is.
    pub status: InstanceStatus,
    /// How many attempts all its instances together take at once while they are in order.
    pub slots: u32,
    /// How many they take as they are.
    pub usable: u32,
    /// Attempts that run there without a slot, since they wait for others.
    #[serde(default)]
    pub aside: u32,
    /// Starts that failed and deaths since it last did work, of the instance that has the most.
    pub failures: u32,
    /// When the first of its instances that wait is started again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Timestamp>,
    /// Those of its skills for which its host has not enough left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_room: Vec<String>,
}

/// Agents.
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores what agents say of themselves; those known by name keep identifier, status and counts. Agents that are
    /// not among them are no longer listed, unless a server that has joined carries them. Of one that appears there is an event, and of one that
    /// has another version than it registered with before, listed or not.
    ///
    /// # Errors
    /// Only those of storage.
    async fn register_agents(&self, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError>;

    /// All agents.
    ///
    /// # Errors
    /// Only those of storage.
    async fn agents(&self) -> Result<AgentsAt, StoreError>;

    /// The agents that are listed, and those that are not since an instant after this one, by name; with their cards and with who
    /// carries them.
    ///
    /// # Errors
    /// Only those of storage.
    async fn known_agents(&self, gone_after: Timestamp) -> Result<Vec<KnownAgent>, StoreError>;

    /// Changes whether an agent takes work; gives it as it is now, `None` if there is no such agent.
    ///
    /// # Errors
    /// Only those of storage.
    async fn set_agent_status(
        &self,
        id: AgentId,
        status: AgentStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<AgentView>, StoreError>;

    /// Lets the event log say that somebody closed an agent's circuit, for all that carry it; gives the agent, `None` if there is no such one.
    /// What they said before of how it stands there holds no longer.
    ///
    /// # Errors
    /// Only those of storage.
    async fn announce_circuit_reset(&self, id: AgentId, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError>;
}

/// The kind of the event that says that an agent registered with another version than it had.
pub const VERSION_CHANGED: &str = "agent.version_changed";

/// The version that a stored card names; empty if it names none, or cannot be read.
#[must_use]
pub fn version_of(card: &str) -> String {
    #[derive(Default, Deserialize)]
    struct Named {
        #[serde(default)]
        version: String,
    }
    serde_json::from_str::<Named>(card).unwrap_or_default().version
}

/// The kind of the event that says that somebody closed an agent's circuit.
pub const CIRCUIT_RESET: &str = "agent.circuit_reset";
