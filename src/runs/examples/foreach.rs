//! How much longer does a list of 10,000 items take than the same tasks submitted directly? Over the store in memory.
//!
//! `cargo run --release -p baton-runs --example foreach`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement"
)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use baton_domain::services::TaskService;
use baton_domain::wire::task::{NewBatch, NewTask};
use serde_json::json;

#[path = "../tests/suite/harness.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests")]
mod harness;

use harness::{World, alice};

const ITEMS: usize = 10_000;
const SLOTS: usize = 64;

/// Ends tasks, so many at once and each after a while, as agents do.
fn agents(
    world: &World,
    each: Duration,
    stop: &Arc<AtomicBool>,
    heard: impl Fn(&baton_domain::event::Event) + Send + 'static,
) -> std::thread::JoinHandle<()> {
    let (tasks, stop) = (Arc::clone(&world.tasks), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let open = tasks.some_open(SLOTS);
            if open.is_empty() {
                std::thread::sleep(Duration::from_micros(100));
                continue;
            }
            std::thread::sleep(each);
            for (id, task) in open {
                tasks.end(id, Ok(task.input));
            }
            for event in tasks.events() {
                heard(&event);
            }
        }
    })
}

#[tokio::main]
async fn main() {
    for each in [Duration::ZERO, Duration::from_millis(2), Duration::from_millis(10)] {
        let direct = {
            let world = World::new();
            let stop = Arc::new(AtomicBool::new(false));
            let began = Instant::now();
            let workers = agents(&world, each, &stop, |_| {});
            for batch in 0..ITEMS / 1_000 {
                let tasks = (0..1_000).map(|item| NewTask::new("test.work", json!({"n": batch * 1_000 + item}))).collect();
                world.tasks.submit_batch(&alice(), NewBatch { tasks }, Some(batch.to_string())).await.unwrap();
            }
            while world.tasks.ended() < ITEMS {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            let took = began.elapsed();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            workers.join().unwrap();
            took
        };
        for concurrency in [16, 64, 256, 1_000] {
            let world = World::new();
            let server = world.server();
            let text = format!(
                "name: many\nversion: 1\nsteps:\n  each: {{uses: test.work, foreach: {{items: '${{{{ range({ITEMS}) }}}}', concurrency: {concurrency}}}, with: {{n: '${{{{ item }}}}'}}}}\n"
            );
            server.store(&text).await;
            let (stop, cancel) = (Arc::new(AtomicBool::new(false)), tokio_util::sync::CancellationToken::new());
            let runs = Arc::clone(&server.runs);
            let workers = agents(&world, each, &stop, move |event| runs.heard(event));
            let driver = tokio::spawn(Arc::clone(&server.runs).run(cancel.clone()));
            let began = Instant::now();
            let id = server.start("many", json!({})).await;
            while !server.head(id).await.state.is_ended() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let took = began.elapsed();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            cancel.cancel();
            driver.await.unwrap();
            workers.join().unwrap();
            let writes = server.seen.writes.load(std::sync::atomic::Ordering::SeqCst);
            let ratio = took.as_secs_f64() / direct.as_secs_f64();
            println!(
                "{each:?} a round of {SLOTS}: direct {direct:?}; run with {concurrency} at once {took:?} ({ratio:.2}x), {writes} writes, {} calls",
                world.tasks.calls()
            );
        }
    }
}
