//! How the page of a task follows it: states as they commit, log lines as they are written, the rest read anew.

use std::sync::Arc;

use baton_domain::id::{EventSeq, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::wire::live::Transient;
use baton_domain::wire::task::{TaskDetail, TaskSummary, TimelineEntry};
use baton_domain::wire::trace::{LogLine, LogPage, LogQuery, Trace};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::log_view::DRAWN;
use crate::live::{Body, Following, Live, LiveEvent, Notice, OneAtATime};
use crate::server_fns::{ApiError, Called, tasks, traces};

/// The most pages of the log that are read at once.
const MOST_PAGES: usize = 20;

/// What the page reads.
pub(super) type Data = (TaskDetail, LogPage, Trace);

/// Reads what the page shows; `id` is what stands in the address.
pub(super) async fn read(id: String) -> Called<Data> {
    let Ok(id) = id.parse::<TaskId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchTask, "The address holds no task's id; look for the task on the page Tasks.")));
    };
    // The detail first: what is logged and traced later is then at least as new.
    let detail = tasks::get(id, None).await?;
    let (logs, trace) = futures::join!(traces::logs(id, LogQuery::default()), traces::trace(id));
    Ok((detail, logs?, trace?))
}

/// What the page shows, as signals.
#[derive(Clone, Copy)]
pub(super) struct Model {
    id: TaskId,
    pub(super) task: RwSignal<TaskSummary>,
    pub(super) detail: RwSignal<TaskDetail>,
    pub(super) timeline: RwSignal<Vec<TimelineEntry>>,
    pub(super) lines: RwSignal<Vec<LogLine>>,
    pub(super) trace: RwSignal<Trace>,
    pub(super) progress: RwSignal<Option<(f64, String)>>,
    as_of: StoredValue<EventSeq>,
    log_end: StoredValue<i64>,
    following: StoredValue<Option<Following>>,
    reading: StoredValue<OneAtATime>,
    reading_log: StoredValue<OneAtATime>,
}

impl Model {
    pub(super) fn new(live: &Live, (detail, logs, trace): Data) -> Self {
        let summary = detail.summary.clone();
        Self {
            id: summary.id,
            task: RwSignal::from(live.task(summary, detail.as_of)),
            as_of: StoredValue::new(detail.as_of),
            timeline: RwSignal::new(detail.timeline.clone()),
            detail: RwSignal::new(detail),
            log_end: StoredValue::new(logs.items.last().map_or(logs.after, |line| line.seq)),
            lines: RwSignal::new(logs.items),
            trace: RwSignal::new(trace),
            progress: RwSignal::new(None),
            following: StoredValue::new(None),
            reading: StoredValue::new(OneAtATime::default()),
            reading_log: StoredValue::new(OneAtATime::default()),
        }
    }

    /// Follows the task; in an effect.
    pub(super) fn follow(self, live: &Live) {
        let hub = live.clone();
        let following = live.follow(self.as_of.get_value(), Some(self.id), move |notice| match notice {
            Notice::Event(event) => self.apply(&hub, event),
            Notice::Transient(transient) => self.show(transient),
            Notice::Stale => self.read_anew(&hub),
        });
        self.following.set_value(Some(following));
        if !self.task.with_untracked(|task| task.state.is_terminal()) {
            // Lines that were written since the page was drawn went to nobody.
            self.read_log();
        }
    }

    fn apply(self, live: &Live, event: &LiveEvent) {
        match &event.body {
            Body::Task(task) if task.id == self.id => {
                self.timeline.try_update(|timeline| append(timeline, event, task));
                if task.state != TaskState::Running {
                    self.progress.try_set(None);
                }
            }
            // One of its voters.
            Body::Task(task) if task.parent_id == Some(self.id) => {}
            Body::Artifact(artifact) if artifact.task_id == Some(self.id) => {}
            _ => return,
        }
        self.read_anew(live);
    }

    fn show(self, transient: &Arc<Transient>) {
        match transient.as_ref() {
            Transient::Progress { fraction, message, written, .. } => {
                let mut words = message.clone();
                // What is being written stands below what is being done.
                if let Some(written) = written {
                    words.push('\n');
                    words.push_str(written);
                }
                self.progress.try_set(Some((*fraction, words)));
            }
            Transient::Message(_) => {}
            Transient::Log { lines, .. } => {
                let Some(end) = self.log_end.try_get_value() else { return };
                let follows_on = lines.first().is_some_and(|line| line.seq <= end + 1);
                if follows_on {
                    self.append_lines(lines.clone());
                } else {
                    self.read_log();
                }
            }
        }
    }

    fn append_lines(self, new: Vec<LogLine>) {
        let Some(end) = self.log_end.try_get_value() else { return };
        let new: Vec<LogLine> = new.into_iter().filter(|line| line.seq > end).collect();
        let Some(last) = new.last().map(|line| line.seq) else { return };
        self.log_end.try_set_value(last);
        self.lines.try_update(|lines| {
            lines.extend(new);
            let surplus = lines.len().saturating_sub(DRAWN);
            lines.drain(..surplus);
        });
    }

    /// Reads the lines that are not here yet.
    fn read_log(self) {
        let Some(turn) = self.reading_log.try_get_value() else { return };
        if !turn.start() {
            return;
        }
        spawn_local(async move {
            for _ in 0..MOST_PAGES {
                let Some(end) = self.log_end.try_get_value() else { break };
                // Read again with the next line or state if this fails.
                let Ok(page) = traces::logs(self.id, LogQuery { after: Some(end), ..LogQuery::default() }).await else { break };
                if page.items.is_empty() {
                    break;
                }
                self.append_lines(page.items);
            }
            if turn.ended() {
                self.read_log();
            }
        });
    }

    /// Reads result, attempts, files and trace anew, and the lines that are missing.
    fn read_anew(self, live: &Live) {
        let Some(turn) = self.reading.try_get_value() else { return };
        if !turn.start() {
            return;
        }
        self.read_log();
        let live = live.clone();
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            if let Ok(detail) = tasks::get(self.id, None).await {
                self.take(&live, detail);
            }
            if let Ok(trace) = traces::trace(self.id).await {
                self.trace.try_set(trace);
            }
            if turn.ended() {
                self.read_anew(&live);
            }
        });
    }

    fn take(self, live: &Live, detail: TaskDetail) {
        let as_of = detail.as_of;
        let _ = live.task(detail.summary.clone(), as_of);
        self.timeline.try_update(|timeline| {
            // What the socket told after the detail was read stays.
            let newer: Vec<TimelineEntry> = timeline.iter().filter(|entry| entry.seq > as_of).cloned().collect();
            let next: Vec<TimelineEntry> = detail.timeline.iter().cloned().chain(newer).collect();
            *timeline = next;
        });
        self.detail.try_set(detail);
    }
}

/// Adds a state that an event tells of.
fn append(timeline: &mut Vec<TimelineEntry>, event: &LiveEvent, task: &TaskSummary) {
    let changed = timeline.last().is_none_or(|last| last.seq < event.seq && (last.state, last.attempt) != (task.state, task.attempt));
    if changed {
        timeline.push(TimelineEntry {
            seq: event.seq,
            state: task.state,
            at: event.at,
            reason: task.reason.clone(),
            attempt: task.attempt,
            actor: event.actor.clone(),
        });
    }
}
