//! How do these tests run several servers and workers on one PostgreSQL? Each is a process with a data folder of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use baton_clients::baton_api::BatonApi;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{TaskFacts, check_task};
use baton_domain::task::TaskState;
use baton_domain::wire::server::ServerList;
use baton_domain::wire::task::{NewTask, TaskSummary};
use baton_testkit::PostgresServer;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::{PATIENCE, Server, binary, data_folder, plain_command};

/// The key that all servers of a test sign tokens with.
pub const TOKEN_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A database, and who works on it.
pub struct Cluster {
    pub url: String,
    lease_millis: u64,
    // They outlive the processes.
    folders: Vec<TempDir>,
}

impl Cluster {
    /// One on the PostgreSQL that the tests of a process share.
    pub fn new(lease_millis: u64) -> Self {
        Self::on(PostgresServer::shared().expect("a PostgreSQL"), lease_millis)
    }

    /// One on this PostgreSQL.
    pub fn on(postgres: &PostgresServer, lease_millis: u64) -> Self {
        Self { url: postgres.new_database().expect("a database"), lease_millis, folders: Vec::new() }
    }

    /// Starts a server of this name.
    pub fn server(&mut self, name: &str) -> Server {
        Server::start_with(self.server_command(name))
    }

    /// The command that starts a server of this name.
    pub fn server_command(&mut self, name: &str) -> Command {
        let mut start = self.plain_server_command(name);
        start.arg("--diagnostics");
        start
    }

    /// The command that starts a server of this name without the diagnostics agent.
    pub fn plain_server_command(&mut self, name: &str) -> Command {
        self.folders.push(data_folder());
        let mut start = plain_command(self.folders.last().expect("a folder").path(), &[]);
        start.args(["--database", &self.url, "--name", name, "--lease-millis", &self.lease_millis.to_string()]);
        start.env("BATON_TOKEN_KEY", TOKEN_KEY);
        start
    }

    /// Starts a worker of this name.
    pub fn worker(&mut self, name: &str, arguments: &[&str]) -> Worker {
        self.folders.push(data_folder());
        let mut start = worker_command(self.folders.last().expect("a folder").path(), &self.url);
        start.args(["--name", name, "--lease-millis", &self.lease_millis.to_string()]).args(arguments);
        Worker::start(start)
    }

    /// What one column of the database holds.
    pub async fn column<T>(&self, query: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut sql = PgConnection::connect(&self.url).await.expect("a connection");
        sqlx::query_scalar(query).fetch_all(&mut sql).await.expect("rows")
    }

    /// Says this to the database.
    pub async fn execute(&self, statements: &'static str) {
        let mut sql = PgConnection::connect(&self.url).await.expect("a connection");
        sqlx::raw_sql(statements).execute(&mut sql).await.expect("done");
    }

    /// How many attempts each server completed.
    pub async fn completed_by(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for name in self.column::<String>("SELECT server_name FROM attempts WHERE outcome = 'completed'").await {
            *counts.entry(name).or_default() += 1;
        }
        counts
    }

    /// How many attempts run on a server now.
    pub async fn running_on(&self, name: &str) -> usize {
        let running = self.column::<String>("SELECT server_name FROM attempts WHERE outcome IS NULL").await;
        running.iter().filter(|on| *on == name).count()
    }

    /// Waits until a server has this many attempts.
    pub async fn runs_on(&self, name: &str, count: usize) {
        let began = Instant::now();
        while self.running_on(name).await < count {
            assert!(began.elapsed() < PATIENCE, "{name} never ran {count} attempts");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The command that starts a worker.
pub fn worker_command(data: &Path, database: &str) -> Command {
    let mut start = Command::new(binary());
    start.args(["worker", "--log", "warn", "--diagnostics", "--database", database, "--data"]).arg(data).stdin(Stdio::null());
    start
}

/// A running worker.
pub struct Worker {
    child: Child,
}

impl Worker {
    /// Starts it and waits until it has joined.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let first = BufReader::new(child.stdout.take().expect("its output")).lines().next();
        assert!(first.expect("the worker starts").expect("text").ends_with("has joined"));
        Self { child }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it as a supervisor would; gives whether it ended well, and how long that took.
    pub fn terminate(mut self) -> (bool, Duration) {
        let began = Instant::now();
        signal(self.pid(), "TERM");
        (self.child.wait().expect("gone").success(), began.elapsed())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A stopped process does not hear anything else.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process of this test.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// A signed-in client for what the typed one has no method for.
pub struct Rest {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Rest {
    /// One that is signed in as the administrator.
    pub async fn of(server: &Server) -> Self {
        Self::signed_in(server, super::EMAIL, super::PASSWORD).await
    }

    /// One that is signed in as somebody.
    pub async fn signed_in(server: &Server, email: &str, password: &str) -> Self {
        let http = baton_clients::egress::client().expect("a client");
        let base = format!("{}/api/v1", server.url);
        let body = json!({"email": email, "password": password});
        let answer = http.post(format!("{base}/auth/login")).json(&body).send().await.expect("an answer");
        let tokens: serde_json::Value = answer.json().await.expect("tokens");
        Self { http, base, token: tokens["access_token"].as_str().expect("a token").to_owned() }
    }

    /// The same caller at another server, with the token of the first.
    pub fn at(&self, server: &Server) -> Self {
        Self { http: self.http.clone(), base: format!("{}/api/v1", server.url), token: self.token.clone() }
    }

    /// What it proves itself with, as a header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).timeout(PATIENCE).send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, body: &serde_json::Value) -> reqwest::Response {
        self.http
            .post(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .json(body)
            .timeout(PATIENCE)
            .send()
            .await
            .expect("an answer")
    }

    pub async fn put(&self, path: &str, body: &serde_json::Value) -> reqwest::Response {
        let request = self.http.put(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        request.timeout(PATIENCE).send().await.expect("an answer")
    }

    /// Calls a server function, as a page does.
    pub async fn function(&self, path: &str, arguments: &serde_json::Value) -> reqwest::Response {
        let site = self.base.trim_end_matches("/api/v1");
        let request = self.http.post(format!("{site}/sfn/{path}")).header("origin", site).bearer_auth(&self.token).json(arguments);
        request.timeout(PATIENCE).send().await.expect("an answer")
    }

    /// All servers and workers.
    pub async fn servers(&self) -> ServerList {
        self.get("/servers").await.json().await.expect("servers")
    }

    /// Drains or resumes the server of this name.
    pub async fn change(&self, name: &str, what: &str) {
        let server = self.servers().await.items.into_iter().find(|server| server.name == name).expect("it is listed");
        assert!(self.post(&format!("/servers/{}/{what}", server.id), &json!({})).await.status().is_success());
    }
}

/// Submits tasks in batches.
pub async fn submit(api: &BatonApi, count: usize, skill: &str, input: serde_json::Value) -> Vec<TaskId> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let batch = (0..(count - ids.len()).min(1_000)).map(|_| NewTask::new(skill, input.clone())).collect();
        ids.extend(api.submit_batch(batch).await.expect("a batch").ids);
    }
    ids
}

/// What the events say of each task, gathered as the log grows.
#[derive(Default)]
pub struct Ledger {
    since: EventSeq,
    pub tasks: BTreeMap<TaskId, (Vec<TaskState>, TaskSummary)>,
}

impl Ledger {
    /// Reads on; says how many tasks have ended.
    pub async fn read(&mut self, api: &BatonApi) -> usize {
        loop {
            let page = api.events(self.since, "task").await.expect("events");
            for event in page.items {
                assert!(event.seq > self.since, "the sequence goes back at {}", event.seq);
                let task: TaskSummary = event.data.read().expect("a task");
                let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) else { continue };
                let entry = self.tasks.entry(task.id).or_insert_with(|| (Vec::new(), task.clone()));
                entry.0.push(state);
                entry.1 = task;
            }
            self.since = page.next_since;
            if !page.more {
                return self.tasks.values().filter(|(_, task)| task.state.is_terminal()).count();
            }
        }
    }

    /// Waits until this many tasks have ended.
    pub async fn ended(&mut self, api: &BatonApi, count: usize, within: Duration) {
        let began = Instant::now();
        while self.read(api).await < count {
            assert!(began.elapsed() < within, "only {} of {count} ended within {within:?}", self.read(api).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every one of these tasks completed, once, by steps of the table.
    pub fn holds(&self, acknowledged: &[TaskId]) {
        for id in acknowledged {
            let (history, task) = self.tasks.get(id).unwrap_or_else(|| panic!("{id} is lost"));
            assert_eq!(task.state, TaskState::Completed, "{id}: {:?} {history:?}", task.failure);
            assert_eq!(history.iter().filter(|state| state.is_terminal()).count(), 1, "{id} ended twice: {history:?}");
            let facts = TaskFacts {
                id: *id,
                state: task.state,
                has_lease_holder: false,
                attempt: task.attempt,
                maximum_attempts: task.maximum_attempts,
                history: history.clone(),
            };
            assert_eq!(check_task(&facts), []);
        }
    }
}
