//! How much longer does a workflow's list of 10,000 items take than the same tasks submitted directly?
//!
//! The two cases take turns on one server, and which of them goes first changes from turn to turn, so that both meet the same machine. The list has as many
//! items under way as the agent has slots, which is how many of the direct tasks run at once. Both are done when the store says so: no unfinished task, no run
//! that goes on. Then every task of either must be completed, with the input and the result of its number, and every item of the run with that result.

use baton_agents_runtime::diagnostics::NOOP;
use baton_domain::id::{RunId, TaskId};
use baton_domain::page::Page;
use baton_domain::wire::run::{ItemState, ItemView, RunDetail, RunState, RunSummary};
use serde_json::{Value, json};

use super::connection::Request;
use super::report::Watch;
use super::target::Target;
use super::{Bench, BenchConfig, failed, median, now, stored, submit, work};
use crate::start_error::StartError;

/// Items of the list, the most that one may have, and as many direct tasks.
const ITEMS: usize = 10_000;
/// Items of a run that is not measured.
const WARM: usize = 500;
/// How often each case has its turn, of which the median counts.
const TURNS: usize = 3;
/// The most items that a list may have under way.
const MOST_AT_ONCE: u32 = 1_000;
/// The workflow and its only step.
const WORKFLOW: &str = "bench-foreach";
const STEP: &str = "each";

/// What a case took in one turn.
struct Case {
    seconds: f64,
    cores: Value,
}

/// The workflow: a list of as many items as its run is told.
fn document(at_once: u32) -> Value {
    let each = json!({
        "uses": NOOP,
        "foreach": {"items": "${{ range(inputs.count) }}", "concurrency": at_once},
        "with": work::template(),
    });
    json!({"name": WORKFLOW, "version": 1, "inputs": {"count": {"type": "integer"}}, "steps": {STEP: each}})
}

/// The tasks, submitted directly.
fn direct(target: &mut Target, config: &BenchConfig) -> Result<Case, StartError> {
    let watch = Watch::start(target.pid)?;
    let sent = submit::submit(target, config, ITEMS)?;
    let done = stored::wait_until_done(target)?;
    let case = Case { seconds: done.duration_since(sent.began).as_secs_f64(), cores: watch.cores()? };
    check(target, &sent.ids)?;
    Ok(case)
}

/// The same tasks as the items of a run.
fn run(target: &mut Target, count: usize) -> Result<Case, StartError> {
    let mut connection = target.connect()?;
    let body = json!({"workflow": WORKFLOW, "input": {"count": count}}).to_string();
    let request = Request::post("/runs", &target.token()?, &body);
    let watch = Watch::start(target.pid)?;
    let began = now();
    let run: RunSummary = connection.ask(&request)?;
    let done = stored::wait_until_runs_end(target)?;
    let case = Case { seconds: done.duration_since(began).as_secs_f64(), cores: watch.cores()? };
    let ids = tasks_of(target, run.id, count)?;
    check(target, &ids)?;
    Ok(case)
}

/// The tasks of a run's items, in the order of the list. The run must have completed, and so must every item, with its result.
fn tasks_of(target: &mut Target, run: RunId, count: usize) -> Result<Vec<TaskId>, StartError> {
    let mut connection = target.connect()?;
    let detail: RunDetail = connection.ask(&Request::get(&format!("/runs/{run}"), &target.token()?))?;
    if detail.summary.state != RunState::Completed {
        return Err(failed(format!("run {run} is {}", detail.summary.state)));
    }
    let mut ids = Vec::with_capacity(count);
    let mut cursor = String::new();
    loop {
        let request = Request::get(&format!("/runs/{run}/steps/{STEP}/items?limit=500{cursor}"), &target.token()?);
        let page: Page<ItemView> = connection.ask(&request)?;
        for item in &page.items {
            let id = task_of(item, ids.len())?;
            ids.push(id);
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    if ids.len() == count { Ok(ids) } else { Err(failed(format!("run {run} has {} items of {count}", ids.len()))) }
}

/// The task of an item, which must be the one of this place and completed with its result.
fn task_of(item: &ItemView, index: usize) -> Result<TaskId, StartError> {
    let right = item.index as usize == index && item.state == ItemState::Completed && item.output == Some(work::result(index));
    let task = item.task.filter(|_| right);
    task.ok_or_else(|| failed(format!("in place of item {index} there is item {}, {}, or it has another result", item.index, item.state)))
}

/// Every one of these tasks must be stored once, completed, with its input and its result.
fn check(target: &mut Target, ids: &[TaskId]) -> Result<(), StartError> {
    stored::read_back(target, ids)?;
    stored::compare(target, ids, 1)
}

/// How much longer the run took, turn by turn.
fn ratios(direct: &[Case], listed: &[Case]) -> Vec<f64> {
    listed.iter().zip(direct).map(|(listed, direct)| listed.seconds / direct.seconds).collect()
}

impl Bench {
    /// Measures both cases in turns.
    pub(super) fn foreach(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        self.warm(&mut target)?;
        let at_once = self.config.slots.min(MOST_AT_ONCE);
        let body = json!({"text": document(at_once).to_string()}).to_string();
        let request = Request::post("/workflows", &target.token()?, &body);
        target.connect()?.call(&request)?;
        run(&mut target, WARM)?;
        let (mut direct_cases, mut listed) = (Vec::with_capacity(TURNS), Vec::with_capacity(TURNS));
        for turn in 0..TURNS {
            let direct_first = turn % 2 == 0;
            if direct_first {
                direct_cases.push(direct(&mut target, &self.config)?);
            }
            listed.push(run(&mut target, ITEMS)?);
            if !direct_first {
                direct_cases.push(direct(&mut target, &self.config)?);
            }
        }
        let (setting, slots) = (self.setting(), self.config.slots);
        let setting = format!("{setting}, {slots} slots, {at_once} items at once, N={ITEMS}, median of {TURNS} turns");
        for (name, cases) in [("foreach_direct", &direct_cases), ("foreach_run", &listed)] {
            let seconds: Vec<f64> = cases.iter().map(|case| case.seconds).collect();
            let cores: Vec<&Value> = cases.iter().map(|case| &case.cores).collect();
            self.report.figure(name, median(&seconds), "s", &setting, json!({"turns": seconds, "cores": cores}));
        }
        let turns = ratios(&direct_cases, &listed);
        self.report.figure("foreach_ratio", median(&turns), "times", &setting, json!({"turns": turns}));
        target.stop().map(drop)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn item(index: u32) -> ItemView {
        let task = Some(TaskId::new(uuid::Uuid::from_u128(u128::from(index) + 1)));
        let output = Some(work::result(index as usize));
        ItemView {
            index,
            generation: 1,
            state: ItemState::Completed,
            output,
            output_bytes: None,
            error: None,
            task,
            run: None,
            decision: None,
        }
    }

    #[test]
    fn an_item_without_its_result_is_no_figure() {
        assert_eq!(task_of(&item(7), 7).unwrap(), item(7).task.unwrap());
        let wrong = [
            ItemView { state: ItemState::Failed, ..item(7) },
            ItemView { output: None, ..item(7) },
            ItemView { output: Some(work::result(8)), ..item(7) },
            ItemView { task: None, ..item(7) },
        ];
        for item in wrong {
            assert!(task_of(&item, 7).is_err(), "{item:?}");
        }
        assert!(task_of(&item(7), 8).is_err(), "one is missing before it");
    }

    #[test]
    fn each_turn_is_compared_with_itself() {
        let cases = |seconds: [f64; 2]| seconds.map(|seconds| Case { seconds, cores: Value::Null });
        assert_eq!(ratios(&cases([2.0, 4.0]), &cases([3.0, 4.0])), [1.5, 1.0]);
    }
}
