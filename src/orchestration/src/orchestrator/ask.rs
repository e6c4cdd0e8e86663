//! How does an agent get another skill's help? As a child task of its own task.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::protocol::MAXIMUM_DEPTH;
use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::task::{Failure, NewTask};
use baton_storage::TaskRecord;
use serde_json::Value;

use super::Orchestrator;
use crate::attempt::failure;
use crate::task_manager::cancel;

/// How long one look for the child's end waits before the next.
const LOOK: Duration = Duration::from_secs(30);

/// What an agent asks of another skill.
pub(crate) struct Asked {
    pub(crate) skill: String,
    pub(crate) input: Value,
    /// If several are to do it.
    pub(crate) decide: Option<Box<DecideTerms>>,
}

/// A child task; dropping it before its end cancels it.
pub(crate) struct Child {
    orchestrator: Arc<Orchestrator>,
    id: TaskId,
    ended: bool,
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let (shared, child) = (Arc::clone(&self.orchestrator.shared), self.id);
        tokio::spawn(async move {
            // If this fails or the server dies first, the sweep finds the child once its parent has ended.
            if let Err(error) = cancel::end(&shared, child, &Principal::System).await {
                tracing::warn!(%error, task = %child, "a child could not be asked to end yet");
            }
        });
    }
}

impl Child {
    /// Waits for its end and gives its result.
    pub(crate) async fn ended(mut self) -> Result<Value, Failure> {
        loop {
            let rows = self.orchestrator.wait_for_end(self.id, LOOK).await.map_err(refused)?;
            let summary = rows.task.summary;
            if summary.state.is_terminal() {
                self.ended = true;
                return match (summary.state, rows.result) {
                    (TaskState::Completed, Some(result)) => Ok(result),
                    (state, _) => {
                        Err(summary.failure.unwrap_or_else(|| failure(Code::WorkerLost, format!("The child task is {state}."), false)))
                    }
                };
            }
            if self.orchestrator.shared.stop.is_cancelled() {
                return Err(failure(Code::ShuttingDown, "The server is shutting down.", true));
            }
        }
    }
}

impl Orchestrator {
    /// Takes in a skill's work as a child of a task. It is more urgent than its parent, which has begun and waits for it: an agent whose
    /// queue asks that agent would begin one parent after another before it did anything for the first.
    pub(crate) async fn ask(self: Arc<Self>, parent: &TaskRecord, asked: Asked) -> Result<Child, Failure> {
        let Asked { skill, input, decide } = asked;
        // Those who do it together have tasks below the child's.
        let levels = if decide.is_some() { 2 } else { 1 };
        if parent.depth + levels > MAXIMUM_DEPTH {
            return Err(failure(Code::NestedTooDeep, format!("Tasks may ask for one another at most {MAXIMUM_DEPTH} deep."), false));
        }
        let caller = Caller { project: parent.summary.project_id, principal: parent.created_by.clone(), ..Caller::system() };
        let request = NewTask {
            priority: parent.summary.priority.raised(),
            fairness_key: parent.summary.fairness_key.clone(),
            fairness_weight: parent.fairness_weight,
            run_id: parent.summary.run_id,
            decide,
            ..NewTask::new(skill, input)
        };
        let mut admitted = self.admit(&caller, request, "").await.map_err(refused)?;
        let child = &mut admitted.new.task;
        child.summary.parent_id = Some(parent.summary.id);
        child.depth = parent.depth + 1;
        let id = child.summary.id;
        for voter in &mut admitted.voters {
            voter.task.depth = parent.depth + 2;
        }
        let tasks = self.resolve(&caller, vec![admitted]).await.map_err(refused)?;
        self.take_in(tasks, None).await.map_err(refused)?;
        Ok(Child { orchestrator: self, id, ended: false })
    }

    /// Whether a concurrency limit counts the attempts of a task.
    pub(crate) fn is_limited(&self, task: &TaskRecord) -> bool {
        self.shared.backlog.is_limited(&task.summary.skill, task.summary.fairness_key.as_deref())
    }
}

pub(super) fn refused(problem: Problem) -> Failure {
    Failure { message: problem.to_string(), code: problem.code, retryable: problem.status >= 500 || problem.status == 429 }
}
