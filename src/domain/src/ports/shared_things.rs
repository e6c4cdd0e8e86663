//! How does the engine let agents claim shared things and store versions of them? It knows attempts; who holds what is said by whoever keeps claims.

use std::time::Duration;

use async_trait::async_trait;

use crate::id::{AttemptId, LeaseToken, ProjectId, TaskId};
use crate::services::Answer;
use crate::task::Priority;
use crate::time::Timestamp;
use crate::user::{Caller, Principal};
use crate::wire::claim::{ClaimRef, ClaimView, Claimed, WantedClaim};
use crate::wire::conflict::{PutOutcome, PutVersion};

/// An attempt that claims for itself. Nothing is stored for it once its task does not run under its lease any more.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkingAttempt {
    /// The attempt, which is the holder.
    pub attempt: AttemptId,
    /// Its task.
    pub task: TaskId,
    /// The lease that it must hold.
    pub lease: LeaseToken,
    /// Whose the task is.
    pub project: ProjectId,
    /// On whose behalf the task was asked for.
    pub created_by: Principal,
    /// How urgent the task is.
    pub priority: Priority,
    /// When the task was asked for.
    pub created_at: Timestamp,
}

impl WorkingAttempt {
    /// Who asks when it asks.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller { project: self.project, principal: self.created_by.clone(), ..Caller::system() }
    }
}

/// Things that agents share with everybody else.
#[async_trait]
pub trait SharedThings: Send + Sync {
    /// Claims things for an attempt, all of them or none, and waits so long until it has them.
    ///
    /// # Errors
    /// As [`ClaimService::claim`](crate::services::ClaimService::claim); `TOPIC-008` if the attempt has lost its task.
    async fn claim(&self, attempt: &WorkingAttempt, wanted: Vec<WantedClaim>, lease_ms: u64, wait: Duration) -> Answer<Claimed>;

    /// Holds claims of an attempt for longer, from now: those that are named, or all of them.
    ///
    /// # Errors
    /// As [`ClaimService::renew`](crate::services::ClaimService::renew); `TOPIC-008` if the attempt has lost its task.
    async fn renew(&self, attempt: &WorkingAttempt, claims: Vec<ClaimRef>, lease_ms: Option<u64>) -> Answer<Vec<ClaimView>>;

    /// Gives claims of an attempt back: those that are named, or all of them. One that has lost its task may do so, too.
    ///
    /// # Errors
    /// As [`ClaimService::release`](crate::services::ClaimService::release).
    async fn release(&self, attempt: &WorkingAttempt, claims: Vec<ClaimRef>) -> Answer<()>;

    /// Stores a version of a line for an attempt.
    ///
    /// # Errors
    /// As [`ConflictService::put`](crate::services::ConflictService::put); `TOPIC-008` if the attempt has lost its task.
    async fn put(&self, attempt: &WorkingAttempt, line: &str, version: PutVersion) -> Answer<PutOutcome>;
}
