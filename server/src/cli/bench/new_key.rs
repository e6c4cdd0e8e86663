//! How long does a new key's only task wait behind 100,000 queued tasks of other keys, beside its wait on a server that has nothing to do?
//!
//! All of them do nothing, and those of the other keys are being worked off meanwhile. The two cases take turns on one server, so that both meet the same
//! machine. The wait is what a client sees, from its request to the answer with the result; when the task began is stored only in whole milliseconds, so of
//! that the mean is told beside it.

use baton_agents_runtime::diagnostics::NOOP;
use baton_domain::task::TaskState;
use baton_domain::wire::metrics::Overview;
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

use super::connection::{Connection, Request};
use super::fair_wait::{mean, queue};
use super::target::Target;
use super::{Bench, failed, median, now, quantile, stored, work};
use crate::start_error::StartError;

/// Tasks of other keys that are queued when their agent is resumed, and how many keys share them.
const QUEUED: usize = 100_000;
const KEYS: usize = 16;
/// How often each case has its turn, of which the median counts.
const TURNS: usize = 5;
/// New keys of one turn, and those before them that are not measured.
const PROBES: usize = 50;
const WARM: usize = 10;

/// The waits of one turn, in microseconds and sorted.
struct Waits {
    /// From request to answer.
    answered: Vec<f64>,
    /// From the stored creation to the stored start.
    started: Vec<f64>,
}

fn others() -> Vec<Value> {
    let task = |index: usize| json!({"skill": NOOP, "input": work::input(index), "fairness_key": format!("other-{}", index % KEYS)});
    (0..QUEUED).map(task).collect()
}

/// Gives one new key after another a task and waits for its result.
fn probe(connection: &mut Connection, token: &str, name: &str) -> Result<Waits, StartError> {
    let mut waits = Waits { answered: Vec::with_capacity(PROBES), started: Vec::with_capacity(PROBES) };
    let request = |index: usize| {
        let task = json!({"skill": NOOP, "input": work::input(index), "fairness_key": format!("{name}-{index}")});
        Request::post("/tasks?wait=30", token, &task.to_string())
    };
    let requests: Vec<Request> = (0..WARM + PROBES).map(request).collect();
    for (index, request) in requests.iter().enumerate() {
        let began = now();
        let answer = connection.call(request)?;
        let span = began.elapsed();
        let task: TaskDetail = serde_json::from_slice(answer).map_err(|error| failed(format!("an answer does not read: {error}")))?;
        let started =
            task.summary.started_at.filter(|_| task.summary.state == TaskState::Completed && task.result == Some(work::result(index)));
        let started = started.ok_or_else(|| failed(format!("the task of {name}-{index} did not complete with its result")))?;
        if index >= WARM {
            waits.answered.push(span.as_secs_f64() * 1e6);
            waits.started.push(started.since(task.summary.created_at).as_secs_f64() * 1e6);
        }
    }
    waits.answered.sort_by(f64::total_cmp);
    waits.started.sort_by(f64::total_cmp);
    Ok(waits)
}

/// How many tasks are queued now.
fn queued(connection: &mut Connection, token: &str) -> Result<u64, StartError> {
    let overview: Overview = connection.ask(&Request::get("/metrics/overview", token))?;
    Ok(overview.states.iter().filter(|state| state.state == TaskState::Queued).map(|state| state.count).sum())
}

/// The median of the turns at this share of each turn's waits.
fn at(turns: &[Waits], share: f64) -> f64 {
    median(&turns.iter().map(|waits| quantile(&waits.answered, share)).collect::<Vec<_>>())
}

/// The mean wait until a task of these turns began.
fn started(turns: &[Waits]) -> f64 {
    mean(&turns.iter().flat_map(|waits| waits.started.iter().copied()).collect::<Vec<_>>())
}

impl Bench {
    /// Measures both cases in turns.
    pub(super) fn new_key(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        self.warm(&mut target)?;
        let (mut alone, mut behind, mut left) = (Vec::with_capacity(TURNS), Vec::with_capacity(TURNS), Vec::with_capacity(TURNS));
        for turn in 0..TURNS {
            let mut connection = target.connect()?;
            let token = target.token()?;
            alone.push(probe(&mut connection, &token, &format!("alone-{turn}"))?);
            self.fill(&mut target, &mut connection)?;
            let token = target.token()?;
            behind.push(probe(&mut connection, &token, &format!("behind-{turn}"))?);
            let queued = queued(&mut connection, &token)?;
            if queued == 0 {
                return Err(failed("the queue was empty before the last new key had its turn"));
            }
            left.push(queued);
            stored::wait_until_done(&mut target)?;
        }
        let setting = format!("{} slots, {PROBES} new keys one after another, median of {TURNS} turns", self.config.slots);
        for (case, turns) in [("unloaded", &alone), ("behind", &behind)] {
            let more = json!({"p99": at(turns, 0.99), "max": at(turns, 1.0), "started_mean": started(turns)});
            self.report.figure(&format!("new_key_{case}_p50"), at(turns, 0.5), "µs", &setting, more);
        }
        let more = json!({"started_mean": started(&behind) / started(&alone), "others": QUEUED, "keys": KEYS, "still_queued": left});
        self.report.figure("new_key_ratio", at(&behind, 0.5) / at(&alone, 0.5), "times", &setting, more);
        target.stop().map(drop)
    }

    /// Queues the tasks of the other keys while their agent takes none, and lets it take them.
    fn fill(&self, target: &mut Target, connection: &mut Connection) -> Result<(), StartError> {
        target.drain_agent(true)?;
        let token = target.token()?;
        queue(connection, &token, &others(), self.config.batch as usize)?;
        target.drain_agent(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_turns_the_middle_one_counts() {
        let turn = |wait: f64| Waits { answered: vec![wait, wait + 1.0, wait + 2.0], started: vec![wait] };
        let turns = [turn(1.0), turn(900.0), turn(5.0)];
        assert!((at(&turns, 0.5) - 6.0).abs() < f64::EPSILON);
        assert!((started(&turns) - 302.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_other_tasks_are_shared_among_their_keys() {
        let others = others();
        assert_eq!(others.len(), QUEUED);
        let of_the_first = others.iter().filter(|task| task["fairness_key"] == "other-0").count();
        assert_eq!(of_the_first, QUEUED / KEYS);
    }
}
