//! In which order are the tasks of a round given out? By priority, which rises with age; then by skill, in turn; then by fairness key.
//!
//! A task counts as one priority higher for each step of [`AGING_STEP`](baton_domain::task::AGING_STEP) that it waits. What has come to
//! count as much takes turns with what was submitted so, whatever its age: a background task begins within four steps, even behind an
//! endless backlog of critical ones, and then leaves every other turn to them.

use std::collections::{HashMap, VecDeque};

use baton_domain::task::Priority;
use baton_domain::time::Timestamp;
use baton_storage::ReadyTask;

use crate::backlog::Lane;

/// When each priority and each skill last had its turn.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    count: u64,
    levels: HashMap<Priority, u64>,
    skills: HashMap<String, u64>,
}

struct Row {
    lane: Lane,
    /// Which tag is the lane's: lanes of the same skill and key have one together.
    flow: usize,
    tasks: VecDeque<ReadyTask>,
}

impl Turns {
    /// The tasks of these lanes, each lane's in its own order.
    pub(crate) fn order(&mut self, lanes: Vec<(Lane, Vec<ReadyTask>)>, now: Timestamp) -> Vec<ReadyTask> {
        let mut lanes: Vec<(Lane, Vec<ReadyTask>)> = lanes.into_iter().filter(|(_, tasks)| !tasks.is_empty()).collect();
        // Most installations have one key and one priority.
        if lanes.len() == 1 {
            return lanes.pop().map(|(_, tasks)| tasks).unwrap_or_default();
        }
        let mut tags: Vec<f64> = Vec::new();
        let mut flows = HashMap::new();
        let mut rows = Vec::with_capacity(lanes.len());
        for (lane, tasks) in lanes {
            let flow = *flows.entry((lane.skill.clone(), lane.turn.key.clone())).or_insert_with(|| {
                tags.push(lane.turn.tag);
                tags.len() - 1
            });
            rows.push(Row { lane, flow, tasks: tasks.into() });
        }
        let mut ordered = Vec::new();
        while let Some(next) = self.next(&rows, &tags, now) {
            let Row { lane, flow, tasks } = &mut rows[next];
            ordered.extend(tasks.pop_front());
            tags[*flow] += 1.0 / lane.turn.weight;
            self.count += 1;
            self.levels.insert(lane.priority, self.count);
            match self.skills.get_mut(&lane.skill) {
                Some(last) => *last = self.count,
                None => drop(self.skills.insert(lane.skill.clone(), self.count)),
            }
        }
        ordered
    }

    fn next(&self, rows: &[Row], tags: &[f64], now: Timestamp) -> Option<usize> {
        let fronts = || rows.iter().enumerate().filter_map(|(index, row)| Some((index, row, row.tasks.front()?)));
        let level = |(_, row, task): &(usize, &Row, &ReadyTask)| {
            let priority = row.lane.priority;
            let aged = priority.aged(now.since(priority.ready_at(task.rank)));
            (aged, self.levels.get(&priority).copied().unwrap_or(0), priority)
        };
        let best = fronts().min_by_key(level)?.1.lane.priority;
        let of_level = || fronts().filter(|(_, row, _)| row.lane.priority == best);
        let turn = |(_, row, task): &(usize, &Row, &ReadyTask)| {
            (self.skills.get(&row.lane.skill).copied().unwrap_or(0), task.rank, row.lane.skill.clone())
        };
        let skill = &of_level().min_by_key(turn)?.1.lane.skill;
        let of_skill = of_level().filter(|(_, row, _)| row.lane.skill == *skill);
        let by_tag = |one: &(usize, &Row, &ReadyTask), other: &(usize, &Row, &ReadyTask)| {
            tags[one.1.flow].total_cmp(&tags[other.1.flow]).then_with(|| (one.2.rank, one.2.id).cmp(&(other.2.rank, other.2.id)))
        };
        of_skill.min_by(by_tag).map(|(index, ..)| index)
    }
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
