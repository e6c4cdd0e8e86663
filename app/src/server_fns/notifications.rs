//! What a person does with their notifications.

use baton_domain::id::NotificationId;
#[cfg(feature = "ssr")]
use baton_domain::wire::notification::NotificationMark;
use baton_domain::wire::notification::{Marked, NotificationFilter, NotificationList, UnreadCount};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// The person's notifications, the newest first.
///
/// # Errors
/// As [`NotificationService::list`](baton_domain::services::NotificationService::list).
#[server(name = ListNotifications, endpoint = "/notifications/list", input = Json, output = Json)]
pub async fn list(filter: NotificationFilter) -> Called<NotificationList> {
    serve::answer(serve::services()?.notifications.list(&serve::caller(), filter).await)
}

/// How many wait.
///
/// # Errors
/// As [`NotificationService::unread`](baton_domain::services::NotificationService::unread).
#[server(name = CountUnread, endpoint = "/notifications/unread", input = Json, output = Json)]
pub async fn unread() -> Called<UnreadCount> {
    serve::answer(serve::services()?.notifications.unread(&serve::caller()).await)
}

/// Marks one, all up to one, or all.
///
/// # Errors
/// As [`NotificationService::mark`](baton_domain::services::NotificationService::mark).
#[server(name = MarkNotifications, endpoint = "/notifications/mark", input = PostUrl, output = Json)]
pub async fn mark(
    read: bool,
    #[server(default)] id: Option<NotificationId>,
    #[server(default)] up_to: Option<NotificationId>,
) -> Called<Marked> {
    let mark = NotificationMark { read, ids: id.map(|id| vec![id]), up_to };
    let marked = serve::answer(serve::services()?.notifications.mark(&serve::caller(), mark).await)?;
    serve::go_back();
    Ok(marked)
}
