//! How are messages published over a socket? One after the other in their order, each as the operation of REST does it.

use std::collections::VecDeque;

use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_domain::wire::live::ServerFrame;
use baton_domain::wire::topic::{NewMessage, Published};
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::extract::sentence;
use crate::gateway::Gateway;
use crate::middleware::{rate_limit, request_context};

/// The most messages of one socket that are not answered yet.
const MAXIMUM_IN_FLIGHT: usize = 16;

/// A message that a client wants published.
pub(crate) struct Wanted {
    /// What the answer carries.
    pub(crate) request: u64,
    pub(crate) topic: String,
    pub(crate) message: NewMessage,
}

/// Publishes what one socket asks for, with its answers.
pub(crate) struct Publisher {
    gateway: Gateway,
    waiting: VecDeque<(Caller, Wanted)>,
    /// A task of its own: it goes on, and gives its connection to the database back, while the socket is busy with something else.
    publishing: Option<AbortOnDropHandle<ServerFrame>>,
}

impl Publisher {
    pub(crate) fn new(gateway: Gateway) -> Self {
        Self { gateway, waiting: VecDeque::new(), publishing: None }
    }

    /// Takes a message, whose answer [`next`](Self::next) gives; or says at once that there are too many.
    pub(crate) fn take(&mut self, caller: &Caller, wanted: Wanted) -> Result<(), ServerFrame> {
        if self.waiting.len() + usize::from(self.publishing.is_some()) >= MAXIMUM_IN_FLIGHT {
            let detail = format!("At most {MAXIMUM_IN_FLIGHT} messages of a socket wait for their answers; send this one again after one.");
            return Err(refused(caller, wanted.request, Problem::new(Code::TooManyRequests, detail)));
        }
        self.waiting.push_back((caller.clone(), wanted));
        Ok(())
    }

    /// The next answer; never one without a message. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> ServerFrame {
        if self.publishing.is_none()
            && let Some((caller, wanted)) = self.waiting.pop_front()
        {
            let task = self.gateway.live_tasks.spawn(answered(self.gateway.clone(), caller, wanted));
            self.publishing = Some(AbortOnDropHandle::new(task));
        }
        let Some(publishing) = &mut self.publishing else { return std::future::pending().await };
        let answer = publishing.await;
        self.publishing = None;
        match answer {
            Ok(frame) => frame,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Nobody aborts it while it is waited for, unless all ends.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

async fn answered(gateway: Gateway, caller: Caller, wanted: Wanted) -> ServerFrame {
    let Wanted { request, topic, message } = wanted;
    let limit = gateway.config.limits.request_time;
    match timeout(limit, publish(&gateway, &caller, &topic, message)).await {
        Ok(Ok(message)) => ServerFrame::Published { request, message },
        Ok(Err(problem)) => refused(&caller, request, problem),
        Err(_) => {
            let detail = format!("Nothing came of it within {} s. Send it again; the same key is safe.", limit.as_secs());
            refused(&caller, request, Problem::new(Code::RequestTimeout, detail))
        }
    }
}

/// Counted and proven as a request of its own: who signed out since the last look, or has another role, is refused.
async fn publish(gateway: &Gateway, caller: &Caller, topic: &str, message: NewMessage) -> Answer<Published> {
    rate_limit::count(gateway, caller).await?;
    let proven = gateway.services.auth.still_valid(caller).await?;
    if proven.valid_until.is_some_and(|end| end <= gateway.config.sources.clock.now()) {
        return Err(Problem::new(Code::SessionEnded, "Sign in again."));
    }
    gateway.services.topics.publish(&proven.caller, topic, message).await
}

/// The answer to a frame that should be a message and is none; nothing where the number is missing under which it would be answered.
pub(crate) fn malformed(caller: &Caller, text: &str, error: &serde_json::Error) -> Option<ServerFrame> {
    let frame: Value = serde_json::from_str(text).ok()?;
    if frame["type"] != "publish" {
        return None;
    }
    let request = frame["request"].as_u64()?;
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let problem = match wrong_field(&frame, message) {
        Some(field) => Problem::invalid_field(field, sentence(message)),
        None => Problem::new(Code::InvalidRequest, sentence(message)),
    };
    Some(refused(caller, request, problem))
}

/// Where it is known: serde names the fields that are missing or too many, and not those of a wrong type.
fn wrong_field(frame: &Value, message: &str) -> Option<String> {
    if !frame["topic"].is_string() {
        return Some("/topic".to_owned());
    }
    if !frame["key"].is_null() && !frame["key"].is_string() {
        return Some("/key".to_owned());
    }
    let named = message.strip_prefix("missing field `").or_else(|| message.strip_prefix("unknown field `"))?;
    let (name, _) = named.split_once('`')?;
    Some(format!("/{}", name.chars().take(100).collect::<String>()))
}

/// The problem as REST would say it, with the id of the request that opened the socket.
fn refused(caller: &Caller, request: u64, problem: Problem) -> ServerFrame {
    ServerFrame::Problem { request, problem: request_context::completed(problem, caller.request_id.as_deref()) }
}
