//! What does the server's own log say, and how?

use std::io::IsTerminal;

use baton_observability::server_log::{LogFormat, LogOptions};

/// The log's settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LogConfig {
    /// What is written, as info or warn,baton_orchestration=debug.
    #[arg(long, env = "BATON_LOG", default_value = "info")]
    pub(crate) log: String,
    /// Write one JSON object a line.
    #[arg(long, env = "BATON_LOG_JSON")]
    pub(crate) log_json: bool,
}

impl LogConfig {
    /// The log's options.
    pub(crate) fn options(&self) -> LogOptions {
        LogOptions {
            format: if self.log_json { LogFormat::Json } else { LogFormat::Human },
            filter: self.log.clone(),
            colour: std::io::stderr().is_terminal(),
        }
    }
}
