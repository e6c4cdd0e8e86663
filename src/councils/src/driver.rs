//! What takes decisions forward? A loop that is woken by what it hears, by deadlines, and now and then in any case.
//!
//! Several servers may run it at once. None is ever sure to be alone: a turn is written only on the version that was read, and tasks are submitted under
//! names that are the same for all. So whoever is killed between two steps leaves nothing that the next one does not find.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_decisions::protocol::{Fact, Happened, Ignored, Proceedings, Receipt, Request, Spent, Stage, Status};
use baton_domain::event::Event;
use baton_domain::id::{DecisionId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::{Budget, SharedBudget, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::NewTask;
use baton_storage::{JournalKind, StoreError};
use futures::StreamExt;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Councils;
use crate::asking::{Work, asked, work};
use crate::council::{Ask, Council, Turn, Way, as_read};
use crate::hearing::heard;

/// The longest that the driver rests; then it looks at every live decision, in case something was not heard.
pub const MAXIMUM_PAUSE: Duration = Duration::from_secs(15);
/// How long it rests at least where something was due and could not be done.
const AGAIN: Duration = Duration::from_secs(1);
/// How many decisions are taken forward at a time.
const AT_ONCE: usize = 8;
/// How many tasks of one decision are submitted or read at a time.
const TASKS_AT_ONCE: usize = 8;
/// How many tasks of one decision are in memory at a time before they are submitted.
const GIVEN_AT_ONCE: usize = 64;
/// How many turns a decision may take before others get theirs.
const TURNS: usize = 40;
/// How many heads are read at a time.
const PAGE: u32 = 200;
/// How many ends of tasks are remembered that nobody here waited for yet: a task may end before whoever submitted it knows its name.
const REMEMBERED: usize = 4_096;

/// What a task came to, and when; nothing while it has not ended.
type End = Result<Option<(Timestamp, Happened)>, Problem>;

/// What was heard, and who waits for what.
#[derive(Default)]
pub(crate) struct Desk {
    slate: Mutex<Slate>,
    bell: Notify,
}

#[derive(Default)]
struct Slate {
    rung: BTreeSet<DecisionId>,
    /// Whose each task is.
    tasks: HashMap<TaskId, DecisionId>,
    /// Tasks that have ended and were not looked at.
    ended: BTreeMap<DecisionId, BTreeSet<TaskId>>,
    /// Whether events were lost, so that every decision is to be looked at.
    missed: bool,
    strangers: HashSet<TaskId>,
    in_order: VecDeque<TaskId>,
}

impl Desk {
    /// Something is to be done about a decision.
    pub(crate) fn ring(&self, id: DecisionId) {
        self.slate.lock().rung.insert(id);
        self.bell.notify_one();
    }

    fn rung(&self) -> BTreeSet<DecisionId> {
        std::mem::take(&mut self.slate.lock().rung)
    }

    /// A task is waited for. True if its end was heard already.
    fn await_task(&self, task: TaskId, id: DecisionId) {
        let mut slate = self.slate.lock();
        slate.tasks.insert(task, id);
        if slate.strangers.remove(&task) {
            slate.ended.entry(id).or_default().insert(task);
        }
    }

    fn ended(&self, id: DecisionId) -> BTreeSet<TaskId> {
        self.slate.lock().ended.remove(&id).unwrap_or_default()
    }

    /// A decision begins with tasks that have ended.
    pub(crate) fn begun(&self, id: DecisionId, tasks: &[TaskId]) {
        self.slate.lock().ended.entry(id).or_default().extend(tasks);
        self.ring(id);
    }

    /// Nobody waits for this task any more.
    fn done(&self, task: TaskId) {
        self.slate.lock().tasks.remove(&task);
    }
}

/// Whether a call was refused for want of budget and nobody who was asked is still at work: until then others may give back what they set aside, and
/// what they answer counts.
fn is_short(council: &Council, proceedings: &Proceedings) -> bool {
    let bounded = proceedings.decision().budget != Budget::default();
    if !bounded || proceedings.budget_spent || proceedings.stage == Stage::Ended {
        return false;
    }
    let refused = |status: &Status| matches!(status, Status::Failed { code } if code == Code::BudgetExhausted.as_str());
    let at_work = |request: &Request| proceedings.requests.get(request).is_some_and(|asked| asked.status == Status::Pending);
    proceedings.requests.values().any(|asked| refused(&asked.status)) && !council.asks.keys().any(at_work)
}

impl Councils {
    /// Told of every committed event: rings if it is the end of a task that a decision waits for. Quick, and may be missed.
    pub fn heard(&self, event: &Event) {
        let ended = event.kind.strip_prefix("task.").and_then(TaskState::parse).is_some_and(TaskState::is_terminal);
        let Some(task) = event.subject.strip_prefix("task:").filter(|_| ended).and_then(|id| id.parse().ok()) else { return };
        let mut slate = self.desk.slate.lock();
        if let Some(id) = slate.tasks.get(&task).copied() {
            slate.ended.entry(id).or_default().insert(task);
            slate.rung.insert(id);
            drop(slate);
            self.desk.bell.notify_one();
        } else if slate.strangers.insert(task) {
            slate.in_order.push_back(task);
            if slate.in_order.len() > REMEMBERED
                && let Some(oldest) = slate.in_order.pop_front()
            {
                slate.strangers.remove(&oldest);
            }
        }
    }

    /// Events were lost: every decision that goes on is looked at.
    pub fn missed(&self) {
        self.desk.slate.lock().missed = true;
        self.desk.bell.notify_one();
    }

    /// Takes decisions forward until it is stopped. What was live before is taken up first.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut looked: Option<Timestamp> = None;
        loop {
            let now = self.parts.sources.clock.now();
            // However much is heard: what was not heard is looked for.
            let missed = std::mem::take(&mut self.desk.slate.lock().missed);
            let all = missed || looked.is_none_or(|looked| now.since(looked) >= MAXIMUM_PAUSE);
            let pause = match self.pass(all).await {
                Ok(next) => {
                    looked = if all { Some(now) } else { looked };
                    next.map_or(MAXIMUM_PAUSE, |next| next.since(now).min(MAXIMUM_PAUSE))
                }
                Err(error) => {
                    tracing::warn!(%error, "decisions could not be taken forward");
                    self.desk.slate.lock().missed |= missed;
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.desk.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does everything that is to be done now; with `all` for every live decision, as after a start. Gives when it is to be looked at again.
    ///
    /// # Errors
    /// If storage does not answer; nothing is lost by that.
    pub async fn pass(&self, all: bool) -> Result<Option<Timestamp>, StoreError> {
        let now = self.parts.sources.clock.now();
        let mut wanted: BTreeMap<DecisionId, bool> = self.desk.rung().into_iter().map(|id| (id, false)).collect();
        if all {
            let mut after = None;
            loop {
                let heads = self.parts.journals.live_journals(JournalKind::Decision, after, PAGE).await?;
                after = heads.last().map(|head| head.id);
                let full = heads.len() >= PAGE as usize;
                // One that only waits for a person needs nothing.
                let going = heads.into_iter().filter(|head| head.wake_at.is_some());
                wanted.extend(going.map(|head| (DecisionId::new(*head.id.as_uuid()), true)));
                if !full {
                    break;
                }
            }
        }
        for head in self.parts.journals.due_journals(JournalKind::Decision, now, PAGE).await? {
            wanted.entry(DecisionId::new(*head.id.as_uuid())).or_insert(false);
        }
        let results: Vec<(DecisionId, Result<bool, StoreError>)> = futures::stream::iter(wanted)
            .map(|(id, look)| async move { (id, self.advance(id, look).await) })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut again = false;
        for (id, result) in results {
            match result {
                Ok(done) => again |= !done,
                Err(error) => {
                    tracing::warn!(%error, decision = %id, "a decision could not be taken forward");
                    self.desk.slate.lock().rung.insert(id);
                    again = true;
                }
            }
        }
        let next = self.parts.journals.next_wake(JournalKind::Decision).await?;
        let soon = again.then(|| now.plus(AGAIN));
        // Something that is due and was done just now comes again only if it could not be done.
        let next = next.map(|next| if next <= now { now.plus(AGAIN) } else { next });
        Ok([next, soon].into_iter().flatten().min())
    }

    /// Takes one decision as far as it goes now; with `look`, all its tasks are looked at. False if something is left that could not be done.
    pub(crate) async fn advance(&self, id: DecisionId, look: bool) -> Result<bool, StoreError> {
        let _turn = self.kept.turn(id).await;
        let mut ended = self.desk.ended(id);
        let done = self.turns(id, look, &mut ended).await;
        if done.is_err() {
            // What was heard is not forgotten because storage was away.
            self.desk.slate.lock().ended.entry(id).or_default().extend(ended);
        }
        done
    }

    async fn turns(&self, id: DecisionId, mut look: bool, ended: &mut BTreeSet<TaskId>) -> Result<bool, StoreError> {
        for _ in 0..TURNS {
            let Some((council, _)) = self.council(id).await? else { return Ok(true) };
            for (_, ask) in council.awaited() {
                self.desk.await_task(ask.task_id, id);
            }
            ended.extend(self.desk.ended(id));
            let at = self.now(&council);
            let mut turn = Turn::of(&council, Principal::System, at);
            // Before a stage is closed, what came in time is heard, though nobody told of it.
            let closing = turn.is_late();
            let heard = self.hear(&council, at, look || closing, ended).await?;
            for (when, request, what) in heard {
                if when >= turn.proceedings.stage_deadline {
                    turn.deadlines();
                    self.tell(&mut turn, at, &request, what);
                } else {
                    self.tell(&mut turn, when, &request, what);
                }
            }
            turn.deadlines();
            if is_short(&council, &turn.proceedings) {
                turn.tell(at, Happened::BudgetSpent);
            }
            if !turn.is_empty() {
                // If somebody else was first, it is read again.
                self.write(&council, turn).await?;
                continue;
            }
            look = false;
            let mut turn = Turn::of(&council, Principal::System, at);
            let all_done = self.carry_out(&council, &mut turn, ended).await?;
            if turn.is_empty() {
                if !all_done {
                    self.desk.slate.lock().rung.insert(id);
                }
                return Ok(all_done);
            }
            self.write(&council, turn).await?;
        }
        self.desk.ring(id);
        Ok(true)
    }

    /// Hears the tasks that have ended: what they told, and when, the earliest first.
    async fn hear(
        &self,
        council: &Council,
        now: Timestamp,
        look: bool,
        ended: &mut BTreeSet<TaskId>,
    ) -> Result<Vec<(Timestamp, Request, Happened)>, StoreError> {
        let waits = |ask: &Ask| ended.contains(&ask.task_id) || (look && !ask.over);
        let wanted: Vec<(Request, Ask)> =
            council.awaited().filter(|(_, ask)| waits(ask)).map(|(request, ask)| (request.clone(), ask)).collect();
        let requester = council.requester();
        let found: Vec<(Request, Ask, End)> = futures::stream::iter(wanted)
            .map(|(request, ask)| {
                let requester = &requester;
                async move {
                    let heard = self.end_of(council, requester, &request, ask).await;
                    (request, ask, heard)
                }
            })
            .buffered(TASKS_AT_ONCE)
            .collect()
            .await;
        let mut told = Vec::new();
        for (request, ask, heard) in found {
            let (when, what) = match heard {
                Ok(Some((when, what))) => (when.max(council.head.updated_at).min(now), what),
                Ok(None) => continue,
                Err(problem) if problem.passes() => return Err(StoreError::Unavailable(problem.to_string())),
                Err(problem) => (now, Happened::Failed { request: request.clone(), code: problem.code, spent: Spent::default() }),
            };
            ended.remove(&ask.task_id);
            self.desk.done(ask.task_id);
            told.push((when, request, what));
        }
        told.sort_by_key(|(when, _, _)| *when);
        Ok(told)
    }

    /// What the task of a request came to, if it has ended.
    async fn end_of(&self, council: &Council, requester: &baton_domain::user::Caller, request: &Request, ask: Ask) -> End {
        let task = self.parts.tasks.get(requester, ask.task_id, None).await?;
        if !task.summary.state.is_terminal() {
            return Ok(None);
        }
        let spent = self.parts.spending.spent(&format!("task:{}", ask.task_id)).await?;
        let spent = Spent { tokens: spent.tokens, cost_millionths: spent.cost_micros };
        let when = task.summary.finished_at.unwrap_or(task.summary.created_at);
        Ok(Some((when, heard(council, request, ask.way, &task, spent))))
    }

    /// Tells a fact. One that cannot be counted is told as a failure, so that nobody waits for it; one that changes nothing is not told.
    fn tell(&self, turn: &mut Turn, at: Timestamp, request: &Request, what: Happened) {
        let fact = as_read(Fact { at, what });
        let ignored = turn.proceedings.ignored.clone();
        let told = turn.proceedings.take_in(&fact);
        if told.changed {
            turn.facts.push(fact);
        } else {
            // What is not recorded leaves no trace, or what is read would not be what was kept.
            turn.proceedings.ignored = ignored;
        }
        let pending = turn.proceedings.requests.get(request).is_some_and(|asked| asked.status == Status::Pending);
        if let Receipt::Ignored(why @ (Ignored::BallotUnfit | Ignored::AnswerUnfit | Ignored::NotAsked), _) = told.receipt
            && pending
        {
            // What it took was counted with the answer that was no use.
            let (request, code) = (request.clone(), why.code().as_str().to_owned());
            turn.tell(at, Happened::Failed { request, code, spent: Spent::default() });
        }
    }

    /// Gives the tasks that are asked for and cancels those that are not awaited any more. False if something could not be done now.
    async fn carry_out(&self, council: &Council, turn: &mut Turn, ended: &mut BTreeSet<TaskId>) -> Result<bool, StoreError> {
        let id = council.id();
        let requester = council.requester();
        let mut given: HashSet<String> = council.asks.keys().map(|request| format!("{id}/{request}")).collect();
        let mut all_done = true;
        loop {
            // Some at a time: a thousand ballots of long answers are more than there is room for.
            let some: Vec<(String, Request, Box<NewTask>, Way)> = council
                .proceedings
                .commands_one_by_one(|name| given.contains(name))
                .filter_map(|command| {
                    let request = asked(&command)?;
                    match work(council, &request, &command.action) {
                        Work::Task(task, way) => Some((command.id, request, task, way)),
                        Work::Person => None,
                    }
                })
                .take(GIVEN_AT_ONCE)
                .collect();
            if some.is_empty() {
                break;
            }
            given.extend(some.iter().map(|(name, ..)| name.clone()));
            all_done &= self.give(council, turn, ended, some).await;
        }
        for (request, ask) in Council::abandoned(&council.proceedings, &council.asks) {
            match self.parts.tasks.cancel(&requester, ask.task_id).await {
                Err(problem) if problem.passes() => all_done = false,
                cancelled => {
                    // What it took until then is heard with its end; of one that is gone nothing is.
                    if cancelled.map_or(true, |task| task.state.is_terminal()) {
                        ended.insert(ask.task_id);
                    }
                    turn.asks.insert(request.clone(), Ask { over: true, ..ask });
                }
            }
        }
        Ok(all_done)
    }

    /// Submits tasks, each under the name of its request. False if one could not be submitted now.
    async fn give(
        &self,
        council: &Council,
        turn: &mut Turn,
        ended: &mut BTreeSet<TaskId>,
        tasks: Vec<(String, Request, Box<NewTask>, Way)>,
    ) -> bool {
        let (id, requester) = (council.id(), council.requester());
        let budget = council.proceedings.decision().budget;
        let shared = (budget != Budget::default()).then_some(SharedBudget { decision: id, budget });
        let submitted: Vec<_> = futures::stream::iter(tasks)
            .map(|(name, request, task, way)| {
                let requester = &requester;
                async move {
                    let submitted = match (council.beginning.task_id, shared) {
                        // What ends the task ends this too, and both are paid from one budget.
                        (Some(parent), _) => self.parts.tasks.submit_under(requester, parent, *task, name).await,
                        (None, Some(shared)) => self.parts.tasks.submit_sharing(requester, shared, *task, name).await,
                        (None, None) => self.parts.tasks.submit(requester, *task, Some(name)).await,
                    };
                    (request, way, submitted)
                }
            })
            .buffered(TASKS_AT_ONCE)
            .collect()
            .await;
        let mut all_done = true;
        for (request, way, answer) in submitted {
            match answer {
                Ok(task) => {
                    self.desk.await_task(task.id, id);
                    if task.state.is_terminal() {
                        ended.insert(task.id);
                    }
                    turn.asks.insert(request, Ask { task_id: task.id, way, over: false });
                }
                Err(problem) if problem.passes() => {
                    tracing::warn!(%problem, decision = %id, %request, "a voter could not be asked yet");
                    all_done = false;
                }
                Err(problem) => {
                    let what = Happened::Failed { request: request.clone(), code: problem.code, spent: Spent::default() };
                    self.tell(turn, turn.at, &request, what);
                }
            }
        }
        all_done
    }
}
