//! Where does a measured server on PostgreSQL keep its data? In a database of its own, beside the one that was named.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::failed;
use crate::start_error::StartError;

/// A database that was made for one server.
pub(super) struct Database {
    beside: PgConnectOptions,
    name: String,
    url: String,
}

fn refused(error: &sqlx::Error) -> StartError {
    failed(format!("PostgreSQL: {error}"))
}

impl Database {
    /// Makes one beside the database of this address.
    pub(super) async fn create(url: &str) -> Result<Self, StartError> {
        let beside = PgConnectOptions::from_str(url).map_err(|error| refused(&error))?.disable_statement_logging();
        let name = format!("baton_bench_{}", uuid::Uuid::new_v4().simple());
        let made = Self { beside, url: with_database(url, &name).ok_or_else(|| failed("--database names no database"))?, name };
        made.run(format!("CREATE DATABASE {}", made.name)).await?;
        Ok(made)
    }

    /// Its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Removes it with everything in it.
    pub(super) async fn drop_it(self) -> Result<(), StartError> {
        self.run(format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
    }

    async fn run(&self, statement: String) -> Result<(), StartError> {
        let mut connection: PgConnection = self.beside.connect().await.map_err(|error| refused(&error))?;
        // The text holds nothing but the name that was made here.
        connection.execute(AssertSqlSafe(statement)).await.map_err(|error| refused(&error))?;
        connection.close().await.map_err(|error| refused(&error))
    }
}

/// The address with another database in it.
fn with_database(url: &str, name: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (place, options) = rest.split_once('?').map_or((rest, String::new()), |(place, options)| (place, format!("?{options}")));
    let (server, _) = place.split_once('/')?;
    Some(format!("{scheme}://{server}/{name}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_an_address_changes() {
        let changed = |url| with_database(url, "new");
        assert_eq!(changed("postgres://u:p@h:5432/old?sslmode=disable").as_deref(), Some("postgres://u:p@h:5432/new?sslmode=disable"));
        assert_eq!(changed("postgres://u@h/old").as_deref(), Some("postgres://u@h/new"));
        assert_eq!(changed("postgres://u@h"), None);
    }
}
