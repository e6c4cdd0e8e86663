//! What is stored of calls of language models, and of what they spent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::id::{AttemptId, ProjectId, TaskId};
use baton_domain::model::Usage;
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelUsage;
use uuid::Uuid;

use crate::StoreError;

/// One call of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCallRecord {
    /// The call; a UUID of version 7.
    pub id: Uuid,
    /// Who paid.
    pub project: ProjectId,
    /// The task that asked.
    pub task: TaskId,
    /// Its attempt.
    pub attempt: AttemptId,
    /// The model that was asked, by its name here.
    pub model: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What it took.
    pub usage: Usage,
    /// Whether the answer was one that was given before.
    pub cached: bool,
    /// The code of what went wrong.
    pub failure: Option<String>,
    /// By what the same request is known again; only where its answer may be given again.
    pub request_key: Option<String>,
    /// What was asked, as JSON.
    pub request: String,
    /// What was answered, as JSON, or what went wrong.
    pub answer: String,
}

/// Something that money and tokens are spent within, with what may be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendingScope {
    /// Its name, as `task:<id>` or `project:<id>:2026-11`.
    pub name: String,
    /// The most tokens.
    pub tokens: Option<u64>,
    /// The most money, in millionths.
    pub cost_micros: Option<u64>,
}

/// What was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Tokens.
    pub tokens: u64,
    /// Money, in millionths.
    pub cost_micros: u64,
}

impl SpendingScope {
    /// Whether this much more may be spent on top of that.
    #[must_use]
    pub fn has_room(&self, spent: Spent, more: Spent) -> bool {
        let fits = |limit: Option<u64>, spent: u64, more: u64| limit.is_none_or(|limit| spent.saturating_add(more) <= limit);
        fits(self.tokens, spent.tokens, more.tokens) && fits(self.cost_micros, spent.cost_micros, more.cost_micros)
    }
}

/// Calls of models and what they spent.
#[async_trait]
pub trait ModelStore: Send + Sync {
    /// Keeps a call.
    ///
    /// # Errors
    /// Only those of storage.
    async fn record_model_call(&self, call: ModelCallRecord) -> Result<(), StoreError>;

    /// The calls of a task, oldest first, at most so many.
    ///
    /// # Errors
    /// Only those of storage.
    async fn model_calls(&self, task: TaskId, limit: u32) -> Result<Vec<ModelCallRecord>, StoreError>;

    /// The newest answer that was given to a request with this key since then.
    ///
    /// # Errors
    /// Only those of storage.
    async fn remembered_answer(&self, key: &str, since: Timestamp) -> Result<Option<String>, StoreError>;

    /// What the calls of each model took since then, in a project.
    ///
    /// # Errors
    /// Only those of storage.
    async fn model_usage(&self, project: ProjectId, since: Timestamp) -> Result<BTreeMap<String, ModelUsage>, StoreError>;

    /// Adds to what was spent in all these scopes, or in none of them: gives the name of the first that has not that much left.
    ///
    /// # Errors
    /// Only those of storage.
    async fn spend(&self, scopes: Vec<SpendingScope>, more: Spent, at: Timestamp) -> Result<Option<String>, StoreError>;

    /// Changes what was spent in these scopes from what was set aside to what it came to. It never falls below nothing.
    ///
    /// # Errors
    /// Only those of storage.
    async fn settle_spending(&self, scopes: Vec<String>, aside: Spent, used: Spent, at: Timestamp) -> Result<(), StoreError>;

    /// What was spent in a scope.
    ///
    /// # Errors
    /// Only those of storage.
    async fn spent(&self, scope: &str) -> Result<Spent, StoreError>;

    /// Forgets calls that began before this instant, and the spending of scopes that did not change since; at most so many of each.
    /// Gives how many calls.
    ///
    /// # Errors
    /// Only those of storage.
    async fn forget_model_calls(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
