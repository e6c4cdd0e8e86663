//! How a person reads and marks their notifications over REST.

use axum::Json;
use axum::extract::State;
use baton_domain::wire::notification::{Marked, NotificationFilter, NotificationList, NotificationMark, UnreadCount};

use crate::extract::{Body, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List notifications
///
/// What waits for you or went wrong for you, the newest first. Only people have some: an API key is refused.
#[utoipa::path(
    get, path = "/notifications", tag = "notifications", operation_id = "list_notifications",
    params(
        ("unread" = Option<bool>, Query, description = "Only those that are neither read nor settled", example = json!(true)),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "Your notifications", body = NotificationList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["NOTIFICATION-001"])))
)]
pub(crate) async fn list_notifications(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(filter): Params<NotificationFilter>,
) -> Reply<Json<NotificationList>> {
    Ok(Json(gateway.services.notifications.list(&caller, filter).await?))
}

/// Count unread notifications
///
/// Up to 1,000. Follow the events of approvals, decisions, conflicts, runs and tasks to know when to ask again: `as_of` says which are counted.
#[utoipa::path(
    get, path = "/notifications/unread", tag = "notifications", operation_id = "count_unread_notifications",
    responses((status = 200, description = "How many wait for you", body = UnreadCount)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["NOTIFICATION-001"])))
)]
pub(crate) async fn count_unread_notifications(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<UnreadCount>> {
    Ok(Json(gateway.services.notifications.unread(&caller).await?))
}

/// Mark notifications
///
/// As read or as unread: those that are named, all up to one, or all. Marking twice does no harm.
#[utoipa::path(
    post, path = "/notifications/mark", tag = "notifications", operation_id = "mark_notifications",
    request_body(content = NotificationMark, example = json!({"read": true})),
    responses((status = 200, description = "Marked", body = Marked)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["NOTIFICATION-001"])))
)]
pub(crate) async fn mark_notifications(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(mark): Body<NotificationMark>,
) -> Reply<Json<Marked>> {
    Ok(Json(gateway.services.notifications.mark(&caller, mark).await?))
}
