//! Which server cleans up?
//!
//! Of the servers that live, the one that joined first, whoever leads: a worker may lead, but is told neither what is kept nor how
//! sessions end. Each server finds out by itself when it looks around. Two that believe at once that it is theirs do the same work twice,
//! which harms nothing; if the one that it falls to dies, another sees that as soon as it sees the death.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_domain::id::ServerId;
use baton_domain::server::ServerKind;
use baton_domain::time::Timestamp;
use baton_domain::wire::server::ServerView;

/// Whether the clean-up falls to this server. Clones say the same.
#[derive(Debug, Clone)]
pub struct Chores(Arc<AtomicBool>);

impl Chores {
    /// Of a server that may have to share them, which it does not know yet; or of the only one.
    pub(super) fn new(alone: bool) -> Self {
        Self(Arc::new(AtomicBool::new(alone)))
    }

    /// Whether they fall to this server now.
    #[must_use]
    pub fn are_mine(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// This server has looked around.
    pub(super) fn learn(&self, servers: &[ServerView], mine: ServerId, alive_since: Timestamp) {
        let are_mine = whose(servers, mine, alive_since) == Some(mine);
        if self.0.swap(are_mine, Ordering::Relaxed) != are_mine {
            tracing::info!(are_mine, "whose the clean-up is has changed");
        }
    }
}

/// Whose they are; nobody's if only workers live. Whoever looks lives, whatever the others have heard of it.
fn whose(servers: &[ServerView], mine: ServerId, alive_since: Timestamp) -> Option<ServerId> {
    let live = servers.iter().filter(|server| server.id == mine || server.seen_at > alive_since);
    live.filter(|server| server.kind == ServerKind::Server).map(|server| server.id).min()
}

#[cfg(test)]
mod tests {
    use baton_domain::server::ServerStatus;
    use uuid::Uuid;

    use super::*;

    fn server(number: u128, kind: ServerKind, seen_at: i64) -> ServerView {
        ServerView {
            id: id(number),
            name: format!("server-{number}"),
            kind,
            status: ServerStatus::Draining,
            host: String::new(),
            version: String::new(),
            slots: 1,
            busy: 0,
            leads: kind == ServerKind::Worker,
            started_at: Timestamp::from_millis(0),
            seen_at: Timestamp::from_millis(seen_at),
        }
    }

    fn id(number: u128) -> ServerId {
        ServerId::new(Uuid::from_u128(number))
    }

    #[test]
    fn they_are_of_the_first_server_that_lives_and_never_of_a_worker() {
        let of = |servers: &[ServerView], mine| whose(servers, id(mine), Timestamp::from_millis(100));
        let [worker, two, three] =
            [server(1, ServerKind::Worker, 500), server(2, ServerKind::Server, 500), server(3, ServerKind::Server, 500)];
        let all = [three.clone(), worker.clone(), two];
        assert_eq!([of(&all, 1), of(&all, 2), of(&all, 3)], [Some(id(2)); 3]);
        assert_eq!(of(std::slice::from_ref(&worker), 1), None);
        let silent = [worker, server(2, ServerKind::Server, 100), three];
        assert_eq!([of(&silent, 1), of(&silent, 3)], [Some(id(3)); 2], "who fell silent is passed over");
        assert_eq!(of(&silent, 2), Some(id(2)), "but not by itself");
    }

    #[test]
    fn a_server_alone_has_them_from_the_start_and_one_of_several_once_it_has_looked_around() {
        assert!(Chores::new(true).are_mine());
        let chores = Chores::new(false);
        assert!(!chores.are_mine());
        let shown = chores.clone();
        chores.learn(&[server(2, ServerKind::Server, 500)], id(2), Timestamp::from_millis(100));
        assert!(shown.are_mine());
        chores.learn(&[server(1, ServerKind::Server, 500), server(2, ServerKind::Server, 500)], id(2), Timestamp::from_millis(100));
        assert!(!shown.are_mine());
    }
}
