//! Is anybody ever left with a gap while the log forgets its beginning? Whoever misses an event must have been told to read anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::services::{EventService, LiveItem};
use baton_domain::user::Caller;
use baton_domain::wire::live::KeepEvents;
use baton_storage::{CommitSink, EventStore, Retention};
use baton_testkit::scale;
use futures::StreamExt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

use super::real_log::{RealLog, at, topics};

/// Events of a round, and how often its readers come back at least.
const EVENTS: usize = 10_000;
const RECONNECTS: u64 = 200;

/// Remembers the kind of every event, and rings the bell.
struct Remembering {
    bus: Arc<dyn CommitSink>,
    kinds: std::sync::Mutex<Vec<(String, String)>>,
}

impl CommitSink for Remembering {
    fn committed(&self, events: &[Arc<baton_domain::event::Event>]) {
        self.kinds.lock().unwrap().extend(events.iter().map(|event| (event.kind.clone(), event.subject.clone())));
        self.bus.committed(events);
    }
}

/// What a reader got, and what it was told that it missed.
#[derive(Default)]
struct Heard {
    places: Vec<i64>,
    /// After the first and up to the second, by a resync.
    missed: Vec<(i64, i64)>,
}

impl Heard {
    fn resync(&mut self, position: &mut EventSeq, head: EventSeq) {
        assert!(head >= *position, "a resync went back from {position} to {head}");
        self.missed.push((position.0, head.0));
        *position = head;
    }

    /// Every wanted event was given once and in order, or lies in a part that the reader was told of.
    fn check(&self, wanted: &[i64], what: &str) {
        assert!(self.places.is_sorted_by(|one, next| one < next), "{what}: twice or out of order");
        let given: std::collections::BTreeSet<i64> = self.places.iter().copied().collect();
        for place in wanted.iter().filter(|place| !given.contains(place)) {
            let told = self.missed.iter().any(|(after, up_to)| after < place && place <= up_to);
            assert!(told, "{what}: event {place} was missed in silence");
        }
        assert!(given.iter().all(|place| wanted.contains(place)), "{what}: was given what it does not want");
    }
}

/// What readers share.
struct Round {
    log: RealLog,
    reconnects: AtomicU64,
    end: watch::Receiver<Option<EventSeq>>,
}

impl Round {
    fn ended_at(&self, position: EventSeq) -> bool {
        *self.end.borrow() == Some(position)
    }

    /// Follows over streams that it drops again and again.
    async fn follow(self: Arc<Self>, filter: TopicFilter, seed: u64) -> Heard {
        let mut chance = StdRng::seed_from_u64(seed);
        let stream = self.log.stream().with_idle_check(Duration::from_millis(10));
        let (mut position, mut heard) = (EventSeq(0), Heard::default());
        let mut end = self.end.clone();
        loop {
            let mut followed = stream.follow(&Caller::system(), position, filter.clone()).await.unwrap();
            self.reconnects.fetch_add(1, Ordering::SeqCst);
            for _ in 0..chance.random_range(1..8) {
                if self.ended_at(position) {
                    return heard;
                }
                let item = tokio::select! {
                    item = tokio::time::timeout(Duration::from_secs(30), followed.next()) => item.expect("the stream went silent"),
                    changed = end.changed() => { changed.unwrap(); continue; }
                };
                match item.unwrap().unwrap() {
                    LiveItem::Events(events) => {
                        heard.places.extend(events.iter().map(|event| event.seq.0));
                        position = events.last().unwrap().seq;
                    }
                    LiveItem::HighWater(seq) => position = position.max(seq),
                    LiveItem::Resync(head) => heard.resync(&mut position, head),
                    LiveItem::Transient(_) => {}
                }
            }
            // Away for a while: the log goes on, and forgets.
            for _ in 0..chance.random_range(0..2_000) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Asks for one page after another, as REST does.
    async fn page(self: Arc<Self>, filter: TopicFilter, seed: u64) -> Heard {
        let mut chance = StdRng::seed_from_u64(seed);
        let (stream, caller) = (self.log.stream(), Caller::system());
        let (mut position, mut heard) = (EventSeq(0), Heard::default());
        while !self.ended_at(position) {
            self.reconnects.fetch_add(1, Ordering::SeqCst);
            match stream.since(&caller, position, filter.clone(), Some(chance.random_range(1..300))).await {
                Ok(page) => {
                    heard.places.extend(page.items.iter().map(|event| event.seq.0));
                    position = page.next_since;
                }
                Err(problem) => {
                    assert_eq!(problem.code, "EVENT-001");
                    let head = stream.head(&caller).await.unwrap();
                    heard.resync(&mut position, head);
                }
            }
            for _ in 0..chance.random_range(0..500) {
                tokio::task::yield_now().await;
            }
        }
        heard
    }
}

/// Forgets all but the newest few, again and again, a small step at a time.
async fn forget(round: Arc<Round>, seed: u64, stop: Arc<AtomicBool>) {
    let mut chance = StdRng::seed_from_u64(seed);
    while !stop.load(Ordering::SeqCst) {
        let retention = Retention { count: Some(chance.random_range(0..1_500)), since: None };
        round.log.store.forget_events(retention, chance.random_range(1..200)).await.unwrap();
        tokio::task::yield_now().await;
    }
}

async fn round(seed: u64) {
    let mut chance = StdRng::seed_from_u64(seed);
    let (mut remembered, (say_end, end)) = (None, watch::channel(None));
    let log = RealLog::open_behind(chance.random_range(1..6), |bus| {
        let sink = Arc::new(Remembering { bus, kinds: std::sync::Mutex::default() });
        remembered = Some(Arc::clone(&sink));
        sink
    })
    .await;
    let round = Arc::new(Round { log, reconnects: AtomicU64::new(0), end });
    let filters = ["", "task", "agent", "nothing"].map(topics);
    let follow = |(filter, seed): (&TopicFilter, u64)| tokio::spawn(Arc::clone(&round).follow(filter.clone(), seed));
    let page = |(filter, seed): (&TopicFilter, u64)| tokio::spawn(Arc::clone(&round).page(filter.clone(), seed));
    let followers: Vec<_> = filters.iter().zip(seed * 100..).map(follow).collect();
    let pagers: Vec<_> = filters.iter().zip(seed * 100 + 50..).map(page).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let forgetting = tokio::spawn(forget(Arc::clone(&round), seed, Arc::clone(&stop)));
    let mut emitted = 1;
    while emitted < EVENTS || round.reconnects.load(Ordering::SeqCst) < RECONNECTS {
        let count = if chance.random_bool(0.2) { 0 } else { chance.random_range(1..120) };
        if count == 0 {
            round.log.commit_agent().await
        } else {
            let _: TaskId = round.log.commit_tasks(count).await;
        }
        emitted += count.max(1);
    }
    stop.store(true, Ordering::SeqCst);
    forgetting.await.unwrap();
    let head = round.log.store.head().await.unwrap();
    assert_eq!(head.0, i64::try_from(emitted).unwrap());
    say_end.send(Some(head)).unwrap();
    let kinds = remembered.unwrap().kinds.lock().unwrap().clone();
    for (readers, how) in [(followers, "follows"), (pagers, "pages")] {
        for (filter, reader) in filters.iter().zip(readers) {
            let heard = reader.await.unwrap();
            let wanted: Vec<i64> =
                kinds.iter().zip(1..).filter(|((kind, subject), _)| filter.wants(kind, subject)).map(|(_, place)| place).collect();
            heard.check(&wanted, &format!("seed {seed}, {how} {:?}", filter.topics()));
        }
    }
    round.log.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_misses_an_event_in_silence_while_the_log_forgets() {
    for seed in 0..u64::try_from(scale().of(1, 50)).unwrap() {
        round(seed).await;
    }
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_on_every_way_in() {
    let log = RealLog::open(16).await;
    log.commit_tasks(99).await;
    let (stream, caller) = (log.stream().keeping(KeepEvents { count: Some(40), days: None }), Caller::system());
    assert_eq!(stream.forget_old(at(0)).await.unwrap(), 60);
    let told = stream.log(&caller).await.unwrap();
    assert_eq!((told.head, told.floor, told.keep), (EventSeq(100), EventSeq(60), KeepEvents { count: Some(40), days: None }));
    assert_eq!(stream.since(&caller, EventSeq(59), topics(""), None).await.unwrap_err().code, "EVENT-001");
    assert_eq!(stream.since(&caller, EventSeq(60), topics(""), None).await.unwrap().items.len(), 40);
    let mut followed = stream.follow(&caller, EventSeq(59), topics("")).await.unwrap();
    assert_eq!(followed.next().await.unwrap().unwrap(), LiveItem::Resync(EventSeq(100)));
}

#[tokio::test(start_paused = true)]
async fn much_is_forgotten_in_small_steps() {
    let log = RealLog::open(16).await;
    for _ in 0..5 {
        log.commit_tasks(700).await;
    }
    let keep = KeepEvents { count: None, days: Some(1) };
    let stream = log.stream().keeping(keep);
    assert_eq!(stream.forget_old(at(86_400_000)).await.unwrap(), 0, "a day has not passed yet");
    let before = tokio::time::Instant::now();
    assert_eq!(stream.forget_old(at(86_400_001)).await.unwrap(), 3_501);
    assert_eq!(before.elapsed(), Duration::from_millis(30), "four steps have three pauses");
    assert_eq!(stream.forget_old(at(86_400_001)).await.unwrap(), 0);
    assert_eq!(log.stream().forget_old(at(i64::MAX)).await.unwrap(), 0, "without limits nothing is forgotten");
}
