//! What is stored of concurrency limits.

use std::collections::HashMap;

use async_trait::async_trait;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::limit::{LimitScope, LimitView};

use crate::StoreError;

/// Concurrency limits. What runs under one is counted from the tasks themselves, so no crash can leave a wrong count behind.
/// [`begin`](crate::TaskStore::begin) keeps to them, whichever server calls it.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// All limits, by scope (that of skills first) and name, each with what is assigned or running under it now.
    ///
    /// # Errors
    /// Only those of storage.
    async fn limits(&self) -> Result<Vec<LimitView>, StoreError>;

    /// Sets a limit, with the event `limit.set`; gives it as it is now.
    ///
    /// # Errors
    /// Only those of storage.
    async fn set_limit(
        &self,
        scope: LimitScope,
        name: String,
        maximum: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<LimitView, StoreError>;

    /// Removes a limit, with the event `limit.removed`; says whether there was one.
    ///
    /// # Errors
    /// Only those of storage.
    async fn remove_limit(&self, scope: LimitScope, name: String, actor: Principal, at: Timestamp) -> Result<bool, StoreError>;
}

/// How many more attempts the limits let begin, while a back-end goes through the assignments of one call.
#[derive(Debug, Clone, Default)]
pub struct LimitRoom {
    skills: HashMap<String, i64>,
    keys: HashMap<String, i64>,
}

impl LimitRoom {
    /// The whole room of these limits.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (LimitScope, String, u32)>) -> Self {
        let mut room = Self::default();
        for (scope, name, maximum) in limits {
            let of_scope = match scope {
                LimitScope::Skill => &mut room.skills,
                LimitScope::FairnessKey => &mut room.keys,
            };
            of_scope.insert(name, i64::from(maximum));
        }
        room
    }

    /// Whether there are no limits.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.skills.is_empty() && self.keys.is_empty()
    }

    /// Takes off what runs already.
    pub fn count(&mut self, skill: &str, fairness_key: Option<&str>, running: i64) {
        for room in self.under(skill, fairness_key) {
            *room -= running;
        }
    }

    /// Takes the room of one more attempt of a task with these; false and nothing taken if there is none.
    pub fn take(&mut self, skill: &str, fairness_key: Option<&str>) -> bool {
        if self.under(skill, fairness_key).any(|room| *room < 1) {
            return false;
        }
        self.count(skill, fairness_key, 1);
        true
    }

    fn under(&mut self, skill: &str, fairness_key: Option<&str>) -> impl Iterator<Item = &mut i64> {
        let of_key = fairness_key.and_then(|key| self.keys.get_mut(key));
        self.skills.get_mut(skill).into_iter().chain(of_key)
    }
}
