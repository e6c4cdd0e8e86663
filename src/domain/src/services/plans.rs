//! What can be done with plans.

use async_trait::async_trait;

use super::Answer;
use crate::id::PlanId;
use crate::page::Page;
use crate::user::Caller;
use crate::wire::plan::{NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit, PlanFilter, PlanRefusal, PlanSummary};

/// Makes workflows of goals in plain words, to be accepted, edited or refused by somebody. Nothing of a plan runs before it is accepted.
#[async_trait]
pub trait PlanService: Send + Sync {
    /// Plans a goal by rules, and by a model where those do not suffice and the request allows it. If the request says so, another way is proposed by
    /// itself when a step of the run fails for good.
    ///
    /// # Errors
    /// `PLAN-001` to `PLAN-008`: what cannot be planned, and what to do; `REQUEST-002`; `ARTIFACT-001` for a file that is not there.
    async fn propose(&self, caller: &Caller, plan: NewPlan) -> Answer<PlanDetail>;

    /// Plans, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: PlanFilter) -> Answer<Page<PlanSummary>>;

    /// One plan with its document, its graph and why it is so.
    ///
    /// # Errors
    /// `PLAN-009`.
    async fn plan(&self, caller: &Caller, id: PlanId) -> Answer<PlanDetail>;

    /// Changes the document of a plan that nobody has decided on. What is wrong with it is told and stored with it: it can be accepted once nothing is.
    ///
    /// # Errors
    /// `PLAN-009`, `PLAN-010` once it was decided on or if somebody else was faster, `REQUEST-002`.
    async fn edit(&self, caller: &Caller, id: PlanId, edit: PlanEdit) -> Answer<PlanDetail>;

    /// Stores the workflow of a plan and begins a run of it with the goal's inputs. Accepting twice gives the same run.
    ///
    /// # Errors
    /// `PLAN-007` if the document does not pass the checks, `PLAN-009`, `PLAN-010` once it was refused; those of storing a workflow and beginning a run.
    async fn accept(&self, caller: &Caller, id: PlanId) -> Answer<PlanAccepted>;

    /// Refuses a plan. Refusing twice does no harm.
    ///
    /// # Errors
    /// `PLAN-009`, `PLAN-010` once it was accepted, `REQUEST-002`.
    async fn refuse(&self, caller: &Caller, id: PlanId, refusal: PlanRefusal) -> Answer<PlanSummary>;

    /// Proposes another way for a step of a run that failed for good: what has completed is kept, and what follows is done. Rules look for one first, and a
    /// model where they know none and the request allows it.
    ///
    /// # Errors
    /// `PLAN-011` if there is no other way, `PLAN-010` for a step that has not failed or a run that goes on, `WORKFLOW-041`.
    async fn replan(&self, caller: &Caller, replan: NewReplan) -> Answer<PlanDetail>;
}
