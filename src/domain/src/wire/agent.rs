//! How agents are shown.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentStatus, CircuitState, Family, InstanceKind, InstanceRange, InstanceStatus, Needs, Strategy};
use crate::id::{AgentId, EventSeq, TaskId};
use crate::time::Timestamp;
use crate::wire::task::{Explanation, ScoreTerm};

/// An agent and what it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentView {
    /// The agent.
    pub id: AgentId,
    /// Its unique name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The kind of work it does.
    pub family: Family,
    /// Whether it takes work.
    pub status: AgentStatus,
    /// The names of its skills.
    pub skills: Vec<String>,
    /// Properties that tasks may require of it.
    pub labels: Vec<String>,
    /// How many attempts it takes at once, with all its instances.
    pub slots: u32,
    /// How many it has now, but for those that wait without a slot for the tasks that they asked for.
    pub busy: u32,
    /// Attempts that completed, ever.
    pub completed: u64,
    /// Attempts that failed, timed out or were lost, ever.
    pub failed: u64,
    /// When it last began or ended an attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
    /// When it was first registered.
    pub registered_at: Timestamp,
    /// Its version, as it registered last; empty for what was stored before agents had one.
    #[serde(default)]
    pub version: String,
}

/// An agent with what it runs at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentDetail {
    /// What lists show.
    pub agent: AgentView,
    /// How it stands with the balancer of the server that answers. If that server does not carry it, how it stands with those that do, as they
    /// last said with their heartbeats; absent if nobody carries it. Its circuit is then the worst of those of the servers and workers that
    /// live: an open one before a half open one before a closed one; of two that are open, the one that is tried again later; then the one with more failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<AgentStanding>,
    /// Its instances in other servers and workers, those of each told as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<InstanceView>,
    /// The tasks it has now.
    pub running: Vec<TaskId>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// All agents, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentList {
    /// The agents.
    pub items: Vec<AgentView>,
    /// How those that the answering server carries stand with its balancer, by name.
    pub standings: Vec<AgentStanding>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// How an agent stands with a server's balancer: what is counted in memory and starts anew with the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentStanding {
    /// The agent.
    pub agent_id: AgentId,
    /// Whether it is left alone because it fails.
    pub circuit: CircuitView,
    /// Its instances, those of this server first.
    pub instances: Vec<InstanceView>,
    /// Between how many instances it has.
    pub range: InstanceRange,
    /// The share of its latest attempts that succeeded, 0 to 1.
    pub success_rate: f64,
    /// What an attempt costs, in millionths of the installation's currency; 0 if nothing.
    #[serde(default)]
    pub cost_micros: u64,
    /// How its skills are balanced.
    pub skills: Vec<SkillStanding>,
}

/// The circuit breaker of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CircuitView {
    /// Its state.
    pub state: CircuitState,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// The share of failures among the latest attempts, 0 to 1.
    pub failure_rate: f64,
    /// Until when it stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
}

/// An instance of an agent, or all that another server or worker has of it, as the best of them is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceView {
    /// Its number among the agent's instances on its host, from 1.
    pub number: u32,
    /// Where it runs.
    pub kind: InstanceKind,
    /// The name of the host.
    pub host: String,
    /// The name of the server or worker; absent for the server that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// How it is.
    pub status: InstanceStatus,
    /// How many attempts it takes at once.
    pub slots: u32,
    /// How many it has, but for those that wait without a slot for the tasks that they asked for.
    pub busy: u32,
    /// Starts that failed and deaths since it last did work; of several, the most that one has.
    pub failures: u32,
    /// When it is started again; of several, the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Timestamp>,
    /// The agent's circuit on the other server or worker, which has one of its own; absent for the server that answers, and while the
    /// other has said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit: Option<CircuitView>,
}

/// How a skill of an agent is balanced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillStanding {
    /// The skill.
    pub skill: String,
    /// By what agents are chosen for it.
    pub strategy: Strategy,
    /// What an attempt takes of its host.
    pub needs: Needs,
    /// The 95th percentile of its latest attempts, in milliseconds; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
}

/// How work is balanced on the server that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Balancing {
    /// The host of the server and what is taken of it.
    pub host: HostView,
    /// What the terms of `weighted` count; `value` is not used here and stands at 0.
    pub weights: Vec<ScoreTerm>,
    /// Every skill, by name.
    pub skills: Vec<SkillBalancing>,
}

/// A host and what is taken of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostView {
    /// Its name.
    pub name: String,
    /// How many servers and workers of this installation share it, the answering one included. What was found on it is divided among them.
    pub shared_by: u32,
    /// Thousandths of a core that the answering server has of it for attempts.
    pub cpu_millicores: u32,
    /// Thousandths of a core that attempts have taken.
    pub cpu_taken_millicores: u32,
    /// MiB of memory that the answering server has of it for attempts.
    pub memory_mib: u32,
    /// MiB of memory that attempts have taken.
    pub memory_taken_mib: u32,
    /// The models that it has.
    pub models: Vec<String>,
}

/// How a skill is balanced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillBalancing {
    /// The skill.
    pub skill: String,
    /// By what agents are chosen.
    pub strategy: Strategy,
    /// What an attempt takes of its host.
    pub needs: Needs,
    /// Whether the host could ever give that.
    pub fits: bool,
    /// What the choice would be for a task without labels that came now; no candidates if it had to wait.
    pub now: Explanation,
}
