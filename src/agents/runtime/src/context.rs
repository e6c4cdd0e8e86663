//! What an agent works in: its log, its progress, its files, other skills, topics, and the word to stop.

mod citations;
mod memory;
mod shared;
mod topics;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use baton_domain::connection::ConnectionGrant;
use baton_domain::egress::EgressPolicy;
use baton_domain::id::{ArtifactId, AttemptId, MessageId, TaskId};
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest};
use baton_domain::problem::Code;
use baton_domain::wire::claim::{ClaimView, Claimed};
use baton_domain::wire::conflict::PutOutcome;
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::task::Failure;
use baton_domain::wire::topic::{Delivery, Settled};
use baton_domain::wire::trace::Level;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::SkillError;
use crate::messages::Inbox;
use crate::protocol::{Cited, FileRef, FromAgent, MAXIMUM_LOG_LINES, MAXIMUM_MESSAGE_BYTES, Memory, Start, ToAgent};
use crate::stopwatch::Stopwatch;

/// A file that the input names.
pub type InputFile = FileRef;

/// An answer that the agent waits for.
enum Pending {
    Stored(oneshot::Sender<Result<ArtifactId, Failure>>),
    Answered(oneshot::Sender<Result<Value, Failure>>),
    Published(oneshot::Sender<Result<MessageId, Failure>>),
    Subscribed(oneshot::Sender<Result<(), Failure>>),
    Pulled(oneshot::Sender<Result<Vec<Delivery>, Failure>>),
    Settled(oneshot::Sender<Result<Settled, Failure>>),
    Claimed(oneshot::Sender<Result<Claimed, Failure>>),
    Renewed(oneshot::Sender<Result<Vec<ClaimView>, Failure>>),
    Released(oneshot::Sender<Result<(), Failure>>),
    VersionPut(oneshot::Sender<Result<Box<PutOutcome>, Failure>>),
    Checkpointed(oneshot::Sender<Result<(), Failure>>),
    Completed { answer: oneshot::Sender<Result<Box<ModelAnswer>, Failure>>, pieces: Option<mpsc::UnboundedSender<String>> },
    Embedded(oneshot::Sender<Result<Embedded, Failure>>),
    Cited(oneshot::Sender<Result<Box<Cited>, Failure>>),
    Permitted(oneshot::Sender<Result<(), Failure>>),
    Recalled(oneshot::Sender<Result<Option<Memory>, Failure>>),
    Remembered(oneshot::Sender<Result<bool, Failure>>),
}

struct Shared {
    task_id: TaskId,
    attempt_id: AttemptId,
    attempt: u32,
    artifacts: BTreeMap<ArtifactId, FileRef>,
    scratch: PathBuf,
    checkpoint: Option<Value>,
    egress: Option<EgressPolicy>,
    connections: BTreeMap<String, ConnectionGrant>,
    canceled: CancellationToken,
    to_host: mpsc::Sender<FromAgent>,
    pending: Mutex<HashMap<u64, Pending>>,
    subscriptions: Mutex<HashMap<u64, Inbox>>,
    next_request: AtomicU64,
    log_lines: AtomicU64,
}

/// One attempt as the agent sees it. Cloning is cheap; all clones are the same attempt.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("attempt", &self.shared.attempt_id).finish_non_exhaustive()
    }
}

impl Context {
    /// The context of an attempt that says what it has to say into `to_host`.
    pub(crate) fn new(start: &Start, to_host: mpsc::Sender<FromAgent>, canceled: CancellationToken) -> Self {
        let shared = Shared {
            task_id: start.task_id,
            attempt_id: start.attempt_id,
            attempt: start.attempt,
            artifacts: start.artifacts.clone(),
            scratch: start.scratch.clone(),
            checkpoint: start.checkpoint.clone(),
            egress: start.egress.clone(),
            connections: start.connections.clone(),
            canceled,
            to_host,
            pending: Mutex::default(),
            subscriptions: Mutex::default(),
            next_request: AtomicU64::new(1),
            log_lines: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Takes an answer of the host.
    pub(crate) fn receive(&self, message: ToAgent) {
        match message {
            ToAgent::Stored { request, result } => {
                if let Some(Pending::Stored(waiting)) = self.shared.pending.lock().remove(&request) {
                    // Whoever asked may have gone; then nobody needs the answer.
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Answered { request, result } => {
                if let Some(Pending::Answered(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Published { request, result } => {
                if let Some(Pending::Published(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Subscribed { request, result } => {
                if let Some(Pending::Subscribed(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Pulled { request, result } => {
                if let Some(Pending::Pulled(waiting)) = self.shared.pending.lock().remove(&request) {
                    // What nobody waits for any more is not acknowledged, so it is delivered again.
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Settled { request, result } => {
                if let Some(Pending::Settled(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Claimed { request, result } => {
                if let Some(Pending::Claimed(waiting)) = self.shared.pending.lock().remove(&request) {
                    // What nobody waits for any more is given back when the attempt ends.
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Renewed { request, result } => {
                if let Some(Pending::Renewed(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Released { request, result } => {
                if let Some(Pending::Released(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::VersionPut { request, result } => {
                if let Some(Pending::VersionPut(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Checkpointed { request, result } => {
                if let Some(Pending::Checkpointed(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Written { request, text } => {
                if let Some(Pending::Completed { pieces: Some(pieces), .. }) = self.shared.pending.lock().get(&request) {
                    let _ = pieces.send(text);
                }
            }
            ToAgent::Completed { request, result } => {
                if let Some(Pending::Completed { answer, .. }) = self.shared.pending.lock().remove(&request) {
                    let _ = answer.send(result);
                }
            }
            ToAgent::Embedded { request, result } => {
                if let Some(Pending::Embedded(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Cited { request, result } => {
                if let Some(Pending::Cited(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Permitted { request } => {
                if let Some(Pending::Permitted(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(Ok(()));
                }
            }
            ToAgent::NotPermitted { request, failure } => {
                if let Some(Pending::Permitted(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(Err(failure));
                }
            }
            ToAgent::Recalled { request, result } => {
                if let Some(Pending::Recalled(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Remembered { request, result } => {
                if let Some(Pending::Remembered(waiting)) = self.shared.pending.lock().remove(&request) {
                    let _ = waiting.send(result);
                }
            }
            ToAgent::Message { subscription, message } => {
                if let Some(inbox) = self.shared.subscriptions.lock().get(&subscription) {
                    inbox.put(*message);
                }
            }
            ToAgent::Cancel { .. } => self.shared.canceled.cancel(),
            // Carriers take the start; a second one changes nothing.
            ToAgent::Start(_) => {}
        }
    }

    /// The task.
    #[must_use]
    pub fn task_id(&self) -> TaskId {
        self.shared.task_id
    }

    /// The attempt's number; 1 is the first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// What the last [`checkpoint`](Self::checkpoint) of an earlier attempt kept; nothing if there was none. An agent whose skill
    /// makes checkpoints goes on from there.
    #[must_use]
    pub fn resumed(&self) -> Option<&Value> {
        self.shared.checkpoint.as_ref()
    }

    /// Keeps where the work stands: at most 64 KiB of JSON, in place of what was kept before. A later attempt finds it with
    /// [`resumed`](Self::resumed), whether this one was paused, lost, or failed. If somebody wants the task to pause, the attempt ends
    /// here and this never returns. The skill must declare `checkpoints`.
    ///
    /// While storage does not answer, this returns without having kept anything: what was kept before stands.
    ///
    /// # Errors
    /// `ATTEMPT-005` if the state is too large, `ATTEMPT-004` if the skill declares no checkpoints; and when somebody asks to stop.
    pub async fn checkpoint(&self, state: Value) -> Result<(), SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Checkpointed(send));
        self.deliver(FromAgent::Checkpoint { request, state }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            // Work on a thread of its own ends only if it is told.
            () = self.canceled() => self.check(),
        }
    }

    /// The same for work within [`blocking`](Self::blocking).
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn blocking_checkpoint(&self, state: Value) -> Result<(), SkillError> {
        tokio::runtime::Handle::current().block_on(self.checkpoint(state))
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.shared.canceled.is_cancelled()
    }

    /// Goes on only if nobody asked to stop; long loops call it every few thousand steps.
    ///
    /// # Errors
    /// An error that ends the attempt; the host records the cancellation.
    pub fn check(&self) -> Result<(), SkillError> {
        if self.is_canceled() { Err(SkillError::internal("the attempt was cancelled")) } else { Ok(()) }
    }

    /// Returns when somebody asks to stop.
    pub async fn canceled(&self) {
        self.shared.canceled.cancelled().await;
    }

    /// Writes a log line with values that belong to it (`Value::Null` for none). Lines over 10,000 are dropped.
    pub fn log(&self, level: Level, message: impl Into<String>, fields: Value) {
        let line = self.shared.log_lines.fetch_add(1, Ordering::Relaxed);
        let (level, mut message, fields) = match line {
            0..MAXIMUM_LOG_LINES => (level, message.into(), fields),
            MAXIMUM_LOG_LINES => (Level::Warn, "the log is full; later lines are dropped".to_owned(), Value::Null),
            _ => return,
        };
        if message.len() > MAXIMUM_MESSAGE_BYTES {
            let cut = message.floor_char_boundary(MAXIMUM_MESSAGE_BYTES);
            message.truncate(cut);
            message.push('…');
        }
        self.say(FromAgent::Log { level, message, fields });
    }

    /// Writes a line about what happens.
    pub fn info(&self, message: impl Into<String>, fields: Value) {
        self.log(Level::Info, message, fields);
    }

    /// Writes a line about something to know.
    pub fn warn(&self, message: impl Into<String>, fields: Value) {
        self.log(Level::Warn, message, fields);
    }

    /// Says how far the work is, 0 to 1, and what it is doing.
    pub fn progress(&self, fraction: f64, message: impl Into<String>) {
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        self.say(FromAgent::Progress { fraction, message: message.into(), written: None });
    }

    /// Begins a stretch of work; it ends when the guard is dropped.
    #[must_use]
    pub fn span(&self, name: &'static str) -> SpanGuard {
        SpanGuard { context: self.clone(), name, began: monotonic(), ok: true, attributes: Value::Null }
    }

    /// A clock that begins now.
    #[must_use]
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch::start()
    }

    /// A file that the input names.
    ///
    /// # Errors
    /// `TASK-003` if the input does not name it.
    pub fn file(&self, id: &str) -> Result<InputFile, SkillError> {
        id.parse::<ArtifactId>()
            .ok()
            .and_then(|id| self.shared.artifacts.get(&id).cloned())
            .ok_or_else(|| SkillError::input("artifact", format!("{id} is not among the artifacts of this input")))
    }

    /// The folder in which the attempt may leave files until it ends. It is made when it is first asked for.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self) -> Result<&std::path::Path, SkillError> {
        let folder = self.shared.scratch.as_path();
        std::fs::create_dir_all(folder).map_err(|error| SkillError::internal(format!("cannot make the scratch folder: {error}")))?;
        Ok(folder)
    }

    /// Stores bytes as an artifact of the task.
    ///
    /// # Errors
    /// What the host answers: the artifact is too large, storage is full; or the scratch folder cannot be written.
    pub async fn store(&self, name: &str, media_type: &str, bytes: &[u8]) -> Result<ArtifactId, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let file = format!("artifact-{request}");
        let cannot = |error| SkillError::internal(format!("cannot write {name} to the scratch folder: {error}"));
        // Within the server's process the folder is made when it is first needed.
        tokio::fs::create_dir_all(&self.shared.scratch).await.map_err(cannot)?;
        tokio::fs::write(self.shared.scratch.join(&file), bytes).await.map_err(cannot)?;
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Stored(send));
        let (name, media_type) = (name.to_owned(), media_type.to_owned());
        self.deliver(FromAgent::Artifact { request, file, name, media_type }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Runs another skill as a child task and gives its result.
    ///
    /// # Errors
    /// Why the child failed, or `TASK-007` when tasks ask for one another too deep.
    pub async fn ask(&self, skill: &str, input: Value) -> Result<Value, SkillError> {
        self.ask_on(skill, input, None).await
    }

    /// The same, done by several: answers that are the same are the result, and answers that differ open a decision, whose verdict is. The terms are
    /// those of a task's `decide`.
    ///
    /// # Errors
    /// As [`ask`](Self::ask); the terms are refused with the codes that a task with them is (`DECISION-004`, `DECISION-008` and others), what is not
    /// decided fails with its own, and `TASK-007` comes one level earlier, since each of the several has a task below the child's.
    pub async fn ask_several(&self, skill: &str, input: Value, terms: DecideTerms) -> Result<Value, SkillError> {
        self.ask_on(skill, input, Some(Box::new(terms))).await
    }

    async fn ask_on(&self, skill: &str, input: Value, decide: Option<Box<DecideTerms>>) -> Result<Value, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Answered(send));
        self.deliver(FromAgent::Ask { request, skill: skill.to_owned(), input, decide }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Asks a language model and gives its whole answer. Which model answers, within what budget and how often a failed call is
    /// tried again is the host's business; the answer names the model.
    ///
    /// # Errors
    /// `MODEL-001` without any model, `MODEL-002` without one that is able enough, `MODEL-003` if no answer fits the schema or no call its
    /// tool, `MODEL-004` and `MODEL-006` if its endpoint fails or refuses, `MODEL-005` over the budget, `MODEL-007` for too long a prompt,
    /// `MODEL-010` if the request has tools and no model is known to call any.
    pub async fn llm(&self, call: ModelRequest) -> Result<ModelAnswer, SkillError> {
        self.complete(call, None).await
    }

    /// The same; what is written goes into `pieces` as it comes. An answer that had to be asked for again starts anew there, after an empty
    /// piece.
    ///
    /// # Errors
    /// As [`llm`](Self::llm).
    pub async fn llm_streaming(&self, call: ModelRequest, pieces: mpsc::UnboundedSender<String>) -> Result<ModelAnswer, SkillError> {
        self.complete(call, Some(pieces)).await
    }

    async fn complete(&self, call: ModelRequest, pieces: Option<mpsc::UnboundedSender<String>>) -> Result<ModelAnswer, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        let stream = pieces.is_some();
        self.shared.pending.lock().insert(request, Pending::Completed { answer: send, pieces });
        self.deliver(FromAgent::Complete { request, call: Box::new(call), stream }).await?;
        answer.await.map_err(|_| host_gone())?.map(|answer| *answer).map_err(from_failure)
    }

    /// Places texts, at most 256 of them, in a space where what means the same lies close.
    ///
    /// # Errors
    /// `MODEL-001` if no model can do that, and as [`llm`](Self::llm).
    pub async fn embed(&self, texts: Vec<String>) -> Result<Embedded, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Embedded(send));
        self.deliver(FromAgent::Embed { request, texts }).await?;
        answer.await.map_err(|_| host_gone())?.map_err(from_failure)
    }

    /// Where the attempt may reach out to; nowhere if there is none. Only the guarded client of `baton-clients` reaches out.
    #[must_use]
    pub fn egress(&self) -> Option<&EgressPolicy> {
        self.shared.egress.as_ref()
    }

    /// Waits until it is this attempt's turn to talk to a host: all attempts of a server keep to one pace with it.
    ///
    /// # Errors
    /// `EGRESS-002` if the rules refuse the host by now, although they did not when the attempt began; when somebody asks to stop.
    pub async fn permit(&self, host: &str) -> Result<(), SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Permitted(send));
        self.deliver(FromAgent::Permit { request, host: host.to_owned() }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            () = self.canceled() => self.check(),
        }
    }

    /// A connection that the input names.
    ///
    /// # Errors
    /// `CONNECTION-001` if the input does not name it.
    pub fn connection(&self, name: &str) -> Result<&ConnectionGrant, SkillError> {
        let unknown = || SkillError::new(Code::NoSuchConnection, format!("{name} is not among the connections of this input"));
        self.shared.connections.get(name).ok_or_else(unknown)
    }

    /// Runs work that keeps a core busy on a thread of its own. The work must call [`check`](Self::check) now and
    /// then: a thread cannot be stopped from outside, so skills that may run long declare `isolation: process`.
    ///
    /// # Errors
    /// What the work answers; `ATTEMPT-006` if it panics.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, SkillError> + Send + 'static,
    ) -> Result<T, SkillError> {
        let context = self.clone();
        match tokio::task::spawn_blocking(move || work(&context)).await {
            Ok(result) => result,
            Err(error) => Err(SkillError::new(Code::AgentPanicked, format!("the agent crashed: {error}"))),
        }
    }

    /// Says something that may be lost when the host cannot keep up: the newest state of things comes again.
    fn say(&self, message: FromAgent) {
        // A full channel means a host under load; dropping a log line is better than stopping the work.
        let _ = self.shared.to_host.try_send(message);
    }

    async fn deliver(&self, message: FromAgent) -> Result<(), SkillError> {
        self.shared.to_host.send(message).await.map_err(|_| host_gone())
    }
}

fn host_gone() -> SkillError {
    SkillError::passing(Code::WorkerLost, "the host went away")
}

fn from_failure(failure: Failure) -> SkillError {
    SkillError { code: failure.code, message: failure.message, retryable: failure.retryable, retry_after_ms: None, refuses: false }
}

#[expect(clippy::disallowed_methods, reason = "the length of a span is measured where the work is done; no decision depends on it")]
fn monotonic() -> Instant {
    Instant::now()
}

/// A stretch of work that ends when this is dropped.
#[derive(Debug)]
pub struct SpanGuard {
    context: Context,
    name: &'static str,
    began: Instant,
    ok: bool,
    attributes: Value,
}

impl SpanGuard {
    /// Adds values to the span.
    pub fn set(&mut self, attributes: Value) {
        self.attributes = attributes;
    }

    /// Marks the stretch as one that went wrong.
    pub fn failed(&mut self) {
        self.ok = false;
    }
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        let duration_us = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let attributes = std::mem::take(&mut self.attributes);
        self.context.say(FromAgent::Span { name: self.name.to_owned(), duration_us, ok: self.ok, attributes });
    }
}
