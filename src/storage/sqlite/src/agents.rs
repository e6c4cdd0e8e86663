//! How agents are stored.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::agent::{AgentCard, AgentStatus};
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{AgentId, DEFAULT_PROJECT, ServerId};
use baton_domain::server::{ServerKind, ServerRef, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::agent::AgentView;
use baton_storage::{
    AgentRegistration, AgentStore, AgentsAt, CIRCUIT_RESET, Carrying, KnownAgent, StoreError, VERSION_CHANGED, version_of,
};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::events;
use crate::statement::{all, run};
use crate::writer::Tx;

const SELECT: &str = "SELECT id, card, status, completed, failed, last_active_at, registered_at,
     (SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = agents.id) AS busy,
     (SELECT sum(slots) FROM server_agents WHERE agent = agents.name) AS carried
     FROM agents WHERE listed ORDER BY name";

/// The agents that are known, once for each server that carries one.
const KNOWN: &str = "SELECT agents.id, agents.status, card, servers.id, servers.name, kind, host, servers.status, slots, seen_at,
     (SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND server_id = servers.id AND agent_id = agents.id) AS busy, standing
     FROM agents LEFT JOIN (server_agents JOIN servers ON servers.id = server_id) ON agent = agents.name
     WHERE listed OR gone_at > ?1 ORDER BY agents.name, servers.name, servers.id";

fn known(sql: &Connection, gone_after: Timestamp) -> Result<Vec<KnownAgent>, StoreError> {
    let mut agents: Vec<KnownAgent> = Vec::new();
    all(sql, KNOWN, [gone_after.as_millis()], |row| {
        let (id, status, card) = (row.id(AgentId::new)?, row.named(AgentStatus::parse)?, row.str()?);
        if agents.last().is_none_or(|last| last.id != id) {
            let card = serde_json::from_str(card).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            agents.push(KnownAgent { id, status, card, carried: Vec::new() });
        }
        let (Some(server), Some(last)) = (row.maybe_id(ServerId::new)?, agents.last_mut()) else { return Ok(()) };
        last.carried.push(Carrying {
            server: ServerRef { id: server, name: row.get()? },
            kind: row.named(ServerKind::parse)?,
            host: row.get()?,
            status: row.named(ServerStatus::parse)?,
            slots: row.small()?,
            seen_at: row.instant()?,
            busy: row.small()?,
            // One in words that this version does not know must not take the whole registry down.
            standing: row.maybe_str()?.and_then(|said| serde_json::from_str(said).ok()),
        });
        Ok(())
    })?;
    Ok(agents)
}

fn view(row: &mut Columns<'_, '_>) -> Result<AgentView, StoreError> {
    let id = row.id(AgentId::new)?;
    let card: AgentCard = row.json()?;
    let status = row.named(AgentStatus::parse)?;
    let (completed, failed) = (row.count()?, row.count()?);
    let (last_active_at, registered_at) = (row.maybe_instant()?, row.instant()?);
    let busy = row.small()?;
    let carried = row.get::<Option<i64>>()?;
    let status = match status {
        AgentStatus::Draining if busy == 0 => AgentStatus::Drained,
        status => status,
    };
    Ok(AgentView {
        id,
        name: card.name,
        title: card.title,
        description: card.description,
        family: card.family,
        status,
        skills: card.skills.into_iter().map(|skill| skill.name).collect(),
        labels: card.labels,
        slots: carried.map_or(card.slots, |slots| u32::try_from(slots).unwrap_or(u32::MAX)),
        busy,
        completed,
        failed,
        last_active_at,
        registered_at,
        version: card.version,
    })
}

fn listed(sql: &Connection) -> Result<AgentsAt, StoreError> {
    let items = all(sql, SELECT, [], view)?;
    let (as_of, _) = events::head(sql)?;
    Ok(AgentsAt { items, as_of })
}

/// With which version each agent registered last.
fn versions(sql: &Connection) -> Result<BTreeMap<AgentId, String>, StoreError> {
    let named = all(sql, "SELECT id, card FROM agents", [], |row| Ok((row.id(AgentId::new)?, version_of(row.str()?))))?;
    Ok(named.into_iter().collect())
}

fn announce(tx: &mut Tx, kind: &str, agent: &AgentView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("agent:{}", agent.id),
        actor,
        data: Payload::of(agent).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

fn register(tx: &mut Tx, agents: &[AgentRegistration], at: Timestamp) -> Result<AgentsAt, StoreError> {
    let before = listed(tx.sql())?;
    let versions = versions(tx.sql())?;
    let unlist = "UPDATE agents SET listed = 0, gone_at = ?1 WHERE listed AND NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name)";
    run(tx.sql(), unlist, [at.as_millis()])?;
    for agent in agents {
        run(
            tx.sql(),
            "INSERT INTO agents (id, name, card, status, listed, registered_at) VALUES (?1, ?2, ?3, 'active', 1, ?4)
             ON CONFLICT (name) DO UPDATE SET card = excluded.card, listed = 1, gone_at = NULL",
            params![agent.id.as_uuid().as_bytes(), agent.card.name, text(&agent.card)?, at.as_millis()],
        )?;
    }
    let after = listed(tx.sql())?;
    for agent in &after.items {
        if !before.items.iter().any(|known| known.id == agent.id) {
            announce(tx, "agent.registered", agent, Principal::System, at)?;
        }
        if versions.get(&agent.id).is_some_and(|version| *version != agent.version) {
            announce(tx, VERSION_CHANGED, agent, Principal::System, at)?;
        }
    }
    Ok(after)
}

fn set_status(tx: &mut Tx, wanted: AgentId, status: AgentStatus, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError> {
    let change = "UPDATE agents SET status = ?1 WHERE id = ?2 AND listed";
    run(tx.sql(), change, params![status.as_str(), wanted.as_uuid().as_bytes()])?;
    let found = listed(tx.sql())?.items.into_iter().find(|agent| agent.id == wanted);
    if let Some(agent) = &found {
        announce(tx, &format!("agent.{status}"), agent, actor, at)?;
    }
    Ok(found)
}

fn circuit_reset(tx: &mut Tx, wanted: AgentId, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError> {
    let found = listed(tx.sql())?.items.into_iter().find(|agent| agent.id == wanted);
    if let Some(agent) = &found {
        run(tx.sql(), "UPDATE server_agents SET standing = NULL WHERE agent = ?1", [&agent.name])?;
        announce(tx, CIRCUIT_RESET, agent, actor, at)?;
    }
    Ok(found)
}

#[async_trait]
impl AgentStore for SqliteStore {
    async fn register_agents(&self, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError> {
        self.writer.run(move |tx| register(tx, &agents, at)).await
    }

    async fn agents(&self) -> Result<AgentsAt, StoreError> {
        self.readers.snapshot(listed).await
    }

    async fn known_agents(&self, gone_after: Timestamp) -> Result<Vec<KnownAgent>, StoreError> {
        self.readers.statement(move |sql| known(sql, gone_after)).await
    }

    async fn set_agent_status(
        &self,
        id: AgentId,
        status: AgentStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<AgentView>, StoreError> {
        self.writer.run(move |tx| set_status(tx, id, status, actor, at)).await
    }

    async fn announce_circuit_reset(&self, id: AgentId, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError> {
        self.writer.run(move |tx| circuit_reset(tx, id, actor, at)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use baton_domain::agent::{Family, InstanceRange};
    use baton_storage::{NoSink, ServerRegistration, ServerStore};
    use uuid::Uuid;

    use super::*;
    use crate::SqliteOptions;

    #[tokio::test]
    async fn a_standing_that_cannot_be_read_is_as_if_nothing_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteOptions::new(folder.path().join("baton.db")).open(Arc::new(NoSink)).await.unwrap();
        let at = Timestamp::from_millis(1_000);
        let server = ServerRegistration {
            server: ServerRef { id: ServerId::new(Uuid::from_u128(1)), name: "one".to_owned() },
            kind: ServerKind::Server,
            host: "host.example".to_owned(),
            version: "0.2.0".to_owned(),
            token_key: None,
            agents: vec![("nlp".to_owned(), 4)],
        };
        store.join_server(server, at, at).await.unwrap();
        let card = AgentCard {
            name: "nlp".to_owned(),
            title: "Language".to_owned(),
            description: "Reads.".to_owned(),
            family: Family::Custom,
            skills: vec![],
            labels: vec![],
            slots: 4,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        };
        store.register_agents(vec![AgentRegistration { id: AgentId::new(Uuid::from_u128(2)), card }], at).await.unwrap();
        for unreadable in ["no structure", "{\"circuit\": 7}"] {
            let plant = move |tx: &mut Tx| run(tx.sql(), "UPDATE server_agents SET standing = ?1", [unreadable]);
            assert_eq!(store.writer.run(plant).await.unwrap(), 1);
            let known = store.known_agents(at).await.unwrap();
            let standings: Vec<_> = known.iter().flat_map(|agent| &agent.carried).map(|on| on.standing.as_ref()).collect();
            assert!(matches!(standings.as_slice(), [None]), "{unreadable}: {standings:?}");
        }
        store.close().await;
    }
}
