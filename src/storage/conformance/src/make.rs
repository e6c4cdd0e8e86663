//! How does a case make what it needs? Tasks in any state, assignments, agents, audit rows: each valid, with few words.

use std::time::Duration;

use baton_domain::agent::{AgentCard, Family, InstanceRange, Isolation, Limits, Needs, Skill};
use baton_domain::id::{AgentId, ArtifactId, AttemptId, AuditId, DEFAULT_PROJECT, LeaseToken, ServerId, TaskId, UserId};
use baton_domain::server::ServerRef;
use baton_domain::task::{Priority, RetryPolicy, TaskState, Timeouts, Trigger, WaitKind};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AgentRef, Candidate, Explanation, Rejection, ScoreTerm, TaskSummary};
use baton_storage::{
    Advance, Advanced, AgentRegistration, Assignment, AuditRow, Beat, BegunTask, Completion, Guard, Inserted, NewTaskRecord, ReadyTask,
    TaskRecord, Wanted,
};
use serde_json::json;
use uuid::Uuid;

use crate::World;

/// The instant this many milliseconds after all cases begin.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + millis)
}

/// How long a lease lasts in these cases.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// The agent that works here.
pub(crate) fn agent() -> AgentRef {
    AgentRef { id: AgentId::new(Uuid::from_u128(0xa9)), name: "nlp".to_owned() }
}

/// A server of this name; the same name is the same server.
pub(crate) fn server(name: &str) -> ServerRef {
    let number = name.bytes().fold(0xc0_u128, |number, byte| (number << 8) | u128::from(byte));
    ServerRef { id: ServerId::new(Uuid::from_u128(number)), name: name.to_owned() }
}

/// Somebody who asks.
pub(crate) fn person() -> Principal {
    Principal::User { id: UserId::new(Uuid::from_u128(0xb0)), email: "ada@example.test".to_owned() }
}

pub(crate) fn card(name: &str) -> AgentCard {
    let skill = Skill {
        name: "nlp.sentiment".to_owned(),
        title: "Sentiment".to_owned(),
        description: "Says how a text feels.".to_owned(),
        family: Family::Nlp,
        input_schema: json!({"type": "object"}),
        output_schema: json!({"type": "object"}),
        examples: vec![json!({"text": "fine"})],
        result_kind: "sentiment".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    };
    AgentCard {
        name: name.to_owned(),
        title: name.to_uppercase(),
        description: "Reads.".to_owned(),
        family: Family::Nlp,
        skills: vec![skill],
        labels: vec!["gpu".to_owned()],
        slots: 4,
        instances: InstanceRange::default(),
        cost_micros: 0,
        version: "1.0.0".to_owned(),
    }
}

fn explanation() -> Explanation {
    Explanation {
        strategy: "score".to_owned(),
        candidates: vec![Candidate {
            agent: agent(),
            score: 0.5,
            terms: vec![ScoreTerm { name: "free_slots".to_owned(), value: 4.0, weight: 0.125 }],
        }],
        rejected: vec![Rejection { reason: "labels".to_owned(), count: 2 }],
        version: Some("1.0.0".to_owned()),
    }
}

impl World {
    /// A task that is ready, submitted at the beginning.
    pub(crate) fn new_task(&self) -> NewTaskRecord {
        let summary = TaskSummary {
            id: TaskId::new(self.id()),
            project_id: DEFAULT_PROJECT,
            title: "How does it feel?".to_owned(),
            skill: "nlp.sentiment".to_owned(),
            state: TaskState::Queued,
            wait_kind: None,
            reason: Some("submitted".to_owned()),
            priority: Priority::default(),
            labels: vec!["gpu".to_owned()],
            fairness_key: None,
            attempt: 1,
            maximum_attempts: 4,
            agent: None,
            created_at: at(0),
            not_before: None,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            pause_requested_at: None,
            created_by: person().label().to_owned(),
            rerun_of: None,
            run_id: None,
            parent_id: None,
            decision_id: None,
            failure: None,
        };
        let task = TaskRecord {
            summary,
            result_kind: "sentiment".to_owned(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            lease: LeaseToken(0),
            lease_until: None,
            deadline_at: None,
            ready_at: at(0),
            depth: 0,
            fairness_weight: 1.0,
            budget: None,
            awaited: false,
            created_by: person(),
        };
        NewTaskRecord { task, input: json!({"text": "fine"}), depends_on: Vec::new(), decide: None }
    }

    /// A task as this changes it.
    pub(crate) fn task_with(&self, change: impl FnOnce(&mut TaskRecord)) -> NewTaskRecord {
        let mut new = self.new_task();
        change(&mut new.task);
        new
    }

    /// Stores a task.
    pub(crate) async fn insert(&self, new: NewTaskRecord) -> TaskId {
        let id = new.task.summary.id;
        assert_eq!(self.store.insert_tasks(vec![new], None).await.unwrap(), Inserted::Stored);
        id
    }

    /// A stored task as this changes it.
    pub(crate) async fn insert_with(&self, change: impl FnOnce(&mut TaskRecord)) -> TaskId {
        self.insert(self.task_with(change)).await
    }

    /// A task that waits for an agent.
    pub(crate) async fn queued(&self) -> TaskId {
        self.insert(self.new_task()).await
    }

    /// A task that waits for an instant.
    pub(crate) async fn waiting(&self, until: Timestamp) -> TaskId {
        self.insert_with(|task| wait(&mut task.summary, until)).await
    }

    /// Gives a task to the agent.
    pub(crate) fn assignment(&self, task: TaskId, now: Timestamp) -> Assignment {
        let attempt = AttemptId::new(self.id());
        let (agent, server) = (agent(), server("main"));
        Assignment { task, attempt, agent, server, explanation: explanation(), at: now, lease_until: now.plus(LEASE) }
    }

    /// Begins a task that is ready.
    pub(crate) async fn begin(&self, task: TaskId, now: Timestamp) -> BegunTask {
        let mut begun = self.store.begin(vec![self.assignment(task, now)]).await.unwrap();
        assert_eq!(begun.len(), 1, "the task was ready");
        begun.remove(0)
    }

    /// A task that the agent works on since 100 ms after the beginning.
    pub(crate) async fn running(&self) -> BegunTask {
        let id = self.queued().await;
        self.begin(id, at(100)).await
    }

    /// A task in this state, brought there by the store.
    pub(crate) async fn in_state(&self, state: TaskState) -> TaskRecord {
        let id = match state {
            TaskState::Waiting => self.waiting(at(500)).await,
            TaskState::Running | TaskState::Completed | TaskState::Failed => self.running().await.task.summary.id,
            _ => self.queued().await,
        };
        let trigger = match state {
            TaskState::Queued | TaskState::Waiting | TaskState::Running => return self.record(id).await,
            TaskState::Assigned => panic!("beginning goes through this state in one commit"),
            TaskState::Paused => Trigger::Pause,
            TaskState::Completed => Trigger::Complete,
            TaskState::Failed => Trigger::Fail,
            TaskState::Canceled => Trigger::Cancel,
            TaskState::Rejected => Trigger::Reject,
            TaskState::TimedOut => Trigger::TimeOut,
        };
        let from = self.record(id).await.summary.state;
        let record = self.applied(Advance::new(id, Guard::State(from), trigger, person(), at(200))).await;
        assert_eq!(record.summary.state, state);
        record
    }

    /// A task that waits until these have completed.
    pub(crate) fn dependent(&self, depends_on: Vec<TaskId>) -> NewTaskRecord {
        let mut new = self.new_task();
        new.task.summary.state = TaskState::Waiting;
        new.task.summary.wait_kind = Some(WaitKind::Dependency);
        new.depends_on = depends_on;
        new
    }

    /// Begins a task and records a result of it.
    pub(crate) async fn complete(&self, task: TaskId, now: Timestamp) -> TaskRecord {
        let begun = self.begin(task, now).await;
        match self.store.complete(Self::completion(&begun, now)).await.unwrap() {
            Advanced::Applied(record) => *record,
            other => panic!("the result was not stored: {other:?}"),
        }
    }

    /// Everything that is ready for a skill, in the order of rank.
    pub(crate) async fn ready(&self, skill: &str, limit: u32, now: Timestamp) -> Vec<ReadyTask> {
        let classes = self.store.queue_classes(None, 1_000).await.unwrap();
        let wanted: Vec<_> = classes.into_iter().filter(|class| class.skill == skill).map(|class| Wanted::first(class, limit)).collect();
        self.store.ready_tasks(&wanted, now).await.unwrap()
    }

    /// A change that must be stored; the task as it is then.
    pub(crate) async fn applied(&self, change: Advance) -> TaskRecord {
        match self.store.advance(change).await.unwrap() {
            Advanced::Applied(record) => *record,
            other => panic!("the change was not applied: {other:?}"),
        }
    }

    /// A change that must be refused and leave everything as it is.
    pub(crate) async fn refused(&self, change: Advance) {
        let (id, before) = (change.task, self.image().await);
        match self.store.advance(change).await.unwrap() {
            Advanced::Refused(record) => assert_eq!(*record, self.record(id).await),
            other => panic!("the change was not refused: {other:?}"),
        }
        assert_eq!(self.image().await, before);
    }

    /// The result of an attempt that began.
    pub(crate) fn completion(begun: &BegunTask, now: Timestamp) -> Completion {
        Completion {
            task: begun.task.clone(),
            attempt: begun.attempt,
            result: json!({"score": 0.75}),
            at: now,
            spans: Vec::new(),
            goes_first: false,
        }
    }

    /// Believes holders until then, as a server does that has not joined; gives the leases that are stale.
    pub(crate) async fn beat(&self, leases: Vec<(TaskId, LeaseToken)>, until: Timestamp) -> Vec<(TaskId, LeaseToken)> {
        let beat = Beat { server: server("main").id, at: until, leases, until, agents: vec![] };
        self.store.beat(beat).await.unwrap().stale
    }

    pub(crate) fn registration(&self, name: &str) -> AgentRegistration {
        AgentRegistration { id: AgentId::new(self.id()), card: card(name) }
    }

    /// Registers the agent that works here.
    pub(crate) async fn register_agent(&self) {
        let registration = AgentRegistration { id: agent().id, card: card(&agent().name) };
        self.store.register_agents(vec![registration], at(0)).await.unwrap();
    }

    pub(crate) fn audit_row(&self) -> AuditRow {
        AuditRow {
            id: AuditId::new(self.id()),
            at: at(0),
            principal: person(),
            action: "auth.login".to_owned(),
            target: Some("user:1".to_owned()),
            allowed: true,
            code: None,
            request_id: Some("r1".to_owned()),
            address: Some("192.0.2.1".to_owned()),
        }
    }

    pub(crate) fn artifact_view(&self) -> ArtifactView {
        ArtifactView {
            id: ArtifactId::new(self.id()),
            project_id: DEFAULT_PROJECT,
            name: "sales.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            size: 1 << 40,
            sha256: "ab".repeat(32),
            created_by: person().label().to_owned(),
            task_id: None,
            created_at: at(0),
        }
    }
}

/// The states that a task can be seen in: no commit leaves one assigned.
pub(crate) fn states() -> impl Iterator<Item = TaskState> {
    TaskState::ALL.iter().copied().filter(|state| *state != TaskState::Assigned)
}

/// Makes a new task wait for an instant.
pub(crate) fn wait(summary: &mut TaskSummary, until: Timestamp) {
    summary.state = TaskState::Waiting;
    summary.wait_kind = Some(WaitKind::Timer);
    summary.not_before = Some(until);
}
