//! What follows once those who do a task have answered? Answers that are the same end it; answers that differ open a decision, whose verdict does.
//!
//! Nothing of it is kept in memory. The task's row says who votes and which decision is open; whether something follows is read from the rows of its
//! voters and from the decision's journal, at each sweep. So it does not matter who sees it, when, or how often, and where a server died.

use baton_domain::id::{DecisionId, TaskId};
use baton_domain::ports::{TaskVote, Verdict, VoteOpening, Votes, Weighed};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::task::{Failure, MAXIMUM_BATCH, TaskEnd};
use baton_storage::{Advance, Advanced, ESCALATED_FOR, Guard, StoreError, TaskRecord};
use serde_json::Value;

use super::{cancel, dependencies};
use crate::attempt::failure;
use crate::engine::Shared;

/// How the tasks of the voters stand.
pub(crate) async fn ends(shared: &Shared, vote: &TaskVote) -> Result<Vec<TaskEnd>, StoreError> {
    let mut ends = Vec::with_capacity(vote.voters.len());
    for part in vote.voters.chunks(MAXIMUM_BATCH) {
        ends.extend(shared.store.task_ends(part.to_vec()).await?);
    }
    Ok(ends)
}

fn said(problem: Problem) -> StoreError {
    if problem.status >= 500 { StoreError::Unavailable(problem.to_string()) } else { StoreError::Corrupt(problem.to_string()) }
}

/// Does what follows now for a task that several do, if anything does.
pub(crate) async fn settle(shared: &Shared, id: TaskId) -> Result<(), StoreError> {
    // A server that holds no decisions leaves it to one that does.
    let Some(votes) = shared.votes.get() else { return Ok(()) };
    let Some(rows) = shared.store.task_rows(id).await? else { return Ok(()) };
    let (task, Some(vote)) = (rows.task, rows.decide) else { return Ok(()) };
    let decided = settle_one(shared, votes.as_ref(), &task, &vote).await;
    // One that cannot be ended now holds up no other one.
    decided.inspect_err(|error| tracing::warn!(%error, task = %id, "what its voters said could not be followed")).or(Ok(()))
}

async fn settle_one(shared: &Shared, votes: &dyn Votes, task: &TaskRecord, vote: &TaskVote) -> Result<(), StoreError> {
    let summary = &task.summary;
    let decision = summary.decision_id;
    if summary.state.is_terminal() {
        let Some(decision) = decision else { return Ok(()) };
        return votes.withdraw(summary.project_id, decision, &format!("the task is {}", summary.state)).await.map_err(said);
    }
    if summary.state != TaskState::Waiting || summary.wait_kind != Some(WaitKind::Decision) {
        return Ok(());
    }
    match decision {
        Some(decision) => follow(shared, votes, task, vote, decision).await,
        None => weigh(shared, votes, task, vote).await,
    }
}

/// Looks at the answers, once all are there.
async fn weigh(shared: &Shared, votes: &dyn Votes, task: &TaskRecord, vote: &TaskVote) -> Result<(), StoreError> {
    let ends = ends(shared, vote).await?;
    if ends.iter().any(|end| !end.state.is_terminal()) {
        return Ok(());
    }
    match votes.weigh(vote, &ends).map_err(said)? {
        Weighed::Agreed(voter) => {
            let result = ends.into_iter().find(|end| end.id == voter).and_then(|end| end.result);
            complete(shared, task, "agreed", result.unwrap_or_default()).await
        }
        Weighed::Nobody(failure) => fail(shared, task, failure).await,
        Weighed::Differ => {
            let now = shared.sources.clock.now();
            let wanted = DecisionId::new(shared.sources.ids.next());
            match shared.store.differ(task.summary.id, wanted, now).await? {
                // Another server may have been faster: there is one decision, whoever opens it.
                Some(decision) => open(votes, task, vote, decision).await,
                None => Ok(()),
            }
        }
    }
}

async fn open(votes: &dyn Votes, task: &TaskRecord, vote: &TaskVote, decision: DecisionId) -> Result<(), StoreError> {
    let opening = VoteOpening {
        decision,
        task: task.summary.id,
        project: task.summary.project_id,
        created_by: task.created_by.clone(),
        vote: vote.clone(),
    };
    votes.open(opening).await.map_err(said)
}

/// Looks at the decision.
async fn follow(shared: &Shared, votes: &dyn Votes, task: &TaskRecord, vote: &TaskVote, decision: DecisionId) -> Result<(), StoreError> {
    match votes.verdict(decision, vote).await.map_err(said)? {
        // A server died between the two.
        Verdict::Missing => open(votes, task, vote, decision).await,
        Verdict::Open => Ok(()),
        Verdict::Escalated(since) if shared.sources.clock.now().since(since) < ESCALATED_FOR => Ok(()),
        Verdict::Escalated(_) => {
            let text = "The answers differ, and nobody whom the decision was escalated to has decided it in time.";
            fail(shared, task, failure(Code::DecisionExpired, text, false)).await?;
            votes.withdraw(task.summary.project_id, decision, "nobody decided it in time").await.map_err(said)
        }
        Verdict::Decided { of, result } => {
            let whole = match of {
                Some(voter) => shared.store.task_ends(vec![voter]).await?.pop().and_then(|end| end.result),
                None => None,
            };
            complete(shared, task, "decided", whole.unwrap_or(result)).await
        }
        Verdict::Refused(failure) => fail(shared, task, failure).await,
    }
}

async fn complete(shared: &Shared, task: &TaskRecord, reason: &str, result: Value) -> Result<(), StoreError> {
    let change = Advance { reason: Some(reason.to_owned()), result: Some(result), ..change(shared, task, Trigger::Complete) };
    end(shared, change).await
}

async fn fail(shared: &Shared, task: &TaskRecord, failure: Failure) -> Result<(), StoreError> {
    let failure = Failure { retryable: false, ..failure };
    let change = Advance { reason: Some(failure.code.clone()), failure: Some(failure), ..change(shared, task, Trigger::Fail) };
    end(shared, change).await
}

fn change(shared: &Shared, task: &TaskRecord, trigger: Trigger) -> Advance {
    let now = shared.sources.clock.now();
    Advance::new(task.summary.id, Guard::State(TaskState::Waiting), trigger, Principal::System, now)
}

/// Ends the task, unless it has ended or was paused meanwhile.
async fn end(shared: &Shared, change: Advance) -> Result<(), StoreError> {
    if let Advanced::Applied(task) = shared.store.advance(change).await? {
        // What is left of its voters is of no more use.
        cancel::end_children(shared, task.summary.id, &Principal::System).await?;
        dependencies::ended(shared, &task);
    }
    Ok(())
}
