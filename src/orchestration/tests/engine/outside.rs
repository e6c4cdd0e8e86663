//! Do attempts get the connections and the models that they may have, and no others?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use baton_councils::{CouncilParts, Councils};
use baton_domain::connection::{AuthKind, ConnectionKind};
use baton_domain::id::{AttemptId, DEFAULT_PROJECT, DecisionId, TaskId};
use baton_domain::model::{Embedded, FinishReason, Message, ModelAnswer, ModelRequest, Usage};
use baton_domain::ports::{ConfiguredModel, ModelBooks, ModelCall, ModelCaller, Models, Sealer, Written};
use baton_domain::services::{ConnectionService, DecisionService, ModelService};
use baton_domain::task::{Budget, SharedBudget, TaskState};
use baton_domain::user::{Caller, Role};
use baton_domain::wire::auth::Secret;
use baton_domain::wire::connection::{ConnectionSettings, NewConnection};
use baton_domain::wire::decision::DecisionState;
use baton_domain::wire::model::{ModelBudget, ModelPreset, ModelSettings, ModelState, ModelTest, NewModel};
use baton_domain::wire::task::{Failure, NewTask};
use baton_storage::{ModelStore, SettingsKind, SettingsStore};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{SCRIPTED, World};

/// Seals by turning the bytes around, with the place in front.
struct Turned;

impl Sealer for Turned {
    fn seal(&self, place: &str, secret: &str) -> Result<Vec<u8>, String> {
        Ok(format!("{place}|{}", secret.chars().rev().collect::<String>()).into_bytes())
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Result<String, String> {
        let text = String::from_utf8(sealed.to_vec()).map_err(|error| error.to_string())?;
        let turned = text.strip_prefix(&format!("{place}|")).ok_or("another place")?;
        Ok(turned.chars().rev().collect())
    }
}

fn connection(name: &str, secret: Option<&str>) -> NewConnection {
    let settings = ConnectionSettings {
        kind: ConnectionKind::Http,
        base_url: "https://api.example.com/v1".to_owned(),
        auth: if secret.is_some() { AuthKind::Bearer } else { AuthKind::None },
        auth_name: None,
        allowed_skills: vec!["scripted.*".to_owned()],
        private: false,
    };
    NewConnection { name: name.to_owned(), settings, secret: secret.map(|text| Secret(text.to_owned())) }
}

fn service(world: &World) -> Arc<dyn ConnectionService> {
    let sealer: Arc<dyn Sealer> = Arc::new(Turned);
    world.engine.use_sealer(Arc::clone(&sealer));
    world.engine.connections(sealer)
}

fn connect(name: &str) -> NewTask {
    NewTask::new(SCRIPTED, json!({"do": "connect", "connection": name}))
}

#[tokio::test]
async fn an_attempt_gets_the_connection_that_its_input_names_with_its_secret() {
    let world = World::new().await;
    let shown = service(&world).create(&world.caller, connection("weather", Some("s3cret"))).await.unwrap();
    assert!(shown.has_secret);
    let ended = world.run(connect("weather")).await;
    assert_eq!(ended.result, Some(json!({"base": "https://api.example.com/v1", "secret": "s3cret"})));
    let stored = world.store.settings(SettingsKind::Connection, DEFAULT_PROJECT).await.unwrap();
    assert!(!String::from_utf8_lossy(stored[0].secret.as_ref().unwrap()).contains("s3cret"), "it is sealed at rest");
    assert!(!serde_json::to_string(&shown).unwrap().contains("s3cret"));
}

#[tokio::test]
async fn no_attempt_gets_a_connection_that_is_not_there_or_not_for_its_skill() {
    let world = World::new().await;
    let service = service(&world);
    let mut other = connection("other", Some("s3cret"));
    other.settings.allowed_skills = vec!["web_automation.*".to_owned()];
    service.create(&world.caller, other).await.unwrap();
    for (name, code) in [("nowhere", "CONNECTION-001"), ("other", "CONNECTION-002")] {
        let ended = world.run(connect(name)).await;
        let failure = ended.summary.failure.unwrap();
        assert_eq!((ended.summary.state, failure.code.as_str()), (TaskState::Failed, code));
        assert!(failure.message.contains("/input/connection"), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_stored_secret_stays_with_its_host_and_goes_nowhere_else() {
    let world = World::new().await;
    let service = service(&world);
    let id = service.create(&world.caller, connection("weather", Some("s3cret"))).await.unwrap().id;
    let mut moved = NewConnection { secret: None, ..connection("weather", Some("unused")) };
    moved.settings.base_url = "https://evil.example.com/v1".to_owned();
    let refused = service.update(&world.caller, id, moved.clone()).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.errors[0].field.as_str()), ("CONNECTION-003", "/secret"));
    moved.settings.base_url = "https://api.example.com/v2".to_owned();
    assert!(service.update(&world.caller, id, moved).await.unwrap().has_secret);
    assert_eq!(world.run(connect("weather")).await.result.unwrap()["secret"], "s3cret");
    let none = NewConnection { secret: Some(Secret(String::new())), ..connection("weather", None) };
    assert!(!service.update(&world.caller, id, none).await.unwrap().has_secret);
}

#[tokio::test]
async fn wrong_settings_are_refused_by_their_field() {
    let world = World::new().await;
    let service = service(&world);
    let wrong = |change: fn(&mut NewConnection)| {
        let mut wrong = connection("weather", Some("s3cret"));
        change(&mut wrong);
        wrong
    };
    for (connection, field) in [
        (wrong(|new| new.name = "with space".to_owned()), "/name"),
        (wrong(|new| new.settings.base_url = "http://169.254.169.254/".to_owned()), "/settings/base_url"),
        (wrong(|new| new.settings.base_url = "http://api.example.com".to_owned()), "/settings/base_url"),
        (wrong(|new| new.settings.auth = AuthKind::Header), "/settings/auth_name"),
        (wrong(|new| new.settings.auth = AuthKind::None), "/settings/auth"),
        (wrong(|new| new.secret = None), "/secret"),
        (wrong(|new| new.settings.auth = AuthKind::Basic), "/secret"),
        (wrong(|new| new.settings.allowed_skills = vec!["a b".to_owned()]), "/settings/allowed_skills/0"),
        (wrong(|new| new.settings.kind = ConnectionKind::Postgres), "/settings/base_url"),
        (wrong(|new| new.settings.kind = ConnectionKind::Sqlite), "/settings/base_url"),
    ] {
        let refused = service.create(&world.caller, connection).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.errors[0].field.as_str()), ("CONNECTION-003", field));
    }
    service.create(&world.caller, connection("weather", None)).await.unwrap();
    let taken = service.create(&world.caller, connection("weather", None)).await.unwrap_err();
    assert_eq!((taken.code.as_str(), taken.status), ("CONNECTION-004", 409));
    let operator = Caller { role: Some(Role::Operator), ..world.caller.clone() };
    assert_eq!(service.create(&operator, connection("another", None)).await.unwrap_err().code, "AUTH-005");
}

/// A model that says what it is asked, and spends what each call may take.
struct Echo {
    books: Arc<dyn ModelBooks>,
    asked: AtomicU64,
}

/// What passes for a certificate authority here.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

const MOST: Usage = Usage { prompt_tokens: 30, completion_tokens: 20, cost_micros: 0 };

#[async_trait]
impl Models for Echo {
    async fn complete(&self, caller: &ModelCaller, call: ModelRequest, _: Written<'_>) -> Result<ModelAnswer, Failure> {
        self.books.reserve(caller, MOST).await?;
        self.asked.fetch_add(1, Ordering::SeqCst);
        let text = call.messages.last().unwrap().content.clone();
        self.books.settle(caller, MOST, Usage { completion_tokens: 10, ..MOST }).await;
        Ok(ModelAnswer {
            model: "echo".into(),
            text,
            json: None,
            tool_calls: vec![],
            finish: FinishReason::Stop,
            usage: MOST,
            cached: false,
        })
    }

    async fn embed(&self, _: &ModelCaller, _: Vec<String>) -> Result<Embedded, Failure> {
        unreachable!("nobody asks")
    }

    fn state(&self, _: &str) -> ModelState {
        ModelState::Ready
    }

    fn local(&self) -> Option<ModelSettings> {
        None
    }

    fn presets(&self) -> Vec<ModelPreset> {
        Vec::new()
    }

    fn check_authority(&self, pem: &str) -> Result<(), String> {
        if pem == AUTHORITY { Ok(()) } else { Err("certificate 1 cannot be read".into()) }
    }

    async fn probe(&self, _: Option<&ConfiguredModel>) -> ModelTest {
        ModelTest { ok: true, message: "ready".into(), duration_ms: 1, capabilities: Some(Default::default()) }
    }
}

fn models(world: &World) -> (Arc<dyn ModelService>, Arc<dyn ModelBooks>) {
    let desk = world.engine.model_books(Arc::new(Turned));
    let books = desk.books();
    let echo: Arc<dyn Models> = Arc::new(Echo { books: Arc::clone(&books), asked: AtomicU64::new(0) });
    world.engine.use_models(Arc::clone(&echo));
    (desk.service(echo), books)
}

fn complete() -> NewTask {
    NewTask::new(SCRIPTED, json!({"do": "complete"}))
}

#[tokio::test]
async fn an_attempt_asks_a_model_through_its_host_and_without_one_is_told() {
    let world = World::new().await;
    let ended = world.run(complete()).await;
    assert_eq!(ended.summary.failure.unwrap().code, "MODEL-001");
    let _models = models(&world);
    assert_eq!(world.run(complete()).await.result, Some(json!({"model": "echo", "text": "hello"})));
}

#[tokio::test]
async fn the_budgets_of_task_and_month_hold_back_what_would_pass_them() {
    let world = World::new().await;
    let (service, _) = models(&world);
    let poor = NewTask { budget: Some(Budget { tokens: Some(49), cost: None }), ..complete() };
    assert_eq!(world.run(poor).await.summary.failure.unwrap().code, "MODEL-005");
    let set = service.set_budget(&world.caller, ModelBudget { tokens: Some(120), cost_micros: None }).await.unwrap();
    assert_eq!((set.budget.tokens, set.tokens), (Some(120), 0));
    for _ in 0..2 {
        assert!(world.run(complete()).await.result.is_some());
    }
    assert_eq!(service.list(&world.caller).await.unwrap().budget.tokens, 80, "settled to what was used");
    let refused = world.run(complete()).await.summary.failure.unwrap();
    assert_eq!((refused.code.as_str(), refused.message.contains("month")), ("MODEL-005", true));
    assert_eq!(
        service.set_budget(&world.caller, ModelBudget { tokens: Some(0), cost_micros: None }).await.unwrap_err().code,
        "REQUEST-002"
    );
}

fn shared(world: &World, tokens: u64) -> SharedBudget {
    SharedBudget { decision: DecisionId::new(world.sources.ids.next()), budget: Budget { tokens: Some(tokens), cost: None } }
}

#[tokio::test]
async fn however_many_race_for_a_shared_budget_they_never_pass_it_together() {
    let world = World::new().await;
    let (_, books) = models(&world);
    let shared = shared(&world, 130);
    let caller = |world: &World| ModelCaller {
        project: DEFAULT_PROJECT,
        task: TaskId::new(world.sources.ids.next()),
        attempt: AttemptId::new(world.sources.ids.next()),
        budget: shared.budget,
        above: vec![],
        shared: vec![shared],
    };
    let racing: Vec<_> = (0..40)
        .map(|_| {
            let (books, caller) = (Arc::clone(&books), caller(&world));
            tokio::spawn(async move { (books.reserve(&caller, MOST).await, caller) })
        })
        .collect();
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for one in racing {
        match one.await.unwrap() {
            (Ok(()), caller) => won.push(caller),
            (Err(failure), _) => lost.push(failure),
        }
    }
    assert_eq!((won.len(), lost.len()), (2, 38), "130 tokens are room for two calls of 50");
    assert!(lost.iter().all(|failure| failure.code == "MODEL-005" && failure.retryable && failure.message.contains("decision")));
    let scope = format!("decision:{}", shared.decision);
    assert_eq!(world.store.spent(&scope).await.unwrap().tokens, 100);
    // What was set aside and not used is there for the others.
    books.settle(&won[0], MOST, Usage { prompt_tokens: 5, completion_tokens: 5, cost_micros: 0 }).await;
    assert_eq!(world.store.spent(&scope).await.unwrap().tokens, 60);
    books.reserve(&caller(&world), MOST).await.unwrap();
    let large = Usage { prompt_tokens: 131, ..Usage::default() };
    let never = ModelCaller { budget: Budget::default(), ..caller(&world) };
    assert!(!books.reserve(&never, large).await.unwrap_err().retryable, "more than all of it never fits");
}

#[tokio::test]
async fn tasks_of_a_decision_are_paid_from_what_they_share() {
    let world = World::new().await;
    let _models = models(&world);
    let shared = shared(&world, 130);
    let mut ended = Vec::new();
    for number in 0..5 {
        let task = NewTask { budget: Some(shared.budget), ..complete() };
        let submitted = world.tasks().submit_sharing(&world.caller, shared, task, format!("voter-{number}")).await.unwrap();
        ended.push(world.ended(submitted.id).await);
    }
    // Each takes 40 and sets aside 50 for it: the fourth finds 10 left.
    let states: Vec<TaskState> = ended.iter().map(|task| task.summary.state).collect();
    let (done, failed) = (TaskState::Completed, TaskState::Failed);
    assert_eq!(states, [done, done, done, failed, failed]);
    assert_eq!(ended[4].summary.failure.as_ref().map(|failure| failure.code.as_str()), Some("MODEL-005"));
    assert_eq!(world.store.spent(&format!("decision:{}", shared.decision)).await.unwrap().tokens, 120);
    assert_eq!(ended[0].budget, Some(shared.budget), "people see what the task itself may use");
    // Done again by hand it is nobody's vote.
    let again = world.tasks().rerun(&world.caller, ended[4].summary.id, None).await.unwrap();
    assert_eq!(world.ended(again.id).await.summary.state, done);
}

#[tokio::test]
async fn voters_that_race_for_a_decisions_budget_never_pass_it_and_people_decide() {
    let world = World::new().await;
    let _models = models(&world);
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
    let agents = world.engine.agents().list(&world.caller).await.unwrap().items;
    let agent = agents.iter().find(|agent| agent.skills.iter().any(|skill| skill == SCRIPTED)).unwrap().id;
    let asked = json!({
        "question": "What does it say?",
        "task": {"skill": SCRIPTED, "input": {"do": "complete"}, "answer": "/text"},
        "answers": {"kind": "free"},
        "electorate": [{"kind": "agent", "agent_id": agent, "samples": 20}],
        "budget": {"tokens": 130},
        "early_stop": false,
    });
    let id = councils.open(&world.caller, serde_json::from_value(asked).unwrap(), None).await.unwrap().id;
    let mut detail = councils.decision(&world.caller, id).await.unwrap();
    for _ in 0..2_000 {
        if detail.summary.state != DecisionState::Open {
            break;
        }
        councils.pass(true).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        detail = councils.decision(&world.caller, id).await.unwrap();
    }
    assert!(detail.budget_spent && detail.summary.state == DecisionState::Escalated, "{:?}", detail.story);
    // Each takes 40 and sets aside 50 for it: two that race find room, and a third if it comes after them.
    let refused = detail.requests.iter().filter(|request| request.code.as_deref() == Some("MODEL-005")).count();
    assert!((17..=18).contains(&refused), "{:?}", detail.requests);
    let spent = world.store.spent(&format!("decision:{id}")).await.unwrap().tokens;
    assert_eq!((spent, detail.summary.spent.tokens), (40 * (20 - refused as u64), spent), "of 130");
}

#[tokio::test]
async fn what_a_task_asked_models_is_shown_to_whoever_may_see_the_task() {
    let world = World::new().await;
    let (service, books) = models(&world);
    let ended = world.run(complete()).await;
    let task = ended.summary.id;
    let none = service.calls(&world.caller, task).await.unwrap();
    assert!(none.is_empty(), "{none:?}");
    let caller = ModelCaller {
        project: DEFAULT_PROJECT,
        task,
        attempt: ended.attempts[0].id,
        budget: Budget::default(),
        above: vec![],
        shared: vec![],
    };
    let request = ModelRequest::new(vec![Message::user("what is it? ".repeat(10_000))]);
    let answer = ModelAnswer {
        model: "echo".into(),
        text: "it is this".into(),
        json: None,
        tool_calls: vec![],
        finish: FinishReason::Stop,
        usage: MOST,
        cached: false,
    };
    let failed = Failure { code: "MODEL-004".into(), message: "down".into(), retryable: true };
    for (key, answer) in [("1", Ok(answer)), ("2", Err(failed))] {
        let call = ModelCall {
            caller: caller.clone(),
            model: "echo".into(),
            at: world.sources.clock.now(),
            took: std::time::Duration::from_millis(7),
            key: key.into(),
            request: request.clone(),
            answer,
        };
        books.record(call).await;
    }
    let calls = service.calls(&world.caller, task).await.unwrap();
    assert_eq!(calls.len(), 2);
    let (good, bad) = if calls[0].failure.is_none() { (&calls[0], &calls[1]) } else { (&calls[1], &calls[0]) };
    assert_eq!((good.model.as_str(), good.duration_ms, good.usage, good.attempt_id), ("echo", 7, MOST, caller.attempt));
    assert!(good.answer.contains("it is this") && good.request.contains("what is it?"), "{good:?}");
    assert!(good.request.len() <= (64 << 10) + 4, "what is long is cut: {}", good.request.len());
    assert_eq!((bad.failure.as_deref(), bad.answer.as_str()), (Some("MODEL-004"), "down"));
    assert_eq!(service.calls(&world.caller, TaskId::new(Uuid::from_u128(9))).await.unwrap_err().code, "TASK-001");
}

fn new_model(name: &str) -> NewModel {
    let settings: Value = json!({"base_url": "https://api.example.com/v1", "model": "m", "tier": "small"});
    NewModel { name: name.to_owned(), settings: serde_json::from_value(settings).unwrap(), key: Some(Secret("sk-1".to_owned())) }
}

#[tokio::test]
async fn models_are_configured_in_their_order_and_their_keys_are_never_shown() {
    let world = World::new().await;
    let (service, books) = models(&world);
    let late = service.create(&world.caller, new_model("late")).await.unwrap();
    let mut first = new_model("first");
    first.settings.rank = 1;
    service.create(&world.caller, first).await.unwrap();
    let mut off = new_model("off");
    off.settings.enabled = false;
    service.create(&world.caller, off).await.unwrap();
    let asked: Vec<(String, Option<String>)> = books.models().await.unwrap().into_iter().map(|model| (model.name, model.key)).collect();
    assert_eq!(asked, [("first".to_owned(), Some("sk-1".to_owned())), ("late".to_owned(), Some("sk-1".to_owned()))]);
    let list = service.list(&world.caller).await.unwrap();
    assert_eq!(
        list.items.iter().map(|model| (model.name.as_str(), model.state)).collect::<Vec<_>>(),
        [("first", ModelState::Ready), ("late", ModelState::Ready), ("off", ModelState::Disabled)]
    );
    assert!(!serde_json::to_string(&list).unwrap().contains("sk-1"));
    let mut moved = NewModel { key: None, ..new_model("late") };
    moved.settings.base_url = "https://evil.example.com/v1".to_owned();
    let refused = service.update(&world.caller, late.id.unwrap(), moved).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.errors[0].field.as_str()), ("MODEL-009", "/key"));
    assert!(service.test(&world.caller, "late").await.unwrap().ok);
    assert!(service.list(&world.caller).await.unwrap().items[1].settings.capabilities.is_some(), "what the test found is kept");
    service.remove(&world.caller, late.id.unwrap()).await.unwrap();
    assert_eq!(service.remove(&world.caller, late.id.unwrap()).await.unwrap_err().code, "MODEL-008");
    for (change, field) in [
        ((|new: &mut NewModel| new.name = "local".to_owned()) as fn(&mut NewModel), "/name"),
        (|new| new.settings.concurrency = 0, "/settings/concurrency"),
        (|new| new.settings.timeout_ms = 1, "/settings/timeout_ms"),
        (|new| new.settings.model = String::new(), "/settings/model"),
        (|new| new.settings.ca_pem = Some("none".to_owned()), "/settings/ca_pem"),
        (|new| new.settings.ca_pem = Some(AUTHORITY.replace('\n', " ")), "/settings/ca_pem"),
        (|new| new.settings.ca_pem = Some(format!("{AUTHORITY}{}", " ".repeat(65_536))), "/settings/ca_pem"),
        (|new| new.settings.base_url = "http://127.0.0.1:8080".to_owned(), "/settings/base_url"),
    ] {
        let mut wrong = new_model("wrong");
        change(&mut wrong);
        let refused = service.create(&world.caller, wrong).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.errors[0].field.as_str()), ("MODEL-009", field));
    }
}
