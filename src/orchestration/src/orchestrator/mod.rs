//! What can people and programs ask of Baton's tasks? The task service: takes tasks in, shows, stops and repeats them.

mod admission;
mod analysis;
mod ask;
mod at_once;
mod bulk;
mod cite;
mod dependencies;
mod pause;
mod redaction;
mod suggest;
mod voters;
mod wait;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TaskService};
use baton_domain::task::{SharedBudget, TaskBudget, TaskState};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::task::{
    AcceptedBatch, AttemptView, BulkAnswer, BulkCancel, BulkRerun, MAXIMUM_BATCH, MAXIMUM_LABELS, MAXIMUM_WAIT_SECONDS, NewBatch, NewTask,
    Rejection, TaskDetail, TaskEnd, TaskFilter, TaskSummary,
};
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{
    CancelRequest, Idempotency, Inserted, NewTaskRecord, QueueClass, StoreError, TaskQuery, TaskRecord, TaskRows, asked_for,
};
use sha2::{Digest, Sha256};

use crate::artifacts::{page_cursor, page_limit};
use crate::cluster::elsewhere;
use crate::engine::Shared;
use crate::task_manager::cancel;

pub(crate) use ask::{Asked, Child};

/// The longest idempotency key.
const MAXIMUM_KEY: usize = 255;
/// The longest text that a list is searched for.
const MAXIMUM_SEARCH: usize = 200;

/// The task service.
pub struct Orchestrator {
    shared: Arc<Shared>,
    /// Attempts that begin with their submission keep hold of the whole.
    me: Weak<Self>,
}

impl std::fmt::Debug for Orchestrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Orchestrator")
    }
}

impl Orchestrator {
    pub(crate) async fn new(shared: Arc<Shared>) -> Result<Arc<Self>, StoreError> {
        shared.live.count(&*shared.store).await?;
        Ok(Arc::new_cyclic(|me| Self { shared, me: Weak::clone(me) }))
    }

    /// Stores admitted tasks and rings for the dispatcher.
    async fn take_in(&self, tasks: Vec<NewTaskRecord>, idempotency: Option<Idempotency>) -> Result<Vec<TaskId>, Problem> {
        self.shared.live.check_room(&*self.shared.store, tasks.len(), self.shared.options.maximum_live_tasks).await?;
        let ids = asked_for(&tasks);
        let mut skills: BTreeMap<String, u64> = BTreeMap::new();
        let mut classes: Vec<(QueueClass, f64)> = Vec::new();
        let mut awaited = false;
        let stored = tasks.len();
        for NewTaskRecord { task, depends_on, decide, .. } in &tasks {
            let summary = &task.summary;
            if decide.is_some() {
                // Its voters do the work.
                continue;
            }
            match skills.get_mut(&summary.skill) {
                Some(count) => *count += 1,
                None => drop(skills.insert(summary.skill.clone(), 1)),
            }
            awaited |= !depends_on.is_empty();
            // Most batches are of one class.
            let same = |(class, _): &(QueueClass, f64)| {
                class.skill == summary.skill && class.fairness_key == summary.fairness_key && class.priority == summary.priority
            };
            if summary.state == TaskState::Queued && !classes.last().is_some_and(same) {
                let (skill, fairness_key) = (summary.skill.clone(), summary.fairness_key.clone());
                classes.push((QueueClass { skill, fairness_key, priority: summary.priority }, task.fairness_weight));
            }
        }
        let (inserted, began) = match self.at_once(&tasks) {
            Some(place) => self.store_and_begin(tasks, idempotency, place).await?,
            None => (self.shared.store.insert_tasks(tasks, idempotency).await?, false),
        };
        match inserted {
            Inserted::Stored => {
                reach(FaultPoint::BeforeAcknowledgement);
                if !self.shared.cluster.is_shared() {
                    self.shared.live.took_in(stored);
                }
                let now = self.shared.sources.clock.now();
                for (skill, count) in skills {
                    self.shared.recorder.submitted(now, &skill, count);
                }
                if !began {
                    self.shared.backlog.ring(&classes);
                }
                if awaited {
                    // What they depend on may have ended while they were stored.
                    self.shared.backlog.due.notify_one();
                }
                Ok(ids)
            }
            Inserted::Replayed(ids) => Ok(ids),
            Inserted::NoSuchDependency(id) => Err(Problem::new(Code::UnknownDependency, format!("There is no task {id} in this project."))
                .with_field("/depends_on", "no such task")),
            Inserted::KeyConflict => Err(another_request()),
        }
    }

    /// The tasks of the first request with this key. Asked before anything else of the request: whether it would be taken now says nothing of
    /// one that was taken.
    async fn answered(&self, key: Option<&Idempotency>) -> Result<Option<Vec<TaskId>>, Problem> {
        let Some(key) = key else { return Ok(None) };
        match self.shared.store.remembered(key.clone()).await? {
            Some(Inserted::Replayed(ids)) => Ok(Some(ids)),
            Some(Inserted::KeyConflict) => Err(another_request()),
            _ => Ok(None),
        }
    }

    /// What is answered to the repetition of a request that made one task.
    async fn answered_one(&self, key: Option<&Idempotency>) -> Result<Option<TaskSummary>, Problem> {
        match self.answered(key).await?.and_then(|ids| ids.first().copied()) {
            Some(id) => self.summary(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Refuses work on behalf of somebody who may not ask for it any more: of a revoked key, or of a user who was deactivated or is only a viewer by now.
    /// Who calls by themselves was looked up as they called.
    async fn check_standing(&self, caller: &Caller) -> Result<(), Problem> {
        if caller.request_id.is_some() || self.still_may(&caller.principal, Permission::Work).await? {
            return Ok(());
        }
        let who = caller.principal.label();
        Err(Problem::new(
            Code::Forbidden,
            format!("{who}, on whose behalf this is done, may not ask for work any more. Have somebody else ask for it."),
        ))
    }

    /// Whether somebody on whose behalf work goes on still may do this: their key is not revoked, they were not deactivated, and their role
    /// of now allows it.
    pub(crate) async fn still_may(&self, principal: &Principal, permission: Permission) -> Result<bool, Problem> {
        Ok(match principal {
            Principal::User { id, .. } => self.shared.store.user(*id).await?.is_none_or(|user| user.active && user.role.allows(permission)),
            Principal::ApiKey { id, .. } => {
                self.shared.store.api_key(*id).await?.is_none_or(|key| key.revoked_at.is_none() && key.role.allows(permission))
            }
            _ => true,
        })
    }

    /// A task with what holds it up, if something does.
    async fn explained(&self, rows: TaskRows) -> Result<TaskDetail, Problem> {
        let held_up = elsewhere::held_up(&self.shared, &rows.task.summary).await?;
        let known = elsewhere::skill(&self.shared, &rows.task.summary.skill).await?;
        let checkpoints = known.as_ref().is_some_and(|known| known.skill.checkpoints);
        let decide = self.vote_view(&rows).await?;
        // Only where it is needed: a schema may be larger than the result.
        let by_schema = known.filter(|known| known.skill.result_kind == STRUCTURED && rows.result.is_some());
        Ok(TaskDetail { decide, ..detail(rows, held_up, checkpoints, by_schema.map(|known| known.skill.output_schema.clone())) })
    }

    async fn summary(&self, id: TaskId) -> Result<TaskSummary, Problem> {
        self.shared.store.task(id).await?.map(|record| record.summary).ok_or_else(|| no_such_task(id))
    }
}

fn another_request() -> Problem {
    Problem::new(Code::IdempotencyConflict, "Use a new key for a new request, or send the first request again unchanged.")
}

fn no_such_task(id: TaskId) -> Problem {
    Problem::new(Code::NoSuchTask, format!("There is no task {id}."))
}

/// Refuses a filter that would be too much work.
fn check_filter(filter: &TaskFilter) -> Result<(), Problem> {
    let texts = [("text", &filter.text), ("code", &filter.code), ("skill", &filter.skill), ("fairness_key", &filter.fairness_key)];
    let long = texts.into_iter().find(|(_, text)| text.as_ref().is_some_and(|text| text.len() > MAXIMUM_SEARCH));
    if let Some((field, _)) = long {
        return Err(Problem::new(Code::InvalidQuery, format!("Search for at most {MAXIMUM_SEARCH} bytes.")).with_field(field, "too long"));
    }
    if filter.labels.len() > MAXIMUM_LABELS || filter.labels.iter().any(|label| label.len() > MAXIMUM_SEARCH) {
        let detail = format!("Search for at most {MAXIMUM_LABELS} labels.");
        return Err(Problem::new(Code::InvalidQuery, detail).with_field("labels", "too many, or too long"));
    }
    Ok(())
}

fn ended(record: &TaskRecord, wanted: &str) -> Problem {
    Problem::new(Code::IllegalTransition, format!("The task is {}; it cannot be {wanted} any more.", record.summary.state))
}

/// The key of a repeated request, if the caller gave one.
fn idempotency(
    caller: &Caller,
    key: Option<String>,
    operation: &str,
    request: &impl serde::Serialize,
) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = key else { return Ok(None) };
    if key.is_empty() || key.len() > MAXIMUM_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid_field("Idempotency-Key", format!("use 1 to {MAXIMUM_KEY} visible ASCII characters")));
    }
    let mut hash = Sha256::new();
    hash.update(operation);
    hash.update(serde_json::to_vec(request).map_err(|error| Problem::new(Code::Internal, error.to_string()))?);
    Ok(Some(Idempotency { principal: caller.principal.tag(), key, request_hash: hash.finalize().into() }))
}

/// The kind of results that are drawn by their schema.
const STRUCTURED: &str = "structured";

fn detail(rows: TaskRows, held_up: Vec<Rejection>, checkpoints: bool, result_schema: Option<serde_json::Value>) -> TaskDetail {
    TaskDetail {
        summary: rows.task.summary,
        input: rows.input,
        result: rows.result,
        result_kind: rows.task.result_kind,
        result_schema,
        retry: rows.task.retry,
        timeouts: rows.task.timeouts,
        fairness_weight: rows.task.fairness_weight,
        budget: rows.task.budget.and_then(|budget| budget.own()),
        depends_on: rows.depends_on,
        decide: None,
        held_up,
        has_children: rows.has_children,
        checkpoints,
        checkpoint_at: rows.checkpoint_at,
        timeline: rows.timeline,
        attempts: rows.attempts,
        artifacts: rows.artifacts,
        as_of: rows.as_of,
    }
}

impl Orchestrator {
    /// Accepts a task, paid also from what it shares with others.
    async fn accept(&self, caller: &Caller, task: NewTask, key: Option<String>, shared: Option<SharedBudget>) -> Answer<TaskSummary> {
        let key = idempotency(caller, key, "task", &task)?;
        if let Some(first) = self.answered_one(key.as_ref()).await? {
            return Ok(first);
        }
        self.check_standing(caller).await?;
        let admitted = self.admit(caller, task, "").await?;
        let mut admitted = self.resolve(caller, vec![admitted]).await?;
        if shared.is_some() {
            for new in &mut admitted {
                new.task.budget = TaskBudget::of(new.task.budget.and_then(|budget| budget.own()), shared);
            }
        }
        let Some(summary) = admitted.first().map(|new| new.task.summary.clone()) else {
            return Err(Problem::new(Code::Internal, "an admitted task is gone"));
        };
        let ids = self.take_in(admitted, key).await?;
        match ids.first() {
            Some(id) if *id != summary.id => self.summary(*id).await,
            _ => Ok(summary),
        }
    }
}

#[async_trait]
impl TaskService for Orchestrator {
    async fn submit(&self, caller: &Caller, task: NewTask, idempotency_key: Option<String>) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.submit")?;
        self.accept(caller, task, idempotency_key, None).await
    }

    async fn submit_sharing(&self, caller: &Caller, shared: SharedBudget, task: NewTask, idempotency_key: String) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.submit")?;
        self.accept(caller, task, Some(idempotency_key), Some(shared)).await
    }

    async fn submit_under(&self, caller: &Caller, parent: TaskId, task: NewTask, idempotency_key: String) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.submit")?;
        self.below(caller, parent, task, idempotency_key).await
    }

    async fn submit_batch(&self, caller: &Caller, batch: NewBatch, idempotency_key: Option<String>) -> Answer<AcceptedBatch> {
        self.shared.gate.require(caller, Permission::Work, "task.submit_batch")?;
        if batch.tasks.is_empty() || batch.tasks.len() > MAXIMUM_BATCH {
            return Err(Problem::new(
                Code::BatchTooLarge,
                format!("A batch has 1 to {MAXIMUM_BATCH} tasks; this one has {}.", batch.tasks.len()),
            ));
        }
        let key = idempotency(caller, idempotency_key, "batch", &batch)?;
        if let Some(ids) = self.answered(key.as_ref()).await? {
            return Ok(AcceptedBatch { ids });
        }
        self.check_standing(caller).await?;
        let (mut admitted, mut voters) = (Vec::with_capacity(batch.tasks.len()), 0);
        for (index, task) in batch.tasks.into_iter().enumerate() {
            let task = self.admit(caller, task, &format!("/tasks/{index}")).await?;
            // Before the next one is looked at: each voter is a task with an input of its own.
            voters += task.voters.len();
            dependencies::few_voters(voters)?;
            admitted.push(task);
        }
        let admitted = self.resolve(caller, admitted).await?;
        Ok(AcceptedBatch { ids: self.take_in(admitted, key).await? })
    }

    async fn list(&self, caller: &Caller, filter: TaskFilter) -> Answer<Page<TaskSummary>> {
        self.shared.gate.require(caller, Permission::Read, "task.list")?;
        let limit = page_limit(filter.limit)?;
        let before = page_cursor(filter.cursor.as_deref())?;
        check_filter(&filter)?;
        let mut page = self.shared.store.tasks(&TaskQuery { filter, before, limit: limit + 1 }).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next_cursor = page.items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { items: page.items, next_cursor, as_of: page.as_of })
    }

    async fn get(&self, caller: &Caller, id: TaskId, wait: Option<Duration>) -> Answer<TaskDetail> {
        self.shared.gate.require(caller, Permission::Read, "task.get")?;
        if let Some(span) = wait {
            if span > Duration::from_secs(MAXIMUM_WAIT_SECONDS) {
                return Err(Problem::new(Code::InvalidQuery, format!("Wait at most {MAXIMUM_WAIT_SECONDS} seconds."))
                    .with_field("wait", "too long"));
            }
            return self.explained(self.wait_for_end(id, span).await?).await;
        }
        let rows = self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
        self.explained(rows).await
    }

    async fn ends(&self, caller: &Caller, ids: Vec<TaskId>) -> Answer<Vec<TaskEnd>> {
        self.shared.gate.require(caller, Permission::Read, "task.ends")?;
        if ids.len() > MAXIMUM_BATCH {
            return Err(Problem::new(Code::BatchTooLarge, format!("Ask for at most {MAXIMUM_BATCH} tasks at once.")));
        }
        Ok(self.shared.store.task_ends(ids).await?)
    }

    async fn cancel(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.cancel")?;
        match cancel::end(&self.shared, id, &caller.principal).await? {
            CancelRequest::Canceled(record) | CancelRequest::Running(record) => Ok(record.summary),
            CancelRequest::Ended(record) if record.summary.state == TaskState::Canceled => Ok(record.summary),
            CancelRequest::Ended(record) => Err(ended(&record, "cancelled")),
            CancelRequest::Missing => Err(no_such_task(id)),
        }
    }

    async fn pause(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.pause")?;
        self.hold_back(caller, id).await
    }

    async fn resume(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.resume")?;
        self.go_on(caller, id).await
    }

    async fn rerun(&self, caller: &Caller, id: TaskId, idempotency_key: Option<String>) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.rerun")?;
        let rows = self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
        let old = &rows.task;
        if !old.summary.state.is_terminal() {
            return Err(Problem::new(
                Code::IllegalTransition,
                format!("The task is {}; it can be run again once it has ended.", old.summary.state),
            ));
        }
        let key = idempotency(caller, idempotency_key, "rerun", &id)?;
        if let Some(first) = self.answered_one(key.as_ref()).await? {
            return Ok(first);
        }
        let admitted = self.again(caller, rows).await?;
        let Some(summary) = admitted.first().map(|new| new.task.summary.clone()) else {
            return Err(Problem::new(Code::Internal, "an admitted task is gone"));
        };
        let ids = self.take_in(admitted, key).await?;
        match ids.first() {
            Some(id) if *id != summary.id => self.summary(*id).await,
            _ => Ok(summary),
        }
    }

    async fn rerun_all(&self, caller: &Caller, which: BulkRerun, idempotency_key: Option<String>) -> Answer<BulkAnswer> {
        self.shared.gate.require(caller, Permission::Work, "task.rerun_all")?;
        self.run_all_again(caller, which, idempotency_key).await
    }

    async fn cancel_all(&self, caller: &Caller, which: BulkCancel) -> Answer<BulkAnswer> {
        self.shared.gate.require(caller, Permission::Work, "task.cancel_all")?;
        self.end_all(caller, which).await
    }

    async fn analyze(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        self.shared.gate.require(caller, Permission::Work, "task.analyze")?;
        self.analyzed(caller, id).await
    }

    async fn suggest(&self, caller: &Caller, wish: SkillWish) -> Answer<SkillSuggestions> {
        let needed = if wish.with_model { Permission::Work } else { Permission::Read };
        self.shared.gate.require(caller, needed, "task.suggest")?;
        self.suggested(caller, wish).await
    }

    async fn attempts(&self, caller: &Caller, id: TaskId) -> Answer<Vec<AttemptView>> {
        self.shared.gate.require(caller, Permission::Read, "task.attempts")?;
        self.shared.store.task_rows(id).await?.map(|rows| rows.attempts).ok_or_else(|| no_such_task(id))
    }
}
