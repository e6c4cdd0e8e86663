//! How the server says that it lives and can work.

use serde::{Deserialize, Serialize};

/// One thing that the server depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthCheck {
    /// What was checked: `storage`, `engine`, `disk`; `redis` where servers share one, without which they work, slower; `invariants`, whether what is
    /// stored is as it must be, which stops no work either.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
}

/// The answer to a health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Whether everything works.
    pub ok: bool,
    /// The version of the server.
    pub version: String,
    /// What was checked.
    pub checks: Vec<HealthCheck>,
}
