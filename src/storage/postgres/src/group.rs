//! How are writes committed in groups? Each writing task takes whatever waits and commits it as one transaction.
//!
//! A synced commit costs the same for one job as for many, so under load the cost of the disk is shared, and without load a job
//! commits at once. The jobs of a group run one after another without savepoints, which PostgreSQL makes every reader pay for
//! once a transaction has more than a few. Only if one fails, all are run again, each in its own, and that one is left out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{JournalId, TaskId};
use baton_storage::StoreError;
use baton_storage::fault_points::{FaultPoint, reach};
use futures::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::events;
use crate::failure::{Fault, failed};
use crate::feed::Feed;
use crate::reach::Reach;
use crate::tasks::complete::Completions;
use crate::topics;
use crate::writer::{Job, Message, Pending, Tx, closed};

/// The most jobs of one commit. Larger groups add latency and win little.
const GROUP: usize = 256;
/// How often a group is run before it is given up.
const TRIES: u32 = 6;
/// How long a group may take, and a new connection.
const GROUP_LIMIT: Duration = Duration::from_secs(30);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What the writing tasks share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) waiting: Arc<Mutex<mpsc::Receiver<Message>>>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) connect: PgConnectOptions,
    pub(crate) reach: Reach,
}

/// Why a transaction was not committed.
enum Stop {
    /// A job failed, and would again.
    Job,
    /// For all of them.
    All(Fault),
    /// It may have been: the answer to the commit did not come.
    Unknown(String),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::All(fault)
    }
}

/// One writing task.
pub(crate) async fn write(shared: Shared, connection: PgConnection) {
    let mut tx = Some(Tx::new(connection));
    loop {
        let group = gather(&mut *shared.waiting.lock().await).await;
        let Some(mut group) = group else { break };
        if group.is_empty() {
            continue;
        }
        let committed = commit(&shared, &mut tx, &mut group).await;
        if let Ok(events) = &committed {
            shared.feed.committed(events);
        }
        let result = committed.map(|_| ());
        for job in group {
            job.answer(result.clone());
        }
    }
    if let Some(tx) = tx
        && let Err(error) = sqlx::Connection::close(tx.connection).await
    {
        tracing::debug!(%error, "a connection did not close cleanly");
    }
}

/// What waits, once something does; `None` when the store is closed and nothing waits any more.
async fn gather(waiting: &mut mpsc::Receiver<Message>) -> Option<Vec<Box<dyn Job>>> {
    let (mut group, mut completions): (Vec<Box<dyn Job>>, Vec<_>) = (Vec::new(), Vec::new());
    let mut next = Some(waiting.recv().await?);
    while let Some(message) = next {
        match message {
            Message::Work(job) if job.is_abandoned() => {}
            Message::Work(job) => group.push(job),
            Message::Complete(_, reply) if reply.is_closed() => {}
            Message::Complete(completion, reply) => completions.push((*completion, reply)),
            // Nothing more comes in; what is in is taken by this and the following groups.
            Message::Close => waiting.close(),
        }
        next = if group.len() + completions.len() < GROUP { waiting.try_recv().ok() } else { None };
    }
    if !completions.is_empty() {
        group.push(Box::new(Completions::new(completions)));
    }
    Some(group)
}

/// Commits a group, trying again where that helps; gives its events, each with its place.
async fn commit(shared: &Shared, open: &mut Option<Tx>, group: &mut Vec<Box<dyn Job>>) -> Result<Vec<Arc<Event>>, StoreError> {
    let mut apart = false;
    let mut last = closed();
    for tried in 0..TRIES {
        let tx = match open {
            Some(tx) => tx,
            None => open.insert(Tx::new(connect(&shared.connect).await?)),
        };
        tx.pending = Pending::default();
        let running = timeout(GROUP_LIMIT, attempt(tx, group, apart, shared.feed.origin()));
        let stop = tokio::select! {
            biased;
            ran = running => match ran {
                Ok(Ok(events)) => return Ok(events),
                Ok(Err(stop)) => stop,
                Err(_) => Stop::Unknown("no answer in time".to_owned()),
            },
            // Nobody waits for the answer any more, and the connection may never give one.
            () = shared.reach.lost() => Stop::Unknown("PostgreSQL does not answer".to_owned()),
        };
        match stop {
            Stop::Job => {
                roll_back(open).await;
                // Results that came together are written as one job, and fail one by one.
                *group = std::mem::take(group).into_iter().flat_map(Job::split).collect();
                apart = true;
                continue;
            }
            Stop::All(Fault::Again(text)) => {
                roll_back(open).await;
                last = StoreError::Unavailable(format!("lost against other transactions: {text}"));
            }
            // Nothing was committed, so the group can be run on another connection.
            Stop::All(Fault::Gone(text)) => {
                *open = None;
                last = StoreError::Unavailable(text);
            }
            Stop::All(Fault::Store(error)) => {
                roll_back(open).await;
                return Err(error);
            }
            Stop::Unknown(text) => {
                *open = None;
                // If it was committed after all, its events are read from the log.
                shared.feed.ring();
                return Err(StoreError::Unavailable(format!("it is not known whether it was committed: {text}")));
            }
        }
        sleep(Duration::from_millis(2 << tried)).await;
    }
    tracing::warn!(error = %last, jobs = group.len(), "a group of writes was given up");
    Err(last)
}

/// A new connection for a writing task.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    // Boxed, so that the compiler sees that it is `Send` whoever waits for it.
    let connecting: BoxFuture<'_, _> = Box::pin(options.connect());
    match timeout(CONNECT_LIMIT, connecting).await {
        Ok(connection) => Ok(connection.map_err(failed)?),
        Err(_) => Err(StoreError::Unavailable("PostgreSQL does not answer".to_owned())),
    }
}

async fn roll_back(open: &mut Option<Tx>) {
    if let Some(tx) = open
        && sqlx::raw_sql("ROLLBACK").execute(tx.sql()).await.is_err()
    {
        *open = None;
    }
}

async fn statement(tx: &mut Tx, text: &'static str) -> Result<(), Fault> {
    sqlx::raw_sql(text).execute(tx.sql()).await.map_err(failed)?;
    Ok(())
}

/// Runs a group in one transaction, with a savepoint for each job if they are to be kept `apart`.
async fn attempt(tx: &mut Tx, group: &mut [Box<dyn Job>], apart: bool, origin: Uuid) -> Result<Vec<Arc<Event>>, Stop> {
    statement(tx, "BEGIN").await?;
    let tasks: BTreeSet<TaskId> = group.iter().flat_map(|job| &job.locks().tasks).copied().collect();
    // A job that is alone, and looks at its only task just by changing it, takes that lock in no order with others.
    let alone = tasks.len() == 1 && group.len() == 1 && group.iter().all(|job| !job.locks().reads_first);
    if !alone {
        lock(tx, tasks).await?;
    }
    // One that is written alone is locked by its own write.
    if group.len() > 1 || group.iter().any(|job| job.locks().guard.is_some()) {
        lock_journals(tx, group.iter().flat_map(|job| [job.locks().journal, job.locks().guard]).flatten().collect()).await?;
    }
    let all = group.iter().any(|job| job.locks().subscriptions);
    let subscriptions = group.iter().filter_map(|job| Some(job.locks().subscription.as_ref()?.as_str().to_owned())).collect();
    topics::lock(tx, subscriptions, all).await?;
    for job in group {
        if apart {
            run_apart(tx, job.as_mut()).await?;
            continue;
        }
        match job.run(tx).await {
            Ok(()) => {}
            Err(Fault::Store(_)) => return Err(Stop::Job),
            Err(fault) => return Err(Stop::All(fault)),
        }
    }
    let events = finish(tx, origin).await?;
    reach(FaultPoint::BeforeCommit);
    match sqlx::raw_sql("COMMIT").execute(tx.sql()).await {
        Ok(_) => {
            reach(FaultPoint::AfterCommit);
            Ok(events)
        }
        Err(error) => match failed(error) {
            Fault::Gone(text) => Err(Stop::Unknown(text)),
            fault => Err(Stop::All(fault)),
        },
    }
}

/// Locks the tasks that the group changes, in the order of their identifiers: of two groups that want the same tasks one waits
/// for the other, and neither for ever.
async fn lock(tx: &mut Tx, tasks: BTreeSet<TaskId>) -> Result<(), Fault> {
    if tasks.is_empty() {
        return Ok(());
    }
    // No key changes: what refers to the task, as its attempts do, need not wait.
    sqlx::query("SELECT 1 FROM tasks WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
        .bind(tasks.iter().map(|id| *id.as_uuid()).collect::<Vec<_>>())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

/// Locks the journals that the group writes, in the same way.
async fn lock_journals(tx: &mut Tx, journals: BTreeSet<JournalId>) -> Result<(), Fault> {
    if journals.is_empty() {
        return Ok(());
    }
    sqlx::query("SELECT 1 FROM journals WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
        .bind(journals.iter().map(|id| *id.as_uuid()).collect::<Vec<_>>())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

async fn run_apart(tx: &mut Tx, job: &mut dyn Job) -> Result<(), Fault> {
    statement(tx, "SAVEPOINT job").await?;
    let before = tx.pending.clone();
    match job.run(tx).await {
        Ok(()) => statement(tx, "RELEASE SAVEPOINT job").await,
        Err(Fault::Store(_)) => {
            tx.pending = before;
            statement(tx, "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job").await
        }
        Err(fault) => Err(fault),
    }
}

/// Writes what all transactions want a part of: the counts of agents, and the events as the last statement.
async fn finish(tx: &mut Tx, origin: Uuid) -> Result<Vec<Arc<Event>>, Fault> {
    let Pending { events, tallies, messages } = std::mem::take(&mut tx.pending);
    if events.is_empty() {
        // What counts for an agent is an attempt's end, and that has its event.
        return Ok(Vec::new());
    }
    let events = events::append(tx.sql(), events, &tallies, origin).await?;
    // Messages stand at the places of their events, which are known only now.
    if !messages.is_empty() {
        topics::insert(tx.sql(), &messages, &events).await?;
    }
    Ok(events)
}
