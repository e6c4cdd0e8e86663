//! How are the event log and the audit record kept?

use std::collections::BTreeSet;

use async_trait::async_trait;
use baton_domain::event::{Event, TopicFilter};
use baton_domain::id::EventSeq;
use baton_storage::{AuditRow, EventStore, EventsSince, StoreError};

use crate::MemoryStore;
use crate::commit::{State, taken};

fn since(state: &State, since: EventSeq, filter: &TopicFilter, limit: u32) -> EventsSince {
    let head = state.head();
    let start = usize::try_from(since.0).unwrap_or(0).min(state.log.len());
    let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(state.log.len());
    let looked_at = &state.log[start..end];
    let next_since = looked_at.last().map_or(since, |event| event.seq);
    let readable = (start..).zip(looked_at).filter(|(index, _)| !state.unreadable.contains(index)).map(|(_, event)| event);
    let items: Vec<Event> = readable.filter(|event| filter.wants(&event.kind, &event.subject)).map(|event| Event::clone(event)).collect();
    EventsSince { items, next_since, more: next_since < head, floor: EventSeq(0), head }
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

    async fn audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        self.commit(|state| audit(state, rows).map(|()| ((), Vec::new())))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| ());
        Ok(())
    }
}
