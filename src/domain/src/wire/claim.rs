//! How claims on shared things are asked for, given and shown.

use serde::{Deserialize, Serialize};

use crate::id::EventSeq;
use crate::named::named_enum;
use crate::time::Timestamp;

/// The most things of one request.
pub const MAXIMUM_CLAIMED: usize = 64;
/// The lease of a claim that says none, in milliseconds: a minute.
pub const DEFAULT_LEASE_MS: u64 = 60_000;
/// The longest that a call waits for its claims, in seconds.
pub const MAXIMUM_CLAIM_WAIT_SECONDS: u64 = 60;

named_enum!(
    /// How a thing is claimed.
    ClaimMode {
        /// With others who share it: to read.
        Shared = "shared",
        /// Alone: to write.
        Exclusive = "exclusive",
    }
);

named_enum!(
    /// How a claim stands.
    ClaimState {
        /// It is held.
        Held = "held",
        /// It is waited for.
        Waiting = "waiting",
    }
);

named_enum!(
    /// Why a claim came to an end that its holder did not ask for.
    ClaimBreak {
        /// It gave way so that those who wait for one another can go on.
        Deadlock = "deadlock",
        /// Its lease ran out.
        Lapsed = "lapsed",
        /// It waited as long as it was ready to.
        TimedOut = "timed_out",
        /// Somebody with the right to broke it.
        Operator = "operator",
    }
);

/// One thing that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedClaim {
    /// Its name: a kind, a colon and a path, as `connection:crm` or `path:reports/2026`. A claim covers what lies beneath.
    #[cfg_attr(feature = "openapi", schema(min_length = 3, max_length = 512))]
    pub resource: String,
    /// How it is wanted.
    pub mode: ClaimMode,
}

/// A request for one or several things. Either all of them are held or waited for, or the request is refused and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// What is wanted, 1 to 64 things, each once.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 64))]
    pub wanted: Vec<WantedClaim>,
    /// For whom: `task:<id>` or `run:<id>` of the caller's own; the caller when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// How long the claims hold without a renewal, in milliseconds: 1,000 to 86,400,000.
    #[serde(default = "default_lease")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1_000, maximum = 86_400_000, default = 60_000))]
    pub lease_ms: u64,
    /// How long the request stays in the queue, in milliseconds, at most 30 days; absent or 0 is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 2_592_000_000_u64))]
    pub wait_ms: Option<u64>,
}

const fn default_lease() -> u64 {
    DEFAULT_LEASE_MS
}

/// A claim as whoever asked for it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimView {
    /// On what.
    pub resource: String,
    /// Whose, as `task:<id>`.
    pub holder: String,
    /// On whose behalf, as people read it.
    pub by: String,
    /// How.
    pub mode: ClaimMode,
    /// Whether it is held or waited for.
    pub state: ClaimState,
    /// Its number, while it is held: it goes with every use, and one with an older number is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
    /// Since when it is held or waited for.
    pub since: Timestamp,
    /// When it ends by itself: its lease if it is held, its patience if it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whom it waits for directly, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<String>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claimed {
    /// Whether all of them are held.
    pub complete: bool,
    /// The claims, in the order of the request.
    pub claims: Vec<ClaimView>,
}

/// A claim by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRef {
    /// On what.
    pub resource: String,
    /// Its number; absent for a request that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
}

/// Claims to hold for longer, from now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClaimRenewal {
    /// Whose; the caller's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Which, each with its number; all that are held when empty.
    #[cfg_attr(feature = "openapi", schema(max_items = 64))]
    pub claims: Vec<ClaimRef>,
    /// For how long, in milliseconds; as long as each was asked for when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1_000, maximum = 86_400_000))]
    pub lease_ms: Option<u64>,
}

/// Claims to give back, and requests to withdraw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClaimRelease {
    /// Whose; the caller's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Which: with its number to give a claim back, without to wait no longer. Everything when empty.
    #[cfg_attr(feature = "openapi", schema(max_items = 64))]
    pub claims: Vec<ClaimRef>,
}

named_enum!(
    /// What a claim is shown for.
    ClaimAccess {
        /// Reading: any claim will do.
        Read = "read",
        /// Writing: it must be exclusive.
        Write = "write",
    }
);

/// A question of whoever guards a thing: may it be used under this number?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimCheck {
    /// What is to be used.
    pub resource: String,
    /// The number that was shown.
    pub fence: i64,
    /// For what; writing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<ClaimAccess>,
}

/// A claim to break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BreakClaim {
    /// On what.
    pub resource: String,
    /// Whose, as `task:<id>`; whether it is held or waited for.
    pub holder: String,
    /// Why, for whoever loses it: 1 to 500 bytes.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub because: String,
}

/// A claim that its holder lost without asking for it; kept for an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrokenClaim {
    /// On what.
    pub resource: String,
    /// Whose.
    pub holder: String,
    /// The number that is stale from then; absent if it waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
    /// Why.
    pub why: ClaimBreak,
    /// What happened, in a sentence.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// What an event of a claim tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimEvent {
    /// On what.
    pub resource: String,
    /// Whose.
    pub holder: String,
    /// On whose behalf, as people read it.
    pub by: String,
    /// The claim's number; absent if it waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
    /// How it is held; absent once it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ClaimMode>,
    /// When its lease ends; absent once it is not held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why it was broken, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<ClaimBreak>,
    /// What happened, in a sentence, if it was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Which claims are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimFilter {
    /// Only on this and what lies beneath and above.
    pub resource: Option<String>,
    /// Only of this holder.
    pub holder: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Claims of the page.
    pub limit: Option<u32>,
}

/// Claims by the name of what is claimed: of each, those that are held first, then those that wait, in the order of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimList {
    /// The claims.
    pub items: Vec<ClaimView>,
    /// Give this as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many are held.
    pub held: u64,
    /// How many wait.
    pub waiting: u64,
    /// What holders lost within the last hour, the newest first, at most 100.
    pub broken: Vec<BrokenClaim>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
