//! What carries between the servers' topics? A post that delays and loses what it carries, and that nobody reaches who is cut off.
//!
//! It stands for Redis: broadcasts reach whoever is there, once; an entry of a ring goes to one server, and to another if that one
//! does not finish it. That the log has grown it does not carry: the doorbell says so.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use baton_bus::carrier::{Carrier, Heard, InProcessCarrier, RingEntry};
use baton_storage_memory::PlantedBug;
use baton_testkit::SeededChance;
use tokio::sync::broadcast;

use crate::host::Host;
use crate::plan::{Cut, Draw};
use crate::world::{World, purpose};

/// How the relay's word on something fleeting begins.
const FLEETING: &[u8] = br#"{"transient""#;

/// One server's end of the post.
pub(crate) struct FaultyCarrier {
    /// Weak, or the bus that relays through this would hold what holds the bus.
    world: Weak<World>,
    host: Weak<Host>,
    rings: Arc<InProcessCarrier>,
    chance: SeededChance,
}

impl FaultyCarrier {
    pub(crate) fn new(world: &Arc<World>, host: &Arc<Host>) -> Self {
        let chance = world.chance(purpose(6, host.server, host.incarnation));
        Self { world: Arc::downgrade(world), host: Arc::downgrade(host), rings: Arc::new(world.rings.join()), chance }
    }

    /// The world and this end, if the post is reached from here.
    fn reached(&self) -> Option<(Arc<World>, Arc<Host>)> {
        let (world, host) = (self.world.upgrade()?, self.host.upgrade()?);
        (!host.crashed() && host.cut() != Some(Cut::Both)).then_some((world, host))
    }

    fn is_lost(&self, world: &World) -> bool {
        self.chance.happens(world.plan.weather.lost_rings)
    }

    fn way(&self, world: &World) -> Duration {
        self.chance.millis(2, world.plan.weather.longest_way_ms)
    }
}

#[async_trait]
impl Carrier for FaultyCarrier {
    fn is_connected(&self) -> bool {
        self.reached().is_some()
    }

    fn broadcast(&self, payload: Arc<[u8]>) {
        let Some((world, sender)) = self.reached().filter(|_| payload.starts_with(FLEETING)) else { return };
        let repeats = world.bug == Some(PlantedBug::BroadcastRepeated) && self.chance.happens(world.plan.weather.repeated);
        for host in world.hosts.lock().iter().filter(|host| host.server != sender.server) {
            for _ in 0..=u8::from(repeats) {
                if self.is_lost(&world) {
                    continue;
                }
                let (host, payload, way) = (Arc::clone(host), Arc::clone(&payload), self.way(&world));
                tokio::spawn(async move {
                    tokio::time::sleep(way).await;
                    host.alive().await;
                    if host.cut().is_none() {
                        // An error says that nobody listens there.
                        let _ = host.post.send(Heard::Payload(payload));
                    }
                });
            }
        }
    }

    fn listen(&self) -> broadcast::Receiver<Heard> {
        self.host.upgrade().map_or_else(|| broadcast::Sender::new(1).subscribe(), |host| host.post.subscribe())
    }

    fn put(&self, ring: &str, payload: Arc<[u8]>) {
        let Some((world, _)) = self.reached().filter(|(world, _)| !self.is_lost(world)) else { return };
        let (rings, ring, way) = (Arc::clone(&self.rings), ring.to_owned(), self.way(&world));
        tokio::spawn(async move {
            tokio::time::sleep(way).await;
            rings.put(&ring, payload);
        });
    }

    async fn take(&self, ring: &str, maximum: usize, wait: Duration) -> Vec<RingEntry> {
        let Some((world, host)) = self.reached() else {
            tokio::time::sleep(wait).await;
            return Vec::new();
        };
        host.alive().await;
        let entries = self.rings.take(ring, maximum, wait).await;
        host.alive().await;
        // An answer that is lost has taken its entries all the same: another server is given them later.
        if host.cut().is_some() || self.is_lost(&world) { Vec::new() } else { entries }
    }

    async fn finish(&self, ring: &str, entries: &[RingEntry]) {
        if self.reached().is_some_and(|(world, _)| !self.is_lost(&world)) {
            self.rings.finish(ring, entries).await;
        }
    }
}
