//! How many attempts of one skill, or of one fairness key, may run at the same time: how that is set and shown.

use serde::{Deserialize, Serialize};

use crate::named::named_enum;
use crate::time::Timestamp;

/// The largest limit.
pub const MAXIMUM_LIMIT: u32 = 1_000_000;

named_enum!(
    /// What a concurrency limit is of.
    LimitScope {
        /// All tasks of one skill.
        Skill = "skill",
        /// All tasks of one fairness key, whatever their skill.
        FairnessKey = "fairness_key",
    }
);

/// A concurrency limit with what runs under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitView {
    /// What it is of.
    pub scope: LimitScope,
    /// The skill or the key.
    pub name: String,
    /// The most attempts at the same time, on all servers together.
    pub maximum: u32,
    /// How many run now.
    pub running: u32,
    /// When it was last set.
    pub updated_at: Timestamp,
    /// By whom, as people read it.
    pub updated_by: String,
}

/// What a limit is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLimit {
    /// What it is of.
    pub scope: LimitScope,
    /// The skill or the key.
    pub name: String,
    /// The most attempts at the same time: 1 to 1,000,000. Signed, so that a negative number is told apart from no number.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub maximum: i64,
}
