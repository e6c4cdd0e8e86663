//! What comes of tasks that several do? Agents that answer as the input says, with votes held as in the server, on a real store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_councils::{CouncilParts, Councils};
use baton_domain::agent::{AgentCard, Skill};
use baton_domain::event::TopicFilter;
use baton_domain::id::{DecisionId, EventSeq, ProjectId, RunId, TaskId};
use baton_domain::ports::{Seats, TaskVote, Verdict, VoteOpening, Votes, Weighed};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, DecisionService};
use baton_domain::task::{RetryPolicy, TaskState, Timeouts, WaitKind};
use baton_domain::user::Caller;
use baton_domain::wire::decision::{DecideTerms, DecisionFilter, DecisionState, DecisionSummary, PersonChoice, PersonVerdict};
use baton_domain::wire::task::{DependsOn, NewBatch, NewTask, TaskDetail, TaskEnd, TaskFilter, TaskVoteView};
use baton_storage::{DECISION_OPENED, ESCALATED_FOR, EventStore, TaskStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::world::{World, card, options, quick, skill};

const SKILL: &str = "voter.answer";

/// An agent that says what the input says of it: a label, `!code` to fail, or `...` to work for ever.
struct Voter(&'static str);

#[async_trait]
impl Agent for Voter {
    fn card(&self) -> AgentCard {
        let retry = RetryPolicy { maximum_attempts: 2, ..quick() };
        card(self.0, self.0, 8, vec![Skill { retry, ..skill(SKILL, "Answer", "Says what its input says.") }])
    }

    async fn perform(&self, _: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        match input[self.0].as_str().unwrap_or("same") {
            "..." => std::future::pending().await,
            "!" => Err(SkillError::internal("as asked".to_owned())),
            label => Ok(json!({"label": label, "by": self.0})),
        }
    }
}

const ASKER: &str = "asker.ask";

/// Has the voters answer on the terms of its input, asked through itself so many times over.
struct Asker;

#[async_trait]
impl Agent for Asker {
    fn card(&self) -> AgentCard {
        let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
        card("asker", "asker", 8, vec![Skill { retry, ..skill(ASKER, "Ask", "Asks the voters.") }])
    }

    async fn perform(&self, context: Context, _: &str, mut input: Value) -> Result<Value, SkillError> {
        if let Some(deeper) = input["deeper"].as_u64().filter(|deeper| *deeper > 0) {
            input["deeper"] = json!(deeper - 1);
            return context.ask(ASKER, input).await;
        }
        let terms = serde_json::from_value(input["terms"].clone()).map_err(|error| SkillError::input("terms", error))?;
        context.ask_several(SKILL, input["answers"].clone(), terms).await
    }
}

/// Votes that can do only so much before they are as good as dead.
struct Mortal {
    votes: Arc<Councils>,
    left: AtomicI64,
}

impl Mortal {
    fn step(&self) -> Answer<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err(Problem::new(Code::StorageUnavailable, "dead")) }
    }
}

#[async_trait]
impl Votes for Mortal {
    async fn seats(&self, caller: &Caller, task: &NewTask, terms: &DecideTerms) -> Answer<Seats> {
        Votes::seats(self.votes.as_ref(), caller, task, terms).await
    }

    fn weigh(&self, vote: &TaskVote, ends: &[TaskEnd]) -> Answer<Weighed> {
        self.step()?;
        Votes::weigh(self.votes.as_ref(), vote, ends)
    }

    async fn open(&self, opening: VoteOpening) -> Answer<()> {
        self.step()?;
        Votes::open(self.votes.as_ref(), opening).await?;
        // It is stored, and nobody hears of it.
        self.step()
    }

    async fn verdict(&self, decision: DecisionId, vote: &TaskVote) -> Answer<Verdict> {
        self.step()?;
        Votes::verdict(self.votes.as_ref(), decision, vote).await
    }

    async fn withdraw(&self, project: ProjectId, decision: DecisionId, why: &str) -> Answer<()> {
        self.step()?;
        Votes::withdraw(self.votes.as_ref(), project, decision, why).await
    }

    async fn view(&self, vote: &TaskVote, ends: &[TaskEnd], decision: Option<DecisionId>) -> Answer<TaskVoteView> {
        Votes::view(self.votes.as_ref(), vote, ends, decision).await
    }
}

/// A world with three voters and their votes.
struct Voting {
    world: World,
    councils: Arc<Councils>,
    stop: CancellationToken,
}

impl Voting {
    async fn new() -> Self {
        Self::open(TempDir::with_prefix("baton-voters-").unwrap(), None).await
    }

    async fn open(folder: TempDir, steps: Option<i64>) -> Self {
        let agents: Vec<Arc<dyn Agent>> = vec![Arc::new(Voter("ann")), Arc::new(Voter("ben")), Arc::new(Voter("cid")), Arc::new(Asker)];
        let world = World::open_with(folder, options(), agents).await;
        let councils = Councils::new(CouncilParts {
            journals: Arc::new(world.store.clone()),
            spending: Arc::new(world.store.clone()),
            models: Arc::new(world.store.clone()),
            users: Arc::new(world.store.clone()),
            events: Arc::new(world.store.clone()),
            agents: world.engine.agents(),
            tasks: world.engine.tasks(),
            sources: world.sources.clone(),
        });
        match steps {
            Some(steps) => world.engine.use_votes(Arc::new(Mortal { votes: Arc::clone(&councils), left: AtomicI64::new(steps) })),
            None => world.engine.use_votes(Arc::clone(&councils) as Arc<dyn Votes>),
        }
        let stop = CancellationToken::new();
        tokio::spawn(Arc::clone(&councils).run(stop.clone()));
        Self { world, councils, stop }
    }

    async fn stop(self) -> TempDir {
        self.stop.cancel();
        self.world.stop().await
    }

    async fn decisions(&self) -> Vec<DecisionSummary> {
        self.councils.list(&self.world.caller, DecisionFilter::default()).await.unwrap().items
    }

    /// The children of a task.
    async fn children(&self, id: TaskId) -> Vec<TaskDetail> {
        let all = self.world.tasks().list(&self.world.caller, TaskFilter::default()).await.unwrap().items;
        let mut children = Vec::new();
        for task in all.into_iter().filter(|task| task.parent_id == Some(id)) {
            children.push(self.world.tasks().get(&self.world.caller, task.id, None).await.unwrap());
        }
        children
    }

    /// How often an event of a task was told.
    async fn told(&self, id: TaskId, kind: &str) -> usize {
        let (mut since, mut count) = (EventSeq(0), 0);
        loop {
            let part = self.world.store.events_since(since, &TopicFilter::default(), 1_000).await.unwrap();
            count += part.items.iter().filter(|event| event.kind == kind && event.subject == format!("task:{id}")).count();
            if !part.more {
                return count;
            }
            since = part.next_since;
        }
    }

    async fn waits_with_decision(&self, id: TaskId, state: DecisionState) -> DecisionSummary {
        for _ in 0..2_000 {
            if let [decision] = self.decisions().await.as_slice()
                && decision.state == state
            {
                assert_eq!(decision.task_id, Some(id));
                return decision.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no decision was {}", state.as_str());
    }
}

fn asked(answers: Value, terms: Value) -> NewTask {
    NewTask { decide: Some(Box::new(serde_json::from_value(terms).unwrap())), ..NewTask::new(SKILL, answers) }
}

fn by_label(more: Value) -> Value {
    let mut terms = json!({"voters": {"agents": 3}, "answer": "/label"});
    for (name, value) in more.as_object().unwrap() {
        terms[name] = value.clone();
    }
    terms
}

fn code(task: &TaskDetail) -> &str {
    task.summary.failure.as_ref().map_or("", |failure| failure.code.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_the_same_complete_the_task_without_a_vote() {
    let voting = Voting::new().await;
    let run = Some(RunId::new(voting.world.sources.ids.next()));
    let task = voting.world.submit(NewTask { run_id: run, ..asked(json!({}), by_label(json!({}))) }).await.unwrap();
    let ended = voting.world.ended(task).await;
    assert_eq!((ended.summary.state, ended.summary.decision_id), (TaskState::Completed, None), "{:?}", ended.summary.failure);
    let result = ended.result.unwrap();
    assert_eq!(result["label"], "same");
    assert!(["ann", "ben", "cid"].contains(&result["by"].as_str().unwrap()), "the whole result of one of them: {result}");
    let history: Vec<TaskState> = ended.timeline.iter().map(|entry| entry.state).collect();
    assert_eq!(history, [TaskState::Waiting, TaskState::Completed]);
    assert!(ended.attempts.is_empty() && voting.decisions().await.is_empty());
    let view = ended.decide.unwrap();
    assert_eq!((view.agreed, view.voters.len(), view.quorum), (Some(true), 3, 2));
    assert!(view.voters.iter().all(|voter| voter.answer == Some(json!("same"))));
    let children = voting.children(task).await;
    let agents: BTreeSet<String> = children.iter().map(|child| child.summary.agent.clone().unwrap().name).collect();
    assert_eq!(agents, ["ann", "ben", "cid"].map(str::to_owned).into(), "each by its own agent");
    assert!(children.iter().all(|child| child.summary.created_by == ended.summary.created_by && child.summary.run_id == run));
    assert!(ended.has_children);
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_differ_open_a_decision_whose_verdict_completes_the_task() {
    let voting = Voting::new().await;
    let task = voting.world.submit(asked(json!({"ben": "other"}), by_label(json!({"rule": "majority"})))).await.unwrap();
    let ended = voting.world.ended(task).await;
    assert_eq!(ended.summary.state, TaskState::Completed, "{:?}", ended.summary.failure);
    assert_eq!(ended.result.as_ref().unwrap()["label"], "same");
    let decisions = voting.decisions().await;
    assert_eq!(decisions.len(), 1);
    assert_eq!((decisions[0].state, decisions[0].task_id), (DecisionState::Decided, Some(task)));
    assert_eq!(ended.summary.decision_id, Some(decisions[0].id));
    assert_eq!((voting.told(task, DECISION_OPENED).await, voting.told(task, "task.completed").await), (1, 1));
    let view = ended.decide.unwrap();
    assert_eq!((view.agreed, view.rule.as_str()), (Some(false), "majority"));
    assert_eq!((view.terms["rule"].as_str(), decisions[0].verdict.as_ref().unwrap().dissenters), (Some("majority"), 1));
    assert_eq!(voting.children(task).await.len(), 3, "nobody was asked twice");
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_fails_the_task_with_its_code() {
    let voting = Voting::new().await;
    let never = json!({"rule": "unanimity", "escalation": {"debate": "never", "otherwise": {"kind": "refuse"}}});
    let task = voting.world.run(asked(json!({"ben": "other"}), by_label(never))).await;
    assert_eq!((task.summary.state, code(&task)), (TaskState::Failed, "DECISION-030"), "{:?}", task.summary.failure);
    let task = voting.world.run(asked(json!({"ann": "!", "ben": "!", "cid": "!"}), by_label(json!({})))).await;
    assert_eq!((task.summary.state, task.summary.decision_id), (TaskState::Failed, None), "nothing to decide on");
    assert!(voting.children(task.summary.id).await.iter().all(|child| child.summary.failure.as_ref().unwrap().code == code(&task)));
    assert_eq!(voting.children(task.summary.id).await[0].attempts.len(), 2, "each voter tries again by the policy");
    assert_eq!(task.summary.attempt, 1, "and the task itself does not");
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_task_ends_its_voters_and_its_decision() {
    let voting = Voting::new().await;
    let hangs = voting.world.submit(asked(json!({"ben": "..."}), by_label(json!({})))).await.unwrap();
    let record = voting.world.tasks().get(&voting.world.caller, hangs, None).await.unwrap().summary;
    assert_eq!((record.state, record.wait_kind), (TaskState::Waiting, Some(WaitKind::Decision)));
    voting.world.tasks().cancel(&voting.world.caller, hangs).await.unwrap();
    for child in voting.children(hangs).await {
        voting.world.ended(child.summary.id).await;
    }
    // Nobody is there to decide a tie, so it waits for people until the task's time is over.
    let late = NewTask {
        timeouts: Timeouts { schedule_to_close_ms: Some(3_600_000), ..Timeouts::default() },
        ..asked(json!({"ben": "other"}), json!({"voters": ["ann", "ben"], "answer": "/label", "escalation": {"debate": "never"}}))
    };
    let late = voting.world.submit(late).await.unwrap();
    let decision = voting.waits_with_decision(late, DecisionState::Escalated).await;
    voting.world.clock.advance(Duration::from_secs(3_601));
    let ended = voting.world.ended(late).await;
    assert_eq!(ended.summary.state, TaskState::TimedOut);
    assert_eq!(voting.waits_with_decision(late, DecisionState::Cancelled).await.id, decision.id);
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_escalated_waits_for_people_and_not_for_ever() {
    let voting = Voting::new().await;
    let tie = || asked(json!({"ben": "other"}), json!({"voters": ["ann", "ben"], "answer": "/label", "escalation": {"debate": "never"}}));
    let task = voting.world.submit(tie()).await.unwrap();
    let decision = voting.waits_with_decision(task, DecisionState::Escalated).await;
    assert_eq!(voting.world.tasks().get(&voting.world.caller, task, None).await.unwrap().summary.state, TaskState::Waiting);
    voting.world.clock.advance(ESCALATED_FOR + Duration::from_secs(1));
    let ended = voting.world.ended(task).await;
    assert_eq!((ended.summary.state, code(&ended)), (TaskState::Failed, "DECISION-031"));
    voting.waits_with_decision(task, DecisionState::Cancelled).await;
    let late = PersonVerdict { answer: PersonChoice::Refuse, comment: None };
    assert!(voting.councils.answer(&voting.world.caller, decision.id, late).await.is_err());
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_server_dies_the_task_ends_the_same_and_once() {
    for steps in 0..6 {
        let voting = Voting::open(TempDir::with_prefix("baton-voters-").unwrap(), Some(steps)).await;
        let task = voting.world.submit(asked(json!({"ben": "other"}), by_label(json!({})))).await.unwrap();
        // It goes as far as it is let, and stands.
        for child in voting.children(task).await {
            voting.world.ended(child.summary.id).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        let folder = voting.stop().await;
        let voting = Voting::open(folder, None).await;
        let ended = voting.world.ended(task).await;
        assert_eq!(ended.summary.state, TaskState::Completed, "after {steps} steps: {:?}", ended.summary.failure);
        assert_eq!(ended.result.unwrap()["label"], "same", "after {steps} steps");
        assert_eq!(voting.decisions().await.len(), 1, "after {steps} steps");
        assert_eq!((voting.told(task, DECISION_OPENED).await, voting.told(task, "task.completed").await), (1, 1), "after {steps} steps");
        assert_eq!(voting.children(task).await.len(), 3, "after {steps} steps");
        voting.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_one_task_and_a_rerun_asks_anew() {
    let voting = Voting::new().await;
    let (tasks, caller) = (voting.world.tasks(), &voting.world.caller);
    let one = asked(json!({}), by_label(json!({})));
    let first = tasks.submit(caller, one.clone(), Some("k".into())).await.unwrap();
    assert_eq!(tasks.submit(caller, one.clone(), Some("k".into())).await.unwrap().id, first.id);
    assert_eq!(voting.children(first.id).await.len(), 3);
    let batch = NewBatch {
        tasks: vec![
            NewTask { reference: Some("first".into()), ..one.clone() },
            NewTask { depends_on: vec![DependsOn::Ref("first".into())], ..one.clone() },
            NewTask { depends_on: vec![DependsOn::Ref("first".into())], ..NewTask::new(SKILL, json!({})) },
        ],
    };
    let accepted = tasks.submit_batch(caller, batch.clone(), Some("b".into())).await.unwrap();
    assert_eq!(accepted.ids.len(), 3, "voters are not among them");
    assert_eq!(tasks.submit_batch(caller, batch, Some("b".into())).await.unwrap(), accepted);
    for id in &accepted.ids {
        assert_eq!(voting.world.ended(*id).await.summary.state, TaskState::Completed);
    }
    voting.world.ended(first.id).await;
    let again = tasks.rerun(caller, first.id, None).await.unwrap();
    assert_eq!(again.rerun_of, Some(first.id));
    assert_eq!(voting.world.ended(again.id).await.summary.state, TaskState::Completed);
    let (old, new): (BTreeSet<TaskId>, BTreeSet<TaskId>) = (
        voting.children(first.id).await.iter().map(|child| child.summary.id).collect(),
        voting.children(again.id).await.iter().map(|child| child.summary.id).collect(),
    );
    assert!(new.len() == 3 && old.is_disjoint(&new));
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_task_holds_its_voters_back_and_takes_its_answer_when_it_is_resumed() {
    let voting = Voting::new().await;
    let (tasks, caller) = (voting.world.tasks(), &voting.world.caller);
    let later = voting.world.sources.clock.now().plus(Duration::from_secs(60));
    let task = NewTask { run_at: Some(later), ..asked(json!({}), by_label(json!({}))) };
    let task = voting.world.submit(task).await.unwrap();
    assert_eq!(tasks.pause(caller, task).await.unwrap().state, TaskState::Paused);
    voting.world.clock.advance(Duration::from_secs(61));
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(voting.children(task).await.iter().all(|child| child.summary.state == TaskState::Paused));
    let resumed = tasks.resume(caller, task).await.unwrap();
    assert_eq!((resumed.state, resumed.wait_kind), (TaskState::Waiting, Some(WaitKind::Decision)));
    assert_eq!(voting.world.ended(task).await.summary.state, TaskState::Completed);
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_a_resume_that_race_leave_no_voter_in_the_state_of_the_other() {
    let voting = Voting::new().await;
    let (world, caller) = (&voting.world, &voting.world.caller);
    let later = world.sources.clock.now().plus(Duration::from_secs(600));
    let task = world.submit(NewTask { run_at: Some(later), ..asked(json!({}), by_label(json!({}))) }).await.unwrap();
    let set = |paused: bool| {
        let (tasks, caller) = (world.tasks(), caller.clone());
        tokio::spawn(async move { if paused { tasks.pause(&caller, task).await } else { tasks.resume(&caller, task).await } })
    };
    let is_paused = async || world.store.task(task).await.unwrap().unwrap().summary.state == TaskState::Paused;
    for round in 0..40 {
        for last in [false, true] {
            set(last).await.unwrap().unwrap();
            let first = set(!last);
            // The task is as that wants it, and most likely not yet its voters.
            while is_paused().await == last {
                tokio::task::yield_now().await;
            }
            set(last).await.unwrap().unwrap();
            first.await.unwrap().unwrap();
            let states: Vec<TaskState> = voting.children(task).await.iter().map(|child| child.summary.state).collect();
            let wanted = if last { TaskState::Paused } else { TaskState::Waiting };
            assert_eq!((is_paused().await, states), (last, vec![wanted; 3]), "round {round}");
        }
    }
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_terms_are_refused_with_their_fields() {
    let voting = Voting::new().await;
    for (terms, wanted, field) in [
        (json!({"voters": ["nobody"]}), "DECISION-004", "/decide/voters/0"),
        (json!({"voters": {"agents": 0}}), "DECISION-004", "/decide/voters/agents"),
        (json!({"voters": "three"}), "DECISION-004", "/decide/voters"),
        (json!({"voters": 3, "rule": "dice"}), "DECISION-008", "/decide/rule"),
        (json!({"voters": 3, "quorum": 9.0}), "DECISION-006", "/decide/quorum"),
        (json!({"voters": 3, "threshold": 7.0}), "DECISION-007", "/decide/threshold"),
        (json!({"voters": 3, "answer": "label"}), "DECISION-002", "/decide/answer"),
        (json!({"voters": ["operator"]}), "DECISION-004", "/decide/voters"),
        (json!({"voters": ["ann", "scripted"]}), "DECISION-004", "/decide/voters/1"),
        (json!({"voters": 3, "canonical": {"method": "smell"}}), "DECISION-010", "/decide/canonical"),
    ] {
        let problem = voting.world.submit(asked(json!({}), terms.clone())).await.unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert!(problem.code == wanted && fields.contains(&field), "{terms}: {} {fields:?} {}", problem.code, problem.detail);
    }
    let batch = NewBatch { tasks: vec![NewTask::new(SKILL, json!({})), asked(json!({}), json!({"voters": 3, "rule": "dice"}))] };
    let problem = voting.world.tasks().submit_batch(&voting.world.caller, batch, None).await.unwrap_err();
    assert_eq!(problem.errors[0].field, "/tasks/1/decide/rule");
    let many = NewBatch { tasks: vec![asked(json!({}), json!({"voters": 500})); 3] };
    let problem = voting.world.tasks().submit_batch(&voting.world.caller, many, None).await.unwrap_err();
    assert_eq!(problem.code, "TASK-005");
    assert_eq!(voting.world.store.state_counts().await.unwrap().0.len(), 0, "nothing was stored");
    voting.stop().await;
}

fn asks(answers: Value, terms: Value, deeper: u64) -> NewTask {
    NewTask::new(ASKER, json!({"answers": answers, "terms": terms, "deeper": deeper}))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_several_do_what_it_asks_for() {
    let voting = Voting::new().await;
    let parent = voting.world.run(asks(json!({}), by_label(json!({})), 0)).await;
    assert_eq!(parent.summary.state, TaskState::Completed, "{:?}", parent.summary.failure);
    assert_eq!(parent.result.unwrap()["label"], "same");
    let children = voting.children(parent.summary.id).await;
    let [child] = &children[..] else { panic!("{} children", children.len()) };
    let vote = child.decide.as_ref().unwrap();
    assert_eq!((vote.agreed, vote.voters.len(), child.summary.priority.get()), (Some(true), 3, 2));
    let voters = voting.children(child.summary.id).await;
    let agents: BTreeSet<String> = voters.iter().map(|voter| voter.summary.agent.clone().unwrap().name).collect();
    assert_eq!(agents, ["ann", "ben", "cid"].map(str::to_owned).into(), "each by its own agent");
    assert!(voters.iter().all(|voter| voter.summary.priority.get() == 2), "as urgent as the child");

    let parent = voting.world.run(asks(json!({"ben": "other"}), by_label(json!({"rule": "majority"})), 0)).await;
    assert_eq!(parent.result.unwrap()["label"], "same", "what was decided");
    let child = voting.children(parent.summary.id).await.remove(0).summary.id;
    let decisions = voting.decisions().await;
    assert_eq!((decisions.len(), decisions[0].task_id), (1, Some(child)));

    let never = json!({"rule": "unanimity", "escalation": {"debate": "never", "otherwise": {"kind": "refuse"}}});
    let parent = voting.world.run(asks(json!({"ben": "other"}), by_label(never), 0)).await;
    assert_eq!((parent.summary.state, code(&parent)), (TaskState::Failed, "DECISION-030"));
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_asks_of_several_is_checked_as_what_is_asked_from_outside() {
    let voting = Voting::new().await;
    for (terms, wanted) in [
        (json!({"voters": ["nobody"]}), "DECISION-004"),
        (json!({"voters": 3, "rule": "dice"}), "DECISION-008"),
        (json!({"voters": 3, "quorum": 9.0}), "DECISION-006"),
        (json!({"voters": 3, "threshold": 7.0}), "DECISION-007"),
        (json!({"voters": 3, "answer": "label"}), "DECISION-002"),
        (json!({"voters": 3, "canonical": {"method": "smell"}}), "DECISION-010"),
    ] {
        let parent = voting.world.run(asks(json!({}), terms.clone(), 0)).await;
        assert_eq!((parent.summary.state, code(&parent)), (TaskState::Failed, wanted), "{terms}: {:?}", parent.summary.failure);
        assert!(voting.children(parent.summary.id).await.is_empty(), "{terms}: nothing was stored");
    }
    // The last voter stands as deep as a task may, and one level more is too deep for voters, though not for one agent.
    let parent = voting.world.run(asks(json!({}), by_label(json!({})), 2)).await;
    assert_eq!(parent.summary.state, TaskState::Completed, "{:?}", parent.summary.failure);
    let parent = voting.world.run(asks(json!({}), by_label(json!({})), 3)).await;
    assert_eq!((parent.summary.state, code(&parent)), (TaskState::Failed, "TASK-007"));
    voting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_who_asked_several_ends_them_all() {
    let voting = Voting::new().await;
    let parent = voting.world.submit(asks(json!({"ben": "..."}), by_label(json!({})), 0)).await.unwrap();
    voting.world.reaches(parent, TaskState::Running).await;
    let child = loop {
        match &voting.children(parent).await[..] {
            [child] => break child.summary.id,
            _ => tokio::task::yield_now().await,
        }
    };
    let voters = voting.children(child).await;
    assert_eq!(voters.len(), 3, "stored with the child");
    voting.world.tasks().cancel(&voting.world.caller, parent).await.unwrap();
    for id in [parent, child] {
        assert_eq!(voting.world.ended(id).await.summary.state, TaskState::Canceled);
    }
    for voter in voters {
        voting.world.ended(voter.summary.id).await;
    }
    voting.stop().await;
}
