//! What can a server be told? One file a concern; each setting is a flag and an environment variable.

mod admin;
mod balancing;
mod bind;
mod data;
mod engine;
mod limits;
mod log;
mod sessions;
mod site;

pub(crate) use admin::AdminConfig;
pub(crate) use balancing::BalancingConfig;
pub(crate) use bind::BindConfig;
pub(crate) use data::DataConfig;
pub(crate) use engine::EngineConfig;
pub(crate) use limits::LimitsConfig;
pub(crate) use log::LogConfig;
pub(crate) use sessions::SessionsConfig;
pub(crate) use site::SiteConfig;

/// Everything that `baton serve` can be told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServeConfig {
    #[command(flatten)]
    pub(crate) bind: BindConfig,
    #[command(flatten)]
    pub(crate) data: DataConfig,
    #[command(flatten)]
    pub(crate) site: SiteConfig,
    #[command(flatten)]
    pub(crate) admin: AdminConfig,
    #[command(flatten)]
    pub(crate) sessions: SessionsConfig,
    #[command(flatten)]
    pub(crate) engine: EngineConfig,
    #[command(flatten)]
    pub(crate) limits: LimitsConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
}
