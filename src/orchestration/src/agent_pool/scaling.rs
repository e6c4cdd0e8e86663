//! When does an agent get another instance, and when does it lose one?
//!
//! By the age of its queue: the first task in line has been ready for so long. There are two thresholds, and spans that each must
//! hold, so that a queue that comes and goes does not make instances come and go with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::agent::InstanceRange;
use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::{QueueClass, StoreError, Wanted};

use crate::engine::Shared;

/// When the pool grows and shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScalingOptions {
    /// How often queues are looked at.
    pub every: Duration,
    /// The age of a queue from which the agent gets another instance.
    pub grow_at: Duration,
    /// The age of a queue up to which it may lose one.
    pub shrink_at: Duration,
    /// How long the queue must have been so old, and how long a change is left to work.
    pub grow_after: Duration,
    /// How long it must have been so young, with an instance's worth of slots free.
    pub shrink_after: Duration,
}

impl Default for ScalingOptions {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(1),
            grow_at: Duration::from_secs(2),
            shrink_at: Duration::from_millis(200),
            grow_after: Duration::from_secs(3),
            shrink_after: Duration::from_secs(60),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Keep,
    Grow,
    Shrink,
}

/// What was seen of an agent's queue.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scaler {
    old_since: Option<Timestamp>,
    young_since: Option<Timestamp>,
}

impl Scaler {
    /// What follows from a queue of this age; `spare` says whether the agent could do its work with one instance less.
    pub(super) fn look(
        &mut self,
        age: Duration,
        spare: bool,
        instances: u32,
        range: InstanceRange,
        now: Timestamp,
        options: &ScalingOptions,
    ) -> Scale {
        self.old_since = if age >= options.grow_at { self.old_since.or(Some(now)) } else { None };
        self.young_since = if age <= options.shrink_at && spare { self.young_since.or(Some(now)) } else { None };
        let lasts = |since: Option<Timestamp>, span: Duration| since.is_some_and(|since| now.since(since) >= span);
        let scale = if lasts(self.old_since, options.grow_after) && instances < range.maximum {
            Scale::Grow
        } else if lasts(self.young_since, options.shrink_after) && instances > range.minimum {
            Scale::Shrink
        } else {
            return Scale::Keep;
        };
        // Each further change must earn its own span.
        *self = Self::default();
        scale
    }
}

/// How many tasks of a skill and priority are looked at, and of each of their classes: the key whose turn is next may have just been given
/// its last one, and the first ones of a class may be for others.
const HEADS: u32 = 16;

/// Looks at the queues of agents that may grow, until the engine stops. Ends at once if there is none.
pub(crate) async fn run(shared: Arc<Shared>) {
    let every = shared.options.scaling.every;
    while shared.pool.is_elastic() {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "the age of the queues is not known now");
        }
    }
}

async fn look(shared: &Shared) -> Result<(), StoreError> {
    for (agent, skills) in shared.pool.elastic_agents() {
        let now = shared.sources.clock.now();
        let mut age = Duration::ZERO;
        // The queue is read only if nothing is free: else it is as young as the dispatcher is quick.
        if shared.pool.is_full(agent) {
            let heads = shared.backlog.lanes(&skills, HEADS, shared.refusals.tasks(), |_| false);
            let wanted: Vec<Wanted> = heads.iter().map(|lane| Wanted::first(lane.class(), HEADS)).collect();
            let mut tasks = shared.store.ready_tasks(&wanted, now).await?;
            // Another instance would not take the others either.
            tasks.retain(|task| shared.pool.has_all(agent, &task.labels));
            let mut oldest: BTreeMap<QueueClass, TaskId> = BTreeMap::new();
            for task in tasks {
                let class = QueueClass { skill: task.skill, fairness_key: task.fairness_key, priority: task.priority };
                oldest.entry(class).or_insert(task.id);
            }
            for id in oldest.into_values() {
                if let Some(task) = shared.store.task(id).await? {
                    age = age.max(now.since(task.ready_at));
                }
            }
        }
        shared.pool.scale(agent, age, now, &shared.options.scaling);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: InstanceRange = InstanceRange { minimum: 1, maximum: 3 };

    /// Looks every second at a queue of these ages; says what was done at which second.
    fn watch(ages: impl IntoIterator<Item = u64>) -> Vec<(usize, Scale)> {
        let (mut scaler, mut instances) = (Scaler::default(), 1);
        let mut done = Vec::new();
        for (second, age) in ages.into_iter().enumerate() {
            let now = Timestamp::from_millis(second as i64 * 1_000);
            let scale = scaler.look(Duration::from_millis(age), true, instances, RANGE, now, &ScalingOptions::default());
            match scale {
                Scale::Keep => continue,
                Scale::Grow => instances += 1,
                Scale::Shrink => instances -= 1,
            }
            assert!((RANGE.minimum..=RANGE.maximum).contains(&instances));
            done.push((second, scale));
        }
        done
    }

    #[test]
    fn a_queue_that_stays_old_gets_instances_up_to_the_maximum() {
        assert_eq!(watch([5_000; 30]), [(3, Scale::Grow), (7, Scale::Grow)]);
    }

    #[test]
    fn a_queue_that_comes_and_goes_changes_nothing() {
        assert_eq!(watch((0..300).map(|second| if second % 3 == 2 { 100 } else { 5_000 })), []);
        assert_eq!(watch((0..300).map(|_| 1_000)), [], "between the thresholds");
    }

    #[test]
    fn instances_go_one_by_one_when_the_queue_stays_young() {
        let ages = std::iter::repeat_n(5_000, 8).chain(std::iter::repeat_n(0, 200));
        let done = watch(ages);
        assert_eq!(done[..2], [(3, Scale::Grow), (7, Scale::Grow)]);
        assert_eq!(done[2..], [(68, Scale::Shrink), (129, Scale::Shrink)]);
    }

    #[test]
    fn an_instance_that_is_needed_stays() {
        let mut scaler = Scaler::default();
        for second in 0..200 {
            let now = Timestamp::from_millis(second * 1_000);
            assert_eq!(scaler.look(Duration::ZERO, false, 3, RANGE, now, &ScalingOptions::default()), Scale::Keep);
        }
    }
}
