//! What the pure rules and the services need from outside, as traits: the clock and the source of identifiers.

mod records;
mod rehearsal;
mod shared_things;
mod votes;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::id::{AttemptId, ProjectId, TaskId};
use crate::model::{Embedded, ModelAnswer, ModelRequest, Usage};
use crate::task::{Budget, SharedBudget};
use crate::time::Timestamp;
use crate::wire::model::{ModelPreset, ModelSettings, ModelState, ModelTest};
use crate::wire::task::{AttemptOutcome, Failure};

pub use records::{AgentRecords, Records, SkillRecords};
pub use rehearsal::{Prompter, RecordedTask, Rehearsals, Rehearsed, StoredAgain};
pub use shared_things::{SharedThings, WorkingAttempt};
pub use votes::{Seat, Seats, TaskVote, Verdict, VoteOpening, Votes, Weighed};

/// Tells the time. Tests give one that they move by hand.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers: UUID version 7, so that they sort by age.
pub trait IdSource: Send + Sync {
    /// A new, unique identifier.
    fn next(&self) -> Uuid;
}

/// A random number in [0, 1), for jitter and sampling.
pub trait Chance: Send + Sync {
    /// The next number.
    fn next(&self) -> f64;
}

/// The three sources of what cannot be computed, handed around together.
#[derive(Clone)]
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<dyn IdSource>,
    /// Random numbers.
    pub chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources")
    }
}

/// What servers share and may forget at any time. Answers soon, and whoever asks goes on without an answer: what it says only
/// makes several servers act as one sooner.
#[async_trait]
pub trait SharedCache: Send + Sync {
    /// Counts one in a window that begins with the first; gives the count so far, this one included.
    async fn count(&self, key: &str, window: Duration) -> u64;

    /// Marks a key for a while.
    async fn mark(&self, key: &str, age: Duration);

    /// Whether a key is marked, as far as is known.
    async fn is_marked(&self, key: &str) -> bool;
}

/// Takes measurements as work moves. Must return at once.
pub trait Recorder: Send + Sync {
    /// Tasks of a skill were submitted.
    fn submitted(&self, at: Timestamp, skill: &str, count: u64);

    /// An attempt began, this long after its task was ready.
    fn started(&self, at: Timestamp, skill: &str, agent: &str, wait: Duration);

    /// An attempt ended in this way, this long after it began.
    fn ended(&self, at: Timestamp, skill: &str, agent: &str, outcome: AttemptOutcome, run: Duration);

    /// A task was cancelled before an attempt of it began.
    fn canceled(&self, at: Timestamp, skill: &str);
}

/// On whose behalf a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCaller {
    /// The project that pays.
    pub project: ProjectId,
    /// The task, whose budget counts.
    pub task: TaskId,
    /// Its attempt, which keeps the call.
    pub attempt: AttemptId,
    /// What the task may use up, all its attempts together.
    pub budget: Budget,
    /// The tasks on whose behalf it is done, the nearest first, where these have budgets of their own: what it spends counts for them too.
    pub above: Vec<(TaskId, Budget)>,
    /// What it, or a task above it, shares with the other tasks of a decision.
    pub shared: Vec<SharedBudget>,
}

/// Takes pieces of an answer as they are written. An empty one says that what came before is void, and the answer begins anew.
pub type Written<'a> = Option<&'a (dyn Fn(&str) + Send + Sync)>;

/// Language models, as the engine asks them for its agents. Dropping a call stops it.
#[async_trait]
pub trait Models: Send + Sync {
    /// Asks a model. What it writes goes through `written` as it comes; an answer that had to be asked for again starts anew there, after an
    /// empty piece.
    ///
    /// # Errors
    /// A failure with a `MODEL` code.
    async fn complete(&self, caller: &ModelCaller, call: ModelRequest, written: Written<'_>) -> Result<ModelAnswer, Failure>;

    /// Places texts in a space where what means the same lies close.
    ///
    /// # Errors
    /// A failure with a `MODEL` code.
    async fn embed(&self, caller: &ModelCaller, texts: Vec<String>) -> Result<Embedded, Failure>;

    /// How a configured model stands with this server; `local` is the one inside the process.
    fn state(&self, name: &str) -> ModelState;

    /// What is known of the model inside the process; none if this program has none.
    fn local(&self) -> Option<ModelSettings>;

    /// Known providers.
    fn presets(&self) -> Vec<ModelPreset>;

    /// Whether a model's endpoint could be trusted by this certificate authority in PEM form.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever gave it.
    fn check_authority(&self, pem: &str) -> Result<(), String>;

    /// Asks a model something short and finds out what it can do. `model` is none for the one inside the process.
    async fn probe(&self, model: Option<&ConfiguredModel>) -> ModelTest;
}

/// A configured model with its key, for whoever calls it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfiguredModel {
    /// Its name here.
    pub name: String,
    /// What is known of it.
    pub settings: ModelSettings,
    /// Its key.
    pub key: Option<String>,
}

impl std::fmt::Debug for ConfiguredModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfiguredModel").field("name", &self.name).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One call of a model, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCall {
    /// On whose behalf.
    pub caller: ModelCaller,
    /// The model that was asked.
    pub model: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// By what the same request is known again.
    pub key: String,
    /// What was asked.
    pub request: ModelRequest,
    /// What was answered, or what went wrong.
    pub answer: Result<ModelAnswer, Failure>,
}

/// One placing of texts, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingCall {
    /// On whose behalf.
    pub caller: ModelCaller,
    /// The model that was asked.
    pub model: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The texts.
    pub texts: Vec<String>,
    /// The places, or what went wrong.
    pub answer: Result<Embedded, Failure>,
}

/// What the layer of models keeps: its configuration, its budgets, and its record.
#[async_trait]
pub trait ModelBooks: Send + Sync {
    /// The configured models that are switched on, in the order in which they are asked.
    ///
    /// # Errors
    /// A failure with a `STORAGE` code.
    async fn models(&self) -> Result<Vec<ConfiguredModel>, Failure>;

    /// Sets aside the most that a call may take, of the task's and of the project's budget, before it is made. What is set aside
    /// counts as spent until it is settled, and for ever if that never happens: no crash lets spending pass a budget.
    ///
    /// # Errors
    /// `MODEL-005` if either budget has not that much left; then nothing is set aside.
    async fn reserve(&self, caller: &ModelCaller, most: Usage) -> Result<(), Failure>;

    /// Gives back what a call did not take of what was set aside for it.
    async fn settle(&self, caller: &ModelCaller, most: Usage, used: Usage);

    /// Keeps a call.
    async fn record(&self, call: ModelCall);

    /// Keeps a placing of texts, beside the calls.
    async fn record_embedding(&self, call: EmbeddingCall);

    /// An answer that was given to the very same request before.
    async fn remembered(&self, key: &str) -> Option<ModelAnswer>;
}

/// Makes secrets unreadable for whoever reads the database.
pub trait Sealer: Send + Sync {
    /// Seals a secret for one place; sealed twice it is not the same twice.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    fn seal(&self, place: &str, secret: &str) -> Result<Vec<u8>, String>;

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// If it was sealed with another key or for another place, or is damaged.
    fn open(&self, place: &str, sealed: &[u8]) -> Result<String, String>;
}
