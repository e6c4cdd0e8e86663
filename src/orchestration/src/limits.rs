//! How are concurrency limits shown, set and removed? The limit service over the store.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, LimitService};
use baton_domain::task::invalid_fairness_key;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::limit::{LimitScope, LimitView, MAXIMUM_LIMIT, NewLimit};

use crate::cluster::elsewhere;
use crate::engine::Shared;

/// The limit service.
pub(crate) struct Limits {
    pub(crate) shared: Arc<Shared>,
}

#[async_trait]
impl LimitService for Limits {
    async fn list(&self, caller: &Caller) -> Answer<Vec<LimitView>> {
        self.shared.gate.require(caller, Permission::Read, "limit.list")?;
        Ok(self.shared.store.limits().await?)
    }

    async fn set(&self, caller: &Caller, limit: NewLimit) -> Answer<LimitView> {
        self.shared.gate.require(caller, Permission::Operate, "limit.set")?;
        let maximum = u32::try_from(limit.maximum).ok().filter(|maximum| (1..=MAXIMUM_LIMIT).contains(maximum)).ok_or_else(|| {
            let detail = format!("Use a limit from 1 to {MAXIMUM_LIMIT}. To stop work, pause the tasks or drain the agents.");
            Problem::new(Code::InvalidLimit, detail)
                .with_field("/maximum", format!("{} is not between 1 and {MAXIMUM_LIMIT}", limit.maximum))
        })?;
        let NewLimit { scope, name, .. } = limit;
        match scope {
            LimitScope::Skill if elsewhere::skill(&self.shared, &name).await?.is_none() => {
                let name: String = name.chars().take(100).collect();
                return Err(Problem::new(Code::NoSuchSkill, format!("No agent has the skill {name:?}.")));
            }
            LimitScope::FairnessKey => {
                if let Some(wrong) = invalid_fairness_key(&name) {
                    return Err(Problem::invalid_field("name", wrong.to_owned()));
                }
            }
            LimitScope::Skill => {}
        }
        let now = self.shared.sources.clock.now();
        let limit = self.shared.store.set_limit(scope, name, maximum, caller.principal.clone(), now).await?;
        self.shared.backlog.ring_all();
        Ok(limit)
    }

    async fn remove(&self, caller: &Caller, scope: LimitScope, name: String) -> Answer<()> {
        self.shared.gate.require(caller, Permission::Operate, "limit.remove")?;
        let now = self.shared.sources.clock.now();
        if !self.shared.store.remove_limit(scope, name, caller.principal.clone(), now).await? {
            return Err(Problem::new(Code::NoSuchLimit, "There is no such limit; it may have been removed already."));
        }
        self.shared.backlog.ring_all();
        Ok(())
    }
}
