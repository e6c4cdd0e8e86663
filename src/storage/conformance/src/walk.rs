//! Do the invariants hold whatever is asked for? A seed decides a long walk of operations, sensible and senseless, and
//! two back-ends must tell the same story of it.

mod flows;

use baton_domain::agent::AgentStatus;
use baton_domain::id::{DecisionId, JournalId, LeaseToken, TaskId};
use baton_domain::task::{Priority, TaskState, Trigger, WaitKind};
use baton_domain::user::Principal;
use baton_domain::wire::limit::LimitScope;
use baton_domain::wire::task::{AttemptOutcome, Failure};
use baton_storage::{Advance, AttemptEnd, BegunTask, Checkpoint, Completion, DueTask, Guard};
use serde_json::json;

use crate::dice::Dice;
use crate::make::{LEASE, agent, at, person, wait};
use crate::{Backend, World};

/// A walk and what it has met so far.
struct Walk<'a> {
    world: &'a World,
    dice: Dice,
    /// For what has nothing to do with tasks, which so go the same way whatever is done beside them.
    beside: Dice,
    now: i64,
    tasks: Vec<TaskId>,
    /// Every attempt that ever began; most of their leases are stale.
    begun: Vec<BegunTask>,
    /// Every journal that was ever opened.
    journals: Vec<JournalId>,
    story: Vec<String>,
}

impl Walk<'_> {
    async fn step(&mut self) {
        self.now += 1 + i64::try_from(self.dice.roll(400)).unwrap();
        let told = match self.dice.roll(23) {
            0..=2 => self.submit().await,
            3..=6 => self.begin().await,
            7..=9 => self.complete().await,
            10..=14 => self.advance().await,
            15 => self.cancel().await,
            16 => self.heartbeat().await,
            17 => self.look_at_the_clock().await,
            18 => self.drain().await,
            19 => self.limit().await,
            20 => self.pause().await,
            21 => self.checkpoint().await,
            _ => self.ask().await,
        };
        self.story.push(format!("{} {told}", self.now));
        let told = self.beside().await;
        self.story.push(told);
    }

    async fn submit(&mut self) -> String {
        let mut batch = Vec::new();
        for _ in 0..=self.dice.roll(3) {
            let mut new = self.world.new_task();
            new.task.ready_at = at(self.now);
            let summary = &mut new.task.summary;
            summary.created_at = at(self.now);
            summary.priority = Priority::new(u8::try_from(self.dice.roll(5) + 1).unwrap()).unwrap();
            summary.maximum_attempts = u32::try_from(self.dice.roll(3) + 1).unwrap();
            if self.dice.sometimes() {
                wait(summary, at(self.now + 300));
            } else if self.dice.sometimes() {
                summary.not_before = Some(at(self.now + 200));
            }
            if self.dice.sometimes() {
                summary.fairness_key = self.dice.pick(&["a", "b"]).map(|key| (*key).to_owned());
            }
            if self.dice.roll(5) == 0 {
                summary.parent_id = self.dice.pick(&self.tasks).copied();
            }
            if self.dice.roll(4) == 0 {
                summary.state = TaskState::Waiting;
                summary.wait_kind = Some(WaitKind::Dependency);
                new.depends_on.extend(self.dice.pick(&self.tasks).copied());
                new.depends_on.extend(self.dice.pick(&self.tasks).copied());
            }
            if self.dice.sometimes() {
                new.task.timeouts.schedule_to_start_ms = Some(900);
                new.task.timeouts.schedule_to_close_ms = Some(2_000);
            }
            batch.push(new);
        }
        if self.dice.roll(6) == 0
            && let (Some(new), Some(known)) = (batch.last_mut(), self.tasks.last())
        {
            new.task.summary.id = *known;
        }
        let ids: Vec<TaskId> = batch.iter().map(|new| new.task.summary.id).collect();
        let answer = self.world.store.insert_tasks(batch, None).await;
        if answer.is_ok() {
            self.tasks.extend(ids);
        }
        format!("insert {answer:?}")
    }

    async fn begin(&mut self) -> String {
        let mut assignments = Vec::new();
        for _ in 0..=self.dice.roll(4) {
            if let Some(task) = self.dice.pick(&self.tasks) {
                assignments.push(self.world.assignment(*task, at(self.now)));
            }
        }
        // The same task twice is a case of its own.
        assignments.sort_by_key(|assignment| assignment.task);
        assignments.dedup_by_key(|assignment| assignment.task);
        let begun = self.world.store.begin(assignments).await.unwrap();
        let told = format!("begin {begun:?}");
        self.begun.extend(begun);
        told
    }

    async fn complete(&mut self) -> String {
        let Some(begun) = self.dice.pick(&self.begun) else { return String::new() };
        let completion = Completion { result: json!({"at": self.now}), ..World::completion(begun, at(self.now)) };
        format!("complete {:?}", self.world.store.complete(completion).await.unwrap())
    }

    async fn advance(&mut self) -> String {
        let Some(id) = self.dice.pick(&self.tasks).copied() else { return String::new() };
        let task = self.world.record(id).await;
        // An agent is chosen with `begin`, which also gives the lease out.
        let triggers: Vec<Trigger> = Trigger::ALL.iter().copied().filter(|trigger| *trigger != Trigger::Assign).collect();
        let guard = match self.dice.roll(4) {
            0 => Guard::Lease(task.lease),
            1 => Guard::Lease(LeaseToken(task.lease.0 - 1)),
            2 => Guard::State(*self.dice.pick(TaskState::ALL).unwrap()),
            _ => Guard::State(task.summary.state),
        };
        let trigger = *self.dice.pick(&triggers).unwrap();
        let mut change = Advance::new(id, guard, trigger, person(), at(self.now));
        change.wait_kind = self.dice.pick(WaitKind::ALL).copied();
        if self.dice.sometimes() {
            change.reason = Some("because".to_owned());
            change.not_before = Some(at(self.now + 150));
        }
        if self.dice.sometimes() {
            let failure = Failure { code: "SKILL-001".to_owned(), message: "No.".to_owned(), retryable: true };
            change.failure = Some(failure.clone());
            change.attempt_end = Some(AttemptEnd { outcome: AttemptOutcome::Failed, failure: Some(failure) });
        }
        format!("advance {guard:?} {trigger} {:?}", self.world.store.advance(change).await.unwrap())
    }

    async fn cancel(&mut self) -> String {
        let Some(id) = self.dice.pick(&self.tasks).copied() else { return String::new() };
        format!("cancel {:?}", self.world.store.request_cancel(id, person(), at(self.now)).await.unwrap())
    }

    async fn pause(&mut self) -> String {
        let Some(id) = self.dice.pick(&self.tasks).copied() else { return String::new() };
        let wanted = self.dice.roll(3) > 0;
        format!("pause {wanted} {:?}", self.world.store.request_pause(id, wanted, person(), at(self.now)).await.unwrap())
    }

    async fn checkpoint(&mut self) -> String {
        let Some(begun) = self.dice.pick(&self.begun) else { return String::new() };
        let (task, lease) = (begun.task.summary.id, begun.task.lease);
        let checkpoint = Checkpoint { task, lease, state: json!({"at": self.now}), at: at(self.now) };
        let answer = self.world.store.save_checkpoint(checkpoint).await.unwrap();
        let (kept, forgotten) =
            (self.world.store.checkpoint(task).await.unwrap(), self.world.store.forget_checkpoints(u32::MAX).await.unwrap());
        format!("checkpoint {answer:?} {kept:?} {forgotten}")
    }

    async fn heartbeat(&mut self) -> String {
        let until = at(self.now).plus(LEASE / 60);
        let leases = self.begun.iter().map(|begun| (begun.task.summary.id, begun.task.lease)).collect();
        format!("heartbeat {:?}", self.world.beat(leases, until).await)
    }

    /// Does what the engine does about what is due.
    async fn look_at_the_clock(&mut self) -> String {
        let mut due = self.world.store.due_tasks(at(self.now), 99).await.unwrap();
        // Only timers come in an order that is promised.
        due.sort_by_key(|due| format!("{due:?}"));
        let mut told = format!("due {due:?}");
        for due in due {
            let (id, guard, trigger) = match due {
                DueTask::Timer(id) => (id, Guard::State(TaskState::Waiting), Trigger::Release),
                DueTask::StartedTooLate(id, state) | DueTask::ClosedTooLate(id, state) => (id, Guard::State(state), Trigger::TimeOut),
                DueTask::LeaseExpired(id, lease) => (id, Guard::Lease(lease), Trigger::LoseWorker),
                DueTask::Awaited(id) => {
                    let settled = self.world.store.settle_dependents(id, at(self.now), 2).await.unwrap();
                    told.push_str(&format!("{settled:?}"));
                    continue;
                }
                DueTask::Orphan(id) => {
                    let asked = self.world.store.request_cancel(id, Principal::System, at(self.now)).await.unwrap();
                    told.push_str(&format!("{asked:?}"));
                    continue;
                }
                DueTask::Voted(id) => {
                    told.push_str(&format!(
                        "{:?}",
                        self.world.store.differ(id, DecisionId::new(self.world.id()), at(self.now)).await.unwrap()
                    ));
                    continue;
                }
                DueTask::CancelPending(id) => {
                    let state = self.world.record(id).await.summary.state;
                    (id, Guard::State(state), Trigger::Cancel)
                }
            };
            let change = Advance::new(id, guard, trigger, Principal::System, at(self.now));
            told.push_str(&format!("{:?}", self.world.store.advance(change).await.unwrap()));
        }
        told
    }

    async fn drain(&mut self) -> String {
        if self.dice.sometimes() {
            let others =
                if self.dice.sometimes() { vec![] } else { vec![self.world.registration("other"), self.world.registration("nlp")] };
            return format!("register {:?}", self.world.store.register_agents(others, at(self.now)).await);
        }
        let status = *self.dice.pick(AgentStatus::ALL).unwrap();
        format!("{status} {:?}", self.world.store.set_agent_status(agent().id, status, person(), at(self.now)).await)
    }

    async fn limit(&mut self) -> String {
        let scope = *self.dice.pick(LimitScope::ALL).unwrap();
        let name = if scope == LimitScope::Skill { "nlp.sentiment" } else { "a" }.to_owned();
        if self.dice.roll(3) > 0 {
            return format!("unlimited {:?}", self.world.store.remove_limit(scope, name, person(), at(self.now)).await.unwrap());
        }
        let maximum = u32::try_from(self.dice.roll(4) + 1).unwrap();
        format!("limited {:?}", self.world.store.set_limit(scope, name, maximum, person(), at(self.now)).await.unwrap())
    }

    /// Asks what the dispatcher asks.
    async fn ask(&mut self) -> String {
        let (store, now) = (&self.world.store, at(self.now));
        let ready = self.world.ready("nlp.sentiment", 5, now).await;
        let next = store.next_due(now).await.unwrap();
        let leased = store.leased_tasks().await.unwrap();
        let held = store.tasks_of_agent(agent().id).await.unwrap();
        let agents = store.agents().await.unwrap();
        format!("{ready:?} {next:?} {leased:?} {held:?} {agents:?}")
    }
}

/// Walks that many steps from a seed, checks the invariants after each, and tells every answer.
pub async fn walk(world: &World, seed: u64, steps: usize) -> Vec<String> {
    world.register_agent().await;
    let (dice, beside) = (Dice(seed), Dice(seed + 1));
    let mut walk = Walk { world, dice, beside, now: 0, tasks: Vec::new(), begun: Vec::new(), journals: Vec::new(), story: Vec::new() };
    for _ in 0..steps {
        walk.step().await;
        world.holds().await;
    }
    let mut story = walk.story;
    story.push(format!("{:?}", world.image().await));
    story
}

/// Walks on two back-ends and compares all they answered.
pub fn same_story(one: impl Backend + 'static, other: impl Backend + 'static, seed: u64, steps: usize) {
    tell_both(Box::new(one), Box::new(other), seed, steps);
}

fn tell_both(one: Box<dyn Backend>, other: Box<dyn Backend>, seed: u64, steps: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (one, other) = (World::open(one).await, World::open(other).await);
        let (left, right) = (walk(&one, seed, steps).await, walk(&other, seed, steps).await);
        for (step, (left, right)) in left.iter().zip(&right).enumerate() {
            assert_eq!(left, right, "seed {seed}, step {step}");
        }
    });
}

pub async fn random_operations_keep_the_invariants(world: &World) {
    walk(world, 1, 120).await;
}

pub async fn other_random_operations_keep_the_invariants(world: &World) {
    walk(world, 2_026, 120).await;
}

pub async fn the_same_seed_tells_the_same_story(world: &World) {
    let story = walk(world, 7, 40).await;
    assert!(story.iter().any(|told| told.contains("Applied")), "something happened: {story:?}");
}
