//! What does the layer of models keep? Its configuration, its budgets and its record, over the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DecisionId, TaskId};
use baton_domain::model::{ModelAnswer, Usage};
use baton_domain::ports::{ConfiguredModel, EmbeddingCall, ModelBooks, ModelCall, ModelCaller, Sealer, Sources};
use baton_domain::problem::Code;
use baton_domain::task::{Budget, SharedBudget};
use baton_domain::wire::model::ModelSettings;
use baton_domain::wire::task::Failure;
use baton_storage::{ModelCallRecord, SettingsKind, SettingsRecord, SpendingScope, Spent, Store, StoreError};
use parking_lot::Mutex;

use super::{budget, decision_scope, project_scope, task_scope};
use crate::attempt::failure;
use crate::settings::place;

/// How long an answer may be given again.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long configured models are believed before they are read again; a change through this server is seen at once.
const BELIEVED: Duration = Duration::from_secs(5);
/// How often settling is tried while storage is away; what is never settled stays counted as spent.
const SETTLING: u32 = 5;
/// Of how many decisions it is known how many calls are under way.
const MOST_HELD: usize = 4_096;

/// The books of a server's models.
pub(crate) struct Books {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sources: Sources,
    pub(crate) sealer: Arc<dyn Sealer>,
    believed: Mutex<Option<(baton_domain::time::Timestamp, Vec<ConfiguredModel>)>>,
    held: Held,
}

/// How many calls of each decision are under way here: what they set aside and do not use comes back. A call that was stopped is never told of; for that
/// whoever waits does so for a while only, and old decisions are forgotten.
#[derive(Default)]
struct Held(Mutex<BTreeMap<DecisionId, u32>>);

impl Held {
    fn begin(&self, shared: &[SharedBudget]) {
        let mut held = self.0.lock();
        for one in shared {
            *held.entry(one.decision).or_default() += 1;
        }
        while held.len() > MOST_HELD {
            held.pop_first();
        }
    }

    fn end(&self, shared: &[SharedBudget]) {
        let mut held = self.0.lock();
        for one in shared {
            let left = held.get(&one.decision).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                held.remove(&one.decision)
            } else {
                held.insert(one.decision, left)
            };
        }
    }

    fn is_held(&self, decision: DecisionId) -> bool {
        self.0.lock().contains_key(&decision)
    }
}

impl Books {
    pub(crate) fn new(store: Arc<dyn Store>, sources: Sources, sealer: Arc<dyn Sealer>) -> Self {
        Self { store, sources, sealer, believed: Mutex::new(None), held: Held::default() }
    }

    /// Forgets what was read of the configuration.
    pub(crate) fn changed(&self) {
        *self.believed.lock() = None;
    }

    /// A stored model with its key.
    pub(crate) fn configured(&self, record: &SettingsRecord) -> Result<ConfiguredModel, String> {
        let settings: ModelSettings = serde_json::from_value(record.settings.clone()).map_err(|error| error.to_string())?;
        let key = record.secret.as_deref().map(|sealed| self.sealer.open(&place(record), sealed)).transpose()?;
        Ok(ConfiguredModel { name: record.name.clone(), settings, key })
    }

    async fn read(&self) -> Result<Vec<ConfiguredModel>, StoreError> {
        let records = self.store.settings(SettingsKind::Model, baton_domain::id::DEFAULT_PROJECT).await?;
        let mut models: Vec<ConfiguredModel> = records
            .iter()
            .filter_map(|record| {
                // One model whose key does not open takes none of the others away.
                self.configured(record).inspect_err(|error| tracing::warn!(%error, model = record.name, "a model cannot be used")).ok()
            })
            .filter(|model| model.settings.enabled)
            .collect();
        models.sort_by(|one, other| (one.settings.rank, &one.name).cmp(&(other.settings.rank, &other.name)));
        Ok(models)
    }
}

fn spent(usage: Usage) -> Spent {
    Spent { tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens), cost_micros: usage.cost_micros }
}

fn unavailable(error: StoreError) -> Failure {
    failure(Code::StorageUnavailable, error.to_string(), true)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a budget's cost is above zero and at most a million")]
pub(super) fn micros(cost: f64) -> u64 {
    (cost * 1e6).floor() as u64
}

#[async_trait]
impl ModelBooks for Books {
    async fn models(&self) -> Result<Vec<ConfiguredModel>, Failure> {
        let now = self.sources.clock.now();
        if let Some((read_at, models)) = self.believed.lock().as_ref()
            && now.since(*read_at) < BELIEVED
        {
            return Ok(models.clone());
        }
        let models = self.read().await.map_err(unavailable)?;
        *self.believed.lock() = Some((now, models.clone()));
        Ok(models)
    }

    async fn reserve(&self, caller: &ModelCaller, most: Usage) -> Result<(), Failure> {
        let now = self.sources.clock.now();
        let of_project = budget(self.store.as_ref(), caller.project).await.map_err(unavailable)?;
        let scope = |name: String, budget: Budget| SpendingScope { name, tokens: budget.tokens, cost_micros: budget.cost.map(micros) };
        let of_task = |task: TaskId, budget: Budget| scope(task_scope(task), budget);
        let mut scopes = vec![of_task(caller.task, caller.budget)];
        scopes.extend(caller.above.iter().map(|(task, budget)| of_task(*task, *budget)));
        scopes.extend(caller.shared.iter().map(|shared| scope(decision_scope(shared.decision), shared.budget)));
        scopes.push(SpendingScope {
            name: project_scope(caller.project, now),
            tokens: of_project.tokens,
            cost_micros: of_project.cost_micros,
        });
        let most = spent(most);
        // What others of a decision have set aside may come back, once they know what they used; a call that is more than all of it never fits.
        let may_fit = |shared: &&SharedBudget| scope(String::new(), shared.budget).has_room(Spent::default(), most);
        let passes: Vec<(String, DecisionId)> =
            caller.shared.iter().filter(may_fit).map(|shared| (decision_scope(shared.decision), shared.decision)).collect();
        // Before it is known: whoever is refused because of this one must see it.
        self.held.begin(&caller.shared);
        let spent = self.store.spend(scopes, most, now).await;
        if !matches!(spent, Ok(None)) {
            self.held.end(&caller.shared);
        }
        let Some(refused) = spent.map_err(unavailable)? else { return Ok(()) };
        let whose = match refused.split(':').next() {
            Some("task") => "task's budget",
            Some("decision") => "budget that the decision's tasks share",
            _ => "project's budget of this month",
        };
        let text =
            format!("The {whose} has no room for a call of up to {} tokens and {} millionths of money.", most.tokens, most.cost_micros);
        let passing = passes.iter().any(|(name, decision)| *name == refused && self.held.is_held(*decision));
        Err(failure(Code::BudgetExhausted, text, passing))
    }

    async fn settle(&self, caller: &ModelCaller, most: Usage, used: Usage) {
        let now = self.sources.clock.now();
        let mut scopes = vec![task_scope(caller.task)];
        scopes.extend(caller.above.iter().map(|(task, _)| task_scope(*task)));
        scopes.extend(caller.shared.iter().map(|shared| decision_scope(shared.decision)));
        scopes.push(project_scope(caller.project, now));
        for attempt in 1..=SETTLING {
            match self.store.settle_spending(scopes.clone(), spent(most), spent(used), now).await {
                Ok(()) => break,
                Err(error) if attempt == SETTLING => tracing::warn!(%error, "what a call did not use stays counted as spent"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await,
            }
        }
        self.held.end(&caller.shared);
    }

    async fn record(&self, call: ModelCall) {
        let deterministic = call.request.temperature == 0.0;
        let (usage, cached, failure, answer) = match &call.answer {
            Ok(answer) => (answer.usage, answer.cached, None, serde_json::to_string(answer).unwrap_or_default()),
            Err(failure) => (Usage::default(), false, Some(failure.code.clone()), failure.message.clone()),
        };
        let record = ModelCallRecord {
            id: self.sources.ids.next(),
            project: call.caller.project,
            task: call.caller.task,
            attempt: call.caller.attempt,
            model: call.model,
            at: call.at,
            duration_ms: u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
            usage,
            cached,
            request_key: (deterministic && failure.is_none() && !cached).then_some(call.key),
            failure,
            request: serde_json::to_string(&call.request).unwrap_or_default(),
            answer,
        };
        if let Err(error) = self.store.record_model_call(record).await {
            tracing::warn!(%error, "a call of a model was not recorded");
        }
    }

    async fn record_embedding(&self, call: EmbeddingCall) {
        let (usage, failure, answer) = match &call.answer {
            Ok(embedded) => (embedded.usage, None, serde_json::to_string(embedded).unwrap_or_default()),
            Err(failure) => (Usage::default(), Some(failure.code.clone()), failure.message.clone()),
        };
        let record = ModelCallRecord {
            id: self.sources.ids.next(),
            project: call.caller.project,
            task: call.caller.task,
            attempt: call.caller.attempt,
            model: call.model,
            at: call.at,
            duration_ms: u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
            usage,
            cached: false,
            request_key: None,
            failure,
            // A request to complete has messages and no texts: by that the two are told apart.
            request: serde_json::json!({"texts": call.texts}).to_string(),
            answer,
        };
        if let Err(error) = self.store.record_model_call(record).await {
            tracing::warn!(%error, "a placing of texts was not recorded");
        }
    }

    async fn remembered(&self, key: &str) -> Option<ModelAnswer> {
        let since = self.sources.clock.now().minus(REMEMBERED);
        let answer = self.store.remembered_answer(key, since).await.ok()??;
        serde_json::from_str(&answer).ok()
    }
}
