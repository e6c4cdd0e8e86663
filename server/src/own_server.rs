//! How does a command get a server of its own? It starts this binary on a free port with a new data folder, and stops it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use baton_clients::baton_api::BatonApi;
use baton_domain::problem::Code;
use baton_domain::wire::auth::{Secret, Tokens};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::start_error::StartError;

/// How long the server may take to start, and to stop.
const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(15);
const EMAIL: &str = "admin@baton.invalid";

/// A server that lives as long as this value.
pub(crate) struct OwnServer {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
    /// A client that is signed in as its administrator.
    pub(crate) api: BatonApi,
    /// Its process.
    pub(crate) pid: Option<u32>,
    /// The tokens of its administrator's session.
    pub(crate) tokens: Tokens,
    // Removed with the value.
    data: TempDir,
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::new(Code::Internal, format!("the server of this command did not start: {error}"))
}

impl OwnServer {
    /// Starts a server with these further arguments and signs in. The data folder is made in `parent` if given, so that
    /// measurements use the disk that is meant.
    pub(crate) async fn start(parent: Option<PathBuf>, arguments: &[&str]) -> Result<Self, StartError> {
        let data = match parent {
            Some(parent) => TempDir::with_prefix_in("baton-", parent),
            None => TempDir::with_prefix("baton-"),
        }
        .map_err(failed)?;
        let password = Secret(format!("{}{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4()));
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data.path())
            .args(arguments)
            .env("BATON_ADMIN_EMAIL", EMAIL)
            .env("BATON_ADMIN_PASSWORD", &password.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let stdout = child.stdout.take().ok_or_else(|| failed("no standard output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(START, lines.next_line()).await.map_err(failed)?.map_err(failed)?;
        let url = first
            .as_deref()
            .and_then(|line| line.strip_prefix("Baton listens on "))
            .ok_or_else(|| failed("it ended before it listened; its reason stands above"))?
            .to_owned();
        let mut api = BatonApi::new(&url, None).map_err(failed)?;
        let tokens = api.login(EMAIL, &password).await.map_err(failed)?;
        let pid = child.id();
        Ok(Self { child, url, api, pid, tokens, data })
    }

    /// Stops the server as a supervisor would, and removes its data.
    pub(crate) async fn stop(self) {
        drop(self.stop_and_keep_data().await);
    }

    /// Stops the server as a supervisor would; its data lives as long as the answer.
    pub(crate) async fn stop_and_keep_data(mut self) -> TempDir {
        if let Some(pid) = self.pid {
            let terminate = Command::new("kill").args(["-TERM", &pid.to_string()]).status().await;
            if terminate.is_ok() {
                // After that it is killed with the value.
                let _ = tokio::time::timeout(STOP, self.child.wait()).await;
            }
        }
        self.data
    }
}
