//! How long a task may take, part by part. The names are Temporal's.

use serde::{Deserialize, Serialize};

/// The deadlines of a task in milliseconds; an absent one does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// From ready to begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_to_start_ms: Option<u64>,
    /// From begun to ended, for each attempt.
    pub start_to_close_ms: u64,
    /// The longest silence of an attempt.
    pub heartbeat_ms: u64,
    /// From submitted to ended, all attempts together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_to_close_ms: Option<u64>,
}

/// The longest that any of them may be: 30 days.
pub const MAXIMUM_TIMEOUT_MS: u64 = 30 * 24 * 60 * 60 * 1000;

impl Default for Timeouts {
    fn default() -> Self {
        Self { schedule_to_start_ms: None, start_to_close_ms: 300_000, heartbeat_ms: 30_000, schedule_to_close_ms: None }
    }
}

impl Timeouts {
    /// The first of the four that is zero or longer than [`MAXIMUM_TIMEOUT_MS`], by its name.
    #[must_use]
    pub fn invalid_field(&self) -> Option<&'static str> {
        let fields = [
            ("schedule_to_start_ms", self.schedule_to_start_ms),
            ("start_to_close_ms", Some(self.start_to_close_ms)),
            ("heartbeat_ms", Some(self.heartbeat_ms)),
            ("schedule_to_close_ms", self.schedule_to_close_ms),
        ];
        fields.into_iter().find(|(_, value)| value.is_some_and(|value| value == 0 || value > MAXIMUM_TIMEOUT_MS)).map(|(name, _)| name)
    }
}
