//! How are the servers that share the database stored: who lives, who leads, who holds which leases?

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DEFAULT_PROJECT, LeaseToken, ServerId, TaskId};
use baton_domain::ports::Clock;
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::server::ServerView;
use baton_storage::{Beat, Beaten, Heart, Joined, Leader, ServerRegistration, ServerStore, ServersAt, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::PostgresStore;
use crate::columns::{count, get, id, instant, maybe_id, maybe_named, named, plain, small, stored_small, text};
use crate::events;
use crate::failure::{Fault, failed};
use crate::many::{column, try_column};
use crate::writer::Tx;

const SELECT: &str = "SELECT servers.*,
     (SELECT COALESCE(sum(slots), 0)::bigint FROM server_agents WHERE server_id = servers.id) AS slots,
     (SELECT count(*)::integer FROM tasks WHERE state IN ('assigned', 'running') AND server_id = servers.id) AS busy,
     EXISTS (SELECT 1 FROM leader WHERE leader.server_id = servers.id AND until > $1) AS leads
     FROM servers ORDER BY name, id";

fn view(row: &PgRow) -> Result<ServerView, StoreError> {
    Ok(ServerView {
        id: id(row, "id", ServerId::new)?,
        name: get(row, "name")?,
        kind: named(row, "kind", ServerKind::parse)?,
        status: named(row, "status", ServerStatus::parse)?,
        host: get(row, "host")?,
        version: get(row, "version")?,
        slots: u32::try_from(count(row, "slots")?).unwrap_or(u32::MAX),
        busy: small(row, "busy")?,
        leads: get(row, "leads")?,
        started_at: instant(row, "started_at")?,
        seen_at: instant(row, "seen_at")?,
    })
}

async fn all(sql: &mut PgConnection, now: Timestamp) -> Result<Vec<ServerView>, Fault> {
    let rows = sqlx::query(SELECT).bind(now.as_millis()).fetch_all(sql).await.map_err(failed)?;
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
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

/// Two that join at once must see each other's keys: they join one after the other.
async fn one_at_a_time(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query("LOCK TABLE servers IN SHARE ROW EXCLUSIVE MODE").execute(tx.sql()).await.map_err(failed)?;
    Ok(())
}

/// Who joins, when, and since when the others must have been seen.
type Joining = (ServerRegistration, Timestamp, Timestamp);

async fn join(tx: &mut Tx, (server, at, alive_since): &Joining) -> Result<Joined, Fault> {
    one_at_a_time(tx).await?;
    let wanted = *server.server.id.as_uuid();
    let other: Option<String> =
        sqlx::query_scalar("SELECT name FROM servers WHERE id <> $1 AND seen_at > $2 AND token_key <> $3 ORDER BY name LIMIT 1")
            .bind(wanted)
            .bind(alive_since.as_millis())
            .bind(server.token_key.as_deref())
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
    .bind(plain(&server.server.name))
    .bind(server.kind.as_str())
    .bind(plain(&server.host))
    .bind(plain(&server.version))
    .bind(server.token_key.as_deref())
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    sqlx::query("DELETE FROM server_agents WHERE server_id = $1").bind(wanted).execute(tx.sql()).await.map_err(failed)?;
    let agents: HashMap<&str, u32> = server.agents.iter().map(|(agent, slots)| (agent.as_str(), *slots)).collect();
    let agents: Vec<_> = agents.into_iter().collect();
    sqlx::query("INSERT INTO server_agents (server_id, agent, slots) SELECT $1, * FROM UNNEST($2::text[], $3::integer[])")
        .bind(wanted)
        .bind(column(&agents, |(agent, _)| plain(agent)))
        .bind(column(&agents, |(_, slots)| stored_small(*slots)))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    // A server that was forgotten and comes back brings its agents back.
    sqlx::query("UPDATE agents SET listed = TRUE, gone_at = NULL WHERE name = ANY($1) AND NOT listed")
        .bind(column(&agents, |(agent, _)| plain(agent)))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if let Some(seen) = all(tx.sql(), *at).await?.into_iter().find(|seen| seen.id == server.server.id) {
        announce(tx, "server.joined", &seen, Principal::System, *at)?;
    }
    Ok(Joined::Joined)
}

/// Forgets servers, with a word of which kind.
async fn remove(tx: &mut Tx, gone: Vec<ServerView>, kind: &str, at: Timestamp) -> Result<Vec<ServerView>, Fault> {
    if gone.is_empty() {
        return Ok(gone);
    }
    let ids = column(&gone, |server| *server.id.as_uuid());
    sqlx::query("DELETE FROM servers WHERE id = ANY($1)").bind(&ids).execute(tx.sql()).await.map_err(failed)?;
    sqlx::query("UPDATE leader SET until = LEAST(until, $2) WHERE server_id = ANY($1)")
        .bind(&ids)
        .bind(at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query(
        "UPDATE agents SET listed = FALSE, gone_at = $1
         WHERE listed AND NOT EXISTS (SELECT 1 FROM server_agents WHERE agent = name) AND EXISTS (SELECT 1 FROM servers)",
    )
    .bind(at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    for server in &gone {
        announce(tx, kind, server, Principal::System, at)?;
    }
    Ok(gone)
}

async fn leave(tx: &mut Tx, id: ServerId, at: Timestamp) -> Result<(), Fault> {
    one_at_a_time(tx).await?;
    let gone = all(tx.sql(), at).await?.into_iter().filter(|server| server.id == id).collect();
    remove(tx, gone, "server.left", at).await.map(drop)
}

async fn forget(tx: &mut Tx, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, Fault> {
    one_at_a_time(tx).await?;
    let gone = all(tx.sql(), at).await?.into_iter().filter(|server| server.seen_at <= silent_since).collect();
    remove(tx, gone, "server.lost", at).await
}

/// Whose status changes, to what, by whom, when.
type StatusChange = (ServerId, ServerStatus, Principal, Timestamp);

async fn set_status(tx: &mut Tx, (wanted, status, actor, at): &StatusChange) -> Result<Option<ServerView>, Fault> {
    sqlx::query("UPDATE servers SET status = $1 WHERE id = $2")
        .bind(status.as_str())
        .bind(*wanted.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let found = all(tx.sql(), *at).await?.into_iter().find(|server| server.id == *wanted);
    if let Some(server) = &found {
        announce(tx, &format!("server.{status}"), server, actor.clone(), *at)?;
    }
    Ok(found)
}

async fn lead(tx: &mut Tx, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, Fault> {
    // The condition is looked at under the row's lock: of two who want to lead at once, the second sees the first.
    sqlx::query(
        "INSERT INTO leader (id, server_id, term, until) VALUES (1, $1, 1, $3)
         ON CONFLICT (id) DO UPDATE SET server_id = excluded.server_id, until = excluded.until,
             term = leader.term + (leader.server_id <> excluded.server_id)::integer
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

/// One statement, and so one transaction. Tasks are locked in the order in which the writers lock them. The list and the empty
/// string keep PostgreSQL from going through all running tasks: see `begin`. Of how agents stand, only what has changed is written, and
/// nothing by a beat that is older than the last; nor where somebody else holds the row just now, since leases must not wait for that: the
/// next beat says it again.
const BEAT: &str = "WITH seen AS (UPDATE servers SET seen_at = GREATEST(seen_at, $2) WHERE id = $1 RETURNING status),
     held AS (SELECT * FROM UNNEST($3::uuid[], $4::bigint[]) AS held (task, lease)),
     mine AS (SELECT id AS mine_id FROM tasks WHERE id = ANY($3) ORDER BY id FOR NO KEY UPDATE),
     kept AS (
         UPDATE tasks SET lease_until = GREATEST(lease_until, $5) FROM held JOIN mine ON mine_id = held.task
         WHERE tasks.id = ANY($3) AND tasks.id = held.task AND tasks.state || '' IN ('assigned', 'running') AND tasks.lease = held.lease
         RETURNING tasks.id, tasks.lease, tasks.cancel_requested_at IS NOT NULL AS cancel),
     told AS (SELECT * FROM UNNEST($6::text[], $7::text[]) AS told (agent, standing)),
     free AS (
         SELECT server_agents.agent AS free_agent FROM server_agents JOIN told ON told.agent = server_agents.agent
         WHERE server_agents.server_id = $1 AND server_agents.standing IS DISTINCT FROM told.standing
             AND EXISTS (SELECT 1 FROM servers WHERE id = $1 AND seen_at <= $2)
         FOR NO KEY UPDATE OF server_agents SKIP LOCKED),
     said AS (
         UPDATE server_agents SET standing = told.standing FROM told JOIN free ON free_agent = told.agent
         WHERE server_agents.server_id = $1 AND server_agents.agent = told.agent)
     SELECT (SELECT status FROM seen) AS status, kept.id, kept.lease, kept.cancel FROM (SELECT 1) AS one LEFT JOIN kept ON TRUE";

/// Believes a server and its leases for another span.
pub(crate) async fn beat(sql: &mut PgConnection, beat: &Beat) -> Result<Beaten, Fault> {
    let rows = sqlx::query(BEAT)
        .bind(*beat.server.as_uuid())
        .bind(beat.at.as_millis())
        .bind(column(&beat.leases, |(task, _)| *task.as_uuid()))
        .bind(column(&beat.leases, |(_, lease)| lease.0))
        .bind(beat.until.as_millis())
        .bind(column(&beat.agents, |(agent, _)| plain(agent)))
        .bind(try_column(&beat.agents, |(_, standing)| text(standing))?)
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let status = rows.first().map_or(Ok(None), |row| maybe_named(row, "status", ServerStatus::parse))?;
    let mut kept: HashMap<(TaskId, LeaseToken), bool> = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Some(task) = maybe_id(row, "id", TaskId::new)? {
            kept.insert((task, LeaseToken(get(row, "lease")?)), get(row, "cancel")?);
        }
    }
    let mut beaten = Beaten { status, ..Beaten::default() };
    for lease in &beat.leases {
        match kept.get(lease) {
            None => beaten.stale.push(*lease),
            Some(true) => beaten.cancel.push(*lease),
            Some(false) => {}
        }
    }
    Ok(beaten)
}

#[async_trait]
impl Heart for PostgresStore {
    async fn beat(&self, sent: Beat) -> Result<Beaten, StoreError> {
        let tasks = column(&sent.leases, |(task, _)| *task);
        self.writer.run_on(tasks, sent, |tx, sent| Box::pin(beat(tx.sql(), sent))).await
    }
}

#[async_trait]
impl ServerStore for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        Some(Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    fn own_heart(&self) -> Option<Arc<dyn Heart>> {
        Some(Arc::new(self.heart.clone()))
    }

    async fn join_server(&self, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
        self.writer.run((server, at, alive_since), |tx, joining| Box::pin(join(tx, joining))).await
    }

    async fn leave_server(&self, id: ServerId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run((id, at), |tx, (id, at)| Box::pin(leave(tx, *id, *at))).await
    }

    async fn forget_servers(&self, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
        self.writer.run((silent_since, at), |tx, (since, at)| Box::pin(forget(tx, *since, *at))).await
    }

    async fn servers(&self, now: Timestamp) -> Result<ServersAt, StoreError> {
        self.answered(async {
            let mut snapshot = self.snapshot().await?;
            let items = all(&mut snapshot, now).await?;
            let (as_of, _) = events::head(&mut snapshot).await?;
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
        self.writer.run((id, status, actor, at), |tx, change| Box::pin(set_status(tx, change))).await
    }

    async fn lead(&self, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
        self.writer.run((server, at, until), |tx, (server, at, until)| Box::pin(lead(tx, *server, *at, *until))).await
    }
}
