//! How agents are stored.

use async_trait::async_trait;
use baton_domain::agent::{AgentCard, AgentStatus};
use baton_domain::event::NewEvent;
use baton_domain::id::{AgentId, DEFAULT_PROJECT};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::agent::AgentView;
use baton_storage::{AgentRegistration, AgentStore, AgentsAt, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::columns::{count, get, id, instant, json, maybe_instant, named, small, text};
use crate::events;
use crate::failure::failed;
use crate::writer::Tx;

const SELECT: &str = "SELECT id, name, card, status, completed, failed, last_active_at, registered_at,
     (SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND agent_id = agents.id) AS busy,
     (SELECT sum(slots) FROM server_agents WHERE agent = agents.name) AS carried
     FROM agents WHERE listed ORDER BY name";

fn view(row: &SqliteRow) -> Result<AgentView, StoreError> {
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
        completed: count(row, "completed")?,
        failed: count(row, "failed")?,
        last_active_at: maybe_instant(row, "last_active_at")?,
        registered_at: instant(row, "registered_at")?,
    })
}

async fn all(sql: &mut SqliteConnection) -> Result<AgentsAt, StoreError> {
    let rows = sqlx::query(SELECT).fetch_all(&mut *sql).await.map_err(failed)?;
    let (as_of, _) = events::head(sql).await?;
    Ok(AgentsAt { items: rows.iter().map(view).collect::<Result<_, _>>()?, as_of })
}

fn announce(tx: &mut Tx, kind: &str, agent: &AgentView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("agent:{}", agent.id),
        actor,
        data: serde_json::to_value(agent).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

async fn register(tx: &mut Tx, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError> {
    let before = all(tx.sql()).await?;
    sqlx::query("UPDATE agents SET listed = 0 WHERE NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name)")
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    for agent in &agents {
        sqlx::query(
            "INSERT INTO agents (id, name, card, status, listed, registered_at) VALUES ($1, $2, $3, 'active', 1, $4)
             ON CONFLICT (name) DO UPDATE SET card = excluded.card, listed = 1",
        )
        .bind(*agent.id.as_uuid())
        .bind(&agent.card.name)
        .bind(text(&agent.card)?)
        .bind(at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    let after = all(tx.sql()).await?;
    for agent in &after.items {
        if !before.items.iter().any(|known| known.id == agent.id) {
            announce(tx, "agent.registered", agent, Principal::System, at)?;
        }
    }
    Ok(after)
}

async fn set_status(
    tx: &mut Tx,
    wanted: AgentId,
    status: AgentStatus,
    actor: Principal,
    at: Timestamp,
) -> Result<Option<AgentView>, StoreError> {
    sqlx::query("UPDATE agents SET status = $1 WHERE id = $2 AND listed")
        .bind(status.as_str())
        .bind(*wanted.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let found = all(tx.sql()).await?.items.into_iter().find(|agent| agent.id == wanted);
    if let Some(agent) = &found {
        announce(tx, &format!("agent.{status}"), agent, actor, at)?;
    }
    Ok(found)
}

#[async_trait]
impl AgentStore for SqliteStore {
    async fn register_agents(&self, agents: Vec<AgentRegistration>, at: Timestamp) -> Result<AgentsAt, StoreError> {
        self.writer.run(move |tx| Box::pin(register(tx, agents, at))).await
    }

    async fn agents(&self) -> Result<AgentsAt, StoreError> {
        let mut snapshot = self.snapshot().await?;
        all(&mut snapshot).await
    }

    async fn set_agent_status(
        &self,
        id: AgentId,
        status: AgentStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<AgentView>, StoreError> {
        self.writer.run(move |tx| Box::pin(set_status(tx, id, status, actor, at))).await
    }
}
