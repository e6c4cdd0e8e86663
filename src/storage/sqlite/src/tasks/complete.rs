//! How are results recorded? All that arrive for one commit together, each only under its own lease.

use std::collections::BTreeMap;

use baton_domain::id::AgentId;
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{Advanced, Completion, StoreError};
use rusqlite::params;
use tokio::sync::oneshot;

use super::announce::moved;
use super::read;
use super::rows::outcome_name;
use crate::columns::text;
use crate::statement::{maybe, run};
use crate::tally::Move;
use crate::traces;
use crate::writer::{Job, Tx};

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Advanced, StoreError>>;

/// The completions of one commit, as one job.
pub(crate) struct Completions {
    waiting: Vec<(Completion, Reply)>,
    answers: Vec<Result<Advanced, StoreError>>,
}

impl Completions {
    pub(crate) fn new(waiting: Vec<(Completion, Reply)>) -> Self {
        Self { waiting, answers: Vec::new() }
    }
}

impl Job for Completions {
    fn run(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        // Nearly always all can be stored. Where one cannot, each is tried apart, so that it takes no other with it.
        let waiting = &self.waiting;
        let together = tx.part(|tx| {
            let mut agents = Agents::default();
            let answers: Result<Vec<Advanced>, StoreError> =
                waiting.iter().map(|(completion, _)| complete(tx, completion, &mut agents)).collect();
            agents.write(tx)?;
            answers
        });
        self.answers = match together {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(_) => waiting.iter().map(|(completion, _)| alone(tx, completion)).collect(),
        };
        Ok(())
    }

    fn count(&self) -> usize {
        self.waiting.len()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { waiting, answers } = *self;
        let mut answers = answers.into_iter();
        for (_, reply) in waiting {
            let answer = match (&committed, answers.next()) {
                (Err(error), _) => Err(error.clone()),
                (Ok(()), Some(answer)) => answer,
                (Ok(()), None) => Err(StoreError::Unavailable("the job was not run".to_owned())),
            };
            // Whoever asked may have gone; what was committed stays.
            drop(reply.send(answer));
        }
    }
}

/// What a commit adds to the counts of agents: one statement for each, however many results it had.
#[derive(Debug, Default)]
struct Agents(BTreeMap<AgentId, (i64, Timestamp)>);

impl Agents {
    fn completed(&mut self, agent: AgentId, at: Timestamp) {
        let entry = self.0.entry(agent).or_insert((0, at));
        *entry = (entry.0 + 1, entry.1.max(at));
    }

    fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        for (agent, (count, at)) in self.0 {
            let text = "UPDATE agents SET completed = completed + ?1, last_active_at = ?2 WHERE id = ?3";
            run(tx.sql(), text, params![count, at.as_millis(), agent.as_uuid().as_bytes()])?;
        }
        Ok(())
    }
}

fn alone(tx: &mut Tx, completion: &Completion) -> Result<Advanced, StoreError> {
    tx.part(|tx| {
        let mut agents = Agents::default();
        let answer = complete(tx, completion, &mut agents)?;
        agents.write(tx)?;
        Ok(answer)
    })
}

/// Ends a task and its attempt, if the lease is still the newest.
fn complete(tx: &mut Tx, completion: &Completion, agents: &mut Agents) -> Result<Advanced, StoreError> {
    let Ok(end) = apply(Some(TaskState::Running), Trigger::Complete) else {
        return Err(StoreError::Corrupt("the transition table does not let tasks complete".to_owned()));
    };
    let (id, at) = (completion.task.summary.id, completion.at);
    let (key, lease) = (id.as_uuid().as_bytes(), completion.task.lease.0);
    // A look and then a change, as in `begin`.
    let look = "SELECT cancel_requested_at, awaited FROM tasks WHERE id = ?1 AND state = 'running' AND lease = ?2";
    let found = maybe(tx.sql(), look, params![key, lease], |row| Ok((row.maybe_instant()?, row.get()?)))?;
    let Some((cancel_requested_at, awaited)) = found else {
        let now = read::record(tx.sql(), id)?;
        return Ok(now.map_or(Advanced::Missing, |task| Advanced::Refused(Box::new(task))));
    };
    run(
        tx.sql(),
        "UPDATE tasks SET state = ?1, reason = NULL, wait_kind = NULL, lease_until = NULL, deadline_at = NULL, finished_at = ?2,
             result = ?3, failure = NULL, pause_requested_at = NULL
         WHERE id = ?4",
        params![end.to.as_str(), at.as_millis(), text(&completion.result)?, key],
    )?;
    run(
        tx.sql(),
        "UPDATE attempts SET ended_at = ?1, outcome = ?2 WHERE task_id = ?3 AND lease = ?4 AND outcome IS NULL",
        params![at.as_millis(), outcome_name(AttemptOutcome::Completed), key, lease],
    )?;
    let mut task = completion.task.clone();
    task.lease_until = None;
    task.deadline_at = None;
    task.summary.state = end.to;
    task.summary.reason = None;
    task.summary.finished_at = Some(at);
    task.summary.cancel_requested_at = cancel_requested_at;
    task.summary.pause_requested_at = None;
    task.awaited = awaited;
    if let Some(agent) = &task.summary.agent {
        agents.completed(agent.id, at);
    }
    moved(tx, &task.summary, Move { from: Some(TaskState::Running), to: end.to }, Principal::System, at)?;
    traces::insert_spans(tx.sql(), id, completion.attempt, &completion.spans)?;
    Ok(Advanced::Applied(Box::new(task)))
}
