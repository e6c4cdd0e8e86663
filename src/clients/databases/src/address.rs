//! Where is a database, and who asks it?

use baton_clients::egress::Url;
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use baton_domain::problem::Code;
use sqlx::postgres::PgSslMode;
use sqlx_mysql::MySqlSslMode;

use crate::DatabaseError;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    Mysql,
}

/// How a connection is encrypted, as PostgreSQL names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Where a database is, and who asks it. Made of a connection's settings.
#[derive(Clone)]
pub struct Address {
    pub(crate) engine: Engine,
    /// The host and the port in a form that the rules of outbound requests can check.
    pub(crate) checked: Url,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
    tls: Tls,
    pub(crate) authority: Option<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("engine", &self.engine).field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

fn unfit(why: impl std::fmt::Display) -> DatabaseError {
    DatabaseError::lasting(Code::ConnectionUnfit, format!("the connection cannot be asked in SQL: {why}."))
}

/// Turns `%41` into `A`.
fn plain(text: &str) -> Result<String, DatabaseError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map_err(|_| unfit("its address is not UTF-8"))
}

impl Address {
    /// The address of a connection: `postgres://user@host:5432/database`, `mysql://user@host:3306/database`. Of parameters only
    /// `sslmode` (disable, prefer, require, verify-ca, verify-full) and `sslrootcert` (the path of a file with authorities) are taken:
    /// others could name another host. Hosts outside are asked with a verified certificate unless the address says otherwise.
    ///
    /// # Errors
    /// `DATA-040`.
    pub fn of(grant: &ConnectionGrant) -> Result<Self, DatabaseError> {
        let (engine, default_port) = match grant.kind {
            ConnectionKind::Postgres => (Engine::Postgres, 5432),
            ConnectionKind::Mysql => (Engine::Mysql, 3306),
            other => return Err(unfit(format!("{} is a connection of the kind {}", grant.name, other.as_str()))),
        };
        let url = Url::parse(&grant.base_url).map_err(|error| unfit(format!("its address is none ({error})")))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| unfit("its address names no host"))?;
        let port = url.port().unwrap_or(default_port);
        // A web address takes apart every form that an address of IPv4 has; other schemes leave it a name.
        let checked = Url::parse(&format!("http://{host}:{port}/")).map_err(|error| unfit(format!("its host is none ({error})")))?;
        let mut tls = if grant.private { Tls::Prefer } else { Tls::VerifyFull };
        let mut authority = None;
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("sslmode", "disable") => tls = Tls::Disable,
                ("sslmode", "prefer") => tls = Tls::Prefer,
                ("sslmode", "require") => tls = Tls::Require,
                ("sslmode", "verify-ca") => tls = Tls::VerifyCa,
                ("sslmode", "verify-full") => tls = Tls::VerifyFull,
                ("sslrootcert", path) if path.starts_with('/') => authority = Some(path.to_owned()),
                _ => return Err(unfit(format!("its address has the parameter {key}={value}; only sslmode and sslrootcert are taken"))),
            }
        }
        let database = plain(url.path().trim_start_matches('/'))?;
        let password = grant.secret.clone().filter(|_| grant.auth != AuthKind::None);
        Ok(Self {
            engine,
            host: checked.host_str().unwrap_or(host).trim_matches(['[', ']']).to_owned(),
            checked,
            port,
            user: plain(url.username())?,
            password,
            database: Some(database).filter(|name| !name.is_empty()),
            tls,
            authority,
        })
    }

    /// Host and port, as lists of hosts have them.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.checked.host_str().unwrap_or(&self.host), self.port)
    }

    pub(crate) fn postgres_tls(&self) -> PgSslMode {
        match self.tls {
            Tls::Disable => PgSslMode::Disable,
            Tls::Prefer => PgSslMode::Prefer,
            Tls::Require => PgSslMode::Require,
            Tls::VerifyCa => PgSslMode::VerifyCa,
            Tls::VerifyFull => PgSslMode::VerifyFull,
        }
    }

    pub(crate) fn mysql_tls(&self) -> MySqlSslMode {
        match self.tls {
            Tls::Disable => MySqlSslMode::Disabled,
            Tls::Prefer => MySqlSslMode::Preferred,
            Tls::Require => MySqlSslMode::Required,
            Tls::VerifyCa => MySqlSslMode::VerifyCa,
            Tls::VerifyFull => MySqlSslMode::VerifyIdentity,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn grant(base_url: &str) -> ConnectionGrant {
        ConnectionGrant {
            name: "shop".to_owned(),
            kind: ConnectionKind::Postgres,
            base_url: base_url.to_owned(),
            auth: AuthKind::Basic,
            auth_name: None,
            secret: Some("pass".to_owned()),
            private: false,
        }
    }

    #[test]
    fn an_address_is_taken_apart() {
        let address = Address::of(&grant("postgres://re%40der@db.example.org/shop?sslmode=require")).unwrap();
        assert_eq!((address.user.as_str(), address.host.as_str(), address.port), ("re@der", "db.example.org", 5432));
        assert_eq!((address.database.as_deref(), address.tls), (Some("shop"), Tls::Require));
        assert_eq!(Address::of(&grant("postgres://u@h.org/x")).unwrap().tls, Tls::VerifyFull);
        assert!(!format!("{address:?}").contains("pass"));
    }

    #[test]
    fn every_form_of_an_address_is_checked_as_what_it_is() {
        for (url, host) in
            [("postgres://u@0x7f.1/x", "127.0.0.1"), ("postgres://u@2130706433/x", "127.0.0.1"), ("postgres://u@[::1]/x", "::1")]
        {
            assert_eq!(Address::of(&grant(url)).unwrap().host, host);
        }
    }

    #[test]
    fn parameters_that_name_another_place_are_refused() {
        for url in
            ["postgres://u@h/x?host=10.0.0.1", "postgres://u@h/x?options=-c%20x=y", "postgres://u@h/x?sslmode=maybe", "postgres:///x"]
        {
            assert_eq!(Address::of(&grant(url)).unwrap_err().code, Code::ConnectionUnfit, "{url}");
        }
        assert_eq!(
            Address::of(&ConnectionGrant { kind: ConnectionKind::Http, ..grant("http://h/") }).unwrap_err().code,
            Code::ConnectionUnfit
        );
    }
}
