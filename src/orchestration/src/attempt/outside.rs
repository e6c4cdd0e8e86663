//! What does an attempt use that lies outside of Baton? Language models, through their port, and hosts, at one pace.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::protocol::ToAgent;
use baton_domain::model::ModelRequest;
use baton_domain::ports::{ModelCaller, Models};
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure;

/// Hosts that are remembered; above it those whose turn has long come are forgotten.
const MAXIMUM_HOSTS: usize = 10_000;

/// When each host may next be talked to.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    next: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// Waits for the host's turn. Whoever comes later gets a later turn, also if this call is dropped.
    pub(crate) async fn turn(&self, host: &str, interval: Duration) {
        tokio::time::sleep_until(self.reserve(host, interval, Instant::now())).await;
    }

    fn reserve(&self, host: &str, interval: Duration, now: Instant) -> Instant {
        let host = host.to_ascii_lowercase();
        let mut next = self.next.lock();
        if next.len() >= MAXIMUM_HOSTS {
            next.retain(|_, at| *at > now);
        }
        let at = next.get(&host).copied().unwrap_or(now).max(now);
        next.insert(host, at + interval);
        at
    }
}

/// Pieces of an answer on their way to an agent. What finds no room goes with the next one, so that none is missing.
#[derive(Debug, Default)]
struct Waiting {
    /// Whether what was sent is void.
    anew: bool,
    text: String,
}

impl Waiting {
    fn take(&mut self, piece: &str) {
        if piece.is_empty() {
            self.anew = true;
            self.text.clear();
        } else {
            self.text.push_str(piece);
        }
    }

    /// Sends what there is room for.
    fn offer(&mut self, request: u64, to_agent: &mpsc::Sender<ToAgent>) {
        if self.anew {
            let Ok(room) = to_agent.try_reserve() else { return };
            room.send(ToAgent::Written { request, text: String::new() });
            self.anew = false;
        }
        if !self.text.is_empty()
            && let Ok(room) = to_agent.try_reserve()
        {
            room.send(ToAgent::Written { request, text: std::mem::take(&mut self.text) });
        }
    }

    /// What has not been sent.
    fn rest(self) -> Vec<String> {
        self.anew.then(String::new).into_iter().chain((!self.text.is_empty()).then_some(self.text)).collect()
    }
}

/// Asks a model and sends its answer.
pub(super) async fn complete(
    models: Option<Arc<dyn Models>>,
    caller: ModelCaller,
    request: u64,
    call: ModelRequest,
    stream: bool,
    to_agent: mpsc::Sender<ToAgent>,
) {
    let waiting = Mutex::new(Waiting::default());
    let result = match models {
        None => Err(no_models()),
        Some(models) => {
            let write = |piece: &str| {
                let mut waiting = waiting.lock();
                waiting.take(piece);
                waiting.offer(request, &to_agent);
            };
            let written: Option<&(dyn Fn(&str) + Send + Sync)> = if stream { Some(&write) } else { None };
            models.complete(&caller, call, written).await
        }
    };
    for text in waiting.into_inner().rest() {
        let _ = to_agent.send(ToAgent::Written { request, text }).await;
    }
    // An agent that is gone needs no answer.
    let _ = to_agent.send(ToAgent::Completed { request, result: result.map(Box::new) }).await;
}

/// Places texts and sends the places.
pub(super) async fn embed(
    models: Option<Arc<dyn Models>>,
    caller: ModelCaller,
    request: u64,
    texts: Vec<String>,
    to_agent: mpsc::Sender<ToAgent>,
) {
    let result = match models {
        None => Err(no_models()),
        Some(models) => models.embed(&caller, texts).await,
    };
    let _ = to_agent.send(ToAgent::Embedded { request, result }).await;
}

fn no_models() -> Failure {
    failure(Code::ModelUnavailable, "This server has no language models.", false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

    use super::*;

    #[test]
    fn no_piece_is_missing_however_slowly_the_agent_hears() {
        let (to_agent, mut heard) = mpsc::channel(2);
        let mut waiting = Waiting::default();
        let mut texts = Vec::new();
        for piece in ["a", "b", "c", "d", "", "", "e", "f"] {
            waiting.take(piece);
            waiting.offer(7, &to_agent);
        }
        while let Ok(ToAgent::Written { request: 7, text }) = heard.try_recv() {
            texts.push(text);
        }
        // What waited and is void is not sent any more; what follows begins anew.
        waiting.take("g");
        waiting.offer(7, &to_agent);
        while let Ok(ToAgent::Written { request: 7, text }) = heard.try_recv() {
            texts.push(text);
        }
        assert_eq!(texts, ["a", "b", "", "efg"]);
        waiting.take("h");
        assert_eq!(waiting.rest(), ["h"]);
    }

    #[test]
    fn hosts_are_talked_to_one_interval_apart_and_do_not_wait_for_one_another() {
        let (pace, now) = (Pace::default(), Instant::now());
        let interval = Duration::from_millis(200);
        assert_eq!(pace.reserve("a.example", interval, now), now);
        assert_eq!(pace.reserve("a.example", interval, now), now + interval);
        assert_eq!(pace.reserve("b.example", interval, now), now);
        let later = now + Duration::from_secs(5);
        assert_eq!(pace.reserve("a.example", interval, later), later);
    }
}
