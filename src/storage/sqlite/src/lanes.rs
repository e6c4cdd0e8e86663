//! In which order do jobs come to the writing thread? As they were handed in, but for the few that go first.
//!
//! Under load hundreds of claims and results wait at any time; each is small, but all of them together take tens of milliseconds. A task that comes alone
//! would wait for them at each of its commits. So what is about few tasks has a lane of its own, the express lane, and the group that is being
//! written ends early for it. The lanes take turns, so that neither waits for more than a group of the other, and neither has more of the thread's time
//! than the other while both have something. Within a lane the order is kept.

use std::collections::VecDeque;
use std::time::Duration;

use baton_storage::{Completion, StoreError};
use tokio::sync::mpsc;

use crate::tasks::complete::{Completions, Reply};
use crate::writer::Job;

/// Jobs that wait in a lane; senders wait when it is full.
const LANE: usize = 4_096;
/// The most jobs of one commit. Larger groups add latency and win little.
const GROUP: usize = 512;
/// The most tasks that are claimed or completed by one job, after which a group may end.
///
/// Each is a savepoint; smaller ones were not seen to cost throughput, and a task that comes alone waits for the rest of one.
pub(crate) const PART: usize = 8;
/// The most of the thread's time, in seconds, by which a lane is ahead of the other: a sync that took long says nothing of the next, and one that
/// had nothing for long may not take all at once.
const LEAD: f64 = 0.02;

/// What is handed in.
pub(crate) enum Message {
    Work(Box<dyn Job>),
    /// A result; those of a group are written together.
    Complete(Box<Completion>, Reply),
    /// Something is in the express lane.
    Look,
    /// Nothing comes after this.
    Close,
}

/// The lane of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Ordinary,
    Express,
}

impl Lane {
    /// That of a job about so many tasks.
    pub(crate) const fn of(tasks: usize) -> Self {
        if tasks <= baton_storage::FEW { Self::Express } else { Self::Ordinary }
    }
}

/// By how many seconds the express lane has had the thread for longer than the other one: a deficit as of Shreedhar and Varghese, *Efficient fair
/// queuing using deficit round-robin* (1995), with time in place of bytes.
#[derive(Debug, Default)]
pub(crate) struct Lead(f64);

impl Lead {
    /// A group of this lane took so long.
    pub(crate) fn took(&mut self, was_express: bool, span: Duration) {
        let span = span.as_secs_f64();
        self.0 = (if was_express { self.0 + span } else { self.0 - span }).clamp(-LEAD, LEAD);
    }

    /// Whether the other lane is level once its group, which runs for so long, ends.
    pub(crate) fn is_made_good(&self, running: Duration) -> bool {
        running.as_secs_f64() >= self.0
    }
}

/// Where jobs are handed in. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    ordinary: mpsc::Sender<Message>,
    express: mpsc::Sender<Message>,
}

/// Where they come out.
pub(crate) struct Receiver {
    ordinary: mpsc::Receiver<Message>,
    express: mpsc::Receiver<Message>,
    /// What a group that ended early has left.
    left: VecDeque<Box<dyn Job>>,
    was_express: bool,
    is_open: bool,
}

/// Empty lanes.
pub(crate) fn lanes() -> (Sender, Receiver) {
    let ((to_ordinary, ordinary), (to_express, express)) = (mpsc::channel(LANE), mpsc::channel(LANE));
    let sender = Sender { ordinary: to_ordinary, express: to_express };
    (sender, Receiver { ordinary, express, left: VecDeque::new(), was_express: false, is_open: true })
}

pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

impl Sender {
    /// Hands a message in. If its lane has room, that is done when this is polled for the first time.
    pub(crate) async fn send(&self, lane: Lane, message: Message) -> Result<(), StoreError> {
        if lane == Lane::Ordinary {
            return self.ordinary.send(message).await.map_err(|_| closed());
        }
        self.express.send(message).await.map_err(|_| closed())?;
        // If the other lane is full, the thread is awake.
        let _ = self.ordinary.try_send(Message::Look);
        Ok(())
    }
}

impl Receiver {
    /// Waits for the jobs of the next commit; none once everything is done that was handed in before the end.
    pub(crate) fn next(&mut self) -> Option<Vec<Box<dyn Job>>> {
        loop {
            let others_wait = !self.left.is_empty() || (self.is_open && !self.ordinary.is_empty());
            let is_its_turn = !self.was_express || !others_wait;
            self.was_express = is_its_turn && !self.express.is_empty();
            let group = if self.was_express {
                self.of_express()
            } else if self.is_open || !self.left.is_empty() {
                self.of_ordinary()
            } else {
                return None;
            };
            if !group.is_empty() {
                return Some(group);
            }
        }
    }

    /// Whether the group that came last was of the express lane.
    pub(crate) const fn was_express(&self) -> bool {
        self.was_express
    }

    /// Whether the group that came last should end, since something is in the express lane that does not wait for its turn.
    pub(crate) fn is_hurried(&self) -> bool {
        !self.was_express && !self.express.is_empty()
    }

    /// What of the last group was not run comes before everything else of its lane.
    pub(crate) fn put_back(&mut self, rest: Vec<Box<dyn Job>>) {
        self.left.extend(rest);
    }

    /// Refuses whatever has come after the end.
    pub(crate) fn close(mut self) {
        for lane in [&mut self.express, &mut self.ordinary] {
            lane.close();
            while let Some(message) = lane.blocking_recv() {
                match message {
                    Message::Work(job) => job.answer(Err(closed())),
                    Message::Complete(_, reply) => drop(reply.send(Err(closed()))),
                    Message::Look | Message::Close => {}
                }
            }
        }
    }

    fn of_express(&mut self) -> Vec<Box<dyn Job>> {
        let mut group = Group::default();
        while group.count < GROUP
            && let Ok(message) = self.express.try_recv()
        {
            group.add(message);
        }
        group.jobs()
    }

    fn of_ordinary(&mut self) -> Vec<Box<dyn Job>> {
        let mut group =
            Group { count: self.left.iter().map(|job| job.count()).sum(), jobs: self.left.drain(..).collect(), ..Group::default() };
        // Whoever comes into the express lane from now on says so in this one.
        let waits = group.jobs.is_empty() && self.is_open && self.express.is_empty();
        let mut next = match (self.is_open, waits) {
            (false, _) => None,
            (true, true) => self.ordinary.blocking_recv(),
            (true, false) => self.ordinary.try_recv().ok(),
        };
        self.is_open &= !waits || next.is_some();
        while let Some(message) = next {
            self.is_open &= !matches!(message, Message::Close);
            group.add(message);
            next = if self.is_open && group.count < GROUP { self.ordinary.try_recv().ok() } else { None };
        }
        group.jobs()
    }
}

#[derive(Default)]
struct Group {
    /// How many things were handed in that it is about.
    count: usize,
    jobs: Vec<Box<dyn Job>>,
    completions: Vec<(Completion, Reply)>,
}

impl Group {
    fn add(&mut self, message: Message) {
        self.count += usize::from(matches!(message, Message::Work(_) | Message::Complete(..)));
        match message {
            Message::Work(job) => self.jobs.push(job),
            Message::Complete(completion, reply) => self.completions.push((*completion, reply)),
            Message::Look | Message::Close => {}
        }
    }

    fn jobs(self) -> Vec<Box<dyn Job>> {
        let Self { mut jobs, mut completions, .. } = self;
        while !completions.is_empty() {
            let rest = completions.split_off(completions.len().min(PART));
            jobs.push(Box::new(Completions::new(std::mem::replace(&mut completions, rest))));
        }
        jobs
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
