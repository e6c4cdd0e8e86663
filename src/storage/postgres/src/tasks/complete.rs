//! How are results recorded? All that arrive for one commit together, each only under its own lease.

use std::collections::{BTreeMap, HashSet};

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advanced, Completion, StoreError};
use futures::future::BoxFuture;
use sqlx::postgres::PgRow;
use tokio::sync::oneshot;

use super::announce::event;
use super::read;
use super::rows::outcome_name;
use crate::columns::{get, id, maybe_instant, text};
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::traces::{SpanOf, insert_spans};
use crate::writer::{Job, Locks, Tx, outcome};

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Advanced, StoreError>>;

/// The completions of one commit, as one job.
pub(crate) struct Completions {
    locks: Locks,
    waiting: Vec<(Completion, Reply)>,
    result: Option<Result<Vec<Advanced>, StoreError>>,
}

impl Completions {
    pub(crate) fn new(waiting: Vec<(Completion, Reply)>) -> Self {
        let tasks = column(&waiting, |(completion, _)| completion.task.summary.id);
        Self { locks: Locks { tasks, ..Locks::default() }, waiting, result: None }
    }
}

impl Job for Completions {
    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn is_abandoned(&self) -> bool {
        self.waiting.iter().all(|(_, reply)| reply.is_closed())
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.result = None;
            match complete(tx, &column(&self.waiting, |(completion, _)| completion)).await {
                Ok(answers) => self.result = Some(Ok(answers)),
                Err(fault) => {
                    if let Fault::Store(error) = &fault {
                        self.result = Some(Err(error.clone()));
                    }
                    return Err(fault);
                }
            }
            Ok(())
        })
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        self.waiting.into_iter().map(|one| Box::new(Self::new(vec![one])) as Box<dyn Job>).collect()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        match outcome(self.result, committed) {
            // Whoever asked may have gone; what was committed stays.
            Ok(answers) => self.waiting.into_iter().zip(answers).for_each(|((_, reply), answer)| drop(reply.send(Ok(answer)))),
            Err(error) => self.waiting.into_iter().for_each(|(_, reply)| drop(reply.send(Err(error.clone())))),
        }
    }
}

async fn complete(tx: &mut Tx, completions: &[&Completion]) -> Result<Vec<Advanced>, Fault> {
    let Ok(end) = apply(Some(TaskState::Running), Trigger::Complete) else {
        return Err(StoreError::Corrupt("the transition table does not let tasks complete".to_owned()).into());
    };
    let lease = |completion: &Completion| (completion.task.summary.id, completion.task.lease);
    // Only the first of two completions under the same lease can have done it.
    let mut seen = HashSet::new();
    let first: Vec<bool> = column(completions, |completion| seen.insert(lease(completion)));
    let wanted: Vec<&Completion> = completions.iter().zip(&first).filter_map(|(completion, first)| first.then_some(*completion)).collect();
    let applied = write(tx, &wanted, end.to).await?;
    let mut spans: Vec<SpanOf<'_>> = Vec::new();
    let mut answers = Vec::with_capacity(completions.len());
    for (completion, first) in completions.iter().zip(first) {
        let id = completion.task.summary.id;
        let Some(known) = applied.get(&lease(completion)).filter(|_| first) else {
            let now = read::record(tx.sql(), id).await?;
            answers.push(now.map_or(Advanced::Missing, |task| Advanced::Refused(Box::new(task))));
            continue;
        };
        let mut task = completion.task.clone();
        task.lease_until = None;
        task.deadline_at = None;
        task.summary.state = end.to;
        task.summary.reason = None;
        task.summary.finished_at = Some(completion.at);
        task.summary.cancel_requested_at = known.cancel_requested_at;
        task.summary.pause_requested_at = None;
        task.awaited = known.awaited;
        if let Some(agent) = &task.summary.agent {
            tx.count(agent.id, 1, 0, completion.at);
        }
        event(tx, &task.summary, end.to, Principal::System, completion.at)?;
        spans.extend(completion.spans.iter().map(|span| (id, completion.attempt, span)));
        answers.push(Advanced::Applied(Box::new(task)));
    }
    insert_spans(tx.sql(), &spans).await?;
    Ok(answers)
}

/// What only the store knows of a task whose result it records.
struct Known {
    cancel_requested_at: Option<Timestamp>,
    awaited: bool,
}

/// Ends tasks and their attempts; gives under which leases that was, with what only the store knew of them.
async fn write(tx: &mut Tx, completions: &[&Completion], state: TaskState) -> Result<BTreeMap<(TaskId, LeaseToken), Known>, Fault> {
    // The empty string keeps PostgreSQL from going through all running tasks: see `begin`.
    let rows = sqlx::query(
        "WITH done AS (SELECT * FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) AS done (task, lease, at, result)),
             ended AS (
                 UPDATE tasks SET state = $5, reason = NULL, wait_kind = NULL, lease_until = NULL, deadline_at = NULL,
                     finished_at = done.at, result = done.result, failure = NULL, pause_requested_at = NULL
                 FROM done WHERE tasks.id = done.task AND tasks.state || '' = 'running' AND tasks.lease = done.lease
                 RETURNING tasks.id, tasks.lease, tasks.finished_at, tasks.cancel_requested_at, tasks.awaited),
             closed AS (
                 UPDATE attempts SET ended_at = ended.finished_at, outcome = $6
                 FROM ended WHERE attempts.task_id = ended.id AND attempts.lease = ended.lease AND attempts.outcome IS NULL)
         SELECT id, lease, cancel_requested_at, awaited FROM ended",
    )
    .bind(column(completions, |completion| *completion.task.summary.id.as_uuid()))
    .bind(column(completions, |completion| completion.task.lease.0))
    .bind(column(completions, |completion| completion.at.as_millis()))
    .bind(try_column(completions, |completion| text(&completion.result))?)
    .bind(state.as_str())
    .bind(outcome_name(AttemptOutcome::Completed))
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    let known = |row: &PgRow| -> Result<_, StoreError> {
        let known = Known { cancel_requested_at: maybe_instant(row, "cancel_requested_at")?, awaited: get(row, "awaited")? };
        Ok(((id(row, "id", TaskId::new)?, LeaseToken(get(row, "lease")?)), known))
    };
    let applied = rows.iter().map(known).collect::<Result<_, StoreError>>()?;
    Ok(applied)
}
