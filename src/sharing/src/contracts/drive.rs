//! What must be done about a contract now? Bids of agents, tasks of awards, and what is left of those that came to nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::id::{ContractId, TaskId};
use baton_domain::problem::Code;
use baton_domain::services::Answer;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::task::{NewTask, TaskSummary};
use baton_negotiation::contract::{Award, Message, Notice};
use baton_storage::JournalHead;
use serde_json::json;

use super::facts::AGENT;
use super::stored::{Stored, Work};
use crate::Sharing;
use crate::journal::on_behalf_of;

/// How often the task of an award is asked for without being heard of.
pub(crate) const LOOK: Duration = Duration::from_secs(10);
/// The most steps of one contract in a row.
const STEPS: usize = 200;

/// What a step came to.
enum Step {
    /// Something was stored: there may be more.
    More,
    /// There is nothing to do now.
    Rest,
}

impl Sharing {
    /// Takes a contract as far as it goes now.
    pub(crate) async fn drive_contract(&self, head: &JournalHead) -> Answer<()> {
        let id = ContractId::new(*head.id.as_uuid());
        let caller = on_behalf_of(&head.created_by, head.project);
        for _ in 0..STEPS {
            let mut stored = match self.stored_contract(head.project, id).await {
                // It was forgotten meanwhile.
                Err(problem) if problem.is(Code::NoSuchContract) => return Ok(()),
                stored => stored?,
            };
            if matches!(self.step(&caller, &mut stored).await?, Step::More) {
                continue;
            }
            if let Some(task) = stored.contract.award.as_ref().and_then(|award| stored.work.get(&award.number)?.task) {
                self.watched.lock().insert(task, stored.head.id);
            }
            // It is looked at again when there may be something to do.
            let due = stored.head.wake_at.is_some_and(|at| at <= self.now());
            if !due || self.write_contract(&mut stored, &Principal::System, Vec::new(), BTreeMap::new()).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The contracts whose tasks have ended, as far as was heard.
    pub(crate) async fn tasks_that_ended(&self) -> Answer<Vec<JournalHead>> {
        let ended = std::mem::take(&mut *self.tasks_ended.lock());
        let mut heads = Vec::new();
        for task in ended {
            let contract = self.watched.lock().remove(&task);
            if let Some(contract) = contract {
                heads.extend(self.parts.journals.journal(contract).await?.map(|(head, _)| head));
            }
        }
        Ok(heads)
    }

    async fn step(&self, caller: &Caller, stored: &mut Stored) -> Answer<Step> {
        if let Some((number, bidder)) = stored.left_over().into_iter().next() {
            return self.clean_up(caller, stored, number, &bidder).await;
        }
        let now = self.now();
        if let Some(award) = stored.contract.award.clone().filter(|award| award.bidder.starts_with(AGENT)) {
            match stored.work.get(&award.number).and_then(|work| work.task) {
                // It came too late for this one.
                None if award.due <= now => return self.tell_all(stored, vec![Message::Tick], BTreeMap::new(), now).await,
                None => {
                    let (messages, work) = self.begin(caller, stored, &award).await?;
                    return self.tell_all(stored, messages, work, self.now()).await;
                }
                Some(task) => {
                    if let Some((message, at)) = self.watch(caller, &award, task).await? {
                        return self.tell_all(stored, vec![message], BTreeMap::new(), at).await;
                    }
                }
            }
        }
        let called = stored.contract.outbox();
        let called = called.into_iter().filter(|out| matches!(out.notice, Notice::Call { .. }) && out.to.starts_with(AGENT));
        let called: Vec<String> = called.map(|out| out.to).collect();
        if !called.is_empty() {
            let bids = self.bids(caller, &stored.contract.call, &stored.asked.work.skill, &called).await?;
            return self.tell_all(stored, bids, BTreeMap::new(), self.now()).await;
        }
        if stored.contract.next_tick().is_some_and(|due| due <= now) {
            return self.tell_all(stored, vec![Message::Tick], BTreeMap::new(), now).await;
        }
        Ok(Step::Rest)
    }

    /// Tells the contract several things in one turn. What it refuses is no longer true, which the next look will show.
    async fn tell_all(&self, stored: &mut Stored, messages: Vec<Message>, work: BTreeMap<u32, Work>, now: Timestamp) -> Answer<Step> {
        let mut events = Vec::new();
        for message in messages {
            let step = stored.contract.take(message, now);
            events.extend(step.events);
            if let Err(problem) = step.answer {
                tracing::debug!(contract = %stored.id(), %problem, "a message came too late");
            }
        }
        if events.is_empty() && work.is_empty() {
            return Ok(Step::Rest);
        }
        // Stale or stored: in both cases it is read anew.
        self.write_contract(stored, &Principal::System, events, work).await?;
        Ok(Step::More)
    }

    fn task_of(stored: &Stored, bidder: &str) -> NewTask {
        let work = &stored.asked.work;
        NewTask {
            title: work.title.clone(),
            priority: work.priority,
            labels: vec![bidder.to_owned()],
            // The contract tells of what fails.
            fairness_key: Some(format!("contract:{}", stored.id())),
            ..NewTask::new(work.skill.clone(), work.input.clone())
        }
    }

    async fn submit(&self, caller: &Caller, stored: &Stored, number: u32, bidder: &str) -> Answer<TaskSummary> {
        let key = format!("contract/{}/award/{number}", stored.id());
        self.parts.tasks.submit(caller, Self::task_of(stored, bidder), Some(key)).await
    }

    /// Begins the task of an award, under a key that is the same each time.
    async fn begin(&self, caller: &Caller, stored: &Stored, award: &Award) -> Answer<(Vec<Message>, BTreeMap<u32, Work>)> {
        let bidder = award.bidder.clone();
        if !self.is_there(caller, &bidder).await? {
            return Ok((vec![Message::Lost { bidder }], BTreeMap::new()));
        }
        match self.submit(caller, stored, award.number, &bidder).await {
            Ok(task) => {
                let work = Work { task: Some(task.id), over: false };
                Ok((vec![Message::Accept { bidder, award: award.number }], BTreeMap::from([(award.number, work)])))
            }
            Err(problem) if problem.passes() => Err(problem),
            Err(problem) => {
                let work = Work { task: None, over: true };
                let because = format!("{} ({})", problem.detail, problem.code);
                Ok((vec![Message::Decline { bidder, award: award.number, because }], BTreeMap::from([(award.number, work)])))
            }
        }
    }

    /// What the task of an award came to, and when. A task that ended in time counts, however late that is seen.
    async fn watch(&self, caller: &Caller, award: &Award, task: TaskId) -> Answer<Option<(Message, Timestamp)>> {
        let (bidder, number, now) = (award.bidder.clone(), award.number, self.now());
        let summary = match self.parts.tasks.get(caller, task, None).await {
            Ok(detail) => detail.summary,
            Err(problem) if problem.is(Code::NoSuchTask) => {
                return Ok(Some((Message::Failure { bidder, award: number, because: "The task is gone.".to_owned() }, now)));
            }
            Err(problem) => return Err(problem),
        };
        if summary.state == TaskState::Completed {
            let at = summary.finished_at.map_or(now, |finished| finished.min(now));
            return Ok(Some((Message::Report { bidder, award: number, result: json!({ "task": task }) }, at)));
        }
        if summary.state.is_terminal() {
            let because = summary.failure.map_or_else(|| format!("The task is {}.", summary.state), |failure| failure.message);
            // The next award's time begins now.
            return Ok(Some((Message::Failure { bidder, award: number, because }, now)));
        }
        // Nobody else may take it: it would wait for ever.
        if summary.state == TaskState::Queued && !self.is_there(caller, &bidder).await? {
            return Ok(Some((Message::Lost { bidder }, now)));
        }
        Ok(None)
    }

    /// Ends the task of an award that came to nothing. One of which it is not known whether it was begun is begun first: its key finds it.
    async fn clean_up(&self, caller: &Caller, stored: &mut Stored, number: u32, bidder: &str) -> Answer<Step> {
        let task = match stored.work.get(&number) {
            Some(work) => work.task,
            None => match self.submit(caller, stored, number, bidder).await {
                Ok(task) => Some(task.id),
                Err(problem) if problem.passes() => return Err(problem),
                Err(_) => None,
            },
        };
        if let Some(task) = task {
            match self.parts.tasks.cancel(caller, task).await {
                Err(problem) if problem.passes() => return Err(problem),
                // Cancelled, ended or gone: all the same.
                _ => {}
            }
        }
        self.write_contract(stored, &Principal::System, Vec::new(), BTreeMap::from([(number, Work { task, over: true })])).await?;
        Ok(Step::More)
    }
}
