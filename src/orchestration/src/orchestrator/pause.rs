//! How is a task held back, and how does it go on? One that runs stops at its next checkpoint: the wish stands in its row, and
//! whoever keeps the checkpoint finds it there, on whichever server the attempt is.

use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::{TaskState, Trigger, WaitKind};
use baton_domain::user::Caller;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{Advance, Advanced, Guard, PauseRequest, TaskRecord};

use super::{Orchestrator, ended, no_such_task};
use crate::cluster::elsewhere;

/// How often a task may change its state between the look at it and the change of it before the caller is told to try again.
const MOST_LOOKS: u32 = 5;

impl Orchestrator {
    pub(super) async fn hold_back(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        for _ in 0..MOST_LOOKS {
            let record = self.shared.store.task(id).await?.ok_or_else(|| no_such_task(id))?;
            let (state, now) = (record.summary.state, self.shared.sources.clock.now());
            match state {
                TaskState::Paused => return Ok(record.summary),
                TaskState::Queued | TaskState::Waiting => {
                    let change = Advance::new(id, Guard::State(state), Trigger::Pause, caller.principal.clone(), now);
                    match self.shared.store.advance(Advance { reason: Some("paused".to_owned()), ..change }).await? {
                        Advanced::Applied(task) => {
                            if record.summary.wait_kind == Some(WaitKind::Decision) {
                                self.align_voters(caller, id).await?;
                            }
                            return Ok(task.summary);
                        }
                        Advanced::Refused(_) => {}
                        Advanced::Missing => return Err(no_such_task(id)),
                    }
                }
                state if state.is_terminal() => return Err(ended(&record, "paused")),
                _ => {
                    self.can_pause_running(&record).await?;
                    match self.shared.store.request_pause(id, true, caller.principal.clone(), now).await? {
                        PauseRequest::Running(task) => return Ok(task.summary),
                        PauseRequest::NotRunning(_) => {}
                        PauseRequest::Missing => return Err(no_such_task(id)),
                    }
                }
            }
        }
        Err(changes_all_the_time())
    }

    /// Refuses what cannot stop in the middle.
    async fn can_pause_running(&self, record: &TaskRecord) -> Result<(), Problem> {
        if record.summary.cancel_requested_at.is_some() {
            return Err(Problem::new(Code::IllegalTransition, "The task is being cancelled; it cannot be paused any more."));
        }
        let skill = &record.summary.skill;
        if elsewhere::skill(&self.shared, skill).await?.is_some_and(|known| known.skill.checkpoints) {
            return Ok(());
        }
        let detail = format!(
            "The task is {}, and {skill} makes no checkpoints at which it could pause. Cancel it, or wait until it has ended.",
            record.summary.state
        );
        Err(Problem::new(Code::NoCheckpoints, detail))
    }

    pub(super) async fn go_on(&self, caller: &Caller, id: TaskId) -> Answer<TaskSummary> {
        let now = self.shared.sources.clock.now();
        let rows = self.shared.store.task_rows(id).await?.ok_or_else(|| no_such_task(id))?;
        let depends = rows.depends_on.iter().any(|needed| needed.state != TaskState::Completed);
        let voted = rows.decide.is_some();
        if rows.task.summary.pause_requested_at.is_some()
            && let PauseRequest::Running(task) = self.shared.store.request_pause(id, false, caller.principal.clone(), now).await?
        {
            return Ok(task.summary);
        }
        let task = self
            .change(caller, id, |record, change| match record.summary.state {
                TaskState::Paused => {
                    let later = record.summary.not_before.filter(|at| *at > now);
                    let (trigger, wait_kind) = match later {
                        // The sweep ends it if its voters or its decision have ended meanwhile.
                        _ if voted => (Trigger::ResumeWaiting, Some(WaitKind::Decision)),
                        // The sweep lets it go on if they have completed meanwhile, or fails it.
                        _ if depends => (Trigger::ResumeWaiting, Some(WaitKind::Dependency)),
                        Some(_) => (Trigger::ResumeWaiting, Some(WaitKind::Timer)),
                        None => (Trigger::Resume, None),
                    };
                    Ok(Some(Advance { reason: Some("resumed".to_owned()), not_before: later, wait_kind, ..change(trigger) }))
                }
                state if state.is_terminal() => Err(ended(record, "resumed")),
                _ => Ok(None),
            })
            .await?;
        if voted {
            self.align_voters(caller, id).await?;
        }
        match task.summary.wait_kind {
            Some(WaitKind::Dependency | WaitKind::Decision) => self.shared.backlog.due.notify_one(),
            _ => self.shared.backlog.ring_for(&task),
        }
        Ok(task.summary)
    }

    /// Looks at a task and changes it as `decide` says, if it still is as it was; `None` leaves it alone.
    async fn change(
        &self,
        caller: &Caller,
        id: TaskId,
        decide: impl Fn(&TaskRecord, &dyn Fn(Trigger) -> Advance) -> Result<Option<Advance>, Problem> + Send + Sync,
    ) -> Answer<TaskRecord> {
        for _ in 0..MOST_LOOKS {
            let record = self.shared.store.task(id).await?.ok_or_else(|| no_such_task(id))?;
            let (state, now) = (record.summary.state, self.shared.sources.clock.now());
            let change = decide(&record, &|trigger| Advance::new(id, Guard::State(state), trigger, caller.principal.clone(), now))?;
            let Some(change) = change else { return Ok(record) };
            match self.shared.store.advance(change).await? {
                Advanced::Applied(task) => return Ok(*task),
                Advanced::Refused(_) => {}
                Advanced::Missing => return Err(no_such_task(id)),
            }
        }
        Err(changes_all_the_time())
    }
}

fn changes_all_the_time() -> Problem {
    Problem::new(Code::IllegalTransition, "The task changes all the time; look at it and try again.")
}
