//! Did a task wait although a server that works had a place free for it all that time? Then it was not for others that it waited.
//!
//! How long a task may wait at all depends on what else there is to do and how urgent that is. Beside a free place it has nothing to wait for
//! but calls that are lost and what else a dispatcher does again after seconds. A place counts as free only while its server is up, goes on and is
//! connected, fewer attempts are stored as its agent's than it takes, and the agent's circuit cannot be open by what came of them.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AttemptOutcome, AttemptView};
use baton_storage::TaskRows;

use crate::agent::{self, Kind};
use crate::client::LIMITED;
use crate::host::{self, BREAKER};
use crate::world::World;

/// The longest that a task may wait beside a free place: a lease, a sweep, what is forgotten every ten seconds, and several lost calls.
const LONGEST: Duration = Duration::from_secs(30);
/// A place that is free for a shorter time says nothing.
const SHORT: Duration = Duration::from_secs(1);
/// Attempts in a row that must have succeeded for a circuit that may have opened to be closed again for sure.
const CLOSES: u32 = 4;

/// An agent on a server.
struct Place {
    kind: &'static Kind,
    /// From when until when it could take one more attempt.
    free: Vec<(Timestamp, Timestamp)>,
}

enum Change {
    /// Whether the server works from now on.
    Works(bool),
    Begins,
    /// An attempt ends; whether it completed its task.
    Ends(bool),
}

/// What is known of a place at one instant.
#[derive(Default)]
struct Known {
    works: bool,
    busy: i64,
    failures: u32,
    failed_in_a_row: u32,
    succeeded_in_a_row: u32,
    may_be_open: bool,
}

impl Known {
    fn take_in(&mut self, change: &Change) {
        match change {
            Change::Works(works) => self.works = *works,
            Change::Begins => self.busy += 1,
            Change::Ends(true) => {
                self.busy -= 1;
                self.failed_in_a_row = 0;
                self.succeeded_in_a_row += 1;
                self.may_be_open &= self.succeeded_in_a_row < CLOSES;
            }
            // Some of these are nobody's fault and open no circuit.
            Change::Ends(false) => {
                self.busy -= 1;
                self.failures += 1;
                self.failed_in_a_row += 1;
                self.succeeded_in_a_row = 0;
                self.may_be_open |= self.failed_in_a_row >= BREAKER.consecutive_failures;
            }
        }
    }

    fn is_free(&self, slots: u32) -> bool {
        let rarely_failed = f64::from(self.failures) < BREAKER.failure_rate * f64::from(BREAKER.window);
        self.works && self.busy < i64::from(slots) && !self.may_be_open && rarely_failed
    }
}

/// Looks at all waits; gives the longest one beside a free place, too.
pub(crate) fn check(world: &World, rows: &BTreeMap<TaskId, TaskRows>) -> (Vec<Violation>, Duration) {
    let places = places(world, rows);
    let mut found = Vec::new();
    let mut longest = Duration::ZERO;
    // Those of the limited key wait for one another.
    for task in rows.values().filter(|task| task.task.summary.fairness_key.as_deref() != Some(LIMITED.0)) {
        let summary = &task.task.summary;
        let fits = |place: &&Place| {
            let has = |label: &String| place.kind.labels.contains(&label.as_str());
            place.kind.skills.contains(&summary.skill.as_str()) && summary.labels.iter().all(has)
        };
        for attempt in &task.attempts {
            let Some(ready) = attempt.ready_at else { continue };
            let beside = |(from, until): &(Timestamp, Timestamp)| (*until).min(attempt.assigned_at).since((*from).max(ready));
            let waited = places.iter().filter(fits).flat_map(|place| place.free.iter().map(beside)).max().unwrap_or_default();
            longest = longest.max(waited);
            if waited > LONGEST {
                let what = format!("task {} ({}, {:?}, {:?})", summary.id, summary.skill, summary.priority, summary.labels);
                let detail = format!("{what} waited {waited:?} beside a free place for attempt {}", attempt.number);
                found.push(Violation { invariant: Invariant::NothingStarves, detail });
            }
        }
    }
    (found, longest)
}

fn places(world: &World, rows: &BTreeMap<TaskId, TaskRows>) -> Vec<Place> {
    let mut attempts: BTreeMap<(String, String), Vec<&AttemptView>> = BTreeMap::new();
    for attempt in rows.values().flat_map(|task| &task.attempts) {
        if let Some(server) = &attempt.server {
            attempts.entry((server.name.clone(), attempt.agent.name.clone())).or_default().push(attempt);
        }
    }
    let worked = world.worked();
    let mut places = Vec::new();
    for server in 0..world.plan.servers {
        for kind in agent::carried(server) {
            let mut changes: Vec<(Timestamp, Change)> =
                worked.iter().filter(|(_, of, _)| *of == server).map(|(at, _, works)| (*at, Change::Works(*works))).collect();
            for attempt in attempts.remove(&(host::name(server), kind.name.to_owned())).unwrap_or_default() {
                changes.push((attempt.assigned_at, Change::Begins));
                let completed = attempt.outcome == Some(AttemptOutcome::Completed);
                changes.extend(attempt.ended_at.map(|at| (at, Change::Ends(completed))));
            }
            places.push(Place { kind, free: free(changes, kind.slots) });
        }
    }
    places
}

/// When a place was free to which this happened.
fn free(mut changes: Vec<(Timestamp, Change)>, slots: u32) -> Vec<(Timestamp, Timestamp)> {
    changes.sort_by_key(|(at, _)| *at);
    let (mut known, mut since, mut free) = (Known::default(), None, Vec::new());
    for (at, change) in changes {
        known.take_in(&change);
        if known.is_free(slots) {
            since = since.or(Some(at));
        } else if let Some(from) = since.take() {
            free.push((from, at));
        }
    }
    free.extend(since.map(|from| (from, Timestamp::from_millis(i64::MAX))));
    free.retain(|(from, until)| until.since(*from) >= SHORT);
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn seconds(free: &[(Timestamp, Timestamp)]) -> Vec<(i64, i64)> {
        free.iter().map(|(from, until)| (from.as_millis() / 1_000, until.as_millis() / 1_000)).collect()
    }

    #[test]
    fn a_place_is_free_while_its_server_works_and_it_takes_another_attempt() {
        let changes = vec![
            (at(1), Change::Works(true)),
            (at(5), Change::Begins),
            (at(7), Change::Begins),
            (at(9), Change::Ends(true)),
            (at(12), Change::Works(false)),
            (at(13), Change::Ends(false)),
            (at(20), Change::Works(true)),
            (at(30), Change::Works(false)),
        ];
        assert_eq!(seconds(&free(changes, 2)), [(1, 7), (9, 12), (20, 30)]);
    }

    #[test]
    fn a_place_whose_circuit_may_be_open_is_not_free_until_it_must_be_closed() {
        let mut changes = vec![(at(0), Change::Works(true))];
        let failures = i64::from(BREAKER.consecutive_failures);
        for number in 1..=failures {
            changes.extend([(at(number), Change::Begins), (at(number), Change::Ends(false))]);
        }
        for number in 1..=4 {
            changes.extend([(at(failures + number), Change::Begins), (at(failures + number), Change::Ends(true))]);
        }
        changes.push((at(100), Change::Works(false)));
        assert_eq!(seconds(&free(changes, 2)), [(0, failures), (failures + 4, 100)]);
    }
}
