//! What is measured? A server of its own, empty at first, and somebody signed in to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use baton_domain::id::AgentId;
use baton_domain::wire::agent::AgentList;
use baton_domain::wire::auth::{Refresh, Tokens};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::connection::{Connection, Request};
use super::database::Database;
use super::{BenchConfig, failed, now};
use crate::own_server::OwnServer;
use crate::start_error::StartError;

/// After this time the session is renewed; an access token lives ten minutes. Signing in again would cost the server the memory and
/// the time of a password.
const TOKEN: Duration = Duration::from_secs(240);
/// What the server is told besides its folder: the client's limit is for clients that are not meant to measure.
const ARGUMENTS: [&str; 5] = ["--diagnostics", "--requests-per-second", "1000000", "--maximum-live-tasks", "10000000"];

/// A server that is measured.
pub(super) struct Target {
    // There until it is stopped.
    server: Option<OwnServer>,
    database: Option<Database>,
    runtime: Handle,
    tokens: (Tokens, Instant),
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Its process.
    pub(super) pid: u32,
}

impl Target {
    /// Starts one.
    pub(super) fn start(runtime: Handle, config: &BenchConfig) -> Result<Self, StartError> {
        let database = config.database.as_deref().map(|url| runtime.block_on(Database::create(url))).transpose()?;
        let slots = config.slots.to_string();
        let mut arguments = ARGUMENTS.to_vec();
        arguments.extend(["--diagnostics-slots", &slots]);
        if let Some(database) = &database {
            arguments.extend(["--database", database.url()]);
        }
        let server = runtime.block_on(OwnServer::start(config.data.clone(), &arguments))?;
        let address = server.url.trim_start_matches("http://").parse().map_err(|_| failed(format!("{} is no address", server.url)))?;
        let pid = server.pid.ok_or_else(|| failed("the server has no process"))?;
        let tokens = (server.tokens.clone(), now());
        Ok(Self { server: Some(server), database, runtime, tokens, address, pid })
    }

    /// A token that is good for the next minutes.
    pub(super) fn token(&mut self) -> Result<String, StartError> {
        if self.tokens.1.elapsed() > TOKEN {
            let refresh = serde_json::to_string(&Refresh { refresh_token: self.tokens.0.refresh_token.clone() });
            let body = refresh.map_err(|error| failed(error.to_string()))?;
            let renewed = self.connect()?.ask(&Request::post("/auth/refresh", &self.tokens.0.access_token.0, &body))?;
            self.tokens = (renewed, now());
        }
        Ok(self.tokens.0.access_token.0.clone())
    }

    /// A new connection.
    pub(super) fn connect(&self) -> Result<Connection, StartError> {
        Connection::open(self.address)
    }

    /// Tells the agent of the benchmark's skill to take no tasks, or to take them again.
    pub(super) fn drain_agent(&mut self, drain: bool) -> Result<(), StartError> {
        let token = self.token()?;
        let mut connection = self.connect()?;
        let agents: AgentList = connection.ask(&Request::get("/agents", &token))?;
        let id: AgentId = agents
            .items
            .iter()
            .find(|agent| agent.name == "diagnostics")
            .map(|agent| agent.id)
            .ok_or_else(|| failed("the server carries no diagnostics agent"))?;
        let what = if drain { "drain" } else { "resume" };
        connection.call(&Request::post(&format!("/agents/{id}/{what}"), &token, "")).map(drop)
    }

    /// Stops the server; its folder lives as long as the answer.
    pub(super) fn stop(mut self) -> Result<TempDir, StartError> {
        self.end()?.ok_or_else(|| failed("the server was stopped before"))
    }

    fn end(&mut self) -> Result<Option<TempDir>, StartError> {
        let folder = self.server.take().map(|server| self.runtime.block_on(server.stop_and_keep_data()));
        if let Some(database) = self.database.take() {
            self.runtime.block_on(database.drop_it())?;
        }
        Ok(folder)
    }
}

impl Drop for Target {
    /// A benchmark that fails leaves no server and no database behind either.
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            super::super::complain(&error);
        }
    }
}
