//! Does a run come to the same once more, with nothing outside?
//!
//! What a run was told and given is stored: its facts in its journal, its tasks with their inputs and results, every call of a model. Of that a
//! [`Recording`](baton_negotiation::replay::Recording) is made, which can be kept, and compared with another one; and the run can be gone through again: the core is told the
//! same facts, each of its commands must be the one that was carried out, and each agent of this program does its work once more, answered from what
//! was recorded.
//!
//! - `stored`: a run as it is stored; `evidence`: what was recorded of a task
//! - `assemble`: the recording of a run; `diff`: two of them side by side; `rewrite`: what differs from run to run although nothing else does

mod assemble;
mod diff;
mod evidence;
mod rewrite;
mod stored;

pub use assemble::MAXIMUM_RECORDING_BYTES;

use std::sync::Arc;

use baton_domain::ports::{Clock, Rehearsals};
use baton_storage::{ArtifactStore, JournalStore, ModelStore, TaskStore, WorkflowStore};

/// What recordings and replays are made of.
#[derive(Clone)]
pub struct ReplayParts {
    /// Runs, approvals and decisions.
    pub journals: Arc<dyn JournalStore>,
    /// Documents.
    pub workflows: Arc<dyn WorkflowStore>,
    /// Tasks with their inputs and results.
    pub tasks: Arc<dyn TaskStore>,
    /// Calls of models.
    pub models: Arc<dyn ModelStore>,
    /// Which content an artifact has.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// The agents of this program.
    pub rehearsals: Arc<dyn Rehearsals>,
    /// The time, for bounds.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for ReplayParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplayParts")
    }
}

/// Makes recordings of runs, and replays them.
#[derive(Debug)]
pub struct Replays {
    pub(crate) parts: ReplayParts,
}

impl Replays {
    /// On these parts.
    #[must_use]
    pub fn new(parts: ReplayParts) -> Self {
        Self { parts }
    }
}
