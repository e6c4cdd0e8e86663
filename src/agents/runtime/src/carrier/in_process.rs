//! How an attempt runs within this process.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{CHANNEL, Connection, Worker};
use crate::protocol::{FromAgent, Start, ToAgent};
use crate::{Agent, Context, SkillError};
use baton_domain::problem::Code;

/// Begins an attempt on the present runtime.
#[must_use]
pub fn begin_in_process(agent: Arc<dyn Agent>, start: Start) -> Connection {
    begin_in_process_on(&Handle::current(), agent, start)
}

/// Begins an attempt on a runtime of which this process's other work has no need: what keeps its threads stops nothing else.
#[must_use]
pub fn begin_in_process_on(runtime: &Handle, agent: Arc<dyn Agent>, start: Start) -> Connection {
    let (to_agent, host_says) = mpsc::channel(CHANNEL);
    let (say, from_agent) = mpsc::channel(CHANNEL);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = runtime.spawn(async move {
        tokio::select! {
            biased;
            () = stopped.cancelled() => {}
            () = run(agent, start, host_says, say, stopped.clone()) => {}
        }
        None
    });
    Connection { to_agent, from_agent, worker: Worker::new(task, stop) }
}

/// Runs the agent to its outcome; used by both carriers, here directly and in the child behind its streams.
pub(super) async fn run(
    agent: Arc<dyn Agent>,
    start: Start,
    mut host_says: mpsc::Receiver<ToAgent>,
    say: mpsc::Sender<FromAgent>,
    canceled: CancellationToken,
) {
    let context = Context::new(&start, say.clone(), canceled.clone());
    let _ = say.send(FromAgent::Started).await;
    let answers = context.clone();
    let listen = async {
        while let Some(message) = host_says.recv().await {
            answers.receive(message);
        }
        // The host is gone; nobody would hear the outcome.
        std::future::pending::<()>().await;
    };
    let heartbeat = async {
        let span = Duration::from_millis(start.heartbeat_ms.max(50));
        // That it started is its first sign of life.
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + span, span);
        loop {
            beat.tick().await;
            let _ = say.try_send(FromAgent::Heartbeat);
        }
    };
    let work = std::panic::AssertUnwindSafe(agent.perform(context, &start.skill, start.input)).catch_unwind();
    let result = tokio::select! {
        biased;
        result = work => result.unwrap_or_else(|panic| Err(crashed(panic.as_ref()))),
        () = listen => return,
        () = heartbeat => return,
        () = canceled.cancelled() => return,
    };
    let last = match result {
        Err(SkillError { code, message, refuses: true, .. }) => FromAgent::Refused { code, message },
        result => {
            let retry_after_ms = result.as_ref().err().and_then(|error| error.retry_after_ms);
            FromAgent::Outcome { result: result.map_err(Into::into), retry_after_ms }
        }
    };
    let _ = say.send(last).await;
}

fn crashed(panic: &(dyn std::any::Any + Send)) -> SkillError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    SkillError::new(Code::AgentPanicked, format!("the agent crashed: {}", text.unwrap_or_else(|| "no message".to_owned())))
}
