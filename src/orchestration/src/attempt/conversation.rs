//! What is said between host and agent until the attempt ends, and by what does it end?

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::carrier::{Connection, Straggler};
use baton_agents_runtime::protocol::{Cited, FromAgent, MAXIMUM_REFUSAL_CODE, MAXIMUM_REFUSAL_MESSAGE, ToAgent};
use baton_domain::id::{ArtifactId, AttemptId, TaskId};
use baton_domain::ports::ModelCaller;
use baton_domain::problem::Code;
use baton_domain::services::{ArtifactService, NewArtifact};
use baton_domain::user::Caller;
use baton_domain::wire::task::Failure;
use baton_domain::wire::trace::Level;
use baton_storage::TaskRecord;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

use super::checkpoints::Checkpoints;
use super::children::{Children, Happening};
use super::listeners::{Listeners, takes_more};
use super::memories::Memories;
use super::record::{LINGER, TraceBuffer};
use super::sharers::Sharers;
use super::{LAST_WORDS, LET_GO, citations, failure, outside};
use crate::agent_pool::{KnownSkill, SlotGuard};
use crate::egress;
use crate::engine::{Order, Shared};
use crate::orchestrator::{Asked, Orchestrator};

/// By what an attempt ended.
#[derive(Debug)]
pub(super) enum End {
    Completed(Value),
    Failed {
        failure: Failure,
        retry_after: Option<Duration>,
    },
    /// The attempt's own time is over, or it fell silent.
    TimedOut(Failure),
    /// The worker died without an outcome.
    Lost(Failure),
    /// The agent does not take the task, which waits so long before another is asked.
    Refused {
        failure: Failure,
        pause: Duration,
    },
    /// A policy lets no agent begin the task.
    Barred(Failure),
    /// At a checkpoint, as somebody wanted.
    Paused,
    /// The engine said so.
    Ordered(Order),
}

/// How long storage is left alone before a budget is looked for again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(super) struct Conversation<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) orchestrator: &'a Arc<Orchestrator>,
    pub(super) task: &'a TaskRecord,
    pub(super) known: &'a KnownSkill,
}

impl Conversation<'_> {
    /// Listens and answers until the attempt ends. Nothing of it runs when this returns, unless its agent keeps the thread. The slot may be given
    /// back by then: an attempt has none while it waits for what it asked of other skills.
    pub(super) async fn hold(
        &self,
        connection: Connection,
        trace: &mut TraceBuffer,
        orders: &mut watch::Receiver<Order>,
        slot: &mut SlotGuard,
    ) -> (End, Option<Straggler>) {
        let Connection { to_agent, mut from_agent, mut worker } = connection;
        let mut asks = JoinSet::new();
        let mut children = Children::new(self.orchestrator, self.task, slot, to_agent.clone());
        let mut listeners = Listeners::new(self.shared, self.task, to_agent.clone());
        let mut memories = Memories::new(self.shared, self.task, to_agent.clone());
        let mut sharers = Sharers::new(self.shared, self.orchestrator, self.task, trace.attempt(), to_agent.clone());
        let mut checkpoints = Checkpoints::new(self.shared, self.task, self.known.skill.checkpoints, to_agent.clone());
        let deadline = Instant::now() + Duration::from_millis(self.task.timeouts.start_to_close_ms);
        let silence = Duration::from_millis(self.task.timeouts.heartbeat_ms);
        let mut heard = Instant::now();
        let mut flush_at: Option<Instant> = None;
        // Whether the agent has begun, which leaves it no refusal.
        let mut begun = false;
        // How the worker ended, while checkpoints that it made before are still on their way.
        let mut last: Option<End> = None;
        let end = loop {
            tokio::select! {
                // The same happenings always give the same end. Deadlines go before messages, or an agent that never stops
                // talking would outlive its own; silence goes after them, since a message that waits was said in time.
                biased;
                order = next_order(orders) => break End::Ordered(order),
                () = tokio::time::sleep_until(deadline), if last.is_none() => break self.too_long(),
                () = at(flush_at) => {
                    if let Err(end) = self.meanwhile(orders, last.is_none().then_some(deadline), trace.flush()).await {
                        break end;
                    }
                    flush_at = None;
                }
                (request, saved) = checkpoints.saved() => {
                    if let Some(end) = checkpoints.settle(request, saved).await {
                        break end;
                    }
                    if checkpoints.is_idle() && let Some(end) = last.take() {
                        break end;
                    }
                }
                happening = children.next() => {
                    // Who has said something was not still, although it has not been heard yet.
                    let unheard = matches!(happening, Happening::Still) && !from_agent.is_empty();
                    let settled = children.settle(happening, trace, unheard || !asks.is_empty());
                    if let Err(end) = self.meanwhile(orders, last.is_none().then_some(deadline), settled).await {
                        break end;
                    }
                    if trace.waits() {
                        flush_at = flush_at.or_else(|| Some(Instant::now() + LINGER));
                    }
                }
                message = from_agent.recv(), if last.is_none() => {
                    heard = Instant::now();
                    begun |= message.as_ref().is_some_and(FromAgent::begins);
                    if !matches!(message, Some(FromAgent::Heartbeat)) {
                        children.heard();
                    }
                    match message {
                        None => {
                            let end = End::Lost(lost(worker.ended().await));
                            if checkpoints.is_idle() {
                                break end;
                            }
                            last = Some(end);
                        }
                        Some(FromAgent::Outcome { result, retry_after_ms }) => match self.outcome(result, retry_after_ms) {
                            // Another attempt would go on from what is on its way; a completed task has none.
                            end @ End::Failed { .. } if !checkpoints.is_idle() => last = Some(end),
                            end => break end,
                        },
                        Some(FromAgent::Refused { code, message }) => break refused(begun, code, message),
                        Some(FromAgent::Checkpoint { request, state }) => checkpoints.take(request, state).await,
                        Some(FromAgent::Ask { request, skill, input, decide }) => {
                            let asked = children.ask(request, Asked { skill, input, decide });
                            if let Err(end) = self.meanwhile(orders, last.is_none().then_some(deadline), asked).await {
                                break end;
                            }
                        }
                        Some(message) => {
                            let answered = async {
                                let message = match listeners.hear(message).await {
                                    Some(message) => memories.hear(message).await,
                                    None => None,
                                };
                                let message = match message {
                                    Some(message) => sharers.hear(message).await,
                                    None => None,
                                };
                                if let Some(message) = message {
                                    self.hear(message, trace, &to_agent, &mut asks).await;
                                }
                            };
                            if let Err(end) = self.meanwhile(orders, last.is_none().then_some(deadline), answered).await {
                                break end;
                            }
                        }
                    }
                    if trace.is_full() {
                        if let Err(end) = self.meanwhile(orders, last.is_none().then_some(deadline), trace.flush()).await {
                            break end;
                        }
                        flush_at = None;
                    } else if trace.waits() && flush_at.is_none() {
                        flush_at = Some(Instant::now() + LINGER);
                    }
                }
                () = tokio::time::sleep_until(heard + silence), if last.is_none() => {
                    break End::TimedOut(failure(Code::HeartbeatMissed, format!("Nothing was heard of the attempt for {} ms.", self.task.timeouts.heartbeat_ms), true));
                }
                Some(_) = asks.join_next() => {}
                () = listeners.ended() => {}
                () = sharers.ended() => {}
            }
        };
        if !matches!(end, End::Completed(_) | End::Failed { .. } | End::Refused { .. } | End::Barred(_) | End::Lost(_)) {
            // A word before the end, for agents that tidy up; what they say then is not listened to.
            let _ = to_agent.try_send(ToAgent::Cancel { reason: reason(&end).to_owned() });
            let farewell = async {
                worker.ended().await;
                if !checkpoints.is_idle() {
                    let _ = checkpoints.saved().await;
                }
            };
            let _ = tokio::time::timeout(LAST_WORDS, farewell).await;
        }
        if matches!(end, End::Paused) {
            trace.log(Level::Info, "paused at a checkpoint".to_owned(), Value::Null);
        }
        let straggler = worker.stop_within(LET_GO).await;
        asks.shutdown().await;
        children.stop().await;
        listeners.stop().await;
        sharers.stop().await;
        (end, straggler)
    }

    /// Waits for what asks the store, which may be slow or away, while orders and the attempt's deadline are heard; gives the end that comes
    /// before it.
    async fn meanwhile<T>(
        &self,
        orders: &mut watch::Receiver<Order>,
        deadline: Option<Instant>,
        work: impl Future<Output = T>,
    ) -> Result<T, End> {
        tokio::select! {
            biased;
            order = next_order(orders) => Err(End::Ordered(order)),
            () = at(deadline) => Err(self.too_long()),
            done = work => Ok(done),
        }
    }

    fn too_long(&self) -> End {
        let text = format!("The attempt had not ended after {} ms.", self.task.timeouts.start_to_close_ms);
        End::TimedOut(failure(Code::AttemptTimedOut, text, true))
    }

    async fn hear(&self, message: FromAgent, trace: &mut TraceBuffer, to_agent: &mpsc::Sender<ToAgent>, asks: &mut JoinSet<()>) {
        match message {
            FromAgent::Log { level, message, fields } => trace.log(level, message, fields),
            FromAgent::Progress { fraction, message, written } => trace.progress(fraction, message, written),
            FromAgent::Span { name, duration_us, ok, attributes } => trace.span(name, duration_us, ok, attributes),
            FromAgent::Artifact { request, file, name, media_type } => {
                let result = self.keep(&file, name, media_type).await;
                if let Ok(artifact) = &result {
                    trace.log(Level::Info, "stored an artifact".to_owned(), json!({"artifact": artifact}));
                }
                let _ = to_agent.send(ToAgent::Stored { request, result }).await;
            }
            FromAgent::Complete { request, call, stream } => {
                let models = self.shared.models.get().cloned();
                let (caller, to_agent) = (self.model_caller(trace.attempt()), to_agent.clone());
                asks.spawn(async move { outside::complete(models, caller.await, request, *call, stream, to_agent).await });
            }
            FromAgent::Embed { request, texts } => {
                let models = self.shared.models.get().cloned();
                let (caller, to_agent) = (self.model_caller(trace.attempt()), to_agent.clone());
                asks.spawn(async move { outside::embed(models, caller.await, request, texts, to_agent).await });
            }
            FromAgent::Cite { request, task, pointer } => {
                let result = self.cite(task, pointer.as_deref(), to_agent).await;
                if result.is_ok() {
                    trace.log(Level::Info, "cites what another task came to".to_owned(), json!({"task": task, "pointer": pointer}));
                }
                let _ = to_agent.send(ToAgent::Cited { request, result: result.map(Box::new) }).await;
            }
            FromAgent::Permit { request, host } => {
                let (shared, to_agent, project) = (Arc::clone(self.shared), to_agent.clone(), self.task.summary.project_id);
                asks.spawn(async move {
                    shared.pace.turn(&host, Duration::from_millis(shared.options.egress.per_host_interval_ms)).await;
                    // After the wait: what was set meanwhile holds.
                    let answer = match egress::refusal(&shared, project, &host).await {
                        None => ToAgent::Permitted { request },
                        Some(failure) => ToAgent::NotPermitted { request, failure },
                    };
                    let _ = to_agent.send(answer).await;
                });
            }
            // Those of topics, memory, shared things and other skills were heard before.
            FromAgent::Started
            | FromAgent::Heartbeat
            | FromAgent::Outcome { .. }
            | FromAgent::Refused { .. }
            | FromAgent::Checkpoint { .. }
            | FromAgent::Recall { .. }
            | FromAgent::Remember { .. }
            | FromAgent::Ask { .. }
            | FromAgent::Publish { .. }
            | FromAgent::Subscribe { .. }
            | FromAgent::Unsubscribe { .. }
            | FromAgent::Pull { .. }
            | FromAgent::Acknowledge { .. }
            | FromAgent::RefuseDeliveries { .. }
            | FromAgent::Claim { .. }
            | FromAgent::RenewClaims { .. }
            | FromAgent::ReleaseClaims { .. }
            | FromAgent::PutVersion { .. } => {}
        }
    }

    /// Reads what another task came to.
    async fn cite(&self, task: TaskId, pointer: Option<&str>, to_agent: &mpsc::Sender<ToAgent>) -> Result<Cited, Failure> {
        if !takes_more(to_agent) {
            return Err(failure(Code::TooManyRequests, "The agent does not take what it was given.", false));
        }
        let scratch = super::scratch_folder(self.shared, self.task.lease, self.task);
        citations::cite(self.shared, self.orchestrator, self.task, task, pointer, &scratch).await
    }

    /// Stores a file of the scratch folder.
    async fn keep(&self, file: &str, name: String, media_type: String) -> Result<ArtifactId, Failure> {
        let path = scratch_file(&super::scratch_folder(self.shared, self.task.lease, self.task), file).await?;
        let broken = |error: std::io::Error| failure(Code::ProtocolViolated, format!("{file:?} cannot be read: {error}"), false);
        let bytes = tokio::fs::File::open(&path).await.map_err(broken)?;
        let artifact = NewArtifact { name, media_type: Some(media_type), sha256: None, task_id: Some(self.task.summary.id) };
        let stored = self.shared.artifacts.put(&self.caller(), artifact, Box::pin(ReaderStream::new(bytes))).await;
        stored.map(|view| view.id).map_err(|problem| Failure {
            code: problem.code,
            message: problem.detail,
            retryable: problem.status >= 500,
        })
    }

    fn outcome(&self, result: Result<Value, Failure>, retry_after_ms: Option<u64>) -> End {
        let result = match result {
            Ok(result) => result,
            Err(failure) => return End::Failed { failure, retry_after: retry_after_ms.map(Duration::from_millis) },
        };
        match checked(self.known, result) {
            Ok(result) => End::Completed(result),
            Err(failure) => End::Failed { failure, retry_after: None },
        }
    }

    /// On whose behalf the agent asks a model: what it spends counts for the tasks above its own as well.
    fn model_caller(&self, attempt: AttemptId) -> impl Future<Output = ModelCaller> + Send + use<> {
        let (shared, project, task) = (Arc::clone(self.shared), self.task.summary.project_id, self.task.summary.id);
        let (stored, mut parent) = (self.task.budget.unwrap_or_default(), self.task.summary.parent_id);
        async move {
            let budget = stored.own().unwrap_or_default();
            let (mut above, mut shared_with) = (Vec::new(), stored.shared.into_iter().collect::<Vec<_>>());
            // There are at most as many as tasks may ask for one another.
            while let Some(id) = parent.take() {
                match shared.store.task(id).await {
                    Ok(Some(record)) => {
                        let budget = record.budget.unwrap_or_default();
                        above.push((id, budget.own().unwrap_or_default()));
                        shared_with.extend(budget.shared);
                        parent = record.summary.parent_id;
                    }
                    // One that is gone spends nothing any more.
                    Ok(None) => {}
                    // Nothing is spent past a budget that could not be read; the attempt's deadline ends this too.
                    Err(_) => {
                        parent = Some(id);
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                }
            }
            ModelCaller { project, task, attempt, budget, above, shared: shared_with }
        }
    }

    fn caller(&self) -> Caller {
        Caller { project: self.task.summary.project_id, ..Caller::system() }
    }
}

/// A result that is within its bounds and fits what the skill says of it.
pub(super) fn checked(known: &KnownSkill, result: Value) -> Result<Value, Failure> {
    let bytes = serde_json::to_vec(&result).map_or(usize::MAX, |text| text.len());
    let maximum = known.skill.limits.result_bytes;
    if bytes as u64 > maximum {
        let text = format!("The result has {bytes} bytes; at most {maximum} are allowed. Large results belong into artifacts.");
        return Err(failure(Code::ResultTooLarge, text, false));
    }
    if !known.output.fits(&result) {
        let errors = known.output.errors("/result", &result);
        let first = errors.first().map(|error| format!("{}: {}", error.field, error.message)).unwrap_or_default();
        return Err(failure(Code::ProtocolViolated, format!("The result does not fit the skill's output schema: {first}"), false));
    }
    Ok(result)
}

/// The end of an attempt whose agent refuses the task, which only one that has not begun may do, in few words.
fn refused(begun: bool, code: String, message: String) -> End {
    let violated = |text: String| End::Failed { failure: failure(Code::ProtocolViolated, text, false), retry_after: None };
    if begun {
        return violated(format!("The agent refused the task after it had begun: {}.", shortened(&code)));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !(1..=MAXIMUM_REFUSAL_CODE).contains(&code.len()) || !code.bytes().all(plain) {
        let rule = format!("use 1 to {MAXIMUM_REFUSAL_CODE} letters, digits, '-', '_' and '.'");
        return violated(format!("The agent refused the task with a code that is none: {}; {rule}.", shortened(&code)));
    }
    if message.len() > MAXIMUM_REFUSAL_MESSAGE {
        let text = format!("The agent refused the task in {} bytes; at most {MAXIMUM_REFUSAL_MESSAGE} are allowed.", message.len());
        return violated(text);
    }
    End::Refused { failure: Failure { code, message, retryable: false }, pause: Duration::ZERO }
}

/// The beginning of what an agent wrote, quoted.
fn shortened(text: &str) -> String {
    format!("{:?}", text.chars().take(MAXIMUM_REFUSAL_CODE).collect::<String>())
}

/// A file of the scratch folder that an agent names.
pub(super) async fn scratch_file(scratch: &Path, file: &str) -> Result<PathBuf, Failure> {
    let plain = Path::new(file).file_name().is_some_and(|last| last == file);
    if !plain {
        return Err(failure(Code::ProtocolViolated, format!("{file:?} is no name in the scratch folder"), false));
    }
    let path = scratch.join(file);
    let broken = |error: std::io::Error| failure(Code::ProtocolViolated, format!("{file:?} cannot be read: {error}"), false);
    // A link would let the agent read what it was not given.
    if !tokio::fs::symlink_metadata(&path).await.map_err(broken)?.is_file() {
        return Err(failure(Code::ProtocolViolated, format!("{file:?} is no file"), false));
    }
    Ok(path)
}

/// Sleeps until an instant; forever without one.
pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn next_order(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.wait_for(|order| *order != Order::Work).await {
        Ok(order) => *order,
        // The engine forgot the attempt: somebody else holds the lease.
        Err(_) => Order::Stale,
    }
}

fn reason(end: &End) -> &'static str {
    match end {
        End::TimedOut(_) | End::Ordered(Order::CloseTooLate) => "timed_out",
        End::Ordered(Order::HandBack) => "handed_back",
        End::Ordered(Order::Stale) => "stale",
        End::Paused => "paused",
        _ => "canceled",
    }
}

/// Why a worker went without an outcome, as far as its end tells.
pub(super) fn lost(status: Option<std::process::ExitStatus>) -> Failure {
    let signal = status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
    match (signal, status) {
        // SIGXCPU, SIGKILL after it, SIGXFSZ; SIGSEGV and SIGABRT are how running out of memory ends.
        (Some(24), _) => failure(Code::LimitExceeded, "The attempt used more CPU time than the skill allows.", false),
        (Some(25), _) => failure(Code::LimitExceeded, "The attempt wrote a larger file than the skill allows.", false),
        (Some(6 | 11), _) => failure(Code::LimitExceeded, "The attempt ran out of memory or crashed.", false),
        (Some(9), _) => failure(Code::LimitExceeded, "The attempt was killed, by its limits or from outside.", true),
        (Some(signal), _) => failure(Code::WorkerLost, format!("The worker was ended by signal {signal}."), true),
        (None, Some(status)) => failure(Code::WorkerLost, format!("The worker ended without an outcome ({status})."), true),
        (None, None) => failure(Code::WorkerLost, "The worker went away without an outcome.", true),
    }
}
