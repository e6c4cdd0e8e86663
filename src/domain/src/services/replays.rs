//! What can be done with the recordings of runs.

use async_trait::async_trait;

use super::Answer;
use crate::id::RunId;
use crate::user::Caller;
use crate::wire::replay::{ReplayReport, RunRecording};
use crate::wire::run::RunDiff;

/// Shows what was recorded of runs that have ended, compares it, and goes through them again with nothing outside.
#[async_trait]
pub trait ReplayService: Send + Sync {
    /// What was recorded of a run, the same for two runs of the same.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `REPLAY-005` for a recording too large to be shown, `REPLAY-006`, `REPLAY-007` while it goes on, `REPLAY-008` if something of it is not kept any
    /// more.
    async fn recording(&self, caller: &Caller, id: RunId) -> Answer<RunRecording>;

    /// Goes through a run again: its agents do their work once more, answered from what was recorded, and everything must come to the same, byte for
    /// byte. Nothing is stored. That it does not come to the same is an answer, and no error.
    ///
    /// # Errors
    /// `WORKFLOW-041`, `REPLAY-007` while it goes on, `REPLAY-008` if something of it is not kept any more, `REPLAY-009` while another replay of the project is under way,
    /// `REPLAY-010` beyond a bound.
    async fn replay(&self, caller: &Caller, id: RunId) -> Answer<ReplayReport>;

    /// Compares two runs that have ended, step by step and call by call: where they part first, and what else differs by itself. The first one is on the left.
    ///
    /// # Errors
    /// `WORKFLOW-041` for either, `REPLAY-005` for one too large to be compared, `REPLAY-006`, `REPLAY-007` while one goes on, `REPLAY-008` if something of
    /// them is not kept any more.
    async fn diff(&self, caller: &Caller, id: RunId, with: RunId) -> Answer<RunDiff>;
}
