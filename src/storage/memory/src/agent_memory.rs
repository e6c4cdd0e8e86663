//! How is it kept what agents remember from one task to the next?

use async_trait::async_trait;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{AgentMemoryStore, MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten, StoreError};

use crate::MemoryStore;
use crate::commit::State;

fn write(state: &mut State, write: MemoryWrite) -> Result<MemoryWritten, StoreError> {
    let MemoryWrite { place, task, lease, seen, state: left, before, at, most } = write;
    let held = state.tasks.get(task).is_some_and(|row| row.record.summary.state == TaskState::Running && row.record.lease == lease);
    if !held {
        return Ok(MemoryWritten::Stale);
    }
    if state.agent_memory.get(&place).map_or(0, |record| record.revision) != seen {
        return Ok(MemoryWritten::Changed);
    }
    State::project_exists(place.project)?;
    if seen == 0 {
        let same = |other: &&MemoryPlace| (other.project, &other.skill, &other.owner) == (place.project, &place.skill, &place.owner);
        let mut others: Vec<(Timestamp, MemoryPlace)> =
            state.agent_memory.keys().filter(same).map(|other| (state.agent_memory[other].updated_at, other.clone())).collect();
        // The newest first, and of the same age by key.
        others.sort_by(|(one, first), (other, second)| other.cmp(one).then_with(|| first.key.cmp(&second.key)));
        for (_, old) in others.iter().skip(most.saturating_sub(1) as usize) {
            state.agent_memory.remove(old);
        }
    }
    let record = MemoryRecord { revision: seen + 1, state: left, before, task, updated_at: at };
    state.agent_memory.insert(place, record);
    Ok(MemoryWritten::Kept(seen + 1))
}

fn forget(state: &mut State, before: Timestamp, limit: u32) -> u64 {
    let old = state.agent_memory.iter().filter(|(_, record)| record.updated_at < before);
    let mut old: Vec<(Timestamp, MemoryPlace)> = old.map(|(place, record)| (record.updated_at, place.clone())).collect();
    let order = |place: &MemoryPlace| (place.skill.clone(), place.owner.clone(), place.key.clone());
    old.sort_by(|(one, first), (other, second)| one.cmp(other).then_with(|| order(first).cmp(&order(second))));
    old.truncate(limit as usize);
    for (_, place) in &old {
        state.agent_memory.remove(place);
    }
    old.len() as u64
}

#[async_trait]
impl AgentMemoryStore for MemoryStore {
    async fn agent_memory(&self, place: &MemoryPlace) -> Result<Option<MemoryRecord>, StoreError> {
        Ok(self.read(|state| state.agent_memory.get(place).cloned()))
    }

    async fn write_agent_memory(&self, new: MemoryWrite) -> Result<MemoryWritten, StoreError> {
        self.commit(|state| Ok((write(state, new)?, Vec::new())))
    }

    async fn forget_agent_memory(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.commit(|state| Ok((forget(state, before, limit), Vec::new())))
    }
}
