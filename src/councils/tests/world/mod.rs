//! What does a decision live in, in a test? A store in memory that may fail, tasks that are really kept and answered as scripted, and a clock by hand.

mod agents;
mod journals;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use baton_councils::{CouncilParts, Councils};
use baton_domain::event::Event;
use baton_domain::id::{AuditId, DEFAULT_PROJECT, DecisionId, UserId};
use baton_domain::ports::Sources;
use baton_domain::services::DecisionService;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::decision::{DecisionDetail, DecisionSummary, DecisionVote, NewDecision, VoteSays};
use baton_storage::{AuditRow, CommitSink, IdentityStore, UserRecord};
use baton_storage_memory::MemoryStore;
use baton_testkit::{TestClock, test_sources};
use parking_lot::Mutex;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use agents::{TestAgents, agent_id};
pub(crate) use journals::{Fuse, FusedJournals};
pub(crate) use tasks::{Reply, TestTasks};

/// Everything that was committed.
#[derive(Default)]
pub(crate) struct Committed(Mutex<Vec<Arc<Event>>>);

impl CommitSink for Committed {
    fn committed(&self, events: &[Arc<Event>]) {
        self.0.lock().extend_from_slice(events);
    }
}

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) tasks: Arc<TestTasks>,
    pub(crate) agents: Arc<TestAgents>,
    pub(crate) councils: Arc<Councils>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) fuse: Arc<Fuse>,
    sources: Sources,
    events: Arc<Committed>,
}

/// The person with this number: 1 and 2 are operators, 3 is an admin, 4 only looks on.
pub(crate) fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(0xA000 + number))
}

/// What they call with.
pub(crate) fn user(number: u128) -> Caller {
    let role = match number {
        3 => Role::Admin,
        4 => Role::Viewer,
        _ => Role::Operator,
    };
    let principal = Principal::User { id: user_id(number), email: format!("user{number}@example.org") };
    Caller { principal, role: Some(role), project: DEFAULT_PROJECT, session: None, request_id: None }
}

impl World {
    /// Agents `a1` to `a9` with the skill `demo.answer` and `speaker`, `other` with `prompt.answer`.
    pub(crate) async fn new(script: impl Fn(&str, &Value, &str) -> Reply + Send + Sync + 'static) -> Self {
        let (sources, clock) = test_sources(7);
        let events = Arc::new(Committed::default());
        let store = MemoryStore::new(Arc::clone(&events) as Arc<dyn CommitSink>);
        for number in 1..=4 {
            let role = user(number).role.unwrap();
            let (id, at) = (user_id(number), sources.clock.now());
            let email = format!("user{number}@example.org");
            let record = UserRecord { id, email, password_hash: String::new(), role, active: true, created_at: at, last_login_at: None };
            let audit = AuditRow {
                id: AuditId::new(Uuid::from_u128(number)),
                at,
                principal: Principal::System,
                action: "user.create".into(),
                target: None,
                allowed: true,
                code: None,
                request_id: None,
                address: None,
            };
            store.insert_user(record, false, audit).await.unwrap();
        }
        let fuse = Arc::new(Fuse::default());
        let tasks = Arc::new(TestTasks::new(Box::new(script), sources.clone(), Arc::clone(&fuse)));
        let agents = Arc::new(TestAgents::default());
        let mut world = Self {
            councils: Councils::new(parts(&store, &tasks, &agents, &sources, &fuse)),
            store,
            tasks,
            agents,
            clock,
            fuse,
            sources,
            events,
        };
        world.restart();
        world
    }

    /// A server that starts anew on what is stored.
    pub(crate) fn restart(&mut self) {
        self.councils = self.another();
    }

    /// One more server on the same store.
    pub(crate) fn another(&self) -> Arc<Councils> {
        Councils::new(parts(&self.store, &self.tasks, &self.agents, &self.sources, &self.fuse))
    }

    /// Lets everything happen that happens without time: drivers go on, agents work, ends of tasks are heard.
    pub(crate) async fn settle(&self) {
        for _ in 0..12 {
            // Storage may be away.
            drop(self.councils.pass(false).await);
            for event in self.tasks.work() {
                self.councils.heard(&event);
            }
        }
    }

    pub(crate) fn after(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn open(&self, asked: Value) -> DecisionSummary {
        self.councils.open(&user(1), request(asked), None).await.unwrap()
    }

    pub(crate) async fn detail(&self, id: DecisionId) -> DecisionDetail {
        self.councils.decision(&user(1), id).await.unwrap()
    }

    /// Votes for an answer by what it says; labels are looked up on the person's own ballot.
    pub(crate) async fn votes(&self, number: u128, id: DecisionId, answer: &str) -> Result<DecisionSummary, String> {
        use baton_domain::wire::decision::YourPart;
        let detail = self.councils.decision(&user(number), id).await.map_err(|problem| problem.code)?;
        let label = match &detail.yours {
            Some(YourPart::Ballot { entries, .. }) => {
                entries.iter().find(|entry| entry.answer == json!(answer)).map(|entry| entry.label.clone()).unwrap_or_else(|| "?".into())
            }
            _ => "A".into(),
        };
        self.councils.vote(&user(number), id, choice(&label)).await.map_err(|problem| problem.code)
    }

    /// Kinds of the decision's events, in order.
    pub(crate) fn kinds(&self, id: DecisionId) -> Vec<String> {
        let subject = format!("decision:{id}");
        self.events.0.lock().iter().filter(|event| event.subject == subject).map(|event| event.kind.clone()).collect()
    }

    pub(crate) fn events(&self) -> Vec<Arc<Event>> {
        self.events.0.lock().clone()
    }
}

pub(crate) fn choice(label: &str) -> DecisionVote {
    DecisionVote { says: VoteSays::Choice { choice: label.into() }, confidence: None, rationale: None, round: None }
}

fn parts(store: &MemoryStore, tasks: &Arc<TestTasks>, agents: &Arc<TestAgents>, sources: &Sources, fuse: &Arc<Fuse>) -> CouncilParts {
    CouncilParts {
        journals: Arc::new(FusedJournals { store: store.clone(), fuse: Arc::clone(fuse) }),
        spending: Arc::new(store.clone()),
        models: Arc::new(store.clone()),
        users: Arc::new(store.clone()),
        events: Arc::new(store.clone()),
        agents: Arc::clone(agents) as _,
        tasks: Arc::clone(tasks) as _,
        sources: sources.clone(),
    }
}

/// A request whose agents run `demo.answer`, with changes.
pub(crate) fn request(change: Value) -> NewDecision {
    let mut form = json!({
        "question": "Ship it?",
        "answers": {"kind": "options", "options": [{"key": "yes"}, {"key": "no"}]},
        "task": {"skill": "demo.answer", "input": {}, "answer": "/answer", "confidence": "/confidence"},
        "electorate": [],
        "deadline_seconds": 600,
        "escalation": {"debate": "never"},
    });
    for (key, value) in change.as_object().unwrap() {
        if value.is_null() {
            form.as_object_mut().unwrap().remove(key);
        } else {
            form[key] = value.clone();
        }
    }
    serde_json::from_value(form).unwrap()
}

/// Members for agents `a1` and so on.
pub(crate) fn voters(numbers: std::ops::RangeInclusive<u128>) -> Value {
    numbers.map(|number| json!({"kind": "agent", "agent_id": agent_id(number)})).collect()
}

/// What an agent answers by the skill.
pub(crate) fn says(answer: &str) -> Reply {
    Reply::Completed(json!({"answer": answer, "confidence": 0.8}))
}

pub(crate) async fn verdict(world: &World, id: DecisionId) -> (String, Option<String>, String) {
    let summary = world.detail(id).await.summary;
    let verdict = summary.verdict.map(|verdict| (verdict.key, verdict.why));
    let (key, why) = verdict.unwrap_or_default();
    (summary.state.to_string(), key, why)
}
