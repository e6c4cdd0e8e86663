//! What do the services of workflows stand on?

use std::sync::Arc;

use baton_domain::ports::Sources;
use baton_domain::services::{AgentService, TaskService};
use baton_storage::{IdentityStore, JournalStore, WorkflowStore};

use crate::decisions::Decisions;

/// What the services of workflows stand on.
#[derive(Clone)]
pub struct Parts {
    /// Where runs and approvals are kept.
    pub journals: Arc<dyn JournalStore>,
    /// Where documents are kept.
    pub workflows: Arc<dyn WorkflowStore>,
    /// Who made which API key: nobody approves through a key of theirs what they asked for.
    pub identities: Arc<dyn IdentityStore>,
    /// Who does the work of steps.
    pub tasks: Arc<dyn TaskService>,
    /// Which skills there are.
    pub agents: Arc<dyn AgentService>,
    /// Who holds decisions, if somebody does.
    pub decisions: Option<Arc<dyn Decisions>>,
    /// Time, identifiers and chance.
    pub sources: Sources,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}
