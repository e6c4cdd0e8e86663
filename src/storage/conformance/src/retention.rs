//! What is forgotten of the log? Whole beginnings of it, by number or by age, a bounded step at a time.

use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::user::Principal;
use baton_storage::{Forgotten, NewTaskRecord, Retention};

use crate::World;
use crate::make::{at, person};

/// Events at these instants, one commit each.
async fn told_at(world: &World, instants: &[i64]) {
    for instant in instants {
        let mut new: NewTaskRecord = world.new_task();
        new.task.summary.created_at = at(*instant);
        world.insert(new).await;
    }
}

const fn count(count: u64) -> Retention {
    Retention { count: Some(count), since: None }
}

fn since(instant: i64) -> Retention {
    Retention { count: None, since: Some(at(instant)) }
}

async fn forget(world: &World, retention: Retention, limit: u32) -> (u64, i64, bool) {
    let Forgotten { events, floor, more } = world.store.forget_events(retention, limit).await.unwrap();
    assert_eq!(floor.0, world.floor().await, "the floor is what was told");
    (events, floor.0, more)
}

async fn places(world: &World) -> Vec<i64> {
    world.since(0).await.into_iter().map(|event| event.seq.0).collect()
}

pub async fn without_limits_nothing_is_forgotten(world: &World) {
    told_at(world, &[1, 2, 3]).await;
    assert_eq!(forget(world, Retention::default(), 100).await, (0, 0, false));
    assert_eq!(places(world).await, [1, 2, 3]);
}

pub async fn the_newest_are_kept_by_their_number(world: &World) {
    told_at(world, &[1, 2, 3, 4, 5]).await;
    assert_eq!(forget(world, count(5), 100).await, (0, 0, false));
    assert_eq!(forget(world, count(2), 100).await, (3, 3, false));
    assert_eq!(places(world).await, [4, 5]);
    assert_eq!(forget(world, count(2), 100).await, (0, 3, false), "once is enough");
}

pub async fn the_young_are_kept_by_their_age(world: &World) {
    told_at(world, &[10, 20, 30, 40]).await;
    assert_eq!(forget(world, since(10), 100).await, (0, 0, false));
    assert_eq!(forget(world, since(30), 100).await, (2, 2, false));
    assert_eq!(places(world).await, [3, 4]);
}

pub async fn an_old_event_stays_behind_a_young_one(world: &World) {
    told_at(world, &[10, 50, 20, 60]).await;
    assert_eq!(forget(world, since(40), 100).await, (1, 1, false), "a clock that went back makes no gap");
    assert_eq!(places(world).await, [2, 3, 4]);
}

pub async fn either_limit_is_enough_to_forget(world: &World) {
    told_at(world, &[10, 20, 30, 40, 50]).await;
    let both = |most, instant| Retention { count: Some(most), since: Some(at(instant)) };
    assert_eq!(forget(world, both(4, 10), 100).await, (1, 1, false));
    assert_eq!(forget(world, both(4, 40), 100).await, (2, 3, false));
    assert_eq!(places(world).await, [4, 5]);
}

pub async fn a_step_forgets_no_more_than_its_limit(world: &World) {
    told_at(world, &[1, 2, 3, 4, 5, 6, 7]).await;
    assert_eq!(forget(world, count(1), 4).await, (4, 4, true));
    assert_eq!(forget(world, since(100), 2).await, (2, 6, true));
    assert_eq!(forget(world, since(100), 2).await, (1, 7, false));
    assert_eq!(places(world).await, [0i64; 0]);
}

pub async fn a_log_that_was_forgotten_whole_goes_on_where_it_was(world: &World) {
    told_at(world, &[1, 2, 3]).await;
    assert_eq!(forget(world, count(0), 100).await, (3, 3, false));
    let page = world.store.events_since(EventSeq(3), &TopicFilter::default(), 9).await.unwrap();
    assert_eq!((page.items, page.next_since, page.more), (vec![], EventSeq(3), false));
    assert_eq!((page.floor, page.head), (EventSeq(3), EventSeq(3)));
    let page = world.store.events_since(EventSeq(1), &TopicFilter::default(), 9).await.unwrap();
    assert_eq!((page.items, page.next_since, page.more), (vec![], EventSeq(3), false), "below the floor nothing is left to read");
    world.queued().await;
    assert_eq!((places(world).await, world.head().await), (vec![4], 4));
}

pub async fn a_reader_learns_of_the_floor_with_its_page(world: &World) {
    told_at(world, &[1, 2, 3, 4, 5]).await;
    forget(world, count(2), 100).await;
    for (place, first) in [(0, 4), (3, 4), (4, 5)] {
        let page = world.store.events_since(EventSeq(place), &TopicFilter::default(), 9).await.unwrap();
        assert_eq!((page.items[0].seq.0, page.floor, page.head), (first, EventSeq(3), EventSeq(5)), "since {place}");
    }
}

pub async fn forgetting_is_no_event_and_changes_nothing_else(world: &World) {
    let begun = world.running().await;
    world.store.insert_artifact(world.artifact_view(), person()).await.unwrap();
    let (told, before) = (world.sink.events().len(), world.record(begun.task.summary.id).await);
    forget(world, count(0), 100).await;
    assert_eq!((world.sink.events().len(), world.sink.was_told_nothing()), (told, false));
    assert_eq!(world.record(begun.task.summary.id).await, before);
    world.store.complete(World::completion(&begun, at(300))).await.unwrap();
    assert_eq!(world.kinds_since(0).await, ["task.completed"]);
}

pub async fn a_timeline_begins_where_the_log_does(world: &World) {
    let begun = world.running().await;
    forget(world, count(1), 100).await;
    let timeline = world.rows(begun.task.summary.id).await.timeline;
    assert_eq!(timeline.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [3]);
    assert_eq!(timeline[0].actor, Principal::System.label());
}

pub async fn the_floor_is_kept_over_a_restart(world: &World) {
    told_at(world, &[1, 2, 3]).await;
    forget(world, count(1), 100).await;
    let Some(world) = world.restarted().await else { return };
    assert_eq!((world.floor().await, world.head().await), (2, 3));
    assert_eq!(places(&world).await, [3]);
    world.holds().await;
}
