//! How does the model inside the process serve calls? Loaded with the first one, on threads that may be kept busy, stopped with
//! whoever asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use baton_clients_llm::{CallError, LocalProvider, Provider, Written};
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest, ModelTier, Usage};
use baton_domain::problem::Code;
use baton_domain::wire::model::{Capabilities, LOCAL_MODEL, ModelSettings, ModelState};
use baton_local_model::archive::SMOLLM2;
use baton_local_model::{Answer, Generation, LoadOptions, LocalModel, LocalModelError};
use tokio::sync::{Mutex, mpsc};

/// Pieces of an answer that wait to be passed on.
const PIECES: usize = 256;

/// The model inside the process.
pub(crate) struct InProcess {
    path: PathBuf,
    /// Whether its weights must be those that are known.
    known: bool,
    loaded: Mutex<Option<Arc<LocalModel>>>,
}

/// Sets the flag when the call is dropped, whichever way.
struct StopsWithCaller(Arc<AtomicBool>);

impl Drop for StopsWithCaller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl InProcess {
    /// The model in this file; nothing is read before the first call. A file of the known name must have the known hash.
    pub(crate) fn new(path: PathBuf) -> Self {
        let known = path.file_name().is_some_and(|name| name == SMOLLM2.file);
        Self { path, known, loaded: Mutex::new(None) }
    }

    /// Where the set-up puts the weights: in the folder of the user's caches.
    pub(crate) fn default_path(cache: Option<&Path>, data: &Path) -> PathBuf {
        let of_user = cache.map(|cache| cache.join("baton/models").join(SMOLLM2.file));
        of_user.filter(|path| path.is_file()).unwrap_or_else(|| data.join("models").join(SMOLLM2.file))
    }

    async fn model(&self) -> Result<Arc<LocalModel>, CallError> {
        let mut loaded = self.loaded.lock().await;
        if let Some(model) = &*loaded {
            return Ok(Arc::clone(model));
        }
        let path = self.path.clone();
        let options = LoadOptions { sha256: self.known.then(|| SMOLLM2.sha256.to_owned()), ..LoadOptions::default() };
        let model = tokio::task::spawn_blocking(move || LocalModel::load(&path, &options))
            .await
            .map_err(|_| CallError::passing("loading broke off"))?;
        let model =
            Arc::new(model.map_err(|error| CallError::lasting(Code::ModelUnavailable, format!("the model inside the process: {error}")))?);
        let description = model.describe();
        tracing::info!(
            model = description.name,
            kernels = description.kernels,
            threads = description.threads,
            "the model inside the process is loaded"
        );
        *loaded = Some(Arc::clone(&model));
        Ok(model)
    }
}

fn failed(error: LocalModelError) -> CallError {
    let code = match &error {
        LocalModelError::TooLong { .. } => Code::PromptTooLong,
        LocalModelError::Request(_) | LocalModelError::Schema { .. } => Code::InvalidRequest,
        LocalModelError::Cancelled => return CallError::passing("the call was taken back"),
        _ => Code::ModelUnavailable,
    };
    CallError::lasting(code, error.to_string())
}

fn generate(
    model: &LocalModel,
    request: &ModelRequest,
    cancel: &AtomicBool,
    show: &mut dyn FnMut(&str),
) -> Result<Answer, LocalModelError> {
    let generation = Generation {
        maximum_tokens: usize::try_from(request.maximum_tokens).unwrap_or(usize::MAX),
        temperature: request.temperature,
        top_p: 1.0,
        seed: request.seed.unwrap_or(0),
        stop: &request.stop,
        schema: request.schema.as_ref(),
        ..Generation::new(&request.messages)
    };
    model.generate(&generation, cancel, show)
}

#[async_trait]
impl Provider for InProcess {
    async fn complete(&self, request: &ModelRequest, written: Written<'_>) -> Result<ModelAnswer, CallError> {
        if !request.tools.is_empty() {
            return Err(CallError::lasting(Code::ModelCallsNoTools, "the model inside the process calls no tools; configure a larger one"));
        }
        let model = self.model().await?;
        let cancel = Arc::new(AtomicBool::new(false));
        let _stops = StopsWithCaller(Arc::clone(&cancel));
        let (send, mut pieces) = mpsc::channel::<String>(PIECES);
        let (request, streams) = (request.clone(), written.is_some());
        let work = tokio::task::spawn_blocking(move || {
            // Nobody listens when the answer is wanted whole, or when the caller is gone.
            generate(&model, &request, &cancel, &mut |piece: &str| drop(streams.then(|| send.blocking_send(piece.to_owned()))))
        });
        if let Some(written) = written {
            while let Some(piece) = pieces.recv().await {
                written(&piece);
            }
        }
        let answer = work.await.map_err(|_| CallError::passing("the model inside the process broke off"))?.map_err(failed)?;
        let usage =
            Usage { prompt_tokens: answer.prompt_tokens as u64, completion_tokens: answer.completion_tokens as u64, cost_micros: 0 };
        Ok(ModelAnswer {
            model: LOCAL_MODEL.to_owned(),
            text: answer.text,
            json: answer.json,
            tool_calls: Vec::new(),
            finish: answer.finish,
            usage,
            cached: false,
        })
    }

    async fn embed(&self, _texts: &[String]) -> Result<Embedded, CallError> {
        Err(CallError::lasting(Code::ModelUnavailable, "the model inside the process places no texts"))
    }

    fn keeps_to_schemas(&self) -> bool {
        true
    }
}

impl LocalProvider for InProcess {
    fn state(&self) -> ModelState {
        if self.path.is_file() { ModelState::Ready } else { ModelState::Missing }
    }

    fn settings(&self) -> ModelSettings {
        ModelSettings {
            base_url: String::new(),
            model: self.path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            tier: ModelTier::Tiny,
            context_tokens: u32::try_from(LoadOptions::default().context).unwrap_or(u32::MAX),
            prompt_micros_per_million: 0,
            completion_micros_per_million: 0,
            // One answer keeps both cores of a small machine busy; two at once would only be slower.
            concurrency: 1,
            per_minute: 10_000,
            timeout_ms: 300_000,
            rank: u32::MAX,
            enabled: true,
            private: false,
            embeds: false,
            ca_pem: None,
            capabilities: Some(Capabilities { streaming: true, json_schema: true, tools: false, embeddings: false }),
        }
    }
}
