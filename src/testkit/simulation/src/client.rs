//! What do clients ask for? Tasks of all kinds, one by one and in batches, and what people do to them afterwards. A client that gets
//! no answer asks again, somewhere else, with the same idempotency key.

use std::sync::Arc;
use std::time::Duration;

use baton_bus::Topics;
use baton_domain::id::TaskId;
use baton_domain::invariants::Invariant;
use baton_domain::problem::Code;
use baton_domain::services::{Answer, TaskService, TopicService as _};
use baton_domain::task::{Priority, RetryPolicy, Timeouts};
use baton_domain::user::Caller;
use baton_domain::wire::task::{DependsOn, NewBatch, NewTask, TaskSummary};
use baton_domain::wire::topic::NewMessage;
use baton_testkit::SeededChance;
use serde_json::{Value, json};

use crate::agent::{LABELLED, SKILLS};
use crate::host::Host;
use crate::plan::Draw;
use crate::topics::{DURABLE, EPHEMERAL};
use crate::visitor::{TRIES, Visitor};
use crate::world::{World, purpose};
use baton_domain::ports::Clock as _;

/// Whose work it is; the first has a limit, see [`LIMITED`].
pub(crate) const KEYS: [&str; 3] = ["red", "green", "blue"];
/// A key of which so many attempts run at the same time at most, on all servers together.
pub(crate) const LIMITED: (&str, u32) = (KEYS[0], 2);

/// One client.
pub(crate) struct Client {
    world: Arc<World>,
    index: usize,
    chance: SeededChance,
    visitor: Visitor,
    /// Tasks that this client knows of.
    known: Vec<TaskId>,
    keys: u64,
}

impl Client {
    pub(crate) fn new(world: &Arc<World>, index: usize) -> Self {
        let chance = world.chance(purpose(4, index, 0));
        let visitor = Visitor::new(world, purpose(9, index, 0));
        Self { world: Arc::clone(world), index, chance, visitor, known: Vec::new(), keys: 0 }
    }

    /// Asks for this many tasks, and for other things in between.
    pub(crate) async fn work(mut self, tasks: u64) {
        let mut sent = 0;
        while sent < tasks {
            match self.chance.within(0, 99) {
                0..50 => {
                    self.submit().await;
                    sent += 1;
                }
                50..62 => sent += self.submit_batch(tasks - sent).await,
                62..76 => self.cancel().await,
                76..84 => self.pause_or_resume().await,
                84..90 => self.rerun().await,
                90..96 => self.publish().await,
                _ => self.wait().await,
            }
            let pause = self.chance.millis(0, 700);
            tokio::time::sleep(pause).await;
        }
    }

    async fn submit(&mut self) {
        let number = self.world.ledger.pages().request();
        let task = self.task(number);
        // Whoever sends no key cannot ask again: it would be another request.
        let (key, tries) = if self.chance.happens(850) { (Some(self.key()), TRIES) } else { (None, 1) };
        let again = key.is_some() && self.chance.happens(150);
        let asked = |tasks: Arc<dyn TaskService>, caller: Caller| {
            let (task, key) = (task.clone(), key.clone());
            async move { tasks.submit(&caller, task, key).await }
        };
        let Some(Ok(stored)) = self.insist(tries, asked).await else { return };
        self.acknowledged(key.as_deref(), &[(stored.id, number)]);
        if again && let Some(Ok(repeated)) = self.insist(TRIES, asked).await {
            self.acknowledged(key.as_deref(), &[(repeated.id, number)]);
        }
        if again {
            let other = NewTask { title: Some("another request".to_owned()), ..task.clone() };
            let asked = |tasks: Arc<dyn TaskService>, caller: Caller| {
                let (task, key) = (other.clone(), key.clone());
                async move { tasks.submit(&caller, task, key).await }
            };
            if let Some(answer) = self.insist(TRIES, asked).await
                && !answer.as_ref().is_err_and(|problem| problem.code == Code::IdempotencyConflict.as_str())
            {
                let what = format!("key {key:?} of another request was answered with {answer:?}");
                self.world.ledger.pages().wrong(Invariant::AcknowledgedIsStored, what);
            }
        }
    }

    async fn submit_batch(&mut self, most: u64) -> u64 {
        let count = self.chance.within(2, 12).min(most);
        let numbers: Vec<u64> = (0..count).map(|_| self.world.ledger.pages().request()).collect();
        let tasks: Vec<NewTask> = numbers.iter().map(|number| self.task(*number)).collect();
        let key = self.key();
        let asked = |service: Arc<dyn TaskService>, caller: Caller| {
            let (tasks, key) = (tasks.clone(), key.clone());
            async move { service.submit_batch(&caller, NewBatch { tasks }, Some(key)).await }
        };
        if let Some(Ok(batch)) = self.insist(TRIES, asked).await {
            let pairs: Vec<(TaskId, u64)> = batch.ids.into_iter().zip(numbers).collect();
            self.acknowledged(Some(&key), &pairs);
        }
        count
    }

    async fn cancel(&mut self) {
        let Some(id) = self.chance.one_of(&self.known).copied() else { return };
        let asked = move |tasks: Arc<dyn TaskService>, caller: Caller| async move { tasks.cancel(&caller, id).await };
        if let Some(Ok(_)) = self.insist(3, asked).await {
            self.world.ledger.pages().canceled.insert(id);
        }
    }

    async fn pause_or_resume(&mut self) {
        let Some(id) = self.chance.one_of(&self.known).copied() else { return };
        let pause = self.chance.happens(600);
        let asked = move |tasks: Arc<dyn TaskService>, caller: Caller| async move {
            if pause { tasks.pause(&caller, id).await } else { tasks.resume(&caller, id).await }
        };
        self.insist(2, asked).await;
    }

    async fn rerun(&mut self) {
        let Some(id) = self.chance.one_of(&self.known).copied() else { return };
        let key = self.key();
        let asked = |tasks: Arc<dyn TaskService>, caller: Caller| {
            let key = key.clone();
            async move { tasks.rerun(&caller, id, Some(key)).await }
        };
        if let Some(Ok(TaskSummary { id: again, .. })) = self.insist(TRIES, asked).await {
            let number = self.world.ledger.pages().acknowledged.get(&id).copied().unwrap_or(0);
            self.acknowledged(Some(&key), &[(again, number)]);
        }
    }

    /// Publishes with a key, so that asking again stores it once; and something fleeting, which is sent once.
    async fn publish(&mut self) {
        let key = self.key();
        let topic = *self.chance.one_of(&DURABLE).unwrap_or(&DURABLE[0]);
        let number = self.world.messages.lock().send(topic, None, Some(&key));
        let message = NewMessage { payload: json!({"n": number}), key: Some(key) };
        let asked = |topics: Arc<Topics>, caller: Caller| {
            let message = message.clone();
            async move { topics.publish(&caller, topic, message).await }
        };
        if let Some(Ok(published)) = self.visitor.insist(TRIES, Host::topics, asked).await {
            self.world.messages.lock().told(number, published.id);
        }
        let number = self.world.messages.lock().send(EPHEMERAL, None, None);
        let asked = |topics: Arc<Topics>, caller: Caller| async move {
            topics.publish(&caller, EPHEMERAL, NewMessage { payload: json!({"n": number}), key: None }).await
        };
        self.visitor.insist(1, Host::topics, asked).await;
    }

    async fn wait(&self) {
        let Some(id) = self.chance.one_of(&self.known).copied() else { return };
        let span = self.chance.millis(100, 3_000);
        let asked = move |tasks: Arc<dyn TaskService>, caller: Caller| async move { tasks.get(&caller, id, Some(span)).await };
        if let Some(Err(problem)) = self.insist(2, asked).await
            && problem.code == Code::NoSuchTask.as_str()
        {
            self.world.ledger.pages().wrong(Invariant::AcknowledgedIsStored, format!("task {id} was acknowledged and is not there"));
        }
    }

    /// Remembers what was acknowledged; the same key must have given the same tasks.
    fn acknowledged(&mut self, key: Option<&str>, tasks: &[(TaskId, u64)]) {
        let mut pages = self.world.ledger.pages();
        let ids: Vec<TaskId> = tasks.iter().map(|(id, _)| *id).collect();
        for (id, number) in tasks {
            pages.acknowledged.insert(*id, *number);
        }
        if let Some(key) = key {
            let before = pages.keys.entry(key.to_owned()).or_insert_with(|| ids.clone());
            if *before != ids {
                let detail = format!("the key {key} was answered with {before:?} and then with {ids:?}");
                pages.wrong(Invariant::NothingIsLost, detail);
            }
        }
        drop(pages);
        self.known.extend(ids);
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("client-{}-{}", self.index, self.keys)
    }

    /// Asks the servers for something of tasks until one answers.
    async fn insist<T, F>(&self, tries: usize, ask: impl Fn(Arc<dyn TaskService>, Caller) -> F) -> Option<Answer<T>>
    where
        F: Future<Output = Answer<T>>,
    {
        self.visitor.insist(tries, Host::tasks, ask).await
    }

    fn task(&self, number: u64) -> NewTask {
        let chance = &self.chance;
        let steps: Vec<Value> = (0..chance.within(1, 3)).map(|_| self.step()).collect();
        let may = |per_mille, low, high| chance.happens(per_mille).then(|| chance.within(low, high));
        let now = self.world.clock().now();
        let skill = *chance.one_of(&SKILLS).unwrap_or(&SKILLS[0]);
        let labels = if skill == LABELLED.0 && chance.happens(60) { vec![LABELLED.1.to_owned()] } else { Vec::new() };
        NewTask {
            labels,
            priority: Priority::new(u8::try_from(chance.within(1, 5)).unwrap_or(3)).unwrap_or_default(),
            run_at: may(60, 100, 5_000).map(|later| now.plus(Duration::from_millis(later))),
            retry: chance.happens(700).then(|| RetryPolicy {
                initial_interval_ms: chance.within(0, 500),
                maximum_interval_ms: 2_000,
                maximum_attempts: u32::try_from(chance.within(1, 5)).unwrap_or(1),
                ..RetryPolicy::default()
            }),
            timeouts: Timeouts {
                schedule_to_start_ms: may(50, 300, 4_000),
                start_to_close_ms: chance.within(1_500, 12_000),
                heartbeat_ms: chance.within(2_000, 8_000),
                schedule_to_close_ms: may(50, 1_000, 15_000),
            },
            fairness_key: chance.happens(500).then(|| (*chance.one_of(&KEYS).unwrap_or(&KEYS[0])).to_owned()),
            depends_on: if chance.happens(120) {
                chance.one_of(&self.known).copied().map(DependsOn::Task).into_iter().collect()
            } else {
                Vec::new()
            },
            ..NewTask::new(skill, json!({"n": number, "plan": steps}))
        }
    }

    fn step(&self) -> Value {
        let chance = &self.chance;
        let what = match chance.within(0, 99) {
            0..50 | 57..60 => "done",
            50..57 => "tell",
            60..75 => "fail",
            75..79 => "fatal",
            79..85 => "hang",
            85..90 => "busy",
            90..95 => "ask",
            95..97 => "listen",
            _ => "log",
        };
        // Most are short; some outlast a lease.
        let millis = if chance.happens(80) { chance.within(3_000, 9_000) } else { chance.within(0, 900) };
        json!([what, millis])
    }
}
