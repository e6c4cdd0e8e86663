//! How does a server hear of a commit? From a ring that may be late, lost, repeated, or overtaken by the next.

use std::sync::{Arc, Weak};

use baton_domain::event::Event;
use baton_storage::CommitSink;
use baton_testkit::SeededChance;
use parking_lot::Mutex;

use crate::plan::Draw;
use crate::world::{World, purpose};

/// Rings at every server for every commit.
pub(crate) struct Doorbell {
    world: Mutex<Weak<World>>,
    chance: Mutex<Option<Arc<SeededChance>>>,
}

impl Doorbell {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { world: Mutex::new(Weak::new()), chance: Mutex::default() })
    }

    /// Hangs the bell up: a store has its sink before there is a world around it.
    pub(crate) fn hang_up(&self, world: &Arc<World>) {
        *self.world.lock() = Arc::downgrade(world);
        *self.chance.lock() = Some(Arc::new(world.chance(purpose(3, 0, 0))));
    }
}

impl CommitSink for Doorbell {
    fn committed(&self, events: &[Arc<Event>]) {
        let (Some(world), Some(chance)) = (self.world.lock().upgrade(), self.chance.lock().clone()) else { return };
        for event in events {
            world.trace.note(format_args!("#{} {} {}", event.seq, event.kind, event.subject));
        }
        let weather = world.plan.weather;
        for host in world.hosts.lock().iter() {
            let rings = match (chance.happens(weather.lost_rings), chance.happens(weather.repeated)) {
                (true, _) => 0,
                (false, false) => 1,
                (false, true) => 2,
            };
            for _ in 0..rings {
                let (host, events, way) = (Arc::clone(host), events.to_vec(), chance.millis(2, weather.longest_way_ms));
                if host.crashed() || host.cut().is_some() || host.bus.subscribers() == 0 {
                    continue;
                }
                tokio::spawn(async move {
                    tokio::time::sleep(way).await;
                    host.alive().await;
                    host.bus.committed(&events);
                });
            }
        }
    }
}
