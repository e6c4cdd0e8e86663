//! What identifies a thing: one type per kind of identifier, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Text that is not a UUID where an identifier was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier: expected a UUID")
    }
}

impl std::error::Error for InvalidId {}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID, normally a version 7 one made by an [`IdSource`](crate::ports::IdSource).
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

identifier!(
    /// A task.
    TaskId
);
identifier!(
    /// One execution of a task.
    AttemptId
);
identifier!(
    /// A registered agent.
    AgentId
);
identifier!(
    /// One run of a server or worker: a new one with every start.
    ServerId
);
identifier!(
    /// A stored input or output.
    ArtifactId
);
identifier!(
    /// A person with an account.
    UserId
);
identifier!(
    /// A signed-in session of a person.
    SessionId
);
identifier!(
    /// A key with which a machine calls the API.
    ApiKeyId
);
identifier!(
    /// A connection to an outside API.
    ConnectionId
);
identifier!(
    /// A configured language model.
    ModelId
);
identifier!(
    /// The boundary of work, members, quotas and budgets.
    ProjectId
);
identifier!(
    /// A message published under a topic.
    MessageId
);
identifier!(
    /// A row of the record of what a principal asked or was refused.
    AuditId
);
identifier!(
    /// A span of a trace.
    SpanId
);
identifier!(
    /// A question put to several voters.
    DecisionId
);

identifier!(
    /// Something that a run of a workflow asks people for.
    ApprovalId
);
identifier!(
    /// One execution of a workflow.
    RunId
);
identifier!(
    /// Identifies a plan: a goal and the workflow that was made for it.
    PlanId
);
identifier!(
    /// A state machine that is stored: a run, a decision, a contract. The identifier of the thing itself, under the store's name for it.
    JournalId
);
identifier!(
    /// A notification of a user.
    NotificationId
);
identifier!(
    /// A change that stood on an old version.
    ConflictId
);
identifier!(
    /// A call for bids and what came of it.
    ContractId
);
identifier!(
    /// Bargaining over something that is shared.
    BargainId
);

/// The project that a new installation has: `default`.
pub const DEFAULT_PROJECT: ProjectId = ProjectId::new(Uuid::from_u128(1));

/// A number that only grows per task and is stamped on every write of an attempt: the fencing token.
///
/// The attempt number is no such token: it stays the same when work is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseToken(pub i64);

/// A place in the one global, gap-free order of events. The first event has 1; 0 is "before everything".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
#[serde(transparent)]
pub struct EventSeq(pub i64);

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
