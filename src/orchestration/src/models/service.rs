//! How are models shown, configured and tested? The model service over the store and the port of models.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DEFAULT_PROJECT, ModelId, TaskId};
use baton_domain::ports::Models;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ModelService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::model::{
    LOCAL_MODEL, MAXIMUM_MODELS, ModelBudget, ModelBudgetView, ModelCallView, ModelList, ModelPreset, ModelSettings, ModelState, ModelTest,
    ModelUsage, ModelView, NewModel,
};
use baton_storage::{ModelCallRecord, SettingsKind, SettingsRecord};

use super::check::{check, wrong};
use super::{BUDGET, Books, budget, project_scope};
use crate::engine::Shared;
use crate::settings::{next_secret, place, same_origin, taken};

/// What the usage that lists show goes back.
const USAGE: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The most calls of a task that are shown.
const CALLS: u32 = 200;
/// The most bytes of a request or an answer that are shown.
const SHOWN: usize = 64 << 10;

/// The model service.
pub(crate) struct ModelsService {
    pub(crate) shared: Arc<Shared>,
    pub(crate) books: Arc<Books>,
    pub(crate) models: Arc<dyn Models>,
}

fn no_such_model() -> Problem {
    Problem::new(Code::NoSuchModel, "There is no such model; it may have been removed.")
}

fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, error.to_string())
}

fn cut(mut text: String) -> String {
    if text.len() > SHOWN {
        text.truncate(text.floor_char_boundary(SHOWN));
        text.push('…');
    }
    text
}

fn call_view(call: ModelCallRecord) -> ModelCallView {
    ModelCallView {
        at: call.at,
        task_id: call.task,
        attempt_id: call.attempt,
        model: call.model,
        duration_ms: call.duration_ms,
        usage: call.usage,
        cached: call.cached,
        failure: call.failure,
        request: cut(call.request),
        answer: cut(call.answer),
    }
}

impl ModelsService {
    async fn records(&self) -> Result<Vec<SettingsRecord>, Problem> {
        Ok(self.shared.store.settings(SettingsKind::Model, DEFAULT_PROJECT).await?)
    }

    async fn stored(&self, id: ModelId) -> Result<SettingsRecord, Problem> {
        self.records().await?.into_iter().find(|record| record.id == *id.as_uuid()).ok_or_else(no_such_model)
    }

    fn view(&self, record: SettingsRecord, usage: &BTreeMap<String, ModelUsage>) -> Result<ModelView, Problem> {
        let settings: ModelSettings = serde_json::from_value(record.settings)
            .map_err(|error| internal(format!("The model {} does not read back: {error}.", record.name)))?;
        let state = if settings.enabled { self.models.state(&record.name) } else { ModelState::Disabled };
        Ok(ModelView {
            id: Some(ModelId::new(record.id)),
            usage: usage.get(&record.name).copied().unwrap_or_default(),
            name: record.name,
            settings,
            has_key: record.secret.is_some(),
            state,
            updated_at: Some(record.updated_at),
            updated_by: record.updated_by,
        })
    }

    fn record(&self, caller: &Caller, model: NewModel, stored: Option<&SettingsRecord>) -> Result<SettingsRecord, Problem> {
        check(&model, stored.is_some_and(|stored| stored.secret.is_some()), |pem| self.models.check_authority(pem))?;
        let before: Option<ModelSettings> = stored.and_then(|stored| serde_json::from_value(stored.settings.clone()).ok());
        let same = before.is_some_and(|before| same_origin(&before.base_url, &model.settings.base_url));
        let now = self.shared.sources.clock.now();
        let mut record = SettingsRecord {
            kind: SettingsKind::Model,
            id: stored.map_or_else(|| self.shared.sources.ids.next(), |stored| stored.id),
            project: DEFAULT_PROJECT,
            name: model.name,
            settings: serde_json::to_value(&model.settings).map_err(internal)?,
            secret: None,
            created_at: stored.map_or(now, |stored| stored.created_at),
            updated_at: now,
            updated_by: caller.principal.label().to_owned(),
        };
        let refused = |message: &str| wrong("/key", message);
        record.secret = next_secret(self.books.sealer.as_ref(), &place(&record), model.key.as_ref(), stored, same, refused)?;
        Ok(record)
    }

    async fn budget(&self, caller: &Caller) -> Result<ModelBudgetView, Problem> {
        let store = self.shared.store.as_ref();
        let spent = store.spent(&project_scope(caller.project, self.shared.sources.clock.now())).await?;
        Ok(ModelBudgetView { budget: budget(store, caller.project).await?, tokens: spent.tokens, cost_micros: spent.cost_micros })
    }

    /// Keeps what a probe found; that nobody could keep it takes nothing from what was found.
    async fn remember(&self, record: SettingsRecord, test: &ModelTest, caller: &Caller) {
        let Some(capabilities) = test.capabilities else { return };
        let Ok(mut settings) = serde_json::from_value::<ModelSettings>(record.settings.clone()) else { return };
        settings.capabilities = Some(capabilities);
        let Ok(settings) = serde_json::to_value(&settings) else { return };
        if settings != record.settings {
            let record = SettingsRecord { settings, ..record };
            if let Err(error) = self.shared.store.update_settings(record, caller.principal.clone()).await {
                tracing::warn!(%error, "what a model can do was not kept");
            }
            self.books.changed();
        }
    }
}

fn name_taken(name: &str) -> Problem {
    wrong("/name", format!("there is a model {name:?}; choose another name, or change that one"))
}

#[async_trait]
impl ModelService for ModelsService {
    async fn list(&self, caller: &Caller) -> Answer<ModelList> {
        self.shared.gate.require(caller, Permission::Read, "model.list")?;
        let since = self.shared.sources.clock.now().minus(USAGE);
        let usage = self.shared.store.model_usage(caller.project, since).await?;
        let mut items = self.records().await?.into_iter().map(|record| self.view(record, &usage)).collect::<Result<Vec<_>, _>>()?;
        items.sort_by(|one, other| (one.settings.rank, &one.name).cmp(&(other.settings.rank, &other.name)));
        items.extend(self.models.local().map(|settings| ModelView {
            id: None,
            name: LOCAL_MODEL.to_owned(),
            settings,
            has_key: false,
            state: self.models.state(LOCAL_MODEL),
            updated_at: None,
            updated_by: "Baton".to_owned(),
            usage: usage.get(LOCAL_MODEL).copied().unwrap_or_default(),
        }));
        Ok(ModelList { items, budget: self.budget(caller).await? })
    }

    async fn presets(&self, caller: &Caller) -> Answer<Vec<ModelPreset>> {
        self.shared.gate.require(caller, Permission::Read, "model.presets")?;
        Ok(self.models.presets())
    }

    async fn create(&self, caller: &Caller, model: NewModel) -> Answer<ModelView> {
        self.shared.gate.require(caller, Permission::Administer, "model.create")?;
        if self.records().await?.len() >= MAXIMUM_MODELS {
            return Err(wrong("/name", format!("at most {MAXIMUM_MODELS} models can be configured; remove one")));
        }
        let record = self.record(caller, model, None)?;
        let inserted = self.shared.store.insert_settings(record.clone(), caller.principal.clone()).await;
        inserted.map_err(|error| taken(error, name_taken(&record.name)))?;
        self.books.changed();
        self.view(record, &BTreeMap::new())
    }

    async fn update(&self, caller: &Caller, id: ModelId, model: NewModel) -> Answer<ModelView> {
        self.shared.gate.require(caller, Permission::Administer, "model.update")?;
        let stored = self.stored(id).await?;
        let record = self.record(caller, model, Some(&stored))?;
        let updated = self.shared.store.update_settings(record.clone(), caller.principal.clone()).await;
        if !updated.map_err(|error| taken(error, name_taken(&record.name)))? {
            return Err(no_such_model());
        }
        self.books.changed();
        let since = self.shared.sources.clock.now().minus(USAGE);
        let usage = self.shared.store.model_usage(caller.project, since).await?;
        self.view(record, &usage)
    }

    async fn remove(&self, caller: &Caller, id: ModelId) -> Answer<()> {
        self.shared.gate.require(caller, Permission::Administer, "model.remove")?;
        let now = self.shared.sources.clock.now();
        let removed = self.shared.store.remove_settings(SettingsKind::Model, *id.as_uuid(), caller.principal.clone(), now).await?;
        self.books.changed();
        if removed { Ok(()) } else { Err(no_such_model()) }
    }

    async fn test(&self, caller: &Caller, name: &str) -> Answer<ModelTest> {
        self.shared.gate.require(caller, Permission::Administer, "model.test")?;
        if name == LOCAL_MODEL {
            return Ok(self.models.probe(None).await);
        }
        let record = self.records().await?.into_iter().find(|record| record.name == name).ok_or_else(no_such_model)?;
        let test = match self.books.configured(&record) {
            Ok(model) => self.models.probe(Some(&model)).await,
            Err(error) => ModelTest {
                ok: false,
                message: format!("The key cannot be used: {error}. Give it again."),
                duration_ms: 0,
                capabilities: None,
            },
        };
        self.remember(record, &test, caller).await;
        Ok(test)
    }

    async fn calls(&self, caller: &Caller, task: TaskId) -> Answer<Vec<ModelCallView>> {
        self.shared.gate.require(caller, Permission::Read, "model.calls")?;
        if self.shared.store.task(task).await?.is_none() {
            return Err(Problem::new(Code::NoSuchTask, "There is no such task."));
        }
        Ok(self.shared.store.model_calls(task, CALLS).await?.into_iter().map(call_view).collect())
    }

    async fn set_budget(&self, caller: &Caller, wanted: ModelBudget) -> Answer<ModelBudgetView> {
        self.shared.gate.require(caller, Permission::Administer, "model.set_budget")?;
        for (field, limit) in [("tokens", wanted.tokens), ("cost_micros", wanted.cost_micros)] {
            if limit.is_some_and(|limit| limit == 0 || i64::try_from(limit).is_err()) {
                return Err(Problem::invalid_field(field, "use a number above zero, or leave it out for no limit"));
            }
        }
        let store = &self.shared.store;
        let now = self.shared.sources.clock.now();
        let stored = store.settings(SettingsKind::Budget, caller.project).await?.into_iter().find(|record| record.name == BUDGET);
        let record = SettingsRecord {
            kind: SettingsKind::Budget,
            id: stored.as_ref().map_or_else(|| self.shared.sources.ids.next(), |record| record.id),
            project: caller.project,
            name: BUDGET.to_owned(),
            settings: serde_json::to_value(wanted).map_err(internal)?,
            secret: None,
            created_at: stored.as_ref().map_or(now, |record| record.created_at),
            updated_at: now,
            updated_by: caller.principal.label().to_owned(),
        };
        if stored.is_some() {
            store.update_settings(record, caller.principal.clone()).await?;
        } else {
            store.insert_settings(record, caller.principal.clone()).await?;
        }
        self.budget(caller).await
    }
}
