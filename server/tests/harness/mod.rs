//! How do these tests run the real binary? Each test has a server of its own: a process, a port, a data folder.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]

pub mod cluster;
pub mod doors;
pub mod keyed;
pub mod ledger;
pub mod model_api;
pub mod named;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use baton_clients::baton_api::BatonApi;
use baton_domain::task::{RetryPolicy, Timeouts};
use baton_domain::wire::auth::Secret;
use baton_domain::wire::task::NewTask;
use tempfile::TempDir;

/// The administrator that every test server is made with.
pub const EMAIL: &str = "admin@example.test";
/// Their password.
pub const PASSWORD: &str = "correct horse battery staple 42";

/// The binary under test.
pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_baton")
}

/// A data folder that outlives the servers on it.
pub fn data_folder() -> TempDir {
    TempDir::with_prefix("baton-test-").expect("a temporary folder")
}

/// The command that starts a server on a folder.
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = plain_command(data, arguments);
    command.arg("--diagnostics");
    command
}

/// The same without the diagnostics agent.
pub fn plain_command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--requests-per-second", "100000", "--data"])
        .arg(data)
        .args(arguments)
        .env("BATON_ADMIN_EMAIL", EMAIL)
        .env("BATON_ADMIN_PASSWORD", PASSWORD)
        .stdin(Stdio::null());
    command
}

/// Runs a server that is expected not to start, and gives what it said.
pub fn refused(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().expect("the binary runs");
    assert!(!status.success(), "the server started");
    String::from_utf8(stderr).expect("text")
}

/// A running server.
pub struct Server {
    child: Child,
    pub url: String,
    /// What it printed when it started.
    pub greeting: Vec<String>,
}

impl Server {
    /// Starts a server on a folder.
    pub fn start(data: &Path) -> Self {
        Self::start_with(command(data, &[]))
    }

    /// Starts a server with this command.
    pub fn start_with(command: Command) -> Self {
        Self::try_start_with(command).expect("the server starts")
    }

    /// Starts a server that may die before it says where it listens.
    pub fn try_start_with(mut command: Command) -> Option<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let Some(first) = lines.next() else {
            child.wait().expect("gone");
            return None;
        };
        let first = first.expect("text");
        let url = first.strip_prefix("Baton listens on ").expect("an address").to_owned();
        let mut greeting = vec![first];
        if !command.get_envs().any(|(name, value)| name == "BATON_ADMIN_EMAIL" && value.is_some()) {
            greeting.extend(lines.by_ref().take(2).map(|line| line.expect("text")));
        }
        Some(Self { child, url, greeting })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client that is signed in as the administrator.
    pub async fn api(&self) -> BatonApi {
        let mut api = BatonApi::new(&self.url, None).expect("a client");
        api.login(EMAIL, &Secret(PASSWORD.to_owned())).await.expect("signed in");
        api
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it as a supervisor would; gives whether it ended well.
    pub fn terminate(mut self) -> bool {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("gone").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// The task with one attempt, which has this long.
pub fn closing_after(deadline: Duration, task: NewTask) -> NewTask {
    let timeouts = Timeouts { start_to_close_ms: u64::try_from(deadline.as_millis()).expect("a number"), ..Timeouts::default() };
    NewTask { timeouts, retry: Some(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() }), ..task }
}

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);
