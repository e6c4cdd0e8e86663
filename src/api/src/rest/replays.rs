//! How recordings of runs are shown and replayed over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::id::RunId;
use baton_domain::wire::replay::{ReplayReport, RunRecording};

use crate::extract::{Id, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Get the recording of a run
///
/// What each step of a run that has ended was given, called and came to. What differs from one run to the next although nothing else does (identifiers, when it
/// began) is rewritten, so that two runs of the same have the same steps.
#[utoipa::path(
    get, path = "/runs/{id}/recording", tag = "runs", operation_id = "get_run_recording",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "The recording", body = RunRecording)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-041", "REPLAY-005", "REPLAY-006", "REPLAY-007", "REPLAY-008"])))
)]
pub(crate) async fn get_run_recording(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<RunId>,
) -> Reply<Json<RunRecording>> {
    Ok(Json(gateway.services.replays.recording(&caller, id).await?))
}

/// Replay a run
///
/// Goes through a run that has ended again, with nothing outside: its agents do their work once more, answered from what was recorded, and all of it must
/// come to the same, byte for byte. Nothing is stored. That it does not come to the same is an answer: `equal` is false, and `divergence` names the first
/// step that differs.
#[utoipa::path(
    post, path = "/runs/{id}/replay", tag = "runs", operation_id = "replay_run",
    params(("id" = String, Path, format = "uuid", description = "The run")),
    responses((status = 200, description = "What came of it", body = ReplayReport)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["WORKFLOW-041", "REPLAY-007", "REPLAY-008", "REPLAY-009", "REPLAY-010"])))
)]
pub(crate) async fn replay_run(State(gateway): State<Gateway>, SignedIn(caller): SignedIn, Id(id): Id<RunId>) -> Reply<Json<ReplayReport>> {
    Ok(Json(gateway.services.replays.replay(&caller, id).await?))
}
