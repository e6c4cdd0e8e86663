//! How is a Baton server used from outside? A typed client of the operations that the command line needs.

use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::page::Page;
use baton_domain::problem::Problem;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::auth::{Login, Secret, Tokens};
use baton_domain::wire::live::EventPage;
use baton_domain::wire::metrics::Overview;
use baton_domain::wire::task::{AcceptedBatch, NewBatch, NewTask, TaskDetail, TaskSummary};
use futures::{Stream, StreamExt};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;

/// The longest line of an event stream.
const MAXIMUM_LINE: usize = 4 << 20;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused.
    #[error("{0}")]
    Refused(Problem),
    /// The server was not reached, or what it said was no answer of Baton.
    #[error("the server was not reached: {0}")]
    Unreachable(String),
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Unreachable(text)
    }
}

/// A server and the credential it is called with. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct BatonApi {
    http: Client,
    base: String,
    token: Option<Secret>,
}

impl BatonApi {
    /// A client of the server at this address, as `https://baton.example.com`.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new(url: &str, token: Option<Secret>) -> Result<Self, Error> {
        Ok(Self { http: crate::egress::client()?, base: format!("{}/api/v1", url.trim_end_matches('/')), token })
    }

    fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(&token.0),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        answer(self.request(reqwest::Method::GET, path).send().await?).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl serde::Serialize) -> Result<T, Error> {
        answer(self.request(reqwest::Method::POST, path).json(body).send().await?).await
    }

    /// Signs in and uses the access token from then on; gives the tokens, for whoever stays longer than that one lives.
    ///
    /// # Errors
    /// `AUTH-002`, `AUTH-006`.
    pub async fn login(&mut self, email: &str, password: &Secret) -> Result<Tokens, Error> {
        let tokens: Tokens = self.post("/auth/login", &Login { email: email.to_owned(), password: password.clone() }).await?;
        self.token = Some(tokens.access_token.clone());
        Ok(tokens)
    }

    /// Stores a file.
    ///
    /// # Errors
    /// As the operation.
    pub async fn upload(&self, name: &str, media_type: &str, bytes: Vec<u8>) -> Result<ArtifactView, Error> {
        let request = self.request(reqwest::Method::POST, "/artifacts").query(&[("name", name)]);
        answer(request.header("content-type", media_type).body(bytes).send().await?).await
    }

    /// Submits a task and waits for it at most this long.
    ///
    /// # Errors
    /// As the operation.
    pub async fn run(&self, task: &NewTask, wait: Duration) -> Result<TaskDetail, Error> {
        self.post(&format!("/tasks?wait={}", wait.as_secs()), task).await
    }

    /// Submits a batch.
    ///
    /// # Errors
    /// As the operation.
    pub async fn submit_batch(&self, tasks: Vec<NewTask>) -> Result<AcceptedBatch, Error> {
        self.post("/tasks/batch", &NewBatch { tasks }).await
    }

    /// One task.
    ///
    /// # Errors
    /// As the operation.
    pub async fn task(&self, id: TaskId) -> Result<TaskDetail, Error> {
        self.get(&format!("/tasks/{id}")).await
    }

    /// The first page of tasks, with a query as `state=failed&limit=10`.
    ///
    /// # Errors
    /// As the operation.
    pub async fn tasks(&self, query: &str) -> Result<Page<TaskSummary>, Error> {
        self.get(&format!("/tasks?{query}")).await
    }

    /// How many tasks are in each state, agents and measurements.
    ///
    /// # Errors
    /// As the operation.
    pub async fn overview(&self) -> Result<Overview, Error> {
        self.get("/metrics/overview").await
    }

    /// The newest event's place.
    ///
    /// # Errors
    /// As the operation.
    pub async fn head(&self) -> Result<EventSeq, Error> {
        let page: Page<TaskSummary> = self.tasks("limit=1").await?;
        Ok(page.as_of)
    }

    /// Events after a place.
    ///
    /// # Errors
    /// As the operation.
    pub async fn events(&self, since: EventSeq, topics: &str) -> Result<EventPage, Error> {
        self.get(&format!("/events?since={since}&topics={topics}&limit=1000")).await
    }

    /// Follows events from a place on, as a stream that ends with the connection.
    ///
    /// # Errors
    /// As the operation; later ones come in the stream.
    pub async fn follow(&self, since: EventSeq, topics: &str) -> Result<impl Stream<Item = Result<Event, Error>> + use<>, Error> {
        let request = self.request(reqwest::Method::GET, &format!("/events/stream?since={since}&topics={topics}"));
        let response = checked(request.send().await?).await?;
        let mut lines = Lines::default();
        Ok(response
            .bytes_stream()
            .map(move |chunk| match chunk {
                Ok(chunk) => lines.take(&chunk),
                Err(error) => vec![Err(error.into())],
            })
            .flat_map(futures::stream::iter))
    }
}

/// Cuts a server-sent stream into the events in its `data:` lines; other lines are names, places and comments.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn take(&mut self, chunk: &[u8]) -> Vec<Result<Event, Error>> {
        self.rest.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            // Fleeting messages have another form; only events are wanted here.
            if let Ok(event) = serde_json::from_slice(data) {
                events.push(Ok(event));
            }
        }
        if self.rest.len() > MAXIMUM_LINE {
            self.rest.clear();
            events.push(Err(Error::Unreachable("a line of the event stream is too long".to_owned())));
        }
        events
    }
}

async fn checked(response: Response) -> Result<Response, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let text = response.text().await?;
    Err(match serde_json::from_str(&text) {
        Ok(problem) => Error::Refused(problem),
        Err(_) => Error::Unreachable(format!("the answer {status} is none of Baton's")),
    })
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let text = checked(response).await?.text().await?;
    serde_json::from_str(&text).map_err(|error| Error::Unreachable(format!("the answer does not read: {error}")))
}
