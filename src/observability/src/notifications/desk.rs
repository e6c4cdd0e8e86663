//! What do people ask of their notifications? To see them, to know how many wait, and to mark them.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::{NotificationId, UserId};
use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT};
use baton_domain::ports::Clock;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, NotificationService};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::notification::{
    MAXIMUM_COUNTED, MAXIMUM_MARKED, Marked, NotificationFilter, NotificationList, NotificationMark, UnreadCount,
};
use baton_storage::NotificationStore;
use uuid::Uuid;

use super::row::{is_replaced, view};

/// Rows that are marked at once where all up to one are.
const MARKED_AT_ONCE: u32 = 500;
/// How many times at most: 50,000 rows. Nobody has as many unread that they have seen.
const MARKED_ROUNDS: u32 = 100;

/// Notifications, as people ask for them.
pub struct NotificationDesk {
    store: Arc<dyn NotificationStore>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for NotificationDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NotificationDesk")
    }
}

impl NotificationDesk {
    /// Over this store.
    #[must_use]
    pub fn new(store: Arc<dyn NotificationStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Marks all unread ones up to one as read.
    async fn mark_up_to(&self, user: UserId, up_to: NotificationId) -> Answer<u64> {
        let after = NotificationId::new(Uuid::from_u128(up_to.as_uuid().as_u128().saturating_add(1)));
        let mut changed = 0;
        for _ in 0..MARKED_ROUNDS {
            let rows = self.store.notifications(user, true, Some(after), MARKED_AT_ONCE).await?;
            let last = rows.len() < MARKED_AT_ONCE as usize;
            if !rows.is_empty() {
                let ids = rows.into_iter().map(|row| row.id).collect();
                changed += self.store.mark_notifications(user, Some(ids), Some(self.clock.now())).await?;
            }
            if last {
                break;
            }
        }
        Ok(changed)
    }
}

/// The person who calls: others have no notifications.
fn person(caller: &Caller) -> Answer<UserId> {
    caller.require(Permission::Read)?;
    match caller.principal {
        Principal::User { id, .. } => Ok(id),
        Principal::ApiKey { .. } | Principal::System | Principal::Anonymous => Err(Problem::new(
            Code::NoNotifications,
            "An API key has no notifications of its own. Sign in as a person, or follow the events approval.requested, decision.escalated, \
             conflict.opened and run.failed.",
        )),
    }
}

fn wrong(field: &str, expected: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Give {expected} as {field}.")).with_field(field, format!("expected {expected}"))
}

#[async_trait]
impl NotificationService for NotificationDesk {
    async fn list(&self, caller: &Caller, filter: NotificationFilter) -> Answer<NotificationList> {
        let user = person(caller)?;
        let limit = filter.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAXIMUM_LIMIT).contains(&limit) {
            return Err(wrong("limit", "a number from 1 to 500"));
        }
        let mut before: Option<NotificationId> = match filter.cursor.as_deref() {
            None => None,
            Some(cursor) => Some(cursor.parse().map_err(|_| wrong("cursor", "the next_cursor of the page before"))?),
        };
        // Before the rows: of what comes in between the rows may be among these, and those that are not are said to be missing.
        let as_of = self.store.notified_until().await?;
        let wanted = limit as usize;
        let mut items = Vec::with_capacity(wanted.min(64));
        // Rows that another one has taken the place of are passed over; one more than is shown says whether there is more.
        while items.len() <= wanted {
            let rows = self.store.notifications(user, filter.unread, before, limit + 1).await?;
            let last = rows.len() <= wanted;
            before = rows.last().map(|row| row.id);
            items.extend(rows.into_iter().filter(|row| !is_replaced(row)).map(view));
            if last {
                break;
            }
        }
        let more = items.len() > wanted;
        items.truncate(wanted);
        let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
        let unread = self.store.unread_notifications(user, MAXIMUM_COUNTED).await?;
        Ok(NotificationList { items, next_cursor, unread, as_of })
    }

    async fn unread(&self, caller: &Caller) -> Answer<UnreadCount> {
        let user = person(caller)?;
        let as_of = self.store.notified_until().await?;
        Ok(UnreadCount { unread: self.store.unread_notifications(user, MAXIMUM_COUNTED).await?, as_of })
    }

    async fn mark(&self, caller: &Caller, mark: NotificationMark) -> Answer<Marked> {
        let user = person(caller)?;
        let read_at = mark.read.then(|| self.clock.now());
        let changed = match (mark.ids, mark.up_to) {
            (Some(_), Some(_)) => return Err(Problem::invalid_field("up_to", "give either ids or up_to")),
            (None, Some(_)) if !mark.read => {
                return Err(Problem::invalid_field("up_to", "only what is marked as read is marked up to one"));
            }
            (None, Some(up_to)) => self.mark_up_to(user, up_to).await?,
            (Some(ids), None) if ids.is_empty() || ids.len() > MAXIMUM_MARKED => {
                return Err(Problem::invalid_field("ids", "give 1 to 500 of them, or leave them out for all"));
            }
            (ids, None) => self.store.mark_notifications(user, ids, read_at).await?,
        };
        Ok(Marked { changed, unread: self.store.unread_notifications(user, MAXIMUM_COUNTED).await? })
    }
}
