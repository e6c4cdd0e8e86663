//! What can a server be told? One file a concern; each setting is a flag and an environment variable.

mod admin;
mod balancing;
mod bind;
mod code;
mod data;
mod database;
mod egress;
mod engine;
mod events;
mod faults;
mod identity;
mod invariants;
mod limits;
mod local_model;
mod log;
mod redis;
mod sessions;
mod sharing;
mod site;

pub(crate) use admin::AdminConfig;
pub(crate) use balancing::BalancingConfig;
pub(crate) use bind::BindConfig;
pub(crate) use code::CodeConfig;
pub(crate) use data::DataConfig;
pub(crate) use database::{Database, DatabaseConfig};
pub(crate) use egress::EgressConfig;
pub(crate) use engine::EngineConfig;
pub(crate) use events::EventsConfig;
pub(crate) use faults::FaultsConfig;
pub(crate) use identity::{NameConfig, SecretKeyConfig, TokenKeyConfig};
pub(crate) use invariants::InvariantsConfig;
pub(crate) use limits::LimitsConfig;
pub(crate) use local_model::LocalModelConfig;
pub(crate) use log::LogConfig;
pub(crate) use redis::RedisConfig;
pub(crate) use sessions::SessionsConfig;
pub(crate) use sharing::SharingConfig;
pub(crate) use site::SiteConfig;

/// Everything that `baton serve` can be told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServeConfig {
    #[command(flatten)]
    pub(crate) bind: BindConfig,
    #[command(flatten)]
    pub(crate) data: DataConfig,
    #[command(flatten)]
    pub(crate) database: DatabaseConfig,
    #[command(flatten)]
    pub(crate) name: NameConfig,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyConfig,
    #[command(flatten)]
    pub(crate) secret_key: SecretKeyConfig,
    #[command(flatten)]
    pub(crate) local_model: LocalModelConfig,
    #[command(flatten)]
    pub(crate) site: SiteConfig,
    #[command(flatten)]
    pub(crate) admin: AdminConfig,
    #[command(flatten)]
    pub(crate) sessions: SessionsConfig,
    #[command(flatten)]
    pub(crate) engine: EngineConfig,
    #[command(flatten)]
    pub(crate) events: EventsConfig,
    #[command(flatten)]
    pub(crate) invariants: InvariantsConfig,
    #[command(flatten)]
    pub(crate) limits: LimitsConfig,
    #[command(flatten)]
    pub(crate) sharing: SharingConfig,
    #[command(flatten)]
    pub(crate) redis: RedisConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
    #[command(flatten)]
    pub(crate) faults: FaultsConfig,
}

/// Everything that `baton worker` can be told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct WorkerConfig {
    /// Folder for what attempts need on disk; made if it is missing. Nothing in it is needed after the worker has stopped.
    #[arg(long, env = "BATON_DATA", default_value = "worker-data")]
    pub(crate) data: std::path::PathBuf,
    #[command(flatten)]
    pub(crate) database: DatabaseConfig,
    #[command(flatten)]
    pub(crate) name: NameConfig,
    #[command(flatten)]
    pub(crate) secret_key: SecretKeyConfig,
    #[command(flatten)]
    pub(crate) local_model: LocalModelConfig,
    #[command(flatten)]
    pub(crate) engine: EngineConfig,
    #[command(flatten)]
    pub(crate) redis: RedisConfig,
    #[command(flatten)]
    pub(crate) sharing: SharingConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
}
