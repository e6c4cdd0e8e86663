//! What Baton can do: one trait per resource. Validation and authorisation happen behind these methods, once,
//! whoever calls: REST, server functions, the command line.
//!
//! Every method takes the [`Caller`] and answers with a [`Problem`] if it refuses or fails.

mod agents;
mod approvals;
mod artifacts;
mod auth;
mod claims;
mod conflicts;
mod connections;
mod contracts;
mod decisions;
mod egress;
mod events;
mod health;
mod limits;
mod members;
mod metrics;
mod models;
mod notifications;
mod plans;
mod replays;
mod runs;
mod servers;
mod tasks;
mod topics;
mod tracing;
mod workflows;

use std::sync::Arc;

pub use agents::AgentService;
pub use approvals::ApprovalService;
pub use artifacts::{ArtifactContent, ArtifactService, ByteStream, NewArtifact};
pub use auth::{AuthService, Authenticated, ClientInfo, Credential};
pub use claims::ClaimService;
pub use conflicts::ConflictService;
pub use connections::ConnectionService;
pub use contracts::ContractService;
pub use decisions::DecisionService;
pub use egress::EgressService;
pub use events::{EventService, LiveItem, LiveStream};
pub use health::HealthService;
pub use limits::LimitService;
pub use members::MemberService;
pub use metrics::MetricsService;
pub use models::ModelService;
pub use notifications::NotificationService;
pub use plans::PlanService;
pub use replays::ReplayService;
pub use runs::RunService;
pub use servers::ServerService;
pub use tasks::TaskService;
pub use topics::TopicService;
pub use tracing::TraceService;
pub use workflows::WorkflowService;

use crate::problem::Problem;
use crate::user::Caller;

/// The answer of every service method.
pub type Answer<T> = Result<T, Problem>;

/// All services, as the gateway and the server functions find them.
#[derive(Clone)]
pub struct Services {
    /// Sign-in, sessions, tokens.
    pub auth: Arc<dyn AuthService>,
    /// Users and API keys.
    pub members: Arc<dyn MemberService>,
    /// Tasks.
    pub tasks: Arc<dyn TaskService>,
    /// Concurrency limits.
    pub limits: Arc<dyn LimitService>,
    /// Logs, spans and errors of tasks.
    pub traces: Arc<dyn TraceService>,
    /// Stored files.
    pub artifacts: Arc<dyn ArtifactService>,
    /// Agents and skills.
    pub agents: Arc<dyn AgentService>,
    /// Connections to outside APIs and databases.
    pub connections: Arc<dyn ConnectionService>,
    /// Where agents may reach out to.
    pub egress: Arc<dyn EgressService>,
    /// Claims on shared things.
    pub claims: Arc<dyn ClaimService>,
    /// Lines of versions, and changes that disagree.
    pub conflicts: Arc<dyn ConflictService>,
    /// Contracts, and bargaining over what is shared.
    pub contracts: Arc<dyn ContractService>,
    /// Decisions between agents and people.
    pub decisions: Arc<dyn DecisionService>,
    /// Language models.
    pub models: Arc<dyn ModelService>,
    /// What waits for people.
    pub notifications: Arc<dyn NotificationService>,
    /// Servers and workers.
    pub servers: Arc<dyn ServerService>,
    /// The event log and its live end.
    pub events: Arc<dyn EventService>,
    /// Measurements.
    pub metrics: Arc<dyn MetricsService>,
    /// Topics, their messages and subscriptions.
    pub topics: Arc<dyn TopicService>,
    /// Documents of workflows.
    pub workflows: Arc<dyn WorkflowService>,
    /// Plans: goals and the workflows that were made for them.
    pub plans: Arc<dyn PlanService>,
    /// Runs of workflows.
    pub runs: Arc<dyn RunService>,
    /// What was recorded of runs.
    pub replays: Arc<dyn ReplayService>,
    /// What runs ask people for.
    pub approvals: Arc<dyn ApprovalService>,
    /// Health.
    pub health: Arc<dyn HealthService>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

/// A call with the caller that makes it; what server functions find in their context.
#[derive(Debug, Clone)]
pub struct CallerContext(pub Caller);
