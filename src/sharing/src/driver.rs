//! What happens by itself? Leases, awards and turns end, and what a stored step asks for is carried out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_storage::{JournalHead, JournalKind};
use tokio_util::sync::CancellationToken;

use crate::Sharing;

/// The most journals of a kind that are looked at in one round.
const ROUND: u32 = 100;
/// What ends within this time is looked at together.
const ENDS_TOGETHER: Duration = Duration::from_millis(100);
/// How long it is waited for more after something was heard: much may end in a moment, and is looked at once.
const SETTLE: Duration = Duration::from_millis(20);
/// How long is waited at least between rounds in which something could not be done.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// The longest that something waits that could not be done many times in a row.
const LONGEST_TROUBLE: Duration = Duration::from_secs(300);
/// How many journals that could not be taken forward are kept in mind.
const MAXIMUM_TROUBLED: usize = 10_000;
/// The kinds that have deadlines.
const KINDS: [JournalKind; 5] =
    [JournalKind::Claims, JournalKind::Line, JournalKind::Conflict, JournalKind::Contract, JournalKind::Bargain];

/// What a round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// How many journals were due.
    pub due: u32,
    /// How many of them could not be taken forward now.
    pub trouble: u32,
}

impl Sharing {
    /// Hears of a committed event. It may drop it: what counts is stored.
    pub fn heard(&self, event: &Event) {
        let group = event.kind.split('.').next().unwrap_or_default();
        match group {
            "task" | "run" if self.note_end(event) => self.ends.notify_one(),
            "agent" => {
                // Whoever is gone does not do what was awarded to it.
                self.agents_changed.store(true, Ordering::SeqCst);
                self.bell.notify_one();
            }
            // What becomes of a conflict is known as soon as its voters have decided.
            "decision" if self.note_decision(event) => self.bell.notify_one(),
            "contract" | "bargain" | "conflict" => self.bell.notify_one(),
            // Another server's turn: whoever waits here looks again.
            "claim" => self.shelf.ring(event.project_id),
            _ => {}
        }
    }

    /// Events were lost: everything that goes on is looked at, and whoever waits looks again.
    pub fn missed(&self) {
        self.missed.store(true, Ordering::SeqCst);
        self.bell.notify_one();
        self.shelf.ring_all();
    }

    /// Does what is due, again and again, until it is stopped.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        tokio::join!(self.run_rounds(&stop), self.run_ends(&stop));
    }

    /// Gives back what those held that have ended. Apart from the rounds: a busy server ends thousands of tasks a second, few of which hold anything,
    /// and what is due does not change with them.
    async fn run_ends(&self, stop: &CancellationToken) {
        let mut again = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.ends.notified() => self.parts.pause.pause(ENDS_TOGETHER).await,
                () = self.parts.pause.pause(AFTER_TROUBLE), if again => {}
            }
            again = match self.see_ends().await {
                Ok(0) => false,
                Ok(_) => true,
                Err(problem) => {
                    tracing::warn!(%problem, "what those held that have ended is given back later");
                    true
                }
            };
        }
    }

    /// Gives how much could not be done: claims of a project, contracts.
    async fn see_ends(&self) -> Answer<u32> {
        let (mut changed, mut trouble) = match self.release_ended().await {
            Ok(changed) => (changed, 0),
            // Of one project; others do not stand still for it.
            Err(problem) => {
                tracing::warn!(%problem, "what those held that have ended is given back later");
                (false, 1)
            }
        };
        for contract in self.tasks_that_ended().await? {
            trouble += u32::from(self.drive(&contract).await);
            changed = true;
        }
        if changed {
            // Something else may be due next.
            self.bell.notify_one();
        }
        Ok(trouble)
    }

    async fn run_rounds(&self, stop: &CancellationToken) {
        let mut begun = false;
        loop {
            begun &= !self.missed.swap(false, Ordering::SeqCst);
            let round = if begun { self.round().await } else { self.take_up().await };
            begun |= round.is_ok();
            let pause = match round {
                Ok(Round { trouble: 0, due }) if due > 0 => Duration::ZERO,
                Ok(Round { trouble: 0, .. }) => self.until_next().await,
                Ok(_) => AFTER_TROUBLE,
                Err(problem) => {
                    tracing::warn!(%problem, "what is due of claims, conflicts and contracts waits");
                    AFTER_TROUBLE
                }
            };
            let bell = self.bell.notified();
            tokio::select! {
                () = stop.cancelled() => return,
                () = bell, if pause > Duration::ZERO => self.parts.pause.pause(SETTLE).await,
                () = self.parts.pause.pause(pause), if pause > Duration::ZERO => {}
                () = std::future::ready(()), if pause.is_zero() => tokio::task::yield_now().await,
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let now = self.now();
        if !self.troubled.lock().is_empty() {
            // Of what is due next storage tells the first only, and that may be one of these.
            return AFTER_TROUBLE;
        }
        let mut pause = self.options.look_every;
        for kind in KINDS {
            if let Ok(Some(next)) = self.parts.journals.next_wake(kind).await {
                pause = pause.min(next.since(now));
            }
        }
        pause.max(Duration::from_millis(1))
    }

    /// After a start: everything that goes on is looked at once, for what was asked for outside may not have been done.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn take_up(&self) -> Answer<Round> {
        let mut trouble = 0;
        for kind in [JournalKind::Conflict, JournalKind::Contract, JournalKind::Bargain] {
            trouble += self.drive_live(kind).await?;
        }
        let round = self.round().await?;
        Ok(Round { due: round.due, trouble: round.trouble + trouble })
    }

    /// Looks at all that go on. Gives how many could not be taken forward.
    async fn drive_live(&self, kind: JournalKind) -> Answer<u32> {
        let (mut trouble, mut after) = (0, None);
        loop {
            let live = self.parts.journals.live_journals(kind, after, ROUND).await?;
            let Some(last) = live.last() else { return Ok(trouble) };
            after = Some(last.id);
            for head in &live {
                trouble += u32::from(self.drive(head).await);
            }
        }
    }

    /// One round over what is due. Tests call it by themselves.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn round(&self) -> Answer<Round> {
        let mut round = Round::default();
        round.trouble += self.see_ends().await?;
        if self.agents_changed.swap(false, Ordering::SeqCst) {
            round.trouble += self.drive_live(JournalKind::Contract).await?;
        }
        for conflict in self.conflicts_decided().await? {
            round.trouble += u32::from(self.drive(&conflict).await);
        }
        let troubled = u32::try_from(self.troubled.lock().len()).unwrap_or(u32::MAX);
        let mut seen = BTreeSet::new();
        for kind in KINDS {
            // Those that could not be done are due first, and do not stand in the way of others.
            let due = self.parts.journals.due_journals(kind, self.now(), ROUND.saturating_add(troubled)).await?;
            for head in &due {
                seen.insert(head.id);
                if self.waits(head) {
                    continue;
                }
                round.due += 1;
                round.trouble += u32::from(self.drive(head).await);
            }
        }
        // Whatever is not due any more is not in trouble.
        self.troubled.lock().retain(|id, _| seen.contains(id));
        Ok(round)
    }

    /// Whether something that could not be done is left alone for a while.
    fn waits(&self, head: &JournalHead) -> bool {
        self.troubled.lock().get(&head.id).is_some_and(|(_, until)| *until > self.now())
    }

    /// Notes that something could not be done: each time it waits twice as long.
    fn put_off(&self, head: &JournalHead) {
        let mut troubled = self.troubled.lock();
        if troubled.len() >= MAXIMUM_TROUBLED && !troubled.contains_key(&head.id) {
            return;
        }
        let (times, until) = troubled.entry(head.id).or_default();
        let span = AFTER_TROUBLE.saturating_mul(1 << (*times).min(16)).min(LONGEST_TROUBLE);
        (*times, *until) = (times.saturating_add(1), self.now().plus(span));
    }

    /// Takes a journal forward. Gives whether that could not be done.
    async fn drive(&self, head: &JournalHead) -> bool {
        let done: Result<(), Problem> = match head.kind {
            JournalKind::Claims => self.tick(head.project).await,
            JournalKind::Line => self.follow_line(head.id).await,
            JournalKind::Conflict => self.drive_conflict(head).await,
            JournalKind::Contract => self.drive_contract(head).await,
            JournalKind::Bargain => self.drive_bargain(head).await,
            _ => Ok(()),
        };
        match done {
            Ok(()) => {
                self.troubled.lock().remove(&head.id);
                false
            }
            Err(problem) => {
                self.put_off(head);
                tracing::warn!(kind = head.kind.as_str(), id = %head.id, %problem, "what is due waits");
                true
            }
        }
    }
}
