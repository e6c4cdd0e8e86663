//! How what commits on the server reaches an open page: one socket a tab, whose events land in signals keyed by id.
//!
//! A page reads its data with `as_of`, the sequence it was read at, and then [follows](Live::follow) from there: first
//! what the hub still remembers, then what comes. So nothing is missed between reading and following, whether the data
//! came with the page or was fetched later. Nothing here runs on the server but the signals themselves.

mod backoff;
mod clock;
mod frame;
mod fresh;
mod hub;
mod reconcile;
mod refresh;
mod socket;
mod store;
mod unread;

use std::sync::{Arc, Mutex, PoisonError};

use baton_domain::id::{EventSeq, TaskId};
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::live::ServerFrame;
use baton_domain::wire::task::TaskSummary;
use leptos::prelude::*;

pub use clock::{Now, now_millis, tick_every_second};
pub use fresh::Fresh;
use hub::Hub;
pub use hub::{Body, LiveEvent, Notice};
pub use reconcile::{apply_to_counts, presumed_state_before};
pub use refresh::{OneAtATime, Refresh};
use socket::Socket;
pub use socket::TOPICS;
use store::Store;
pub use unread::{Unread, use_unread};

/// What the connection to the server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Not opened yet: signed out, or the page was only just loaded.
    Idle,
    /// Opened for the first time.
    Connecting,
    /// Events come as they commit.
    Live,
    /// Lost, and tried again.
    Reconnecting,
    /// The browser has no network.
    Offline,
}

/// The live state of the tab; found in the context.
#[derive(Clone)]
pub struct Live {
    connection: ArcRwSignal<Connection>,
    hub: Arc<Mutex<Hub>>,
    store: Arc<Mutex<Store>>,
    socket: Socket,
}

impl Default for Live {
    fn default() -> Self {
        Self { connection: ArcRwSignal::new(Connection::Idle), hub: Arc::default(), store: Arc::default(), socket: Socket::default() }
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Live")
    }
}

/// The tab's live state.
#[must_use]
pub fn use_live() -> Live {
    use_context::<Live>().unwrap_or_default()
}

impl Live {
    /// What the connection is doing.
    #[must_use]
    pub fn connection(&self) -> ArcRwSignal<Connection> {
        self.connection.clone()
    }

    /// Whether it is decided from where the tab's socket goes on.
    #[must_use]
    pub fn begun(&self) -> bool {
        locked(&self.hub).high().0 > 0
    }

    /// The task's signal. `summary` was read at `as_of` and counts if nothing newer is known.
    #[must_use]
    pub fn task(&self, summary: TaskSummary, as_of: EventSeq) -> ArcRwSignal<TaskSummary> {
        let newest = locked(&self.hub).newest_task(summary.id, as_of);
        let (summary, as_of) = newest.map_or((summary, as_of), |(task, seq)| (task, seq));
        locked(&self.store).task(summary, as_of)
    }

    /// The agent's signal; as [`task`](Self::task).
    #[must_use]
    pub fn agent(&self, view: AgentView, as_of: EventSeq) -> ArcRwSignal<AgentView> {
        let newest = locked(&self.hub).newest_agent(view.id, as_of);
        let (view, as_of) = newest.map_or((view, as_of), |(agent, seq)| (agent, seq));
        locked(&self.store).agent(view, as_of)
    }

    /// Calls back for every event after `as_of`, and for log lines and progress of `task` if one is given, until the
    /// current owner is cleaned up. Call it in an effect: only a browser follows.
    pub fn follow(&self, as_of: EventSeq, task: Option<TaskId>, on: impl Fn(&Notice) + Send + Sync + 'static) -> Following {
        let id = locked(&self.hub).add(as_of, task, Arc::new(on));
        let following = Following { live: self.clone(), id };
        following.restart(as_of);
        self.socket.wanted(self);
        let leaving = following.clone();
        on_cleanup(move || leaving.stop());
        following
    }

    /// Opens the socket even if no page follows anything, so that the connection's state is always shown.
    pub fn start(&self) {
        self.socket.start(self);
    }

    /// Takes a frame from the server.
    fn take(&self, frame: ServerFrame) {
        let deliveries = match frame {
            // A tab publishes by its server functions, so the answers of the socket are never for it.
            ServerFrame::Hello { .. } | ServerFrame::Published { .. } | ServerFrame::Problem { .. } => Vec::new(),
            ServerFrame::HighWater { seq } => {
                locked(&self.hub).reached(seq);
                Vec::new()
            }
            ServerFrame::Events { events } => {
                let events: Vec<Arc<LiveEvent>> = events.into_iter().map(|event| Arc::new(LiveEvent::from(event))).collect();
                // Collected first: a row's signal must never be set while a lock is held.
                let changes = locked(&self.store).changes(&events);
                for change in changes {
                    change();
                }
                locked(&self.hub).push(events)
            }
            ServerFrame::Transient(transient) => locked(&self.hub).transient(transient),
            ServerFrame::Resync { head } => locked(&self.hub).resync(head),
        };
        for (callback, notice) in deliveries {
            callback(&notice);
        }
    }
}

/// A page's hold on the stream of events.
#[derive(Clone)]
pub struct Following {
    live: Live,
    id: u64,
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Following({})", self.id)
    }
}

impl Following {
    /// The page has read its data anew, as of `as_of`: gives again what came after.
    pub fn restart(&self, as_of: EventSeq) {
        let deliveries = locked(&self.live.hub).restart(self.id, as_of);
        for (callback, notice) in deliveries {
            callback(&notice);
        }
    }

    fn stop(&self) {
        let had_topic = locked(&self.live.hub).remove(self.id);
        if had_topic {
            self.live.socket.topics_changed(&self.live);
        }
    }
}

/// No lock here is ever held over foreign code, so poison says nothing.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
