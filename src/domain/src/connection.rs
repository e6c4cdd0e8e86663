//! What is a connection? A named outside API or database with its secret, which agents use without ever naming it.

use serde::{Deserialize, Serialize};

use crate::named::named_enum;

named_enum!(
    /// What stands behind a connection.
    ConnectionKind {
        /// An HTTP API.
        Http = "http",
        /// A PostgreSQL database.
        Postgres = "postgres",
        /// A MySQL database.
        Mysql = "mysql",
        /// A SQLite file on the server's host.
        Sqlite = "sqlite",
    }
);

named_enum!(
    /// How a connection proves who it is.
    AuthKind {
        /// Not at all.
        None = "none",
        /// `Authorization: Bearer SECRET`.
        Bearer = "bearer",
        /// `Authorization: Basic …` of `user:password`, which is the secret.
        Basic = "basic",
        /// A header of its own name, whose value is the secret.
        Header = "header",
        /// A query parameter of its own name, whose value is the secret.
        Query = "query",
    }
);

/// A connection as an attempt gets it: with its secret. Never logged, never stored with the attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionGrant {
    /// Its name.
    pub name: String,
    /// What stands behind it.
    pub kind: ConnectionKind,
    /// Where it is: the base that addresses are joined to, or the database's address without its password.
    pub base_url: String,
    /// How it proves who it is.
    pub auth: AuthKind,
    /// The name of the header or query parameter, where `auth` wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_name: Option<String>,
    /// The secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether its host may be a private one.
    #[serde(default)]
    pub private: bool,
}

impl std::fmt::Debug for ConnectionGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionGrant").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
