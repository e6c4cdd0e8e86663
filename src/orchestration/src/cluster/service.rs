//! What can be asked of servers and workers, as the server service.

use async_trait::async_trait;
use baton_domain::id::ServerId;
use baton_domain::problem::{Code, Problem};
use baton_domain::server::ServerStatus;
use baton_domain::services::{Answer, ServerService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::server::{ServerList, ServerView};

use super::Shared;

/// The server service over the store.
pub(crate) struct ServersService {
    pub(crate) shared: Shared,
}

impl ServersService {
    async fn set_status(&self, caller: &Caller, id: ServerId, status: ServerStatus, action: &str) -> Answer<ServerView> {
        self.shared.gate.require(caller, Permission::Operate, action)?;
        let now = self.shared.sources.clock.now();
        let changed = self.shared.store.set_server_status(id, status, caller.principal.clone(), now).await?;
        let server = changed.ok_or_else(|| {
            Problem::new(Code::NoSuchServer, format!("There is no server {id}; each start has a new one. The list has those that run."))
        })?;
        if id == self.shared.cluster.server().id {
            // The others hear of it from the log.
            self.shared.cluster.set_status(status);
            self.shared.backlog.rung.notify_one();
        }
        Ok(server)
    }
}

#[async_trait]
impl ServerService for ServersService {
    async fn list(&self, caller: &Caller) -> Answer<ServerList> {
        self.shared.gate.require(caller, Permission::Read, "server.list")?;
        let servers = self.shared.store.servers(self.shared.sources.clock.now()).await?;
        let mut items = servers.items;
        if !self.shared.cluster.is_shared() {
            for server in &mut items {
                server.leads = true;
            }
        }
        Ok(ServerList { items, as_of: servers.as_of })
    }

    async fn drain(&self, caller: &Caller, id: ServerId) -> Answer<ServerView> {
        self.set_status(caller, id, ServerStatus::Draining, "server.drain").await
    }

    async fn resume(&self, caller: &Caller, id: ServerId) -> Answer<ServerView> {
        self.set_status(caller, id, ServerStatus::Active, "server.resume").await
    }
}
