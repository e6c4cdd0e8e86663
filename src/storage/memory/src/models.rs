//! How are calls of models kept, and what they spent?

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::id::{ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelUsage;
use baton_storage::{ModelCallRecord, ModelStore, SpendingScope, Spent, StoreError};
use uuid::Uuid;

use crate::MemoryStore;
use crate::commit::taken;

#[async_trait]
impl ModelStore for MemoryStore {
    async fn record_model_call(&self, call: ModelCallRecord) -> Result<(), StoreError> {
        self.commit(|state| {
            if state.model_calls.contains_key(&call.id) {
                return Err(taken());
            }
            state.model_calls.insert(call.id, call);
            Ok(((), Vec::new()))
        })
    }

    async fn model_calls(&self, task: TaskId, limit: u32) -> Result<Vec<ModelCallRecord>, StoreError> {
        let mut calls: Vec<ModelCallRecord> =
            self.read(|state| state.model_calls.values().filter(|call| call.task == task).cloned().collect());
        calls.sort_by_key(|call| (call.at, call.id));
        calls.truncate(limit as usize);
        Ok(calls)
    }

    async fn remembered_answer(&self, key: &str, since: Timestamp) -> Result<Option<String>, StoreError> {
        Ok(self.read(|state| {
            let fits = |call: &&ModelCallRecord| call.request_key.as_deref() == Some(key) && call.at >= since;
            state.model_calls.values().filter(fits).max_by_key(|call| (call.at, call.id)).map(|call| call.answer.clone())
        }))
    }

    async fn model_usage(&self, project: ProjectId, since: Timestamp) -> Result<BTreeMap<String, ModelUsage>, StoreError> {
        Ok(self.read(|state| {
            let mut usage: BTreeMap<String, ModelUsage> = BTreeMap::new();
            for call in state.model_calls.values().filter(|call| call.project == project && call.at >= since) {
                let of_model = usage.entry(call.model.clone()).or_default();
                match call.failure {
                    Some(_) => of_model.failed += 1,
                    None => of_model.answered += 1,
                }
                of_model.cached += u64::from(call.cached);
                of_model.total.prompt_tokens += call.usage.prompt_tokens;
                of_model.total.completion_tokens += call.usage.completion_tokens;
                of_model.total.cost_micros += call.usage.cost_micros;
            }
            usage
        }))
    }

    async fn spend(&self, scopes: Vec<SpendingScope>, more: Spent, at: Timestamp) -> Result<Option<String>, StoreError> {
        self.commit(|state| {
            let spent = |name: &str| state.spending.get(name).map_or_else(Spent::default, |(spent, _)| *spent);
            if let Some(refused) = scopes.iter().find(|scope| !scope.has_room(spent(&scope.name), more)) {
                return Ok((Some(refused.name.clone()), Vec::new()));
            }
            for scope in scopes {
                let (spent, changed) = state.spending.entry(scope.name).or_insert((Spent::default(), at));
                spent.tokens = spent.tokens.saturating_add(more.tokens);
                spent.cost_micros = spent.cost_micros.saturating_add(more.cost_micros);
                *changed = at;
            }
            Ok((None, Vec::new()))
        })
    }

    async fn settle_spending(&self, scopes: Vec<String>, aside: Spent, used: Spent, at: Timestamp) -> Result<(), StoreError> {
        self.commit(|state| {
            for name in scopes {
                if let Some((spent, changed)) = state.spending.get_mut(&name) {
                    spent.tokens = (spent.tokens.saturating_add(used.tokens)).saturating_sub(aside.tokens);
                    spent.cost_micros = (spent.cost_micros.saturating_add(used.cost_micros)).saturating_sub(aside.cost_micros);
                    *changed = at;
                }
            }
            Ok(((), Vec::new()))
        })
    }

    async fn spent(&self, scope: &str) -> Result<Spent, StoreError> {
        Ok(self.read(|state| state.spending.get(scope).map_or_else(Spent::default, |(spent, _)| *spent)))
    }

    async fn forget_model_calls(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.commit(|state| {
            let old: Vec<Uuid> =
                state.model_calls.values().filter(|call| call.at < before).take(limit as usize).map(|call| call.id).collect();
            old.iter().for_each(|id| drop(state.model_calls.remove(id)));
            let still: Vec<String> =
                state.spending.iter().filter(|(_, (_, changed))| *changed < before).map(|(name, _)| name.clone()).collect();
            still.iter().take(limit as usize).for_each(|name| {
                state.spending.remove(name);
            });
            Ok((old.len() as u64, Vec::new()))
        })
    }
}
