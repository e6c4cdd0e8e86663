//! How do members in one process reach one another? Through memory. One member is a server alone; several are for tests.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::{Carrier, HEARD, Heard, RING_LENGTH, RingEntry};

/// What members share.
#[derive(Debug)]
pub struct InProcessHub {
    /// How long a member has for an entry.
    patience: Duration,
    members: Mutex<Vec<(u64, broadcast::Sender<Heard>)>>,
    rings: Mutex<HashMap<String, Ring>>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Ring {
    next: u64,
    waiting: VecDeque<(u64, Arc<[u8]>)>,
    taken: BTreeMap<u64, (Arc<[u8]>, Instant)>,
}

impl InProcessHub {
    /// A hub whose members have this long for an entry of a ring.
    #[must_use]
    pub fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { patience, members: Mutex::default(), rings: Mutex::default(), next: AtomicU64::new(1) })
    }

    /// A new member.
    #[must_use]
    pub fn join(self: &Arc<Self>) -> InProcessCarrier {
        let (id, heard) = (self.next.fetch_add(1, Ordering::Relaxed), broadcast::Sender::new(HEARD));
        self.members.lock().push((id, heard.clone()));
        InProcessCarrier { hub: Arc::clone(self), id, heard }
    }
}

/// A member.
#[derive(Debug)]
pub struct InProcessCarrier {
    hub: Arc<InProcessHub>,
    id: u64,
    heard: broadcast::Sender<Heard>,
}

impl InProcessCarrier {
    /// A member of a hub of its own.
    #[must_use]
    pub fn alone() -> Self {
        InProcessHub::new(super::POLL).join()
    }

    fn try_take(&self, ring: &str, maximum: usize) -> Vec<RingEntry> {
        let now = Instant::now();
        let mut rings = self.hub.rings.lock();
        let Some(ring) = rings.get_mut(ring) else { return Vec::new() };
        let given_up: Vec<u64> =
            ring.taken.iter().filter(|(_, (_, at))| now - *at >= self.hub.patience).map(|(id, _)| *id).take(maximum).collect();
        let mut entries: Vec<(u64, Arc<[u8]>)> =
            given_up.into_iter().filter_map(|id| ring.taken.remove(&id).map(|(payload, _)| (id, payload))).collect();
        while entries.len() < maximum
            && let Some(entry) = ring.waiting.pop_front()
        {
            entries.push(entry);
        }
        ring.taken.extend(entries.iter().map(|(id, payload)| (*id, (Arc::clone(payload), now))));
        entries.into_iter().map(|(id, payload)| RingEntry { id: id.to_string(), payload }).collect()
    }
}

impl Drop for InProcessCarrier {
    fn drop(&mut self) {
        self.hub.members.lock().retain(|(id, _)| *id != self.id);
    }
}

#[async_trait]
impl Carrier for InProcessCarrier {
    fn is_connected(&self) -> bool {
        self.hub.members.lock().len() > 1
    }

    fn broadcast(&self, payload: Arc<[u8]>) {
        for (_, heard) in self.hub.members.lock().iter().filter(|(id, _)| *id != self.id) {
            // An error says that nobody listens there.
            let _ = heard.send(Heard::Payload(Arc::clone(&payload)));
        }
    }

    fn listen(&self) -> broadcast::Receiver<Heard> {
        self.heard.subscribe()
    }

    fn put(&self, name: &str, payload: Arc<[u8]>) {
        {
            let mut rings = self.hub.rings.lock();
            let ring = rings.entry(name.to_owned()).or_default();
            ring.next += 1;
            ring.waiting.push_back((ring.next, payload));
            if ring.waiting.len() > RING_LENGTH {
                ring.waiting.pop_front();
            }
        }
        let name: Arc<str> = name.into();
        for (_, heard) in self.hub.members.lock().iter() {
            let _ = heard.send(Heard::Ring(Arc::clone(&name)));
        }
    }

    async fn take(&self, ring: &str, maximum: usize, wait: Duration) -> Vec<RingEntry> {
        let until = Instant::now() + wait;
        let mut heard = self.listen();
        loop {
            let entries = self.try_take(ring, maximum);
            if !entries.is_empty() {
                return entries;
            }
            // Entries that somebody else took come free by time, without a ring.
            let look_again = until.min(Instant::now() + self.hub.patience);
            if !rung(&mut heard, ring, look_again).await && Instant::now() >= until {
                return self.try_take(ring, maximum);
            }
        }
    }

    async fn finish(&self, ring: &str, entries: &[RingEntry]) {
        if let Some(ring) = self.hub.rings.lock().get_mut(ring) {
            for id in entries.iter().filter_map(|entry| entry.id.parse().ok()) {
                ring.taken.remove(&id);
            }
        }
    }
}

/// Waits until this ring, or what may have been this ring, was heard; `false` when the time is over.
pub(super) async fn rung(heard: &mut broadcast::Receiver<Heard>, ring: &str, until: Instant) -> bool {
    loop {
        match tokio::time::timeout_at(until, heard.recv()).await {
            Ok(Ok(Heard::Ring(name))) if &*name == ring => return true,
            Ok(Ok(Heard::Gap) | Err(broadcast::error::RecvError::Lagged(_))) => return true,
            Ok(Ok(_)) => {}
            Ok(Err(broadcast::error::RecvError::Closed)) | Err(_) => return false,
        }
    }
}
