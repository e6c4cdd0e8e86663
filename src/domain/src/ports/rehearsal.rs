//! What is needed to let an agent do again what was recorded of it, with nothing outside?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::id::{ArtifactId, AttemptId, TaskId};
use crate::model::{Embedded, ModelAnswer, ModelRequest};
use crate::problem::Problem;
use crate::wire::task::Failure;

/// A task that was recorded, as its attempt began.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTask {
    /// The task.
    pub task: TaskId,
    /// The attempt that gave its outcome.
    pub attempt_id: AttemptId,
    /// That attempt's number; 1 is the first.
    pub attempt: u32,
    /// How many tasks asked for one another above this one.
    pub depth: u32,
    /// The agent that did it.
    pub agent: String,
    /// The skill.
    pub skill: String,
    /// Its input.
    pub input: Value,
    /// How long it may take.
    pub time: Duration,
}

/// A file that an agent wants stored once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAgain {
    /// Its name.
    pub name: String,
    /// Its content type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Gives an agent at a rehearsal what it was given when its work was recorded, in the same order. Nothing of it reaches outside. None where the
/// recording has no such line: then the rehearsal ends.
pub trait Prompter: Send + Sync {
    /// What a model answered.
    fn complete(&self, request: &ModelRequest) -> Option<Result<ModelAnswer, Failure>>;

    /// Where a model placed texts.
    fn embed(&self, texts: &[String]) -> Option<Result<Embedded, Failure>>;

    /// What another skill gave.
    fn ask(&self, skill: &str, input: &Value) -> Option<Result<Value, Failure>>;

    /// Under which identifier the very same file was stored.
    fn stored(&self, file: &StoredAgain) -> Option<ArtifactId>;
}

/// How a rehearsal ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Rehearsed {
    /// The agent came to an end by itself.
    Ended(Result<Value, Failure>),
    /// It wanted something that the prompter does not have.
    Unprompted,
    /// As it worked it turned out why it is not done again here.
    Apart(String),
    /// It did not come to an end: its time was over, or what it ran in went down.
    Stopped(Failure),
}

/// Lets agents of this program do again what was recorded of them.
#[async_trait]
pub trait Rehearsals: Send + Sync {
    /// Why a task is not done again here, if so: it reaches outside, or no agent of this program has its skill. What it gave is then taken from the
    /// recording, as a tool's answer. `first` tells that its outcome came of its first attempt: a later one may have gone on from a checkpoint.
    fn apart(&self, agent: &str, skill: &str, input: &Value, first: bool) -> Option<String>;

    /// Lets the agent do its work once more, where an attempt of it would run, but without egress, connections, topics and checkpoints; nothing is
    /// stored.
    ///
    /// # Errors
    /// `REPLAY-008` if a file that it read is gone; those of storage.
    async fn rehearse(&self, task: RecordedTask, prompter: Arc<dyn Prompter>) -> Result<Rehearsed, Problem>;
}
