//! Does every subscriber get every wanted event exactly once and in order, whatever the doorbell does and however often it comes back?

use baton_testkit::scale;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::real_log::{RealLog, topics};
use baton_bus::InProcessBus;
use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_domain::services::{EventService, LiveItem};
use baton_domain::user::Caller;
use baton_storage::CommitSink;
use futures::StreamExt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

const COMMITS: usize = 40;

/// A doorbell that loses, repeats, holds back and cuts what it is told.
struct BadDoorbell {
    bus: Arc<InProcessBus>,
    mood: Mutex<(StdRng, Vec<Vec<Arc<Event>>>)>,
    badness: f64,
}

impl CommitSink for BadDoorbell {
    fn committed(&self, events: &[Arc<Event>]) {
        let mut mood = self.mood.lock().unwrap();
        let (chance, held) = &mut *mood;
        if !chance.random_bool(self.badness) {
            self.bus.committed(events);
        } else {
            match chance.random_range(0..4) {
                0 => {}
                1 => {
                    self.bus.committed(events);
                    self.bus.committed(events);
                }
                2 => held.push(events.to_vec()),
                _ => self.bus.committed(&events[chance.random_range(0..events.len())..]),
            }
        }
        if chance.random_bool(0.3) {
            for late in held.drain(..) {
                self.bus.committed(&late);
            }
        }
    }
}

/// Follows from the beginning to the end with many interruptions; gives the places of the events it got.
async fn follow_with_interruptions(log: Arc<RealLog>, filter: String, seed: u64, mut end: watch::Receiver<Option<EventSeq>>) -> Vec<i64> {
    let mut chance = StdRng::seed_from_u64(seed);
    let stream = log.stream().with_idle_check(Duration::from_millis(10));
    let (mut position, mut places) = (EventSeq(0), Vec::new());
    loop {
        let mut followed = stream.follow(&Caller::system(), position, topics(&filter)).await.unwrap();
        let mut left = chance.random_range(1..12);
        while left > 0 {
            if *end.borrow_and_update() == Some(position) {
                return places;
            }
            let item = tokio::select! {
                item = tokio::time::timeout(Duration::from_secs(30), followed.next()) => item.expect("the stream went silent"),
                changed = end.changed() => {
                    changed.unwrap();
                    continue;
                }
            };
            match item.unwrap().unwrap() {
                LiveItem::Events(events) => {
                    places.extend(events.iter().map(|event| event.seq.0));
                    position = events.last().unwrap().seq;
                }
                LiveItem::HighWater(seq) => {
                    assert!(seq >= position, "the mark went back from {position} to {seq}");
                    position = seq;
                }
                LiveItem::Resync(seq) => panic!("a resync at {seq} that nothing called for"),
                LiveItem::Transient(transient) => panic!("{transient:?} was not sent"),
            }
            left -= 1;
            for _ in 0..chance.random_range(0..20) {
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn round(seed: u64) {
    let mut chance = StdRng::seed_from_u64(seed);
    let (capacity, badness) = (chance.random_range(1..6), chance.random_range(0.0..0.9));
    let bad =
        |bus| Arc::new(BadDoorbell { bus, mood: Mutex::new((StdRng::seed_from_u64(seed), Vec::new())), badness }) as Arc<dyn CommitSink>;
    let log = Arc::new(RealLog::open_behind(capacity, bad).await);
    let (say_end, end) = watch::channel(None);
    let filters = [String::new(), "task".to_owned(), "agent".to_owned(), format!("agent:{}", log.agent), "nothing".to_owned()];
    let readers: Vec<_> = filters
        .iter()
        .enumerate()
        .map(|(index, filter)| {
            tokio::spawn(follow_with_interruptions(Arc::clone(&log), filter.clone(), seed * 100 + index as u64, end.clone()))
        })
        .collect();
    for _ in 0..COMMITS {
        match chance.random_range(0..3) {
            0 => log.commit_agent().await,
            1 => drop(log.commit_tasks(chance.random_range(1..4)).await),
            _ => drop(log.commit_tasks(chance.random_range(60..200)).await),
        }
        for _ in 0..chance.random_range(0..50) {
            tokio::task::yield_now().await;
        }
    }
    let emitted = log.events(&topics("")).await;
    assert_eq!(emitted.iter().map(|event| event.seq.0).collect::<Vec<_>>(), (1..=emitted.len() as i64).collect::<Vec<_>>());
    say_end.send(Some(emitted.last().unwrap().seq)).unwrap();
    for (filter, reader) in filters.iter().zip(readers) {
        let received = reader.await.unwrap();
        let wanted: Vec<i64> = log.events(&topics(filter)).await.iter().map(|event| event.seq.0).collect();
        assert_eq!(received, wanted, "seed {seed}, filter {filter:?}, capacity {capacity}, badness {badness}");
    }
    assert_eq!(log.bus.subscribers(), 0);
    log.store.close().await;
}

async fn rounds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        round(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reader_gets_each_wanted_event_once_and_in_order() {
    let seeds = u64::try_from(scale().of(5, 100)).unwrap();
    rounds(0..seeds).await;
}
