//! Does a run come to the same once more, with nothing outside?
//!
//! What a run was told and given is stored: its facts in its journal, its tasks with their inputs and results, every call of a model. Of that a
//! [`Recording`](baton_negotiation::replay::Recording) is made, which can be kept, and compared with another one; and the run can be gone through again: the core is told the
//! same facts, each of its commands must be the one that was carried out, and each agent of this program does its work once more, answered from what
//! was recorded.
//!
//! - `stored`: a run as it is stored; `evidence`: what was recorded of a task
//! - `assemble`: the recording of a run; `diff`: two of them side by side; `rewrite`: what differs from run to run although nothing else does
//! - `told`: what it was told; `drive`: the core and the agents once more; `lines`: what an agent is answered; `tally`: bounds and the report
//! - `service`: what people and programs ask

mod assemble;
mod diff;
mod drive;
mod evidence;
mod lines;
mod rewrite;
mod service;
mod stored;
mod tally;
mod told;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::ProjectId;
use baton_domain::ports::{Clock, Rehearsals};
use baton_storage::{ArtifactStore, JournalStore, ModelStore, TaskStore, WorkflowStore};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use assemble::MAXIMUM_RECORDING_BYTES;
pub use tally::ReplayBounds;

/// How long a replay may take that somebody waits for.
pub const MAXIMUM_WAITED: Duration = Duration::from_secs(60);

/// How many recordings a server shows, and pairs of runs it compares, at once, of all projects; others wait.
const COMPARED_AT_ONCE: usize = 2;

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
    /// What a replay that somebody waits for may take.
    bounds: ReplayBounds,
    /// The projects of which a replay is under way.
    under_way: Mutex<HashSet<ProjectId>>,
    /// Those who want to see or compare recordings take turns: each holds one or two.
    comparing: Semaphore,
}

impl Replays {
    /// On these parts.
    #[must_use]
    pub fn new(parts: ReplayParts) -> Self {
        let bounds = ReplayBounds { time: MAXIMUM_WAITED, ..ReplayBounds::default() };
        Self { parts, bounds, under_way: Mutex::default(), comparing: Semaphore::new(COMPARED_AT_ONCE) }
    }
}
