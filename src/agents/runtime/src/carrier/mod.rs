//! How the messages of an attempt get across: within this process, or to a child process.

mod child_process;
mod in_process;
mod lines;

use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::mpsc;

pub use child_process::{ChildCommand, ChildEnd, begin_child, serve_child};
pub use in_process::{begin_in_process, begin_in_process_on};

use crate::protocol::{FromAgent, ToAgent};

/// Messages that wait to be read by the other side. When it is full, the agent's log lines are dropped.
const CHANNEL: usize = 1_024;

/// The host's end of an attempt. Dropping it stops the work: the future is dropped, the child process killed.
#[derive(Debug)]
pub struct Connection {
    /// To the agent.
    pub to_agent: mpsc::Sender<ToAgent>,
    /// From the agent. It ends after the outcome, or without one when the worker was lost.
    pub from_agent: mpsc::Receiver<FromAgent>,
    /// Ends the work; gives how a child process ended, once it has.
    pub worker: Worker,
}

/// What does the work of an attempt.
#[derive(Debug)]
pub struct Worker {
    // Taken once it has ended: a finished task must not be waited for again.
    task: Option<tokio::task::JoinHandle<Option<ExitStatus>>>,
    status: Option<ExitStatus>,
    stop: tokio_util::sync::CancellationToken,
}

impl Worker {
    fn new(task: tokio::task::JoinHandle<Option<ExitStatus>>, stop: tokio_util::sync::CancellationToken) -> Self {
        Self { task: Some(task), status: None, stop }
    }

    /// Stops the work and returns when nothing of it runs any more (a blocking thread of an in-process agent
    /// excepted: it ends at its next check). Waits for ever for an agent in this process that keeps its thread.
    pub async fn stop(mut self) -> Option<ExitStatus> {
        self.stop.cancel();
        self.ended().await
    }

    /// Stops the work as [`stop`](Self::stop) does, but waits no longer than this for it. Gives what goes on nevertheless: an agent in this
    /// process that keeps its thread, which nothing can take from it.
    pub async fn stop_within(mut self, patience: Duration) -> Option<Straggler> {
        self.stop.cancel();
        let ended = tokio::time::timeout(patience, self.ended()).await;
        ended.is_err().then_some(Straggler(self))
    }

    /// Waits until the work has ended; tells how a child process did. May be called again, and may be cancelled.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        if let Some(task) = &mut self.task {
            self.status = task.await.ok().flatten();
            self.task = None;
        }
        self.status
    }
}

/// Work that was stopped and goes on.
#[derive(Debug)]
pub struct Straggler(Worker);

impl Straggler {
    /// Returns when nothing of it runs any more.
    pub async fn gone(mut self) {
        self.0.ended().await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
