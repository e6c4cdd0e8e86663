//! How recordings of runs answer in tests.

use async_trait::async_trait;
use baton_domain::id::RunId;
use baton_domain::services::{Answer, ReplayService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::replay::{ReplayReport, RunRecording};
use baton_domain::wire::run::RunDiff;
use serde_json::json;

use super::Fake;
use super::samples::of;
use super::workflows::run;

#[async_trait]
impl ReplayService for Fake {
    async fn recording(&self, caller: &Caller, id: RunId) -> Answer<RunRecording> {
        self.0.allowed(caller, Permission::Read, format!("recording of {id}"))?;
        Ok(of(json!({"run": id, "workflow": "moods", "version": 1, "steps": [{"path": "rate", "after": [], "calls": []}]})))
    }

    async fn replay(&self, caller: &Caller, id: RunId) -> Answer<ReplayReport> {
        self.0.allowed(caller, Permission::Work, format!("replay {id}"))?;
        Ok(of(json!({
            "run": id, "workflow": "moods", "version": 1, "equal": true, "steps": 1, "rehearsed": 1, "calls": 0, "taken_count": 0, "taken": [],
            "took_ms": 3
        })))
    }

    async fn diff(&self, caller: &Caller, id: RunId, with: RunId) -> Answer<RunDiff> {
        self.0.allowed(caller, Permission::Read, format!("diff of {id} with {with}"))?;
        Ok(of(json!({"left": run(), "right": run(), "further": [], "differing": 0, "same": 1, "as_of": 7})))
    }
}
