//! How does a write reach the database? As a job in a queue that a few writing tasks share, each with its own connection.
//!
//! A job may run more than once, since a transaction that loses against another is run again: it borrows what it writes. It
//! names the tasks and subscriptions it changes, so that a group can lock them in one order before it begins.

use std::collections::BTreeMap;

use baton_domain::event::NewEvent;
use baton_domain::id::{AgentId, JournalId, MessageId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicName};
use baton_storage::{Advanced, Completion, StoreError};
use futures::future::BoxFuture;
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Fault;
use crate::reach::Reach;
use crate::tasks::complete::Reply;

/// Jobs that wait to be written; senders wait when it is full.
const QUEUE: usize = 4_096;

/// What a job writes into.
#[derive(Debug)]
pub(crate) struct Tx {
    pub(crate) connection: PgConnection,
    pub(crate) pending: Pending,
}

/// What a transaction writes at its end, for all its jobs together: rows that every transaction wants are locked last.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pending {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) tallies: BTreeMap<AgentId, Tally>,
    pub(crate) messages: Vec<PendingMessage>,
}

/// A message of a topic, which takes the place of its event.
#[derive(Debug, Clone)]
pub(crate) struct PendingMessage {
    /// Which of the pending events is its own.
    pub(crate) event: usize,
    pub(crate) id: MessageId,
    pub(crate) topic: TopicName,
    pub(crate) at: Timestamp,
    pub(crate) publisher: String,
    pub(crate) key: Option<String>,
    pub(crate) payload: String,
}

/// What an agent did in a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) completed: i64,
    pub(crate) failed: i64,
    pub(crate) at: Timestamp,
}

impl Tx {
    pub(crate) fn new(connection: PgConnection) -> Self {
        Self { connection, pending: Pending::default() }
    }

    /// The connection, within the transaction.
    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Appends an event to the log; it gets its place when the group commits.
    pub(crate) fn event(&mut self, event: NewEvent) {
        self.pending.events.push(event);
    }

    /// Counts an attempt that ended for its agent.
    pub(crate) fn count(&mut self, agent: AgentId, completed: i64, failed: i64, at: Timestamp) {
        let tally = self.pending.tallies.entry(agent).or_insert(Tally { completed: 0, failed: 0, at });
        *tally = Tally { completed: tally.completed + completed, failed: tally.failed + failed, at: tally.at.max(at) };
    }
}

/// A job whose type is forgotten.
pub(crate) trait Job: Send {
    /// Whether nobody waits for it any more. Then it is not begun: whoever gave up has been told that it may not have been done.
    fn is_abandoned(&self) -> bool;
    /// The tasks and subscriptions it changes.
    fn locks(&self) -> &Locks;
    /// Runs it, for the first time or again; its transaction is not to be kept if it fails.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), Fault>>;
    /// The parts of it that can fail without one another.
    fn split(self: Box<Self>) -> Vec<Box<dyn Job>>;
    /// Answers whoever waits, after the commit or with the reason why there was none.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a job changes that others may want, too. A group locks it before it begins, in one order.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    pub(crate) tasks: Vec<TaskId>,
    /// Whether it looks at a task before it changes it, and so needs the lock first.
    pub(crate) reads_first: bool,
    pub(crate) journal: Option<JournalId>,
    /// A journal that it only looks at, and that nobody may write meanwhile.
    pub(crate) guard: Option<JournalId>,
    pub(crate) subscription: Option<SubscriptionName>,
    /// Every subscription: whoever removes messages must not meet one who hands them out.
    pub(crate) subscriptions: bool,
}

struct JobOf<D, F, T> {
    locks: Locks,
    data: D,
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<D, F, T> Job for JobOf<D, F, T>
where
    D: Send + Sync + 'static,
    F: for<'c> Fn(&'c mut Tx, &'c D) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
    T: Send + 'static,
{
    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.result = None;
            match (self.work)(tx, &self.data).await {
                Ok(value) => self.result = Some(Ok(value)),
                Err(fault) => {
                    if let Fault::Store(error) = &fault {
                        self.result = Some(Err(error.clone()));
                    }
                    return Err(fault);
                }
            }
            Ok(())
        })
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        vec![self]
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // Whoever asked may have gone; what was committed stays.
        let _ = self.reply.send(outcome(self.result, committed));
    }
}

/// What is answered: the job's own failure before that of the commit.
pub(crate) fn outcome<T>(result: Option<Result<T, StoreError>>, committed: Result<(), StoreError>) -> Result<T, StoreError> {
    match (result, committed) {
        (Some(Ok(value)), Ok(())) => Ok(value),
        (Some(Err(error)), _) | (_, Err(error)) => Err(error),
        (None, Ok(())) => Err(StoreError::Unavailable("the job was not run".to_owned())),
    }
}

pub(crate) enum Message {
    Work(Box<dyn Job>),
    /// A result; those of a group are written together.
    Complete(Box<Completion>, Reply),
    Close,
}

/// Hands jobs to the writing tasks. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    reach: Reach,
}

pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

impl Writer {
    /// A writer and what its tasks take their jobs from.
    pub(crate) fn new(reach: Reach) -> (Self, mpsc::Receiver<Message>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Self { queue, reach }, waiting)
    }

    /// Runs a job that changes no task in a transaction and gives its answer once that is committed.
    pub(crate) async fn run<D, T, F>(&self, data: D, work: F) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        F: for<'c> Fn(&'c mut Tx, &'c D) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run_with(Locks::default(), data, work).await
    }

    /// Runs a job that changes these tasks; they are locked before it begins.
    pub(crate) async fn run_on<D, T, F>(&self, tasks: Vec<TaskId>, data: D, work: F) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        F: for<'c> Fn(&'c mut Tx, &'c D) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let reads_first = !tasks.is_empty();
        self.run_with(Locks { tasks, reads_first, ..Locks::default() }, data, work).await
    }

    /// Runs a job once these are locked.
    pub(crate) async fn run_with<D, T, F>(&self, locks: Locks, data: D, work: F) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        F: for<'c> Fn(&'c mut Tx, &'c D) -> BoxFuture<'c, Result<T, Fault>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = JobOf { locks, data, work, result: None, reply };
        self.handed_in(Message::Work(Box::new(job)), answer).await
    }

    /// Records a result under its lease.
    pub(crate) async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.handed_in(Message::Complete(Box::new(completion), reply), answer).await
    }

    /// Waits for the answer to a message, as long as PostgreSQL answers at all.
    async fn handed_in<T>(&self, message: Message, answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
        let waiting = async {
            self.queue.send(message).await.map_err(|_| closed())?;
            answer.await.map_err(|_| closed())?
        };
        self.reach.answered(waiting).await
    }

    /// Ends the writing tasks after everything that was handed in before.
    pub(crate) fn close(&self) {
        // A full queue closes all the same: the tasks end when the last sender is gone.
        let queue = self.queue.clone();
        tokio::spawn(async move {
            let _ = queue.send(Message::Close).await;
        });
    }
}
