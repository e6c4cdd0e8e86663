//! How is the model loaded, and what is it? One value, shared by all who ask it.

use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use baton_domain::model::ModelTier;
use parking_lot::Mutex;

use crate::LocalModelError;
use crate::archive;
use crate::chat::Chat;
use crate::forward::{Memory, Network};
use crate::gguf::{Gguf, bad};
use crate::kernels::Kernels;
use crate::schema::{Constraint, Grammar, Vocabulary};
use crate::tokenizer::Tokenizer;
use crate::weights::Weights;

/// The largest file that is read: all of it lies in memory.
const MAXIMUM_FILE: u64 = 8 << 30;
/// Threads at most; a network of this size gains nothing from more.
const MAXIMUM_THREADS: usize = 16;
/// The most parameters of a model of the least tier.
const TINY: u64 = 1_000_000_000;

/// How a model is loaded.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// What the file must hash to, in hexadecimal; nothing: it is not checked.
    pub sha256: Option<String>,
    /// Threads that multiply: one per core is best.
    pub threads: usize,
    /// Tokens of prompt and answer at most, if the model holds so many. Each takes memory: see [`Description`].
    pub context: usize,
    /// The code that multiplies.
    pub kernels: Kernels,
}

impl Default for LoadOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAXIMUM_THREADS);
        Self { sha256: None, threads, context: 4096, kernels: Kernels::best() }
    }
}

/// What a loaded model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// As its file calls it.
    pub name: String,
    /// Numbers that were learned.
    pub parameters: u64,
    /// Tokens of prompt and answer at most.
    pub context: usize,
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// What it can be trusted with.
    pub tier: ModelTier,
    /// Bytes of its weights in memory.
    pub weights_bytes: usize,
    /// Bytes that a running generation holds for each token of prompt and answer.
    pub bytes_per_token: usize,
    /// The code that multiplies: `avx2` or `portable`.
    pub kernels: &'static str,
    /// Threads that multiply.
    pub threads: usize,
}

/// A model in memory. Calls share its weights; each has a memory of its own.
#[derive(Debug)]
pub struct LocalModel {
    pub(crate) network: Network,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) chat: Chat,
    pub(crate) context: usize,
    /// What is known of beginnings that were read before.
    pub(crate) prefixes: Mutex<Vec<Arc<Memory>>>,
    vocabulary: OnceLock<Arc<Vocabulary>>,
    name: String,
}

impl LocalModel {
    /// Loads a model from a GGUF file, whole into memory.
    ///
    /// # Errors
    /// [`LocalModelError::File`] if it cannot be read, [`LocalModelError::Hash`] if it is another file than was meant,
    /// [`LocalModelError::Weights`] if it is damaged or of a kind that this engine does not run.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, LocalModelError> {
        let failed = |source| LocalModelError::File { action: "read", path: path.display().to_string(), source };
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes > MAXIMUM_FILE {
            return Err(bad(format!("it has {bytes} bytes, at most {MAXIMUM_FILE} are loaded")));
        }
        let file = std::fs::read(path).map_err(failed)?;
        if let Some(expected) = &options.sha256 {
            archive::check_hash(&path.display().to_string(), &file, expected)?;
        }
        Self::from_bytes(file, options)
    }

    /// Loads a model from the bytes of a GGUF file; their hash is not checked.
    ///
    /// # Errors
    /// [`LocalModelError::Weights`] if they are damaged or of a kind that this engine does not run.
    pub fn from_bytes(file: Vec<u8>, options: &LoadOptions) -> Result<Self, LocalModelError> {
        let gguf = Gguf::read(&file)?;
        let tokenizer = Tokenizer::read(&gguf)?;
        let chat = Chat::read(&gguf, &tokenizer)?;
        let name = gguf.text("general.name").unwrap_or("unnamed").to_owned();
        let weights = Weights::read(file, &gguf)?;
        let context = options.context.clamp(1, weights.shape.context);
        let threads = options.threads.clamp(1, MAXIMUM_THREADS);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("model-{index}")).build();
        let pool = pool.map_err(|error| LocalModelError::Request(format!("no threads for the model: {error}")))?;
        Ok(Self {
            network: Network::new(weights, options.kernels, pool),
            tokenizer,
            chat,
            context,
            prefixes: Mutex::new(Vec::new()),
            vocabulary: OnceLock::new(),
            name,
        })
    }

    /// What it is.
    #[must_use]
    pub fn describe(&self) -> Description {
        let weights = &self.network.weights;
        Description {
            name: self.name.clone(),
            parameters: weights.parameters,
            context: self.context,
            vocabulary: self.tokenizer.len(),
            // No file that this engine runs well on a CPU is above the small ones.
            tier: if weights.parameters < TINY { ModelTier::Tiny } else { ModelTier::Small },
            weights_bytes: weights.file.len(),
            bytes_per_token: Memory::bytes_per_token(&weights.shape),
            kernels: self.network.kernels.name(),
            threads: self.network.pool.current_num_threads(),
        }
    }

    /// How many tokens a text is.
    #[must_use]
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokens(text).len()
    }

    /// A text's tokens.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.tokenizer.encode(text, &mut out);
        out
    }

    /// The token that most likely follows these, and its logit: to compare the network with others.
    ///
    /// # Errors
    /// [`LocalModelError::Request`] if there are none, too many, or some that are not in the vocabulary.
    pub fn likeliest(&self, tokens: &[u32]) -> Result<(u32, f32), LocalModelError> {
        let known = tokens.iter().all(|token| (*token as usize) < self.tokenizer.len());
        if tokens.is_empty() || tokens.len() > self.context || !known {
            return Err(LocalModelError::Request("give 1 to `context` tokens of the vocabulary".into()));
        }
        let mut memory = Memory::new(&self.network.weights.shape);
        let state = self.network.read(tokens, &mut memory, &AtomicBool::new(false))?;
        let logits = self.network.logits(&state);
        let best = (0..).zip(logits).max_by(|a, b| a.1.total_cmp(&b.1));
        best.ok_or_else(|| bad("its vocabulary is empty".into()))
    }

    /// What may come next in an answer of at most so many tokens that is held to a schema: for those who choose tokens themselves.
    ///
    /// # Errors
    /// [`LocalModelError::Schema`] as [`Grammar::compile`] and [`Constraint::new`] have it.
    pub fn constraint(&self, schema: &serde_json::Value, tokens: usize) -> Result<Constraint, LocalModelError> {
        Constraint::new(Grammar::compile(schema)?, self.vocabulary(), tokens)
    }

    /// The vocabulary as schemas need it; made when the first schema comes.
    fn vocabulary(&self) -> Arc<Vocabulary> {
        let make = || {
            let bytes = (0..self.tokenizer.len() as u32).map(|token| self.tokenizer.bytes(token));
            Arc::new(Vocabulary::new(bytes, |byte| self.tokenizer.has_byte(byte)))
        };
        Arc::clone(self.vocabulary.get_or_init(make))
    }
}
