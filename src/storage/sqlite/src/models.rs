//! How calls of models and what they spent are stored.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::id::{AttemptId, ProjectId, TaskId};
use baton_domain::model::Usage;
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelUsage;
use baton_storage::{ModelCallRecord, ModelStore, SpendingScope, Spent, StoreError};
use rusqlite::{Connection, params};

use crate::SqliteStore;
use crate::columns::{Columns, stored_count};
use crate::statement::{all, maybe, run};

fn call(row: &mut Columns<'_, '_>) -> Result<ModelCallRecord, StoreError> {
    Ok(ModelCallRecord {
        id: row.id(|id| id)?,
        project: row.id(ProjectId::new)?,
        task: row.id(TaskId::new)?,
        attempt: row.id(AttemptId::new)?,
        model: row.get()?,
        at: row.instant()?,
        duration_ms: row.count()?,
        usage: usage(row)?,
        cached: row.get()?,
        failure: row.get()?,
        request_key: row.get()?,
        request: row.get()?,
        answer: row.get()?,
    })
}

fn usage(row: &mut Columns<'_, '_>) -> Result<Usage, StoreError> {
    Ok(Usage { prompt_tokens: row.count()?, completion_tokens: row.count()?, cost_micros: row.count()? })
}

fn spent(sql: &Connection, scope: &str) -> Result<Spent, StoreError> {
    let read = |row: &mut Columns<'_, '_>| Ok(Spent { tokens: row.count()?, cost_micros: row.count()? });
    Ok(maybe(sql, "SELECT tokens, cost_micros FROM spending WHERE scope = ?1", [scope], read)?.unwrap_or_default())
}

#[async_trait]
impl ModelStore for SqliteStore {
    async fn record_model_call(&self, call: ModelCallRecord) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                run(
                    tx.sql(),
                    "INSERT INTO model_calls (id, project_id, task_id, attempt_id, model, at, duration_ms, prompt_tokens, completion_tokens,
                         cost_micros, cached, failure, request_key, request, answer)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                    params![
                        call.id.as_bytes(),
                        call.project.as_uuid().as_bytes(),
                        call.task.as_uuid().as_bytes(),
                        call.attempt.as_uuid().as_bytes(),
                        call.model,
                        call.at.as_millis(),
                        stored_count(call.duration_ms),
                        stored_count(call.usage.prompt_tokens),
                        stored_count(call.usage.completion_tokens),
                        stored_count(call.usage.cost_micros),
                        call.cached,
                        call.failure,
                        call.request_key,
                        call.request,
                        call.answer
                    ],
                )?;
                Ok(())
            })
            .await
    }

    async fn model_calls(&self, task: TaskId, limit: u32) -> Result<Vec<ModelCallRecord>, StoreError> {
        let text = "SELECT id, project_id, task_id, attempt_id, model, at, duration_ms, prompt_tokens, completion_tokens, cost_micros,
                        cached, failure, request_key, request, answer
                    FROM model_calls WHERE task_id = ?1 ORDER BY at, id LIMIT ?2";
        self.readers.statement(move |sql| all(sql, text, params![task.as_uuid().as_bytes(), limit], call)).await
    }

    async fn remembered_answer(&self, key: &str, since: Timestamp) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        let text = "SELECT answer FROM model_calls WHERE request_key = ?1 AND at >= ?2 ORDER BY at DESC, id DESC LIMIT 1";
        self.readers.statement(move |sql| maybe(sql, text, params![key, since.as_millis()], |row| row.get())).await
    }

    async fn model_usage(&self, project: ProjectId, since: Timestamp) -> Result<BTreeMap<String, ModelUsage>, StoreError> {
        let text = "SELECT model, count(*) FILTER (WHERE failure IS NULL), COALESCE(sum(cached), 0), count(failure),
                        COALESCE(sum(prompt_tokens), 0), COALESCE(sum(completion_tokens), 0), COALESCE(sum(cost_micros), 0)
                    FROM model_calls WHERE project_id = ?1 AND at >= ?2 GROUP BY model";
        let read = |row: &mut Columns<'_, '_>| {
            let model: String = row.get()?;
            Ok((model, ModelUsage { answered: row.count()?, cached: row.count()?, failed: row.count()?, total: usage(row)? }))
        };
        let rows =
            self.readers.statement(move |sql| all(sql, text, params![project.as_uuid().as_bytes(), since.as_millis()], read)).await?;
        Ok(rows.into_iter().collect())
    }

    async fn spend(&self, scopes: Vec<SpendingScope>, more: Spent, at: Timestamp) -> Result<Option<String>, StoreError> {
        self.writer
            .run(move |tx| {
                for scope in &scopes {
                    if !scope.has_room(spent(tx.sql(), &scope.name)?, more) {
                        return Ok(Some(scope.name.clone()));
                    }
                }
                for scope in &scopes {
                    run(
                        tx.sql(),
                        "INSERT INTO spending (scope, tokens, cost_micros, updated_at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (scope) DO UPDATE SET tokens = tokens + excluded.tokens,
                             cost_micros = cost_micros + excluded.cost_micros, updated_at = excluded.updated_at",
                        params![scope.name, stored_count(more.tokens), stored_count(more.cost_micros), at.as_millis()],
                    )?;
                }
                Ok(None)
            })
            .await
    }

    async fn settle_spending(&self, scopes: Vec<String>, aside: Spent, used: Spent, at: Timestamp) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                for scope in &scopes {
                    run(
                        tx.sql(),
                        "UPDATE spending SET tokens = max(0, tokens + ?2 - ?3), cost_micros = max(0, cost_micros + ?4 - ?5), updated_at = ?6
                         WHERE scope = ?1",
                        params![
                            scope,
                            stored_count(used.tokens),
                            stored_count(aside.tokens),
                            stored_count(used.cost_micros),
                            stored_count(aside.cost_micros),
                            at.as_millis()
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    async fn spent(&self, scope: &str) -> Result<Spent, StoreError> {
        let scope = scope.to_owned();
        self.readers.statement(move |sql| spent(sql, &scope)).await
    }

    async fn forget_model_calls(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer
            .run(move |tx| {
                let text = "DELETE FROM model_calls WHERE id IN (SELECT id FROM model_calls WHERE at < ?1 ORDER BY at LIMIT ?2)";
                let calls = run(tx.sql(), text, params![before.as_millis(), limit])?;
                let text = "DELETE FROM spending WHERE scope IN (SELECT scope FROM spending WHERE updated_at < ?1 LIMIT ?2)";
                run(tx.sql(), text, params![before.as_millis(), limit])?;
                Ok(calls as u64)
            })
            .await
    }
}
