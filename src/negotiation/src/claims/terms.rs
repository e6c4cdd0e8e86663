//! What does a claim say, what can be asked, and what is told of it?

use baton_domain::problem::Problem;
use baton_domain::task::Priority;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::{Holder, Resource};

/// The shortest lease: a second.
pub const MINIMUM_LEASE_MS: u64 = 1_000;
/// The longest lease: a day. Who needs a thing for longer renews.
pub const MAXIMUM_LEASE_MS: u64 = 24 * 60 * 60 * 1_000;
/// The longest that a request waits: thirty days, as long as a task may.
pub const MAXIMUM_PATIENCE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// How a thing is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// With others who share it: to read.
    Shared,
    /// Alone: to write.
    Exclusive,
}

impl Mode {
    /// Whether two holders may have these at once.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        self == Self::Shared && other == Self::Shared
    }
}

/// A number that only grows with each claim that is granted, whatever on. It goes with every write, and a write with an older one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub i64);

/// What is known of a holder where one must be chosen: to go first, or to give way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How urgent its work is.
    pub priority: Priority,
    /// Since when it has been at work.
    pub begun_at: Timestamp,
    /// How much it has done, in whatever unit all holders are measured in: steps, calls, seconds.
    pub work: u64,
}

/// A claim that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How.
    pub mode: Mode,
    /// Its number.
    pub fence: Fence,
    /// Since when.
    pub since: Timestamp,
    /// When it ends unless it is renewed.
    pub expires_at: Timestamp,
    /// How long it lasts from each renewal.
    pub lease_ms: u64,
    /// What is known of the holder.
    pub standing: Standing,
}

/// A place in a queue; the least goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Whether it comes after those who have a part of the resource already: whoever comes before them would wait for them.
    pub plain: bool,
    /// Priority and age in one, as of tasks: see [`Priority::rank`].
    pub rank: i64,
    /// Who came first.
    pub number: i64,
}

/// A claim that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How it is to be held.
    pub mode: Mode,
    /// Where in the queue.
    pub place: Place,
    /// Since when.
    pub since: Timestamp,
    /// Until when it waits.
    pub until: Option<Timestamp>,
    /// How long it shall last from when it is granted.
    pub lease_ms: u64,
    /// What is known of the holder.
    pub standing: Standing,
}

/// A wish to claim something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who.
    pub holder: Holder,
    /// What.
    pub resource: Resource,
    /// How.
    pub mode: Mode,
    /// For how long without a renewal.
    pub lease_ms: u64,
    /// How long to wait for it: 0 is not at all, none is as long as it takes.
    pub patience_ms: Option<u64>,
    /// What is known of the holder.
    pub standing: Standing,
}

impl Request {
    /// Whether its times are within the bounds.
    ///
    /// # Errors
    /// A problem that names the field.
    pub fn check(&self) -> Result<(), Problem> {
        check_lease(self.lease_ms)?;
        match self.patience_ms {
            Some(patience) if patience > MAXIMUM_PATIENCE_MS => {
                Err(Problem::invalid_field("patience_ms", "Wait for at most 30 days: 2,592,000,000 ms."))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn check_lease(lease_ms: u64) -> Result<(), Problem> {
    if (MINIMUM_LEASE_MS..=MAXIMUM_LEASE_MS).contains(&lease_ms) {
        return Ok(());
    }
    Err(Problem::invalid_field("lease_ms", "A lease lasts from 1,000 ms to 86,400,000 ms, a day. Renew it to hold on for longer."))
}

/// What can be asked of the claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Claim something. Asking again for what is held or waited for changes nothing, so that a request can be sent twice.
    Request(Request),
    /// Hold a claim for longer, from now.
    Renew {
        /// Who.
        holder: Holder,
        /// What.
        resource: Resource,
        /// The claim's number.
        fence: Fence,
        /// For how long.
        lease_ms: u64,
    },
    /// Hold all claims for longer, each for its own lease: what a heartbeat does.
    RenewAll {
        /// Who.
        holder: Holder,
    },
    /// Share what was claimed exclusively.
    Downgrade {
        /// Who.
        holder: Holder,
        /// What.
        resource: Resource,
        /// The claim's number.
        fence: Fence,
    },
    /// Give a claim back.
    Release {
        /// Who.
        holder: Holder,
        /// What.
        resource: Resource,
        /// The claim's number.
        fence: Fence,
    },
    /// Wait no longer.
    Withdraw {
        /// Who.
        holder: Holder,
        /// For what.
        resource: Resource,
    },
    /// Give back all claims and wait for none: the holder has ended.
    ReleaseAll {
        /// Who.
        holder: Holder,
    },
    /// Nothing but the passing of time.
    Tick,
}

/// What an accepted command comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The claim is held.
    Held(Held),
    /// The claim is waited for.
    Waiting {
        /// Whom it waits for.
        behind: Vec<Holder>,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// It is done.
    Done,
}

/// What somebody should hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A claim is held from now.
    Granted {
        /// By whom.
        holder: Holder,
        /// On what.
        resource: Resource,
        /// The claim.
        held: Held,
        /// Whether it went before others who had come earlier, because all would have waited for one another otherwise.
        overtook: bool,
    },
    /// A request waits.
    Queued {
        /// Whose.
        holder: Holder,
        /// For what.
        resource: Resource,
        /// Where in the queue.
        place: Place,
        /// Whom it waits for.
        behind: Vec<Holder>,
    },
    /// A claim's lease ran out.
    Lapsed {
        /// Whose.
        holder: Holder,
        /// On what.
        resource: Resource,
        /// Its number, which is stale from now.
        fence: Fence,
    },
    /// A request waited as long as it was ready to.
    GaveUp {
        /// Whose.
        holder: Holder,
        /// For what.
        resource: Resource,
    },
    /// A request goes before others who had come earlier, because all would wait for one another otherwise. It costs nobody anything but time.
    Reordered {
        /// Whose.
        holder: Holder,
        /// For what.
        resource: Resource,
        /// Before whom.
        before: Holder,
        /// All requests that have another place from now.
        places: Vec<(Resource, Holder, Place)>,
    },
    /// Requests were given up so that others can go on.
    Victim {
        /// Whose.
        holder: Holder,
        /// For what.
        resources: Vec<Resource>,
        /// Who waited for whom: each for the next, and the last for the first.
        circle: Vec<Holder>,
        /// By which rule it was chosen.
        rule: VictimRule,
        /// What it held and lost by it, with the numbers that are stale from now.
        revoked: Vec<(Resource, Fence)>,
    },
}

/// Who gives way in a deadlock. Where the rule leaves several, the youngest of them does; people do last of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VictimRule {
    /// Who began last.
    #[default]
    Youngest,
    /// Whose work is the least urgent.
    LowestPriority,
    /// Who has done the least.
    LeastWork,
    /// Who holds the fewest claims.
    FewestClaims,
}

impl VictimRule {
    /// All rules.
    pub const ALL: [Self; 4] = [Self::Youngest, Self::LowestPriority, Self::LeastWork, Self::FewestClaims];

    /// The name on the wire and in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Youngest => "youngest",
            Self::LowestPriority => "lowest_priority",
            Self::LeastWork => "least_work",
            Self::FewestClaims => "fewest_claims",
        }
    }
}

impl std::fmt::Display for VictimRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a victim loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The request that closed the circle. It keeps what it holds, so that nothing is left half written, and is asked to give it back.
    #[default]
    Request,
    /// Everything that it holds and waits for, as a database rolls back a transaction.
    Everything,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Request, Self::Everything];

    /// The name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Everything => "everything",
        }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How deadlocks are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Who gives way.
    pub rule: VictimRule,
    /// What that costs.
    pub loss: Loss,
}
