//! How recordings of runs are shown, compared and replayed over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::id::RunId;
use baton_domain::wire::replay::{ReplayReport, RunRecording};
use baton_domain::wire::run::{DiffQuery, RunDiff};

use crate::extract::{Id, Params, SignedIn};
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

/// Compare two runs
///
/// Where two runs that have ended part first, with both sides of it, and which other steps differ by themselves: what each was given, each of its calls, and
/// what came of it. In which order steps ran that did not wait for one another is no difference, nor are identifiers and instants. The run of the path is the first,
/// on the left.
#[utoipa::path(
    get, path = "/runs/{id}/diff", tag = "runs", operation_id = "diff_runs",
    params(
        ("id" = String, Path, format = "uuid", description = "The first run"),
        ("with" = String, Query, format = "uuid", description = "The second run", example = json!("0193e0a5-0000-7000-8000-000000000000")),
    ),
    responses((status = 200, description = "Both side by side", body = RunDiff)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["WORKFLOW-041", "REPLAY-005", "REPLAY-006", "REPLAY-007", "REPLAY-008"])))
)]
pub(crate) async fn diff_runs(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<RunId>,
    Params(query): Params<DiffQuery>,
) -> Reply<Json<RunDiff>> {
    Ok(Json(gateway.services.replays.diff(&caller, id, query.with).await?))
}
