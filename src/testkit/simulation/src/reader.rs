//! Who follows the events? A subscriber that moves from server to server and must be given every event once.

use std::sync::Arc;
use std::time::Duration;

use baton_bus::EventStream;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_domain::invariants::{Invariant, Violation, check_followed};
use baton_domain::services::{EventService, LiveItem};
use baton_domain::user::Caller;
use futures::StreamExt;

use crate::plan::Draw;
use crate::world::{World, purpose};

/// How long a quiet stream trusts the doorbell.
const IDLE_CHECK: Duration = Duration::from_secs(2);

/// Follows until the world has come to rest and the whole log was given; gives what it was given.
pub(crate) async fn follow(world: Arc<World>, index: usize) -> Vec<Arc<Event>> {
    let chance = world.chance(purpose(5, index, 0));
    let mut given: Vec<Arc<Event>> = Vec::new();
    let mut place = EventSeq(0);
    while !world.rested() || place < head(&world) {
        let server = usize::try_from(chance.within(0, world.plan.servers as u64 - 1)).unwrap_or(0);
        let stays = chance.millis(500, 8_000);
        tokio::time::sleep(chance.millis(1, 200)).await;
        let Some((host, log)) = world.host(server).and_then(|host| host.log().map(|log| (host, log))) else { continue };
        let stream = EventStream::new(log, Arc::clone(&host.bus)).with_idle_check(IDLE_CHECK);
        let Ok(mut items) = stream.follow(&Caller::system(), place, TopicFilter::default()).await else { continue };
        let until = tokio::time::Instant::now() + stays;
        while let Ok(Some(item)) = tokio::time::timeout_at(until, items.next()).await {
            match item {
                Ok(LiveItem::Events(events)) => {
                    place = events.last().map_or(place, |event| event.seq);
                    given.extend(events);
                }
                Ok(LiveItem::HighWater(seq)) => place = seq,
                Ok(LiveItem::Transient(_)) => {}
                Ok(LiveItem::Resync(to)) => {
                    world.ledger.pages().wrong(Invariant::EventsGapless, format!("at {place} of a whole log a reader was sent to {to}"));
                    place = to;
                }
                Err(_) => break,
            }
            if world.rested() && place >= head(&world) {
                break;
            }
        }
        world.trace.note(format_args!("reader {index} leaves s{server} at {place}"));
    }
    given
}

fn head(world: &World) -> EventSeq {
    world.store.newest_event()
}

/// Checks what a reader was given against the log.
pub(crate) fn check(log: &[Event], given: &[Arc<Event>]) -> Vec<Violation> {
    let mut violations = check_followed(log, given);
    if given.len() != log.len() {
        let detail = format!("a reader was given {} events of {}", given.len(), log.len());
        violations.push(Violation { invariant: Invariant::EventsGapless, detail });
    }
    violations
}
