//! How are many tasks run again or cancelled at once? By a filter, a page at a time, the newest first.

use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::TaskState;
use baton_domain::user::Caller;
use baton_domain::wire::task::{BulkAnswer, BulkCancel, BulkRerun, MAXIMUM_BULK, NewTask, TaskFilter, TaskSummary};
use baton_storage::{CancelRequest, NewTaskRecord, TaskQuery, TaskRows};

use super::dependencies::few_voters;
use super::{Orchestrator, check_filter, idempotency};
use crate::artifacts::page_cursor;
use crate::task_manager::cancel;

/// The tasks of a call when nobody says how many.
const DEFAULT_BULK: u32 = 100;

impl Orchestrator {
    pub(super) async fn run_all_again(&self, caller: &Caller, which: BulkRerun, key: Option<String>) -> Answer<BulkAnswer> {
        let key = idempotency(caller, key, "rerun_all", &which)?;
        let states = [TaskState::Failed, TaskState::TimedOut];
        let (tasks, next_cursor, limit) = self.page_of(which.filter, &states, TaskState::is_terminal, "have ended").await?;
        let (mut again, mut voters, mut skipped) = (Vec::new(), Vec::new(), 0);
        for task in &tasks {
            let Some(rows) = self.shared.store.task_rows(task.id).await? else { continue };
            if self.votes_for_another(task).await? {
                // It is asked anew with the task that it was a voter of; by itself nobody would hear it.
                skipped += 1;
                continue;
            }
            match self.again(caller, rows).await {
                Ok(mut new) => {
                    voters.extend(new.drain(1..));
                    few_voters(voters.len())?;
                    again.append(&mut new);
                }
                Err(problem) if problem.status < 500 => skipped += 1,
                Err(problem) => return Err(problem),
            }
        }
        if again.is_empty() {
            return Ok(BulkAnswer { count: 0, ids: Vec::new(), skipped, next_cursor });
        }
        let made: Vec<TaskId> = again.iter().map(|new| new.task.summary.id).collect();
        again.append(&mut voters);
        let ids = self.take_in(again, key).await?;
        if ids == made {
            return Ok(BulkAnswer { count: count(&ids), ids, skipped, next_cursor });
        }
        // The same call came before: its answer follows from what it made.
        let mut oldest = None;
        for id in &ids {
            let original = self.shared.store.task(*id).await?.and_then(|task| task.summary.rerun_of);
            oldest = oldest.into_iter().chain(original).min();
        }
        let next_cursor = oldest.filter(|_| ids.len() >= limit as usize).map(|id| id.to_string());
        Ok(BulkAnswer { count: count(&ids), ids, skipped: 0, next_cursor })
    }

    /// Whether a task is what one of several did of another.
    async fn votes_for_another(&self, task: &TaskSummary) -> Answer<bool> {
        let Some(parent) = task.parent_id else { return Ok(false) };
        let rows = self.shared.store.task_rows(parent).await?;
        Ok(rows.and_then(|rows| rows.decide).is_some_and(|vote| vote.voters.contains(&task.id)))
    }

    pub(super) async fn end_all(&self, caller: &Caller, which: BulkCancel) -> Answer<BulkAnswer> {
        let live: Vec<TaskState> = TaskState::ALL.iter().copied().filter(|state| !state.is_terminal()).collect();
        let (tasks, next_cursor, _) = self.page_of(which.filter, &live, |state| !state.is_terminal(), "have not ended").await?;
        let (mut ids, mut skipped) = (Vec::new(), 0);
        for task in tasks {
            match cancel::end(&self.shared, task.id, &caller.principal).await? {
                CancelRequest::Canceled(_) | CancelRequest::Running(_) => ids.push(task.id),
                CancelRequest::Ended(_) | CancelRequest::Missing => skipped += 1,
            }
        }
        Ok(BulkAnswer { count: count(&ids), ids, skipped, next_cursor })
    }

    /// The tasks of a call, where the next one goes on, and how many the call may have.
    async fn page_of(
        &self,
        mut filter: TaskFilter,
        default: &[TaskState],
        fits: impl Fn(TaskState) -> bool,
        wanted: &str,
    ) -> Result<(Vec<TaskSummary>, Option<String>, u32), Problem> {
        check_filter(&filter)?;
        let limit = filter.limit.unwrap_or(DEFAULT_BULK);
        if !(1..=MAXIMUM_BULK).contains(&limit) {
            return Err(Problem::new(Code::InvalidQuery, format!("Use a limit from 1 to {MAXIMUM_BULK}."))
                .with_field("/filter/limit", format!("{limit} is not between 1 and {MAXIMUM_BULK}")));
        }
        let before = page_cursor(filter.cursor.as_deref())?;
        if filter.states.is_empty() {
            filter.states = default.to_vec();
        } else if let Some(wrong) = filter.states.iter().find(|state| !fits(**state)) {
            return Err(Problem::invalid_field("/filter/states", format!("only states of tasks that {wanted}; {wrong} is none")));
        }
        let mut page = self.shared.store.tasks(&TaskQuery { filter, before, limit: limit + 1 }).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next_cursor = page.items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok((page.items, next_cursor, limit))
    }

    /// The same request as a new task, and the tasks of its voters if several do it: they are asked anew.
    pub(super) async fn again(&self, caller: &Caller, rows: TaskRows) -> Result<Vec<NewTaskRecord>, Problem> {
        let old = rows.task;
        let request = NewTask {
            title: Some(old.summary.title),
            priority: old.summary.priority,
            labels: old.summary.labels,
            retry: Some(old.retry),
            timeouts: old.timeouts,
            fairness_key: old.summary.fairness_key,
            fairness_weight: old.fairness_weight,
            budget: old.budget.and_then(|budget| budget.own()),
            decide: rows.decide.map(|vote| Box::new(vote.terms)),
            ..NewTask::new(old.summary.skill, rows.input)
        };
        let admitted = self.admit(caller, request, "").await?;
        let mut new = self.resolve(caller, vec![admitted]).await?;
        if let Some(first) = new.first_mut() {
            first.task.summary.rerun_of = Some(old.summary.id);
        }
        Ok(new)
    }
}

fn count(ids: &[TaskId]) -> u32 {
    u32::try_from(ids.len()).unwrap_or(u32::MAX)
}
