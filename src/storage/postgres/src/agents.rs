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
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::columns::{count as stored, get, id, instant, json, maybe_id, maybe_instant, named, small, text};
use crate::events;
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::Tx;

const SELECT: &str = "SELECT id, name, card, status, completed, failed, last_active_at, registered_at,
     (SELECT count(*)::integer FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = agents.id) AS busy,
     (SELECT sum(slots)::bigint FROM server_agents WHERE agent = agents.name) AS carried
     FROM agents WHERE listed ORDER BY name";

/// The agents that are known, once for each server that carries one.
const KNOWN: &str = "SELECT agents.id, agents.status, card, server_id, servers.name AS server_name, kind, host,
     servers.status AS server_status, slots, seen_at, standing,
     (SELECT count(*)::integer FROM tasks
         WHERE state IN ('assigned', 'running') AND tasks.server_id = servers.id AND agent_id = agents.id) AS busy
     FROM agents LEFT JOIN (server_agents JOIN servers ON servers.id = server_id) ON agent = agents.name
     WHERE listed OR gone_at > $1 ORDER BY agents.name, servers.name, servers.id";

async fn known(sql: &mut PgConnection, gone_after: Timestamp) -> Result<Vec<KnownAgent>, Fault> {
    let rows = sqlx::query(KNOWN).bind(gone_after.as_millis()).fetch_all(sql).await.map_err(failed)?;
    let mut agents: Vec<KnownAgent> = Vec::new();
    for row in &rows {
        let agent = id(row, "id", AgentId::new)?;
        if agents.last().is_none_or(|last| last.id != agent) {
            let status = named(row, "status", AgentStatus::parse)?;
            agents.push(KnownAgent { id: agent, status, card: json(row, "card")?, carried: Vec::new() });
        }
        let (Some(server), Some(last)) = (maybe_id(row, "server_id", ServerId::new)?, agents.last_mut()) else { continue };
        last.carried.push(Carrying {
            server: ServerRef { id: server, name: get(row, "server_name")? },
            kind: named(row, "kind", ServerKind::parse)?,
            host: get(row, "host")?,
            status: named(row, "server_status", ServerStatus::parse)?,
            slots: small(row, "slots")?,
            busy: small(row, "busy")?,
            seen_at: instant(row, "seen_at")?,
            // One in words that this version does not know must not take the whole registry down.
            standing: get::<Option<&str>>(row, "standing")?.and_then(|said| serde_json::from_str(said).ok()),
        });
    }
    Ok(agents)
}

fn view(row: &PgRow) -> Result<AgentView, StoreError> {
    let card: AgentCard = json(row, "card")?;
    let busy = small(row, "busy")?;
    let status = match named(row, "status", AgentStatus::parse)? {
        AgentStatus::Draining if busy == 0 => AgentStatus::Drained,
        status => status,
    };
    Ok(AgentView {
        id: id(row, "id", AgentId::new)?,
        name: card.name,
        title: card.title,
        description: card.description,
        family: card.family,
        status,
        skills: card.skills.into_iter().map(|skill| skill.name).collect(),
        labels: card.labels,
        slots: get::<Option<i64>>(row, "carried")?.map_or(card.slots, |slots| u32::try_from(slots).unwrap_or(u32::MAX)),
        busy,
        completed: stored(row, "completed")?,
        failed: stored(row, "failed")?,
        last_active_at: maybe_instant(row, "last_active_at")?,
        registered_at: instant(row, "registered_at")?,
        version: card.version,
    })
}

async fn listed(sql: &mut PgConnection) -> Result<Vec<AgentView>, Fault> {
    let rows = sqlx::query(SELECT).fetch_all(sql).await.map_err(failed)?;
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
}

async fn all(sql: &mut PgConnection) -> Result<AgentsAt, Fault> {
    let items = listed(sql).await?;
    let (as_of, _) = events::head(sql).await?;
    Ok(AgentsAt { items, as_of })
}

/// With which version each agent registered last.
async fn versions(sql: &mut PgConnection) -> Result<BTreeMap<AgentId, String>, Fault> {
    let rows = sqlx::query("SELECT id, card FROM agents").fetch_all(sql).await.map_err(failed)?;
    let named = rows.iter().map(|row| Ok((id(row, "id", AgentId::new)?, version_of(get::<&str>(row, "card")?))));
    Ok(named.collect::<Result<_, StoreError>>()?)
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

async fn register(tx: &mut Tx, agents: &[AgentRegistration], at: Timestamp) -> Result<AgentsAt, Fault> {
    // Servers that start together register one after another: the second finds what the first brought.
    sqlx::query("LOCK TABLE agents IN SHARE ROW EXCLUSIVE MODE").execute(tx.sql()).await.map_err(failed)?;
    let before = listed(tx.sql()).await?;
    let versions = versions(tx.sql()).await?;
    // The last of a name says what holds, as if they were stored one by one.
    let agents: Vec<&AgentRegistration> =
        agents.iter().map(|agent| (&agent.card.name, agent)).collect::<BTreeMap<_, _>>().into_values().collect();
    sqlx::query(
        "UPDATE agents SET listed = FALSE, gone_at = $2
         WHERE listed AND name <> ALL($1) AND NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name)",
    )
    .bind(column(&agents, |agent| agent.card.name.as_str()))
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    sqlx::query(
        "INSERT INTO agents (id, name, card, status, listed, registered_at)
         SELECT new.id, new.name, new.card, 'active', TRUE, $4 FROM UNNEST($1::uuid[], $2::text[], $3::text[]) AS new (id, name, card)
         ON CONFLICT (name) DO UPDATE SET card = excluded.card, listed = TRUE, gone_at = NULL",
    )
    .bind(column(&agents, |agent| *agent.id.as_uuid()))
    .bind(column(&agents, |agent| agent.card.name.as_str()))
    .bind(try_column(&agents, |agent| text(&agent.card))?)
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let after = all(tx.sql()).await?;
    for agent in &after.items {
        if !before.iter().any(|known| known.id == agent.id) {
            announce(tx, "agent.registered", agent, Principal::System, at)?;
        }
        if versions.get(&agent.id).is_some_and(|version| *version != agent.version) {
            announce(tx, VERSION_CHANGED, agent, Principal::System, at)?;
        }
    }
    Ok(after)
}

/// Whose status changes, to what, by whom, when.
type StatusChange = (AgentId, AgentStatus, Principal, Timestamp);

async fn set_status(tx: &mut Tx, (wanted, status, actor, at): &StatusChange) -> Result<Option<AgentView>, Fault> {
    sqlx::query("UPDATE agents SET status = $1 WHERE id = $2 AND listed")
        .bind(status.as_str())
        .bind(*wanted.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let found = listed(tx.sql()).await?.into_iter().find(|agent| agent.id == *wanted);
    if let Some(agent) = &found {
        announce(tx, &format!("agent.{status}"), agent, actor.clone(), *at)?;
    }
    Ok(found)
}

async fn circuit_reset(tx: &mut Tx, (wanted, actor, at): &(AgentId, Principal, Timestamp)) -> Result<Option<AgentView>, Fault> {
    let found = listed(tx.sql()).await?.into_iter().find(|agent| agent.id == *wanted);
    if let Some(agent) = &found {
        sqlx::query("UPDATE server_agents SET standing = NULL WHERE agent = $1 AND standing IS NOT NULL")
            .bind(agent.name.as_str())
            .execute(tx.sql())
            .await
            .map_err(failed)?;
        announce(tx, CIRCUIT_RESET, agent, actor.clone(), *at)?;
    }
    Ok(found)
}

#[async_trait]
impl AgentStore for PostgresStore {
    async fn register_agents(&self, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError> {
        self.writer.run((agents, at), |tx, (agents, at)| Box::pin(register(tx, agents, *at))).await
    }

    async fn agents(&self) -> Result<AgentsAt, StoreError> {
        self.answered(async { Ok(all(&mut *self.snapshot().await?).await?) }).await
    }

    async fn known_agents(&self, gone_after: Timestamp) -> Result<Vec<KnownAgent>, StoreError> {
        self.answered(async { Ok(known(&mut *self.reader().await?, gone_after).await?) }).await
    }

    async fn set_agent_status(
        &self,
        id: AgentId,
        status: AgentStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<AgentView>, StoreError> {
        self.writer.run((id, status, actor, at), |tx, change| Box::pin(set_status(tx, change))).await
    }

    async fn announce_circuit_reset(&self, id: AgentId, actor: Principal, at: Timestamp) -> Result<Option<AgentView>, StoreError> {
        self.writer.run((id, actor, at), |tx, reset| Box::pin(circuit_reset(tx, reset))).await
    }
}
