//! Where is the database, and how long may it take to answer at the start?

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use baton_domain::problem::Code;
use baton_storage_postgres::PostgresOptions;

use crate::data_folder::DataFolder;
use crate::start_error::StartError;

/// The database.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DatabaseConfig {
    /// Address of the database: sqlite:// and a file, or postgres://user:password@host/database. Several servers and workers share
    /// one PostgreSQL; for TLS add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem. By default baton.db in the data folder.
    #[arg(long, env = "BATON_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<DatabaseUrl>,
    /// Seconds that the start waits for a PostgreSQL that does not answer yet.
    #[arg(long, env = "BATON_DATABASE_WAIT_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub(crate) database_wait_seconds: u64,
}

/// An address as it was given. It may hold a password, so it does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What is wrong with it is said with a code, later.
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl([redacted])")
    }
}

/// Which database it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// A file that this server has for itself.
    Sqlite(PathBuf),
    /// A server that several may share.
    Postgres(DatabaseUrl),
}

impl DatabaseUrl {
    /// The whole address.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The address for people: without what may be secret.
    pub(crate) fn shown(&self) -> String {
        let without_query = self.0.split(['?', '#']).next().unwrap_or_default();
        match (without_query.split_once("://"), without_query.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
            // No address, but perhaps a secret.
            (_, Some((_, place))) => place.to_owned(),
            _ => without_query.to_owned(),
        }
    }
}

impl DatabaseConfig {
    /// How long the start waits.
    pub(crate) const fn wait(&self) -> Duration {
        Duration::from_secs(self.database_wait_seconds)
    }

    /// The database, by default in this folder.
    pub(crate) fn database(&self, folder: &DataFolder) -> Result<Database, StartError> {
        match &self.database {
            None => Ok(Database::Sqlite(folder.join("baton.db"))),
            Some(url) => url.database(),
        }
    }
}

impl DatabaseUrl {
    /// What the address names.
    pub(crate) fn database(&self) -> Result<Database, StartError> {
        let wrong = |what: &str| {
            let shown = self.shown();
            let advice = "Give sqlite:// and the path of a file, or postgres://user:password@host:5432/database.";
            Err(StartError::new(Code::DatabaseAddressInvalid, format!("{shown:?} {what}. {advice}")))
        };
        let Some((scheme, rest)) = self.0.split_once("://") else { return wrong("is no address") };
        match scheme {
            "sqlite" if rest.is_empty() || rest.contains('?') || rest.starts_with(':') => wrong("names no file"),
            "sqlite" => Ok(Database::Sqlite(PathBuf::from(rest))),
            "postgres" | "postgresql" if rest.is_empty() => wrong("names no server"),
            "postgres" | "postgresql" => match PostgresOptions::new(&self.0).check() {
                Ok(()) => Ok(Database::Postgres(self.clone())),
                Err(why) => wrong(&format!("cannot be read: {why}")),
            },
            _ => wrong("is of a kind of database that Baton does not know"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        DatabaseUrl(text.to_owned())
    }

    #[test]
    fn addresses_name_a_file_or_a_server() {
        assert_eq!(url("sqlite:///var/lib/baton/baton.db").database().unwrap(), Database::Sqlite("/var/lib/baton/baton.db".into()));
        assert_eq!(url("sqlite://baton.db").database().unwrap(), Database::Sqlite("baton.db".into()));
        for text in ["postgres://ada:secret@db.example/baton", "postgresql:///baton?host=/run/postgresql"] {
            assert_eq!(url(text).database().unwrap(), Database::Postgres(url(text)));
        }
    }

    #[test]
    fn what_names_neither_is_refused_with_its_code_and_without_its_password() {
        for text in [
            "",
            "baton.db",
            "sqlite://",
            "sqlite://:memory:",
            "mysql://ada:secret@db/baton",
            "postgres://",
            "ada:secret@db",
            "postgres://ada:secret@db:port/x",
        ] {
            let said = url(text).database().unwrap_err().to_string();
            assert!(said.contains("SERVER-008") && !said.contains("secret@"), "{said}");
        }
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        assert_eq!(url("postgres://ada:s3cr3t@db.example:5432/baton?password=x").shown(), "postgres://db.example:5432/baton");
        assert_eq!(url("postgres://ada:p@ss@db.example/baton").shown(), "postgres://db.example/baton");
        assert!(!format!("{:?}", url("postgres://ada:s3cr3t@db")).contains("s3cr3t"));
    }
}
