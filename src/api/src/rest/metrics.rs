//! How measurements are read over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::wire::metrics::{Overview, Series, SeriesQuery};

use crate::extract::{Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Get measurements over time
///
/// Throughput, waiting time and running time; one point a step, without gaps.
#[utoipa::path(
    get, path = "/metrics/series", tag = "metrics", operation_id = "get_series",
    params(
        ("since" = Option<String>, Query, format = "date-time", description = "The first instant; one hour before `until` by default"),
        ("until" = Option<String>, Query, format = "date-time", description = "The last instant; now by default"),
        ("step_seconds" = Option<u32>, Query, minimum = 10, multiple_of = 10, description = "Seconds of one point; at most 720 points"),
        ("skill" = Option<String>, Query, description = "Only this skill"),
        ("agent" = Option<String>, Query, description = "Only this agent, by name"),
    ),
    responses((status = 200, description = "The series", body = Series)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn get_series(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(query): Params<SeriesQuery>,
) -> Reply<Json<Series>> {
    Ok(Json(gateway.services.metrics.series(&caller, query).await?))
}

/// Get the overview
///
/// Tasks by state, the last hour and day, agents and the latest tasks, read in one go.
#[utoipa::path(
    get, path = "/metrics/overview", tag = "metrics", operation_id = "get_overview",
    responses((status = 200, description = "The overview", body = Overview)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn get_overview(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<Overview>> {
    Ok(Json(gateway.services.metrics.overview(&caller).await?))
}
