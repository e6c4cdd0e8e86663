//! How connections to outside APIs and databases are set and shown. A secret goes in and never comes out.

use serde::{Deserialize, Serialize};

use super::auth::Secret;
use crate::connection::{AuthKind, ConnectionKind};
use crate::id::ConnectionId;
use crate::time::Timestamp;

/// The most connections of a project.
pub const MAXIMUM_CONNECTIONS: usize = 200;
/// The most characters of a connection's name.
pub const MAXIMUM_NAME: usize = 64;
/// The most bytes of an address.
pub const MAXIMUM_ADDRESS: usize = 2_000;
/// The most bytes of a secret.
pub const MAXIMUM_SECRET: usize = 8_192;
/// The most skills that one connection names.
pub const MAXIMUM_SKILLS: usize = 100;

/// What is known of a connection beside its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectionSettings {
    /// What stands behind it.
    pub kind: ConnectionKind,
    /// Where it is: for `http` the base that paths are joined to, for databases their address without user's password
    /// (`postgres://reader@host/database`), for `sqlite` the path of the file on the server's host.
    pub base_url: String,
    /// How it proves who it is; databases take `none` or `basic`, whose secret is the password.
    #[serde(default = "no_auth")]
    pub auth: AuthKind,
    /// The header or query parameter that carries the secret, for `header` and `query`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_name: Option<String>,
    /// The skills that may use it; `family.*` means all of a family. None means none.
    #[serde(default)]
    pub allowed_skills: Vec<String>,
    /// Whether its host may have a private address. Only an administrator may say so.
    #[serde(default)]
    pub private: bool,
}

const fn no_auth() -> AuthKind {
    AuthKind::None
}

impl ConnectionSettings {
    /// Whether a skill may use it.
    #[must_use]
    pub fn allows(&self, skill: &str) -> bool {
        self.allowed_skills.iter().any(|allowed| match allowed.strip_suffix(".*") {
            Some(family) => skill.strip_prefix(family).is_some_and(|rest| rest.starts_with('.')),
            None => allowed == skill,
        })
    }
}

/// A connection to make or to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// Its name, by which inputs refer to it: 1 to 64 letters, digits, dots, dashes and underscores.
    pub name: String,
    /// What is known of it.
    pub settings: ConnectionSettings,
    /// The secret. Absent when a connection is changed, the stored one stays; empty, it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// A connection as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionView {
    /// The connection.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub settings: ConnectionSettings,
    /// Whether a secret is stored.
    pub has_secret: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom, as people read it.
    pub updated_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_serves_the_skills_that_it_names_and_no_others() {
        let settings = |allowed: &[&str]| ConnectionSettings {
            kind: ConnectionKind::Http,
            base_url: String::new(),
            auth: AuthKind::None,
            auth_name: None,
            allowed_skills: allowed.iter().map(|&name| name.to_owned()).collect(),
            private: false,
        };
        assert!(!settings(&[]).allows("web_automation.api_call"));
        assert!(settings(&["web_automation.api_call"]).allows("web_automation.api_call"));
        assert!(settings(&["web_automation.*"]).allows("web_automation.api_call"));
        assert!(!settings(&["web.*"]).allows("web_automation.api_call"));
        assert!(!settings(&["web_automation.api"]).allows("web_automation.api_call"));
    }
}
