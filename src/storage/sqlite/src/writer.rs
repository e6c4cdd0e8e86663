//! How writes are committed in groups: one thread owns the writing connection and takes whatever waits.
//!
//! Each job runs in a savepoint of the group's transaction: one that fails is rolled back alone, the others commit. A
//! synced commit costs the same for one job as for many, so under load the cost of the disk is shared, and without
//! load a job commits at once.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use baton_domain::event::{Event, NewEvent};
use baton_domain::id::EventSeq;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{Advanced, CommitSink, Completion, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::backfill::Backfill;
use crate::events;
use crate::lanes::{self, Lane, Lead, Message, closed};
use crate::statement::run;
use crate::tally::{Move, Tally};

/// What a job writes into.
#[derive(Debug)]
pub(crate) struct Tx {
    connection: Connection,
    events: Vec<NewEvent>,
    moves: Vec<Move>,
}

impl Tx {
    /// The connection, within the transaction.
    pub(crate) fn sql(&self) -> &Connection {
        &self.connection
    }

    /// Counts a task's change of state once it is committed.
    pub(crate) fn moved(&mut self, change: Move) {
        self.moves.push(change);
    }

    /// Appends an event to the log; it gets its place when the group commits.
    pub(crate) fn event(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// How many events wait for their places.
    pub(crate) fn pending_events(&self) -> i64 {
        i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    /// Runs a part of the transaction; if it fails, nothing of it stays.
    pub(crate) fn part<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        // Without a transaction the savepoint would begin one, and its release would commit what stands here alone.
        if self.sql().is_autocommit() {
            return Err(lost());
        }
        run(self.sql(), "SAVEPOINT part", [])?;
        let (events_before, moves_before) = (self.events.len(), self.moves.len());
        let result = work(self);
        if result.is_err() {
            self.events.truncate(events_before);
            self.moves.truncate(moves_before);
            run(self.sql(), "ROLLBACK TO part", [])?;
        }
        run(self.sql(), "RELEASE part", [])?;
        result
    }
}

/// A job whose type is forgotten.
pub(crate) trait Job: Send {
    /// Runs it; fails if nothing of it is to be kept.
    fn run(&mut self, tx: &mut Tx) -> Result<(), StoreError>;
    /// Answers whoever waits, after the commit or with the reason why there was none.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
    /// How many things were handed in that it is about.
    fn count(&self) -> usize {
        1
    }
}

struct JobOf<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for JobOf<F, T>
where
    F: FnOnce(&mut Tx) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else { return Ok(()) };
        match work(tx) {
            Ok(value) => {
                self.result = Some(Ok(value));
                Ok(())
            }
            Err(error) => {
                self.result = Some(Err(error.clone()));
                Err(error)
            }
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)) | None, Err(error)) => Err(error),
            (Some(result), _) => result,
            (None, Ok(())) => Err(StoreError::Unavailable("the job was not run".to_owned())),
        };
        // Whoever asked may have gone; what was committed stays.
        let _ = self.reply.send(result);
    }
}

/// Hands jobs to the writing thread. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    lanes: lanes::Sender,
}

impl Writer {
    /// Starts the writing thread on this connection.
    pub(crate) fn start(
        connection: Connection,
        sink: Arc<dyn CommitSink>,
        tally: Arc<Tally>,
        backfill: Backfill,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (lanes, waiting) = lanes::lanes();
        let tx = Tx { connection, events: Vec::new(), moves: Vec::new() };
        let thread = std::thread::Builder::new()
            .name("baton-write".to_owned())
            .spawn(move || write(tx, waiting, sink.as_ref(), &tally, backfill))
            .map_err(|error| StoreError::Unavailable(format!("a thread cannot be started: {error}")))?;
        Ok((Self { lanes }, thread))
    }

    /// Runs a job in a transaction and gives its answer once that is committed.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Tx) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.run_in(Lane::Ordinary, work).await
    }

    /// Like [`Self::run`], in this lane.
    pub(crate) async fn run_in<T, F>(&self, lane: Lane, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Tx) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = JobOf { work: Some(work), result: None, reply };
        self.lanes.send(lane, Message::Work(Box::new(job))).await?;
        answer.await.map_err(|_| closed())?
    }

    /// Records a result under its lease.
    pub(crate) async fn complete(&self, completion: Completion) -> Result<Advanced, StoreError> {
        let (reply, answer) = oneshot::channel();
        let lane = if completion.goes_first { Lane::Express } else { Lane::Ordinary };
        self.lanes.send(lane, Message::Complete(Box::new(completion), reply)).await?;
        answer.await.map_err(|_| closed())?
    }

    /// Ends the writing thread after everything that was handed in before.
    pub(crate) async fn close(&self) {
        // An error says that it has ended.
        let _ = self.lanes.send(Lane::Ordinary, Message::Close).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a group takes is measured, and no time that anybody stores")]
fn write(mut tx: Tx, mut waiting: lanes::Receiver, sink: &dyn CommitSink, tally: &Tally, mut backfill: Backfill) {
    let mut lead = Lead::default();
    while let Some(mut group) = waiting.next() {
        let began = Instant::now();
        let (committed, done) = commit(&mut tx, &mut group, || waiting.is_hurried() && lead.is_made_good(began.elapsed()));
        lead.took(waiting.was_express(), began.elapsed());
        waiting.put_back(group.split_off(done));
        if let Ok(events) = &committed {
            tally.committed(&tx.moves, events.last().map(|event| event.seq));
            if !events.is_empty() {
                sink.committed(events);
            }
        }
        let result = committed.map(|_| ());
        let jobs = group.iter().map(|job| job.count()).sum();
        for job in group {
            job.answer(result.clone());
        }
        // Nobody waits for this.
        backfill.committed(tx.sql(), jobs);
    }
    backfill.close();
    waiting.close();
    // Closing the last connection moves what is in the log of writes into the file.
    if let Err((_, error)) = tx.connection.close() {
        tracing::warn!(%error, "the database did not close cleanly; it recovers when it is opened");
    }
}

/// Runs a group in one transaction, or as many of its jobs as there is time for; gives its events, each with its place, and how many jobs that
/// is about.
fn commit(tx: &mut Tx, group: &mut [Box<dyn Job>], is_hurried: impl Fn() -> bool) -> (Result<Vec<Arc<Event>>, StoreError>, usize) {
    tx.events.clear();
    tx.moves.clear();
    let mut done = 0;
    let result = attempt(tx, group, is_hurried, &mut done);
    if result.is_err() && !tx.sql().is_autocommit() {
        // An error that ended the transaction by itself, as a full disk, leaves nothing to roll back.
        let _ = run(tx.sql(), "ROLLBACK", []);
    }
    // If it could not even begin, none of them can.
    (result, if done == 0 { group.len() } else { done })
}

fn attempt(
    tx: &mut Tx,
    group: &mut [Box<dyn Job>],
    is_hurried: impl Fn() -> bool,
    done: &mut usize,
) -> Result<Vec<Arc<Event>>, StoreError> {
    run(tx.sql(), "BEGIN IMMEDIATE", [])?;
    if let [job] = group {
        // Alone it needs no savepoint: what it wrote goes with the transaction.
        if job.run(tx).is_err() {
            tx.events.clear();
            tx.moves.clear();
            if !tx.sql().is_autocommit() {
                run(tx.sql(), "ROLLBACK", [])?;
            }
            return Ok(Vec::new());
        }
        return finish(tx);
    }
    for job in group {
        // Its reason is answered by the job itself.
        let _ = tx.part(|tx| job.run(tx));
        *done += 1;
        // A full disk rolls all of it back at once: what was written before is gone, and what comes after has to begin anew.
        if tx.sql().is_autocommit() {
            return Err(lost());
        }
        if is_hurried() {
            break;
        }
    }
    finish(tx)
}

/// What is answered to jobs whose transaction another one lost.
fn lost() -> StoreError {
    StoreError::Unavailable("what was being written was rolled back".to_owned())
}

/// Writes the events, as the last statements, and commits.
fn finish(tx: &mut Tx) -> Result<Vec<Arc<Event>>, StoreError> {
    let new = std::mem::take(&mut tx.events);
    let events = if new.is_empty() { Vec::new() } else { events::append(tx.sql(), new)? };
    reach(FaultPoint::BeforeCommit);
    run(tx.sql(), "COMMIT", [])?;
    reach(FaultPoint::AfterCommit);
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

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
