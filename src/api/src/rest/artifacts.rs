//! How stored files are listed and deleted over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderName, StatusCode};
use baton_domain::id::ArtifactId;
use baton_domain::page::Page;
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};

use super::tasks::next_link;
use crate::extract::{Id, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List artifacts
///
/// The newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/artifacts", tag = "artifacts", operation_id = "list_artifacts",
    params(
        ("task" = Option<String>, Query, format = "uuid", description = "Only what this task produced"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of artifacts", body = Page<ArtifactView>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_artifacts(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<ArtifactFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<ArtifactView>>)> {
    let page = gateway.services.artifacts.list(&caller, filter).await?;
    Ok(([(LINK, next_link("artifacts", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get an artifact
///
/// What it is; its bytes are at `/content`.
#[utoipa::path(
    get, path = "/artifacts/{id}", tag = "artifacts", operation_id = "get_artifact",
    params(("id" = String, Path, format = "uuid", description = "The artifact")),
    responses((status = 200, description = "The artifact", body = ArtifactView)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["ARTIFACT-001"])))
)]
pub(crate) async fn get_artifact(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ArtifactId>,
) -> Reply<Json<ArtifactView>> {
    Ok(Json(gateway.services.artifacts.get(&caller, id).await?))
}

/// Delete an artifact
#[utoipa::path(
    delete, path = "/artifacts/{id}", tag = "artifacts", operation_id = "delete_artifact",
    params(("id" = String, Path, format = "uuid", description = "The artifact")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["ARTIFACT-001", "ARTIFACT-003"])))
)]
pub(crate) async fn delete_artifact(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ArtifactId>,
) -> Reply<StatusCode> {
    gateway.services.artifacts.delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
