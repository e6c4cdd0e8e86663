//! How does the engine have several agents do one task? It knows tasks; who votes and what their answers come to is said by whoever holds decisions.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{DecisionId, ProjectId, TaskId};
use crate::services::Answer;
use crate::time::Timestamp;
use crate::user::{Caller, Principal};
use crate::wire::decision::DecideTerms;
use crate::wire::task::{Failure, NewTask, TaskEnd, TaskVoteView};

/// What is stored with a task that several do: everything that follows later follows from this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskVote {
    /// The terms, as they were asked for.
    pub terms: DecideTerms,
    /// Who votes, and the terms as they are understood; only who made it reads it.
    pub beginning: Value,
    /// The task of each voter, in the order of the seats.
    pub voters: Vec<TaskId>,
}

/// One of those that do a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// What people read of it.
    pub name: String,
    /// Labels that lead the task to its agent.
    pub labels: Vec<String>,
}

/// Those that do a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Seats {
    /// What is stored: [`TaskVote::beginning`].
    pub beginning: Value,
    /// Each of them.
    pub seats: Vec<Seat>,
    /// Within how many milliseconds they must have answered, if that is limited.
    pub answer_within_ms: Option<u64>,
}

/// What answers come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighed {
    /// They are the same: the task of the voter whose result stands for all.
    Agreed(TaskId),
    /// They differ, or too few have answered.
    Differ,
    /// There are none, for this reason.
    Nobody(Failure),
}

/// What opens a decision on the answers.
#[derive(Debug, Clone, PartialEq)]
pub struct VoteOpening {
    /// The decision's identifier: opening it twice opens it once.
    pub decision: DecisionId,
    /// The task.
    pub task: TaskId,
    /// Its project.
    pub project: ProjectId,
    /// On whose behalf.
    pub created_by: Principal,
    /// What was stored with the task.
    pub vote: TaskVote,
}

/// What a decision on answers came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// There is no such decision yet.
    Missing,
    /// It goes on.
    Open,
    /// Voters did not decide it, and people are asked since then.
    Escalated(Timestamp),
    /// This answer: of a voter whose result is the task's, or one that nobody gave before.
    Decided {
        /// The voter's task.
        of: Option<TaskId>,
        /// The answer, in the form of the task's result.
        result: Value,
    },
    /// None.
    Refused(Failure),
}

/// Holds the votes of tasks that several do. None of its methods does anything twice.
#[async_trait]
pub trait Votes: Send + Sync {
    /// Finds who does a task by these terms.
    ///
    /// # Errors
    /// `DECISION-002` to `DECISION-011` and `TASK-002`, with the fields of the request.
    async fn seats(&self, caller: &Caller, task: &NewTask, terms: &DecideTerms) -> Answer<Seats>;

    /// What the answers come to, once every voter's task has ended; a task that is not among the ends was forgotten and counts as failed.
    ///
    /// # Errors
    /// If what was stored cannot be read.
    fn weigh(&self, vote: &TaskVote, ends: &[TaskEnd]) -> Answer<Weighed>;

    /// Opens the decision on them, unless it is open already.
    ///
    /// # Errors
    /// Those of storage.
    async fn open(&self, opening: VoteOpening) -> Answer<()>;

    /// What the decision came to.
    ///
    /// # Errors
    /// Those of storage.
    async fn verdict(&self, decision: DecisionId, vote: &TaskVote) -> Answer<Verdict>;

    /// Ends a decision that nobody needs any more. One that has ended, or never began, stays as it is.
    ///
    /// # Errors
    /// Those of storage.
    async fn withdraw(&self, project: ProjectId, decision: DecisionId, why: &str) -> Answer<()>;

    /// What people see of it.
    ///
    /// # Errors
    /// Those of storage.
    async fn view(&self, vote: &TaskVote, ends: &[TaskEnd], decision: Option<DecisionId>) -> Answer<TaskVoteView>;
}
