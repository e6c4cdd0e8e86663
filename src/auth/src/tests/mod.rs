//! What do tests of the whole service need? The real store in a folder of its own, and a clock that they move.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access_tokens;
mod api_keys;
mod browsers;
mod first_run;
mod member_rules;
mod refresh;
mod secrecy;
mod signing_in;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::problem::Problem;
use baton_domain::services::{AuthService, Authenticated, ClientInfo, Credential, MemberService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Role};
use baton_domain::wire::auth::{FirstRun, Login, NewUser, Secret, Tokens, UserView};
use baton_storage::{NoSink, Store};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use uuid::Uuid;

use crate::password::Cost;
use crate::{Auth, AuthOptions, TokenKey};

/// Argon2id all the same, but fast; what real hashes cost is tested with the passwords.
pub(crate) const CHEAP: Cost = Cost { memory: 16, passes: 1, lanes: 1 };
pub(crate) const KEY: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "many small green turtles";

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_795_347_544_000)))
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn set_back(&self, span: Duration) {
        self.0.fetch_sub(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}

struct Even;

impl Chance for Even {
    fn next(&self) -> f64 {
        0.5
    }
}

pub(crate) fn sources(clock: &Arc<TestClock>) -> Sources {
    Sources { clock: Arc::clone(clock) as Arc<dyn Clock>, ids: Arc::new(CountedIds(AtomicU64::new(1))), chance: Arc::new(Even) }
}

/// A row of the audit record, as tests compare it: action, target, allowed, code, address, principal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Recorded {
    pub(crate) action: String,
    pub(crate) target: Option<String>,
    pub(crate) allowed: bool,
    pub(crate) code: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) principal_tag: String,
}

/// An installation.
pub(crate) struct World {
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) folder: TempDir,
}

impl World {
    /// Without any user.
    pub(crate) async fn empty() -> Self {
        Self::with(AuthOptions::default(), CHEAP).await
    }

    pub(crate) async fn with(options: AuthOptions, cost: Cost) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::new();
        let store = Arc::new(SqliteOptions::new(folder.path().join("baton.db")).open(Arc::new(NoSink)).await.unwrap());
        let key = TokenKey::parse(&hex::encode(KEY)).unwrap();
        let auth = options.build_with(Arc::clone(&store) as Arc<dyn Store>, sources(&clock), &key, cost).unwrap();
        Self { auth: Arc::new(auth), clock, store, folder }
    }

    /// With one administrator, Ada, whose session is given.
    pub(crate) async fn with_ada() -> (Self, Tokens) {
        let world = Self::empty().await;
        let tokens = world.set_up().await;
        (world, tokens)
    }

    pub(crate) async fn set_up(&self) -> Tokens {
        let code = secret(&self.auth.setup_code().await.unwrap().unwrap());
        let request = FirstRun { code, email: ADA.to_owned(), password: secret(PASSWORD) };
        self.auth.first_run(&from("192.0.2.1"), request).await.unwrap()
    }

    pub(crate) async fn login(&self, address: &str, email: &str, password: &str) -> Result<Tokens, Problem> {
        self.auth.login(&from(address), Login { email: email.to_owned(), password: secret(password) }).await
    }

    pub(crate) async fn bearer(&self, token: &Secret) -> Result<Authenticated, Problem> {
        self.auth.authenticate(&from("192.0.2.1"), Some(Credential::Bearer(token.clone()))).await
    }

    pub(crate) async fn cookies(&self, access: Option<&Secret>, refresh: Option<&Secret>) -> Result<Authenticated, Problem> {
        let credential = Credential::Cookies { access: access.cloned(), refresh: refresh.cloned() };
        self.auth.authenticate(&from("192.0.2.1"), Some(credential)).await
    }

    pub(crate) async fn refresh(&self, token: &Secret) -> Result<Tokens, Problem> {
        self.auth.refresh(&from("192.0.2.1"), token.clone()).await
    }

    pub(crate) async fn caller(&self, tokens: &Tokens) -> Caller {
        self.bearer(&tokens.access_token).await.unwrap().caller
    }

    pub(crate) async fn add(&self, by: &Caller, email: &str, role: Role) -> UserView {
        let new = NewUser { email: email.to_owned(), password: secret(PASSWORD), role };
        self.auth.create_user(by, new).await.unwrap()
    }

    /// The audit record, oldest first.
    pub(crate) async fn record(&self) -> Vec<Recorded> {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("baton.db")).read_only(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::query_as("SELECT action, target, allowed, code, address, principal_tag FROM audit ORDER BY rowid")
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }

    pub(crate) async fn last_record(&self) -> Recorded {
        self.record().await.pop().unwrap()
    }
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

pub(crate) fn from(address: &str) -> ClientInfo {
    ClientInfo { address: Some(address.parse::<IpAddr>().unwrap()), request_id: Some("request-1".to_owned()) }
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The code of a refusal.
pub(crate) fn code<T>(answer: Result<T, Problem>) -> String {
    match answer {
        Ok(_) => "accepted".to_owned(),
        Err(problem) => problem.code,
    }
}

#[tokio::test]
async fn unsafe_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteOptions::new(folder.path().join("baton.db")).open(Arc::new(NoSink)).await.unwrap());
    let build = |options: AuthOptions| {
        let key = TokenKey::parse(&hex::encode(KEY)).unwrap();
        code(options.build(Arc::clone(&store) as Arc<dyn Store>, sources(&TestClock::new()), &key))
    };
    let standard = AuthOptions::default();
    assert_eq!(build(standard.clone()), "accepted");
    assert_eq!(build(AuthOptions { access_ttl: seconds(5), ..standard.clone() }), "accepted");
    for options in [
        AuthOptions { access_ttl: seconds(16 * 60), ..standard.clone() },
        AuthOptions { access_ttl: Duration::ZERO, ..standard.clone() },
        AuthOptions { refresh_ttl: seconds(1), ..standard.clone() },
        AuthOptions { absolute_ttl: seconds(3600), ..standard.clone() },
        AuthOptions { grace: seconds(3600), ..standard.clone() },
        AuthOptions { recheck: seconds(3600), ..standard.clone() },
        AuthOptions { issuer: String::new(), ..standard.clone() },
    ] {
        assert_eq!(build(options.clone()), "SERVER-006", "{options:?}");
    }
}
