//! A client whose server dies: it sends batches with an idempotency key, and again until it hears that they are stored.

use std::time::Duration;

use baton_domain::wire::auth::{Login, Secret, Tokens};
use baton_domain::wire::task::{AcceptedBatch, NewBatch, NewTask};
use reqwest::{Client, StatusCode};

use super::{EMAIL, PASSWORD, Server};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// It is stored.
    Stored(AcceptedBatch),
    /// The server said no: its status, and the code of the problem.
    Refused(StatusCode, String),
    /// Nobody answered.
    Silence,
}

/// A signed-in client of one server.
pub struct KeyedClient {
    http: Client,
    url: String,
    token: String,
}

impl KeyedClient {
    /// Signs in; nothing if the server dies meanwhile.
    pub async fn sign_in(server: &Server) -> Option<Self> {
        let http = baton_clients::egress::client().expect("a client");
        let login = Login { email: EMAIL.to_owned(), password: Secret(PASSWORD.to_owned()) };
        let sent = http.post(format!("{}/api/v1/auth/login", server.url)).json(&login).timeout(PATIENCE).send().await.ok()?;
        let tokens: Tokens = sent.json().await.ok()?;
        Some(Self { http, url: server.url.clone(), token: tokens.access_token.0 })
    }

    /// Sends a batch under a key.
    pub async fn submit(&self, key: &str, tasks: &[NewTask]) -> Answer {
        let request = self.http.post(format!("{}/api/v1/tasks/batch", self.url)).bearer_auth(&self.token).header("idempotency-key", key);
        let Ok(response) = request.json(&NewBatch { tasks: tasks.to_vec() }).timeout(PATIENCE).send().await else { return Answer::Silence };
        let status = response.status();
        if status.is_success() {
            return response.json().await.map_or(Answer::Silence, Answer::Stored);
        }
        let problem: serde_json::Value = response.json().await.unwrap_or_default();
        Answer::Refused(status, problem["code"].as_str().unwrap_or_default().to_owned())
    }
}
