//! How calls of models and what they spent are stored.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use baton_domain::id::{AttemptId, ProjectId, TaskId};
use baton_domain::model::Usage;
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelUsage;
use baton_storage::{ModelCallRecord, ModelStore, SpendingScope, Spent, StoreError};
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::columns::{count, get, id, instant, maybe_plain, plain, stored_count};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

fn call(row: &PgRow) -> Result<ModelCallRecord, StoreError> {
    Ok(ModelCallRecord {
        id: get(row, "id")?,
        project: id(row, "project_id", ProjectId::new)?,
        task: id(row, "task_id", TaskId::new)?,
        attempt: id(row, "attempt_id", AttemptId::new)?,
        model: get(row, "model")?,
        at: instant(row, "at")?,
        duration_ms: count(row, "duration_ms")?,
        usage: usage(row)?,
        cached: count(row, "cached")? != 0,
        failure: get(row, "failure")?,
        request_key: get(row, "request_key")?,
        request: get(row, "request")?,
        answer: get(row, "answer")?,
    })
}

fn usage(row: &PgRow) -> Result<Usage, StoreError> {
    Ok(Usage {
        prompt_tokens: count(row, "prompt_tokens")?,
        completion_tokens: count(row, "completion_tokens")?,
        cost_micros: count(row, "cost_micros")?,
    })
}

fn spent(row: &PgRow) -> Result<Spent, StoreError> {
    Ok(Spent { tokens: count(row, "tokens")?, cost_micros: count(row, "cost_micros")? })
}

async fn insert(tx: &mut Tx, call: &ModelCallRecord) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO model_calls (id, project_id, task_id, attempt_id, model, at, duration_ms, prompt_tokens, completion_tokens,
             cost_micros, cached, failure, request_key, request, answer)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(call.id)
    .bind(*call.project.as_uuid())
    .bind(*call.task.as_uuid())
    .bind(*call.attempt.as_uuid())
    .bind(plain(&call.model))
    .bind(call.at.as_millis())
    .bind(stored_count(call.duration_ms))
    .bind(stored_count(call.usage.prompt_tokens))
    .bind(stored_count(call.usage.completion_tokens))
    .bind(stored_count(call.usage.cost_micros))
    .bind(i64::from(call.cached))
    .bind(maybe_plain(call.failure.as_deref()))
    .bind(call.request_key.as_deref())
    .bind(plain(&call.request))
    .bind(plain(&call.answer))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(())
}

/// More that is to be spent.
struct Spending {
    /// By name, so that all who spend lock them in one order.
    scopes: Vec<SpendingScope>,
    more: Spent,
    at: Timestamp,
}

async fn spend(tx: &mut Tx, spending: &Spending) -> Result<Option<String>, Fault> {
    let names: Vec<&str> = spending.scopes.iter().map(|scope| scope.name.as_str()).collect();
    sqlx::query(
        "INSERT INTO spending (scope, tokens, cost_micros, updated_at) SELECT scope, 0, 0, $2 FROM unnest($1::text[]) AS scope
         ORDER BY scope ON CONFLICT (scope) DO NOTHING",
    )
    .bind(&names)
    .bind(spending.at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let rows = sqlx::query("SELECT scope, tokens, cost_micros FROM spending WHERE scope = ANY($1) ORDER BY scope FOR UPDATE")
        .bind(&names)
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    let so_far = rows.iter().map(|row| Ok((get(row, "scope")?, spent(row)?))).collect::<Result<HashMap<String, Spent>, StoreError>>()?;
    let has_room = |scope: &&SpendingScope| scope.has_room(so_far.get(&scope.name).copied().unwrap_or_default(), spending.more);
    if let Some(refused) = spending.scopes.iter().find(|scope| !has_room(scope)) {
        return Ok(Some(refused.name.clone()));
    }
    sqlx::query("UPDATE spending SET tokens = tokens + $2, cost_micros = cost_micros + $3, updated_at = $4 WHERE scope = ANY($1)")
        .bind(&names)
        .bind(stored_count(spending.more.tokens))
        .bind(stored_count(spending.more.cost_micros))
        .bind(spending.at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(None)
}

/// What was set aside, and what it came to.
struct Settling {
    scopes: Vec<String>,
    aside: Spent,
    used: Spent,
    at: Timestamp,
}

async fn settle(tx: &mut Tx, settling: &Settling) -> Result<(), Fault> {
    sqlx::query("SELECT scope FROM spending WHERE scope = ANY($1) ORDER BY scope FOR UPDATE")
        .bind(&settling.scopes)
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query(
        "UPDATE spending SET tokens = GREATEST(0, tokens + $2 - $3), cost_micros = GREATEST(0, cost_micros + $4 - $5), updated_at = $6
         WHERE scope = ANY($1)",
    )
    .bind(&settling.scopes)
    .bind(stored_count(settling.used.tokens))
    .bind(stored_count(settling.aside.tokens))
    .bind(stored_count(settling.used.cost_micros))
    .bind(stored_count(settling.aside.cost_micros))
    .bind(settling.at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(())
}

async fn forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, Fault> {
    let calls = sqlx::query("DELETE FROM model_calls WHERE id IN (SELECT id FROM model_calls WHERE at < $1 ORDER BY at LIMIT $2)")
        .bind(before.as_millis())
        .bind(i64::from(limit))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM spending WHERE scope IN (SELECT scope FROM spending WHERE updated_at < $1 LIMIT $2)")
        .bind(before.as_millis())
        .bind(i64::from(limit))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(calls.rows_affected())
}

#[async_trait]
impl ModelStore for PostgresStore {
    async fn record_model_call(&self, call: ModelCallRecord) -> Result<(), StoreError> {
        self.writer.run(call, |tx, call| Box::pin(insert(tx, call))).await
    }

    async fn model_calls(&self, task: TaskId, limit: u32) -> Result<Vec<ModelCallRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM model_calls WHERE task_id = $1 ORDER BY at, id LIMIT $2")
            .bind(*task.as_uuid())
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
        rows.iter().map(call).collect()
    }

    async fn remembered_answer(&self, key: &str, since: Timestamp) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT answer FROM model_calls WHERE request_key = $1 AND at >= $2 ORDER BY at DESC, id DESC LIMIT 1")
            .bind(key)
            .bind(since.as_millis())
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
        row.map(|row| get(&row, "answer")).transpose()
    }

    async fn model_usage(&self, project: ProjectId, since: Timestamp) -> Result<BTreeMap<String, ModelUsage>, StoreError> {
        let rows = sqlx::query(
            "SELECT model, count(*) FILTER (WHERE failure IS NULL) AS answered, COALESCE(sum(cached), 0)::bigint AS cached,
                 count(failure) AS failed, COALESCE(sum(prompt_tokens), 0)::bigint AS prompt_tokens,
                 COALESCE(sum(completion_tokens), 0)::bigint AS completion_tokens, COALESCE(sum(cost_micros), 0)::bigint AS cost_micros
             FROM model_calls WHERE project_id = $1 AND at >= $2 GROUP BY model",
        )
        .bind(*project.as_uuid())
        .bind(since.as_millis())
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(failed)?;
        let read = |row: &PgRow| {
            let (answered, cached) = (count(row, "answered")?, count(row, "cached")?);
            Ok((get(row, "model")?, ModelUsage { answered, cached, failed: count(row, "failed")?, total: usage(row)? }))
        };
        rows.iter().map(read).collect()
    }

    async fn spend(&self, mut scopes: Vec<SpendingScope>, more: Spent, at: Timestamp) -> Result<Option<String>, StoreError> {
        scopes.sort_by(|one, other| one.name.cmp(&other.name));
        self.writer.run(Spending { scopes, more, at }, |tx, spending| Box::pin(spend(tx, spending))).await
    }

    async fn settle_spending(&self, mut scopes: Vec<String>, aside: Spent, used: Spent, at: Timestamp) -> Result<(), StoreError> {
        scopes.sort_unstable();
        self.writer.run(Settling { scopes, aside, used, at }, |tx, settling| Box::pin(settle(tx, settling))).await
    }

    async fn spent(&self, scope: &str) -> Result<Spent, StoreError> {
        let row = sqlx::query("SELECT tokens, cost_micros FROM spending WHERE scope = $1")
            .bind(scope)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
        Ok(row.as_ref().map(spent).transpose()?.unwrap_or_default())
    }

    async fn forget_model_calls(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.run((before, limit), |tx, (before, limit)| Box::pin(forget(tx, *before, *limit))).await
    }
}
