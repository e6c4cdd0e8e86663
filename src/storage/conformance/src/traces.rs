//! What does the contract say of log lines, spans and errors?

use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::wire::trace::Level;
use baton_storage::{NewError, NewLogLine, NewSpan, StoreError, TraceBatch};
use serde_json::{Value, json};

use crate::World;
use crate::make::at;

fn line(level: Level, message: &str) -> NewLogLine {
    NewLogLine { at: at(5), level, message: message.to_owned(), fields: json!({"n": 1}) }
}

fn span(world: &World, started: i64, duration_us: i64) -> NewSpan {
    NewSpan {
        id: SpanId::new(world.id()),
        parent: Some(SpanId::new(world.id())),
        name: "parse".to_owned(),
        started_at: at(started),
        duration_us,
        ok: false,
        attributes: json!({"rows": [1, 2]}),
    }
}

fn batch(world: &World, task: TaskId) -> TraceBatch {
    TraceBatch { task, attempt: AttemptId::new(world.id()), logs: vec![], spans: vec![], errors: vec![] }
}

async fn messages(world: &World, task: TaskId, after: i64, level: Level, limit: u32) -> Vec<(i64, String)> {
    let lines = world.store.log_lines(task, after, level, limit).await.unwrap();
    lines.into_iter().map(|line| (line.seq, line.message)).collect()
}

pub async fn a_log_line_reads_back_as_it_was_given(world: &World) {
    let task = world.queued().await;
    for (level, fields) in Level::ALL.iter().zip([Value::Null, json!({"a": 1.5}), json!([]), json!("x")]) {
        let given = TraceBatch { logs: vec![NewLogLine { fields: fields.clone(), ..line(*level, "ä\n'") }], ..batch(world, task) };
        let place = world.store.append_trace(given.clone()).await.unwrap();
        let stored = world.store.log_lines(task, place - 1, Level::Debug, 9).await.unwrap().remove(0);
        assert_eq!((stored.attempt_id, stored.seq, stored.at, stored.level), (given.attempt, place, at(5), *level));
        assert_eq!((stored.message.as_str(), stored.fields), ("ä\n'", fields));
    }
    assert_eq!(world.head().await, 1, "what is traced is no event");
}

pub async fn the_lines_of_a_task_are_numbered_through(world: &World) {
    let (task, other) = (world.queued().await, world.queued().await);
    let two = |task| TraceBatch { logs: vec![line(Level::Info, "a"), line(Level::Info, "b")], ..batch(world, task) };
    assert_eq!(world.store.append_trace(two(task)).await.unwrap(), 1);
    assert_eq!(world.store.append_trace(two(other)).await.unwrap(), 1);
    assert_eq!(world.store.append_trace(two(task)).await.unwrap(), 3, "another attempt goes on in the same log");
    assert_eq!(world.store.append_trace(batch(world, task)).await.unwrap(), 5, "where the next line would go");
    let places: Vec<i64> = messages(world, task, 0, Level::Debug, 9).await.into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(places, [1, 2, 3, 4]);
}

pub async fn lines_are_read_from_a_place_and_by_how_much_they_matter(world: &World) {
    let task = world.queued().await;
    let levels = [Level::Error, Level::Debug, Level::Info, Level::Warn, Level::Debug, Level::Error];
    let logs = levels.iter().map(|level| line(*level, level.as_str())).collect();
    world.store.append_trace(TraceBatch { logs, ..batch(world, task) }).await.unwrap();
    let of =
        async |after, level, limit| messages(world, task, after, level, limit).await.into_iter().map(|(seq, _)| seq).collect::<Vec<_>>();
    assert_eq!(of(0, Level::Debug, 9).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(of(0, Level::Info, 9).await, [1, 3, 4, 6]);
    assert_eq!(of(1, Level::Warn, 9).await, [4, 6]);
    assert_eq!(of(0, Level::Error, 9).await, [1, 6]);
    assert_eq!(of(0, Level::Info, 3).await, [1, 3, 4], "the limit counts what is given");
    assert_eq!(of(6, Level::Debug, 9).await, [0i64; 0]);
}

pub async fn a_task_without_a_log_has_no_lines(world: &World) {
    let task = TaskId::new(world.id());
    assert_eq!(world.store.log_lines(task, 0, Level::Debug, 9).await.unwrap(), []);
    assert_eq!(world.store.spans_and_errors(task).await.unwrap(), (vec![], vec![]));
}

pub async fn spans_come_by_their_beginning_the_longer_first(world: &World) {
    let task = world.queued().await;
    let spans = vec![span(world, 30, 5), span(world, 10, 2), span(world, 10, 9), span(world, 20, 1)];
    let given = TraceBatch { spans: spans.clone(), ..batch(world, task) };
    world.store.append_trace(given.clone()).await.unwrap();
    let (stored, _) = world.store.spans_and_errors(task).await.unwrap();
    assert_eq!(stored.iter().map(|span| span.id).collect::<Vec<_>>(), [2, 1, 3, 0].map(|index: usize| spans[index].id));
    let (first, wanted) = (&stored[0], &spans[2]);
    assert_eq!((first.parent_id, first.attempt_id, &first.name), (wanted.parent, Some(given.attempt), &wanted.name));
    assert_eq!((first.started_at, first.duration_us, first.ok, &first.attributes), (at(10), 9, false, &wanted.attributes));
}

pub async fn errors_come_in_the_order_they_happened(world: &World) {
    let task = world.queued().await;
    let error = |code: &str, retryable| NewError { at: at(5), code: code.to_owned(), message: "no".to_owned(), retryable };
    let given = TraceBatch { errors: vec![error("B-002", true), error("A-001", false)], ..batch(world, task) };
    world.store.append_trace(given.clone()).await.unwrap();
    world.store.append_trace(TraceBatch { errors: vec![error("A-001", true)], ..batch(world, task) }).await.unwrap();
    let (_, errors) = world.store.spans_and_errors(task).await.unwrap();
    let codes: Vec<_> = errors.iter().map(|error| (error.code.as_str(), error.retryable)).collect();
    assert_eq!(codes, [("B-002", true), ("A-001", false), ("A-001", true)]);
    assert_eq!((errors[0].attempt_id, errors[0].at, errors[0].message.as_str()), (given.attempt, at(5), "no"));
}

pub async fn a_batch_with_a_span_that_exists_stores_nothing(world: &World) {
    let task = world.queued().await;
    let known = span(world, 1, 1);
    world.store.append_trace(TraceBatch { spans: vec![known.clone()], ..batch(world, task) }).await.unwrap();
    let error = NewError { at: at(5), code: "A-001".to_owned(), message: "no".to_owned(), retryable: true };
    let refused = TraceBatch {
        logs: vec![line(Level::Info, "lost")],
        spans: vec![span(world, 2, 2), known],
        errors: vec![error],
        ..batch(world, task)
    };
    assert!(matches!(world.store.append_trace(refused).await, Err(StoreError::Conflict(_))));
    let (spans, errors) = world.store.spans_and_errors(task).await.unwrap();
    assert_eq!((messages(world, task, 0, Level::Debug, 9).await, spans.len(), errors), (vec![], 1, vec![]));
}

pub async fn a_long_batch_keeps_its_order(world: &World) {
    let task = world.queued().await;
    let logs = (1..=400).map(|number| line(Level::Info, &number.to_string())).collect();
    world.store.append_trace(TraceBatch { logs, ..batch(world, task) }).await.unwrap();
    let wanted: Vec<(i64, String)> = (1..=400).map(|number: i64| (number, number.to_string())).collect();
    assert_eq!(messages(world, task, 0, Level::Debug, 1_000).await, wanted);
}
