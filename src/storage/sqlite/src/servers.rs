//! How is the server of this file stored? As in a database that several share, though here there is one at a time.

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DEFAULT_PROJECT, ServerId};
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::server::ServerView;
use baton_storage::{Beat, Beaten, Heart, Joined, Leader, ServerRegistration, ServerStore, ServersAt, StoreError};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::events;
use crate::statement::{all, maybe, one, run};
use crate::writer::Tx;

const SELECT: &str = "SELECT id, name, kind, status, host, version,
     (SELECT COALESCE(sum(slots), 0) FROM server_agents WHERE server_id = servers.id) AS slots,
     (SELECT count(*) FROM tasks WHERE state IN ('assigned', 'running') AND server_id = servers.id) AS busy,
     EXISTS (SELECT 1 FROM leader WHERE leader.server_id = servers.id AND until > ?1) AS leads, started_at, seen_at
     FROM servers ORDER BY name, id";

fn view(row: &mut Columns<'_, '_>) -> Result<ServerView, StoreError> {
    Ok(ServerView {
        id: row.id(ServerId::new)?,
        name: row.get()?,
        kind: row.named(ServerKind::parse)?,
        status: row.named(ServerStatus::parse)?,
        host: row.get()?,
        version: row.get()?,
        slots: row.small()?,
        busy: row.small()?,
        leads: row.get()?,
        started_at: row.instant()?,
        seen_at: row.instant()?,
    })
}

fn listed(sql: &Connection, now: Timestamp) -> Result<Vec<ServerView>, StoreError> {
    all(sql, SELECT, [now.as_millis()], view)
}

fn announce(tx: &mut Tx, kind: &str, server: &ServerView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: format!("server:{}", server.id),
        actor,
        data: Payload::of(server).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

fn join(tx: &mut Tx, server: &ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
    let wanted = server.server.id.as_uuid().as_bytes();
    let other = maybe(
        tx.sql(),
        "SELECT name FROM servers WHERE id <> ?1 AND seen_at > ?2 AND token_key <> ?3 ORDER BY name LIMIT 1",
        params![wanted, alive_since.as_millis(), server.token_key],
        |row| row.get(),
    )?;
    if let Some(other) = other {
        return Ok(Joined::OtherKey(other));
    }
    run(
        tx.sql(),
        "INSERT INTO servers (id, name, kind, status, host, version, token_key, started_at, seen_at)
         VALUES (?1, ?2, ?3, 'active', ?4, ?5, ?6, ?7, ?7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, host = excluded.host, version = excluded.version,
             token_key = excluded.token_key, seen_at = excluded.seen_at",
        params![wanted, server.server.name, server.kind.as_str(), server.host, server.version, server.token_key, at.as_millis()],
    )?;
    run(tx.sql(), "DELETE FROM server_agents WHERE server_id = ?1", [wanted])?;
    for (agent, slots) in &server.agents {
        let insert = "INSERT OR REPLACE INTO server_agents (server_id, agent, slots) VALUES (?1, ?2, ?3)";
        run(tx.sql(), insert, params![wanted, agent, slots])?;
        // A server that was forgotten and comes back brings its agents back.
        run(tx.sql(), "UPDATE agents SET listed = TRUE, gone_at = NULL WHERE name = ?1 AND NOT listed", [agent])?;
    }
    if let Some(seen) = listed(tx.sql(), at)?.into_iter().find(|seen| seen.id == server.server.id) {
        announce(tx, "server.joined", &seen, Principal::System, at)?;
    }
    Ok(Joined::Joined)
}

/// Forgets the servers that this wants gone, with a word of which kind.
fn remove(tx: &mut Tx, gone: impl Fn(&ServerView) -> bool, kind: &str, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
    let gone: Vec<ServerView> = listed(tx.sql(), at)?.into_iter().filter(gone).collect();
    for server in &gone {
        let id = server.id.as_uuid().as_bytes();
        run(tx.sql(), "DELETE FROM servers WHERE id = ?1", [id])?;
        run(tx.sql(), "UPDATE leader SET until = min(until, ?1) WHERE server_id = ?2", params![at.as_millis(), id])?;
        announce(tx, kind, server, Principal::System, at)?;
    }
    if !gone.is_empty() {
        run(
            tx.sql(),
            "UPDATE agents SET listed = FALSE, gone_at = ?1
             WHERE listed AND NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name) AND EXISTS (SELECT 1 FROM servers)",
            [at.as_millis()],
        )?;
    }
    Ok(gone)
}

fn set_status(
    tx: &mut Tx,
    wanted: ServerId,
    status: ServerStatus,
    actor: Principal,
    at: Timestamp,
) -> Result<Option<ServerView>, StoreError> {
    run(tx.sql(), "UPDATE servers SET status = ?1 WHERE id = ?2", params![status.as_str(), wanted.as_uuid().as_bytes()])?;
    let found = listed(tx.sql(), at)?.into_iter().find(|server| server.id == wanted);
    if let Some(server) = &found {
        announce(tx, &format!("server.{status}"), server, actor, at)?;
    }
    Ok(found)
}

fn lead(tx: &mut Tx, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
    run(
        tx.sql(),
        "INSERT INTO leader (id, server_id, term, until) VALUES (1, ?1, 1, ?3)
         ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, until = excluded.until,
             term = leader.term + (leader.server_id <> excluded.server_id)
         WHERE leader.server_id = excluded.server_id OR leader.until <= ?2",
        params![server.as_uuid().as_bytes(), at.as_millis(), until.as_millis()],
    )?;
    one(tx.sql(), "SELECT server_id, term, until FROM leader", [], |row| {
        Ok(Leader { server: row.id(ServerId::new)?, term: row.get()?, until: row.instant()? })
    })
}

fn beat(tx: &mut Tx, beat: &Beat) -> Result<Beaten, StoreError> {
    let status = maybe(
        tx.sql(),
        "UPDATE servers SET seen_at = max(seen_at, ?1) WHERE id = ?2 RETURNING status",
        params![beat.at.as_millis(), beat.server.as_uuid().as_bytes()],
        |row| row.named(ServerStatus::parse),
    )?;
    // As it is since the statement above: a beat that is older than the last says nothing.
    let say = "UPDATE server_agents SET standing = ?1 WHERE server_id = ?2 AND agent = ?3 AND standing IS NOT ?1
         AND EXISTS (SELECT 1 FROM servers WHERE id = ?2 AND seen_at <= ?4)";
    for (agent, standing) in &beat.agents {
        run(tx.sql(), say, params![text(standing)?, beat.server.as_uuid().as_bytes(), agent, beat.at.as_millis()])?;
    }
    let mut beaten = Beaten { status, ..Beaten::default() };
    for (task, lease) in &beat.leases {
        let kept = maybe(
            tx.sql(),
            "UPDATE tasks SET lease_until = max(COALESCE(lease_until, ?1), ?1) WHERE id = ?2 AND state IN ('assigned', 'running') AND lease = ?3
             RETURNING cancel_requested_at IS NOT NULL",
            params![beat.until.as_millis(), task.as_uuid().as_bytes(), lease.0],
            |row| row.get::<bool>(),
        )?;
        match kept {
            None => beaten.stale.push((*task, *lease)),
            Some(true) => beaten.cancel.push((*task, *lease)),
            Some(false) => {}
        }
    }
    Ok(beaten)
}

#[async_trait]
impl Heart for SqliteStore {
    async fn beat(&self, sent: Beat) -> Result<Beaten, StoreError> {
        self.writer.run(move |tx| beat(tx, &sent)).await
    }
}

#[async_trait]
impl ServerStore for SqliteStore {
    async fn join_server(&self, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
        self.writer.run(move |tx| join(tx, &server, at, alive_since)).await
    }

    async fn leave_server(&self, id: ServerId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |tx| remove(tx, |server| server.id == id, "server.left", at).map(drop)).await
    }

    async fn forget_servers(&self, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
        self.writer.run(move |tx| remove(tx, |server| server.seen_at <= silent_since, "server.lost", at)).await
    }

    async fn servers(&self, now: Timestamp) -> Result<ServersAt, StoreError> {
        self.readers
            .snapshot(move |sql| {
                let items = listed(sql, now)?;
                let (as_of, _) = events::head(sql)?;
                Ok(ServersAt { items, as_of })
            })
            .await
    }

    async fn set_server_status(
        &self,
        id: ServerId,
        status: ServerStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<ServerView>, StoreError> {
        self.writer.run(move |tx| set_status(tx, id, status, actor, at)).await
    }

    async fn lead(&self, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
        self.writer.run(move |tx| lead(tx, server, at, until)).await
    }
}
