//! Which model is asked, within what budget, how often, and what is remembered? The one way to any model.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_clients::trusted;
use baton_domain::model::{Embedded, FinishReason, MAXIMUM_MESSAGES, MAXIMUM_PROMPT_BYTES, ModelAnswer, ModelRequest, ModelTier, Usage};
use baton_domain::ports::{ConfiguredModel, EmbeddingCall, ModelBooks, ModelCall, ModelCaller, Models, Sources};
use baton_domain::problem::Code;
use baton_domain::wire::model::{LOCAL_MODEL, ModelPreset, ModelSettings, ModelState, ModelTest};
use baton_domain::wire::task::Failure;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use crate::breaker::Breaker;
use crate::endpoint::{Endpoint, cost};
use crate::pace::Pace;
use crate::pieces::Pieces;
use crate::presets;
use crate::probe;
use crate::provider::{CallError, LocalProvider, Provider, Written};
use crate::structured::{AGAIN, Shape, once_more};
use crate::tools::{self, Tools};

/// How often a call that may succeed a moment later is made, all together.
const TRIES: u32 = 3;
/// Waiting between tries: full jitter below so much, doubled with each.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest wait for an endpoint that asks for it; beyond, the next model is asked.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a call waits for others that share its budget, and how often it looks, about.
const SHARING: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The most tokens of an answer.
const MAXIMUM_TOKENS: u32 = 32_768;
/// How the record calls who was asked where nobody could be.
const NOBODY: &str = "none";
/// The most texts that are placed at once.
const MAXIMUM_TEXTS: usize = 256;

/// Makes the provider of a configured model.
pub type Connect = Arc<dyn Fn(&ConfiguredModel) -> Result<Arc<dyn Provider>, CallError> + Send + Sync>;

/// What a gateway stands on.
#[derive(Clone)]
pub struct GatewayParts {
    /// Configuration, budgets, record.
    pub books: Arc<dyn ModelBooks>,
    /// Time and chance.
    pub sources: Sources,
    /// The model inside the process, if this program has one.
    pub local: Option<Arc<dyn LocalProvider>>,
    /// What stands behind a configured model; [`endpoints`] in every installation.
    pub connect: Connect,
}

impl std::fmt::Debug for GatewayParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GatewayParts")
    }
}

/// Configured models are endpoints over HTTP.
#[must_use]
pub fn endpoints() -> Connect {
    Arc::new(|model| Ok(Arc::new(Endpoint::new(model.clone())?) as Arc<dyn Provider>))
}

/// A model as it is asked: its provider, its pace, its circuit.
struct Line {
    name: String,
    settings: ModelSettings,
    provider: Arc<dyn Provider>,
    pace: Pace,
    breaker: Breaker,
    /// What it was made from; another configuration makes another line.
    made_from: Option<ConfiguredModel>,
}

/// The one way to any model.
pub struct ModelGateway {
    parts: GatewayParts,
    lines: Mutex<HashMap<String, Arc<Line>>>,
    local: Option<Arc<Line>>,
}

impl std::fmt::Debug for ModelGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelGateway")
    }
}

impl ModelGateway {
    /// A gateway over its parts.
    #[must_use]
    pub fn new(parts: GatewayParts) -> Self {
        let local = parts.local.as_ref().map(|local| {
            let settings = local.settings();
            let pace = Pace::new(settings.concurrency, settings.per_minute);
            let provider = Arc::clone(local) as Arc<dyn Provider>;
            Arc::new(Line { name: LOCAL_MODEL.to_owned(), settings, provider, pace, breaker: Breaker::default(), made_from: None })
        });
        Self { parts, lines: Mutex::default(), local }
    }

    fn line(&self, model: &ConfiguredModel) -> Result<Arc<Line>, CallError> {
        let mut lines = self.lines.lock();
        if let Some(line) = lines.get(&model.name).filter(|line| line.made_from.as_ref() == Some(model)) {
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(Line {
            name: model.name.clone(),
            settings: model.settings.clone(),
            provider: (self.parts.connect)(model)?,
            pace: Pace::new(model.settings.concurrency, model.settings.per_minute),
            breaker: Breaker::default(),
            made_from: Some(model.clone()),
        });
        lines.insert(model.name.clone(), Arc::clone(&line));
        Ok(line)
    }

    /// The models that may answer, in the order in which they are asked.
    async fn candidates(&self, request: &ModelRequest) -> Result<Vec<Arc<Line>>, Failure> {
        let configured = self.parts.books.models().await?;
        let mut lines = Vec::new();
        let mut known = false;
        let mut ablest: Option<ModelTier> = None;
        // Those that would be asked if they called tools.
        let mut without_tools = Vec::new();
        for model in configured.iter().filter(|model| !model.settings.embeds) {
            known = true;
            let named = request.model.as_deref().is_none_or(|name| name == model.name);
            ablest = ablest.max(Some(model.settings.tier));
            if named && model.settings.tier >= request.least {
                if let Some(why) = no_tools(request, &model.settings) {
                    without_tools.push(format!("{} {why}", model.name));
                    continue;
                }
                match self.line(model) {
                    Ok(line) => lines.push(line),
                    Err(error) => tracing::warn!(model = model.name, error = error.message, "a model cannot be asked"),
                }
            }
        }
        if let Some(local) = &self.local
            && self.state(LOCAL_MODEL) != ModelState::Missing
        {
            known = true;
            ablest = ablest.max(Some(local.settings.tier));
            let named = request.model.as_deref().is_none_or(|name| name == LOCAL_MODEL);
            if named && local.settings.tier >= request.least {
                match no_tools(request, &local.settings) {
                    Some(why) => without_tools.push(format!("{LOCAL_MODEL} {why}")),
                    None => lines.push(Arc::clone(local)),
                }
            }
        }
        if !lines.is_empty() {
            return Ok(lines);
        }
        if !without_tools.is_empty() {
            let text = format!(
                "The request has tools, and no model is known to call them: {}. Test a model under Models, or configure one that calls tools.",
                without_tools.join(", ")
            );
            return Err(failure(Code::ModelCallsNoTools, text, false));
        }
        Err(match (known, &request.model) {
            (false, _) => failure(
                Code::ModelUnavailable,
                "No language model is configured, and the one inside the process has no weights here.",
                false,
            ),
            (true, Some(name)) => {
                failure(Code::NoSuchModel, format!("There is no model {name:?} of the tier {} or above.", request.least), false)
            }
            (true, None) => {
                let ablest = ablest.map_or_else(|| "none".to_owned(), |tier| tier.to_string());
                let text = format!(
                    "A model of the tier {} or above is needed; the ablest one here is {ablest}. Configure one under Models.",
                    request.least
                );
                failure(Code::ModelTooSmall, text, false)
            }
        })
    }

    /// Asks one model until it has answered in the right shape, or cannot.
    async fn ask(&self, line: &Line, caller: &ModelCaller, request: &ModelRequest, pieces: &Pieces<'_>) -> Result<ModelAnswer, CallError> {
        let (shape, tools) = (Shape::of(request)?, Tools::of(request)?);
        let mut asked = match &shape {
            Some(shape) if !line.provider.keeps_to_schemas() => shape.told(request),
            _ => request.clone(),
        };
        let mut total = Usage::default();
        let mut wrong = String::new();
        for _ in 0..=AGAIN {
            let mut answer = self.call(line, caller, &asked, pieces).await?;
            total.prompt_tokens += answer.usage.prompt_tokens;
            total.completion_tokens += answer.usage.completion_tokens;
            total.cost_micros += answer.usage.cost_micros;
            answer.usage = total;
            let fits = if answer.tool_calls.is_empty() {
                let Some(shape) = &shape else { return Ok(answer) };
                shape.read(&answer).map(|value| answer.json = Some(value))
            } else {
                tools.read(&answer).map(|calls| answer.tool_calls = calls)
            };
            let Err(why) = fits else { return Ok(answer) };
            asked = once_more(&asked, &answer, &why);
            wrong =
                if answer.finish == FinishReason::Length { format!("{why}; it was cut at {} tokens", request.maximum_tokens) } else { why };
        }
        let message = format!("{} answered {} times, and never in the shape that was asked for: {wrong}", line.name, AGAIN + 1);
        Err(CallError::lasting(Code::ModelAnswerInvalid, message))
    }

    /// One answer, with tries again where that may help.
    async fn call(&self, line: &Line, caller: &ModelCaller, request: &ModelRequest, pieces: &Pieces<'_>) -> Result<ModelAnswer, CallError> {
        let most = self.most(line, request)?;
        let take = |piece: &str| pieces.take(piece);
        let written: Written<'_> = if pieces.wanted() { Some(&take) } else { None };
        let complete = || {
            pieces.begin();
            line.provider.complete(request, written)
        };
        self.tried(line, caller, most, |answer: &ModelAnswer| answer.usage, complete).await
    }

    /// Asks, and again where that may help, within pace, circuit and budget. `used` says what an answer took.
    async fn tried<T, F>(
        &self,
        line: &Line,
        caller: &ModelCaller,
        most: Usage,
        used: impl Fn(&T) -> Usage + Send + Sync,
        ask: impl Fn() -> F + Send + Sync,
    ) -> Result<T, CallError>
    where
        T: Send + Sync,
        F: Future<Output = Result<T, CallError>> + Send,
    {
        let mut backoff = BACKOFF;
        for attempt in 1_u32.. {
            if !line.breaker.lets_through(Instant::now()) {
                return Err(CallError::passing(format!("{} failed again and again and is left alone for a while", line.name)));
            }
            let permit = self.turn(line, caller, most).await?;
            // Dropped from here on, what was set aside stays spent: the endpoint may go on writing.
            let answer = ask().await;
            drop(permit);
            let error = match answer {
                Ok(answer) => {
                    line.breaker.succeeded();
                    self.parts.books.settle(caller, most, used(&answer)).await;
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if !error.may_have_cost {
                self.parts.books.settle(caller, most, Usage::default()).await;
            }
            if !error.passing {
                return Err(error);
            }
            line.breaker.failed(Instant::now());
            let wait = error.retry_after.unwrap_or_else(|| backoff.mul_f64(self.parts.sources.chance.next()));
            if attempt >= TRIES || wait > PATIENCE {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            backoff *= 2;
        }
        Err(CallError::passing("no try was made"))
    }

    /// A turn at a model, with what the call may take set aside. What others that share a budget have set aside may come back: they are waited for, and
    /// nobody is kept from its turn meanwhile.
    async fn turn<'line>(&self, line: &'line Line, caller: &ModelCaller, most: Usage) -> Result<SemaphorePermit<'line>, CallError> {
        let stops = || CallError::passing("the server stops");
        let mut permit = line.pace.turn().await.ok_or_else(stops)?;
        let mut waited = Duration::ZERO;
        loop {
            let Err(failure) = self.parts.books.reserve(caller, most).await else { return Ok(permit) };
            let code = Code::parse(&failure.code).unwrap_or(Code::BudgetExhausted);
            if !failure.retryable || code != Code::BudgetExhausted || waited >= SHARING {
                return Err(CallError::lasting(code, failure.message));
            }
            drop(permit);
            // Not all at once: who asks is for a moment like one who holds something.
            let pause = LOOK_AGAIN.mul_f64(0.5 + self.parts.sources.chance.next());
            tokio::time::sleep(pause).await;
            waited += pause;
            permit = line.pace.again().await.ok_or_else(stops)?;
        }
    }

    /// The most that a call can take.
    fn most(&self, line: &Line, request: &ModelRequest) -> Result<Usage, CallError> {
        let settings = &line.settings;
        let prompt_tokens = line.provider.most_prompt_tokens(request);
        // The bound counts bytes; a quarter of it is what common text comes to. Only what cannot fit is refused here.
        if prompt_tokens / 4 + u64::from(request.maximum_tokens) > u64::from(settings.context_tokens) {
            let text = format!("prompt and answer do not fit into the {} tokens of {}", settings.context_tokens, line.name);
            return Err(CallError::lasting(Code::PromptTooLong, text));
        }
        let completion_tokens = u64::from(request.maximum_tokens);
        let cost_micros = cost(prompt_tokens, settings.prompt_micros_per_million)
            .saturating_add(cost(completion_tokens, settings.completion_micros_per_million));
        Ok(Usage { prompt_tokens, completion_tokens, cost_micros })
    }
}

fn failure(code: Code, message: impl Into<String>, retryable: bool) -> Failure {
    Failure { code: code.as_str().to_owned(), message: message.into(), retryable }
}

/// Why a model is not asked with the request's tools, if it is not: one that passes them over would answer as if there were none.
fn no_tools(request: &ModelRequest, settings: &ModelSettings) -> Option<&'static str> {
    match settings.capabilities {
        _ if request.tools.is_empty() => None,
        Some(can) if can.tools => None,
        Some(_) => Some("(calls none)"),
        None => Some("(not tested yet)"),
    }
}

/// Refuses what no model should be asked.
fn check(request: &ModelRequest) -> Result<(), Failure> {
    let wrong = |field: &str, text: String| Err(failure(Code::InvalidRequest, format!("{field}: {text}"), false));
    let bytes: usize = request.messages.iter().map(|message| message.content.len()).sum();
    if request.messages.is_empty() || request.messages.len() > MAXIMUM_MESSAGES {
        return wrong("messages", format!("a request has 1 to {MAXIMUM_MESSAGES} messages, not {}", request.messages.len()));
    }
    if bytes > MAXIMUM_PROMPT_BYTES {
        return Err(failure(
            Code::PromptTooLong,
            format!("the messages have {bytes} bytes; at most {MAXIMUM_PROMPT_BYTES} are allowed"),
            false,
        ));
    }
    if !(1..=MAXIMUM_TOKENS).contains(&request.maximum_tokens) {
        return wrong("maximum_tokens", format!("{} is not between 1 and {MAXIMUM_TOKENS}", request.maximum_tokens));
    }
    if !(0.0..=2.0).contains(&request.temperature) {
        return wrong("temperature", format!("{} is not between 0 and 2", request.temperature));
    }
    if request.stop.len() > 4 || request.stop.iter().any(|stop| stop.is_empty() || stop.len() > 100) {
        return wrong("stop", "at most four texts of 1 to 100 bytes end an answer".to_owned());
    }
    if let Some(why) = tools::refused(request) {
        return wrong("tools", why);
    }
    Ok(())
}

/// By what the same request to the same model is known again.
fn key(line: &Line, request: &ModelRequest) -> String {
    let request = ModelRequest { model: None, least: ModelTier::Tiny, ..request.clone() };
    let mut hash = Sha256::new();
    hash.update(line.name.as_bytes());
    hash.update([0]);
    hash.update(line.settings.model.as_bytes());
    hash.update([0]);
    hash.update(line.settings.base_url.as_bytes());
    hash.update([0]);
    hash.update(serde_json::to_vec(&request).unwrap_or_default());
    hex::encode(hash.finalize())
}

#[async_trait]
impl Models for ModelGateway {
    async fn complete(&self, caller: &ModelCaller, call: ModelRequest, written: Written<'_>) -> Result<ModelAnswer, Failure> {
        let candidates = match check(&call) {
            Ok(()) => self.candidates(&call).await,
            Err(failure) => Err(failure),
        };
        let candidates = match candidates {
            Ok(candidates) => candidates,
            Err(failure) => {
                // Also that nobody could be asked is what the agent was answered: a replay answers it again.
                let record = ModelCall {
                    caller: caller.clone(),
                    model: call.model.clone().unwrap_or_else(|| NOBODY.to_owned()),
                    at: self.parts.sources.clock.now(),
                    took: Duration::ZERO,
                    key: String::new(),
                    request: call,
                    answer: Err(failure.clone()),
                };
                self.parts.books.record(record).await;
                return Err(failure);
            }
        };
        let pieces = Pieces::new(written);
        let mut last = None;
        for line in candidates {
            let key = key(&line, &call);
            let at = self.parts.sources.clock.now();
            let began = Instant::now();
            let remembered = if call.temperature == 0.0 { self.parts.books.remembered(&key).await } else { None };
            let answer = match remembered {
                Some(answer) => {
                    pieces.begin();
                    pieces.take(&answer.text);
                    Ok(ModelAnswer { cached: true, usage: Usage::default(), ..answer })
                }
                None => self.ask(&line, caller, &call, &pieces).await.map_err(|error| failure(error.code, error.message, error.passing)),
            };
            let record = ModelCall {
                caller: caller.clone(),
                model: line.name.clone(),
                at,
                took: began.elapsed(),
                key,
                request: call.clone(),
                answer: answer.clone(),
            };
            self.parts.books.record(record).await;
            match answer {
                Ok(answer) => return Ok(answer),
                // No other model would change that.
                Err(failure) if failure.code == Code::BudgetExhausted.as_str() || failure.code == Code::InvalidRequest.as_str() => {
                    return Err(failure);
                }
                Err(failure) => last = Some(failure),
            }
        }
        Err(last.unwrap_or_else(|| failure(Code::ModelUnavailable, "No model could be asked.", true)))
    }

    async fn embed(&self, caller: &ModelCaller, texts: Vec<String>) -> Result<Embedded, Failure> {
        let (at, began) = (self.parts.sources.clock.now(), Instant::now());
        let (model, answer) = self.place(caller, &texts).await;
        let (caller, took) = (caller.clone(), began.elapsed());
        let model = model.unwrap_or_else(|| NOBODY.to_owned());
        self.parts.books.record_embedding(EmbeddingCall { caller, model, at, took, texts, answer: answer.clone() }).await;
        answer
    }

    fn state(&self, name: &str) -> ModelState {
        if name == LOCAL_MODEL {
            return self.parts.local.as_ref().map_or(ModelState::Missing, |local| local.state());
        }
        let rests = self.lines.lock().get(name).is_some_and(|line| line.breaker.rests(Instant::now()));
        if rests { ModelState::Resting } else { ModelState::Ready }
    }

    fn local(&self) -> Option<ModelSettings> {
        self.parts.local.as_ref().map(|local| local.settings())
    }

    fn presets(&self) -> Vec<ModelPreset> {
        presets::all()
    }

    fn check_authority(&self, pem: &str) -> Result<(), String> {
        trusted::check_authority(pem)
    }

    async fn probe(&self, model: Option<&ConfiguredModel>) -> ModelTest {
        probe::probe(&self.parts, model).await
    }
}

impl ModelGateway {
    /// Places texts; gives also which model was asked, if one was.
    async fn place(&self, caller: &ModelCaller, texts: &[String]) -> (Option<String>, Result<Embedded, Failure>) {
        let bytes: usize = texts.iter().map(String::len).sum();
        if texts.is_empty() || texts.len() > MAXIMUM_TEXTS || bytes > MAXIMUM_PROMPT_BYTES {
            let text = format!("1 to {MAXIMUM_TEXTS} texts of {MAXIMUM_PROMPT_BYTES} bytes together can be placed at once");
            return (None, Err(failure(Code::InvalidRequest, text, false)));
        }
        let configured = match self.parts.books.models().await {
            Ok(configured) => configured,
            Err(failure) => return (None, Err(failure)),
        };
        let can = |model: &&ConfiguredModel| model.settings.embeds;
        let Some(model) = configured.iter().find(can) else {
            let text = "No model that places texts (embeddings) is configured. Add one under Models, with “It places texts” chosen.";
            return (None, Err(failure(Code::ModelUnavailable, text, false)));
        };
        (Some(model.name.clone()), self.place_with(model, caller, texts, bytes).await)
    }

    /// Places texts with this model.
    async fn place_with(&self, model: &ConfiguredModel, caller: &ModelCaller, texts: &[String], bytes: usize) -> Result<Embedded, Failure> {
        // No other model stands in: points of two models lie in different spaces, and a skill may ask several times.
        let refused = |error: CallError| failure(error.code, error.message, error.passing);
        let line = self.line(model).map_err(refused)?;
        let tokens = bytes as u64 + 16 * texts.len() as u64;
        let most =
            Usage { prompt_tokens: tokens, completion_tokens: 0, cost_micros: cost(tokens, model.settings.prompt_micros_per_million) };
        self.tried(&line, caller, most, |placed: &Embedded| placed.usage, || line.provider.embed(texts)).await.map_err(refused)
    }
}
