//! What can be done with workflows.

use async_trait::async_trait;

use super::Answer;
use crate::page::Page;
use crate::user::Caller;
use crate::wire::workflow::{NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowSummary};

/// Checks, stores and shows documents of workflows. Every version is kept for the runs that go on with it.
#[async_trait]
pub trait WorkflowService: Send + Sync {
    /// Says what is wrong with a document and how its graph looks, with the skills and workflows there are now; stores nothing. A document
    /// with problems is no refusal: they are the answer.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn check(&self, caller: &Caller, draft: WorkflowDraft) -> Answer<WorkflowCheck>;

    /// Stores a document as the newest version of its workflow, unless something is wrong with it. One that says the same as the newest is that version.
    ///
    /// # Errors
    /// The code of the first thing that is wrong (`WORKFLOW-001` to `WORKFLOW-014`), with the place of each; `WORKFLOW-043` if there is a newer version
    /// than the one seen, `WORKFLOW-044` if there are too many, `REQUEST-002`.
    async fn store(&self, caller: &Caller, workflow: NewWorkflow) -> Answer<WorkflowSummary>;

    /// The newest version of each workflow in use, by name.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>>;

    /// A version, the newest when absent, with its graph and what is wrong with it by now. A retired workflow is still shown.
    ///
    /// # Errors
    /// `WORKFLOW-040`.
    async fn workflow(&self, caller: &Caller, name: &str, version: Option<u32>) -> Answer<WorkflowDetail>;

    /// The versions of a workflow, the newest first.
    ///
    /// # Errors
    /// `WORKFLOW-040`, `REQUEST-010` for a bad cursor or limit.
    async fn versions(&self, caller: &Caller, name: &str, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>>;

    /// Takes a workflow out of use: no run of it begins any more, and those that have begun go on. Storing it again brings it back.
    ///
    /// # Errors
    /// `WORKFLOW-040`.
    async fn retire(&self, caller: &Caller, name: &str) -> Answer<()>;
}
