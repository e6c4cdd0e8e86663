//! How has what a run began ended?

use baton_domain::id::{DecisionId, RunId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::wire::task::{Failure, TaskEnd};
use baton_workflow::Fact;
use baton_workflow::run::{Header, Key, Outcome, RunState, Usage};
use serde_json::Value;

use crate::decisions::DecisionEnd;
use crate::live::Live;
use crate::record::{self, read};
use crate::runs::Runs;
use crate::slots::Mail;
use crate::view::output_of;
use crate::work::WorkKind;

/// Tasks that are looked up at once.
const TOGETHER: usize = 500;

impl Runs {
    /// The facts that mail leads to; what does not concern the run leads to none.
    pub(crate) async fn facts_of(&self, live: &Live, mail: &[Mail]) -> Result<Vec<Fact>, Problem> {
        let (mut tasks, mut runs, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
        for letter in mail {
            match letter {
                Mail::Task(id) => tasks.push(*id),
                Mail::Run(id) => runs.push(*id),
                Mail::Decision(id) => decisions.push(*id),
                Mail::Look => {
                    for (id, key) in &live.by_id {
                        match live.under_way.get(key).and_then(|under_way| live.works.get(&under_way.work)).map(|work| work.kind) {
                            Some(WorkKind::Task) => tasks.push(TaskId::new(*id)),
                            Some(WorkKind::Run) => runs.push(RunId::new(*id)),
                            Some(WorkKind::Decision) => decisions.push(DecisionId::new(*id)),
                            None => {}
                        }
                    }
                }
                Mail::Pause | Mail::Resume | Mail::Cancel => {}
            }
        }
        tasks.retain(|id| live.by_id.contains_key(id.as_uuid()));
        tasks.sort_unstable();
        tasks.dedup();
        let mut facts = Vec::new();
        for ids in tasks.chunks(TOGETHER) {
            self.tasks_ended(live, ids, &mut facts).await?;
        }
        runs.sort_unstable();
        runs.dedup();
        for id in runs {
            if let Some(key) = live.by_id.get(id.as_uuid()) {
                facts.extend(self.run_ended(key, id).await?);
            }
        }
        decisions.sort_unstable();
        decisions.dedup();
        for id in decisions {
            if let Some(key) = live.by_id.get(id.as_uuid()) {
                facts.extend(self.decision_ended(live, key, id).await?);
            }
        }
        Ok(facts)
    }

    async fn tasks_ended(&self, live: &Live, ids: &[TaskId], facts: &mut Vec<Fact>) -> Result<(), Problem> {
        let ends = self.parts.tasks.ends(&live.caller(), ids.to_vec()).await?;
        let gone = ids.iter().filter(|id| !ends.iter().any(|end| end.id == **id)).copied().collect::<Vec<_>>();
        for end in ends {
            let key = live.by_id.get(end.id.as_uuid());
            if let (Some(key), true) = (key, end.state.is_terminal()) {
                facts.push(task_ended(key, end));
            }
        }
        for id in gone {
            let message = format!("the task {id} was removed before its end was known");
            if let Some(key) = live.by_id.get(id.as_uuid()) {
                facts.push(failed(key, Code::NoSuchTask.as_str(), message));
            }
        }
        Ok(())
    }

    async fn run_ended(&self, key: &Key, id: RunId) -> Result<Option<Fact>, Problem> {
        let read = read(&*self.parts.journals, id, Some(record::RUN)).await?;
        let Some(head) = read.head else {
            return Ok(Some(failed(key, Code::NoSuchRun.as_str(), format!("the run {id} was removed before its end was known"))));
        };
        let header = head.header;
        let usage = Usage { tokens: header.tokens, cost_micros: header.cost_micros, tasks: header.tasks };
        Ok(run_outcome(header).map(|outcome| Fact::Ended { key: key.clone(), outcome, usage }))
    }

    async fn decision_ended(&self, live: &Live, key: &Key, id: DecisionId) -> Result<Option<Fact>, Problem> {
        let Some(decisions) = &self.parts.decisions else {
            return Ok(None);
        };
        let outcome = match decisions.end(&live.caller(), id).await {
            Ok(None) => return Ok(None),
            Ok(Some(DecisionEnd::Decided(verdict))) => Outcome::Completed(verdict),
            Ok(Some(DecisionEnd::Failed { code, message })) => Outcome::Failed { code, message },
            Ok(Some(DecisionEnd::Canceled)) => Outcome::Canceled,
            Err(problem) if problem.is(Code::NoSuchDecision) => Outcome::Failed { code: problem.code, message: problem.detail },
            Err(problem) => return Err(problem),
        };
        let usage = match decisions.used(&live.caller(), id).await {
            Err(problem) if problem.is(Code::NoSuchDecision) => Usage::default(),
            answer => answer?,
        };
        Ok(Some(Fact::Ended { key: key.clone(), outcome, usage }))
    }
}

/// That something could not be begun, or is not known any more.
pub(crate) fn failed(key: &Key, code: &str, message: String) -> Fact {
    Fact::Ended { key: key.clone(), outcome: Outcome::Failed { code: code.to_owned(), message }, usage: Usage::default() }
}

fn task_ended(key: &Key, end: TaskEnd) -> Fact {
    let usage = Usage { tokens: end.tokens, cost_micros: end.cost_micros, tasks: 0 };
    Fact::Ended { key: key.clone(), outcome: task_outcome(end.state, end.result, end.failure), usage }
}

/// What a run came to; none while it goes on.
pub(crate) fn run_outcome(header: Header) -> Option<Outcome> {
    Some(match header.state {
        RunState::Completed => Outcome::Completed(output_of(&header)),
        RunState::Canceled => Outcome::Canceled,
        RunState::Failed => {
            let (code, message) = header.error.map_or_else(Default::default, |error| (error.code, error.message));
            Outcome::Failed { code, message }
        }
        _ => return None,
    })
}

/// What a task that has ended came to.
pub(crate) fn task_outcome(state: TaskState, result: Option<Value>, failure: Option<Failure>) -> Outcome {
    match state {
        TaskState::Completed => Outcome::Completed(result.unwrap_or_default()),
        TaskState::Canceled => Outcome::Canceled,
        _ => {
            let (code, message) =
                failure.map_or_else(|| (state.to_string(), format!("the task is {state}")), |failure| (failure.code, failure.message));
            Outcome::Failed { code, message }
        }
    }
}
