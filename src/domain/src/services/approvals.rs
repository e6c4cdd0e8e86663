//! What can be done with approvals.

use async_trait::async_trait;

use super::Answer;
use crate::id::ApprovalId;
use crate::page::Page;
use crate::user::Caller;
use crate::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalSummary, ApprovalVerdict};

/// Shows what runs ask people for, and takes their verdicts. Each approval is decided on once.
#[async_trait]
pub trait ApprovalService: Send + Sync {
    /// Approvals of all runs, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn list(&self, caller: &Caller, filter: ApprovalFilter) -> Answer<Page<ApprovalSummary>>;

    /// One approval, with exactly what it is about.
    ///
    /// # Errors
    /// `WORKFLOW-042`.
    async fn approval(&self, caller: &Caller, id: ApprovalId) -> Answer<ApprovalDetail>;

    /// Agrees to exactly what has this hash; the step begins.
    ///
    /// # Errors
    /// `WORKFLOW-042`, `WORKFLOW-026` to `WORKFLOW-029`, `REQUEST-002`.
    async fn approve(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary>;

    /// Refuses; the step fails.
    ///
    /// # Errors
    /// `WORKFLOW-042`, `WORKFLOW-026` to `WORKFLOW-029`, `REQUEST-002`.
    async fn refuse(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary>;
}
