//! Does this session live, and who is behind it now? Asked on every request, so the answer is kept for two seconds.
//!
//! What ends or changes a session on this server is seen by the next request: it clears the answer kept here. Another
//! server that shares the database sees it within two seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{SessionId, UserId};
use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::SessionRecord;
use parking_lot::Mutex;

/// How long an answer is believed.
const MAXIMUM_AGE: Duration = Duration::from_secs(2);
/// Answers kept; one takes some 200 bytes.
const MAXIMUM_ANSWERS: usize = 10_000;

/// A session that lived when it was read, and its user as they were then. Without the password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveSession {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) expires_at: Timestamp,
}

impl LiveSession {
    /// The session, unless it has ended.
    pub(crate) fn of(record: &SessionRecord, now: Timestamp) -> Option<Self> {
        let lives = record.revoked_at.is_none() && record.user.active && record.expires_at > now;
        lives.then(|| Self {
            id: record.id,
            user: record.user.id,
            email: record.user.email.clone(),
            role: record.user.role,
            expires_at: record.expires_at,
        })
    }
}

#[derive(Default)]
struct Answers {
    /// Counts what was cleared: an answer that was read before does not come in after.
    generation: u64,
    sessions: HashMap<SessionId, (LiveSession, Timestamp)>,
}

/// The answers of the last two seconds.
pub(crate) struct SessionCache {
    clock: Arc<dyn Clock>,
    answers: Mutex<Answers>,
}

/// Which clearing an answer came after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generation(u64);

impl std::fmt::Debug for SessionCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionCache")
    }
}

impl SessionCache {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, answers: Mutex::new(Answers::default()) }
    }

    /// A recent answer, or what to give [`keep`](Self::keep) with the answer that storage gives.
    pub(crate) fn find(&self, id: SessionId) -> Result<LiveSession, Generation> {
        let now = self.clock.now();
        let answers = self.answers.lock();
        match answers.sessions.get(&id) {
            // A clock that was set back makes an answer old, not young.
            Some((session, at)) if *at <= now && now.since(*at) < MAXIMUM_AGE && session.expires_at > now => Ok(session.clone()),
            _ => Err(Generation(answers.generation)),
        }
    }

    /// What to give [`keep`](Self::keep) with an answer that is asked for now.
    pub(crate) fn asked(&self) -> Generation {
        Generation(self.answers.lock().generation)
    }

    /// Keeps an answer, unless something was cleared since it was asked for.
    pub(crate) fn keep(&self, session: LiveSession, asked: Generation, at: Timestamp) {
        let mut answers = self.answers.lock();
        if answers.generation != asked.0 {
            return;
        }
        if answers.sessions.len() >= MAXIMUM_ANSWERS {
            answers.sessions.retain(|_, (_, kept)| *kept <= at && at.since(*kept) < MAXIMUM_AGE);
        }
        if answers.sessions.len() < MAXIMUM_ANSWERS {
            answers.sessions.insert(session.id, (session, at));
        }
    }

    /// Forgets a session, because it has ended or moved.
    pub(crate) fn forget(&self, id: SessionId) {
        let mut answers = self.answers.lock();
        answers.generation = answers.generation.wrapping_add(1);
        answers.sessions.remove(&id);
    }

    /// Forgets all sessions of a user, because the user has changed.
    pub(crate) fn forget_user(&self, user: UserId) {
        let mut answers = self.answers.lock();
        answers.generation = answers.generation.wrapping_add(1);
        answers.sessions.retain(|_, (session, _)| session.user != user);
    }
}

#[cfg(test)]
#[path = "tests/cached_sessions.rs"]
mod tests;
