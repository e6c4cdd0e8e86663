//! How connections and models answer in tests.

use async_trait::async_trait;
use baton_domain::id::{ConnectionId, ModelId, TaskId};
use baton_domain::services::{Answer, ConnectionService, ModelService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::connection::{ConnectionView, NewConnection};
use baton_domain::wire::model::{
    ModelBudget, ModelBudgetView, ModelCallView, ModelList, ModelPreset, ModelState, ModelTest, ModelUsage, ModelView, NewModel,
};
use uuid::Uuid;

use super::{Fake, START};

const NO_BUDGET: ModelBudgetView = ModelBudgetView { budget: ModelBudget { tokens: None, cost_micros: None }, tokens: 0, cost_micros: 0 };

fn shown(caller: &Caller, connection: NewConnection, id: ConnectionId) -> ConnectionView {
    ConnectionView {
        id,
        name: connection.name,
        settings: connection.settings,
        has_secret: connection.secret.is_some(),
        created_at: Timestamp::from_millis(START),
        updated_at: Timestamp::from_millis(START),
        updated_by: caller.principal.label().to_owned(),
    }
}

fn model_shown(caller: &Caller, model: NewModel, id: ModelId) -> ModelView {
    ModelView {
        id: Some(id),
        name: model.name,
        settings: model.settings,
        has_key: model.key.is_some(),
        state: ModelState::Ready,
        updated_at: Some(Timestamp::from_millis(START)),
        updated_by: caller.principal.label().to_owned(),
        usage: ModelUsage::default(),
    }
}

#[async_trait]
impl ConnectionService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<Vec<ConnectionView>> {
        self.0.allowed(caller, Permission::Read, "connections".into())?;
        Ok(Vec::new())
    }

    async fn get(&self, caller: &Caller, id: ConnectionId) -> Answer<ConnectionView> {
        self.0.allowed(caller, Permission::Read, format!("connection {id}"))?;
        let settings = serde_json::from_str(r#"{"kind": "http", "base_url": "https://api.example.com"}"#).unwrap();
        Ok(shown(caller, NewConnection { name: "weather".into(), settings, secret: None }, id))
    }

    async fn create(&self, caller: &Caller, connection: NewConnection) -> Answer<ConnectionView> {
        self.0.allowed(caller, Permission::Administer, format!("connect {}", connection.name))?;
        Ok(shown(caller, connection, ConnectionId::new(Uuid::from_u128(7))))
    }

    async fn update(&self, caller: &Caller, id: ConnectionId, connection: NewConnection) -> Answer<ConnectionView> {
        self.0.allowed(caller, Permission::Administer, format!("reconnect {id}"))?;
        Ok(shown(caller, connection, id))
    }

    async fn remove(&self, caller: &Caller, id: ConnectionId) -> Answer<()> {
        self.0.allowed(caller, Permission::Administer, format!("disconnect {id}"))
    }
}

#[async_trait]
impl ModelService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<ModelList> {
        self.0.allowed(caller, Permission::Read, "models".into())?;
        Ok(ModelList { items: Vec::new(), budget: NO_BUDGET })
    }

    async fn presets(&self, caller: &Caller) -> Answer<Vec<ModelPreset>> {
        self.0.allowed(caller, Permission::Read, "presets".into())?;
        Ok(Vec::new())
    }

    async fn create(&self, caller: &Caller, model: NewModel) -> Answer<ModelView> {
        self.0.allowed(caller, Permission::Administer, format!("model {}", model.name))?;
        Ok(model_shown(caller, model, ModelId::new(Uuid::from_u128(8))))
    }

    async fn update(&self, caller: &Caller, id: ModelId, model: NewModel) -> Answer<ModelView> {
        self.0.allowed(caller, Permission::Administer, format!("change model {id}"))?;
        Ok(model_shown(caller, model, id))
    }

    async fn remove(&self, caller: &Caller, id: ModelId) -> Answer<()> {
        self.0.allowed(caller, Permission::Administer, format!("remove model {id}"))
    }

    async fn test(&self, caller: &Caller, name: &str) -> Answer<ModelTest> {
        self.0.allowed(caller, Permission::Administer, format!("test model {name}"))?;
        Ok(ModelTest { ok: true, message: "ready".into(), duration_ms: 1, capabilities: None })
    }

    async fn calls(&self, caller: &Caller, task: TaskId) -> Answer<Vec<ModelCallView>> {
        self.0.allowed(caller, Permission::Read, format!("model calls of {task}"))?;
        Ok(Vec::new())
    }

    async fn set_budget(&self, caller: &Caller, budget: ModelBudget) -> Answer<ModelBudgetView> {
        self.0.allowed(caller, Permission::Administer, format!("budget {:?}", budget.tokens))?;
        Ok(ModelBudgetView { budget, ..NO_BUDGET })
    }
}
