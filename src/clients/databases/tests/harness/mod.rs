//! How tests ask a database, and where a MariaDB comes from.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests; each test file uses a part of it"
)]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use baton_clients::egress::{Guard, SystemNetwork};
use baton_clients_databases::{Address, Bounds, Column, DatabaseError, Sink, ask};
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use baton_domain::egress::EgressPolicy;

/// What was answered.
#[derive(Debug, Default)]
pub struct Kept {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<String>>>,
    /// After so many rows no more are wanted.
    pub most: Option<usize>,
}

impl Sink for Kept {
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), DatabaseError> {
        self.columns = columns;
        Ok(())
    }

    fn row(&mut self, cells: &[Option<&str>]) -> Result<(), DatabaseError> {
        if self.most.is_some_and(|most| self.rows.len() == most) {
            return Err(DatabaseError::lasting(baton_domain::problem::Code::QueryTooLarge, "enough"));
        }
        self.rows.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
        Ok(())
    }
}

pub fn grant(kind: ConnectionKind, base_url: &str, secret: Option<&str>) -> ConnectionGrant {
    ConnectionGrant {
        name: "shop".to_owned(),
        kind,
        base_url: base_url.to_owned(),
        auth: if secret.is_some() { AuthKind::Basic } else { AuthKind::None },
        auth_name: None,
        secret: secret.map(str::to_owned),
        private: true,
    }
}

pub fn bounds() -> Bounds {
    Bounds { statement: Duration::from_secs(20), ..Bounds::default() }
}

/// Asks; the host may be a private one if the grant says so.
pub async fn asked_within(
    grant: &ConnectionGrant,
    sql: &str,
    bounds: Bounds,
    most: Option<usize>,
    canceled: impl Future<Output = ()>,
) -> Result<Kept, DatabaseError> {
    let address = Address::of(grant)?;
    let mut policy = EgressPolicy::default();
    if grant.private {
        policy.private_hosts.push(address.place());
    }
    let guard = Guard::new(&policy, Arc::new(SystemNetwork));
    let folder = tempfile::tempdir().unwrap();
    let mut kept = Kept { most, ..Kept::default() };
    ask(&address, &guard, folder.path(), sql, bounds, &mut kept, canceled).await?;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the socket is left behind");
    Ok(kept)
}

pub async fn asked(grant: &ConnectionGrant, sql: &str) -> Result<Kept, DatabaseError> {
    asked_within(grant, sql, bounds(), None, std::future::pending()).await
}

pub fn cells(kept: &Kept) -> Vec<Vec<&str>> {
    kept.rows.iter().map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect()).collect()
}

pub fn code(result: Result<Kept, DatabaseError>) -> (&'static str, String) {
    match result {
        Ok(kept) => panic!("it answered {:?}", kept.rows.first()),
        Err(error) => (error.code.as_str(), error.message),
    }
}

/// Asks again and again until the answer is as wanted; fails after five seconds.
pub async fn until(mut look: impl AsyncFnMut() -> bool, what: &str) {
    let end = Instant::now() + Duration::from_secs(5);
    while !look().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A MariaDB of this test process, which ends with it.
pub struct MariaDb {
    pub port: u16,
    _guard: Child,
}

const SETUP: &str = "SET NAMES utf8mb4;\n\
    CREATE DATABASE shop;\n\
    CREATE TABLE shop.items (id BIGINT PRIMARY KEY, name VARCHAR(40), price DECIMAL(20,2), big BIGINT UNSIGNED, sold DATETIME, raw VARBINARY(4), flag BOOLEAN, f DOUBLE);\n\
    INSERT INTO shop.items VALUES (1, 'Käse', 12.50, 18446744073709551615, '2024-01-02 03:04:05', x'ff00', TRUE, 0.1), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);\n\
    CREATE USER reader@'%' IDENTIFIED BY 'pa:ss';\n\
    GRANT ALL ON *.* TO reader@'%';\n";

impl MariaDb {
    /// The one that the tests share; `None`, with a word on standard error, where none is installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<MariaDb>> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let started = Self::start();
                if started.is_none() {
                    eprintln!("SKIPPED: no MariaDB is installed (Debian: apt-get install mariadb-server-core), so MySQL is not tested");
                }
                started
            })
            .as_ref()
    }

    fn start() -> Option<Self> {
        let found = |name: &str| {
            ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
                .iter()
                .map(|folder| PathBuf::from(folder).join(name))
                .find(|path| path.is_file())
        };
        let (server, install) = (found("mariadbd")?, found("mariadb-install-db")?);
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("baton-mariadb-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = format!("--user={}", String::from_utf8(user).unwrap().trim());
        let data = format!("--datadir={}", folder.join("data").display());
        let made = Command::new(install)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &user, &data])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::write(folder.join("setup.sql"), SETUP).unwrap();
        // The shell waits for the end of a pipe that only this process holds open.
        let script =
            r#"folder=$1; shift; trap '' INT TERM HUP; "$@" & server=$!; cat >/dev/null; kill $server; wait $server; rm -rf "$folder""#;
        let guard = Command::new("sh")
            .args(["-c", script, "guard"])
            .arg(&folder)
            .arg(server)
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-networking=0", &user, &data])
            .args([
                format!("--port={port}"),
                format!("--socket={}", folder.join("s").display()),
                format!("--init-file={}", folder.join("setup.sql").display()),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "MariaDB did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { port, _guard: guard })
    }

    pub fn grant(&self) -> ConnectionGrant {
        grant(ConnectionKind::Mysql, &format!("mysql://reader@127.0.0.1:{}/shop", self.port), Some("pa:ss"))
    }
}
