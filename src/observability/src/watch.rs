//! Does what is stored keep to the catalogue of invariants, while the server works?
//!
//! A look takes a sample: the newest events of the log, the tasks that they tell of, the newest tasks, and again the tasks that were found broken before. It
//! reads by keys and from the ends of indexes only, a row after the other, each with what belongs to it in one transaction, and changes nothing.
//! What others look at themselves, as decisions, comes in by [`AlsoLooked`]. What is found is said in the server's log and in the audit record, once for as
//! long as it lasts, and in the answer to the health check until a later look finds nothing; what the log lacks until the next start, since it does not come back
//! and is soon too old to be looked at. What does not read back is a violation too. A look that fails otherwise is made up for by the next, and several one after
//! the other are said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{Invariant, TaskFacts, Violation, check_attempts, check_kept, check_log, check_steps, check_task};
use baton_domain::ports::Clock;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::health::HealthCheck;
use baton_storage::{EventStore, StoreError, TaskQuery, TaskStore, TaskStory};
use parking_lot::Mutex;

use crate::debug_tracer::audit::Auditor;

/// How many of the newest events one look reads; a task has four or five.
const EVENTS: u32 = 2_000;
/// How many of a task's events and attempts one look reads.
const STORY: u32 = 500;
/// How many violations of one look are told one by one; the others are counted.
const TOLD: usize = 50;
/// How many violations are remembered that were not looked at again.
const CARRIED: usize = 10_000;
/// How many looks fail one after the other before that is no longer in order.
const BLIND: u32 = 3;
/// What a violation of the log is one of.
const LOG: &str = "events";
/// What a violation is one of if it cannot be said of which task.
const TASKS: &str = "tasks";
/// How the subjects of tasks begin.
const TASK: &str = "task:";

/// Looks at what is stored, whenever it is asked to.
pub struct InvariantWatch {
    events: Arc<dyn EventStore>,
    tasks: Arc<dyn TaskStore>,
    auditor: Auditor,
    clock: Arc<dyn Clock>,
    /// The most tasks of one look.
    most: u32,
    also: Vec<Arc<dyn AlsoLooked>>,
    seen: Mutex<Seen>,
}

/// What the last look saw.
#[derive(Debug, Default)]
struct Seen {
    /// Those that were not looked at again come first.
    broken: Vec<Broken>,
    /// Since when no look came to its end, and how many did not.
    failing: Option<(Timestamp, u32)>,
    /// When it ended, and how many tasks it looked at.
    last: Option<(Timestamp, usize)>,
    /// How often each invariant was found broken since the start, by its short name: once for as long as that lasts.
    counts: BTreeMap<&'static str, u64>,
}

/// A violation, and of what it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// As `task:<id>`.
    pub target: String,
    /// What does not hold of it.
    pub violation: Violation,
}

/// Something that can say itself what of its own does not hold.
#[async_trait]
pub trait AlsoLooked: Send + Sync {
    /// Looks once, at a bounded number of things.
    ///
    /// # Errors
    /// Only those of storage.
    async fn broken(&self) -> Result<Vec<Broken>, StoreError>;

    /// What does not hold if that fails because what is stored does not read back.
    fn damaged(&self, reason: &str) -> Broken;
}

impl InvariantWatch {
    /// A watch over these, which has not looked yet. A look takes at most `most` tasks.
    #[must_use]
    pub fn new(events: Arc<dyn EventStore>, tasks: Arc<dyn TaskStore>, auditor: Auditor, clock: Arc<dyn Clock>, most: u32) -> Self {
        Self { events, tasks, auditor, clock, most, also: Vec::new(), seen: Mutex::default() }
    }

    /// Looks at this too.
    #[must_use]
    pub fn with(mut self, also: Arc<dyn AlsoLooked>) -> Self {
        self.also.push(also);
        self
    }

    /// Looks once, and tells of what does not hold; gives all that does not of what it looked at.
    ///
    /// # Errors
    /// Those of storage, but for what does not read back; then nothing else has changed, and the next look finds what this one would have.
    pub async fn look(&self) -> Result<Vec<Violation>, StoreError> {
        match self.found().await {
            Ok((broken, looked_at)) => {
                let violations = broken.iter().map(|broken| broken.violation.clone()).collect();
                self.settle(broken, &looked_at);
                Ok(violations)
            }
            Err(error) => {
                let mut seen = self.seen.lock();
                let (since, failed) = seen.failing.unwrap_or_else(|| (self.clock.now(), 0));
                seen.failing = Some((since, failed.saturating_add(1)));
                Err(error)
            }
        }
    }

    /// What does not hold, and the tasks that were looked at.
    async fn found(&self) -> Result<(Vec<Broken>, BTreeSet<TaskId>), StoreError> {
        let (mut broken, Sample { ids, known, .. }) = self.sample().await?;
        for id in ids {
            let found = match intact(self.tasks.task_story(id, STORY).await)? {
                Ok(Some(story)) => check(&story),
                Ok(None) => vec![not_stored(format!("task {id}: it has events and no row"))],
                Err(reason) => vec![not_stored(format!("task {id}: it does not read back: {reason}"))],
            };
            broken.extend(found.into_iter().map(|violation| Broken { target: format!("{TASK}{id}"), violation }));
        }
        for also in &self.also {
            match intact(also.broken().await)? {
                Ok(found) => broken.extend(found),
                Err(reason) => broken.push(also.damaged(&reason)),
            }
        }
        Ok((broken, known))
    }

    /// The newest events, and what does not hold of them.
    async fn newest(&self) -> Result<(Vec<Event>, Vec<Violation>), StoreError> {
        let head = self.events.head().await?;
        let since = EventSeq(head.0.saturating_sub(i64::from(EVENTS)).max(0));
        let page = self.events.events_since(since, &TopicFilter::default(), EVENTS).await?;
        let mut violations = check_log(since.max(page.floor), &page.items);
        // All of them were asked for, so the last of them is the newest.
        if page.items.len() < EVENTS as usize && page.next_since < page.head {
            let detail = format!("{} is the newest event, and {} the last that is there", page.head, page.next_since);
            violations.push(Violation { invariant: Invariant::EventsGapless, detail });
        }
        Ok((page.items, violations))
    }

    /// What does not hold of the newest events, and the tasks to look at.
    async fn sample(&self) -> Result<(Vec<Broken>, Sample), StoreError> {
        let (events, violations) = intact(self.newest().await)?.unwrap_or_else(|reason| {
            let detail = format!("the newest events do not read back: {reason}");
            (Vec::new(), vec![Violation { invariant: Invariant::EventsGapless, detail }])
        });
        let mut broken: Vec<Broken> = violations.into_iter().map(|violation| Broken { target: LOG.to_owned(), violation }).collect();

        let most = self.most as usize;
        let mut tasks = Sample { most, ids: Vec::new(), known: BTreeSet::new() };
        let before: Vec<TaskId> = self.seen.lock().broken.iter().filter_map(|broken| task_of(&broken.target)).collect();
        // Neither these nor the next may take the room of all others.
        tasks.add(before, (most / 2).max(1));
        let query = TaskQuery { limit: (self.most / 4).max(1), ..TaskQuery::default() };
        match intact(self.tasks.tasks(&query).await)? {
            Ok(newest) => tasks.add(newest.items.iter().map(|task| task.id), most),
            Err(reason) => {
                let violation = not_stored(format!("the newest tasks do not read back: {reason}"));
                broken.push(Broken { target: TASKS.to_owned(), violation });
            }
        }
        tasks.add(events.iter().rev().filter_map(|event| task_of(&event.subject)), most);
        Ok((broken, tasks))
    }

    /// Tells of what is new, and remembers all.
    fn settle(&self, broken: Vec<Broken>, looked_at: &BTreeSet<TaskId>) {
        let mut seen = self.seen.lock();
        let new: Vec<&Broken> = broken.iter().filter(|broken| !seen.broken.contains(broken)).collect();
        for Broken { target, violation } in new.iter().take(TOLD) {
            let (invariant, statement) = (violation.invariant.id(), violation.invariant.statement());
            tracing::error!(invariant, detail = violation.detail, "an invariant does not hold: {statement}");
            let problem = Problem::new(Code::Internal, violation.to_string());
            self.auditor.record(&Caller::system(), &format!("invariant.{invariant}"), Some(target.as_str()), Err(&problem));
        }
        if new.len() > TOLD {
            tracing::error!(more = new.len() - TOLD, "more invariants do not hold than are told one by one");
        }
        let names: Vec<&'static str> = new.iter().map(|broken| broken.violation.invariant.id()).collect();
        for name in names {
            *seen.counts.entry(name).or_default() += 1;
        }
        // What the log lacks does not come back, though it is soon too old to be looked at.
        let of_log = seen.broken.iter().filter(|was| was.target == LOG && !broken.contains(was));
        let not_again = seen.broken.iter().filter(|was| task_of(&was.target).is_some_and(|id| !looked_at.contains(&id)));
        let mut all: Vec<Broken> = of_log.chain(not_again).take(CARRIED).cloned().collect();
        all.extend(broken);
        if all.is_empty() && !seen.broken.is_empty() {
            tracing::info!("all invariants hold again where they were looked at");
        }
        seen.last = Some((self.clock.now(), looked_at.len()));
        seen.failing = None;
        seen.broken = all;
    }

    /// How often each invariant was found broken since the start, by its short name: once for as long as that lasted.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.seen.lock().counts.clone()
    }

    /// What the health check says of it; `mine` if it is this server that looks. It goes to anyone, so it names no task.
    #[must_use]
    pub fn health(&self, mine: bool) -> HealthCheck {
        let seen = self.seen.lock();
        let broken: BTreeSet<&str> = seen.broken.iter().map(|broken| broken.violation.invariant.id()).collect();
        let (mut ok, mut detail) = match seen.last {
            _ if !mine => (true, "another server looks".to_owned()),
            None => (true, "nothing has been looked at yet".to_owned()),
            Some((_, tasks)) if broken.is_empty() => (true, format!("hold for the {tasks} tasks that were looked at last")),
            Some(_) => {
                let names = broken.into_iter().collect::<Vec<_>>().join(", ");
                (false, format!("{names} violated, {} times in all; the server's log says where", seen.broken.len()))
            }
        };
        if mine && let Some((at, _)) = seen.last {
            detail = format!("{detail}; looked at {at}");
            if !seen.counts.is_empty() {
                let counts: Vec<String> = seen.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
                detail = format!("{detail}; since the start: {}", counts.join(", "));
            }
        }
        if mine && let Some((since, failed)) = seen.failing {
            ok = ok && failed < BLIND;
            detail = format!("{detail}; could not look since {since}");
        }
        HealthCheck { name: "invariants".to_owned(), ok, detail }
    }
}

impl std::fmt::Debug for InvariantWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvariantWatch").field("most", &self.most).field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// The tasks of one look, each once.
struct Sample {
    most: usize,
    ids: Vec<TaskId>,
    known: BTreeSet<TaskId>,
}

impl Sample {
    /// Adds those that are not there yet, as long as there are fewer than `until` and than there may be.
    fn add(&mut self, tasks: impl IntoIterator<Item = TaskId>, until: usize) {
        for id in tasks {
            if self.ids.len() >= until.min(self.most) {
                return;
            }
            if self.known.insert(id) {
                self.ids.push(id);
            }
        }
    }
}

/// The task that something is of.
fn task_of(subject: &str) -> Option<TaskId> {
    subject.strip_prefix(TASK).and_then(|id| id.parse().ok())
}

/// Tasks are never removed.
fn not_stored(detail: String) -> Violation {
    Violation { invariant: Invariant::AcknowledgedIsStored, detail }
}

/// What was read, or why it does not read back: that ends no look.
fn intact<T>(read: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(StoreError::Corrupt(reason)) => Ok(Err(reason)),
        Err(error) => Err(error),
    }
}

/// What does not hold of a task.
fn check(story: &TaskStory) -> Vec<Violation> {
    let TaskStory { task, attempts, events, whole } = story;
    let summary = &task.summary;
    let facts = TaskFacts {
        id: summary.id,
        state: summary.state,
        has_lease_holder: task.lease_until.is_some() || task.deadline_at.is_some(),
        attempt: summary.attempt,
        maximum_attempts: summary.maximum_attempts,
        // Other facts about a task, as a request to cancel it, change no state.
        history: events.iter().filter_map(|event| event.kind.strip_prefix("task.").and_then(TaskState::parse)).collect(),
    };
    let mut found = if *whole { check_task(&facts) } else { check_kept(&facts) };
    found.extend(check_attempts(summary, attempts));
    found.extend(check_steps(summary, events));
    found
}
