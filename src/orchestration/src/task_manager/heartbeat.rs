//! How are leases kept? One write renews all that this server holds, from a thread of its own if the server wants one.
//!
//! On a store that servers share, the end of a lease is when another may begin the same task. So this server stops trusting a
//! lease a little earlier, counted on its own monotonic clock from before it asked for the last renewal, and stops the attempt.
//! Nothing depends on its doing so in time, since a stale lease changes nothing; it only spares the world a second doer.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::problem::Code;
use baton_storage::{Beat, Heart, StoreError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::agent_threads::WAKES_EVERY;
use crate::cluster::membership;
use crate::engine::{Order, Shared};

/// How long storage may take to renew leases.
const LONGEST: Duration = Duration::from_secs(5);

/// What beats.
pub(crate) enum Beating {
    /// Among everything else.
    Task(JoinHandle<()>),
    /// By itself.
    Thread(std::thread::JoinHandle<()>),
}

impl Beating {
    /// Starts it; it ends when the engine stops and no attempt is left.
    pub(crate) fn start(shared: Arc<Shared>, heart: Arc<dyn Heart>) -> std::io::Result<Self> {
        if !shared.options.heart_thread {
            return Ok(Self::Task(tokio::spawn(run(shared, heart))));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("baton-heart".to_owned());
        let everything = Handle::current();
        let beats = async move {
            tokio::select! {
                () = run(shared, heart) => {}
                () = wake(everything) => {}
            }
        };
        Ok(Self::Thread(thread.spawn(move || runtime.block_on(beats))?))
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) {
        let ended = match self {
            Self::Task(task) => task.await.is_ok(),
            Self::Thread(thread) => tokio::task::spawn_blocking(move || thread.join().is_ok()).await.unwrap_or(false),
        };
        if !ended {
            tracing::error!("what renews leases had ended before its time");
        }
    }
}

/// Wakes the threads that everything else works on, for as long as it is polled: see [`WAKES_EVERY`].
async fn wake(everything: Handle) {
    let mut last: Option<JoinHandle<()>> = None;
    loop {
        sleep(WAKES_EVERY).await;
        // One that nobody has come to yet is enough: they would pile up.
        if last.as_ref().is_none_or(JoinHandle::is_finished) {
            last = Some(everything.spawn(async {}));
        }
    }
}

async fn run(shared: Arc<Shared>, heart: Arc<dyn Heart>) {
    let usual = shared.options.heartbeat;
    let mut pause = usual;
    loop {
        let sleeping = sleep(pause.min(until_trust_ends(&shared)));
        tokio::select! {
            biased;
            () = sleeping => {}
            () = async { shared.stop.cancelled().await; shared.attempts.wait().await; } => return,
        }
        pause = match timeout(usual.min(LONGEST), beat(&shared, heart.as_ref())).await {
            Ok(Ok(())) => usual,
            failed => {
                match failed {
                    Ok(Err(error)) => tracing::warn!(%error, "leases could not be renewed"),
                    _ => tracing::warn!("storage did not renew leases in time"),
                }
                // Sooner than usual: the leases go on ending.
                usual / 5
            }
        };
        stop_trusting(&shared);
    }
}

async fn beat(shared: &Arc<Shared>, heart: &dyn Heart) -> Result<(), StoreError> {
    let (asked, at) = (Instant::now(), shared.sources.clock.now());
    let leases: Vec<_> = shared.running.lock().iter().map(|(task, running)| (*task, running.lease)).collect();
    let until = at.plus(shared.options.lease);
    // Where there is only one server, nobody asks how its agents stand.
    let agents = if shared.cluster.is_shared() { shared.pool.told_of_all() } else { Vec::new() };
    let beaten = heart.beat(Beat { server: shared.cluster.server().id, at, leases: leases.clone(), until, agents }).await?;
    let trusted_until = asked + shared.options.lease - shared.trust_margin();
    {
        let mut running = shared.running.lock();
        for (task, lease) in leases.iter().filter(|lease| !beaten.stale.contains(lease)) {
            if let Some(running) = running.get_mut(task).filter(|running| running.lease == *lease) {
                running.trusted_until = trusted_until;
            }
        }
    }
    for (task, lease) in beaten.cancel {
        shared.order(task, lease, Order::Cancel);
    }
    for (task, lease) in beaten.stale {
        if shared.order(task, lease, Order::Stale) {
            let code = Code::LeaseLost.as_str();
            // An attempt that has just ended may be meant: one that is stopped by it says so itself.
            tracing::debug!(code, %task, lease = lease.0, "the heartbeat came under a lease that is lost");
        }
    }
    match beaten.status {
        Some(status) => shared.cluster.set_status(status),
        None => membership::join_again(shared).await?,
    }
    Ok(())
}

/// How long until the first lease is no longer trusted.
fn until_trust_ends(shared: &Shared) -> Duration {
    if !shared.cluster.is_shared() {
        return Duration::MAX;
    }
    let first = shared.running.lock().values().map(|running| running.trusted_until).min();
    // Those that are past have been told.
    first.map(|first| first.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero()).unwrap_or(Duration::MAX)
}

/// Stops the attempts whose leases others may take soon.
fn stop_trusting(shared: &Shared) {
    if !shared.cluster.is_shared() {
        return;
    }
    let now = Instant::now();
    for (task, running) in shared.running.lock().iter().filter(|(_, running)| running.trusted_until <= now) {
        let told = running.orders.send_if_modified(|order| std::mem::replace(order, Order::Stale) != Order::Stale);
        if told {
            let code = Code::LeaseLost.as_str();
            tracing::warn!(code, %task, lease = running.lease.0, "the lease could not be renewed and is given up");
        }
    }
}
