//! How do several agents do one task? Each in a task of its own, a child of the one that was asked for, stored in the same commit.
//!
//! So there is no moment at which a task waits for voters that nobody has asked. What its answers come to is seen to by
//! [`voting`](crate::task_manager::voting).

use baton_agents_runtime::protocol::MAXIMUM_DEPTH;
use baton_domain::id::TaskId;
use baton_domain::ports::{Seats, TaskVote};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::{MAXIMUM_TITLE_BYTES, TaskState, Trigger, WaitKind, apply, within};
use baton_domain::user::Caller;
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::task::{NewTask, TaskSummary, TaskVoteView};
use baton_storage::{Advance, Advanced, Guard, NewTaskRecord, TaskRows};

use super::{Orchestrator, idempotency, no_such_task};
use crate::cluster::elsewhere;
use crate::task_manager::voting;

/// How often a task may be paused or resumed by somebody else while its voters are brought into line with it; who did it does the same.
const MOST_ALIGNMENTS: u32 = 5;

impl Orchestrator {
    /// Finds who does a task.
    pub(super) async fn seats(&self, caller: &Caller, task: &NewTask, terms: &DecideTerms, prefix: &str) -> Answer<Seats> {
        let Some(votes) = self.shared.votes.get() else {
            let detail = "This server holds no decisions: leave `decide` out, or ask one that does.";
            return Err(Problem::new(Code::DecisionsAbsent, detail).with_field(format!("{prefix}/decide"), "cannot be held here"));
        };
        votes.seats(caller, task, terms).await.map_err(|mut problem| {
            for error in &mut problem.errors {
                error.field.insert_str(0, prefix);
            }
            problem
        })
    }

    /// Makes a task one that waits for its voters, and gives their tasks.
    /// Where it `depends` on others, a voter's time counts from when it is begun: nobody answers before that.
    pub(super) fn voted(&self, new: &mut NewTaskRecord, seats: Seats, terms: DecideTerms, depends: bool) -> Vec<NewTaskRecord> {
        let voters: Vec<NewTaskRecord> = seats
            .seats
            .into_iter()
            .map(|seat| {
                let mut voter = new.clone();
                let (task, summary) = (&mut voter.task, &new.task.summary);
                task.depth += 1;
                task.summary.id = TaskId::new(self.shared.sources.ids.next());
                task.summary.parent_id = Some(summary.id);
                task.summary.title = within(&format!("{}: {}", seat.name, summary.title), MAXIMUM_TITLE_BYTES);
                task.summary.labels.extend(seat.labels);
                task.summary.labels.sort_unstable();
                task.summary.labels.dedup();
                if let Some(answer) = seats.answer_within_ms.filter(|_| depends) {
                    task.timeouts.start_to_close_ms = task.timeouts.start_to_close_ms.min(answer);
                } else if let Some(answer) = seats.answer_within_ms {
                    let whole = task.timeouts.schedule_to_close_ms;
                    task.timeouts.schedule_to_close_ms = Some(whole.map_or(answer, |whole| whole.min(answer)));
                }
                voter
            })
            .collect();
        let record = &mut new.task;
        record.summary.state = apply(None, Trigger::Hold).map_or(TaskState::Waiting, |row| row.to);
        record.summary.wait_kind = Some(WaitKind::Decision);
        // The voters' tasks wait for their time, and nobody begins this one.
        record.summary.not_before = None;
        let tasks = voters.iter().map(|voter| voter.task.summary.id).collect();
        new.decide = Some(Box::new(TaskVote { terms, beginning: seats.beginning, voters: tasks }));
        voters
    }

    /// Takes a task in as a child of another one.
    pub(super) async fn below(&self, caller: &Caller, parent: TaskId, task: NewTask, key: String) -> Answer<TaskSummary> {
        let above = self.shared.store.task(parent).await?.filter(|task| task.summary.project_id == caller.project);
        let above = above.ok_or_else(|| no_such_task(parent))?;
        let key = idempotency(caller, Some(key), "child", &(parent, &task))?;
        if let Some(first) = self.answered_one(key.as_ref()).await? {
            return Ok(first);
        }
        self.check_standing(caller).await?;
        if above.depth >= MAXIMUM_DEPTH {
            return Err(Problem::new(Code::NestedTooDeep, format!("Tasks may ask for one another at most {MAXIMUM_DEPTH} deep.")));
        }
        // If that ends just now, the sweep cancels this one.
        if above.summary.state.is_terminal() || above.summary.cancel_requested_at.is_some() {
            let detail = format!("The task {parent} is {}; nothing more is done for it.", above.summary.state);
            return Err(Problem::new(Code::IllegalTransition, detail));
        }
        let mut new = self.admit(caller, task, "").await?.new;
        new.task.summary.parent_id = Some(parent);
        new.task.summary.run_id = above.summary.run_id;
        new.task.depth = above.depth + 1;
        let summary = new.task.summary.clone();
        let ids = self.take_in(vec![new], key).await?;
        match ids.first() {
            Some(id) if *id != summary.id => self.summary(*id).await,
            _ => Ok(summary),
        }
    }

    /// What people see of the voters of a task.
    pub(super) async fn vote_view(&self, rows: &TaskRows) -> Answer<Option<Box<TaskVoteView>>> {
        let (Some(vote), Some(votes)) = (&rows.decide, self.shared.votes.get()) else { return Ok(None) };
        let ends = voting::ends(&self.shared, vote).await?;
        Ok(Some(Box::new(votes.view(vote, &ends, rows.task.summary.decision_id).await?)))
    }

    /// Brings the voters of a task into line with it: held back while it is paused, else let go on. Somebody else may pause or resume it
    /// meanwhile and do the same: whoever is last with the voters may have been first with the task, so each looks again at the end.
    pub(super) async fn align_voters(&self, caller: &Caller, id: TaskId) -> Answer<()> {
        for _ in 0..MOST_ALIGNMENTS {
            let Some(rows) = self.shared.store.task_rows(id).await? else { return Ok(()) };
            let (state, Some(vote)) = (rows.task.summary.state, rows.decide) else { return Ok(()) };
            if state.is_terminal() {
                return Ok(());
            }
            let paused = state == TaskState::Paused;
            for voter in &vote.voters {
                if paused {
                    self.hold_voter_back(caller, *voter).await?;
                } else {
                    self.let_voter_go_on(caller, *voter).await?;
                }
            }
            let now = self.shared.store.task(id).await?.map(|task| task.summary.state);
            if now.is_none_or(TaskState::is_terminal) {
                return Ok(());
            }
            if (now == Some(TaskState::Paused)) == paused && self.in_line(&vote.voters, paused).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether no voter stands still that should go on, or could begin that should not: one may have come to a checkpoint, or back into the queue,
    /// while it was looked at.
    async fn in_line(&self, voters: &[TaskId], paused: bool) -> Answer<bool> {
        for voter in voters {
            let Some(record) = self.shared.store.task(*voter).await? else { continue };
            let TaskSummary { state, pause_requested_at, .. } = &record.summary;
            let out = match state {
                TaskState::Queued | TaskState::Waiting => paused,
                TaskState::Paused => !paused,
                state => !paused && !state.is_terminal() && pause_requested_at.is_some(),
            };
            if out {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pauses a voter's task that has not begun, or that makes checkpoints; any other goes on. A decision that is open goes on as well: its verdict
    /// waits for the task to be resumed.
    async fn hold_voter_back(&self, caller: &Caller, voter: TaskId) -> Answer<()> {
        let Some(record) = self.shared.store.task(voter).await? else { return Ok(()) };
        let (state, now) = (record.summary.state, self.shared.sources.clock.now());
        if matches!(state, TaskState::Queued | TaskState::Waiting) {
            let change = Advance::new(voter, Guard::State(state), Trigger::Pause, caller.principal.clone(), now);
            self.shared.store.advance(Advance { reason: Some("paused".to_owned()), ..change }).await?;
        } else if state.holds_lease()
            && elsewhere::skill(&self.shared, &record.summary.skill).await?.is_some_and(|known| known.skill.checkpoints)
        {
            self.shared.store.request_pause(voter, true, caller.principal.clone(), now).await?;
        }
        Ok(())
    }

    /// Lets a voter's task go on that was paused with the task.
    async fn let_voter_go_on(&self, caller: &Caller, id: TaskId) -> Answer<()> {
        let Some(rows) = self.shared.store.task_rows(id).await? else { return Ok(()) };
        let (summary, now) = (&rows.task.summary, self.shared.sources.clock.now());
        if summary.pause_requested_at.is_some() {
            self.shared.store.request_pause(id, false, caller.principal.clone(), now).await?;
        }
        if summary.state != TaskState::Paused {
            return Ok(());
        }
        let later = summary.not_before.filter(|at| *at > now);
        let depends = rows.depends_on.iter().any(|needed| needed.state != TaskState::Completed);
        let (trigger, wait_kind) = match later {
            _ if depends => (Trigger::ResumeWaiting, Some(WaitKind::Dependency)),
            Some(_) => (Trigger::ResumeWaiting, Some(WaitKind::Timer)),
            None => (Trigger::Resume, None),
        };
        let change = Advance::new(id, Guard::State(TaskState::Paused), trigger, caller.principal.clone(), now);
        let change = Advance { reason: Some("resumed".to_owned()), not_before: later, wait_kind, ..change };
        if let Advanced::Applied(task) = self.shared.store.advance(change).await? {
            self.shared.backlog.ring_for(&task);
        }
        Ok(())
    }
}
