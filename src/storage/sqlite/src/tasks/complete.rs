//! How are results recorded? All that arrive for one commit together, each only under its own lease.

use std::collections::{BTreeMap, HashSet};

use baton_domain::id::{AgentId, LeaseToken, TaskId};
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advanced, Completion, StoreError};
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::announce::moved;
use super::read;
use super::rows::outcome_name;
use crate::columns::{get, id, maybe_instant, text};
use crate::failure::failed;
use crate::many;
use crate::tally::Move;
use crate::traces;
use crate::writer::{Job, Tx};

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Advanced, StoreError>>;

/// The completions of one commit, as one job.
pub(crate) struct Completions {
    waiting: Vec<(Completion, Reply)>,
    result: Option<Result<Vec<Advanced>, StoreError>>,
}

impl Completions {
    pub(crate) fn new(waiting: Vec<(Completion, Reply)>) -> Self {
        Self { waiting, result: None }
    }
}

impl Job for Completions {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let completions: Vec<&Completion> = self.waiting.iter().map(|(completion, _)| completion).collect();
            let result = complete(tx, &completions).await;
            let kept = result.is_ok();
            self.result = Some(result);
            kept
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answers = match (self.result, committed) {
            (Some(Ok(answers)), Ok(())) => Ok(answers),
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(StoreError::Unavailable("the job was not run".to_owned())),
        };
        match answers {
            // Whoever asked may have gone; what was committed stays.
            Ok(answers) => self.waiting.into_iter().zip(answers).for_each(|((_, reply), answer)| drop(reply.send(Ok(answer)))),
            Err(error) => self.waiting.into_iter().for_each(|(_, reply)| drop(reply.send(Err(error.clone())))),
        }
    }
}

/// The completions that were accepted, each with when somebody had asked to cancel its task.
type Applied = BTreeMap<(TaskId, LeaseToken), Option<Timestamp>>;

/// The task and the lease that a completion is under; a stale one of the same task can be in the same group.
fn under(completion: &Completion) -> (TaskId, LeaseToken) {
    (completion.task.summary.id, completion.task.lease)
}

async fn complete(tx: &mut Tx, completions: &[&Completion]) -> Result<Vec<Advanced>, StoreError> {
    let Ok(end) = apply(Some(TaskState::Running), Trigger::Complete) else {
        return Err(StoreError::Corrupt("the transition table does not let tasks complete".to_owned()));
    };
    let mut applied = Applied::new();
    // Of two completions under the same lease the first is written, or the database would choose between them.
    let mut leases = HashSet::new();
    let firsts: Vec<&Completion> = completions.iter().copied().filter(|completion| leases.insert(under(completion))).collect();
    for part in many::parts(&firsts) {
        write(tx, part, end.to, &mut applied).await?;
    }
    let mut agents: BTreeMap<AgentId, (i64, Timestamp)> = BTreeMap::new();
    let mut answers = Vec::with_capacity(completions.len());
    let mut counted = HashSet::new();
    for completion in completions {
        let id = completion.task.summary.id;
        let lease = under(completion);
        let Some(cancel_requested_at) = applied.get(&lease).filter(|_| counted.insert(lease)) else {
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
        task.summary.cancel_requested_at = *cancel_requested_at;
        if let Some(agent) = &task.summary.agent {
            let entry = agents.entry(agent.id).or_insert((0, completion.at));
            *entry = (entry.0 + 1, entry.1.max(completion.at));
        }
        let change = Move { from: Some(TaskState::Running), to: end.to };
        moved(tx, &task.summary, change, Principal::System, completion.at)?;
        if !completion.spans.is_empty() {
            traces::insert_spans(tx, id, completion.attempt, &completion.spans).await?;
        }
        answers.push(Advanced::Applied(Box::new(task)));
    }
    for (agent, (count, at)) in agents {
        sqlx::query("UPDATE agents SET completed = completed + $1, last_active_at = $2 WHERE id = $3")
            .bind(count)
            .bind(at.as_millis())
            .bind(*agent.as_uuid())
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    Ok(answers)
}

/// Ends tasks and attempts of a part; notes which tasks that were, and whether somebody had asked to cancel them.
async fn write(tx: &mut Tx, part: &[&Completion], state: TaskState, applied: &mut Applied) -> Result<(), StoreError> {
    let mut query = many::with_values("WITH done (id, lease, at, result) AS (", part, |row, completion| {
        row.push_bind(*completion.task.summary.id.as_uuid())
            .push_bind(completion.task.lease.0)
            .push_bind(completion.at.as_millis())
            .push_bind(text(&completion.result)?);
        Ok(())
    })?;
    // The plus keeps SQLite from going through all running tasks instead of looking up those that are done.
    query.push(") UPDATE tasks SET state = ").push_bind(state.as_str());
    query.push(
        ", reason = NULL, wait_kind = NULL, lease_until = NULL, deadline_at = NULL, finished_at = done.at, result = done.result,
             failure = NULL
         FROM done WHERE tasks.id = done.id AND +tasks.state = 'running' AND tasks.lease = done.lease
         RETURNING id, lease, cancel_requested_at",
    );
    let rows = query.build().fetch_all(tx.sql()).await.map_err(failed)?;
    for row in &rows {
        let accepted = (id(row, "id", TaskId::new)?, LeaseToken(get(row, "lease")?));
        applied.insert(accepted, maybe_instant(row, "cancel_requested_at")?);
    }
    let ended: Vec<&&Completion> = part.iter().filter(|completion| applied.contains_key(&under(completion))).collect();
    for part in many::parts(&ended) {
        let mut query = many::with_values("WITH done (task_id, lease, at) AS (", part, |row, completion| {
            row.push_bind(*completion.task.summary.id.as_uuid()).push_bind(completion.task.lease.0).push_bind(completion.at.as_millis());
            Ok(())
        })?;
        query.push(") UPDATE attempts SET ended_at = done.at, outcome = ").push_bind(outcome_name(AttemptOutcome::Completed));
        query.push(" FROM done WHERE attempts.task_id = done.task_id AND attempts.lease = done.lease AND attempts.outcome IS NULL");
        query.build().execute(tx.sql()).await.map_err(failed)?;
    }
    Ok(())
}
