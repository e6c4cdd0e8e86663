//! How are messages published over a socket? One after the other in their order, each as the operation of REST does it.

use std::collections::VecDeque;
use std::pin::Pin;

use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_domain::wire::live::ServerFrame;
use baton_domain::wire::topic::{NewMessage, Published};
use tokio::time::timeout;

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
    publishing: Option<Pin<Box<dyn Future<Output = ServerFrame> + Send>>>,
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
            self.publishing = Some(Box::pin(answered(self.gateway.clone(), caller, wanted)));
        }
        let Some(publishing) = &mut self.publishing else { return std::future::pending().await };
        let answer = publishing.await;
        self.publishing = None;
        answer
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

/// The problem as REST would say it, with the id of the request that opened the socket.
fn refused(caller: &Caller, request: u64, problem: Problem) -> ServerFrame {
    ServerFrame::Problem { request, problem: request_context::completed(problem, caller.request_id.as_deref()) }
}
