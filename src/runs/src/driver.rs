//! Which run is gone on with, and when? Those that something was heard of, those whose time has come, and, now and then, all of them.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{DecisionId, JournalId, RunId, TaskId};
use baton_domain::problem::Problem;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::run::RunSummary;
use baton_storage::JournalKind;
use baton_workflow::Fact;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::live::Live;
use crate::runs::Runs;
use crate::slots::{Mail, Slot};
use crate::turn::{By, TurnError, UNSAVED};

/// How often a server looks around for what it may have missed.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The most runs that a server holds in memory.
pub const MAXIMUM_LOADED: usize = 256;
/// How many runs are gone on with at the same time.
const AT_ONCE: usize = 16;
/// After what time something is tried again that could not be done.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a run that nobody writes is left to others before this server takes it up.
const QUIET: Duration = Duration::from_secs(30);
/// How often the ends of all that a run has begun are looked up, in case that an event was lost.
const RECHECK: Duration = Duration::from_secs(60);
/// Journals that are read at once.
const JOURNALS: u32 = 200;
/// By what the tasks of runs are known in their events.
const FAIRNESS: &str = "\"fairness_key\":\"run:";
/// How long an identifier is.
const ID: usize = 36;

/// What a server remembers of a run that it left to others.
pub(crate) struct Looked {
    version: i64,
    at: Timestamp,
}

impl Runs {
    /// Goes on with runs until it is told to stop. Several servers may do so with the same storage.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut taken_up = false;
        let mut looked = self.parts.sources.clock.now();
        while !stop.is_cancelled() {
            if !taken_up {
                match self.take_up().await {
                    Ok(()) => taken_up = true,
                    Err(problem) => tracing::warn!(%problem, "runs are taken up later"),
                }
            }
            self.settle().await;
            let now = self.parts.sources.clock.now();
            if now.since(looked) >= LOOK_EVERY {
                looked = now;
                if let Err(problem) = self.look_around().await {
                    tracing::warn!(%problem, "runs are looked through later");
                }
                continue;
            }
            let next = self.later.lock().first().map(|(at, _)| *at);
            let wait = next.map_or(LOOK_EVERY, |at| at.since(now).min(LOOK_EVERY));
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes up every run that goes on, as after a start.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn take_up(self: &Arc<Self>) -> Result<(), Problem> {
        let mut after: Option<JournalId> = None;
        loop {
            let heads = self.parts.journals.live_journals(JournalKind::Run, after, JOURNALS).await?;
            let Some(last) = heads.last().map(|head| head.id) else {
                break;
            };
            for head in heads {
                self.adopt(RunId::new(*head.id.as_uuid()));
            }
            // Some at a time, so that not all are in memory at once.
            self.settle().await;
            after = Some(last);
        }
        self.close_all_orphans(self.parts.sources.clock.now()).await
    }

    async fn close_all_orphans(&self, before: Timestamp) -> Result<(), Problem> {
        let mut after = None;
        loop {
            after = self.close_orphans(after, JOURNALS, before).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Goes on with a run here.
    pub(crate) fn adopt(&self, id: RunId) {
        let slot = self.slot(id);
        self.ring(&slot);
    }

    /// Goes on with all that something was heard of or whose time has come, until nothing is left to be done now.
    pub async fn settle(self: &Arc<Self>) {
        loop {
            self.ring_due();
            let rung: Vec<RunId> = self.rung.lock().drain(..).collect();
            if rung.is_empty() {
                break;
            }
            let work = rung.into_iter().map(|id| {
                let me = Arc::clone(self);
                // Each on its own, so that one that computes for long does not hold up the others.
                tokio::spawn(async move { me.process(id).await })
            });
            futures::stream::iter(work).for_each_concurrent(AT_ONCE, |handle| async { drop(handle.await) }).await;
            self.make_room(MAXIMUM_LOADED);
        }
    }

    fn ring_due(&self) {
        let now = self.parts.sources.clock.now();
        loop {
            let id = {
                let mut later = self.later.lock();
                match later.first().copied() {
                    Some((at, id)) if at <= now => {
                        later.pop_first();
                        id
                    }
                    _ => return,
                }
            };
            if let Some(slot) = self.known(id) {
                self.ring(&slot);
            }
        }
    }

    async fn process(self: Arc<Self>, id: RunId) {
        let Some(slot) = self.known(id) else {
            return;
        };
        let mut live = slot.live.lock().await;
        slot.queued.store(false, std::sync::atomic::Ordering::Release);
        match self.go_on(&slot, &mut live).await {
            Ok(true) => {}
            Ok(false) => {
                *live = None;
                self.leave(&slot);
            }
            Err(TurnError::Stale) => {
                *live = None;
                let steered = slot.mail.lock().iter().any(Mail::steers);
                if steered {
                    self.ring(&slot);
                } else {
                    // Another server goes on with it.
                    slot.mail.lock().clear();
                    self.leave(&slot);
                }
            }
            Err(TurnError::Refused(problem) | TurnError::Failed(problem)) => {
                *live = None;
                tracing::warn!(run = %id, %problem, "a run is gone on with later");
                self.later(id, self.parts.sources.clock.now().plus(AGAIN));
            }
        }
    }

    /// Goes on with one run as far as it goes now; gives whether it stays here.
    async fn go_on(&self, slot: &Slot, place: &mut Option<Box<Live>>) -> Result<bool, TurnError> {
        if place.is_none() {
            *place = self.load(slot.id).await?;
        }
        let Some(live) = place.as_mut() else {
            return Ok(false);
        };
        loop {
            let mut mail = std::mem::take(&mut *slot.mail.lock());
            mail.append(&mut live.mail);
            let told = match self.tell(live, &mail).await {
                Ok(()) => self.carry_out(live).await,
                Err(error) => {
                    // What the run above asks for is done once the run is loaded again; the rest is looked up then.
                    let mut kept: Vec<Mail> = mail.into_iter().filter(Mail::steers).collect();
                    let mut later = slot.mail.lock();
                    kept.append(&mut later);
                    *later = kept;
                    return Err(error);
                }
            };
            let idle = live.facts.is_empty() && live.mail.is_empty() && slot.mail.lock().is_empty();
            if !idle {
                continue;
            }
            let now = self.parts.sources.clock.now();
            if let Some(at) = live.next_wake() {
                self.later(slot.id, at);
            }
            if told {
                self.later(slot.id, now.plus(AGAIN));
            } else if let Some(since) = live.unsaved_since {
                self.later(slot.id, since.plus(UNSAVED));
            }
            return Ok(told || !live.is_ended() || !live.unsaved.is_empty());
        }
    }

    /// Takes in what was heard and whose time has come.
    async fn tell(&self, live: &mut Live, mail: &[Mail]) -> Result<(), TurnError> {
        for letter in mail.iter().filter(|letter| letter.steers()) {
            let fact = match letter {
                Mail::Pause => Fact::Paused,
                Mail::Cancel => Fact::Canceled,
                // One that somebody has paused by themselves stays so.
                Mail::Resume if !live.held => continue,
                _ => Fact::Resumed,
            };
            match self.turn(live, vec![fact], By::Parent).await {
                // It has ended, and tells so below.
                Ok(()) | Err(TurnError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
            if *letter == Mail::Cancel
                && live.is_ended()
                && let Some(parent) = &live.opening.parent
            {
                self.send(parent.run, Mail::Run(live.id));
            }
        }
        let mut facts = self.facts_of(live, mail).await?;
        facts.append(&mut live.facts);
        facts.extend(live.due(self.parts.sources.clock.now()));
        match self.turn(live, facts, By::Server).await {
            Err(TurnError::Refused(problem)) => {
                tracing::warn!(run = %live.id, %problem, "a fact was refused");
                Ok(())
            }
            other => other,
        }
    }

    /// Hears a committed event. It is quick and may miss something: what counts is in storage.
    pub fn heard(&self, event: &Event) {
        if let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) {
            if !state.is_terminal() {
                return;
            }
            let text = event.data.text();
            let run = text.find(FAIRNESS).and_then(|at| text.get(at + FAIRNESS.len()..at + FAIRNESS.len() + ID));
            let run = run.and_then(|id| id.parse::<RunId>().ok()).and_then(|id| self.known(id));
            let task = event.subject.strip_prefix("task:").and_then(|id| id.parse::<TaskId>().ok());
            if let (Some(slot), Some(task)) = (run, task) {
                slot.mail.lock().push(Mail::Task(task));
                self.ring(&slot);
            }
        } else if matches!(event.kind.as_str(), "decision.decided" | "decision.ended") {
            let decision = event.subject.strip_prefix("decision:").and_then(|id| id.parse::<DecisionId>().ok());
            let run = decision.and_then(|id| self.decisions.lock().get(&id).copied());
            if let (Some(decision), Some(slot)) = (decision, run.and_then(|id| self.known(id))) {
                slot.mail.lock().push(Mail::Decision(decision));
                self.ring(&slot);
            }
        } else if matches!(event.kind.as_str(), "run.completed" | "run.failed" | "run.canceled")
            && let Ok(RunSummary { id, parent: Some(parent), .. }) = event.data.read::<RunSummary>()
            && let Some(slot) = self.known(parent.run)
        {
            slot.mail.lock().push(Mail::Run(id));
            self.ring(&slot);
        }
    }

    /// Events were lost: everything that runs here have begun is looked up.
    pub fn missed(&self) {
        let slots: Vec<Arc<Slot>> = self.slots.lock().values().map(Arc::clone).collect();
        for slot in slots {
            slot.mail.lock().push(Mail::Look);
            self.ring(&slot);
        }
    }

    /// Looks for what was missed, and for runs that nobody goes on with.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn look_around(&self) -> Result<(), Problem> {
        let now = self.parts.sources.clock.now();
        for head in self.parts.journals.due_journals(JournalKind::Run, now.minus(LOOK_EVERY), JOURNALS).await? {
            self.adopt(RunId::new(*head.id.as_uuid()));
        }
        let after = *self.looking.lock();
        let heads = self.parts.journals.live_journals(JournalKind::Run, after, JOURNALS).await?;
        *self.looking.lock() = heads.last().map(|head| head.id).filter(|_| heads.len() >= JOURNALS as usize);
        for head in heads {
            let id = RunId::new(*head.id.as_uuid());
            let slot = self.known(id);
            let mut looked = self.looked.lock();
            let since = looked.entry(id).or_insert(Looked { version: head.version, at: now });
            if since.version != head.version {
                *since = Looked { version: head.version, at: now };
                continue;
            }
            let quiet = now.since(since.at);
            match slot {
                // Nothing has happened for long: events may have been lost.
                Some(slot) if quiet >= RECHECK => {
                    since.at = now;
                    slot.mail.lock().push(Mail::Look);
                    self.ring(&slot);
                }
                None if quiet >= QUIET => {
                    since.at = now;
                    self.adopt(id);
                }
                _ => {}
            }
        }
        self.looked.lock().retain(|_, looked| now.since(looked.at) < RECHECK * 10);
        let after = *self.looking_at_approvals.lock();
        let next = self.close_orphans(after, JOURNALS, now.minus(QUIET)).await?;
        *self.looking_at_approvals.lock() = next;
        let known = self.slots.lock().keys().copied().collect::<std::collections::HashSet<_>>();
        self.decisions.lock().retain(|_, run| known.contains(run));
        self.make_room(MAXIMUM_LOADED);
        Ok(())
    }
}
