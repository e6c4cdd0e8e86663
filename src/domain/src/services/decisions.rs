//! What can be done with decisions between agents and people.

use async_trait::async_trait;

use super::Answer;
use crate::id::DecisionId;
use crate::page::Page;
use crate::problem::Problem;
use crate::user::Caller;
use crate::wire::decision::{
    CancelDecision, DecisionDetail, DecisionFilter, DecisionLab, DecisionSummary, DecisionVote, LabFilter, LaterVerdict, NewDecision,
    PersonVerdict, Retallied, RetallyChoice, StepDecision,
};

/// Puts questions to agents and people, takes their votes, and holds rules and voters against what people say later.
///
/// A decision ends by its deadline with a verdict or an escalation, whoever answers and whatever crashes. It tells of itself by events with the subject
/// `decision:<id>` and its summary as data: `decision.opened`, `decision.changed` (people are asked), `decision.escalated`, `decision.decided`, and
/// `decision.ended` at the very end.
#[async_trait]
pub trait DecisionService: Send + Sync {
    /// Opens a decision; it is stored when this returns. The same `idempotency_key` with the same request gives the decision of the first call.
    ///
    /// # Errors
    /// `DECISION-002` to `DECISION-011` with the wrong fields, `TASK-002` for a skill that nobody has, `REQUEST-009`.
    async fn open(&self, caller: &Caller, request: NewDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary>;

    /// Opens the decision of a workflow's step, or of a form: the same under names instead of identifiers.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    async fn open_step(&self, caller: &Caller, step: StepDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary>;

    /// What is wrong with each of these steps as things are now; nothing is opened. Wrong fields are named as steps name them. Agents that take no work at the
    /// moment count: they may once a step is done.
    ///
    /// # Errors
    /// Those of the caller's rights and of storage.
    async fn check_steps(&self, caller: &Caller, steps: Vec<StepDecision>) -> Answer<Vec<Option<Problem>>>;

    /// Decisions, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: DecisionFilter) -> Answer<Page<DecisionSummary>>;

    /// One decision with everything about it.
    ///
    /// # Errors
    /// `DECISION-001`.
    async fn decision(&self, caller: &Caller, id: DecisionId) -> Answer<DecisionDetail>;

    /// Says what the caller, a person of the electorate, was asked to say.
    ///
    /// # Errors
    /// `DECISION-001`, `DECISION-020` for somebody who does not vote in it, `DECISION-021` and `DECISION-025` for what cannot be counted,
    /// `DECISION-022` for a second vote, `DECISION-023` for a late one, `DECISION-024` for what was not asked, `DECISION-026`.
    async fn vote(&self, caller: &Caller, id: DecisionId, vote: DecisionVote) -> Answer<DecisionSummary>;

    /// Decides what was escalated to the caller.
    ///
    /// # Errors
    /// `DECISION-001`, `DECISION-020`, `DECISION-024` while voters are asked, `DECISION-025`, `DECISION-026`.
    async fn answer(&self, caller: &Caller, id: DecisionId, verdict: PersonVerdict) -> Answer<DecisionSummary>;

    /// Ends a decision that nobody needs any more; what its voters were given to do is cancelled. Asking twice does no harm. Whoever votes in it may
    /// not, unless they have opened it or administer the installation.
    ///
    /// # Errors
    /// `DECISION-001`, `AUTH-005` for a voter, `DECISION-026` once it has ended otherwise.
    async fn cancel(&self, caller: &Caller, id: DecisionId, why: CancelDecision) -> Answer<DecisionSummary>;

    /// Counts the stored ballots by other rules. Nobody is asked again.
    ///
    /// # Errors
    /// `DECISION-001`, `DECISION-024` before the voting is over, `DECISION-007`, `DECISION-008`.
    async fn retally(&self, caller: &Caller, id: DecisionId, choice: RetallyChoice) -> Answer<Retallied>;

    /// Records what a person found right after a decision had ended; the last word counts. Whoever votes in it may not, unless they administer the
    /// installation: what is found so decides how much they count.
    ///
    /// # Errors
    /// `DECISION-001`, `AUTH-005` for a voter, `DECISION-024` before it has ended, `DECISION-025` for a key that was not voted on.
    async fn judge_later(&self, caller: &Caller, id: DecisionId, verdict: LaterVerdict) -> Answer<DecisionSummary>;

    /// Rules and voters against later verdicts.
    ///
    /// # Errors
    /// `DECISION-008` for a rule that there is not.
    async fn lab(&self, caller: &Caller, filter: LabFilter) -> Answer<DecisionLab>;
}
