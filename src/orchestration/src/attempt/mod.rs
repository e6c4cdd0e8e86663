//! How does one attempt go, from its start message to its recorded outcome?

mod checkpoints;
mod children;
mod citations;
mod conversation;
mod inputs;
mod late;
mod listeners;
mod memories;
mod outcome;
mod outside;
mod record;
mod rehearsal;
mod sharers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_agents_runtime::carrier::{self, Connection, Straggler};
use baton_agents_runtime::protocol::{Start, VERSION};
use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::problem::Code;
use baton_domain::wire::task::{AttemptOutcome, Failure};
use baton_domain::wire::trace::Level;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Advanced, BegunTask, Completion, TaskRecord};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::agent_pool::{KnownSkill, Reservation};
use crate::agent_threads::{KeptThread, Place};
use crate::connections;
use crate::egress;
use crate::engine::{Order, Running, Shared};
use crate::models;
use crate::orchestrator::Orchestrator;
use crate::task_manager;
use conversation::{Conversation, End};
use outcome::Change;
pub(crate) use outside::Pace;
use record::TraceBuffer;
pub use rehearsal::{RehearsalParts, Stage};

/// Starts the attempt of a task that was just assigned.
pub(crate) fn begin(shared: &Arc<Shared>, orchestrator: &Arc<Orchestrator>, begun: BegunTask, mut reservation: Reservation) {
    let (orders, receive) = watch::channel(Order::Work);
    let (id, lease) = (begun.task.summary.id, begun.task.lease);
    let left = begun.task.lease_until.map_or(shared.options.lease, |until| until.since(shared.sources.clock.now()));
    let trusted_until = Instant::now() + left.saturating_sub(shared.trust_margin());
    {
        let mut running = shared.running.lock();
        if shared.handing_back.load(Ordering::Relaxed) {
            // Whoever hands back what runs has been here before.
            orders.send_replace(Order::HandBack);
        }
        running.insert(id, Running { lease, trusted_until, orders });
    }
    let (shared, orchestrator) = (Arc::clone(shared), Arc::clone(orchestrator));
    let tracker = shared.attempts.clone();
    tracker.spawn(async move {
        let (skill, key) = (begun.task.summary.skill.clone(), begun.task.summary.fairness_key.clone());
        let kept = run(&shared, &orchestrator, begun, &mut reservation, receive).await;
        shared.backlog.freed(&skill, key.as_deref());
        // A later lease of the same task may stand there already.
        let mut running = shared.running.lock();
        if running.get(&id).is_some_and(|entry| entry.lease == lease) {
            running.remove(&id);
        }
        drop(running);
        match kept {
            None => drop(reservation.slot),
            Some(kept) => kept.outlast(reservation),
        }
    });
}

/// What still runs of an attempt that has ended: its agent keeps the thread.
struct Kept {
    straggler: Straggler,
    thread: Option<KeptThread>,
    scratch: PathBuf,
    task: TaskId,
}

impl Kept {
    /// Keeps the attempt's slot taken until its agent lets go. The engine's end does not wait for that. If the attempt gave its slot back while
    /// it waited for others, it takes it again: its agent works, whatever it waits for.
    fn outlast(self, reservation: Reservation) {
        let Self { straggler, thread, scratch, task } = self;
        let Reservation { mut slot, name, .. } = reservation;
        let agent = name.name;
        tracing::warn!(%task, %agent, "the attempt has ended, but its agent keeps the thread; the slot stays taken until it lets go");
        tokio::spawn(async move {
            let mut gone = std::pin::pin!(straggler.gone());
            tokio::select! {
                biased;
                () = &mut gone => {}
                () = slot.come_back() => gone.await,
            }
            tracing::info!(%task, %agent, "the agent has let its thread go");
            remove_scratch(&scratch).await;
            drop((thread, slot));
        });
    }
}

async fn run(
    shared: &Arc<Shared>,
    orchestrator: &Arc<Orchestrator>,
    begun: BegunTask,
    reservation: &mut Reservation,
    mut orders: watch::Receiver<Order>,
) -> Option<Kept> {
    let BegunTask { task, input, attempt } = begun;
    let mut trace = TraceBuffer::new(Arc::clone(shared), task.summary.id, attempt);
    let began = shared.sources.clock.now();
    shared.recorder.started(began, &task.summary.skill, &reservation.name.name, began.since(task.ready_at));
    let Some(known) = shared.pool.skill(&task.summary.skill) else {
        let failure = failure(Code::UnknownSkill, "No agent of this server has the skill any more.", false);
        finish(shared, task, reservation, trace, began, End::Failed { failure, retry_after: None }).await;
        return None;
    };
    let scratch = scratch_folder(shared, task.lease, &task);
    let (end, kept) = if task.summary.cancel_requested_at.is_some() {
        (End::Ordered(Order::Cancel), None)
    } else if let Some(failure) = barred(shared, &task, &known).await {
        (End::Barred(failure), None)
    } else {
        match connect(shared, &task, attempt, input, reservation, &known).await {
            Ok((connection, place)) => {
                let conversation = Conversation { shared, orchestrator, task: &task, known: &known };
                let (end, straggler) = conversation.hold(connection, &mut trace, &mut orders, &mut reservation.slot).await;
                let keep = |straggler| {
                    // At once, so that the next attempt of the task begins elsewhere.
                    let thread = place.map(|place| place.keep(&reservation.name.name));
                    Kept { straggler, thread, scratch: scratch.clone(), task: task.summary.id }
                };
                (end, straggler.map(keep))
            }
            Err(end) => (end, None),
        }
    };
    if kept.is_none() {
        remove_scratch(&scratch).await;
    }
    finish(shared, task, reservation, trace, began, end).await;
    kept
}

/// Why no agent may begin the task, if a policy says so: what cannot do without a model has no budget for one.
async fn barred(shared: &Shared, task: &TaskRecord, known: &KnownSkill) -> Option<Failure> {
    if task.summary.parent_id.is_none() || known.skill.model.as_ref().is_none_or(|model| model.optional) {
        return None;
    }
    // What cannot be read now is refused at the call.
    models::spent_above(shared, task).await.ok().flatten()
}

/// Gathers the inputs and starts the agent.
async fn connect(
    shared: &Arc<Shared>,
    task: &TaskRecord,
    attempt: baton_domain::id::AttemptId,
    input: Value,
    reservation: &Reservation,
    known: &KnownSkill,
) -> Result<(Connection, Option<Place>), End> {
    let scratch = scratch_folder(shared, task.lease, task);
    let gathered = inputs::gather(&*shared.store, &*shared.blobs, known, &input, &scratch).await;
    let artifacts = gathered.map_err(|failure| End::Failed { failure, retry_after: None })?;
    let named = known.input.connections(&input);
    let granted = connections::grants(shared, task.summary.project_id, &task.summary.skill, &named).await;
    let connections = granted.map_err(|failure| End::Failed { failure, retry_after: None })?;
    let egress = if known.skill.network {
        let policy = egress::policy(shared, task.summary.project_id).await;
        Some(policy.map_err(|failure| End::Failed { failure, retry_after: None })?)
    } else {
        None
    };
    let cannot = |error: std::io::Error| End::Lost(failure(Code::WorkerLost, format!("the attempt could not be started: {error}"), true));
    let in_child = known.skill.isolation.in_child(!artifacts.is_empty());
    if in_child {
        tokio::fs::create_dir_all(&scratch).await.map_err(cannot)?;
    }
    let start = Start {
        protocol: VERSION,
        attempt_id: attempt,
        task_id: task.summary.id,
        attempt: task.summary.attempt,
        agent: reservation.name.name.clone(),
        skill: task.summary.skill.clone(),
        input,
        artifacts,
        scratch,
        // Three beats may be lost before silence counts.
        heartbeat_ms: (task.timeouts.heartbeat_ms / 4).clamp(50, 10_000),
        limits: known.skill.limits,
        depth: task.depth,
        checkpoint: checkpoint(shared, task, known).await?,
        egress,
        connections,
    };
    if in_child {
        return carrier::begin_child(&shared.child, start).map(|connection| (connection, None)).map_err(cannot);
    }
    let place = shared.threads.place(&reservation.name.name);
    Ok((carrier::begin_in_process_on(&place.handle, Arc::clone(&reservation.agent), start), Some(place)))
}

/// Where an earlier attempt stood, if there was one that could say.
async fn checkpoint(shared: &Shared, task: &TaskRecord, known: &KnownSkill) -> Result<Option<Value>, End> {
    if !known.skill.checkpoints || task.lease <= LeaseToken(1) {
        return Ok(None);
    }
    shared.store.checkpoint(task.summary.id).await.map_err(|error| {
        // Begun anew, its first checkpoint would take the place of a later one.
        tracing::warn!(%error, task = %task.summary.id, "the last checkpoint could not be read; the task goes back to the queue");
        End::Ordered(Order::HandBack)
    })
}

fn scratch_folder(shared: &Shared, lease: LeaseToken, task: &TaskRecord) -> PathBuf {
    shared.scratch.join(format!("{}-{}", task.summary.id, lease.0))
}

async fn remove_scratch(folder: &Path) {
    // Most attempts never had one; looking is cheaper than a turn on a blocking thread.
    if !folder.exists() {
        return;
    }
    if let Err(error) = tokio::fs::remove_dir_all(folder).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        // It is emptied at the next start.
        tracing::warn!(%error, folder = %folder.display(), "a scratch folder could not be removed");
    }
}

async fn finish(
    shared: &Arc<Shared>,
    task: TaskRecord,
    reservation: &Reservation,
    mut trace: TraceBuffer,
    began: baton_domain::time::Timestamp,
    end: End,
) {
    let ended = shared.sources.clock.now();
    let (ending, died) = outcome::blame(&end);
    let barred = match &end {
        End::Barred(failure) => Some(failure.clone()),
        _ => None,
    };
    let change = match end {
        End::Completed(result) => {
            let spans = trace.take_spans();
            trace.flush().await;
            let attempt = trace.attempt();
            Change::Complete(Box::new(Completion {
                task: task.clone(),
                attempt,
                result,
                at: ended,
                spans,
                goes_first: reservation.goes_first,
            }))
        }
        end => {
            let end = quarantined(shared, &task, end).await;
            let end = refused(shared, &task, reservation, end).await;
            let advance = outcome::decide(shared, &task, &end, ended);
            if advance.is_none() {
                late::stopped(shared, &mut trace);
            }
            if let Some(failure) = advance.as_ref().and_then(|advance| advance.attempt_end.as_ref()?.failure.as_ref()) {
                match &end {
                    End::Refused { .. } | End::Barred(_) => {
                        trace.log(Level::Info, format!("refused the task: {}", failure.code), Value::Null)
                    }
                    _ => trace.error(ended, failure),
                }
            }
            trace.flush().await;
            let Some(advance) = advance else { return };
            Change::Advance(Box::new(advance))
        }
    };
    let (how, again) = (change.outcome(), change.queues_again());
    reach(FaultPoint::AfterEffect);
    let stored = outcome::store(shared, change).await;
    reach(FaultPoint::AfterOutcome);
    let Some(Advanced::Applied(now)) = stored else {
        if stored.is_some() {
            late::refused(shared, &mut trace, &task, how).await;
        }
        if how == Some(AttemptOutcome::Refused) {
            // Remembered, it would keep the agent from a task that it has not refused as far as anybody else knows.
            shared.refusals.forget(task.summary.id);
            shared.backlog.look_again_at_all();
            shared.backlog.ring_all();
        }
        return;
    };
    task_manager::dependencies::ended(shared, &now);
    if let Some(how) = how {
        let run = ended.since(began);
        shared.recorder.ended(ended, &task.summary.skill, &reservation.name.name, how, run);
        shared.pool.record(&reservation.slot, &task.summary.skill, ending, died, run);
    }
    if how == Some(AttemptOutcome::Refused) {
        let rejected = match barred {
            Some(failure) => task_manager::refusals::reject(shared, task.summary.id, failure).await,
            None => task_manager::refusals::settle(shared, task.summary.id, &task.summary.skill, &task.summary.labels).await,
        };
        if let Err(error) = rejected {
            // The dispatcher looks at it again.
            tracing::warn!(%error, task = %task.summary.id, "a task that was refused could not be rejected yet");
        }
    }
    if again {
        // It may be due at once.
        shared.backlog.ring_for(&task);
    }
}

/// A refusal with how long the task waits for it.
async fn refused(shared: &Shared, task: &TaskRecord, reservation: &Reservation, end: End) -> End {
    match end {
        End::Refused { failure, .. } => {
            End::Refused { failure, pause: task_manager::refusals::heard(shared, task, reservation.name.id).await }
        }
        end => end,
    }
}

/// The loss of a worker is a failure of its own once the task is taken for its cause.
async fn quarantined(shared: &Shared, task: &TaskRecord, end: End) -> End {
    if !matches!(end, End::Lost(_)) {
        return end;
    }
    match task_manager::quarantine::reached(shared, task).await {
        Ok(Some(failure)) => End::Lost(failure),
        Ok(None) => end,
        Err(error) => {
            tracing::warn!(%error, task = %task.summary.id, "earlier attempts could not be looked at");
            end
        }
    }
}

/// A coded failure.
pub(crate) fn failure(code: Code, message: impl Into<String>, retryable: bool) -> Failure {
    Failure { code: code.as_str().to_owned(), message: message.into(), retryable }
}

/// How long a stopped agent gets to say its last words.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(200);
/// How long an attempt that has ended waits for what still runs of it. What keeps its thread for longer is left behind, with its slot.
pub(crate) const LET_GO: Duration = Duration::from_millis(500);
