//! Does the projector go on rightly: from where it stood, beside others, after any failed write, and only as often as needed?

use std::sync::Arc;

use baton_domain::event::Event;
use baton_domain::id::{DEFAULT_PROJECT, EventSeq};
use baton_domain::time::Timestamp;
use baton_domain::user::{Principal, Role};
use baton_observability::Projector;
use baton_storage::{EventStore as _, IdentityStore as _, NotificationStore as _, Retention};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Mishap, Scene, Watched};

/// A log in which much happens, over several pages, so that it takes several writes.
async fn busy() -> Scene {
    let scene = Scene::open().await;
    for run in 0..4 {
        scene.ask(run, "otto@example.com", json!([])).await;
        scene.commit("conflict.opened", &format!("conflict:{run}"), json!({"line": "report.csv"})).await;
        scene.fail_task("vera@example.com", "task.failed").await;
        scene.commit_noise(600).await;
        scene.pass(1);
        scene.commit("approval.decided", &format!("approval:{run}:publish"), json!({})).await;
        scene.ask(run, "otto@example.com", json!([])).await;
        scene.commit("conflict.resolved", &format!("conflict:{}", run / 2), json!({})).await;
    }
    scene
}

/// A row, apart from identifiers, which have a part of chance.
type Told = (String, EventSeq, String, String, Value, Timestamp, Option<Timestamp>);

/// Everybody's rows.
async fn outcome(scene: &Scene) -> Vec<Told> {
    let mut all = Vec::new();
    for user in scene.store.users().await.unwrap() {
        for row in scene.rows(&user).await {
            let subject = if row.kind.starts_with("task.") { "a task".to_owned() } else { row.subject };
            all.push((user.email.clone(), row.seq, subject, row.title, row.data, row.created_at, row.settled_at));
        }
    }
    all
}

#[tokio::test]
async fn wherever_a_server_stops_another_goes_on_to_the_same_end() {
    let undisturbed = busy().await;
    let watched = Watched::new(undisturbed.store.clone(), None);
    Projector::new(undisturbed.parts_with(watched.clone())).turn().await.unwrap();
    let writes = watched.count();
    assert!(writes >= 8, "{writes} writes");
    let expected = outcome(&undisturbed).await;
    // Approvals twice and conflicts for the administrator, conflicts for who asked, failures for who submitted.
    assert_eq!(expected.len(), (8 + 4) + 4 + 4);
    for number in 1..=writes {
        for mishap in [Mishap::NotMade, Mishap::AnswerLost] {
            let scene = busy().await;
            let broken = Watched::new(scene.store.clone(), Some((number, mishap)));
            let projector = Projector::new(scene.parts_with(broken));
            projector.turn().await.unwrap_err();
            if number % 2 == 0 {
                // The same server tries again, or another starts.
                projector.turn().await.unwrap();
            } else {
                scene.project().await;
            }
            assert_eq!(outcome(&scene).await, expected, "{mishap:?} at write {number}");
            assert_eq!(scene.store.notified_until().await.unwrap(), scene.store.newest_event());
        }
    }
}

#[tokio::test]
async fn of_two_that_go_on_from_the_same_place_one_wins_and_the_other_finds_it_done() {
    let scene = busy().await;
    let expected = {
        let alone = busy().await;
        alone.project().await;
        outcome(&alone).await
    };
    let slow = Watched::new(scene.store.clone(), None);
    *slow.before.lock() = Some(Arc::new(scene.projector()));
    let projector = Projector::new(scene.parts_with(slow.clone()));
    projector.turn().await.unwrap();
    assert_eq!(outcome(&scene).await, expected);
    // It lost one write, found everything done, and goes on with what comes.
    assert_eq!(slow.count(), 1);
    scene.ask(9, "key", json!([])).await;
    projector.turn().await.unwrap();
    assert_eq!(outcome(&scene).await.len(), expected.len() + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_servers_at_once_tell_everybody_once() {
    let scene = Scene::open().await;
    let projectors: Vec<_> = (0..4).map(|_| Arc::new(scene.projector())).collect();
    for round in 0..40 {
        scene.ask(round, "key", json!([])).await;
        scene.fail_task("vera@example.com", "task.failed").await;
        let turns: Vec<_> =
            projectors.iter().cloned().map(|projector| tokio::spawn(async move { projector.turn().await.unwrap() })).collect();
        for turn in turns {
            turn.await.unwrap();
        }
        scene.pass(200);
    }
    scene.project().await;
    for user in [&scene.admin, &scene.viewer] {
        let rows = scene.rows(user).await;
        let mut places: Vec<_> = rows.iter().map(|row| row.seq).collect();
        places.dedup();
        assert_eq!((rows.len(), places.len()), (40, 40));
        assert!(places.is_sorted(), "rows are in the order of what happened");
    }
}

#[tokio::test]
async fn events_that_were_forgotten_are_skipped() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    scene.commit_noise(20).await;
    scene.ask(2, "key", json!([])).await;
    scene.store.forget_events(Retention { count: Some(5), since: None }, 1_000).await.unwrap();
    scene.project().await;
    assert_eq!(scene.rows(&scene.admin).await.iter().map(|row| row.subject.clone()).collect::<Vec<_>>(), ["approval:2:publish"]);
    scene.store.forget_events(Retention { count: Some(0), since: None }, 1_000).await.unwrap();
    scene.project().await;
    scene.ask(3, "key", json!([])).await;
    scene.project().await;
    assert_eq!(scene.rows(&scene.admin).await.len(), 2);
}

#[tokio::test]
async fn a_log_that_went_back_in_time_is_followed_from_its_end() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    assert!(scene.store.notify(Vec::new(), Vec::new(), EventSeq(0), EventSeq(50)).await.unwrap());
    scene.project().await;
    assert_eq!(scene.store.notified_until().await.unwrap(), EventSeq(1));
    scene.ask(2, "key", json!([])).await;
    scene.project().await;
    assert_eq!(scene.rows(&scene.admin).await.len(), 1);
}

#[tokio::test]
async fn the_place_is_stored_with_what_tells_something_and_seldom_otherwise() {
    let scene = Scene::open().await;
    let watched = Watched::new(scene.store.clone(), None);
    let projector = Projector::new(scene.parts_with(watched.clone()));
    for _ in 0..30 {
        scene.commit_noise(10).await;
        projector.turn().await.unwrap();
    }
    assert_eq!(watched.count(), 0, "300 events that tell nothing");
    scene.commit_noise(700).await;
    projector.turn().await.unwrap();
    assert_eq!(watched.count(), 1, "a thousand");
    scene.commit_noise(1).await;
    projector.turn().await.unwrap();
    scene.pass(5);
    projector.turn().await.unwrap();
    assert_eq!(watched.count(), 2, "five seconds");
    projector.turn().await.unwrap();
    assert_eq!(watched.count(), 2, "nothing is new");
    // A page that has heard of such an event waits until it is taken into account, whether it made rows or not.
    let last = scene.fail_task("a-key", "task.failed").await;
    projector.turn().await.unwrap();
    assert_eq!((watched.count(), scene.store.notified_until().await.unwrap()), (3, last));
}

#[tokio::test]
async fn everybody_in_a_large_company_is_told_in_writes_that_have_a_bound() {
    let scene = Scene::open().await;
    for number in 0..700 {
        scene.user(&format!("op{number}"), Role::Operator).await;
    }
    for run in 0..18 {
        scene.ask(run, "key", json!([])).await;
    }
    let watched = Watched::new(scene.store.clone(), None);
    Projector::new(scene.parts_with(watched.clone())).turn().await.unwrap();
    assert_eq!(scene.unread(&scene.admin).await, 18);
    assert_eq!(watched.count(), 3, "18 times 702 rows, at most about 5,000 together");
}

fn event(kind: &str) -> Event {
    Event {
        seq: EventSeq(1),
        at: Timestamp::default(),
        project_id: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: "a:1".to_owned(),
        actor: Principal::System,
        data: Value::Null.into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_is_there_soon_after_the_bell_and_within_seconds_without_one() {
    let scene = Scene::open().await;
    let projector = Arc::new(scene.projector());
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&projector).run(stop.clone()));
    // Time only passes when everybody waits.
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    scene.ask(1, "key", json!([])).await;
    projector.heard(&event("task.completed"));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(scene.unread(&scene.admin).await, 0, "that event tells nothing");
    projector.heard(&event("approval.requested"));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(scene.unread(&scene.admin).await, 1);
    scene.ask(2, "key", json!([])).await;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert_eq!(scene.unread(&scene.admin).await, 2, "nobody rang");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn storage_that_fails_for_a_while_costs_time_and_nothing_else() {
    let scene = Scene::open().await;
    let broken = Watched::new(scene.store.clone(), Some((1, Mishap::NotMade)));
    let projector = Arc::new(Projector::new(scene.parts_with(broken)));
    scene.ask(1, "key", json!([])).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&projector).run(stop.clone()));
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(scene.unread(&scene.admin).await, 1);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn rows_older_than_ninety_days_are_forgotten() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    scene.project().await;
    scene.pass(90 * 86_400);
    scene.ask(2, "key", json!([])).await;
    let projector = scene.projector();
    projector.turn().await.unwrap();
    assert_eq!(projector.forget_old().await.unwrap(), 0);
    scene.pass(1);
    assert_eq!(projector.forget_old().await.unwrap(), 2, "those of the administrator and of the operator");
    assert_eq!(scene.rows(&scene.admin).await.len(), 1);
}
