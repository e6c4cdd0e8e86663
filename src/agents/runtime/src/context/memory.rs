//! How does an agent remember from one task to the next?

use std::sync::atomic::Ordering;

use baton_domain::id::ArtifactId;
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Context, Pending, from_failure, host_gone};
use crate::SkillError;
use crate::protocol::{FromAgent, Memory};

impl Context {
    /// What the last completed task of this skill [remembered](Self::remember) under a key, on behalf of whoever this task is for. Nothing if
    /// there was none, if its file was deleted, or if it was forgotten: each who submits has room for 1,000 keys of a skill, and what nobody
    /// wrote for 180 days goes.
    ///
    /// # Errors
    /// `ATTEMPT-005` for a key that is empty or longer than 200 bytes, and for more than 16 keys; `STORAGE-001` if storage does not answer.
    pub async fn recall(&self, key: &str) -> Result<Option<Memory>, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Recalled(send));
        self.deliver(FromAgent::Recall { request, key: key.to_owned() }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            () = self.canceled() => Err(self.check().err().unwrap_or_else(host_gone)),
        }
    }

    /// Remembers something under a key that this attempt has [recalled](Self::recall), for the next task: at most 4 KiB of JSON, and an artifact
    /// beside it. It counts once this task has completed; until then, and if it never does, what was recalled counts. Gives whether it is kept:
    /// it is not if another task has written under the key since this one recalled it.
    ///
    /// # Errors
    /// `ATTEMPT-005` for what is too large, `ATTEMPT-004` for a key that was not recalled, `STORAGE-001` if storage does not answer.
    pub async fn remember(&self, key: &str, value: Value, artifact: Option<ArtifactId>) -> Result<bool, SkillError> {
        let request = self.shared.next_request.fetch_add(1, Ordering::Relaxed);
        let (send, answer) = oneshot::channel();
        self.shared.pending.lock().insert(request, Pending::Remembered(send));
        self.deliver(FromAgent::Remember { request, key: key.to_owned(), value, artifact }).await?;
        tokio::select! {
            answer = answer => answer.map_err(|_| host_gone())?.map_err(from_failure),
            () = self.canceled() => Err(self.check().err().unwrap_or_else(host_gone)),
        }
    }
}
