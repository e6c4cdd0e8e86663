//! What is the log of events? One gap-free order, the order of commits, that can be read from any place.

use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::task::{TaskState, Trigger};
use baton_domain::user::Principal;
use baton_storage::{Advance, Guard, StoreError};

use crate::World;
use crate::make::{at, person};

pub async fn an_empty_log_begins_before_its_first_event(world: &World) {
    assert_eq!(world.head().await, 0);
    let page = world.store.events_since(EventSeq(0), &TopicFilter::default(), 9).await.unwrap();
    assert_eq!((page.items, page.next_since, page.more, page.head), (vec![], EventSeq(0), false, EventSeq(0)));
    assert_eq!(page.floor, EventSeq(0));
}

pub async fn events_are_numbered_from_one_without_gaps(world: &World) {
    world.queued().await;
    world.running().await;
    world.store.insert_artifact(world.artifact_view(), person()).await.unwrap();
    let places: Vec<i64> = world.since(0).await.into_iter().map(|event| event.seq.0).collect();
    assert_eq!(places, [1, 2, 3, 4, 5]);
    assert_eq!(world.head().await, 5);
}

pub async fn a_refused_write_takes_no_place(world: &World) {
    let new = world.new_task();
    let id = world.insert(new.clone()).await;
    assert!(world.store.insert_tasks(vec![world.new_task(), new], None).await.is_err());
    world.refused(Advance::new(id, Guard::State(TaskState::Running), Trigger::Fail, Principal::System, at(1))).await;
    world.queued().await;
    let places: Vec<i64> = world.since(0).await.into_iter().map(|event| event.seq.0).collect();
    assert_eq!(places, [1, 2]);
}

pub async fn the_sink_has_been_told_when_the_write_returns(world: &World) {
    for round in 1..=5 {
        world.queued().await;
        assert_eq!(world.sink.events().len(), round);
    }
    let begun = world.running().await;
    assert_eq!(world.sink.events().len(), 8);
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    assert_eq!(world.sink.events(), world.since(0).await);
}

pub async fn the_sink_is_told_nothing_of_what_tells_nothing(world: &World) {
    let begun = world.running().await;
    let told = world.sink.events().len();
    world.beat(vec![(begun.task.summary.id, begun.task.lease)], at(9_000)).await;
    world.store.begin(vec![]).await.unwrap();
    world.store.audit(vec![world.audit_row()]).await.unwrap();
    world.store.ping().await.unwrap();
    assert_eq!((world.sink.events().len(), world.sink.was_told_nothing()), (told, false));
}

pub async fn the_log_is_read_page_by_page(world: &World) {
    for _ in 0..7 {
        world.queued().await;
    }
    let (mut since, mut seen, mut pages) = (EventSeq(0), Vec::new(), 0);
    loop {
        let page = world.store.events_since(since, &TopicFilter::default(), 3).await.unwrap();
        assert!(page.items.len() <= 3);
        assert_eq!((page.head, page.more), (EventSeq(7), page.next_since < EventSeq(7)));
        seen.extend(page.items);
        since = page.next_since;
        pages += 1;
        if !page.more {
            break;
        }
    }
    assert_eq!((pages, since, seen), (3, EventSeq(7), world.since(0).await));
}

pub async fn a_filtered_reader_moves_past_what_it_does_not_want(world: &World) {
    for _ in 0..4 {
        world.queued().await;
    }
    world.store.insert_artifact(world.artifact_view(), person()).await.unwrap();
    let artifacts = TopicFilter::parse("artifact").unwrap();
    let first = world.store.events_since(EventSeq(0), &artifacts, 3).await.unwrap();
    assert_eq!((first.items, first.next_since, first.more), (vec![], EventSeq(3), true));
    let second = world.store.events_since(first.next_since, &artifacts, 3).await.unwrap();
    let kinds: Vec<_> = second.items.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!((kinds, second.next_since, second.more), (vec!["artifact.stored"], EventSeq(5), false));
}

pub async fn a_topic_is_a_group_a_kind_or_a_subject(world: &World) {
    let begun = world.running().await;
    world.queued().await;
    world.register_agent().await;
    let of = async |topics: &str| {
        let filter = TopicFilter::parse(topics).unwrap();
        let page = world.store.events_since(EventSeq(0), &filter, 99).await.unwrap();
        assert_eq!(page.next_since, page.head);
        page.items.into_iter().map(|event| event.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(of("").await, [1, 2, 3, 4, 5]);
    assert_eq!(of("task").await, [1, 2, 3, 4]);
    assert_eq!(of("task.queued").await, [1, 4]);
    assert_eq!(of(&format!("task:{}", begun.task.summary.id)).await, [1, 2, 3]);
    assert_eq!(of("agent,task.running").await, [3, 5]);
    assert_eq!(of("tas").await, [0i64; 0]);
}

pub async fn a_place_beyond_the_newest_has_nothing_after_it(world: &World) {
    world.queued().await;
    let page = world.store.events_since(EventSeq(50), &TopicFilter::default(), 9).await.unwrap();
    assert_eq!((page.items, page.next_since, page.more, page.head), (vec![], EventSeq(50), false, EventSeq(1)));
}

pub async fn the_log_never_changes(world: &World) {
    let begun = world.running().await;
    let before = world.since(0).await;
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    world.store.request_cancel(world.queued().await, person(), at(400)).await.unwrap();
    assert_eq!(world.since(0).await[..before.len()], before);
}

pub async fn audit_rows_are_stored_all_or_none(world: &World) {
    let known = world.audit_row();
    world.store.audit(vec![known.clone(), world.audit_row()]).await.unwrap();
    let fresh = world.audit_row();
    assert!(matches!(world.store.audit(vec![fresh.clone(), known]).await, Err(StoreError::Conflict(_))));
    world.store.audit(vec![fresh.clone()]).await.unwrap();
    assert!(matches!(world.store.audit(vec![fresh]).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.head().await, 0, "what was asked or refused is no event");
}

pub async fn a_store_that_can_write_says_so(world: &World) {
    world.store.ping().await.unwrap();
    world.queued().await;
    world.store.ping().await.unwrap();
    assert_eq!(world.head().await, 1);
}
