//! How notifications answer in tests.

use async_trait::async_trait;
use baton_domain::services::{Answer, NotificationService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::notification::{Marked, NotificationFilter, NotificationList, NotificationMark, UnreadCount};
use serde_json::json;

use super::Fake;
use super::samples::of;

#[async_trait]
impl NotificationService for Fake {
    async fn list(&self, caller: &Caller, filter: NotificationFilter) -> Answer<NotificationList> {
        self.0.allowed(caller, Permission::Read, format!("notifications {filter:?}"))?;
        Ok(of(json!({"items": [], "unread": 0, "as_of": 7})))
    }

    async fn unread(&self, caller: &Caller) -> Answer<UnreadCount> {
        self.0.allowed(caller, Permission::Read, "unread notifications".into())?;
        Ok(of(json!({"unread": 0, "as_of": 7})))
    }

    async fn mark(&self, caller: &Caller, mark: NotificationMark) -> Answer<Marked> {
        self.0.allowed(caller, Permission::Read, format!("mark as read {}", mark.read))?;
        Ok(of(json!({"changed": 1, "unread": 0})))
    }
}
