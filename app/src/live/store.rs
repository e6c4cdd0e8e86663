//! Where the newest known form of each task and agent on a page is kept: signals keyed by id.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use baton_domain::id::{AgentId, EventSeq, TaskId};
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::task::TaskSummary;
use leptos::prelude::*;

use super::hub::{Body, LiveEvent};

/// The most rows that are kept of a kind; no page shows more.
const MOST: usize = 2_000;

/// A change to a signal, made once no lock is held.
pub(super) type Change = Box<dyn FnOnce()>;

/// All rows that a page has asked for.
#[derive(Default)]
pub(super) struct Store {
    tasks: Rows<TaskId, TaskSummary>,
    agents: Rows<AgentId, AgentView>,
}

impl Store {
    pub(super) fn task(&mut self, summary: TaskSummary, as_of: EventSeq) -> ArcRwSignal<TaskSummary> {
        self.tasks.get(summary.id, summary, as_of)
    }

    pub(super) fn agent(&mut self, view: AgentView, as_of: EventSeq) -> ArcRwSignal<AgentView> {
        self.agents.get(view.id, view, as_of)
    }

    /// What these events change.
    pub(super) fn changes(&mut self, events: &[Arc<LiveEvent>]) -> Vec<Change> {
        let change = |event: &Arc<LiveEvent>| match &event.body {
            Body::Task(task) => self.tasks.change(task.id, task, event.seq),
            Body::Agent(agent) => self.agents.change(agent.id, agent, event.seq),
            Body::Artifact(_) | Body::Topic | Body::Server | Body::Other => None,
        };
        events.iter().filter_map(change).collect()
    }
}

struct Rows<K, T: Send + Sync + 'static> {
    rows: HashMap<K, (EventSeq, ArcRwSignal<T>)>,
    order: VecDeque<K>,
}

impl<K, T: Send + Sync + 'static> Default for Rows<K, T> {
    fn default() -> Self {
        Self { rows: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash, T: Clone + Send + Sync + 'static> Rows<K, T> {
    fn get(&mut self, id: K, value: T, as_of: EventSeq) -> ArcRwSignal<T> {
        if let Some((seq, signal)) = self.rows.get_mut(&id) {
            if as_of > *seq {
                *seq = as_of;
                signal.set(value);
            }
            return signal.clone();
        }
        let signal = ArcRwSignal::new(value);
        self.rows.insert(id, (as_of, signal.clone()));
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.rows.remove(&oldest);
        }
        signal
    }

    fn change(&mut self, id: K, value: &T, seq: EventSeq) -> Option<Change> {
        let (known, signal) = self.rows.get_mut(&id).filter(|(known, _)| seq > *known)?;
        *known = seq;
        let (signal, value) = (signal.clone(), value.clone());
        Some(Box::new(move || signal.set(value)))
    }
}
