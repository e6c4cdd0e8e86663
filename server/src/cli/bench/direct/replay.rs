//! How are the rows written again? Three commits a batch, as a task's life has three: stored, begun, ended.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_storage::NoSink;
use baton_storage_sqlite::SqliteOptions;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};
use tokio::runtime::Handle;

use super::refused;
use super::rows::{Row, Stage, Stored, Table, Task};
use crate::cli::bench::{failed, now};
use crate::start_error::StartError;

/// What the engine's lease and deadline of a running task are; they are gone from the row when it has ended.
const LEASE_MS: i64 = 30_000;
const DEADLINE_MS: i64 = 3_600_000;

/// Writes the rows into a new file with the engine's schema and settings; gives how long that took, from the first statement to the
/// last commit.
pub(super) fn replay(runtime: &Handle, stored: &Stored, path: &Path, batch: usize) -> Result<Duration, StartError> {
    let schema = async {
        let store = SqliteOptions::new(path).open(Arc::new(NoSink)).await.map_err(|error| StartError::opening(path, error))?;
        store.close().await;
        Ok::<_, StartError>(())
    };
    runtime.block_on(schema)?;
    let file = Connection::open(path).map_err(refused)?;
    file.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -20000; PRAGMA temp_store = MEMORY")
        .map_err(refused)?;
    let mut agents = file.prepare(&stored.agent.insert()).map_err(refused)?;
    for agent in &stored.agents {
        agents.execute(params_from_iter(agent)).map_err(refused)?;
    }
    drop(agents);
    let rows: Vec<Replayed<'_>> = stored.tasks.iter().map(|task| Replayed::new(stored, task)).collect::<Result<_, _>>()?;
    let mut writer = Writer::prepare(&file, stored)?;
    let began = now();
    for part in rows.chunks(batch.max(1)) {
        writer.submitted(part)?;
        writer.begun(part)?;
        writer.ended(part)?;
    }
    Ok(began.elapsed())
}

/// A task's rows as each commit writes them.
struct Replayed<'a> {
    task: &'a Task,
    new: Row,
    begin: Row,
    end: Row,
    /// The attempts as they begin, and what ends them.
    attempts: Vec<(Row, Row)>,
    agent: Value,
    at: Value,
}

impl<'a> Replayed<'a> {
    fn new(stored: &Stored, task: &'a Task) -> Result<Self, StartError> {
        let of = |column: &str| Ok::<_, StartError>(task.row[stored.table.place(column)?].clone());
        let mut new = task.row.clone();
        let first = [("state", text("queued")), ("reason", text("submitted")), ("lease", Value::Integer(0))];
        let later = ["lease_until", "deadline_at", "agent_id", "agent_name", "started_at", "finished_at", "result"];
        for (column, value) in first.into_iter().chain(later.map(|column| (column, Value::Null))) {
            new[stored.table.place(column)?] = value;
        }
        let started = of("started_at")?;
        let after = |span: i64| if let Value::Integer(at) = started { Value::Integer(at + span) } else { Value::Null };
        let begin = vec![of("lease")?, after(LEASE_MS), after(DEADLINE_MS), of("agent_id")?, of("agent_name")?, started.clone(), of("id")?];
        let end = vec![of("state")?, of("reason")?, of("finished_at")?, of("result")?, of("id")?, of("lease")?];
        let (ended, outcome) = (stored.attempt.place("ended_at")?, stored.attempt.place("outcome")?);
        let (task_id, lease) = (stored.attempt.place("task_id")?, stored.attempt.place("lease")?);
        let attempt = |row: &Row| {
            let mut new = row.clone();
            (new[ended], new[outcome]) = (Value::Null, Value::Null);
            (new, vec![row[ended].clone(), row[outcome].clone(), row[task_id].clone(), row[lease].clone()])
        };
        let attempts = task.attempts.iter().map(attempt).collect();
        Ok(Self { task, new, begin, end, attempts, agent: of("agent_id")?, at: of("finished_at")? })
    }

    fn events(&self, stage: Stage) -> impl Iterator<Item = &'a Row> {
        self.task.events.iter().filter(move |(of, _)| *of == stage).map(|(_, row)| row)
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// The statements, prepared once.
struct Writer<'f> {
    file: &'f Connection,
    /// The place of an event's sequence among its columns.
    seq: usize,
    task: Statement<'f>,
    begin: Statement<'f>,
    end: Statement<'f>,
    attempt: Statement<'f>,
    end_attempt: Statement<'f>,
    others: Vec<Statement<'f>>,
    agent: Statement<'f>,
    head: Statement<'f>,
    event: Statement<'f>,
}

impl<'f> Writer<'f> {
    fn prepare(file: &'f Connection, stored: &Stored) -> Result<Self, StartError> {
        let prepare = |text: &str| file.prepare(text).map_err(refused);
        Ok(Self {
            file,
            seq: stored.event.place("seq")?,
            task: prepare(&stored.table.insert())?,
            begin: prepare(
                "UPDATE tasks SET state = 'running', reason = NULL, lease = ?1, lease_until = ?2, deadline_at = ?3, agent_id = ?4,
                     agent_name = ?5, started_at = ?6 WHERE id = ?7 AND +state = 'queued'",
            )?,
            end: prepare(
                "UPDATE tasks SET state = ?1, reason = ?2, lease_until = NULL, deadline_at = NULL, finished_at = ?3, result = ?4
                     WHERE id = ?5 AND lease = ?6 AND +state = 'running'",
            )?,
            attempt: prepare(&stored.attempt.insert())?,
            end_attempt: prepare("UPDATE attempts SET ended_at = ?1, outcome = ?2 WHERE task_id = ?3 AND lease = ?4")?,
            others: stored.others.iter().map(|table| prepare(&Table::insert(table))).collect::<Result<_, _>>()?,
            agent: prepare("UPDATE agents SET completed = completed + ?1, last_active_at = ?2 WHERE id = ?3")?,
            head: prepare("UPDATE stream_head SET seq = seq + ?1 WHERE id = 1 RETURNING seq")?,
            event: prepare(&stored.event.insert())?,
        })
    }

    fn submitted(&mut self, part: &[Replayed<'_>]) -> Result<(), StartError> {
        self.begin_commit()?;
        for task in part {
            one(&mut self.task, &task.new)?;
        }
        self.commit(part, Stage::Submitted)
    }

    fn begun(&mut self, part: &[Replayed<'_>]) -> Result<(), StartError> {
        self.begin_commit()?;
        for task in part {
            one(&mut self.begin, &task.begin)?;
            for (attempt, _) in &task.attempts {
                one(&mut self.attempt, attempt)?;
            }
        }
        self.commit(part, Stage::Begun)
    }

    fn ended(&mut self, part: &[Replayed<'_>]) -> Result<(), StartError> {
        self.begin_commit()?;
        for task in part {
            one(&mut self.end, &task.end)?;
            for (_, end) in &task.attempts {
                one(&mut self.end_attempt, end)?;
            }
            for (table, row) in &task.task.others {
                one(&mut self.others[*table], row)?;
            }
        }
        if let Some(last) = part.last() {
            let count = Value::Integer(i64::try_from(part.len()).unwrap_or(i64::MAX));
            one(&mut self.agent, &vec![count, last.at.clone(), last.agent.clone()])?;
        }
        self.commit(part, Stage::Ended)
    }

    fn begin_commit(&self) -> Result<(), StartError> {
        self.file.execute_batch("BEGIN IMMEDIATE").map_err(refused)
    }

    /// Writes the events, which take their places as the last thing, and commits.
    fn commit(&mut self, part: &[Replayed<'_>], stage: Stage) -> Result<(), StartError> {
        let count: usize = part.iter().map(|task| task.events(stage).count()).sum();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut seq = self.head.query_row([count], |row| row.get::<_, i64>(0)).map_err(refused)? - count;
        for row in part.iter().flat_map(|task| task.events(stage)) {
            seq += 1;
            for (place, value) in row.iter().enumerate() {
                let bound = if place == self.seq {
                    self.event.raw_bind_parameter(place + 1, seq)
                } else {
                    self.event.raw_bind_parameter(place + 1, value)
                };
                bound.map_err(refused)?;
            }
            self.event.raw_execute().map_err(refused)?;
        }
        self.file.execute_batch("COMMIT").map_err(refused)
    }
}

/// Runs a statement that must change one row.
fn one(statement: &mut Statement<'_>, values: &Row) -> Result<(), StartError> {
    match statement.execute(params_from_iter(values)).map_err(refused)? {
        1 => Ok(()),
        changed => Err(failed(format!("a statement changed {changed} rows instead of one"))),
    }
}

/// Refuses to call them the same rows if any differs; an event's place does, since batches are not cut where the engine's were.
pub(super) fn same(path: &Path, engine: &Path, stored: &Stored) -> Result<(), StartError> {
    let file = Connection::open(path).map_err(refused)?;
    file.execute("ATTACH DATABASE ?1 AS engine", [engine.to_string_lossy()]).map_err(refused)?;
    for table in [&stored.table, &stored.attempt, &stored.event].into_iter().chain(&stored.others) {
        let columns: Vec<&str> =
            table.columns.iter().map(String::as_str).filter(|column| table.name != "events" || *column != "seq").collect();
        let (name, columns) = (&table.name, columns.join(", "));
        let differing = format!("SELECT count(*) FROM (SELECT {columns} FROM main.{name} EXCEPT SELECT {columns} FROM engine.{name})");
        let differing: i64 = file.query_row(&differing, [], |row| row.get(0)).map_err(refused)?;
        let written: i64 = file.query_row(&format!("SELECT count(*) FROM main.{name}"), [], |row| row.get(0)).map_err(refused)?;
        let wanted = stored.counts().get(name.as_str()).copied().unwrap_or_default();
        if differing != 0 || usize::try_from(written) != Ok(wanted) {
            return Err(failed(format!("{name}: {written} rows of {wanted} were written, {differing} differ from the engine's")));
        }
    }
    Ok(())
}
