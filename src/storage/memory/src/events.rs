//! How are the event log and the audit record kept?

use std::collections::BTreeSet;

use async_trait::async_trait;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_storage::{AuditRow, EventStore, EventsSince, Forgotten, Retention, StoreError};

use crate::MemoryStore;
use crate::commit::{State, taken};

fn since(state: &State, since: EventSeq, filter: &TopicFilter, limit: u32) -> EventsSince {
    let head = state.head();
    let start = state.index_after(since);
    let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(state.log.len());
    let looked_at = &state.log[start..end];
    let next_since = looked_at.last().map_or(since.max(state.floor), |event| event.seq);
    let readable = (start..).zip(looked_at).filter(|(index, _)| !state.unreadable.contains(index)).map(|(_, event)| event);
    let items: Vec<Event> = readable.filter(|event| filter.wants(&event.kind, &event.subject)).map(|event| Event::clone(event)).collect();
    EventsSince { items, next_since, more: next_since < head, floor: state.floor, head }
}

fn forget(state: &mut State, retention: Retention, limit: u32) -> Forgotten {
    let young = |event: &&std::sync::Arc<Event>| retention.since.is_some_and(|since| event.at >= since);
    let first_young = state.log.iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).find(young).map(|event| event.seq);
    let (floor, more) = retention.next_floor(state.floor, state.head(), limit, first_young);
    let count = state.index_after(floor);
    state.log.drain(..count);
    state.floor = floor;
    state.unreadable = state.unreadable.start.saturating_sub(count)..state.unreadable.end.saturating_sub(count);
    state.subjects.retain(|_, places| {
        places.retain(|place| *place > floor);
        !places.is_empty()
    });
    Forgotten { events: count as u64, floor, more }
}

fn audit(state: &mut State, rows: Vec<AuditRow>) -> Result<(), StoreError> {
    let mut ids = BTreeSet::new();
    for row in &rows {
        state.audit_is_new(row)?;
        if !ids.insert(row.id) {
            return Err(taken());
        }
    }
    state.audit.extend(rows.into_iter().map(|row| (row.id, row)));
    Ok(())
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn head(&self) -> Result<EventSeq, StoreError> {
        Ok(self.read(State::head))
    }

    async fn events_since(&self, place: EventSeq, filter: &TopicFilter, limit: u32) -> Result<EventsSince, StoreError> {
        Ok(self.read(|state| since(state, place, filter, limit)))
    }

    async fn forget_events(&self, retention: Retention, limit: u32) -> Result<Forgotten, StoreError> {
        self.commit(|state| Ok((forget(state, retention, limit), Vec::new())))
    }

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.commit(|state| audit(state, rows).map(|()| ((), Vec::new())))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| ());
        Ok(())
    }
}
