//! How are concurrency limits kept, and how much room do they leave?

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::limit::{LimitScope, LimitView};
use baton_domain::wire::task::TaskSummary;
use baton_storage::{LimitRoom, LimitStore, StoreError};

use crate::MemoryStore;
use crate::commit::{State, data};

/// All limits; what runs under each is counted when somebody asks.
#[derive(Default)]
pub(crate) struct Limits(BTreeMap<(LimitScope, String), LimitView>);

impl Limits {
    /// What is left of the limits while these tasks run.
    pub(crate) fn room<'a>(&self, running: impl Iterator<Item = &'a TaskSummary>) -> LimitRoom {
        let mut room = LimitRoom::new(self.0.values().map(|limit| (limit.scope, limit.name.clone(), limit.maximum)));
        if !room.is_unlimited() {
            running.for_each(|task| room.count(&task.skill, task.fairness_key.as_deref(), 1));
        }
        room
    }
}

fn shown(state: &State, limit: &LimitView) -> LimitView {
    let under = |task: &TaskSummary| match limit.scope {
        LimitScope::Skill => task.skill == limit.name,
        LimitScope::FairnessKey => task.fairness_key.as_ref() == Some(&limit.name),
    };
    let running = state.tasks.leased().filter(|row| under(&row.record.summary)).count();
    LimitView { running: u32::try_from(running).unwrap_or(u32::MAX), ..limit.clone() }
}

fn event(kind: &str, limit: &LimitView, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    let subject = format!("limit:{}:{}", limit.scope, limit.name);
    Ok(NewEvent { at, project: DEFAULT_PROJECT, kind: kind.to_owned(), subject, actor, data: data(limit)? })
}

#[async_trait]
impl LimitStore for MemoryStore {
    async fn limits(&self) -> Result<Vec<LimitView>, StoreError> {
        Ok(self.read(|state| state.limits.0.values().map(|limit| shown(state, limit)).collect()))
    }

    async fn set_limit(
        &self,
        scope: LimitScope,
        name: String,
        maximum: u32,
        actor: Principal,
        at: Timestamp,
    ) -> Result<LimitView, StoreError> {
        self.commit(|state| {
            let limit = LimitView { scope, name, maximum, running: 0, updated_at: at, updated_by: actor.label().to_owned() };
            let limit = shown(state, &limit);
            let told = event("limit.set", &limit, actor, at)?;
            state.limits.0.insert((scope, limit.name.clone()), limit.clone());
            Ok((limit, vec![told]))
        })
    }

    async fn remove_limit(&self, scope: LimitScope, name: String, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.commit(|state| {
            let Some(limit) = state.limits.0.remove(&(scope, name)) else { return Ok((false, Vec::new())) };
            let limit = shown(state, &limit);
            Ok((true, vec![event("limit.removed", &limit, actor, at)?]))
        })
    }
}
