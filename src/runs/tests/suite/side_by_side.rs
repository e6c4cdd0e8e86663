//! Do requests, runs and servers leave one another in peace?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::id::RunId;
use baton_domain::services::{ApprovalService, RunService};
use baton_domain::wire::approval::ApprovalVerdict;
use baton_domain::wire::run::RunState;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{Server, World, alice, bob};

const ASKS: &str = "name: asks\nversion: 1\nsteps:\n  pay: {uses: test.work, with: {amount: 7}, approve: true}\n";

fn verdict(hash: &str) -> ApprovalVerdict {
    ApprovalVerdict { hash: hash.to_owned(), comment: None }
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_done_to_its_end() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    let id = server.start("asks", json!({})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await[0].clone();
    let closed = server.seen.gate.write().await;
    let who = bob();
    let approve = ApprovalService::approve(&*server.runs, &who, open.id, verdict(&open.hash));
    tokio::time::timeout(Duration::from_millis(1), approve).await.unwrap_err();
    drop(closed);
    // Whoever asks again is told that it is done, or does it.
    let _ = ApprovalService::approve(&*server.runs, &bob(), open.id, verdict(&open.hash)).await;
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

/// Waits until something is so, for as long as others are doing something.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    for _ in 0..100_000 {
        if so().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn one_busy_run_holds_up_neither_others_nor_what_is_asked_of_it_nor_the_end() {
    let world = World::new();
    let server = world.server();
    server
        .store("name: busy\nversion: 1\nsteps:\n  each: {uses: test.work, foreach: {items: '${{ range(5000) }}', concurrency: 1}}\n")
        .await;
    server.store("name: waits\nversion: 1\nsteps:\n  a: {wait: 1s}\n").await;
    let waits = server.start("waits", json!({})).await;
    server.runs.settle().await;
    // Each task ends as soon as it is taken, so there is always more to be done.
    *server.tasks.instant.lock() = Some(Arc::downgrade(&server.runs));
    let busy = server.start("busy", json!({})).await;
    let stop = CancellationToken::new();
    let driver = tokio::spawn(Arc::clone(&server.runs).run(stop.clone()));
    until("it does not begin", async || server.tasks.ended() > 0).await;
    world.clock.advance(Duration::from_secs(1));
    until("the other one does not end", async || server.head(waits).await.state == RunState::Completed).await;
    assert_eq!(server.head(busy).await.state, RunState::Running);
    assert_eq!(RunService::cancel(&*server.runs, &alice(), busy).await.unwrap().state, RunState::Stopping);
    until("it is not cancelled", async || server.head(busy).await.state == RunState::Canceled).await;
    let ended = server.tasks.ended();
    let busy = server.start("busy", json!({})).await;
    until("it does not begin", async || server.tasks.ended() > ended).await;
    stop.cancel();
    driver.await.unwrap();
    assert_eq!(server.head(busy).await.state, RunState::Running);
    // Nothing is lost by that.
    let server = world.server();
    *server.tasks.instant.lock() = Some(Arc::downgrade(&server.runs));
    server.runs.take_up().await.unwrap();
    assert_eq!(server.state(busy).await, RunState::Completed);
}

/// A run whose approval a server takes and dies before it does anything about it.
async fn approved_by_one_that_dies(world: &World, workflow: &str, server: &Server) -> RunId {
    let id = server.start(workflow, json!({})).await;
    server.runs.settle().await;
    let open = server.open_approvals().await.into_iter().find(|open| open.run == id).unwrap();
    ApprovalService::approve(&*world.server().runs, &bob(), open.id, verdict(&open.hash)).await.unwrap();
    id
}

#[tokio::test]
async fn a_run_that_another_server_has_written_and_left_is_gone_on_with_soon() {
    let world = World::new();
    let server = world.server();
    server.store(&format!("{ASKS}  beside: {{uses: test.work}}\n")).await;
    let id = approved_by_one_that_dies(&world, "asks", &server).await;
    let (beside, _) = server.tasks.open()[0];
    server.tasks.end(beside, Ok(json!({})));
    server.hear();
    server.runs.settle().await;
    world.clock.advance(Duration::from_secs(2));
    server.runs.settle().await;
    assert_eq!(server.tasks.open().len(), 1, "what was approved has begun");
    server.echo().await;
    assert_eq!(server.state(id).await, RunState::Completed);
}

#[tokio::test]
async fn what_another_server_has_written_and_left_is_seen_without_any_event() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    approved_by_one_that_dies(&world, "asks", &server).await;
    for _ in 0..8 {
        world.clock.advance(Duration::from_secs(5));
        server.runs.look_around().await.unwrap();
        server.runs.settle().await;
    }
    assert_eq!(server.tasks.open().len(), 1, "what was approved has begun");
}

#[tokio::test]
async fn among_thousands_that_wait_the_run_of_a_server_that_died_is_found() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    server.store("name: waits\nversion: 1\nsteps:\n  a: {wait: 1h}\n").await;
    for _ in 0..5_000 {
        server.start("waits", json!({})).await;
    }
    approved_by_one_that_dies(&world, "asks", &server).await;
    drop(server);
    let server = world.server();
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(5));
        server.runs.look_around().await.unwrap();
        server.runs.settle().await;
    }
    assert_eq!(server.tasks.open().len(), 1, "what was approved has begun");
}

#[tokio::test]
async fn the_run_that_is_used_most_stays_in_memory() {
    let world = World::new();
    let server = world.server();
    server.store(ASKS).await;
    server.store("name: busy\nversion: 1\nsteps:\n  each: {uses: test.work, foreach: {items: '${{ range(50) }}', concurrency: 1}}\n").await;
    let busy = server.start("busy", json!({})).await;
    server.runs.settle().await;
    for _ in 0..baton_runs::MAXIMUM_LOADED + 50 {
        server.start("asks", json!({})).await;
    }
    server.runs.settle().await;
    let before = server.seen.reads.load(Ordering::SeqCst);
    while let Some((task, _)) = server.tasks.open().first().cloned() {
        server.tasks.end(task, Ok(json!({})));
        server.hear();
        server.runs.settle().await;
        // What has begun is stored by itself after a while; a run of which all is stored may be put out of memory.
        world.clock.advance(Duration::from_secs(1));
        server.runs.settle().await;
    }
    let after = server.seen.reads.load(Ordering::SeqCst);
    assert!(after - before <= 2, "{} reads of rows for 50 ends", after - before);
    assert_eq!(server.state(busy).await, RunState::Completed);
}

#[tokio::test]
async fn a_run_that_changes_while_it_is_read_is_cancelled_all_the_same() {
    let world = World::new();
    let server = world.server();
    server
        .store("name: long\nversion: 1\nsteps:\n  each: {uses: test.work, foreach: {items: '${{ range(3000) }}', concurrency: 1000}}\n")
        .await;
    let id = server.start("long", json!({})).await;
    server.runs.settle().await;
    while server.tasks.ended() < 2_500 {
        for (task, _) in server.tasks.some_open(500) {
            server.tasks.end(task, Ok(json!({})));
        }
        server.hear();
        server.runs.settle().await;
    }
    let other = world.server();
    other.seen.churn.store(true, Ordering::SeqCst);
    RunService::cancel(&*other.runs, &alice(), id).await.unwrap();
    other.echo().await;
    assert_eq!(server.head(id).await.state, RunState::Canceled);
}
