//! Which recent events are remembered, who follows, and what each follower has seen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use baton_domain::event::Event;
use baton_domain::id::{AgentId, EventSeq, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::live::Transient;
use baton_domain::wire::task::TaskSummary;

use crate::json;

/// The most events that are remembered; a page that was read longer ago reads again.
const REMEMBERED: usize = 2_048;

/// A committed event, read once for all followers.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveEvent {
    /// Its place in the order.
    pub seq: EventSeq,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, as `task.queued`.
    pub kind: String,
    /// What it happened to, as `task:<id>`.
    pub subject: String,
    /// Who did it, as people read it.
    pub actor: String,
    /// The thing as it is now.
    pub body: Body,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A task.
    Task(Box<TaskSummary>),
    /// An agent.
    Agent(Box<AgentView>),
    /// A stored file.
    Artifact(Box<ArtifactView>),
    /// A topic, a message or a subscription: pages read their lists anew.
    Topic,
    /// A server or worker: pages read their lists anew.
    Server,
    /// Anything else: its subject tells pages whether to read anew.
    Other,
}

impl From<Event> for LiveEvent {
    fn from(event: Event) -> Self {
        let body = match event.kind.split('.').next() {
            Some("task") => json::of(event.data.value()).map_or(Body::Other, |task| Body::Task(Box::new(task))),
            Some("agent") => json::of(event.data.value()).map_or(Body::Other, |agent| Body::Agent(Box::new(agent))),
            Some("artifact") => json::of(event.data.value()).map_or(Body::Other, |file| Body::Artifact(Box::new(file))),
            Some("topic" | "subscription") => Body::Topic,
            Some("server") => Body::Server,
            _ => Body::Other,
        };
        let actor = event.actor.label().to_owned();
        Self { seq: event.seq, at: event.at, kind: event.kind, subject: event.subject, actor, body }
    }
}

/// What a follower is told.
#[derive(Debug, Clone)]
pub enum Notice {
    /// An event that it has not seen.
    Event(Arc<LiveEvent>),
    /// Log lines or progress of its task.
    Transient(Arc<Transient>),
    /// Events were lost: read the data anew.
    Stale,
}

/// What is called back, without any lock held.
pub(super) type Callback = Arc<dyn Fn(&Notice) + Send + Sync>;

/// What is to be said to whom.
pub(super) type Deliveries = Vec<(Callback, Notice)>;

struct Follower {
    seen: EventSeq,
    task: Option<TaskId>,
    callback: Callback,
}

/// The events that came, and who follows.
#[derive(Default)]
pub(super) struct Hub {
    remembered: VecDeque<Arc<LiveEvent>>,
    /// Every event after this one, up to `high`, is remembered.
    floor: EventSeq,
    high: EventSeq,
    followers: BTreeMap<u64, Follower>,
    next_id: u64,
}

impl Hub {
    /// Begins with the events after `since`.
    pub(super) fn begin(&mut self, since: EventSeq) {
        self.remembered.clear();
        self.floor = since;
        self.high = since;
    }

    /// The last event that was taken into account.
    pub(super) fn high(&self) -> EventSeq {
        self.high
    }

    /// The earliest place from which a follower wants events.
    pub(super) fn earliest(&self) -> Option<EventSeq> {
        self.followers.values().map(|follower| follower.seen).min()
    }

    /// The tasks whose log lines and progress are wanted.
    pub(super) fn tasks(&self) -> Vec<TaskId> {
        let mut tasks: Vec<TaskId> = self.followers.values().filter_map(|follower| follower.task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    }

    pub(super) fn add(&mut self, seen: EventSeq, task: Option<TaskId>, callback: Callback) -> u64 {
        self.next_id += 1;
        self.followers.insert(self.next_id, Follower { seen, task, callback });
        self.next_id
    }

    /// Returns whether the follower wanted a task's log lines.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.followers.remove(&id).is_some_and(|follower| follower.task.is_some())
    }

    /// A follower's data is as of `as_of`: what it has missed since, or that it must read again.
    pub(super) fn restart(&mut self, id: u64, as_of: EventSeq) -> Deliveries {
        let begun = self.high.0 > 0;
        let Some(follower) = self.followers.get_mut(&id) else { return Vec::new() };
        follower.seen = as_of;
        let callback = follower.callback.clone();
        if begun && as_of < self.floor {
            return vec![(callback, Notice::Stale)];
        }
        let missed: Vec<_> = self.remembered.iter().filter(|event| event.seq > as_of).cloned().collect();
        follower.seen = as_of.max(missed.last().map_or(as_of, |event| event.seq));
        missed.into_iter().map(|event| (callback.clone(), Notice::Event(event))).collect()
    }

    pub(super) fn reached(&mut self, seq: EventSeq) {
        self.high = self.high.max(seq);
    }

    /// Takes events in order; those that came before are ignored, as after a reconnect.
    pub(super) fn push(&mut self, events: Vec<Arc<LiveEvent>>) -> Deliveries {
        let mut deliveries = Vec::new();
        for event in events {
            if event.seq <= self.high {
                continue;
            }
            self.high = event.seq;
            for follower in self.followers.values_mut().filter(|follower| follower.seen < event.seq) {
                follower.seen = event.seq;
                deliveries.push((follower.callback.clone(), Notice::Event(event.clone())));
            }
            self.remembered.push_back(event);
            if self.remembered.len() > REMEMBERED
                && let Some(forgotten) = self.remembered.pop_front()
            {
                self.floor = forgotten.seq;
            }
        }
        deliveries
    }

    pub(super) fn transient(&self, transient: Transient) -> Deliveries {
        // Messages of topics come only to who asks for their pattern, which no page's followers do.
        let (Transient::Log { task_id, .. } | Transient::Progress { task_id, .. }) = transient else { return Vec::new() };
        let transient = Arc::new(transient);
        self.followers
            .values()
            .filter(|follower| follower.task == Some(task_id))
            .map(|follower| (follower.callback.clone(), Notice::Transient(transient.clone())))
            .collect()
    }

    /// Events up to `head` are lost: everyone reads again.
    pub(super) fn resync(&mut self, head: EventSeq) -> Deliveries {
        self.begin(head);
        self.followers
            .values_mut()
            .map(|follower| {
                follower.seen = head;
                (follower.callback.clone(), Notice::Stale)
            })
            .collect()
    }

    pub(super) fn newest_task(&self, id: TaskId, after: EventSeq) -> Option<(TaskSummary, EventSeq)> {
        self.remembered.iter().rev().take_while(|event| event.seq > after).find_map(|event| match &event.body {
            Body::Task(task) if task.id == id => Some((task.as_ref().clone(), event.seq)),
            _ => None,
        })
    }

    pub(super) fn newest_agent(&self, id: AgentId, after: EventSeq) -> Option<(AgentView, EventSeq)> {
        self.remembered.iter().rev().take_while(|event| event.seq > after).find_map(|event| match &event.body {
            Body::Agent(agent) if agent.id == id => Some((agent.as_ref().clone(), event.seq)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Mutex;

    use super::*;

    fn event(seq: i64) -> Arc<LiveEvent> {
        let (kind, subject, actor) = Default::default();
        Arc::new(LiveEvent { seq: EventSeq(seq), at: Timestamp::default(), kind, subject, actor, body: Body::Other })
    }

    fn listener() -> (Arc<Mutex<Vec<i64>>>, Callback) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = heard.clone();
        let callback: Callback = Arc::new(move |notice| {
            into.lock().unwrap().push(match notice {
                Notice::Event(event) => event.seq.0,
                Notice::Stale => -1,
                Notice::Transient(_) => -2,
            });
        });
        (heard, callback)
    }

    fn deliver(deliveries: Deliveries) {
        for (callback, notice) in deliveries {
            callback(&notice);
        }
    }

    #[test]
    fn what_was_committed_between_reading_and_following_is_given_once() {
        let mut hub = Hub::default();
        hub.begin(EventSeq(10));
        deliver(hub.push(vec![event(11), event(12), event(13)]));
        let (heard, callback) = listener();
        let id = hub.add(EventSeq(11), None, callback);
        deliver(hub.restart(id, EventSeq(11)));
        deliver(hub.push(vec![event(13), event(14)]));
        assert_eq!(*heard.lock().unwrap(), [12, 13, 14]);
    }

    #[test]
    fn data_read_anew_is_followed_from_its_own_place() {
        let mut hub = Hub::default();
        hub.begin(EventSeq(0));
        let (heard, callback) = listener();
        let id = hub.add(EventSeq(0), None, callback);
        deliver(hub.push(vec![event(1), event(2), event(3)]));
        deliver(hub.restart(id, EventSeq(2)));
        assert_eq!(*heard.lock().unwrap(), [1, 2, 3, 3]);
    }

    #[test]
    fn a_page_older_than_what_is_remembered_reads_again() {
        let mut hub = Hub::default();
        hub.begin(EventSeq(0));
        deliver(hub.push((1..=3_000).map(event).collect()));
        let (heard, callback) = listener();
        let id = hub.add(EventSeq(5), None, callback);
        deliver(hub.restart(id, EventSeq(5)));
        assert_eq!(*heard.lock().unwrap(), [-1]);
    }

    #[test]
    fn a_page_newer_than_the_socket_is_not_told_what_it_knows() {
        let mut hub = Hub::default();
        hub.begin(EventSeq(0));
        let (heard, callback) = listener();
        let id = hub.add(EventSeq(2), None, callback);
        deliver(hub.restart(id, EventSeq(2)));
        deliver(hub.push(vec![event(1), event(2), event(3)]));
        assert_eq!(*heard.lock().unwrap(), [3]);
    }

    #[test]
    fn a_resync_tells_everyone_to_read_again() {
        let mut hub = Hub::default();
        hub.begin(EventSeq(0));
        let (heard, callback) = listener();
        hub.add(EventSeq(0), None, callback);
        deliver(hub.resync(EventSeq(90)));
        deliver(hub.push(vec![event(90), event(91)]));
        assert_eq!((hub.high(), heard.lock().unwrap().clone()), (EventSeq(91), vec![-1, 91]));
    }
}
