//! How does a server join the others, and how does it leave?

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::ServerId;
use baton_domain::ports::Sources;
use baton_domain::server::ServerStatus;
use baton_domain::time::Timestamp;
use baton_domain::wire::server::ServerView;
use baton_storage::{Joined, ServerRegistration, Store, StoreError};

use super::{Cluster, Shared};
use crate::engine::EngineError;

/// How long the others wait for a word of somebody who leaves.
const LAST_WORD: Duration = Duration::from_secs(2);

/// How long a server may be silent before it is forgotten: its leases have ended long before.
pub(crate) const fn silence(lease: Duration) -> Duration {
    lease.saturating_mul(2)
}

/// Joins.
pub(crate) async fn join(
    store: &Arc<dyn Store>,
    registration: ServerRegistration,
    sources: &Sources,
    lease: Duration,
) -> Result<Cluster, EngineError> {
    let at = sources.clock.now();
    if !store.is_shared() {
        // Whoever is there has not left, and cannot be.
        store.forget_servers(at, at).await?;
    }
    match store.join_server(registration.clone(), at, at.minus(silence(lease))).await? {
        Joined::Joined => Ok(Cluster::new(registration, store.is_shared())),
        Joined::OtherKey(name) => Err(EngineError::OtherKey(name)),
    }
}

/// Joins again: the others thought that this server is dead.
pub(crate) async fn join_again(shared: &Shared) -> Result<(), StoreError> {
    let at = shared.sources.clock.now();
    let registration = shared.cluster.registration.clone();
    match shared.store.join_server(registration, at, at.minus(silence(shared.options.lease))).await? {
        Joined::Joined => tracing::warn!("this server was silent for so long that the others had forgotten it"),
        // Its leases are gone; those who sign in here are not known there.
        Joined::OtherKey(name) => tracing::error!(other = name, "this server was forgotten, and another signs tokens with another key"),
    }
    Ok(())
}

/// Leaves. If that cannot be said, the others find out by the silence.
pub(crate) async fn leave(shared: &Shared) {
    let (id, at) = (shared.cluster.server().id, shared.sources.clock.now());
    match tokio::time::timeout(LAST_WORD, shared.store.leave_server(id, at)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the other servers were not told that this one leaves"),
        Err(_) => tracing::warn!("storage did not take in time that this server leaves"),
    }
}

/// Looks who is there: learns which servers come before this one, whether the clean-up falls to it, and its part of the machine.
pub(crate) async fn look_around(shared: &Shared) -> Result<(), StoreError> {
    let now = shared.sources.clock.now();
    let mine = shared.cluster.server().id;
    let alive_since = now.minus(shared.options.lease);
    let mut taking: Vec<_> = shared.store.servers(now).await?.items;
    shared.cluster.chores.learn(&taking, mine, alive_since);
    let (place, of) = on_the_same_machine(&taking, mine, shared.cluster.host(), alive_since);
    shared.pool.share_host(place, of);
    taking.retain(|server| server.id == mine || (server.status == ServerStatus::Active && server.seen_at > alive_since));
    taking.sort_by_key(|server| server.id);
    let place = taking.iter().position(|server| server.id == mine).unwrap_or(0);
    shared.cluster.set_part(number(place), number(taking.len()));
    Ok(())
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// This server's place among those on its machine, in the order in which they came, and how many there are. One that is drained
/// and has nothing left counts no longer: it gives nothing out.
fn on_the_same_machine(servers: &[ServerView], mine: ServerId, host: &str, alive_since: Timestamp) -> (u32, u32) {
    let me = servers.iter().find(|server| server.id == mine);
    // What this server was before it died and started again.
    let before = |server: &ServerView| me.is_some_and(|me| server.name == me.name && server.seen_at <= me.started_at);
    let gives_out = |server: &&ServerView| {
        let takes = server.status == ServerStatus::Active || server.busy > 0;
        server.id != mine && server.host == host && takes && server.seen_at > alive_since && !before(server)
    };
    let others = || servers.iter().filter(gives_out);
    // The identifiers grow with time.
    let place = others().filter(|server| server.id < mine).count();
    (number(place), number(others().count() + 1))
}

#[cfg(test)]
mod tests {
    use baton_domain::server::ServerKind;

    use super::*;

    fn server(id: u128, host: &str, status: ServerStatus, busy: u32, seen: i64) -> ServerView {
        ServerView {
            id: ServerId::new(uuid::Uuid::from_u128(id)),
            name: id.to_string(),
            kind: ServerKind::Server,
            status,
            host: host.to_owned(),
            version: String::new(),
            slots: 1,
            busy,
            leads: false,
            started_at: Timestamp::from_millis(0),
            seen_at: Timestamp::from_millis(seen),
        }
    }

    #[test]
    fn those_that_live_on_the_same_machine_and_may_have_work_share_it() {
        let mine = ServerId::new(uuid::Uuid::from_u128(3));
        let servers = [
            server(1, "h", ServerStatus::Active, 0, 900),
            server(2, "other", ServerStatus::Active, 0, 900),
            server(3, "h", ServerStatus::Active, 0, 900),
            server(4, "h", ServerStatus::Active, 0, 100),
            server(5, "h", ServerStatus::Draining, 0, 900),
            server(6, "h", ServerStatus::Draining, 1, 900),
        ];
        let on = |servers: &[ServerView]| on_the_same_machine(servers, mine, "h", Timestamp::from_millis(500));
        assert_eq!(on(&servers), (1, 3), "the first, this one, and the one that still has work");
        assert_eq!(on(&servers[1..2]), (0, 1), "not listed yet, and alone");
        assert_eq!(on(&[]), (0, 1));
        let again = ServerView { name: "1".to_owned(), started_at: Timestamp::from_millis(950), ..servers[2].clone() };
        assert_eq!(on(&[servers[0].clone(), again]), (0, 1), "what it was itself before it died does not count");
    }
}
