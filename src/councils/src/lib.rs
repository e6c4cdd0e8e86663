//! How do decisions between agents and people outlive every process?
//!
//! The rules are those of `baton-decisions`: a machine that is told facts and says commands. Here it gets a memory and hands: facts are stored as the
//! journal of the decision, commands become tasks of agents and questions to people, and what comes back becomes facts again. Whoever crashes between two
//! steps finds the same commands under the same names, and what was begun twice is begun once, since tasks are submitted under these names.
//!
//! - [`Councils`]: the service, and the driver beside it ([`Councils::run`], [`Councils::heard`])
//! - `request`, `step`, `cast`, `family`: what may be asked for, in which words, of whom, and whose models answer
//! - `council`: a decision as it is stored, and its turns
//! - `asking`, `hearing`: commands become tasks, and their results become facts
//! - `votes`: tasks that several do, and what their answers come to
//! - `view`, `lab`: what people see
//! - `recount`: whether what is stored still comes to what was decided

mod asking;
mod cast;
mod council;
mod driver;
mod family;
mod hearing;
mod kept;
mod lab;
mod recount;
mod request;
mod service;
mod step;
mod view;
mod votes;

use std::sync::Arc;

use baton_domain::ports::Sources;
use baton_domain::services::{AgentService, TaskService};
use baton_storage::{EventStore, IdentityStore, JournalStore, ModelStore, SettingsStore};

pub use driver::MAXIMUM_PAUSE;

/// What the service stands on.
#[derive(Clone)]
pub struct CouncilParts {
    /// Where decisions are kept.
    pub journals: Arc<dyn JournalStore>,
    /// What tasks spent.
    pub spending: Arc<dyn ModelStore>,
    /// Which models answer for agents.
    pub models: Arc<dyn SettingsStore>,
    /// Who may be asked.
    pub users: Arc<dyn IdentityStore>,
    /// Where it is remembered who was refused.
    pub events: Arc<dyn EventStore>,
    /// Which agents may be asked.
    pub agents: Arc<dyn AgentService>,
    /// What gives agents their work.
    pub tasks: Arc<dyn TaskService>,
    /// Time, identifiers, chance.
    pub sources: Sources,
}

impl std::fmt::Debug for CouncilParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CouncilParts")
    }
}

/// Decisions: the service, and what drives them on.
pub struct Councils {
    pub(crate) parts: CouncilParts,
    pub(crate) kept: kept::Kept,
    pub(crate) desk: driver::Desk,
    pub(crate) judged: lab::JudgedCache,
    pub(crate) routes: lab::RecordsCache,
    pub(crate) counted: recount::Counted,
}

impl Councils {
    /// Decisions over these parts. Nothing goes on before [`run`](Self::run) is called; a service without it only stores.
    #[must_use]
    pub fn new(parts: CouncilParts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            kept: kept::Kept::default(),
            desk: driver::Desk::default(),
            judged: lab::JudgedCache::default(),
            routes: lab::RecordsCache::default(),
            counted: recount::Counted::default(),
        })
    }
}

impl std::fmt::Debug for Councils {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Councils")
    }
}
