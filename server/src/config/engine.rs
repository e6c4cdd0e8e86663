//! How does the engine work?

use std::num::NonZeroUsize;
use std::time::Duration;

use baton_orchestration::EngineOptions;

use super::{BalancingConfig, CodeConfig, EgressConfig};
use crate::agents::DIAGNOSTICS_SLOTS;

/// The engine's settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EngineConfig {
    /// Also carry the diagnostics agent, whose skills echo, sleep, fail, keep busy and use too much.
    #[arg(long, env = "BATON_DIAGNOSTICS")]
    pub(crate) diagnostics: bool,
    /// Attempts that the diagnostics agent takes at once.
    #[arg(long, env = "BATON_DIAGNOSTICS_SLOTS", hide = true, default_value_t = DIAGNOSTICS_SLOTS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) diagnostics_slots: u32,
    /// Tasks that may be unfinished at once; more are refused with TASK-006.
    #[arg(long, env = "BATON_MAXIMUM_LIVE_TASKS", default_value_t = EngineOptions::default().maximum_live_tasks, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) maximum_live_tasks: u64,
    /// Bytes of the largest artifact.
    #[arg(long, env = "BATON_MAXIMUM_ARTIFACT_BYTES", default_value_t = EngineOptions::default().maximum_artifact_bytes)]
    pub(crate) maximum_artifact_bytes: u64,
    /// Seconds that running attempts get when the server stops, before they are handed back.
    #[arg(long, env = "BATON_DRAIN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub(crate) drain_seconds: u64,
    /// Threads that agents of this process have for themselves from the start. Without it they work among everything else, and one that ever keeps its thread
    /// gets others from then on; with it not even the first one takes a thread from the server, and each attempt costs a little more.
    #[arg(long, env = "BATON_AGENT_THREADS")]
    pub(crate) agent_threads: Option<NonZeroUsize>,
    /// Milliseconds that a lease is believed without a heartbeat; a third of it is the heartbeat, and the term of a leader. For
    /// tests: short ones are lost when a machine is busy.
    #[arg(long, env = "BATON_LEASE_MILLIS", hide = true, default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(500..=600_000))]
    pub(crate) lease_millis: u64,
    #[command(flatten)]
    pub(crate) balancing: BalancingConfig,
    #[command(flatten)]
    pub(crate) egress: EgressConfig,
    #[command(flatten)]
    pub(crate) code: CodeConfig,
}

impl EngineConfig {
    /// The engine's options.
    pub(crate) fn options(&self) -> EngineOptions {
        EngineOptions {
            maximum_live_tasks: self.maximum_live_tasks,
            maximum_artifact_bytes: self.maximum_artifact_bytes,
            drain: Duration::from_secs(self.drain_seconds),
            lease: Duration::from_millis(self.lease_millis),
            heartbeat: Duration::from_millis(self.lease_millis / 3),
            term: Duration::from_millis(self.lease_millis / 3),
            agent_threads: self.agent_threads,
            heart_thread: true,
            balancing: self.balancing.options(),
            host: self.balancing.host(),
            instances: self.balancing.ranges(),
            egress: self.egress.policy(),
            ..EngineOptions::default()
        }
    }
}
