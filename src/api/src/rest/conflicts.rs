//! How versions of shared artifacts are stored, and conflicts shown and settled, over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::LINK;
use baton_domain::id::ConflictId;
use baton_domain::page::Page;
use baton_domain::wire::conflict::{
    ConflictDetail, ConflictFilter, ConflictView, DismissConflict, LineDetail, LineFilter, LineView, PutOutcome, PutVersion,
    ResolveConflict,
};

use super::tasks::next_link;
use crate::extract::{Body, Id, LineInPath, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List lines
///
/// Names with versions, the newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/lines", tag = "conflicts", operation_id = "list_lines",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of lines", body = Page<LineView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_lines(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<LineFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<LineView>>)> {
    let page = gateway.services.conflicts.lines(&caller, filter).await?;
    Ok(([(LINK, next_link("lines", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get a line
///
/// Its newest version, its versions from there, and its open conflicts.
#[utoipa::path(
    get, path = "/lines/{name}", tag = "conflicts", operation_id = "get_line",
    params(
        ("name" = String, Path, description = "The line's name; a slash in it is written `%2F`"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "The line", body = LineDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CONFLICT-008"])))
)]
pub(crate) async fn get_line(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    LineInPath(name): LineInPath,
    Params(filter): Params<LineFilter>,
) -> Reply<Json<LineDetail>> {
    Ok(Json(gateway.services.conflicts.line(&caller, &name, filter).await?))
}

/// Store a version
///
/// Over the version that it stands on. If that is no longer the newest, the policy says what happens: it is refused, merged, voted on, or
/// a person is asked. Sent again, the same request gives what came of the first.
///
/// With a `fence` nothing is stored unless a claim with that number is held, alone, on `line:` and the line's name, or on what lies above.
#[utoipa::path(
    post, path = "/lines/{name}/versions", tag = "conflicts", operation_id = "put_version",
    params(
        ("name" = String, Path, description = "The line's name; a slash in it is written `%2F`"),
    ),
    request_body(content = PutVersion, example = json!({"artifact": "0193e0a5-0000-7000-8000-000000000000", "base": 3, "policy": "merge"})),
    responses((status = 200, description = "What became of it", body = PutOutcome)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["ARTIFACT-001", "CLAIM-001", "CLAIM-006", "CLAIM-011", "CONFLICT-001", "CONFLICT-009", "REQUEST-002", "STORAGE-002"])))
)]
pub(crate) async fn put_version(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    LineInPath(name): LineInPath,
    Body(version): Body<PutVersion>,
) -> Reply<Json<PutOutcome>> {
    Ok(Json(gateway.services.conflicts.put(&caller, &name, version).await?))
}

/// List conflicts
///
/// Changes that disagree, the newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/conflicts", tag = "conflicts", operation_id = "list_conflicts",
    params(
        ("open" = Option<bool>, Query, description = "Only those that are not settled, or only those that are", example = json!(true)),
        ("line" = Option<String>, Query, description = "Only of this line"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of conflicts", body = Page<ConflictView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CONFLICT-008"])))
)]
pub(crate) async fn list_conflicts(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<ConflictFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<ConflictView>>)> {
    let page = gateway.services.conflicts.conflicts(&caller, filter).await?;
    Ok(([(LINK, next_link("conflicts", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get a conflict
///
/// The three contents, the places where they disagree, and what can be kept.
#[utoipa::path(
    get, path = "/conflicts/{id}", tag = "conflicts", operation_id = "get_conflict",
    params(
        ("id" = String, Path, format = "uuid", description = "The conflict"),
    ),
    responses((status = 200, description = "The conflict", body = ConflictDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["ARTIFACT-001", "CONFLICT-007"])))
)]
pub(crate) async fn get_conflict(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConflictId>,
) -> Reply<Json<ConflictDetail>> {
    Ok(Json(gateway.services.conflicts.conflict(&caller, id).await?))
}

/// Resolve a conflict
///
/// Keeps one of the choices. Of two at once one succeeds, and the other is told to look again.
#[utoipa::path(
    post, path = "/conflicts/{id}/resolve", tag = "conflicts", operation_id = "resolve_conflict",
    params(
        ("id" = String, Path, format = "uuid", description = "The conflict"),
    ),
    request_body(content = ResolveConflict, example = json!({"seen": 1, "choice": "theirs"})),
    responses((status = 200, description = "The conflict, settled", body = ConflictView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["ARTIFACT-001", "CLAIM-011", "CONFLICT-004", "CONFLICT-005", "CONFLICT-006", "CONFLICT-007", "REQUEST-002", "STORAGE-002"])))
)]
pub(crate) async fn resolve_conflict(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConflictId>,
    Body(how): Body<ResolveConflict>,
) -> Reply<Json<ConflictView>> {
    Ok(Json(gateway.services.conflicts.resolve(&caller, id, how).await?))
}

/// Dismiss a conflict
///
/// What is stored stays, and the change is left out.
#[utoipa::path(
    post, path = "/conflicts/{id}/dismiss", tag = "conflicts", operation_id = "dismiss_conflict",
    params(
        ("id" = String, Path, format = "uuid", description = "The conflict"),
    ),
    request_body(content = DismissConflict, example = json!({"seen": 1, "because": "The report is withdrawn."})),
    responses((status = 200, description = "The conflict, dismissed", body = ConflictView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-011", "CONFLICT-004", "CONFLICT-005", "CONFLICT-007", "REQUEST-002"])))
)]
pub(crate) async fn dismiss_conflict(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ConflictId>,
    Body(why): Body<DismissConflict>,
) -> Reply<Json<ConflictView>> {
    Ok(Json(gateway.services.conflicts.dismiss(&caller, id, why).await?))
}
