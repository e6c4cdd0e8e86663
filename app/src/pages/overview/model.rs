//! How the overview's data follows events, and when it is read anew.

use std::collections::HashMap;
use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::metrics::{Overview, Point, Series};
use baton_domain::wire::task::{StateCount, TaskFilter, TaskSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::series;
use crate::live::{Body, Following, Live, LiveEvent, Notice, Refresh, apply_to_counts, now_millis, presumed_state_before};
use crate::server_fns::{Called, metrics, tasks};

/// Rows of the latest tasks, and of those that need attention.
const ROWS: usize = 8;
/// What is stored in buckets is whole this long after a bucket's end.
const SETTLED_MS: i64 = 1_500;
/// The stored bucket's width.
const BUCKET_MS: i64 = 10_000;

/// Live rows.
pub(super) type Rows = Vec<ArcRwSignal<TaskSummary>>;

/// What the page reads.
pub(super) type Data = (Overview, Page<TaskSummary>);

/// Reads what the page shows.
pub(super) async fn read() -> Called<Data> {
    let ended_badly = vec![TaskState::Failed, TaskState::TimedOut, TaskState::Rejected];
    let limit = u32::try_from(ROWS).ok();
    let filter = TaskFilter { states: ended_badly, limit, ..TaskFilter::default() };
    let (overview, attention) = futures::join!(metrics::overview(), tasks::list(filter));
    Ok((overview?, attention?))
}

/// What the page shows, as signals.
#[derive(Clone, Copy)]
pub(super) struct Model {
    states: RwSignal<Vec<StateCount>>,
    pub(super) series: RwSignal<Series>,
    pub(super) day: RwSignal<Point>,
    pub(super) agents: RwSignal<Vec<ArcRwSignal<AgentView>>>,
    pub(super) latest: RwSignal<Rows>,
    pub(super) attention: RwSignal<Rows>,
    as_of: StoredValue<baton_domain::id::EventSeq>,
    known: StoredValue<HashMap<TaskId, TaskState>>,
    following: StoredValue<Option<Following>>,
    refresh: StoredValue<Refresh>,
}

impl Model {
    pub(super) fn new(live: &Live, (overview, attention): Data) -> Self {
        let model = Self {
            states: RwSignal::new(Vec::new()),
            series: RwSignal::new(overview.series.clone()),
            day: RwSignal::new(overview.day),
            agents: RwSignal::new(Vec::new()),
            latest: RwSignal::new(Vec::new()),
            attention: RwSignal::new(Vec::new()),
            as_of: StoredValue::new(overview.as_of),
            known: StoredValue::new(HashMap::new()),
            following: StoredValue::new(None),
            refresh: StoredValue::new(Refresh::default()),
        };
        model.take(live, (overview, attention));
        model
    }

    /// How many tasks are in a state now.
    pub(super) fn count(&self, state: TaskState) -> u64 {
        self.states.with(|states| states.iter().find(|count| count.state == state).map_or(0, |count| count.count))
    }

    /// Takes data that was read anew.
    fn take(&self, live: &Live, (overview, attention): Data) {
        let (seen, seen_attention) = (overview.as_of, attention.as_of);
        let rows = |tasks: Vec<TaskSummary>, as_of| tasks.into_iter().map(|task| live.task(task, as_of)).take(ROWS).collect::<Rows>();
        self.known.try_update_value(|known| {
            known.extend(overview.latest.iter().filter(|task| !task.state.is_terminal()).map(|task| (task.id, task.state)));
        });
        self.states.try_set(overview.states);
        self.series.try_set(overview.series);
        self.day.try_set(overview.day);
        self.agents.try_set(overview.agents.into_iter().map(|agent| live.agent(agent, seen)).collect());
        self.latest.try_set(rows(overview.latest, seen));
        self.attention.try_set(rows(attention.items, seen_attention));
        // The two were read one after the other: what lies between may come twice, but never not at all.
        self.as_of.try_set_value(seen.min(seen_attention));
    }

    /// Follows events; in an effect.
    pub(super) fn follow(self, live: &Live) {
        let hub = live.clone();
        let following = live.follow(self.as_of.get_value(), None, move |notice| match notice {
            Notice::Event(event) => self.apply(&hub, event),
            Notice::Stale => self.read_anew(&hub),
            Notice::Transient(_) => {}
        });
        self.following.set_value(Some(following));
    }

    fn apply(self, live: &Live, event: &LiveEvent) {
        match &event.body {
            Body::Task(task) => self.apply_task(live, event, task),
            Body::Agent(agent) => self.apply_agent(live, event, agent),
            Body::Artifact(_) | Body::Topic | Body::Server | Body::Other => return,
        }
        // Quantiles cannot be added up here: the series is read when the bucket that this event fell into is whole.
        let now = now_millis();
        let wait = BUCKET_MS - now.rem_euclid(BUCKET_MS) + SETTLED_MS;
        let live = live.clone();
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or_default());
        if let Some(refresh) = self.refresh.try_get_value() {
            refresh.after(wait, move || self.read_anew(&live));
        }
    }

    fn apply_task(self, live: &Live, event: &LiveEvent, task: &TaskSummary) {
        let before = self.known.try_with_value(|known| known.get(&task.id).copied()).flatten().or_else(|| presumed_state_before(task));
        self.states.try_update(|states| self.known.try_update_value(|known| apply_to_counts(states, known, task)));
        self.series.try_update(|series| series::apply(series, event.at, task));
        self.day.try_update(|day| series::add(day, task));
        self.apply_to_agent(before, task);
        let is_new = |rows: &RwSignal<Rows>| !rows.try_with_untracked(|rows| contains(rows, task.id)).unwrap_or(true);
        if is_new(&self.latest) {
            let row = live.task(task.clone(), event.seq);
            self.latest.try_update(|rows| insert(rows, row));
        }
        let ended_badly = matches!(task.state, TaskState::Failed | TaskState::TimedOut | TaskState::Rejected);
        if ended_badly && is_new(&self.attention) {
            let row = live.task(task.clone(), event.seq);
            self.attention.try_update(|rows| insert(rows, row));
        }
    }

    /// A slot is taken or given back with the task's change of state.
    fn apply_to_agent(self, before: Option<TaskState>, task: &TaskSummary) {
        let held = before.is_some_and(TaskState::holds_lease);
        let holds = task.state.holds_lease();
        let Some(agent) = task.agent.as_ref().filter(|_| held != holds) else { return };
        let signal = self
            .agents
            .try_with_untracked(|agents| agents.iter().find(|signal| signal.with_untracked(|view| view.id == agent.id)).cloned());
        if let Some(signal) = signal.flatten() {
            signal.update(|view| {
                view.busy = if holds { (view.busy + 1).min(view.slots) } else { view.busy.saturating_sub(1) };
                match task.state {
                    TaskState::Completed => view.completed += 1,
                    TaskState::Failed | TaskState::TimedOut => view.failed += 1,
                    _ => {}
                }
            });
        }
    }

    fn apply_agent(self, live: &Live, event: &LiveEvent, agent: &AgentView) {
        let known = self.agents.try_with_untracked(|agents| agents.iter().any(|signal| signal.with_untracked(|view| view.id == agent.id)));
        if known == Some(false) {
            let signal = live.agent(agent.clone(), event.seq);
            self.agents.try_update(|agents| agents.push(signal));
        }
    }

    fn read_anew(self, live: &Live) {
        let live = live.clone();
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why, and the next event tries again.
            if let Ok(data) = read().await {
                self.take(&live, data);
                if let (Some(as_of), Some(Some(following))) = (self.as_of.try_get_value(), self.following.try_get_value()) {
                    following.restart(as_of);
                }
            }
        });
    }
}

fn contains(rows: &Rows, id: TaskId) -> bool {
    rows.iter().any(|row| row.with_untracked(|task| task.id == id))
}

/// Keeps the newest first; identifiers sort by age.
fn insert(rows: &mut Rows, row: ArcRwSignal<TaskSummary>) {
    let id = row.with_untracked(|task| task.id);
    let at = rows.iter().position(|other| other.with_untracked(|task| task.id < id)).unwrap_or(rows.len());
    rows.insert(at, row);
    rows.truncate(ROWS);
}
