//! What a person does with recordings of runs.

use baton_domain::id::RunId;
use baton_domain::wire::replay::{ReplayReport, RunRecording};
use baton_domain::wire::run::RunDiff;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// The recording of a run.
///
/// # Errors
/// As [`ReplayService::recording`](baton_domain::services::ReplayService::recording).
#[server(name = GetRunRecording, endpoint = "/replays/recording", input = Json, output = Json)]
pub async fn recording(id: RunId) -> Called<RunRecording> {
    serve::answer(serve::services()?.replays.recording(&serve::caller(), id).await)
}

/// Goes through a run again.
///
/// # Errors
/// As [`ReplayService::replay`](baton_domain::services::ReplayService::replay).
#[server(name = ReplayRun, endpoint = "/replays/replay", input = PostUrl, output = Json)]
pub async fn replay(id: RunId) -> Called<ReplayReport> {
    let report = serve::answer(serve::services()?.replays.replay(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(report)
}

/// Where two runs part.
///
/// # Errors
/// As [`ReplayService::diff`](baton_domain::services::ReplayService::diff).
#[server(name = DiffRuns, endpoint = "/replays/diff", input = Json, output = Json)]
pub async fn diff(id: RunId, with: RunId) -> Called<RunDiff> {
    serve::answer(serve::services()?.replays.diff(&serve::caller(), id, with).await)
}
