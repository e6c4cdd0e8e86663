//! Who may do what: roles, permissions, and the caller that every service method takes.

use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, DEFAULT_PROJECT, ProjectId, SessionId, UserId};
use crate::problem::{Code, Problem};
use crate::task::TaskState;

/// What a person or a key may do. Each includes the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, members and keys included.
    Admin,
    /// Gives work, stops it, drains agents.
    Operator,
    /// Sees everything but members and keys; changes nothing.
    Viewer,
}

/// One thing that a role may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See tasks, agents, artifacts, events and metrics.
    Read,
    /// Submit, cancel and rerun tasks; upload and delete artifacts.
    Work,
    /// Drain and resume agents.
    Operate,
    /// See and change members and API keys.
    Administer,
}

impl Role {
    /// Every role, the strongest first.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Operator, Self::Viewer];

    /// The name on the wire and in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role includes the permission.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::Work | Permission::Operate => matches!(self, Self::Admin | Self::Operator),
            Permission::Administer => matches!(self, Self::Admin),
        }
    }
}

/// On whose behalf something happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Principal {
    /// Nobody signed in.
    Anonymous,
    /// A person.
    User {
        /// Who.
        id: UserId,
        /// Their address, as it was at the time.
        email: String,
    },
    /// A machine.
    ApiKey {
        /// Which key.
        id: ApiKeyId,
        /// Its name, as it was at the time.
        name: String,
    },
    /// Baton itself.
    System,
}

impl Principal {
    /// A short stable text for records: `user:<id>`, `key:<id>`, `system`, `anonymous`.
    #[must_use]
    pub fn tag(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User { id, .. } => format!("user:{id}"),
            Self::ApiKey { id, .. } => format!("key:{id}"),
            Self::System => "system".to_owned(),
        }
    }

    /// What people read: the email address or the key's name.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Anonymous => "nobody",
            Self::User { email, .. } => email,
            Self::ApiKey { name, .. } => name,
            Self::System => "Baton",
        }
    }
}

/// Who calls a service, with what rights, from which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// On whose behalf.
    pub principal: Principal,
    /// Their role; nobody has none.
    pub role: Option<Role>,
    /// The project they work in.
    pub project: ProjectId,
    /// The session, if a person signed in.
    pub session: Option<SessionId>,
    /// The request, for logs and the audit record.
    pub request_id: Option<String>,
}

impl Caller {
    /// A caller without credentials.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { principal: Principal::Anonymous, role: None, project: DEFAULT_PROJECT, session: None, request_id: None }
    }

    /// Baton itself, which may do everything.
    #[must_use]
    pub const fn system() -> Self {
        Self { principal: Principal::System, role: Some(Role::Admin), project: DEFAULT_PROJECT, session: None, request_id: None }
    }

    /// Lets the call go on only if the caller's role includes the permission.
    ///
    /// # Errors
    /// `AUTH-001` without credentials, `AUTH-005` with too weak a role.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        match self.role {
            None => Err(Problem::new(Code::NotSignedIn, "Sign in, or send an access token or an API key.")),
            Some(role) if role.allows(permission) => Ok(()),
            Some(role) => {
                Err(Problem::new(Code::Forbidden, format!("The role {} does not include this; ask an administrator.", role.as_str())))
            }
        }
    }
}

/// The actions that fit a task in this state, for callers with [`Permission::Work`]: `checkpoints` says whether its skill makes
/// some, `pausing` whether it is to pause at the next.
#[must_use]
pub const fn task_actions(state: TaskState, checkpoints: bool, pausing: bool) -> TaskActions {
    TaskActions {
        cancel: !state.is_terminal(),
        pause: matches!(state, TaskState::Queued | TaskState::Waiting) || (state.holds_lease() && checkpoints && !pausing),
        resume: matches!(state, TaskState::Paused) || pausing,
        rerun: state.is_terminal(),
    }
}

/// Which actions a task offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskActions {
    /// It can still be cancelled.
    pub cancel: bool,
    /// Nothing of it runs, or it makes checkpoints, and it can be held back.
    pub pause: bool,
    /// It is held back or is to be, and can go on.
    pub resume: bool,
    /// It has ended and can be run again as a new task.
    pub rerun: bool,
}
