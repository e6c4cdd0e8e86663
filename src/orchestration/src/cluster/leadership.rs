//! Who does what only one server may do: look for deadlines that have passed, take tasks back whose holder fell silent, forget
//! servers that are gone?
//!
//! The leader. It is named by one row: a server, a term, and the instant until which it leads, on the clock of the database.
//! Whoever finds that this instant has passed, or finds itself there, may write itself into the row, and leads for another
//! term; the row's lock decides between two who do so at once. The leader renews it three times a term, so that two renewals
//! may fail. One that leaves ends its own lead at once.
//!
//! A server believes that it leads for a little less long than the others do, counted on its own monotonic clock from before it
//! asked: when it can no longer renew, it stops before another begins. A process that was stopped in the middle of its work may
//! still do one more step of it when it wakes. So leadership only spares the others the same work, and nothing that a leader
//! does may depend on it: each change that it makes is guarded by the state or the lease that it saw, as everybody's are.
//!
//! On a store that servers do not share, the only server leads.

use std::sync::Arc;
use std::time::Duration;

use baton_storage::StoreError;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::{Shared, membership};

/// Whether a server leads. Clones say the same.
#[derive(Debug, Clone)]
pub struct Leadership {
    undisputed: bool,
    belief: Arc<Mutex<Belief>>,
}

#[derive(Debug, Default)]
struct Belief {
    until: Option<Instant>,
    /// Nothing is taken from others before: they may not have had a chance to say that they live.
    patient_until: Option<Instant>,
    out_of_touch: bool,
}

impl Leadership {
    /// Of the only server.
    pub(super) fn undisputed() -> Self {
        Self { undisputed: true, belief: Arc::default() }
    }

    /// Of one of several.
    pub(super) fn wanted() -> Self {
        Self { undisputed: false, belief: Arc::default() }
    }

    /// Whether this server leads now.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.undisputed || self.belief.lock().until.is_some_and(|until| until > Instant::now())
    }

    /// Whether leases that have ended may be taken as what they seem: the ends of their holders. After the database was away
    /// everybody's have ended.
    pub(crate) fn may_rescue(&self) -> bool {
        self.leads() && self.belief.lock().patient_until.is_none_or(|until| until <= Instant::now())
    }

    /// Storage answered: this server leads until then, or another does.
    fn learn(&self, until: Option<Instant>, patience: Duration) {
        let mut belief = self.belief.lock();
        if belief.until.is_some() != until.is_some() {
            tracing::info!(leads = until.is_some(), "who leads has changed");
        }
        belief.until = until;
        if std::mem::take(&mut belief.out_of_touch) {
            belief.patient_until = Some(Instant::now() + patience);
        }
    }

    fn lose_touch(&self) {
        self.belief.lock().out_of_touch = true;
    }
}

/// Leads whenever nobody else does, until the engine stops; looks around in the same rhythm.
pub(crate) async fn run(shared: Shared) {
    let pause = shared.options.term / 3;
    loop {
        match timeout(pause, campaign(&shared)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                shared.cluster.leadership.lose_touch();
                tracing::warn!(%error, "it cannot be found out who leads");
            }
            Err(_) => {
                shared.cluster.leadership.lose_touch();
                tracing::warn!("storage did not say in time who leads");
            }
        }
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = sleep(pause) => {}
        }
    }
}

async fn campaign(shared: &Shared) -> Result<(), StoreError> {
    let term = shared.options.term;
    let (asked, at) = (Instant::now(), shared.sources.clock.now());
    let mine = shared.cluster.server().id;
    let leader = shared.store.lead(mine, at, at.plus(term)).await?;
    let until = (leader.server == mine).then(|| asked + term - term / 10);
    shared.cluster.leadership.learn(until, shared.options.heartbeat + shared.options.heartbeat / 2);
    if until.is_some() {
        let silent_since = at.minus(membership::silence(shared.options.lease));
        for server in shared.store.forget_servers(silent_since, at).await? {
            tracing::warn!(server = server.name, id = %server.id, "a server has been silent for too long and is forgotten");
        }
    }
    membership::look_around(shared).await
}
