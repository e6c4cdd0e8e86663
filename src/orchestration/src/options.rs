//! What is the engine told before it starts?

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use baton_domain::agent::{AgentCard, InstanceRange};
use baton_domain::egress::EgressPolicy;
use baton_domain::id::ServerId;
use baton_domain::server::ServerKind;

use crate::agent_pool::{HostOptions, RestartOptions, ScalingOptions};
use crate::load_balancer::BalancerOptions;

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How long a lease is believed without a heartbeat.
    pub lease: Duration,
    /// How often leases are renewed; well below `lease`.
    pub heartbeat: Duration,
    /// How often deadlines are looked at when nothing else says so.
    pub sweep: Duration,
    /// How long running attempts may go on once the server shuts down, before they are handed back.
    pub drain: Duration,
    /// How long a leader leads without renewing it; renewed three times as often.
    pub term: Duration,
    /// How many threads agents have for themselves that work in this process; without it they work among everything else until they keep a
    /// thread, and several that do so at once can hold up the server.
    pub agent_threads: Option<NonZeroUsize>,
    /// Whether leases are renewed on a thread of their own, so that a busy server does not lose them.
    pub heart_thread: bool,
    /// Who this server is to the others.
    pub identity: Identity,
    /// The most tasks that have not ended, of all servers together.
    pub maximum_live_tasks: u64,
    /// The most bytes of one artifact.
    pub maximum_artifact_bytes: u64,
    /// How agents are chosen.
    pub balancing: BalancerOptions,
    /// How often what decisions say of agents is read, where agents are chosen by that.
    pub records_every: Duration,
    /// What the host has for attempts.
    pub host: HostOptions,
    /// What attempts of skills with `network` may reach.
    pub egress: EgressPolicy,
    /// When instances of agents that fail are started again.
    pub restart: RestartOptions,
    /// When agents get and lose instances.
    pub scaling: ScalingOptions,
    /// Between how many instances agents have, by their names, in place of what their cards say.
    pub instances: BTreeMap<String, InstanceRange>,
    /// Agents that the same program could carry on another server: what is set for them is no mistake.
    pub could_carry: Vec<AgentCard>,
}

/// Who a server is to the others on its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// This run of it; made at the start if it is not given.
    pub id: Option<ServerId>,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: ServerKind,
    /// The machine it runs on.
    pub host: String,
    /// Its version.
    pub version: String,
    /// Tells the keys that sign tokens apart; none if it signs none.
    pub token_key: Option<String>,
}

impl Default for Identity {
    fn default() -> Self {
        let (name, version) = ("server".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Self { id: None, name, kind: ServerKind::Server, host: "localhost".to_owned(), version, token_key: None }
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            sweep: Duration::from_secs(1),
            drain: Duration::from_secs(10),
            term: Duration::from_secs(10),
            agent_threads: None,
            heart_thread: false,
            identity: Identity::default(),
            maximum_live_tasks: 1_000_000,
            maximum_artifact_bytes: 1 << 30,
            balancing: BalancerOptions::default(),
            records_every: Duration::from_secs(30),
            host: HostOptions::default(),
            egress: EgressPolicy::default(),
            restart: RestartOptions::default(),
            scaling: ScalingOptions::default(),
            instances: BTreeMap::new(),
            could_carry: Vec::new(),
        }
    }
}
