//! Does a stream give what it promises? Pages, limits, replay, marks, resync, fleeting messages, its end.

use std::sync::Arc;
use std::time::Duration;

use super::real_log::{RealLog, topics};
use baton_bus::EventStream;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::services::{EventService, LiveItem, LiveStream};
use baton_domain::user::Caller;
use baton_domain::wire::live::Transient;
use baton_storage::{EventStore, NoSink};
use futures::StreamExt;

async fn next(stream: &mut LiveStream) -> LiveItem {
    let item = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
    item.expect("the stream went silent").expect("the stream ended").expect("the stream failed")
}

/// What an item says, short enough to compare.
fn told(item: &LiveItem) -> String {
    match item {
        LiveItem::Events(events) => format!("{:?}", events.iter().map(|event| event.seq.0).collect::<Vec<_>>()),
        LiveItem::HighWater(seq) => format!("up to {seq}"),
        LiveItem::Transient(transient) => transient.subject(),
        LiveItem::Resync(seq) => format!("resync at {seq}"),
    }
}

async fn tell(stream: &mut LiveStream, count: usize) -> Vec<String> {
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(told(&next(stream).await));
    }
    items
}

fn progress(task_id: TaskId) -> Transient {
    Transient::Progress { task_id, fraction: 0.5, message: "halfway".to_owned(), written: None }
}

#[tokio::test]
async fn nobody_reads_without_the_right_to() {
    let log = RealLog::open(16).await;
    let (stream, nobody) = (log.stream(), Caller::anonymous());
    assert_eq!(stream.head(&nobody).await.unwrap_err().code, "AUTH-001");
    assert_eq!(stream.since(&nobody, EventSeq(0), topics(""), None).await.unwrap_err().code, "AUTH-001");
    assert_eq!(stream.follow(&nobody, EventSeq(0), topics("")).await.err().unwrap().code, "AUTH-001");
    assert_eq!(log.bus.subscribers(), 0);
}

#[tokio::test]
async fn pages_follow_one_another_and_jump_over_what_is_not_wanted() {
    let log = RealLog::open(16).await;
    log.commit_tasks(700).await;
    log.commit_agent().await;
    let (stream, caller) = (log.stream(), Caller::system());
    let first = stream.since(&caller, EventSeq(0), topics(""), None).await.unwrap();
    assert_eq!((first.items.len(), first.next_since, first.more), (500, EventSeq(500), true));
    let rest = stream.since(&caller, first.next_since, topics(""), Some(1_000)).await.unwrap();
    assert_eq!((rest.items.len(), rest.next_since, rest.more), (202, EventSeq(702), false));
    let agents = stream.since(&caller, EventSeq(1), topics("agent"), Some(1_000)).await.unwrap();
    assert_eq!((agents.items.len(), agents.next_since, agents.more), (1, EventSeq(702), false));
    assert_eq!(stream.head(&caller).await.unwrap(), EventSeq(702));
}

#[tokio::test]
async fn a_wrong_limit_or_place_is_refused_by_name() {
    let log = RealLog::open(16).await;
    let (stream, caller) = (log.stream(), Caller::system());
    for (since, limit, field) in [(0, Some(0), "limit"), (0, Some(1_001), "limit"), (-1, None, "since")] {
        let problem = stream.since(&caller, EventSeq(since), topics(""), limit).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-010", field));
    }
}

#[tokio::test]
async fn a_place_below_the_floor_or_beyond_the_head_asks_for_a_resync() {
    let log = RealLog::open(16).await;
    log.commit_tasks(9).await;
    log.raise_floor(EventSeq(4)).await;
    let (stream, caller) = (log.stream(), Caller::system());
    for (since, refused) in [(3, true), (4, false), (10, false), (11, true)] {
        let page = stream.since(&caller, EventSeq(since), topics(""), None).await;
        assert_eq!(page.err().map(|problem| problem.code), refused.then(|| "EVENT-001".to_owned()), "since {since}");
        let mut followed = stream.follow(&caller, EventSeq(since), topics("")).await.unwrap();
        let first = next(&mut followed).await;
        assert_eq!(first == LiveItem::Resync(EventSeq(10)), refused, "since {since}: {first:?}");
    }
}

#[tokio::test]
async fn after_a_resync_the_stream_goes_on_from_the_head() {
    let log = RealLog::open(16).await;
    log.commit_tasks(4).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(999), topics("")).await.unwrap();
    assert_eq!(tell(&mut followed, 2).await, ["resync at 5", "up to 5"]);
    log.commit_tasks(2).await;
    assert_eq!(tell(&mut followed, 1).await, ["[6, 7]"]);
}

#[tokio::test]
async fn what_is_committed_between_following_and_reading_is_given_once() {
    let log = RealLog::open(16).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(0), topics("")).await.unwrap();
    log.commit_tasks(2).await;
    assert_eq!(tell(&mut followed, 2).await, ["[1, 2, 3]", "up to 3"]);
    log.commit_agent().await;
    assert_eq!(tell(&mut followed, 1).await, ["[4]"]);
}

#[tokio::test]
async fn what_is_not_wanted_moves_the_mark_once_a_batch() {
    let log = RealLog::open(16).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(0), topics("agent")).await.unwrap();
    assert_eq!(tell(&mut followed, 2).await, ["[1]", "up to 1"]);
    log.commit_tasks(3).await;
    log.commit_tasks(3).await;
    assert_eq!(tell(&mut followed, 1).await, ["up to 7"]);
    log.commit_agent().await;
    log.commit_tasks(1).await;
    assert_eq!(tell(&mut followed, 2).await, ["[8]", "up to 9"]);
}

#[tokio::test]
async fn a_long_replay_tells_how_far_it_is() {
    let log = RealLog::open(16).await;
    log.commit_tasks(1_000).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(1), topics("agent")).await.unwrap();
    assert_eq!(tell(&mut followed, 2).await, ["up to 501", "up to 1001"]);
}

#[tokio::test]
async fn a_reader_that_the_bus_has_left_behind_reads_the_log() {
    let log = RealLog::open(2).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(1), topics("")).await.unwrap();
    assert_eq!(tell(&mut followed, 1).await, ["up to 1"]);
    for _ in 0..40 {
        log.commit_tasks(70).await;
    }
    let mut places = Vec::new();
    while places.len() < 2_800 {
        if let LiveItem::Events(events) = next(&mut followed).await {
            assert!(events.len() <= 500, "{} events in one item", events.len());
            places.extend(events.iter().map(|event| event.seq.0));
        }
    }
    assert_eq!(places, (2..=2_801).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_that_grows_without_a_ring_is_noticed() {
    let log = RealLog::open_behind(16, |_| Arc::new(NoSink)).await;
    let stream = log.stream().with_idle_check(Duration::from_millis(5));
    let mut followed = stream.follow(&Caller::system(), EventSeq(1), topics("")).await.unwrap();
    assert_eq!(tell(&mut followed, 1).await, ["up to 1"]);
    log.commit_tasks(3).await;
    assert_eq!(tell(&mut followed, 1).await, ["[2, 3, 4]"]);
}

#[tokio::test]
async fn fleeting_messages_go_only_to_those_who_name_their_task() {
    let log = RealLog::open(16).await;
    let (task, other) = (log.commit_tasks(1).await, log.commit_tasks(1).await);
    let (stream, caller) = (log.stream(), Caller::system());
    let mut named = stream.follow(&caller, EventSeq(3), topics(&format!("task:{task}"))).await.unwrap();
    let mut grouped = stream.follow(&caller, EventSeq(3), topics("task")).await.unwrap();
    let mut everything = stream.follow(&caller, EventSeq(3), topics("")).await.unwrap();
    for followed in [&mut named, &mut grouped, &mut everything] {
        assert_eq!(tell(followed, 1).await, ["up to 3"]);
    }
    log.bus.transient(progress(other));
    log.bus.transient(progress(task));
    assert_eq!(tell(&mut named, 1).await, [format!("task:{task}")]);
    log.commit_tasks(1).await;
    assert_eq!(tell(&mut named, 1).await, ["up to 4"]);
    assert_eq!(tell(&mut grouped, 1).await, ["[4]"]);
    assert_eq!(tell(&mut everything, 1).await, ["[4]"]);
}

#[tokio::test]
async fn dropping_a_stream_ends_everything_of_it() {
    let log = RealLog::open(16).await;
    let stream = log.stream();
    let mut followed = stream.follow(&Caller::system(), EventSeq(0), topics("")).await.unwrap();
    next(&mut followed).await;
    assert_eq!(log.bus.subscribers(), 1);
    drop(followed);
    assert_eq!(log.bus.subscribers(), 0);
}

#[tokio::test]
async fn a_failure_of_storage_is_the_last_item() {
    let log = RealLog::open(16).await;
    let mut followed = log.stream().follow(&Caller::system(), EventSeq(0), topics("")).await.unwrap();
    log.store.close().await;
    let failed = followed.next().await.unwrap().unwrap_err();
    assert_eq!(failed.code, "STORAGE-001");
    assert!(followed.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_its_bus() {
    let log = RealLog::open(16).await;
    let RealLog { store, bus, .. } = &log;
    let own_bus = Arc::new(baton_bus::InProcessBus::new(4));
    let stream = EventStream::new(Arc::new(store.clone()), Arc::clone(&own_bus));
    let mut followed = stream.follow(&Caller::system(), EventSeq(1), topics("")).await.unwrap();
    assert_eq!(tell(&mut followed, 1).await, ["up to 1"]);
    drop((stream, own_bus));
    assert!(followed.next().await.is_none());
    assert_eq!((bus.subscribers(), store.head().await.unwrap()), (0, EventSeq(1)));
}
