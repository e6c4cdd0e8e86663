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
///
/// What the agent says is passed on between its turns, never while it has one. Whoever is woken in its turn waits in line on its thread, and an
/// agent that keeps the thread would keep the host from hearing that it has fallen silent.
pub(super) async fn run(
    agent: Arc<dyn Agent>,
    start: Start,
    mut host_says: mpsc::Receiver<ToAgent>,
    say: mpsc::Sender<FromAgent>,
    canceled: CancellationToken,
) {
    let (inside, mut said) = mpsc::channel(CHANNEL);
    let context = Context::new(&start, inside, canceled.clone());
    let answers = context.clone();
    let listen = async {
        while let Some(message) = host_says.recv().await {
            answers.receive(message);
        }
        // The host is gone; nobody would hear the outcome.
        std::future::pending::<()>().await;
    };
    let span = Duration::from_millis(start.heartbeat_ms.max(50));
    // That it started is its first sign of life.
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + span, span);
    let work = std::panic::AssertUnwindSafe(agent.perform(context, &start.skill, start.input)).catch_unwind();
    tokio::pin!(listen, work);
    let mut began = Some(FromAgent::Started);
    let talk = async {
        loop {
            let result = tokio::select! {
                biased;
                result = &mut work => Some(result),
                Some(message) = said.recv() => {
                    pass_on(&say, began.take().into_iter().chain([message]), &mut said).await;
                    None
                }
                () = std::future::ready(()), if began.is_some() => {
                    pass_on(&say, began.take(), &mut said).await;
                    None
                }
                _ = beat.tick() => {
                    let _ = say.try_send(FromAgent::Heartbeat);
                    None
                }
            };
            match result {
                Some(result) => {
                    pass_on(&say, began.take(), &mut said).await;
                    break result;
                }
                // The host hears of it before the agent has its next turn.
                None => tokio::task::yield_now().await,
            }
        }
    };
    let result = tokio::select! {
        biased;
        result = talk => result.unwrap_or_else(|panic| Err(crashed(panic.as_ref()))),
        () = listen => return,
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

/// Tells the host these messages, and whatever else the agent has said so far.
async fn pass_on(say: &mpsc::Sender<FromAgent>, first: impl IntoIterator<Item = FromAgent>, said: &mut mpsc::Receiver<FromAgent>) {
    for message in first {
        let _ = say.send(message).await;
    }
    while let Ok(message) = said.try_recv() {
        let _ = say.send(message).await;
    }
}

fn crashed(panic: &(dyn std::any::Any + Send)) -> SkillError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    SkillError::new(Code::AgentPanicked, format!("the agent crashed: {}", text.unwrap_or_else(|| "no message".to_owned())))
}
