//! What does a case stand on? A store of its own, a sink that remembers, and identifiers that sort by age.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{TaskFacts, check_task};
use baton_domain::task::TaskState;
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{TaskEnd, TaskSummary};
use baton_storage::{CommitSink, Store, TaskQuery, TaskRecord, TaskRows};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::Backend;

/// Remembers what was committed.
#[derive(Debug, Default)]
pub struct Recording {
    commits: Mutex<Vec<Vec<Arc<Event>>>>,
}

impl CommitSink for Recording {
    fn committed(&self, events: &[Arc<Event>]) {
        self.commits.lock().push(events.to_vec());
    }
}

impl Recording {
    /// Every event that it was told of, in that order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.commits.lock().iter().flatten().map(|event| Event::clone(event)).collect()
    }

    /// Whether it was ever told of nothing.
    #[must_use]
    pub fn was_told_nothing(&self) -> bool {
        self.commits.lock().iter().any(Vec::is_empty)
    }
}

/// Everything that can be read of a store, to see that something changed nothing.
#[derive(Debug, PartialEq)]
pub(crate) struct Image {
    tasks: Vec<TaskRows>,
    agents: Vec<AgentView>,
    artifacts: Vec<ArtifactView>,
    log: Vec<Event>,
}

/// A store of a case's own.
pub struct World {
    /// Gone once the data was opened again: then this store is closed.
    backend: Mutex<Option<Box<dyn Backend>>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sink: Arc<Recording>,
    made: AtomicU64,
}

impl World {
    /// A fresh one.
    pub async fn open(mut backend: Box<dyn Backend>) -> Self {
        let sink = Arc::new(Recording::default());
        let store = backend.open(Arc::clone(&sink) as Arc<dyn CommitSink>).await;
        Self { backend: Mutex::new(Some(backend)), store, sink, made: AtomicU64::new(0) }
    }

    /// The same data opened again, if the back-end keeps any; the same sink goes on being told. This one is closed then.
    pub(crate) async fn restarted(&self) -> Option<Self> {
        let mut backend = self.backend.lock().take()?;
        let Some(store) = backend.reopen(Arc::clone(&self.sink) as Arc<dyn CommitSink>).await else {
            *self.backend.lock() = Some(backend);
            return None;
        };
        let made = AtomicU64::new(self.made.load(Ordering::SeqCst));
        Some(Self { backend: Mutex::new(Some(backend)), store, sink: Arc::clone(&self.sink), made })
    }

    /// Whether its data was opened again.
    pub(crate) fn is_closed(&self) -> bool {
        self.backend.lock().is_none()
    }

    /// A new identifier, greater than those before it.
    pub(crate) fn id(&self) -> Uuid {
        let made = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 << 48) + u128::from(made))
    }

    /// The task, which exists.
    pub(crate) async fn record(&self, id: TaskId) -> TaskRecord {
        self.store.task(id).await.unwrap().expect("the task is stored")
    }

    /// The task with everything about it.
    pub(crate) async fn rows(&self, id: TaskId) -> TaskRows {
        let rows = self.store.task_rows(id).await.unwrap().expect("the task is stored");
        // Whatever a test does to a task, what is waited for of it is the same on its own.
        let TaskSummary { state, failure, .. } = rows.task.summary.clone();
        let spent = self.store.spent(&format!("task:{id}")).await.unwrap();
        let end = TaskEnd { id, state, result: rows.result.clone(), failure, tokens: spent.tokens, cost_micros: spent.cost_micros };
        assert_eq!(self.store.task_ends(vec![TaskId::new(Uuid::nil()), id]).await.unwrap(), [end]);
        rows
    }

    /// The newest event's place.
    pub(crate) async fn head(&self) -> i64 {
        self.store.head().await.unwrap().0
    }

    /// The oldest place that can be asked for.
    pub(crate) async fn floor(&self) -> i64 {
        self.store.events_since(EventSeq(0), &TopicFilter::default(), 0).await.unwrap().floor.0
    }

    /// The events after a place.
    pub(crate) async fn since(&self, place: i64) -> Vec<Event> {
        let page = self.store.events_since(EventSeq(place), &TopicFilter::default(), 1_000_000).await.unwrap();
        assert!(!page.more);
        page.items
    }

    /// The kinds of the events after a place.
    pub(crate) async fn kinds_since(&self, place: i64) -> Vec<String> {
        self.since(place).await.into_iter().map(|event| event.kind).collect()
    }

    /// Everything that can be read.
    pub(crate) async fn image(&self) -> Image {
        let query = TaskQuery { limit: 1_000_000, ..TaskQuery::default() };
        let mut tasks = Vec::new();
        for task in self.store.tasks(&query).await.unwrap().items {
            let rows = self.rows(task.id).await;
            assert_eq!(rows.task.summary, task, "lists and single tasks say the same");
            tasks.push(rows);
        }
        Image {
            tasks,
            agents: self.store.agents().await.unwrap().items,
            artifacts: self.store.artifacts(None, None, 1_000_000).await.unwrap().items,
            log: self.since(0).await,
        }
    }

    /// Checks the catalogue of invariants over everything that is stored.
    pub(crate) async fn holds(&self) {
        let image = self.image().await;
        let told = self.sink.events();
        let floor = self.floor().await;
        let forgotten = usize::try_from(floor).unwrap();
        assert_eq!(told[forgotten..], image.log, "the sink was told exactly what is in the log, in its order");
        assert!(!self.sink.was_told_nothing(), "a commit without events is none for the sink");
        for (event, place) in told.iter().zip(1..) {
            assert_eq!(event.seq, EventSeq(place), "I9: the sequence has no gap");
        }
        let mut counts = BTreeMap::new();
        for rows in &image.tasks {
            let TaskRecord { summary, lease_until, deadline_at, .. } = &rows.task;
            *counts.entry(summary.state).or_insert(0) += 1;
            let facts = TaskFacts {
                id: summary.id,
                state: summary.state,
                has_lease_holder: lease_until.is_some() || deadline_at.is_some(),
                attempt: summary.attempt,
                maximum_attempts: summary.maximum_attempts,
                // The log may have forgotten its beginning.
                history: history(&told, summary.id),
            };
            let kept: Vec<TaskState> = rows.timeline.iter().map(|entry| entry.state).collect();
            let of_kept = history(&told[forgotten..], summary.id);
            assert_eq!(kept, of_kept, "I10: a timeline is what the log has of a task");
            assert_eq!(check_task(&facts), [], "{facts:?}");
            let leases: Vec<i64> = rows.attempts.iter().map(|attempt| attempt.lease).collect();
            assert!(leases.is_sorted_by(|one, next| one < next), "I3: leases only grow: {leases:?}");
            assert!(leases.last().is_none_or(|newest| *newest <= rows.task.lease.0), "I3: the newest lease is the task's");
        }
        let (states, as_of) = self.store.state_counts().await.unwrap();
        let states: BTreeMap<_, _> = states.into_iter().map(|entry| (entry.state, entry.count)).collect();
        assert_eq!(states, counts, "I2: every task is in one state");
        assert_eq!(as_of.0, self.head().await);
    }
}

/// The states of a task that these events tell.
fn history(events: &[Event], task: TaskId) -> Vec<TaskState> {
    let subject = format!("task:{task}");
    let of_task = events.iter().filter(|event| event.subject == subject);
    of_task.filter_map(|event| event.kind.strip_prefix("task.").and_then(TaskState::parse)).collect()
}
