//! Is the work done? Seen from what is stored: no unfinished task is left, every task is listed as completed, and a sample has the right results.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use baton_agents_runtime::diagnostics::NOOP;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::TaskDetail;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::connection::Request;
use super::target::Target;
use super::{failed, now, work};
use crate::start_error::StartError;

/// How often is looked; a small part of what is measured.
const LOOK: Duration = Duration::from_millis(10);
/// A server whose log stands still for this long, with work left, has stopped working.
const STUCK: Duration = Duration::from_secs(60);
/// Tasks whose results are compared.
const SAMPLE: usize = 200;
/// The lists of tasks that are empty when all are done; what is queued is looked for first, of which there is the most.
const UNFINISHED: [&str; 2] = ["/tasks?state=queued&limit=1", "/tasks?state=assigned,running,waiting,paused&limit=1"];
/// The list of runs that is empty when all have ended.
const LIVE: [&str; 1] = ["/runs?live=true&limit=1"];

/// The part of a list that is looked at while waiting.
#[derive(Deserialize)]
struct Glance {
    items: Vec<IgnoredAny>,
    as_of: EventSeq,
}

/// Waits until the store holds no unfinished task; gives when that was seen.
pub(super) fn wait_until_done(target: &mut Target) -> Result<Instant, StartError> {
    wait_until_empty(target, &UNFINISHED)
}

/// Waits until the store holds no run of a workflow that goes on; gives when that was seen.
pub(super) fn wait_until_runs_end(target: &mut Target) -> Result<Instant, StartError> {
    wait_until_empty(target, &LIVE)
}

/// Waits until these lists have no row. Reads one row at a time, by an index.
fn wait_until_empty(target: &mut Target, lists: &[&str]) -> Result<Instant, StartError> {
    let mut connection = target.connect()?;
    let (mut newest, mut moved) = (EventSeq(0), now());
    loop {
        let token = target.token()?;
        let mut left = false;
        for list in lists {
            let glance: Glance = connection.ask(&Request::get(list, &token))?;
            if glance.as_of > newest {
                (newest, moved) = (glance.as_of, now());
            }
            if !glance.items.is_empty() {
                left = true;
                break;
            }
        }
        if !left {
            return Ok(now());
        }
        if moved.elapsed() > STUCK {
            return Err(failed(format!("work is unfinished, but nothing was stored for {} seconds", STUCK.as_secs())));
        }
        std::thread::sleep(LOOK);
    }
}

/// A row of the list; what is not needed is not read.
#[derive(Deserialize)]
struct Row {
    id: TaskId,
    state: TaskState,
    created_at: Timestamp,
    #[serde(default)]
    finished_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Rows {
    items: Vec<Row>,
    #[serde(default)]
    next_cursor: Option<String>,
}

/// When the tasks were created and finished, as it is stored.
pub(super) struct Times(Vec<(Timestamp, Timestamp)>);

impl Times {
    /// Milliseconds from creation to result, sorted.
    pub(super) fn latencies(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.iter().map(|(created, finished)| finished.since(*created).as_secs_f64() * 1_000.0).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Results a second between the first and the last; those of the first millisecond came before the time that is measured.
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
    pub(super) fn rate(&self) -> f64 {
        let finished = || self.0.iter().map(|(_, finished)| finished.as_millis());
        let (Some(first), Some(last)) = (finished().min(), finished().max()) else { return f64::NAN };
        let after = finished().filter(|at| *at > first).count();
        if last > first { after as f64 * 1_000.0 / (last - first) as f64 } else { f64::NAN }
    }
}

/// Reads the list of all tasks, in which each of these must be once and completed, and a sample of them with their results.
pub(super) fn read_back(target: &mut Target, ids: &[TaskId]) -> Result<Times, StartError> {
    let mut open: HashMap<TaskId, usize> = ids.iter().copied().zip(0..).collect();
    if open.len() != ids.len() {
        return Err(failed("two tasks were acknowledged with the same id"));
    }
    let mut connection = target.connect()?;
    let mut times = Vec::with_capacity(ids.len());
    let mut cursor = String::new();
    while !open.is_empty() {
        let request = Request::get(&format!("/tasks?skill={NOOP}&limit=500{cursor}"), &target.token()?);
        let page: Rows = connection.ask(&request)?;
        for row in page.items {
            if open.remove(&row.id).is_none() {
                continue;
            }
            match row.finished_at {
                Some(finished) if row.state == TaskState::Completed => times.push((row.created_at, finished)),
                _ => return Err(failed(format!("task {} is {}", row.id, row.state))),
            }
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None if open.is_empty() => {}
            None => return Err(failed(format!("{} acknowledged tasks are not stored", open.len()))),
        }
    }
    compare(target, ids, ids.len().div_ceil(SAMPLE).max(1))?;
    Ok(Times(times))
}

/// Reads every `step`th of these tasks, whose input and result must be those of its number.
pub(super) fn compare(target: &mut Target, ids: &[TaskId], step: usize) -> Result<(), StartError> {
    let mut connection = target.connect()?;
    for (index, id) in ids.iter().enumerate().step_by(step) {
        let task: TaskDetail = connection.ask(&Request::get(&format!("/tasks/{id}"), &target.token()?))?;
        if task.input != work::input(index) || task.result != Some(work::result(index)) {
            return Err(failed(format!("task {id} has another input or result than it must")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_counts_what_came_after_the_first_millisecond() {
        let at = Timestamp::from_millis;
        let times = Times([5, 5, 6, 10, 15].map(|finished| (at(0), at(finished))).to_vec());
        assert!((times.rate() - 300.0).abs() < 1e-9);
        assert_eq!(times.latencies(), [5.0, 5.0, 6.0, 10.0, 15.0]);
        assert!(Times(vec![(at(0), at(1))]).rate().is_nan());
    }
}
