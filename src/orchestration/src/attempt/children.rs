//! What does an attempt wait for that its agent asked of other skills, and does it have its place meanwhile?
//!
//! An attempt whose children have not ended gives its place back, or attempts that ask their own agent would fill its slots and wait for
//! one another. An answer is handed over once the attempt has its place again, which it then keeps while it works on it, also if it waits for
//! others still. Nobody says when that work is over, so an attempt of which nothing is heard for a moment, and which asks nothing of the
//! host, counts as waiting again: two that each wait for all of their children would keep one another from them otherwise.
//!
//! A refusal of what it asked for is an answer like others, except that of one ask too many: that comes at once, with or without the place,
//! because nothing is kept for it. Under a concurrency limit the place is kept: the limit counts those that wait, so that they would fill it
//! and none of their children could begin.
//!
//! The store knows nothing of this: the task goes on `running`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::protocol::ToAgent;
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use baton_domain::wire::trace::Level;
use baton_storage::TaskRecord;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::conversation::at;
use super::failure;
use super::record::TraceBuffer;
use crate::agent_pool::SlotGuard;
use crate::orchestrator::{Asked, Child, Orchestrator};

/// The most children that one attempt waits for at once.
const MAXIMUM_ASKS: usize = 16;
/// How long an attempt that has an answer, and waits for others, keeps its place without a word.
const STILL: Duration = Duration::from_millis(200);

type Answer = Result<Value, Failure>;

/// What happened to what an agent asked for.
pub(super) enum Happening {
    /// A request was taken in as a child, or was not.
    Taken(u64, Result<Child, Failure>),
    /// A child came to its end.
    Ended(u64, Answer),
    /// The attempt has its place again.
    Back,
    /// It has been still for a while.
    Still,
    /// A request broke off, which is nobody's answer.
    Broken,
}

/// The children of one attempt, and its place.
pub(super) struct Children<'a> {
    orchestrator: &'a Arc<Orchestrator>,
    parent: &'a TaskRecord,
    slot: &'a mut SlotGuard,
    to_agent: mpsc::Sender<ToAgent>,
    /// Requests that are being taken in.
    asking: JoinSet<(u64, Result<Child, Failure>)>,
    /// Children that have not ended.
    running: JoinSet<(u64, Answer)>,
    /// Answers that wait for the attempt's place.
    answers: VecDeque<(u64, Answer)>,
    /// When it counts as waiting again, if nothing is heard of it.
    still_at: Option<Instant>,
}

impl<'a> Children<'a> {
    pub(super) fn new(
        orchestrator: &'a Arc<Orchestrator>,
        parent: &'a TaskRecord,
        slot: &'a mut SlotGuard,
        to_agent: mpsc::Sender<ToAgent>,
    ) -> Self {
        let (asking, running) = (JoinSet::new(), JoinSet::new());
        Self { orchestrator, parent, slot, to_agent, asking, running, answers: VecDeque::new(), still_at: None }
    }

    /// Runs another skill as a child task; the answer comes when that has ended. One too many is refused at once.
    pub(super) async fn ask(&mut self, request: u64, asked: Asked) {
        if self.asking.len() + self.running.len() + self.answers.len() >= MAXIMUM_ASKS {
            let text = format!("An attempt waits for at most {MAXIMUM_ASKS} tasks at once.");
            return self.answer(request, Err(failure(Code::NestedTooDeep, text, false))).await;
        }
        self.take_in(request, asked);
    }

    fn take_in(&mut self, request: u64, asked: Asked) {
        let (orchestrator, parent) = (Arc::clone(self.orchestrator), self.parent.clone());
        self.asking.spawn(async move { (request, orchestrator.ask(&parent, asked).await) });
    }

    /// Something else than a heartbeat was heard of the agent.
    pub(super) fn heard(&mut self) {
        if self.still_at.is_some() {
            self.still_at = Some(Instant::now() + STILL);
        }
    }

    /// Waits for the next thing that happens. Nothing is lost if the call is dropped.
    pub(super) async fn next(&mut self) -> Happening {
        let Self { slot, asking, running, answers, still_at, .. } = self;
        // Without anybody to wait for it goes on, too.
        let wants = !answers.is_empty() || (asking.is_empty() && running.is_empty());
        // Who stands in line stays there, whatever else it asks for, or it would not hear of the place that it is given.
        let returns = slot.returns() || (!slot.is_here() && wants);
        tokio::select! {
            biased;
            Some(asked) = asking.join_next() => asked.map_or(Happening::Broken, |(request, child)| Happening::Taken(request, child)),
            Some(ended) = running.join_next() => ended.map_or(Happening::Broken, |(request, answer)| Happening::Ended(request, answer)),
            () = slot.come_back(), if returns => Happening::Back,
            () = at(*still_at) => Happening::Still,
        }
    }

    /// Does what follows from it. `asks` says whether the agent waits for something else of the host, which then is its work, or has said
    /// something that was not heard yet.
    pub(super) async fn settle(&mut self, happening: Happening, trace: &mut TraceBuffer, asks: bool) {
        match happening {
            Happening::Taken(request, Ok(child)) => {
                self.running.spawn(async move { (request, child.ended().await) });
                self.step_aside(trace, asks);
            }
            Happening::Taken(request, Err(failure)) => self.answered(request, Err(failure)).await,
            Happening::Ended(request, answer) => self.answered(request, answer).await,
            Happening::Back => {
                trace.log(Level::Debug, "has its place again".to_owned(), json!({"waits_for": self.running.len()}));
                self.hand_over().await;
            }
            Happening::Still => self.step_aside(trace, asks),
            Happening::Broken => {}
        }
    }

    /// Gives the place back while there is somebody to wait for and nothing else to do.
    fn step_aside(&mut self, trace: &mut TraceBuffer, asks: bool) {
        self.still_at = None;
        if !self.slot.is_here() || self.running.is_empty() {
            return;
        }
        if !asks && !self.orchestrator.is_limited(self.parent) && self.slot.step_aside() {
            trace.log(Level::Debug, "gives its place back while it waits".to_owned(), json!({"waits_for": self.running.len()}));
        } else {
            self.still_at = Some(Instant::now() + STILL);
        }
    }

    /// There is an answer, which waits for the place if the attempt has none.
    async fn answered(&mut self, request: u64, answer: Answer) {
        self.answers.push_back((request, answer));
        if self.slot.is_here() {
            self.hand_over().await;
        }
    }

    async fn hand_over(&mut self) {
        while let Some((request, answer)) = self.answers.pop_front() {
            self.answer(request, answer).await;
        }
        self.still_at = (!self.running.is_empty()).then(|| Instant::now() + STILL);
    }

    async fn answer(&self, request: u64, result: Answer) {
        // An agent that is gone needs no answer.
        let _ = self.to_agent.send(ToAgent::Answered { request, result }).await;
    }

    /// Ends what has not ended.
    pub(super) async fn stop(&mut self) {
        self.asking.shutdown().await;
        self.running.shutdown().await;
    }
}
