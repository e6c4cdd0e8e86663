//! How the list follows events: rows change in place at once; rows come and go at most once a second, and not while
//! the pointer is over them.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::page::{DEFAULT_LIMIT, Page};
use baton_domain::wire::task::{TaskFilter, TaskSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::live::{Body, Following, Live, LiveEvent, Notice, Refresh, now_millis};
use crate::server_fns::tasks;

/// Rows come and go at most this often, the first at once.
const PACE_MS: i64 = 1_000;
/// What is committed together comes together.
const GATHER_MS: i64 = 30;
/// The most changes that wait; what came before is read anew.
const MOST_WAITING: usize = 500;

/// The rows of the page.
#[derive(Clone, Copy)]
pub(super) struct Model {
    /// The rows, the newest first.
    pub(super) rows: RwSignal<Vec<ArcRwSignal<TaskSummary>>>,
    /// How many new rows wait to be shown.
    pub(super) waiting: RwSignal<usize>,
    filter: StoredValue<Arc<TaskFilter>>,
    live: StoredValue<Live>,
    as_of: StoredValue<baton_domain::id::EventSeq>,
    changed: StoredValue<Vec<Arc<LiveEvent>>>,
    held: StoredValue<bool>,
    shown_at: StoredValue<i64>,
    following: StoredValue<Option<Following>>,
    refresh: StoredValue<Refresh>,
}

impl Model {
    pub(super) fn new(live: &Live, filter: TaskFilter, page: Page<TaskSummary>) -> Self {
        let as_of = page.as_of;
        Self {
            rows: RwSignal::new(page.items.into_iter().map(|task| live.task(task, as_of)).collect()),
            waiting: RwSignal::new(0),
            filter: StoredValue::new(Arc::new(filter)),
            live: StoredValue::new(live.clone()),
            as_of: StoredValue::new(as_of),
            changed: StoredValue::new(Vec::new()),
            held: StoredValue::new(false),
            shown_at: StoredValue::new(0),
            following: StoredValue::new(None),
            refresh: StoredValue::new(Refresh::default()),
        }
    }

    /// Follows events; in an effect.
    pub(super) fn follow(self, live: &Live) {
        let following = live.follow(self.as_of.get_value(), None, move |notice| match notice {
            Notice::Event(event) => self.note(event),
            Notice::Stale => self.read_anew(),
            Notice::Transient(_) => {}
        });
        self.following.set_value(Some(following));
    }

    /// While the pointer is over the rows, none come or go.
    pub(super) fn hold(self, held: bool) {
        self.held.try_set_value(held);
        if !held {
            self.show();
        }
    }

    fn note(self, event: &Arc<LiveEvent>) {
        let Body::Task(task) = &event.body else { return };
        let (Some(filter), Some(known)) = (self.filter.try_get_value(), self.knows(task.id)) else { return };
        let admitted = filter.admits(task);
        // Rows of older pages only change in place; a new task does not belong there.
        if admitted == known || (!known && filter.cursor.is_some()) {
            return;
        }
        let full = self.changed.try_update_value(|changed| {
            changed.push(event.clone());
            changed.len() > MOST_WAITING
        });
        if full == Some(true) {
            self.changed.try_update_value(Vec::clear);
            self.read_anew();
        }
        self.count_waiting();
        if let Some(refresh) = self.refresh.try_get_value() {
            let since = now_millis() - self.shown_at.try_get_value().unwrap_or_default();
            let wait = u64::try_from((PACE_MS - since).max(GATHER_MS)).unwrap_or_default();
            refresh.after(Duration::from_millis(wait), move || {
                if self.held.try_get_value() == Some(false) {
                    self.show();
                }
            });
        }
    }

    fn count_waiting(self) {
        let new = self.changed.try_with_value(|changed| {
            let mut ids: Vec<TaskId> =
                changed.iter().filter_map(|event| task_of(event)).filter(|id| self.knows(*id) == Some(false)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.len()
        });
        // Only while the rows are held still: otherwise they come by themselves in a moment.
        let shown = if self.held.try_get_value() == Some(true) { new.unwrap_or_default() } else { 0 };
        if self.waiting.try_get_untracked() != Some(shown) {
            self.waiting.try_set(shown);
        }
    }

    fn knows(self, id: TaskId) -> Option<bool> {
        self.rows.try_with_untracked(|rows| rows.iter().any(|row| row.with_untracked(|task| task.id == id)))
    }

    /// Lets rows come and go.
    pub(super) fn show(self) {
        let (Some(filter), Some(live)) = (self.filter.try_get_value(), self.live.try_get_value()) else { return };
        let changed = self.changed.try_update_value(std::mem::take).unwrap_or_default();
        if changed.is_empty() {
            return;
        }
        self.shown_at.try_set_value(now_millis());
        self.rows.try_update(|rows| {
            for event in changed {
                let Body::Task(task) = &event.body else { continue };
                let at = rows.iter().position(|row| row.with_untracked(|row| row.id == task.id));
                // The newest form decides: a later event may wait behind this one.
                let row = live.task(task.as_ref().clone(), event.seq);
                let admitted = row.with_untracked(|task| filter.admits(task));
                match at {
                    Some(at) if !admitted => drop(rows.remove(at)),
                    None if admitted => {
                        let at = rows.iter().position(|row| row.with_untracked(|row| row.id < task.id)).unwrap_or(rows.len());
                        rows.insert(at, row);
                    }
                    _ => {}
                }
            }
            rows.truncate(DEFAULT_LIMIT as usize);
        });
        self.waiting.try_set(0);
    }

    fn read_anew(self) {
        let (Some(filter), Some(live)) = (self.filter.try_get_value(), self.live.try_get_value()) else { return };
        spawn_local(async move {
            // A failure leaves the list as it is; the connection's state says why.
            let Ok(page) = tasks::list(filter.as_ref().clone()).await else { return };
            let as_of = page.as_of;
            self.rows.try_set(page.items.into_iter().map(|task| live.task(task, as_of)).collect());
            self.changed.try_update_value(Vec::clear);
            self.waiting.try_set(0);
            if let Some(Some(following)) = self.following.try_get_value() {
                following.restart(as_of);
            }
        });
    }
}

fn task_of(event: &LiveEvent) -> Option<TaskId> {
    match &event.body {
        Body::Task(task) => Some(task.id),
        _ => None,
    }
}
