//! How does one seed's world run, from its first server to the last check?

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::ports::Clock as _;
use baton_domain::task::TaskState;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::limit::LimitScope;
use baton_domain::wire::task::TaskFilter;
use baton_storage::{CommitSink, LimitStore, StoreError, TaskQuery, TaskStore};
use baton_storage_memory::{MemoryStore, PlantedBug};

use crate::blows::{BlowCounts, befall};
use crate::client::{Client, LIMITED};
use crate::doorbell::Doorbell;
use crate::messages::MessageCounts;
use crate::plan::Plan;
use crate::world::World;
use crate::{check, consumer, host, reader, topics};

/// Subscribers that follow the events.
const READERS: usize = 2;
/// Consumers of each durable subscription.
const CONSUMERS: usize = 2;
/// How long after the last request everything must have come to rest.
const REST: Duration = Duration::from_secs(300);
/// How long a call can be under way.
const UNDER_WAY: Duration = Duration::from_secs(3);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(500);

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// A number that stands for everything that happened, in its order.
    pub trace: u64,
    /// Everything that happened, a line each, if it was asked for.
    pub lines: Option<String>,
    /// Tasks that were stored.
    pub tasks: u64,
    /// Events that were committed.
    pub events: u64,
    /// What happened to messages of topics.
    pub messages: MessageCounts,
    /// What befell servers.
    pub blows: BlowCounts,
    /// The longest that a task waited although a place was free for it.
    pub beside: Duration,
}

/// Runs a seed's world. `folder` is where its servers have their folders; runs at the same time need different ones.
///
/// # Errors
/// If the runtime or the store fails, which no seed makes them do.
pub fn run(seed: u64, bug: Option<PlantedBug>, folder: &Path) -> Result<Outcome, String> {
    run_kept(seed, bug, folder, false)
}

/// As [`run`], and keeps the trace's lines.
///
/// # Errors
/// As [`run`].
pub fn run_with_trace(seed: u64, bug: Option<PlantedBug>, folder: &Path) -> Result<Outcome, String> {
    run_kept(seed, bug, folder, true)
}

thread_local! {
    /// What panicked on this thread: a task that panics ends silently otherwise.
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn hear_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.with_borrow_mut(|panics| panics.push(panic.to_string()));
            before(panic);
        }));
    });
    PANICS.with_borrow_mut(Vec::clear);
}

fn run_kept(seed: u64, bug: Option<PlantedBug>, folder: &Path, keep_trace: bool) -> Result<Outcome, String> {
    hear_panics();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().map_err(|error| error.to_string())?;
    let world = runtime.block_on(async {
        let doorbell = Doorbell::new();
        let store = MemoryStore::new(Arc::clone(&doorbell) as Arc<dyn CommitSink>);
        if let Some(bug) = bug {
            store.plant(bug);
        }
        let world = Arc::new(World::new(seed, Plan::of(seed), store, bug, folder.to_owned(), keep_trace));
        doorbell.hang_up(&world);
        world
    });
    let done = runtime.block_on(live(&world));
    // What still runs is dropped with the runtime; what holds one another must be let go by hand.
    drop(runtime);
    for host in world.hosts.lock().drain(..) {
        host.let_go();
    }
    let (mut violations, log) = done.map_err(|error| error.to_string())?;
    for panic in PANICS.with_borrow_mut(std::mem::take) {
        violations.push(Violation { invariant: Invariant::NothingIsLost, detail: format!("something panicked: {panic}") });
    }
    let (trace, lines) = world.trace.end();
    let tasks = log.iter().filter(|event| event.kind == "task.queued" || event.kind == "task.waiting").count() as u64;
    let messages = world.messages.lock().counts;
    let blows = *world.blows.lock();
    let beside = *world.beside.lock();
    Ok(Outcome { seed, violations, trace, lines, tasks, events: log.len() as u64, messages, blows, beside })
}

async fn live(world: &Arc<World>) -> Result<(Vec<Violation>, Vec<Event>), StoreError> {
    let (key, most) = LIMITED;
    world.store.set_limit(LimitScope::FairnessKey, key.to_owned(), most, Principal::System, world.clock().now()).await?;
    topics::declare(world).await?;
    for server in 0..world.plan.servers {
        host::start(world, server);
    }
    let readers: Vec<_> = (0..READERS).map(|index| tokio::spawn(reader::follow(Arc::clone(world), index))).collect();
    let names = topics::subscriptions();
    let consumers = (0..CONSUMERS * names.len()).zip(names.iter().cycle());
    let mut consumers: Vec<_> =
        consumers.map(|(index, name)| tokio::spawn(consumer::consume(Arc::clone(world), index, name.clone()))).collect();
    consumers.push(tokio::spawn(consumer::listen(Arc::clone(world), 0)));
    let fates = tokio::spawn(befall(Arc::clone(world)));
    let clients = world.plan.clients;
    let share = world.plan.tasks.div_ceil(clients as u64);
    let clients: Vec<_> = (0..clients).map(|index| tokio::spawn(Client::new(world, index).work(share))).collect();
    for client in clients {
        let _ = client.await;
    }
    let _ = fates.await;
    come_to_rest(world).await?;
    world.close();
    for consumer in consumers {
        let _ = consumer.await;
    }
    // What they said last may still be under way to the store.
    tokio::time::sleep(UNDER_WAY).await;
    let of_topics = topics::check(world).await?;
    world.rest();
    let log = check::log(world).await?;
    let mut violations = check::check(world, &log).await?;
    violations.extend(of_topics);
    for reader in readers {
        match tokio::time::timeout(REST, reader).await {
            Ok(Ok(given)) => violations.extend(reader::check(&log, &given)),
            _ => violations.push(Violation { invariant: Invariant::EventsGapless, detail: "a reader never came to the end".to_owned() }),
        }
    }
    Ok((violations, log))
}

/// Waits until no task is left that could still do something, and lets those go on that were paused.
async fn come_to_rest(world: &Arc<World>) -> Result<(), StoreError> {
    let until = tokio::time::Instant::now() + REST;
    while tokio::time::Instant::now() < until {
        let (counts, _) = world.store.state_counts().await?;
        let live: u64 = counts.iter().filter(|count| !count.state.is_terminal()).map(|count| count.count).sum();
        if live == 0 {
            // What is still under way to the store must change nothing any more.
            tokio::time::sleep(UNDER_WAY).await;
            return Ok(());
        }
        if counts.iter().any(|count| count.state == TaskState::Paused) {
            let filter = TaskFilter { states: vec![TaskState::Paused], ..TaskFilter::default() };
            let paused = world.store.tasks(&TaskQuery { filter, before: None, limit: u32::MAX }).await?;
            let somebody = world.hosts.lock().iter().find_map(|host| host.tasks());
            if let Some(tasks) = somebody {
                for task in paused.items {
                    let _ = tokio::time::timeout(LOOK, tasks.resume(&Caller::system(), task.id)).await;
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
