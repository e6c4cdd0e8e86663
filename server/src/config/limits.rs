//! How much may one client ask for?

use baton_api::{GatewayLimits, Rate};

/// The gateway's limits that installations change; the others are constants of the gateway.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LimitsConfig {
    /// Requests a second of one client in the long run; at once it may send twice as many.
    #[arg(long, env = "BATON_REQUESTS_PER_SECOND", default_value_t = GatewayLimits::default().requests.per_second, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) requests_per_second: u32,
}

impl LimitsConfig {
    /// The gateway's limits.
    pub(crate) fn gateway(&self) -> GatewayLimits {
        let requests = Rate { per_second: self.requests_per_second, burst: self.requests_per_second.saturating_mul(2) };
        GatewayLimits { requests, ..GatewayLimits::default() }
    }
}
