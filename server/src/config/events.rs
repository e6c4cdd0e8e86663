//! How long are events kept?

use baton_domain::wire::live::KeepEvents;

/// The retention of the event log.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct EventsConfig {
    /// Days that events are kept; 0 keeps them for ever. They are the record of every change: keep them as long as you may be asked.
    #[arg(long, env = "BATON_KEEP_EVENTS_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub(crate) keep_events_days: u32,
    /// The most events that are kept, whatever their age; without it their number is not limited.
    #[arg(long, env = "BATON_KEEP_EVENTS", value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) keep_events: Option<u64>,
}

impl EventsConfig {
    /// What is kept.
    pub(crate) fn keep(self) -> KeepEvents {
        KeepEvents { count: self.keep_events, days: Some(self.keep_events_days).filter(|days| *days > 0) }
    }
}
