//! How writes are committed in groups: one task owns the writing connection and takes whatever waits.
//!
//! Each job runs in a savepoint of the group's transaction: one that fails is rolled back alone, the others commit. A
//! synced commit costs the same for one job as for many, so under load the cost of the disk is shared, and without
//! load a job commits at once.

use std::sync::Arc;

use baton_domain::event::{Event, NewEvent};
use baton_domain::id::EventSeq;
use baton_storage::{Advanced, CommitSink, Completion, StoreError};
use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use crate::events;
use crate::failure::failed;
use crate::tally::{Move, Tally};
use crate::tasks::complete::{Completions, Reply};

/// Jobs that wait to be written; senders wait when it is full.
const QUEUE: usize = 4_096;
/// The most jobs of one commit. Larger groups add latency and win little.
const GROUP: usize = 512;

/// What a job writes into.
#[derive(Debug)]
pub(crate) struct Tx {
    connection: SqliteConnection,
    events: Vec<NewEvent>,
    moves: Vec<Move>,
}

impl Tx {
    /// The connection, within the transaction.
    pub(crate) fn sql(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Counts a task's change of state once it is committed.
    pub(crate) fn moved(&mut self, change: Move) {
        self.moves.push(change);
    }

    /// Appends an event to the log; it gets its place when the group commits.
    pub(crate) fn event(&mut self, event: NewEvent) {
        self.events.push(event);
    }
}

/// A job whose type is forgotten.
pub(crate) trait Job: Send {
    /// Runs it; gives whether it is to be kept.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool>;
    /// Answers whoever waits, after the commit or with the reason why there was none.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct JobOf<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for JobOf<F, T>
where
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send,
    T: Send,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.result = Some(work(tx).await);
            }
            matches!(self.result, Some(Ok(_)))
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let lost = || Err(StoreError::Unavailable("the job was not run".to_owned()));
        let result = match (self.result, committed) {
            (Some(Ok(_)), Err(error)) => Err(error),
            (Some(result), _) => result,
            (None, Err(error)) => Err(error),
            (None, Ok(())) => lost(),
        };
        // Whoever asked may have gone; what was committed stays.
        let _ = self.reply.send(result);
    }
}

enum Message {
    Work(Box<dyn Job>),
    /// A result; those of a group are written together.
    Complete(Box<Completion>, Reply),
    Close,
}

/// Hands jobs to the writing task. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the writing task on this connection.
    pub(crate) fn start(connection: SqliteConnection, sink: Arc<dyn CommitSink>, tally: Arc<Tally>) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let task = tokio::spawn(write(Tx { connection, events: Vec::new(), moves: Vec::new() }, waiting, sink, tally));
        (Self { queue }, task)
    }

    /// Runs a job in a transaction and gives its answer once that is committed.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = JobOf { work: Some(work), result: None, reply };
        self.queue.send(Message::Work(Box::new(job))).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Records a result under its lease.
    pub(crate) async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        let (reply, answer) = oneshot::channel();
        self.queue.send(Message::Complete(Box::new(completion), reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Ends the writing task after everything that was handed in before.
    pub(crate) fn close(&self) {
        // A full queue closes all the same: the task ends when the last sender is gone.
        let queue = self.queue.clone();
        tokio::spawn(async move {
            let _ = queue.send(Message::Close).await;
        });
    }
}

async fn write(mut tx: Tx, mut waiting: mpsc::Receiver<Message>, sink: Arc<dyn CommitSink>, tally: Arc<Tally>) {
    let mut open = true;
    while open && let Some(first) = waiting.recv().await {
        let (mut group, mut completions): (Vec<Box<dyn Job>>, Vec<_>) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Work(job) => group.push(job),
                Message::Complete(completion, reply) => completions.push((*completion, reply)),
                Message::Close => {
                    open = false;
                    break;
                }
            }
            next = if group.len() + completions.len() < GROUP { waiting.try_recv().ok() } else { None };
        }
        if !completions.is_empty() {
            group.push(Box::new(Completions::new(completions)));
        }
        if group.is_empty() {
            break;
        }
        let committed = commit(&mut tx, &mut group).await;
        if let Ok(events) = &committed {
            tally.committed(&tx.moves, events.last().map(|event| event.seq));
            if !events.is_empty() {
                sink.committed(events);
            }
        }
        let result = committed.map(|_| ());
        for job in group {
            job.answer(result.clone());
        }
    }
    waiting.close();
    while let Some(message) = waiting.recv().await {
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        match message {
            Message::Work(job) => job.answer(Err(closed())),
            Message::Complete(_, reply) => drop(reply.send(Err(closed()))),
            Message::Close => {}
        }
    }
    if let Err(error) = sqlx::Connection::close(tx.connection).await {
        tracing::warn!(%error, "the database did not close cleanly; it recovers when it is opened");
    }
}

/// Runs a group in one transaction; gives its events, each with its place.
async fn commit(tx: &mut Tx, group: &mut [Box<dyn Job>]) -> Result<Vec<Arc<Event>>, StoreError> {
    tx.events.clear();
    tx.moves.clear();
    let result = attempt(tx, group).await;
    if result.is_err() {
        // The transaction may be gone already; then there is nothing to roll back.
        let _ = sqlx::query("ROLLBACK").execute(tx.sql()).await;
    }
    result
}

async fn attempt(tx: &mut Tx, group: &mut [Box<dyn Job>]) -> Result<Vec<Arc<Event>>, StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(tx.sql()).await.map_err(failed)?;
    if let [job] = group {
        // Alone it needs no savepoint: what it wrote goes with the transaction.
        if !job.run(tx).await {
            tx.events.clear();
            tx.moves.clear();
            sqlx::query("ROLLBACK").execute(tx.sql()).await.map_err(failed)?;
            return Ok(Vec::new());
        }
        return finish(tx).await;
    }
    for job in group {
        sqlx::query("SAVEPOINT job").execute(tx.sql()).await.map_err(failed)?;
        let (events_before, moves_before) = (tx.events.len(), tx.moves.len());
        if !job.run(tx).await {
            tx.events.truncate(events_before);
            tx.moves.truncate(moves_before);
            sqlx::query("ROLLBACK TO job").execute(tx.sql()).await.map_err(failed)?;
        }
        sqlx::query("RELEASE job").execute(tx.sql()).await.map_err(failed)?;
    }
    finish(tx).await
}

/// Writes the events, as the last statements, and commits.
async fn finish(tx: &mut Tx) -> Result<Vec<Arc<Event>>, StoreError> {
    let new = std::mem::take(&mut tx.events);
    let events = if new.is_empty() { Vec::new() } else { events::append(tx.sql(), new).await? };
    sqlx::query("COMMIT").execute(tx.sql()).await.map_err(failed)?;
    Ok(events)
}

/// Numbers events from the first place of their range.
pub(crate) fn numbered(new: Vec<NewEvent>, first: i64) -> Vec<Arc<Event>> {
    new.into_iter()
        .zip(first..)
        .map(|(event, seq)| {
            Arc::new(Event {
                seq: EventSeq(seq),
                at: event.at,
                project_id: event.project,
                kind: event.kind,
                subject: event.subject,
                actor: event.actor,
                data: event.data,
            })
        })
        .collect()
}
