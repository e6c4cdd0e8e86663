//! Does a store behave as a small model says, whatever is asked of it in whatever order? A property over sequences of operations,
//! which shrink to the shortest that fails.

use std::collections::BTreeMap;

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::task::{Priority, TaskState, Trigger, WaitKind, apply};
use baton_storage::{Advance, Advanced, BegunTask, CancelRequest, Checkpoint, Checkpointed, DueTask, Guard, PauseRequest};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::make::{at, person};
use crate::{Backend, World};

/// One thing that is asked for. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Submit {
        priority: u8,
        key: Option<u8>,
        attempts: u32,
        needs: Option<usize>,
    },
    Begin(usize),
    Complete(usize),
    /// By the holder of the lease that an attempt once had, stale or not.
    Holder(usize, Trigger),
    /// By somebody who looked at the task just now.
    Looker(usize, Trigger),
    Cancel(usize),
    /// Somebody wants a task to pause, or does no longer.
    Pause(usize, bool),
    /// By the holder of the lease that an attempt once had, stale or not.
    Checkpoint(usize),
    Pass(i64),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let by_holder = prop::sample::select(vec![
        Trigger::Fail,
        Trigger::Retry,
        Trigger::LoseWorker,
        Trigger::HandBack,
        Trigger::TimeOut,
        Trigger::Cancel,
        Trigger::Complete,
        Trigger::Pause,
    ]);
    let by_looker =
        prop::sample::select(vec![Trigger::Pause, Trigger::Resume, Trigger::Reject, Trigger::Assign, Trigger::Hold, Trigger::Release]);
    prop_oneof![
        4 => (1u8..=5, prop::option::of(0u8..3), 1u32..4, prop::option::weighted(0.3, any::<usize>()))
            .prop_map(|(priority, key, attempts, needs)| Step::Submit { priority, key, attempts, needs }),
        5 => any::<usize>().prop_map(Step::Begin),
        4 => any::<usize>().prop_map(Step::Complete),
        4 => (any::<usize>(), by_holder).prop_map(|(which, trigger)| Step::Holder(which, trigger)),
        3 => (any::<usize>(), by_looker).prop_map(|(which, trigger)| Step::Looker(which, trigger)),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, wanted)| Step::Pause(which, wanted)),
        2 => any::<usize>().prop_map(Step::Checkpoint),
        2 => (1i64..90_000).prop_map(Step::Pass),
        2 => Just(Step::Sweep),
    ]
}

/// What the model knows of a task.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    state: TaskState,
    attempt: u32,
    maximum: u32,
    lease: LeaseToken,
    needs: Option<TaskId>,
    asked: bool,
    /// Whether it is to pause at its next checkpoint.
    pausing: bool,
    /// When its last checkpoint was made.
    checkpoint: Option<i64>,
}

struct Machine<'a> {
    world: &'a World,
    now: i64,
    known: BTreeMap<TaskId, Known>,
    begun: Vec<BegunTask>,
}

impl Machine<'_> {
    fn pick(&self, which: usize) -> Option<TaskId> {
        self.known.keys().nth(which.checked_rem(self.known.len())?).copied()
    }

    async fn run(&mut self, step: Step) {
        self.now += 1;
        match step {
            Step::Submit { priority, key, attempts, needs } => self.submit(priority, key, attempts, needs).await,
            Step::Begin(which) => self.begin(which).await,
            Step::Complete(which) => self.complete(which).await,
            Step::Holder(which, trigger) => {
                let Some(begun) = which.checked_rem(self.begun.len()).map(|index| &self.begun[index]) else { return };
                let (id, lease) = (begun.task.summary.id, begun.task.lease);
                self.advance(id, Guard::Lease(lease), trigger).await;
            }
            Step::Looker(which, trigger) => {
                let Some(id) = self.pick(which) else { return };
                let state = self.known[&id].state;
                self.advance(id, Guard::State(state), trigger).await;
            }
            Step::Cancel(which) => self.cancel(which).await,
            Step::Pause(which, wanted) => self.pause(which, wanted).await,
            Step::Checkpoint(which) => self.checkpoint(which).await,
            Step::Pass(millis) => self.now += millis,
            Step::Sweep => self.sweep().await,
        }
    }

    async fn submit(&mut self, priority: u8, key: Option<u8>, attempts: u32, needs: Option<usize>) {
        let needs = needs.and_then(|which| self.pick(which));
        let mut new = match needs {
            Some(id) => self.world.dependent(vec![id]),
            None => self.world.new_task(),
        };
        new.task.ready_at = at(self.now);
        let summary = &mut new.task.summary;
        summary.created_at = at(self.now);
        summary.priority = Priority::new(priority).unwrap();
        summary.fairness_key = key.map(|key| format!("k{key}"));
        summary.maximum_attempts = attempts;
        let (state, lease) = (summary.state, LeaseToken(0));
        let known = Known { state, attempt: 1, maximum: attempts, lease, needs, asked: false, pausing: false, checkpoint: None };
        self.known.insert(summary.id, known);
        self.world.insert(new).await;
    }

    async fn begin(&mut self, which: usize) {
        let Some(id) = self.pick(which) else { return };
        let begun = self.world.store.begin(vec![self.world.assignment(id, at(self.now))]).await.unwrap();
        let known = self.known.get_mut(&id).unwrap();
        let wanted = known.state == TaskState::Queued && !known.asked;
        assert_eq!(begun.len(), usize::from(wanted), "begin {known:?}");
        if wanted {
            known.state = TaskState::Running;
            known.lease = LeaseToken(known.lease.0 + 1);
            assert_eq!(begun[0].task.lease, known.lease, "I3: the lease grows by one");
            self.begun.extend(begun);
        }
    }

    async fn complete(&mut self, which: usize) {
        let Some(begun) = which.checked_rem(self.begun.len()).map(|index| &self.begun[index]) else { return };
        let (id, lease) = (begun.task.summary.id, begun.task.lease);
        let answer = self.world.store.complete(World::completion(begun, at(self.now))).await.unwrap();
        let known = self.known.get_mut(&id).unwrap();
        let wanted = known.state == TaskState::Running && known.lease == lease;
        assert_eq!(matches!(answer, Advanced::Applied(_)), wanted, "I7: complete under {lease:?} {known:?}");
        if wanted {
            known.state = TaskState::Completed;
            known.pausing = false;
        }
    }

    async fn advance(&mut self, id: TaskId, guard: Guard, trigger: Trigger) {
        let mut change = Advance::new(id, guard, trigger, person(), at(self.now));
        change.wait_kind = (trigger == Trigger::Hold).then_some(WaitKind::Input);
        let answer = self.world.store.advance(change).await.unwrap();
        let known = self.known.get_mut(&id).unwrap();
        let held = match guard {
            Guard::Lease(lease) => known.lease == lease && known.state.holds_lease(),
            Guard::State(state) => known.state == state,
        };
        let unwished = matches!(guard, Guard::Lease(_)) && trigger == Trigger::Pause && !known.pausing;
        let trigger = if unwished { Trigger::HandBack } else { trigger };
        let next = matches!(trigger, Trigger::Retry | Trigger::LoseWorker);
        let row = apply(Some(known.state), trigger).ok().filter(|_| held && trigger != Trigger::Assign);
        let row = row.filter(|_| !next || known.attempt < known.maximum);
        // These wait for input, and nobody gives a result in their place.
        let row = row.filter(|_| trigger != Trigger::Complete || known.state != TaskState::Waiting);
        match (row, answer) {
            (Some(row), Advanced::Applied(_)) => {
                known.state = row.to;
                known.attempt += u32::from(next);
                let pausing = known.pausing && !row.to.holds_lease();
                known.pausing &= row.to.holds_lease();
                if pausing && row.to == TaskState::Queued && !known.asked {
                    known.state = TaskState::Paused;
                }
            }
            (None, Advanced::Refused(_)) => {}
            (row, answer) => panic!("{trigger} {guard:?} of {known:?}: {row:?} but {answer:?}"),
        }
    }

    async fn cancel(&mut self, which: usize) {
        let Some(id) = self.pick(which) else { return };
        let answer = self.world.store.request_cancel(id, person(), at(self.now)).await.unwrap();
        let known = self.known.get_mut(&id).unwrap();
        match answer {
            CancelRequest::Ended(_) => assert!(known.state.is_terminal()),
            CancelRequest::Running(_) => {
                assert!(known.state.holds_lease());
                known.asked = true;
            }
            CancelRequest::Canceled(_) => {
                assert!(!known.state.is_terminal() && !known.state.holds_lease(), "{known:?}");
                known.state = TaskState::Canceled;
            }
            CancelRequest::Missing => panic!("an acknowledged task is gone: I1"),
        }
    }

    async fn pause(&mut self, which: usize, wanted: bool) {
        let Some(id) = self.pick(which) else { return };
        let answer = self.world.store.request_pause(id, wanted, person(), at(self.now)).await.unwrap();
        let known = self.known.get_mut(&id).unwrap();
        match answer {
            PauseRequest::Running(_) => {
                assert!(known.state.holds_lease(), "{known:?}");
                known.pausing = wanted;
            }
            PauseRequest::NotRunning(_) => assert!(!known.state.holds_lease(), "{known:?}"),
            PauseRequest::Missing => panic!("an acknowledged task is gone: I1"),
        }
    }

    async fn checkpoint(&mut self, which: usize) {
        let Some(begun) = which.checked_rem(self.begun.len()).map(|index| &self.begun[index]) else { return };
        let (task, lease) = (begun.task.summary.id, begun.task.lease);
        let checkpoint = Checkpoint { task, lease, state: self.now.into(), at: at(self.now) };
        let answer = self.world.store.save_checkpoint(checkpoint).await.unwrap();
        let known = self.known.get_mut(&task).unwrap();
        if known.state == TaskState::Running && known.lease == lease {
            assert_eq!(answer, Checkpointed::Kept { pause: known.pausing && !known.asked }, "{known:?}");
            known.checkpoint = Some(self.now);
        } else {
            assert_eq!(answer, Checkpointed::Stale, "I7: a checkpoint under {lease:?} {known:?}");
        }
    }

    /// Does what the engine's sweep does, until nothing is due.
    async fn sweep(&mut self) {
        for due in self.world.store.due_tasks(at(self.now), 1_000).await.unwrap() {
            match due {
                DueTask::LeaseExpired(id, lease) => self.advance(id, Guard::Lease(lease), Trigger::LoseWorker).await,
                DueTask::CancelPending(id) => {
                    let state = self.known[&id].state;
                    self.advance(id, Guard::State(state), Trigger::Cancel).await;
                }
                DueTask::Awaited(id) => self.settle(id).await,
                other => panic!("nothing of the kind was made: {other:?}"),
            }
        }
    }

    async fn settle(&mut self, ended: TaskId) {
        let settled = self.world.store.settle_dependents(ended, at(self.now), 1_000).await.unwrap();
        let state = self.known[&ended].state;
        let mut told: Vec<TaskId> = settled.changed.iter().map(|task| task.summary.id).collect();
        told.sort_unstable();
        let mut wanted = Vec::new();
        for (id, known) in &mut self.known {
            let record = self.world.record(*id).await;
            // One that a person made wait for something else waits for that.
            if known.needs == Some(ended) && known.state == TaskState::Waiting && record.summary.wait_kind != Some(WaitKind::Input) {
                known.state = if state == TaskState::Completed { TaskState::Queued } else { TaskState::Failed };
                wanted.push(*id);
            }
        }
        assert_eq!(told, wanted, "of the end of {ended}, {state}");
    }

    /// Compares everything: I1, and every state, attempt and lease; then that whoever is queued is found, so that none starves (I12).
    async fn check(&mut self) {
        for (id, known) in &self.known {
            let record = self.world.record(*id).await;
            let stored = (record.summary.state, record.summary.attempt, record.lease);
            assert_eq!(stored, (known.state, known.attempt, known.lease), "{id}");
            assert_eq!(record.summary.pause_requested_at.is_some(), known.pausing, "{id}");
            let kept = known.checkpoint.filter(|_| !known.state.is_terminal());
            assert_eq!(self.world.store.checkpoint(*id).await.unwrap(), kept.map(Into::into), "{id}");
        }
        let ready = self.world.ready("nlp.sentiment", 1_000, at(self.now + 1_000_000)).await;
        let found: Vec<TaskId> = ready.iter().map(|task| task.id).collect();
        let queued = self.known.iter().filter(|(_, known)| known.state == TaskState::Queued && !known.asked).map(|(id, _)| *id);
        let mut sorted = found;
        sorted.sort_unstable();
        assert_eq!(sorted, queued.collect::<Vec<_>>(), "I12: every queued task is found");
    }
}

#[expect(clippy::disallowed_methods, reason = "how much is tested is asked of the environment, as in the test kit")]
fn scaled(cases: u32) -> u32 {
    if std::env::var("BATON_TEST_SCALE").is_ok_and(|scale| scale == "full") { cases.saturating_mul(FULL) / USUAL } else { cases }
}

/// The cases of a store that is quick to make, and how many they are with `BATON_TEST_SCALE=full`.
const USUAL: u32 = 256;
const FULL: u32 = 10_000;

/// Runs the property on fresh stores: 256 cases, or 10,000 with `BATON_TEST_SCALE=full`.
pub fn behaves_as_the_model<B: Backend + 'static>(fresh: impl Fn() -> B) {
    behaves_as_the_model_in(USUAL, fresh);
}

/// Runs the property in this many cases, for a store that is slow to make; with `BATON_TEST_SCALE=full` in as many times more as elsewhere.
pub fn behaves_as_the_model_in<B: Backend + 'static>(cases: u32, fresh: impl Fn() -> B) {
    walk_at_random(cases, &|| Box::new(fresh()));
}

fn walk_at_random(cases: u32, fresh: &dyn Fn() -> Box<dyn Backend>) {
    let mut runner = TestRunner::new(Config { cases: scaled(cases), failure_persistence: None, ..Config::default() });
    let property = |steps: Vec<Step>| {
        let backend = fresh();
        // Of each case its own: what a store left running, as its connections, ends with the case.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::open(backend).await;
            world.register_agent().await;
            let mut machine = Machine { world: &world, now: 0, known: BTreeMap::new(), begun: Vec::new() };
            for step in steps {
                machine.run(step).await;
            }
            machine.check().await;
            world.holds().await;
        });
        Ok(())
    };
    if let Err(failed) = runner.run(&prop::collection::vec(step(), 1..60), property) {
        panic!("{failed}");
    }
}
