//! Does a follower that comes and goes get every event once? Over the real server's stream, with reconnects at random places.

use std::pin::pin;
use std::time::{Duration, Instant};

use crate::harness::{PATIENCE, Server, data_folder};
use baton_clients::baton_api::BatonApi;
use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_domain::invariants::{check_followed, check_log};
use baton_domain::wire::task::NewTask;
use baton_testkit::SeededChance;
use futures::StreamExt;
use serde_json::json;

/// Each task makes four events.
const TASKS: usize = 2_600;
const EVENTS: i64 = 10_000;
const RECONNECTS: usize = 200;

/// Follows from the beginning to the end of the log, and reconnects as often as it should on the way. Some of its visits are slow,
/// so that it lags behind what the server keeps for it.
async fn follow(api: &BatonApi, seed: u64) -> Vec<Box<Event>> {
    let chance = SeededChance::new(seed);
    let mut given: Vec<Box<Event>> = Vec::new();
    let mut place = EventSeq(0);
    let (mut visits, began) = (0, Instant::now());
    while place.0 < EVENTS {
        assert!(began.elapsed() < PATIENCE * 3, "at {place} after {visits} visits");
        visits += 1;
        // Shorter than would do on average, so that no seed comes to the end with fewer visits.
        let stays = 1 + usize::try_from(chance.bits() % (EVENTS.unsigned_abs() / RECONNECTS as u64)).unwrap();
        let slow = chance.bits().is_multiple_of(8);
        let stream = api.follow(place, "").await.expect("a stream");
        let mut stream = pin!(stream);
        for _ in 0..stays {
            let Ok(Some(Ok(event))) = tokio::time::timeout(Duration::from_secs(5), stream.next()).await else { break };
            // A connection that is cut may give again what it gave before; the place says so.
            if event.seq > place {
                place = event.seq;
                given.push(Box::new(event));
            }
            if slow {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
    assert!(visits >= RECONNECTS, "only {visits} visits");
    given
}

async fn log(api: &BatonApi, until: EventSeq) -> Vec<Event> {
    let (mut events, mut since) = (Vec::new(), EventSeq(0));
    while since < until {
        let page = api.events(since, "").await.expect("events");
        since = page.next_since;
        events.extend(page.items);
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_over_two_hundred_reconnects_come_once_each() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (submitting, first, second) = (server.api().await, server.api().await, server.api().await);
    let submit = async {
        for _ in 0..TASKS / 100 {
            let tasks = (0..100).map(|index| NewTask::new("diagnostics.echo", json!({"message": index.to_string()}))).collect();
            submitting.submit_batch(tasks).await.expect("a batch");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ((), one, other) = tokio::join!(submit, follow(&first, 1), follow(&second, 2));
    let until = one.last().unwrap().seq.max(other.last().unwrap().seq);
    let log = log(&submitting, until).await;
    assert!(log.len() >= usize::try_from(EVENTS).unwrap());
    assert_eq!(check_log(EventSeq(0), &log), []);
    for given in [one, other] {
        assert_eq!(check_followed(&log, &given), []);
        assert_eq!(given.last().unwrap().seq.0, i64::try_from(given.len()).unwrap(), "received = emitted");
    }
    assert!(server.terminate());
}
