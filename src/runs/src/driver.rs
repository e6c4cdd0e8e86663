//! Which run is gone on with, and when? Those that something was heard of, those whose time has come, and, now and then, all of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{DecisionId, JournalId, RunId, TaskId};
use baton_domain::problem::Problem;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::run::RunSummary;
use baton_storage::{JournalHead, JournalKind};
use baton_workflow::Fact;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::live::{Live, Todo};
use crate::record::journal;
use crate::runs::Runs;
use crate::slots::{Left, Mail, Slot};
use crate::turn::{By, TurnError, UNSAVED};

/// How often a server looks around for what it may have missed.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The most runs that a server holds in memory.
pub const MAXIMUM_LOADED: usize = 256;
/// How many runs are gone on with at the same time.
const AT_ONCE: usize = 16;
/// After what time something is tried again that could not be done.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a run that always has more to do is gone on with before others, and whoever asks something of it, have their turn.
const ROUNDS: u32 = 16;
/// After how many runs that were gone on with it is looked whether too many are in memory.
const ROOM_EVERY: u32 = 64;
/// How long taking up waits for the runs that it has taken up.
const BREATH: Duration = Duration::from_millis(20);
/// How long a run is left to a server that was faster.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a run that nobody writes is left to others before this server takes it up.
const QUIET: Duration = Duration::from_secs(30);
/// How often the ends of all that a run has begun are looked up, in case that an event was lost.
const RECHECK: Duration = Duration::from_secs(60);
/// Journals that are read at once.
const JOURNALS: u32 = 200;
/// How many times as many are looked at each time.
const PAGES: u32 = 10;
/// By what the tasks of runs are known in their events.
const FAIRNESS: &str = "\"fairness_key\":\"run:";
/// How long an identifier is.
const ID: usize = 36;

/// How a run stands after it was gone on with.
enum Rest {
    /// There is nothing to be done about it now.
    Waits,
    /// There is more to be done at once.
    More,
    /// It has ended.
    Over,
}

impl Runs {
    /// Goes on with runs until it is told to stop. Several servers may do so with the same storage.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut at_work = JoinSet::new();
        // Beside the work, so that neither waits for the other.
        let mut upkeep: JoinSet<bool> = JoinSet::new();
        let mut taken_up = false;
        let mut looked: Option<Timestamp> = None;
        let mut ended = 0_u32;
        while !stop.is_cancelled() {
            self.begin_rung(&mut at_work);
            let now = self.parts.sources.clock.now();
            let every = if taken_up { LOOK_EVERY } else { AGAIN };
            if upkeep.is_empty() && looked.is_none_or(|at| now.since(at) >= every) {
                looked = Some(now);
                upkeep.spawn(Arc::clone(&self).look_after(taken_up));
            }
            let next = self.later.lock().first().map(|(at, _)| *at);
            let wait = next.map_or(LOOK_EVERY, |at| at.since(now).min(LOOK_EVERY)).min(every);
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = at_work.join_next(), if !at_work.is_empty() => {
                    ended = ended.wrapping_add(1);
                    if ended.is_multiple_of(ROOM_EVERY) {
                        self.make_room(MAXIMUM_LOADED);
                    }
                }
                Some(done) = upkeep.join_next(), if !upkeep.is_empty() => taken_up = done.unwrap_or(taken_up),
                () = self.bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        // What is being written is written to its end.
        while at_work.join_next().await.is_some() {}
        self.save_identifiers().await;
    }

    /// Stores what has begun and is not stored yet, so that whoever goes on need not ask for it.
    async fn save_identifiers(&self) {
        let slots: Vec<Arc<Slot>> = self.slots.lock().values().map(Arc::clone).collect();
        for slot in slots {
            let mut place = slot.live.lock().await;
            if place.as_ref().is_none_or(|live| live.unsaved.is_empty()) {
                continue;
            }
            // It is not gone on with here.
            let Some(mut live) = slot.take(&mut place) else { continue };
            live.unsaved_since = Some(self.parts.sources.clock.now().minus(UNSAVED));
            let facts = std::mem::take(&mut live.facts);
            if let Err(error) = self.turn(&mut live, facts, By::Server).await {
                tracing::warn!(run = %slot.id, ?error, "what has begun is asked for again after the next start");
            }
        }
    }

    /// Takes up what goes on, the first time, or looks around; gives whether all is taken up.
    async fn look_after(self: Arc<Self>, taken_up: bool) -> bool {
        let done = if taken_up { self.look_around().await } else { self.take_up_slowly().await };
        match done {
            Ok(()) => true,
            Err(problem) => {
                tracing::warn!(%problem, "runs are looked through later");
                taken_up
            }
        }
    }

    /// Takes up every run that goes on, some at a time, so that not all are in memory at once.
    async fn take_up_slowly(&self) -> Result<(), Problem> {
        let mut after: Option<JournalId> = None;
        loop {
            let heads = self.parts.journals.live_journals(JournalKind::Run, after, JOURNALS).await?;
            let Some(last) = heads.last().map(|head| head.id) else {
                break;
            };
            for head in heads {
                self.adopt(RunId::new(*head.id.as_uuid()));
            }
            after = Some(last);
            while self.rung.lock().len() > AT_ONCE {
                tokio::time::sleep(BREATH).await;
            }
        }
        self.close_all_orphans(self.parts.sources.clock.now()).await
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
        let mut at_work = JoinSet::new();
        loop {
            self.begin_rung(&mut at_work);
            if at_work.join_next().await.is_none() {
                break;
            }
        }
        self.make_room(MAXIMUM_LOADED);
    }

    /// Begins to go on with what is to be gone on with now, as far as there is place. Each on its own, so that one that computes for long does not hold
    /// up the others.
    fn begin_rung(self: &Arc<Self>, at_work: &mut JoinSet<()>) {
        self.ring_due();
        while at_work.len() < AT_ONCE {
            let Some(id) = self.rung.lock().pop_front() else {
                break;
            };
            at_work.spawn(Arc::clone(self).process(id));
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
        let mut place = slot.live.lock().await;
        slot.queued.store(false, Ordering::Release);
        if !self.is_known(&slot) {
            return;
        }
        slot.used.store(self.next_use(), Ordering::Relaxed);
        let done = match self.is_left(&slot).await {
            Ok(true) => return,
            Ok(false) => self.go_on_in(&slot, &mut place).await,
            Err(problem) => Err(TurnError::Failed(problem)),
        };
        match done {
            Ok(Rest::Waits) => {}
            // Behind all others that wait, and behind whoever asks something of it.
            Ok(Rest::More) => self.ring(&slot),
            Ok(Rest::Over) => self.leave(&slot),
            Err(TurnError::Stale) => self.behind(&slot).await,
            Err(TurnError::Refused(problem) | TurnError::Failed(problem)) => {
                tracing::warn!(run = %id, %problem, "a run is gone on with later");
                self.later(id, self.parts.sources.clock.now().plus(AGAIN));
            }
        }
    }

    /// Whether another server goes on with a run that it was faster to write. If that one has not written it again after a while, this one goes on.
    async fn is_left(&self, slot: &Slot) -> Result<bool, Problem> {
        let Some(left) = *slot.left.lock() else {
            return Ok(false);
        };
        // What the run above asks for is done by whoever was told.
        let steered = slot.mail.lock().iter().any(Mail::steers);
        if !steered {
            if self.parts.sources.clock.now() < left.until {
                return Ok(true);
            }
            let head = self.parts.journals.journal(journal(slot.id)).await?;
            if head.is_none_or(|(head, _)| head.version != left.version) {
                *slot.left.lock() = None;
                slot.mail.lock().retain(Mail::steers);
                self.leave(slot);
                return Ok(true);
            }
        }
        *slot.left.lock() = None;
        Ok(false)
    }

    /// Leaves a run to the server that was faster, for a while.
    async fn behind(&self, slot: &Arc<Slot>) {
        if slot.mail.lock().iter().any(Mail::steers) {
            self.ring(slot);
            return;
        }
        let until = self.parts.sources.clock.now().plus(PATIENCE);
        // Otherwise it is loaded again, and is gone, or then storage answers again.
        if let Ok(Some((head, _))) = self.parts.journals.journal(journal(slot.id)).await {
            *slot.left.lock() = Some(Left { version: head.version, until });
        }
        self.later(slot.id, until);
    }

    async fn go_on_in(&self, slot: &Slot, place: &mut Option<Box<Live>>) -> Result<Rest, TurnError> {
        // Taken out: whatever goes wrong from here, it is loaded again.
        let live = match slot.take(place) {
            Some(live) => Some(live),
            None => self.load(slot.id).await?,
        };
        let Some(mut live) = live else {
            return Ok(Rest::Over);
        };
        let rest = self.go_on(slot, &mut live).await?;
        if !matches!(rest, Rest::Over) {
            slot.put(place, live);
        }
        Ok(rest)
    }

    /// Goes on with one run as far as it goes now, but not for longer than others can wait.
    async fn go_on(&self, slot: &Slot, live: &mut Live) -> Result<Rest, TurnError> {
        let mut told = false;
        for _ in 0..ROUNDS {
            let mut mail = std::mem::take(&mut *slot.mail.lock());
            mail.append(&mut live.mail);
            told = match self.tell(live, &mail).await {
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
            let idle = !std::mem::take(&mut live.soon) && live.facts.is_empty() && live.mail.is_empty() && slot.mail.lock().is_empty();
            if idle {
                return Ok(self.rests(slot, live, told));
            }
        }
        // Its timers and what could not be done wait for no more than their turn.
        let _ = self.rests(slot, live, told);
        Ok(Rest::More)
    }

    /// Notes when a run is gone on with next, if nothing is heard of it.
    fn rests(&self, slot: &Slot, live: &Live, told: bool) -> Rest {
        if let Some(at) = live.next_wake() {
            self.later(slot.id, at);
        }
        if told {
            self.later(slot.id, self.parts.sources.clock.now().plus(AGAIN));
        } else if let Some(since) = live.unsaved_since {
            self.later(slot.id, since.plus(UNSAVED));
        }
        if told || !live.is_ended() || !live.unsaved.is_empty() { Rest::Waits } else { Rest::Over }
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
        if mail.contains(&Mail::Look) {
            // Another server may have ended a step while this one was asking somebody about it.
            live.todo.extend(self.left_open(live).await?.into_iter().map(Todo::Close));
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
            let run = run.and_then(|id| id.parse::<RunId>().ok());
            let task = event.subject.strip_prefix("task:").and_then(|id| id.parse::<TaskId>().ok());
            if let (Some(run), Some(task)) = (run, task) {
                self.tell_known(run, Mail::Task(task));
            }
        } else if matches!(event.kind.as_str(), "decision.decided" | "decision.ended") {
            let decision = event.subject.strip_prefix("decision:").and_then(|id| id.parse::<DecisionId>().ok());
            let run = decision.and_then(|id| self.decisions.lock().get(&id).copied());
            if let (Some(decision), Some(run)) = (decision, run) {
                self.tell_known(run, Mail::Decision(decision));
            }
        } else if matches!(event.kind.as_str(), "run.completed" | "run.failed" | "run.canceled")
            && let Ok(RunSummary { id, parent: Some(parent), .. }) = event.data.read::<RunSummary>()
        {
            self.tell_known(parent.run, Mail::Run(id));
        }
    }

    /// Events were lost: everything that runs here have begun is looked up.
    pub fn missed(&self) {
        let ids: Vec<RunId> = self.slots.lock().keys().copied().collect();
        for id in ids {
            self.tell_known(id, Mail::Look);
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
        for _ in 0..PAGES {
            let after = *self.looking.lock();
            let heads = self.parts.journals.live_journals(JournalKind::Run, after, JOURNALS).await?;
            let last = heads.last().map(|head| head.id).filter(|_| heads.len() >= JOURNALS as usize);
            *self.looking.lock() = last;
            for head in heads {
                self.look_at(&head, now);
            }
            if last.is_none() {
                break;
            }
        }
        let after = *self.looking_at_approvals.lock();
        let next = self.close_orphans(after, JOURNALS, now.minus(QUIET)).await?;
        *self.looking_at_approvals.lock() = next;
        let known = self.slots.lock().keys().copied().collect::<std::collections::HashSet<_>>();
        self.decisions.lock().retain(|_, run| known.contains(run));
        self.make_room(MAXIMUM_LOADED);
        Ok(())
    }

    /// Looks whether a run that nobody has written for long was forgotten, or has changed without this server.
    fn look_at(&self, head: &JournalHead, now: Timestamp) {
        let id = RunId::new(*head.id.as_uuid());
        let quiet = now.since(head.updated_at);
        if quiet < QUIET {
            return;
        }
        let Some(slot) = self.known(id) else {
            self.adopt(id);
            return;
        };
        // Whoever has written it does not go on with it, and this server does not know what was written.
        if let Ok(mut place) = slot.live.try_lock()
            && place.as_ref().is_some_and(|live| live.version < head.version)
        {
            drop(slot.take(&mut place));
            self.ring(&slot);
        }
        // One that only waits for people has begun nothing that could have ended.
        let steps = |which: &str| head.summary.pointer(which).and_then(serde_json::Value::as_u64).unwrap_or_default();
        if steps("/steps/running") == 0 && steps("/steps/approving") > 0 {
            return;
        }
        let checked = slot.checked.lock().is_some_and(|at| now.since(at) < RECHECK);
        if quiet >= RECHECK && !checked {
            // Nothing has happened for long: events may have been lost.
            *slot.checked.lock() = Some(now);
            self.tell_known(id, Mail::Look);
        }
    }
}
