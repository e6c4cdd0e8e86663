//! How is the server of this file stored? As in a database that several share, though here there is one at a time.

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{DEFAULT_PROJECT, ServerId};
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::server::ServerView;
use baton_storage::{Beat, Beaten, Heart, Joined, Leader, ServerRegistration, ServerStore, ServersAt, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::columns::{get, id, instant, maybe_instant, named, small};
use crate::events;
use crate::failure::failed;
use crate::writer::Tx;

const SELECT: &str = "SELECT servers.*,
     (SELECT COALESCE(sum(slots), 0) FROM server_agents WHERE server_id = servers.id) AS slots,
     (SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND server_id = servers.id) AS busy,
     EXISTS (SELECT 1 FROM leader WHERE leader.server_id = servers.id AND until > $1) AS leads
     FROM servers ORDER BY name, id";

fn view(row: &SqliteRow) -> Result<ServerView, StoreError> {
    Ok(ServerView {
        id: id(row, "id", ServerId::new)?,
        name: get(row, "name")?,
        kind: named(row, "kind", ServerKind::parse)?,
        status: named(row, "status", ServerStatus::parse)?,
        host: get(row, "host")?,
        version: get(row, "version")?,
        slots: small(row, "slots")?,
        busy: small(row, "busy")?,
        leads: get(row, "leads")?,
        started_at: instant(row, "started_at")?,
        seen_at: instant(row, "seen_at")?,
    })
}

async fn all(sql: &mut SqliteConnection, now: Timestamp) -> Result<Vec<ServerView>, StoreError> {
    let rows = sqlx::query(SELECT).bind(now.as_millis()).fetch_all(sql).await.map_err(failed)?;
    rows.iter().map(view).collect()
}

fn announce(tx: &mut Tx, kind: &str, server: &ServerView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("server:{}", server.id),
        actor,
        data: serde_json::to_value(server).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

async fn join(tx: &mut Tx, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
    let wanted = *server.server.id.as_uuid();
    let other: Option<String> =
        sqlx::query_scalar("SELECT name FROM servers WHERE id <> $1 AND seen_at > $2 AND token_key <> $3 ORDER BY name LIMIT 1")
            .bind(wanted)
            .bind(alive_since.as_millis())
            .bind(&server.token_key)
            .fetch_optional(tx.sql())
            .await
            .map_err(failed)?;
    if let Some(other) = other {
        return Ok(Joined::OtherKey(other));
    }
    sqlx::query(
        "INSERT INTO servers (id, name, kind, status, host, version, token_key, started_at, seen_at)
         VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, host = excluded.host, version = excluded.version,
             token_key = excluded.token_key, seen_at = excluded.seen_at",
    )
    .bind(wanted)
    .bind(server.server.name)
    .bind(server.kind.as_str())
    .bind(server.host)
    .bind(server.version)
    .bind(server.token_key)
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    sqlx::query("DELETE FROM server_agents WHERE server_id = $1").bind(wanted).execute(tx.sql()).await.map_err(failed)?;
    for (agent, slots) in server.agents {
        sqlx::query("INSERT OR REPLACE INTO server_agents (server_id, agent, slots) VALUES ($1, $2, $3)")
            .bind(wanted)
            .bind(agent)
            .bind(slots)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    if let Some(seen) = all(tx.sql(), at).await?.into_iter().find(|seen| seen.id == server.server.id) {
        announce(tx, "server.joined", &seen, Principal::System, at)?;
    }
    Ok(Joined::Joined)
}

/// Forgets the servers that this wants gone, with a word of which kind.
async fn remove(tx: &mut Tx, gone: impl Fn(&ServerView) -> bool, kind: &str, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
    let gone: Vec<ServerView> = all(tx.sql(), at).await?.into_iter().filter(gone).collect();
    for server in &gone {
        let id = *server.id.as_uuid();
        sqlx::query("DELETE FROM servers WHERE id = $1").bind(id).execute(tx.sql()).await.map_err(failed)?;
        sqlx::query("UPDATE leader SET until = min(until, $1) WHERE server_id = $2")
            .bind(at.as_millis())
            .bind(id)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
        announce(tx, kind, server, Principal::System, at)?;
    }
    if !gone.is_empty() {
        sqlx::query(
            "UPDATE agents SET listed = FALSE WHERE listed AND NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name)
                 AND EXISTS (SELECT 1 FROM servers)",
        )
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    Ok(gone)
}

async fn set_status(
    tx: &mut Tx,
    wanted: ServerId,
    status: ServerStatus,
    actor: Principal,
    at: Timestamp,
) -> Result<Option<ServerView>, StoreError> {
    sqlx::query("UPDATE servers SET status = $1 WHERE id = $2")
        .bind(status.as_str())
        .bind(*wanted.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let found = all(tx.sql(), at).await?.into_iter().find(|server| server.id == wanted);
    if let Some(server) = &found {
        announce(tx, &format!("server.{status}"), server, actor, at)?;
    }
    Ok(found)
}

async fn lead(tx: &mut Tx, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
    sqlx::query(
        "INSERT INTO leader (id, server_id, term, until) VALUES (1, $1, 1, $3)
         ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, until = excluded.until,
             term = leader.term + (leader.server_id <> excluded.server_id)
         WHERE leader.server_id = excluded.server_id OR leader.until <= $2",
    )
    .bind(*server.as_uuid())
    .bind(at.as_millis())
    .bind(until.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let row = sqlx::query("SELECT server_id, term, until FROM leader").fetch_one(tx.sql()).await.map_err(failed)?;
    Ok(Leader { server: id(&row, "server_id", ServerId::new)?, term: get(&row, "term")?, until: instant(&row, "until")? })
}

async fn beat(tx: &mut Tx, beat: Beat) -> Result<Beaten, StoreError> {
    let mut beaten = Beaten::default();
    let seen = sqlx::query("UPDATE servers SET seen_at = $1 WHERE id = $2 RETURNING status")
        .bind(beat.at.as_millis())
        .bind(*beat.server.as_uuid())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    beaten.status = seen.as_ref().map(|row| named(row, "status", ServerStatus::parse)).transpose()?;
    for (task, lease) in beat.leases {
        let kept = sqlx::query(
            "UPDATE tasks SET lease_until = $1 WHERE id = $2 AND state IN ('assigned', 'running') AND lease = $3
             RETURNING cancel_requested_at",
        )
        .bind(beat.until.as_millis())
        .bind(*task.as_uuid())
        .bind(lease.0)
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
        match kept {
            None => beaten.stale.push((task, lease)),
            Some(row) => beaten.cancel.extend(maybe_instant(&row, "cancel_requested_at")?.map(|_| (task, lease))),
        }
    }
    Ok(beaten)
}

#[async_trait]
impl Heart for SqliteStore {
    async fn beat(&self, sent: Beat) -> Result<Beaten, StoreError> {
        self.writer.run(move |tx| Box::pin(beat(tx, sent))).await
    }
}

#[async_trait]
impl ServerStore for SqliteStore {
    async fn join_server(&self, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
        self.writer.run(move |tx| Box::pin(join(tx, server, at, alive_since))).await
    }

    async fn leave_server(&self, id: ServerId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(async move { remove(tx, |server| server.id == id, "server.left", at).await.map(drop) })).await
    }

    async fn forget_servers(&self, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
        self.writer
            .run(move |tx| Box::pin(async move { remove(tx, |server| server.seen_at <= silent_since, "server.lost", at).await }))
            .await
    }

    async fn servers(&self, now: Timestamp) -> Result<ServersAt, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let items = all(&mut snapshot, now).await?;
        let (as_of, _) = events::head(&mut snapshot).await?;
        Ok(ServersAt { items, as_of })
    }

    async fn set_server_status(
        &self,
        id: ServerId,
        status: ServerStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<ServerView>, StoreError> {
        self.writer.run(move |tx| Box::pin(set_status(tx, id, status, actor, at))).await
    }

    async fn lead(&self, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
        self.writer.run(move |tx| Box::pin(lead(tx, server, at, until))).await
    }
}
