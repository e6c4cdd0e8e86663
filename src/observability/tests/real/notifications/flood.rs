//! Is nobody flooded, and does the row that stands for many say what is true?

use baton_domain::services::NotificationService as _;
use baton_domain::wire::notification::NotificationFilter;
use baton_observability::notifications::MAXIMUM_ROWS_AN_HOUR;
use baton_storage::{EventStore as _, NotificationRecord, Retention};
use serde_json::json;

use super::Scene;

const VERA: &str = "vera@example.com";

/// Rows of events, and those that stand for many: how many they stand for, and whether they were replaced.
fn parted(rows: &[NotificationRecord]) -> (u32, Vec<(u64, bool)>) {
    let many: Vec<_> = rows.iter().filter_map(|row| row.data["more"].as_u64().map(|more| (more, row.settled_at.is_some()))).collect();
    (u32::try_from(rows.len() - many.len()).unwrap(), many)
}

#[tokio::test]
async fn a_thousand_failures_at_once_are_twenty_rows_and_few_more() {
    let scene = Scene::open().await;
    let projector = scene.projector();
    scene.fail_tasks(VERA, 163).await;
    projector.turn().await.unwrap();
    let rows = scene.rows(&scene.viewer).await;
    assert_eq!(parted(&rows), (MAXIMUM_ROWS_AN_HOUR, vec![(143, false)]));
    assert_eq!(rows.last().unwrap().title, "At least 143 more tasks failed within the hour");
    assert_eq!(scene.unread(&scene.viewer).await, MAXIMUM_ROWS_AN_HOUR + 1);

    // A few more change nothing yet; with twice as many, another row takes the place of the first.
    scene.fail_tasks(VERA, 100).await;
    projector.turn().await.unwrap();
    assert_eq!(parted(&scene.rows(&scene.viewer).await).1, [(143, false)]);
    scene.fail_tasks(VERA, 837).await;
    projector.turn().await.unwrap();
    let (rows, many) = parted(&scene.rows(&scene.viewer).await);
    assert_eq!(rows, MAXIMUM_ROWS_AN_HOUR);
    assert!(many.len() <= 4 && many.iter().filter(|(_, replaced)| !replaced).count() == 1, "{many:?}");
    assert!(many.last().is_some_and(|(more, _)| (540..=1_080).contains(more)), "{many:?}");

    // When the hour is over, all of them are told.
    scene.pass(3_700);
    projector.turn().await.unwrap();
    let rows = scene.rows(&scene.viewer).await;
    assert_eq!(parted(&rows).1.last(), Some(&(1_080, false)));
    assert_eq!(rows.last().unwrap().title, "1080 more tasks failed within the hour");
    assert_eq!(scene.unread(&scene.viewer).await, MAXIMUM_ROWS_AN_HOUR + 1);

    // People see one of them, and the page of all failed tasks behind it.
    let list = scene.desk().list(&scene.caller(&scene.viewer), NotificationFilter::default()).await.unwrap();
    assert_eq!(list.items.len(), MAXIMUM_ROWS_AN_HOUR as usize + 1);
    assert_eq!((list.items[0].more, list.items[0].link.as_str()), (Some(1_080), "/tasks?state=failed"));
}

#[tokio::test]
async fn the_bound_is_for_each_person_kind_and_hour() {
    let scene = Scene::open().await;
    scene.fail_tasks(VERA, 25).await;
    scene.fail_tasks("otto@example.com", 3).await;
    for _ in 0..25 {
        scene.fail_task(VERA, "task.timed_out").await;
    }
    for run in 0..25 {
        scene.ask(run, "key", json!([])).await;
    }
    scene.project().await;
    assert_eq!(parted(&scene.rows(&scene.viewer).await), (2 * MAXIMUM_ROWS_AN_HOUR, vec![(5, false), (5, false)]));
    assert_eq!(parted(&scene.rows(&scene.operator).await), (3 + MAXIMUM_ROWS_AN_HOUR, vec![(5, false)]));
    scene.pass(3_600);
    scene.fail_tasks(VERA, 25).await;
    scene.project().await;
    let (rows, many) = parted(&scene.rows(&scene.viewer).await);
    assert_eq!((rows, many.len()), (3 * MAXIMUM_ROWS_AN_HOUR, 3), "another hour");
}

#[tokio::test]
async fn the_bound_holds_across_starts() {
    let scene = Scene::open().await;
    for _ in 0..60 {
        scene.fail_task(VERA, "task.failed").await;
        // Each time another server.
        scene.project().await;
    }
    let rows = scene.rows(&scene.viewer).await;
    let (of_events, many) = parted(&rows);
    assert_eq!(of_events, MAXIMUM_ROWS_AN_HOUR);
    assert_eq!(many, [(1, true), (2, true), (4, true), (8, true), (16, true), (32, false)]);
    assert_eq!(rows.last().unwrap().title, "At least 32 more tasks failed within the hour");
    // Who goes on knows of the eight that the row does not tell of, and tells of all when the hour is over.
    let projector = scene.projector();
    scene.fail_task(VERA, "task.failed").await;
    projector.turn().await.unwrap();
    scene.pass(3_700);
    projector.turn().await.unwrap();
    assert_eq!(scene.rows(&scene.viewer).await.last().unwrap().title, "41 more tasks failed within the hour");
}

#[tokio::test]
async fn what_cannot_be_counted_any_more_is_said_to_be_at_least_so_much() {
    let scene = Scene::open().await;
    scene.fail_tasks(VERA, 22).await;
    scene.project().await;
    scene.fail_task(VERA, "task.failed").await;
    scene.project().await;
    scene.store.forget_events(Retention { count: Some(0), since: None }, 1_000).await.unwrap();
    let projector = scene.projector();
    scene.fail_task(VERA, "task.failed").await;
    projector.turn().await.unwrap();
    scene.pass(3_700);
    projector.turn().await.unwrap();
    assert_eq!(scene.rows(&scene.viewer).await.last().unwrap().title, "At least 3 more tasks failed within the hour");
}

#[tokio::test]
async fn servers_that_take_turns_count_as_one_does() {
    let scene = Scene::open().await;
    let servers = [scene.projector(), scene.projector()];
    for round in 0..200 {
        scene.fail_task(VERA, "task.failed").await;
        servers[round % 2].turn().await.unwrap();
    }
    let (rows, many) = parted(&scene.rows(&scene.viewer).await);
    assert_eq!((rows, many.last()), (MAXIMUM_ROWS_AN_HOUR, Some(&(128, false))));
    assert_eq!(many.len(), 8);
}

#[tokio::test]
async fn a_log_that_is_gone_through_late_keeps_to_the_hours_in_which_things_happened() {
    let scene = Scene::open().await;
    for _ in 0..3 {
        scene.fail_tasks(VERA, 700).await;
        scene.pass(3_600);
    }
    scene.pass(3_600);
    scene.project().await;
    let (rows, many) = parted(&scene.rows(&scene.viewer).await);
    assert_eq!(rows, 3 * MAXIMUM_ROWS_AN_HOUR);
    let standing: Vec<u64> = many.iter().filter(|(_, replaced)| !replaced).map(|(more, _)| *more).collect();
    assert_eq!(standing, [680, 680, 680]);
}

#[tokio::test]
async fn a_question_beyond_the_bound_is_settled_without_a_row() {
    let scene = Scene::open().await;
    let projector = scene.projector();
    for run in 0..30 {
        scene.ask(run, "key", json!([])).await;
    }
    projector.turn().await.unwrap();
    for run in 0..30 {
        scene.commit("approval.decided", &format!("approval:{run}:publish"), json!({})).await;
    }
    projector.turn().await.unwrap();
    assert_eq!(scene.unread(&scene.admin).await, 1, "only the row that stands for ten waits");
}
