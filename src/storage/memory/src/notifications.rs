//! How are notifications kept? By identifier, which is by age, with the events of which each user has one.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use baton_domain::id::{EventSeq, NotificationId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{NotificationRecord, NotificationStore, StoreError};

use crate::MemoryStore;
use crate::commit::{State, taken};

/// All notifications, and how far the log was gone through for them.
#[derive(Default)]
pub(crate) struct Notifications {
    until: EventSeq,
    by_id: BTreeMap<NotificationId, NotificationRecord>,
    told: BTreeSet<(UserId, EventSeq)>,
}

const fn unread(record: &NotificationRecord) -> bool {
    record.read_at.is_none() && record.settled_at.is_none()
}

fn notify(
    state: &mut State,
    rows: Vec<NotificationRecord>,
    settled: &[(String, Timestamp)],
    seen: EventSeq,
    until: EventSeq,
) -> Result<bool, StoreError> {
    let notifications = &mut state.notifications;
    if notifications.until != seen {
        return Ok(false);
    }
    let mut told = BTreeSet::new();
    let known = &notifications.told;
    let is_new = |row: &NotificationRecord| !known.contains(&(row.user, row.seq)) && told.insert((row.user, row.seq));
    let new: Vec<NotificationRecord> = rows.into_iter().filter(is_new).collect();
    let mut ids = BTreeSet::new();
    if new.iter().any(|row| notifications.by_id.contains_key(&row.id) || !ids.insert(row.id)) {
        return Err(taken());
    }
    notifications.told.extend(told);
    notifications.until = until;
    notifications.by_id.extend(new.into_iter().map(|row| (row.id, row)));
    for (subject, at) in settled {
        let asked_before = |row: &&mut NotificationRecord| row.seq <= seen || row.created_at <= *at;
        let open = notifications.by_id.values_mut().filter(|row| row.subject == *subject && row.settled_at.is_none());
        open.filter(asked_before).for_each(|row| row.settled_at = Some(*at));
    }
    Ok(true)
}

fn mark(state: &mut State, user: UserId, which: Option<&[NotificationId]>, read_at: Option<Timestamp>) -> u64 {
    let rows = state.notifications.by_id.values_mut().filter(|row| row.user == user && row.settled_at.is_none());
    let mut changed = 0;
    for row in rows.filter(|row| which.is_none_or(|which| which.contains(&row.id)) && row.read_at.is_some() != read_at.is_some()) {
        row.read_at = read_at;
        changed += 1;
    }
    changed
}

fn forget(state: &mut State, before: Timestamp, limit: u32) -> u64 {
    let notifications = &mut state.notifications;
    let old = notifications.by_id.values().filter(|row| row.created_at < before);
    let mut old: Vec<_> = old.map(|row| (row.created_at, row.id)).collect();
    old.sort_unstable();
    old.truncate(limit as usize);
    for row in old.iter().filter_map(|(_, id)| notifications.by_id.remove(id)).collect::<Vec<_>>() {
        notifications.told.remove(&(row.user, row.seq));
    }
    old.len() as u64
}

#[async_trait]
impl NotificationStore for MemoryStore {
    async fn notified_until(&self) -> Result<EventSeq, StoreError> {
        Ok(self.read(|state| state.notifications.until))
    }

    async fn notify(
        &self,
        rows: Vec<NotificationRecord>,
        settled: Vec<(String, Timestamp)>,
        seen: EventSeq,
        until: EventSeq,
    ) -> Result<bool, StoreError> {
        self.commit(|state| Ok((notify(state, rows, &settled, seen, until)?, Vec::new())))
    }

    async fn notifications(
        &self,
        user: UserId,
        only_unread: bool,
        before: Option<NotificationId>,
        limit: u32,
    ) -> Result<Vec<NotificationRecord>, StoreError> {
        Ok(self.read(|state| {
            let mine =
                state.notifications.by_id.values().rev().filter(|row| row.user == user && before.is_none_or(|before| row.id < before));
            mine.filter(|row| !only_unread || unread(row)).take(limit as usize).cloned().collect()
        }))
    }

    async fn unread_notifications(&self, user: UserId, most: u32) -> Result<u32, StoreError> {
        let count = self.read(|state| state.notifications.by_id.values().filter(|row| row.user == user && unread(row)).count());
        Ok(u32::try_from(count).unwrap_or(u32::MAX).min(most))
    }

    async fn mark_notifications(
        &self,
        user: UserId,
        which: Option<Vec<NotificationId>>,
        read_at: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        self.commit(|state| Ok((mark(state, user, which.as_deref(), read_at), Vec::new())))
    }

    async fn forget_notifications(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.commit(|state| Ok((forget(state, before, limit), Vec::new())))
    }
}
