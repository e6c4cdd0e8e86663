//! What do tests of the gateway stand on? Books in memory, scripted models, and an API over HTTP that does as it is told.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "tests; each file uses a part of it")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use baton_clients_llm::gateway::Connect;
use baton_clients_llm::scripted::{Habit, Scripted, Step};
use baton_clients_llm::{CallError, GatewayParts, ModelGateway, Provider};
use baton_domain::id::{AttemptId, DEFAULT_PROJECT, TaskId};
use baton_domain::model::{Message, ModelAnswer, ModelRequest, ModelTier, Usage};
use baton_domain::ports::{Chance, Clock, ConfiguredModel, EmbeddingCall, IdSource, ModelBooks, ModelCall, ModelCaller, Sources};
use baton_domain::problem::Code;
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelSettings;
use baton_domain::wire::task::Failure;
use std::sync::Mutex;
use uuid::Uuid;

pub struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000)
    }
}

impl Chance for Fixed {
    fn next(&self) -> f64 {
        0.5
    }
}

impl IdSource for Fixed {
    fn next(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// Books in memory; one budget of tokens for all.
#[derive(Default)]
pub struct Books {
    pub models: Vec<ConfiguredModel>,
    pub limit: Option<i64>,
    /// Whether the budget is shared: what calls that are under way set aside may come back.
    pub shared: bool,
    /// How many calls are under way.
    pub held: AtomicI64,
    pub spent: AtomicI64,
    /// The most that was ever counted as spent.
    pub peak: AtomicI64,
    pub calls: Mutex<Vec<ModelCall>>,
    pub embeddings: Mutex<Vec<EmbeddingCall>>,
    pub answers: Mutex<HashMap<String, ModelAnswer>>,
}

fn tokens(usage: Usage) -> i64 {
    i64::try_from(usage.prompt_tokens + usage.completion_tokens).unwrap()
}

#[async_trait]
impl ModelBooks for Books {
    async fn models(&self) -> Result<Vec<ConfiguredModel>, Failure> {
        Ok(self.models.clone())
    }

    async fn reserve(&self, _: &ModelCaller, most: Usage) -> Result<(), Failure> {
        let after = self.spent.fetch_add(tokens(most), Ordering::SeqCst) + tokens(most);
        if self.limit.is_some_and(|limit| after > limit) {
            self.spent.fetch_sub(tokens(most), Ordering::SeqCst);
            let retryable = self.shared && self.held.load(Ordering::SeqCst) > 0;
            return Err(Failure { code: Code::BudgetExhausted.as_str().to_owned(), message: "no room".to_owned(), retryable });
        }
        self.held.fetch_add(1, Ordering::SeqCst);
        self.peak.fetch_max(after, Ordering::SeqCst);
        Ok(())
    }

    async fn settle(&self, _: &ModelCaller, most: Usage, used: Usage) {
        self.spent.fetch_add(tokens(used) - tokens(most), Ordering::SeqCst);
        self.held.fetch_sub(1, Ordering::SeqCst);
    }

    async fn record(&self, call: ModelCall) {
        if let Ok(answer) = &call.answer
            && call.request.temperature == 0.0
        {
            self.answers.lock().unwrap().insert(call.key.clone(), answer.clone());
        }
        self.calls.lock().unwrap().push(call);
    }

    async fn record_embedding(&self, call: EmbeddingCall) {
        self.embeddings.lock().unwrap().push(call);
    }

    async fn remembered(&self, key: &str) -> Option<ModelAnswer> {
        self.answers.lock().unwrap().get(key).cloned()
    }
}

pub fn settings(tier: ModelTier, rank: u32) -> ModelSettings {
    ModelSettings {
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        model: "m".to_owned(),
        tier,
        context_tokens: 100_000,
        prompt_micros_per_million: 1_000_000,
        completion_micros_per_million: 2_000_000,
        concurrency: 100,
        per_minute: 10_000,
        timeout_ms: 2_000,
        rank,
        enabled: true,
        private: true,
        embeds: false,
        ca_pem: None,
        capabilities: None,
    }
}

pub fn model(name: &str, tier: ModelTier, rank: u32) -> ConfiguredModel {
    ConfiguredModel { name: name.to_owned(), settings: settings(tier, rank), key: Some("sk-secret".to_owned()) }
}

pub fn caller() -> ModelCaller {
    ModelCaller {
        project: DEFAULT_PROJECT,
        task: TaskId::new(Uuid::from_u128(1)),
        attempt: AttemptId::new(Uuid::from_u128(2)),
        budget: Budget::default(),
        above: Vec::new(),
        shared: Vec::new(),
    }
}

pub fn ask(text: &str) -> ModelRequest {
    ModelRequest { maximum_tokens: 50, ..ModelRequest::new(vec![Message::user(text)]) }
}

/// A gateway on one model that takes these steps and then fails, with the model and its books.
pub fn scripted(model: ConfiguredModel, steps: Vec<Step>) -> (ModelGateway, Arc<Scripted>, Arc<Books>) {
    let player = Arc::new(Scripted::new("played", steps, Habit::Refuse));
    let books = Arc::new(Books { models: vec![model.clone()], ..Books::default() });
    let gateway = gateway(&books, vec![(model.name.as_str(), Arc::clone(&player) as Arc<dyn Provider>)]);
    (gateway, player, books)
}

/// A gateway whose models are played by these providers.
pub fn gateway(books: &Arc<Books>, providers: Vec<(&str, Arc<dyn Provider>)>) -> ModelGateway {
    let providers: HashMap<String, Arc<dyn Provider>> = providers.into_iter().map(|(name, provider)| (name.to_owned(), provider)).collect();
    let connect: Connect =
        Arc::new(move |model| providers.get(&model.name).cloned().ok_or_else(|| CallError::lasting(Code::Internal, "nobody plays it")));
    gateway_with(books, connect)
}

pub fn gateway_with(books: &Arc<Books>, connect: Connect) -> ModelGateway {
    let sources = Sources { clock: Arc::new(Fixed), ids: Arc::new(Fixed), chance: Arc::new(Fixed) };
    ModelGateway::new(GatewayParts { books: Arc::clone(books) as Arc<dyn ModelBooks>, sources, local: None, connect })
}
